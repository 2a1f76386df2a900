"""The judges of generated programs notice each way in which two runs of one may differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tscript.runtime.interpreter as interpreter
from tests.properties.judging import (
    INTERNAL_ERROR,
    Observation,
    disagreements,
    explanation,
    in_python,
    scripted,
    unlike_python,
)
from tests.properties.programs import Program

SOUND = Program(
    body="""
def program(a: int, x: Tensor, l: List[int]):
    x += a
    l.append(a)
    print(a)
    return a, x * 2, l


def make():
    return program
""",
    arguments="(2, torch.ones(2), [1])",
)


def test_a_program_that_runs_alike_everywhere(tmp_path: Path) -> None:
    found = scripted(SOUND, tmp_path)
    assert found["interpreter"].printed == "2\n"
    assert not disagreements(found["interpreter"], found["compiled"], printed=True)
    assert not unlike_python(found["interpreter"], in_python(SOUND, "tscript", tmp_path))


@pytest.mark.parametrize(
    ("other", "noticed"),
    [
        ({"refused": "no"}, "verdict"),
        ({"raised": "RuntimeError"}, "raised"),
        ({"result": ("tuple", [2, ("tensor", "float64", (1,), [6.0])])}, "result"),
        ({"result": ("tuple", [2, ("tensor", "float32", (), [6.0])])}, "result"),
        ({"result": ("tuple", [2, ("tensor", "float32", (1,), [6.01])])}, "result"),
        ({"result": ("tuple", [2.0, ("tensor", "float32", (1,), [6.0])])}, "result"),
        ({"result": ("list", [2, ("tensor", "float32", (1,), [6.0])])}, "result"),
        ({"arguments": ("tuple", [3])}, "arguments"),
        ({"state": ("list", [1])}, "state"),
        ({"printed": "2"}, "printed"),
    ],
)
def test_what_differs_is_named(other: dict[str, Any], noticed: str) -> None:
    one = Observation(
        result=("tuple", [2, ("tensor", "float32", (1,), [6.0])]),
        arguments=("tuple", [2]),
        state=("list", [0]),
        printed="2\n",
    )
    assert disagreements(one, replace(one, **other), printed=True) == [noticed]
    assert not disagreements(one, replace(one), printed=True)


@pytest.mark.parametrize("spoiled", ["result", "effect"])
def test_an_interpreter_with_another_result_or_effect(
    spoiled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = interpreter.Interpreter.run

    def careless(self: interpreter.Interpreter, args: Any) -> Any:
        results = run(self, args)
        if spoiled == "effect":
            args[1].array[...] = 7
            return results
        return [None for _ in results]

    monkeypatch.setattr(interpreter.Interpreter, "run", careless)
    found = scripted(SOUND, tmp_path)
    assert disagreements(found["interpreter"], found["compiled"])


def test_a_difference_without_a_row_is_not_explained() -> None:
    here, there = Observation(), Observation(refused="RuntimeError: no")
    assert explanation(SOUND, here, there, here) == ""
    differing = replace(SOUND, differs=frozenset({"python-call"}))
    assert explanation(differing, here, there, here) == "python-call"
    assert explanation(differing, there, here, here) == ""  # it is the other way round
    crashed = Observation(refused="INTERNAL ASSERT FAILED")
    assert explanation(SOUND, here, crashed, here) == INTERNAL_ERROR
