"""Programs whose comments say what the compiler reports: ``# error: [code]``.

Here: reading what is expected, the Markdown blocks of ``language/``, running a program as the
compiler sees it, and having mypy check many in one run. Not here: the cases (``language/*.md`` and
``reference/cases/*.py``).

A program is run one top-level statement at a time: a script that is refused leaves the next ones
to be compiled. ``# live-only: reason`` marks a program that mypy cannot judge;
``# PyTorch: row``, inside a statement, says that PyTorch's verdict on it is the opposite one, for
the reason that the row of ``docs/deviations.md`` gives.
"""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import json
import linecache
import os
import re
import subprocess
import sys
import types
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser

from tscript.diagnostics.report import CompilationError, CompilationWarning

ROOT = Path(__file__).parents[2]
LANGUAGE = ROOT / "tests" / "language"
REFERENCE = ROOT / "tests" / "reference" / "cases"

#: What every Markdown block may use without importing it; line 1 of its file.
PRELUDE = (
    "import enum, math; "
    "from typing import Any, Dict, Final, List, NamedTuple, Optional, Tuple, Union, reveal_type; "
    "from pytest import raises; "
    "import tscript as torch; from tscript import Tensor, nn"
)

_EXPECTED = re.compile(r"# (?:error|warning): ((?:\[[a-z-]+\] ?)+)")
_REVEALED = re.compile(r"# revealed: (.+)")
_LIVE_ONLY = re.compile(r"^# live-only: (.+)$", re.MULTILINE)
_PYTORCH = re.compile(r"# PyTorch: (.+)")
_counter = itertools.count()

Report = tuple[int, str]
"""A line and a code."""


@dataclass(frozen=True)
class Case:
    """One program. Its lines are numbered as in the file it stands in."""

    name: str
    text: str

    @property
    def expected(self) -> set[Report]:
        """What its comments say is reported: errors and warnings."""
        return {
            (number, code)
            for number, line in enumerate(self.text.splitlines(), 1)
            for match in _EXPECTED.finditer(line)
            for code in re.findall(r"[a-z-]+", match[1])
        }

    @property
    def revealed(self) -> dict[int, str]:
        """The type that each ``reveal_type`` is said to show, by line."""
        return {
            number: match[1].strip()
            for number, line in enumerate(self.text.splitlines(), 1)
            if (match := _REVEALED.search(line))
        }

    @property
    def live_only(self) -> str | None:
        """Why mypy cannot judge it; None when it can."""
        match = _LIVE_ONLY.search(self.text)
        return match[1] if match else None

    @property
    def deviations(self) -> list[str]:
        """The rows of ``docs/deviations.md`` that it names."""
        return [match[1].strip() for match in _PYTORCH.finditer(self.text)]

    def statements(self) -> list[ast.stmt]:
        """The top-level statements."""
        return ast.parse(self.text).body


def markdown_cases(path: Path) -> list[Case]:
    """The ``py`` blocks of a Markdown file, each with its lines where they are in that file."""
    parser = CodeBlockParser("py", evaluator=lambda example: None)
    document = Sybil([parser]).parse(path)
    return [
        case_of_block(path, example.line + 1, example.parsed) for example in document.examples()
    ]


def case_of_block(path: Path, first_line: int, block: str) -> Case:
    """The program of a block that begins at a line of a Markdown file."""
    text = PRELUDE + "\n" * (first_line - 1) + block
    return Case(f"{path.stem}_line_{first_line}", text)


def language_cases() -> list[Case]:
    """All programs of the language reference."""
    return [case for path in sorted(LANGUAGE.glob("*.md")) for case in markdown_cases(path)]


def reference_cases() -> list[Case]:
    """The examples of the TorchScript reference."""
    return [
        Case(path.stem, path.read_text(encoding="utf-8")) for path in sorted(REFERENCE.glob("*.py"))
    ]


# Live -----------------------------------------------------------------------------------------------


@dataclass
class Run:
    """What running a program came to."""

    reports: set[Report] = field(default_factory=set)
    revealed: dict[int, str] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    """First lines of the top-level statements that raised."""
    messages: list[str] = field(default_factory=list)


def run_live(case: Case, folder: Path) -> Run:
    """Run a program with ``tscript``; what the compiler reports is collected, all else is raised."""
    found = Run()
    path = write_program(case.text, folder)
    for statement, error, caught in execute(case.text, path):
        if isinstance(error, CompilationError):
            found.refused.add(statement.lineno)
            found.messages.append(str(error))
            for diagnostic in error.diagnostics:
                _note(found, diagnostic.range.line, diagnostic.code, diagnostic.message)
        elif error is not None:
            said = "\n\n".join(found.messages)
            raise AssertionError(f"line {statement.lineno} raised {error!r}\n{said}") from error
        for warning in caught:
            if not issubclass(warning.category, CompilationWarning):
                raise AssertionError(f"{case.name}: unexpected {warning.message!r}")
            text = str(warning.message)
            match = re.match(r".*?:(\d+): warning: (.*)  \[([a-z-]+)\]$", text.split("\n")[0])
            assert match, text
            found.messages.append(text)
            _note(found, int(match[1]), match[3], match[2])
    return found


def _note(found: Run, line: int, code: str, message: str) -> None:
    if code == "revealed-type":
        match = re.search(r"is `(.*)` here", message)
        assert match, message
        found.revealed[line] = match[1]
    else:
        found.reports.add((line, code))


def run_in_pytorch(case: Case, folder: Path) -> tuple[set[int], dict[int, str]]:
    """The first lines of the statements that PyTorch refuses, and its messages."""
    text = re.sub(r"\btscript\b", "torch", case.text)
    text = re.sub(r"^(\s*)reveal_type\(.*$", r"\1pass", text, flags=re.MULTILINE)
    text = re.sub(r"\breveal_type\(([^()]*)\)", r"(\1)", text)
    refused, messages = set(), {}
    path = write_program(text, folder)
    for statement, error, _ in execute(text, path):
        if error is not None:
            refused.add(statement.lineno)
            messages[statement.lineno] = f"{type(error).__name__}: {error}"
    return refused, messages


def differs_from_pytorch(case: Case, statement: ast.stmt) -> bool:
    """Whether the case says that PyTorch's verdict on a statement is the opposite."""
    lines = case.text.splitlines()[_first_line(statement) - 1 : statement.end_lineno]
    return any(_PYTORCH.search(line) for line in lines)


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def write_program(text: str, folder: Path) -> Path:
    """Give a program a file of its own: the compiler reads source from files."""
    path = folder / f"case_{next(_counter)}.py"
    path.write_text(text, encoding="utf-8")
    return path


def execute(
    text: str, path: Path
) -> Iterator[tuple[ast.stmt, Exception | None, list[warnings.WarningMessage]]]:
    """Run a program's top-level statements; each with the exception and the warnings it gave."""
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[path.stem] = module  # classes are looked up by the name of their module
    linecache.checkcache(str(path))
    try:
        for statement in ast.parse(text).body:
            code = compile(ast.Module([statement], []), str(path), "exec", dont_inherit=True)
            error = None
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                warnings.simplefilter("ignore", DeprecationWarning)
                with contextlib.redirect_stdout(io.StringIO()):
                    try:
                        exec(code, vars(module))
                    except Exception as raised:
                        error = raised
            yield statement, error, caught
    finally:
        del sys.modules[path.stem]


# mypy -----------------------------------------------------------------------------------------------


def run_mypy(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """``python -m tscript_mypy`` in a folder, as a user runs it."""
    return subprocess.run(
        [sys.executable, "-m", "tscript_mypy", "--no-color-output", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def check_with_mypy(cases: Iterable[Case], folder: Path) -> dict[str, Run]:
    """What mypy with the plugin says about each program, by its name; one run for all."""
    names = []
    for case in cases:
        (folder / f"{case.name}.py").write_text(case.text, encoding="utf-8")
        names.append(f"{case.name}.py")
    done = run_mypy(folder, ["--output", "json", *names])
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = {Path(name).stem: Run() for name in names}
    for line in done.stdout.splitlines():
        if not line.startswith("{"):
            continue
        entry: dict[str, Any] = json.loads(line)
        code = str(entry["code"] or "")
        stem = Path(entry["file"]).stem
        if code.startswith("tscript-") and stem in found:
            _note(found[stem], entry["line"], code.removeprefix("tscript-"), entry["message"])
    return found
