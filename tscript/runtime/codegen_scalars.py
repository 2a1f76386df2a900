"""Operators on numbers, strings and lists as Python expressions: one table.

Generated code uses Python's own operators where they mean what the record means. ``purity`` says
how an expression may move: ``PURE`` ones anywhere in their block, ``READS`` ones (which may raise,
or read a container that somebody changes) only up to the next statement with an effect.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ops_registry import types as t
from tscript.ir.graph import Node

PURE, READS = 0, 1


class Inlined(NamedTuple):
    """An expression for a node, and how it may move."""

    expression: ast.expr
    purity: int


_REAL = frozenset({t.INT, t.FLOAT})
_NUMBERS = frozenset({t.INT, t.FLOAT, t.NUMBER})

_ARITHMETIC: dict[str, type[ast.operator]] = {
    "aten::add": ast.Add,
    "aten::sub": ast.Sub,
    "aten::mul": ast.Mult,
}
_COMPARISONS: dict[str, type[ast.cmpop]] = {
    "aten::lt": ast.Lt,
    "aten::le": ast.LtE,
    "aten::gt": ast.Gt,
    "aten::ge": ast.GtE,
    "aten::eq": ast.Eq,
    "aten::ne": ast.NotEq,
}
_BITS: dict[str, type[ast.operator]] = {
    "aten::__and__": ast.BitAnd,
    "aten::__or__": ast.BitOr,
    "aten::__xor__": ast.BitXor,
}
_DIVISIONS: dict[str, type[ast.operator]] = {
    "aten::floordiv": ast.FloorDiv,
    "aten::remainder": ast.Mod,
    "aten::div": ast.Div,
}


def _binary(operator: type[ast.operator], a: ast.expr, b: ast.expr) -> ast.expr:
    return ast.BinOp(a, operator(), b)


def compare(operator: type[ast.cmpop], a: ast.expr, b: ast.expr) -> ast.expr:
    """``a < b`` and the like."""
    return ast.Compare(a, [operator()], [b])


def _nonzero_constant(node: Node, offset: int) -> bool:
    source = node.inputs[offset].node
    if source.kind != "prim::Constant":
        return False
    value = source.constant_value()
    return isinstance(value, int | float) and value != 0 and value == value


def inlined(
    node: Node, operands: Callable[[], Sequence[ast.expr]], name: Callable[[str], ast.expr]
) -> Inlined | None:
    """The node as an expression, or None for what has no short form.

    ``operands()`` gives (and uses up) the inputs' expressions; ``name`` the builtin of a name.
    """
    types = [value.type for value in node.inputs]
    kind = node.kind
    if len(types) == 2:
        return _two(node, kind, types[0], types[1], operands)
    if len(types) == 1:
        return _one(kind, types[0], operands, name)
    return None


def _two(
    node: Node, kind: str, a: t.Type, b: t.Type, operands: Callable[[], Sequence[ast.expr]]
) -> Inlined | None:
    if kind in _ARITHMETIC:
        if a in _NUMBERS and b in _NUMBERS or kind == "aten::add" and a == b == t.STRING:
            return Inlined(_binary(_ARITHMETIC[kind], *operands()), PURE)
        return None
    if kind in _COMPARISONS:
        if a in _NUMBERS and b in _NUMBERS or a == b and a in (t.STRING, t.BOOL):
            return Inlined(compare(_COMPARISONS[kind], *operands()), PURE)
        return None
    if kind in _BITS and a == b and a in (t.INT, t.BOOL):
        return Inlined(_binary(_BITS[kind], *operands()), PURE)
    if kind in _DIVISIONS and a in _REAL and b in _REAL:
        return _division(node, kind, a, b, operands)
    if kind in ("aten::__is__", "aten::__isnot__") and t.NONE in (a, b):
        operator = ast.Is if kind == "aten::__is__" else ast.IsNot
        return Inlined(compare(operator, *operands()), PURE)
    if kind == "aten::__getitem__" and b == t.INT and isinstance(a, t.ListType | t.StringType):
        container, index = operands()
        return Inlined(ast.Subscript(container, index, ast.Load()), READS)
    if kind == "aten::__getitem__" and isinstance(a, t.DictType):
        container, index = operands()
        return Inlined(ast.Subscript(container, index, ast.Load()), READS)
    return None


def _division(
    node: Node, kind: str, a: t.Type, b: t.Type, operands: Callable[[], Sequence[ast.expr]]
) -> Inlined | None:
    nonzero = _nonzero_constant(node, 1)
    if kind == "aten::div":
        # Ints beyond 2**1023 would raise where C gives infinity: only constants divide inline.
        return Inlined(_binary(ast.Div, *operands()), READS) if nonzero else None
    if a == b == t.INT:
        return Inlined(_binary(_DIVISIONS[kind], *operands()), PURE if nonzero else READS)
    if kind == "aten::remainder" and nonzero and a == t.FLOAT:
        return Inlined(_binary(ast.Mod, *operands()), PURE)
    return None


_LENGTHS = (t.ListType, t.DictType, t.StringType, t.TupleType)


def _one(
    kind: str,
    a: t.Type,
    operands: Callable[[], Sequence[ast.expr]],
    name: Callable[[str], ast.expr],
) -> Inlined | None:
    def called(function: str, purity: int) -> Inlined:
        return Inlined(ast.Call(name(function), list(operands()), []), purity)

    if kind == "aten::__not__" and a == t.BOOL:
        return Inlined(ast.UnaryOp(ast.Not(), operands()[0]), PURE)
    if kind == "aten::neg" and a in _REAL:
        return Inlined(ast.UnaryOp(ast.USub(), operands()[0]), PURE)
    if kind == "aten::len" and isinstance(a, _LENGTHS):
        return called("len", READS)
    if kind == "aten::Int" and a in (t.INT, t.BOOL):
        return called("int", PURE)
    if kind == "aten::Int" and a == t.FLOAT:
        return called("int", READS)
    if kind == "aten::Float" and a in (t.INT, t.FLOAT, t.BOOL):
        return called("float", READS)
    if kind == "aten::Bool" and a in (t.INT, t.FLOAT):
        return Inlined(compare(ast.NotEq, operands()[0], ast.Constant(0)), PURE)
    if kind == "aten::dim" and isinstance(a, t.TensorType):
        return Inlined(ast.Attribute(operands()[0], "ndim", ast.Load()), READS)
    if kind == "aten::numel" and isinstance(a, t.TensorType):
        return Inlined(ast.Attribute(operands()[0], "size", ast.Load()), READS)
    if kind == "aten::size" and isinstance(a, t.TensorType):
        shape = ast.Attribute(operands()[0], "shape", ast.Load())
        return Inlined(ast.Call(name("list"), [shape], []), READS)
    return None
