"""Types of live Python classes and values.

Two directions: :func:`class_type` gives the nominal type of a Python class (script class, enum,
NamedTuple, interface), :func:`infer_type` the type of a value that an attribute holds. Types of
``nn.Module`` instances are :mod:`tscript.jit.recursive`'s.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
import typing
from typing import Any

from ops_registry import types as t
from ops_registry.device import Device
from ops_registry.dtypes import Dtype
from tscript.frontend import views as v
from tscript.frontend.resolver import Constant, FunctionRef, NamedType, TypeConstructor
from tscript.frontend.unit import inherited_from
from tscript.jit.handles import Handle
from tscript.jit.naming import base_name, unique_name
from tscript.runtime.layout import Layout, MemoryFormat
from tscript.runtime.object import (
    EnumMember,
    Future,
    ScriptObject,
    register_python_class,
    register_script_class,
    script_class_of,
)
from tscript.runtime.size import Size
from tscript.runtime.tensor import Tensor
from tscript.types.nominal import (
    ClassType,
    EnumType,
    InterfaceType,
    NamedTupleType,
    Property,
)
from tscript.types.relations import join, make_union

#: Types of Python classes that were asked for, by class.
_class_types: dict[type, Any] = {}

_CONSTRUCTORS: dict[Any, str] = {
    list: "List",
    tuple: "Tuple",
    dict: "Dict",
    typing.Union: "Union",
    typing.Optional: "Optional",
    typing.Final: "Final",
    typing.Annotated: "Annotated",
    types.UnionType: "Union",
}

_PLAIN: dict[Any, t.Type] = {
    int: t.INT,
    float: t.FLOAT,
    bool: t.BOOL,
    str: t.STRING,
    complex: t.COMPLEX,
    None: t.NONE,
    type(None): t.NONE,
    Any: t.ANY,
    Device: t.DEVICE,
    Dtype: t.INT,
    Layout: t.INT,
    MemoryFormat: t.INT,
    Size: t.ListType(t.INT),
}


def named_type(value: Any) -> NamedType:
    """What a live object means in an annotation: a type, a generic, or None when it is no type.

    >>> from typing import List
    >>> named_type(List[int]), named_type(int), named_type(List)
    (ListType(element=IntType()), IntType(), TypeConstructor(name='List'))
    """
    try:
        plain = _PLAIN.get(value)
        if plain is not None:
            return plain
        if value in _CONSTRUCTORS:
            return TypeConstructor(_CONSTRUCTORS[value])
    except TypeError:  # not hashable
        return None
    origin = typing.get_origin(value)
    if origin is not None or isinstance(value, types.UnionType):
        return _generic(value, origin)
    if isinstance(value, typing.NewType):
        return named_type(value.__supertype__)
    if isinstance(value, typing.TypeVar):
        return None
    if value in (typing.List, typing.Tuple, typing.Dict):  # noqa: UP006
        return TypeConstructor(value._name)
    if isinstance(value, type):
        return class_type(value)
    return None


def _generic(value: Any, origin: Any) -> NamedType:
    arguments = typing.get_args(value)
    if not arguments and origin in (list, tuple, dict):
        if value is typing.Tuple[()]:  # noqa: UP006
            return t.TupleType(())
        return TypeConstructor(_CONSTRUCTORS[origin])
    if origin is typing.Annotated:
        return named_type(arguments[0])
    if origin is typing.Final:
        return named_type(arguments[0])
    parts = [_as_type(argument) for argument in arguments]
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    if origin is list:
        return t.ListType(known[0])
    if origin is dict:
        return t.DictType(known[0], known[1])
    if origin is tuple:
        return t.TupleType(tuple(known))
    if origin is Future:
        return t.FutureType(known[0])
    if origin is typing.Union or origin is types.UnionType:
        return make_union(known)
    return None


def _as_type(value: Any) -> t.Type | None:
    found = named_type(value)
    return found if isinstance(found, t.Type) else None


def class_type(cls: type) -> NamedType:
    """The type that a Python class stands for; None when it is no type of a script."""
    if issubclass(cls, Tensor):
        return t.TENSOR
    if issubclass(cls, Future):
        return TypeConstructor("Future")
    if cls is object or issubclass(cls, BaseException):
        return None
    found = _class_types.get(cls)
    if found is not None:
        return found  # type: ignore[no-any-return]
    if issubclass(cls, enum.Enum):
        return enum_type(cls)
    if _is_namedtuple(cls):
        return namedtuple_type(cls)
    if getattr(cls, "__torchscript_interface__", False):
        return interface_type(cls)
    if _is_real_tensor(cls):
        return t.TENSOR
    if cls.__module__ in _TYPELESS or is_module_class(cls):
        return None
    if dataclasses.is_dataclass(cls):
        return None  # it is a type when it is scripted, and not because a script uses it
    return script_class_type(cls)


#: Modules whose classes are no types of a script, unless a constructor or a plain type above.
_TYPELESS = frozenset({"builtins", "typing", "types", "collections", "collections.abc"})


def _is_real_tensor(cls: type) -> bool:
    return any(c.__module__ == "torch" and c.__name__ == "Tensor" for c in cls.__mro__)


def is_module_class(cls: type) -> bool:
    """Whether a class is an ``nn.Module``, ours or PyTorch's."""
    return any(c.__name__ == "Module" and c.__module__.endswith("nn.modules.module")
               or c.__name__ == "Module" and c.__module__ == "tscript.nn.module"
               for c in cls.__mro__)  # fmt: skip


def _is_namedtuple(cls: type) -> bool:
    return issubclass(cls, tuple) and hasattr(cls, "_fields")


def enum_type(cls: type[enum.Enum]) -> EnumType | None:
    """The type of an enum; None when its values are not of one type that scripts have."""
    members = {member.name: member.value for member in cls}  # a second name for a value is none
    kinds = {type(value) for value in members.values()}
    value_type = _PLAIN.get(next(iter(kinds))) if len(kinds) == 1 else None
    if value_type not in (t.INT, t.FLOAT, t.STRING):
        return None
    name = unique_name(base_name(cls))
    register_python_class(name, cls)
    made = EnumType(name, members=members, value_type=value_type)
    register_script_class(cls, made)
    _class_types[cls] = made
    return made


def namedtuple_type(cls: Any) -> NamedTupleType | None:
    """The type of a NamedTuple; fields without annotations are Tensors."""
    from tscript.jit.live_resolver import LiveResolver

    name = unique_name(base_name(cls))
    made = NamedTupleType(name)
    _class_types[cls] = made
    resolver = LiveResolver.of_class(cls)
    # a class that adds methods to a NamedTuple has the annotations of its base
    annotations: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        annotations |= inspect.get_annotations(base)
    for field in cls._fields:
        written = annotations.get(field, Tensor)
        found = resolver.annotation_type(written)
        if found is None:
            del _class_types[cls]
            return None
        made.fields[field] = found
    made.defaults.update(cls._field_defaults)
    register_python_class(name, cls)
    return made


def interface_type(cls: type) -> InterfaceType:
    """The type of a class marked with ``torch.jit.interface``."""
    from tscript.jit.interfaces import interface_schemas

    made = InterfaceType(unique_name(base_name(cls)), is_module=is_module_class(cls))
    _class_types[cls] = made
    made.methods.update(interface_schemas(cls))
    return made


def script_class_type(cls: type) -> ClassType:
    """The type of a Python class used as a script class; its methods are compiled when reached."""
    made = ClassType(unique_name(base_name(cls)))
    _class_types[cls] = made
    made.set_open(True)
    for base in cls.__mro__[1:-1]:
        for name in vars(base):
            made.unusable[name] = inherited_from(base.__name__)
    for name, member in _members(cls):
        made.unusable.pop(name, None)
        if isinstance(member, staticmethod):
            made.static_methods[name] = _reference(made, name, member.__func__, None)
        elif isinstance(member, classmethod):
            made.unusable[name] = "is a class method"
        elif isinstance(member, property):
            made.properties[name] = _property(made, name, member)
        elif inspect.isfunction(member) or isinstance(member, v.Def):
            made.methods[name] = _reference(made, name, member, made)
    made.set_open("__init__" in made.methods)
    register_python_class(made.qualified_name, cls)
    register_script_class(cls, made)
    return made


def _members(cls: type) -> list[tuple[str, Any]]:
    """What a class defines; a method that ``@dataclass`` wrote is replaced by its view."""
    members = list(vars(cls).items())
    if not dataclasses.is_dataclass(cls):
        return members
    from tscript.frontend.dataclass_methods import dataclass_methods
    from tscript.frontend.view_cache import cached_class
    from tscript.jit.source_lookup import source_of

    view = cached_class(source_of(cls))
    defined = {found.name.name for found in view.body if isinstance(found, v.Def | v.ClassDef)}
    own = [(n, m) for n, m in members if n in defined or not inspect.isfunction(m)]
    return [*own, *dataclass_methods(view).items()]


def _reference(owner: ClassType, name: str, function: Any, bound_to: Any) -> FunctionRef:
    return FunctionRef(f"{owner.qualified_name}.{name}", Handle(function, bound_to))


def _property(owner: ClassType, name: str, member: property) -> Property:
    getter = f"__{name}_getter"
    owner.methods[getter] = _reference(owner, getter, member.fget, owner)
    setter = None
    if member.fset is not None:
        setter = f"__{name}_setter"
        owner.methods[setter] = _reference(owner, setter, member.fset, owner)
    return Property(getter, setter)


# Types of values.


class NoTypeError(Exception):
    """A value has no TorchScript type; the text completes "the attribute ...; remedy"."""


def infer_type(value: Any) -> t.Type:
    """The type of a Python value; raises :class:`NoTypeError` with the reason when it has none.

    >>> infer_type([1, 2]), infer_type({"a": 1.0})
    (ListType(element=IntType()), DictType(key=StringType(), value=FloatType()))
    """
    if isinstance(value, Tensor):
        return t.TENSOR
    plain = _PLAIN.get(type(value))
    if plain is not None:
        return plain
    if isinstance(value, list):
        return t.ListType(_element_type(value, "list"))
    if isinstance(value, dict):
        if not value:
            raise NoTypeError(
                "is an empty dict, whose type cannot be told; annotate it in the class body: "
                "`{name}: Dict[str, int]`"
            )
        return t.DictType(
            _element_type(list(value), "dict"), _element_type(list(value.values()), "dict")
        )
    if isinstance(value, enum.Enum):
        found = class_type(type(value))
        if isinstance(found, EnumType):
            return found
        raise NoTypeError(f"is a member of {type(value).__name__}, whose values are of mixed types")
    if isinstance(value, tuple):
        if _is_namedtuple(type(value)):
            found = class_type(type(value))
            if isinstance(found, NamedTupleType):
                return found
        return t.TupleType(tuple(map(infer_type, value)))
    if isinstance(value, ScriptObject):
        return value.type
    if isinstance(value, EnumMember):
        return value.type
    if isinstance(value, Future):
        return t.FutureType(infer_type(value.wait()))
    scripted = script_class_of(type(value))
    if isinstance(scripted, ClassType) and "__init__" in scripted.compiled:
        return scripted
    if is_module_class(type(value)):
        raise NoTypeError(
            "holds modules, which only a submodule can; make it a `torch.nn.ModuleList` or "
            "`torch.nn.ModuleDict`"
        )
    raise NoTypeError(f"is of type {type(value).__name__}, which scripts do not have")


def _element_type(values: list[Any], what: str) -> t.Type:
    if not values:
        raise NoTypeError(
            f"is an empty {what}, whose type cannot be told; annotate it in the class body: "
            f"`{{name}}: {'Dict[str, int]' if what == 'dict' else 'List[int]'}`"
        )
    types_ = [infer_type(value) for value in values]
    joined = join(dict.fromkeys(types_))
    if joined is None:
        names = ", ".join(dict.fromkeys(map(str, types_)))
        raise NoTypeError(f"is a {what} whose elements are of several types ({names})")
    return joined


def constant_of(value: Any) -> Constant | None:
    """A value as a compile-time constant, or None when it cannot be one.

    Constants are numbers, strings, None, dtypes and the like, devices, enum members, and tuples
    and lists of those.
    """
    if isinstance(value, Dtype | Layout | MemoryFormat):
        return Constant(value.code, t.INT)
    if value is None or isinstance(value, bool | int | float | complex | str | Device):
        return Constant(value, _PLAIN[type(value)] if type(value) in _PLAIN else infer_type(value))
    if isinstance(value, enum.Enum):
        found = class_type(type(value))
        return Constant(value.name, found) if isinstance(found, EnumType) else None
    if isinstance(value, tuple | list):
        items = [constant_of(item) for item in value]
        known = [item for item in items if item is not None]
        if len(known) != len(items):
            return None
        values = [item.value for item in known]
        if isinstance(value, list) and not isinstance(value, Size):
            joined = join(dict.fromkeys(item.type for item in known)) if known else t.TENSOR
            return None if joined is None else Constant(values, t.ListType(joined))
        return Constant(tuple(values), t.TupleType(tuple(item.type for item in known)))
    return None
