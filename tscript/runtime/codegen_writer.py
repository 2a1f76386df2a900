"""Writing generated code: names, constants, reading values, places in the source.

:class:`Writer` is the part of the code generator that knows Python's ``ast`` and how values become
variables; what the nodes of a graph become is in the classes above it.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import math
import re
from collections.abc import Sequence
from typing import Any

from ops_registry import types as t
from tscript.diagnostics.source import SourceRange
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Node, Value
from tscript.runtime.codegen_scalars import PURE, READS
from tscript.runtime.handles import is_raw
from tscript.runtime.interpreter import constant_of, operator_of
from tscript.runtime.tensor import Tensor


class NotCompilableError(RuntimeError):
    """Only the interpreter runs this graph; the message says which node is why."""


class Pending:
    """An expression that has not been written to a variable yet."""

    __slots__ = ("expression", "purity")

    def __init__(self, expression: ast.expr, purity: int) -> None:
        self.expression = expression
        self.purity = purity


class Writer:
    """Builds the body of one function."""

    def __init__(self, function: CompiledFunction) -> None:
        self.function = function
        self.graph = function.graph
        self.namespace: dict[str, Any] = {"__builtins__": {"range": range}}
        self.names: dict[Value, str] = {}
        self.taken: set[str] = set()
        self.counter = 0
        self.pending: dict[Value, Pending] = {}
        self.body: list[ast.stmt] = []
        self.uses_table = False
        self.loop_depth = 0
        self.depth = 0
        self.here: SourceRange | None = None
        self.file = self._main_file()
        self.ranges: dict[tuple[int, int, int, int], SourceRange] = {}
        self.by_line: dict[int, SourceRange] = {}
        #: Lists of arrays that are about to be unpacked.
        self.raw_lists: set[Value] = set()
        #: Helpers made for this code, by what they are for.
        self.made: dict[Any, Any] = {}
        #: The least mobile of the pending expressions that the current node has read.
        self.consumed = PURE
        #: Values that are written straight into the variable which takes them over.
        self.preassigned: dict[Value, str] = {}
        #: Variables carried by loops, with the block parameter they hold.
        self.carried: dict[str, Value] = {}

    # Names and constants.

    def _main_file(self) -> str:
        for node in self.graph.all_nodes():
            if node.source_range is not None and not node.callstack:
                return node.source_range.filename
        return ""

    def first_line(self) -> int:
        for node in self.graph.all_nodes():
            place = node.source_range
            if place is not None and place.filename == self.file:
                return max(place.source.first_line, 1)
        return 1

    def identifier(self, text: str) -> str:
        name = re.sub(r"\W", "_", text)
        if not name or not name.isidentifier():
            name = f"v{name}"
        if keyword.iskeyword(name) or name.startswith(("_t_", "__")) or name == "range":
            name = f"v_{name}"
        return name

    def new_name(self, value: Value) -> str:
        name = self.preassigned.pop(value, None)
        if name is None:
            name = self.fresh(self.identifier(value.debug_name))
        self.names[value] = name
        return name

    def fresh(self, base: str) -> str:
        name, number = base, 0
        while name in self.taken:
            number += 1
            name = f"{base}_{number}"
        self.taken.add(name)
        return name

    def helper(self, name: str, value: Any) -> ast.expr:
        """A global of the generated code; the same value under one name."""
        full = f"_t_{name}"
        number = 0
        while full in self.namespace and self.namespace[full] is not value:
            number += 1
            full = f"_t_{name}_{number}"
        self.namespace[full] = value
        return ast.Name(full, ast.Load())

    def builtin(self, name: str) -> ast.expr:
        return self.helper(name, getattr(builtins, name))

    def constant(self, value: Any, label: str = "constant") -> ast.expr:
        """A Python value as an expression."""
        if value is None or isinstance(value, bool | str | bytes):
            return ast.Constant(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return ast.Constant(value)
        if isinstance(value, float) and math.isfinite(value):
            return ast.Constant(value)
        if isinstance(value, complex) and math.isfinite(value.real) and math.isfinite(value.imag):
            return ast.Constant(value)
        if type(value) is list and all(isinstance(v, bool | int | float | str) for v in value):
            return ast.List([self.constant(v) for v in value], ast.Load())
        return self.helper(label, value)

    # Reading values.

    def table(self) -> ast.expr:
        self.uses_table = True
        return ast.Name("_t_table", ast.Load())

    def table_call(self, method: str, argument: ast.expr) -> ast.expr:
        return ast.Call(ast.Attribute(self.table(), method, ast.Load()), [argument], [])

    def read(self, value: Value) -> ast.expr:
        """The value as its variable has it: an array for Tensor types."""
        pending = self.pending.pop(value, None)
        if pending is not None:
            self.consumed = max(self.consumed, pending.purity)
            return pending.expression
        node = value.node
        if node.kind == "prim::Constant" and value not in self.names:
            return self.read_constant(node)
        if node.kind == "prim::Uninitialized":
            return ast.Constant(None)
        return ast.Name(self.names[value], ast.Load())

    def read_constant(self, node: Node) -> ast.expr:
        value = node.constant_value()
        if isinstance(value, Tensor) and is_raw(node.output.type):
            if escapes(node.output):
                return self.table_call("unwrap", self.helper("constant", value))
            return self.helper("constant", value.array)
        if isinstance(value, list | dict) and not _is_plain_list(value):
            maker = self.helper("fresh_constant", lambda node=node: constant_of(node))
            return ast.Call(maker, [], [])
        return self.constant(constant_of(node))

    def coerce(self, expression: ast.expr, have: t.Type, want_raw: bool) -> ast.expr:
        """Between the array and the Tensor form, where they differ."""
        if is_raw(have) == want_raw:
            return expression
        if want_raw:
            return self.table_call("unwrap", expression)
        return self.table_call("wrap", expression)

    def handle(self, value: Value) -> ast.expr:
        """The value as the interpreter has it: for containers, objects, primitives."""
        return self.coerce(self.read(value), value.type, False)

    def as_type(self, value: Value, type: t.Type) -> ast.expr:
        """The value for a variable of ``type``."""
        return self.coerce(self.read(value), value.type, is_raw(type))

    # Writing statements.

    def place(self, tree: ast.AST, node: Node) -> None:
        """Give what ``node`` added to a tree its place in the source."""
        where = node.source_range
        if where is None or where.filename != self.file or node.callstack:
            where = self.here
        if where is None:
            return
        self.here = where
        position = position_of(where)
        self.ranges.setdefault(position, node.source_range or where)
        self.by_line.setdefault(position[0], node.source_range or where)
        for part in ast.walk(tree):
            if "lineno" in part._attributes and not hasattr(part, "lineno"):
                part.lineno, part.col_offset, part.end_lineno, part.end_col_offset = (  # type: ignore[attr-defined]
                    position[0], position[1], position[2], position[3],
                )  # fmt: skip

    def emit(self, statement: ast.stmt, node: Node) -> None:
        self.place(statement, node)
        self.body.append(statement)

    def assign(self, name: str, expression: ast.expr, node: Node) -> None:
        if name in self.carried:
            self.flush_readers(name)
        self.emit(ast.Assign([ast.Name(name, ast.Store())], expression), node)

    def flush(self, purity: int = PURE) -> None:
        """Write pending expressions of at least this purity class to variables."""
        for value in [v for v, p in self.pending.items() if p.purity >= purity]:
            pending = self.pending.pop(value)
            self.assign(self.new_name(value), pending.expression, value.node)

    def flush_readers(self, name: str) -> None:
        """Write pending expressions that read a variable before it changes."""
        for value in [v for v, p in self.pending.items() if reads(p.expression, name)]:
            pending = self.pending.pop(value)
            self.assign(self.new_name(value), pending.expression, value.node)

    def define(self, node: Node, expression: ast.expr, purity: int | None = None) -> None:
        """Bind the node's output: later, in its only reader, when ``purity`` allows; else now."""
        value = node.outputs[0] if node.outputs else None
        self.place(expression, node)
        if purity is not None:
            purity = max(purity, self.consumed)
        if value is None or not value.uses:
            if purity != PURE:
                self.flush(READS)
                self.emit(ast.Expr(expression), node)
            return
        if purity is not None and self.foldable(value):
            if purity == READS:
                self.flush(READS)
            self.pending[value] = Pending(expression, purity)
            return
        if purity != PURE:
            self.flush(READS)
        self.assign(self.new_name(value), expression, node)

    @staticmethod
    def foldable(value: Value) -> bool:
        """Whether an expression can wait for its only reader, in the same block."""
        if len(value.uses) != 1:
            return False
        reader = value.uses[0].node
        if reader.kind == "prim::unchecked_cast":
            return False
        return reader.owning_block is value.node.owning_block


def reads(expression: ast.expr, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(expression))


def _is_plain_list(value: Any) -> bool:
    return type(value) is list and all(isinstance(v, bool | int | float | str) for v in value)


def escapes(value: Value) -> bool:
    """Whether the tensor may be needed as a handle: anything but operators that make new memory."""
    for use in value.uses:
        node = use.node
        if node.kind.startswith("prim::") or node.kind in ("aten::wait", "aten::append"):
            return True
        operator = operator_of(node)
        if operator.kind != "kernel" or operator.schema.has_aliases:
            return True
        formals = operator.schema.arguments
        if use.offset >= len(formals) or not is_raw(formals[use.offset].type):
            return True
    return False


def copies(expressions: Sequence[ast.expr]) -> list[ast.expr]:
    """Fresh nodes of names and constants, which appear several times in a tree."""
    copies: list[ast.expr] = []
    for expression in expressions:
        if isinstance(expression, ast.Name):
            copies.append(ast.Name(expression.id, ast.Load()))
        else:
            assert isinstance(expression, ast.Constant)
            copies.append(ast.Constant(expression.value))
    return copies


def position_of(place: SourceRange) -> tuple[int, int, int, int]:
    """Line, column, end line and end column as ``ast`` counts: columns in bytes of UTF-8."""
    source = place.source
    line, column = source.line_column(place.start)
    end_line, end_column = source.line_column(place.end)
    if not source.text.isascii():
        column = len(source.line(line)[:column].encode())
        end_column = len(source.line(end_line)[:end_column].encode())
    return max(line, 1), column, max(end_line, 1), end_column


def locate(tree: ast.AST, line: int) -> None:
    """Places for nodes without one: that of what they are in."""

    stack: list[tuple[Any, tuple[int, int, int, int]]] = [(tree, (line, 0, line, 0))]
    while stack:
        node, inherited = stack.pop()
        if "lineno" in node._attributes:
            if hasattr(node, "lineno"):
                inherited = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
            else:
                node.lineno, node.col_offset, node.end_lineno, node.end_col_offset = inherited
        stack.extend((child, inherited) for child in ast.iter_child_nodes(node))
