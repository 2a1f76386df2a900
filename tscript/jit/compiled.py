"""Compiling live functions and methods: the driver between Python objects and the emitter.

One :class:`~tscript.frontend.unit.Unit` serves one request (a ``script`` call): everything that is
reached is compiled once and every diagnostic is collected; then either all errors are raised
together or the warnings are given.
"""

from __future__ import annotations

import gc
import inspect
import sys
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tscript.diagnostics.report import (
    CompilationError,
    CompilationWarning,
    Diagnostic,
    DiagnosticSink,
)
from tscript.diagnostics.source import Source
from tscript.frontend.resolver import Definition, FunctionRef, PythonDefinition, SourceDefinition
from tscript.frontend.unit import Unit
from tscript.frontend.views import Def
from tscript.ir.function import CompiledFunction
from tscript.ir.graph import Graph
from tscript.jit.handles import Handle
from tscript.jit.live_resolver import LiveResolver, definition_of
from tscript.jit.naming import base_name, unique_name
from tscript.jit.source_lookup import SourceUnavailable, source_of
from tscript.passes.inline_calls import inline_calls
from tscript.passes.pipeline import check_after
from tscript.types.nominal import ClassType, ModuleType

_PACKAGE = __name__.partition(".")[0] + "."


@contextmanager
def compiling() -> Iterator[tuple[Unit, DiagnosticSink]]:
    """A unit and its sink; at the end errors are raised, or warnings given, all together.

    Next to nothing of what compiling makes is garbage, so that looking for it can wait.
    """
    sink = DiagnosticSink()
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield Unit(), sink
    finally:
        if collecting:
            gc.enable()
    finish(sink)


def finish(sink: DiagnosticSink) -> None:
    """Raise the errors of a sink, or give its warnings."""
    sink.raise_errors()
    for diagnostic in sink.warnings:
        warnings.warn(CompilationWarning(diagnostic.render()), stacklevel=_user_level())


def _user_level() -> int:
    """The ``stacklevel`` at which the caller's own code stands."""
    frame: types.FrameType | None = sys._getframe(1)
    level = 1
    between = (_PACKAGE, "contextlib")  # `compiling` is a context manager
    while frame is not None and frame.f_globals.get("__name__", "").startswith(between):
        frame = frame.f_back
        level += 1
    return level


def caller_scope() -> Mapping[str, Any]:
    """The local names where the user's code called into this package.

    Annotations of a nested function may name classes that its closure does not hold.
    """
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None or frame.f_code.co_name == "<module>":
        return {}
    return dict(frame.f_locals)


def compile_function(function: Any) -> CompiledFunction:
    """Compile a Python function that was asked for by name.

    Raises CompilationError with all errors found in it and in what it calls.
    """
    outer = [caller_scope()]
    reference = FunctionRef(unique_name(base_name(function)), Handle(function))
    with compiling() as (unit, sink):
        definition = _root_definition(reference, outer)
        assert isinstance(definition, SourceDefinition)
        compiled = unit.compile(definition.resolver, reference, definition, sink)
        sink.raise_errors()
    if not isinstance(compiled, CompiledFunction):
        raise TypeError(f"{function!r} cannot be compiled")
    return compiled


def _root_definition(reference: FunctionRef, outer: Sequence[Mapping[str, Any]]) -> Definition:
    """The definition of a function that the user asked to compile: it must be compilable."""
    handle = reference.handle
    assert isinstance(handle, Handle)
    definition = definition_of(handle)
    if isinstance(definition, SourceDefinition):
        resolver = definition.resolver
        assert isinstance(resolver, LiveResolver)
        closure, *rest = resolver.scopes
        scoped = LiveResolver((closure, *outer, *rest))
        return replace(definition, resolver=scoped, strict=True)
    try:
        source = source_of(handle.function)
    except SourceUnavailable as error:
        raise unavailable(handle.function, error.reason) from None
    if isinstance(definition, PythonDefinition):
        from tscript.frontend.view_cache import cached_def

        cached_def(source)  # raises the syntax errors that kept it from being compiled
    return definition


def unavailable(function: Any, reason: str) -> CompilationError:
    """The error for a function whose source cannot be found."""
    code = getattr(function, "__code__", None)
    filename = code.co_filename if code is not None else "<unknown>"
    line = code.co_firstlineno if code is not None else 1
    name = getattr(function, "__qualname__", repr(function))
    place = Source("", filename, line).whole()
    return CompilationError(
        [Diagnostic("source-unavailable", place, {"function": name, "reason": reason})]
    )


def compile_method(owner: ClassType | ModuleType, name: str) -> CompiledFunction:
    """Compile one method of a type, and what it calls; it is kept in ``owner.compiled``."""
    compile_methods(owner, [name])
    return owner.compiled[name]  # type: ignore[no-any-return]


def compile_methods(owner: ClassType | ModuleType, names: Sequence[str]) -> None:
    """Compile methods of a type, reporting the errors of all of them at once."""
    with compiling() as (unit, sink):
        compile_into(owner, names, unit, sink)


def compile_into(
    owner: ClassType | ModuleType, names: Sequence[str], unit: Unit, sink: DiagnosticSink
) -> None:
    """:func:`compile_methods` within a larger request."""
    for name in names:
        if isinstance(owner.compiled.get(name), CompiledFunction):
            continue
        reference = owner.methods[name]
        definition = definition_of(reference.handle)
        if isinstance(definition, PythonDefinition) and definition.reason is not None:
            raise unavailable(reference.handle.function, definition.reason)
        if not isinstance(definition, SourceDefinition):
            continue
        definition = replace(definition, strict=True)
        compiled = unit.compile(definition.resolver, reference, definition, sink)
        if isinstance(compiled, CompiledFunction):
            owner.compiled[name] = compiled
    if sink.errors:
        # What failed must not be found by the next attempt.
        for name in list(owner.compiled):
            if getattr(owner.compiled[name], "failed", False):
                del owner.compiled[name]


def define_methods(owner: ModuleType, src: str, frame: Any) -> list[str]:
    """Compile the functions of a text as methods of a type; returns their names."""
    from tscript.frontend.parse_ast import parse_module

    text = inspect.cleandoc("\n" + src) if src[:1].isspace() else src
    outer = frame.f_back if frame is not None else None
    scopes = [dict(outer.f_locals), outer.f_globals] if outer is not None else [{}]
    resolver = LiveResolver(scopes)
    names = []
    with compiling() as (unit, sink):
        for view in parse_module(Source(text, "<define>")):
            if not isinstance(view, Def):
                continue
            name = view.name.name
            reference = FunctionRef(f"{owner.qualified_name}.{name}", Handle(view, owner))
            owner.methods[name] = reference
            definition = SourceDefinition(view, resolver, owner=owner, strict=True)
            compiled = unit.compile(resolver, reference, definition, sink)
            if isinstance(compiled, CompiledFunction):
                owner.compiled[name] = compiled
            names.append(name)
    return names


def graph_of(function: CompiledFunction, *, inlined: bool = False) -> Graph:
    """The function's graph, or a copy with all of its calls inlined."""
    if not inlined:
        return function.graph
    graph = function.graph.copy()
    inline_calls(graph)
    check_after(inline_calls, graph)
    return graph
