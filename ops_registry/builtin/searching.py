"""Finding and counting: searchsorted, bucketize, isin, bincount, histc."""

from __future__ import annotations

from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, Scalar, widened
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _place_dtype(out_int32: bool) -> dtypes.Dtype:
    return dtypes.int32 if out_int32 else dtypes.int64


def _side(right: bool, side: str | None) -> Any:
    if side is None:
        return "right" if right else "left"
    if side not in ("left", "right"):
        raise RuntimeError(f"side is 'left' or 'right', not {side!r}")
    if right and side == "left":
        raise RuntimeError("`side` and `right` contradict each other")
    return side


def _searched_meta(
    sorted_sequence: TensorMeta, self: Any, out_int32: bool, *rest: Any
) -> TensorMeta:
    shape = self.shape if isinstance(self, TensorMeta) else ()
    leading = sorted_sequence.shape[:-1]
    if sorted_sequence.ndim > 1 and (not shape or shape[:-1] != leading):
        raise RuntimeError(
            f"the leading dimensions {list(leading)} of the sorted sequence are not those of the"
            f" values: {list(shape[:-1])}"
        )
    return TensorMeta(_place_dtype(out_int32), shape)


_SORTED = [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]


@operator(
    "aten::searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False,"
    " bool right=False, str? side=None, Tensor? sorter=None) -> Tensor",
    meta=_searched_meta,
    out="Tensor_out",
    samples=lambda: [
        Sample(array([1.0, 3.0, 5.0]), array([[3.0, 4.0], [0.0, 9.0]])),
        Sample(array([1.0, 3.0, 5.0]), array([3.0, 5.0]), right=True),
        Sample(array([1.0, 3.0, 5.0]), array([3.0, 5.0]), side="right", out_int32=True),
        Sample(array(_SORTED), array([[3.0, 9.0], [4.0, 0.0]])),
        Sample(array([5.0, 1.0, 3.0]), array([2.0]), sorter=array([1, 2, 0])),
        Sample(array([1, 3]), array(2)),
    ],
    rejects=lambda: [
        Rejected(array(_SORTED), array([1.0])),
        Rejected(array([1.0]), array([1.0]), right=True, side="left"),
    ],
)
@operator(
    "aten::searchsorted.Scalar(Tensor sorted_sequence, Scalar self, *, bool out_int32=False,"
    " bool right=False, str? side=None, Tensor? sorter=None) -> Tensor",
    meta=_searched_meta,
    out=True,
    samples=lambda: [Sample(array([1.0, 3.0, 5.0]), 3), Sample(array([1, 3]), 2.5)],
)
def searchsorted(
    sorted_sequence: Array,
    self: Array | Scalar,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Array | None = None,
) -> Array:
    """Where values would be put into a sequence that is sorted along its last dimension.

    Before equal elements, or behind them (``right``). Leading dimensions must be equal.
    """
    where = _side(right, side)
    sequence = widened(sorted_sequence)
    values = widened(self) if isinstance(self, np.ndarray) else np.asarray(self)
    if sorter is not None:
        sequence = np.take_along_axis(sequence, sorter, -1)
    if sequence.ndim <= 1:
        return np.searchsorted(sequence.reshape(-1), values, where)
    if not values.size:
        return np.empty(values.shape, np.int64)
    if not sequence.shape[-1]:
        return np.zeros(values.shape, np.int64)
    rows = zip(
        sequence.reshape(-1, sequence.shape[-1]), values.reshape(-1, values.shape[-1]), strict=True
    )
    found = [np.searchsorted(row, wanted, where) for row, wanted in rows]
    return np.stack(found).reshape(values.shape) if found else np.empty(values.shape, np.int64)


def _bucket_meta(self: Any, boundaries: TensorMeta, out_int32: bool, right: bool) -> TensorMeta:
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries have one dimension, not {boundaries.ndim}")
    return TensorMeta(_place_dtype(out_int32), self.shape if isinstance(self, TensorMeta) else ())


@operator(
    "aten::bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False,"
    " bool right=False) -> Tensor",
    meta=_bucket_meta,
    out="Tensor_out",
    samples=lambda: [
        Sample(array([[3.0, 4.0], [0.0, 9.0]]), array([1.0, 3.0, 5.0])),
        Sample(array([3, 4]), array([1, 3, 5]), right=True, out_int32=True),
    ],
    rejects=lambda: [Rejected(tensor(3), tensor(2, 2))],
)
@operator(
    "aten::bucketize.Scalar(Scalar self, Tensor boundaries, *, bool out_int32=False,"
    " bool right=False) -> Tensor",
    meta=_bucket_meta,
    samples=lambda: [Sample(3.0, array([1.0, 3.0, 5.0]))],
)
def bucketize(
    self: Array | Scalar, boundaries: Array, out_int32: bool = False, right: bool = False
) -> Array:
    """The bucket of each value, for boundaries in order; ``right`` puts equals into the next."""
    return searchsorted(boundaries, self, out_int32, right)


# Membership.


def _member_meta(elements: Any, test_elements: Any, *rest: Any) -> TensorMeta:
    return TensorMeta(dtypes.bool_, elements.shape if isinstance(elements, TensorMeta) else ())


@operator(
    "aten::isin.Tensor_Tensor(Tensor elements, Tensor test_elements, *, bool assume_unique=False,"
    " bool invert=False) -> Tensor",
    meta=_member_meta,
    out=True,
    samples=lambda: [
        Sample(array([[1, 2], [3, 4]]), array([2, 3])),
        Sample(array([1, 2]), array([2]), invert=True),
        Sample(array([1.0, np.nan]), array([np.nan])),
        Sample(tensor(0), tensor(3)),
    ],
)
@operator(
    "aten::isin.Tensor_Scalar(Tensor elements, Scalar test_element, *, bool assume_unique=False,"
    " bool invert=False) -> Tensor",
    meta=_member_meta,
    out=True,
    samples=lambda: [Sample(array([1, 2]), 2)],
)
@operator(
    "aten::isin.Scalar_Tensor(Scalar element, Tensor test_elements, *, bool assume_unique=False,"
    " bool invert=False) -> Tensor",
    meta=_member_meta,
    out=True,
    samples=lambda: [Sample(2, array([1, 2]))],
)
def isin(
    elements: Array | Scalar,
    test_elements: Array | Scalar,
    assume_unique: bool = False,
    invert: bool = False,
) -> Array:
    """Whether each element is one of ``test_elements`` (NaN never is)."""
    return np.isin(elements, test_elements, invert=invert)


# Counting.


def _counted_meta(self: TensorMeta, weights: TensorMeta | None, minlength: int) -> TensorMeta:
    if self.ndim != 1 or self.dtype.category != 1:
        raise RuntimeError("bincount takes a vector of integers")
    if weights is None:
        return TensorMeta(dtypes.int64, (-1,))
    return TensorMeta(dtypes.float32 if weights.dtype is dtypes.float32 else dtypes.float64, (-1,))


@operator(
    "aten::bincount(Tensor self, Tensor? weights=None, SymInt minlength=0) -> Tensor",
    meta=_counted_meta,
    out=True,
    samples=lambda: [
        Sample(array([1, 1, 3])),
        Sample(array([1, 1, 3]), minlength=6),
        Sample(array([1, 1, 3]), array([0.5, 1.0, 2.0])),
        Sample(array([], dtypes.int64)),
        Sample(array([1, 1], dtypes.uint8), array([1, 2])),
    ],
    rejects=lambda: [
        Rejected(array([-1])),
        Rejected(array([1.0])),
        Rejected(array([[1]])),
        Rejected(array([1]), array([0.5, 1.0])),
    ],
)
def bincount(self: Array, weights: Array | None = None, minlength: int = 0) -> Array:
    """How often each integer occurs, from 0 up to the largest; or the sum of its weights.

    RuntimeError for negative integers, and for weights of another shape.
    """
    if self.size and self.min() < 0:
        raise RuntimeError("bincount takes integers that are not negative")
    if weights is not None and weights.shape != self.shape:
        raise RuntimeError("bincount needs one weight for each element")
    if minlength < 0:
        raise RuntimeError(f"minlength cannot be negative: {minlength}")
    return np.bincount(self.astype(np.int64), weights, minlength)


@operator(
    "aten::histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor",
    meta=lambda self, bins, min, max: TensorMeta(self.dtype, (bins,)),
    out=True,
    samples=lambda: [
        Sample(array([1.0, 2.0, 3.0, 2.5]), 4),
        Sample(array([1.0, 2.0, 3.0, 9.0]), 4, 0, 4),
        Sample(array([2.0, 2.0]), 3),
        Sample(tensor(0), 3),
    ],
    rejects=lambda: [Rejected(tensor(3), 0), Rejected(tensor(3), 3, 2, 1)],
)
def histc(self: Array, bins: int = 100, min: Scalar = 0, max: Scalar = 0) -> Array:
    """How many elements are in each of ``bins`` equal parts of [min, max].

    Without bounds, from the smallest element to the largest; others are not counted.
    """
    low, high = float(min.real), float(max.real)
    if bins <= 0:
        raise RuntimeError(f"the number of bins must be positive, not {bins}")
    values = widened(self).reshape(-1)
    if low == high and values.size:
        low, high = float(values.min()), float(values.max())
    if low > high:
        raise RuntimeError("max must not be less than min")
    if low == high:
        low, high = low - 1, high + 1
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(f"the range [{low}, {high}] is not finite")
    return np.histogram(values, bins, (low, high))[0]
