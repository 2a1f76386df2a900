"""`canonicalize_loops`: every loop is a Python ``for`` over a range or a Python ``while``.

A ``for`` that can stop early has a trip count *and* a condition, which no Python loop has. It becomes a ``while``
with a counter of its own, so that code can be printed from the graph.
"""

from __future__ import annotations

from ops_registry.registry import registry
from ops_registry.types import BOOL, INT
from tscript.ir.graph import Graph, Node, Value

MAX_TRIP_COUNT = 9223372036854775807


def canonicalize_loops(graph: Graph) -> bool:
    """Rewrite loops with both a trip count and a condition; whether there was one."""
    changed = False
    for loop in graph.find_nodes("prim::Loop"):
        if _has_count(loop) and not _runs_through(loop):
            _rewrite(graph, loop)
            changed = True
    return changed


def _has_count(loop: Node) -> bool:
    count = loop.inputs[0].node
    return count.kind != "prim::Constant" or count.constant_value() != MAX_TRIP_COUNT


def _is_true(value: Value) -> bool:
    return value.node.kind == "prim::Constant" and value.node.constant_value() is True


def _runs_through(loop: Node) -> bool:
    return _is_true(loop.inputs[1]) and _is_true(loop.blocks[0].outputs[0])


def _insert(graph: Graph, kind: str, overload: str, inputs: list[Value], type: object) -> Value:
    schema = next(s for s in registry().overloads(kind) if s.overload == overload)
    node = graph.insert(kind, inputs, (type,), overload=overload, schema=schema)  # type: ignore[arg-type]
    return node.output


def _rewrite(graph: Graph, loop: Node) -> None:
    count, condition = loop.inputs[:2]
    with graph.inserting_at(loop), graph.at_range(loop.source_range):
        zero, one = graph.constant(0), graph.constant(1)
        first = _insert(graph, "aten::gt", "int", [count, zero], BOOL)
        loop.replace_input(0, graph.constant(MAX_TRIP_COUNT))
        if not _is_true(condition):
            first = _insert(graph, "aten::__and__", "bool", [first, condition], BOOL)
        loop.replace_input(1, first)
    (body,) = loop.blocks
    loop.add_output(INT)
    loop.add_input(zero)
    index, old = body.add_input(INT), body.inputs[0]
    old.debug_name = ""
    old.replace_all_uses_with(index)
    with graph.inserting_at(body), graph.at_range(loop.source_range):
        following = _insert(graph, "aten::add", "int", [index, one], INT)
        body.add_output(following)
        inside = _insert(graph, "aten::lt", "int", [following, count], BOOL)
        again = _insert(graph, "aten::__and__", "bool", [inside, body.outputs[0]], BOOL)
    body.replace_output(0, again)
