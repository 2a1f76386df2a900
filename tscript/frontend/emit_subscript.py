"""Subscripts and slices: of tensors in all their forms, lists, tuples, strings, dicts, containers of modules."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ops_registry.types import (
    INT,
    TENSOR,
    AnyType,
    BoolType,
    DictType,
    ErrorType,
    IntType,
    ListType,
    NoneType,
    OptionalType,
    StringType,
    TensorType,
    TupleType,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend import remedies
from tscript.frontend import views as v
from tscript.frontend.resolver import Constant, SpecialForm, TypeRef, Unknown
from tscript.frontend.schema_matching import Given
from tscript.frontend.sugared import ContainerMethod, SliceValue, Sugared, SugaredTuple
from tscript.ir.graph import Value
from tscript.types.nominal import ClassType, InterfaceType, ModuleType, NamedTupleType
from tscript.types.printing import source_str
from tscript.types.relations import (
    is_optional,
    is_subtype,
    lacks_in_method,
    members_of,
    without_none,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

OPTIONAL_TENSOR = OptionalType(TENSOR)
_LONG = 4


def emit_subscript(emitter: Emitter, view: v.Subscript) -> Sugared:
    """``value[index]`` to be read."""
    subject = emitter.sugared(view.value)
    match subject:
        case Unknown():
            for index in view.index:
                if not isinstance(index, v.SliceExpr | v.Dots):
                    emitter.sugared(index)
            return Unknown()
        case SugaredTuple(elements=elements):
            return _sugared_item(emitter, elements, subject.kind, view)
        case SpecialForm() | TypeRef():
            return emitter.report(
                "unsupported-value", view.range, what=f"the type `{view.range.text}`"
            )
        case ContainerMethod():
            return emitter.report("invalid-subscript", view.range, type=f"{view.value.range.text}")
        case Constant():
            pass
    value = emitter.value(subject, view.value.range)
    type = value.type
    if isinstance(type, ErrorType):
        for index in view.index:
            if not isinstance(index, v.SliceExpr | v.Dots):
                emitter.sugared(index)
        return Unknown()
    if isinstance(type, TensorType):
        return _tensor_item(emitter, value, view)
    if len(view.index) != 1:
        return several_indices(emitter, source_str(type), view)
    index = view.index[0]
    if isinstance(type, ModuleType) and type.container is not None:
        return _module_item(emitter, value, type, index, view)
    selector = _selector(emitter, index)
    if not isinstance(selector, Given):
        return _slice(emitter, value, selector, view)
    if isinstance(type, TupleType | NamedTupleType):
        return _tuple_item(emitter, value, selector, view)
    return element(emitter, value, selector, view)


def _selector(emitter: Emitter, index: v.Expr) -> Given | Slice:
    """What selects elements: a slice, in either spelling, or an index."""
    if isinstance(index, v.SliceExpr):
        return index
    found = emitter.sugared(index)
    if isinstance(found, SliceValue):
        return found
    return Given(emitter.value(found, index.range), index.range)


def several_indices(emitter: Emitter, container: str, view: v.Subscript) -> Value:
    """Report ``container[a, b]``."""
    return emitter.report(
        "index-type",
        view.range,
        container=container,
        index=f"{len(view.index)} indices",
        suggestion="only tensors take several indices: write one `[...]` after the other",
    )


def element(emitter: Emitter, value: Value, index: Given, view: v.Subscript) -> Sugared:
    """An element of a list, string or dict; ``__getitem__`` of a class."""
    from tscript.frontend.emit_attribute import find_method
    from tscript.frontend.emit_call import emit_call

    type = value.type
    if isinstance(index.type, ErrorType):
        match type:
            case ListType(element):
                return emitter.insert("prim::Uninitialized", (), element)
            case DictType(_, element):
                return emitter.insert("prim::Uninitialized", (), element)
        return Unknown()
    container = Given(value, view.value.range)
    match type:
        case ListType() | StringType() | DictType():
            result = emitter.try_builtin(
                "aten::__getitem__", [container, index], {}, view.range, callee="[]"
            )
            if isinstance(result, Value):
                return result
            if is_optional(index.type):
                expected = without_none(index.type)
                return emitter.report_optional(index.range, index.type, "an index", expected)
            return emitter.report(
                "index-type",
                index.range,
                container=source_str(type),
                index=source_str(index.type),
                cause=index.value,
            )
        case ClassType() | InterfaceType() | ModuleType():
            method = find_method(emitter, value, "__getitem__")
            if method is not None:
                return emit_call(emitter, method, [index], {}, view.range, callee_name="[]")
    return not_subscriptable(emitter, value, view)


def not_subscriptable(emitter: Emitter, value: Value, view: v.Subscript) -> Value:
    """Report a value that has no elements, or may be None."""
    type = value.type
    if is_optional(type):
        return emitter.report_optional(view.value.range, type, "a subscript", without_none(type))
    if len(members_of(type)) > 1 or isinstance(type, AnyType):
        return emitter.report_union(view.value.range, type, "a subscript")
    return emitter.report("invalid-subscript", view.value.range, type=source_str(type))


# Slices -------------------------------------------------------------------------------------------


#: ``a:b:c`` in a subscript, whose parts are emitted where they are used, and ``slice(a, b, c)``.
Slice: TypeAlias = v.SliceExpr | SliceValue


def _parts(emitter: Emitter, slice: Slice) -> Iterator[Given | None]:
    """Start, stop and step, those that are there."""
    if isinstance(slice, SliceValue):
        yield from (slice.start, slice.stop, slice.step)
    else:
        for part in (slice.start, slice.stop, slice.step):
            yield None if part is None else emitter.given(part)


def _bounds(emitter: Emitter, slice: Slice, range: SourceRange) -> list[Given] | None:
    """Start, stop and step; absent ones are None, None and 1."""
    bounds: list[Given] = []
    failed = False
    for index, given in enumerate(_parts(emitter, slice)):
        if given is None:
            value = emitter.literal(1) if index == 2 else emitter.constant(None)
            bounds.append(Given(value, range))
            continue
        given = Given(emitter.convert(given.value, INT, given.range), given.range)
        if isinstance(given.type, ErrorType):
            failed = True
        elif not is_subtype(given.type, OptionalType(INT)):
            emitter.report(
                "index-type",
                given.range,
                container="slice",
                index=source_str(given.type),
                suggestion="the bounds of a slice are of type `int`",
            )
            failed = True
        bounds.append(given)
    return None if failed else bounds


def _slice(emitter: Emitter, value: Value, index: Slice, view: v.Subscript) -> Sugared:
    from tscript.frontend.emit_attribute import find_method

    type = value.type
    if isinstance(type, TupleType | NamedTupleType):
        return _tuple_slice(emitter, value, index, view)
    if not isinstance(type, ListType | StringType):
        if isinstance(type, ClassType) and find_method(emitter, value, "__getitem__") is not None:
            return emitter.report(
                "index-type", view.range, container=source_str(type), index="slice"
            )
        return not_subscriptable(emitter, value, view)
    bounds = _bounds(emitter, index, view.index[0].range)
    if bounds is None:
        return emitter.insert("prim::Uninitialized", (), type)
    return emitter.builtin(
        "aten::slice", [Given(value, view.value.range), *bounds], {}, view.range, callee="[:]"
    )


def _constant_int(value: Value) -> int | Value | None:
    """An integer known when compiling; the value itself if it is not; None if it is no value."""
    if isinstance(value.type, ErrorType):
        return None
    if not isinstance(value.type, IntType):
        return value
    if value.node.kind == "prim::Constant":
        return int(value.node.constant_value())
    if value.node.kind == "aten::neg" and value.node.input.node.kind == "prim::Constant":
        return -int(value.node.input.node.constant_value())
    return value


def _checked(emitter: Emitter, given: Given, length: int, what: str) -> int | None:
    """A compile-time index into ``length`` elements, not negative; None after a report."""
    index = _constant_int(given.value)
    if index is None:
        return None
    if isinstance(index, Value):
        if isinstance(index.type, IntType):
            emitter.report(
                "constant-expected",
                given.range,
                what=f"an index into {what}",
                suggestion=_CONSTANT_INDEX,
            )
        else:
            emitter.report("index-type", given.range, container=what, index=source_str(index.type))
        return None
    if not -length <= index < length:
        emitter.report("index-out-of-range", given.range, index=index, length=length)
        return None
    return index % length


def _tuple_item(emitter: Emitter, value: Value, index: Given, view: v.Subscript) -> Sugared:
    assert isinstance(value.type, TupleType | NamedTupleType)
    elements = value.type.elements
    position = _constant_int(index.value)
    if isinstance(position, Value) and isinstance(position.type, IntType):
        if elements and all(element == elements[0] for element in elements):
            return emitter.insert("prim::TupleIndex", (value, position), elements[0], view.range)
    position = _checked(emitter, index, len(elements), "a tuple")
    if position is None:
        return Unknown()
    return emitter.insert(
        "prim::TupleIndex", (value, emitter.literal(position)), elements[position], view.range
    )


#: The remedy for an index that decides about the type of the element.
_CONSTANT_INDEX = (
    "its elements have types of their own: write the index out, choose with `if`, or use a list"
)


def _positions(
    emitter: Emitter, slice: Slice, range: SourceRange, length: int, what: str
) -> list[int] | None:
    """The positions that a compile-time slice selects."""
    parts: list[int | None] = []
    for given in _parts(emitter, slice):
        if given is None or isinstance(given.type, NoneType):
            parts.append(None)
            continue
        bound = _constant_int(given.value)
        if bound is None:
            return None
        if isinstance(bound, Value):
            emitter.report(
                "constant-expected",
                given.range,
                what=f"a bound of a slice of {what}",
                suggestion=_CONSTANT_INDEX,
            )
            return None
        parts.append(bound)
    start, stop, step = parts
    if step == 0:
        emitter.report("index-out-of-range", range, index="step 0", length=length)
        return None
    return list(builtins.range(length))[start:stop:step]


def _tuple_slice(emitter: Emitter, value: Value, index: Slice, view: v.Subscript) -> Sugared:
    assert isinstance(value.type, TupleType | NamedTupleType)
    elements = value.type.elements
    positions = _positions(emitter, index, view.index[0].range, len(elements), "a tuple")
    if positions is None:
        return Unknown()
    items = [
        emitter.insert("prim::TupleIndex", (value, emitter.literal(p)), elements[p], view.range)
        for p in positions
    ]
    return emitter.tuple_of(items, view.range)


def _sugared_item(
    emitter: Emitter, elements: Sequence[Sugared], kind: str, view: v.Subscript
) -> Sugared:
    if len(view.index) != 1:
        return several_indices(emitter, kind, view)
    selector = _selector(emitter, view.index[0])
    if isinstance(selector, Given):
        position = _checked(emitter, selector, len(elements), f"a {kind}")
        return Unknown() if position is None else elements[position]
    positions = _positions(emitter, selector, view.index[0].range, len(elements), f"a {kind}")
    if positions is None:
        return Unknown()
    return SugaredTuple(tuple(elements[p] for p in positions), kind)


def _module_item(
    emitter: Emitter, module: Value, type: ModuleType, index: v.Expr, view: v.Subscript
) -> Sugared:
    """``self.layers[0]``, ``self.layers[1:]``, ``self.heads["name"]``."""
    from tscript.frontend.emit_loop import module_elements

    emitter.resolver.layout(type)
    if type.container in ("dict", "parameter_dict"):
        key = emitter.expr(index)
        if key.node.kind == "prim::Constant" and isinstance(key.type, StringType):
            name = key.node.constant_value()
            if name in type.attributes:
                return emitter.get_attribute(module, name, type.attributes[name].type, view.range)
            emitter.report("unknown-attribute", index.range, owner="the ModuleDict", name=name)
            return Unknown()
        return _dynamic_item(emitter, module, type, key, index, view)
    whole = module_elements(emitter, module, type, view.range)
    assert whole is not None
    if isinstance(index, v.SliceExpr):
        length, what = len(whole.elements), f"a {whole.kind}"
        positions = _positions(emitter, index, index.range, length, what)
        if positions is None:
            return Unknown()
        return SugaredTuple(tuple(whole.elements[p] for p in positions), whole.kind)
    position = _constant_int(emitter.expr(index))
    if position is None:
        return Unknown()
    if isinstance(position, Value):
        if isinstance(position.type, IntType):
            return _dynamic_item(emitter, module, type, position, index, view)
        return emitter.report(
            "index-type", index.range, container=whole.kind, index=source_str(position.type)
        )
    length = len(whole.elements)
    if not -length <= position < length:
        return emitter.report("index-out-of-range", index.range, index=position, length=length)
    return whole.elements[position]


def interface_problem(
    emitter: Emitter, type: ModuleType, interface: InterfaceType, range: SourceRange
) -> str | None:
    """Why objects of ``type`` cannot stand for ``interface``, as a phrase; None when they can."""
    from tscript.frontend.emit_call import method_function

    emitter.resolver.layout(type)
    for name, wanted in interface.methods.items():
        if name not in type.methods:
            return f"has no method `{name}`"
        compiled = method_function(emitter, type, name, range)
        if compiled is None:
            return f"has no method `{name}` that can be compiled"
        reason = lacks_in_method(type, name, wanted)
        if reason is not None:
            return f"does not fit: {reason}"
    return None


def _dynamic_item(
    emitter: Emitter,
    module: Value,
    type: ModuleType,
    key: Value,
    index: v.Expr,
    view: v.Subscript,
) -> Sugared:
    """An index that is known only at run time works where the result is declared an interface."""
    if isinstance(key.type, ErrorType):
        return Unknown()
    hint = emitter.annotation_hint
    if isinstance(hint, ErrorType):  # it may be an interface
        return Unknown()
    if isinstance(hint, InterfaceType):
        for name, sub in type.submodules.items():
            problem = interface_problem(emitter, sub, hint, view.range)
            if problem is not None:
                return emitter.report(
                    "interface-mismatch",
                    view.range,
                    type=source_str(sub),
                    interface=source_str(hint),
                    reason=f"the submodule `{name}` {problem}",
                )
        return emitter.insert("prim::ModuleContainerIndex", (module, key), hint, view.range)
    return emitter.report(
        "constant-expected",
        index.range,
        what="an index into a container of modules",
        suggestion="loop over it, or annotate the variable with an interface that all its modules have",
    )


# Tensors ------------------------------------------------------------------------------------------


def _tensor_item(emitter: Emitter, value: Value, view: v.Subscript) -> Value:
    if len(view.index) == 1 and isinstance(view.index[0], v.Dots):
        return emitter.report(
            "index-type",
            view.range,
            container="Tensor",
            index="nothing but `...`",
            suggestion=f"leave the subscript out: `{remedies.shown(view.value.range.text)}`",
        )
    sliced, indices = tensor_indexing(emitter, value, view)
    if not indices:
        return sliced
    listed = emitter.insert("prim::ListConstruct", indices, ListType(OPTIONAL_TENSOR), view.range)
    return emitter.builtin(
        "aten::index", [Given(sliced, view.range), Given(listed, view.range)], {}, view.range
    )


def tensor_indexing(emitter: Emitter, value: Value, view: v.Subscript) -> tuple[Value, list[Value]]:
    """Apply ints, slices and None; give the rest, the index tensors with None for other dimensions."""
    parts = view.index
    dims: list[int] = [0] * len(parts)
    values: list[Given | Slice | None] = [None] * len(parts)
    dots = [i for i, part in enumerate(parts) if isinstance(part, v.Dots)]
    if len(dots) > 1:
        emitter.report(
            "syntax-error", parts[dots[1]].range, reason="an index can have only one `...`"
        )
    stop = dots[0] if dots else len(parts)
    dim = 0
    for position in range(stop):
        dims[position] = dim
        dim += _extent(emitter, parts, values, position, after_dots=False)
    dim = -1
    for position in range(len(parts) - 1, stop, -1):
        dims[position] = dim
        dim -= _extent(emitter, parts, values, position, after_dots=True)
    indices: list[Value | None] = []
    for part, given, place in zip(parts, values, dims, strict=True):
        if given is None:
            continue
        if not isinstance(given, Given):
            value = _tensor_slice(emitter, value, place, given, part.range, view.range)
            continue
        owner = Given(value, view.value.range)
        where = Given(emitter.literal(place), view.range)
        if isinstance(given.type, NoneType):
            value = emitter.builtin("aten::unsqueeze", [owner, where], {}, view.range)
        elif isinstance(given.type, IntType):
            value = emitter.builtin("aten::select", [owner, where, given], {}, view.range)
        else:
            indices.extend([None] * (place + 1 - len(indices)))
            indices[place] = given.value
    return value, [i if i is not None else emitter.constant(None) for i in indices]


def _extent(
    emitter: Emitter,
    parts: Sequence[v.Expr],
    values: list[Given | Slice | None],
    position: int,
    *,
    after_dots: bool,
) -> int:
    """Emit one index; how many dimensions of the result so far it takes up."""
    part = parts[position]
    if isinstance(part, v.Dots):
        return 1
    given = _selector(emitter, part)
    if not isinstance(given, Given):
        values[position] = given
        return 1
    type = given.type
    if isinstance(type, ListType) and not isinstance(type.element, ErrorType):
        dtype = emitter.literal(_LONG)
        tensor = emitter.builtin(
            "aten::tensor", [given], {"dtype": Given(dtype, part.range)}, part.range
        )
        given, type = Given(tensor, part.range), TENSOR
    match type:
        case NoneType():
            values[position] = given
            return 0 if after_dots else 1
        case IntType():
            values[position] = given
            return 1 if after_dots else 0
        case _ if is_subtype(type, OPTIONAL_TENSOR) and not isinstance(type, ErrorType):
            values[position] = given
            if after_dots:
                emitter.report(
                    "index-type",
                    part.range,
                    container="Tensor",
                    index="a Tensor after `...`",
                    suggestion="write the slices out: `x[:, :, index]`",
                )
                values[position] = None
            return 1
    if not isinstance(type, ErrorType):
        suggestion = remedies.fitting(part.range.text, type, INT)
        if isinstance(type, BoolType):
            suggestion = "use a mask: a bool Tensor"
        emitter.report(
            "index-type",
            part.range,
            container="Tensor",
            index=source_str(type),
            cause=given.value,
            meant=INT,
            suggestion=suggestion,
        )
    return 1


def _tensor_slice(
    emitter: Emitter, value: Value, dim: int, slice: Slice, written: SourceRange, range: SourceRange
) -> Value:
    where = Given(emitter.literal(dim), range)
    bounds = _bounds(emitter, slice, written)
    if bounds is None:
        return value
    return emitter.builtin(
        "aten::slice", [Given(value, range), where, *bounds], {}, range, callee="[:]"
    )
