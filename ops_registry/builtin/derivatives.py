"""Derivatives that PyTorch has as operators of their own, and the forms of softmax beside them.

Nothing is differentiated here; graphs and archives may hold these by name.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.activation import softmax
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta, broadcast_shapes, floating, result_dtype, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


@operator(
    "aten::_softmax_backward_data(Tensor grad_output, Tensor output, int dim,"
    " ScalarType input_dtype) -> Tensor",
    meta=lambda grad_output, output, dim, input_dtype: TensorMeta(
        dtypes.from_code(input_dtype), grad_output.shape
    ),
    samples=lambda: [Sample(tensor(3, 4), tensor(3, 4, low=0.0, high=0.5), 1, 6)],
)
def softmax_backward_data(grad_output: Array, output: Array, dim: int, input_dtype: int) -> Array:
    """The gradient of a softmax's input, from that of its result and the result.

    Shapes: one shape. ``input_dtype`` is the dtype of the gradient.
    """
    grad, result = widened(grad_output), widened(output)
    axis = wrap_dim(dim, grad.ndim)
    product = grad * result
    total = np.sum(product, axis=axis, keepdims=True) if grad.ndim else product
    return product - result * total


@operator(
    "aten::native_dropout_backward(Tensor grad_output, Tensor mask, float scale) -> Tensor",
    meta=lambda grad_output, mask, scale: TensorMeta(
        floating(result_dtype(grad_output, mask)),
        broadcast_shapes(grad_output.shape, mask.shape),
    ),
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), tensor(3, 4, dtype=dtypes.bool_), 2.0),
        Sample(tensor(2, 3), tensor(3), 0.5),
        Sample(tensor(3, dtype=dtypes.int64), tensor(3, dtype=dtypes.int64, seed=1), 2.5),
    ],
    rejects=lambda: [Rejected(tensor(3), tensor(4, dtype=dtypes.bool_), 2.0)],
)
def native_dropout_backward(grad_output: Array, mask: Array, scale: float) -> Array:
    """The gradient of a dropout's input: what was kept, times ``scale``."""
    grad = widened(grad_output)
    return grad * widened(mask) * (grad.dtype.type(scale) if grad.dtype.kind in "fc" else scale)


@operator(
    "aten::max_pool2d_with_indices_backward(Tensor grad_output, Tensor self, int[2] kernel_size,"
    " int[2] stride, int[2] padding, int[2] dilation, bool ceil_mode, Tensor indices) -> Tensor",
    meta=lambda grad_output, self, *rest: self,
    samples=lambda: [
        Sample(
            tensor(1, 1, 2), tensor(1, 2, 4), [2, 2], [2, 2], [0, 0], [1, 1], False,
            array([[[1, 6]]]),
        )
    ],
)  # fmt: skip
def max_pool2d_with_indices_backward(
    grad_output: Array,
    self: Array,
    kernel_size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
    indices: Array,
) -> Array:
    """The gradient of a maximum pooling's input: each window's goes to where its maximum was.

    Shapes: (N, C, H, W) or (C, H, W); ``indices`` are places in a plane.
    """
    if grad_output.shape != indices.shape:
        raise RuntimeError("max_pool2d: the gradient and the indices have one shape")
    planes = np.zeros((*self.shape[:-2], self.shape[-2] * self.shape[-1]), widened(self).dtype)
    for lead in np.ndindex(planes.shape[:-1]):
        np.add.at(planes[lead], indices[lead].reshape(-1), widened(grad_output)[lead].reshape(-1))
    return planes.reshape(self.shape)


@operator(
    "aten::_safe_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
    meta=lambda self, dim, dtype: TensorMeta(
        self.dtype if dtype is None else dtypes.from_code(dtype), self.shape
    ),
    samples=lambda: [
        Sample(tensor(3, 4), 1),
        Sample(array([[-np.inf, -np.inf], [0.0, 1.0]]), 1),
        Sample(tensor(), 0),
    ],
    rejects=lambda: [Rejected(tensor(3), 1)],
)
def safe_softmax(self: Array, dim: int, dtype: int | None = None) -> Array:
    """``softmax``, with zeros instead of NaN where all elements along ``dim`` are -inf."""
    result = softmax(self, dim, dtype)
    if not self.ndim:
        return np.where(np.isneginf(self), 0.0, result)
    nothing = np.isneginf(widened(self)).all(axis=wrap_dim(dim, self.ndim), keepdims=True)
    return np.where(nothing, result.dtype.type(0), result)
