"""``prim::If`` and ``prim::Loop`` as Python's ``if``, ``while`` and ``for``."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Sequence

from ops_registry import types as t
from tscript.ir.graph import Block, Node, Value
from tscript.runtime.codegen_scalars import PURE
from tscript.runtime.codegen_writer import NotCompilableError, Writer
from tscript.runtime.object import Future

#: CPython allows 20 nested blocks.
MAX_LOOP_DEPTH = 15
#: Deeper nesting of anything would exhaust the C stack of CPython's compiler.
MAX_DEPTH = 60

_NEVER = 2**63 - 1


class ControlFlow(Writer, ABC):
    """Blocks, branches and loops, and the variables that carry values through them."""

    @abstractmethod
    def node(self, node: Node) -> None:
        """Write what one node becomes."""

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
                if block.return_node.source_range is not None:
                    self.place(expression, block.return_node)
                consumed = max(consumed, self.consumed)
                bodies.append((body, expression))
                self.preassigned.pop(value, None)
                continue
            moves = [(name, block.outputs[at], type) for name, at, type in targets]
            # A block that ends in the user's `return` moves its results on that line.
            returns = block.return_node.source_range is not None
            self.finish_block(body, moves, block.return_node if returns else node)
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

    def emit_fork(self, node: Node) -> None:
        """The forked call runs here and now; what it raises waits in the future."""
        (block,) = node.blocks
        self.flush()
        body = self.block_body(block)
        outer, self.body = self.body, body
        results = [self.handle(value) for value in block.outputs]
        self.flush()
        value = results[0] if len(results) == 1 else ast.Tuple(results, ast.Load())
        future = self.new_name(node.output)
        make = self.helper("Future", Future)
        self.assign(future, ast.Call(make, [value], []), node)
        self.body = outer
        error = self.fresh("error")
        caught = ast.Name(error, ast.Load())
        keep = ast.Call(make, [ast.Constant(None), caught], [])
        handler = ast.ExceptHandler(
            self.builtin("Exception"),
            error,
            [ast.Assign([ast.Name(future, ast.Store())], keep)],
        )
        self.emit(ast.Try(body, [handler], [], []), node)


def _is_true(value: Value) -> bool:
    return value.node.kind == "prim::Constant" and value.node.constant_value() is True


def _constant_int(value: Value) -> int | None:
    if value.node.kind != "prim::Constant":
        return None
    number = value.node.constant_value()
    return number if isinstance(number, int) else None


#: Kinds whose results have no variable of their own.
_NEVER_NAMED = frozenset({"prim::Constant", "prim::Uninitialized", "prim::unchecked_cast"})


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
