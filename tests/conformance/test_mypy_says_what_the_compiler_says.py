"""Two resolvers, one emitter: the same codes on the same lines from ``jit.script`` and from mypy.

The cases are the examples of the TorchScript reference and the language reference. Nothing here
says what is right (the cases' own tests do): only that both say the same. mypy runs once.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from case_files import Case, check_with_mypy, language_cases, reference_cases, run_live


def live(case: Case, folder: Path) -> tuple[set[tuple[int, str]], dict[int, str]]:
    found = run_live(case, folder)
    return found.reports, found.revealed


def test_both_report_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [*language_cases(), *compiled_only(reference_cases())]
    shared = [case for case in cases if case.live_only is None]
    monkeypatch.chdir(tmp_path)
    programs = tmp_path / "programs"
    programs.mkdir()
    checked = check_with_mypy(shared, programs)
    differences = []
    for case in shared:
        run = checked[case.name]
        reports, revealed = live(case, tmp_path)
        if (run.reports, run.revealed) != (reports, revealed):
            differences.append(
                f"{case.name}: live only {sorted(reports - run.reports)}"
                f" {sorted(revealed.items() - run.revealed.items())},"
                f" mypy only {sorted(run.reports - reports)}"
                f" {sorted(run.revealed.items() - revealed.items())}"
            )
    assert not differences, f"{len(differences)} of {len(shared)}:\n" + "\n".join(differences)
    assert sum(bool(run.reports) for run in checked.values()) > 20  # mypy did report


def compiled_only(cases: list[Case]) -> list[Case]:
    """The examples without those whose point is a trace that goes wrong or a debugger."""
    left_out = {"debugging_check_inputs", "debugging_fill_row_zero", "debugging_disable_jit"}
    assert left_out < {case.name for case in cases}
    return [case for case in cases if case.name not in left_out]


def test_few_cases_need_an_instance() -> None:
    cases = language_cases()
    needy = [case.name for case in cases if case.live_only is not None]
    assert len(needy) <= 0.03 * len(cases), needy
