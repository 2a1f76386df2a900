"""``torch.jit.interface``, and the methods of the classes it marks."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any, TypeVar

from ops_registry.schema import Argument, FunctionSchema
from ops_registry.types import ANY
from tscript import markers
from tscript.diagnostics.report import DiagnosticSink
from tscript.frontend import views as v
from tscript.jit.compiled import compiling
from tscript.jit.enabled import enabled
from tscript.jit.live_resolver import LiveResolver
from tscript.jit.signatures import python_schema
from tscript.jit.source_lookup import SourceUnavailable, source_of

_C = TypeVar("_C")


def interface(cls: _C) -> _C:
    """Mark a class whose methods have only signatures as a TorchScript interface type.

    Each method is annotated with its result, and its body is ``pass``; CompilationError otherwise.

    >>> @interface
    ... class Scorer:
    ...     def score(self, x) -> int:
    ...         pass
    """
    marked = markers.interface(cls)  # type: ignore[type-var]
    if enabled():
        from tscript.frontend.view_cache import cached_class

        try:
            view = cached_class(source_of(cls))
        except SourceUnavailable:
            return marked
        with compiling() as (_, sink):
            for method in view.methods:
                _declares_only(method, sink)
    return marked


def _declares_only(method: v.Def, sink: DiagnosticSink) -> None:
    name = method.name
    if method.returns is None and method.signature_comment is None:
        sink.report(
            "annotation-required",
            name.range,
            expression=name.name,
            example="-> Tensor",
            suggestion=f"annotate the result of `{name.name}`: an interface has no body to infer"
            " it from",
        )
    if not all(isinstance(statement, v.Pass) for statement in method.body):
        sink.report(
            "unsupported-syntax",
            method.body[0].range,
            construct="bodies in interfaces",
            remedy="write `pass`: an interface only declares its methods",
        )


def interface_schemas(cls: Any) -> dict[str, FunctionSchema]:
    """The signature of each method an interface declares; ``self`` is of any type."""
    found: dict[str, FunctionSchema] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("tscript.") or base is object:
            continue
        for name, member in vars(base).items():
            if inspect.isfunction(member) and not (name.startswith("__") and name != "__call__"):
                schema = python_schema(member, LiveResolver.of_function(member))
                first = Argument("self", ANY, ANY)
                found[name] = replace(schema, arguments=(first, *schema.arguments[1:]), _index={})
    return found
