"""Generated programs: the executors, plain Python and the diagnostics agree about them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.judging import disagreements, in_python, scripted, unlike_python
from tests.properties.programs import (
    Program,
    generated,
    poisoned_programs,
    programs,
    violating_programs,
)
from tests.properties.violations import VIOLATIONS, Violation

QUICK = settings(
    max_examples=150, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


def check_executors_and_python(program: Program, folder: Path) -> None:
    found = scripted(program, folder)
    one, other = found["interpreter"], found["compiled"]
    assert not one.refused, one.refused
    assert not disagreements(one, other, printed=True), program.body
    if not program.own:
        assert not unlike_python(one, in_python(program, "tscript", folder)), program.body


@QUICK
@given(program=st.one_of(programs(), programs(depth=3)))
def test_executors_and_python_agree(folder: Path, program: Program) -> None:
    check_executors_and_python(program, folder)


def reported(program: Program, folder: Path) -> tuple[set[tuple[int, str]], set[tuple[int, str]]]:
    """What is reported about a program, and what should be."""
    found = scripted(program, folder, run=False)["interpreter"]
    lines = program.text("tscript").splitlines()
    expected = {(n, program.code) for n, line in enumerate(lines, 1) if line.endswith("# here")}
    actual = {*found.codes, *found.warned}
    if not expected:  # its place is in no statement
        return {(0, code) for _, code in actual}, {(0, program.code)}
    return actual, expected


@pytest.mark.parametrize(
    "violation", VIOLATIONS, ids=lambda violation: f"{violation.code}: {violation.text[:30]}"
)
def test_a_violation_is_reported_once_where_it_is(violation: Violation, folder: Path) -> None:
    for program in generated(violating_programs(violation), 2, violation.text):
        actual, expected = reported(program, folder)
        assert actual == expected, program.body


@settings(QUICK, max_examples=60)
@given(program=poisoned_programs())
def test_a_value_of_unknown_type_adds_no_diagnostic(folder: Path, program: Program) -> None:
    actual, expected = reported(program, folder)
    assert actual == expected, program.body
