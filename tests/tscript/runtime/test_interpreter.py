"""What primitives mean, on graphs written by hand."""

from __future__ import annotations

from typing import Any

import pytest

import tscript as torch
from ops_registry import types as t
from ops_registry.schema import parse_schema
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph
from tscript.ir.verify import verify
from tscript.runtime.executor import GraphFunction, Mode, executing_with
from tscript.runtime.object import EnumMember, Future, ScriptObject, register_python_class
from tscript.types.nominal import ClassType, EnumType

MODES: list[Mode] = ["interpreter", "compiled"]


def function(graph: Graph, schema: str) -> GraphFunction:
    verify(graph)
    return GraphFunction(CompiledFunction("__torch__.f", parse_schema(schema), graph))


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_stops_at_its_trip_count_or_its_condition(mode: Mode) -> None:
    graph = Graph()
    n = graph.add_input("n", t.INT)
    start, limit, true = graph.constant(0), graph.constant(3), graph.constant(True)
    loop = graph.insert("prim::Loop", [n, true, start], [t.INT])
    block = loop.add_block()
    i, total = block.add_input(t.INT, "i"), block.add_input(t.INT, "total")
    with graph.inserting_at(block):
        total = graph.insert("aten::add", [total, i], [t.INT], overload="int").output
        going = graph.insert("aten::lt", [i, limit], [t.BOOL], overload="int").output
    block.add_output(going)
    block.add_output(total)
    graph.add_output(loop.output)
    f = function(graph, "f(int n) -> int")
    with executing_with(mode):
        assert [f(n) for n in (0, 2, 4, 100)] == [0, 1, 6, 6]


@pytest.mark.parametrize("mode", MODES)
def test_objects_are_shared_and_their_attributes_written(mode: Mode) -> None:
    counter = ClassType("__torch__.Counter")
    counter.add_attribute("n", t.INT)
    counter.add_attribute("last", t.TENSOR)
    graph = Graph()
    c, x = graph.add_input("c", counter), graph.add_input("x")
    n = graph.insert("prim::GetAttr", [c], [t.INT], attributes={"name": "n"}).output
    more = graph.insert("aten::add", [n, graph.constant(1)], [t.INT], overload="int").output
    graph.insert("prim::SetAttr", [c, more], [], attributes={"name": "n"})
    graph.insert("prim::SetAttr", [c, x], [], attributes={"name": "last"})
    again = graph.insert("prim::GetAttr", [c], [t.TENSOR], attributes={"name": "last"}).output
    pair = t.TupleType((t.TENSOR, counter))
    graph.add_output(graph.insert("prim::TupleConstruct", [again, c], [pair]).output)
    verify(graph)
    schema = parse_schema("f(__torch__.Counter c, Tensor x) -> Tensor")
    compiled = CompiledFunction("__torch__.f", schema, graph)
    made = ScriptObject(counter, {"n": 4, "last": torch.tensor(0.0)})
    tensor = torch.tensor(1.0)
    from tscript.runtime.executor import call_bound

    with executing_with(mode):
        back, same = call_bound(compiled, [made, tensor])
    assert back is tensor
    assert same is made
    assert made.n == 5
    assert made.last is tensor


@pytest.mark.parametrize("mode", MODES)
def test_enum_members_come_back_as_pythons(mode: Mode) -> None:
    import enum

    class Color(enum.Enum):
        RED = 1
        BLUE = 2

    color = EnumType("__torch__.Color", {"RED": 1, "BLUE": 2}, t.INT)
    register_python_class("__torch__.Color", Color)
    graph = Graph()
    graph.add_output(graph.constant(EnumMember(color, "BLUE"), color))
    with executing_with(mode):
        assert function(graph, "f() -> Any")() is Color.BLUE


def test_an_enum_member_knows_its_name_and_value() -> None:
    color = EnumType("__torch__.Shade", {"RED": 1}, t.INT)
    member = EnumMember(color, "RED")
    assert (member.name, member.value) == ("RED", 1)
    assert member == EnumMember(color, "RED")
    assert hash(member) == hash(EnumMember(color, "RED"))


def test_a_future_raises_what_the_call_raised_when_it_is_waited_for() -> None:
    future = Future(error=ValueError("late"))
    assert future.done()
    with pytest.raises(ValueError, match="late"):
        future.wait()


@pytest.mark.parametrize("mode", MODES)
def test_constant_lists_are_fresh_in_each_call(mode: Mode) -> None:
    graph = Graph()
    items = graph.constant([1, 2])
    graph.insert("aten::append", [items, graph.constant(3)], [], overload="t")
    graph.add_output(items)
    f = GraphFunction(CompiledFunction("__torch__.f", parse_schema("f() -> int[]"), graph))
    with executing_with(mode):
        assert f() == [1, 2, 3]
        assert f() == [1, 2, 3]


def test_no_grad_is_undone_when_the_script_raises() -> None:
    @torch.jit.script
    def raises_inside(x: Any) -> int:
        with torch.no_grad():
            raise ValueError("inside")

    assert torch.is_grad_enabled()
    with pytest.raises(ValueError, match="inside"):
        raises_inside(1)
    assert torch.is_grad_enabled()
