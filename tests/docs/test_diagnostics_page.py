"""The page of common mistakes says what both compilers say now."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def load(name: str) -> ModuleType:
    """A script of ``docs/``, which is no package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look for it there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load("diagnostics_page")


def test_the_page_is_what_the_compiler_says(script: ModuleType) -> None:
    assert script.PAGE.read_text(encoding="utf-8") == script.page(script.recorded()), (
        "run: python docs/diagnostics_page.py"
    )


@pytest.mark.oracle
def test_the_other_half_is_what_pytorch_says(script: ModuleType, torch: ModuleType) -> None:
    text = script.RECORDED.read_text(encoding="utf-8")
    assert text == script.recorded_text(script.record()), "run: make diagnostics"


def test_there_are_forty_and_ours_name_a_remedy(script: ModuleType) -> None:
    entries = script.mistakes()
    assert len({entry.title for entry in entries}) == len(entries) == 40
    without = [entry.title for entry in entries if not script.said(entry, "tscript").names_remedy]
    assert not without


def test_the_line_to_change_is_a_line_of_the_program(script: ModuleType) -> None:
    for entry in script.mistakes():
        assert entry.faulty in map(str.strip, entry.program.splitlines()), entry.title


def test_the_programs_own_words_are_no_remedy(script: ModuleType) -> None:
    program = "@torch.jit.script\ndef f(x: Tensor):\n    return x.annotate_me()\n"
    mistake = script.Mistake("g", "t", program, "return x.annotate_me()", "return x.annotate_me")
    said = script.said(mistake, "tscript")
    assert said.shows_line and not said.names_remedy


def test_a_program_that_is_taken_is_noticed(script: ModuleType) -> None:
    mistake = script.Mistake("g", "t", "x = 1\n", "x = 1", "x")
    with pytest.raises(AssertionError, match="takes it"):
        script.said(mistake, "tscript")
