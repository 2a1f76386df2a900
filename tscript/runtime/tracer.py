"""The tracer: while a function runs on example inputs, its tensor operations become a graph.

The dispatcher hands every operator to :meth:`Tracer.call`, which runs it and appends the node that
PyTorch would. Tensors are matched to values by identity; one that the trace has never seen
becomes a constant (or the attribute of the traced module that holds it). Sizes are 0-dim tensors
whose values the trace knows, so ``x.view(x.size(0), -1)`` stays general. Here too: the warnings
about what a trace cannot see. Driving a trace (inputs, modules, checks, clean-up) is
``tscript.jit.trace``.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ops_registry import types as t
from ops_registry.device import Device
from ops_registry.operator import Operator
from ops_registry.registry import registry
from ops_registry.storage import owner_of, strides_of
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph, Node, Value
from tscript.runtime import dispatch
from tscript.runtime.object import ScriptObject
from tscript.runtime.overloads import TracedFloat, TracedInt
from tscript.runtime.size import Size
from tscript.runtime.tensor import Tensor, wrap
from tscript.runtime.tracing_state import restore_tracer, set_tracer
from tscript.runtime.user_frames import asked_by_library, user_frame, user_range, variable_name
from tscript.types.nominal import ObjectType

Path = tuple[str, ...]


class TracerWarning(Warning):
    """Something in a traced function that its trace may not reproduce for other inputs."""


class TracingError(RuntimeError):
    """A function cannot be traced; the message says what stands in the way."""


class Tracer:
    """Records into :attr:`graph`.

    Add the inputs, run the function inside :meth:`recording`, then give its result to
    :meth:`finish`. ``force_outplace`` records in-place operators as their functional forms, as
    PyTorch did in 2019.

    >>> from tscript.runtime.creation import tensor
    >>> tracer = Tracer()
    >>> x = tracer.add_input("x", tensor([1.0, 2.0]))
    >>> with tracer.recording():
    ...     y = x.relu()
    >>> tracer.finish(y)
    >>> [node.kind for node in tracer.graph.nodes]
    ['aten::relu']
    """

    def __init__(self, *, force_outplace: bool = False) -> None:
        self.graph = Graph()
        self.force_outplace = force_outplace
        self._values: dict[int, tuple[weakref.ref[Tensor], Value]] = {}
        self._lazy: dict[int, tuple[weakref.ref[Tensor], Callable[[], Value]]] = {}
        self._fresh: set[Value] = set()
        self._attributes: dict[int, tuple[Any, Value, Path]] = {}
        self._paths: dict[tuple[Value, Path], Value] = {}
        self._inputs: list[Any] = []

    # Driving.

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record what runs inside the ``with`` block."""
        token = set_tracer(self)
        try:
            yield
        finally:
            restore_tracer(token)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not record what runs inside the ``with`` block."""
        token = set_tracer(None)
        try:
            yield
        finally:
            restore_tracer(token)

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Mark nodes as made inside a module: scopes nest into ``outer/inner``."""
        saved = self.graph.current_scope
        self.graph.current_scope = f"{saved}/{name}" if saved else name
        try:
            yield
        finally:
            self.graph.current_scope = saved

    def add_input(self, name: str, value: Any, type: t.Type | None = None) -> Any:
        """Declare an argument: a tensor, or tuples, lists and dicts of them.

        Returns the argument to call the function with: what contains tensors is taken apart into
        fresh handles, so that one tensor given twice is two inputs.
        """
        declared = type_of(value) if type is None else type
        made = self._bind_input(value, self.graph.add_input(name, declared))
        self._inputs.append(made)
        return made

    def _bind_input(self, value: Any, source: Value) -> Any:
        if isinstance(value, Tensor):
            handle = value
            if self._known(value) is not None:
                handle = wrap(value.array, value._device)
            self._set(handle, source)
            self._inputs.append(handle)
            return handle
        if isinstance(value, tuple):
            node = self.graph.insert("prim::TupleUnpack", [source], [type_of(v) for v in value])
            items = list(map(self._bind_input, value, node.outputs))
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, list):
            node = self.graph.insert("prim::ListUnpack", [source], [type_of(v) for v in value])
            return list(map(self._bind_input, value, node.outputs))
        if isinstance(value, dict):
            return {key: self._bind_item(key, item, source) for key, item in value.items()}
        return value

    def _bind_item(self, key: Any, item: Any, source: Value) -> Any:
        schema = f"Dict_{_key_name(key)}"
        node = self.graph.insert(
            "aten::__getitem__", [source, self.graph.constant(key)], [type_of(item)],
            overload=schema,
        )  # fmt: skip
        return self._bind_input(item, node.output)

    def bind_module(
        self,
        self_value: Value,
        tensors: Mapping[Path, Tensor],
        objects: Mapping[Path, ScriptObject] | None = None,
    ) -> None:
        """Say which attributes of a module the tensors are, by path (``("conv", "weight")``).

        Where one is used, the graph reads it from ``self_value`` by ``prim::GetAttr``. ``objects``
        are scripted submodules, whose calls are recorded as calls.
        """
        for path, held in (*tensors.items(), *(objects or {}).items()):
            self._attributes.setdefault(id(held), (held, self_value, path))

    def finish(self, result: Any, *, strict: bool = True) -> None:
        """Make ``result`` the graph's output: tensors, and tuples, lists and dicts of them.

        ``strict`` refuses lists and dicts, whose length and keys are fixed by the trace.
        TracingError for anything else.
        """
        self.graph.add_output(self._output(result, strict))

    def _output(self, result: Any, strict: bool) -> Value:
        if isinstance(result, Tensor):
            return self._value(result)
        if isinstance(result, tuple):
            items = [self._output(item, strict) for item in result]
            kind = t.TupleType(tuple(item.type for item in items))
            return self.graph.insert("prim::TupleConstruct", items, [kind]).output
        if isinstance(result, list | dict) and strict:
            raise TracingError(
                f"the traced function returns a {type(result).__name__}, whose size the trace"
                " would fix: return a tuple, or pass strict=False to torch.jit.trace"
            )
        if isinstance(result, list):
            items = [self._output(item, strict) for item in result]
            return self.graph.insert("prim::ListConstruct", items, [t.ListType(t.TENSOR)]).output
        if isinstance(result, dict):
            flat: list[Value] = []
            for key, item in result.items():
                flat += [self.graph.constant(key), self._output(item, strict)]
            key_type = flat[0].type if flat else t.STRING
            kind_of = t.DictType(key_type, t.TENSOR)
            return self.graph.insert("prim::DictConstruct", flat, [kind_of]).output
        raise TracingError(
            f"the traced function returns a value of type {type(result).__name__}: a trace"
            " returns tensors, and tuples, lists and dicts of them"
        )

    # Tensors and values.

    def _known(self, tensor: Tensor) -> Value | None:
        entry = self._values.get(id(tensor))
        return entry[1] if entry is not None and entry[0]() is tensor else None

    def is_traced(self, tensor: Tensor) -> bool:
        """Whether the trace knows where a tensor comes from."""
        if self._known(tensor) is not None:
            return True
        entry = self._lazy.get(id(tensor))
        return entry is not None and entry[0]() is tensor

    def _set(self, tensor: Tensor, value: Value) -> None:
        self._values[id(tensor)] = (weakref.ref(tensor), value)

    def value_of(self, tensor: Tensor) -> Value:
        """The value of a tensor; an unknown one is an attribute of the module or a constant."""
        value = self._value(tensor)
        if not value.has_debug_name and value.node.kind != "prim::Constant":
            name = variable_name(tensor)
            if name:
                value.debug_name = name
        return value

    def _value(self, tensor: Tensor) -> Value:
        value = self._known(tensor)
        return self._first_use(tensor) if value is None else value

    def _first_use(self, tensor: Tensor) -> Value:
        lazy = self._lazy.pop(id(tensor), None)
        held = self._attributes.get(id(tensor))
        if lazy is not None and lazy[0]() is tensor:
            value = lazy[1]()
        elif held is not None:
            value = self._attribute(held[1], held[2], trace_type(tensor))
        else:
            if tensor.requires_grad:
                raise TracingError(
                    "a tensor that requires gradients is used in the trace without being an input"
                    " or a parameter of the traced module: pass it, make it a parameter, or"
                    " detach() it"
                )
            value = self.graph.constant(tensor, trace_type(tensor), user_range())
        self._set(tensor, value)
        return value

    def _attribute(self, owner: Value, path: Path, type: t.Type) -> Value:
        """``prim::GetAttr`` along a path; the modules on the way are read once."""
        for length in range(1, len(path) + 1):
            key = (owner, path[:length])
            found = self._paths.get(key) if length < len(path) else None
            if found is None:
                before = owner if length == 1 else self._paths[owner, path[: length - 1]]
                name = path[length - 1]
                kind = type
                if length < len(path):
                    assert isinstance(before.type, ObjectType)
                    kind = before.type.attribute_type(name) or type
                node = self.graph.insert(
                    "prim::GetAttr", [before], [kind], attributes={"name": name}
                )
                node.scope = ""  # reading an attribute belongs to no submodule's run
                found = node.output
                found.debug_name = name
                self._paths[key] = found
        return self._paths[owner, path]

    def _defer(self, tensor: Tensor, record: Callable[[], Value]) -> None:
        """Record where a tensor comes from only when something uses it."""
        self._lazy[id(tensor)] = (weakref.ref(tensor), record)

    # Sizes.

    def size(self, tensor: Tensor, dim: int | None) -> Any:
        """``tensor.size()``: extents that the trace follows."""
        shape = tensor.array.shape
        if dim is not None:
            from ops_registry.meta import wrap_dim

            position = wrap_dim(int(dim), len(shape), scalar=False)
            if not self.is_traced(tensor):
                return shape[position]
            return self._extent(tensor, shape[position], int(dim))
        if not self.is_traced(tensor):
            return Size(shape)
        return Size([self._extent(tensor, extent, d) for d, extent in enumerate(shape)])

    def _extent(self, tensor: Tensor, extent: int, dim: int) -> Tensor:
        place = user_range()

        def record() -> Value:
            source = self.value_of(tensor)
            which = self.graph.constant(dim, source_range=place)
            size = self._insert("aten::size", [source, which], [t.INT], "int", place).output
            return self._number(size)

        made = wrap(np.array(extent, np.int64))
        self._defer(made, record)
        return made

    def _number(self, value: Value) -> Value:
        from ops_registry.device import CPU
        from ops_registry.dtypes import int64

        kind = t.TensorType(dtype=int64, device=CPU)
        return self.graph.insert("prim::NumToTensor", [value], [kind]).output

    def numel(self, tensor: Tensor) -> Any:
        """``tensor.numel()``, followed by the trace."""
        if not self.is_traced(tensor):
            return tensor.array.size
        place = user_range()

        def record() -> Value:
            source = self.value_of(tensor)
            return self._number(self._insert("aten::numel", [source], [t.INT], "", place).output)

        made = wrap(np.array(tensor.array.size, np.int64))
        self._defer(made, record)
        return made

    # Operators.

    def _insert(
        self,
        kind: str,
        inputs: Sequence[Value],
        types: Sequence[t.Type],
        overload: str,
        place: Any,
    ) -> Node:
        schema = next((s for s in registry().overloads(kind) if s.overload == overload), None)
        return self.graph.insert(
            kind, inputs, types, overload=overload, schema=schema, source_range=place
        )

    def call(self, operator: Operator, args: Sequence[Any]) -> Any:
        """Run an operator and record it."""
        if operator.kind == "composite":
            return dispatch.run(operator, args)  # on operators, each of which is recorded
        if not operator.returns_tensors and not operator.is_mutable:
            with self.paused():
                return dispatch.run(operator, _plain(args))
        place = user_range()
        recorded, given = self._as_recorded(operator, args)
        if operator.is_mutable:
            self._before_write(operator, args, place)
        inputs = [
            self._argument(value, argument.type, place)
            for value, argument in zip(given, recorded.schema.arguments, strict=True)
        ]
        with self.paused():
            result = dispatch.run(operator, _plain(args))
        node = self._insert(
            recorded.schema.name, inputs, _result_types(recorded, result), recorded.overload, place
        )
        self._bind_results(node, result)
        return result

    def _as_recorded(
        self, operator: Operator, args: Sequence[Any]
    ) -> tuple[Operator, Sequence[Any]]:
        """The operator that the node shows: numbers become 0-dim tensors, as PyTorch records them;
        an in-place operator its functional form, when asked for."""
        if self.force_outplace and operator.is_mutable:
            if operator.functional is not None:
                count = len(operator.functional.schema.arguments)
                return self._as_recorded(operator.functional, args[:count])
            if operator.name == "aten::copy_":
                return registry().operator("aten::expand_as", ""), [args[1], args[0]]
        if operator.overload != "Scalar" or len(args) < 2 or not isinstance(args[0], Tensor):
            return operator, args
        tensor, number = args[0], args[1]
        if type(number) not in (bool, int, float) or tensor.array.ndim == 0:
            return operator, args
        category = {bool: 0, int: 1, float: 2}[type(number)]
        overloads = {s.overload for s in registry().overloads(operator.name)}
        if tensor.dtype.category < category or "Tensor" not in overloads:
            return operator, args
        dtype = {bool: np.bool_, int: np.int64, float: np.float64}[type(number)]
        other = registry().operator(operator.name, "Tensor")
        if len(other.schema.arguments) != len(args):
            return operator, args
        return other, [tensor, wrap(np.array(number, dtype)), *args[2:]]

    def _argument(self, value: Any, type: t.Type, place: Any) -> Value:
        """An argument as a value of the graph."""
        if isinstance(type, t.OptionalType) and value is not None:
            type = type.element
        if isinstance(value, Tensor):
            return self.value_of(value)
        if isinstance(value, TracedInt):
            source = self.value_of(value.tensor)
            return self._insert("aten::Int", [source], [t.INT], "Tensor", None).output
        if isinstance(value, TracedFloat):
            source = self.value_of(value.tensor)
            return self._insert("aten::Float", [source], [t.FLOAT], "Tensor", None).output
        if isinstance(value, list | tuple) and isinstance(type, t.ListType):
            items = [self._argument(item, type.element, place) for item in value]
            return self.graph.insert(
                "prim::ListConstruct", items, [type], source_range=place
            ).output
        if type == t.FLOAT and isinstance(value, int):
            value = float(value)
        if isinstance(value, ScriptObject):
            return self._object(value)
        if value is None or isinstance(value, bool | int | float | complex | str | Device):
            return self.graph.constant(value, source_range=place)
        raise TracingError(
            f"a value of type {_name(value)} is an argument of a traced operator, and cannot be"
            " a constant of the graph"
        )

    def _object(self, value: ScriptObject) -> Value:
        held = self._attributes.get(id(value))
        if held is None:
            raise TracingError(
                f"the scripted module {value.type.qualified_name} is called in a trace without"
                " being part of what is traced: make it a submodule of the traced module"
            )
        if not held[2]:
            return held[1]
        return self._attribute(held[1], held[2], value.type)

    def _bind_results(self, node: Node, result: Any) -> None:
        results = result if len(node.outputs) > 1 else (result,)
        for value, output in zip(results, node.outputs, strict=True):
            if isinstance(value, Tensor):
                self._set(value, output)
            elif isinstance(value, list | tuple) and value and isinstance(value[0], Tensor):
                unpacked = self.graph.insert(
                    "prim::ListUnpack", [output], [trace_type(item) for item in value]
                )
                for item, part in zip(value, unpacked.outputs, strict=True):
                    self._set(item, part)

    # Writes.

    def _before_write(self, operator: Operator, args: Sequence[Any], place: Any) -> None:
        for argument, value in zip(operator.schema.arguments, args, strict=True):
            if not argument.is_written or not isinstance(value, Tensor):
                continue
            known = self._value(value) if self.is_traced(value) else None
            if known is not None and known in self._fresh:
                copied = self._insert(
                    "aten::clone", [known, self.graph.constant(None)], [known.type], "", place
                )
                self._set(value, copied.output)
            references = self._live_references(value)
            if references > 1:
                self.warn(
                    f"There are {references} live references to the data region being modified"
                    f" when tracing in-place operator {operator.schema.base_name} (possibly due"
                    " to an assignment). The trace may be wrong where another view of the same"
                    " data is used later; it is right if the views are disjoint."
                )

    def _live_references(self, tensor: Tensor) -> int:
        """How many tensors that the trace knows look at the memory of ``tensor``."""
        owner = owner_of(tensor.array)
        count = 0
        for key, (reference, _) in list(self._values.items()):
            other = reference()
            if other is None:
                del self._values[key]
            elif owner_of(other.array) is owner:
                count += 1
        return count

    def created(self, tensor: Tensor, data: Any) -> None:
        """``torch.tensor(...)`` made a tensor: a constant, copied, since it may be written to."""
        if _mentions_traced(self, data):
            self.warn(
                "torch.tensor of traced values makes a constant: the trace keeps the values of"
                " this run. Use torch.stack, or x.clone() of a tensor."
            )
        place = user_range()

        def record() -> Value:
            copy = wrap(tensor.array.copy(), tensor._device)
            value = self.graph.constant(copy, trace_type(tensor), place)
            self._fresh.add(value)
            return value

        self._defer(tensor, record)

    # Calls of compiled functions.

    def call_function(self, function: CompiledFunction, bound: Sequence[Any]) -> Any:
        """Run a compiled function and record the call; what it does inside stays its own."""
        from tscript.runtime.executor import call_bound

        place = user_range()
        types = [value.type for value in function.graph.inputs]
        inputs = [self._argument(v, k, place) for v, k in zip(bound, types, strict=True)]
        if bound and isinstance(bound[0], ScriptObject):
            kind, attributes = "prim::CallMethod", {"name": function.name}
        else:
            callee = self.graph.create_constant(function, t.FunctionType(function.name), place)
            callee.attributes["name"] = function.name
            inputs.insert(0, self.graph.insert_node(callee).output)
            kind, attributes = "prim::CallFunction", {}
        with self.paused():
            result = call_bound(function, _plain(bound))
        outputs = [value.type for value in function.graph.outputs]
        node = self.graph.insert(
            kind, inputs, _call_types(outputs, result), attributes=attributes, source_range=place
        )
        self._bind_call(node, result)
        return result

    def _bind_call(self, node: Node, result: Any) -> None:
        if len(node.outputs) == 1:
            self._bind_structure(result, node.output)
        elif node.outputs:
            for item, output in zip(result, node.outputs, strict=True):
                self._bind_structure(item, output)

    def _bind_structure(self, result: Any, value: Value) -> None:
        if isinstance(result, Tensor):
            self._set(result, value)
        elif isinstance(result, tuple):
            types = [type_of(item) for item in result]
            node = self.graph.insert("prim::TupleUnpack", [value], types)
            for item, output in zip(result, node.outputs, strict=True):
                self._bind_structure(item, output)
        elif isinstance(result, list) and result and isinstance(result[0], Tensor):
            types = [trace_type(item) for item in result]
            node = self.graph.insert("prim::ListUnpack", [value], types)
            for item, output in zip(result, node.outputs, strict=True):
                self._set(item, output)

    # Warnings.

    def warn_conversion(self, tensor: Tensor, what: str) -> None:
        """Warn that a traced tensor becomes a plain value, which the trace cannot follow."""
        if not self.is_traced(tensor) or asked_by_library():
            return
        if what == "iter":
            self.warn(
                "Iterating over a tensor unrolls the loop: the trace is right only for inputs with"
                " as many rows as this one."
            )
        elif what == "len":
            self.warn(
                "len() of a tensor is a plain number, fixed in the trace: use x.shape[0], which"
                " the trace follows."
            )
        else:
            kind = _CONVERSIONS.get(what, what)
            self.warn(
                f"Converting a tensor to {kind} might make the trace incorrect: the value becomes"
                " a constant, so the trace may not generalize to other inputs."
            )

    def warn(self, message: str) -> None:
        """Give a TracerWarning on the user's line."""
        frame = user_frame()
        if frame is None:
            warnings.warn(message, TracerWarning, stacklevel=3)
            return
        warnings.warn_explicit(
            message, TracerWarning, frame.f_code.co_filename, frame.f_lineno,
            module=frame.f_globals.get("__name__", "<unknown>"),
            registry=frame.f_globals.setdefault("__warningregistry__", {}),
        )  # fmt: skip


_CONVERSIONS = {
    "boolean": "a Python boolean",
    "index": "a Python index",
    "integer": "a Python integer",
    "float": "a Python float",
    "complex": "a Python complex number",
    "number": "a Python number",
    "list": "a Python list",
    "numpy": "a NumPy array",
}


def trace_type(tensor: Tensor) -> t.TensorType:
    """Everything a trace knows of a tensor, as a type."""
    return t.TensorType(
        tensor.dtype,
        tuple(tensor.array.shape),
        strides_of(tensor.array),
        tensor.requires_grad,
        tensor.device,
    )


def type_of(value: Any) -> t.Type:
    """The type of an input or result of a trace."""
    if isinstance(value, Tensor):
        return trace_type(value)
    if isinstance(value, tuple):
        return t.TupleType(tuple(map(type_of, value)))
    if isinstance(value, list):
        return t.ListType(_common(value))
    if isinstance(value, dict):
        key = next(iter(value), "")
        return t.DictType(_scalar_type(key), _common(list(value.values())))
    return _scalar_type(value)


def _common(items: Sequence[Any]) -> t.Type:
    """The type of a container's elements: Tensor without the details of one."""
    if not items or isinstance(items[0], Tensor):
        return t.TENSOR
    return type_of(items[0])


def _scalar_type(value: Any) -> t.Type:
    if isinstance(value, ScriptObject):
        return value.type
    from tscript.ir.constant_types import constant_type

    return constant_type(value)


def _key_name(key: Any) -> str:
    return str(_scalar_type(key))


def _result_types(operator: Operator, result: Any) -> list[t.Type]:
    returns = operator.schema.returns
    results = result if len(returns) > 1 else (result,)
    return [
        trace_type(value) if isinstance(value, Tensor) else declared.type
        for value, declared in zip(results, returns, strict=False)
    ]


def _call_types(declared: Sequence[t.Type], result: Any) -> list[t.Type]:
    if len(declared) == 1:
        return [trace_type(result) if isinstance(result, Tensor) else declared[0]]
    return [
        trace_type(value) if isinstance(value, Tensor) else type
        for value, type in zip(result or (), declared, strict=True)
    ]


def _plain(values: Sequence[Any]) -> list[Any]:
    """Arguments without the memory of where their numbers came from."""
    return [_plain_value(value) for value in values]


def _plain_value(value: Any) -> Any:
    if isinstance(value, TracedInt):
        return int(value)
    if isinstance(value, TracedFloat):
        return float(value)
    if type(value) is list:
        return [_plain_value(item) for item in value]
    return value


def _mentions_traced(tracer: Tracer, data: Any) -> bool:
    if isinstance(data, Tensor):
        return tracer.is_traced(data)
    return isinstance(data, list | tuple) and any(_mentions_traced(tracer, d) for d in data)


def _name(value: Any) -> str:
    return type(value).__name__
