"""Every diagnostic has a page; its example raises the code with a remedy, and its fix compiles.

Pages are programs as users write them: each block runs as a file of its own.
"""

from __future__ import annotations

import re
import runpy
import warnings
from pathlib import Path

import pytest

from tscript.diagnostics.catalogue import CATALOGUE
from tscript.diagnostics.report import CompilationError, CompilationWarning

PAGES = Path(__file__).parents[2] / "docs" / "errors"

BLOCK = re.compile(r"^```py\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SECTIONS = ["What it means", "Example", "How to fix"]


def sections(code: str) -> dict[str, str]:
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def reported(block: str, folder: Path) -> list[str]:
    """Codes that running a block reports, warnings included."""
    program = folder / "program.py"
    program.write_text(block, encoding="utf-8")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        codes: list[str] = []
        try:
            runpy.run_path(str(program))
        except CompilationError as error:
            codes += error.codes
            assert all(found.hint for found in error.diagnostics), error
    for warning in caught:
        assert issubclass(warning.category, CompilationWarning), warning.message
        assert "\nhint: " in str(warning.message)
        codes += re.findall(r"\[([a-z-]+)\]$", str(warning.message), re.MULTILINE)
    return codes


def test_there_is_a_page_for_each_code_and_no_other() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {*CATALOGUE, "index"}


def test_the_index_lists_every_code_with_its_message() -> None:
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    for code, entry in CATALOGUE.items():
        message = entry.message[0].upper() + entry.message[1:]
        assert f"| [`{code}`]({code}.md) | {entry.severity} | {message} |\n" in index
        assert f"\n{code}\n" in index


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_page_has_its_sections_and_message(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {code}\n")
    assert f"{CATALOGUE[code].severity}: “{CATALOGUE[code].message}”." in text
    assert list(sections(code)) == SECTIONS
    assert [len(BLOCK.findall(part)) for part in sections(code).values()] == [0, 1, 1]


@pytest.mark.parametrize("code", CATALOGUE)
def test_the_example_raises_its_code_and_nothing_else(code: str, tmp_path: Path) -> None:
    (block,) = BLOCK.findall(sections(code)["Example"])
    assert set(reported(block, tmp_path)) == {code}


@pytest.mark.parametrize("code", CATALOGUE)
def test_the_fix_compiles_without_a_word(code: str, tmp_path: Path) -> None:
    (block,) = BLOCK.findall(sections(code)["How to fix"])
    assert reported(block, tmp_path) == []
