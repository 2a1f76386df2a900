"""The special forms that make something to iterate: ``range``, ``zip``, ``list``, ``tuple``, ``dict`` ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops_registry.types import (
    INT,
    DictType,
    ErrorType,
    ListType,
    StringType,
    TensorType,
    Type,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend import views as v
from tscript.frontend.form_arguments import arity
from tscript.frontend.resolver import (
    Unknown,
)
from tscript.frontend.schema_matching import Given
from tscript.frontend.sugared import (
    IterableTree,
    RangeValue,
    SliceValue,
    Sugared,
    SugaredTuple,
)
from tscript.ir.graph import Value
from tscript.types.printing import source_str
from tscript.types.relations import (
    is_optional,
    is_subtype,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

# Iteration ----------------------------------------------------------------------------------------


def range_form(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 1, 3):
        return Unknown()
    values: list[Value] = []
    names = ("stop",) if len(view.args) == 1 else ("start", "stop", "step")
    for name, argument in zip(names, view.args, strict=False):
        value = emitter.expr(argument)
        if not is_subtype(value.type, INT):
            suggestion = f"convert it: `int({argument.range.text})`"
            if is_optional(value.type):
                emitter.report_optional(argument.range, value.type, "`range`", INT)
            else:
                emitter.report(
                    "argument-type",
                    argument.range,
                    callee="range",
                    expected="int",
                    parameter=name,
                    actual=source_str(value.type),
                    cause=value,
                    meant=INT,
                    suggestion=suggestion,
                )
            value = emitter.error_value()
        values.append(value)
    if any(isinstance(value.type, ErrorType) for value in values):
        return RangeValue(emitter.insert("prim::Uninitialized", (), INT))
    if len(values) == 1:
        return RangeValue(values[0])
    start, stop = values[0], values[1]
    step = values[2] if len(values) == 3 else emitter.literal(1)
    length = emitter.builtin(
        "aten::__range_length",
        [Given(value, view.range) for value in (start, stop, step)],
        {},
        view.range,
    )
    return RangeValue(stop, start, step, length)


def range_length(emitter: Emitter, subject: RangeValue, range: SourceRange) -> Value:
    """How many steps a range has."""
    if subject.length is not None:
        return subject.length
    zero = emitter.literal(0)
    return emitter.builtin("prim::max", [Given(zero, range), Given(subject.stop, range)], {}, range)


def enumerate_form(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 1, 2, keywords=True):
        return Unknown()
    start: Value | None = None
    given = [*view.args[1:], *(k.value for k in view.keywords if k.name.name == "start")]
    for written in given:
        start = emitter.expr(written)
        if not is_subtype(start.type, INT):
            emitter.report(
                "argument-type",
                written.range,
                callee="enumerate",
                parameter="start",
                expected="int",
                actual=source_str(start.type),
            )
            start = emitter.error_value()
    for keyword in view.keywords:
        if keyword.name.name != "start":
            emitter.report(
                "unexpected-keyword",
                keyword.range,
                callee="enumerate",
                name=keyword.name.name,
                signature="enumerate(iterable, start=0)",
            )
    return IterableTree((_iterable(emitter, view.args[0]),), start, is_enumerate=True)


def zip_form(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 1, 1000):
        return Unknown()
    return IterableTree(tuple(_iterable(emitter, argument) for argument in view.args))


def _iterable(emitter: Emitter, view: v.Expr) -> Sugared:
    return emitter.sugared(view)


def slice_form(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    """``slice(stop)``, ``slice(start, stop)``, ``slice(start, stop, step)``."""
    if not arity(emitter, view, 1, 3):
        return Unknown()
    parts = [emitter.given(part) for part in view.args]
    return SliceValue(*parts) if len(parts) == 1 else SliceValue(parts[1], parts[0], *parts[2:])


def reversed_form(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    """``reversed(x)`` of a Tensor is the tensor turned round; nothing else is reversed."""
    if not arity(emitter, view, 1):
        return Unknown()
    given = emitter.given(view.args[0])
    if isinstance(given.type, ErrorType):
        return Unknown()
    if isinstance(given.type, TensorType):
        first = emitter.insert("prim::ListConstruct", (emitter.literal(0),), ListType(INT))
        return emitter.builtin("aten::flip", [given, Given(first, view.range)], {}, view.range)
    return emitter.report(
        "unsupported-value",
        view.range,
        what=f"`reversed` of a `{source_str(given.type)}`",
        suggestion=f"write `{view.args[0].range.text}[::-1]`",
    )


def list_form(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    from tscript.frontend.emit_loop import unroll

    if not view.args:
        return emitter.expr(v.ListLiteral(view.range, ()), hint)
    if not arity(emitter, view, 1):
        return Unknown()
    subject = emitter.sugared(view.args[0])
    if isinstance(subject, Unknown):
        return Unknown()
    if isinstance(subject, Value):
        type = subject.type
        if isinstance(type, ErrorType):
            return Unknown()
        if isinstance(type, ListType | StringType):
            return emitter.builtin("aten::list", [Given(subject, view.range)], {}, view.range)
    unrolled = unroll(emitter, subject, view.range)
    if unrolled is not None:
        if unrolled.kind != "tuple":
            return unrolled
        subject = unrolled
    return _listed(emitter, view, subject, hint)


def _listed(emitter: Emitter, view: v.Apply, subject: Sugared, hint: Type | None) -> Value:
    """``[element for element in subject]``"""
    from tscript.frontend.emit_comprehension import emit_list_comprehension

    element = v.Var(view.range, "element")
    comprehension = v.ListComp(view.range, element, element, view.args[0])
    return emit_list_comprehension(emitter, comprehension, hint, subject)


def tuple_form(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    from tscript.frontend.emit_loop import unroll

    if not arity(emitter, view, 1):
        return Unknown()
    subject = emitter.sugared(view.args[0])
    if isinstance(subject, Unknown):
        return Unknown()
    unrolled = unroll(emitter, subject, view.range)
    if unrolled is not None:
        return emitter.value(SugaredTuple(unrolled.elements), view.range)
    value = emitter.value(subject, view.range)
    if isinstance(value.type, ErrorType):
        return Unknown()
    return emitter.report(
        "unsupported-value",
        view.range,
        what=f"a tuple made from a `{source_str(value.type)}`",
        suggestion="the length of a tuple must be known when compiling: use a list",
    )


def dict_form(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not view.args and not view.keywords:
        return emitter.expr(v.DictLiteral(view.range, (), ()), hint)
    if view.keywords:
        keys: tuple[v.Expr, ...] = tuple(
            v.StringLiteral(k.name.range, k.name.name) for k in view.keywords
        )
        values = tuple(k.value for k in view.keywords)
        if not view.args:
            return emitter.expr(v.DictLiteral(view.range, keys, values), hint)
        pairs = _pairs(view.args[0])
        if pairs is not None:
            literal = v.DictLiteral(view.range, pairs[0] + keys, pairs[1] + values)
            return emitter.expr(literal, hint)
        first = emitter.expr(view.args[0], hint)
        if not isinstance(first.type, DictType | ErrorType):
            keyword = view.keywords[0]
            return emitter.report(
                "unexpected-keyword",
                keyword.range,
                callee="dict",
                name=keyword.name.name,
                signature="dict(pairs)",
            )
        first = emitter.builtin("aten::dict", [Given(first, view.args[0].range)], {}, view.range)
        made = emitter.expr(v.DictLiteral(view.range, keys, values), hint)
        emitter.builtin(
            "aten::update",
            [Given(made, view.range)],
            {},
            view.range,
            receiver=Given(first, view.range),
        )
        return first
    if not arity(emitter, view, 1):
        return Unknown()
    return _dict_of(emitter, view, hint)


def _pairs(view: v.Expr) -> tuple[tuple[v.Expr, ...], tuple[v.Expr, ...]] | None:
    """The keys and values of a list's literal of pairs."""
    if not isinstance(view, v.ListLiteral):
        return None
    pairs = [e.elements for e in view.elements if isinstance(e, v.TupleLiteral)]
    if len(pairs) != len(view.elements) or any(len(pair) != 2 for pair in pairs):
        return None
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def _dict_of(emitter: Emitter, view: v.Apply, hint: Type | None) -> Value:
    """``dict(argument)``: literals and comprehensions of pairs are those of a dict."""
    argument = view.args[0]
    pairs = _pairs(argument)
    if pairs is not None:
        return emitter.expr(v.DictLiteral(view.range, *pairs), hint)
    if isinstance(argument, v.DictLiteral | v.DictComp):
        return emitter.expr(argument, hint)
    if isinstance(argument, v.ListComp | v.GeneratorExp) and isinstance(
        argument.element, v.TupleLiteral
    ):
        key, value = argument.element.elements
        comprehension = v.DictComp(view.range, key, value, argument.target, argument.iter)
        return emitter.expr(comprehension, hint)
    subject = emitter.sugared(argument)
    if isinstance(subject, IterableTree):
        subject = _listed(emitter, view, subject, None)
    given = Given(emitter.value(subject, argument.range), argument.range)
    return emitter.builtin("aten::dict", [given], {}, view.range)
