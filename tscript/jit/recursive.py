"""From an ``nn.Module`` instance to its ``ModuleType`` and the ``ScriptObject`` behind a script.

Every attribute of the instance is looked at once: parameters, buffers, submodules, values of
types that scripts have, constants (``__constants__``, ``Final``), functions. Two instances of one
class whose attributes have the same types and constants share a type, and so their compiled
methods. What a script cannot use is remembered with the reason, and reported where it is used.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from ops_registry import types as t
from ops_registry.device import Device
from ops_registry.dtypes import Dtype
from tscript import markers
from tscript.frontend.resolver import FunctionRef
from tscript.jit import live_types
from tscript.jit.handles import Handle
from tscript.jit.live_resolver import LiveResolver
from tscript.jit.naming import base_name, unique_name
from tscript.nn import (
    Module,
    ModuleDict,
    ModuleList,
    ParameterDict,
    ParameterList,
    Sequential,
)
from tscript.nn.module import REGISTRIES
from tscript.runtime.boundary import to_runtime
from tscript.runtime.errors import ArgumentError
from tscript.runtime.layout import Layout
from tscript.runtime.object import ScriptObject
from tscript.types.nominal import (
    ConstantMember,
    ContainerKind,
    InterfaceType,
    ModuleType,
    Property,
)

_CONTAINERS: tuple[tuple[type, ContainerKind], ...] = (
    (Sequential, "sequential"),
    (ModuleList, "list"),
    (ModuleDict, "dict"),
    (ParameterList, "parameter_list"),
    (ParameterDict, "parameter_dict"),
)

#: Types made so far: for each Python class, what its instances looked like and their type.
_shared: dict[type, list[tuple[tuple[Any, ...], ModuleType]]] = {}

_FINAL = re.compile(r"(\w+\.)*Final(\[|\Z)")


class UnscriptableModuleError(RuntimeError):
    """A module that cannot be scripted as a whole; the message says what and why."""


def script_object_of(module: Module, *, fresh: bool = False) -> ScriptObject:
    """The object a script sees for a module: its type, and slots filled from its attributes.

    Tensors and submodules are shared with ``module``; lists, dicts and numbers are copied.
    ``fresh`` makes a type of its own even when another instance looks the same.
    """
    return _Builder(fresh).object(module)


class _Builder:
    """One walk over a tree of modules; a module that occurs twice becomes one object."""

    def __init__(self, fresh: bool) -> None:
        self.fresh = fresh
        self.made: dict[int, ScriptObject] = {}

    def object(self, module: Module) -> ScriptObject:
        own = getattr(module, "_script_object", None)
        if own is not None:
            return typing.cast(ScriptObject, own)
        found = self.made.get(id(module))
        if found is None:
            if "_parameters" not in vars(module):
                raise UnscriptableModuleError(
                    f"{type(module).__name__}.__init__ has to call super().__init__()"
                )
            found = self.made[id(module)] = self._build(module)
        return found

    def _build(self, module: Module) -> ScriptObject:
        facts = _Facts(module, self)
        self.made[id(module)] = made = ScriptObject(facts.type, {})
        key = facts.key()
        for known, shared in _shared.get(type(module), ()):
            if known == key and not self.fresh and not facts.type.compiled:
                object.__setattr__(made, "type", shared)
                break
        else:
            if not self.fresh:
                _shared.setdefault(type(module), []).append((key, facts.type))
            facts.add_callables()
        for name, attribute in made.type.attributes.items():
            made.slots[name] = facts.slot(name, attribute.type)
        return made


class _Facts:
    """What one module instance has."""

    def __init__(self, module: Module, builder: _Builder) -> None:
        self.module = module
        self.cls = type(module)
        self.builder = builder
        kind = next((kind for cls, kind in _CONTAINERS if isinstance(module, cls)), None)
        self.type = ModuleType(base_name(self.cls), container=kind)
        self.annotations = dict(_annotations(self.cls))
        self.resolver = LiveResolver.of_class(self.cls)
        self.functions: dict[str, Any] = {}
        self.objects: dict[str, ScriptObject] = {}
        self.values: dict[str, Any] = {}
        self._read()

    # Reading the instance.

    def _read(self) -> None:
        module, own = self.module, vars(self.module)
        ignored = set(getattr(module, "__jit_ignored_attributes__", ()))
        for name, parameter in module._parameters.items():
            self._tensor(name, parameter, "parameter")
        for name, buffer in module._buffers.items():
            self._tensor(name, buffer, "buffer")
        self._add("training", bool(module.training), t.BOOL)
        for name, submodule in module._modules.items():
            self._submodule(name, submodule)
        for name in constant_names(self.cls):
            self._constant(name)
        taken = {*self.type.attributes, *self.type.constants, *self.type.unusable}
        for name, value in own.items():
            if name in REGISTRIES or name in taken or name in ignored or name == "training":
                continue
            self._attribute(name, value)

    def _tensor(self, name: str, value: Any, kind: Any) -> None:
        if value is None:
            self._add(name, None, t.NONE)
        else:
            self.type.add_attribute(name, t.TENSOR, kind)
            self.values[name] = value

    def _submodule(self, name: str, submodule: Module | None) -> None:
        if submodule is None:
            self._add(name, None, t.NONE)
            return
        made = self.objects[name] = self.builder.object(submodule)
        declared = self._declared(name)
        self.type.add_attribute(
            name, declared if isinstance(declared, InterfaceType) else made.type
        )

    def _constant(self, name: str) -> None:
        if name in self.type.attributes or not hasattr(self.module, name):
            return
        value = _without_lists(getattr(self.module, name))
        constant = live_types.constant_of(value) if can_be_constant(value) else None
        if constant is not None:
            self.type.constants[name] = ConstantMember(constant.value, constant.type)
        else:
            self._attribute(name, value)  # it is reported as a constant, and only as that

    def _attribute(self, name: str, value: Any) -> None:
        if isinstance(value, markers.Attribute):
            declared = self.resolver.annotation_type(value.type)
            value = value.value
        else:
            declared = self._declared(name)
        if declared is not None:
            self._add(name, value, declared)
            return
        if _is_function(value):
            self.functions[name] = value
            return
        try:
            self._add(name, value, live_types.infer_type(value))
        except live_types.NoTypeError as error:
            self.type.unusable[name] = str(error)

    def _declared(self, name: str) -> t.Type | None:
        written = self.annotations.get(name)
        return None if written is None else self.resolver.annotation_type(written)

    def _add(self, name: str, value: Any, type: t.Type) -> None:
        self.type.add_attribute(name, type)
        self.values[name] = value

    # Sharing.

    def key(self) -> tuple[Any, ...]:
        """What must agree for two instances of one class to share a type."""
        type = self.type
        return (
            tuple((a.name, a.kind, _identity(a.type)) for a in type.attributes.values()),
            tuple((n, repr(c.value), c.type) for n, c in type.constants.items()),
            tuple((n, id(f)) for n, f in self.functions.items()),
            tuple(type.unusable.items()),
            tuple(map(id, self._hooks())),
            type.container,
        )

    def _hooks(self) -> Iterator[Any]:
        yield from self.module._forward_pre_hooks.values()
        yield from self.module._forward_hooks.values()

    # What is compiled.

    def add_callables(self) -> None:
        """Give the (new) type its final name and what can be called on it."""
        type = self.type
        object.__setattr__(type, "qualified_name", unique_name(type.qualified_name))
        for name, function in self.functions.items():
            type.static_methods[name] = FunctionRef(base_name(function), Handle(function))
        unused = set(getattr(self.cls, "__jit_unused_properties__", ()))
        for name, member in _class_members(self.cls).items():
            if name in type.attributes or name in type.constants:
                continue
            if isinstance(member, staticmethod):
                function = member.__func__
                type.static_methods[name] = FunctionRef(base_name(function), Handle(function))
            elif isinstance(member, property) and name not in unused:
                if markers.modifier_of(member) in (
                    markers.Modifier.DEFAULT,
                    markers.Modifier.EXPORT,
                ):
                    self._add_property(name, member)
            elif member is Module.forward:
                continue  # only says that there is none
            elif inspect.isfunction(member) or hasattr(member, "_script_method_of"):
                self._add_method(name, getattr(member, "_script_method_of", member))
        for name, value in vars(self.module).items():
            if inspect.ismethod(value) and value.__self__ is self.module:
                self._add_method(name, value.__func__)
        for hook in self.module._forward_pre_hooks.values():
            type.forward_pre_hooks.append(self._add_hook(hook))
        for hook in self.module._forward_hooks.values():
            type.forward_hooks.append(self._add_hook(hook))

    def _add_method(self, name: str, function: Any) -> None:
        reference = FunctionRef(f"{self.type.qualified_name}.{name}", Handle(function, self.type))
        self.type.methods[name] = reference

    def _add_hook(self, hook: Any) -> str:
        """Make a hook a method, by a name that no other function has; returns the name."""
        function = getattr(hook, "__func__", hook)
        name = plain = getattr(function, "__name__", "__hook")
        number = 0
        while (known := self.type.methods.get(name)) is not None:
            if known.handle.function is function:
                return name
            number += 1
            name = f"__{plain}_hook_{number}"
        self._add_method(name, function)
        return name

    def _add_property(self, name: str, member: property) -> None:
        getter = f"__{name}_getter"
        self._add_method(getter, member.fget)
        setter = None
        if member.fset is not None:
            setter = f"__{name}_setter"
            self._add_method(setter, member.fset)
        self.type.properties[name] = Property(getter, setter)

    # Filling the object.

    def slot(self, name: str, declared: t.Type) -> Any:
        """The run-time value of a slot."""
        if name in self.objects:
            return self.objects[name]
        try:
            return to_runtime(self.values[name], declared, name)
        except ArgumentError as error:
            raise UnscriptableModuleError(
                f"{self.cls.__name__}.{name} does not have the type that its annotation says: {error}"
            ) from None


def constant_names(cls: type) -> list[str]:
    """What ``__constants__`` and ``Final`` declare in a class and its bases."""
    names: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        declared = vars(base).get("__constants__", ())
        names.update(dict.fromkeys(declared))
    for name, written in _annotations(cls).items():
        text = written if isinstance(written, str) else ""
        if typing.get_origin(written) is typing.Final or written is typing.Final:
            names[name] = None
        elif _FINAL.match(text):
            names[name] = None
    return list(names)


def can_be_constant(value: Any) -> bool:
    """Whether a value can be a constant of a module.

    >>> can_be_constant((1, ["a", None])), can_be_constant({"a": 1}), can_be_constant(1j)
    (True, False, False)
    """
    if isinstance(value, tuple | list):
        return all(map(can_be_constant, value))
    return value is None or isinstance(value, bool | int | float | str | Device | Layout | Dtype)


def _identity(type: t.Type) -> Any:
    return id(type) if isinstance(type, ModuleType) else type


def _without_lists(value: Any) -> Any:
    """A constant as scripts have it: a list that nobody can change is a tuple."""
    if type(value) in (list, tuple):
        return tuple(map(_without_lists, value))
    return value


def _is_function(value: Any) -> bool:
    if isinstance(value, type | Module) or not callable(value):
        return False
    return (
        inspect.isroutine(value)
        or hasattr(value, "_compiled_function")
        or hasattr(value, "__torchscript_dispatch__")
        or hasattr(value, "operator_name")
    )


def _annotations(cls: type) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__ != "tscript.nn.module":
            found.update(inspect.get_annotations(base))
    return found


def _class_members(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base is object or base is Module or base.__module__ == "tscript.jit.script_module":
            continue
        found.update(vars(base))
    return {
        name: member
        for name, member in found.items()
        if not name.startswith("__") or name in _SPECIAL_METHODS
    }


#: Double-underscore methods that a script may call on a module.
_SPECIAL_METHODS = frozenset({"__len__", "__contains__", "__getitem__"})


def entry_points(module: Module, type: ModuleType) -> list[str]:
    """The methods that scripting a module compiles: ``forward`` and those marked ``export``."""
    names = []
    forward = getattr(module, "forward", None)
    defines = forward is not None and getattr(forward, "__func__", forward) is not Module.forward
    if type.container in ("parameter_list", "parameter_dict"):
        defines = False  # theirs says that they cannot be called
    if defines and markers.modifier_of(forward) not in (
        markers.Modifier.IGNORE,
        markers.Modifier.UNUSED,
    ):
        names.append("forward")
    for name, reference in type.methods.items():
        handle = reference.handle
        if name != "forward" and isinstance(handle, Handle):
            if markers.modifier_of(handle.function) is markers.Modifier.EXPORT:
                names.append(name)
    names += [
        name for name in (*type.forward_pre_hooks, *type.forward_hooks) if name in type.methods
    ]
    for found in type.properties.values():
        names.append(found.getter)
        if found.setter is not None:
            names.append(found.setter)
    return list(dict.fromkeys(names))
