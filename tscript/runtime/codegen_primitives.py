"""Containers, objects and other primitives as Python expressions and statements."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ops_registry import types as t
from ops_registry.device import CPU
from ops_registry.dtypes import from_numpy
from tscript.ir.graph import Node, Value
from tscript.runtime import interpreter
from tscript.runtime.codegen_scalars import PURE, READS
from tscript.runtime.codegen_writer import Writer, escapes
from tscript.runtime.handles import is_raw
from tscript.runtime.interpreter import PRIMITIVES, Interpreter
from tscript.runtime.object import namedtuple_class
from tscript.types.nominal import ModuleType, NamedTupleType


class PrimitiveNodes(Writer):
    """What primitives without blocks become."""

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
        if isinstance(output.type, t.TensorType) and not escapes(output):
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


def _dtype_code(dtype: np.dtype) -> int:
    return from_numpy(dtype).code
