"""Powers: pow, float_power."""

from __future__ import annotations

from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, Operand, Scalar, arithmetic, widened, wrapped
from ops_registry.meta import Elementwise, elementwise
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _integer_power(base: Any, exponent: Any) -> Array:
    """Powers that wrap around; an exponent below zero leaves 1, -1 and 0 of its base."""
    negative = np.less(exponent, 0)
    if not np.any(negative):
        return np.power(base, exponent)
    result = np.power(base, np.where(negative, 0, exponent).astype(base.dtype))
    odd = np.equal(np.remainder(exponent, 2), 1)
    inverse = np.where(np.equal(base, 1), 1, np.where(np.equal(base, -1), np.where(odd, -1, 1), 0))
    return np.where(negative, inverse.astype(result.dtype), result)


def _scalar_power(base: Array, exponent: Scalar) -> Array:
    kind = base.dtype.kind
    if kind in "iu" and exponent.real < 0:
        raise RuntimeError("an integer tensor has no negative integer powers: convert it to float")
    if kind in "iu":
        return np.power(base, wrapped(exponent, base.dtype))
    wide = widened(base)
    if exponent == 2:
        return np.multiply(wide, wide)
    if exponent == 0.5:
        return np.sqrt(wide)
    if exponent == 3:
        return wide * wide * wide
    if exponent == 1:
        return base.copy()
    if kind == "b":
        return np.power(base.astype(np.int64), int(exponent.real)).astype(np.bool_)
    return np.power(wide, exponent)


def _power_samples() -> list[Sample]:
    positive = tensor(3, 4, low=0.1, high=3.0)
    return [
        Sample(positive, tensor(4, seed=1)),
        Sample(array([2, 3, -1, 1, 0]), array([3, -1, -1, -2, -1])),
        Sample(array([2, 3], dtypes.int32), array([1.5, 2.0])),
        Sample(tensor(), tensor(3)),
        Sample(tensor(0), tensor(1)),
        Sample(tensor(4, dtype=dtypes.float16, low=0.1, high=2.0), tensor(4, dtype=dtypes.float16)),
    ]


@operator(
    "aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor",
    meta=elementwise("self", "exponent"),
    inplace="Tensor",
    out=True,
    samples=_power_samples,
)
@operator(
    "aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor",
    meta=elementwise("self", "exponent"),
    inplace="Scalar",
    out=True,
    samples=lambda: (
        [Sample(tensor(3, 4, low=0.1, high=3.0), e) for e in (2, 3, 0.5, -1, 1.7, 0, -0.5, 1)]
        + [
            Sample(tensor(4, dtype=dtypes.int64), 2),
            Sample(tensor(4, dtype=dtypes.int32, low=1, high=5), 1.5),
            Sample(tensor(), 2),
            Sample(array([-1.0, -np.inf, np.nan, 0.0]), 0.5),
            Sample(tensor(4, dtype=dtypes.bfloat16, low=0.1, high=3.0), 2.5),
        ]
    ),
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int64), -1)],
)
@operator(
    "aten::pow.Scalar(Scalar self, Tensor exponent) -> Tensor",
    meta=elementwise("self", "exponent"),
    out=True,
    samples=lambda: [
        Sample(2, tensor(3, 4)),
        Sample(2.5, tensor(3, dtype=dtypes.int64)),
        Sample(2, tensor(3, dtype=dtypes.int64, low=0)),
        Sample(1, tensor(3)),
    ],
)
def pow(self: Operand, exponent: Operand) -> Array:
    """``self ** exponent``, elementwise.

    Shapes: ``self`` and ``exponent`` broadcast. Integers stay integers and wrap around;
    RuntimeError for an integer tensor and a negative integer exponent given as a number.
    """
    if not isinstance(exponent, np.ndarray):
        assert isinstance(self, np.ndarray)
        return _scalar_power(self, exponent)
    if exponent.dtype.kind in "iub":
        base = self if isinstance(self, np.ndarray) else wrapped(self, exponent.dtype)
        return _integer_power(base, exponent)
    base, exponent = arithmetic(self, exponent)
    return np.power(widened(base) if isinstance(base, np.ndarray) else base, exponent)


def _double(dtype: dtypes.Dtype) -> dtypes.Dtype:
    return dtypes.complex128 if dtype.is_complex else dtypes.float64


class _DoublePower(Elementwise):
    def compute_dtype(self, arguments: Any) -> dtypes.Dtype:
        return _double(super().compute_dtype(arguments))


def _double_power() -> Elementwise:
    return _DoublePower(("self", "exponent"), None, False, False)


@operator(
    "aten::float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor",
    meta=_double_power(),
    inplace="Tensor",
    out=True,
    samples=_power_samples,
)
@operator(
    "aten::float_power.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor",
    meta=_double_power(),
    inplace="Scalar",
    out=True,
    samples=lambda: [Sample(tensor(4, dtype=dtypes.int64), -2), Sample(tensor(3, low=0.1), 1.5)],
)
@operator(
    "aten::float_power.Scalar(Scalar self, Tensor exponent) -> Tensor",
    meta=_double_power(),
    out=True,
    samples=lambda: [Sample(2, tensor(4, dtype=dtypes.int64)), Sample(2.5, tensor(3))],
)
def float_power(self: Operand, exponent: Operand) -> Array:
    """``self ** exponent`` in double precision, whatever the dtypes of the operands."""
    return np.power(self, exponent)
