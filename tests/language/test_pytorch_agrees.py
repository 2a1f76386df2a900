"""Real PyTorch's verdict on every statement of the language cases: accepted here, accepted there.

Values are compared too: the cases' own assertions run in PyTorch. Where the verdict differs on purpose
the case says so: ``# PyTorch: row``, a row of ``docs/deviations.md`` (`test_deviations.py`).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from case_files import (
    LANGUAGE,
    ROOT,
    differs_from_pytorch,
    markdown_cases,
    run_in_pytorch,
    run_live,
)

pytestmark = pytest.mark.oracle


PAGES = sorted([*LANGUAGE.glob("*.md"), *(ROOT / "tests" / "regression").glob("*.md")])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_verdicts_agree(path: Path, torch, tmp_path: Path) -> None:
    wrong = []
    for case in markdown_cases(path):
        here = run_live(case, tmp_path).refused
        there, messages = run_in_pytorch(case, tmp_path)
        on_purpose = False
        for statement in case.statements():
            line = statement.lineno
            differs = differs_from_pytorch(case, statement)
            if on_purpose and messages.get(line, "").startswith("NameError"):
                continue  # a function that PyTorch has refused, used
            on_purpose |= differs
            if ((line in here) == (line in there)) is differs:
                verdict = "refuses" if line in there else "accepts"
                wrong.append(f"{path.name}:{line}: PyTorch {verdict} it {messages.get(line, '')}")
    assert not wrong, "\n".join(wrong)
