"""Values crossing between Python and compiled code.

On the way in a value is checked against its declared type and converted where TorchScript
converts (int to float, bool to int, a 0-dim tensor to a number); lists and dicts are copied, so
that neither side sees the other's changes. On the way out they are copied again, enum members
become Python's, and an integer outside 64 bits raises. The converters of a type are built once.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ops_registry import types as t
from ops_registry.device import Device
from ops_registry.dtypes import Dtype
from ops_registry.schema import Argument, FunctionSchema
from tscript.runtime.errors import ArgumentError
from tscript.runtime.layout import Layout, MemoryFormat
from tscript.runtime.object import (
    EnumMember,
    Future,
    ScriptObject,
    enum_member_of,
    python_enum,
    script_class_of,
)
from tscript.runtime.tensor import Tensor
from tscript.types.nominal import (
    ClassType,
    EnumType,
    InterfaceType,
    NamedTupleType,
    ObjectType,
)

if TYPE_CHECKING:
    from tscript.ir.function import Declared

#: A Python value to a runtime value; raises `Misfit`.
Converter = Callable[[Any], Any]


class Misfit(Exception):
    """A value does not fit its type; ``where`` is the path into it (``[2]``, ``['a'][0]``)."""

    def __init__(self, value: Any, expected: t.Type, where: str = "", remark: str = "") -> None:
        self.value = value
        self.expected = expected
        self.where = where
        self.remark = remark

    def inside(self, key: Any) -> Misfit:
        """The same, seen from the container that holds the value at ``key``."""
        return Misfit(self.value, self.expected, f"[{key!r}]{self.where}", self.remark)


def to_runtime(value: Any, type: t.Type, name: str, function: str = "") -> Any:
    """A Python value as a runtime value of ``type``.

    :class:`~tscript.runtime.errors.ArgumentError` naming the argument, what it should be and what
    it is, when it does not fit.
    """
    try:
        return converter(type)(value)
    except Misfit as misfit:
        raise ArgumentError(_explanation(misfit, name, type, function)) from None


def _explanation(misfit: Misfit, name: str, type: t.Type, function: str) -> str:
    place = f"the argument {name!r}" if name else "the value"
    of = f" of {function}()" if function else ""
    text = f"{place}{of} must be {annotation(type)}"
    got = python_type_name(misfit.value)
    if misfit.where:
        text += f": {name}{misfit.where} is {got}, not {annotation(misfit.expected)}"
    else:
        text += f", not {got}"
    if misfit.remark:
        text += f" ({misfit.remark})"
    return text


def annotation(type: t.Type) -> str:
    """A type as Python annotations spell it."""
    from tscript.types.printing import source_str

    return source_str(type)


def python_type_name(value: Any) -> str:
    """A value's type as an error names it: with the dtype and shape of a tensor."""
    if value is None:
        return "None"
    if isinstance(value, Tensor):
        return f"Tensor ({value.dtype!r}, shape {list(value.array.shape)})"
    if isinstance(value, ScriptObject):
        return value.type.qualified_name
    return type(value).__name__


def bind_arguments(
    schema: FunctionSchema,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    name: str,
    parameters: Mapping[str, Declared] | None = None,
) -> list[Any]:
    """The arguments of a call in the schema's order, defaults filled in, converted.

    ``parameters`` says which of them are Tensors only because they have no annotation.

    :class:`~tscript.runtime.errors.ArgumentError` for one that is missing, unknown, given twice or
    of the wrong type.
    """
    arguments = schema.arguments
    if len(args) > len(arguments):
        own = len(arguments)
        raise ArgumentError(f"{name}() takes {own} arguments, {len(args)} were given")
    values: list[Any] = []
    used = 0
    for position, argument in enumerate(arguments):
        if position < len(args):
            value = args[position]
            if kwargs and argument.name in kwargs:
                raise ArgumentError(f"{name}(): the argument {argument.name!r} is given twice")
        elif kwargs and argument.name in kwargs:
            value = kwargs[argument.name]
            used += 1
        elif argument.has_default:
            value = _default(argument)
        else:
            _refuse_unknown(schema, kwargs, name)
            raise ArgumentError(
                f"{name}() is missing its argument {argument.name!r} ({annotation(argument.type)})"
            )
        try:
            values.append(converter(argument.type)(value))
        except Misfit as misfit:
            declared = parameters.get(argument.name) if parameters else None
            if declared is not None and declared.assumed:
                misfit.remark = _annotate(argument.name, misfit.value)
            text = _explanation(misfit, argument.name, argument.type, name)
            raise ArgumentError(text) from None
    if used != len(kwargs):
        _refuse_unknown(schema, kwargs, name)
    return values


def _refuse_unknown(schema: FunctionSchema, kwargs: Mapping[str, Any], name: str) -> None:
    known = [argument.name for argument in schema.arguments]
    extra = next((key for key in kwargs if key not in known), None)
    if extra is not None:
        raise ArgumentError(f"{name}() has no argument {extra!r} (it has {', '.join(known)})")


def _annotate(name: str, value: Any) -> str:
    """What makes a parameter without annotation take a value that is no Tensor."""
    remark = f"{name!r} has no annotation and so is a Tensor"
    if isinstance(value, bool | int | float | complex | str):
        return f"{remark}; annotate it: `{name}: {type(value).__name__}`"
    return f"{remark}; annotate it"


def _default(argument: Argument) -> Any:
    """What a parameter is when nothing is given; schemas keep an enum's member by name."""
    type = argument.type
    inner = type.element if isinstance(type, t.OptionalType) else type
    if isinstance(inner, EnumType) and isinstance(argument.default, str):
        return EnumMember(inner, argument.default)
    return argument.default


# Into the runtime.


def _tensor(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value
    if hasattr(value, "__dlpack__") and not isinstance(value, np.ndarray | np.generic):
        from tscript.runtime.creation import from_dlpack

        return from_dlpack(value)
    remark = ""
    if isinstance(value, int | float | complex):
        remark = "torch.tensor(value) makes a tensor of a number"
    elif isinstance(value, np.ndarray):
        remark = "torch.from_numpy(array) makes a tensor of an array"
    raise Misfit(value, t.TENSOR, remark=remark)


def _is_number(value: Tensor) -> bool:
    """Whether a tensor stands for a number, which is cut to what is asked for, as in PyTorch."""
    return value.array.size == 1 and value.array.dtype.kind != "c"


def _int(value: Any) -> Any:
    if type(value) is int:
        return value
    if isinstance(value, Dtype | Layout | MemoryFormat):
        return value.code
    if isinstance(value, Tensor):
        if _is_number(value):
            return int(value._item())
        raise Misfit(value, t.INT)
    if isinstance(value, int | np.integer | np.bool_):
        return int(value)
    raise Misfit(value, t.INT)


def _float(value: Any) -> Any:
    if type(value) is float:
        return value
    if isinstance(value, Tensor):
        if _is_number(value):
            return float(value._item())
        raise Misfit(value, t.FLOAT)
    if isinstance(value, int | float | np.floating | np.integer):
        return float(value)
    raise Misfit(value, t.FLOAT)


def _complex(value: Any) -> Any:
    if isinstance(value, int | float | complex | np.number):
        return complex(value)
    if isinstance(value, Tensor) and value.array.ndim == 0:
        return complex(value._item())
    raise Misfit(value, t.COMPLEX)


def _bool(value: Any) -> Any:
    if type(value) is bool:
        return value
    if isinstance(value, int | float | complex | np.bool_ | np.number):
        return bool(value)
    if isinstance(value, Tensor) and _is_number(value):
        return bool(value._item())
    raise Misfit(value, t.BOOL)


def _string(value: Any) -> Any:
    if isinstance(value, str):
        return value
    raise Misfit(value, t.STRING)


def _none(value: Any) -> Any:
    if value is None:
        return None
    raise Misfit(value, t.NONE)


def _number(value: Any) -> Any:
    if isinstance(value, int | float | complex):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Tensor) and value.array.ndim == 0:
        return value._item()
    raise Misfit(value, t.NUMBER)


def _device(value: Any) -> Any:
    if isinstance(value, Device):
        return value
    if isinstance(value, str):
        return Device(value)
    raise Misfit(value, t.DEVICE)


def _any(value: Any) -> Any:
    """A value of no declared type: containers are copied, dtypes become their codes."""
    if isinstance(value, Dtype | Layout | MemoryFormat):
        return value.code
    if type(value) is list:
        return [_any(v) for v in value]
    if type(value) is dict:
        return {k: _any(v) for k, v in value.items()}
    if isinstance(value, tuple):
        items = [_any(v) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    inner = getattr(value, "_script_object", None)
    if inner is not None:
        return inner
    own = script_class_of(type(value))
    return value if own is None else converter(own)(value)


def _pass(value: Any) -> Any:
    return value


_CONVERTERS: dict[t.Type, Converter] = {
    t.TENSOR: _tensor,
    t.INT: _int,
    t.FLOAT: _float,
    t.COMPLEX: _complex,
    t.BOOL: _bool,
    t.STRING: _string,
    t.NONE: _none,
    t.NUMBER: _number,
    t.DEVICE: _device,
    t.ANY: _any,
}


@functools.lru_cache(maxsize=4096)
def converter(type: t.Type) -> Converter:
    """The function that checks and converts a Python value to a runtime value of ``type``."""
    found = _CONVERTERS.get(type)
    if found is not None:
        return found
    if isinstance(type, t.TensorType):
        return _tensor
    if isinstance(type, t.ListType):
        return _list_converter(type)
    if isinstance(type, t.DictType):
        return _dict_converter(type)
    if isinstance(type, t.TupleType):
        return _tuple_converter(type, type.elements, None)
    if isinstance(type, NamedTupleType):
        return _tuple_converter(type, type.elements, type)
    if isinstance(type, t.OptionalType):
        inner = converter(type.element)
        return lambda value: None if value is None else inner(value)
    if isinstance(type, t.UnionType):
        return _union_converter(type)
    if isinstance(type, EnumType):
        return lambda value: _enum(value, type)
    if isinstance(type, ObjectType | InterfaceType):
        return lambda value: _object(value, type)
    if isinstance(type, t.FutureType):
        return lambda value: _future(value, type)
    return _pass


def _future(value: Any, type: t.FutureType) -> Any:
    if isinstance(value, Future):
        return value
    raise Misfit(value, type)


def _list_converter(type: t.ListType) -> Converter:
    inner = converter(type.element)

    def convert(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.ndim == 1 and type.element != t.TENSOR:
            value = value.tolist()
        if not isinstance(value, list | tuple):
            raise Misfit(value, type)
        converted = []
        for index, item in enumerate(value):
            try:
                converted.append(inner(item))
            except Misfit as misfit:
                raise misfit.inside(index) from None
        return converted

    return convert


def _dict_converter(type: t.DictType) -> Converter:
    key_of, value_of = converter(type.key), converter(type.value)

    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Misfit(value, type)
        converted = {}
        for key, item in value.items():
            try:
                converted[key_of(key)] = value_of(item)
            except Misfit as misfit:
                raise misfit.inside(key) from None
        return converted

    return convert


def _tuple_converter(
    type: t.Type, elements: tuple[t.Type, ...], named: NamedTupleType | None
) -> Converter:
    inner = [converter(element) for element in elements]

    def convert(value: Any) -> Any:
        if not isinstance(value, tuple) or len(value) != len(inner):
            remark = ""
            if isinstance(value, tuple):
                remark = f"it has {len(value)} elements, not {len(inner)}"
            raise Misfit(value, type, remark=remark)
        converted = []
        for index, (item, convert_item) in enumerate(zip(value, inner, strict=True)):
            try:
                converted.append(convert_item(item))
            except Misfit as misfit:
                raise misfit.inside(index) from None
        if named is not None:
            from tscript.runtime.object import namedtuple_class

            return namedtuple_class(named)(*converted)
        return tuple(converted)

    return convert


def _union_converter(type: t.UnionType) -> Converter:
    members = [(member, converter(member)) for member in type.members]

    def convert(value: Any) -> Any:
        for member, convert_member in members:
            if is_instance(value, member):
                return convert_member(value)
        for _, convert_member in members:
            try:
                return convert_member(value)
            except Misfit:
                continue
        raise Misfit(value, type)

    return convert


def _enum(value: Any, type: EnumType) -> Any:
    if isinstance(value, EnumMember) and value.type == type:
        return value
    if isinstance(value, enum.Enum) and value.name in type.members:
        from tscript.runtime.object import python_classes

        known = python_classes.setdefault(type.qualified_name, value.__class__)
        if isinstance(value, known):
            return enum_member_of(type, value.value)
    raise Misfit(value, type)


def _object(value: Any, type: t.NominalType) -> Any:
    inner = getattr(value, "_script_object", None)
    if inner is not None:
        value = inner
    if isinstance(value, ScriptObject):
        if isinstance(type, InterfaceType):
            if all(name in value.type.methods or name in value.type.compiled
                   for name in type.methods):  # fmt: skip
                return value
        elif value.type == type:
            return value
    elif isinstance(type, ClassType | InterfaceType):
        made = _copied_in(value, type)
        if made is not None:
            return made
    raise Misfit(value, type)


def _copied_in(value: Any, type: ClassType | InterfaceType) -> ScriptObject | None:
    """A scripted object with the attributes of a Python instance of a script class.

    It is a copy: what a script does to it is not seen by the instance.
    """
    own = script_class_of(value.__class__)
    if not isinstance(own, ObjectType):
        return None
    if isinstance(type, InterfaceType):
        if not all(name in own.methods for name in type.methods):
            return None
    elif own != type:
        return None
    slots = {
        name: converter(attribute.type)(getattr(value, name))
        for name, attribute in own.attributes.items()
    }
    return ScriptObject(own, slots)


def is_instance(value: Any, type: t.Type) -> bool:
    """Whether a runtime value is of a type, as ``isinstance`` in a script and Union mean it.

    Elements of lists are looked at; an empty list is of every list type.
    """
    if isinstance(type, t.TensorType):
        return isinstance(value, Tensor)
    if type == t.INT:
        return isinstance(value, int) and not isinstance(value, bool)
    if type == t.FLOAT:
        return isinstance(value, float)
    if type == t.BOOL:
        return isinstance(value, bool)
    if type == t.COMPLEX:
        return isinstance(value, complex)
    if type == t.STRING:
        return isinstance(value, str)
    if type == t.NONE:
        return value is None
    if type == t.NUMBER:
        return isinstance(value, int | float | complex) and not isinstance(value, bool)
    if type == t.DEVICE:
        return isinstance(value, Device)
    if type == t.ANY:
        return True
    if isinstance(type, t.OptionalType):
        return value is None or is_instance(value, type.element)
    if isinstance(type, t.UnionType):
        return any(is_instance(value, member) for member in type.members)
    if isinstance(type, t.ListType):
        return isinstance(value, list) and all(is_instance(v, type.element) for v in value)
    if isinstance(type, t.AnyListType):
        return isinstance(value, list)
    if isinstance(type, t.AnyTupleType):
        return isinstance(value, tuple)
    if isinstance(type, t.DictType):
        return isinstance(value, dict) and all(
            is_instance(k, type.key) and is_instance(v, type.value) for k, v in value.items()
        )
    if isinstance(type, t.TupleType):
        return (
            isinstance(value, tuple)
            and len(value) == len(type.elements)
            and all(map(is_instance, value, type.elements))
        )
    if isinstance(type, NamedTupleType):
        return isinstance(value, tuple) and getattr(value, "_fields", None) == tuple(type.fields)
    if isinstance(type, EnumType):
        return isinstance(value, EnumMember) and value.type == type
    if isinstance(type, t.FutureType):
        return isinstance(value, Future)
    if isinstance(type, InterfaceType):
        try:
            _object(value, type)
        except Misfit:
            return False
        return True
    return isinstance(value, ScriptObject) and value.type == type


# Out of the runtime.

_FIRST, _LAST = -(2**63), 2**63 - 1


def _checked_int(value: Any) -> Any:
    if isinstance(value, int) and not _FIRST <= value <= _LAST:
        raise OverflowError(f"the result {value} does not fit into 64 bits")
    return value


def to_python(value: Any) -> Any:
    """A runtime value as Python gets it: containers copied, enums Python's own."""
    cls = type(value)
    if cls is int:
        return _checked_int(value)
    if cls is list:
        return [to_python(v) for v in value]
    if cls is dict:
        return {to_python(k): to_python(v) for k, v in value.items()}
    if isinstance(value, tuple):
        items = [to_python(v) for v in value]
        return cls(*items) if hasattr(value, "_fields") else tuple(items)
    if cls is EnumMember:
        return python_enum(value)
    if cls is ScriptObject:
        return value.face
    return value


def leaver(type: t.Type) -> Converter | None:
    """The way out for values of ``type``; None when they go as they are."""
    if isinstance(type, t.TensorType) or type in (t.FLOAT, t.BOOL, t.STRING, t.NONE, t.DEVICE):
        return None
    if type == t.INT:
        return _checked_int
    return to_python
