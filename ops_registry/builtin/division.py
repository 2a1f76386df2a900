"""Quotients and remainders: true, floored and truncated division."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operand_samples import binary_samples, mismatched, scalar_samples
from ops_registry.builtin.operands import (
    Array,
    Operand,
    arithmetic,
    check_divisor,
    is_half,
    widened,
)
from ops_registry.dtypes import Dtype
from ops_registry.meta import (
    Promoting,
    TensorMeta,
    broadcast_shapes,
    elementwise,
    floating,
    result_dtype,
)
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


@operator(
    "aten::div.Tensor(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    out=True,
    ufunc="true_divide",
    samples=binary_samples,
    rejects=mismatched,
)
@operator(
    "aten::div.Scalar(Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    out=True,
    ufunc="true_divide",
    samples=lambda: [*scalar_samples(), Sample(tensor(3), 0)],
)
@operator(
    "aten::divide.Tensor(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    out=True,
    samples=binary_samples,
)
@operator(
    "aten::divide.Scalar(Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    samples=scalar_samples,
)
@operator(
    "aten::true_divide.Tensor(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    out=True,
    samples=binary_samples,
)
@operator(
    "aten::true_divide.Scalar(Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    samples=scalar_samples,
)
def div(self: Operand, other: Operand) -> Array:
    """True division, elementwise; integers and bools are divided in the default dtype.

    Shapes: ``self`` and ``other`` broadcast. Division by zero gives inf or nan.
    """
    self, other = arithmetic(self, other)
    return np.true_divide(self, other)


class _RoundedDivision(Promoting):
    """The common dtype, where there is a rounding mode; else that of true division."""

    operands = ("self", "other")

    def compute_dtype(self, arguments: Sequence[Any]) -> Dtype:
        return result_dtype(*arguments)

    def __call__(self, this: Any, other: Any, rounding_mode: str | None) -> TensorMeta:
        dtype = result_dtype(this, other)
        shapes = [operand.shape for operand in (this, other) if isinstance(operand, TensorMeta)]
        result = floating(dtype) if rounding_mode is None else dtype
        return TensorMeta(result, broadcast_shapes(*shapes))


def _floor_quotient(self: Operand, other: Operand) -> Array:
    self, other = arithmetic(self, other)
    check_divisor(other)
    if isinstance(self, np.ndarray) and isinstance(other, np.ndarray):
        self, other = widened(self), widened(other)
    return np.floor_divide(self, other)


def _truncated_quotient(self: Operand, other: Operand) -> Array:
    self, other = arithmetic(self, other)
    check_divisor(other)
    if isinstance(self, np.ndarray) and self.dtype.kind in "iub":
        return np.floor_divide(np.subtract(self, np.fmod(self, other)), other)
    return np.trunc(np.true_divide(self, other))


def _division_samples(tensors: bool) -> list[Sample]:
    samples = []
    for mode in ("floor", "trunc", None):
        numerators = [
            array([7.5, -7.5, 7.5, -7.5, 0.0, np.nan, np.inf]),
            array([7, -7, 6, -6, 0, 1, -1]),
            array([7, -7, 6, -6, 0, 1, -1], dtypes.int8),
            array([7.5, -7.5, 3.0], dtypes.float16),
        ]
        for numerator in numerators:
            other = tensor(numerator.size, low=1, high=4).astype(numerator.dtype)
            divisors = [other, -other] if tensors else [2, -3, 2.5]
            samples += [Sample(numerator, d, rounding_mode=mode) for d in divisors]
    samples.append(
        Sample(array([1.0, -1.0, 0.0]), array(0.0) if tensors else 0, rounding_mode="floor")
    )
    return samples


def _division_rejects() -> list[Rejected]:
    integers = tensor(3, dtype=dtypes.int64)
    return [
        Rejected(integers, array(0), rounding_mode="floor"),
        Rejected(integers, array(2), rounding_mode="up"),
    ]


@operator(
    "aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor",
    meta=_RoundedDivision(),
    inplace=True,
    out="out_mode",
    samples=lambda: _division_samples(True),
    rejects=_division_rejects,
)
@operator(
    "aten::div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor",
    meta=_RoundedDivision(),
    inplace=True,
    out=True,
    samples=lambda: _division_samples(False),
)
@operator(
    "aten::divide.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor",
    meta=_RoundedDivision(),
    inplace=True,
    out="out_mode",
    samples=lambda: _division_samples(True),
)
@operator(
    "aten::divide.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor",
    meta=_RoundedDivision(),
    inplace=True,
    samples=lambda: _division_samples(False),
)
def div_mode(self: Operand, other: Operand, rounding_mode: str | None = None) -> Array:
    """Division, rounded down (``"floor"``), towards zero (``"trunc"``) or not at all (None).

    Shapes: ``self`` and ``other`` broadcast. With a rounding mode integers give integers;
    RuntimeError for an unknown mode and for a division of integers by zero.
    """
    if rounding_mode is None:
        if isinstance(self, np.ndarray) and self.dtype.kind in "iub":
            wide = dtypes.default_dtype().numpy
            self = self.astype(wide)
            other = other.astype(wide) if isinstance(other, np.ndarray) else other
        return div(self, other)
    if rounding_mode == "floor":
        return _floor_quotient(self, other)
    if rounding_mode == "trunc":
        return _truncated_quotient(self, other)
    raise RuntimeError(f"rounding_mode is None, 'trunc' or 'floor', not {rounding_mode!r}")


def _floor_samples(tensors: bool) -> list[Sample]:
    samples = [s for s in _division_samples(tensors) if s.kwargs["rounding_mode"] == "floor"]
    signs = array([-0.0, 0.0, 6.0, -6.0])
    divisors = (array([3.0, -3.0, -3.0, 3.0]),) if tensors else (3.0, -3.0)
    return [*(Sample(*s.args) for s in samples), *(Sample(signs, d) for d in divisors)]


@operator(
    "aten::floor_divide(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace="Tensor",
    out=True,
    samples=lambda: _floor_samples(True),
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int64), array(0))],
)
@operator(
    "aten::floor_divide.Scalar(Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    samples=lambda: _floor_samples(False),
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int64), 0)],
)
def floor_divide(self: Operand, other: Operand) -> Array:
    """``floor(self / other)``, elementwise, in the common dtype.

    Shapes: ``self`` and ``other`` broadcast. RuntimeError for a division of integers by zero.
    """
    return _floor_quotient(self, other)


def _remainder(function: np.ufunc, self: Operand, other: Operand) -> Array:
    if isinstance(self, np.ndarray) and is_half(self):
        other = np.asarray(other).astype(self.dtype)  # here PyTorch rounds a number, too
    self, other = arithmetic(self, other)
    check_divisor(other)
    return function(self, other)


@operator(
    "aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out="Tensor_out",
    samples=lambda: _floor_samples(True),
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int64), array(0))],
)
@operator(
    "aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    samples=lambda: _floor_samples(False),
)
@operator(
    "aten::remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    out=True,
    samples=lambda: [Sample(-7, array([2, 3, -4])), Sample(7.5, array([2.0, -2.0, np.inf]))],
)
def remainder(self: Operand, other: Operand) -> Array:
    """The remainder of the floored division: it has the sign of ``other`` (Python's ``%``).

    Shapes: ``self`` and ``other`` broadcast. RuntimeError for a division of integers by zero.
    A zero has the sign of ``self``.
    """
    result = _remainder(np.remainder, self, other)
    if result.dtype.kind in "iub" or result.all():
        return result
    zero = np.copysign(result.dtype.type(0), np.asarray(self).astype(result.dtype))
    return np.where(result == 0, zero, result)


@operator(
    "aten::fmod.Tensor(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out="Tensor_out",
    samples=lambda: _floor_samples(True),
)
@operator(
    "aten::fmod.Scalar(Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    samples=lambda: _floor_samples(False),
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int64), 0)],
)
def fmod(self: Operand, other: Operand) -> Array:
    """The remainder of the truncated division: it has the sign of ``self`` (C's ``fmod``).

    Shapes: ``self`` and ``other`` broadcast. RuntimeError for a division of integers by zero.
    """
    return _remainder(np.fmod, self, other)
