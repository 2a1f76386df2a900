"""Operators in generated code: runners, guarded NumPy calls, Python's own operators."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ops_registry import types as t
from ops_registry.meta import Elementwise
from ops_registry.operator import Operator
from tscript.ir.graph import Node, Value
from tscript.runtime.codegen_primitives import PrimitiveNodes
from tscript.runtime.codegen_scalars import READS, compare, inlined
from tscript.runtime.codegen_writer import copies
from tscript.runtime.dispatch import handle_runner, runner
from tscript.runtime.fast_paths import fast_path
from tscript.runtime.handles import arrays_of, is_raw, is_raw_list
from tscript.runtime.interpreter import operator_of


class OperatorNodes(PrimitiveNodes):
    """What operators become."""

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
        kernel = handle_runner(operator) if operator.kind == "tensor_level" else runner(operator)
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
        return ast.IfExp(guard, ast.Call(ufunc, copies(operands), [into]), slow)

    def guard(self, operands: list[ast.expr], tensors: list[bool], meta: Elementwise) -> ast.expr:
        """That the arrays have one dtype, and that it is float32 or float64 where it must be."""
        arrays = [o for o, tensor in zip(operands, tensors, strict=True) if tensor]
        dtypes = [ast.Attribute(a, "dtype", ast.Load()) for a in copies(arrays)]
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
