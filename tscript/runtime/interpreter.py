"""The interpreter: what every node means, one node after another.

It walks a graph over runtime values: Tensors, Python numbers and strings, lists and dicts (shared by
reference), tuples, None, ``Device``, ScriptObjects, enum members, futures. Operators go through
:func:`tscript.runtime.dispatch.call`; everything else is a primitive, and each primitive is one
function below. Generated code (:mod:`tscript.runtime.codegen`) must mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from ops_registry import types as t
from ops_registry.device import CPU
from ops_registry.operator import Operator
from ops_registry.registry import registry
from tscript.ir.graph import Block, Graph, Node, Value
from tscript.runtime import grad_mode, script_traceback
from tscript.runtime.boundary import annotation, is_instance, to_python, to_runtime
from tscript.runtime.dispatch import call
from tscript.runtime.errors import Error, combined_class, exception_class
from tscript.runtime.object import (
    EnumMember,
    Future,
    ScriptObject,
    enum_member_of,
    namedtuple_class,
)
from tscript.runtime.tensor import Tensor
from tscript.types.nominal import EnumType, NamedTupleType

Values: TypeAlias = dict[Value, Any]


def operator_of(node: Node) -> Operator:
    """The record of an operator's node. UnknownOperatorError when nobody has it."""
    return registry().operator(node.kind, node.overload)


def all_arguments(operator: Operator, inputs: Sequence[Any]) -> Sequence[Any]:
    """A node's inputs with the defaults of arguments that an older schema did not have."""
    missing = operator.schema.arguments[len(inputs) :]
    if not missing:
        return inputs
    return [*inputs, *(argument.default for argument in missing)]


class Interpreter:
    """Runs one graph; ``name`` is the function's, for tracebacks."""

    __slots__ = ("_last_uses", "graph", "name")

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph = graph
        self.name = name
        self._last_uses: dict[Block, dict[Node, list[Value]]] = {}

    def run(self, args: Sequence[Any]) -> list[Any]:
        """The graph's results for runtime values."""
        values: Values = dict(zip(self.graph.inputs, args, strict=True))
        self.run_block(self.graph.block, values)
        return [values[output] for output in self.graph.outputs]

    def run_block(self, block: Block, values: Values) -> None:
        """Execute a block's nodes, adding what they define to ``values`` while it is needed."""
        done = self._last_uses.get(block)
        if done is None:
            done = self._last_uses[block] = last_uses(block)
        for node in block.nodes:
            inputs = [values[value] for value in node.inputs]
            primitive = PRIMITIVES.get(node.kind)
            if primitive is not None:
                result = primitive(self, node, inputs, values)
            else:
                operator = operator_of(node)
                result = call(operator, all_arguments(operator, inputs))
            if len(node.outputs) == 1:
                values[node.outputs[0]] = result
            elif node.outputs:
                values.update(zip(node.outputs, result, strict=True))
            if node in done:
                inputs, result = [], None
                for value in done[node]:
                    values.pop(value, None)


def last_uses(block: Block) -> dict[Node, list[Value]]:
    """Which of the values that a block defines are needed no more when a node has run."""
    order = {node: number for number, node in enumerate(block.nodes)}
    nodes = [block.param_node, *order]
    found: dict[Node, list[Value]] = {}
    for definer in nodes:
        for value in definer.outputs:
            readers = [_within(use.node, block) for use in value.uses]
            if block.return_node in readers or (not readers and definer is block.param_node):
                continue
            last = max(readers, key=order.__getitem__, default=definer)
            found.setdefault(last, []).append(value)
    return found


def _within(node: Node, block: Block) -> Node:
    """The node of a block that a node is, or is somewhere inside of."""
    while node.owning_block is not block:
        assert node.owning_block is not None and node.owning_block.owning_node is not None
        node = node.owning_block.owning_node
    return node


script_traceback.interpreter_code.add(Interpreter.run_block.__code__)

#: A primitive: (interpreter, node, inputs, values) to the result, or a sequence of several.
Primitive: TypeAlias = Callable[[Interpreter, Node, list[Any], Values], Any]

PRIMITIVES: dict[str, Primitive] = {}


def _primitive(*kinds: str) -> Callable[[Primitive], Primitive]:
    def declare(function: Primitive) -> Primitive:
        for kind in kinds:
            PRIMITIVES[kind] = function
        return function

    return declare


# Control flow.


@_primitive("prim::If")
def _if(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    block = node.blocks[0 if inputs[0] else 1]
    self.run_block(block, values)
    results = [values[output] for output in block.outputs]
    return results[0] if len(results) == 1 else results


@_primitive("prim::Loop")
def _loop(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    trip_count, condition, *carried = inputs
    (block,) = node.blocks
    iteration = 0
    while condition and iteration < trip_count:
        values.update(zip(block.inputs, [iteration, *carried], strict=True))
        self.run_block(block, values)
        condition, *carried = [values[output] for output in block.outputs]
        iteration += 1
    return carried[0] if len(carried) == 1 else carried


def script_exception(message: Any, qualified_name: str | None) -> BaseException:
    """The exception that a ``raise`` of a script makes."""
    text = str(message) if not isinstance(message, tuple) else ", ".join(map(str, message))
    return combined_class(Error, exception_class(qualified_name))(text)


@_primitive("prim::RaiseException")
def _raise(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    raise script_exception(inputs[0], inputs[1] if len(inputs) > 1 else None)


@_primitive("prim::Uninitialized")
def _uninitialized(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return None


# Constants and containers.


def constant_of(node: Node) -> Any:
    """The runtime value of a constant; containers are fresh, since code may change them."""
    value = node.constant_value()
    if isinstance(value, list):
        return list(value)
    if isinstance(value, dict):
        return dict(value)
    type = node.output.type
    if isinstance(type, EnumType) and not isinstance(value, EnumMember):
        if isinstance(value, str) and value in type.members:
            return EnumMember(type, value)
        return enum_member_of(type, getattr(value, "value", value))
    return value


@_primitive("prim::Constant")
def _constant(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return constant_of(node)


@_primitive("prim::ListConstruct")
def _list(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return inputs


@_primitive("prim::TupleConstruct")
def _tuple(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    if isinstance(node.output.type, NamedTupleType):
        return namedtuple_class(node.output.type)(*inputs)
    return tuple(inputs)


@_primitive("prim::DictConstruct")
def _dict(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return dict(zip(inputs[::2], inputs[1::2], strict=True))


@_primitive("prim::TupleUnpack")
def _tuple_unpack(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return inputs[0][0] if len(node.outputs) == 1 else inputs[0]


@_primitive("prim::ListUnpack")
def _list_unpack(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    (items,) = inputs
    check_length(items, len(node.outputs))
    return items[0] if len(items) == 1 else list(items)


def check_length(items: Sequence[Any], expected: int) -> None:
    """ValueError when a list has not as many elements as there are names to unpack it to."""
    if len(items) != expected:
        raise ValueError(f"a list of {len(items)} elements cannot be unpacked to {expected}")


@_primitive("prim::TupleIndex")
def _tuple_index(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return inputs[0][inputs[1]]


@_primitive("prim::TupleSlice")
def _tuple_slice(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return tuple(inputs[0][node.attributes["beg"] : node.attributes["end"]])


# Objects and calls.


@_primitive("prim::CreateObject")
def _create(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return ScriptObject(node.output.type)  # type: ignore[arg-type]


@_primitive("prim::ModuleContainerIndex")
def _container_index(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    """An element of a ModuleList or ModuleDict, by an index that is known only now."""
    container, key = inputs
    names = list(container.type.submodules)
    return container.slots[key if isinstance(key, str) else names[key]]


@_primitive("prim::GetAttr")
def _get_attribute(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return get_attribute(inputs[0], node.attributes["name"])


def get_attribute(owner: Any, name: str) -> Any:
    """A slot of an object, or a field of a NamedTuple."""
    if isinstance(owner, ScriptObject):
        try:
            return owner.slots[name]
        except KeyError:
            raise AttributeError(
                f"'{owner.type.qualified_name}' object has no value for {name!r} yet"
            ) from None
    return getattr(owner, name)


@_primitive("prim::SetAttr")
def _set_attribute(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    owner, value = inputs
    owner.slots[node.attributes["name"]] = value


@_primitive("prim::HasAttr")
def _has_attribute(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return node.attributes["name"] in inputs[0].slots


@_primitive("prim::CallFunction")
def _call_function(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    from tscript.runtime.executor import run_function

    return run_function(inputs[0], inputs[1:])


@_primitive("prim::CallMethod")
def _call_method(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    from tscript.runtime.executor import method_of, run_function

    return run_function(method_of(inputs[0], node.attributes["name"]), inputs)


#: Context managers of the gradient flag: what entering sets it to (None: the ``mode`` slot).
_GRAD_MODES = {"no_grad": False, "inference_mode": None, "enable_grad": True,
               "set_grad_enabled": None, "record_function": None}  # fmt: skip


def _grad_mode(context: ScriptObject) -> str | None:
    """Which of the gradient flag's context managers an object is; None for a class of the user's."""
    owner, _, name = context.type.qualified_name.rpartition(".")
    return name if owner.endswith("torch.autograd.grad_mode") and name in _GRAD_MODES else None


@_primitive("prim::Enter")
def _enter(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    from tscript.runtime.executor import method_of, run_function

    (context,) = inputs
    kind = _grad_mode(context)
    if kind is None:
        return run_function(method_of(context, "__enter__"), inputs)
    mode = _GRAD_MODES[kind]
    if kind == "record_function":  # names a range for a profiler, and there is none
        mode = grad_mode.is_grad_enabled()
    elif mode is None:
        given = bool(context.slots.get("mode", True))
        mode = not given if kind == "inference_mode" else given
    context.slots["previous"] = grad_mode.is_grad_enabled()
    grad_mode.set_grad_flag(mode)
    return None


@_primitive("prim::Exit")
def _exit(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    from tscript.runtime.executor import method_of, run_function

    context = inputs[0]
    if _grad_mode(context) is None:
        return run_function(method_of(context, "__exit__"), inputs)
    grad_mode.set_grad_flag(context.slots.pop("previous"))
    return None


@_primitive("prim::PythonOp")
def _python(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return call_python(node, inputs)


def call_python(node: Node, inputs: Sequence[Any]) -> Any:
    """A call left in Python: arguments go out as Python values, the result is checked.

    The last arguments go by keyword when the node names them; the first is the object for a method.
    """
    function = node.attributes.get("callable")
    name = node.attributes["name"]
    if function is None:
        raise RuntimeError(f"the Python function {name!r} is not available here")
    values = [to_python(value) for value in inputs]
    names = tuple(node.attributes.get("keywords", ()))
    keywords = dict(zip(names, values[len(values) - len(names) :], strict=True))
    result = function(*values[: len(values) - len(names)], **keywords)
    if len(node.outputs) == 1:
        return to_runtime(result, node.output.type, "", name)
    return [to_runtime(r, o.type, "", name) for r, o in zip(result, node.outputs, strict=True)]


@_primitive("prim::fork")
def _fork(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    """The forked call runs at once; an exception waits in the future."""
    from tscript.runtime.executor import run_function

    try:
        if node.blocks:
            (block,) = node.blocks
            self.run_block(block, values)
            results = [values[output] for output in block.outputs]
        elif "Subgraph" in node.attributes:
            results = Interpreter(node.attributes["Subgraph"], self.name).run(inputs)
        else:
            results = [run_function(inputs[0], inputs[1:])]
        return Future(results[0] if len(results) == 1 else tuple(results))
    except Exception as error:
        return Future(error=error)


@_primitive("aten::wait")
def _wait(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return inputs[0].wait()


@_primitive("prim::Print")
def _print(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    print_values(*inputs)


def print_values(*values: Any) -> None:
    """``print`` in a script: Python's text."""
    print(*[to_python(value) for value in values])


# Types.


@_primitive("prim::unchecked_cast", "prim::profile", "prim::data_identity")
def _same(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return inputs[0]


@_primitive("prim::isinstance")
def _isinstance(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return any(is_instance(inputs[0], type) for type in node.attributes["types"])


@_primitive("prim::EnumName")
def _enum_name(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return inputs[0].name


@_primitive("prim::EnumValue")
def _enum_value(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return inputs[0].value


#: The dtypes whose numbers are a script's: nothing is converted.
_LISTED = {
    t.INT: ("int64",),
    t.FLOAT: ("float32", "float64"),
    t.BOOL: ("bool",),
    t.COMPLEX: ("complex64", "complex128"),
}


def tensor_to_list(tensor: Tensor, type: t.Type) -> Any:
    """``tolist`` into an annotated type: RuntimeError when dimensions or dtype differ from it."""
    depth, element = 0, type
    while isinstance(element, t.ListType):
        depth, element = depth + 1, element.element
    if depth != tensor.array.ndim:
        raise RuntimeError(
            f"tolist() is annotated {annotation(type)}, and the tensor has {tensor.array.ndim}"
            " dimensions"
        )
    if tensor.array.dtype.name not in _LISTED.get(element, ()):
        raise RuntimeError(
            f"tolist() is annotated {annotation(type)}, and the tensor is of {tensor.dtype!r}"
        )
    return tensor.tolist()


@_primitive("prim::tolist")
def _tolist(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return tensor_to_list(inputs[0], node.output.type)


# What a tensor says of itself.

#: Primitive kinds that read a property of a tensor: how, from the handle.
TENSOR_PROPERTIES: dict[str, Callable[[Any], Any]] = {
    "prim::dtype": lambda x: x.dtype.code,
    "prim::device": lambda x: x.device,
    "prim::layout": lambda x: x.layout.code,
    "prim::data": lambda x: x.data,
    "prim::grad": lambda x: x.grad,
    "prim::requires_grad": lambda x: x.requires_grad,
    "prim::is_cuda": lambda x: False,
    "prim::is_cpu": lambda x: x.is_cpu,
    "prim::is_meta": lambda x: x.is_meta,
    "prim::is_sparse": lambda x: False,
    "prim::is_sparse_csr": lambda x: False,
    "prim::is_quantized": lambda x: False,
    "prim::is_mkldnn": lambda x: False,
    "prim::is_mps": lambda x: False,
    "prim::is_nested": lambda x: False,
    "prim::is_xpu": lambda x: False,
    "prim::is_ipu": lambda x: False,
    "prim::is_vulkan": lambda x: False,
    "prim::is_xla": lambda x: False,
    "prim::is_leaf": lambda x: True,
    "prim::itemsize": lambda x: x.itemsize,
    "prim::nbytes": lambda x: x.nbytes,
    "prim::shape": lambda x: list(x.array.shape),
    "prim::name": lambda x: None,
}


def _property(read: Callable[[Any], Any]) -> Primitive:
    def primitive(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
        return read(inputs[0])

    return primitive


for _kind, _read in TENSOR_PROPERTIES.items():
    PRIMITIVES[_kind] = _property(_read)


@_primitive("prim::type")
def _device_type(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return inputs[0].type


@_primitive("prim::index")
def _device_index(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return inputs[0].index


# State of the process that scripts ask for.


@_primitive("aten::is_grad_enabled")
def _is_grad_enabled(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return grad_mode.is_grad_enabled()


@_primitive("aten::set_grad_enabled")
def _set_grad_enabled(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    grad_mode.set_grad_flag(inputs[0])


@_primitive("aten::is_autocast_enabled", "aten::is_autocast_cpu_enabled")
def _is_autocast_enabled(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return False


# Traces.


@_primitive("prim::NumToTensor")
def _number_to_tensor(self: Interpreter, node: Node, inputs: list[Any], values: Values) -> Any:
    return number_to_tensor(inputs[0])


def number_to_tensor(value: Any) -> Tensor:
    """A number as the 0-dim tensor of its dtype (``float64`` for floats, as in PyTorch)."""
    from tscript.runtime.tensor import wrap

    if isinstance(value, Tensor):
        return value
    dtype = {bool: np.bool_, int: np.int64, float: np.float64, complex: np.complex128}
    return wrap(np.array(value, dtype[type(value)]), CPU)
