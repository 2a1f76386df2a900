"""Arrays and tensor handles in generated code.

Generated code holds tensors as bare arrays in local variables; inside lists, tuples, dicts, objects
and across the Python boundary they are Tensors. A table maps arrays back to the handles they came
from, so that an argument that is returned, or stored and read again, is the same Tensor. There is
one table for each call from outside, shared by the compiled functions below it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import types as t
from tscript.runtime.tensor import Tensor, wrap


class HandleTable:
    """The handles of one run, by the identity of their arrays."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, Tensor] = {}

    def unwrap(self, handle: Any) -> Any:
        """The array of a handle, remembered; None stays None."""
        if handle is None:
            return None
        array = handle.array
        self._known[id(array)] = handle
        return array

    def wrap(self, array: Any) -> Any:
        """The handle of an array: the known one, or a new one from now on."""
        if array is None:
            return None
        found = self._known.get(id(array))
        if found is None or found.array is not array:
            found = self._known[id(array)] = wrap(array)
        return found

    def wrap_all(self, arrays: Sequence[Any]) -> list[Any]:
        return [self.wrap(array) for array in arrays]


class _Current(threading.local):
    table: HandleTable | None = None


current = _Current()


def current_table() -> HandleTable:
    """The table of the run that is going on in this thread."""
    table = current.table
    if table is None:  # generated code called by itself, in a test
        table = current.table = HandleTable()
    return table


def is_raw(type: t.Type) -> bool:
    """Whether values of a type are bare arrays in generated code: Tensor and Optional[Tensor]."""
    if isinstance(type, t.OptionalType):
        type = type.element
    return isinstance(type, t.TensorType)


def is_raw_list(type: t.Type) -> bool:
    """Whether kernels take or give a list of arrays for a schema type: ``Tensor[]``, ``Tensor?[]``."""
    if isinstance(type, t.OptionalType):
        type = type.element
    return isinstance(type, t.ListType) and is_raw(type.element)


def arrays_of(handles: Sequence[Any] | None) -> list[np.ndarray | None] | None:
    """A list of tensors as kernels take it."""
    if handles is None:
        return None
    return [None if handle is None else handle.array for handle in handles]
