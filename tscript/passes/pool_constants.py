"""`pool_constants`: one node for equal constants, all of them at the top of the graph.

The order is PyTorch's: each constant met for the first time, in the order of the nodes, moves in front of all
others. Mutable values (lists, dicts, tensors) are equal only to themselves.
"""

from __future__ import annotations

from collections.abc import Hashable

from tscript.ir.graph import Block, Graph, Node, Value


def pool_constants(graph: Graph) -> bool:
    """Merge and hoist constants; whether anything moved."""
    return _pool(graph, graph.block, {})


def _pool(graph: Graph, block: Block, known: dict[Hashable, Value]) -> bool:
    changed = False
    for node in list(block.nodes):
        for inner in node.blocks:
            changed |= _pool(graph, inner, known)
        if node.kind != "prim::Constant":
            continue
        key = constant_key(node)
        existing = known.get(key)
        if existing is not None:
            node.output.replace_all_uses_with(existing)
            node.destroy()
            changed = True
            continue
        known[key] = node.output
        first = next(graph.block.nodes)
        if node is not first:
            node.move_before(first)
            changed = True
    return changed


def constant_key(node: Node) -> Hashable:
    """Equal for constants that one node can stand for."""
    value = node.attributes.get("value")
    type = node.output.type
    if value is None or isinstance(value, bool | int | float | complex | str):
        # `repr` tells 0.0 from -0.0, and finds nan equal to itself.
        return (type, value.__class__, repr(value))
    try:
        hash(value)
    except TypeError:
        return (type, id(value))
    return (type, value.__class__, value) if not hasattr(value, "array") else (type, id(value))
