"""Callables with rules of their own: ``range``, ``isinstance``, casts, ``annotate``, ``fork`` ...

One function for each name of `SpecialForm`, in `FORMS`. They get the call's view, since some read types or
names from their arguments instead of values. Methods with rules of their own
are in :mod:`~tscript.frontend.special_methods`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ops_registry.types import (
    BOOL,
    ERROR,
    FLOAT,
    INT,
    NONE,
    STRING,
    AnyType,
    AwaitType,
    ErrorType,
    FloatType,
    FutureType,
    IntType,
    ListType,
    StringType,
    TensorType,
    TupleType,
    Type,
)
from tscript.diagnostics.source import SourceRange
from tscript.frontend import container_forms as containers
from tscript.frontend import emit_attribute as attributes
from tscript.frontend import emit_call as calls
from tscript.frontend import views as v
from tscript.frontend.conditions import emit_hasattr, emit_isinstance
from tscript.frontend.form_arguments import arity
from tscript.frontend.resolver import (
    ClassRef,
    SpecialForm,
    Uncapturable,
    Unknown,
)
from tscript.frontend.schema_matching import Given
from tscript.frontend.sugared import (
    ContextValue,
    RangeValue,
    Sugared,
    SugaredTuple,
    SuperValue,
)
from tscript.ir.graph import Value
from tscript.types.nominal import ClassType, InterfaceType, ModuleType, NamedTupleType
from tscript.types.printing import source_str
from tscript.types.relations import (
    is_optional,
    is_subtype,
    without_none,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

Form = Callable[["Emitter", v.Apply, "Type | None"], Sugared]


def emit_special(emitter: Emitter, form: SpecialForm, view: v.Apply, hint: Type | None) -> Sugared:
    """Emit the call ``view`` of a special form."""
    emit = FORMS.get(form.name)
    if emit is None:
        return emitter.report("not-callable", view.range, what=f"`{view.callee.range.text}`")
    return emit(emitter, view, hint)


def call_special(
    emitter: Emitter,
    form: SpecialForm,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
) -> Sugared:
    """A special form called with values that are already there (through a variable)."""
    cast = _CASTS.get(form.name)
    if cast is not None and len(args) == 1 and not kwargs:
        return _cast(emitter, form.name, args[0], range)
    return emitter.report("not-callable", range, what=f"`{form.name}` used as a value")


# Printing, length ---------------------------------------------------------------------------------


def _print(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    args = calls.emit_args(emitter, view.args)
    if view.keywords:
        keyword = view.keywords[0]
        emitter.report(
            "unexpected-keyword",
            keyword.range,
            callee="print",
            name=keyword.name.name,
            signature="print(*values)",
        )
    emitter.graph.insert("prim::Print", [given.value for given in args], ())
    return Uncapturable("which gives nothing", "print in a statement of its own")


def _len(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 1):
        return Unknown()
    subject = emitter.sugared(view.args[0])
    match subject:
        case SugaredTuple(elements=elements):
            return emitter.constant(len(elements))
        case Value(type=ModuleType() as type) if type.container is not None:
            emitter.resolver.layout(type)
            if type.container.startswith("parameter"):
                return emitter.constant(
                    sum(a.kind == "parameter" for a in type.attributes.values())
                )
            return emitter.constant(len(type.submodules))
        case RangeValue():
            return containers.range_length(emitter, subject, view.range)
    given = Given(emitter.value(subject, view.args[0].range), view.args[0].range)
    return _magic(emitter, "__len__", "aten::len", given, view.range)


def _magic(
    emitter: Emitter, method: str, operator: str, given: Given, range: SourceRange
) -> Sugared:
    """An operator, or the method of that meaning on a class."""
    if isinstance(given.type, TupleType | NamedTupleType) and operator == "aten::len":
        return emitter.constant(len(given.type.elements))
    found = attributes.find_method(emitter, given.value, method)
    if found is not None:
        return calls.emit_call(emitter, found, [], {}, range, callee_name=method)
    if isinstance(given.type, ClassType) and method == "__len__":
        return attributes.emit_attribute(emitter, given.value, method, range)
    return emitter.builtin(operator, [given], {}, range)


# Casts --------------------------------------------------------------------------------------------

_CASTS = {
    "int": ("aten::Int", "__int__", INT),
    "float": ("aten::Float", "__float__", FLOAT),
    "bool": ("aten::Bool", "__bool__", BOOL),
    "str": ("aten::str", "__str__", STRING),
    "complex": ("aten::Complex", "__complex__", None),
}


def _cast_form(name: str) -> Form:
    def emit(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
        if name == "complex" and len(view.args) == 2:
            args = calls.emit_args(emitter, view.args)
            return emitter.builtin("aten::Complex", args, {}, view.range)
        if not arity(emitter, view, 1):
            return Unknown()
        return _cast(emitter, name, emitter.given(view.args[0]), view.range)

    return emit


def _cast(emitter: Emitter, name: str, given: Given, range: SourceRange) -> Sugared:
    operator, method, type = _CASTS[name]
    if isinstance(given.type, ErrorType):
        return given.value if type is None else emitter.insert("prim::Uninitialized", (), type)
    if type is not None and given.type == type:
        return given.value
    found = attributes.find_method(emitter, given.value, method)
    if found is not None:
        return calls.emit_call(emitter, found, [], {}, range, callee_name=name)
    if isinstance(given.type, ClassType):
        short = source_str(given.type)
        emitter.report(
            "unknown-attribute", given.range, owner=f"`{short}`", name=method,
            suggestion=f"give `{short}` a method `{method}`",
        )  # fmt: skip
        return Unknown()
    if name == "bool" and not isinstance(given.type, TensorType | IntType | FloatType):
        return emitter.to_bool(given.value, given.range)
    result = emitter.try_builtin(operator, [given], {}, range, callee=name)
    if isinstance(result, Value):
        return result
    if is_optional(given.type):
        expected = without_none(given.type)
        return emitter.report_optional(given.range, given.type, f"`{name}`", expected)
    return emitter.mismatch(operator, result, [given], {}, range, None, name)


# Types as arguments -------------------------------------------------------------------------------


def _annotate(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    """``annotate(T, value)``: the value, which must fit the type."""
    if not arity(emitter, view, 2):
        return Unknown()
    type = emitter.annotations.read(view.args[0])
    value = emitter.expr(view.args[1], type)
    range = view.args[1].range
    value = emitter.convert(value, type, range)
    if not is_subtype(value.type, type):
        emitter.report(
            "assignment-type",
            range,
            name=range.text,
            expected=source_str(type),
            actual=source_str(value.type),
        )
        return emitter.insert("prim::Uninitialized", (), type)
    # As in PyTorch `annotate(Optional[int], 5)` stays an int; None gets the annotation's type.
    if value.type == NONE or isinstance(type, AnyType | ErrorType | InterfaceType):
        return emitter.cast(value, type, view.range)
    return value


def _unchecked_cast(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 2):
        return Unknown()
    type = emitter.annotations.read(view.args[0])
    value = emitter.expr(view.args[1], type)
    return value if value.type == type else emitter.cast(value, type, view.range)


def _typing_cast(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    return _unchecked_cast(emitter, view, hint)


def _uninitialized(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 1):
        return Unknown()
    type = emitter.annotations.read(view.args[0])
    return emitter.insert("prim::Uninitialized", (), type, view.range)


def _isinstance(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 2):
        return Unknown()
    return emit_isinstance(emitter, view.args[0], view.args[1], view.range).value


def _hasattr(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    return emit_hasattr(emitter, view).value if arity(emitter, view, 2) else Unknown()


def _getattr(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    """``getattr(object, "name")``, with a default where the attribute does not exist."""
    if not arity(emitter, view, 2, 3):
        return Unknown()
    owner = emitter.sugared(view.args[0])
    name = view.args[1]
    text: str | None = name.value if isinstance(name, v.StringLiteral) else None
    if text is None:
        value = emitter.expr(name)
        if isinstance(value.type, ErrorType):
            return Unknown()
        if value.node.kind == "prim::Constant" and isinstance(value.type, StringType):
            text = str(value.node.constant_value())
    if text is None:
        emitter.report("constant-expected", name.range, what="the name given to `getattr`")
        return Unknown()
    if len(view.args) == 3:
        found = attributes.has_attribute(emitter, owner, text, "getattr", view.args[0].range)
        if found is None:
            return Unknown()
        if not found:
            return emitter.sugared(view.args[2])
    return attributes.emit_attribute(emitter, owner, text, view.range)


# Torch --------------------------------------------------------------------------------------------


def _constant_form(value: bool) -> Form:
    return lambda emitter, view, hint: emitter.constant(value)


def _reveal_type(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    """``reveal_type(x)`` is ``x``, and a report of its type."""
    if not arity(emitter, view, 1):
        return Unknown()
    written = view.args[0].range
    value = emitter.value(emitter.sugared(view.args[0], hint), written)
    if not isinstance(value.type, ErrorType):
        emitter.report(
            "revealed-type", view.range, expression=written.text, type=source_str(value.type)
        )
    return value


def _identity(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    return emitter.sugared(view.args[0], hint) if arity(emitter, view, 1) else Unknown()


def _unwrap_optional(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 1):
        return Unknown()
    value = emitter.expr(view.args[0])
    return emitter.builtin(
        "aten::_unwrap_optional", [Given(value, view.args[0].range)], {}, view.range
    )


def _fork(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    """``fork(f, *args)``: a future of what the call gives; ``prim::fork`` holds the call as a block."""
    if not view.args:
        arity(emitter, view, 1)
        return Unknown()
    callee = emitter.sugared(view.args[0])
    args = calls.emit_args(emitter, view.args[1:])
    kwargs = calls.emit_kwargs(emitter, view.keywords)
    node = emitter.graph.insert("prim::fork", (), (ERROR,), source_range=view.range)
    block = node.add_block()
    with emitter.block(block):
        result = calls.emit_call(
            emitter, callee, args, kwargs, view.range, callee_name=view.args[0].range.text
        )
        value = emitter.value(result, view.range)
        block.add_output(value)
    node.output.type = FutureType(value.type)
    return node.output


def _wait(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 1):
        return Unknown()
    return wait_for(emitter, emitter.given(view.args[0]), view.range)


def wait_for(emitter: Emitter, future: Given, range: SourceRange) -> Sugared:
    if isinstance(future.type, ErrorType):
        return Unknown()
    if not isinstance(future.type, FutureType | AwaitType):
        return emitter.report(
            "argument-type",
            future.range,
            callee="wait",
            parameter="future",
            expected="Future",
            actual=source_str(future.type),
        )
    return emitter.insert("aten::wait", (future.value,), future.type.element, range)


def _context(name: str) -> Form:
    def emit(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
        argument: Value | None = None
        for part in (*view.args, *(k.value for k in view.keywords)):
            argument = emitter.expr(part)
        return ContextValue(name, argument)

    return emit


def _tensor_class(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    return emitter.report(
        "not-callable",
        view.range,
        what=f"`{view.callee.range.text}`",
        suggestion="write `torch.tensor(...)`",
    )


def _size_class(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    return containers.list_form(emitter, view, ListType(INT))


def _torch_assert(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    if not arity(emitter, view, 1, 2):
        return Unknown()
    message = view.args[1] if len(view.args) == 2 else None
    emitter.statements([v.Assert(view.range, view.args[0], message)])
    return emitter.constant(None)


def _operator_form(operator: str) -> Form:
    def emit(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
        args = calls.emit_args(emitter, view.args)
        kwargs = calls.emit_kwargs(emitter, view.keywords)
        return emitter.builtin(operator, args, kwargs, view.range, callee=view.callee.range.text)

    return emit


def _warn(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    """``warnings.warn(message, category, stacklevel)``; the category has no meaning in a script."""
    if not arity(emitter, view, 1, 3, keywords=True):
        return Unknown()
    message = emitter.given(view.args[0])
    kwargs: dict[str, Given] = {}
    for keyword in view.keywords:
        if keyword.name.name == "stacklevel":
            kwargs["stacklevel"] = emitter.given(keyword.value)
    if len(view.args) == 3:
        kwargs["stacklevel"] = emitter.given(view.args[2])
    if isinstance(message.type, ErrorType):
        return emitter.constant(None)
    if not isinstance(message.type, StringType):
        message = Given(emitter.builtin("aten::str", [message], {}, message.range), message.range)
    return emitter.builtin("aten::warn", [message], kwargs, view.range, callee="warnings.warn")


def _super(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    owner = emitter.owner
    if owner is None or emitter.self_value is None:
        return emitter.report("unsupported-value", view.range, what="`super()` outside a method")
    return SuperValue(emitter.self_value(), owner)


def _new_object(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    """``C.__new__(C)`` in the code of archives."""
    if not view.args:
        return Unknown()
    subject = emitter.sugared(view.args[0])
    if isinstance(subject, ClassRef) and isinstance(subject.type, ClassType):
        return emitter.insert("prim::CreateObject", (), subject.type, view.range)
    return emitter.report("unsupported-value", view.range, what=f"`{view.range.text}`")


def _rangelist(emitter: Emitter, view: v.Apply, hint: Type | None) -> Sugared:
    return _operator_form("prim::rangelist")(emitter, view, hint)


FORMS: Mapping[str, Form] = {
    "print": _print,
    "len": _len,
    "range": containers.range_form,
    "enumerate": containers.enumerate_form,
    "zip": containers.zip_form,
    "reversed": containers.reversed_form,
    "slice": containers.slice_form,
    "list": containers.list_form,
    "tuple": containers.tuple_form,
    "dict": containers.dict_form,
    **{name: _cast_form(name) for name in _CASTS},
    "annotate": _annotate,
    "unchecked_cast": _unchecked_cast,
    "cast": _typing_cast,
    "uninitialized": _uninitialized,
    "isinstance": _isinstance,
    "jit_isinstance": _isinstance,
    "hasattr": _hasattr,
    "getattr": _getattr,
    "is_scripting": _constant_form(True),
    "is_tracing": _constant_form(False),
    "never": _constant_form(False),
    "identity": _identity,
    "reveal_type": _reveal_type,
    "unwrap_optional": _unwrap_optional,
    "fork": _fork,
    "wait": _wait,
    "no_grad": _context("no_grad"),
    "record_function": _context("record_function"),
    "tensor_class": _tensor_class,
    "size_class": _size_class,
    "torch_assert": _torch_assert,
    "is_grad_enabled": _operator_form("aten::is_grad_enabled"),
    "warn": _warn,
    "super": _super,
    "new_object": _new_object,
    "rangelist": _rangelist,
}
