"""mypy with the plugin says of each page's example what the compiler says: the same code on the same line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from case_files import Case, Run, check_with_mypy, run_live

from tscript.diagnostics.catalogue import CATALOGUE

PAGES = Path(__file__).parents[2] / "docs" / "errors"
BLOCK = re.compile(r"^## Example\n+```py\n(.*?)^```$", re.DOTALL | re.MULTILINE)

# What needs an object that only a run makes.
ONLY_LIVE = {
    "source-unavailable": "it is about source that is in no file",
    "source-limit": "it compiles a text that the program makes",
    "syntax-error": "it compiles a text: in a file, Python and mypy refuse it before",
    "interface-mismatch": "which modules a ModuleList holds is known from the instance",
    "unscriptable-attribute": "the value of an attribute decides, which the instance has",
}
CODES = [code for code in CATALOGUE if code not in ONLY_LIVE]


def case_of(code: str) -> Case:
    (block,) = BLOCK.findall((PAGES / f"{code}.md").read_text(encoding="utf-8"))
    return Case(code.replace("-", "_"), block)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """What mypy reports with the plugin's codes, for all pages in one run."""
    return check_with_mypy(map(case_of, CATALOGUE), tmp_path_factory.mktemp("pages"))


def test_only_known_codes_are_left_out() -> None:
    assert set(ONLY_LIVE) <= set(CATALOGUE)


@pytest.mark.parametrize("code", CODES)
def test_mypy_and_the_compiler_agree(code: str, checked: dict[str, Run], tmp_path: Path) -> None:
    case = case_of(code)
    live, static = run_live(case, tmp_path), checked[case.name]
    assert live.reports or live.revealed
    assert (static.reports, static.revealed) == (live.reports, live.revealed)


@pytest.mark.parametrize("code", ONLY_LIVE)
def test_what_is_left_out_is_unknown_to_mypy(
    code: str, checked: dict[str, Run], tmp_path: Path
) -> None:
    case = case_of(code)
    assert run_live(case, tmp_path).reports and not checked[case.name].reports
