"""Sorting and what follows from it: sort, argsort, topk, kthvalue, median, mode, unique.

NaN counts as larger than every number. Equal elements keep their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.extremes import picked
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta, like, reduced_shape, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def order(self: Array, dim: int, descending: bool) -> Array:
    """The indices that sort along a dimension, equal elements in their own order."""
    keys = widened(self)
    if not descending:
        return np.argsort(keys, dim, kind="stable")
    # Reversed twice: equal elements keep their order, NaN comes first.
    extent = self.shape[dim]
    return extent - 1 - np.flip(np.argsort(np.flip(keys, dim), dim, kind="stable"), dim)


def _pair(self: TensorMeta, *rest: Any) -> tuple[TensorMeta, TensorMeta]:
    return self, TensorMeta(dtypes.int64, self.shape)


def _sort_meta(self: TensorMeta, dim: int, descending: bool) -> tuple[TensorMeta, TensorMeta]:
    wrap_dim(dim, self.ndim)
    return _pair(self)


def _sort_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4), 0, True),
        Sample(array([3.0, np.nan, 1.0, 1.0, -np.inf])),
        Sample(array([3.0, np.nan, 1.0, 1.0, -np.inf]), -1, True),
        Sample(array([2, 1, 2, 0])),
        Sample(array([True, False, True]), -1, True),
        Sample(tensor(5, dtype=dtypes.bfloat16)),
        Sample(tensor()),
        Sample(tensor(0, 3)),
    ]


@operator(
    "aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)",
    meta=_sort_meta,
    out="values",
    samples=_sort_samples,
    rejects=lambda: [Rejected(tensor(3), 1)],
)
def sort(self: Array, dim: int = -1, descending: bool = False) -> tuple[Array, Array]:
    """The elements in order along a dimension, and where they were.

    NaN counts as largest; equal elements keep their order.
    """
    dim = wrap_dim(dim, self.ndim)
    if not self.ndim:
        return self.copy(), np.zeros((), np.int64)
    indices = order(self, dim, descending)
    return np.take_along_axis(self, indices, dim), indices


@operator(
    "aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False)"
    " -> (Tensor values, Tensor indices)",
    meta=_pair,
    out="values_stable",
    samples=lambda: [Sample(s.args[0], stable=True) for s in _sort_samples()],
)
def sort_stable(
    self: Array, stable: bool | None, dim: int = -1, descending: bool = False
) -> tuple[Array, Array]:
    """``sort``: it is always stable."""
    return sort(self, dim, descending)


@operator(
    "aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor",
    meta=lambda self, dim, descending: TensorMeta(dtypes.int64, self.shape),
    samples=_sort_samples,
)
def argsort(self: Array, dim: int = -1, descending: bool = False) -> Array:
    """Where the elements of the sorted tensor were, along a dimension."""
    return sort(self, dim, descending)[1]


@operator(
    "aten::argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False)"
    " -> Tensor",
    meta=lambda self, stable, dim, descending: TensorMeta(dtypes.int64, self.shape),
    out=True,
    samples=lambda: [Sample(s.args[0], stable=True) for s in _sort_samples()],
)
def argsort_stable(self: Array, stable: bool, dim: int = -1, descending: bool = False) -> Array:
    """``argsort``: it is always stable."""
    return sort(self, dim, descending)[1]


@operator("aten::msort(Tensor self) -> Tensor", meta=like("self"), out=True,
          samples=lambda: [Sample(tensor(3, 4)), Sample(tensor())])  # fmt: skip
def msort(self: Array) -> Array:
    """The elements in order along the first dimension."""
    return sort(self, 0)[0]


def _top_meta(
    self: TensorMeta, k: int, dim: int, largest: bool, sorted: bool
) -> tuple[TensorMeta, TensorMeta]:
    dim = wrap_dim(dim, self.ndim)
    extent = self.shape[dim] if self.shape else 1
    if not 0 <= k <= extent:
        raise RuntimeError(f"topk of {k} elements of a dimension of size {extent}")
    shape = (*self.shape[:dim], k, *self.shape[dim + 1 :]) if self.shape else ()
    return TensorMeta(self.dtype, shape), TensorMeta(dtypes.int64, shape)


@operator(
    "aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True)"
    " -> (Tensor values, Tensor indices)",
    meta=_top_meta,
    out="values",
    samples=lambda: [
        Sample(tensor(3, 8), 3),
        Sample(tensor(3, 8), 2, 0, False),
        Sample(array([3.0, np.nan, 1.0, 2.0]), 2),
        Sample(tensor(200), 5),
        Sample(tensor(200), 5, largest=False),
        Sample(tensor(5, dtype=dtypes.bfloat16), 2),
        Sample(tensor(), 1),
        Sample(tensor(4), 0),
    ],
    rejects=lambda: [Rejected(tensor(3), 4), Rejected(tensor(3), -1), Rejected(tensor(3), 1, 1)],
)
def topk(
    self: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> tuple[Array, Array]:
    """The ``k`` largest (or smallest) elements along a dimension, in order, and where they are.

    NaN counts as largest. RuntimeError when there are fewer than ``k``.
    """
    dim = wrap_dim(dim, self.ndim)
    if not self.ndim:
        return self.copy(), np.zeros((), np.int64)
    keys = widened(self)
    extent = self.shape[dim]
    if 0 < 8 * k < extent:
        # Sort only the k candidates; where they stand decides between equals.
        kth = extent - k if largest else k - 1
        part = np.argpartition(keys, kth, dim)
        chosen = np.take(part, np.arange(extent - k, extent) if largest else np.arange(k), dim)
        chosen = np.sort(chosen, dim)
        inner = order(np.take_along_axis(keys, chosen, dim), dim, largest)
        indices = np.take_along_axis(chosen, inner, dim)
    else:
        indices = np.take(order(keys, dim, largest), np.arange(k), dim)
    return np.take_along_axis(self, indices, dim), indices


def _kth_meta(self: TensorMeta, k: int, dim: int, keepdim: bool) -> tuple[TensorMeta, TensorMeta]:
    extent = self.shape[wrap_dim(dim, self.ndim)] if self.shape else 1
    if not 1 <= k <= extent:
        raise RuntimeError(f"kthvalue takes k from 1 to {extent}, not {k}")
    return _one_of(self, dim, keepdim)


def _one_of(self: TensorMeta, dim: int, keepdim: bool) -> tuple[TensorMeta, TensorMeta]:
    shape = reduced_shape(self.shape, dim, keepdim)
    return TensorMeta(self.dtype, shape), TensorMeta(dtypes.int64, shape)


@operator(
    "aten::kthvalue(Tensor self, SymInt k, int dim=-1, bool keepdim=False)"
    " -> (Tensor values, Tensor indices)",
    meta=_kth_meta,
    out="values",
    samples=lambda: [
        Sample(tensor(3, 4), 2),
        Sample(tensor(3, 4), 1, 0, True),
        Sample(array([3.0, np.nan, 1.0]), 3),
        Sample(tensor(), 1),
    ],
    rejects=lambda: [Rejected(tensor(3), 0), Rejected(tensor(3), 4)],
)
def kthvalue(self: Array, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The ``k``-th smallest element (from 1) along a dimension, and where it is."""
    dim = wrap_dim(dim, self.ndim)
    if not self.ndim:
        return self.copy(), np.zeros((), np.int64)
    return picked(self, dim, np.take(order(self, dim, False), [k - 1], dim), keepdim)


# The middle and the most frequent one.


def _median_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 5)),
        Sample(tensor(4)),
        Sample(array([1.0, np.nan, 2.0])),
        Sample(array([3, 1, 2, 4])),
        Sample(tensor()),
        Sample(tensor(0)),
    ]


def _median_dim_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 5), 1),
        Sample(tensor(3, 4), 0, True),
        Sample(array([1.0, np.nan, 2.0]), 0),
        Sample(array([[3, 1, 2, 4]]), -1),
        Sample(tensor(), 0),
    ]


def _middle(self: Array, dim: int, keepdim: bool, skip: bool) -> tuple[Array, Array]:
    dim = wrap_dim(dim, self.ndim)
    if not self.ndim:
        return self.copy(), np.zeros((), np.int64)
    ordered = order(self, dim, False)
    missing = np.count_nonzero(np.isnan(self), axis=dim, keepdims=True)
    extent = self.shape[dim]
    present = np.maximum(extent - missing, 1) if skip else extent
    middle = np.asarray((present - 1) // 2)
    if not skip:
        # The first NaN, which is sorted behind all numbers.
        middle = np.where(missing > 0, extent - missing, middle)
    places = np.take_along_axis(ordered, np.broadcast_to(middle, missing.shape), dim)
    return picked(self, dim, places, keepdim)


def _middle_of_all(self: Array, skip: bool) -> Array:
    if not self.size:
        return np.full((), np.nan if self.dtype.kind not in "iu" else np.iinfo(self.dtype).min)
    return _middle(self.reshape(-1), 0, False, skip)[0]


@operator("aten::median(Tensor self) -> Tensor", out=True, samples=_median_samples,
          meta=lambda self: TensorMeta(self.dtype, ()))  # fmt: skip
def median(self: Array) -> Array:
    """The middle element in order, the lower one of two; NaN if there is one."""
    return _middle_of_all(self, False)


@operator("aten::nanmedian(Tensor self) -> Tensor", out=True, samples=_median_samples,
          meta=lambda self: TensorMeta(self.dtype, ()))  # fmt: skip
def nanmedian(self: Array) -> Array:
    """The middle element in order of those that are not NaN."""
    return _middle_of_all(self, True)


@operator(
    "aten::median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    meta=_one_of,
    out="dim_values",
    samples=_median_dim_samples,
    rejects=lambda: [Rejected(tensor(3), 1)],
)
def median_dim(self: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    """The middle element in order along a dimension, the lower one of two, and where it is."""
    return _middle(self, dim, keepdim, False)


@operator(
    "aten::nanmedian.dim(Tensor self, int dim, bool keepdim=False)"
    " -> (Tensor values, Tensor indices)",
    meta=_one_of,
    out="dim_values",
    samples=_median_dim_samples,
)
def nanmedian_dim(self: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    """``median`` along a dimension of what is not NaN."""
    return _middle(self, dim, keepdim, True)


@operator(
    "aten::mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
    meta=_one_of,
    out="values",
    samples=lambda: [
        Sample(array([1, 2, 2, 1, 3])),
        Sample(array([[1.0, 2.0], [1.0, 0.0]]), 0),
        Sample(array([[1, 2], [2, 2]]), 1, True),
        Sample(tensor()),
    ],
)
def mode(self: Array, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The most frequent element along a dimension (the smallest of several) and its last place."""
    dim = wrap_dim(dim, self.ndim)
    if not self.ndim:
        return self.copy(), np.zeros((), np.int64)
    indices = np.apply_along_axis(_mode_of, dim, self)
    return picked(self, dim, np.expand_dims(indices, dim), keepdim)


def _mode_of(row: Array) -> int:
    _, inverse, counts = np.unique(row, return_inverse=True, return_counts=True)
    return int(np.flatnonzero(inverse == np.argmax(counts))[-1])


# Distinct elements.


def _unique2_meta(
    self: TensorMeta, sorted: bool, return_inverse: bool, return_counts: bool
) -> tuple[TensorMeta, TensorMeta, TensorMeta]:
    inverse = self.shape if return_inverse or return_counts else (0,)
    return (
        TensorMeta(self.dtype, (-1,)),
        TensorMeta(dtypes.int64, inverse),
        TensorMeta(dtypes.int64, (-1,) if return_counts else (0,)),
    )


def _nothing() -> Array:
    return np.empty(0, np.int64)


def _unique_samples() -> list[Sample]:
    return [
        Sample(array([3, 1, 1, 2]), True, True, True),
        Sample(array([[3.0, 1.0], [1.0, np.nan]]), True, True, True),
        Sample(array([3, 1, 1, 2])),
        Sample(array([3, 1, 1, 2]), True, True),
        Sample(tensor(0)),
        Sample(tensor(), True, True, True),
    ]


@operator(
    "aten::_unique2(Tensor self, bool sorted=True, bool return_inverse=False,"
    " bool return_counts=False) -> (Tensor, Tensor, Tensor)",
    meta=_unique2_meta,
    samples=_unique_samples,
)
def unique2(
    self: Array, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> tuple[Array, Array, Array]:
    """The distinct elements in order, where each element is among them, and how often they are.

    What is not asked for is empty. Each NaN is an element of its own.
    """
    values, inverse, counts = np.unique(
        widened(self), return_inverse=True, return_counts=True, equal_nan=False
    )
    return (
        values,
        inverse.reshape(self.shape) if return_inverse or return_counts else _nothing(),
        counts if return_counts else _nothing(),
    )


@operator(
    "aten::_unique(Tensor self, bool sorted=True, bool return_inverse=False) -> (Tensor, Tensor)",
    meta=lambda self, sorted, return_inverse: _unique2_meta(self, sorted, return_inverse, False)[
        :2
    ],
    samples=lambda: [Sample(*s.args[:3]) for s in _unique_samples()],
)
def unique(self: Array, sorted: bool = True, return_inverse: bool = False) -> tuple[Array, Array]:
    """The distinct elements in order, and where each element is among them."""
    return unique2(self, sorted, return_inverse)[:2]


def _rows_meta(self: TensorMeta, dim: int, *rest: Any) -> Any:
    dim = wrap_dim(dim, self.ndim)
    return (
        TensorMeta(self.dtype, (*self.shape[:dim], -1, *self.shape[dim + 1 :])),
        TensorMeta(dtypes.int64, (-1,)),
        TensorMeta(dtypes.int64, (-1,)),
    )


@operator(
    "aten::unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False,"
    " bool return_counts=False) -> (Tensor, Tensor, Tensor)",
    meta=_rows_meta,
    samples=lambda: [
        Sample(array([[1, 2], [0, 3], [1, 2]]), 0, True, True, True),
        Sample(array([[1, 1], [0, 0]]), 1, True, True, True),
    ],
)
def unique_dim(
    self: Array,
    dim: int,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
) -> tuple[Array, Array, Array]:
    """The distinct slices of a dimension in order, where each is among them, and how often."""
    values, inverse, counts = np.unique(
        self, return_inverse=True, return_counts=True, axis=wrap_dim(dim, self.ndim)
    )
    return values, inverse.reshape(-1), counts


def _consecutive_meta(
    self: TensorMeta, return_inverse: bool, return_counts: bool, dim: int | None
) -> Any:
    if dim is None:
        inverse = self.shape if return_inverse else (0,)
        values: tuple[int, ...] = (-1,)
    else:
        dim = wrap_dim(dim, self.ndim)
        inverse = (self.shape[dim],) if return_inverse else (0,)
        values = (*self.shape[:dim], -1, *self.shape[dim + 1 :])
    return (
        TensorMeta(self.dtype, values),
        TensorMeta(dtypes.int64, inverse),
        TensorMeta(dtypes.int64, (-1,) if return_counts else (0,)),
    )


@operator(
    "aten::unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False,"
    " int? dim=None) -> (Tensor, Tensor, Tensor)",
    meta=_consecutive_meta,
    samples=lambda: [
        Sample(array([1, 1, 2, 1, 1])),
        Sample(array([1, 1, 2, 1, 1]), True, True),
        Sample(array([[1, 1], [1, 2]]), True, True),
        Sample(array([[1, 2], [1, 2], [0, 1]]), True, True, 0),
        Sample(tensor(0), True, True),
    ],
)
def unique_consecutive(
    self: Array,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> tuple[Array, Array, Array]:
    """The first of each run of equal neighbours, the run of each element, and how long runs are."""
    axis = 0 if dim is None else wrap_dim(dim, self.ndim)
    source = self.reshape(-1) if dim is None else np.moveaxis(self, axis, 0)
    rows = source.reshape(len(source), -1) if source.size else source.reshape(len(source), 1)
    starts = np.ones(len(rows), np.bool_)
    starts[1:] = (rows[1:] != rows[:-1]).any(1)
    inverse = np.cumsum(starts) - 1
    values = np.moveaxis(source[starts], 0, axis)
    counts = np.bincount(inverse, minlength=0) if len(rows) else _nothing()
    return (
        np.ascontiguousarray(values),
        inverse.reshape(self.shape if dim is None else -1) if return_inverse else _nothing(),
        counts if return_counts else _nothing(),
    )
