"""The program as the compiler sees it: frozen views, named after PyTorch's tree views.

Here: one class for each form of syntax, and small questions about them (:func:`dotted_name`,
:func:`children`). Not here: how text becomes views (``parse_cst``, ``parse_ast``), and what views
mean (the ``emit_*`` files). Nothing below knows libcst or ``ast``, and nothing is ever evaluated.

Every view has the ``range`` it was written at. Ranges are those of ``ast``: without enclosing
parentheses, except a tuple's own, and without decorators, comments and line ends.

What TorchScript has no meaning for stands in the tree as :class:`UnsupportedStmt` or
:class:`UnsupportedExpr`, or, where only a part is at fault (a ``while``'s ``else``, an f-string's
``!r``), beside it; ``Def.unsupported`` has them all, in the order of the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias, TypeVar

from tscript.diagnostics.source import SourceRange

AnyStmt = TypeVar("AnyStmt", bound="View")


@dataclass(frozen=True, slots=True)
class View:
    """Anything that stands somewhere in a source."""

    range: SourceRange


@dataclass(frozen=True, slots=True)
class Expr(View):
    """An expression; annotations are expressions too."""


@dataclass(frozen=True, slots=True)
class Stmt(View):
    """A statement."""


@dataclass(frozen=True, slots=True)
class Ident(View):
    """A name in a place where it is no expression: a parameter, an attribute, a keyword."""

    name: str


@dataclass(frozen=True, slots=True)
class Unsupported(View):
    """Syntax that TorchScript does not have.

    ``construct`` names it for people (``try statement``); ``remedy`` is a sentence on what to write
    instead, empty where there is none.
    """

    construct: str
    remedy: str


# Expressions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Var(Expr):
    """A name: ``x``."""

    name: str


@dataclass(frozen=True, slots=True)
class Const(Expr):
    """A number, ``True``, ``False`` or ``None``."""

    value: int | float | complex | bool | None


@dataclass(frozen=True, slots=True)
class StringLiteral(Expr):
    """A string; adjacent literals are one."""

    value: str


@dataclass(frozen=True, slots=True)
class JoinedStr(Expr):
    """An f-string: its texts and its values in turn.

    A text is a ``str``, a value an expression: ``f"a{x}b"`` has the parts ``("a", Var("x"),
    "b")``. No two texts stand side by side, and none is empty.
    """

    parts: tuple[str | Expr, ...]

    @classmethod
    def of(cls, range: SourceRange, parts: Iterable[str | Expr]) -> JoinedStr:
        """The view of parts as they come: neighbouring texts are joined, empty ones dropped."""
        joined: list[str | Expr] = []
        for part in parts:
            if isinstance(part, str) and joined and isinstance(joined[-1], str):
                joined[-1] += part
            elif part != "":
                joined.append(part)
        return cls(range, tuple(joined))


@dataclass(frozen=True, slots=True)
class Dots(Expr):
    """``...``"""


@dataclass(frozen=True, slots=True)
class Keyword(View):
    """``name=value`` in a call."""

    name: Ident
    value: Expr


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    """A call. ``args`` may hold :class:`Starred` ones."""

    callee: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


@dataclass(frozen=True, slots=True)
class Select(Expr):
    """An attribute: ``value.name``."""

    value: Expr
    name: Ident


@dataclass(frozen=True, slots=True)
class SliceExpr(Expr):
    """``start:stop:step`` inside a subscript."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Subscript(Expr):
    """``value[a, b:c, ...]``.

    A tuple as the index is its elements, with and without parentheses; the empty tuple
    (``Tuple[()]``) stays a :class:`TupleLiteral`.
    """

    value: Expr
    index: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ListLiteral(Expr):
    """``[a, b]``"""

    elements: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class TupleLiteral(Expr):
    """``(a, b)``, ``a, b``; as a target it may hold one :class:`Starred`."""

    elements: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class DictLiteral(Expr):
    """``{key: value}``; both tuples have the same length."""

    keys: tuple[Expr, ...]
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ListComp(Expr):
    """``[element for target in iter]``"""

    element: Expr
    target: Expr
    iter: Expr


@dataclass(frozen=True, slots=True)
class GeneratorExp(Expr):
    """``(element for target in iter)``, which TorchScript reads as a list."""

    element: Expr
    target: Expr
    iter: Expr


@dataclass(frozen=True, slots=True)
class DictComp(Expr):
    """``{key: value for target in iter}``"""

    key: Expr
    value: Expr
    target: Expr
    iter: Expr


@dataclass(frozen=True, slots=True)
class TernaryIf(Expr):
    """``true if cond else false``"""

    cond: Expr
    true: Expr
    false: Expr


@dataclass(frozen=True, slots=True)
class UnaryOp(Expr):
    """``op`` is ``-``, ``~``, ``+`` or ``not``."""

    op: Literal["-", "~", "not"]
    operand: Expr


@dataclass(frozen=True, slots=True)
class BinOp(Expr):
    """``op`` is one of ``+ - * / // % ** @ & | ^ << >>``."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class BoolOp(Expr):
    """``a and b and c``: two or more operands of one operator."""

    op: Literal["and", "or"]
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    """``left op[0] comparators[0] op[1] comparators[1] ...``, each operand evaluated once.

    An operator is one of ``== != < <= > >= is``, ``is not``, ``in``, ``not in``.
    """

    left: Expr
    ops: tuple[str, ...]
    comparators: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Starred(Expr):
    """``*value`` in a call or in a target."""

    value: Expr


@dataclass(frozen=True, slots=True)
class UnsupportedExpr(Expr):
    """An expression that TorchScript does not have (``lambda``, ``await``, a set, ``a := b``)."""

    problem: Unsupported


# Statements -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assign(Stmt):
    """``a = b = value``, ``a: T = value``, ``a: T``, ``a = value  # type: T``.

    More than one target only without annotation. ``value`` is None only in a class body. An
    annotation from a comment is one from the source all the same.
    """

    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None


@dataclass(frozen=True, slots=True)
class AugAssign(Stmt):
    """``target op= value``; ``op`` without the ``=``."""

    target: Expr
    op: str
    value: Expr


@dataclass(frozen=True, slots=True)
class ExprStmt(Stmt):
    """An expression for its effect."""

    value: Expr


@dataclass(frozen=True, slots=True)
class If(Stmt):
    """An ``elif`` is an :class:`If` alone in ``orelse``."""

    cond: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class While(Stmt):
    """``while cond: body``"""

    cond: Expr
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class For(Stmt):
    """``for target in iter: body``"""

    target: Expr
    iter: Expr
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Return(Stmt):
    """``return value``; None where nothing is returned."""

    value: Expr | None


@dataclass(frozen=True, slots=True)
class Raise(Stmt):
    """``raise exception from cause``"""

    exception: Expr
    cause: Expr | None


@dataclass(frozen=True, slots=True)
class Assert(Stmt):
    """``assert test, message``"""

    test: Expr
    message: Expr | None


@dataclass(frozen=True, slots=True)
class Delete(Stmt):
    """``del a, b[0]``"""

    targets: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class WithItem(View):
    """``context as target``"""

    context: Expr
    target: Expr | None


@dataclass(frozen=True, slots=True)
class With(Stmt):
    """``with items: body``"""

    items: tuple[WithItem, ...]
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Pass(Stmt):
    """``pass``"""


@dataclass(frozen=True, slots=True)
class Break(Stmt):
    """``break``"""


@dataclass(frozen=True, slots=True)
class Continue(Stmt):
    """``continue``"""


@dataclass(frozen=True, slots=True)
class UnsupportedStmt(Stmt):
    """A statement that TorchScript does not have (``try``, ``global``, ``import``, a nested
    ``def``)."""

    problem: Unsupported


# Definitions ------------------------------------------------------------------------------------

ParamKind: TypeAlias = Literal["positional-only", "positional", "vararg", "keyword-only", "kwarg"]


@dataclass(frozen=True, slots=True)
class Param(View):
    """A parameter; ``type_comment`` is the type from a comment on its own line."""

    name: Ident
    annotation: Expr | None
    type_comment: Expr | None
    default: Expr | None
    kind: ParamKind = "positional"


@dataclass(frozen=True, slots=True)
class SignatureComment(View):
    """``# type: (int, Tensor) -> Tensor``.

    ``params`` is None for ``(...)``, which leaves the types to the parameters' own comments. A
    method's comment may leave out ``self``.
    """

    params: tuple[Expr, ...] | None
    returns: Expr


@dataclass(frozen=True, slots=True)
class Def(View):
    """A function or method.

    ``returns`` is what stands after ``->``; a type comment is kept apart, in
    ``signature_comment`` and in the parameters, since annotations win over comments. A docstring
    is no statement of ``body``.
    """

    name: Ident
    params: tuple[Param, ...]
    returns: Expr | None
    signature_comment: SignatureComment | None
    body: tuple[Stmt, ...]
    docstring: str | None
    decorators: tuple[Expr, ...]
    unsupported: tuple[Unsupported, ...]

    @property
    def decorator_names(self) -> tuple[str, ...]:
        """Dotted names of the decorators, without the arguments of those that are called."""
        return tuple(name for view in self.decorators if (name := decorator_name(view)) is not None)


@dataclass(frozen=True, slots=True)
class Property(View):
    """A property of a class."""

    name: str
    getter: Def
    setter: Def | None


@dataclass(frozen=True, slots=True)
class ClassDef(View):
    """A class. ``body`` keeps the order of the source and holds definitions and statements.

    ``unsupported`` is what is wrong outside its methods; each method keeps its own list, since many
    methods of a class are never compiled.
    """

    name: Ident
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    body: tuple[Stmt | Def | ClassDef, ...]
    docstring: str | None
    decorators: tuple[Expr, ...]
    unsupported: tuple[Unsupported, ...]

    @property
    def decorator_names(self) -> tuple[str, ...]:
        """Dotted names of the decorators, without the arguments of those that are called."""
        return tuple(name for view in self.decorators if (name := decorator_name(view)) is not None)

    @property
    def methods(self) -> tuple[Def, ...]:
        """The methods that are no property, static ones included; the last of a name wins."""
        found = {
            view.name.name: view
            for view in self.body
            if isinstance(view, Def) and _property_role(view) is None
        }
        return tuple(found.values())

    @property
    def assigns(self) -> tuple[Assign, ...]:
        """Class variables and annotated attributes (those without a value too)."""
        return tuple(view for view in self.body if isinstance(view, Assign))

    @property
    def properties(self) -> tuple[Property, ...]:
        """``@property`` getters, each with its setter."""
        found: dict[str, Property] = {}
        for view in self.body:
            if not isinstance(view, Def):
                continue
            name, role = view.name.name, _property_role(view)
            if role == "getter":
                found[name] = Property(view.range, name, view, None)
            elif role == "setter" and name in found:
                found[name] = Property(found[name].range, name, found[name].getter, view)
        return tuple(found.values())


def _property_role(view: Def) -> Literal["getter", "setter"] | None:
    for name in view.decorator_names:
        if name == "property":
            return "getter"
        if name == f"{view.name.name}.setter":
            return "setter"
    return None


# Questions --------------------------------------------------------------------------------------


def dotted_name(view: Expr) -> str | None:
    """``torch.jit.script`` for a chain of attributes on a name, None for anything else."""
    parts: list[str] = []
    while isinstance(view, Select):
        parts.append(view.name.name)
        view = view.value
    if not isinstance(view, Var):
        return None
    return ".".join([view.name, *reversed(parts)])


def decorator_name(view: Expr) -> str | None:
    """Dotted name of a decorator: of what is called, if it is a call."""
    return dotted_name(view.callee if isinstance(view, Apply) else view)


def split_docstring(body: tuple[AnyStmt, ...]) -> tuple[tuple[AnyStmt, ...], str | None]:
    """The statements of a body without its docstring, and the docstring."""
    first = body[0] if body else None
    if isinstance(first, ExprStmt) and isinstance(first.value, StringLiteral):
        return body[1:], first.value.value
    return body, None


def children(view: View) -> Iterator[View]:
    """The views directly inside a view, in the order of its fields.

    ``Def.unsupported`` and ``ClassDef.unsupported`` are summaries and are left out.
    """
    for field in fields(view):
        if field.name in ("range", "unsupported", "problem"):
            continue
        value = getattr(view, field.name)
        if isinstance(value, View):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, View):
                    yield item


def walk(view: View) -> Iterator[View]:
    """A view and all views inside it, outermost first."""
    yield view
    for child in children(view):
        yield from walk(child)
