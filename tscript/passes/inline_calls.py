"""`inline_calls`: the bodies of called functions and methods in place of the calls.

Calls through an interface stay, since the method is known only at run time; so do calls of Python. Inlined
nodes remember the calls they came through in ``callstack``.
"""

from __future__ import annotations

from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Block, Graph, Node
from tscript.types.nominal import ClassType, ModuleType


def inline_calls(graph: Graph) -> bool:
    """Inline every call whose callee is known, at any depth; whether there was one."""
    return _inline(graph, graph.block)


def _inline(graph: Graph, block: Block) -> bool:
    changed = False
    for node in list(block.nodes):
        for inner in node.blocks:
            changed |= _inline(graph, inner)
        callee = _callee(node)
        if callee is None:
            continue
        inputs = node.inputs[1:] if node.kind == "prim::CallFunction" else list(node.inputs)
        body = callee.graph.copy()
        _inline(body, body.block)
        if node.source_range is not None:
            for copied in body.all_nodes():
                copied.callstack = (node.source_range, *copied.callstack)
        with graph.inserting_at(node):
            results = graph.inline_call(body, inputs)
        for output, value in zip(node.outputs, results, strict=True):
            output.replace_all_uses_with(value)
        function = node.inputs[0].node if node.kind == "prim::CallFunction" else None
        node.destroy()
        if function is not None and not function.output.uses:
            function.destroy()
        changed = True
    return changed


def _callee(node: Node) -> CompiledFunction | None:
    if node.kind == "prim::CallFunction":
        value = node.inputs[0].node.attributes.get("value")
        return value if isinstance(value, CompiledFunction) else None
    if node.kind == "prim::CallMethod":
        type = node.inputs[0].type
        if isinstance(type, ClassType | ModuleType):
            compiled = type.compiled.get(node.attributes["name"])
            return compiled if isinstance(compiled, CompiledFunction) else None
    return None
