"""Running compiled functions: the boundary, and the choice between the two executors.

A :class:`~tscript.ir.function.CompiledFunction` runs on the executor that fits it: generated code,
or the interpreter for graphs that generated code does not take (operators on tensor handles, calls
into Python, very deep nesting). ``TSCRIPT_EXECUTOR`` (``interpreter``, ``compiled`` or ``auto``) or
:func:`executing_with` says otherwise. What was prepared is kept on the function.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, Protocol, TypeAlias, cast

import numpy as np

from ops_registry.schema import FunctionSchema
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph
from tscript.runtime.boundary import bind_arguments, leaver
from tscript.runtime.grad_mode import is_grad_enabled, set_grad_flag
from tscript.runtime.object import ScriptObject
from tscript.runtime.script_traceback import script_error
from tscript.runtime.tracing_state import current_tracer

Mode: TypeAlias = Literal["auto", "interpreter", "compiled"]


class Executor(Protocol):
    """Runs one graph on runtime values."""

    def run(self, args: Sequence[Any]) -> list[Any]:
        """The graph's results."""
        ...


def _mode_from_environment() -> Mode:
    mode = os.environ.get("TSCRIPT_EXECUTOR", "auto")
    if mode not in ("auto", "interpreter", "compiled"):
        raise ValueError(
            f"TSCRIPT_EXECUTOR is {mode!r}; it can be 'auto', 'interpreter' or 'compiled'"
        )
    return cast(Mode, mode)


_initial_mode = _mode_from_environment()
_mode: ContextVar[Mode] = ContextVar("executor", default=_initial_mode)


def executor_mode() -> Mode:
    """How functions run in this context."""
    return _mode.get()


@contextmanager
def executing_with(mode: Mode) -> Iterator[None]:
    """Run functions on one executor inside a ``with`` block.

    ``compiled`` raises :class:`~tscript.runtime.codegen.NotCompilableError` for a graph that only
    the interpreter runs; ``auto`` quietly interprets it.
    """
    token = _mode.set(mode)
    try:
        yield
    finally:
        _mode.reset(token)


class FailedFunctionError(RuntimeError):
    """A function whose compilation reported errors was called."""


def executor_of(function: CompiledFunction) -> Executor:
    """The executor of a function in the current mode, made on first use."""
    mode = _mode.get()
    found: Executor | None = function.executors.get(mode)
    if found is None:
        if function.failed:
            raise FailedFunctionError(f"{function.name} has errors and cannot run")
        found = function.executors[mode] = _make(function, mode)
    return found


def _make(function: CompiledFunction, mode: Mode) -> Executor:
    from tscript.runtime.interpreter import Interpreter

    if mode == "interpreter":
        return Interpreter(function.graph, function.name)
    from tscript.runtime.codegen import NotCompilableError, compiled_graph

    try:
        return compiled_graph(function)
    except NotCompilableError:
        if mode == "compiled":
            raise
        return Interpreter(function.graph, function.name)


def run_function(function: CompiledFunction, args: Sequence[Any]) -> Any:
    """Call a function from a running graph: runtime values in and out, no checks."""
    results = executor_of(function).run(args)
    if len(results) == 1:
        return results[0]
    return tuple(results) if results else None


def method_of(owner: Any, name: str) -> CompiledFunction:
    """The compiled method of an object's type."""
    function = owner.type.compiled.get(name)
    if function is None:
        raise AttributeError(f"'{owner.type.qualified_name}' object has no method {name!r}")
    method: CompiledFunction = function
    return method


def call_function(
    function: CompiledFunction, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Call a function from Python: arguments are checked and converted, the result copied out.

    Inside a trace the call is recorded as a call.
    """
    bound = bind_arguments(function.schema, args, kwargs, function.name, function.parameters)
    return _call(function, bound)


def call_method(
    owner: ScriptObject, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Call a method of an object from Python."""
    function = method_of(owner, name)
    schema = function.schema
    if schema.arguments and schema.arguments[0].name == "self":
        schema = _without_self(function)
    bound = bind_arguments(schema, args, kwargs, name, function.parameters)
    return _call(function, [owner, *bound])


def _without_self(function: CompiledFunction) -> FunctionSchema:
    found = function.executors.get("schema without self")
    if found is None:
        schema = function.schema
        found = FunctionSchema(
            schema.name, schema.overload, schema.arguments[1:], schema.returns, schema.is_vararg
        )
        function.executors["schema without self"] = found
    plain: FunctionSchema = found
    return plain


def _call(function: CompiledFunction, bound: list[Any]) -> Any:
    tracer = current_tracer()
    if tracer is not None:
        return tracer.call_function(function, bound)
    return call_bound(function, bound)


def call_bound(function: CompiledFunction, bound: Sequence[Any]) -> Any:
    """Run a function on runtime values and hand the result to Python."""
    executor = executor_of(function)
    gradients = is_grad_enabled()
    try:
        with np.errstate(all="ignore"):
            results = executor.run(bound)
    except Exception as error:
        set_grad_flag(gradients)  # a `with torch.no_grad()` may have been left by the exception
        raised = script_error(error)
        if raised is error:
            raise
        raise raised from None
    return _leave(function, results)


def _leave(function: CompiledFunction, results: list[Any]) -> Any:
    leavers = function.executors.get("leavers")
    if leavers is None or len(leavers) != len(results):
        leavers = [leaver(output.type) for output in function.graph.outputs]
        function.executors["leavers"] = leavers
    left = [r if leave is None else leave(r) for r, leave in zip(results, leavers, strict=True)]
    if len(left) == 1:
        return left[0]
    return tuple(left) if left else None


class GraphFunction:
    """A graph as a Python function: what ``jit.script`` of a function and ``jit.trace`` give.

    >>> from ops_registry.schema import parse_schema
    >>> graph = Graph()
    >>> x = graph.add_input("x")
    >>> _ = graph.add_output(graph.insert("aten::relu", [x]).output)
    >>> schema = parse_schema("relu(Tensor x) -> Tensor")
    >>> relu = GraphFunction(CompiledFunction("__torch__.relu", schema, graph))
    >>> from tscript.runtime.creation import tensor
    >>> relu(tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, function: CompiledFunction) -> None:
        self.function = function
        self.__name__ = function.name
        self.__qualname__ = function.name

    @property
    def graph(self) -> Graph:
        return self.function.graph

    @property
    def schema(self) -> FunctionSchema:
        return self.function.schema

    @property
    def name(self) -> str:
        return self.function.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return call_function(self.function, args, kwargs)

    def __repr__(self) -> str:
        return f"<compiled function {self.function.qualified_name}>"
