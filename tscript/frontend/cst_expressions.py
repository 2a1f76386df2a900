"""Expressions from libcst to views: the part of ``parse_cst`` that knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import libcst as cst

from tscript.diagnostics.source import Source
from tscript.frontend import views as v
from tscript.frontend.cst_operators import BINARY, COMPARE, UNARY
from tscript.frontend.cst_steps import Stepper
from tscript.frontend.fstrings import decode_string, decode_text
from tscript.frontend.program_text import normal_name
from tscript.frontend.unsupported import Collector, comprehension_problem

T = TypeVar("T")


class ExpressionConverter(Stepper):
    """Expressions to views, in step with the text."""

    def __init__(self, source: Source, module: cst.Module, collector: Collector) -> None:
        super().__init__(source, module)
        self._collector = collector

    def apart(self, convert: Callable[[Any], T], node: object) -> T:
        """Convert what is read but not compiled: a default, an annotation, a decorator."""
        outer, self._collector = self._collector, Collector(self._source)
        view = convert(node)
        self._collector = outer
        return view

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
        return v.Ident(self._range(start), normal_name(node.value))

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
        return v.Var(range, normal_name(name))

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
                place = self.expr(arg.value).range
                args.append(self._collector.expression(place.start, place.end, "`**` in a call"))
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
        op = BINARY[type(node.operator)]
        self._token(op)
        right = self.expr(node.right)
        return v.BinOp(self._range(start), op, left, right)

    def _unary(self, node: cst.UnaryOperation, start: int) -> v.Expr:
        op = UNARY[type(node.operator)]
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
            op = COMPARE[type(target.operator)]
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


_CONSTANTS: dict[str, Any] = {"True": True, "False": False, "None": None}

_EXPRESSIONS: dict[type[cst.CSTNode], Callable[[ExpressionConverter, Any, int], v.Expr]] = {
    cst.Name: ExpressionConverter._name,
    cst.Integer: ExpressionConverter._integer,
    cst.Float: ExpressionConverter._float,
    cst.Imaginary: ExpressionConverter._imaginary,
    cst.Ellipsis: ExpressionConverter._ellipsis,
    cst.SimpleString: ExpressionConverter._string,
    cst.FormattedString: ExpressionConverter._string,
    cst.ConcatenatedString: ExpressionConverter._string,
    cst.Call: ExpressionConverter._call,
    cst.Attribute: ExpressionConverter._attribute,
    cst.Subscript: ExpressionConverter._subscript,
    cst.List: ExpressionConverter._list,
    cst.Tuple: ExpressionConverter._tuple,
    cst.StarredElement: ExpressionConverter._starred,
    cst.Dict: ExpressionConverter._dict,
    cst.ListComp: ExpressionConverter._list_comp,
    cst.GeneratorExp: ExpressionConverter._generator,
    cst.DictComp: ExpressionConverter._dict_comp,
    cst.IfExp: ExpressionConverter._ternary,
    cst.BinaryOperation: ExpressionConverter._binary,
    cst.UnaryOperation: ExpressionConverter._unary,
    cst.BooleanOperation: ExpressionConverter._boolean,
    cst.Comparison: ExpressionConverter._comparison,
}

# By name, as in `parse_ast`: newer versions of libcst have more kinds of nodes.
_UNSUPPORTED_EXPRESSIONS = {
    "Lambda": "`lambda` functions",
    "Yield": "`yield` expressions",
    "Await": "`await` expressions",
    "NamedExpr": "assignment expressions (`:=`)",
    "Set": "sets",
    "SetComp": "sets",
    "TemplatedString": "template strings",
}
