"""Diagnostics, how they are collected and how they read.

Here: :class:`Diagnostic`, :class:`DiagnosticSink` (where the frontend puts them), their
rendering, and :class:`CompilationError`, which carries all of a script to the user. Not here: the
messages (``catalogue.py``).
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tscript.diagnostics.catalogue import CATALOGUE, Entry, Severity
from tscript.diagnostics.source import SourceRange

_FORMATTER = string.Formatter()


@dataclass(frozen=True, slots=True)
class Note:
    """Another range that matters, and why: "assigned `int` here"."""

    range: SourceRange
    label: str


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call on the way to a diagnostic: where it stands, and the name of the called function."""

    range: SourceRange
    callee: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong at one place.

    ``args`` fill the templates of the catalogue's entry; all that its message names must be there.
    ``call_chain`` is outermost call first. ``suggestion`` takes the place of the entry's hint.

    >>> from tscript.diagnostics.source import Source
    >>> text = "def f(x):\\n    return y\\n"
    >>> place = Source(text, "model.py").range(21, 22)
    >>> diagnostic = Diagnostic("undefined-name", place, {"name": "y"})
    >>> diagnostic.message
    '`y` is not defined'
    >>> print(diagnostic.render())
    model.py:2: error: `y` is not defined  [undefined-name]
      2 |     return y
        |            ^
    hint: set it before this line, pass it as an argument, or import it at the top of the file
    """

    code: str
    range: SourceRange
    args: Mapping[str, object] = field(default_factory=dict, hash=False)
    notes: tuple[Note, ...] = ()
    call_chain: tuple[CallSite, ...] = ()
    suggestion: str = ""

    def __post_init__(self) -> None:
        if self.code not in CATALOGUE:
            raise KeyError(f"no diagnostic {self.code!r} in the catalogue")
        missing = template_fields(self.entry.message) - self.args.keys()
        if missing:
            raise KeyError(f"{self.code} needs the arguments {sorted(missing)}")

    @property
    def entry(self) -> Entry:
        """Its row of the catalogue."""
        return CATALOGUE[self.code]

    @property
    def severity(self) -> Severity:
        """``error`` or ``warning``."""
        return self.entry.severity

    @property
    def message(self) -> str:
        """What is wrong, in one sentence."""
        return self.entry.message.format_map(self.args)

    @property
    def hint(self) -> str:
        """What to write instead; empty when there is nothing to say.

        An entry's hint is used when the report gave every argument that it names.
        """
        if self.suggestion:
            return self.suggestion
        hint = self.entry.hint
        if any(not self.args.get(name) for name in template_fields(hint)):
            return ""
        return hint.format_map(self.args)

    def render(self) -> str:
        """The diagnostic as people read it: place, message, source, notes, calls, hint."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.range}: {self.severity}: {self.message}  [{self.code}]"
        if self.range.source.text:  # a function without source has a place, and nothing to show
            yield self.range.highlight()
        for note in self.notes:
            yield f"{note.range}: note: {note.label}"
            yield note.range.highlight()
        for site in reversed(self.call_chain):
            yield f"{site.range}: note: `{site.callee}` is called here"
            yield site.range.highlight()
        if self.hint:
            yield f"hint: {self.hint}"

    def __str__(self) -> str:
        return self.render()


def template_fields(template: str) -> frozenset[str]:
    """Names of the arguments that a template uses.

    >>> sorted(template_fields("`{name}` is `{type}`, not `{{}}`"))
    ['name', 'type']
    """
    return frozenset(name for _, name, _, _ in _FORMATTER.parse(template) if name)


class DiagnosticSink:
    """Collects the diagnostics of one compilation: each code once at each range.

    Loops that are unrolled and functions that are reached twice report the same thing again; the
    first report is kept.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, SourceRange], Diagnostic] = {}
        self._calls: list[CallSite] = []
        self._muted = 0

    def report(
        self,
        code: str,
        range: SourceRange,
        *,
        notes: Iterable[Note] = (),
        suggestion: str = "",
        **args: object,
    ) -> None:
        """Add a diagnostic; ``args`` are those of its entry in the catalogue."""
        self.add(Diagnostic(code, range, args, tuple(notes), tuple(self._calls), suggestion))

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a finished diagnostic."""
        if not self._muted:
            self._found.setdefault((diagnostic.code, diagnostic.range), diagnostic)

    @property
    def call_chain(self) -> tuple[CallSite, ...]:
        """The calls that are being compiled right now, outermost first."""
        return tuple(self._calls)

    def within(self, calls: Iterable[CallSite]) -> DiagnosticSink:
        """This sink, its reports said to come from inside ``calls``."""
        self._calls.extend(calls)
        return self

    @contextmanager
    def calling(self, callee: str, range: SourceRange) -> Iterator[None]:
        """Diagnostics reported inside say that ``callee`` was called at ``range``."""
        self._calls.append(CallSite(range, callee))
        try:
            yield
        finally:
            self._calls.pop()

    @property
    def is_muted(self) -> bool:
        """Whether reports are being dropped."""
        return self._muted > 0

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Diagnostics reported inside are dropped: for code that may never run."""
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All of them, in the order of the source, files in the order of their first report."""
        files = {place.filename: None for _, place in self._found}
        order = {name: index for index, name in enumerate(files)}
        return tuple(
            sorted(
                self._found.values(),
                key=lambda d: (order[d.range.filename], d.range.line, d.range.column),
            )
        )

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Those that stop the compilation."""
        return tuple(d for d in self.diagnostics if d.severity == "error")

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Those that do not."""
        return tuple(d for d in self.diagnostics if d.severity == "warning")

    def raise_errors(self) -> None:
        """Raise :class:`CompilationError` with everything found, if any of it is an error."""
        if self.errors:
            raise CompilationError(self.diagnostics)


class CompilationError(RuntimeError):
    """A program that is not TorchScript, with everything that is wrong with it.

    Raised once for a script; ``diagnostics`` has errors and warnings, ``str`` shows them all.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(self.diagnostics)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the errors, in order."""
        return tuple(d.code for d in self.diagnostics if d.severity == "error")

    def __str__(self) -> str:
        return render_all(self.diagnostics)


class CompilationWarning(UserWarning):
    """What a warning diagnostic is given to ``warnings.warn`` as."""


def render_all(diagnostics: Iterable[Diagnostic]) -> str:
    """All diagnostics one below the other, and how many there are when it is more than one."""
    shown = tuple(diagnostics)
    blocks = [d.render() for d in shown]
    errors = sum(d.severity == "error" for d in shown)
    if errors > 1:
        blocks.append(f"{errors} errors")
    return "\n\n".join(blocks)
