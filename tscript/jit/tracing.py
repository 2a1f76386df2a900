"""``jit.trace``: a function or module recorded on example inputs.

The recording itself is :mod:`tscript.runtime.tracer`; checking a trace against the function it
came from is :mod:`tscript.jit.trace_check`.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ops_registry import types as t
from ops_registry.schema import Argument, FunctionSchema
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph
from tscript.jit.enabled import enabled
from tscript.jit.naming import base_name, unique_name
from tscript.jit.script_module import ScriptModule, TopLevelTracedModule, face_of
from tscript.jit.scripting import ScriptFunction
from tscript.nn import Module
from tscript.nn.module import set_call_interceptor
from tscript.passes.eliminate_dead_code import eliminate_dead_code
from tscript.runtime.object import ScriptObject
from tscript.runtime.tensor import Tensor
from tscript.runtime.tracer import Tracer, TracerWarning
from tscript.types.nominal import ModuleType

__all__ = ["TracerWarning", "trace", "trace_module"]


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """What a trace and its checks have in common."""

    strict: bool = True
    force_outplace: bool = False


def trace(
    func: Any,
    example_inputs: Any = None,
    optimize: Any = None,
    check_trace: bool = True,
    check_inputs: Sequence[Any] | None = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: Any = None,
    _compilation_unit: Any = None,
    example_kwarg_inputs: Mapping[str, Any] | None = None,
    _store_inputs: bool = True,
) -> Any:
    """Run ``func`` on example inputs and record its tensor operations as a graph.

    ``func`` is a function or a module. The trace is then checked: it is recorded again and both
    run, on the example inputs or on each of ``check_inputs``; outputs may differ by
    ``check_tolerance``. ``strict=False`` allows lists and dicts as results.
    ``_force_outplace`` records in-place writes as PyTorch did in 2019.

    Returns a ``ScriptFunction`` or a traced module. Raises ``TracingCheckError`` with the
    difference when the graph depends on the inputs; gives a ``TracerWarning`` where the recording
    may not hold for other inputs.

    >>> import tscript as torch
    >>> def scale(x, y):
    ...     return 2 * x + y
    >>> traced = torch.jit.trace(scale, (torch.rand(3), torch.rand(3)))
    >>> traced(torch.ones(2), torch.ones(2))
    tensor([3., 3.])
    """
    if not enabled():
        return func
    if isinstance(func, ScriptFunction) or (
        isinstance(func, ScriptModule) and "_script_object" in vars(func)
    ):
        warnings.warn(
            "what is to be traced is compiled already: it is returned as it is",
            TracerWarning,
            stacklevel=2,
        )
        return func
    options = TraceOptions(strict, _force_outplace)
    inputs = bind_examples(func, example_inputs, example_kwarg_inputs)
    owner = getattr(func, "__self__", None)
    if isinstance(owner, Module) and getattr(func, "__name__", "") == "forward":
        func, owner = owner, None
    if isinstance(func, Module):
        traced: Any = traced_module(func, {"forward": inputs}, options)
    else:
        if not callable(func):
            raise TypeError(f"trace takes a function or a module, not {type(func).__name__}")
        traced = _traced_function(func, inputs, options)
    if check_trace:
        from tscript.jit.trace_check import check

        checks = [inputs] if check_inputs is None else [as_tuple(i) for i in check_inputs]
        check(traced, func, checks, check_tolerance, options)
    return traced


def trace_module(
    mod: Module,
    inputs: Mapping[str, Any],
    optimize: Any = None,
    check_trace: bool = True,
    check_inputs: Sequence[Mapping[str, Any]] | None = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: Any = None,
    _compilation_unit: Any = None,
    example_inputs_is_kwarg: bool = False,
    _store_inputs: bool = True,
) -> Any:
    """Trace several methods of a module: ``inputs`` maps their names to example arguments.

    See :func:`trace` for the rest.
    """
    if not enabled():
        return mod
    if not isinstance(mod, Module):
        raise TypeError(f"trace_module takes a module, not {type(mod).__name__}")
    options = TraceOptions(strict, _force_outplace)
    examples = {
        name: bind_examples(getattr(mod, name), value, None) for name, value in inputs.items()
    }
    traced = traced_module(mod, examples, options)
    if check_trace:
        from tscript.jit.trace_check import check

        for name, example in examples.items():
            given = [c[name] for c in check_inputs or () if name in c]
            checks = [as_tuple(i) for i in given] or [example]
            function = mod if name == "forward" else getattr(mod, name)
            compiled = traced if name == "forward" else getattr(traced, name)
            check(compiled, function, checks, check_tolerance, options)
    return traced


# Examples.


def as_tuple(example: Any) -> tuple[Any, ...]:
    """Example inputs as arguments: a lone tensor or dict is one argument.

    >>> as_tuple([1, 2]), as_tuple({"a": 1})
    ((1, 2), ({'a': 1},))
    """
    if isinstance(example, tuple):
        return example
    return tuple(example) if isinstance(example, list) else (example,)


def bind_examples(func: Any, example: Any, keywords: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """The example arguments in the order of the function's parameters."""
    if keywords is None:
        if example is None:
            raise TypeError("trace needs example inputs")
        return as_tuple(example)
    if example is not None:
        raise TypeError("give example_inputs or example_kwarg_inputs, not both")
    names = _names(func, len(keywords))
    missing = [name for name in keywords if name not in names]
    if missing:
        raise TypeError(f"there is no parameter {missing[0]!r} to give an example for")
    return tuple(keywords[name] for name in names if name in keywords)


def _names(func: Any, count: int) -> list[str]:
    """The names of the first ``count`` arguments; unnamed where the signature does not say."""
    target = func.forward if isinstance(func, Module) else func
    names: list[str] = []
    try:
        for parameter in inspect.signature(target).parameters.values():
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
                names.append(parameter.name)
    except (TypeError, ValueError):
        pass
    return [*names, *(f"argument_{n + 1}" for n in range(len(names), count))][:count]


# Recording.


def record(
    func: Callable[..., Any], inputs: Sequence[Any], options: TraceOptions
) -> CompiledFunction:
    """The trace of a function."""
    tracer = Tracer(force_outplace=options.force_outplace)
    names = _names(func, len(inputs))
    given = [tracer.add_input(n, value) for n, value in zip(names, inputs, strict=True)]
    with tracer.recording():
        result = func(*given)
        tracer.finish(result, strict=options.strict)
    _eliminate_dead_code(tracer.graph, options)
    name = unique_name(base_name(func))
    return CompiledFunction(name, _schema(name, tracer.graph), tracer.graph)


def _eliminate_dead_code(graph: Graph, options: TraceOptions) -> None:
    # A trace of 2019 has what its result needs, and random numbers are no exception.
    eliminate_dead_code(graph, random_numbers_count=not options.force_outplace)


def _traced_function(
    func: Callable[..., Any], inputs: Sequence[Any], options: TraceOptions
) -> ScriptFunction:
    return ScriptFunction(record(func, inputs, options), func)


def traced_module(
    module: Module, examples: Mapping[str, Sequence[Any]], options: TraceOptions
) -> TopLevelTracedModule:
    """The traced form of a module: each method recorded on its example arguments."""
    from tscript.jit.recursive import script_object_of

    made = script_object_of(module, fresh=True)
    for name, inputs in examples.items():
        compiled = record_method(module, made, name, inputs, options)
        made.type.compiled[name] = compiled
    face = face_of(made, cls=TopLevelTracedModule)
    assert isinstance(face, TopLevelTracedModule)
    return face


def record_method(
    module: Module,
    made: ScriptObject,
    name: str,
    inputs: Sequence[Any],
    options: TraceOptions,
) -> CompiledFunction:
    """The trace of one method of a module, ``made`` being its scripted form."""
    tracer = Tracer(force_outplace=options.force_outplace)
    self_value = tracer.graph.add_input("self", made.type)
    tensors: dict[tuple[str, ...], Tensor] = {}
    objects: dict[tuple[str, ...], ScriptObject] = {(): made}
    _collect(made, (), tensors, objects)
    tracer.bind_module(self_value, tensors, objects)
    method = getattr(module, name)
    names = _names(method, len(inputs))
    given = [tracer.add_input(n, value) for n, value in zip(names, inputs, strict=True)]
    with tracer.recording(), _module_scopes(tracer, module):
        result = module(*given) if name == "forward" else method(*given)
        tracer.finish(result, strict=options.strict)
    _eliminate_dead_code(tracer.graph, options)
    qualified = f"{made.type.qualified_name}.{name}"
    return CompiledFunction(qualified, _schema(name, tracer.graph), tracer.graph)


def _collect(
    made: ScriptObject,
    path: tuple[str, ...],
    tensors: dict[tuple[str, ...], Tensor],
    objects: dict[tuple[str, ...], ScriptObject],
) -> None:
    for name, value in made.slots.items():
        if isinstance(value, Tensor):
            tensors[(*path, name)] = value
        elif isinstance(value, ScriptObject) and isinstance(value.type, ModuleType):
            objects[(*path, name)] = value
            _collect(value, (*path, name), tensors, objects)


@contextmanager
def _module_scopes(tracer: Tracer, root: Module) -> Iterator[None]:
    """Nodes made while a submodule runs say so: ``scope: __module.layers.0``."""
    names = {id(part): name for name, part in root.named_modules() if name}
    graph = tracer.graph

    def intercept(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = names.get(id(module))
        if name is None:
            return _call(module, args, kwargs)
        saved, graph.current_scope = graph.current_scope, f"__module.{name}"
        try:
            return _call(module, args, kwargs)
        finally:
            graph.current_scope = saved

    def _call(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if previous is not None:
            return previous(module, args, kwargs)
        return module._call_impl(*args, **kwargs)

    previous = set_call_interceptor(intercept)
    try:
        yield
    finally:
        set_call_interceptor(previous)


# Signatures.


def _schema(name: str, graph: Graph) -> FunctionSchema:
    arguments = tuple(
        Argument(value.debug_name.rpartition(".")[0] or value.debug_name, kind, kind)
        for value in graph.inputs
        for kind in (general_type(value.type),)
    )
    results = [general_type(value.type) for value in graph.outputs]
    returns = tuple(Argument("", kind, kind) for kind in results)
    return FunctionSchema(name.rpartition(".")[2], "", arguments, returns)


def general_type(type: t.Type) -> t.Type:
    """A type without what holds only for the example: a tensor's dtype and sizes."""
    if isinstance(type, t.TensorType):
        return t.TENSOR
    contained = type.contained()
    if not contained:
        return type
    return type.with_contained(tuple(map(general_type, contained)))
