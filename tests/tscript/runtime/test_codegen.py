"""Generated code: its shape, its place in the user's source, and what it leaves to the interpreter."""

from __future__ import annotations

import sys
import traceback
from typing import Any, List  # noqa: UP035

import pytest

import tscript as torch
from tscript.runtime.codegen import CompiledGraph, NotCompilableError, compiled_graph
from tscript.runtime.executor import executing_with, executor_of
from tscript.runtime.interpreter import Interpreter


def code_of(function: Any) -> str:
    return compiled_graph(torch.jit.script(function).function).source


def counted(n: int):
    s = 0
    for i in range(n):
        if i % 3 == 0:
            s = s + i
        else:
            s = s - 1
    return s


def test_numbers_become_pythons_own_operators() -> None:
    assert code_of(counted).splitlines() == [
        "def counted(n):",
        "    s = 0",
        "    for i in _t_range(n):",
        "        s = s + i if i % 3 == 0 else s - 1",
        "    return s",
    ]


def fails(items: List[int]):
    total = 0
    for i in range(3):
        total += items[i]
    return total


def test_a_traceback_shows_the_users_line_and_no_helper_in_it() -> None:
    function = torch.jit.script(fails)
    with executing_with("compiled"), pytest.raises(IndexError) as caught:
        function([1, 2])
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert frames[-1].filename == __file__
    assert frames[-1].name == "fails"
    assert frames[-1].line == "total += items[i]"
    assert f'File "{__file__}", line {fails.__code__.co_firstlineno + 3}, in fails' in str(
        caught.value
    )


def test_a_debugger_sees_every_line_of_the_source() -> None:
    function = torch.jit.script(counted)
    lines: set[int] = set()

    def watch(frame: Any, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != __file__:
            return None
        if event == "line":
            lines.add(frame.f_lineno)
        return watch

    with executing_with("compiled"):
        function(4)
        before = sys.gettrace()
        sys.settrace(watch)
        try:
            function(4)
        finally:
            sys.settrace(before)
    first = counted.__code__.co_firstlineno
    assert {first + 3, first + 4, first + 6} <= lines


def test_columns_count_bytes_in_lines_that_are_not_ascii() -> None:
    def greets(names: List[str], i: int):
        return "grüße 変数 " + names[i]

    function = torch.jit.script(greets)
    with executing_with("compiled"), pytest.raises(IndexError) as caught:
        function(["a"], 4)
    assert "^" * len("names[i]") in str(caught.value)


def uses_requires_grad(x: torch.Tensor):
    if x.requires_grad:
        return x + 1
    return x


def test_what_needs_tensor_handles_is_interpreted() -> None:
    function = torch.jit.script(uses_requires_grad)
    assert isinstance(executor_of(function.function), Interpreter)
    parameter = torch.tensor(1.0, requires_grad=True)
    assert function(parameter).item() == 2.0
    with executing_with("compiled"), pytest.raises(NotCompilableError, match="requires_grad"):
        function(parameter)


def calls_an_interpreted_function(x: torch.Tensor):
    y = uses_requires_grad(x)
    return y, x


def test_generated_code_calls_interpreted_functions_with_the_same_tensors() -> None:
    function = torch.jit.script(calls_an_interpreted_function)
    assert isinstance(executor_of(function.function), CompiledGraph)
    parameter = torch.tensor(1.0, requires_grad=True)
    result, same = function(parameter)
    assert result.item() == 2.0
    assert same is parameter


def nested(depth: int) -> str:
    lines = ["def deep(n: int):", "    total = 0"]
    for level in range(depth):
        lines.append(f"{'    ' * (level + 1)}for i{level} in range(n):")
    lines.append(f"{'    ' * (depth + 1)}total += 1")
    return "\n".join([*lines, "    return total"])


def test_very_deep_loops_are_interpreted() -> None:
    unit = torch.jit.CompilationUnit(nested(17))
    with executing_with("compiled"), pytest.raises(NotCompilableError, match="too deeply"):
        unit.deep(1)
    assert unit.deep(1) == 1
    assert torch.jit.CompilationUnit(nested(15)).deep(1) == 1


def test_zero_dim_results_stay_tensors() -> None:
    def scalars(x: torch.Tensor, y: torch.Tensor):
        return x + y, x * 2, torch.tanh(x), x > y, x[0] if x.dim() > 0 else x

    function = torch.jit.script(scalars)
    with executing_with("compiled"):
        for value in function(torch.tensor(1.0), torch.tensor(2.0)):
            assert isinstance(value, torch.Tensor)
            assert value.shape == ()


def test_mixed_dtypes_take_the_promoting_way() -> None:
    def mixed(x: torch.Tensor, y: torch.Tensor):
        return x + y, x * 0.5, x + 1

    function = torch.jit.script(mixed)
    ints, doubles = torch.tensor([1, 2]), torch.tensor(0.5, dtype=torch.float64)
    with executing_with("compiled"):
        compiled = function(ints, doubles)
    with executing_with("interpreter"):
        interpreted = function(ints, doubles)
    assert [repr(t) for t in compiled] == [repr(t) for t in interpreted]
    assert compiled[0].dtype is torch.float64
    assert compiled[1].dtype is torch.float32


def test_nothing_of_a_graph_becomes_code_as_text() -> None:
    """Strings that look like code stay strings."""

    def hostile(s: str):
        t = "'); import os; ('"
        return s + t

    with executing_with("compiled"):
        assert torch.jit.script(hostile)("x") == "x'); import os; ('"


def test_names_that_python_reserves_are_renamed() -> None:
    def reserved(len: int, range: int, _t_table: int):  # noqa: A002
        for i in [1, 2]:
            len = len + i * range + _t_table  # noqa: A001
        return len

    with executing_with("compiled"):
        assert torch.jit.script(reserved)(1, 2, 3) == 13
