"""What a function may learn about the world outside it: the `Resolver` protocol and its facts.

The emitter never touches a live object, mypy or an archive: it asks a resolver, and every answer
is one of the facts below (`Fact` is their closed union). Three resolvers exist: the live one (reads
closures and globals), mypy's (reads symbol tables) and the archive's (reads machine-written code).
All of them answer for the ``torch`` namespace, ``math`` and the builtins with
:func:`tscript.frontend.namespace.fact_of_path`, so that they cannot disagree on it. What facts *do*
when they are called, subscripted or iterated is :mod:`tscript.frontend.sugared`.

How Python things are represented:

====================================================  ===============================================
Python                                                fact
====================================================  ===============================================
``torch.add``, ``math.sqrt``, ``len``                 ``OperatorRef("aten::add")``
``torch.jit.annotate``, ``range``, ``isinstance``     ``SpecialForm("annotate")`` (list in `SpecialForm`)
a function with source                                ``FunctionRef``; `definition` has the source
``torch.nn.functional.relu`` (Python in our library)  ``FunctionRef`` with a `LibraryHandle`
a scripted or traced function                         ``FunctionRef``; `definition` is its graph
a function that cannot be compiled                    ``FunctionRef``; `definition` is `PythonDefinition`
``@torch.jit.ignore`` / ``@torch.jit.unused``         the same, silent / `UnusedDefinition`
a package or module (``torch.nn``, your ``geometry``) ``NamespaceRef``
``math.pi``, ``torch.float32``, ``mymodule.SIZE``     ``Constant`` (a dtype is its int code)
a script class, an enum, a NamedTuple, an interface   ``ClassRef``
``torch.Tensor``, ``typing.List`` in an expression    ``TypeRef`` / ``SpecialForm("type_constructor")``
an ``nn.Module`` in an attribute of ``self``          a slot with a ``ModuleType`` (no fact of its own)
a global int, Tensor, dtype, ``nn.Module`` instance   ``Uncapturable``
anything a static resolver cannot tell                ``Unknown``
does not exist                                        None (the emitter reports ``undefined-name``)
====================================================  ===============================================
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from ops_registry.schema import FunctionSchema
from ops_registry.types import Type
from tscript.types.nominal import (
    ClassType,
    EnumType,
    InterfaceType,
    ModuleType,
    NamedTupleType,
)

if TYPE_CHECKING:
    from tscript.frontend.views import Def
    from tscript.ir.function import CompiledFunction


class _UnknownValue:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


#: The value of a constant of which only the type is known (mypy sees ``self.flag: Final[bool]``).
UNKNOWN: Final = _UnknownValue()


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known at compile time, written into the graph.

    ``value`` is of the types that ``ConstantMember`` lists, or `UNKNOWN`; a branch on an unknown
    bool is compiled on both sides, and errors inside it are held back.
    """

    value: Any
    type: Type


@dataclass(frozen=True, slots=True)
class OperatorRef:
    """A builtin operator by name, all overloads: ``OperatorRef("aten::add")``.

    Whether it has overloads is the registry's to say; an OperatorRef to a name without any is
    reported as ``unknown-operator``.
    """

    name: str


@dataclass(frozen=True, slots=True)
class SpecialForm:
    """A callable with rules of its own.

    Names: ``print len range enumerate zip reversed slice isinstance hasattr getattr list tuple dict int
    float bool str complex super cast annotate jit_isinstance is_scripting is_tracing fork wait identity reveal_type
    unwrap_optional no_grad record_function tensor_class size_class never
    torch_assert is_grad_enabled vf_namespace warn type_constructor``, and, in the code of
    archives, ``unchecked_cast uninitialized rangelist ops_prim``.
    (`identity` returns its argument). `tscript.frontend.special_forms` has one function for each.
    """

    name: str


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function or method; what it is, `Resolver.definition` says.

    ``handle`` is the resolver's own and identifies the function: equal handles are the same function,
    compiled once. ``qualified_name`` (``__torch__.model.helper``) names it in graphs and archives.
    """

    qualified_name: str
    handle: Hashable


@dataclass(frozen=True, slots=True)
class LibraryHandle:
    """The handle of a function of our own library, resolved by reading its source (`library.py`)."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A script class, enum, NamedTuple or interface, as a callable and as a namespace.

    Statically a class whose members are not known is not a ClassRef but `Unknown`.
    """

    type: ClassType | EnumType | NamedTupleType | InterfaceType


@dataclass(frozen=True, slots=True)
class ExceptionRef:
    """An exception class, usable in ``raise`` only.

    ``qualified_name`` is what ``prim::RaiseException`` carries (``builtins.ValueError``).
    """

    qualified_name: str


@dataclass(frozen=True, slots=True)
class NamespaceRef:
    """A Python package or module: its members are asked for with `Resolver.member`.

    ``handle`` is the resolver's own. Everything found in one that is a number, string, dtype, device
    or tuple of those is a ``Constant``.
    """

    path: str
    handle: Hashable = None


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type, named in an expression (``torch.Tensor``, ``int`` has `SpecialForm` instead)."""

    type: Type


@dataclass(frozen=True, slots=True)
class Uncapturable:
    """Exists, and cannot be used in a script: a global int, Tensor, generator, module instance.

    ``description`` completes "`name` is ..." (``"a global of type int"``); ``hint`` is the remedy.
    """

    description: str
    hint: str = ""
    #: What its members mean that can be used: the static methods of a module class.
    members: Mapping[str, Fact] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Cannot be told statically. Compatible with everything; nothing is ever reported about it."""


Fact: TypeAlias = (
    Constant
    | OperatorRef
    | SpecialForm
    | FunctionRef
    | ClassRef
    | ExceptionRef
    | NamespaceRef
    | TypeRef
    | Uncapturable
    | Unknown
)


# Types named in annotations ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeConstructor:
    """A generic: ``List Tuple Dict Optional Union Future Await RRef Final NamedTuple Annotated``.

    ``typing.List``, ``list`` and ``torch.jit.Future`` all are one of those names. Used bare it is
    reported; subscripted, `tscript.frontend.annotations` builds the type.
    """

    name: str


#: Answers of `Resolver.type_named`: a type (aliases already resolved), a constructor, not
#: statically known, or None: there is no such name.
NamedType: TypeAlias = Type | TypeConstructor | Unknown | None


# What a FunctionRef stands for -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceDefinition:
    """A function to be compiled: its view, and the resolver for the names in it.

    ``defaults`` has the default of a parameter where the resolver knows it better than the source
    does (a live function's evaluated defaults); others are read from the view. ``owner`` is the type of
    ``self`` for a method. ``parameter_types`` fixes types that annotations do not say (an
    ``__init__`` argument of a class compiled from an archive, `_overload` declarations).
    ``strict`` is False for a helper that was never meant as a script: an unsupported construct in it turns
    the call into a Python call with a warning instead of an error.
    """

    view: Def
    resolver: Resolver
    owner: ClassType | ModuleType | None = None
    defaults: Mapping[str, Constant] = field(default_factory=dict)
    parameter_types: Mapping[str, Type] = field(default_factory=dict)
    return_type: Type | None = None
    strict: bool = False
    #: Printed from a graph (archives): it may do what people should not, such as list defaults.
    machine_written: bool = False
    #: The live function, for the Python call that a helper turns into (None statically).
    callable: Any = None


@dataclass(frozen=True, slots=True)
class CompiledDefinition:
    """Already compiled: a scripted or traced function, or a method of a loaded module."""

    function: CompiledFunction


@dataclass(frozen=True, slots=True)
class OperatorDefinition:
    """Stands for an operator (``F.conv2d``): a call is that operator's node."""

    name: str


@dataclass(frozen=True, slots=True)
class PythonDefinition:
    """Stays a Python call: ``prim::PythonOp``.

    Arguments and result are Tensors unless annotated: ``schema`` has them. ``reason`` says why it cannot be
    compiled and makes a ``python-call`` warning; None (``@torch.jit.ignore``) is silent. ``callable`` is
    what the node carries for the runtime (None statically).
    """

    schema: FunctionSchema
    reason: str | None = None
    callable: Any = None
    accepts_any: bool = False


@dataclass(frozen=True, slots=True)
class UnusedDefinition:
    """``@torch.jit.unused``: a call raises at run time; only the signature counts."""

    schema: FunctionSchema


@dataclass(frozen=True, slots=True)
class OverloadedDefinition:
    """``torch.jit._overload``: alternatives, tried in order with the rules of operators."""

    alternatives: tuple[FunctionRef, ...]


@dataclass(frozen=True, slots=True)
class InlineDefinition:
    """A function inside the function that calls it, without parameters: archives print a forked call so.

    Its statements are emitted in place of the call, where they see the caller's variables; it ends in
    its only ``return``.
    """

    view: Def


@dataclass(frozen=True, slots=True)
class DispatchDefinition:
    """``boolean_dispatch``: one of two functions, by a flag that is known when compiling.

    The flag is the argument called ``argument``, or at position ``index``, or ``default``.
    """

    argument: str
    index: int
    default: bool
    if_true: FunctionRef
    if_false: FunctionRef


Definition: TypeAlias = (
    SourceDefinition
    | InlineDefinition
    | CompiledDefinition
    | OperatorDefinition
    | PythonDefinition
    | UnusedDefinition
    | OverloadedDefinition
    | DispatchDefinition
    | Unknown
)


class Resolver(Protocol):
    """Answers questions about one scope (a function's globals and closure)."""

    def value(self, name: str) -> Fact | None:
        """What a free variable of the function is; builtins included. None: no such name."""
        ...

    def member(self, owner: NamespaceRef, name: str) -> Fact | None:
        """Attribute ``name`` of a Python package or module. None: it has none."""
        ...

    def type_named(self, path: tuple[str, ...]) -> NamedType:
        """What ``("torch", "Tensor")`` means in an annotation. None: no such name."""
        ...

    def definition(self, function: FunctionRef) -> Definition:
        """What a call of the function means."""
        ...

    def layout(self, type: ClassType | ModuleType) -> ClassType | ModuleType:
        """The same type with its members filled in (attributes, methods, constants).

        Asked once before the first member is used; a resolver that fills types when it creates them
        returns the type itself.
        """
        ...
