"""Source text and ranges in it: what every view, node and diagnostic points at.

Here: :class:`Source` (a piece of program text and where it came from) and :class:`SourceRange`
(two offsets into it, which know their line, column and how to underline themselves). Not here:
how source is found for a live function (``jit``), how it is parsed (``frontend``), what is said
about it (``report``).

Offsets count characters of ``Source.text``, not bytes. Lines are counted in the file, from 1;
columns from 0, in characters, as in ``ast`` for ASCII text and as mypy wants them.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of program text, with the file and line that it was taken from.

    ``text`` is kept as found: indented as in its class, with its line ends. ``first_line`` is the
    number of its first line in ``filename``. ``provenance`` maps text that a program wrote (the
    code in an archive) to the text a person wrote: pairs of the offset where a stretch begins and
    the original range, sorted by offset. It takes no part in equality.

    >>> source = Source("def f(x):\\n    return y\\n", "model.py", first_line=10)
    >>> source.line_column(21)
    (11, 11)
    >>> source.line(11)
    '    return y'
    """

    text: str
    filename: str = "<string>"
    first_line: int = 1
    provenance: Sequence[tuple[int, SourceRange]] = field(default=(), compare=False, repr=False)
    _line_starts: tuple[int, ...] = field(default=(), init=False, compare=False, repr=False)

    @property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of every line."""
        if not self._line_starts:
            starts = (0, *(match.end() for match in _LINE_BREAK.finditer(self.text)))
            object.__setattr__(self, "_line_starts", starts)
        return self._line_starts

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line in the file (from 1) and column (from 0, in characters) of an offset."""
        starts = self.line_starts
        index = bisect_right(starts, offset) - 1
        return self.first_line + index, offset - starts[index]

    def offset(self, line: int, column: int) -> int:
        """Inverse of :meth:`line_column`.

        Raises ``IndexError`` when the file's line is not part of this text.
        """
        index = line - self.first_line
        if index < 0:
            raise IndexError(f"line {line} is before the text of {self.filename}")
        return self.line_starts[index] + column

    def line(self, line: int) -> str:
        """Text of a line, given by its number in the file, without its line end."""
        start = self.offset(line, 0)
        match = _LINE_BREAK.search(self.text, start)
        return self.text[start : match.start() if match else len(self.text)]

    def range(self, start: int, end: int) -> SourceRange:
        """The range between two offsets."""
        return SourceRange(self, start, end)

    def whole(self) -> SourceRange:
        """The range of all the text."""
        return SourceRange(self, 0, len(self.text))


@dataclass(frozen=True, slots=True)
class SourceRange:
    """The characters ``start`` to ``end`` (not included) of a source.

    >>> text = "def f(x):\\n    return undefined + x\\n"
    >>> place = Source(text, "model.py").range(21, 30)
    >>> place.text, str(place)
    ('undefined', 'model.py:2')
    >>> print(place.highlight())
      2 |     return undefined + x
        |            ^^^^^^^^^
    """

    source: Source
    start: int
    end: int

    @property
    def filename(self) -> str:
        """File that the source was taken from."""
        return self.source.filename

    @property
    def text(self) -> str:
        """The characters of the range."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """Line in the file where the range begins, from 1."""
        return self.source.line_column(self.start)[0]

    @property
    def column(self) -> int:
        """Column where the range begins, from 0, in characters."""
        return self.source.line_column(self.start)[1]

    @property
    def end_line(self) -> int:
        """Line in the file where the range ends."""
        return self.source.line_column(self.end)[0]

    @property
    def end_column(self) -> int:
        """Column just after the last character of the range."""
        return self.source.line_column(self.end)[1]

    @property
    def origin(self) -> SourceRange:
        """The range that a person wrote: itself, or what the source's provenance says.

        Archives hold code that was printed from graphs; each stretch of it remembers what it was
        printed from, so an error in a loaded model can point at the model's own source.
        """
        provenance = self.source.provenance
        index = bisect_right(provenance, self.start, key=lambda pair: pair[0]) - 1
        return provenance[index][1] if index >= 0 else self

    def join(self, other: SourceRange) -> SourceRange:
        """The smallest range that holds both; both must be of one source."""
        return SourceRange(self.source, min(self.start, other.start), max(self.end, other.end))

    def highlight(self, max_lines: int = 6) -> str:
        """The source lines of the range with their numbers, the range underlined.

        At most ``max_lines`` lines are shown; a longer range is cut in its middle.
        """
        width = max(len(str(self.end_line)), 3)
        return "\n".join(self._highlighted(width, max_lines))

    def _highlighted(self, width: int, max_lines: int) -> Iterator[str]:
        first, column = self.source.line_column(self.start)
        last, end_column = self.source.line_column(self.end)
        if last > first and end_column == 0:  # ends with a line end: that is no line of its own
            last -= 1
            end_column = len(self.source.line(last))
        shown = list(range(first, last + 1))
        cut = None
        if len(shown) > max_lines:
            cut = max_lines - 1
            shown = [*shown[:cut], shown[-1]]
        for index, number in enumerate(shown):
            if index == cut:
                yield f"{'...':>{width}} |"
            line = self.source.line(number)
            start = column if number == first else len(line) - len(line.lstrip())
            end = end_column if number == last else len(line.rstrip())
            yield f"{number:>{width}} | {line}".rstrip()
            marks = "^" * max(display_width(line[start:end]), 1)
            yield f"{'':>{width}} | {_blank(line[:start])}{marks}"

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}"


def display_width(text: str) -> int:
    """Columns that a terminal gives to text: two for wide characters, none for combining ones.

    >>> display_width("ab"), display_width("変数"), display_width("e\\u0301")
    (2, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _blank(text: str) -> str:
    """As wide as ``text`` and empty; tabs stay tabs, whatever their width is."""
    return "\t".join(" " * display_width(part) for part in text.split("\t"))
