"""The checks of the design's invariants notice a violation.

``README.md`` lists the invariants with their checks. Where a check has no violation of its own
beside it, the violation is here: the check is run on something deliberately wrong, and must fail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ops_registry.registry import registry
from tests.ops_registry import test_every_operator as boundary
from tests.ops_registry import test_executors_agree_on_operators as executors
from tests.tscript.frontend import test_parsers_agree as parsers
from tscript.diagnostics.source import Source

RELU = registry().operator("aten::relu", "")
ADD_IN_PLACE = registry().operator("aten::add_", "Tensor")


def honest(operator: Any, values: list[Any]) -> Any:
    return np.maximum(values[0], 0)


def other_dtype(operator: Any, values: list[Any]) -> Any:
    return np.maximum(values[0], 0).astype(np.float16)


def numpy_scalar(operator: Any, values: list[Any]) -> Any:
    return np.float32(0)


def other_shape(operator: Any, values: list[Any]) -> Any:
    return np.maximum(values[0], 0)[None]


def writes_its_input(operator: Any, values: list[Any]) -> Any:
    values[0] -= 1
    return np.maximum(values[0], 0)


def returns_its_input(operator: Any, values: list[Any]) -> Any:
    return values[0]


def test_the_checks_of_the_boundary_pass_what_is_right() -> None:
    boundary.test_only_marked_arguments_are_written_and_shared(honest, RELU)


@pytest.mark.parametrize("wrong", [other_dtype, numpy_scalar, other_shape])
def test_a_result_that_is_not_what_the_meta_promises_is_noticed(wrong: Any) -> None:
    with pytest.raises(AssertionError):
        boundary.test_results_are_what_the_meta_promises(wrong, RELU)


@pytest.mark.parametrize("wrong", [writes_its_input, returns_its_input])
def test_memory_written_or_shared_without_a_mark_is_noticed(wrong: Any) -> None:
    with pytest.raises(AssertionError):
        boundary.test_only_marked_arguments_are_written_and_shared(wrong, RELU)


def test_an_in_place_form_that_returns_a_new_array_is_noticed() -> None:
    def copying(operator: Any, values: list[Any]) -> Any:
        return values[0] + values[1]

    with pytest.raises(AssertionError):
        boundary.test_an_in_place_form_writes_what_the_functional_one_returns(copying, ADD_IN_PLACE)


def test_parsers_whose_views_differ_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source("def f(x):\n    return x + 1\n", "file.py")
    parsers.assert_equal_views(False, source)
    right = parsers.parse_ast.parse_def

    def forgetful(source: Source) -> Any:
        view = right(source)
        return replace(view, name=replace(view.name, name="g"))

    monkeypatch.setattr(parsers.parse_ast, "parse_def", forgetful)
    with pytest.raises(AssertionError):
        parsers.assert_equal_views(False, source)


def test_an_executor_with_another_result_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    executors.test_eager_interpreter_and_compiled_agree(RELU)

    class Careless(executors.Interpreter):  # type: ignore[name-defined]
        def run(self, args: Any) -> Any:
            results = super().run(args)
            results[0].array += 1
            return results

    monkeypatch.setattr(executors, "Interpreter", Careless)
    with pytest.raises(AssertionError):
        executors.test_eager_interpreter_and_compiled_agree(RELU)


def test_an_executor_with_another_effect_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Spoiling(executors.Interpreter):  # type: ignore[name-defined]
        def run(self, args: Any) -> Any:
            results = super().run(args)
            args[0].array[...] = 7
            return results

    monkeypatch.setattr(executors, "Interpreter", Spoiling)
    with pytest.raises(AssertionError):
        executors.test_eager_interpreter_and_compiled_agree(RELU)
