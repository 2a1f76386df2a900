"""Fake quantisation: floating point values rounded as storing them in few bits would round them."""

from __future__ import annotations

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _check(self: TensorMeta, quant_min: int, quant_max: int) -> TensorMeta:
    if not self.dtype.is_floating_point:
        raise RuntimeError(f"fake quantisation takes floating point values, not {self.dtype!r}")
    if quant_min > quant_max:
        raise RuntimeError(f"quant_min is at most quant_max: {quant_min} is above {quant_max}")
    return self


def _per_tensor_meta(
    self: TensorMeta,
    scale: float | TensorMeta,
    zero_point: int | TensorMeta,
    quant_min: int,
    quant_max: int,
) -> TensorMeta:
    if isinstance(zero_point, int) and quant_min <= quant_max:
        if not quant_min <= zero_point <= quant_max:
            raise RuntimeError(
                f"the zero point, {zero_point}, lies between {quant_min} and {quant_max}"
            )
    return _check(self, quant_min, quant_max)


def _per_channel_meta(
    self: TensorMeta,
    scale: TensorMeta,
    zero_point: TensorMeta,
    axis: int,
    quant_min: int,
    quant_max: int,
) -> TensorMeta:
    channels = self.shape[wrap_dim(axis, self.ndim)]
    if scale.shape != (channels,) or zero_point.shape != (channels,):
        raise RuntimeError(
            f"{channels} channels have scales of shape {list(scale.shape)} and zero points of"
            f" {list(zero_point.shape)}"
        )
    return _check(self, quant_min, quant_max)


def _rounded(x: Array, scale: Array, zero_point: Array, low: int, high: int) -> Array:
    steps = np.rint(x * (1 / scale)) + zero_point
    # A NaN is stored as the lowest number: as the smallest int, which it is converted to.
    steps = np.where(np.isnan(steps), low, np.clip(steps, low, high))
    result: Array = (steps - zero_point) * scale
    return result


_VALUES = [-3.0, -0.3, 0.05, 0.15, 0.25, 1.0, 100.0, float("nan"), float("inf")]


@operator(
    "aten::fake_quantize_per_tensor_affine(Tensor self, float scale, int zero_point, int quant_min,"
    " int quant_max) -> Tensor",
    meta=_per_tensor_meta,
    samples=lambda: [
        Sample(array(_VALUES), 0.1, 3, -128, 127),
        Sample(array(_VALUES, dtypes.float64), 0.25, 0, 0, 255),
        Sample(tensor(0), 0.1, 0, 0, 1),
    ],
    rejects=lambda: [
        Rejected(tensor(2), 0.1, 300, 0, 255),
        Rejected(tensor(2), 0.1, 3, 5, 2),
        Rejected(tensor(2, dtype=dtypes.int64), 0.1, 3, 0, 255),
    ],
)
@operator(
    "aten::fake_quantize_per_tensor_affine.tensor_qparams(Tensor self, Tensor scale,"
    " Tensor zero_point, int quant_min, int quant_max) -> Tensor",
    meta=_per_tensor_meta,
    samples=lambda: [
        Sample(array(_VALUES), array(0.1), array(3, dtypes.int32), 0, 255),
        Sample(tensor(2, 3), array([0.5]), array([0], dtypes.int32), -8, 7),
    ],
)
def fake_quantize_per_tensor_affine(
    self: Array, scale: Array | float, zero_point: Array | int, quant_min: int, quant_max: int
) -> Array:
    """The nearest values that integers ``quant_min`` to ``quant_max`` stand for.

    An integer ``q`` stands for ``(q - zero_point) * scale``; halves round to even, and values out
    of range to the ends. Shapes: any; the result has the shape and dtype of ``self``.
    """
    x = widened(self)
    factor, zero = (np.asarray(value, x.dtype).reshape(()) for value in (scale, zero_point))
    return _rounded(x, factor, zero, quant_min, quant_max)


@operator(
    "aten::fake_quantize_per_channel_affine(Tensor self, Tensor scale, Tensor zero_point, int axis,"
    " int quant_min, int quant_max) -> Tensor",
    meta=_per_channel_meta,
    samples=lambda: [
        Sample(tensor(2, 3), array([0.1, 0.2, 0.3]), array([0, 1, 2], dtypes.int32), 1, 0, 255),
        Sample(tensor(2, 3, 2), array([0.1, 0.2]), array([0, 1], dtypes.int32), 0, -8, 7),
    ],
    rejects=lambda: [
        Rejected(tensor(2, 3), array([0.1, 0.2]), array([0, 1], dtypes.int32), 1, 0, 255),
    ],
)
def fake_quantize_per_channel_affine(
    self: Array, scale: Array, zero_point: Array, axis: int, quant_min: int, quant_max: int
) -> Array:
    """As ``fake_quantize_per_tensor_affine``, with a scale and a zero point for each channel.

    Shapes: ``scale`` and ``zero_point`` have as many elements as ``self`` along ``axis``.
    """
    x = widened(self)
    shape = [1] * x.ndim
    shape[wrap_dim(axis, x.ndim)] = -1
    factor, zero = (value.astype(x.dtype).reshape(shape) for value in (scale, zero_point))
    return _rounded(x, factor, zero, quant_min, quant_max)
