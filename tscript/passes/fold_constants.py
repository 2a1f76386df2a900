"""`fold_constants`: compute what depends on constants only, and take branches already decided.

Folded are operators on numbers, bools and strings. A branch on a constant is replaced by its side, a loop that
never runs by its initial values; outputs that are the same on both sides, and carried values that no step
changes, are read directly. What would raise is left to raise at run time.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from tscript.ir.graph import Block, Graph, Node, Value
from tscript.passes.pool_constants import constant_key

_PLAIN = (bool, int, float, str)


def _strict_add(a: Any, b: Any) -> Any:
    if isinstance(a, str) != isinstance(b, str):
        raise TypeError
    return a + b


def _numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(*args: Any) -> Any:
        if any(isinstance(a, str) for a in args):
            raise TypeError
        return function(*args)

    return apply


def _remainder(a: Any, b: Any) -> Any:
    if b == 0 or isinstance(a, float) or isinstance(b, float):
        raise ValueError
    return a % b


def _floor_divide(a: Any, b: Any) -> Any:
    if b == 0 or isinstance(a, float) or isinstance(b, float):
        raise ValueError
    return a // b


def _divide(a: Any, b: Any) -> float:
    if b == 0:
        raise ValueError
    return float(a) / float(b)


_FOLDED: dict[str, Callable[..., Any]] = {
    "aten::add": _strict_add,
    "aten::sub": _numbers(operator.sub),
    "aten::mul": _numbers(operator.mul),
    "aten::div": _divide,
    "aten::floordiv": _floor_divide,
    "aten::remainder": _remainder,
    "aten::neg": _numbers(operator.neg),
    "aten::lt": operator.lt,
    "aten::le": operator.le,
    "aten::gt": operator.gt,
    "aten::ge": operator.ge,
    "aten::eq": operator.eq,
    "aten::ne": operator.ne,
    "aten::__not__": operator.not_,
    "aten::__and__": operator.and_,
    "aten::__or__": operator.or_,
    "aten::__xor__": operator.xor,
    "aten::Bool": _numbers(bool),
    "aten::Float": _numbers(float),
    "aten::Int": _numbers(int),
}


def fold_constants(graph: Graph) -> bool:
    """Fold, decide branches, drop loops that never run; whether anything changed."""
    return _fold(graph, graph.block)


def _fold(graph: Graph, block: Block) -> bool:
    changed = False
    for node in list(block.nodes):
        if not node.is_inserted:
            continue
        if node.kind == "prim::If":
            verdict = node.input.node
            if verdict.kind == "prim::Constant":
                chosen = node.blocks[0 if verdict.constant_value() else 1]
                changed |= _fold(graph, chosen)
                _splice(node, chosen)
                changed = True
                continue
        elif node.kind == "prim::Loop":
            if _never_runs(node):
                for output, value in zip(node.outputs, node.inputs[2:], strict=True):
                    output.replace_all_uses_with(value)
                node.destroy()
                changed = True
                continue
        for inner in node.blocks:
            changed |= _fold(graph, inner)
        if node.kind == "prim::If":
            changed |= _same_outputs(graph, node)
        elif node.kind == "prim::Loop":
            changed |= _unchanged(node)
        elif node.kind in _FOLDED:
            changed |= _compute(graph, node)
        elif node.kind in ("aten::__is__", "aten::__isnot__"):
            changed |= _identity(graph, node)
    return changed


def _constant(value: Value) -> bool:
    return value.node.kind == "prim::Constant"


def _compute(graph: Graph, node: Node) -> bool:
    if len(node.outputs) != 1 or not all(map(_constant, node.inputs)):
        return False
    values = [value.node.constant_value() for value in node.inputs]
    if not all(isinstance(value, _PLAIN) for value in values):
        return False
    if node.kind in ("aten::add", "aten::sub") and len(values) != 2:
        return False
    try:
        result = _FOLDED[node.kind](*values)
    except (TypeError, ValueError, OverflowError):
        return False
    if isinstance(result, int) and not -(2**63) <= result < 2**63:
        return False
    with graph.inserting_at(node), graph.at_range(node.source_range):
        folded = graph.constant(result)
    if folded.type != node.output.type:
        folded.node.destroy()
        return False
    _take_name(folded, node.output)
    node.output.replace_all_uses_with(folded)
    node.destroy()
    return True


def _identity(graph: Graph, node: Node) -> bool:
    if not all(map(_constant, node.inputs)):
        return False
    left, right = (value.node.constant_value() for value in node.inputs)
    if left is not None and right is not None:
        return False
    with graph.inserting_at(node):
        folded = graph.constant((left is right) == (node.kind == "aten::__is__"))
    node.output.replace_all_uses_with(folded)
    node.destroy()
    return True


def _take_name(value: Value, old: Value) -> None:
    if old.has_debug_name:
        name = old.debug_name
        old.debug_name = ""
        value.debug_name = name


def _splice(node: Node, block: Block) -> None:
    """Replace a branch by the nodes of one of its sides."""
    for inner in list(block.nodes):
        inner.move_before(node)
    for output, value in zip(node.outputs, list(block.outputs), strict=True):
        output.replace_all_uses_with(value)
    node.destroy()


def _never_runs(loop: Node) -> bool:
    trip, condition = loop.inputs[0].node, loop.inputs[1].node
    if trip.kind == "prim::Constant" and trip.constant_value() <= 0:
        return True
    return condition.kind == "prim::Constant" and condition.constant_value() is False


def _same_outputs(graph: Graph, node: Node) -> bool:
    """Outputs that both sides give the same for."""
    changed = False
    for number in reversed(range(len(node.outputs))):
        one, other = (block.outputs[number] for block in node.blocks)
        if one is other:
            replacement = one
        elif (
            _constant(one)
            and _constant(other)
            and constant_key(one.node) == constant_key(other.node)
        ):
            with graph.inserting_at(node):
                replacement = graph.insert_node(graph.clone_node(one.node, {})).output
        else:
            continue
        node.outputs[number].replace_all_uses_with(replacement)
        for block in node.blocks:
            block.remove_output(number)
        node.remove_output(number)
        changed = True
    return changed


def _unchanged(loop: Node) -> bool:
    """Carried values that each step passes on as they are."""
    changed = False
    body = loop.blocks[0]
    for number in reversed(range(len(loop.outputs))):
        parameter = body.inputs[number + 1]
        if body.outputs[number + 1] is not parameter:
            continue
        initial = loop.inputs[number + 2]
        body.remove_output(number + 1)
        parameter.replace_all_uses_with(initial)
        loop.outputs[number].replace_all_uses_with(initial)
        body.remove_input(number + 1)
        loop.remove_input(number + 2)
        loop.remove_output(number)
        changed = True
    return changed
