"""How kernels read their operands: Python scalars beside arrays, and half precision.

Not a family: no operator is declared here. Promotion to a common dtype happens before a kernel
runs (``ops_registry.meta``); what is left to the kernels is what NumPy does differently with a
scalar beside an array, and to compute 16 bit floats in float32, rounding once at the end.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from ops_registry.precision import widened as widened

Array: TypeAlias = np.ndarray
Scalar: TypeAlias = bool | int | float | complex
Operand: TypeAlias = "Array | Scalar"

#: Type characters of float16 and ml_dtypes' bfloat16.
_HALF = frozenset("eE")


def is_half(array: Array) -> bool:
    """Whether elements are 16 bit floats."""
    return array.dtype.char in _HALF


def wrapped(value: Scalar, dtype: np.dtype) -> Any:
    """A scalar as a number of ``dtype``; integers keep their low bits, as in C.

    >>> int(wrapped(300, np.dtype(np.uint8))), int(wrapped(-1, np.dtype(np.uint8)))
    (44, 255)
    """
    if dtype.kind in "iu":
        bits = dtype.itemsize * 8
        low = int(value.real) & ((1 << bits) - 1)
        if dtype.kind == "i" and low >> (bits - 1):
            low -= 1 << bits
        return dtype.type(low)
    if dtype.kind == "V":
        return np.asarray(value, np.float32).astype(dtype)
    return dtype.type(value)


def arithmetic(a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands as arithmetic takes them.

    A scalar beside 16 bit floats keeps its precision (the arithmetic is float32); beside
    integers it wraps around.
    """
    if isinstance(b, np.ndarray):
        if isinstance(a, np.ndarray):
            return a, b
        second, first = arithmetic(b, a)
        return first, second
    if not isinstance(a, np.ndarray):
        return a, b
    dtype = a.dtype
    if dtype.kind in "iu":
        return a, wrapped(b, dtype)
    if dtype.char in _HALF:
        return a.astype(np.float32), b
    return a, b


def compared(a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands as comparisons take them: a scalar is rounded to the array's dtype."""
    if isinstance(b, np.ndarray):
        if isinstance(a, np.ndarray):
            return a, b
        second, first = compared(b, a)
        return first, second
    if not isinstance(a, np.ndarray):
        return a, b
    if a.dtype.kind in "iu" or a.dtype.char in _HALF:
        return a, wrapped(b, a.dtype)
    return a, b


def check_divisor(divisor: Any) -> None:
    """RuntimeError where an integer division would divide by zero."""
    if isinstance(divisor, np.ndarray | np.generic):
        if divisor.dtype.kind in "iub" and not np.all(divisor):
            raise RuntimeError("division of integers by zero")
