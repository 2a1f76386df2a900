"""Graphs: values and their uses, names, order, copies."""

from __future__ import annotations

import pytest

from ops_registry import types as t
from tscript.ir.constant_types import constant_type
from tscript.ir.graph import Graph, Use
from tscript.ir.parser import parse_ir

TEXT = """graph(%x : Tensor, %flag : bool):
  %2 : int = prim::Constant[value=1]()
  %y : Tensor = prim::If(%flag)
    block0():
      %4 : Tensor = aten::neg(%x)
      -> (%4)
    block1():
      %5 : Tensor = aten::add(%x, %x, %2)
      -> (%5)
  return (%y)
"""


def test_uses_follow_replacement() -> None:
    graph = Graph()
    x, y = graph.add_input("x"), graph.add_input("y")
    node = graph.insert("aten::mul", [x, x])
    assert x.uses == [Use(node, 0), Use(node, 1)]
    x.replace_all_uses_with(y)
    assert x.uses == []
    assert node.inputs == [y, y]


def test_removing_an_input_renumbers_the_later_uses() -> None:
    graph = Graph()
    x, y = graph.add_input("x"), graph.add_input("y")
    node = graph.insert("prim::ListConstruct", [x, y, y])
    node.remove_input(0)
    assert y.uses == [Use(node, 0), Use(node, 1)]
    node.insert_input(0, x)
    assert node.inputs == [x, y, y]
    assert sorted(use.offset for use in y.uses) == [1, 2]


def test_the_newest_value_of_a_name_has_it_plain() -> None:
    graph = Graph()
    values = [graph.add_input("rv") for _ in range(3)]
    assert [v.debug_name for v in values] == ["rv.1", "rv.2", "rv"]


def test_a_used_value_cannot_be_destroyed() -> None:
    graph = Graph()
    node = graph.insert("aten::neg", [graph.add_input("x")])
    graph.insert("aten::neg", [node.output])
    with pytest.raises(ValueError, match="still used"):
        node.destroy()


def test_destroying_a_node_destroys_its_blocks() -> None:
    graph = parse_ir(TEXT)
    x = graph.inputs[0]
    (branch,) = graph.find_nodes("prim::If")
    graph.block.replace_output(0, x)
    branch.destroy()
    assert [use.node for use in x.uses] == [graph.return_node]


def test_order_looks_into_blocks() -> None:
    graph = parse_ir(TEXT)
    constant, branch = list(graph.nodes)
    inner = [node for block in branch.blocks for node in block.nodes]
    assert constant.is_before(branch)
    assert constant.is_before(inner[0])
    assert branch.is_before(inner[0])
    assert inner[0].is_before(inner[1])
    assert not inner[1].is_before(inner[0])
    assert not branch.is_before(constant)


def test_nodes_can_be_destroyed_while_iterating() -> None:
    graph = Graph()
    x = graph.add_input("x")
    for _ in range(4):
        graph.insert("aten::neg", [x])
    for node in graph.nodes:
        node.destroy()
    assert graph.block.is_empty


def test_a_copy_is_equal_and_apart() -> None:
    graph = parse_ir(TEXT)
    copy = graph.copy()
    assert copy.to_string() == graph.to_string()
    copy.inputs[0].debug_name = "renamed"
    next(iter(copy.find_nodes("aten::add"))).kind = "aten::sub"
    assert graph.to_string() == TEXT.replace("(%x : Tensor, %flag", "(%x : Tensor,\n      %flag")


def test_a_call_is_inlined_at_the_insert_point() -> None:
    callee = parse_ir(TEXT)
    graph = Graph()
    x, flag = graph.add_input("x"), graph.add_input("flag", t.BOOL)
    (result,) = graph.inline_call(callee, [x, flag])
    graph.add_output(result)
    assert [node.kind for node in graph.nodes] == ["prim::Constant", "prim::If"]
    assert result.node.input is flag


def test_constants_have_the_type_of_their_value() -> None:
    assert constant_type((1, None, "x")) == t.TupleType((t.INT, t.NONE, t.STRING))
    assert constant_type(True) == t.BOOL
    assert constant_type([1.0]) == t.ListType(t.FLOAT)
    with pytest.raises(TypeError, match="object cannot be a constant"):
        constant_type(object())
