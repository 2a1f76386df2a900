"""Views from libcst: for source that people wrote in files, notebooks and doctests.

Here: the walk over a libcst tree that makes views, and finds their positions on its way. Not
here: code that programs wrote (``parse_ast``), and what is unsupported (``unsupported.py``).

libcst's own positions cost three times its parse, since it prints the whole tree again to count.
The walk below visits the nodes in the order of the source and so knows what token comes next; the
text itself says where that is, since only spaces, comments and line ends can stand before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import libcst as cst

from tscript.diagnostics.source import Source, SourceRange
from tscript.frontend import parse_ast
from tscript.frontend import views as v
from tscript.frontend.cst_expressions import ExpressionConverter
from tscript.frontend.cst_operators import AUGMENTED
from tscript.frontend.cst_steps import OutOfStep
from tscript.frontend.parse_ast import TopLevel
from tscript.frontend.program_text import as_program, check_depth
from tscript.frontend.type_comments import TypeComments
from tscript.frontend.unsupported import (
    Collector,
    no_definition,
    too_large,
)

T = TypeVar("T")


def parse_def(source: Source) -> v.Def:
    """The first thing defined in a source, which must be a function.

    Gives the view that ``parse_ast.parse_def`` gives, and raises as it does.

    >>> text = "    @staticmethod\\n    def half(x: float) -> float:\\n        return x / 2\\n"
    >>> view = parse_def(Source(text))
    >>> view.name.name, view.params[0].annotation.name, view.decorator_names
    ('half', 'float', ('staticmethod',))
    """
    try:
        return convert_def(source)
    except (cst.ParserSyntaxError, OutOfStep):
        # Its message is Python's own, and a form newer than libcst is read all the same.
        return parse_ast.parse_def(source)


def parse_class(source: Source) -> v.ClassDef:
    """The first thing defined in a source, which must be a class. See :func:`parse_def`.

    >>> parse_class(Source("class Empty(Base):\\n    pass\\n")).bases[0].name
    'Base'
    """
    try:
        return convert_class(source)
    except (cst.ParserSyntaxError, OutOfStep):
        return parse_ast.parse_class(source)


def convert_def(source: Source) -> v.Def:
    """:func:`parse_def` by libcst alone."""
    converter, body = _open(source)
    node = body[0] if body else None
    if not isinstance(node, cst.FunctionDef):
        raise _no_definition(source, converter, node, "function")
    return _guard(source, converter.def_, node)


def convert_class(source: Source) -> v.ClassDef:
    """:func:`parse_class` by libcst alone."""
    converter, body = _open(source, lenient=True)
    node = body[0] if body else None
    if not isinstance(node, cst.ClassDef):
        raise _no_definition(source, converter, node, "class")
    return _guard(source, converter.class_def, node)


def _open(source: Source, *, lenient: bool = False) -> tuple[_Converter, Sequence[cst.CSTNode]]:
    text, shift = as_program(source)
    check_depth(source)
    try:
        module = cst.parse_module(text)
    except RecursionError:
        raise too_large(source, "it is nested too deeply", "set by Python") from None
    body: Sequence[cst.CSTNode] = module.body
    if shift and body and isinstance(body[0], cst.If):
        body = body[0].body.body
    comments = TypeComments(source, parse_ast.parse_expression, lenient=lenient)
    return _Converter(source, module, Collector(source), comments), body


def _guard(source: Source, convert: Callable[[Any], T], node: cst.CSTNode) -> T:
    try:
        return convert(node)
    except RecursionError:
        raise too_large(source, "it is nested too deeply", "set by Python") from None


def _no_definition(
    source: Source, converter: _Converter, node: cst.CSTNode | None, wanted: str
) -> Exception:
    if node is None:
        return no_definition(source, 0, 1, wanted, has_lambda=False)
    has_lambda = _holds(node, cst.Lambda)
    view = converter.apart(converter.member, node)
    return no_definition(source, view.range.start, view.range.end, wanted, has_lambda=has_lambda)


def _holds(node: cst.CSTNode, kind: type[cst.CSTNode]) -> bool:
    return isinstance(node, kind) or any(_holds(child, kind) for child in node.children)


class _Converter(ExpressionConverter):
    """Nodes to views, in step with the text: ``self._pos`` is behind the last token."""

    def __init__(
        self, source: Source, module: cst.Module, collector: Collector, comments: TypeComments
    ) -> None:
        super().__init__(source, module, collector)
        self._comments = comments

    # Definitions ---------------------------------------------------------------------------------

    def member(self, node: Any) -> TopLevel:
        """A compound statement or a line outside functions, where definitions may stand."""
        if isinstance(node, cst.FunctionDef):
            return self.def_(node)
        if isinstance(node, cst.ClassDef):
            return self.class_def(node)
        if isinstance(node, cst.SimpleStatementLine):
            return self._line(node.body, members=True)[0]
        return self._compound(node)

    def _members(self, block: cst.BaseSuite) -> tuple[TopLevel, ...]:
        if isinstance(block, cst.SimpleStatementSuite):
            return self._line(block.body, members=True)
        found: list[TopLevel] = []
        for node in block.body:
            if isinstance(node, cst.SimpleStatementLine):
                found += self._line(node.body, members=True)
            else:
                found.append(self.member(node))
        return tuple(found)

    def class_def(self, node: cst.ClassDef) -> v.ClassDef:
        decorators = self._decorators(node.decorators)
        outer, self._collector = self._collector, Collector(self._source)
        start = self._token("class")
        name = self._ident(node.name)
        if node.type_parameters is not None:
            self._skip(node.type_parameters)
        bases: list[v.Expr] = []
        keywords: list[v.Keyword] = []
        if self._optional("("):
            for arg in [*node.bases, *node.keywords]:
                if arg.star == "**":
                    self._token("**")
                    self.apart(self.expr, arg.value)
                elif arg.keyword is not None:
                    keywords.append(self.apart(self._keyword, arg))
                else:
                    bases.append(self.apart(self._argument, arg))
                self._optional(",")
            self._token(")")
        self._token(":")
        body, docstring = v.split_docstring(self._members(node.body))
        unsupported, self._collector = self._collector.unsupported, outer
        return v.ClassDef(
            SourceRange(self._source, start, self._end),
            name,
            tuple(bases),
            tuple(keywords),
            body,
            docstring,
            decorators,
            unsupported,
        )

    def def_(self, node: cst.FunctionDef) -> v.Def:
        decorators = self._decorators(node.decorators)
        outer, self._collector = self._collector, Collector(self._source, node.name.value)
        start = self._next()
        if node.asynchronous is not None:
            self._collector.add(start, self._collector.header_end(start), "`async` functions")
            self._token("async")
        self._token("def")
        name = self._ident(node.name)
        if node.type_parameters is not None:
            self._collector.add(name.range.start, name.range.end, "type parameters")
            self._skip(node.type_parameters)
        self._token("(")
        params = self._params(node.params)
        self._token(")")
        returns = None
        if node.returns is not None:
            self._token("->")
            returns = self.apart(self.expr, node.returns.annotation)
        self._token(":")
        params = self._with_comments(params)
        self._collector.parameters(params)
        body, docstring = v.split_docstring(self._block(node.body))
        unsupported, self._collector = self._collector.unsupported, outer
        return v.Def(
            SourceRange(self._source, start, self._end),
            name,
            params,
            returns,
            self._comments.signature(start, self._end) if self._comments else None,
            body,
            docstring,
            decorators,
            unsupported,
        )

    def _decorators(self, nodes: Sequence[cst.Decorator]) -> tuple[v.Expr, ...]:
        found = []
        for node in nodes:
            self._token("@")
            found.append(self.apart(self.expr, node.decorator))
        return tuple(found)

    def _params(self, node: cst.Parameters) -> tuple[v.Param, ...]:
        found: list[v.Param] = []
        for param in node.posonly_params:
            found.append(self._param(param, "positional-only"))
        if node.posonly_params:
            self._token("/")
            self._optional(",")
        for param in node.params:
            found.append(self._param(param, "positional"))
        if isinstance(node.star_arg, cst.Param):
            self._token("*")
            found.append(self._param(node.star_arg, "vararg"))
        elif isinstance(node.star_arg, cst.ParamStar):
            self._token("*")
            self._optional(",")
        for param in node.kwonly_params:
            found.append(self._param(param, "keyword-only"))
        if node.star_kwarg is not None:
            self._token("**")
            found.append(self._param(node.star_kwarg, "kwarg"))
        return tuple(found)

    def _param(self, node: cst.Param, kind: v.ParamKind) -> v.Param:
        name = self._ident(node.name)
        annotation = None
        if node.annotation is not None:
            self._token(":")
            annotation = self.apart(self.expr, node.annotation.annotation)
        range = self._range(name.range.start)
        default = None
        if node.default is not None:
            self._token("=")
            default = self.apart(self.expr, node.default)
        self._optional(",")
        return v.Param(range, name, annotation, None, default, kind)

    def _with_comments(self, params: tuple[v.Param, ...]) -> tuple[v.Param, ...]:
        if not self._comments:
            return params
        before = self._pos
        starts = [*(p.range.start for p in params[1:]), self._next()]
        self._pos = before
        found = []
        for param, following in zip(params, starts):
            end = param.range.end if param.default is None else param.default.range.end
            comment = self._comments.parameter(end, following)
            found.append(
                v.Param(
                    param.range,
                    param.name,
                    param.annotation,
                    comment,
                    param.default,
                    param.kind,
                )
            )
        return tuple(found)

    # Statements ----------------------------------------------------------------------------------

    def _block(self, block: cst.BaseSuite) -> tuple[v.Stmt, ...]:
        if isinstance(block, cst.SimpleStatementSuite):
            return self._line(block.body)
        found: list[v.Stmt] = []
        for node in block.body:
            if isinstance(node, cst.SimpleStatementLine):
                found += self._line(node.body)
            else:
                found.append(self._compound(node))
        return tuple(found)

    def _line(
        self, nodes: Iterable[cst.BaseSmallStatement], *, members: bool = False
    ) -> tuple[v.Stmt, ...]:
        found: list[v.Stmt] = []
        for node in nodes:
            start = self._next()
            if members and isinstance(node, cst.AnnAssign) and node.value is None:
                found.append(self._declaration(node, start))
            else:
                found.append(self._small(node, start))
            self._optional(";")
            self._end = self._pos
        return tuple(found)

    def _small(self, node: cst.BaseSmallStatement, start: int) -> v.Stmt:
        method = _SMALL.get(type(node))
        if method is not None:
            return method(self, node, start)
        self._skip(node)
        construct = _UNSUPPORTED_SMALL.get(type(node).__name__, "statements of this kind")
        return self._collector.statement(start, self._pos, construct)

    def _compound(self, node: cst.CSTNode) -> v.Stmt:
        method = _COMPOUND.get(type(node))
        if method is not None and getattr(node, "asynchronous", None) is None:
            start = self._next()
            return method(self, node, start)
        construct = _UNSUPPORTED_COMPOUND.get(type(node).__name__, "statements of this kind")
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._decorators(node.decorators)
            node = node.with_changes(decorators=[], lines_after_decorators=[])
        start = self._next()
        self._skip_block(node)
        return self._collector.block(start, construct)

    def _declaration(self, node: cst.AnnAssign, start: int) -> v.Assign:
        target = self.expr(node.target)
        self._token(":")
        annotation = self.expr(node.annotation.annotation)
        return v.Assign(self._range(start), (target,), None, annotation)

    def _assign(self, node: cst.Assign, start: int) -> v.Stmt:
        targets = []
        for target in node.targets:
            targets.append(self.expr(target.target))
            self._token("=")
        value = self.expr(node.value)
        annotation = None
        if self._comments and len(targets) == 1:
            annotation = self._comments.assignment(self._pos)
        return v.Assign(self._range(start), tuple(targets), value, annotation)

    def _ann_assign(self, node: cst.AnnAssign, start: int) -> v.Stmt:
        if node.value is None:
            self._skip(node)
            return self._collector.statement(start, self._pos, "annotations without a value")
        target = self.expr(node.target)
        self._collector.annotated(target)
        self._token(":")
        annotation = self.apart(self.expr, node.annotation.annotation)
        self._token("=")
        value = self.expr(node.value)
        return v.Assign(self._range(start), (target,), value, annotation)

    def _aug_assign(self, node: cst.AugAssign, start: int) -> v.Stmt:
        op = AUGMENTED[type(node.operator)]
        if op in ("//", "@"):
            self._skip(node)
            return self._collector.statement(start, self._pos, f"`{op}=`")
        target = self.expr(node.target)
        self._token(f"{op}=")
        value = self.expr(node.value)
        return v.AugAssign(self._range(start), target, op, value)

    def _expr_stmt(self, node: cst.Expr, start: int) -> v.Stmt:
        value = self.expr(node.value)
        return v.ExprStmt(self._range(start), value)

    def _return(self, node: cst.Return, start: int) -> v.Stmt:
        self._token("return")
        value = self.expr(node.value) if node.value is not None else None
        return v.Return(self._range(start), value)

    def _raise(self, node: cst.Raise, start: int) -> v.Stmt:
        self._token("raise")
        if node.exc is None:
            return self._collector.statement(start, self._pos, "`raise` without an exception")
        exception = self.expr(node.exc)
        cause = None
        if node.cause is not None:
            self._token("from")
            cause = self.apart(self.expr, node.cause.item)
        return v.Raise(self._range(start), exception, cause)

    def _assert(self, node: cst.Assert, start: int) -> v.Stmt:
        self._token("assert")
        test = self.expr(node.test)
        message = None
        if node.msg is not None:
            self._token(",")
            message = self.expr(node.msg)
        return v.Assert(self._range(start), test, message)

    def _del(self, node: cst.Del, start: int) -> v.Stmt:
        self._token("del")
        target = self.expr(node.target)
        bare = isinstance(node.target, cst.Tuple) and not node.target.lpar
        targets = target.elements if bare and isinstance(target, v.TupleLiteral) else (target,)
        for each in targets:
            self._collector.deleted(each)
        return v.Delete(self._range(start), targets)

    def _pass(self, node: cst.Pass, start: int) -> v.Stmt:
        self._token("pass")
        return v.Pass(self._range(start))

    def _break(self, node: cst.Break, start: int) -> v.Stmt:
        self._token("break")
        self._collector.jump("break", start, self._pos)
        return v.Break(self._range(start))

    def _continue(self, node: cst.Continue, start: int) -> v.Stmt:
        self._token("continue")
        self._collector.jump("continue", start, self._pos)
        return v.Continue(self._range(start))

    def _if(self, node: cst.If, start: int) -> v.Stmt:
        self._token("elif" if self._text.startswith("elif", start) else "if")
        cond = self.expr(node.test)
        self._token(":")
        body = self._block(node.body)
        orelse: tuple[v.Stmt, ...] = ()
        if isinstance(node.orelse, cst.If):
            orelse = (self._if(node.orelse, self._next()),)
        elif node.orelse is not None:
            self._token("else")
            self._token(":")
            orelse = self._block(node.orelse.body)
        return v.If(SourceRange(self._source, start, self._end), cond, body, orelse)

    def _while(self, node: cst.While, start: int) -> v.Stmt:
        self._token("while")
        cond = self.expr(node.test)
        body = self._loop(node.body)
        self._loop_else(node.orelse, "while")
        return v.While(SourceRange(self._source, start, self._end), cond, body)

    def _for(self, node: cst.For, start: int) -> v.Stmt:
        self._token("for")
        target = self.expr(node.target)
        self._token("in")
        iterated = self.expr(node.iter)
        body = self._loop(node.body)
        self._loop_else(node.orelse, "for")
        return v.For(SourceRange(self._source, start, self._end), target, iterated, body)

    def _loop(self, block: cst.BaseSuite) -> tuple[v.Stmt, ...]:
        self._token(":")
        self._collector.enter_loop()
        body = self._block(block)
        self._collector.leave_loop()
        return body

    def _loop_else(self, orelse: cst.Else | None, keyword: str) -> None:
        if orelse is not None:
            start = self._token("else")
            self._collector.add(start, self._pos, f"`else` after a `{keyword}` loop")
            self._token(":")
            self.apart(self._block, orelse.body)

    def _with(self, node: cst.With, start: int) -> v.Stmt:
        self._token("with")
        parenthesised = isinstance(node.lpar, cst.LeftParen)
        if parenthesised:
            self._token("(")
        items = []
        for item in node.items:
            context = self.expr(item.item)
            target = None
            if item.asname is not None:
                self._token("as")
                target = self.expr(item.asname.name)
            range = context.range if target is None else context.range.join(target.range)
            items.append(v.WithItem(range, context, target))
            self._optional(",")
        if parenthesised:
            self._token(")")
        self._token(":")
        body = self._block(node.body)
        return v.With(SourceRange(self._source, start, self._end), tuple(items), body)


_SMALL: dict[type[cst.CSTNode], Callable[[_Converter, Any, int], v.Stmt]] = {
    cst.Assign: _Converter._assign,
    cst.AnnAssign: _Converter._ann_assign,
    cst.AugAssign: _Converter._aug_assign,
    cst.Expr: _Converter._expr_stmt,
    cst.Return: _Converter._return,
    cst.Raise: _Converter._raise,
    cst.Assert: _Converter._assert,
    cst.Del: _Converter._del,
    cst.Pass: _Converter._pass,
    cst.Break: _Converter._break,
    cst.Continue: _Converter._continue,
}
_COMPOUND: dict[type[cst.CSTNode], Callable[[_Converter, Any, int], v.Stmt]] = {
    cst.If: _Converter._if,
    cst.While: _Converter._while,
    cst.For: _Converter._for,
    cst.With: _Converter._with,
}
# By name, as in `parse_ast`: newer versions of libcst have more kinds of nodes.
_UNSUPPORTED_COMPOUND = {
    "Try": "`try` statements",
    "TryStar": "`try` statements",
    "FunctionDef": "functions inside functions",
    "ClassDef": "classes inside functions",
    "For": "`async for` loops",
    "With": "`async with` statements",
    "Match": "`match` statements",
}
_UNSUPPORTED_SMALL = {
    "Import": "`import` statements inside functions",
    "ImportFrom": "`import` statements inside functions",
    "Global": "`global` statements",
    "Nonlocal": "`nonlocal` statements",
    "TypeAlias": "`type` statements",
}
