"""Types from annotations: parsed, never evaluated.

`AnnotationReader` turns the expression of an annotation (a view) into a type, asking the resolver what
names mean. It understands ``typing`` and PEP 585 generics, ``X | Y``, strings, ``Optional``, ``Union``,
``Final``, ``Annotated`` and the spellings of archives. What it cannot understand it reports, and gives
`ERROR`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ops_registry.types import (
    BOOL,
    COMPLEX,
    DEVICE,
    ERROR,
    FLOAT,
    INT,
    NONE,
    NUMBER,
    STRING,
    TENSOR,
    AwaitType,
    BoolType,
    ComplexType,
    DictType,
    ErrorType,
    FloatType,
    FutureType,
    IntType,
    ListType,
    RRefType,
    StringType,
    TensorType,
    TupleType,
    Type,
)
from tscript.diagnostics.report import DiagnosticSink
from tscript.diagnostics.source import SourceRange
from tscript.frontend import remedies
from tscript.frontend import views as v
from tscript.frontend.resolver import Resolver, TypeConstructor, Unknown
from tscript.types.nominal import ClassType
from tscript.types.relations import make_union, optional

#: What a bare generic needs, for the hint.
_EXAMPLES = {
    "List": "List[int]",
    "Tuple": "Tuple[int, Tensor]",
    "Dict": "Dict[str, int]",
    "Optional": "Optional[int]",
    "Union": "Union[int, str]",
    "Future": "Future[Tensor]",
    "RRef": "RRef[Tensor]",
    "Await": "Await[Tensor]",
}

#: Names that archives write without importing them.
_ARCHIVE_NAMES: dict[str, Type | TypeConstructor] = {
    "Tensor": TENSOR,
    "int": INT,
    "float": FLOAT,
    "bool": BOOL,
    "str": STRING,
    "complex": COMPLEX,
    "number": NUMBER,
    "NoneType": NONE,
    "Device": DEVICE,
    **{name: TypeConstructor(name) for name in (*_EXAMPLES, "Final")},
}


#: What to write for types that TorchScript does not have.
_INSTEAD = {
    **dict.fromkeys(
        ("Set", "set", "FrozenSet", "frozenset", "AbstractSet", "MutableSet"),
        "use a `Dict[T, bool]`, or a `List[T]`",
    ),
    **dict.fromkeys(
        ("Sequence", "MutableSequence", "Iterable", "Iterator", "Collection", "Generator", "deque"),
        "use a `List[T]`",
    ),
    **dict.fromkeys(
        ("Mapping", "MutableMapping", "OrderedDict", "defaultdict", "Counter"), "use a `Dict[K, V]`"
    ),
    **dict.fromkeys(
        ("Callable", "Type", "type"),
        "functions and classes cannot be passed: call it by its name, or choose one with `if`",
    ),
    **dict.fromkeys(("ndarray", "array", "ndarray"), "use a `Tensor`"),
    **dict.fromkeys(("bytes", "bytearray"), "use a `str`, or a Tensor of dtype `torch.uint8`"),
    **dict.fromkeys(("object", "T", "TypeVar"), "use `Any`, or write a function for each type"),
    **dict.fromkeys(("Module",), "annotate it with an interface, or call it as a submodule"),
    "Literal": "use the type of the values, such as `str` or `int`",
}

#: What a misspelt type was probably meant to be.
_KNOWN = (
    "Tensor", "List", "Dict", "Tuple", "Optional", "Union", "Any", "Final", "Future", "NamedTuple",
    "int", "float", "bool", "str", "complex", "list", "dict", "tuple",
)  # fmt: skip


@dataclass(slots=True)
class AnnotationReader:
    """Reads annotations in one scope.

    ``parse_string`` parses a string annotation to an expression (both parsers provide it); without one
    a string is looked up as a dotted name.
    """

    resolver: Resolver
    sink: DiagnosticSink
    parse_string: Callable[[v.StringLiteral], v.Expr] | None = None
    #: Machine-written code names types without importing them.
    archive_names: bool = False
    #: The script classes that were named, and where.
    classes: list[tuple[ClassType, SourceRange]] = field(default_factory=list)

    def read(self, view: v.Expr) -> Type:
        """The type that ``view`` names; `ERROR` after a report, or where it is not known."""
        match view:
            case v.Const(value=None):
                return NONE
            case v.Var() | v.Select():
                return self._named(view)
            case v.StringLiteral():
                if self.parse_string is None:
                    return self._unknown(view)
                try:
                    return self.read(self.parse_string(view))
                except SyntaxError:
                    return self._unknown(view)
            case v.BinOp(op="|"):
                return make_union((self.read(view.left), self.read(view.right)))
            case v.Subscript():
                return self._generic(view)
            case v.TupleLiteral() if self.archive_names:
                return TupleType(tuple(map(self.read, view.elements)))
            case _:
                return self._unknown(view)

    def _lookup(self, view: v.Expr) -> Type | TypeConstructor | Unknown | None:
        dotted = v.dotted_name(view)
        if dotted is None:
            return None
        found = self.resolver.type_named(tuple(dotted.split(".")))
        if found is None and self.archive_names:
            return _ARCHIVE_NAMES.get(dotted)
        return found

    def _named(self, view: v.Expr) -> Type:
        found = self._lookup(view)
        match found:
            case Unknown():
                return ERROR
            case None:
                return self._unknown(view)
            case TypeConstructor("Final"):
                self.sink.report(
                    "bad-annotation",
                    view.range,
                    annotation=view.range.text,
                    reason="`Final` marks attributes of modules and classes",
                )
                return ERROR
            case TypeConstructor(name):
                example = _EXAMPLES.get(name, f"{name}[int]")
                if view.range.text[:1].islower():
                    example = example[0].lower() + example[1:]
                self.sink.report(
                    "untyped-container",
                    view.range,
                    annotation=view.range.text,
                    example=example,
                )
                return ERROR
            case _:
                if isinstance(found, ClassType):
                    self.classes.append((found, view.range))
                return found

    def _generic(self, view: v.Subscript) -> Type:
        found = self._lookup(view.value)
        if isinstance(found, Unknown):
            return ERROR
        if not isinstance(found, TypeConstructor):
            if found is not None:
                return self._bad(view, f"`{view.value.range.text}` takes no type arguments")
            return self._unknown(view.value)
        name, arguments = found.name, view.index
        if name == "Tuple":
            return self._tuple(arguments)
        if name == "Annotated":
            return self.read(arguments[0])
        if name == "Union":
            return make_union(list(map(self.read, arguments)))
        expected = 2 if name == "Dict" else 1
        if len(arguments) != expected:
            return self._bad(
                view, f"`{name}` takes {expected} type argument{'' if expected == 1 else 's'}"
            )
        if name == "Final":
            return self.read(arguments[0])
        types = list(map(self.read, arguments))
        if name == "Dict":
            return self._dict(view, *types)
        if name == "Optional":
            return optional(types[0])
        return {"List": ListType, "Future": FutureType, "Await": AwaitType, "RRef": RRefType}[name](
            types[0]
        )

    def _tuple(self, arguments: tuple[v.Expr, ...]) -> Type:
        if len(arguments) == 1 and isinstance(arguments[0], v.TupleLiteral):
            return TupleType(tuple(map(self.read, arguments[0].elements)))
        if len(arguments) == 2 and isinstance(arguments[1], v.Dots):
            return self._bad(arguments[1], "tuples of any length are not supported; use a List")
        return TupleType(tuple(map(self.read, arguments)))

    def _dict(self, view: v.Subscript, key: Type, value: Type) -> Type:
        allowed = (IntType, StringType, FloatType, ComplexType, BoolType, TensorType, ErrorType)
        if not isinstance(key, allowed):
            from tscript.types.printing import source_str

            self.sink.report("key-type", view.index[0].range, actual=source_str(key))
            return ERROR
        return DictType(key, value)

    def _unknown(self, view: v.Expr) -> Type:
        name = (v.dotted_name(view) or "").rpartition(".")[2]
        remedy = _INSTEAD.get(name) or remedies.nearest(name, _KNOWN)
        self.sink.report("unknown-type", view.range, annotation=view.range.text, suggestion=remedy)
        return ERROR

    def _bad(self, view: v.Expr, reason: str) -> Type:
        self.sink.report("bad-annotation", view.range, annotation=view.range.text, reason=reason)
        return ERROR


def broadcasting_size(view: v.Expr | None) -> int | None:
    """The N of an annotation ``BroadcastingListN[int]``: one number stands for N of it.

    Such annotations are the library's own way of saying ``int[2]``; they may be Optional.
    """
    if isinstance(view, v.Subscript):
        name = v.dotted_name(view.value) or ""
        last = name.rpartition(".")[2]
        if last == "Optional" and len(view.index) == 1:
            return broadcasting_size(view.index[0])
        if last.startswith("BroadcastingList") and last[16:].isdecimal():
            return int(last[16:])
    return None
