"""The examples in docstrings run, and give what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ops_registry", "tscript", "tscript_mypy", "pytest_tscript")


def modules() -> list[str]:
    """Every module of the packages whose text has an example; none is imported to find out."""
    found = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if ">>> " in path.read_text(encoding="utf-8"):
                parts = path.relative_to(ROOT).with_suffix("").parts
                found.append(".".join(parts).removesuffix(".__init__"))
    return sorted(found)


def failures_in(module: object) -> list[str]:
    """A report for each example of ``module`` that fails."""
    reports: list[str] = []
    runner = doctest.DocTestRunner(
        verbose=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    # What an example defines is the reader's, not the module's own.
    names = {"__name__": "example"}
    finder = doctest.DocTestFinder(exclude_empty=True)
    for test in finder.find(module, extraglobs=names):  # type: ignore[arg-type]
        runner.run(test, out=reports.append)
    return reports


@pytest.mark.parametrize("name", modules())
def test_examples_of(name: str) -> None:
    assert failures_in(importlib.import_module(name)) == []


def test_every_package_has_examples() -> None:
    assert {name.split(".")[0] for name in modules()} >= {"ops_registry", "tscript"}


def test_a_wrong_example_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrong_example.py").write_text('"""\n>>> 1 + 1\n3\n"""\n')
    monkeypatch.syspath_prepend(tmp_path)
    assert len(failures_in(importlib.import_module("wrong_example"))) == 1
