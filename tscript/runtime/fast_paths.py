"""Short ways to hot operators on arrays, for generated code.

Each does what the operator's record does, for the arguments where that is one NumPy call, and
leaves everything else (errors included) to the record.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tscript.runtime.dispatch import Runner

_F4 = np.dtype(np.float32)
_F8 = np.dtype(np.float64)


def matmul(slow: Runner) -> Runner:
    """``aten::matmul`` of vectors and matrices in one floating point dtype."""

    def fast(a: Any, b: Any) -> Any:
        dtype = a.dtype
        if dtype is b.dtype and (dtype is _F4 or dtype is _F8) and 0 < a.ndim < 3 > b.ndim > 0:
            try:
                result = a.dot(b)
            except ValueError:
                return slow(a, b)
            return result if type(result) is np.ndarray else np.asarray(result)
        return slow(a, b)

    return fast


def mm(slow: Runner) -> Runner:
    """``aten::mm`` of matrices in one floating point dtype."""

    def fast(a: Any, b: Any) -> Any:
        dtype = a.dtype
        if dtype is b.dtype and (dtype is _F4 or dtype is _F8) and a.ndim == 2 == b.ndim:
            try:
                return a.dot(b)
            except ValueError:
                return slow(a, b)
        return slow(a, b)

    return fast


def select(slow: Runner, dim: int) -> Runner:
    """``aten::select`` along a known dimension that is counted from the front."""
    if dim == 0:

        def fast(a: Any, _: int, index: int) -> Any:
            try:
                return a[index, ...]
            except IndexError:
                return slow(a, 0, index)

        return fast
    prefix = (slice(None),) * dim

    def fast_inner(a: Any, _: int, index: int) -> Any:
        try:
            return a[(*prefix, index, ...)]
        except IndexError:
            return slow(a, dim, index)

    return fast_inner


def fast_path(
    name: str, overload: str, constants: dict[int, Any]
) -> Callable[[Runner], Runner] | None:
    """The short way of an operator; ``constants`` are the arguments known when generating."""
    if name == "aten::matmul" and overload == "":
        return matmul
    if name == "aten::mm" and overload == "":
        return mm
    if name == "aten::select" and overload == "int":
        dim = constants.get(1)
        if isinstance(dim, int) and dim >= 0:
            return lambda slow: select(slow, dim)
    return None
