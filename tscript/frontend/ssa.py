"""From variables to values: ``prim::Store`` and ``prim::Load`` become SSA form.

The emitter leaves variables as stores and loads, loops with their condition in a second block, and jumps as
``prim::ReturnStmt``, ``prim::BreakStmt``, ``prim::ContinueStmt``. `to_ssa` turns that into the graph that runs:

1. branches and loops get outputs (and loops carried values) for the variables they assign;
2. ``break`` and ``continue`` become ``prim::LoopContinuation`` with the loop's next condition and carried values;
3. the condition of each loop is inlined: before the loop, and at the end of its body;
4. loads are replaced by what was stored;
5. jumps become structured (:mod:`~tscript.frontend.exits`).
"""

from __future__ import annotations

from collections import ChainMap

from ops_registry.types import ERROR, Type
from tscript.frontend.environment import meaningful_name
from tscript.frontend.exits import transform_exits
from tscript.ir.graph import Block, Graph, Node, Value
from tscript.types.relations import make_union, unify

_Types = ChainMap[str, Type]


def to_ssa(graph: Graph, return_type: Type) -> None:
    """Turn the emitter's graph into SSA form, in place."""
    _carry(graph, graph.block, ChainMap())
    _continuations(graph, graph.block, None)
    _inline_conditions(graph, graph.block)
    _erase(graph.block, {})
    transform_exits(graph, return_type)


# 1. Outputs of branches, carried values of loops ----------------------------------------------------


def _carry(graph: Graph, block: Block, outer: _Types) -> dict[str, Type]:
    """The variables that a block assigns, with their types at its end."""
    scope = outer.new_child()
    for node in list(block.nodes):
        match node.kind:
            case "prim::Store":
                scope[node.attributes["name"]] = node.attributes["type"]
            case "prim::If":
                _carry_if(graph, node, scope)
            case "prim::Loop":
                _carry_loop(graph, node, scope)
            case "prim::ComprehensionScope" | "prim::fork":
                for inner in node.blocks:
                    _carry(graph, inner, scope)
    return dict(scope.maps[0])


def _carry_if(graph: Graph, node: Node, scope: _Types) -> None:
    true_block, false_block = node.blocks
    true = _carry(graph, true_block, scope)
    false = _carry(graph, false_block, scope)
    for name in sorted({*true, *false}):
        true_type = true.get(name, scope.get(name))
        false_type = false.get(name, scope.get(name))
        if true_type is None or false_type is None:
            continue
        type = unify(true_type, false_type)
        if type is None:
            known = scope.get(name)
            union = make_union((true_type, false_type))
            if known is None or unify(union, known) is None:
                continue
            type = union
        _end_with_load(graph, true_block, name, true_type)
        _end_with_load(graph, false_block, name, false_type)
        _store_after(graph, node, name, type, scope)


def _carry_loop(graph: Graph, node: Node, scope: _Types) -> None:
    body, condition = node.blocks
    assigned = _carry(graph, body, scope)
    _carry(graph, condition, scope)
    carried: list[str] = []
    for name in sorted(assigned):
        outer_type = scope.get(name)
        if outer_type is None:
            continue
        type = unify(outer_type, assigned[name]) or ERROR
        with graph.inserting_at(node):
            node.add_input(_load(graph, name, outer_type))
        parameter = body.add_input(type)
        with graph.inserting_at(next(body.nodes, body.return_node)):
            _store(graph, name, parameter, type)
        _end_with_load(graph, body, name, assigned[name])
        _store_after(graph, node, name, type, scope)
        carried.append(name)
    node.attributes["carried"] = tuple(carried)


def _load(graph: Graph, name: str, type: Type) -> Value:
    return graph.insert("prim::Load", (), (type,), attributes={"name": name}).output


def _store(graph: Graph, name: str, value: Value, type: Type) -> None:
    graph.insert("prim::Store", (value,), (), attributes={"name": name, "type": type})


def _end_with_load(graph: Graph, block: Block, name: str, type: Type) -> None:
    with graph.inserting_at(block):
        block.add_output(_load(graph, name, type))


def _store_after(graph: Graph, node: Node, name: str, type: Type, scope: _Types) -> None:
    output = node.add_output(type)
    plain = name.partition("@")[0]
    if meaningful_name(plain):
        output.debug_name = plain
    store = graph.create("prim::Store", (output,), (), attributes={"name": name, "type": type})
    # directly after: a store that follows may assign the very variable (x = y if x is None else x)
    store.insert_after(node)
    scope[name] = type


# 2. break and continue ------------------------------------------------------------------------------


def _continuations(graph: Graph, block: Block, loop: Node | None) -> None:
    for node in list(block.nodes):
        if node.kind == "prim::Loop":
            _continuations(graph, node.blocks[0], node)
        elif node.kind in ("prim::BreakStmt", "prim::ContinueStmt"):
            assert loop is not None
            _continuation(graph, node, loop)
        else:
            for inner in node.blocks:
                _continuations(graph, inner, loop)


def _continuation(graph: Graph, jump: Node, loop: Node) -> None:
    with graph.inserting_at(jump):
        if jump.kind == "prim::BreakStmt":
            condition = graph.constant(False)
        else:
            condition = _inline_block(graph, loop.blocks[1])
        inputs = [condition]
        for name, parameter in zip(
            loop.attributes["carried"], loop.blocks[0].inputs[1:], strict=True
        ):
            inputs.append(_load(graph, name, parameter.type))
        graph.insert("prim::LoopContinuation", inputs, (), source_range=jump.source_range)
    jump.destroy()


def _inline_block(graph: Graph, block: Block) -> Value:
    """Copy a condition block's nodes to the insert point; its result there."""
    value_map: dict[Value, Value] = {}
    for node in block.nodes:
        graph.insert_node(graph.clone_node(node, value_map))
    result = block.outputs[0]
    return value_map.get(result, result)


# 3. Conditions --------------------------------------------------------------------------------------


def _inline_conditions(graph: Graph, block: Block) -> None:
    for node in list(block.nodes):
        for inner in node.blocks:
            _inline_conditions(graph, inner)
        if node.kind != "prim::Loop":
            continue
        body, condition = node.blocks
        with graph.inserting_at(node):
            node.insert_input(1, _inline_block(graph, condition))
        with graph.inserting_at(body):
            result = _inline_block(graph, condition)
        body.return_node.insert_input(0, result)
        node.blocks.pop().destroy()


# 4. Loads and stores --------------------------------------------------------------------------------


def _erase(block: Block, outer: dict[str, Value]) -> None:
    scope = dict(outer)
    for node in list(block.nodes):
        if node.kind == "prim::Store":
            scope[node.attributes["name"]] = node.input
            node.destroy()
        elif node.kind == "prim::Load":
            node.output.replace_all_uses_with(scope[node.attributes["name"]])
            node.destroy()
        elif node.kind == "prim::ComprehensionScope":
            (inner,) = node.blocks
            _erase(inner, scope)
            for moved in list(inner.nodes):
                moved.move_before(node)
            node.destroy()
        else:
            if node.attributes:  # notes of the emitter's and of the steps before
                node.attributes.pop("carried", None)
                node.attributes.pop("empty_literal", None)
            for inner in node.blocks:
                _erase(inner, scope)
