"""The larger and the smaller: clamp, maximum, minimum, fmax, fmin."""

from __future__ import annotations

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operand_samples import binary_samples, mismatched
from ops_registry.builtin.operands import Array, Operand, compared
from ops_registry.meta import elementwise
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _bound_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4), -0.5, 0.5),
        Sample(tensor(3, 4), -0.5),
        Sample(tensor(3, 4), None, 0.5),
        Sample(tensor(3, 4), 0.5, -0.5),
        Sample(tensor(), 0),
        Sample(tensor(0), 0, 1),
        Sample(tensor(6, dtype=dtypes.int64), -2, 2),
        Sample(tensor(6, dtype=dtypes.int64), -2.5, 2),
        Sample(tensor(6, dtype=dtypes.uint8), -1, None),
        Sample(tensor(6, dtype=dtypes.float16), -0.3, 0.3),
        Sample(tensor(6, dtype=dtypes.bfloat16), -0.3, 0.3),
        Sample(array([np.nan, np.inf, -np.inf]), -1.0, 1.0),
        Sample(array([1.0, 2.0]), float("nan"), 1.0),
    ]


def _tensor_bound_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4), tensor(4, seed=1), tensor(3, 1, seed=2)),
        Sample(tensor(3, 4), tensor(seed=1)),
        Sample(tensor(3, 4), None, tensor(4, dtype=dtypes.float64, seed=1)),
        Sample(tensor(4, dtype=dtypes.int32), tensor(4, seed=1), None),
    ]


@operator(
    "aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor",
    meta=elementwise("self", "min", "max"),
    inplace=True,
    out=True,
    samples=_bound_samples,
    rejects=lambda: [Rejected(tensor(3))],
)
@operator(
    "aten::clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor",
    meta=elementwise("self", "min", "max"),
    inplace=True,
    out="Tensor_out",
    samples=_tensor_bound_samples,
    rejects=lambda: [Rejected(tensor(3))],
)
@operator(
    "aten::clip(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor",
    meta=elementwise("self", "min", "max"),
    inplace=True,
    out=True,
    samples=_bound_samples,
)
@operator(
    "aten::clip.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor",
    meta=elementwise("self", "min", "max"),
    inplace=True,
    out="Tensor_out",
    samples=_tensor_bound_samples,
)
def clamp(self: Array, min: Operand | None = None, max: Operand | None = None) -> Array:
    """``self``, but at least ``min`` and at most ``max``, where given; NaN stays NaN.

    Shapes: bounds that are tensors broadcast with ``self``. Where ``min`` exceeds ``max``, the
    result is ``max``. RuntimeError when there is no bound at all.
    """
    if min is None and max is None:
        raise RuntimeError("clamp needs a `min` or a `max`")
    result = self
    if min is not None:
        result = np.maximum(*compared(result, min))
    if max is not None:
        result = np.minimum(*compared(np.asarray(result), max))
    return result


@operator(
    "aten::clamp_min(Tensor self, Scalar min) -> Tensor",
    meta=elementwise("self", "min"),
    inplace=True,
    out=True,
    samples=lambda: [Sample(s.args[0], s.args[1]) for s in _bound_samples() if s.args[1]],
)
@operator(
    "aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor",
    meta=elementwise("self", "min"),
    inplace=True,
    out="Tensor_out",
    samples=binary_samples,
)
def clamp_min(self: Array, min: Operand) -> Array:
    """``self``, but at least ``min``; NaN stays NaN. A tensor ``min`` broadcasts."""
    return np.maximum(*compared(self, min))


@operator(
    "aten::clamp_max(Tensor self, Scalar max) -> Tensor",
    meta=elementwise("self", "max"),
    inplace=True,
    out=True,
    samples=lambda: [Sample(s.args[0], s.args[1]) for s in _bound_samples() if s.args[1]],
)
@operator(
    "aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor",
    meta=elementwise("self", "max"),
    inplace=True,
    out="Tensor_out",
    samples=binary_samples,
)
def clamp_max(self: Array, max: Operand) -> Array:
    """``self``, but at most ``max``; NaN stays NaN. A tensor ``max`` broadcasts."""
    return np.minimum(*compared(self, max))


@operator(
    "aten::maximum(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    out=True,
    ufunc="maximum",
    samples=binary_samples,
    rejects=mismatched,
)
def maximum(self: Array, other: Array) -> Array:
    """The larger of two elements; NaN if one of them is. Shapes broadcast."""
    return np.maximum(self, other)


@operator(
    "aten::minimum(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    out=True,
    ufunc="minimum",
    samples=binary_samples,
    rejects=mismatched,
)
def minimum(self: Array, other: Array) -> Array:
    """The smaller of two elements; NaN if one of them is. Shapes broadcast."""
    return np.minimum(self, other)


@operator(
    "aten::fmax(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    out=True,
    ufunc="fmax",
    samples=binary_samples,
)
def fmax(self: Array, other: Array) -> Array:
    """The larger of two elements; the other one if one is NaN. Shapes broadcast."""
    return np.fmax(self, other)


@operator(
    "aten::fmin(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    out=True,
    ufunc="fmin",
    samples=binary_samples,
)
def fmin(self: Array, other: Array) -> Array:
    """The smaller of two elements; the other one if one is NaN. Shapes broadcast."""
    return np.fmin(self, other)
