"""Running sums, products and extremes along a dimension; differences and integrals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, Scalar, widened
from ops_registry.builtin.pointwise_math import complex_logaddexp
from ops_registry.builtin.reduction import cast, floats, integers, summed_dtype
from ops_registry.meta import TensorMeta, broadcast_shapes, floating, result_dtype, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])


def _running_meta(self: TensorMeta, dim: int, dtype: int | None = None) -> TensorMeta:
    wrap_dim(dim, self.ndim)
    result = summed_dtype(self.dtype) if dtype is None else dtypes.from_code(dtype)
    return TensorMeta(result, self.shape)


def _samples() -> list[Sample]:
    return [
        *[Sample(x, -1) for x in (*floats(), *integers())],
        Sample(tensor(2, 3, 4), 1),
        Sample(tensor(0, 3), 0),
        Sample(tensor(3), 0, dtype=dtypes.float64.code),
    ]


def _rejects() -> list[Rejected]:
    return [Rejected(tensor(3), 1)]


def _running(name: str) -> Callable[[F], F]:
    return operator(
        f"aten::{name}(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
        meta=_running_meta,
        inplace=True,
        out=True,
        samples=_samples,
        rejects=_rejects,
    )


def _accumulated(ufunc: np.ufunc, self: Array, dim: int, dtype: int | None) -> Array:
    """The running result, of float32 in float64 as PyTorch does on the CPU."""
    source = cast(self, dtype)
    if not source.ndim:
        return source.copy()
    if source.dtype == np.float32:
        return ufunc.accumulate(source, wrap_dim(dim, self.ndim), np.float64)
    return ufunc.accumulate(source, wrap_dim(dim, self.ndim))


@_running("cumsum")
def cumsum(self: Array, dim: int, dtype: int | None = None) -> Array:
    """Sums of all elements up to each one along a dimension; integers and bools in int64."""
    return _accumulated(np.add, self, dim, dtype)


@_running("cumprod")
def cumprod(self: Array, dim: int, dtype: int | None = None) -> Array:
    """Products of all elements up to each one along a dimension; integers and bools in int64."""
    return _accumulated(np.multiply, self, dim, dtype)


def _pair_meta(self: TensorMeta, dim: int) -> tuple[TensorMeta, TensorMeta]:
    wrap_dim(dim, self.ndim)
    return self, TensorMeta(dtypes.int64, self.shape)


def _extreme(name: str) -> Callable[[F], F]:
    return operator(
        f"aten::{name}(Tensor self, int dim) -> (Tensor values, Tensor indices)",
        meta=_pair_meta,
        out=True,
        samples=lambda: [
            Sample(tensor(3, 4), 1),
            Sample(array([1.0, 3.0, 3.0, np.nan, 2.0]), 0),
            Sample(array([3, 1, 1, 2]), 0),
            Sample(tensor(), 0),
            Sample(tensor(0), 0),
        ],
        rejects=_rejects,
    )


def _running_extreme(ufunc: np.ufunc, self: Array, dim: int) -> tuple[Array, Array]:
    if not self.size or not self.ndim:
        return self.copy(), np.zeros(self.shape, np.int64)
    dim = wrap_dim(dim, self.ndim)
    values = ufunc.accumulate(self, dim)
    extents = [1] * self.ndim
    extents[dim] = -1
    places = np.arange(self.shape[dim]).reshape(extents)
    reached = np.equal(self, values) | np.isnan(self)
    return values, np.maximum.accumulate(np.where(reached, places, 0), dim)


@_extreme("cummax")
def cummax(self: Array, dim: int) -> tuple[Array, Array]:
    """The largest element up to each one along a dimension, and where it is: the last of equals."""
    return _running_extreme(np.maximum, self, dim)


@_extreme("cummin")
def cummin(self: Array, dim: int) -> tuple[Array, Array]:
    """The smallest element up to each one along a dimension, and where it is: the last of equals."""
    return _running_extreme(np.minimum, self, dim)


@operator(
    "aten::logcumsumexp(Tensor self, int dim) -> Tensor",
    meta=lambda self, dim: TensorMeta(floating(self.dtype), self.shape),
    out=True,
    samples=lambda: [Sample(tensor(3, 4), 1), Sample(array([1000.0, 999.0, -np.inf]), 0)],
)
def logcumsumexp(self: Array, dim: int) -> Array:
    """``log(cumsum(exp(self)))`` along a dimension, without overflow."""
    if not self.ndim:
        return self.copy()
    along = wrap_dim(dim, self.ndim)
    if self.dtype.kind != "c":
        return np.logaddexp.accumulate(widened(self), along)
    rows = np.moveaxis(self, along, 0).copy()
    for number in range(1, len(rows)):
        rows[number] = complex_logaddexp(rows[number - 1], rows[number])
    return np.moveaxis(rows, 0, along)


# Differences and integrals.


def _diff_meta(
    self: TensorMeta,
    n: int,
    dim: int,
    prepend: TensorMeta | None,
    append: TensorMeta | None,
) -> TensorMeta:
    if not self.shape:
        raise RuntimeError("diff needs at least one dimension")
    dim = wrap_dim(dim, self.ndim)
    shape = list(self.shape)
    for part in (prepend, append) if n else ():
        if part is not None:
            shape[dim] += part.shape[dim] if part.shape else 1
    shape[dim] = max(shape[dim] - n, 0)
    return TensorMeta(result_dtype(self, prepend, append), tuple(shape))


@operator(
    "aten::diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None)"
    " -> Tensor",
    meta=_diff_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 5)),
        Sample(tensor(3, 5), 2, 0),
        Sample(tensor(5), 1, -1, tensor(2), tensor(1)),
        Sample(tensor(5, dtype=dtypes.bool_)),
        Sample(tensor(2), 5),
        Sample(tensor(5), 0, -1, tensor(2)),
    ],
    rejects=lambda: [Rejected(tensor())],
)
def diff(
    self: Array,
    n: int = 1,
    dim: int = -1,
    prepend: Array | None = None,
    append: Array | None = None,
) -> Array:
    """Differences of neighbours along a dimension, ``n`` times; of bools, whether they differ."""
    dim = wrap_dim(dim, self.ndim)
    if n == 0:
        return self.copy()
    parts = [part for part in (prepend, self, append) if part is not None]
    source = np.concatenate(parts, dim) if len(parts) > 1 else self
    return np.diff(source, min(n, source.shape[dim]), dim)


def _integral_meta(y: TensorMeta, x: TensorMeta | Scalar, dim: int) -> TensorMeta:
    dim = wrap_dim(dim, y.ndim)
    if not y.shape:
        raise RuntimeError("an integral needs at least one dimension")
    shape = y.shape
    if isinstance(x, TensorMeta) and x.ndim > 1:
        shape = broadcast_shapes(y.shape, x.shape)
    dtype = result_dtype(y, x) if isinstance(x, TensorMeta) else y.dtype
    return TensorMeta(floating(dtype), tuple(n for d, n in enumerate(shape) if d != dim))


def _steps(x: Array | Scalar, y: Array, dim: int) -> Array | Scalar:
    """The distances between the places of ``y``."""
    if not isinstance(x, np.ndarray):
        return x
    if x.ndim > 1:
        return np.diff(x, axis=dim)
    extents = [1] * y.ndim
    extents[dim] = -1
    return np.diff(x).reshape(extents)


def _panels(y: Array, x: Array | Scalar, dim: int) -> Array:
    head = [slice(None)] * y.ndim
    tail = list(head)
    head[dim], tail[dim] = slice(None, -1), slice(1, None)
    return (y[tuple(head)] + y[tuple(tail)]) * _steps(x, y, dim) / 2


@operator("aten::trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor", meta=_integral_meta,
          samples=lambda: [Sample(tensor(3, 4), tensor(4)), Sample(tensor(3, 4), tensor(3), dim=0)])  # fmt: skip
@operator("aten::trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor", meta=_integral_meta,
          samples=lambda: [Sample(tensor(3, 4)), Sample(tensor(3, 4), dx=0.5, dim=0)])  # fmt: skip
@operator("aten::trapz.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor", meta=_integral_meta,
          samples=lambda: [Sample(tensor(3, 4), tensor(4))])  # fmt: skip
@operator("aten::trapz.dx(Tensor y, *, float dx=1., int dim=-1) -> Tensor", meta=_integral_meta,
          samples=lambda: [Sample(tensor(3, 4), dx=0.5)])  # fmt: skip
def trapezoid(y: Array, x: Array | Scalar = 1, dim: int = -1) -> Array:
    """The integral along a dimension by the trapezoid rule; ``x`` are places, or their distance."""
    dim = wrap_dim(dim, y.ndim)
    return np.sum(_panels(widened(y), x, dim), axis=dim)


def _running_integral_meta(y: TensorMeta, x: TensorMeta | Scalar, dim: int) -> TensorMeta:
    whole = _integral_meta(y, x, dim)
    dim = wrap_dim(dim, y.ndim)
    return TensorMeta(
        whole.dtype, (*whole.shape[:dim], max(y.shape[dim] - 1, 0), *whole.shape[dim:])
    )


@operator("aten::cumulative_trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor",
          meta=_running_integral_meta, samples=lambda: [Sample(tensor(3, 4), tensor(4))])  # fmt: skip
@operator("aten::cumulative_trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor",
          meta=_running_integral_meta, samples=lambda: [Sample(tensor(3, 4), dx=0.5, dim=0)])  # fmt: skip
def cumulative_trapezoid(y: Array, x: Array | Scalar = 1, dim: int = -1) -> Array:
    """The integral up to each place along a dimension by the trapezoid rule."""
    dim = wrap_dim(dim, y.ndim)
    return np.cumsum(_panels(widened(y), x, dim), axis=dim)
