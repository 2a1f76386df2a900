"""Writes ``diagnostics.md``: what PyTorch and tscript say about the same common mistakes.

``python docs/diagnostics_page.py`` compiles every program of ``mistakes.toml`` with tscript and
writes the page. PyTorch's half comes from ``mistakes_pytorch.json``; ``--record`` asks the PyTorch
that is installed and writes that file first (``make diagnostics``).
"""

from __future__ import annotations

import importlib
import itertools
import json
import linecache
import re
import statistics
import sys
import tempfile
import tomllib
import types
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).parent
MISTAKES = HERE / "mistakes.toml"
RECORDED = HERE / "mistakes_pytorch.json"
PAGE = HERE / "diagnostics.md"

#: Line 1 of every program.
IMPORTS = {
    "torch": "import random; import torch; from torch import nn, Tensor; from typing import *",
    "tscript": (
        "import random; import tscript as torch; from tscript import nn, Tensor; "
        "from typing import *"
    ),
}

#: How much of PyTorch's message is shown: a message may have hundreds of lines.
_LINES, _WIDTH = 7, 110


@dataclass(frozen=True)
class Mistake:
    """A program that is refused; ``mistakes.toml`` says what the fields mean."""

    group: str
    title: str
    program: str
    faulty: str
    remedy: str


@dataclass(frozen=True)
class Said:
    """What a compiler says about a mistake."""

    message: list[str]
    """Its lines, without empty ones."""
    lines: int
    """How many there are, those left out here included."""
    shows_line: bool
    """Whether the line to change is among them."""
    names_remedy: bool
    """Whether it says what to write instead."""


def mistakes() -> list[Mistake]:
    """All mistakes, in the order of the page."""
    table = tomllib.loads(MISTAKES.read_text(encoding="utf-8"))
    return [Mistake(**entry) for entry in table["mistake"]]


def message_of(mistake: Mistake, library: str) -> list[str]:
    """The lines of the error that ``torch`` or ``tscript`` raises."""
    text = f"{IMPORTS[library]}\n{mistake.program}"
    module = types.ModuleType("model")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.py"
        path.write_text(text, encoding="utf-8")
        linecache.checkcache(str(path))
        code = compile(text, str(path), "exec", dont_inherit=True)
        module.__file__ = str(path)
        before = sys.modules.get("model")
        sys.modules["model"] = module  # both compilers look for the source of classes there
        try:
            exec(code, vars(module))
        except Exception as error:
            said = f"{type(error).__name__}: {error}".replace(str(path), "model.py")
            return [line.rstrip() for line in said.splitlines() if line.strip()]
        finally:
            del sys.modules["model"]
            if before is not None:
                sys.modules["model"] = before
    raise AssertionError(f"{library} takes it: {mistake.title}")


def said(mistake: Mistake, library: str) -> Said:
    """A compiler's message, and its figures."""
    lines = message_of(mistake, library)
    source = {line.strip() for line in mistake.program.splitlines()}
    # The program's own lines say nothing about a remedy.
    words = "\n".join(line for line in lines if _quoted(line) not in source)
    return Said(
        lines,
        len(lines),
        any(_quoted(line) == mistake.faulty for line in lines),
        re.search(mistake.remedy, words) is not None,
    )


def _quoted(line: str) -> str:
    """A line of the program inside a message: tscript puts its number before it."""
    return re.sub(r"^ *\d+ \| ", "", line).strip()


def excerpt(lines: Iterable[str]) -> list[str]:
    """The first lines of a long message."""
    first = list(itertools.islice(lines, _LINES))
    return [line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…" for line in first]


def record() -> dict[str, Said]:
    """PyTorch's messages, shortened, by the mistakes' titles."""
    importlib.import_module("torch")
    found = {}
    for mistake in mistakes():
        whole = said(mistake, "torch")
        found[mistake.title] = Said(
            excerpt(whole.message), whole.lines, whole.shows_line, whole.names_remedy
        )
    return found


def recorded() -> dict[str, Said]:
    """What ``mistakes_pytorch.json`` holds."""
    table = json.loads(RECORDED.read_text(encoding="utf-8"))
    return {title: Said(**entry) for title, entry in table.items()}


def recorded_text(found: Mapping[str, Said]) -> str:
    """``found`` as the file keeps it."""
    table = {title: asdict(entry) for title, entry in found.items()}
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def page(theirs: Mapping[str, Said]) -> str:
    """The page, with PyTorch's half as given and ours as the compiler says it now."""
    entries = mistakes()
    ours = {mistake.title: said(mistake, "tscript") for mistake in entries}
    parts = [_introduction(list(theirs.values()), list(ours.values()))]
    group = ""
    for mistake in entries:
        if mistake.group != group:
            group = mistake.group
            parts.append(f"## {group}\n")
        parts.append(_section(mistake, theirs[mistake.title], ours[mistake.title]))
    return "\n".join(parts)


def _introduction(theirs: list[Said], ours: list[Said]) -> str:
    rows = [
        ("lines of a message, median", *(_median(side) for side in (theirs, ours))),
        ("lines of the longest", *(max(s.lines for s in side) for side in (theirs, ours))),
        ("shows the line to change", *(sum(s.shows_line for s in side) for side in (theirs, ours))),
        ("names a remedy", *(sum(s.names_remedy for s in side) for side in (theirs, ours))),
    ]
    table = "\n".join(f"| {name} | {there} | {here} |" for name, there, here in rows)
    return f"""# Common mistakes

What PyTorch 2.13 and tscript say about {len(ours)} mistakes. Both messages come from compiling the program;
of PyTorch's, the first lines are shown. Written by `docs/diagnostics_page.py` from
`docs/mistakes.toml`, which also holds, for each mistake, the line to change and the words that
count as naming a remedy, in either message.

| of {len(ours)} | PyTorch | tscript |
| --- | --- | --- |
{table}

Line 1 of every program is its imports, for PyTorch:

```python
{IMPORTS["torch"]}
```
"""


def _median(side: list[Said]) -> str:
    return f"{statistics.median(s.lines for s in side):g}"


def _section(mistake: Mistake, theirs: Said, ours: Said) -> str:
    more = theirs.lines - len(theirs.message)
    shown = [*theirs.message, *([f"… {more} more line{'' if more == 1 else 's'}"] if more else [])]
    return f"""### {mistake.title}

```python
{mistake.program.strip()}
```

PyTorch ({_figures(theirs)}):

```text
{_block(shown)}
```

tscript ({_figures(ours)}):

```text
{_block(ours.message)}
```
"""


def _block(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _figures(side: Said) -> str:
    line = "shows the line to change" if side.shows_line else "does not show the line to change"
    remedy = "names a remedy" if side.names_remedy else "names no remedy"
    return f"{side.lines} line{'' if side.lines == 1 else 's'}, {line}, {remedy}"


def main(arguments: list[str]) -> None:
    """Write the page, after asking PyTorch if ``--record`` is given."""
    if "--record" in arguments:
        RECORDED.write_text(recorded_text(record()), encoding="utf-8")
    PAGE.write_text(page(recorded()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
