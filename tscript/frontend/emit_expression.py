"""Expressions: literals, names, operators, containers, conditionals.

Calls are in :mod:`~tscript.frontend.emit_call`, attributes in :mod:`~tscript.frontend.emit_attribute`, subscripts in
:mod:`~tscript.frontend.emit_subscript`, comprehensions in :mod:`~tscript.frontend.emit_comprehension`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops_registry.types import (
    COMPLEX,
    ERROR,
    FLOAT,
    INT,
    STRING,
    TENSOR,
    AnyType,
    BoolType,
    DictType,
    ErrorType,
    ListType,
    TensorType,
    TupleType,
    Type,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend import emit_attribute as attributes
from tscript.frontend import emit_call as calls
from tscript.frontend import emit_comprehension as comprehensions
from tscript.frontend import emit_subscript as subscripts
from tscript.frontend import remedies
from tscript.frontend import views as v
from tscript.frontend.conditions import emit_condition, emit_select
from tscript.frontend.schema_matching import Given, Mismatch
from tscript.frontend.sugared import Sugared
from tscript.ir.graph import Value
from tscript.types.nominal import ClassType, ModuleType, NamedTupleType
from tscript.types.printing import source_str
from tscript.types.relations import (
    contains_error,
    is_optional,
    is_subtype,
    join,
    make_union,
    members_of,
    without_none,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

INT_MIN, INT_MAX = -(2**63), 2**63 - 1


def emit_sugared(emitter: Emitter, view: v.Expr, hint: Type | None) -> Sugared:
    """Emit an expression. ``hint`` is the type it should have: it types empty and mixed literals."""
    match view:
        case v.Var(name=name):
            return emitter.lookup(name, view.range)
        case v.Const(value=value):
            return _constant(emitter, value, view.range)
        case v.StringLiteral(value=text):
            return emitter.constant(text)
        case v.JoinedStr():
            return _joined(emitter, view)
        case v.Apply():
            return calls.emit_apply(emitter, view, hint)
        case v.Select():
            static = attributes.static_member(emitter, view)
            if static is not None:
                return static
            owner = emitter.sugared(view.value)
            return attributes.emit_attribute(emitter, owner, view.name.name, view.range)
        case v.Subscript():
            return subscripts.emit_subscript(emitter, view)
        case v.ListLiteral():
            return _list(emitter, view.elements, view.range, hint)
        case v.TupleLiteral():
            return _tuple(emitter, view)
        case v.DictLiteral():
            return _dict(emitter, view, hint)
        case v.ListComp() | v.GeneratorExp():
            return comprehensions.emit_list_comprehension(emitter, view, hint)
        case v.DictComp():
            return comprehensions.emit_dict_comprehension(emitter, view, hint)
        case v.TernaryIf():
            condition = emit_condition(emitter, view.cond)
            return emit_select(
                emitter,
                condition,
                lambda: emitter.expr(view.true, hint),
                lambda: emitter.expr(view.false, hint),
                view.range,
                hint=hint,
            )
        case v.UnaryOp(op="not") | v.BoolOp():
            return emit_condition(emitter, view).value
        case v.UnaryOp():
            return _unary(emitter, view)
        case v.BinOp():
            left, right = emitter.given(view.left), emitter.given(view.right)
            return binary(emitter, view.op, left, right, view.range)
        case v.Compare():
            return _compare(emitter, view)
        case v.Dots():
            return emitter.report("unsupported-value", view.range, what="`...` outside a subscript")
        case v.UnsupportedExpr(problem=problem):
            return emitter.report(
                "unsupported-syntax",
                problem.range,
                construct=problem.construct,
                remedy=problem.remedy,
            )
        case _:
            assert isinstance(view, v.Starred), view
            return emitter.report("syntax-error", view.range, reason="`*` cannot be used here")


# Literals -----------------------------------------------------------------------------------------


def _constant(
    emitter: Emitter, value: int | float | complex | bool | None, range: SourceRange
) -> Value:
    if value is None or isinstance(value, bool):
        return emitter.constant(value)
    if isinstance(value, int) and not INT_MIN <= value <= INT_MAX:
        return emitter.report("integer-literal", range, value=value)
    return emitter.literal(value)


def _joined(emitter: Emitter, view: v.JoinedStr) -> Value:
    """An f-string is ``format`` of its text with holes."""
    text = "".join(
        part.replace("{", "{{").replace("}", "}}") if isinstance(part, str) else "{}"
        for part in view.parts
    )
    values = [emitter.given(part) for part in view.parts if not isinstance(part, str)]
    template = Given(emitter.constant(text), view.range)
    return emitter.builtin("aten::format", [template, *values], {}, view.range)


def _element_hint(hint: Type | None) -> Type | None:
    """The element type that a hint gives a list literal: that of its only list type."""
    members = members_of(hint) if hint is not None else ()
    listed = [member.element for member in members if isinstance(member, ListType)]
    return listed[0] if len(listed) == 1 else None


def _list(
    emitter: Emitter, elements: Sequence[v.Expr], range: SourceRange, hint: Type | None
) -> Value:
    wanted = _element_hint(hint)
    values: list[Value] = []
    for element in elements:
        if isinstance(element, v.Starred):
            emitter.report(
                "unsupported-syntax",
                element.range,
                construct="unpacking in a list literal",
                remedy="add the lists: `[a] + rest`",
            )
            continue
        values.append(emitter.expr(element))
    if not values:
        if elements:
            return emitter.error_value()
        type = ListType(wanted if wanted is not None else TENSOR)
        attributes_ = {"empty_literal": True} if wanted is None else None
        return emitter.insert("prim::ListConstruct", (), type, range, attributes_)
    return list_of(emitter, values, elements, range, wanted)


def list_of(
    emitter: Emitter,
    values: Sequence[Value],
    elements: Sequence[v.Expr],
    range: SourceRange,
    wanted: Type | None,
) -> Value:
    """A list of values, with the element type that they or the hint give it."""
    if wanted is not None:
        fitted = []
        for value, element in zip(values, elements, strict=True):
            if not is_subtype(value.type, wanted):
                emitter.report(
                    "element-type",
                    element.range,
                    actual=source_str(value.type),
                    container="list",
                    expected=source_str(wanted),
                    suggestion=remedies.fitting(element.range.text, value.type, wanted),
                )
                value = emitter.error_value()
            fitted.append(value)
        return emitter.insert("prim::ListConstruct", fitted, ListType(wanted), range)
    joined = join(value.type for value in values)
    if joined is None:
        joined = make_union(value.type for value in values)
        if not contains_error(joined):
            emitter.report("mixed-list", range, type=source_str(ListType(joined)))
    return emitter.insert("prim::ListConstruct", list(values), ListType(joined), range)


def _tuple(emitter: Emitter, view: v.TupleLiteral) -> Sugared:
    values: list[Value] = []
    for element in view.elements:
        if isinstance(element, v.Starred):
            values += [emitter.value(e, element.range) for e in calls.starred(emitter, element)]
            continue
        values.append(emitter.expr(element))
    return emitter.tuple_of(values, view.range)


_KEY_TYPES = ("int", "str", "float", "complex", "bool", "Tensor")


def _dict(emitter: Emitter, view: v.DictLiteral, hint: Type | None) -> Value:
    members = members_of(hint) if hint is not None else ()
    listed = [member for member in members if isinstance(member, DictType)]
    wanted = listed[0] if len(listed) == 1 else None
    keys = [emitter.expr(key) for key in view.keys]
    values = [emitter.expr(value) for value in view.values]
    if wanted is None:
        if not keys:
            wanted = DictType(STRING, TENSOR)
        else:
            wanted = _dict_type(emitter, view, keys, values)
    for parts, views_, type in ((keys, view.keys, wanted.key), (values, view.values, wanted.value)):
        for index, (part, element) in enumerate(zip(parts, views_, strict=True)):
            if not is_subtype(part.type, type):
                emitter.report(
                    "element-type",
                    element.range,
                    actual=source_str(part.type),
                    container="dict",
                    expected=source_str(type),
                    suggestion=remedies.fitting(element.range.text, part.type, type),
                )
                part = emitter.error_value()
            parts[index] = part
    flat = [item for pair in zip(keys, values, strict=True) for item in pair]
    return emitter.insert("prim::DictConstruct", flat, wanted, view.range)


def _dict_type(
    emitter: Emitter, view: v.DictLiteral, keys: Sequence[Value], values: Sequence[Value]
) -> DictType:
    key = keys[0].type
    if not isinstance(key, ErrorType) and source_str(key) not in _KEY_TYPES:
        emitter.report("key-type", view.keys[0].range, actual=source_str(key))
        key = ERROR
    value = join(item.type for item in values)
    if value is None:
        value = make_union(item.type for item in values)
    return DictType(key, value)


# Operators ----------------------------------------------------------------------------------------

_BINARY = {
    "+": "aten::add",
    "-": "aten::sub",
    "*": "aten::mul",
    "/": "aten::div",
    "//": "aten::floordiv",
    "%": "aten::remainder",
    "**": "aten::pow",
    "@": "aten::matmul",
    "&": "aten::__and__",
    "|": "aten::__or__",
    "^": "aten::__xor__",
    "<<": "aten::__lshift__",
    ">>": "aten::__rshift__",
    "==": "aten::eq",
    "!=": "aten::ne",
    "<": "aten::lt",
    "<=": "aten::le",
    ">": "aten::gt",
    ">=": "aten::ge",
    "is": "aten::__is__",
    "is not": "aten::__isnot__",
}
_MAGIC = {
    "+": "__add__",
    "-": "__sub__",
    "*": "__mul__",
    "/": "__truediv__",
    "%": "__mod__",
    "**": "__pow__",
    "&": "__and__",
    "|": "__or__",
    "^": "__xor__",
    "<<": "__lshift__",
    ">>": "__rshift__",
    "==": "__eq__",
    "!=": "__ne__",
    "<": "__lt__",
    "<=": "__le__",
    ">": "__gt__",
    ">=": "__ge__",
}


def binary(emitter: Emitter, op: str, left: Given, right: Given, range: SourceRange) -> Value:
    """``left op right``; comparisons of one operator too."""
    if isinstance(left.type, ErrorType) or isinstance(right.type, ErrorType):
        return _unknown_operand(emitter, op, left, right, range)
    if op in _MAGIC and isinstance(left.type, ClassType):
        method = attributes.find_method(emitter, left.value, _MAGIC[op])
        if method is not None:
            called = calls.emit_call(emitter, method, [right], {}, range, callee_name=op)
            return emitter.value(called, range)
    tuples = TupleType | NamedTupleType
    if op == "+" and isinstance(left.type, tuples) and isinstance(right.type, tuples):
        parts = [part for side in (left, right) for part in emitter.unpack(side.value, side.range)]
        return emitter.tuple_of(parts, range)
    name = _BINARY[op]
    if op == "%" and left.type == STRING:
        name = "aten::percentFormat"
        if isinstance(right.type, TupleType):
            items = [Given(item, right.range) for item in emitter.unpack(right.value, right.range)]
            return emitter.builtin(name, [left, *items], {}, range, callee="%")
    result = emitter.try_builtin(name, [left, right], {}, range, callee=op)
    if isinstance(result, Value):
        return result
    return operator_error(emitter, op, left, right, range)


#: A number on the left of a Tensor: the operator with the sides exchanged.
_EXCHANGED = {
    "aten::add": "aten::add",
    "aten::mul": "aten::mul",
    "aten::eq": "aten::eq",
    "aten::ne": "aten::ne",
    "aten::lt": "aten::gt",
    "aten::le": "aten::ge",
    "aten::gt": "aten::lt",
    "aten::ge": "aten::le",
}
#: Those that need the Tensor changed first: what to, and the operator then.
_CHANGED = {
    "aten::sub": ("aten::neg", "aten::add"),
    "aten::div": ("aten::reciprocal", "aten::mul"),
}


def number_and_tensor(
    emitter: Emitter, name: str, left: Given, right: Given, range: SourceRange
) -> Value | None:
    """``2 - x``: no operator takes a number and a Tensor in this order; None for all else."""
    if name == "aten::floordiv" and isinstance(left.type, TensorType):
        return emitter.builtin("aten::floor_divide", [left, right], {}, range, callee="//")
    if left.type not in (INT, FLOAT, COMPLEX) or not isinstance(right.type, TensorType):
        return None
    if name in _EXCHANGED:
        return emitter.builtin(_EXCHANGED[name], [right, left], {}, range)
    if name in _CHANGED:
        first, second = _CHANGED[name]
        changed = Given(emitter.builtin(first, [right], {}, range), right.range)
        return emitter.builtin(second, [changed, left], {}, range)
    return None


def _unknown_operand(
    emitter: Emitter, op: str, left: Given, right: Given, range: SourceRange
) -> Value:
    """With an operand of unknown type the result is known only where every overload agrees."""
    result = emitter.try_builtin(_BINARY[op], [left, right], {}, range, callee=op)
    if isinstance(result, Value) and not isinstance(left.type, ErrorType):
        return result if isinstance(result.type, BoolType) else emitter.error_value()
    return emitter.error_value()


def operator_error(
    emitter: Emitter,
    op: str,
    left: Given,
    right: Given,
    range: SourceRange,
) -> Value:
    """Report operands that no form of the operator takes; the result has no known type."""
    for given in (left, right):
        type = given.type
        if is_optional(type):
            return emitter.report_optional(given.range, type, f"`{op}`", without_none(type))
        if len(members_of(type)) > 1:
            return emitter.report_union(given.range, type, f"`{op}`")
    hint = ""
    cause = left if emitter.origins.of(left.value) else right
    for given, other in ((left, right), (right, left)):
        if hint:
            break
        if op == "+" and other.type == STRING:
            hint = f"convert it: `str({remedies.shown(given.range.text)})`"
        elif op == "*" and other.type == STRING:
            hint = "join a list of strings instead"
        elif isinstance(given.type, AnyType):
            hint = remedies.narrowing(given.range.text, given.type)
        elif isinstance(given.type, TupleType | NamedTupleType):
            hint = remedies.fitting(given.range.text, given.type, TENSOR)
    return emitter.report(
        "operator-type",
        range,
        op=op,
        left=source_str(left.type),
        right=source_str(right.type),
        suggestion=hint,
        cause=cause.value,
    )


_UNARY = {"-": ("aten::neg", "__neg__"), "~": ("aten::bitwise_not", "__invert__")}


def _unary(emitter: Emitter, view: v.UnaryOp) -> Value:
    operand = view.operand
    if view.op == "-" and isinstance(operand, v.Const):
        value = operand.value
        if isinstance(value, int | float | complex) and not isinstance(value, bool):
            negative = -value
            if isinstance(negative, int) and negative < INT_MIN:
                return emitter.report("integer-literal", view.range, value=negative)
            return emitter.literal(negative)
    given = emitter.given(operand)
    if isinstance(given.type, ErrorType):
        return emitter.error_value()
    name, magic = _UNARY[view.op]
    if isinstance(given.type, ClassType):
        method = attributes.find_method(emitter, given.value, magic)
        if method is not None:
            return emitter.value(
                calls.emit_call(emitter, method, [], {}, view.range, callee_name=view.op),
                view.range,
            )
    result = emitter.try_builtin(name, [given], {}, view.range, callee=view.op)
    if isinstance(result, Value):
        return result
    if is_optional(given.type):
        expected = without_none(given.type)
        return emitter.report_optional(given.range, given.type, f"`{view.op}`", expected)
    return emitter.report(
        "unary-operator-type", view.range, op=view.op, operand=source_str(given.type)
    )


def _compare(emitter: Emitter, view: v.Compare) -> Value:
    """A comparison; a chain evaluates each operand once and stops at the first that fails."""
    if len(view.ops) == 1:
        op = view.ops[0]
        if op in ("is", "is not"):
            return emit_condition(emitter, view).value
        if op in ("in", "not in"):
            item = emitter.given(view.left)
            return _contains(emitter, op, item, emitter.given(view.comparators[0]), view.range)
        left, right = emitter.given(view.left), emitter.given(view.comparators[0])
        return binary(emitter, op, left, right, view.range)
    return _compare_chain(emitter, emitter.given(view.left), view.ops, view.comparators, view.range)


def _compare_chain(
    emitter: Emitter,
    left: Given,
    ops: Sequence[str],
    comparators: Sequence[v.Expr],
    range: SourceRange,
) -> Value:
    from tscript.frontend.conditions import Condition, short_circuit

    right = emitter.given(comparators[0])
    place = left.range.join(right.range)
    if ops[0] in ("in", "not in"):
        first = _contains(emitter, ops[0], left, right, place)
    else:
        first = binary(emitter, ops[0], left, right, place)
    if len(ops) == 1:
        return first
    condition = Condition(
        emitter.to_bool(first, place), uncertain=isinstance(first.type, ErrorType)
    )

    def rest() -> Condition:
        value = _compare_chain(emitter, right, ops[1:], comparators[1:], range)
        return Condition(emitter.to_bool(value, range))

    return short_circuit(emitter, range, "and", condition, rest).value


def _contains(
    emitter: Emitter, op: str, item: Given, container: Given, range: SourceRange
) -> Value:
    if isinstance(item.type, ErrorType) or isinstance(container.type, ErrorType):
        return emitter.error_value()
    method = (
        attributes.find_method(emitter, container.value, "__contains__")
        if isinstance(container.type, ClassType)
        else None
    )
    if method is not None:
        found = emitter.value(
            calls.emit_call(emitter, method, [item], {}, range, callee_name=op), range
        )
    else:
        subject = container
        if container.type == STRING and item.type == STRING:
            found = _contains_text(emitter, item, container, range)
            if op == "in":
                return found
            return emitter.builtin("aten::__not__", [Given(found, range)], {}, range)
        if isinstance(container.type, ModuleType) and container.type.container == "dict":
            names = [emitter.constant(name) for name in container.type.submodules]
            keys = emitter.insert("prim::ListConstruct", names, ListType(STRING), range)
            subject = Given(keys, container.range)
        elif isinstance(container.type, TupleType):
            joined = join(container.type.elements)
            if joined is not None:
                subject = Given(
                    emitter.convert(container.value, ListType(joined), container.range),
                    container.range,
                )
        outcome = emitter.try_builtin("aten::__contains__", [subject, item], {}, range, callee=op)
        if isinstance(outcome, Mismatch):
            return operator_error(emitter, op, item, container, range)
        found = outcome
    if op == "in" or isinstance(found.type, ErrorType):
        return found
    return emitter.builtin("aten::__not__", [Given(found, range)], {}, range)


def _contains_text(emitter: Emitter, item: Given, text: Given, range: SourceRange) -> Value:
    """``"a" in text``: it is found somewhere."""
    zero, absent = Given(emitter.literal(0), range), Given(emitter.literal(-1), range)
    length = Given(emitter.builtin("aten::len", [text], {}, range), range)
    place = emitter.builtin("aten::find", [text, item, zero, length], {}, range)
    return emitter.builtin("aten::ne", [Given(place, range), absent], {}, range)
