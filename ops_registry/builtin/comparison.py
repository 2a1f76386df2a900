"""Comparisons: ``== != < <= > >=``, elementwise; closeness, and equality of whole tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operand_samples import binary_samples, mismatched, scalar_samples
from ops_registry.builtin.operands import Array, Operand, compared, widened
from ops_registry.meta import TensorMeta, broadcast_shapes, elementwise
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])


def _tie_samples() -> list[Sample]:
    return [
        *binary_samples(),
        Sample(array([1.0, 2.0, np.nan]), array([1.0, 3.0, np.nan])),
        Sample(array([1, 2, 3]), array([3, 2, 1])),
        Sample(tensor(4, dtype=dtypes.bool_), tensor(4, dtype=dtypes.bool_, seed=1)),
    ]


def _scalar_samples() -> list[Sample]:
    return [
        *[s for s in scalar_samples() if s.args[0].dtype.kind != "c"],
        Sample(array([0.1, 0.3], dtypes.float16), 0.1),
        Sample(array([0.1, 0.3], dtypes.bfloat16), 0.1),
        Sample(array([1, 2, 3]), 2),
        Sample(array([1, 2, 3]), 2.5),
    ]


def _comparison(name: str, ufunc: str, long_name: str) -> Callable[[F], F]:
    """Both overloads of a comparison, its in-place and out forms, and those of its long name."""

    def declare(function: F) -> F:
        for spelling in filter(None, (long_name, name)):
            # Declared last is listed first: tensors before scalars.
            operator(
                f"aten::{spelling}.Scalar(Tensor self, Scalar other) -> Tensor",
                meta=elementwise("self", "other", result=dtypes.bool_),
                inplace=True,
                out=True,
                ufunc=ufunc,
                samples=_scalar_samples,
            )(function)
            operator(
                f"aten::{spelling}.Tensor(Tensor self, Tensor other) -> Tensor",
                meta=elementwise("self", "other", result=dtypes.bool_),
                inplace=True,
                out="Tensor_out",
                ufunc=ufunc,
                samples=_tie_samples,
                rejects=mismatched,
            )(function)
        return function

    return declare


@_comparison("eq", "equal", "")
def eq(self: Array, other: Operand) -> Array:
    """``self == other``, elementwise; NaN equals nothing. Shapes broadcast."""
    return np.equal(*compared(self, other))


@_comparison("ne", "not_equal", "not_equal")
def ne(self: Array, other: Operand) -> Array:
    """``self != other``, elementwise; NaN differs from everything. Shapes broadcast."""
    return np.not_equal(*compared(self, other))


@_comparison("lt", "less", "less")
def lt(self: Array, other: Operand) -> Array:
    """``self < other``, elementwise. Shapes broadcast."""
    return np.less(*compared(self, other))


@_comparison("le", "less_equal", "less_equal")
def le(self: Array, other: Operand) -> Array:
    """``self <= other``, elementwise. Shapes broadcast."""
    return np.less_equal(*compared(self, other))


@_comparison("gt", "greater", "greater")
def gt(self: Array, other: Operand) -> Array:
    """``self > other``, elementwise. Shapes broadcast."""
    return np.greater(*compared(self, other))


@_comparison("ge", "greater_equal", "greater_equal")
def ge(self: Array, other: Operand) -> Array:
    """``self >= other``, elementwise. Shapes broadcast."""
    return np.greater_equal(*compared(self, other))


# Comparing with a tolerance.


def _close_samples() -> list[Sample]:
    base = tensor(3, 4)
    shifted = base + np.float32(1e-6)
    special = array([np.nan, np.inf, -np.inf, 1.0])
    return [
        Sample(base, shifted),
        Sample(base, base + np.float32(0.1)),
        Sample(base, shifted, rtol=0.0, atol=0.0),
        Sample(special, special.copy()),
        Sample(special, special.copy(), equal_nan=True),
        Sample(tensor(4, dtype=dtypes.int64), tensor(4, dtype=dtypes.int64)),
        Sample(tensor(), tensor()),
        Sample(tensor(0), tensor(0)),
    ]


def _same_dtype(self: Array, other: Array) -> None:
    if self.dtype != other.dtype:
        raise RuntimeError(f"the operands have different dtypes: {self.dtype} and {other.dtype}")


@operator(
    "aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05,"
    " float atol=1e-08, bool equal_nan=False) -> Tensor",
    meta=lambda self, other, rtol, atol, equal_nan: TensorMeta(
        dtypes.bool_, broadcast_shapes(self.shape, other.shape)
    ),
    samples=_close_samples,
    rejects=lambda: [Rejected(tensor(3), tensor(3, dtype=dtypes.float64))],
)
def isclose(
    self: Array, other: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Array:
    """Whether ``|self - other| <= atol + rtol * |other|``, elementwise.

    Infinities are close when equal, NaN to NaN when ``equal_nan``. Shapes broadcast; RuntimeError
    when the dtypes differ or a tolerance is negative.
    """
    _same_dtype(self, other)
    if rtol < 0 or atol < 0:
        raise RuntimeError("tolerances must not be negative")
    if self.dtype.kind == "b":
        return np.equal(self, other)
    if self.dtype.kind in "iu":
        self, other = self.astype(np.float64), other.astype(np.float64)
    return np.isclose(widened(self), widened(other), rtol, atol, equal_nan)


@operator(
    "aten::allclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05,"
    " float atol=1e-08, bool equal_nan=False) -> bool",
    samples=_close_samples,
)
def allclose(
    self: Array, other: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all elements are close; see ``isclose``."""
    return bool(np.all(isclose(self, other, rtol, atol, equal_nan)))


@operator(
    "aten::equal(Tensor self, Tensor other) -> bool",
    samples=lambda: [
        Sample(tensor(3), tensor(3)),
        Sample(tensor(3), tensor(4)),
        Sample(array([np.nan]), array([np.nan])),
        Sample(tensor(0), tensor(0)),
        Sample(tensor(), tensor()),
    ],
)
def equal(self: Array, other: Array) -> bool:
    """Whether two tensors have the same shape and equal elements (NaN equals nothing)."""
    return self.shape == other.shape and bool(np.all(np.equal(self, other)))
