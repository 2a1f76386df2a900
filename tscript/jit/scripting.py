"""``jit.script``: functions, modules and classes to TorchScript."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
from typing import Any

from tscript import markers
from tscript.diagnostics.source import Source
from tscript.frontend.unit import report_bases
from tscript.frontend.view_cache import cached_class
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph
from tscript.jit import live_types
from tscript.jit.compiled import (
    compile_function,
    compile_into,
    compiling,
    graph_of,
)
from tscript.jit.enabled import enabled
from tscript.jit.script_module import RecursiveScriptModule, ScriptModule, face_of
from tscript.jit.source_lookup import source_of
from tscript.nn import Module
from tscript.runtime.executor import GraphFunction
from tscript.runtime.object import ScriptObject
from tscript.types.nominal import ClassType, ModuleType


class ScriptFunction(GraphFunction):
    """A compiled function: called like the Python function it came from.

    >>> import tscript as torch
    >>> @torch.jit.script
    ... def double(x):
    ...     return x * 2
    >>> double(torch.ones(2))
    tensor([2., 2.])
    >>> print(double.schema)
    double(Tensor x) -> Tensor
    """

    def __init__(self, function: CompiledFunction, original: Any = None) -> None:
        super().__init__(function)
        if original is not None:
            functools.update_wrapper(self, original)
        self.original_fn = original

    @property
    def _compiled_function(self) -> CompiledFunction:
        return self.function

    @property
    def qualified_name(self) -> str:
        """``__torch__.module.name``."""
        return self.function.qualified_name

    @property
    def inlined_graph(self) -> Graph:
        """The graph with the calls it makes inlined."""
        return graph_of(self.function, inlined=True)

    @property
    def code(self) -> str:
        """The function as Python, printed from its graph."""
        from tscript.archive.code_export import function_code

        return function_code(self.function)

    def save(self, f: Any, _extra_files: dict[str, Any] | None = None) -> None:
        """Write an archive; see :func:`tscript.jit.save`."""
        from tscript.jit.save_load import save

        save(self, f, _extra_files=_extra_files)

    def save_to_buffer(self) -> bytes:
        """The archive's bytes."""
        from tscript.jit.save_load import save_to_buffer

        return save_to_buffer(self)

    def __repr__(self) -> str:
        return f"<ScriptFunction {self.function.schema}>"

    def __copy__(self) -> ScriptFunction:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ScriptFunction:
        return self  # a function has no state: as Python's own functions

    def __reduce__(self) -> Any:
        from tscript.jit.save_load import load_from_bytes

        return load_from_bytes, (self.save_to_buffer(),)


def script(
    obj: Any,
    optimize: Any = None,
    _frames_up: int = 0,
    _rcb: Any = None,
    example_inputs: Any = None,
) -> Any:
    """Compile a function, a module or a class.

    A function gives a :class:`ScriptFunction`, a module a ``ScriptModule`` that shares its
    parameters, a class itself (its methods are compiled and checked). With ``PYTORCH_JIT=0`` the
    object comes back as it is.

    Raises ``CompilationError`` with every error found, in the function and in what it calls.

    >>> import tscript as torch
    >>> @torch.jit.script
    ... def clamp_sum(x, limit: float):
    ...     total = x.sum()
    ...     if bool(total > limit):
    ...         total = torch.full_like(total, limit)
    ...     return total
    >>> clamp_sum(torch.ones(3), 2.0)
    tensor(2.)
    """
    if not enabled():
        return obj
    if isinstance(obj, ScriptFunction | ScriptObject):
        return obj
    if isinstance(obj, ScriptModule) and "_script_object" in vars(obj):
        return obj
    if isinstance(obj, Module):
        return script_module(obj)
    if isinstance(obj, type):
        return _script_class(obj)
    if inspect.isfunction(obj) or inspect.ismethod(obj):
        return _script_function(obj)
    forward = getattr(obj, "__script_if_tracing_wrapper", None)
    if forward is not None:
        return _script_function(obj.__original_fn)
    if callable(obj) and hasattr(obj, "__wrapped__"):
        return _script_function(inspect.unwrap(obj))
    raise TypeError(
        f"script takes a function, a module or a class, not {type(obj).__name__}:"
        " script the function that makes or uses it"
    )


def _script_function(function: Any) -> Any:
    found = getattr(function, "__torchscript_compiled__", None)
    if found is not None:
        return found
    return ScriptFunction(compile_function(function), function)


def script_module(module: Module) -> RecursiveScriptModule:
    """Compile a module: ``forward``, exported methods, and those of its submodules."""
    from tscript.jit.module_checks import check_constants, check_hooks_of, check_module
    from tscript.jit.recursive import entry_points, script_object_of

    made = script_object_of(module)
    with compiling() as (unit, sink):
        for part, inner in _parts(module, made, {}):
            assert isinstance(inner.type, ModuleType)
            check_module(part, inner, unit, sink)
            check_constants(part, sink)
            compile_into(inner.type, entry_points(part, inner.type), unit, sink)
            check_hooks_of(inner.type, sink)
    face = face_of(made)
    _copy_python_side(module, face, {})
    return face


def _parts(
    module: Module, made: ScriptObject, seen: dict[int, None]
) -> list[tuple[Module, ScriptObject]]:
    """The modules below, children first, with their objects; those already scripted are left out."""
    if id(module) in seen or getattr(module, "_script_object", None) is not None:
        return []
    seen[id(module)] = None
    found: list[tuple[Module, ScriptObject]] = []
    for name, child in module._modules.items():
        if child is not None:
            found.extend(_parts(child, made.slots[name], seen))
    found.append((module, made))
    return found


def _copy_python_side(module: Module, face: Module, seen: dict[int, None]) -> None:
    """Give the face what stays Python: ignored methods, attributes that scripts do not have."""
    if id(module) in seen or module is face:
        return
    seen[id(module)] = None
    own = vars(face)
    script_object: ScriptObject = own["_script_object"]
    type_ = script_object.type
    for name, value in vars(module).items():
        if name not in own and name not in type_.attributes and name not in type_.constants:
            own[name] = value
    for name, member in inspect.getmembers(type(module), inspect.isfunction):
        modifier = markers.modifier_of(member)
        if (
            modifier
            in (
                markers.Modifier.IGNORE,
                markers.Modifier.UNUSED,
                markers.Modifier.COPY_TO_SCRIPT_WRAPPER,
            )
            and name not in type_.compiled
        ):
            own[name] = member.__get__(face)
    for name, child in module._modules.items():
        inner = face._modules.get(name)
        if child is not None and inner is not None:
            _copy_python_side(child, inner, seen)


def _script_class(cls: type) -> Any:
    if issubclass(cls, enum.Enum) or (issubclass(cls, tuple) and hasattr(cls, "_fields")):
        live_types.class_type(cls)
        return cls
    if live_types.is_module_class(cls):
        raise TypeError(
            f"script an instance of {cls.__name__}, not the class: script({cls.__name__}(...))"
        )
    if getattr(cls, "__torchscript_interface__", False):
        live_types.class_type(cls)
        return cls
    type_ = live_types.class_type(cls)
    if type_ is None and dataclasses.is_dataclass(cls):
        type_ = live_types.script_class_type(cls)
    if not isinstance(type_, ClassType):
        raise TypeError(f"{cls.__name__} cannot be a script class")
    with compiling() as (unit, sink):
        if cls.__bases__ == (object,):
            names = sorted(type_.methods, key=lambda name: name != "__init__")
            compile_into(type_, names, unit, sink)
        else:
            report_bases(cached_class(source_of(cls)), sink)
    return cls


def script_if_tracing(fn: Any) -> Any:
    """Run a function as Python, and compile it when it is called inside a trace."""

    @functools.wraps(fn)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        from tscript.runtime.tracing_state import is_tracing

        if not is_tracing():
            return fn(*args, **kwargs)
        compiled = getattr(wrapper, "__compiled", None)
        if compiled is None:
            compiled = wrapper.__compiled = _script_function(fn)  # type: ignore[attr-defined]
        return compiled(*args, **kwargs)

    wrapper.__original_fn = fn  # type: ignore[attr-defined]
    wrapper.__script_if_tracing_wrapper = True  # type: ignore[attr-defined]
    return wrapper


class CompilationUnit:
    """Functions compiled from a text.

    >>> import tscript as torch
    >>> unit = torch.jit.CompilationUnit('''
    ... def square(x):
    ...     return x * x
    ... ''')
    >>> unit.square(torch.full((2,), 3.0))
    tensor([9., 9.])
    """

    def __init__(self, lang: str | None = None, _frames_up: int = 0) -> None:
        self._functions: dict[str, ScriptFunction] = {}
        if lang is not None:
            self.define(lang, _frames_up=_frames_up + 1)

    def define(self, lang: str, rcb: Any = None, _frames_up: int = 0) -> None:
        """Compile the functions of a text; they may call each other and those defined before."""
        from tscript.frontend.parse_ast import parse_module
        from tscript.frontend.resolver import FunctionRef, SourceDefinition
        from tscript.frontend.views import Def
        from tscript.jit.handles import Handle
        from tscript.jit.live_resolver import LiveResolver

        text = inspect.cleandoc("\n" + lang) if lang.lstrip("\n")[:1].isspace() else lang
        frame = inspect.currentframe()
        for _ in range(_frames_up + 1):
            frame = frame.f_back if frame is not None else None
        outer: list[dict[str, Any]] = [dict(frame.f_locals), frame.f_globals] if frame else []
        resolver = LiveResolver([self._functions, *outer])
        with compiling() as (unit, sink):
            for view in parse_module(Source(text, "<string>")):
                if not isinstance(view, Def):
                    continue
                name = view.name.name
                reference = FunctionRef(f"__torch__.{name}", Handle(view))
                definition = SourceDefinition(view, resolver, strict=True)
                compiled = unit.compile(resolver, reference, definition, sink)
                if isinstance(compiled, CompiledFunction):
                    self._functions[name] = ScriptFunction(compiled)

    def __getattr__(self, name: str) -> ScriptFunction:
        functions: dict[str, ScriptFunction] = vars(self).get("_functions", {})
        if name in functions:
            return functions[name]
        known = ", ".join(functions) or "none"
        raise AttributeError(f"the unit has no function {name!r}; it has: {known}")

    def get_functions(self) -> list[ScriptFunction]:
        """All functions, in the order they were defined."""
        return list(self._functions.values())
