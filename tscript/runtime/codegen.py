"""From a graph to a Python function over bare arrays, built as an ``ast`` tree.

Never as text: nothing in an archive can become code. ``prim::If`` and ``prim::Loop`` become Python's
``if``, ``while`` and ``for``; values become local variables; numbers use Python's operators
(:mod:`tscript.runtime.codegen_scalars`), tensors their record's runner or, guarded, a NumPy
function. Code gets the user's file name and line numbers, so tracebacks, coverage and debuggers show
the source. What a node means is defined by :mod:`tscript.runtime.interpreter`; what this does
not take (:class:`NotCompilableError`) runs there.

A local variable of type Tensor or Optional[Tensor] is an array (or None); whatever is inside a
container, an object or a Union is what the interpreter has, a Tensor
(:mod:`tscript.runtime.handles`).
"""

from __future__ import annotations

import ast
import builtins
import itertools
import keyword
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ops_registry import types as t
from ops_registry.device import CPU, Device
from ops_registry.dtypes import from_numpy
from ops_registry.meta import Elementwise
from ops_registry.operator import Operator
from tscript.diagnostics.source import SourceRange
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Block, Graph, Node, Value
from tscript.runtime import interpreter
from tscript.runtime.codegen_scalars import PURE, READS, compare, inlined
from tscript.runtime.dispatch import runner
from tscript.runtime.fast_paths import fast_path
from tscript.runtime.handles import (
    HandleTable,
    arrays_of,
    current,
    current_table,
    is_raw,
    is_raw_list,
)
from tscript.runtime.interpreter import PRIMITIVES, Interpreter, constant_of, operator_of
from tscript.runtime.object import namedtuple_class
from tscript.runtime.script_traceback import CodeInfo, remember
from tscript.runtime.tensor import Tensor
from tscript.types.nominal import InterfaceType, ModuleType, NamedTupleType

#: CPython allows 20 nested blocks.
MAX_LOOP_DEPTH = 15
#: Deeper nesting of anything would exhaust the C stack of CPython's compiler.
MAX_DEPTH = 60

_NEVER = 2**63 - 1

#: Primitives that need the handle of a tensor that is no more than an array here.
_NEEDS_HANDLE = frozenset(
    {"prim::requires_grad", "prim::grad", "prim::PythonOp", "prim::data", "prim::fork"}
)


class NotCompilableError(RuntimeError):
    """Only the interpreter runs this graph; the message says which node is why."""


class CompiledGraph:
    """A graph as generated code. ``function`` takes and returns arrays where types are Tensor."""

    def __init__(self, function: Callable[..., Any], graph: Graph, name: str, tree: ast.Module):
        self.function = function
        self.graph = graph
        self.name = name
        self.tree = tree
        self._raw_inputs = [is_raw(value.type) for value in graph.inputs]
        self._raw_outputs = [is_raw(value.type) for value in graph.outputs]
        self._devices = any(value.type == t.DEVICE for value in graph.inputs)

    def run(self, args: Sequence[Any]) -> list[Any]:
        """The graph's results for runtime values."""
        table = HandleTable()
        arrays = list(args)
        for position, raw in enumerate(self._raw_inputs):
            if raw:
                value = args[position]
                if value is not None and value._device is not CPU:
                    return Interpreter(self.graph, self.name).run(args)
                arrays[position] = table.unwrap(value)
        if self._devices and any(isinstance(a, Device) and a.type != "cpu" for a in args):
            return Interpreter(self.graph, self.name).run(args)
        outer = current.table
        current.table = table
        try:
            result = self.function(*arrays)
        finally:
            current.table = outer
        outputs = self._raw_outputs
        if len(outputs) == 1:
            return [table.wrap(result) if outputs[0] else result]
        if not outputs:
            return []
        return [table.wrap(r) if raw else r for r, raw in zip(result, outputs, strict=True)]

    @property
    def source(self) -> str:
        """The generated code as text, to be read by people."""
        return ast.unparse(self.tree)


def compiled_graph(function: CompiledFunction) -> CompiledGraph:
    """Generate code for a function. NotCompilableError for what only the interpreter runs."""
    return _Generator(function).generate()


def _callee(function: CompiledFunction) -> Callable[..., Any]:
    """A function as generated code calls it: arrays in and out, whichever executor it has."""
    from tscript.runtime.executor import executor_of

    executor = executor_of(function)
    if isinstance(executor, CompiledGraph):
        return executor.function
    raw_inputs = [is_raw(value.type) for value in function.graph.inputs]
    raw_outputs = [is_raw(value.type) for value in function.graph.outputs]

    def interpreted(*args: Any) -> Any:
        table = current_table()
        handles = [table.wrap(a) if raw else a for a, raw in zip(args, raw_inputs, strict=True)]
        results = executor.run(handles)
        current.table = table
        left = [table.unwrap(r) if raw else r for r, raw in zip(results, raw_outputs, strict=True)]
        return left[0] if len(left) == 1 else tuple(left)

    return interpreted


class _Pending:
    """An expression that has not been written to a variable yet."""

    __slots__ = ("expression", "purity")

    def __init__(self, expression: ast.expr, purity: int) -> None:
        self.expression = expression
        self.purity = purity


class _Generator:
    def __init__(self, function: CompiledFunction) -> None:
        self.function = function
        self.graph = function.graph
        self.namespace: dict[str, Any] = {"__builtins__": {"range": range}}
        self.names: dict[Value, str] = {}
        self.taken: set[str] = set()
        self.counter = 0
        self.pending: dict[Value, _Pending] = {}
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

    # The function.

    def generate(self) -> CompiledGraph:
        for node in self.graph.all_nodes():
            self.check(node)
        parameters = [self.new_name(value) for value in self.graph.inputs]
        body = self.block_body(self.graph.block)
        self.body = body
        outputs = [self.read(value) for value in self.graph.outputs]
        self.flush()
        if len(outputs) == 1:
            result: ast.expr | None = outputs[0]
        else:
            result = ast.Tuple(outputs, ast.Load()) if outputs else None
        self.emit(ast.Return(result), self.graph.return_node)
        if self.uses_table:
            start = ast.Assign(
                [ast.Name("_t_table", ast.Store())],
                ast.Call(self.helper("current_table", current_table), [], []),
            )
            body.insert(0, start)
        name = self.identifier(self.function.name) or "function"
        arguments = ast.arguments([], [ast.arg(p) for p in parameters], None, [], [], None, [])
        first = self.first_line()
        definition = ast.FunctionDef(name, arguments, body, [], lineno=first, col_offset=0)
        definition.end_lineno, definition.end_col_offset = first, 0
        if "type_params" in ast.FunctionDef._fields:
            definition.type_params = []  # type: ignore[attr-defined, unused-ignore]
        module = ast.Module([definition], [])
        _locate(module, first)
        try:
            code = compile(module, self.file or "<graph>", "exec", dont_inherit=True)
        except (RecursionError, SyntaxError, MemoryError) as error:
            raise NotCompilableError(f"CPython does not compile the code: {error}") from error
        exec(code, self.namespace)
        made = self.namespace[name]
        compiled = CompiledGraph(made, self.graph, self.function.name, module)
        info = CodeInfo(self.function.name, self.ranges, self.by_line)
        remember(made.__code__, info, compiled)
        return compiled

    def check(self, node: Node) -> None:
        """Refuse what needs tensor handles."""
        if node.kind in _NEEDS_HANDLE:
            raise NotCompilableError(f"{node.kind} needs tensor handles")
        if node.kind == "prim::Constant":
            value = node.attributes.get("value")
            if isinstance(value, Device) and value.type == "meta":
                raise NotCompilableError("tensors on the meta device have no arrays")
            if isinstance(value, Tensor) and value._device is not CPU:
                raise NotCompilableError("tensors on the meta device have no arrays")
        elif node.kind not in PRIMITIVES:
            operator = operator_of(node)
            if operator.derivation == "out" or (
                operator.kind == "tensor_level" and _writes_tensor(operator)
            ):
                raise NotCompilableError(f"{operator.full_name} changes tensor handles")

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

    # Names and constants.

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
            if _escapes(node.output):
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
        position = _position(where)
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
        for value in [v for v, p in self.pending.items() if _reads(p.expression, name)]:
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
            self.pending[value] = _Pending(expression, purity)
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

    # Blocks.

    def block_body(self, block: Block) -> list[ast.stmt]:
        """The statements of a block; its results may still be pending."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotCompilableError("the code is nested too deeply")
        outer, self.body = self.body, []
        for node in block.nodes:
            self.node(node)
        body, self.body = self.body, outer
        self.depth -= 1
        return body

    def node(self, node: Node) -> None:
        self.consumed = PURE
        method = _EMITTERS.get(node.kind)
        if method is not None:
            method(self, node)
        elif node.kind in PRIMITIVES:
            self.primitive(node)
        else:
            self.operator(node)

    def finish_block(
        self, body: list[ast.stmt], targets: Sequence[tuple[str, Value, t.Type]], node: Node
    ) -> None:
        """At the end of a block, move its results into the variables that take them over."""
        outer, self.body = self.body, body
        moves = []
        for name, value, type in targets:
            expression = self.as_type(value, type)
            if not (isinstance(expression, ast.Name) and expression.id == name):
                moves.append((name, expression))
        self.flush()
        if len(moves) == 1 or _independent(moves):
            for name, expression in moves:
                self.assign(name, expression, node)
        elif moves:
            names = ast.Tuple([ast.Name(name, ast.Store()) for name, _ in moves], ast.Store())
            values = ast.Tuple([expression for _, expression in moves], ast.Load())
            self.emit(ast.Assign([names], values), node)
        self.body = outer

    def preassign(self, name: str, value: Value, block: Block) -> None:
        """Let a block's result be computed in the variable that takes it over, where that is safe:
        where nothing reads the variable's old value afterwards."""
        if value.node.owning_block is not block or value.is_block_parameter:
            return
        if len(value.uses) != 1 or value in self.preassigned or value.node.kind in _NEVER_NAMED:
            return
        parameter = self.carried.get(name)
        if parameter is not None and not _dead_after(parameter, value.node):
            return
        self.preassigned[value] = name

    def emit_if(self, node: Node) -> None:
        condition = self.read(node.inputs[0])
        consumed = self.consumed
        self.flush()
        outputs = [value for value in node.outputs if value.uses]
        targets = [(self.new_name(value), value.offset, value.type) for value in outputs]
        bodies: list[tuple[list[ast.stmt], ast.expr | None]] = []
        for block in node.blocks:
            for name, at, _ in targets:
                self.preassign(name, block.outputs[at], block)
            body = self.block_body(block)
            if not body and len(outputs) == 1 == len(targets):
                value = block.outputs[targets[0][1]]
                self.consumed = PURE
                expression = self.as_type(value, outputs[0].type)
                consumed = max(consumed, self.consumed)
                bodies.append((body, expression))
                self.preassigned.pop(value, None)
                continue
            moves = [(name, block.outputs[at], type) for name, at, type in targets]
            self.finish_block(body, moves, node)
            bodies.append((body, None))
        (then, first), (otherwise, second) = bodies
        if first is not None and second is not None:
            self.consumed = consumed
            self.taken.discard(targets[0][0])
            if targets[0][0] in self.carried:
                self.preassigned[outputs[0]] = targets[0][0]
            self.define(node, _chosen(condition, first, second), PURE)
            return
        for body, left in bodies:
            if left is not None:
                self.finish_expression(body, targets[0][0], left, node)
        if not then and otherwise:
            then, otherwise = otherwise, []
            condition = ast.UnaryOp(ast.Not(), condition)
        self.emit(ast.If(condition, then or [ast.Pass()], otherwise), node)

    def finish_expression(
        self, body: list[ast.stmt], name: str, expression: ast.expr, node: Node
    ) -> None:
        if isinstance(expression, ast.Name) and expression.id == name:
            return
        outer, self.body = self.body, body
        self.assign(name, expression, node)
        self.body = outer

    def emit_loop(self, node: Node) -> None:
        self.loop_depth += 1
        if self.loop_depth > MAX_LOOP_DEPTH:
            raise NotCompilableError("loops are nested too deeply")
        trip, condition, *initial = node.inputs
        (block,) = node.blocks
        iteration, *parameters = block.inputs
        moves = []
        for value, parameter, output in zip(initial, parameters, node.outputs, strict=True):
            name = self.preassigned.pop(output, None)
            if name is None:
                name = self.fresh(self.identifier(output.debug_name))
            self.names[parameter] = self.names[output] = name
            moves.append((name, self.as_type(value, parameter.type)))
        limit = self.read(trip)
        forever = _is_true(condition) and _is_true(block.outputs[0])
        start = None if _is_true(condition) else self.read(condition)
        self.flush()
        for name, expression in moves:
            self.assign(name, expression, node)
        counts = _constant_int(trip) != _NEVER or bool(iteration.uses)
        going = ""
        if not forever:
            going = self.fresh(f"{self.names.get(condition, 'go')}_on")
            self.assign(going, start or ast.Constant(True), node)
        targets = [(self.names[p], block.outputs[k + 1], p.type) for k, p in enumerate(parameters)]
        if counts:
            counter = self.new_name(iteration)
            loop: ast.stmt = ast.For(
                ast.Name(counter, ast.Store()),
                ast.Call(self.builtin("range"), [limit], []),
                [], [],
            )  # fmt: skip
        else:
            loop = ast.While(ast.Name(going, ast.Load()) if going else ast.Constant(True), [], [])
        self.emit(loop, node)
        for name, _, _ in targets:
            parameter = next(p for p in parameters if self.names[p] == name)
            self.carried[name] = parameter
        for name, value, _ in targets:
            self.preassign(name, value, block)
        body = self.block_body(block)
        if going:
            targets.append((going, block.outputs[0], t.BOOL))
            if counts:
                stop = ast.If(
                    ast.UnaryOp(ast.Not(), ast.Name(going, ast.Load())), [ast.Break()], []
                )
                body.insert(0, stop)
        self.finish_block(body, targets, node)
        loop.body = body or [ast.Pass()]  # type: ignore[attr-defined]
        self.place(loop, node)
        self.loop_depth -= 1

    # Simple nodes.

    def emit_nothing(self, node: Node) -> None:
        """No value: it is written where it is read."""

    def emit_constant(self, node: Node) -> None:
        """Constants are written where they are read, except lists that several nodes share."""
        if isinstance(node.constant_value(), list | dict) and len(node.output.uses) > 1:
            self.define(node, self.read_constant(node))

    def emit_cast(self, node: Node) -> None:
        value, output = node.inputs[0], node.outputs[0]
        expression = self.as_type(value, output.type)
        if isinstance(expression, ast.Name) and not expression.id.startswith("_t_"):
            self.names[output] = expression.id
            return
        self.define(node, expression, PURE if isinstance(expression, ast.Constant) else None)

    def emit_list(self, node: Node) -> None:
        elements = [self.handle(value) for value in node.inputs]
        self.define(
            node, ast.List(elements, ast.Load()), READS if self.uses_no_table(node) else None
        )

    @staticmethod
    def uses_no_table(node: Node) -> bool:
        return not any(is_raw(value.type) for value in node.inputs)

    def emit_tuple(self, node: Node) -> None:
        elements = ast.Tuple([self.handle(value) for value in node.inputs], ast.Load())
        if isinstance(node.output.type, NamedTupleType):
            cls = namedtuple_class(node.output.type)
            call = ast.Call(self.helper("named", cls), [ast.Starred(elements, ast.Load())], [])
            self.define(node, call)
        else:
            self.define(node, elements, READS if self.uses_no_table(node) else None)

    def emit_dict(self, node: Node) -> None:
        inputs = [self.handle(value) for value in node.inputs]
        self.define(node, ast.Dict(inputs[::2], inputs[1::2]))  # type: ignore[arg-type]

    def emit_unpack(self, node: Node) -> None:
        source = node.inputs[0]
        arrays = source in self.raw_lists
        self.unpack(node, self.read(source), arrays, node.kind == "prim::ListUnpack")

    def unpack(self, node: Node, expression: ast.expr, arrays: bool, checked: bool) -> None:
        """Assign the elements of a sequence to the node's outputs."""
        self.flush(READS)
        names = [self.new_name(value) for value in node.outputs]
        if checked and not node.outputs:
            length = self.helper("check_length", interpreter.check_length)
            call = ast.Call(length, [expression, ast.Constant(0)], [])
            self.emit(ast.Expr(call), node)
            return
        targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in names]
        target = ast.List(targets, ast.Store()) if checked else ast.Tuple(targets, ast.Store())
        self.emit(ast.Assign([target], expression), node)
        if arrays:
            return
        for name, value in zip(names, node.outputs, strict=True):
            if is_raw(value.type):
                self.assign(name, self.table_call("unwrap", ast.Name(name, ast.Load())), node)

    def emit_index(self, node: Node) -> None:
        container, index = self.read(node.inputs[0]), self.read(node.inputs[1])
        found = ast.Subscript(container, index, ast.Load())
        self.define(node, self.from_handle(found, node.outputs[0]), READS)

    def from_handle(self, expression: ast.expr, output: Value) -> ast.expr:
        """What was in a container, for a variable."""
        if not is_raw(output.type):
            return expression
        if isinstance(output.type, t.TensorType) and not _escapes(output):
            return ast.Attribute(expression, "array", ast.Load())
        return self.table_call("unwrap", expression)

    def emit_slice(self, node: Node) -> None:
        bounds = ast.Slice(
            ast.Constant(node.attributes["beg"]), ast.Constant(node.attributes["end"])
        )
        self.define(node, ast.Subscript(self.read(node.inputs[0]), bounds, ast.Load()), READS)

    def emit_get_attribute(self, node: Node) -> None:
        owner, name = node.inputs[0], node.attributes["name"]
        if isinstance(owner.type, NamedTupleType):
            get = ast.Call(
                self.helper("get_attribute", interpreter.get_attribute),
                [self.read(owner), ast.Constant(name)], [],
            )  # fmt: skip
            self.define(node, self.from_handle(get, node.outputs[0]), READS)
            return
        slots = ast.Attribute(self.read(owner), "slots", ast.Load())
        found = ast.Subscript(slots, ast.Constant(name), ast.Load())
        constant = isinstance(node.outputs[0].type, ModuleType)  # a submodule is never rebound
        self.define(node, self.from_handle(found, node.outputs[0]), PURE if constant else READS)

    def emit_set_attribute(self, node: Node) -> None:
        owner, value = self.read(node.inputs[0]), self.handle(node.inputs[1])
        self.flush(READS)
        slots = ast.Attribute(owner, "slots", ast.Load())
        target = ast.Subscript(slots, ast.Constant(node.attributes["name"]), ast.Store())
        self.emit(ast.Assign([target], value), node)

    def emit_raise(self, node: Node) -> None:
        arguments = [self.read(value) for value in node.inputs[:2]]
        self.flush(READS)
        if len(arguments) == 1:
            arguments.append(ast.Constant(None))
        make = self.helper("script_exception", interpreter.script_exception)
        self.emit(ast.Raise(ast.Call(make, arguments, [])), node)

    def emit_print(self, node: Node) -> None:
        arguments = [self.handle(value) for value in node.inputs]
        self.flush(READS)
        show = self.helper("print_values", interpreter.print_values)
        self.emit(ast.Expr(ast.Call(show, arguments, [])), node)

    def primitive(self, node: Node) -> None:
        """Any other primitive: the interpreter's own function."""
        execute = PRIMITIVES[node.kind]
        host = Interpreter(self.graph, self.function.name)

        def run(*inputs: Any) -> Any:
            return execute(host, node, list(inputs), {})

        arguments = [self.handle(value) for value in node.inputs]
        label = node.kind.rpartition("::")[2]
        self.call_result(node, ast.Call(self.helper(label, run), arguments, []))

    def call_result(self, node: Node, call: ast.expr) -> None:
        """Bind the outputs of a call that returns Tensors as handles."""
        if len(node.outputs) <= 1:
            if node.outputs and is_raw(node.outputs[0].type):
                call = self.table_call("unwrap", call)
            self.define(node, call)
        else:
            self.unpack(node, call, False, False)

    # Calls.

    def emit_call_function(self, node: Node) -> None:
        function = node.inputs[0].node.constant_value()
        self.call(node, function, node.inputs[1:])

    def emit_call_method(self, node: Node) -> None:
        owner, name = node.inputs[0], node.attributes["name"]
        found = None
        if not isinstance(owner.type, InterfaceType):
            found = getattr(owner.type, "compiled", {}).get(name)
        if found is None:
            self.primitive(node)
        else:
            self.call(node, found, node.inputs)

    def call(self, node: Node, function: CompiledFunction, inputs: Sequence[Value]) -> None:
        arguments = [
            self.as_type(value, parameter.type)
            for value, parameter in zip(inputs, function.graph.inputs, strict=True)
        ]
        stub = self.helper(self.identifier(function.name), None)
        assert isinstance(stub, ast.Name)
        namespace, key = self.namespace, stub.id

        def first_call(*args: Any) -> Any:
            namespace[key] = _callee(function)
            return namespace[key](*args)

        namespace[key] = first_call
        call = ast.Call(stub, arguments, [])
        outputs = function.graph.outputs
        if len(node.outputs) == 1 == len(outputs):
            output = node.outputs[0]
            expression = self.coerce(call, outputs[0].type, is_raw(output.type))
            self.define(node, expression)
        elif len(node.outputs) <= 1:
            self.define(node, call)
        else:
            self.unpack(node, call, True, False)

    # Operators.

    def operator(self, node: Node) -> None:
        found = inlined(node, lambda: [self.read(v) for v in node.inputs], self.builtin)
        if found is not None:
            expression = found.expression
            if node.kind == "aten::__getitem__":
                expression = self.from_handle(expression, node.outputs[0])
            self.define(node, expression, found.purity)
            return
        if self.container_statement(node):
            return
        operator = operator_of(node)
        if operator.kind == "tensor_level" or operator.schema.is_vararg:
            self.on_handles(node, operator)
            return
        arguments = self.arguments(node, operator)
        direct = self.direct(node, operator, arguments)
        if direct is None:
            direct = ast.Call(self.runner(node, operator), arguments, [])
        self.results(node, operator, direct)

    def container_statement(self, node: Node) -> bool:
        """``append`` and item assignment as Python's."""
        kind, inputs = node.kind, node.inputs
        if node.outputs and node.outputs[0].uses:
            return False
        if kind == "aten::append" and isinstance(inputs[0].type, t.ListType):
            owner, item = self.read(inputs[0]), self.handle(inputs[1])
            self.flush(READS)
            method = ast.Attribute(owner, "append", ast.Load())
            self.emit(ast.Expr(ast.Call(method, [item], [])), node)
            return True
        if kind == "aten::_set_item" and isinstance(inputs[0].type, t.ListType | t.DictType):
            owner, key = self.read(inputs[0]), self.read(inputs[1])
            item = self.handle(inputs[2])
            self.flush(READS)
            target = ast.Subscript(owner, key, ast.Store())
            self.emit(ast.Assign([target], item), node)
            return True
        return False

    def on_handles(self, node: Node, operator: Operator) -> None:
        """An operator that takes Tensors, or anything at all (``format``)."""
        kernel = operator.kernel if operator.kind == "tensor_level" else runner(operator)
        arguments = [self.handle(value) for value in node.inputs]
        label = operator.schema.base_name
        self.call_result(node, ast.Call(self.helper(label, kernel), arguments, []))

    def arguments(self, node: Node, operator: Operator) -> list[ast.expr]:
        """The inputs as the kernel takes them, missing ones with their defaults."""
        given: list[ast.expr] = []
        for value, formal in zip(node.inputs, operator.schema.arguments, strict=False):
            if is_raw(formal.type):
                given.append(self.as_type(value, formal.type))
            elif is_raw_list(formal.type):
                given.append(self.array_list(value))
            else:
                given.append(self.handle(value))
        for formal in operator.schema.arguments[len(node.inputs) :]:
            given.append(self.constant(formal.default, "default"))
        return given

    def array_list(self, value: Value) -> ast.expr:
        """A list of tensors as a list of arrays."""
        expression = self.read(value)
        if isinstance(expression, ast.Constant) and expression.value is None:
            return expression
        return ast.Call(self.helper("arrays_of", arrays_of), [expression], [])

    def runner(self, node: Node, operator: Operator) -> ast.expr:
        constants = {
            position: value.node.constant_value()
            for position, value in enumerate(node.inputs)
            if value.node.kind == "prim::Constant"
        }
        make = fast_path(operator.name, operator.overload, constants)
        function = runner(operator)
        if make is not None:
            function = self.shared(("fast", operator, constants.get(1)), lambda: make(function))
        return self.helper(operator.schema.base_name, function)

    def shared(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def direct(self, node: Node, operator: Operator, arguments: list[ast.expr]) -> ast.expr | None:
        """A guarded direct call of the record's ufunc, for tensors of one floating point dtype."""
        meta = operator.meta
        if operator.ufunc is None or operator.derivation or not isinstance(meta, Elementwise):
            return None
        positions = operator.operands
        for position in range(len(arguments)):
            if position not in positions and not _is_default(operator, node, position):
                return None
        formals = [operator.schema.arguments[p].type for p in positions]
        if not all(isinstance(f, t.TensorType) or f == t.NUMBER for f in formals):
            return None
        scalars = [p for p, f in zip(positions, formals, strict=True) if f == t.NUMBER]
        if any(node.inputs[p].type not in (t.INT, t.FLOAT) for p in scalars):
            return None
        operands: list[ast.expr] = []
        for position in positions:
            expression = arguments[position]
            if not isinstance(expression, ast.Name | ast.Constant):
                name = self.fresh("operand")
                self.assign(name, expression, node)
                expression = arguments[position] = ast.Name(name, ast.Load())
            operands.append(expression)
        guard = self.guard(operands, [f != t.NUMBER for f in formals], meta)
        ufunc = self.helper(f"np_{operator.ufunc}", getattr(np, operator.ufunc))
        into = ast.keyword("out", ast.Constant(...))
        slow = ast.Call(self.runner(node, operator), arguments, [])
        return ast.IfExp(guard, ast.Call(ufunc, _copies(operands), [into]), slow)

    def guard(self, operands: list[ast.expr], tensors: list[bool], meta: Elementwise) -> ast.expr:
        """That the arrays have one dtype, and that it is float32 or float64 where it must be."""
        arrays = [o for o, tensor in zip(operands, tensors, strict=True) if tensor]
        dtypes = [ast.Attribute(a, "dtype", ast.Load()) for a in _copies(arrays)]
        tests: list[ast.expr] = [
            compare(ast.Is, first, second) for first, second in itertools.pairwise(dtypes)
        ]
        if len(arrays) == len(operands) == 2 and not meta.int_to_float and not meta.real:
            return tests[0]
        kind = ast.Attribute(ast.Attribute(arrays[0], "dtype", ast.Load()), "char", ast.Load())
        tests.append(ast.Compare(kind, [ast.In()], [ast.Constant("fd")]))
        return tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)

    def results(self, node: Node, operator: Operator, call: ast.expr) -> None:
        """Bind an operator's results."""
        returns = operator.schema.returns
        if len(node.outputs) <= 1:
            if not node.outputs:
                self.define(node, call)
                return
            output = node.outputs[0]
            returned = returns[0].type if len(returns) == 1 else output.type
            if is_raw_list(returned):
                if _only_unpacked(output):
                    self.raw_lists.add(output)
                else:
                    call = self.table_call("wrap_all", call)
            else:
                call = self.coerce(call, returned, is_raw(output.type))
            self.define(node, call)
            return
        self.flush(READS)
        names = [self.new_name(value) for value in node.outputs]
        target = ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())
        self.emit(ast.Assign([target], call), node)
        for name, value, result in zip(names, node.outputs, returns, strict=True):
            if is_raw_list(result.type):
                read = ast.Name(name, ast.Load())
                self.assign(name, self.table_call("wrap_all", read), node)
            elif is_raw(result.type) != is_raw(value.type):
                read = ast.Name(name, ast.Load())
                self.assign(name, self.coerce(read, result.type, is_raw(value.type)), node)

    # What tensors say of themselves.

    def emit_dtype(self, node: Node) -> None:
        if not isinstance(node.inputs[0].type, t.TensorType):
            self.primitive(node)
            return
        dtype = ast.Attribute(self.read(node.inputs[0]), "dtype", ast.Load())
        call = ast.Call(self.helper("dtype_code", _dtype_code), [dtype], [])
        self.define(node, call, READS)

    def emit_device(self, node: Node) -> None:
        if not isinstance(node.inputs[0].type, t.TensorType):
            self.primitive(node)
            return
        self.read(node.inputs[0])
        self.define(node, self.helper("cpu", CPU), PURE)


_EMITTERS: dict[str, Callable[[_Generator, Node], None]] = {
    "prim::Constant": _Generator.emit_constant,
    "prim::Uninitialized": _Generator.emit_nothing,
    "prim::If": _Generator.emit_if,
    "prim::Loop": _Generator.emit_loop,
    "prim::unchecked_cast": _Generator.emit_cast,
    "prim::ListConstruct": _Generator.emit_list,
    "prim::TupleConstruct": _Generator.emit_tuple,
    "prim::DictConstruct": _Generator.emit_dict,
    "prim::TupleUnpack": _Generator.emit_unpack,
    "prim::ListUnpack": _Generator.emit_unpack,
    "prim::TupleIndex": _Generator.emit_index,
    "prim::TupleSlice": _Generator.emit_slice,
    "prim::GetAttr": _Generator.emit_get_attribute,
    "prim::SetAttr": _Generator.emit_set_attribute,
    "prim::RaiseException": _Generator.emit_raise,
    "prim::Print": _Generator.emit_print,
    "prim::CallFunction": _Generator.emit_call_function,
    "prim::CallMethod": _Generator.emit_call_method,
    "prim::dtype": _Generator.emit_dtype,
    "prim::device": _Generator.emit_device,
}


def _dtype_code(dtype: np.dtype) -> int:
    return from_numpy(dtype).code


def _writes_tensor(operator: Operator) -> bool:
    return any(a.is_written and is_raw(a.type) for a in operator.schema.arguments)


def _is_plain_list(value: Any) -> bool:
    return type(value) is list and all(isinstance(v, bool | int | float | str) for v in value)


def _is_true(value: Value) -> bool:
    return value.node.kind == "prim::Constant" and value.node.constant_value() is True


def _constant_int(value: Value) -> int | None:
    if value.node.kind != "prim::Constant":
        return None
    number = value.node.constant_value()
    return number if isinstance(number, int) else None


def _is_default(operator: Operator, node: Node, position: int) -> bool:
    """Whether an argument is the constant that is its default."""
    if position >= len(node.inputs):
        return True
    source = node.inputs[position].node
    if source.kind != "prim::Constant":
        return False
    value = source.constant_value()
    formal = operator.schema.arguments[position]
    return formal.has_default and type(value) is type(formal.default) and value == formal.default


def _only_unpacked(value: Value) -> bool:
    return (
        len(value.uses) == 1
        and value.uses[0].node.kind == "prim::ListUnpack"
        and value.uses[0].node.owning_block is value.node.owning_block
    )


def _escapes(value: Value) -> bool:
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


#: Kinds whose results have no variable of their own.
_NEVER_NAMED = frozenset({"prim::Constant", "prim::Uninitialized", "prim::unchecked_cast"})


def _reads(expression: ast.expr, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(expression))


def _dead_after(parameter: Value, node: Node) -> bool:
    """Whether everything that reads a loop's variable is done when ``node`` has run."""
    if len(parameter.uses) > 24:
        return False
    for use in parameter.uses:
        reader = use.node
        if reader.kind in ("prim::unchecked_cast", "prim::Return"):
            return False
        if _inside(reader, node):
            # A branch writes at its end, or asks again; a loop writes before it starts.
            if node.kind != "prim::If":
                return False
        elif reader is not node and not reader.is_before(node):
            return False
    return True


def _inside(node: Node, outer: Node) -> bool:
    """Whether a node is in a block of another."""
    block = node.owning_block
    while block is not None and block.owning_node is not None:
        if block.owning_node is outer:
            return True
        block = block.owning_node.owning_block
    return False


def _chosen(condition: ast.expr, first: ast.expr, second: ast.expr) -> ast.expr:
    """``first if condition else second``; ``and`` and ``or`` where it is one of those."""
    if isinstance(second, ast.Constant) and second.value is False:
        return ast.BoolOp(ast.And(), [condition, first])
    if isinstance(first, ast.Constant) and first.value is True:
        return ast.BoolOp(ast.Or(), [condition, second])
    if isinstance(first, ast.Constant) and first.value is False:
        if isinstance(second, ast.Constant) and second.value is True:
            return ast.UnaryOp(ast.Not(), condition)
    return ast.IfExp(condition, first, second)


def _independent(moves: Sequence[tuple[str, ast.expr]]) -> bool:
    """Whether assignments one after another mean the same as all at once."""
    written: set[str] = set()
    for name, expression in moves:
        if any(isinstance(p, ast.Name) and p.id in written for p in ast.walk(expression)):
            return False
        written.add(name)
    return True


def _copies(expressions: Sequence[ast.expr]) -> list[ast.expr]:
    """Fresh nodes of names and constants, which appear several times in a tree."""
    copies: list[ast.expr] = []
    for expression in expressions:
        if isinstance(expression, ast.Name):
            copies.append(ast.Name(expression.id, ast.Load()))
        else:
            assert isinstance(expression, ast.Constant)
            copies.append(ast.Constant(expression.value))
    return copies


def _position(place: SourceRange) -> tuple[int, int, int, int]:
    """Line, column, end line and end column as ``ast`` counts: columns in bytes of UTF-8."""
    source = place.source
    line, column = source.line_column(place.start)
    end_line, end_column = source.line_column(place.end)
    if not source.text.isascii():
        column = len(source.line(line)[:column].encode())
        end_column = len(source.line(end_line)[:end_column].encode())
    return max(line, 1), column, max(end_line, 1), end_column


def _locate(tree: ast.AST, line: int) -> None:
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
