"""Collects the ``py`` blocks of the Markdown files: each is a program whose comments are its test."""

from __future__ import annotations

import tempfile
from pathlib import Path

from case_files import case_of_block, run_live
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser


def evaluate(example: Example) -> None:
    case = case_of_block(Path(example.path), example.line + 1, example.parsed)
    with tempfile.TemporaryDirectory() as folder:
        found = run_live(case, Path(folder))
    said = "\n\n".join(found.messages)
    assert found.reports == case.expected, f"{found.reports} is not {case.expected}\n{said}"
    assert found.revealed == case.revealed, said


pytest_collect_file = Sybil([CodeBlockParser("py", evaluate)], pattern="*.md").pytest()
