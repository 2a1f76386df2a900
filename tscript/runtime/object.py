"""Values of nominal types at run time: scripted objects, enum members, NamedTuples, futures.

Archives build them and executors pass them around; ``jit.ScriptModule`` is the Python face of a
module's object. The graphs belong to the type (``type.compiled``), so two objects of one type
share code.
"""

from __future__ import annotations

import enum
import types
import weakref
from collections import namedtuple
from typing import Any

from tscript.types.nominal import EnumType, NamedTupleType, ObjectType


class ScriptObject:
    """An instance of a scripted class or module: its type and its slots.

    Slots hold runtime values: Tensors, numbers, lists (shared by reference), other objects. In
    Python, attributes and methods are the object's as in its class; an attribute that is a list
    comes as a copy.
    """

    __slots__ = ("__weakref__", "_face", "slots", "type")

    _face: weakref.ref[Any] | None
    type: ObjectType
    slots: dict[str, Any]

    def __init__(self, type: ObjectType, slots: dict[str, Any] | None = None) -> None:
        object.__setattr__(self, "type", type)
        object.__setattr__(self, "slots", {} if slots is None else slots)
        object.__setattr__(self, "_face", None)

    def set_face(self, face: Any) -> None:
        """Say which Python object stands for this one (a ScriptModule): what Python functions
        that a script calls are given."""
        object.__setattr__(self, "_face", weakref.ref(face))

    @property
    def face(self) -> Any:
        """The Python object that stands for this one, or the object itself."""
        reference = self._face
        found = None if reference is None else reference()
        return self if found is None else found

    def _type(self) -> ObjectType:
        """Its type; modules of one class that look the same have the same one."""
        return self.type

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a compiled method from Python."""
        from tscript.runtime.executor import call_method

        return call_method(self, method, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in self.slots:
            from tscript.runtime.boundary import to_python

            return to_python(self.slots[name])
        type = self.type
        if name in type.compiled or name in type.methods and not name.startswith("__"):
            return _BoundMethod(self, name)
        found = type.properties.get(name)
        if found is not None:
            return self.call(found.getter)
        constant = type.constants.get(name)
        if constant is not None:
            return constant.value
        raise AttributeError(f"'{type.qualified_name}' object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        attribute = self.type.attribute_type(name)
        found = self.type.properties.get(name)
        if attribute is not None:
            from tscript.runtime.boundary import to_runtime

            self.slots[name] = to_runtime(value, attribute, name)
        elif found is not None and found.setter is not None:
            self.call(found.setter, value)
        else:
            raise AttributeError(f"'{self.type.qualified_name}' object has no slot {name!r}")

    def __deepcopy__(self, memo: dict[int, Any]) -> ScriptObject:
        import copy

        made = ScriptObject(self.type)
        memo[id(self)] = made
        for name, value in self.slots.items():
            made.slots[name] = copy.deepcopy(value, memo)
        return made

    def __reduce__(self) -> Any:
        raise TypeError(
            f"an object of the scripted type {self.type.qualified_name} is saved with"
            " torch.jit.save, not pickled by itself"
        )

    def _special(self, name: str, *args: Any) -> Any:
        if name not in self.type.compiled:
            raise TypeError(f"'{self.type.qualified_name}' object has no {name}")
        return self.call(name, *args)

    def __len__(self) -> int:
        length: int = self._special("__len__")
        return length

    def __bool__(self) -> bool:
        return True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = "forward" if "forward" in self.type.compiled else "__call__"
        return self.call(name, *args, **kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self._special("__getitem__", index)

    def __contains__(self, item: Any) -> Any:
        return self._special("__contains__", item)

    def __add__(self, other: Any) -> Any:
        return self._special("__add__", other)

    def __sub__(self, other: Any) -> Any:
        return self._special("__sub__", other)

    def __mul__(self, other: Any) -> Any:
        return self._special("__mul__", other)

    def __lt__(self, other: Any) -> Any:
        return self._special("__lt__", other)

    def __le__(self, other: Any) -> Any:
        return self._special("__le__", other)

    def __gt__(self, other: Any) -> Any:
        return self._special("__gt__", other)

    def __ge__(self, other: Any) -> Any:
        return self._special("__ge__", other)

    def __eq__(self, other: Any) -> Any:
        if "__eq__" in self.type.compiled and isinstance(other, ScriptObject):
            return self.call("__eq__", other)
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __str__(self) -> str:
        return self.call("__str__") if "__str__" in self.type.compiled else repr(self)

    def __repr__(self) -> str:
        return f"<{self.type.qualified_name} object at {id(self):#x}>"


class _BoundMethod:
    """A method of an object, callable from Python."""

    __slots__ = ("__name__", "__self__")

    def __init__(self, owner: ScriptObject, name: str) -> None:
        self.__self__ = owner
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__self__.call(self.__name__, *args, **kwargs)


#: Every member is one object, as in Python: ``is`` compares them.
_members: dict[tuple[str, str, Any], EnumMember] = {}


class EnumMember:
    """A member of a scripted enum. Equal members have one type and one name."""

    __slots__ = ("name", "type", "value")

    name: str
    type: EnumType
    value: Any

    def __new__(cls, type: EnumType, name: str, value: Any = None) -> EnumMember:
        value = type.members[name] if value is None else value
        key = (type.qualified_name, name, value)
        found = _members.get(key)
        if found is None:
            found = _members[key] = super().__new__(cls)
            found.type, found.name, found.value = type, name, value
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EnumMember):
            return NotImplemented
        return self.name == other.name and self.type == other.type

    def __hash__(self) -> int:
        return hash((self.type.qualified_name, self.name))

    def __repr__(self) -> str:
        return f"{self.type.qualified_name.rpartition('.')[2]}.{self.name}"


#: The types of script classes and enums, by the Python class.
_script_classes: weakref.WeakKeyDictionary[type, ObjectType | EnumType] = (
    weakref.WeakKeyDictionary()
)


def register_script_class(cls: type, type_: ObjectType | EnumType) -> None:
    """Remember the type of a class that was scripted: its instances may enter scripts."""
    _script_classes[cls] = type_


def script_class_of(cls: type) -> ObjectType | EnumType | None:
    """The type of a scripted Python class or enum; None for any other."""
    return _script_classes.get(cls)


#: Python classes that scripted enums and NamedTuples were made from, by qualified name: results
#: of functions become instances of them.
python_classes: dict[str, type] = {}


def register_python_class(qualified_name: str, cls: type) -> None:
    """Remember the Python class behind an enum or NamedTuple type."""
    python_classes[qualified_name] = cls


def enum_member_of(type: EnumType, value: Any) -> EnumMember:
    """The member with a value. ValueError when there is none."""
    for name, member in type.members.items():
        if member == value and isinstance(member, bool) == isinstance(value, bool):
            return EnumMember(type, name, member)
    raise ValueError(f"{value!r} is not a value of {type.qualified_name}")


def python_enum(member: EnumMember) -> Any:
    """The Python enum member, if the class is known; else the member as it is."""
    cls = python_classes.get(member.type.qualified_name)
    if cls is not None and issubclass(cls, enum.Enum) and member.name in cls.__members__:
        return cls[member.name]
    return member


_namedtuples: dict[tuple[str, tuple[str, ...]], Any] = {}


def namedtuple_class(type: NamedTupleType) -> Any:
    """The Python class whose instances are values of a NamedTuple type."""
    fields = tuple(type.fields)
    known = python_classes.get(type.qualified_name)
    if known is not None and getattr(known, "_fields", None) == fields:
        return known
    key = (type.qualified_name, fields)
    found = _namedtuples.get(key)
    if found is None:
        name = type.qualified_name.rpartition(".")[2]
        found = _namedtuples[key] = namedtuple(name, fields, rename=True)
    return found


class Future:
    """The result of ``torch.jit.fork``. The call ran at once; ``wait`` gives what it gave."""

    __slots__ = ("_error", "_value")

    #: ``Future[int]`` in an annotation.
    __class_getitem__: Any = classmethod(types.GenericAlias)

    def __init__(self, value: Any = None, error: BaseException | None = None) -> None:
        self._value = value
        self._error = error

    def wait(self) -> Any:
        """The result; raises what the call raised."""
        if self._error is not None:
            raise self._error
        return self._value

    def value(self) -> Any:
        return self.wait()

    def done(self) -> bool:
        return True

    def __repr__(self) -> str:
        return "<torch.jit.Future (done)>"


def slot_names(value: ScriptObject) -> list[str]:
    """The names of an object's slots, in the order of its type."""
    return [name for name in value.type.attributes if name in value.slots]
