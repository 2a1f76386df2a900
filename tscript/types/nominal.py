"""Types known by name: script classes, enums, NamedTuples, interfaces and ``nn`` modules.

These are plain descriptions: they hold no live Python object, so the live resolver, the mypy
resolver and the archive reader all build them. A type may be built in two steps, because a class
may mention itself: create it with its name, then fill its dictionaries. Equality is that of
:class:`~ops_registry.types.NominalType` (kind and qualified name); whoever creates types makes
names unique (PyTorch adds ``___torch_mangle_N`` to the path).

How types relate is in :mod:`tscript.types.relations`; objects of these types at run time are
``tscript.runtime.object.ScriptObject``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ops_registry.types import NominalType, TupleType, Type

AttributeKind = Literal["attribute", "parameter", "buffer"]
#: Prefix of the names of tuples that operators return with named fields (``torch.max(x, 0).values``).
RETURN_TYPES = "torch.return_types."
ContainerKind = Literal["list", "sequential", "dict", "parameter_list", "parameter_dict"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One slot of an object: its name, its type, and what a module registered it as."""

    name: str
    type: Type
    kind: AttributeKind = "attribute"


@dataclass(frozen=True, slots=True)
class ConstantMember:
    """A constant of a class or module (``__constants__``, ``Final``, a class-level enum).

    ``value`` is a Python value of the types that constants can have (int, float, bool, complex,
    str, None, ``Device``, a dtype's int code, an enum member's name, tuples and lists of those),
    or ``tscript.frontend.resolver.UNKNOWN`` where only the type is known.
    """

    value: Any
    type: Type


@dataclass(frozen=True, slots=True)
class Property:
    """A property: its getter and setter are methods of the same type, by these names."""

    getter: str
    setter: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ObjectType(NominalType):
    """What classes, modules and interfaces share: slots, constants, methods, properties.

    ``methods`` maps a name to the resolver's ``FunctionRef`` (what ``Resolver.definition`` is
    asked with); ``compiled`` gets the ``CompiledFunction`` under the same name once the method
    has been emitted, and is what ``prim::CallMethod`` looks in at run time. The insertion order
    of ``attributes`` is the order of slots.
    """

    attributes: dict[str, Attribute] = field(default_factory=dict)
    constants: dict[str, ConstantMember] = field(default_factory=dict)
    methods: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Property] = field(default_factory=dict)
    compiled: dict[str, Any] = field(default_factory=dict)
    #: Names that exist on the Python object but cannot be used in a script, with the reason.
    unusable: dict[str, str] = field(default_factory=dict)

    def attribute_type(self, name: str) -> Type | None:
        """The type of slot ``name``, or None."""
        attribute = self.attributes.get(name)
        return None if attribute is None else attribute.type

    def add_attribute(self, name: str, type: Type, kind: AttributeKind = "attribute") -> None:
        self.attributes[name] = Attribute(name, type, kind)


@dataclass(frozen=True, slots=True, eq=False)
class ClassType(ObjectType):
    """A script class. ``static_methods`` maps names to FunctionRefs without ``self``.

    A class has its attributes from the assignments to ``self`` in its ``__init__`` (the emitter
    adds them while it compiles that method, so ``__init__`` is compiled first), or from the
    declarations in an archive.
    """

    static_methods: dict[str, Any] = field(default_factory=dict)
    #: Qualified names of base classes, nearest first (only exceptions and modules have any).
    parents: tuple[str, ...] = ()
    #: Attributes may still be added by ``__init__`` (the emitter clears this by `seal`).
    open: list[bool] = field(default_factory=lambda: [False])

    @property
    def is_open(self) -> bool:
        """Whether an assignment to an unknown attribute of ``self`` declares it."""
        return self.open[0]

    def set_open(self, value: bool) -> None:
        self.open[0] = value


@dataclass(frozen=True, slots=True, eq=False)
class ModuleType(ObjectType):
    """An ``nn.Module``: parameters, buffers, submodules and attributes are all slots.

    A submodule is a slot with a ModuleType (``submodules`` lists them in order). ``container``
    says that the module is a ModuleList, Sequential or ModuleDict: iterating, indexing and
    ``len`` unroll over its submodules. A ParameterList's items are its parameters, in order.
    """

    container: ContainerKind | None = None
    static_methods: dict[str, Any] = field(default_factory=dict)
    #: Names of forward hooks and pre-hooks: methods of this type, in the order they run.
    forward_hooks: list[str] = field(default_factory=list)
    forward_pre_hooks: list[str] = field(default_factory=list)

    @property
    def submodules(self) -> dict[str, ModuleType]:
        """The slots that are modules, in order."""
        return {
            name: attribute.type
            for name, attribute in self.attributes.items()
            if isinstance(attribute.type, ModuleType)
        }


@dataclass(frozen=True, slots=True, eq=False)
class InterfaceType(NominalType):
    """``torch.jit.interface``: the methods that an object of the type has.

    ``methods`` maps a name to its ``FunctionSchema``, ``self`` first.
    """

    methods: dict[str, Any] = field(default_factory=dict)
    is_module: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class EnumType(NominalType):
    """An ``enum.Enum``: all values have one type (``int``, ``float`` or ``str``)."""

    members: dict[str, Any] = field(default_factory=dict)
    value_type: Type | None = None

    def __str__(self) -> str:
        return f"Enum<{self.qualified_name}>"


@dataclass(frozen=True, slots=True, eq=False)
class NamedTupleType(NominalType):
    """A NamedTuple: its fields with their types, and the defaults of the trailing ones."""

    fields: dict[str, Type] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        fields = ", ".join(f"{name} : {type}" for name, type in self.fields.items())
        return f"NamedTuple({fields})"

    @property
    def elements(self) -> tuple[Type, ...]:
        return tuple(self.fields.values())

    def as_tuple(self) -> TupleType:
        """The plain tuple type with the same elements."""
        return TupleType(self.elements)
