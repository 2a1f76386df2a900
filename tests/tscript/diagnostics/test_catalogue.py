"""The catalogue: readable codes, templates that can be filled, and all of it used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tscript.diagnostics.catalogue import CATALOGUE
from tscript.diagnostics.report import template_fields

ROOT = Path(__file__).parents[3]
# A report names its code, or hands it to a function that reports.
_CODE = re.compile(r'"([a-z]+(?:-[a-z]+)*)"')


def codes_in(*folders: str) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != "catalogue.py":
                found |= set(_CODE.findall(path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("code", CATALOGUE)
def test_codes_and_messages_have_one_style(code: str) -> None:
    entry = CATALOGUE[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert not entry.message.endswith(".") and not entry.hint.endswith(".")
    assert entry.message.count("`") % 2 == 0 and entry.hint.count("`") % 2 == 0
    args = {name: "x" for name in template_fields(entry.message) | template_fields(entry.hint)}
    assert entry.message.format_map(args)
    assert "{" not in entry.hint.format_map(args).replace("{}", "")


def test_every_code_is_reported_somewhere() -> None:
    assert set(CATALOGUE) - codes_in("tscript", "tscript_mypy") == set()
