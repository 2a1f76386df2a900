"""Activations: relu and its relatives, softmax, gelu, glu ...

Elementwise ones take floating point tensors of any shape; half precision is computed in float32
and rounded once. ``sigmoid`` and ``tanh`` are mathematics, in ``pointwise_math``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.meta import TensorMeta, like, wrap_dim
from ops_registry.operator import operator
from ops_registry.precision import widened
from ops_registry.samples import Rejected, Sample, array, tensor


def _floats() -> list[Sample]:
    """Any shape, the limits, and half precision."""
    return [
        Sample(tensor(3, 4)),
        Sample(tensor(0)),
        Sample(tensor()),
        Sample(array([np.nan, np.inf, -np.inf, 0.0, -0.0, 88.0, -88.0, 20.5])),
        Sample(tensor(5, dtype=dtypes.float64)),
        Sample(tensor(6, dtype=dtypes.float16)),
        Sample(tensor(6, dtype=dtypes.bfloat16)),
    ]


def _refused() -> list[Rejected]:
    return [Rejected("x", code="argument-type")]


@operator(
    "aten::relu(Tensor self) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    derivative={"self": lambda grad, result: grad * (result > 0)},
    samples=lambda: [*_floats()[:3], Sample(tensor(4, dtype=dtypes.int32))],
    rejects=_refused,
)
def relu(self: np.ndarray) -> np.ndarray:
    """Rectified linear unit: ``max(self, 0)``, elementwise.

    Shapes: any shape; the result has the shape and dtype of ``self``.
    """
    return np.maximum(self, 0, out=...)


@operator(
    "aten::relu6(Tensor self) -> Tensor",
    meta=like("self"),
    inplace=True,
    samples=lambda: [Sample(tensor(3, 4) * 5), Sample(tensor())],
)
def relu6(self: np.ndarray) -> np.ndarray:
    """``min(max(self, 0), 6)``."""
    return np.clip(self, self.dtype.type(0), self.dtype.type(6))


@operator(
    "aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [*_floats(), Sample(tensor(3), -0.5, 0.25)],
)
def hardtanh(self: np.ndarray, min_val: float, max_val: float) -> np.ndarray:
    """``self`` cut to the range from ``min_val`` to ``max_val``."""
    return np.clip(self, self.dtype.type(min_val), self.dtype.type(max_val))


@operator(
    "aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [*_floats(), Sample(tensor(3), 0.2)],
)
def leaky_relu(self: np.ndarray, negative_slope: float) -> np.ndarray:
    """``self`` where it is positive, ``negative_slope * self`` elsewhere."""
    x = widened(self)
    return np.where(x > 0, x, x * x.dtype.type(negative_slope))


@operator(
    "aten::threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [Sample(tensor(3, 4), 0.1, -20.0), Sample(tensor(4, dtype=dtypes.int64), 2, 7)],
)
def threshold(self: np.ndarray, threshold: float, value: float) -> np.ndarray:
    """``self`` where it is above ``threshold``, ``value`` elsewhere; NaN stays."""
    return np.where(self <= threshold, self.dtype.type(value), self)


@operator(
    "aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [*_floats(), Sample(tensor(3), 0.5), Sample(tensor(3), 1.5, 2.0, 0.5)],
)
def elu(self: np.ndarray, alpha: float, scale: float, input_scale: float) -> np.ndarray:
    """``scale * (max(0, x) + min(0, alpha * (exp(input_scale * x) - 1)))``."""
    x = widened(self)
    number = x.dtype.type
    negative = np.expm1(np.minimum(x, 0) * number(input_scale)) * number(alpha * scale)
    return np.where(x > 0, x * number(scale), negative)


_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


@operator("aten::selu(Tensor self) -> Tensor", meta=like("self"), inplace=True, samples=_floats)
def selu(self: np.ndarray) -> np.ndarray:
    """The scaled exponential linear unit with the constants of its authors."""
    return elu(self, _SELU_ALPHA, _SELU_SCALE, 1.0)


@operator(
    "aten::celu(Tensor self, Scalar alpha=1.) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [*_floats(), Sample(tensor(3), 2.0)],
)
def celu(self: np.ndarray, alpha: float) -> np.ndarray:
    """``max(0, x) + min(0, alpha * (exp(x / alpha) - 1))``."""
    return elu(self, alpha, 1.0, 1.0 / alpha)


@operator(
    "aten::silu(Tensor self) -> Tensor", meta=like("self"), inplace=True, out=True, samples=_floats
)
def silu(self: np.ndarray) -> np.ndarray:
    """``x * sigmoid(x)``."""
    x = widened(self)
    return x / (1 + np.exp(-x))


@operator(
    "aten::mish(Tensor self) -> Tensor", meta=like("self"), inplace=True, out=True, samples=_floats
)
def mish(self: np.ndarray) -> np.ndarray:
    """``x * tanh(log(1 + exp(x)))``."""
    x = widened(self)
    return x * np.tanh(np.logaddexp(x, 0))


@operator(
    "aten::hardsigmoid(Tensor self) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [*_floats(), Sample(tensor(20) * 4)],
)
def hardsigmoid(self: np.ndarray) -> np.ndarray:
    """``min(max(x + 3, 0), 6) / 6``."""
    x = widened(self)
    return np.clip(x + x.dtype.type(3), x.dtype.type(0), x.dtype.type(6)) / x.dtype.type(6)


@operator(
    "aten::hardswish(Tensor self) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [*_floats(), Sample(tensor(20) * 4)],
)
def hardswish(self: np.ndarray) -> np.ndarray:
    """``x * min(max(x + 3, 0), 6) / 6``."""
    x = widened(self)
    number = x.dtype.type
    return x * np.clip(x + number(3), number(0), number(6)) / number(6)


@operator(
    'aten::gelu(Tensor self, *, str approximate="none") -> Tensor',
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [*_floats(), Sample(tensor(3, 4), approximate="tanh")],
    rejects=lambda: [Rejected(tensor(3), approximate="sin")],
)
def gelu(self: np.ndarray, approximate: str) -> np.ndarray:
    """``x`` times the normal distribution function of ``x``, exactly or by its tanh approximation.

    RuntimeError when ``approximate`` is neither ``none`` nor ``tanh``.
    """
    x = widened(self)
    if approximate == "none":
        from scipy.special import erf

        return x * 0.5 * (1 + erf(x * x.dtype.type(math.sqrt(0.5))))
    if approximate != "tanh":
        raise RuntimeError(f"approximate is 'none' or 'tanh', not {approximate!r}")
    number = x.dtype.type
    inner = number(math.sqrt(2 / math.pi)) * (x + number(0.044715) * x * x * x)
    return number(0.5) * x * (1 + np.tanh(inner))


@operator(
    "aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor",
    meta=like("self"),
    out=True,
    samples=lambda: [*_floats(), Sample(tensor(3), 2.0, 1.0)],
)
def softplus(self: np.ndarray, beta: float, threshold: float) -> np.ndarray:
    """``log(1 + exp(beta * x)) / beta``; ``x`` itself where ``beta * x`` is above ``threshold``."""
    x = widened(self)
    scaled = x * x.dtype.type(beta)
    smooth = np.log1p(np.exp(np.minimum(scaled, threshold))) / x.dtype.type(beta)
    return np.where(scaled > threshold, x, smooth)


@operator("aten::log_sigmoid(Tensor self) -> Tensor", meta=like("self"), out=True, samples=_floats)
def log_sigmoid(self: np.ndarray) -> np.ndarray:
    """The logarithm of the sigmoid, without overflow."""
    x = widened(self)
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@operator(
    "aten::softshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
    meta=like("self"),
    out=True,
    samples=_floats,
    rejects=lambda: [Rejected(tensor(3), -0.5)],
)
def softshrink(self: np.ndarray, lambd: float) -> np.ndarray:
    """``self`` moved towards zero by ``lambd``, and zero where it is nearer than that."""
    if lambd < 0:
        raise RuntimeError(f"lambd must not be negative: {lambd}")
    x = widened(self)
    limit = x.dtype.type(lambd)
    return np.where(x > limit, x - limit, np.where(x < -limit, x + limit, x * 0))


@operator(
    "aten::hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
    meta=like("self"),
    out=True,
    samples=_floats,
)
def hardshrink(self: np.ndarray, lambd: float) -> np.ndarray:
    """``self``, and zero where its absolute value is at most ``lambd``."""
    return np.where((self >= -lambd) & (self <= lambd), self.dtype.type(0), self)


def _prelu_meta(self: TensorMeta, weight: TensorMeta) -> TensorMeta:
    if weight.ndim > 1:
        raise RuntimeError(f"the weights of prelu have one dimension, not {weight.ndim}")
    return self


@operator(
    "aten::prelu(Tensor self, Tensor weight) -> Tensor",
    meta=_prelu_meta,
    samples=lambda: [
        Sample(tensor(2, 3, 4), tensor(3, seed=1)),
        Sample(tensor(2, 3), tensor(1, seed=1)),
        Sample(tensor(), tensor(1, seed=1)),
    ],
    rejects=lambda: [Rejected(tensor(2, 3), tensor(2)), Rejected(tensor(2, 3), tensor(1, 3))],
)
def prelu(self: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``self`` where it is positive, ``weight * self`` elsewhere; one weight, or one a channel.

    Shapes: channels are dimension 1. RuntimeError when the number of weights is neither.
    """
    if weight.size != 1:
        channels = self.shape[1] if self.ndim > 1 else 1
        if weight.size != channels:
            raise RuntimeError(f"{weight.size} weights for {channels} channels")
        weight = weight.reshape(-1, *(1,) * (self.ndim - 2))
    else:
        weight = weight.reshape(())
    return np.where(self > 0, self, weight * self)


def _glu_meta(self: TensorMeta, dim: int) -> TensorMeta:
    if self.ndim == 0:
        raise RuntimeError("glu does not take 0-dim tensors: there is nothing to halve")
    dim = wrap_dim(dim, self.ndim)
    extent = self.shape[dim]
    if extent % 2:
        raise RuntimeError(f"glu halves dimension {dim}, which has the odd size {extent}")
    return TensorMeta(self.dtype, (*self.shape[:dim], extent // 2, *self.shape[dim + 1 :]))


@operator(
    "aten::glu(Tensor self, int dim=-1) -> Tensor",
    meta=_glu_meta,
    out=True,
    samples=lambda: [Sample(tensor(3, 4)), Sample(tensor(4, 3), 0)],
    rejects=lambda: [Rejected(tensor(3, 3)), Rejected(tensor())],
)
def glu(self: np.ndarray, dim: int) -> np.ndarray:
    """Gated linear unit: the first half along ``dim`` times the sigmoid of the second."""
    first, second = np.split(widened(self), 2, axis=dim)
    return first / (1 + np.exp(-second))


# Softmax.


def _softmax_meta(self: TensorMeta, dim: int, dtype: int | None = None) -> TensorMeta:
    wrap_dim(dim, self.ndim)
    return TensorMeta(self.dtype if dtype is None else dtypes.from_code(dtype), self.shape)


def _internal_softmax_meta(self: TensorMeta, dim: int, half_to_float: bool) -> TensorMeta:
    wrap_dim(dim, self.ndim)
    return TensorMeta(dtypes.float32 if half_to_float else self.dtype, self.shape)


def _softmax_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4), 1),
        Sample(tensor(3, 4), -2),
        Sample(tensor(), 0),
        Sample(tensor(0, 3), 0),
        Sample(tensor(2, 3, dtype=dtypes.float16), 1),
        Sample(array([[np.inf, 1.0], [-np.inf, -np.inf], [np.nan, 0.0]]), 1),
        Sample(tensor(3, dtype=dtypes.int64), 0, dtypes.float32.code),
    ]


def _refuse_integers(x: np.ndarray, name: str, dtype: int | None) -> np.ndarray:
    if dtype is not None:
        return x.astype(dtypes.from_code(dtype).numpy)
    if x.dtype.kind in "biu":
        raise RuntimeError(f"{name} needs a floating point tensor, not {x.dtype}: give a dtype")
    return x


def _shifted(self: np.ndarray, dim: int) -> tuple[np.ndarray, int]:
    x = widened(self)
    if x.ndim == 0:
        return x.reshape(1) - x.reshape(1), 0
    return x - x.max(axis=dim, keepdims=True, initial=-np.inf), dim


@operator(
    "aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
    meta=_softmax_meta,
    samples=_softmax_samples,
    rejects=lambda: [Rejected(tensor(3, 4), 2), Rejected(tensor(3, dtype=dtypes.int64), 0)],
)
def softmax(self: np.ndarray, dim: int, dtype: int | None = None) -> np.ndarray:
    """``exp(x)`` divided by its sum along ``dim``.

    Shapes: that of ``self``. ``dtype`` converts before. IndexError when ``dim`` is out of range,
    RuntimeError for integers without a ``dtype``.
    """
    shifted, axis = _shifted(_refuse_integers(self, "softmax", dtype), dim)
    weights = np.exp(shifted, out=shifted)
    weights /= weights.sum(axis=axis, keepdims=True)
    return weights.reshape(self.shape)


@operator(
    "aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
    meta=_softmax_meta,
    samples=_softmax_samples,
    rejects=lambda: [Rejected(tensor(3, 4), 2), Rejected(tensor(3, dtype=dtypes.int64), 0)],
)
def log_softmax(self: np.ndarray, dim: int, dtype: int | None = None) -> np.ndarray:
    """The logarithm of :func:`softmax`, computed without losing small values."""
    shifted, axis = _shifted(_refuse_integers(self, "log_softmax", dtype), dim)
    total = np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return (shifted - total).reshape(self.shape)


@operator(
    "aten::_softmax(Tensor self, int dim, bool half_to_float) -> Tensor",
    meta=_internal_softmax_meta,
    out=True,
    samples=lambda: [Sample(tensor(3, 4), 1, False)],
)
def internal_softmax(self: np.ndarray, dim: int, half_to_float: bool) -> np.ndarray:
    """:func:`softmax` as PyTorch's traces of its day call it."""
    return softmax(self, dim)


@operator(
    "aten::_log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor",
    meta=_internal_softmax_meta,
    out=True,
    samples=lambda: [Sample(tensor(3, 4), 1, False)],
)
def internal_log_softmax(self: np.ndarray, dim: int, half_to_float: bool) -> np.ndarray:
    """:func:`log_softmax` as PyTorch's traces of its day call it."""
    return log_softmax(self, dim)


def _rrelu_meta(self: TensorMeta, lower: float, upper: float, *_: Any) -> TensorMeta:
    if lower > upper:
        raise RuntimeError(f"rrelu draws from lower to upper, not from {lower} to {upper}")
    return self


@operator(
    "aten::rrelu(Tensor self, Scalar lower=0.125, Scalar upper=0.33333333333333331,"
    " bool training=False, Generator? generator=None) -> Tensor",
    meta=_rrelu_meta,
    inplace=True,
    random=True,
    samples=lambda: [Sample(tensor(3, 4)), Sample(tensor(3, 4), 0.1, 0.3)],
    rejects=lambda: [Rejected(tensor(3), 0.3, 0.1)],
)
def rrelu(
    self: np.ndarray, lower: float, upper: float, training: bool, generator: Any
) -> np.ndarray:
    """Leaky relu whose slope is drawn between ``lower`` and ``upper`` for each negative element
    while training, and their mean otherwise."""
    x = widened(self)
    if not training:
        return leaky_relu(self, (lower + upper) / 2)
    from ops_registry.generator import default_generator

    source = default_generator() if generator is None else generator
    flat = x.reshape(-1).copy()
    negative = flat <= 0
    draws = source.long_words(int(negative.sum()))
    slopes = (draws & ((1 << 53) - 1)) * 2.0**-53 * (upper - lower) + lower
    flat[negative] *= slopes.astype(x.dtype)
    return flat.reshape(x.shape)
