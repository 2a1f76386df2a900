"""The types of the Python values that a graph holds as constants."""

from __future__ import annotations

from typing import Any

from ops_registry import types as t
from ops_registry.device import Device


def constant_type(value: Any) -> t.Type:
    """The type of a Python value as a constant of a graph."""
    if value is None:
        return t.NONE
    for python_type, term in _CONSTANT_TYPES:
        if isinstance(value, python_type):
            return term
    if isinstance(value, tuple):
        return t.TupleType(tuple(map(constant_type, value)))
    if isinstance(value, list):
        return t.ListType(constant_type(value[0]) if value else t.TENSOR)
    if isinstance(value, dict):
        key, item = next(iter(value.items()), ("", None))
        return t.DictType(constant_type(key), t.TENSOR if not value else constant_type(item))
    if hasattr(value, "array"):
        return t.TENSOR
    name = type(value).__name__
    raise TypeError(f"a value of type {name} cannot be a constant of a graph")


_CONSTANT_TYPES: tuple[tuple[type, t.Type], ...] = (
    (bool, t.BOOL),
    (int, t.INT),
    (float, t.FLOAT),
    (complex, t.COMPLEX),
    (str, t.STRING),
    (Device, t.DEVICE),
)
