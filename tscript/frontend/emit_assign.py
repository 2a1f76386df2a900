"""Assignment in all its forms: names, tuples, subscripts, slices, attributes; augmented; ``del``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops_registry.types import (
    DictType,
    ErrorType,
    ListType,
    StringType,
    TensorType,
    TupleType,
    Type,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend import emit_attribute as attributes
from tscript.frontend import emit_expression as expressions
from tscript.frontend import emit_subscript_assign as subscripts
from tscript.frontend import views as v
from tscript.frontend.environment import Problem, Stored
from tscript.frontend.resolver import TypeConstructor, Unknown
from tscript.frontend.schema_matching import Given
from tscript.frontend.sugared import Sugared, SugaredTuple
from tscript.ir.graph import Value
from tscript.types.nominal import ModuleType, ObjectType
from tscript.types.printing import source_str
from tscript.types.relations import is_subtype

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter


def emit_assign(emitter: Emitter, statement: v.Assign) -> None:
    annotation: Type | None = None
    if statement.annotation is not None:
        annotation = _annotation(emitter, statement.annotation)
    if statement.value is None:
        return
    emitter.annotation_hint = annotation
    value = emitter.sugared(statement.value, annotation)
    emitter.annotation_hint = None
    for target in statement.targets:
        emit_target(emitter, target, value, statement.value.range, annotation)


def _annotation(emitter: Emitter, view: v.Expr) -> Type | None:
    """A variable's annotation; ``Final`` is for attributes."""
    named = view.value if isinstance(view, v.Subscript) else view
    dotted = v.dotted_name(named)
    if dotted is not None:
        found = emitter.resolver.type_named(tuple(dotted.split(".")))
        if found == TypeConstructor("Final"):
            return emitter.annotations.read(named)
    return emitter.annotations.read(view)


def emit_target(
    emitter: Emitter,
    target: v.Expr,
    value: Sugared,
    value_range: SourceRange,
    annotation: Type | None = None,
) -> None:
    """Assign ``value`` to one target."""
    match target:
        case v.Var(name=name):
            place = (
                target.range.join(value_range) if _same_line(target, value_range) else target.range
            )
            emitter.assign(name, value, place, annotation)
        case v.TupleLiteral():
            _unpack_into(emitter, target.elements, value, target.range, value_range)
        case v.ListLiteral():
            emitter.report(
                "unsupported-syntax",
                target.range,
                construct="a list of targets",
                remedy=f"write a tuple: `{target.range.text[1:-1]} = ...`",
            )
            for element in target.elements:
                emit_target(emitter, element, Unknown(), value_range)
        case v.Subscript():
            subscripts.emit_subscript_assign(
                emitter, target, emitter.value(value, value_range), value_range
            )
        case v.Select():
            _assign_attribute(emitter, target, value, value_range, annotation)
        case v.Starred():
            emitter.report(
                "syntax-error", target.range, reason="a starred target must be in a tuple"
            )
        case _:
            emitter.report(
                "syntax-error", target.range, reason=f"`{target.range.text}` cannot be assigned to"
            )


def _same_line(target: v.Expr, value_range: SourceRange) -> bool:
    return (
        target.range.source is value_range.source
        and target.range.start <= value_range.start
        and target.range.line == value_range.line
    )


def _unpack_into(
    emitter: Emitter,
    targets: Sequence[v.Expr],
    value: Sugared,
    range: SourceRange,
    value_range: SourceRange,
) -> None:
    starred = [index for index, t in enumerate(targets) if isinstance(t, v.Starred)]
    if starred and len(targets) == 1:
        emitter.report(
            "unsupported-syntax",
            range,
            construct="a starred target that stands alone",
            remedy="assign the tuple itself",
        )
        value = Unknown()
    elements = unpacked(emitter, value, len(targets), bool(starred), value_range)
    if elements is None:
        for target in targets:
            inner = target.value if isinstance(target, v.Starred) else target
            emit_target(emitter, inner, Unknown(), value_range)
        return
    if starred and len(elements) >= len(targets) - 1:
        at = starred[0]
        after = len(targets) - at - 1
        middle = elements[at : len(elements) - after]
        rest: list[Sugared] = [
            *elements[:at],
            SugaredTuple(tuple(middle)),
            *elements[len(elements) - after :],
        ]
        elements = rest
    if len(elements) != len(targets):
        emitter.report(
            "unpack-mismatch",
            range,
            expected=len(targets) - bool(starred),
            actual=len(elements),
        )
        elements = [Unknown()] * len(targets)
    for target, element in zip(targets, elements, strict=True):
        inner = target.value if isinstance(target, v.Starred) else target
        emit_target(emitter, inner, element, target.range)


def unpacked(
    emitter: Emitter, value: Sugared, count: int, starred: bool, range: SourceRange
) -> list[Sugared] | None:
    """The elements that ``count`` names are assigned from; None after a report."""
    if isinstance(value, SugaredTuple):
        return list(value.elements)
    if isinstance(value, Unknown):
        return None
    from tscript.frontend.emit_loop import unroll

    is_module = isinstance(value, Value) and isinstance(value.type, ModuleType)
    known = None if is_module else unroll(emitter, value, range)
    if known is not None:
        return list(known.elements)
    simple = emitter.value(value, range)
    type = simple.type
    if isinstance(type, ErrorType):
        return None
    if starred and isinstance(type, ListType | TensorType):
        emitter.report("starred-target", range, type=source_str(type))
        return None
    if isinstance(type, ListType):
        node = emitter.graph.insert(
            "prim::ListUnpack", (simple,), [type.element] * count, source_range=range
        )
        return list(node.outputs)
    suggestion = ""
    if isinstance(type, TensorType):
        suggestion = f"write `{range.text}.unbind()`, which gives a list"
    emitter.report("unpack-type", range, type=source_str(type), suggestion=suggestion, cause=simple)
    return None


# Attributes ---------------------------------------------------------------------------------------


def _assign_attribute(
    emitter: Emitter,
    target: v.Select,
    value: Sugared,
    value_range: SourceRange,
    annotation: Type | None,
) -> None:
    owner = emitter.sugared(target.value)
    if isinstance(owner, Value) and not isinstance(owner.type, ErrorType):
        simple = emitter.value(value, value_range)
        if annotation is not None:
            simple = emitter.convert(simple, annotation, value_range)
            if not is_subtype(simple.type, annotation):
                emitter.report(
                    "assignment-type",
                    value_range,
                    name=target.range.text,
                    expected=source_str(annotation),
                    actual=source_str(simple.type),
                )
                return
        attributes.set_attribute(
            emitter, owner, target.name.name, simple, target.range, value_range, annotation
        )
        return
    if isinstance(owner, Unknown) or isinstance(owner, Value):
        return
    from tscript.frontend.sugared import describe

    emitter.report(
        "read-only-attribute",
        target.range,
        name=target.name.name,
        owner=describe(owner, target.value.range),
        reason="it is no object of the script",
    )


# Augmented ----------------------------------------------------------------------------------------

_IN_PLACE = {
    "+": "aten::add_",
    "-": "aten::sub_",
    "*": "aten::mul_",
    "/": "aten::div_",
    "%": "aten::remainder_",
    "|": "aten::__ior__",
    "&": "aten::__iand__",
    "^": "aten::__ixor__",
    "<<": "aten::__ilshift__",
    ">>": "aten::__irshift__",
    "**": "aten::pow_",
    "//": "aten::floor_divide_",
}
_MAGIC = {
    "+": "__iadd__",
    "-": "__isub__",
    "*": "__imul__",
    "/": "__itruediv__",
    "%": "__imod__",
    "|": "__ior__",
    "&": "__iand__",
    "^": "__ixor__",
    "<<": "__ilshift__",
    ">>": "__irshift__",
    "**": "__ipow__",
    "//": "__ifloordiv__",
    "@": "__imatmul__",
}


def emit_augmented(emitter: Emitter, statement: v.AugAssign) -> None:
    """``target op= value``: in place on tensors and lists, an assignment otherwise."""
    target = statement.target
    match target:
        case v.Var(name=name):
            entry = emitter.frame.find(name)
            current = emitter.lookup(name, target.range)
            right = emitter.expr(statement.value)
            simple = emitter.value(current, target.range)
            result = augmented(emitter, statement, simple, right)
            if isinstance(entry, Stored) or not isinstance(simple.type, ErrorType):
                emitter.assign(name, result, statement.range)
        case v.Select():
            owner = emitter.sugared(target.value)
            current = attributes.emit_attribute(emitter, owner, target.name.name, target.range)
            simple = emitter.value(current, target.range)
            right = emitter.expr(statement.value)
            if isinstance(simple.type, ErrorType):  # it is reported, and is not set as well
                return
            result = augmented(emitter, statement, simple, right)
            if isinstance(simple.type, TensorType) and not _is_plain(emitter, owner, target):
                return
            if isinstance(owner, Value) and not isinstance(owner.type, ErrorType):
                attributes.set_attribute(
                    emitter, owner, target.name.name, result, target.range, statement.range, None
                )
        case v.Subscript():
            subscripts.emit_subscript_augmented(emitter, statement, target)
        case _:
            emitter.report(
                "syntax-error",
                target.range,
                reason=f"`{target.range.text}` cannot be assigned to",
            )


def _is_plain(emitter: Emitter, owner: Sugared, target: v.Select) -> bool:
    """Whether writing a tensor attribute in place must also set it (properties; classes)."""
    if not isinstance(owner, Value) or not isinstance(owner.type, ObjectType):
        return False
    return target.name.name in owner.type.properties


def augmented(emitter: Emitter, statement: v.AugAssign, left: Value, right: Value) -> Value:
    """The result of ``left op= right``."""
    left_given = Given(left, statement.target.range)
    right_given = Given(right, statement.value.range)
    op = statement.op
    if isinstance(left.type, ErrorType):
        return left
    if isinstance(left.type, TensorType) and op in _IN_PLACE:
        return emitter.builtin(
            _IN_PLACE[op],
            [left_given, right_given],
            {},
            statement.range,
            callee=f"{op}=",
        )
    if isinstance(left.type, TupleType) or (isinstance(left.type, StringType) and op == "%"):
        return emitter.report(
            "operator-type",
            statement.range,
            op=f"{op}=",
            left=source_str(left.type),
            right=source_str(right.type),
            suggestion=f"write `{statement.target.range.text} = {statement.target.range.text} "
            f"{op} {statement.value.range.text}`",
        )
    if isinstance(left.type, ListType) and op in ("+", "*"):
        name = "aten::add_" if op == "+" else "aten::mul_"
        result = emitter.try_builtin(
            name, [left_given, right_given], {}, statement.range, callee=f"{op}="
        )
        if isinstance(result, Value):
            return result
        emitter.report(
            "operator-type",
            statement.range,
            op=f"{op}=",
            left=source_str(left.type),
            right=source_str(right.type),
        )
        return left
    method = attributes.find_method(emitter, left, _MAGIC[op])
    if method is not None:
        from tscript.frontend.emit_call import emit_call

        called = emit_call(
            emitter, method, [right_given], {}, statement.range, callee_name=f"{op}="
        )
        return emitter.value(called, statement.range)
    return expressions.binary(emitter, op, left_given, right_given, statement.range)


# del ----------------------------------------------------------------------------------------------


def emit_delete(emitter: Emitter, statement: v.Delete) -> None:
    for target in statement.targets:
        match target:
            case v.Var(name=name):
                emitter.lookup(name, target.range)
                emitter.set_problem(name, _deleted(emitter, name))
            case v.Subscript() if len(target.index) == 1:
                container = emitter.given(target.value)
                if isinstance(container.type, ErrorType):
                    emitter.sugared(target.index[0])
                    continue
                if isinstance(target.index[0], v.SliceExpr):
                    emitter.report(
                        "unsupported-syntax",
                        target.range,
                        construct="deletion of a slice",
                        remedy="build a new list from what is left",
                    )
                    continue
                index = emitter.given(target.index[0])
                if not isinstance(container.type, ListType | DictType):
                    emitter.report(
                        "immutable-value",
                        target.range,
                        type=source_str(container.type),
                        action="deleted",
                    )
                    continue
                emitter.builtin(
                    "aten::Delete", [container, index], {}, statement.range, callee="del"
                )
            case _:
                emitter.report(
                    "unsupported-syntax",
                    target.range,
                    construct="deletion of an attribute",
                    remedy="set it to None instead",
                )


def _deleted(emitter: Emitter, name: str) -> Problem:
    def problem(range: SourceRange) -> None:
        emitter.report(
            "undefined-name", range, name=name, suggestion=f"`{name}` was deleted before"
        )

    return problem
