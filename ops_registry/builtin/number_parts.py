"""Parts of numbers: signs copied, neighbours, mantissas and exponents, common divisors."""

from __future__ import annotations

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operand_samples import binary_samples
from ops_registry.builtin.operands import Array, Operand, arithmetic
from ops_registry.meta import TensorMeta, elementwise
from ops_registry.operator import operator
from ops_registry.samples import Sample, array, tensor


@operator(
    "aten::copysign.Tensor(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    out=True,
    samples=binary_samples,
)
@operator(
    "aten::copysign.Scalar(Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    out=True,
    samples=lambda: [Sample(tensor(3, 4), -2.0), Sample(tensor(3, dtype=dtypes.int64), 1)],
)
def copysign(self: Array, other: Operand) -> Array:
    """The magnitude of ``self`` with the sign of ``other``. Shapes broadcast."""
    return np.copysign(*arithmetic(self, other))


@operator(
    "aten::nextafter(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    samples=lambda: [Sample(tensor(3, 4), tensor(4, seed=1)), Sample(tensor(), tensor(seed=1))],
)
def nextafter(self: Array, other: Array) -> Array:
    """The next number after ``self`` towards ``other``. Shapes broadcast."""
    return np.nextafter(self, other)


@operator(
    "aten::heaviside(Tensor self, Tensor values) -> Tensor",
    meta=elementwise("self", "values"),
    inplace=True,
    out=True,
    samples=lambda: [Sample(array([-1.5, 0.0, 2.0, np.nan]), array(0.5))],
)
def heaviside(self: Array, values: Array) -> Array:
    """0 below zero, 1 above, ``values`` at zero. Shapes broadcast."""
    return np.where(np.equal(self, 0), values, np.greater(self, 0).astype(self.dtype))


@operator(
    "aten::ldexp.Tensor(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace="",
    out=True,
    samples=lambda: [Sample(tensor(3), array([1, 2, -3])), Sample(array([1, 2]), array([1, 2]))],
)
def ldexp(self: Array, other: Array) -> Array:
    """``self * 2**other``. Shapes broadcast."""
    return self * np.exp2(other)


@operator(
    "aten::frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)",
    meta=lambda self: (self, TensorMeta(dtypes.int32, self.shape)),
    out="Tensor_out",
    samples=lambda: [Sample(tensor(3, 4)), Sample(array([0.0, 8.0])), Sample(tensor())],
)
def frexp(self: Array) -> tuple[Array, Array]:
    """Mantissas in [0.5, 1) and exponents of 2 that multiply to ``self``."""
    mantissa, exponent = np.frexp(self)
    return mantissa, exponent


@operator(
    "aten::gcd(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    samples=lambda: [Sample(array([12, -18, 0]), array([8, 27, 5]))],
)
def gcd(self: Array, other: Array) -> Array:
    """The greatest common divisor of integers. Shapes broadcast."""
    return np.gcd(self, other)


@operator(
    "aten::lcm(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    samples=lambda: [Sample(array([12, -18, 0]), array([8, 27, 5]))],
)
def lcm(self: Array, other: Array) -> Array:
    """The least common multiple of integers. Shapes broadcast."""
    return np.lcm(self, other)
