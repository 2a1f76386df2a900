"""Questions about nodes that decide how the code printer writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops_registry import types as t

if TYPE_CHECKING:
    from tscript.ir.graph import Node, Value


def before(node: Node) -> Node:
    """The node printed before ``node``: constants are written where they are used."""
    node = node.previous
    while is_literal(node):
        node = node.previous
    return node


def is_literal(node: Node) -> bool:
    """Whether a node is written out wherever it is used: a constant, or a list of constants that only
    one node of the same block sees."""
    if node.kind == "prim::Constant":
        return True
    if node.kind != "prim::ListConstruct" or is_named(node.output):
        return False
    uses = node.output.uses
    if len(uses) != 1 or uses[0].node.owning_block is not node.owning_block:
        return False
    return all(value.node.kind == "prim::Constant" for value in node.inputs)


def assigned_together(block_end: Node) -> bool:
    """Whether a block's results are assigned in one statement, in their order, so that expressions
    may stand there."""
    block = block_end.owning_block
    owner = block.owning_node if block is not None else None
    if owner is None or len(block_end.inputs) == 1:
        return True
    targets = owner.outputs
    values = block_end.inputs[1:] if owner.kind == "prim::Loop" else block_end.inputs
    return not any(
        must_declare(target.type, value.type)
        for target, value in zip(targets, values, strict=False)
    )


def is_named(value: Value) -> bool:
    """Whether a value has a name that says something."""
    return value.has_debug_name and not value.debug_name.isdecimal()


def is_access(node: Node) -> bool:
    """Whether a node only takes something out of a value."""
    return node.kind in ("prim::GetAttr", "prim::TupleIndex", "aten::__getitem__")


def is_constant(value: Value, wanted: Any) -> bool:
    """Whether a value is the constant ``wanted``, of the same type."""
    node = value.node
    if node.kind != "prim::Constant":
        return False
    held = node.constant_value()
    return type(held) is type(wanted) and bool(held == wanted)


def is_for(loop: Node) -> bool:
    """Whether the loop runs exactly its trip count: nothing can end it early."""
    return is_constant(loop.inputs[1], True) and is_constant(loop.blocks[0].outputs[0], True)


def is_default(argument: Any, value: Value) -> bool:
    """Whether ``value`` is what the argument has when it is left out."""
    if not argument.has_default:
        return False
    known, held = known_value(value)
    default = argument.default
    if isinstance(held, list) and not isinstance(default, (list, tuple)) and default is not None:
        default = [default] * (argument.size or 0)
    if isinstance(default, tuple):
        default = list(default)
    if not known or type(held) is not type(default):
        return False
    if isinstance(held, list) and list(map(type, held)) != list(map(type, default)):
        return False
    try:
        return bool(held == default)
    except (TypeError, ValueError):
        return False


def known_value(value: Value) -> tuple[bool, Any]:
    """Whether the value is a constant, or a list of constants, and which."""
    node = value.node
    if node.kind == "prim::Constant":
        return True, node.constant_value()
    if node.kind == "prim::ListConstruct":
        parts = [known_value(part) for part in node.inputs]
        return all(known for known, _ in parts), [held for _, held in parts]
    return False, None


def plainly(given: t.Type, wanted: t.Type | None) -> bool:
    """Whether a literal holding a ``given`` is read back as one of ``wanted`` with nothing said."""
    if isinstance(given, t.TensorType) and isinstance(wanted, t.TensorType):
        return True
    return given == wanted


def must_declare(target: t.Type, value: t.Type) -> bool:
    """Whether a variable of type ``target`` has to say so when it gets a ``value``."""
    if isinstance(target, t.TensorType) and isinstance(value, t.TensorType):
        return False
    return target != value
