"""What a function returns: each ``return`` is fitted to the declared type, or to the other returns.

That a block ends with it is recorded here; turning returns into the graph's one result is
:mod:`tscript.frontend.exits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops_registry.types import ANY, ERROR, AnyType, ErrorType, NoneType, TensorType, Type
from tscript.diagnostics.report import Note
from tscript.diagnostics.source import SourceRange
from tscript.frontend import remedies
from tscript.ir.graph import Value
from tscript.types.printing import source_str
from tscript.types.relations import is_subtype, unify

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter


@dataclass(slots=True)
class Returns:
    """What the function returns: what it declares, and what its returns so far agree on."""

    declared: Type | None = None
    merged: Type | None = None
    first_range: SourceRange | None = None


def emit_return(emitter: Emitter, value: Value, range: SourceRange) -> None:
    """``return value``."""
    from tscript.frontend.emit_statement import leave_contexts

    returns = emitter.returns
    if returns.declared is not None:
        value = _fitted(emitter, value, returns.declared, range)
        merged = returns.declared
    else:
        merged = _agreed(emitter, value, range)
    if returns.first_range is None:
        returns.first_range = range
    if emitter.sink.is_muted and returns.declared is None:
        merged = ERROR  # this return may be one that is never compiled
    returns.merged = merged
    if isinstance(merged, AnyType) and not isinstance(value.type, AnyType | ErrorType):
        value = emitter.cast(value, ANY, range)
    leave_contexts(emitter)
    emitter.graph.insert("prim::ReturnStmt", (value,), (), source_range=range)
    emitter.mark_exit()


def _fitted(emitter: Emitter, value: Value, declared: Type, range: SourceRange) -> Value:
    """The value as one of the declared type."""
    if not (isinstance(value.type, NoneType) and isinstance(declared, TensorType)):
        value = emitter.convert(value, declared, range)
    if is_subtype(value.type, declared):
        return value
    emitter.report(
        "return-type-mismatch",
        range,
        actual=source_str(value.type),
        expected=source_str(declared),
        cause=value,
        meant=declared,
        suggestion=remedies.fitting(range.text, value.type, declared),
    )
    return emitter.insert("prim::Uninitialized", (), declared, range)


def _agreed(emitter: Emitter, value: Value, range: SourceRange) -> Type:
    """The type that this return and those before it have in common."""
    returns = emitter.returns
    if returns.merged is None:
        return value.type
    unified = unify(returns.merged, value.type)
    if unified is not None:
        return unified
    known = source_str(returns.merged)
    assert returns.first_range is not None
    notes = (Note(returns.first_range, f"`{known}` is returned here"),)
    emitter.report(
        "inconsistent-returns", range, actual=source_str(value.type), expected=known, notes=notes
    )
    return ERROR
