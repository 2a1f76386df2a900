"""Two thousand generated programs, here and in PyTorch 2.13: at least 99.5 % do the same.

Each of the rest is an instance of a row of ``docs/deviations.md``, which `explanation` checks.
Text that is printed is compared with PyTorch's where it is not compiled.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from tests.properties.judging import (
    INTERNAL_ERROR,
    PYTHONS_MEANING,
    REFUSED_HERE,
    REFUSED_THERE,
    Observation,
    disagreements,
    explanation,
    in_python,
    in_pytorch,
    scripted,
    unlike_python,
)
from tests.properties.programs import (
    Program,
    every_form,
    generated,
    programs,
    programs_with,
    violating_programs,
)
from tests.properties.violations import VIOLATIONS

pytestmark = pytest.mark.oracle

#: About five minutes of one core; ``PROGRAMS=1`` for each form and violation only.
COUNT = int(os.environ.get("PROGRAMS", "2000"))
SHARE = 0.995
ROOT = Path(__file__).parents[2]


def compared() -> list[Program]:
    """The programs: each form of the grammar, each violation twice, the rest well-typed."""
    right = [
        program
        for place in every_form()
        for program in generated(programs_with(place), 1, place.form.text)
    ]
    wrong = [
        program
        for violation in VIOLATIONS
        if not violation.differs
        for program in generated(violating_programs(violation), 2, violation.text)
    ]
    return [*right, *wrong, *generated(programs(), max(COUNT - len(right) - len(wrong), 1))]


def test_pytorch_agrees(
    torch: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong: list[str] = []
    explained: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    every = compared()
    for program in every:
        found = scripted(program, tmp_path)
        ours, theirs = found["interpreter"], in_pytorch(program, tmp_path)
        eager = Observation() if ours.refused else in_python(program, "torch", tmp_path)
        verdicts["refused" if ours.refused else "raised" if ours.raised else "ran"] += 1
        verdicts["interpreted in part"] += found["compiled"].partly
        problems = [
            f"executors: {what}" for what in disagreements(ours, found["compiled"], printed=True)
        ]
        if disagreements(ours, theirs):
            row = explanation(program, ours, theirs, eager)
            if row:
                explained[row] += 1
            else:
                problems += [f"PyTorch: {what}" for what in disagreements(ours, theirs)]
        if not ours.refused and not program.own:
            python = in_python(program, "tscript", tmp_path)
            problems += [f"Python: {what}" for what in unlike_python(ours, python)]
            if not ours.raised and ours.printed != eager.printed:
                problems.append("printed")
        if problems:
            wrong.append(f"{problems}\n{program.body}\n{ours}\n{theirs}")
    counted = len(every) - explained.pop(INTERNAL_ERROR, 0)
    agree = counted - explained.total() - len(wrong)
    with capsys.disabled():
        print(
            f"\n{agree} of {counted} programs agree with PyTorch ({agree / counted:.2%}); "
            f"explained: {dict(explained)}; {len(every) - counted} are internal errors of PyTorch\n"
            f"here: {dict(verdicts)}"
        )
    assert not wrong, f"{len(wrong)} of {len(every)}:\n" + "\n\n".join(wrong[:5])
    assert agree >= SHARE * counted, explained


@pytest.mark.parametrize("number", range(sum(bool(v.differs) for v in VIOLATIONS)))
def test_a_deliberate_difference_is_one(number: int, torch: ModuleType, tmp_path: Path) -> None:
    violation = [v for v in VIOLATIONS if v.differs][number]
    for program in generated(violating_programs(violation), 2, violation.text):
        ours, theirs = scripted(program, tmp_path)["interpreter"], in_pytorch(program, tmp_path)
        assert disagreements(ours, theirs) == ["verdict"]
        assert explanation(program, ours, theirs, Observation()) == violation.differs


def test_every_difference_is_a_row_of_the_page() -> None:
    page = (ROOT / "docs" / "deviations.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")}
    assert REFUSED_HERE | REFUSED_THERE | PYTHONS_MEANING <= rows
