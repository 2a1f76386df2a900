"""Where the type of a value comes from, when nobody wrote it: the root cause of many errors.

Here: parameters without annotation, which are Tensors, and empty lists and dicts, which hold
Tensors; what to write instead when something else was meant. Not here: who reports it
(``emit_*``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ops_registry.types import DictType, ListType, TensorType, Type
from tscript.diagnostics.report import Note
from tscript.diagnostics.source import SourceRange
from tscript.ir.graph import Value
from tscript.types.printing import source_str
from tscript.types.relations import has_variables


@dataclass(frozen=True, slots=True)
class Origin:
    """The place that gave a value its type, and what to write there instead."""

    hint: str
    note: Note


@dataclass(slots=True)
class Origins:
    """The places of one function where a type was taken for granted."""

    _parameters: dict[str, SourceRange] = field(default_factory=dict)
    _inputs: dict[Value, str] = field(default_factory=dict)
    _empty: dict[str, SourceRange] = field(default_factory=dict)

    def add_parameter(self, value: Value, name: str, range: SourceRange) -> None:
        """A parameter is taken for a Tensor."""
        self._inputs[value] = name
        self._parameters[name] = range

    def add_empty(self, name: str, range: SourceRange) -> None:
        """A variable is set to ``[]`` or ``{}``."""
        self._empty.setdefault(name, range)

    def of(self, value: Value, expected: Type | None = None) -> Origin | None:
        """Why ``value`` has its type, if that was taken for granted.

        ``expected`` is the type that would do, where that is known.
        """
        if expected is not None and (has_variables(expected) or expected == value.type):
            expected = None
        if isinstance(value.type, ListType | DictType):
            return self._container(value, expected)
        if not isinstance(value.type, TensorType):
            return None
        while value.node.kind == "aten::select":  # `x[i]` is a Tensor because `x` is one
            value, expected = value.node.inputs[0], None
        name = self._inputs.get(value) or _variable(value)
        if name not in self._parameters:
            return None
        hint = f"if `{name}` is no Tensor, annotate it"
        if expected is not None and not isinstance(expected, TensorType):
            hint = f"annotate it: `{name}: {source_str(expected)}`"
        label = f"`{name}` has no annotation and so is a Tensor"
        return Origin(hint, Note(self._parameters[name], label))

    def _container(self, value: Value, expected: Type | None) -> Origin | None:
        name = _variable(value)
        if name not in self._empty or not isinstance(expected, ListType | DictType):
            return None
        literal = "[]" if isinstance(expected, ListType) else "{}"
        hint = f"annotate it: `{name}: {source_str(expected)} = {literal}`"
        label = f"`{literal}` without an annotation is a `{source_str(value.type)}`"
        return Origin(hint, Note(self._empty[name], label))


def _variable(value: Value) -> str:
    """The variable that a value was read from; empty if it was not."""
    return str(value.node.attributes["name"]) if value.node.kind == "prim::Load" else ""


__all__ = ["Origin", "Origins"]
