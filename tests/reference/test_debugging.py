"""Reference, section "Debugging"."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import tscript as torch
from tscript.jit.trace_check import TracingCheckError

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"


def numbered(graph):
    """A graph's text with its nameless values numbered as they appear, and blanks made equal.

    Their numbers are the order in which a compiler made its values, those that passes have removed
    included: the reference's are those of PyTorch in 2019 (and begin at `%15`), ours begin at `%1`.
    Names of variables, kinds, types, attributes, order and nesting are compared as they are.
    """
    numbers: dict[str, str] = {}
    text = re.sub(
        r"%(\d+)\b", lambda match: "%" + numbers.setdefault(match[1], f"#{len(numbers)}"), graph
    )
    return [" ".join(line.split()) for line in text.strip().splitlines()]


# "Disable JIT for Debugging"


def debug(script, disabled):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTORCH_JIT", None)
    if disabled:
        environment["PYTORCH_JIT"] = "0"
    # It stops at `return scripted_fn(x)`: ask what that is, step into the call, and look around.
    commands = "print(type(scripted_fn).__name__)\nstep\nnext\nlist\n" + "continue\n" * 9
    return subprocess.run(
        [sys.executable, str(script)],
        input=commands,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_without_the_jit_the_debugger_steps_into_a_script():
    done = debug(CASES / "debugging_disable_jit.py", disabled=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(Pdb) function\n" in done.stdout
    assert "debugging_disable_jit.py(6)scripted_fn()" in done.stdout
    assert "->\t    for i in range(12):" in done.stdout  # `list` shows its own lines


def test_with_the_jit_a_script_is_no_python_function():
    done = debug(CASES / "debugging_disable_jit.py", disabled=False)
    assert "(Pdb) ScriptFunction\n" in done.stdout
    assert "scripted_fn()" not in done.stdout


# "Interpreting Graphs"


FOO_GRAPH = """
	graph(%len : int) {
	  %15 : int = prim::Constant[value=1]()
	  %9 : bool = prim::Constant[value=1]()
	  %7 : Device = prim::Constant[value="cpu"]()
	  %6 : int = prim::Constant[value=0]()
	  %5 : int = prim::Constant[value=6]()
	  %1 : int = prim::Constant[value=3]()
	  %2 : int = prim::Constant[value=4]()
	  %11 : int = prim::Constant[value=10]()
	  %14 : float = prim::Constant[value=1]()
	  %4 : int[] = prim::ListConstruct(%1, %2)
	  %rv.1 : Tensor = aten::zeros(%4, %5, %6, %7)
	  %rv : Tensor = prim::Loop(%len, %9, %rv.1)
	    block0(%i : int, %13 : Tensor) {
	      %12 : bool = aten::lt(%i, %11)
	      %rv.4 : Tensor = prim::If(%12)
		block0() {
		  %rv.2 : Tensor = aten::sub(%13, %14, %15)
		  -> (%rv.2)
		}
		block1() {
		  %rv.3 : Tensor = aten::add(%13, %14, %15)
		  -> (%rv.3)
		}
	      -> (%9, %rv.4)
	    }
	  return (%rv);
	}
"""


def test_a_graph_reads_as_in_the_reference(example):
    found = example("debugging_interpreting_graphs")
    assert numbered(found.printed) == numbered(FOO_GRAPH)
    assert found.foo(3).tolist() == [[-3.0] * 4] * 3
    assert found.foo(12).tolist() == [[-8.0] * 4] * 3


def test_a_graph_belongs_to_forward_or_to_a_method(example):
    module = example("expressions_conditional_and_casts").Holder()
    assert str(module.graph) == str(module.forward.graph)


# "Automatic Trace Checking"


CHECK_DIAGNOSTIC = """
	ERROR: Graphs differed across invocations!
	Graph diff:

		  graph(%x : Tensor) {
		    %1 : int = prim::Constant[value=0]()
		    %2 : int = prim::Constant[value=0]()
		    %result.1 : Tensor = aten::select(%x, %1, %2)
		    %4 : int = prim::Constant[value=0]()
		    %5 : int = prim::Constant[value=0]()
		    %6 : Tensor = aten::select(%x, %4, %5)
		    %result.2 : Tensor = aten::mul(%result.1, %6)
		    %8 : int = prim::Constant[value=0]()
		    %9 : int = prim::Constant[value=1]()
		    %10 : Tensor = aten::select(%x, %8, %9)
		-   %result : Tensor = aten::mul(%result.2, %10)
		+   %result.3 : Tensor = aten::mul(%result.2, %10)
		?          ++
		    %12 : int = prim::Constant[value=0]()
		    %13 : int = prim::Constant[value=2]()
		    %14 : Tensor = aten::select(%x, %12, %13)
		+   %result : Tensor = aten::mul(%result.3, %14)
		+   %16 : int = prim::Constant[value=0]()
		+   %17 : int = prim::Constant[value=3]()
		+   %18 : Tensor = aten::select(%x, %16, %17)
		-   %15 : Tensor = aten::mul(%result, %14)
		?     ^                                 ^
		+   %19 : Tensor = aten::mul(%result, %18)
		?     ^                                 ^
		-   return (%15);
		?             ^
		+   return (%19);
		?             ^
		  }
"""


def blanks_made_equal(text):
    """Lines without their indentation; the carets of a `?` line stay in their columns."""
    lines = [line for line in textwrap.dedent(text).expandtabs(8).splitlines() if line.strip()]
    return [line.strip() if "?" not in line else line.strip().rstrip() for line in lines]


@pytest.mark.filterwarnings("ignore::tscript.jit.TracerWarning")
def test_check_inputs_show_where_graphs_part(example):
    with pytest.raises(TracingCheckError) as error:
        example("debugging_check_inputs")
    lines = blanks_made_equal(str(error.value))
    expected = blanks_made_equal(CHECK_DIAGNOSTIC)
    start = lines.index("ERROR: Graphs differed across invocations!")
    # All of the reference's text, numbers included; what follows it is ours: the Python line.
    assert lines[start : start + len(expected)] == expected
    assert any("result = result * x[i]" in line for line in lines[start + len(expected) :])


LOOP_GRAPH = """
	graph(%x : Tensor) {
	  %5 : bool = prim::Constant[value=1]()
	  %1 : int = prim::Constant[value=0]()
	  %result.1 : Tensor = aten::select(%x, %1, %1)
	  %4 : int = aten::size(%x, %1)
	  %result : Tensor = prim::Loop(%4, %5, %result.1)
	    block0(%i : int, %7 : Tensor) {
	      %10 : Tensor = aten::select(%x, %1, %i)
	      %result.2 : Tensor = aten::mul(%7, %10)
	      -> (%5, %result.2)
	    }
	  return (%result);
	}
"""


def test_script_captures_what_the_trace_does_not(example):
    found = example("debugging_check_inputs_as_script")  # its own assert_allclose runs in it
    assert numbered(found.printed) == numbered(LOOP_GRAPH)
    x = torch.rand(6, 2)
    assert torch.allclose(found.scripted_fn(x), found.fn(x))


# "Tracer Warnings"


def test_a_write_through_a_view_warns_and_the_trace_returns_its_input(example):
    # The reference's tracer recorded in-place writes out of place: `_force_outplace`.
    found = example("debugging_fill_row_zero")
    first, second = found.warnings
    assert {first.category, second.category} == {torch.jit.TracerWarning}
    assert first.lineno == 5  # x[0] = ...
    assert "There are 2 live references to the data region being modified" in str(first.message)
    assert "in-place operator copy_ (possibly due to an assignment)" in str(first.message)
    assert second.lineno == 9  # traced = torch.jit.trace(...)
    message = str(second.message)
    assert message.startswith(
        "Output nr 1. of the traced function does not match the corresponding output of the"
        " Python function. Detailed error:\nNot within tolerance rtol=1e-05 atol=1e-05 at input[0, "
    )
    assert message.endswith("and 3 other locations (33.33%)")
    # The reference's `%0` has its parameter's name today.
    assert found.printed.split() == "graph(%x : Float(3, 4)) { return (%x); }".split()


@pytest.mark.filterwarnings("ignore::tscript.jit.TracerWarning")
def test_without_that_option_the_write_is_recorded():
    def fill_row_zero(x):
        x[0] = torch.zeros(4)
        return x

    traced = torch.jit.trace(fill_row_zero, (torch.rand(3, 4),))
    assert "aten::copy_" in str(traced.graph)
    assert traced(torch.ones(3, 4)).sum().item() == 8.0


def test_out_of_place_the_trace_is_right(example):
    found = example("debugging_fill_row_zero_out_of_place")
    assert found.warnings == []
    assert "aten::cat" in found.printed
    x = torch.ones(3, 4)
    result = found.traced(x)
    assert result.shape == (2, 4)
    assert result[1].tolist() == [1.0] * 4
    assert x.sum().item() == 12.0
