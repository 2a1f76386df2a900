"""Graphs as text: both dialects, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops_registry import types as t
from ops_registry.device import Device
from tscript.ir.graph import Graph
from tscript.ir.parser import GraphSyntaxError, parse_ir
from tscript.ir.printer import constant_text

LOOP = """graph(%x.1 : Tensor,
      %n.1 : int):
  %2 : bool = prim::Constant[value=1]()
  %3 : float = prim::Constant[value=1.]()
  %4 : int = prim::Constant[value=1]()
  %x : Tensor = prim::Loop(%n.1, %2, %x.1)
    block0(%i : int, %x.5 : Tensor):
      %x.3 : Tensor = aten::sub(%x.5, %3, %4)
      -> (%2, %x.3)
  return (%x)
"""

LOOP_2019 = """graph(%x.1 : Tensor,
      %n : int) {
  %2 : bool = prim::Constant[value=1]()
  %3 : float = prim::Constant[value=1]()
  %4 : int = prim::Constant[value=1]()
  %x : Tensor = prim::Loop(%n, %2, %x.1)
    block0(%i : int, %7 : Tensor) {
      %x.2 : Tensor = aten::sub(%7, %3, %4)
      -> (%2, %x.2)
    }
  return (%x);
}
"""

FACTS = """graph(%self : __torch__.M,
      %x : Float(3, *, strides=[2, 1], requires_grad=0, device=cpu),
      %d : Dict(str, (int, Tensor?)[]),
      %e : Enum<__torch__.Color>):
  %4 : Device = prim::Constant[value="cuda:1"]()
  %5 : (int, NoneType, str) = prim::Constant[value=(1, None, "a\\"b\\n")]()
  %6 : complex = prim::Constant[value=0.-3.5j]()
  %7 : float[] = prim::Constant[value=[1., 1e-08, inf]]()
  %8 : Float(2, strides=[1], requires_grad=0, device=cpu) = prim::Constant[value= 1  2.5 [ CPUFloatType{2} ]]()
  %w : Tensor = prim::GetAttr[name="weight"](%self)
  %10 : Tensor = aten::linear(%x, %w, %w), scope: __module.fc
   = prim::Print(%10, %5)
  %11 : bool = prim::isinstance[types=[int[], Tensor]](%d)
  return (%10)
"""


@pytest.mark.parametrize("text", [LOOP, FACTS])
def test_the_modern_dialect_reads_back_to_the_same_text(text: str) -> None:
    assert parse_ir(text).to_string() == text


def test_the_2019_dialect_drops_points_and_numbers_and_adds_braces() -> None:
    assert str(parse_ir(LOOP)) == LOOP_2019


def test_the_2019_dialect_reads_back_to_the_same_text() -> None:
    assert str(parse_ir(LOOP_2019)) == LOOP_2019


def test_windows_line_ends_are_read() -> None:
    assert parse_ir(LOOP.replace("\n", "\r\n")).to_string() == LOOP


def test_source_comments_are_skipped() -> None:
    assert parse_ir(LOOP.replace("()\n", "() # model.py:3:4\n")).to_string() == LOOP


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("graph(%x : Tensor):\n  return (%y)\n", "line 2: expected a value that is defined"),
        ("graph(%x : Tensor):\n", "line 2: expected"),
        ("graph(%x : Tensor):\n  %x : Tensor = aten::neg(%x)\n  return (%x)", "defined twice"),
        ("grap(%x : Tensor):", "line 1: expected 'graph'"),
        ("graph(%x : Tensor):\n  ;;", "line 2"),
        ("graph(%x : Tensor):\n  \u00a7", "line 2: unexpected"),
    ],
)
def test_what_is_no_graph_is_refused_with_the_line(text: str, problem: str) -> None:
    with pytest.raises(GraphSyntaxError, match=problem):
        parse_ir(text)


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match="no dialect is called '2020'"):
        Graph().to_string(dialect="2020")


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")))
    | st.just(Device("cpu"))
)


@given(st.recursive(scalars, lambda inner: st.tuples(inner, inner), max_leaves=5))
def test_constants_survive_the_text(value: object) -> None:
    graph = Graph()
    graph.add_output(graph.constant(value))
    text = graph.to_string()
    again = parse_ir(text)
    assert again.to_string() == text
    (node,) = again.nodes
    assert node.constant_value() == value


def test_a_large_tensor_constant_is_only_named() -> None:
    import numpy as np

    class Held:
        array = np.zeros(11)

    assert constant_text(Held()) == "<Tensor>"
    graph = Graph()
    graph.constant(Held(), t.TENSOR)
    assert parse_ir(graph.to_string()).to_string() == graph.to_string()
