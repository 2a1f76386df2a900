"""What a module may declare constant: the rule for types, and where a class declares an attribute.

For live modules and for mypy; the rule for values is the live one's (``tscript.jit.recursive``).
"""

from __future__ import annotations

from ops_registry.types import (
    BoolType,
    DeviceType,
    ErrorType,
    FloatType,
    IntType,
    ListType,
    NoneType,
    StringType,
    TensorType,
    TupleType,
    Type,
)
from tscript.diagnostics.report import DiagnosticSink
from tscript.diagnostics.source import SourceRange
from tscript.frontend import views as v

_PLAIN = (BoolType, DeviceType, ErrorType, FloatType, IntType, NoneType, StringType)


def may_be_constant(type: Type) -> bool:
    """Whether some value of a type can be a constant, or is a parameter, which may be declared one."""
    if isinstance(type, TupleType):
        return all(map(may_be_constant, type.elements))
    if isinstance(type, ListType):
        return may_be_constant(type.element)
    return isinstance(type, (*_PLAIN, TensorType))


def declaration(view: v.ClassDef, name: str) -> SourceRange | None:
    """Where a class annotates an attribute, or names it in ``__constants__``."""
    for statement in view.assigns:
        targets = [target.name for target in statement.targets if isinstance(target, v.Var)]
        if name in targets:
            return statement.range
        value = statement.value
        if "__constants__" in targets and isinstance(value, v.ListLiteral | v.TupleLiteral):
            for element in value.elements:
                if isinstance(element, v.StringLiteral) and element.value == name:
                    return element.range
    return None


def report_constant(sink: DiagnosticSink, place: SourceRange, name: str, type: str) -> None:
    """Report a declared constant that cannot be one."""
    sink.report("invalid-constant", place, name=name, type=type)
