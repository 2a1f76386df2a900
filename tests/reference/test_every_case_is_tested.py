"""No example of the reference is without a test that runs it."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_each_case_is_named_by_a_test():
    tests = "".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    named = set(re.findall(r"\"(\w+)(?:\.py)?\"", tests))
    assert {path.stem for path in (HERE / "cases").glob("*.py")} <= named
