"""Assignment to subscripts: into tensors, lists, dicts and classes; plain and augmented.

Reading is in :mod:`~tscript.frontend.emit_subscript`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops_registry.types import (
    INT,
    BoolType,
    ComplexType,
    DictType,
    ErrorType,
    FloatType,
    IntType,
    ListType,
    NumberType,
    StringType,
    TensorType,
    TupleType,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend import remedies
from tscript.frontend import views as v
from tscript.frontend.emit_subscript import (
    OPTIONAL_TENSOR,
    element,
    not_subscriptable,
    several_indices,
    tensor_indexing,
)
from tscript.frontend.schema_matching import Given
from tscript.ir.graph import Value
from tscript.types.nominal import ClassType, NamedTupleType
from tscript.types.printing import source_str
from tscript.types.relations import (
    is_subtype,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

# Setting ------------------------------------------------------------------------------------------


def emit_subscript_assign(
    emitter: Emitter, target: v.Subscript, value: Value, value_range: SourceRange
) -> None:
    """``container[index] = value``."""
    container = emitter.expr(target.value)
    type = container.type
    if isinstance(type, ErrorType) or isinstance(value.type, ErrorType):
        return
    if isinstance(type, TensorType):
        sliced, indices = tensor_indexing(emitter, container, target)
        right = _as_tensor(emitter, value, sliced, value_range)
        if right is not None:
            _write_tensor(emitter, sliced, indices, right, target.range, value_range)
        return
    index = _assignable(emitter, container, target)
    if index is not None:
        set_item(emitter, container, index, Given(value, value_range), target)


def _write_tensor(
    emitter: Emitter,
    sliced: Value,
    indices: Sequence[Value],
    right: Value,
    range: SourceRange,
    value_range: SourceRange,
) -> None:
    owner, source = Given(sliced, range), Given(right, value_range)
    if not indices:
        emitter.builtin("aten::copy_", [owner, source], {}, range, callee="[] =")
        return
    listed = emitter.insert("prim::ListConstruct", list(indices), ListType(OPTIONAL_TENSOR), range)
    emitter.builtin(
        "aten::index_put_", [owner, Given(listed, range), source], {}, range, callee="[] ="
    )


def _as_tensor(emitter: Emitter, value: Value, like: Value, range: SourceRange) -> Value | None:
    """A number about to be written into a tensor, as a tensor of its dtype and device."""
    match value.type:
        case TensorType():
            return value
        case IntType() | FloatType() | BoolType() | ComplexType() | NumberType():
            place = Given(like, range)
            dtype = emitter.builtin("prim::dtype", [place], {}, range)
            device = emitter.builtin("prim::device", [place], {}, range)
            return emitter.builtin(
                "aten::tensor",
                [Given(value, range)],
                {"dtype": Given(dtype, range), "device": Given(device, range)},
                range,
            )
    emitter.report(
        "element-type",
        range,
        actual=source_str(value.type),
        container="Tensor",
        expected="Tensor or number",
    )
    return None


def _assignable(emitter: Emitter, container: Value, target: v.Subscript) -> Given | None:
    """The index of an element that can be set; None after a report."""
    type = container.type
    if isinstance(type, TupleType | NamedTupleType | StringType):
        emitter.report("immutable-value", target.range, type=source_str(type), action="assigned")
        return None
    if len(target.index) == 1 and isinstance(target.index[0], v.SliceExpr):
        emitter.report(
            "unsupported-syntax",
            target.range,
            construct="assignment to a slice of a list",
            remedy="assign the elements one by one, or build a new list",
        )
        return None
    if len(target.index) != 1:
        several_indices(emitter, source_str(type), target)
        return None
    return emitter.given(target.index[0])


def set_item(
    emitter: Emitter, container: Value, index: Given, value: Given, target: v.Subscript
) -> None:
    """``container[index] = value`` on lists, dicts and classes."""
    from tscript.frontend.emit_attribute import find_method
    from tscript.frontend.emit_call import emit_call

    type = container.type
    if isinstance(index.type, ErrorType):
        return
    match type:
        case ListType(element) | DictType(_, element):
            if not is_subtype(value.type, element):
                emitter.report(
                    "element-type",
                    value.range,
                    actual=source_str(value.type),
                    container="list" if isinstance(type, ListType) else "dict",
                    expected=source_str(element),
                    suggestion=remedies.fitting(value.range.text, value.type, element),
                )
                return
            key_type = type.key if isinstance(type, DictType) else INT
            key = emitter.convert(index.value, key_type, index.range)
            if not is_subtype(key.type, key_type):
                emitter.report(
                    "index-type",
                    index.range,
                    container=source_str(type),
                    index=source_str(key.type),
                )
                return
            emitter.builtin(
                "aten::_set_item",
                [
                    Given(container, target.value.range),
                    Given(key, index.range),
                    value,
                ],
                {},
                target.range,
                callee="[] =",
            )
        case _:
            method = find_method(emitter, container, "__setitem__")
            if method is not None:
                emit_call(emitter, method, [index, value], {}, target.range, callee_name="[] =")
                return
            not_subscriptable(emitter, container, target)


def emit_subscript_augmented(emitter: Emitter, statement: v.AugAssign, target: v.Subscript) -> None:
    """``container[index] op= value``: container and index are evaluated once."""
    from tscript.frontend.emit_assign import augmented

    container = emitter.expr(target.value)
    if isinstance(container.type, ErrorType):
        emitter.sugared(statement.value)
        return
    if isinstance(container.type, TensorType):
        sliced, indices = tensor_indexing(emitter, container, target)
        right = emitter.expr(statement.value)
        if not indices:
            augmented(emitter, statement, sliced, right)
            return
        listed = Given(
            emitter.insert("prim::ListConstruct", indices, ListType(OPTIONAL_TENSOR), target.range),
            target.range,
        )
        owner = Given(sliced, target.range)
        current = emitter.builtin("aten::index", [owner, listed], {}, target.range)
        result = augmented(emitter, statement, current, right)
        emitter.builtin(
            "aten::index_put_",
            [owner, listed, Given(result, statement.range)],
            {},
            statement.range,
        )
        return
    if isinstance(container.type, ClassType):
        emitter.report(
            "unsupported-syntax",
            statement.range,
            construct="augmented assignment to an element of an object",
            remedy=f"write it out: `{target.range.text} = {target.range.text} ...`",
        )
        return
    index = _assignable(emitter, container, target)
    if index is None:
        return
    current = emitter.value(element(emitter, container, index, target), target.range)
    right = emitter.expr(statement.value)
    result = augmented(emitter, statement, current, right)
    if not isinstance(result.type, ErrorType):
        set_item(emitter, container, index, Given(result, statement.range), target)
