"""Runtime values and their descriptions: objects, enum members, lists, dictionaries, tensors.

`ValueBuilder` makes runtime values (`tscript.runtime.object`) from what the unpickler described,
checked against the types that the archive's code declares.  `ValueDescriber` is its mirror for
saving.  Both keep identity: what was one object is one object afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ops_registry import types as t
from ops_registry.device import Device
from tscript.archive.descriptions import (
    DeviceDescription,
    DictDescription,
    EnumDescription,
    ObjectDescription,
    TaggedDescription,
    TensorDescription,
    TensorTableReference,
    TypedListDescription,
)
from tscript.archive.errors import ArchiveError, SaveError
from tscript.runtime.object import EnumMember, ScriptObject, enum_member_of, namedtuple_class
from tscript.runtime.tensor import Tensor
from tscript.types.nominal import (
    ClassType,
    EnumType,
    InterfaceType,
    ModuleType,
    NamedTupleType,
    ObjectType,
)
from tscript.types.printing import annotation_str
from tscript.types.relations import is_subtype, members_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tscript.archive.code_import import CodeLibrary
    from tscript.archive.storages import StorageReader, StorageTable

_ELEMENT_TYPES: dict[str, t.Type] = {
    "int": t.INT,
    "float": t.FLOAT,
    "bool": t.BOOL,
    "complex": t.COMPLEX,
    "Tensor": t.TENSOR,
}
_LEAVES: dict[type, t.Type] = {
    bool: t.BOOL,
    int: t.INT,
    float: t.FLOAT,
    complex: t.COMPLEX,
    str: t.STRING,
    type(None): t.NONE,
    Device: t.DEVICE,
}


def class_names(description: Any) -> Iterator[str]:
    """Every class that a description mentions, once, in order.

    >>> list(class_names([EnumDescription("__torch__.A", 1), ObjectDescription("__torch__.B")]))
    ['__torch__.A', '__torch__.B']
    """
    seen: set[int] = set()
    named: dict[str, None] = {}
    pending = [description]
    while pending:
        value = pending.pop()
        if isinstance(
            value, (list, tuple, DictDescription, TypedListDescription, TaggedDescription)
        ):
            if id(value) in seen:
                continue
            seen.add(id(value))
        if isinstance(value, (list, tuple)):
            pending.extend(reversed(value))
        elif isinstance(value, DictDescription):
            pending.extend(part for item in reversed(value.items) for part in reversed(item))
        elif isinstance(value, TypedListDescription):
            pending.append(value.items)
        elif isinstance(value, TaggedDescription):
            pending.append(value.value)
        elif isinstance(value, EnumDescription):
            named.setdefault(value.class_name)
        elif isinstance(value, ObjectDescription):
            if id(value) not in seen:
                seen.add(id(value))
                named.setdefault(value.class_name)
                pending.append(value.state)
    yield from named


class ValueBuilder:
    """Builds the values of one pickle (``member``) of an archive.

    ``library`` is asked for classes; ``table`` is the tensor table that old archives refer to.
    """

    def __init__(
        self,
        library: CodeLibrary,
        storages: StorageReader,
        member: str,
        table: list[Any] | None = None,
    ) -> None:
        self.library = library
        self.storages = storages
        self.member = member
        self.table = table or []
        self._made: dict[int, tuple[Any, Any]] = {}
        self._open: set[int] = set()
        #: Objects whose class has a ``__setstate__``, with the state to be handed to it.
        self.unset: list[tuple[ScriptObject, Any]] = []

    def build(self, description: Any, type: t.Type = t.ANY) -> Any:
        """The value described, as one of ``type``."""
        try:
            return self._build(description, type, "the value")
        except RecursionError:
            raise ArchiveError(
                "a value in it is nested too deeply",
                archive=self.library.reader.name,
                member=self.member,
            ) from None

    def _fail(self, problem: str) -> NoReturn:
        raise ArchiveError(problem, archive=self.library.reader.name, member=self.member)

    def _build(self, description: Any, type: t.Type, path: str) -> Any:
        kind = description.__class__
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return self._leaf(description, leaf, type, path)
        known = self._made.get(id(description))
        if known is not None:
            return known[1]
        if id(description) in self._open:
            self._fail(f"{path} holds itself")
        self._open.add(id(description))
        try:
            made = self._compound(description, type, path)
        finally:
            self._open.discard(id(description))
        self._made[id(description)] = (description, made)
        return made

    def _leaf(self, value: Any, leaf: t.Type, type: t.Type, path: str) -> Any:
        if isinstance(type, t.AnyType) or is_subtype(leaf, type):
            return value
        wanted = [member for member in members_of(type) if isinstance(member, t.FloatType)]
        if wanted and isinstance(leaf, t.IntType):
            return float(value)
        self._misfit(annotation_str(leaf), type, path)

    def _misfit(self, found: str, type: t.Type, path: str) -> NoReturn:
        self._fail(f"{path} is a {found}, and the code declares it as {annotation_str(type)}")

    def _compound(self, description: Any, type: t.Type, path: str) -> Any:
        match description:
            case TensorDescription():
                if not any(isinstance(m, (t.TensorType, t.AnyType)) for m in members_of(type)):
                    self._misfit("Tensor", type, path)
                return self.storages.tensor(description)
            case TensorTableReference(index):
                if index >= len(self.table):
                    self._fail(f"{path} is entry {index} of a tensor table with {len(self.table)}")
                return self.table[index]
            case list():
                return self._list(description, description, _one(type, t.ListType), type, path)
            case TypedListDescription(element, items):
                stated = t.ListType(_ELEMENT_TYPES[element])
                return self._list(description, items, stated, type, path)
            case TaggedDescription(value, text):
                stated_type = self.library.type_of_text(text, member=self.member)
                self._check_stated(stated_type, type, path)
                return self._build(value, stated_type, path)
            case DictDescription():
                return self._dict(description, type, path)
            case tuple():
                return self._tuple(description, type, path)
            case DeviceDescription(kind, index):
                if kind in ("cpu", "meta"):
                    return Device(kind, index)
                self.storages.notice.note(kind)
                return Device("cpu")
            case EnumDescription(class_name, value):
                found = self.library.type(class_name, member=self.member)
                if not isinstance(found, EnumType):
                    self._fail(f"{path} is a member of {class_name}, which is not an Enum")
                self._check_stated(found, type, path)
                try:
                    return enum_member_of(found, value)
                except ValueError:
                    self._fail(f"{path} is {value!r}, which is no member of {class_name}")
            case ObjectDescription():
                return self._object(description, type, path)
            case _:
                name = description.__class__.__name__.removesuffix("Description").lower()
                self._fail(f"{path} is a {name}, which no archive holds")

    def _check_stated(self, stated: t.Type, wanted: t.Type, path: str) -> None:
        if not is_subtype(stated, wanted):
            self._misfit(annotation_str(stated), wanted, path)

    def _list(
        self, key: Any, items: list[Any], stated: t.Type | None, type: t.Type, path: str
    ) -> list[Any]:
        if stated is None:
            if not isinstance(type, t.AnyType):
                self._misfit("list", type, path)
            element: t.Type = t.ANY
        else:
            assert isinstance(stated, t.ListType)
            element = stated.element
            self._check_stated(stated, type, path)
        made: list[Any] = []
        self._made[id(key)] = (key, made)
        made.extend(self._build(item, element, f"{path}[{n}]") for n, item in enumerate(items))
        return made

    def _dict(self, description: DictDescription, type: t.Type, path: str) -> dict[Any, Any]:
        stated = _one(type, t.DictType)
        if stated is None and not isinstance(type, t.AnyType):
            self._misfit("dictionary", type, path)
        key_type, value_type = (stated.key, stated.value) if stated is not None else (t.ANY, t.ANY)
        made: dict[Any, Any] = {}
        self._made[id(description)] = (description, made)
        for key, value in description.items:
            built_key = self._build(key, key_type, f"a key of {path}")
            try:
                made[built_key] = self._build(value, value_type, f"{path}[{built_key!r}]")
            except TypeError:
                self._fail(f"a key of {path} cannot be one")
        return made

    def _tuple(self, description: tuple[Any, ...], type: t.Type, path: str) -> Any:
        named = _one(type, NamedTupleType)
        stated = named.as_tuple() if named is not None else _one(type, t.TupleType)
        if stated is None:
            if not isinstance(type, t.AnyType):
                self._misfit("tuple", type, path)
            return tuple(
                self._build(item, t.ANY, f"{path}[{n}]") for n, item in enumerate(description)
            )
        if len(stated.elements) != len(description):
            self._misfit(f"tuple of {len(description)}", type, path)
        items = [
            self._build(item, element, f"{path}[{n}]")
            for n, (item, element) in enumerate(zip(description, stated.elements, strict=True))
        ]
        return namedtuple_class(named)(*items) if named is not None else tuple(items)

    def _object(self, description: ObjectDescription, type: t.Type, path: str) -> ScriptObject:
        found = self.library.type(description.class_name, member=self.member)
        if not isinstance(found, (ClassType, ModuleType)):
            self._fail(f"{path} is an object of {description.class_name}, which is not a class")
        if not isinstance(
            type, InterfaceType
        ):  # that it has the interface is for the compiler to say
            self._check_stated(found, type, path)
        made = ScriptObject(found)
        self._made[id(description)] = (description, made)
        if "__setstate__" in found.methods:
            self.unset.append((made, self._build(description.state, t.ANY, f"the state of {path}")))
            return made
        state = description.state if description.has_state else DictDescription()
        if not isinstance(state, DictDescription):
            self._fail(
                f"the state of {path}, an object of {description.class_name}, is no dictionary"
            )
        self._fill(made, found, state, "" if path == "the value" else f"{path}.")
        return made

    def _fill(
        self, made: ScriptObject, type: ObjectType, state: DictDescription, prefix: str
    ) -> None:
        for name, value in state.items:
            attribute = type.attributes.get(name) if isinstance(name, str) else None
            if attribute is None:
                self._fail(f"{prefix}{name} is no attribute that {type.qualified_name} declares")
            made.slots[name] = self._build(value, attribute.type, f"{prefix}{name}")
        missing = [name for name in type.attributes if name not in made.slots]
        if missing:
            self._fail(f"{prefix}{missing[0]}, an attribute of {type.qualified_name}, has no value")


def _one(type: t.Type, kind: Any) -> Any:
    """The alternative of ``type`` that is a ``kind``, if there is exactly one."""
    found = [member for member in members_of(type) if isinstance(member, kind)]
    return found[0] if len(found) == 1 else None


class ValueDescriber:
    """Describes the values of one pickle for saving; tensors go to ``storages``."""

    def __init__(self, storages: StorageTable) -> None:
        self.storages = storages
        #: The classes of everything described, in the order met.
        self.types: dict[t.NominalType, None] = {}
        self._made: dict[int, tuple[Any, Any]] = {}
        self._open: set[int] = set()

    def describe(self, value: Any, type: t.Type = t.ANY, path: str = "the value") -> Any:
        """The description of ``value``, a runtime value of ``type``; raises `SaveError`."""
        kind = value.__class__
        if kind in (bool, float, complex, str, type_of_none):
            return value
        if kind is int:
            if not -(1 << 63) <= value < 1 << 63:
                raise SaveError(f"{path} is {value}, which does not fit into 64 bits")
            return value
        known = self._made.get(id(value))
        if known is not None:
            return known[1]
        if id(value) in self._open:
            raise SaveError(f"{path} holds itself")
        self._open.add(id(value))
        try:
            made = self._describe(value, type, path)
        except RecursionError:
            raise SaveError(f"{path} is nested too deeply") from None
        finally:
            self._open.discard(id(value))
        self._made[id(value)] = (value, made)
        return made

    def _describe(self, value: Any, type: t.Type, path: str) -> Any:
        if isinstance(value, Tensor):
            return self.storages.describe(value)
        if isinstance(value, Device):
            return DeviceDescription(value.type, value.index)
        if isinstance(value, EnumMember):
            self.types.setdefault(value.type)
            return EnumDescription(value.type.qualified_name, value.value)
        if isinstance(value, ScriptObject):
            return self._object(value, path)
        if isinstance(value, list):
            return self._list(value, type, path)
        if isinstance(value, dict):
            return self._dict(value, type, path)
        if isinstance(value, tuple):
            wanted = _one(type, NamedTupleType) or _one(type, t.TupleType)
            elements = wanted.elements if wanted is not None else (t.ANY,) * len(value)
            return tuple(
                self.describe(item, element, f"{path}[{n}]")
                for n, (item, element) in enumerate(zip(value, elements, strict=True))
            )
        raise SaveError(f"{path} is a {value.__class__.__name__}, which an archive cannot hold")

    def _list(self, value: list[Any], type: t.Type, path: str) -> Any:
        stated = _one(type, t.ListType) or t.ListType(common_type(value))
        element = stated.element
        items = [self.describe(item, element, f"{path}[{n}]") for n, item in enumerate(value)]
        for name, known in _ELEMENT_TYPES.items():
            if element == known:
                return TypedListDescription(name, items)
        self._mention(stated)
        return TaggedDescription(items, annotation_str(stated))

    def _dict(self, value: dict[Any, Any], type: t.Type, path: str) -> Any:
        stated = _one(type, t.DictType)
        if stated is None:
            stated = t.DictType(common_type(value), common_type(value.values()))
        items = [
            (
                self.describe(key, stated.key, f"a key of {path}"),
                self.describe(item, stated.value, f"{path}[{key!r}]"),
            )
            for key, item in value.items()
        ]
        self._mention(stated)
        return TaggedDescription(DictDescription(items), annotation_str(stated))

    def _object(self, value: ScriptObject, path: str) -> ObjectDescription:
        type = value.type
        self.types.setdefault(type)
        made = ObjectDescription(type.qualified_name, has_state=True)
        getter = type.compiled.get("__getstate__")
        if getter is not None:
            state_type = getter.schema.returns[0].type
            made.state = self.describe(
                value.call("__getstate__"), state_type, f"the state of {path}"
            )
            return made
        prefix = "" if path == "the value" else f"{path}."
        made.state = DictDescription(
            [
                (name, self.describe(value.slots[name], attribute.type, f"{prefix}{name}"))
                for name, attribute in type.attributes.items()
                if name in value.slots
            ]
        )
        return made

    def _mention(self, type: t.Type) -> None:
        if isinstance(type, t.NominalType):
            self.types.setdefault(type)
        for part in type.contained():
            self._mention(part)


type_of_none = type(None)


def common_type(values: Any) -> t.Type:
    """The type of all of some runtime values; Tensor for none, Any where they differ.

    >>> str(common_type([1, 2])), str(common_type([])), str(common_type([1, "a"]))
    ('int', 'Tensor', 'Any')
    """
    types = {value_type(value) for value in values}
    if not types:
        return t.TENSOR
    return types.pop() if len(types) == 1 else t.ANY


def value_type(value: Any) -> t.Type:
    """The type of a runtime value, as far as it shows."""
    leaf = _LEAVES.get(value.__class__)
    if leaf is not None:
        return leaf
    match value:
        case Tensor():
            return t.TENSOR
        case ScriptObject(type=type) | EnumMember(type=type):
            return type
        case list():
            return t.ListType(common_type(value))
        case dict():
            return t.DictType(common_type(value), common_type(value.values()))
        case tuple():
            return t.TupleType(tuple(map(value_type, value)))
        case _:
            return t.ANY
