"""Operator schemas: PyTorch's one-line signatures, parsed and printed.

``parse_schema("aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor")``
gives a :class:`FunctionSchema`; ``str`` of it gives the text back. The grammar is PyTorch's:
overload names, alias marks (``Tensor(a!)``, ``Tensor(a -> *)``), sized lists (``int[2]``),
optionals, dicts, tuples, futures, type variables, defaults, keyword-only arguments, ``...``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ops_registry import types as t

type_variable = re.compile(r"[a-z]\w*\Z")


@dataclass(frozen=True, slots=True)
class AliasInfo:
    """Which memory a value may share: ``(a!)`` is ``AliasInfo(('a',), ('a',), True)``.

    ``before`` are the alias sets the value is in when the operator starts, ``after`` those when
    it is done (``(a -> *)``); ``*`` is the set of everything.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    is_write: bool

    def __str__(self) -> str:
        mark = "!" if self.is_write else ""
        before = "|".join(self.before)
        if self.after == self.before:
            return f"({before}{mark})"
        return f"({before}{mark} -> {'|'.join(self.after)})"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument, or one result, of a schema.

    ``type`` is what a value in the IR has (a dtype is an ``int``); ``real_type`` keeps the
    schema's spelling. ``size`` is the N of ``int[N]``: a single element stands for N of it.
    ``element_alias`` is the mark of a list's elements (``Tensor(a)[]``).
    """

    name: str
    type: t.Type
    real_type: t.Type
    default: object = None
    has_default: bool = False
    kwarg_only: bool = False
    alias: AliasInfo | None = None
    size: int | None = None
    element_alias: AliasInfo | None = None

    @property
    def is_written(self) -> bool:
        """Whether the value, or an element of it, is written to."""
        own, inner = self.alias, self.element_alias
        return (own is not None and own.is_write) or (inner is not None and inner.is_write)

    def __str__(self) -> str:
        text = _type_text(self.real_type, self)
        if self.name:
            text += f" {self.name}"
        if self.has_default:
            text += f"={default_text(self.default, self.real_type)}"
        return text


@dataclass(frozen=True, slots=True)
class FunctionSchema:
    """The signature of an operator, a function or a method."""

    name: str
    overload: str
    arguments: tuple[Argument, ...]
    returns: tuple[Argument, ...]
    is_vararg: bool = False
    is_varret: bool = False
    #: Whether some argument is written to.
    is_mutable: bool = field(default=False, init=False, repr=False, compare=False)
    _index: dict[str, int] = field(default_factory=dict, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        for position, argument in enumerate(self.arguments):
            self._index[argument.name] = position
            if argument.is_written:
                object.__setattr__(self, "is_mutable", True)

    def __str__(self) -> str:
        parts = []
        starred = False
        for argument in self.arguments:
            if argument.kwarg_only and not starred:
                parts.append("*")
                starred = True
            parts.append(str(argument))
        if self.is_vararg:
            parts.append("...")
        return f"{self.full_name}({', '.join(parts)}) -> {self._returns_text()}"

    def _returns_text(self) -> str:
        if self.is_varret:
            return "..."
        texts = list(map(str, self.returns))
        if len(texts) == 1 and not texts[0].startswith("("):
            return texts[0]
        return f"({', '.join(texts)})"

    @property
    def full_name(self) -> str:
        """``aten::add.Tensor``: the name with the overload, if there is one."""
        return f"{self.name}.{self.overload}" if self.overload else self.name

    @property
    def namespace(self) -> str:
        """``aten`` of ``aten::add``; empty for functions of a program."""
        return self.name.partition("::")[0] if "::" in self.name else ""

    @property
    def base_name(self) -> str:
        """``add`` of ``aten::add``."""
        return self.name.rpartition("::")[2]

    def index(self, name: str) -> int | None:
        """The position of the argument called ``name``, or None."""
        return self._index.get(name)

    @property
    def has_aliases(self) -> bool:
        """Whether a result may share memory with an argument."""
        return any(r.alias is not None or r.element_alias is not None for r in self.returns)

    def renamed(self, name: str, overload: str | None = None) -> FunctionSchema:
        """The same signature under another name."""
        return replace(
            self,
            name=name,
            overload=self.overload if overload is None else overload,
            _index={},
        )


def _type_text(term: t.Type, argument: Argument) -> str:
    """A type with its alias marks: ``Tensor(a!)[]``, ``t[](a!)``, ``int[2]?``, ``Tensor(a)?``."""
    if isinstance(term, t.OptionalType):
        return f"{_type_text(term.element, argument)}?"
    if isinstance(term, t.ListType):
        size = "" if argument.size is None else argument.size
        return f"{term.element}{argument.element_alias or ''}[{size}]{argument.alias or ''}"
    return f"{term}{argument.alias or ''}"


_ESCAPES = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r",
     "\f": "\\f", "\v": "\\v"}
)  # fmt: skip


def default_text(value: object, term: t.Type) -> str:
    """A default value as schemas write it."""
    if value is None:
        return "None"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(default_text(v, t.ANY) for v in value)}]"
    if isinstance(value, float):
        text = f"{value:.17g}"
        return text if re.search(r"[.en]", text) else f"{text}."
    return str(value)


class SchemaError(ValueError):
    """A schema's text does not follow the grammar; the message shows where."""


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<arrow>->)
    | (?P<dots>\.\.\.)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>[-+]?(?:\d+\.\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+(?:[eE][-+]?\d+)?)j?)
    | (?P<name>[A-Za-z_][\w]*(?:::\w+)?(?:\.\w+)*)
    | (?P<punctuation>[()\[\],*=?!|:])
    )""",
    re.VERBOSE,
)

#: Names that stand for integers in defaults.
_DEFAULT_NAMES: dict[str, object] = {
    "None": None,
    "True": True,
    "False": False,
    "Mean": 1,
    "Sum": 2,
    "contiguous_format": 0,
    "preserve_format": 1,
    "channels_last": 2,
    "long": 4,
    "float": 6,
    "strided": 0,
    "inf": float("inf"),
}


class _Parser:
    """Recursive descent over the tokens of one schema."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        position = 0
        end = len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise SchemaError(f"unexpected text at {text[position:].strip()!r} in {text!r}")
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind], match.start(kind)))
            position = match.end()
        self.tokens.append(("end", "", end))
        self.at = 0

    def fail(self, expected: str) -> SchemaError:
        _, value, position = self.tokens[self.at]
        found = repr(value) if value else "the end"
        return SchemaError(f"expected {expected}, found {found} at {position} in {self.text!r}")

    def peek(self, value: str) -> bool:
        kind, found, _ = self.tokens[self.at]
        return found == value and kind != "string"

    def accept(self, value: str) -> bool:
        if self.peek(value):
            self.at += 1
            return True
        return False

    def expect(self, value: str) -> None:
        if not self.accept(value):
            raise self.fail(repr(value))

    def take(self, kind: str) -> str:
        found_kind, value, _ = self.tokens[self.at]
        if found_kind != kind:
            raise self.fail(f"a {kind}")
        self.at += 1
        return value

    def schema(self) -> FunctionSchema:
        name, overload = self.operator_name()
        arguments, is_vararg = self.arguments()
        self.expect("->")
        returns, is_varret = self.returns()
        if self.tokens[self.at][0] != "end":
            raise self.fail("the end of the schema")
        return FunctionSchema(name, overload, arguments, returns, is_vararg, is_varret)

    def operator_name(self) -> tuple[str, str]:
        full = self.take("name")
        base, _, overload = full.partition(".")
        return base, overload

    def arguments(self) -> tuple[tuple[Argument, ...], bool]:
        self.expect("(")
        arguments: list[Argument] = []
        kwarg_only = is_vararg = False
        while not self.accept(")"):
            if arguments or kwarg_only or is_vararg:
                self.expect(",")
            if self.accept("*"):
                kwarg_only = True
                continue
            if self.accept("..."):
                is_vararg = True
                continue
            arguments.append(self.argument(kwarg_only))
            if not self.peek(",") and not self.peek(")"):
                raise self.fail("',' or ')'")
        return tuple(arguments), is_vararg

    def argument(self, kwarg_only: bool) -> Argument:
        term, alias, element_alias, size = self.type()
        name = self.take("name")
        if self.accept("["):  # `int size[2]`, an old spelling
            size = int(self.take("number"))
            self.expect("]")
            term = t.ListType(term)
        default, has_default = None, False
        if self.accept("="):
            default, has_default = self.default(term), True
        return Argument(
            name, t.erase(term), term, default, has_default, kwarg_only, alias, size, element_alias
        )

    def returns(self) -> tuple[tuple[Argument, ...], bool]:
        if self.accept("..."):
            return (), True
        if not self.accept("("):
            return (self.result(),), False
        results: list[Argument] = []
        while not self.accept(")"):
            if results:
                self.expect(",")
            results.append(self.result())
        return tuple(results), False

    def result(self) -> Argument:
        term, alias, element_alias, size = self.type()
        kind, value, _ = self.tokens[self.at]
        name = ""
        if kind == "name":
            name = value
            self.at += 1
        return Argument(
            name, t.erase(term), term, alias=alias, size=size, element_alias=element_alias
        )

    def type(self) -> tuple[t.Type, AliasInfo | None, AliasInfo | None, int | None]:
        """A type, its alias mark, the mark of its elements, and its size."""
        element_alias: AliasInfo | None = None
        size: int | None = None
        term = self.base_type()
        alias = self.alias() if self.is_alias() else None
        while True:
            if self.accept("["):
                if self.tokens[self.at][0] == "number":
                    size = int(self.take("number"))
                self.expect("]")
                term = t.ListType(term)
                element_alias, alias = alias, self.alias() if self.is_alias() else None
            elif self.accept("?"):
                term = t.OptionalType(term)
            else:
                return term, alias, element_alias, size

    def is_alias(self) -> bool:
        if not self.peek("("):
            return False
        _, following, _ = self.tokens[self.at + 1]
        if following == "*":
            return True
        return (
            re.fullmatch(r"[a-z]\w*", following) is not None
            and self.tokens[self.at + 2][1] in "!)|->"
            and following not in t.NAMED_TYPES
        )

    def alias(self) -> AliasInfo:
        self.expect("(")
        before = self.alias_set()
        is_write = self.accept("!")
        after = self.alias_set() if self.accept("->") else before
        self.expect(")")
        return AliasInfo(before, after, is_write)

    def alias_set(self) -> tuple[str, ...]:
        names = []
        while True:
            names.append("*" if self.accept("*") else self.take("name"))
            if not self.accept("|"):
                return tuple(names)

    def base_type(self) -> t.Type:
        if self.accept("("):
            elements = self.type_list(")")
            return t.TupleType(elements)
        name = self.take("name")
        if name in t.NAMED_TYPES:
            return t.NAMED_TYPES[name]
        if name == "Dict":
            self.expect("(")
            return t.DictType(*self.type_list(")"))
        if name in ("Future", "Await", "RRef"):
            self.expect("(")
            (element,) = self.type_list(")")
            return {"Future": t.FutureType, "Await": t.AwaitType, "RRef": t.RRefType}[name](element)
        if name == "Union":
            self.expect("[")
            return t.UnionType(self.type_list("]"))
        if name.startswith("__torch__.") or "." in name:
            return t.NominalType(name)
        if type_variable.match(name):
            return t.VarType(name)
        raise SchemaError(f"no type is called {name!r} in {self.text!r}")

    def type_list(self, end: str) -> tuple[t.Type, ...]:
        elements: list[t.Type] = []
        while not self.accept(end):
            if elements:
                self.expect(",")
            elements.append(self.type()[0])
            if self.tokens[self.at][0] == "name":  # `Dict(t key, ...)`: the name says nothing
                self.at += 1
        return tuple(elements)

    def default(self, term: t.Type) -> object:
        kind, value, _ = self.tokens[self.at]
        if self.accept("["):
            items: list[object] = []
            while not self.accept("]"):
                if items:
                    self.expect(",")
                items.append(self.default(t.ANY))
            return items
        self.at += 1
        if kind == "string":
            import ast

            return ast.literal_eval(value)
        if kind == "number":
            return self.number(value, term)
        if kind == "name" and value in _DEFAULT_NAMES:
            return _DEFAULT_NAMES[value]
        self.at -= 1
        raise self.fail("a default value")

    @staticmethod
    def number(value: str, term: t.Type) -> object:
        if value.endswith("j"):
            return complex(value)
        if re.fullmatch(r"[-+]?\d+", value):
            plain = term.element if isinstance(term, t.OptionalType) else term
            return float(value) if isinstance(plain, t.FloatType) else int(value)
        return float(value)


def parse_schema(text: str) -> FunctionSchema:
    """The schema that a text of PyTorch's schema language says.

    Raises :class:`SchemaError` with the place at fault.

    >>> s = parse_schema("aten::relu_(Tensor(a!) self) -> Tensor(a!)")
    >>> s.name, s.arguments[0].alias.is_write, s.is_mutable
    ('aten::relu_', True, True)
    """
    return _Parser(text).schema()


def parse_type(text: str) -> t.Type:
    """The type term that a schema's spelling says: ``Tensor?[]``, ``Dict(str, int)``."""
    parser = _Parser(text)
    term = parser.type()[0]
    if parser.tokens[parser.at][0] != "end":
        raise parser.fail("the end of the type")
    return term
