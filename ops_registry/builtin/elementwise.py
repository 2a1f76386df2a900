"""Sums and products, element by element; choosing and mixing elements: where, lerp.

Quotients are ``division``, powers ``power``, clamp and maximum ``bounds``, functions of one
variable (exp, sin, erf ...) ``pointwise_math``; ``&``, ``<<`` and ``logical_and`` are ``bitwise``;
``==`` and ``<`` are ``comparison``; writes of plain values (``fill_``, ``copy_``) ``filling``.
"""

from __future__ import annotations

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operand_samples import binary_samples, mismatched, scalar_samples
from ops_registry.builtin.operands import Array, Operand, Scalar, arithmetic, compared, widened
from ops_registry.meta import elementwise
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

# Sums and differences.


def _check_alpha(self: Operand, other: Operand, alpha: Scalar) -> None:
    kinds = {x.dtype.kind for x in (self, other) if isinstance(x, np.ndarray)}
    if isinstance(alpha, bool) and kinds != {"b"}:
        raise RuntimeError("alpha may be a bool only where the result is bool")
    if isinstance(alpha, float) and kinds <= set("iub"):
        raise RuntimeError("alpha must be an integer where the result is integral")


def _scaled(other: Operand, alpha: Scalar, self: Operand) -> tuple[Operand, Operand]:
    """``self`` and ``alpha * other``, in the precision that sums are computed in."""
    _check_alpha(self, other, alpha)
    if isinstance(other, np.ndarray):
        first, second = arithmetic(widened(other), alpha)
        self = widened(self) if isinstance(self, np.ndarray) else self
        return self, first * second
    return self, alpha * other


def _alpha_samples() -> list[Sample]:
    return [
        *binary_samples(),
        Sample(tensor(3), tensor(3, seed=1), alpha=2.5),
        Sample(tensor(3, dtype=dtypes.int64), tensor(3, dtype=dtypes.int64), alpha=3),
        Sample(tensor(6, dtype=dtypes.float16), tensor(6, dtype=dtypes.float16), alpha=0.3),
        Sample(tensor(3, dtype=dtypes.complex64), tensor(3)),
    ]


def _alpha_rejects() -> list[Rejected]:
    integers = tensor(3, dtype=dtypes.int64)
    return [*mismatched(), Rejected(integers, integers, alpha=0.5)]


@operator(
    "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    ufunc="add",
    samples=lambda: [
        *_alpha_samples(),
        Sample(tensor(4, dtype=dtypes.bool_), tensor(4, dtype=dtypes.bool_, seed=1)),
    ],
    rejects=_alpha_rejects,
)
@operator(
    "aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    ufunc="add",
    samples=lambda: [*scalar_samples(), Sample(tensor(3), 2, 1.5)],
)
def add(self: Operand, other: Operand, alpha: Scalar = 1) -> Array:
    """``self + alpha * other``, elementwise; of two bools, their logical or.

    Shapes: ``self`` and ``other`` broadcast. The dtype is their common dtype; a float ``alpha``
    needs a float result (RuntimeError otherwise).
    """
    if alpha == 1 and type(alpha) is int:
        self, other = arithmetic(self, other)
    else:
        self, other = _scaled(other, alpha, self)
    return np.add(self, other)


def _no_bool_difference(self: Operand, other: Operand) -> None:
    for operand in (self, other):
        if isinstance(operand, np.ndarray):
            is_bool = operand.dtype.kind == "b"
        else:
            is_bool = isinstance(operand, bool)
        if is_bool:
            raise RuntimeError(
                "bools cannot be subtracted: use `^` or `logical_xor`, or `~` to invert a mask"
            )


def _difference_samples() -> list[Sample]:
    samples = [s for s in scalar_samples() if s.args[0].dtype != np.bool_]
    return [*samples, Sample(tensor(3), 2, 1.5)]


def _bool_rejects() -> list[Rejected]:
    bools = tensor(3, dtype=dtypes.bool_)
    return [*_alpha_rejects(), Rejected(bools, bools)]


@operator(
    "aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    ufunc="subtract",
    samples=_alpha_samples,
    rejects=_bool_rejects,
)
@operator(
    "aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    ufunc="subtract",
    samples=_difference_samples,
)
@operator(
    "aten::subtract.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    samples=_alpha_samples,
)
@operator(
    "aten::subtract.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    samples=_difference_samples,
)
def sub(self: Operand, other: Operand, alpha: Scalar = 1) -> Array:
    """``self - alpha * other``, elementwise.

    Shapes: ``self`` and ``other`` broadcast. RuntimeError for two bools: there is no difference
    of masks (``^`` is what is wanted).
    """
    _no_bool_difference(self, other)
    if alpha == 1:
        self, other = arithmetic(self, other)
    else:
        self, other = _scaled(other, alpha, self)
    return np.subtract(self, other)


@operator(
    "aten::rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
    meta=elementwise("self", "other"),
    samples=_alpha_samples,
    rejects=_bool_rejects,
)
@operator(
    "aten::rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor",
    meta=elementwise("self", "other"),
    samples=_difference_samples,
)
def rsub(self: Array, other: Operand, alpha: Scalar = 1) -> Array:
    """``other - alpha * self``: what ``2 - x`` means.

    Shapes: ``self`` and ``other`` broadcast. RuntimeError when one is bool.
    """
    return sub(other, self, alpha)


# Products.


@operator(
    "aten::mul.Tensor(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    ufunc="multiply",
    samples=lambda: [
        *binary_samples(),
        Sample(tensor(4, dtype=dtypes.bool_), tensor(4, dtype=dtypes.bool_, seed=1)),
        Sample(tensor(4, dtype=dtypes.complex64), tensor(4, dtype=dtypes.complex128)),
    ],
    rejects=mismatched,
)
@operator(
    "aten::mul.Scalar(Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    ufunc="multiply",
    samples=scalar_samples,
)
@operator(
    "aten::multiply.Tensor(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    samples=binary_samples,
)
@operator(
    "aten::multiply.Scalar(Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    samples=scalar_samples,
)
def mul(self: Operand, other: Operand) -> Array:
    """``self * other``, elementwise; of two bools, their logical and.

    Shapes: ``self`` and ``other`` broadcast. The dtype is their common dtype.
    """
    self, other = arithmetic(self, other)
    return np.multiply(self, other)


# Choosing and mixing.


def _conditions() -> list[Array]:
    return [tensor(3, 4, dtype=dtypes.bool_), tensor(4, dtype=dtypes.bool_, seed=3)]


@operator(
    "aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other", also=("condition",)),
    out=True,
    samples=lambda: [
        *[Sample(c, tensor(3, 4), tensor(4, seed=1)) for c in _conditions()],
        Sample(_conditions()[1], tensor(3, 1, dtype=dtypes.int64), tensor(seed=1)),
        Sample(array(True), tensor(), tensor(seed=1)),
        Sample(tensor(0, dtype=dtypes.bool_), tensor(0), tensor(1)),
    ],
)
@operator(
    "aten::where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor",
    meta=elementwise("self", "other", also=("condition",)),
    samples=lambda: [
        *[Sample(c, tensor(3, 4), 0.5) for c in _conditions()],
        Sample(_conditions()[1], tensor(4, dtype=dtypes.int32), 2),
        Sample(_conditions()[1], tensor(4, dtype=dtypes.float16), 0.3),
    ],
)
@operator(
    "aten::where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor",
    meta=elementwise("self", "other", also=("condition",)),
    samples=lambda: [Sample(c, 0.5, tensor(3, 4)) for c in _conditions()],
)
@operator(
    "aten::where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor",
    meta=elementwise("self", "other", also=("condition",)),
    samples=lambda: [Sample(c, 1.0, 0) for c in _conditions()] + [Sample(array(True), 1, 2)],
)
def where(condition: Array, self: Operand, other: Operand) -> Array:
    """``self`` where ``condition`` holds, else ``other``, elementwise.

    Shapes: all three broadcast. The dtype is the common one of ``self`` and ``other``.
    """
    if condition.dtype.kind != "b":
        condition = condition.astype(np.bool_)
    return np.where(condition, *compared(self, other))


@operator(
    "aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor",
    meta=elementwise("self", "end"),
    inplace=True,
    out=True,
    samples=lambda: (
        [Sample(tensor(3, 4), tensor(4, seed=1), w) for w in (0.3, 0.8, 2)]
        + [Sample(tensor(4, dtype=dtypes.float16), tensor(4, dtype=dtypes.float16, seed=1), 0.3)]
    ),
)
@operator(
    "aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor",
    meta=elementwise("self", "end", "weight"),
    inplace=True,
    out="Tensor_out",
    samples=lambda: [Sample(tensor(3, 4), tensor(4, seed=1), tensor(3, 1, low=0.0, high=1.0))],
)
def lerp(self: Array, end: Array, weight: Operand) -> Array:
    """``self + weight * (end - self)``: ``self`` at weight 0, exactly ``end`` at weight 1.

    Shapes: all broadcast.
    """
    start, end = widened(self), widened(end)
    weight = widened(weight) if isinstance(weight, np.ndarray) else weight
    span = end - start
    if not isinstance(weight, np.ndarray):
        return start + weight * span if abs(weight) < 0.5 else end - span * (1 - weight)
    return np.where(np.abs(weight) < 0.5, start + weight * span, end - span * (1 - weight))


def _addc_samples() -> list[Sample]:
    positive = tensor(4, low=1.0, high=3.0)
    return [
        Sample(tensor(3, 4), tensor(4, seed=1), positive),
        Sample(tensor(3, 4), tensor(3, 1, seed=1), positive, value=0.5),
        Sample(tensor(), tensor(seed=1), tensor(low=1.0, high=2.0), value=2),
        Sample(tensor(0), tensor(0), tensor(1)),
    ]


@operator(
    "aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
    meta=elementwise("self", "tensor1", "tensor2"),
    inplace=True,
    out=True,
    samples=_addc_samples,
)
def addcmul(self: Array, tensor1: Array, tensor2: Array, value: Scalar = 1) -> Array:
    """``self + value * tensor1 * tensor2``. Shapes: all broadcast."""
    factor, value = arithmetic(widened(tensor1), value)
    product = factor * widened(tensor2)
    return widened(self) + (product if value == 1 else value * product)


@operator(
    "aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
    meta=elementwise("self", "tensor1", "tensor2"),
    inplace=True,
    out=True,
    samples=_addc_samples,
    rejects=lambda: [Rejected(*[tensor(3, dtype=dtypes.int64, low=1)] * 3)],
)
def addcdiv(self: Array, tensor1: Array, tensor2: Array, value: Scalar = 1) -> Array:
    """``self + value * tensor1 / tensor2``. Shapes: all broadcast; RuntimeError for integers."""
    if self.dtype.kind in "iub":
        raise RuntimeError("addcdiv does not divide integers: convert the operands to float")
    factor, value = arithmetic(widened(tensor1), value)
    return widened(self) + value * factor / widened(tensor2)
