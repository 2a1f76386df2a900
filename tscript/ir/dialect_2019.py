"""The language reference's dialect, for printing only: what graphs looked like in 2019.

The IR always has PyTorch 2.13's schemas. Here is the table of what the operators of the
reference's day took instead, and the rewriting of a *copy* of a graph to it: arguments that did
not exist are dropped, an option that is None prints as the constant it then was (``6``, ``0``,
``"cpu"``), values are named as they were then (the last definition of a variable holds the
plain name), an unnamed value is numbered by its place among all values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops_registry.device import CPU
from tscript.ir.graph import Block, Graph, Node, Value

#: Arguments that operators did not have yet.
_DROPPED = frozenset({"pin_memory", "memory_format"})

#: What None stood for in an option of a tensor-making operator.
_NONE_WAS: dict[str, Any] = {"dtype": 6, "layout": 0, "device": CPU}

#: The operators that took the options above with those defaults.
_FACTORIES = frozenset(
    f"aten::{name}"
    for name in (
        "zeros", "ones", "empty", "full", "rand", "randn", "randint", "randperm", "eye",
        "arange", "linspace", "logspace", "tensor",
    )
)  # fmt: skip


def to_2019(graph: Graph) -> Graph:
    """A copy of ``graph`` whose nodes and names are the reference's."""
    copy = graph.copy()
    defaults: dict[tuple[type, Any], Value] = {}
    for node in list(copy.all_nodes()):
        if node.kind in _FACTORIES and node.schema is not None:
            _restore_options(copy, node, defaults)
        elif node.schema is not None:
            _drop_arguments(node)
    _drop_unused_constants(copy)
    _name_as_then(copy)
    return copy


def _drop_arguments(node: Node) -> None:
    assert node.schema is not None
    for offset in reversed(range(len(node.inputs))):
        if offset < len(node.schema.arguments) and node.schema.arguments[offset].name in _DROPPED:
            node.remove_input(offset)


def _restore_options(graph: Graph, node: Node, defaults: dict[tuple[type, Any], Value]) -> None:
    """Replace None options by the constants they were; drop the arguments of later years."""
    assert node.schema is not None
    placed = None
    for offset, argument in enumerate(node.schema.arguments):
        value = node.inputs[offset]
        if argument.name not in _NONE_WAS or not _is_none(value):
            continue
        constant = _NONE_WAS[argument.name]
        key = (type(constant), constant)
        if key not in defaults:
            made = graph.create_constant(constant)
            # Each default goes in front of the one before it, where the None constant stands.
            anchor = placed if placed is not None else value.node
            defaults[key] = made.insert_before(anchor).output
            placed = made
        node.replace_input(offset, defaults[key])
    _drop_arguments(node)


def _is_none(value: Value) -> bool:
    return value.node.kind == "prim::Constant" and value.node.attributes.get("value") is None


def _drop_unused_constants(graph: Graph) -> None:
    for node in list(graph.all_nodes()):
        if node.kind == "prim::Constant" and not node.output.uses:
            node.destroy()


def _name_as_then(graph: Graph) -> None:
    stems: dict[Value, str] = {}
    carried = {
        value
        for node in graph.all_nodes()
        if node.kind == "prim::Loop"
        for value in node.blocks[0].inputs[1:]
    }

    def visit(block: Block) -> None:
        """Names go to the values of blocks first: a Loop's result is the last definition."""
        for value in block.inputs:
            stems[value] = "" if value in carried else _stem(value)
        for node in block.nodes:
            for inner in node.blocks:
                visit(inner)
            for value in node.outputs:
                stems[value] = _stem(value)

    visit(graph.block)
    for value in stems:
        value.debug_name = ""
    graph._name_suffixes.clear()
    for value, stem in stems.items():
        if stem:
            value.debug_name = stem
    for number, value in enumerate(_in_order(graph.block)):
        if not stems[value]:
            value.debug_name = str(number)


def _in_order(block: Block) -> Iterator[Value]:
    yield from block.inputs
    for node in block.nodes:
        yield from node.outputs
        for inner in node.blocks:
            yield from _in_order(inner)


def _stem(value: Value) -> str:
    """The variable's name without the number behind it; empty for values without a name."""
    if not value.has_debug_name:
        return ""
    stem, _, suffix = value.debug_name.rpartition(".")
    name = stem if stem and suffix.isdecimal() else value.debug_name
    return "" if name.isdecimal() else name
