"""The syntax that TorchScript does not have: its names, and what to write instead.

Here: the table of constructs, and :class:`Collector`, in which a parser gathers those of one
function. Both parsers use it, so they agree on what is unsupported, where it is underlined and
what is said. Not here: rules about types (the ``emit_*`` files).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tscript.diagnostics.report import CompilationError, Diagnostic
from tscript.diagnostics.source import Source, SourceRange
from tscript.frontend.views import (
    Expr,
    Param,
    Select,
    Subscript,
    Unsupported,
    UnsupportedExpr,
    UnsupportedStmt,
    Var,
)

# Construct (it reads on from "TorchScript has no") -> remedy (a sentence without a full stop).
REMEDIES: dict[str, str] = {
    # Statements
    "`try` statements": (
        "test for the problem with `if` before it happens, or move the statement into a function "
        "decorated with `@torch.jit.ignore`"
    ),
    "`import` statements inside functions": "import at the top of the file",
    "`global` statements": "pass the value as an argument, and return the new one",
    "`nonlocal` statements": "pass the value as an argument, and return the new one",
    "functions inside functions": "define the function at the top of the file",
    "classes inside functions": "define the class at the top of the file",
    "`async` functions": "use `torch.jit.fork` and `torch.jit.wait`",
    "`async for` loops": "use `torch.jit.fork` and `torch.jit.wait`",
    "`async with` statements": "use `torch.jit.fork` and `torch.jit.wait`",
    "`match` statements": "use `if` and `elif`",
    "`type` statements": "write the type out in the annotations",
    "`else` after a `while` loop": "set a flag before `break`, and test it after the loop",
    "`else` after a `for` loop": "set a flag before `break`, and test it after the loop",
    "`raise` without an exception": 'name the exception: `raise RuntimeError("...")`',
    "`break` outside a loop": "take it out, or put it into a loop",
    "`continue` outside a loop": "take it out, or put it into a loop",
    "`del` of attributes": "set the attribute to None, with an Optional type",
    "`del` of this target": "delete variables and elements one by one: `del a, b[0]`",
    "annotations without a value": "give the variable its first value here",
    "annotations on attributes outside `__init__`": "declare the attribute in the class body",
    "`//=`": "write `a = a // b`",
    "`@=`": "write `a = a @ b`",
    # Parameters
    "`*args` parameters": "name the parameters, or take a list or a tuple",
    "`**kwargs` parameters": "name the parameters, or take a dict",
    "keyword-only parameters with a default": "remove the `*`, or the default",
    "positional-only parameters": "remove the `/`",
    "type parameters": "write a function for each type",
    # Expressions
    "`lambda` functions": "define a function with `def`, at the top of the file",
    "`yield` expressions": "append the values to a list, and return it",
    "`await` expressions": "use `torch.jit.wait` on the result of `torch.jit.fork`",
    "assignment expressions (`:=`)": "assign in a statement of its own before",
    "sets": "use a dict, or a list",
    "bytes": "use a string, or a Tensor of dtype `torch.uint8`",
    "template strings": "use an f-string",
    "comprehensions with `if`": "write a `for` loop with an `if` and `append`",
    "comprehensions with more than one `for`": "write nested `for` loops and `append`",
    "`async` comprehensions": "use `torch.jit.fork` and `torch.jit.wait`",
    "`**` in a call": "write the arguments out: `f(name=value)`",
    "`**` in a dict": "copy the items in a loop, or with `update`",
    "`!r`, `=` and format specifications in f-strings": (
        "use `{x}` only, and format the value before: `str(round(x))`"
    ),
    "unary `+`": "leave it out",
    "names that begin with `__jit`": "choose another name",
    "expressions of this kind": "compute it in a function decorated with `@torch.jit.ignore`",
    "statements of this kind": "move it into a function decorated with `@torch.jit.ignore`",
}

_PARAMETER_KINDS = {
    "vararg": "`*args` parameters",
    "kwarg": "`**kwargs` parameters",
    "positional-only": "positional-only parameters",
}

_HEADER = re.compile(r"async[ \t]+\w+|\w+")


class Collector:
    """Gathers the unsupported constructs of one function while it is parsed."""

    def __init__(self, source: Source, function: str = "") -> None:
        self._source = source
        self._function = function
        self._found: list[Unsupported] = []
        self._loops = 0

    def add(self, start: int, end: int, construct: str) -> Unsupported:
        """Note a construct at the characters ``start`` to ``end``."""
        problem = Unsupported(SourceRange(self._source, start, end), construct, REMEDIES[construct])
        self._found.append(problem)
        return problem

    def expression(self, start: int, end: int, construct: str) -> UnsupportedExpr:
        """The view of an expression that is unsupported as a whole."""
        problem = self.add(start, end, construct)
        return UnsupportedExpr(problem.range, problem)

    def statement(self, start: int, end: int, construct: str) -> UnsupportedStmt:
        """The view of a simple statement that is unsupported as a whole."""
        problem = self.add(start, end, construct)
        return UnsupportedStmt(problem.range, problem)

    def block(self, start: int, construct: str) -> UnsupportedStmt:
        """The view of a compound statement: its range is the keyword that it begins with."""
        return self.statement(start, self.header_end(start), construct)

    def header_end(self, start: int) -> int:
        """Where the keyword ends that a statement begins with (``async for`` is one)."""
        match = _HEADER.match(self._source.text, start)
        return match.end() if match else start + 1

    def name(self, name: str, start: int, end: int) -> None:
        """Refuse the names that TorchScript keeps to itself."""
        if name.startswith("__jit"):
            self.add(start, end, "names that begin with `__jit`")

    def enter_loop(self) -> None:
        """The body of a loop begins."""
        self._loops += 1

    def leave_loop(self) -> None:
        """The body of a loop has ended."""
        self._loops -= 1

    def jump(self, keyword: str, start: int, end: int) -> None:
        """Note a ``break`` or ``continue`` outside loops: in source that never ran."""
        if not self._loops:
            self.add(start, end, f"`{keyword}` outside a loop")

    def parameters(self, params: Iterable[Param]) -> None:
        """Note the kinds of parameters that TorchScript functions cannot have."""
        for param in params:
            construct = _PARAMETER_KINDS.get(param.kind)
            if param.kind == "keyword-only" and param.default is not None:
                construct = "keyword-only parameters with a default"
            if construct:
                self.add(param.range.start, param.range.end, construct)

    def annotated(self, target: Expr) -> None:
        """Note an annotated assignment to an attribute outside ``__init__``."""
        if isinstance(target, Select) and self._function != "__init__":
            construct = "annotations on attributes outside `__init__`"
            self.add(target.range.start, target.range.end, construct)

    def deleted(self, target: Expr) -> None:
        """Note a target of ``del`` that is no variable and no element."""
        if isinstance(target, Select):
            self.add(target.range.start, target.range.end, "`del` of attributes")
        elif not isinstance(target, (Var, Subscript)):
            self.add(target.range.start, target.range.end, "`del` of this target")

    @property
    def unsupported(self) -> tuple[Unsupported, ...]:
        """Everything found, in the order of the source."""
        return tuple(sorted(self._found, key=lambda p: (p.range.start, p.range.end)))


def comprehension_problem(*, loops: int, has_if: bool, is_async: bool) -> str:
    """The construct that a comprehension is refused for; empty if it is not."""
    if is_async:
        return "`async` comprehensions"
    if loops > 1:
        return "comprehensions with more than one `for`"
    return "comprehensions with `if`" if has_if else ""


def no_definition(
    source: Source, start: int, end: int, wanted: str, *, has_lambda: bool
) -> CompilationError:
    """The error for text that does not begin with the function or class that was wanted."""
    if has_lambda and wanted == "function":
        construct = "`lambda` functions"
        args = {"construct": construct, "remedy": REMEDIES[construct]}
        place = SourceRange(source, start, max(end, start))
        return CompilationError((Diagnostic("unsupported-syntax", place, args),))
    return syntax_error(source, start, end, f"a {wanted} definition was expected here")


def syntax_error(source: Source, start: int, end: int, reason: str) -> CompilationError:
    """The error for text that is not Python, or holds no definition."""
    end = min(max(end, start + 1), len(source.text))
    place = SourceRange(source, min(start, end), end)
    return CompilationError((Diagnostic("syntax-error", place, {"reason": reason}),))


def too_large(source: Source, measure: str, limit: str) -> CompilationError:
    """The error for text that is too long or nested too deeply to be compiled."""
    first_line = source.text[:80].partition("\n")[0]
    place = SourceRange(source, 0, len(first_line))
    return CompilationError(
        (Diagnostic("source-limit", place, {"measure": measure, "limit": limit}),)
    )
