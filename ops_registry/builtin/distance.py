"""Bilinear forms, and distances between pairs of vectors.

Distances of every vector to every other are in ``matrices``.
"""

from __future__ import annotations

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta, broadcast_shapes, floating, result_dtype
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor


def _pairwise_meta(
    x1: TensorMeta, x2: TensorMeta, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> TensorMeta:
    dtype = floating(result_dtype(x1, x2))
    shape = broadcast_shapes(x1.shape, x2.shape)
    if not shape:
        return TensorMeta(dtype.to_real(), ())
    return TensorMeta(dtype.to_real(), (*shape[:-1], 1) if keepdim else shape[:-1])


@operator(
    "aten::pairwise_distance(Tensor x1, Tensor x2, float p=2., float eps=9.9999999999999995e-07,"
    " bool keepdim=False) -> Tensor",
    meta=_pairwise_meta,
    samples=lambda: [
        Sample(tensor(2, 3), tensor(2, 3, seed=1)),
        Sample(tensor(2, 3), tensor(3, seed=1), 1.0, 1e-3, True),
        Sample(tensor(4, 2, 3), tensor(1, 3, seed=1), 3.0),
        Sample(tensor(2, 3), tensor(2, 3, seed=1), float("inf")),
        Sample(tensor(2, 3), tensor(2, 3, seed=1), 0.0),
        Sample(tensor(2, 3, dtype=dtypes.float64), tensor(2, 3, seed=1)),
        Sample(tensor(0, 3), tensor(0, 3)),
        Sample(tensor(2, 3, dtype=dtypes.int64), tensor(2, 3, dtype=dtypes.int64, seed=1)),
    ],
    rejects=lambda: [Rejected(tensor(2, 3), tensor(2, 4))],
)
def pairwise_distance(
    x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Array:
    """The ``p`` norm of ``x1 - x2 + eps`` over the last dimension. Shapes: they broadcast."""
    first, second = widened(x1), widened(x2)
    kind = dtypes.default_dtype().numpy
    first, second = (x.astype(kind) if x.dtype.kind in "biu" else x for x in (first, second))
    difference = np.abs(first - second + np.result_type(first, second).type(eps))
    if difference.ndim == 0:
        return difference
    if p == 2:
        return np.sqrt(np.sum(difference * difference, -1, keepdims=keepdim))
    if p == 0:
        return np.sum(difference != 0, -1, keepdims=keepdim).astype(difference.dtype)
    if p == 1:
        return np.sum(difference, -1, keepdims=keepdim)
    if np.isinf(p):
        reduce = np.max if p > 0 else np.min
        return reduce(difference, -1, keepdims=keepdim)
    return np.power(np.sum(np.power(difference, p), -1, keepdims=keepdim), 1 / p)


def _bilinear_meta(
    input1: TensorMeta, input2: TensorMeta, weight: TensorMeta, bias: TensorMeta | None = None
) -> TensorMeta:
    if input1.shape[:-1] != input2.shape[:-1] or not input1.shape or weight.ndim != 3:
        raise RuntimeError(
            f"bilinear takes inputs that differ in the last dimension only, and a weight of 3"
            f" dimensions, not {list(input1.shape)}, {list(input2.shape)}, {list(weight.shape)}"
        )
    outputs, first, second = weight.shape
    if input1.shape[-1] != first or input2.shape[-1] != second:
        raise RuntimeError(
            f"a weight of {list(weight.shape)} takes {first} and {second} features, not"
            f" {input1.shape[-1]} and {input2.shape[-1]}"
        )
    if bias is not None and bias.shape != (outputs,):
        raise RuntimeError(f"the bias has {outputs} elements, not the shape {list(bias.shape)}")
    for part in (input2, weight):
        if part.dtype is not input1.dtype:
            raise RuntimeError(f"bilinear takes one dtype, not {input1.dtype!r} and {part.dtype!r}")
    return TensorMeta(input1.dtype, (*input1.shape[:-1], outputs))


@operator(
    "aten::bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor",
    meta=_bilinear_meta,
    samples=lambda: [
        Sample(tensor(2, 3), tensor(2, 4), tensor(5, 3, 4), tensor(5)),
        Sample(tensor(2, 6, 3), tensor(2, 6, 4), tensor(5, 3, 4)),
        Sample(tensor(3), tensor(4), tensor(5, 3, 4)),
        Sample(tensor(0, 3), tensor(0, 4), tensor(5, 3, 4)),
    ],
    rejects=lambda: [
        Rejected(tensor(2, 3), tensor(3, 4), tensor(5, 3, 4)),
        Rejected(tensor(2, 3), tensor(2, 3), tensor(5, 3, 4)),
    ],
)
def bilinear(input1: Array, input2: Array, weight: Array, bias: Array | None = None) -> Array:
    """``input1 @ weight[k] @ input2 + bias[k]`` for each output ``k``.

    Shapes: ``(*, A)``, ``(*, B)`` and a weight ``(O, A, B)`` give ``(*, O)``.
    """
    first, second, form = widened(input1), widened(input2), widened(weight)
    halfway = np.tensordot(first, form, axes=(-1, 1))
    result = np.matmul(halfway, second[..., None])[..., 0]
    return result if bias is None else result + widened(bias)
