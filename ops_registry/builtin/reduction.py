"""Reductions: sum, mean, prod, any, all, logsumexp, count_nonzero.

Max and min are ``extremes``, spread and norms ``statistics``, running sums ``cumulative``. Sums of
integers and bools are int64; 16 bit floats are summed in float32 and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.dtypes import Dtype
from ops_registry.meta import (
    TensorMeta,
    floating,
    reduced_shape,
    reduction,
    wrap_dims,
)
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])
Dims = Sequence[int] | int | None


def axes(self: Array, dim: Dims) -> tuple[int, ...] | None:
    """The dimensions that a reduction is over, as NumPy takes them; None means all."""
    if isinstance(dim, int):
        dim = (dim,)
    if dim is None or not len(dim):
        return None
    wrapped = wrap_dims(dim, self.ndim)
    return wrapped if self.ndim else None


def summed_dtype(dtype: Dtype) -> Dtype:
    """int64 for integers and bools, which would overflow; others themselves."""
    return dtypes.int64 if dtype.category < 2 else dtype


def cast(self: Array, dtype: int | None) -> Array:
    """The operand in the dtype that was asked for; 16 bit floats in float32."""
    if dtype is not None:
        self = self.astype(dtypes.from_code(dtype).numpy, copy=False)
    elif self.dtype.kind in "iub":
        return self if self.dtype == np.int64 else self.astype(np.int64)
    return widened(self)


def floats() -> list[Array]:
    """Operands of reductions: strides, 16 bit floats, special values, 0-dim and empty ones."""
    return [
        tensor(3, 4),
        tensor(2, 3, 4).transpose(2, 0, 1),
        tensor(),
        tensor(5, dtype=dtypes.float64),
        tensor(30, dtype=dtypes.float16),
        tensor(30, dtype=dtypes.bfloat16),
        array([1.0, np.nan, np.inf]),
    ]


def integers() -> list[Array]:
    return [
        tensor(3, 4, dtype=dtypes.int32),
        tensor(4, dtype=dtypes.uint8),
        tensor(4, dtype=dtypes.bool_),
    ]


def whole_samples(*extra: Array) -> list[Sample]:
    return [Sample(x) for x in (*floats(), *extra)]


def dim_samples(*, several: bool) -> list[Sample]:
    """The dimensions that a reduction may be over, ``keepdim`` included."""
    x = tensor(2, 3, 4)
    samples = [Sample(x, [1] if several else 1, True), Sample(x, [-1] if several else -1)]
    samples.append(Sample(tensor(), [0] if several else 0))
    samples.append(Sample(tensor(0, 3), [1] if several else 1))
    if several:
        samples += [Sample(x, [0, -1]), Sample(x, [2, 0], True), Sample(x, [0, 1, 2])]
    return samples


def dim_rejects(*, several: bool) -> list[Rejected]:
    if several:
        return [Rejected(tensor(3), [1]), Rejected(tensor(3, 4), [0, -2])]
    return [Rejected(tensor(3), 1)]


# Sums.


@operator(
    "aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *,"
    " ScalarType? dtype=None) -> Tensor",
    meta=reduction(result=summed_dtype),
    out="IntList_out",
    samples=lambda: [
        *dim_samples(several=True),
        Sample(tensor(3, 4), None),
        Sample(tensor(3, 4), [], True),
        Sample(tensor(3, 4), [0], dtype=dtypes.int32.code),
        Sample(tensor(0, 3), [0]),
        Sample(tensor(4, dtype=dtypes.bool_), [0]),
    ],
    rejects=lambda: dim_rejects(several=True),
)
def sum_dim(self: Array, dim: Dims, keepdim: bool = False, dtype: int | None = None) -> Array:
    """The sum over dimensions, or over all of them if none is named.

    Integers and bools are summed in int64 unless ``dtype`` says otherwise; an empty sum is 0.
    """
    return np.sum(cast(self, dtype), axis=axes(self, dim), keepdims=keepdim)


@operator(
    "aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor",
    meta=reduction(result=summed_dtype),
    out=True,
    samples=lambda: [
        *whole_samples(*integers(), tensor(0)),
        Sample(tensor(3, 4), dtype=dtypes.float64.code),
    ],
)
def sum(self: Array, dtype: int | None = None) -> Array:
    """The sum of all elements; integers and bools in int64."""
    return np.sum(cast(self, dtype))


@operator(
    "aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor",
    meta=reduction(result=summed_dtype),
    out=True,
    samples=lambda: whole_samples(*integers(), tensor(0)),
)
def prod(self: Array, dtype: int | None = None) -> Array:
    """The product of all elements; integers and bools in int64; an empty one is 1."""
    return np.prod(cast(self, dtype))


@operator(
    "aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None)"
    " -> Tensor",
    meta=reduction(result=summed_dtype),
    out="int_out",
    samples=lambda: [*dim_samples(several=False), Sample(tensor(0, 3), 0)],
    rejects=lambda: dim_rejects(several=False),
)
def prod_dim(self: Array, dim: int, keepdim: bool = False, dtype: int | None = None) -> Array:
    """The product over a dimension."""
    return np.prod(cast(self, dtype), axis=axes(self, dim), keepdims=keepdim)


def _mean_dtype(dtype: Dtype) -> Dtype:
    if dtype.category < 2:
        raise RuntimeError(
            f"the mean of {dtype!r} has no dtype: convert to a floating point one, or give `dtype`"
        )
    return dtype


@operator(
    "aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor",
    meta=reduction(result=_mean_dtype),
    out="dtype_out",
    samples=lambda: [
        *whole_samples(tensor(0)),
        Sample(tensor(3, dtype=dtypes.int64), dtype=dtypes.float32.code),
    ],
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int64))],
)
def mean(self: Array, dtype: int | None = None) -> Array:
    """The mean of all elements; NaN for none. RuntimeError for integers without a ``dtype``."""
    return mean_dim(self, None, False, dtype)


@operator(
    "aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None)"
    " -> Tensor",
    meta=reduction(result=_mean_dtype),
    out="out",
    samples=lambda: [
        *dim_samples(several=True),
        Sample(tensor(3, 4), None),
        Sample(tensor(3, 4), [], True),
        Sample(tensor(0, 3), [0]),
        Sample(tensor(3, 4, dtype=dtypes.int64), [0], dtype=dtypes.float64.code),
    ],
    rejects=lambda: dim_rejects(several=True),
)
def mean_dim(self: Array, dim: Dims, keepdim: bool = False, dtype: int | None = None) -> Array:
    """The mean over dimensions, or over all of them if none is named."""
    if dtype is not None:
        _mean_dtype(dtypes.from_code(dtype))
    source = cast(self, dtype)
    over = axes(self, dim)
    total = np.sum(source, axis=over, keepdims=keepdim)
    return np.true_divide(total, total.dtype.type(reduced_count(self, over)))


def reduced_count(self: Array, over: tuple[int, ...] | None) -> int:
    """How many elements are reduced to one."""
    count = 1
    for d in range(self.ndim) if over is None else over:
        count *= self.shape[d]
    return count


@operator(
    "aten::nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None)"
    " -> Tensor",
    meta=reduction(result=summed_dtype),
    out=True,
    samples=lambda: [
        *whole_samples(*integers()),
        *dim_samples(several=True),
        Sample(array([[np.nan, 1.0], [np.nan, np.nan]]), [1]),
    ],
)
def nansum(self: Array, dim: Dims = None, keepdim: bool = False, dtype: int | None = None) -> Array:
    """The sum over dimensions with NaN counted as zero."""
    source = cast(self, dtype)
    kept = np.where(np.isnan(source), source.dtype.type(0), source)
    return np.sum(kept, axis=axes(self, dim), keepdims=keepdim)


@operator(
    "aten::nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None)"
    " -> Tensor",
    meta=reduction(result=_mean_dtype),
    out=True,
    samples=lambda: [
        *whole_samples(),
        *dim_samples(several=True),
        Sample(array([[np.nan, 1.0], [np.nan, np.nan]]), [1]),
    ],
)
def nanmean(
    self: Array, dim: Dims = None, keepdim: bool = False, dtype: int | None = None
) -> Array:
    """The mean over dimensions of what is not NaN."""
    over = axes(self, dim)
    present = np.sum(~np.isnan(self), axis=over, keepdims=keepdim)
    return np.true_divide(nansum(self, dim, keepdim, dtype), present)


@operator(
    "aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
    meta=reduction(result=floating),
    out=True,
    samples=lambda: [
        *dim_samples(several=True),
        Sample(array([-np.inf, -np.inf]), [0]),
        Sample(array([np.inf, 1.0]), [0]),
        Sample(array([1000.0, 1000.0]), [0]),
        Sample(array([1, 2]), [0]),
        Sample(tensor(4, dtype=dtypes.float16), [0]),
        Sample(tensor(0, 3), [0]),
    ],
)
def logsumexp(self: Array, dim: Dims, keepdim: bool = False) -> Array:
    """``log(sum(exp(self)))`` over dimensions, without overflow."""
    source = widened(self)
    if source.dtype.kind in "iub":
        source = source.astype(dtypes.default_dtype().numpy)
    over = axes(self, dim)
    if reduced_count(self, over) == 0:
        return np.log(np.sum(source, axis=over, keepdims=keepdim))
    # of complex numbers, the largest real part: what would overflow
    high = np.max(source.real, axis=over, keepdims=True)
    high = np.where(np.isinf(high), high.dtype.type(0), high)
    total = np.log(np.sum(np.exp(source - high), axis=over, keepdims=True)) + high
    return total if keepdim else np.squeeze(total, axis=over)


@operator(
    "aten::count_nonzero(Tensor self, int? dim=None) -> Tensor",
    meta=reduction(result=dtypes.int64),
    out=True,
    samples=lambda: [
        Sample(array([[np.nan, 0.0], [1.0, 0.0]])),
        Sample(array([[np.nan, 0.0], [1.0, 0.0]]), 1),
        Sample(array([0, 3])),
        Sample(tensor(), 0),
    ],
)
@operator(
    "aten::count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor",
    meta=reduction(result=dtypes.int64),
    out=True,
    samples=lambda: [Sample(array([[np.nan, 0.0], [1.0, 0.0]]), [0, 1])],
)
def count_nonzero(self: Array, dim: Dims = None) -> Array:
    """How many elements are not zero (NaN is not)."""
    return np.asarray(np.count_nonzero(self, axis=axes(self, dim)))


def _kept_axes(shape: tuple[int, ...], size: Sequence[int]) -> tuple[int, ...]:
    """The dimensions that summing ``shape`` to ``size`` is over; those added in front first."""
    lead = len(shape) - len(size)
    fits = lead >= 0 and not [n for n, m in zip(shape[lead:], size) if m not in (1, n)]
    if not fits:
        raise RuntimeError(f"shape {list(shape)} does not sum to {list(size)}")
    inner = [d for d in range(lead, len(shape)) if size[d - lead] == 1 and shape[d] != 1]
    return (*range(lead), *inner)


def _summed_to(self: TensorMeta, size: Sequence[int]) -> TensorMeta:
    _kept_axes(self.shape, size)
    whole = (not size or self.shape != tuple(size)) and self.dtype.category < 2
    return TensorMeta(dtypes.int64 if whole else self.dtype, tuple(size))


@operator(
    "aten::sum_to_size(Tensor self, SymInt[] size) -> Tensor",
    meta=_summed_to,
    samples=lambda: [
        Sample(tensor(2, 3, 4), [3, 1]),
        Sample(tensor(2, 3), [1, 1]),
        Sample(tensor(2, 3), []),
    ],
    rejects=lambda: [Rejected(tensor(2, 3), [2]), Rejected(tensor(2), [2, 2])],
)
def sum_to_size(self: Array, size: Sequence[int]) -> Array:
    """Summed over what broadcasting ``size`` to the tensor's shape would have repeated.

    The tensor itself when there is nothing to sum; sums of integers are int64.
    """
    if size and self.shape == tuple(size):
        return self
    return np.sum(widened(self), axis=_kept_axes(self.shape, size)).reshape(tuple(size))


# Truth.


def _truth_dtype(dtype: Dtype) -> Dtype:
    return dtype if dtype is dtypes.uint8 else dtypes.bool_


def _truth_dims_meta(self: TensorMeta, dim: Dims, keepdim: bool) -> TensorMeta:
    dtype = _truth_dtype(self.dtype)
    if dim is not None and not isinstance(dim, int) and not len(dim):
        return TensorMeta(dtype, self.shape)
    return TensorMeta(dtype, reduced_shape(self.shape, dim, keepdim))


def _truth(name: str, function: F) -> F:
    """Declare ``any`` or ``all`` in its three forms."""
    operator(
        f"aten::{name}.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
        meta=_truth_dims_meta,
        out=True,
        samples=lambda: [
            *dim_samples(several=True),
            Sample(tensor(2, 3, dtype=dtypes.bool_)),
            Sample(tensor(2, 3), []),
            Sample(tensor(0, 3), [0]),
        ],
        rejects=lambda: dim_rejects(several=True),
    )(function)
    operator(
        f"aten::{name}.dim(Tensor self, int dim, bool keepdim=False) -> Tensor",
        meta=reduction(result=_truth_dtype),
        out="out",
        samples=lambda: [
            *dim_samples(several=False),
            Sample(array([[0.0, np.nan], [0.0, 1.0]]), 0),
            Sample(tensor(0, 3), 0),
        ],
        rejects=lambda: dim_rejects(several=False),
    )(function)
    return operator(
        f"aten::{name}(Tensor self) -> Tensor",
        meta=reduction(result=_truth_dtype),
        out="all_out",
        samples=lambda: whole_samples(*integers(), tensor(0), array([0.0, 0.0])),
    )(function)


def _true(self: Array) -> Array:
    return self if self.dtype.kind == "b" else np.not_equal(self, 0)


def all(self: Array, dim: Dims = None, keepdim: bool = False) -> Array:
    """Whether all elements are true (not zero), over dimensions; bool, but uint8 for uint8."""
    if dim is not None and not isinstance(dim, int) and not len(dim):
        return _true(self) if self.dtype.kind != "b" else self.copy()
    return np.all(_true(self), axis=axes(self, dim), keepdims=keepdim)


def any(self: Array, dim: Dims = None, keepdim: bool = False) -> Array:
    """Whether some element is true (not zero), over dimensions; bool, but uint8 for uint8."""
    if dim is not None and not isinstance(dim, int) and not len(dim):
        return _true(self) if self.dtype.kind != "b" else self.copy()
    return np.any(_true(self), axis=axes(self, dim), keepdims=keepdim)


_truth("all", all)
_truth("any", any)
