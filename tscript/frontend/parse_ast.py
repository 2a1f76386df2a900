"""Views from ``ast``: for code that programs wrote, and for text given to the compiler.

Here: archives' code, ``CompilationUnit.define``, string annotations and type comments become
views, equal to those of ``parse_cst``. Size and nesting are bounded before Python's parser sees
the text, and nothing is ever evaluated. Not here: source that people wrote in files
(``parse_cst``, which this file lets stay unloaded).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

from tscript.diagnostics.source import Source, SourceRange
from tscript.frontend import views as v
from tscript.frontend.fstrings import formatted_values
from tscript.frontend.program_text import TRIVIA, Places, as_program, check_bounds, parse_bounded
from tscript.frontend.type_comments import TypeComments
from tscript.frontend.unsupported import (
    Collector,
    comprehension_problem,
    no_definition,
    too_large,
)

T = TypeVar("T")

TopLevel: TypeAlias = "v.Stmt | v.Def | v.ClassDef"

_WORD = re.compile(r"\w+|.")
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def parse_def(source: Source) -> v.Def:
    """The first thing defined in a source, which must be a function.

    The text may be indented (a method) and may have decorators. Raises ``CompilationError`` with
    the code ``syntax-error`` or ``source-limit`` when there is no such function; what TorchScript
    does not support is no error here but is noted in ``Def.unsupported``.

    >>> view = parse_def(Source("def double(x):\\n    return 2 * x\\n"))
    >>> view.name.name, view.body[0].value.op
    ('double', '*')
    """
    converter, body = _open(source)
    node = body[0] if body else None
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        raise converter.no_definition(node, "function")
    return _guard(source, converter.def_, node)


def parse_class(source: Source) -> v.ClassDef:
    """The first thing defined in a source, which must be a class. Errors as in :func:`parse_def`.

    >>> view = parse_class(Source("class Pair:\\n    first: int\\n    second: int = 0\\n"))
    >>> [statement.targets[0].name for statement in view.assigns]
    ['first', 'second']
    """
    converter, body = _open(source, lenient=True)
    node = body[0] if body else None
    if not isinstance(node, ast.ClassDef):
        raise converter.no_definition(node, "class")
    return _guard(source, converter.class_def, node)


def parse_module(source: Source) -> tuple[TopLevel, ...]:
    """All statements and definitions of a file, imports left out. Errors as in :func:`parse_def`.

    >>> text = "import math\\ndef f(x):\\n    return x\\nclass C:\\n    pass\\n"
    >>> [view.name.name for view in parse_module(Source(text))]
    ['f', 'C']
    """
    converter, body = _open(source)
    kept = [node for node in body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    return tuple(_guard(source, converter.member, node) for node in kept)


def parse_expression(source: Source, start: int = 0, end: int | None = None) -> v.Expr:
    """The expression at some characters of a source: an annotation in a string, a type comment.

    Raises ``CompilationError`` with the code ``syntax-error``.

    >>> source = Source("# type: List[int]")
    >>> view = parse_expression(source, 8)
    >>> view.value.name, view.index[0].range.text
    ('List', 'int')
    """
    return _expression(source, start, len(source.text) if end is None else end, Collector(source))


def _expression(source: Source, start: int, end: int, collector: Collector) -> v.Expr:
    text = source.text[start:end]
    check_bounds(source, text)
    text = f"({text})"  # so that it may go on over lines
    tree = parse_bounded(source, text, "eval", start - 1)
    assert isinstance(tree, ast.Expression)
    converter = _Converter(source, text, start - 1, collector, None)
    view = _guard(source, converter.expr, tree.body)
    if isinstance(view, v.TupleLiteral) and view.range.start < start:  # those were our parentheses
        start += len(text[1:-1]) - len(text[1:-1].lstrip())
        end -= len(text[1:-1]) - len(text[1:-1].rstrip())
        return v.TupleLiteral(SourceRange(source, start, end), view.elements)
    return view


def _open(source: Source, *, lenient: bool = False) -> tuple[_Converter, list[ast.stmt]]:
    text, shift = as_program(source)
    tree = parse_bounded(source, text, "exec", shift)
    assert isinstance(tree, ast.Module)
    body = tree.body
    if shift and isinstance(body[0], ast.If):
        body = body[0].body
    comments = TypeComments(source, parse_expression, lenient=lenient)
    return _Converter(source, text, shift, Collector(source), comments), body


def _guard(source: Source, convert: Callable[[Any], T], node: ast.AST) -> T:
    try:
        return convert(node)
    except RecursionError:
        raise too_large(source, "it is nested too deeply", "set by Python") from None


class _Converter:
    """Nodes of one parsed text to views."""

    def __init__(
        self,
        source: Source,
        text: str,
        shift: int,
        collector: Collector,
        comments: TypeComments | None,
    ) -> None:
        self._source = source
        self._text = source.text
        self._at = Places(text, shift).at
        self._collector = collector
        self._comments = comments

    def no_definition(self, node: ast.stmt | None, wanted: str) -> Exception:
        """The error for a text that does not begin with what was wanted."""
        start, end = self._span(node) if node is not None else (0, 1)
        has_lambda = node is not None and any(isinstance(n, ast.Lambda) for n in ast.walk(node))
        return no_definition(self._source, start, end, wanted, has_lambda=has_lambda)

    # Definitions ---------------------------------------------------------------------------------

    def member(self, node: ast.stmt) -> TopLevel:
        """A statement outside functions, where definitions may stand."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self.def_(node)
        if isinstance(node, ast.ClassDef):
            return self.class_def(node)
        if isinstance(node, ast.AnnAssign) and node.value is None:
            return v.Assign(
                self._range(node), (self.expr(node.target),), None, self.expr(node.annotation)
            )
        return self.stmt(node)

    def class_def(self, node: ast.ClassDef) -> v.ClassDef:
        outer, self._collector = self._collector, Collector(self._source)
        range = self._range(node)
        name = self._ident_after(range.start, "class", node.name)
        body, docstring = v.split_docstring(tuple(self.member(n) for n in node.body))
        view = v.ClassDef(
            range,
            name,
            tuple(self._apart(base) for base in node.bases),
            tuple(self._apart_keyword(k) for k in node.keywords if k.arg is not None),
            body,
            docstring,
            tuple(self._apart(d) for d in node.decorator_list),
            self._collector.unsupported,
        )
        self._collector = outer
        return view

    def def_(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> v.Def:
        outer, self._collector = self._collector, Collector(self._source, node.name)
        range = self._range(node)
        name = self._ident_after(range.start, "def", node.name)
        if isinstance(node, ast.AsyncFunctionDef):
            header = self._collector.header_end(range.start)
            self._collector.add(range.start, header, "`async` functions")
        if getattr(node, "type_params", None):
            self._collector.add(name.range.start, name.range.end, "type parameters")
        params = self._params(node.args, self._span(node.body[0])[0])
        returns = self._apart(node.returns) if node.returns is not None else None
        body, docstring = v.split_docstring(self.stmts(node.body))
        view = v.Def(
            range,
            name,
            params,
            returns,
            self._comments.signature(range.start, range.end) if self._comments else None,
            body,
            docstring,
            tuple(self._apart(d) for d in node.decorator_list),
            self._collector.unsupported,
        )
        self._collector = outer
        return view

    def _params(self, args: ast.arguments, body: int) -> tuple[v.Param, ...]:
        found: list[tuple[ast.arg, ast.expr | None, v.ParamKind]] = []
        plain = [*args.posonlyargs, *args.args]
        defaults = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
        for index, (arg, default) in enumerate(zip(plain, defaults)):
            only = index < len(args.posonlyargs)
            found.append((arg, default, "positional-only" if only else "positional"))
        if args.vararg is not None:
            found.append((args.vararg, None, "vararg"))
        found += [(arg, d, "keyword-only") for arg, d in zip(args.kwonlyargs, args.kw_defaults)]
        if args.kwarg is not None:
            found.append((args.kwarg, None, "kwarg"))
        starts = [self._span(arg)[0] for arg, _, _ in found]
        params = []
        for (arg, default, kind), following in zip(found, [*starts[1:], body]):
            range = self._range(arg)
            ident = self._ident(range.start, arg.arg)
            end = self._span(default)[1] if default is not None else range.end
            params.append(
                v.Param(
                    range,
                    ident,
                    self._apart(arg.annotation) if arg.annotation is not None else None,
                    self._comments.parameter(end, following) if self._comments else None,
                    self._apart(default) if default is not None else None,
                    kind,
                )
            )
        self._collector.parameters(params)
        return tuple(params)

    def _apart(self, node: ast.expr) -> v.Expr:
        """An expression that is read but not compiled: a default, an annotation, a decorator."""
        outer, self._collector = self._collector, Collector(self._source)
        view = self.expr(node)
        self._collector = outer
        return view

    def _apart_keyword(self, node: ast.keyword) -> v.Keyword:
        outer, self._collector = self._collector, Collector(self._source)
        view = self._keyword(node)
        self._collector = outer
        return view

    # Statements ----------------------------------------------------------------------------------

    def stmts(self, nodes: Sequence[ast.stmt]) -> tuple[v.Stmt, ...]:
        return tuple(self.stmt(node) for node in nodes)

    def stmt(self, node: ast.stmt) -> v.Stmt:
        method = _STATEMENTS.get(type(node))
        if method is not None:
            return method(self, node)
        start, end = self._span(node)
        construct = _UNSUPPORTED_BLOCKS.get(type(node).__name__)
        if construct is not None:
            return self._collector.block(start, construct)
        construct = _UNSUPPORTED_STATEMENTS.get(type(node).__name__, "statements of this kind")
        return self._collector.statement(start, end, construct)

    def _assign(self, node: ast.Assign) -> v.Stmt:
        range = self._range(node)
        annotation = None
        if self._comments and len(node.targets) == 1:
            annotation = self._comments.assignment(range.end)
        targets = tuple(self.expr(target) for target in node.targets)
        return v.Assign(range, targets, self.expr(node.value), annotation)

    def _ann_assign(self, node: ast.AnnAssign) -> v.Stmt:
        range = self._range(node)
        if node.value is None:
            return self._collector.statement(range.start, range.end, "annotations without a value")
        target = self.expr(node.target)
        self._collector.annotated(target)
        annotation = self._apart(node.annotation)
        return v.Assign(range, (target,), self.expr(node.value), annotation)

    def _aug_assign(self, node: ast.AugAssign) -> v.Stmt:
        start, end = self._span(node)
        op = _BINARY[type(node.op)]
        if op in ("//", "@"):
            return self._collector.statement(start, end, f"`{op}=`")
        return v.AugAssign(self._range(node), self.expr(node.target), op, self.expr(node.value))

    def _expr_stmt(self, node: ast.Expr) -> v.Stmt:
        return v.ExprStmt(self._range(node), self.expr(node.value))

    def _if(self, node: ast.If) -> v.Stmt:
        return v.If(
            self._range(node), self.expr(node.test), self.stmts(node.body), self.stmts(node.orelse)
        )

    def _while(self, node: ast.While) -> v.Stmt:
        cond = self.expr(node.test)
        body = self._loop(node.body)
        self._loop_else(node.body[-1], node.orelse, "while")
        return v.While(self._range(node), cond, body)

    def _for(self, node: ast.For) -> v.Stmt:
        target, iterated = self.expr(node.target), self.expr(node.iter)
        body = self._loop(node.body)
        self._loop_else(node.body[-1], node.orelse, "for")
        return v.For(self._range(node), target, iterated, body)

    def _loop(self, nodes: list[ast.stmt]) -> tuple[v.Stmt, ...]:
        self._collector.enter_loop()
        body = self.stmts(nodes)
        self._collector.leave_loop()
        return body

    def _loop_else(self, last: ast.stmt, orelse: list[ast.stmt], keyword: str) -> None:
        if orelse:
            start = self._token_after(self._span(last)[1], "else")
            self._collector.add(start, start + 4, f"`else` after a `{keyword}` loop")

    def _return(self, node: ast.Return) -> v.Stmt:
        return v.Return(
            self._range(node), self.expr(node.value) if node.value is not None else None
        )

    def _raise(self, node: ast.Raise) -> v.Stmt:
        start, end = self._span(node)
        if node.exc is None:
            return self._collector.statement(start, end, "`raise` without an exception")
        cause = self._apart(node.cause) if node.cause is not None else None
        return v.Raise(self._range(node), self.expr(node.exc), cause)

    def _assert(self, node: ast.Assert) -> v.Stmt:
        message = self.expr(node.msg) if node.msg is not None else None
        return v.Assert(self._range(node), self.expr(node.test), message)

    def _delete(self, node: ast.Delete) -> v.Stmt:
        targets = tuple(self.expr(target) for target in node.targets)
        for target in targets:
            self._collector.deleted(target)
        return v.Delete(self._range(node), targets)

    def _with(self, node: ast.With) -> v.Stmt:
        items = []
        for item in node.items:
            context = self.expr(item.context_expr)
            target = self.expr(item.optional_vars) if item.optional_vars is not None else None
            range = context.range if target is None else context.range.join(target.range)
            items.append(v.WithItem(range, context, target))
        return v.With(self._range(node), tuple(items), self.stmts(node.body))

    def _pass(self, node: ast.Pass) -> v.Stmt:
        return v.Pass(self._range(node))

    def _break(self, node: ast.Break) -> v.Stmt:
        self._collector.jump("break", *self._span(node))
        return v.Break(self._range(node))

    def _continue(self, node: ast.Continue) -> v.Stmt:
        self._collector.jump("continue", *self._span(node))
        return v.Continue(self._range(node))

    # Expressions ---------------------------------------------------------------------------------

    def expr(self, node: ast.expr) -> v.Expr:
        method = _EXPRESSIONS.get(type(node))
        if method is not None:
            return method(self, node)
        construct = _UNSUPPORTED_EXPRESSIONS.get(type(node).__name__, "expressions of this kind")
        return self._collector.expression(*self._span(node), construct)

    def exprs(self, nodes: Sequence[ast.expr]) -> tuple[v.Expr, ...]:
        return tuple(self.expr(node) for node in nodes)

    def _name(self, node: ast.Name) -> v.Expr:
        range = self._range(node)
        if node.id == "Ellipsis":
            return v.Dots(range)
        self._collector.name(node.id, range.start, range.end)
        return v.Var(range, node.id)

    def _constant(self, node: ast.Constant) -> v.Expr:
        value = node.value
        if isinstance(value, str):
            return v.StringLiteral(self._range(node), value)
        if isinstance(value, bytes):
            return self._collector.expression(*self._span(node), "bytes")
        if value is Ellipsis:
            return v.Dots(self._range(node))
        assert value is None or isinstance(value, (int, float, complex))
        return v.Const(self._range(node), value)

    def _joined_str(self, node: ast.JoinedStr) -> v.Expr:
        start, end = self._span(node)
        for part in node.values:
            if isinstance(part, ast.FormattedValue) and (
                part.conversion != -1 or part.format_spec is not None
            ):
                return self._collector.expression(
                    start, end, "`!r`, `=` and format specifications in f-strings"
                )
        # Python before 3.12 has wrong positions inside f-strings: find the values ourselves.
        spans = iter(formatted_values(self._text, start, end))
        parts: list[str | v.Expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                parts.append(_expression(self._source, *next(spans), self._collector))
            elif isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
                parts.append(part.value)
        return v.JoinedStr.of(self._range(node), parts)

    def _call(self, node: ast.Call) -> v.Expr:
        callee = self.expr(node.func)
        args = [*self.exprs(node.args)]
        keywords = []
        for keyword in node.keywords:
            if keyword.arg is None:
                place = self.expr(keyword.value).range
                args.append(self._collector.expression(place.start, place.end, "`**` in a call"))
            else:
                keywords.append(self._keyword(keyword))
        return v.Apply(self._range(node), callee, tuple(args), tuple(keywords))

    def _keyword(self, node: ast.keyword) -> v.Keyword:
        assert node.arg is not None
        range = self._range(node)
        return v.Keyword(range, self._ident(range.start, node.arg), self.expr(node.value))

    def _attribute(self, node: ast.Attribute) -> v.Expr:
        range = self._range(node)
        start = range.end - len(node.attr)
        if not self._text.isascii():  # a name may be spelled with characters that Python folds
            start = range.end - 1
            while ("_" + self._text[start - 1 : range.end]).isidentifier():
                start -= 1
        ident = v.Ident(SourceRange(self._source, start, range.end), node.attr)
        return v.Select(range, self.expr(node.value), ident)

    def _subscript(self, node: ast.Subscript) -> v.Expr:
        value = self.expr(node.value)
        if isinstance(node.slice, ast.Tuple) and node.slice.elts:
            index = self.exprs(node.slice.elts)
        else:
            index = (self.expr(node.slice),)
        return v.Subscript(self._range(node), value, index)

    def _slice(self, node: ast.Slice) -> v.Expr:
        start, stop, step = (
            self.expr(part) if part is not None else None
            for part in (node.lower, node.upper, node.step)
        )
        return v.SliceExpr(self._range(node), start, stop, step)

    def _list(self, node: ast.List) -> v.Expr:
        return v.ListLiteral(self._range(node), self.exprs(node.elts))

    def _tuple(self, node: ast.Tuple) -> v.Expr:
        return v.TupleLiteral(self._range(node), self.exprs(node.elts))

    def _dict(self, node: ast.Dict) -> v.Expr:
        keys, values = [], []
        for key, value in zip(node.keys, node.values):
            if key is None:
                spread = self.expr(value)
                self._collector.add(spread.range.start, spread.range.end, "`**` in a dict")
            else:
                keys.append(self.expr(key))
                values.append(self.expr(value))
        return v.DictLiteral(self._range(node), tuple(keys), tuple(values))

    def _list_comp(self, node: ast.ListComp) -> v.Expr:
        if problem := self._comprehension_problem(node, node.generators):
            return problem
        loop = node.generators[0]
        return v.ListComp(
            self._range(node), self.expr(node.elt), self.expr(loop.target), self.expr(loop.iter)
        )

    def _generator(self, node: ast.GeneratorExp) -> v.Expr:
        if problem := self._comprehension_problem(node, node.generators):
            return problem
        loop = node.generators[0]
        return v.GeneratorExp(
            self._range(node), self.expr(node.elt), self.expr(loop.target), self.expr(loop.iter)
        )

    def _dict_comp(self, node: ast.DictComp) -> v.Expr:
        if problem := self._comprehension_problem(node, node.generators):
            return problem
        loop = node.generators[0]
        return v.DictComp(
            self._range(node),
            self.expr(node.key),
            self.expr(node.value),
            self.expr(loop.target),
            self.expr(loop.iter),
        )

    def _comprehension_problem(
        self, node: ast.expr, loops: list[ast.comprehension]
    ) -> v.UnsupportedExpr | None:
        construct = comprehension_problem(
            loops=len(loops),
            has_if=any(loop.ifs for loop in loops),
            is_async=any(loop.is_async for loop in loops),
        )
        return self._collector.expression(*self._span(node), construct) if construct else None

    def _ternary(self, node: ast.IfExp) -> v.Expr:
        return v.TernaryIf(
            self._range(node), self.expr(node.test), self.expr(node.body), self.expr(node.orelse)
        )

    def _bin_op(self, node: ast.BinOp) -> v.Expr:
        return v.BinOp(
            self._range(node), _BINARY[type(node.op)], self.expr(node.left), self.expr(node.right)
        )

    def _unary_op(self, node: ast.UnaryOp) -> v.Expr:
        range, operand = self._range(node), self.expr(node.operand)
        if isinstance(node.op, ast.UAdd):
            return self._collector.expression(range.start, range.end, "unary `+`")
        if isinstance(node.op, ast.Not):
            return v.UnaryOp(range, "not", operand)
        return v.UnaryOp(range, "-" if isinstance(node.op, ast.USub) else "~", operand)

    def _bool_op(self, node: ast.BoolOp) -> v.Expr:
        op: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
        return v.BoolOp(self._range(node), op, self.exprs(node.values))

    def _compare(self, node: ast.Compare) -> v.Expr:
        left = self.expr(node.left)
        ops = tuple(_COMPARE[type(op)] for op in node.ops)
        return v.Compare(self._range(node), left, ops, self.exprs(node.comparators))

    def _starred(self, node: ast.Starred) -> v.Expr:
        return v.Starred(self._range(node), self.expr(node.value))

    # Places --------------------------------------------------------------------------------------

    def _span(self, node: Any) -> tuple[int, int]:
        """Where a node begins and ends: for every kind of node that has a position."""
        return (
            self._at(node.lineno, node.col_offset),
            self._at(node.end_lineno, node.end_col_offset),
        )

    def _range(self, node: ast.stmt | ast.expr | ast.arg | ast.keyword) -> SourceRange:
        return SourceRange(self._source, *self._span(node))

    def _ident(self, start: int, name: str) -> v.Ident:
        end = start + len(name)
        if not self._text.isascii():
            end = start + 1
            while end < len(self._text) and self._text[start : end + 1].isidentifier():
                end += 1
        return v.Ident(SourceRange(self._source, start, end), name)

    def _ident_after(self, start: int, keyword: str, name: str) -> v.Ident:
        """The name behind the keyword of a definition that begins at ``start``."""
        return self._ident(self._skip(self._token_after(start, keyword) + len(keyword)), name)

    def _skip(self, offset: int) -> int:
        match = TRIVIA.match(self._text, offset)
        return match.end() if match else offset

    def _token_after(self, offset: int, word: str) -> int:
        """Where a keyword begins that stands behind ``offset``, after a few others at most."""
        while True:
            offset = self._skip(offset)
            match = _WORD.match(self._text, offset)
            assert match is not None, f"no {word!r} behind the end of the text"
            if match[0] == word:
                return offset
            offset = match.end()


_STATEMENTS: dict[type[ast.stmt], Callable[[_Converter, Any], v.Stmt]] = {
    ast.Assign: _Converter._assign,
    ast.AnnAssign: _Converter._ann_assign,
    ast.AugAssign: _Converter._aug_assign,
    ast.Expr: _Converter._expr_stmt,
    ast.If: _Converter._if,
    ast.While: _Converter._while,
    ast.For: _Converter._for,
    ast.Return: _Converter._return,
    ast.Raise: _Converter._raise,
    ast.Assert: _Converter._assert,
    ast.Delete: _Converter._delete,
    ast.With: _Converter._with,
    ast.Pass: _Converter._pass,
    ast.Break: _Converter._break,
    ast.Continue: _Converter._continue,
}

_EXPRESSIONS: dict[type[ast.expr], Callable[[_Converter, Any], v.Expr]] = {
    ast.Name: _Converter._name,
    ast.Constant: _Converter._constant,
    ast.JoinedStr: _Converter._joined_str,
    ast.Call: _Converter._call,
    ast.Attribute: _Converter._attribute,
    ast.Subscript: _Converter._subscript,
    ast.Slice: _Converter._slice,
    ast.List: _Converter._list,
    ast.Tuple: _Converter._tuple,
    ast.Dict: _Converter._dict,
    ast.ListComp: _Converter._list_comp,
    ast.GeneratorExp: _Converter._generator,
    ast.DictComp: _Converter._dict_comp,
    ast.IfExp: _Converter._ternary,
    ast.BinOp: _Converter._bin_op,
    ast.UnaryOp: _Converter._unary_op,
    ast.BoolOp: _Converter._bool_op,
    ast.Compare: _Converter._compare,
    ast.Starred: _Converter._starred,
}

# By name: newer Pythons have kinds of nodes that older ones do not.
_UNSUPPORTED_BLOCKS = {
    "Try": "`try` statements",
    "TryStar": "`try` statements",
    "FunctionDef": "functions inside functions",
    "AsyncFunctionDef": "functions inside functions",
    "ClassDef": "classes inside functions",
    "AsyncFor": "`async for` loops",
    "AsyncWith": "`async with` statements",
    "Match": "`match` statements",
}
_UNSUPPORTED_STATEMENTS = {
    "Import": "`import` statements inside functions",
    "ImportFrom": "`import` statements inside functions",
    "Global": "`global` statements",
    "Nonlocal": "`nonlocal` statements",
    "TypeAlias": "`type` statements",
}
_UNSUPPORTED_EXPRESSIONS = {
    "Lambda": "`lambda` functions",
    "Yield": "`yield` expressions",
    "YieldFrom": "`yield` expressions",
    "Await": "`await` expressions",
    "NamedExpr": "assignment expressions (`:=`)",
    "Set": "sets",
    "SetComp": "sets",
    "TemplateStr": "template strings",
}
