"""Type terms: everything an operator's schema can say about a value.

A term is a frozen, hashable description; two terms are equal when they say the same.
``str(term)`` is the spelling of PyTorch's schemas and of printed graphs (``int[]``,
``Tensor?``, ``Dict(str, int)``). How terms relate (subtyping, joining, unification) is the
compiler's business and lives in :mod:`tscript.types.relations`; classes, enums, NamedTuples,
interfaces and modules are :class:`NominalType` subclasses in :mod:`tscript.types.nominal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ops_registry.device import Device
    from ops_registry.dtypes import Dtype


@dataclass(frozen=True, slots=True)
class Type:
    """The base of every type term.

    Terms with parts are dataclasses; those without are plain subclasses, since a dataclass costs
    about a millisecond to make and every program makes these.
    """

    spelling: ClassVar[str] = ""

    def __hash__(self) -> int:
        return hash(type(self))

    def __str__(self) -> str:
        return self.spelling

    def contained(self) -> tuple[Type, ...]:
        """The terms this one is built from, in order; empty for a leaf."""
        return ()

    def with_contained(self, contained: tuple[Type, ...]) -> Type:
        """The same constructor applied to other terms (substitution rebuilds terms with it)."""
        return self


@dataclass(frozen=True, slots=True)
class TensorType(Type):
    """A tensor; the fields are what a trace or an analysis knows about it (``None``: unknown).

    Schemas and scripts only ever say ``Tensor``, which is :data:`TENSOR`.
    """

    dtype: Dtype | None = None
    sizes: tuple[int | None, ...] | None = None
    strides: tuple[int | None, ...] | None = None
    requires_grad: bool | None = None
    device: Device | None = None

    spelling: ClassVar[str] = "Tensor"

    def __str__(self) -> str:
        if self.dtype is None:
            return "Tensor"
        name = _TENSOR_DTYPE_SPELLINGS.get(self.dtype.name, self.dtype.name)
        parts = []
        if self.sizes is not None:
            parts = ["*" if size is None else str(size) for size in self.sizes]
            if self.strides is not None:
                strides = ", ".join("*" if s is None else str(s) for s in self.strides)
                parts.append(f"strides=[{strides}]")
        if self.requires_grad is not None:
            parts.append(f"requires_grad={int(self.requires_grad)}")
        if self.device is not None:
            parts.append(f"device={self.device}")
        return f"{name}({', '.join(parts)})"


_TENSOR_DTYPE_SPELLINGS = {
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "float16": "Half",
    "float32": "Float",
    "float64": "Double",
    "complex32": "ComplexHalf",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
    "bool": "Bool",
    "bfloat16": "BFloat16",
}


class AnyType(Type):
    """Any value at all; nothing can be done with it before it is refined."""

    __slots__ = ()
    spelling: ClassVar[str] = "Any"


class NumberType(Type):
    """``Scalar``: an int, a float, a complex or (passed to an operator) a bool."""

    __slots__ = ()
    spelling: ClassVar[str] = "Scalar"


class IntType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "int"


class FloatType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "float"


class ComplexType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "complex"


class BoolType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "bool"


class StringType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "str"


class NoneType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "NoneType"


class DeviceType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "Device"


class GeneratorType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "Generator"


class StorageType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "Storage"


class StreamType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "Stream"


class QSchemeType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "QScheme"


# The four below exist only in schema text (`Argument.real_type`): the values are ints.


class ScalarTypeType(Type):
    """A dtype in schema text; the value, and so the IR type, is its int code."""

    __slots__ = ()
    spelling: ClassVar[str] = "ScalarType"


class LayoutType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "Layout"


class MemoryFormatType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "MemoryFormat"


class SymIntType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "SymInt"


class SymBoolType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "SymBool"


@dataclass(frozen=True, slots=True)
class _OfElement(Type):
    """A type made of one other; terms of different kinds are never equal."""

    element: Type

    def contained(self) -> tuple[Type, ...]:
        return (self.element,)

    def with_contained(self, contained: tuple[Type, ...]) -> Type:
        return type(self)(*contained)


class ListType(_OfElement):
    __slots__ = ()

    def __str__(self) -> str:
        return f"{self.element}[]"


class OptionalType(_OfElement):
    __slots__ = ()

    def __str__(self) -> str:
        return f"{self.element}?"


@dataclass(frozen=True, slots=True)
class UnionType(Type):
    """One of several types; :func:`tscript.types.relations.make_union` builds the normal form."""

    members: tuple[Type, ...]

    def __str__(self) -> str:
        return f"Union[{', '.join(map(str, self.members))}]"

    def contained(self) -> tuple[Type, ...]:
        return self.members

    def with_contained(self, contained: tuple[Type, ...]) -> Type:
        return UnionType(contained)


@dataclass(frozen=True, slots=True)
class TupleType(Type):
    elements: tuple[Type, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.elements))})"

    def contained(self) -> tuple[Type, ...]:
        return self.elements

    def with_contained(self, contained: tuple[Type, ...]) -> Type:
        return TupleType(contained)


@dataclass(frozen=True, slots=True)
class DictType(Type):
    key: Type
    value: Type

    def __str__(self) -> str:
        return f"Dict({self.key}, {self.value})"

    def contained(self) -> tuple[Type, ...]:
        return (self.key, self.value)

    def with_contained(self, contained: tuple[Type, ...]) -> Type:
        return DictType(*contained)


class FutureType(_OfElement):
    __slots__ = ()

    def __str__(self) -> str:
        return f"Future({self.element})"


class AwaitType(_OfElement):
    __slots__ = ()

    def __str__(self) -> str:
        return f"Await({self.element})"


class RRefType(_OfElement):
    __slots__ = ()

    def __str__(self) -> str:
        return f"RRef({self.element})"


@dataclass(frozen=True, slots=True)
class _OfName(Type):
    name: str


class VarType(_OfName):
    """A type variable of a schema: ``t`` in ``aten::len.t(t[] a) -> int``."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.name


class AnyListType(Type):
    """A list of whatever: ``AnyList`` of the schemas that only need the length."""

    __slots__ = ()
    spelling: ClassVar[str] = "list"


class AnyTupleType(Type):
    """A tuple of whatever: what ``isinstance(x, tuple)`` asks for."""

    __slots__ = ()
    spelling: ClassVar[str] = "tuple"


class AnyEnumType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "AnyEnumType"


class AnyClassType(Type):
    __slots__ = ()
    spelling: ClassVar[str] = "AnyClassType"


class FunctionType(_OfName):
    """The type of a function constant (the callee of ``prim::CallFunction``)."""

    __slots__ = ()

    def __str__(self) -> str:
        return "Function"


class ErrorType(Type):
    """What an expression has after a diagnostic on it: nothing more is reported about it."""

    __slots__ = ()
    spelling: ClassVar[str] = "<error>"


@dataclass(frozen=True, slots=True, eq=False)
class NominalType(Type):
    """A type known by its name; equality is identity of name and kind.

    Open on purpose: the compiler's class, enum, NamedTuple, interface and module types
    subclass it and add their members.
    """

    qualified_name: str

    def __str__(self) -> str:
        return self.qualified_name

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.qualified_name == other.qualified_name

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.qualified_name))


TENSOR = TensorType()
ANY = AnyType()
NUMBER = NumberType()
INT = IntType()
FLOAT = FloatType()
COMPLEX = ComplexType()
BOOL = BoolType()
STRING = StringType()
NONE = NoneType()
DEVICE = DeviceType()
GENERATOR = GeneratorType()
STORAGE = StorageType()
STREAM = StreamType()
QSCHEME = QSchemeType()
ANY_LIST = AnyListType()
ANY_TUPLE = AnyTupleType()
ANY_ENUM = AnyEnumType()
ANY_CLASS = AnyClassType()
ERROR = ErrorType()
SCALAR_TYPE = ScalarTypeType()
LAYOUT = LayoutType()
MEMORY_FORMAT = MemoryFormatType()
SYM_INT = SymIntType()
SYM_BOOL = SymBoolType()

#: Schema spellings of types without arguments.
NAMED_TYPES: dict[str, Type] = {
    **{
        str(t): t
        for t in (
            TENSOR,
            NUMBER,
            INT,
            FLOAT,
            COMPLEX,
            BOOL,
            STRING,
            NONE,
            DEVICE,
            GENERATOR,
            STORAGE,
            STREAM,
            QSCHEME,
            SCALAR_TYPE,
            LAYOUT,
            MEMORY_FORMAT,
            SYM_INT,
            SYM_BOOL,
            ANY_LIST,
            ANY_TUPLE,
            ANY_ENUM,
            ANY_CLASS,
            ANY,
        )
    },
    "number": NUMBER,
    "None": NONE,
    "AnyType": ANY,
    "DeviceObjType": DEVICE,
}


def erase(t: Type) -> Type:
    """The IR type of a schema spelling: dtypes, layouts, memory formats and SymInts are ints."""
    if isinstance(t, ScalarTypeType | LayoutType | MemoryFormatType | SymIntType | QSchemeType):
        return INT
    if isinstance(t, SymBoolType):
        return BOOL
    contained = t.contained()
    if not contained:
        return t
    erased = tuple(map(erase, contained))
    return t if erased == contained else t.with_contained(erased)
