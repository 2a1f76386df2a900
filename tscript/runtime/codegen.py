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
from collections.abc import Callable, Sequence
from typing import Any

from ops_registry import types as t
from ops_registry.device import CPU, Device
from ops_registry.operator import Operator
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph, Node, Value
from tscript.runtime.codegen_control import ControlFlow
from tscript.runtime.codegen_lifetimes import free_variables, holds_memory
from tscript.runtime.codegen_operators import OperatorNodes
from tscript.runtime.codegen_scalars import PURE
from tscript.runtime.codegen_writer import NotCompilableError, locate
from tscript.runtime.handles import HandleTable, current, current_table, is_raw
from tscript.runtime.interpreter import PRIMITIVES, Interpreter, operator_of
from tscript.runtime.script_traceback import CodeInfo, remember
from tscript.runtime.tensor import Tensor
from tscript.types.nominal import InterfaceType

__all__ = ["CompiledGraph", "NotCompilableError", "compiled_graph"]

#: Primitives that need the handle of a tensor that is no more than an array here.
_NEEDS_HANDLE = frozenset({"prim::requires_grad", "prim::grad", "prim::PythonOp", "prim::data"})


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


class _Generator(ControlFlow, OperatorNodes):
    """Writes the function of one graph."""

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
        body = free_variables(body, {n for v, n in self.names.items() if holds_memory(v.type)})
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
        locate(module, first)
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
        if node.kind in _NEEDS_HANDLE or (node.kind == "prim::fork" and not node.blocks):
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

    def node(self, node: Node) -> None:
        self.consumed = PURE
        method = _EMITTERS.get(node.kind)
        if method is not None:
            method(self, node)
        elif node.kind in PRIMITIVES:
            self.primitive(node)
        else:
            self.operator(node)

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


_EMITTERS: dict[str, Callable[[_Generator, Node], None]] = {
    "prim::Constant": _Generator.emit_constant,
    "prim::Uninitialized": _Generator.emit_nothing,
    "prim::If": _Generator.emit_if,
    "prim::Loop": _Generator.emit_loop,
    "prim::fork": _Generator.emit_fork,
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


def _writes_tensor(operator: Operator) -> bool:
    return any(a.is_written and is_raw(a.type) for a in operator.schema.arguments)
