"""Real PyTorch's verdict on every statement of the language cases: accepted here, accepted there.

Values are compared too: the cases' own assertions run in PyTorch. Where the verdict differs on purpose
the case says so: ``# PyTorch: reason``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from case_files import LANGUAGE, differs_from_pytorch, markdown_cases, run_in_pytorch

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("page", sorted(path.stem for path in LANGUAGE.glob("*.md")))
def test_verdicts_agree(page: str, torch, tmp_path: Path) -> None:
    wrong = []
    for case in markdown_cases(LANGUAGE / f"{page}.md"):
        refused, messages = run_in_pytorch(case, tmp_path)
        errors = {line for line, _ in case.errors}
        for statement in case.statements():
            here = any(statement.lineno <= line <= (statement.end_lineno or 0) for line in errors)
            there = statement.lineno in refused
            if (here == there) is differs_from_pytorch(case, statement):
                verdict = "refuses" if there else "accepts"
                message = messages.get(statement.lineno, "")
                wrong.append(f"{page}.md:{statement.lineno}: PyTorch {verdict} it {message}")
    assert not wrong, "\n".join(wrong)
