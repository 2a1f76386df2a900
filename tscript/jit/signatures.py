"""Signatures of live Python functions as schemas, for calls that stay in Python."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ops_registry.schema import Argument, FunctionSchema
from ops_registry.types import NONE, TENSOR, Type
from tscript.types.nominal import ObjectType

if TYPE_CHECKING:
    from tscript.jit.live_resolver import LiveResolver


def python_schema(
    function: Any, resolver: LiveResolver, owner: ObjectType | None = None
) -> FunctionSchema:
    """The schema of a Python function: annotated types, Tensor for what has no annotation.

    A type comment counts as annotations. A method's first argument is of type ``owner``.
    """
    name = getattr(function, "__name__", type(function).__name__)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        returns = (Argument("", TENSOR, TENSOR),)
        return FunctionSchema(name, "", (), returns, is_vararg=True)
    commented, comment_result = _type_comment(function, resolver)
    arguments: list[Argument] = []
    is_vararg = False
    for position, parameter in enumerate(signature.parameters.values()):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            is_vararg = True
            continue
        if position == 0 and owner is not None:
            found: Type = owner
        else:
            found = _annotated(parameter.annotation, resolver) or commented.get(
                parameter.name, TENSOR
            )
        has_default = parameter.default is not parameter.empty
        arguments.append(
            Argument(
                parameter.name,
                found,
                found,
                parameter.default if has_default else None,
                has_default,
                parameter.kind is parameter.KEYWORD_ONLY,
            )
        )
    result = _annotated(signature.return_annotation, resolver) or comment_result or TENSOR
    return FunctionSchema(name, "", tuple(arguments), (Argument("", result, result),), is_vararg)


def _annotated(annotation: Any, resolver: LiveResolver) -> Type | None:
    if annotation is inspect.Parameter.empty:
        return None
    if annotation is None:
        return NONE
    return resolver.annotation_type(annotation)


def _type_comment(function: Any, resolver: LiveResolver) -> tuple[dict[str, Type], Type | None]:
    from tscript.diagnostics.report import CompilationError, DiagnosticSink
    from tscript.frontend.annotations import AnnotationReader
    from tscript.frontend.view_cache import cached_def
    from tscript.jit.source_lookup import SourceUnavailable, source_of

    try:
        view = cached_def(source_of(function))
    except (SourceUnavailable, CompilationError, SyntaxError):
        return {}, None
    comment = view.signature_comment
    if comment is None:
        return {}, None
    if comment.params is None:  # `(...)`: the parameters have comments of their own
        return {}, AnnotationReader(resolver, DiagnosticSink()).read(comment.returns)
    reader = AnnotationReader(resolver, DiagnosticSink())
    parameters = list(view.params)
    if len(comment.params) == len(parameters) - 1:
        parameters = parameters[1:]
    types = {
        parameter.name.name: reader.read(written)
        for parameter, written in zip(parameters, comment.params, strict=False)
    }
    return types, reader.read(comment.returns)
