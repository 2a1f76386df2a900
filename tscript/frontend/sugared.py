"""What an expression can be before it has to be a run-time value.

``Sugared`` is the closed union: a graph ``Value``, any fact of the resolver (a function, a namespace, a
special form), or one of the shapes below, which exist only while compiling: bound methods, ranges,
zips, unrolled tuples. What can be done with each is in the files named after the deed: ``emit_call``,
``emit_attribute``, ``emit_subscript``, ``emit_loop``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ops_registry.schema import FunctionSchema
from tscript.diagnostics.source import SourceRange
from tscript.frontend.resolver import ClassRef, Fact, FunctionRef, TypeRef
from tscript.ir.graph import Value
from tscript.types.nominal import ClassType, InterfaceType, ModuleType
from tscript.types.printing import source_str

if TYPE_CHECKING:
    from tscript.frontend.schema_matching import Given


@dataclass(frozen=True, slots=True)
class BuiltinMethod:
    """``x.add`` on a builtin type: the operators of that name, with ``x`` as ``self``."""

    name: str
    receiver: Value


@dataclass(frozen=True, slots=True)
class BoundMethod:
    """A method of a class or module, with its object."""

    type: ClassType | ModuleType
    name: str
    function: FunctionRef
    receiver: Value


@dataclass(frozen=True, slots=True)
class InterfaceMethod:
    """A method of an object that is only known by its interface."""

    type: InterfaceType
    schema: FunctionSchema
    receiver: Value


@dataclass(frozen=True, slots=True)
class ContainerMethod:
    """``items``, ``keys``, ``values`` of a ModuleDict, or ``named_children`` and such of a module."""

    module: Value
    type: ModuleType
    name: str


@dataclass(frozen=True, slots=True)
class SuperValue:
    """``super()`` inside a method."""

    receiver: Value
    type: ClassType | ModuleType


@dataclass(frozen=True, slots=True)
class SugaredTuple:
    """Several things in order, not all of them run-time values: unrolled when iterated."""

    elements: tuple[Sugared, ...]
    #: What people call it: ``tuple``, ``ModuleList``.
    kind: str = "tuple"


@dataclass(frozen=True, slots=True)
class RangeValue:
    """``range(start, stop, step)``; ``start`` and ``step`` are None when the source has only a stop."""

    stop: Value
    start: Value | None = None
    step: Value | None = None
    #: The number of steps, computed where the range was written.
    length: Value | None = None


@dataclass(frozen=True, slots=True)
class SliceValue:
    """``slice(start, stop, step)``, to be used as an index; the parts that are written."""

    stop: Given
    start: Given | None = None
    step: Given | None = None


@dataclass(frozen=True, slots=True)
class IterableTree:
    """``zip(a, b)`` and ``enumerate(a)``: iterated in step, one tuple at a time."""

    children: tuple[Sugared, ...]
    #: ``enumerate``'s second argument; such a tree's only child is what is counted.
    enumerate_start: Value | None = None
    is_enumerate: bool = False


@dataclass(frozen=True, slots=True)
class ContextValue:
    """``torch.no_grad()`` and such, as the subject of a ``with``."""

    name: str
    argument: Any = None


@dataclass(frozen=True, slots=True)
class StaticCallable:
    """A special form that carries data: the boolean dispatch of a library function."""

    name: str
    data: Any


Sugared: TypeAlias = (
    Value
    | Fact
    | BuiltinMethod
    | BoundMethod
    | InterfaceMethod
    | ContainerMethod
    | SuperValue
    | SugaredTuple
    | RangeValue
    | SliceValue
    | IterableTree
    | ContextValue
    | StaticCallable
)


def describe(sugared: Sugared, range: SourceRange) -> str:
    """What people call something that is no value: "the function `helper`"."""
    text = f"`{range.text}`"
    match sugared:
        case FunctionRef():
            return f"the function {text}"
        case ClassRef(type):
            return f"the class `{type.qualified_name.rpartition('.')[2]}`"
        case TypeRef():
            return f"the type {text}"
        case Value():
            return f"a value of type `{source_str(sugared.type)}`"
        case SugaredTuple(kind=kind):
            return f"a {kind}"
        case _:
            return {
                "OperatorRef": f"the operator {text}",
                "SpecialForm": text,
                "NamespaceRef": f"the module {text}",
                "ExceptionRef": f"the exception {text}",
                "BuiltinMethod": f"the method {text}",
                "BoundMethod": f"the method {text}",
                "InterfaceMethod": f"the method {text}",
                "RangeValue": "a range",
                "SliceValue": "a slice",
                "IterableTree": f"{text}",
            }.get(type_name(sugared), text)


def type_name(value: object) -> str:
    return type(value).__name__
