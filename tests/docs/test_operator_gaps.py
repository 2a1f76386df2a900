"""The page of missing operators says what is missing now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "operator_gaps.py"


@pytest.mark.oracle
def test_the_page_of_gaps_is_current(torch: Any) -> None:
    spec = importlib.util.spec_from_file_location("operator_gaps", SCRIPT)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text(encoding="utf-8") == script.page(), "run `make gaps`"
