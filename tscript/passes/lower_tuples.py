"""`lower_tuples`: taking apart what was just put together is no work.

``TupleUnpack`` and ``TupleIndex`` of a ``TupleConstruct`` read its inputs; the construction is left to dead code
elimination. Tuples that cross a branch, a loop or a call stay.
"""

from __future__ import annotations

from tscript.ir.graph import Graph, Node


def lower_tuples(graph: Graph) -> bool:
    """Rewire the readers of tuples built in the same graph; whether any was."""
    changed = False
    for node in list(graph.all_nodes()):
        if node.kind == "prim::TupleUnpack" and _made(node) is not None:
            source = _made(node)
            assert source is not None
            for output, value in zip(node.outputs, source.inputs, strict=True):
                output.replace_all_uses_with(value)
            node.destroy()
            changed = True
        elif node.kind == "prim::TupleIndex":
            source = _made(node)
            index = node.inputs[1].node
            if source is not None and index.kind == "prim::Constant":
                node.output.replace_all_uses_with(source.inputs[int(index.constant_value())])
                node.destroy()
                changed = True
    return changed


def _made(node: Node) -> Node | None:
    source = node.inputs[0].node
    return source if source.kind == "prim::TupleConstruct" else None
