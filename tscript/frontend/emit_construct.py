"""Calling a class: objects of script classes, and NamedTuples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ops_registry.schema import FunctionSchema
from tscript.diagnostics.source import SourceRange
from tscript.frontend.emit_call import call_method, method_function, result_of
from tscript.frontend.schema_matching import Given, Mismatch, match
from tscript.frontend.sugared import (
    BoundMethod,
    Sugared,
)
from tscript.types.nominal import (
    ClassType,
    EnumType,
    InterfaceType,
    NamedTupleType,
)

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter

# Construction -------------------------------------------------------------------------------------


def construct(
    emitter: Emitter,
    type: ClassType | EnumType | NamedTupleType | InterfaceType,
    args: Sequence[Given],
    kwargs: Mapping[str, Given],
    range: SourceRange,
) -> Sugared:
    """``Class(...)``."""
    short = type.qualified_name.rpartition(".")[2]
    match type:
        case NamedTupleType():
            schema = named_tuple_schema(type)
            matched = match(emitter, schema, range, args, kwargs, callee=short)
            if isinstance(matched, Mismatch):
                matched.report(emitter)
                return result_of(emitter, schema)
            return emitter.insert("prim::TupleConstruct", matched.emit(emitter), type, range)
        case ClassType():
            emitter.resolver.layout(type)
            if "__init__" not in type.methods:
                return emitter.report(
                    "not-callable",
                    range,
                    what=f"the class `{short}`, which has no `__init__`,",
                    suggestion="define `__init__`, which makes the attributes, in the class itself",
                )
            instance = emitter.insert("prim::CreateObject", (), type, range)
            compile_methods(emitter, type, range)
            init = BoundMethod(type, "__init__", type.methods["__init__"], instance)
            call_method(emitter, init, args, kwargs, range, short)
            return instance
        case EnumType():
            return emitter.report(
                "not-callable",
                range,
                what=f"the enum `{short}`",
                suggestion=f"use a member: `{short}.{next(iter(type.members), 'NAME')}`",
            )
        case _:
            return emitter.report("not-callable", range, what=f"the interface `{short}`")


def compile_methods(emitter: Emitter, type: ClassType, range: SourceRange) -> None:
    """Compile all of a class that is used: what is wrong in it is wrong wherever it is called."""
    if emitter.owner is type or any(map(emitter.unit.is_compiling, type.methods.values())):
        return
    for name in sorted(type.methods, key=lambda name: name != "__init__"):
        method_function(emitter, type, name, range)


def named_tuple_schema(type: NamedTupleType) -> FunctionSchema:
    """The signature of a NamedTuple's constructor."""
    from ops_registry.schema import Argument

    arguments = tuple(
        Argument(name, t, t, type.defaults.get(name), name in type.defaults)
        for name, t in type.fields.items()
    )
    short = type.qualified_name.rpartition(".")[2]
    return FunctionSchema(short, "", arguments, (Argument("", type, type),))
