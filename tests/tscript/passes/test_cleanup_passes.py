"""Each pass has a case where it acts and one where it must not."""

from __future__ import annotations

import pytest

from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph
from tscript.ir.parser import parse_ir
from tscript.ir.verify import verify
from tscript.passes.canonicalize_loops import canonicalize_loops
from tscript.passes.eliminate_dead_code import eliminate_dead_code
from tscript.passes.fold_constants import fold_constants
from tscript.passes.inline_calls import inline_calls
from tscript.passes.lower_tuples import lower_tuples
from tscript.passes.pool_constants import pool_constants


def graph_of(text: str) -> Graph:
    graph = parse_ir(text)
    verify(graph)
    return graph


def kinds(graph: Graph) -> list[str]:
    verify(graph)
    return [node.kind for node in graph.all_nodes()]


def test_dead_code_goes() -> None:
    graph = graph_of(
        """graph(%x : Tensor, %n : int):
  %1 : int = prim::Constant[value=1]()
  %dead : Tensor = aten::add(%x, %x, %1)
  %more : Tensor = aten::relu(%dead)
  return (%x)"""
    )
    assert eliminate_dead_code(graph)
    assert kinds(graph) == []
    assert not eliminate_dead_code(graph)


def test_writes_printing_and_random_numbers_are_not_dead() -> None:
    graph = graph_of(
        """graph(%x : Tensor, %n : int):
  %1 : int = prim::Constant[value=1]()
  %2 : Tensor = aten::add_(%x, %n, %1)
   = prim::Print(%n)
  return (%x)"""
    )
    assert not eliminate_dead_code(graph)
    assert kinds(graph) == ["prim::Constant", "aten::add_", "prim::Print"]


def test_a_carried_value_nobody_reads_goes_and_one_that_feeds_another_stays() -> None:
    graph = graph_of(
        """graph(%n : int):
  %t : bool = prim::Constant[value=1]()
  %0 : int = prim::Constant[value=0]()
  %a : int, %b : int, %c : int = prim::Loop(%n, %t, %0, %0, %0)
    block0(%i : int, %a.1 : int, %b.1 : int, %c.1 : int):
      %a.2 : int = aten::add(%a.1, %b.1)
      %b.2 : int = aten::add(%b.1, %i)
      %c.2 : int = aten::add(%c.1, %i)
      -> (%t, %a.2, %b.2, %c.2)
  return (%a)"""
    )
    assert eliminate_dead_code(graph)
    (loop,) = graph.find_nodes("prim::Loop")
    assert len(loop.outputs) == 2
    assert kinds(graph).count("aten::add") == 2


def test_constants_fold_and_a_decided_branch_goes() -> None:
    graph = graph_of(
        """graph(%x : Tensor):
  %1 : int = prim::Constant[value=2]()
  %2 : int = prim::Constant[value=3]()
  %3 : int = aten::mul(%1, %2)
  %4 : bool = aten::gt(%3, %2)
  %5 : int = prim::If(%4)
    block0():
      -> (%3)
    block1():
      -> (%1)
  return (%5)"""
    )
    assert fold_constants(graph)
    assert graph.outputs[0].node.constant_value() == 6
    assert "prim::If" not in kinds(graph)


@pytest.mark.parametrize("kind", ["floordiv", "remainder", "div"])
def test_what_raises_or_is_pytorchs_own_is_not_folded(kind: str) -> None:
    result = "float" if kind == "div" else "int"
    graph = graph_of(
        f"""graph():
  %1 : int = prim::Constant[value=2]()
  %2 : int = prim::Constant[value=0]()
  %3 : {result} = aten::{kind}(%1, %2)
  return (%3)"""
    )
    assert not fold_constants(graph)


def test_an_integer_beyond_64_bits_is_not_folded() -> None:
    graph = graph_of(
        """graph():
  %1 : int = prim::Constant[value=9223372036854775807]()
  %2 : int = aten::add(%1, %1)
  return (%2)"""
    )
    assert not fold_constants(graph)


def test_equal_constants_become_one_at_the_top() -> None:
    graph = graph_of(
        """graph(%n : int, %b : bool):
  %r : int = prim::If(%b)
    block0():
      %1 : int = prim::Constant[value=1]()
      -> (%1)
    block1():
      %2 : int = prim::Constant[value=1]()
      %3 : int = aten::add(%2, %n)
      -> (%3)
  return (%r)"""
    )
    assert pool_constants(graph)
    assert kinds(graph) == ["prim::Constant", "prim::If", "aten::add"]


def test_constants_that_only_look_equal_stay_apart() -> None:
    graph = graph_of(
        """graph():
  %1 : int = prim::Constant[value=1]()
  %2 : float = prim::Constant[value=1.]()
  %3 : bool = prim::Constant[value=1]()
  %4 : float = prim::Constant[value=-0.]()
  %5 : float = prim::Constant[value=0.]()
  %6 : (int, float, bool, float, float) = prim::TupleConstruct(%1, %2, %3, %4, %5)
  return (%6)"""
    )
    pool_constants(graph)
    assert kinds(graph).count("prim::Constant") == 5


def test_a_tuple_taken_apart_again_is_not_needed() -> None:
    graph = graph_of(
        """graph(%x : Tensor, %n : int):
  %1 : (Tensor, int) = prim::TupleConstruct(%x, %n)
  %2 : Tensor, %3 : int = prim::TupleUnpack(%1)
  return (%3)"""
    )
    assert lower_tuples(graph)
    assert graph.outputs[0] is graph.inputs[1]


def test_a_tuple_from_elsewhere_is_left_alone() -> None:
    graph = graph_of(
        """graph(%t : (Tensor, int)):
  %2 : Tensor, %3 : int = prim::TupleUnpack(%t)
  return (%3)"""
    )
    assert not lower_tuples(graph)


def test_a_counted_loop_with_a_condition_becomes_a_while() -> None:
    text = """graph(%n : int, %b : bool):
  %t : bool = prim::Constant[value=1]()
   = prim::Loop(%n, %b)
    block0(%i : int):
       = prim::Print(%i)
      -> (%t)
  return (%n)"""
    graph = graph_of(text)
    assert canonicalize_loops(graph)
    verify(graph)
    (loop,) = graph.find_nodes("prim::Loop")
    assert loop.inputs[0].node.constant_value() == 2**63 - 1
    plain = graph_of(text.replace("(%n, %b)", "(%n, %t)"))
    assert not canonicalize_loops(plain)


def test_calls_are_inlined_at_any_depth() -> None:
    inner = CompiledFunction("__torch__.inner", None, graph_of("graph(%x : Tensor):\n  %1 : Tensor = aten::relu(%x)\n  return (%1)"))  # type: ignore[arg-type]  # fmt: skip
    outer = Graph()
    x = outer.add_input("x")
    callee = outer.insert("prim::Constant", (), attributes={"value": inner}).output
    outer.add_output(outer.insert("prim::CallFunction", (callee, x)).output)
    assert inline_calls(outer)
    assert [node.kind for node in outer.all_nodes()] == ["aten::relu"]
    assert not inline_calls(outer)
