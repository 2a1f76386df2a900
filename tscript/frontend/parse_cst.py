"""Views from libcst: for source that people wrote in files, notebooks and doctests.

Here: the walk over a libcst tree that makes views, and finds their positions on its way. Not
here: code that programs wrote (``parse_ast``), and what is unsupported (``unsupported.py``).

libcst's own positions cost three times its parse, since it prints the whole tree again to count.
The walk below visits the nodes in the order of the source and so knows what token comes next; the
text itself says where that is, since only spaces, comments and line ends can stand before it.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import libcst as cst

from tscript.diagnostics.source import Source, SourceRange
from tscript.frontend import parse_ast
from tscript.frontend import views as v
from tscript.frontend.fstrings import decode_string, decode_text
from tscript.frontend.parse_ast import TRIVIA, TopLevel
from tscript.frontend.type_comments import TypeComments
from tscript.frontend.unsupported import (
    Collector,
    comprehension_problem,
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


class OutOfStep(Exception):
    """The text does not go on as the tree says."""


def _open(source: Source, *, lenient: bool = False) -> tuple[_Converter, Sequence[cst.CSTNode]]:
    text, shift = parse_ast.as_program(source)
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


class _Converter:
    """Nodes to views, in step with the text: ``self._pos`` is behind the last token."""

    def __init__(
        self, source: Source, module: cst.Module, collector: Collector, comments: TypeComments
    ) -> None:
        self._source = source
        self._text = source.text
        self._module = module
        self._collector = collector
        self._comments = comments
        self._pos = 0
        self._end = 0  # of the last statement, with the semicolon behind it: blocks end there

    # The text ------------------------------------------------------------------------------------

    def _next(self) -> int:
        """Go to the next token."""
        pos = self._pos
        text = self._text
        if pos < len(text) and text[pos] in " \t\r\n\f#\\":
            match = TRIVIA.match(text, pos)
            if match is not None:
                pos = self._pos = match.end()
        return pos

    def _token(self, token: str) -> int:
        """Go behind a token; where it begins."""
        start = self._pos
        if not self._text.startswith(token, start):
            start = self._next()
            if not self._text.startswith(token, start):
                found = self._text[start : start + 20]
                raise OutOfStep(f"{token!r} was expected at {start}, where {found!r} is")
        self._pos = start + len(token)
        return start

    def _optional(self, token: str) -> bool:
        """Go behind a token if it is next."""
        before = self._pos
        if self._text.startswith(token, self._next()):
            self._pos += len(token)
            return True
        self._pos = before
        return False

    def _range(self, start: int) -> SourceRange:
        return SourceRange(self._source, start, self._pos)

    def _skip(self, node: cst.CSTNode) -> None:
        """Go behind an expression or simple statement that gets no view of its own."""
        start = self._next()
        code = self._module.code_for_node(node).rstrip(" \t;")
        lines = _lines(code)
        if len(lines) == 1:
            self._pos = start + len(code)
        else:
            self._pos = self._place(start, len(lines) - 1, lines[-1], len(lines[-1]))

    def _skip_block(self, node: cst.CSTNode) -> None:
        """Go behind a compound statement that gets no view of its own."""
        start = self._next()
        code = self._module.code_for_node(node)
        tokens = list(tokenize.generate_tokens(io.StringIO(code, newline="").readline))
        real = [t for t in tokens if t.type not in _NO_TOKENS]
        row, column = real[-1].end
        self._pos = self._place(start, row - real[0].start[0], _lines(code)[row - 1], column)
        self._end = self._pos

    def _place(self, start: int, rows: int, line: str, column: int) -> int:
        """The offset of a column in a printed line, ``rows`` below the one of ``start``.

        libcst prints a part without the indentation around it, so only what follows it agrees.
        """
        if rows == 0:
            return start + column
        number = self._source.line_column(start)[0] + rows
        indent = len(line) - len(line.lstrip())
        original = self._source.line(number)
        missing = len(original) - len(original.lstrip()) - indent
        return self._source.offset(number, column + missing)

    def apart(self, convert: Callable[[Any], T], node: object) -> T:
        """Convert what is read but not compiled: a default, an annotation, a decorator."""
        outer, self._collector = self._collector, Collector(self._source)
        view = convert(node)
        self._collector = outer
        return view

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
        found = []
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
        op = _AUGMENTED[type(node.operator)]
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

    # Expressions ---------------------------------------------------------------------------------

    def expr(self, node: Any) -> v.Expr:
        """An expression with the parentheses around it, which are no part of its range."""
        parens: int = len(node.lpar)
        # The innermost parentheses are a generator's own, and a tuple's if it has any.
        if parens and isinstance(node, (cst.Tuple, cst.GeneratorExp)):
            parens -= 1
        for _ in range(parens):
            self._token("(")
        start = self._next()
        method = _EXPRESSIONS.get(type(node))
        if method is not None:
            view = method(self, node, start)
        else:
            construct = _UNSUPPORTED_EXPRESSIONS.get(type(node).__name__)
            view = self._unsupported(node, start, construct or "expressions of this kind")
        for _ in range(parens):
            self._token(")")
        return view

    def _unsupported(self, node: cst.BaseExpression, start: int, construct: str) -> v.Expr:
        self._skip(node.with_changes(lpar=[], rpar=[]) if node.lpar else node)
        return self._collector.expression(start, self._pos, construct)

    def _ident(self, node: cst.Name) -> v.Ident:
        start = self._token(node.value)
        return v.Ident(self._range(start), parse_ast.normal_name(node.value))

    def _name(self, node: cst.Name, start: int) -> v.Expr:
        name = node.value
        self._token(name)
        range = self._range(start)
        constant = _CONSTANTS.get(name, self)
        if constant is not self:
            return v.Const(range, constant)
        if name == "Ellipsis":
            return v.Dots(range)
        self._collector.name(name, start, self._pos)
        return v.Var(range, parse_ast.normal_name(name))

    def _integer(self, node: cst.Integer, start: int) -> v.Expr:
        self._token(node.value)
        return v.Const(self._range(start), int(node.value.replace("_", ""), 0))

    def _float(self, node: cst.Float, start: int) -> v.Expr:
        self._token(node.value)
        return v.Const(self._range(start), float(node.value.replace("_", "")))

    def _imaginary(self, node: cst.Imaginary, start: int) -> v.Expr:
        self._token(node.value)
        return v.Const(self._range(start), complex(node.value.replace("_", "").lower()))

    def _ellipsis(self, node: cst.Ellipsis, start: int) -> v.Expr:
        self._token("...")
        return v.Dots(self._range(start))

    def _string(self, node: cst.BaseString, start: int) -> v.Expr:
        """A string, plain or formatted, or several side by side."""
        literals = list(_literals(node))
        if any("b" in literal.prefix.lower() for literal in literals):
            return self._unsupported(node, start, "bytes")
        if any("t" in literal.prefix.lower() for literal in literals):
            return self._unsupported(node, start, "template strings")
        formatted = [lit for lit in literals if isinstance(lit, cst.FormattedString)]
        for literal in formatted:
            for part in literal.parts:
                if isinstance(part, cst.FormattedStringExpression) and (
                    part.conversion is not None
                    or part.format_spec is not None
                    or part.equal is not None
                ):
                    return self._unsupported(
                        node, start, "`!r`, `=` and format specifications in f-strings"
                    )
        parts: list[str | v.Expr] = []
        for literal in literals:
            self._next()
            if isinstance(literal, cst.FormattedString):
                parts += self._formatted(literal)
            else:
                self._raw(literal.value)
                parts.append(decode_string(literal.value))
        range = self._range(start)
        if formatted:
            return v.JoinedStr.of(range, parts)
        return v.StringLiteral(range, "".join(part for part in parts if isinstance(part, str)))

    def _formatted(self, node: cst.FormattedString) -> list[str | v.Expr]:
        parts: list[str | v.Expr] = []
        self._raw(node.start)
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                self._raw(part.value)
                parts.append(decode_text(part.value, node.prefix))
            elif isinstance(part, cst.FormattedStringExpression):
                self._raw("{")
                parts.append(self.expr(part.expression))
                self._token("}")
        self._raw(node.end)
        return parts

    def _raw(self, text: str) -> None:
        """Go behind characters that stand right here, spaces included."""
        if not self._text.startswith(text, self._pos):
            raise OutOfStep(f"{text!r} was expected at {self._pos}")
        self._pos += len(text)

    def _call(self, node: cst.Call, start: int) -> v.Expr:
        callee = self.expr(node.func)
        opening = self._token("(")
        args: list[v.Expr] = []
        keywords: list[v.Keyword] = []
        only = node.args[0].value if len(node.args) == 1 and not node.args[0].star else None
        if isinstance(only, cst.GeneratorExp) and not only.lpar and node.args[0].keyword is None:
            args.append(self._generator(only, opening))
            return v.Apply(self._range(start), callee, tuple(args), ())
        for arg in node.args:
            if arg.star == "**":
                self._token("**")
                value = self.expr(arg.value)
                self._collector.add(value.range.start, value.range.end, "`**` in a call")
            elif arg.keyword is not None:
                keywords.append(self._keyword(arg))
            else:
                args.append(self._argument(arg))
            self._optional(",")
        self._token(")")
        return v.Apply(self._range(start), callee, tuple(args), tuple(keywords))

    def _keyword(self, node: cst.Arg) -> v.Keyword:
        assert node.keyword is not None
        name = self._ident(node.keyword)
        self._token("=")
        value = self.expr(node.value)
        return v.Keyword(self._range(name.range.start), name, value)

    def _argument(self, node: cst.Arg) -> v.Expr:
        if not node.star:
            return self.expr(node.value)
        start = self._token("*")
        value = self.expr(node.value)
        return v.Starred(self._range(start), value)

    def _attribute(self, node: cst.Attribute, start: int) -> v.Expr:
        value = self.expr(node.value)
        self._token(".")
        name = self._ident(node.attr)
        return v.Select(self._range(start), value, name)

    def _subscript(self, node: cst.Subscript, start: int) -> v.Expr:
        value = self.expr(node.value)
        self._token("[")
        index: list[v.Expr] = []
        comma = False
        for element in node.slice:
            index.append(self._index(element.slice))
            comma = self._optional(",")
        self._token("]")
        only = index[0]
        if len(index) == 1 and not comma and isinstance(only, v.TupleLiteral) and only.elements:
            index = list(only.elements)
        return v.Subscript(self._range(start), value, tuple(index))

    def _index(self, node: cst.BaseSlice) -> v.Expr:
        start = self._next()
        if isinstance(node, cst.Index):
            if not node.star:
                return self.expr(node.value)
            self._token("*")
            value = self.expr(node.value)
            return v.Starred(self._range(start), value)
        assert isinstance(node, cst.Slice)
        lower = self.expr(node.lower) if node.lower is not None else None
        self._token(":")
        upper = self.expr(node.upper) if node.upper is not None else None
        step = None
        if self._optional(":"):
            step = self.expr(node.step) if node.step is not None else None
        return v.SliceExpr(self._range(start), lower, upper, step)

    def _list(self, node: cst.List, start: int) -> v.Expr:
        self._token("[")
        elements = self._elements(node.elements)
        self._token("]")
        return v.ListLiteral(self._range(start), elements)

    def _tuple(self, node: cst.Tuple, start: int) -> v.Expr:
        if node.lpar:
            self._token("(")
        elements = self._elements(node.elements)
        if node.lpar:
            self._token(")")
        return v.TupleLiteral(self._range(start), elements)

    def _elements(self, nodes: Iterable[cst.BaseElement]) -> tuple[v.Expr, ...]:
        found = []
        for node in nodes:
            if isinstance(node, cst.StarredElement):
                found.append(self.expr(node))
            else:
                found.append(self.expr(node.value))
            self._optional(",")
        return tuple(found)

    def _starred(self, node: cst.StarredElement, start: int) -> v.Expr:
        self._token("*")
        value = self.expr(node.value)
        return v.Starred(self._range(start), value)

    def _dict(self, node: cst.Dict, start: int) -> v.Expr:
        self._token("{")
        keys: list[v.Expr] = []
        values: list[v.Expr] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                keys.append(self.expr(element.key))
                self._token(":")
                values.append(self.expr(element.value))
            else:
                self._token("**")
                spread = self.expr(element.value)
                self._collector.add(spread.range.start, spread.range.end, "`**` in a dict")
            self._optional(",")
        self._token("}")
        return v.DictLiteral(self._range(start), tuple(keys), tuple(values))

    def _list_comp(self, node: cst.ListComp, start: int) -> v.Expr:
        if construct := _comprehension_problem(node.for_in):
            return self._unsupported(node, start, construct)
        self._token("[")
        element = self.expr(node.elt)
        target, iterated = self._comp_for(node.for_in)
        self._token("]")
        return v.ListComp(self._range(start), element, target, iterated)

    def _generator(self, node: cst.GeneratorExp, start: int) -> v.Expr:
        """A generator with its parentheses, which may be those of a call."""
        if node.lpar:
            self._token("(")
        if construct := _comprehension_problem(node.for_in):
            self._skip(node.with_changes(lpar=[], rpar=[]))
            self._token(")")
            return self._collector.expression(start, self._pos, construct)
        element = self.expr(node.elt)
        target, iterated = self._comp_for(node.for_in)
        self._token(")")
        return v.GeneratorExp(self._range(start), element, target, iterated)

    def _dict_comp(self, node: cst.DictComp, start: int) -> v.Expr:
        if construct := _comprehension_problem(node.for_in):
            return self._unsupported(node, start, construct)
        self._token("{")
        key = self.expr(node.key)
        self._token(":")
        value = self.expr(node.value)
        target, iterated = self._comp_for(node.for_in)
        self._token("}")
        return v.DictComp(self._range(start), key, value, target, iterated)

    def _comp_for(self, node: cst.CompFor) -> tuple[v.Expr, v.Expr]:
        self._token("for")
        target = self.expr(node.target)
        self._token("in")
        return target, self.expr(node.iter)

    def _ternary(self, node: cst.IfExp, start: int) -> v.Expr:
        true = self.expr(node.body)
        self._token("if")
        cond = self.expr(node.test)
        self._token("else")
        false = self.expr(node.orelse)
        return v.TernaryIf(self._range(start), cond, true, false)

    def _binary(self, node: cst.BinaryOperation, start: int) -> v.Expr:
        left = self.expr(node.left)
        op = _BINARY[type(node.operator)]
        self._token(op)
        right = self.expr(node.right)
        return v.BinOp(self._range(start), op, left, right)

    def _unary(self, node: cst.UnaryOperation, start: int) -> v.Expr:
        op = _UNARY[type(node.operator)]
        self._token(op)
        operand = self.expr(node.expression)
        if op == "+":
            return self._collector.expression(start, self._pos, "unary `+`")
        return v.UnaryOp(self._range(start), op, operand)

    def _boolean(self, node: cst.BooleanOperation, start: int) -> v.Expr:
        kind = type(node.operator)
        op: Any = "and" if kind is cst.And else "or"
        rest = [node.right]
        left = node.left
        while (
            isinstance(left, cst.BooleanOperation) and type(left.operator) is kind and not left.lpar
        ):
            rest.append(left.right)
            left = left.left
        operands = [self.expr(left)]
        for operand in reversed(rest):
            self._token(op)
            operands.append(self.expr(operand))
        return v.BoolOp(self._range(start), op, tuple(operands))

    def _comparison(self, node: cst.Comparison, start: int) -> v.Expr:
        left = self.expr(node.left)
        ops = []
        comparators = []
        for target in node.comparisons:
            op = _COMPARE[type(target.operator)]
            for word in op.split():
                self._token(word)
            ops.append(op)
            comparators.append(self.expr(target.comparator))
        return v.Compare(self._range(start), left, tuple(ops), tuple(comparators))


def _literals(node: cst.BaseString) -> Iterable[Any]:
    if isinstance(node, cst.ConcatenatedString):
        yield from _literals(node.left)
        yield from _literals(node.right)
    else:
        yield node


def _comprehension_problem(node: cst.CompFor) -> str:
    loops, has_if, is_async = 0, False, False
    loop: cst.CompFor | None = node
    while loop is not None:
        loops += 1
        has_if = has_if or bool(loop.ifs)
        is_async = is_async or loop.asynchronous is not None
        loop = loop.inner_for_in
    return comprehension_problem(loops=loops, has_if=has_if, is_async=is_async)


def _lines(code: str) -> list[str]:
    source = Source(code)
    return [source.line(number + 1) for number in range(len(source.line_starts))]


_NO_TOKENS = {
    tokenize.NEWLINE,
    tokenize.NL,
    tokenize.COMMENT,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}

_CONSTANTS: dict[str, Any] = {"True": True, "False": False, "None": None}

_BINARY: dict[type[cst.BaseBinaryOp], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
}
_AUGMENTED: dict[type[cst.BaseAugOp], str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.MatrixMultiplyAssign: "@",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
}
_UNARY: dict[type[cst.BaseUnaryOp], Any] = {
    cst.Minus: "-",
    cst.BitInvert: "~",
    cst.Plus: "+",
    cst.Not: "not",
}
_COMPARE: dict[type[cst.BaseCompOp], str] = {
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.In: "in",
    cst.NotIn: "not in",
}

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
_EXPRESSIONS: dict[type[cst.CSTNode], Callable[[_Converter, Any, int], v.Expr]] = {
    cst.Name: _Converter._name,
    cst.Integer: _Converter._integer,
    cst.Float: _Converter._float,
    cst.Imaginary: _Converter._imaginary,
    cst.Ellipsis: _Converter._ellipsis,
    cst.SimpleString: _Converter._string,
    cst.FormattedString: _Converter._string,
    cst.ConcatenatedString: _Converter._string,
    cst.Call: _Converter._call,
    cst.Attribute: _Converter._attribute,
    cst.Subscript: _Converter._subscript,
    cst.List: _Converter._list,
    cst.Tuple: _Converter._tuple,
    cst.StarredElement: _Converter._starred,
    cst.Dict: _Converter._dict,
    cst.ListComp: _Converter._list_comp,
    cst.GeneratorExp: _Converter._generator,
    cst.DictComp: _Converter._dict_comp,
    cst.IfExp: _Converter._ternary,
    cst.BinaryOperation: _Converter._binary,
    cst.UnaryOperation: _Converter._unary,
    cst.BooleanOperation: _Converter._boolean,
    cst.Comparison: _Converter._comparison,
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
_UNSUPPORTED_EXPRESSIONS = {
    "Lambda": "`lambda` functions",
    "Yield": "`yield` expressions",
    "Await": "`await` expressions",
    "NamedExpr": "assignment expressions (`:=`)",
    "Set": "sets",
    "SetComp": "sets",
    "TemplatedString": "template strings",
}
