"""List and dict comprehensions, and generators, which TorchScript reads as lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ops_registry.types import ERROR, TENSOR, DictType, ListType, Type
from tscript.frontend import emit_loop as loops
from tscript.frontend import remedies
from tscript.frontend import views as v
from tscript.frontend.schema_matching import Given
from tscript.frontend.sugared import Sugared
from tscript.ir.graph import Value
from tscript.types.printing import source_str
from tscript.types.relations import is_subtype, members_of

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter


def emit_list_comprehension(
    emitter: Emitter,
    view: v.ListComp | v.GeneratorExp,
    hint: Type | None,
    subject: Sugared | None = None,
) -> Value:
    """``[element for target in iter]``: a list that a loop appends to.

    Without a hint the first element says the type, also where a tuple's elements differ.
    ``subject`` is what ``iter`` gives, where that has been emitted.
    """
    wanted: Type | None = None
    for member in members_of(hint) if hint is not None else ():
        if isinstance(member, ListType):
            wanted = member.element
    if subject is None:
        subject = emitter.sugared(view.iter)
    result = emitter.insert("prim::ListConstruct", (), ListType(wanted or TENSOR), view.range)
    first = wanted is None

    def body() -> None:
        nonlocal first
        element = emitter.expr(view.element, wanted)
        assert isinstance(result.type, ListType)
        if first:
            result.type = ListType(element.type)
            first = False
        expected = result.type.element
        element = emitter.convert(
            element, expected, view.element.range, allow_conversions=wanted is not None
        )
        if not is_subtype(element.type, expected):
            emitter.report(
                "element-type",
                view.element.range,
                actual=source_str(element.type),
                container="list",
                expected=source_str(expected),
                suggestion=remedies.fitting(view.element.range.text, element.type, expected),
            )
            return
        emitter.builtin(
            "aten::append",
            [Given(result, view.range), Given(element, view.element.range)],
            {},
            view.range,
        )

    _in_own_scope(emitter, view.target, subject, view.iter, body, view)
    return result


def emit_dict_comprehension(emitter: Emitter, view: v.DictComp, hint: Type | None) -> Value:
    """``{key: value for target in iter}``: a dict that a loop fills."""
    wanted: DictType | None = None
    for member in members_of(hint) if hint is not None else ():
        if isinstance(member, DictType):
            wanted = member
    subject = emitter.sugared(view.iter)
    result = emitter.insert("prim::DictConstruct", (), wanted or DictType(ERROR, ERROR), view.range)
    first = wanted is None

    def body() -> None:
        nonlocal first
        key = emitter.expr(view.key, wanted and wanted.key)
        value = emitter.expr(view.value, wanted and wanted.value)
        if first:
            result.type = DictType(key.type, value.type)
            first = False
        assert isinstance(result.type, DictType)
        for part, place, expected in (
            (key, view.key, result.type.key),
            (value, view.value, result.type.value),
        ):
            if not is_subtype(part.type, expected):
                emitter.report(
                    "element-type",
                    place.range,
                    actual=source_str(part.type),
                    container="dict",
                    expected=source_str(expected),
                    suggestion=remedies.fitting(place.range.text, part.type, expected),
                )
                return
        emitter.builtin(
            "aten::_set_item",
            [
                Given(result, view.range),
                Given(key, view.key.range),
                Given(value, view.value.range),
            ],
            {},
            view.range,
        )

    _in_own_scope(emitter, view.target, subject, view.iter, body, view)
    return result


def _in_own_scope(
    emitter: Emitter,
    target: v.Expr,
    subject: Sugared,
    iter_view: v.Expr,
    body: Callable[[], None],
    view: v.Expr,
) -> None:
    """The target of a comprehension is a name of its own: it hides outer ones, and does not assign."""
    node = emitter.graph.insert("prim::ComprehensionScope", (), (), source_range=view.range)
    with emitter.block(node.add_block()) as frame:
        frame.hide(name.name for name in v.walk(target) if isinstance(name, v.Var))
        loops.emit_over(emitter, subject, target, body, iter_view.range, view.range)
