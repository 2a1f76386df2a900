"""Looking rows of a table up: embedding, sums of bags of rows, one-hot rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.dtypes import Dtype
from ops_registry.meta import TensorMeta, like
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])
Four: TypeAlias = tuple[Any, Any, Any, Any]

_SUM, _MEAN, _MAX = range(3)
#: Keeps a row that is scaled to the largest norm from exceeding it.
_NORM_MARGIN = 1e-7


def _check_index_dtype(dtype: Dtype, what: str = "indices") -> None:
    if dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(f"embedding: {what} are int64 or int32, not {dtype!r}")


def _check_rows(indices: np.ndarray, rows: int) -> None:
    if indices.size and not (0 <= indices.min() and indices.max() < rows):
        wrong = indices[(indices < 0) | (indices >= rows)].reshape(-1)[0]
        raise IndexError(f"embedding: index {wrong} is out of range for a table of {rows} rows")


def _rows(*indices: int, dtype: Dtype = dtypes.int64) -> np.ndarray:
    return array(list(indices) or np.zeros(0), dtype)


# embedding.


def _embedding_meta(weight: TensorMeta, indices: TensorMeta, *rest: object) -> TensorMeta:
    if weight.ndim != 2:
        raise RuntimeError(f"embedding: the table has 2 dimensions, not {weight.ndim}")
    _check_index_dtype(indices.dtype)
    return TensorMeta(weight.dtype, (*indices.shape, weight.shape[1]))


@operator(
    "aten::embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1,"
    " bool scale_grad_by_freq=False, bool sparse=False) -> Tensor",
    meta=_embedding_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(5, 3), _rows(0, 4, 4, 1)),
        Sample(tensor(5, 3), array([[0, 1], [2, 3]])),
        Sample(tensor(5, 3), array(2)),
        Sample(tensor(5, 3), _rows()),
        Sample(tensor(5, 3), _rows(1, 2, dtype=dtypes.int32), 1),
        Sample(tensor(3, 5).T, _rows(1, 2)),
        Sample(tensor(5, 0), _rows(1, 2)),
        Sample(tensor(5, 3, dtype=dtypes.bfloat16), _rows(1, 2)),
    ],
    rejects=lambda: [
        Rejected(tensor(5, 3), _rows(5)),
        Rejected(tensor(5, 3), _rows(-1)),
        Rejected(tensor(5, 3), array([1.0])),
        Rejected(tensor(5), _rows(1)),
    ],
)
def embedding(
    weight: np.ndarray,
    indices: np.ndarray,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> np.ndarray:
    """The rows of a table at ``indices``; IndexError when one is out of range.

    Shapes: weight (rows, width) and indices (*) give (*, width). The other arguments only matter
    for gradients.
    """
    _check_rows(indices, len(weight))
    return np.ascontiguousarray(weight[indices])


@operator(
    "aten::embedding_renorm_(Tensor(a!) self, Tensor indices, float max_norm, float norm_type)"
    " -> Tensor(a!)",
    meta=like("self"),
    samples=lambda: [
        Sample(tensor(5, 3), _rows(0, 4, 4), 1.0, 2.0),
        Sample(tensor(5, 3), array([[0], [2]]), 0.5, 1.0),
        Sample(tensor(5, 3), _rows(1), 0.5, float("inf")),
        Sample(tensor(5, 3), _rows(), 0.5, 2.0),
    ],
    rejects=lambda: [Rejected(tensor(5, 3), _rows(9), 1.0, 2.0)],
)
def embedding_renorm_(
    self: np.ndarray, indices: np.ndarray, max_norm: float, norm_type: float
) -> np.ndarray:
    """Scale the rows at ``indices`` that are longer than ``max_norm`` to that length, in place.

    Shapes: self (rows, width), indices (*). Length is the norm of order ``norm_type``.
    """
    if self.ndim != 2:
        raise RuntimeError(f"embedding: the table has 2 dimensions, not {self.ndim}")
    _check_index_dtype(dtypes.from_numpy(indices.dtype))
    _check_rows(indices, len(self))
    chosen = np.unique(indices)
    rows = self[chosen]
    wide = rows.astype(np.float64) if rows.dtype == np.float64 else rows.astype(np.float32)
    norms = np.linalg.norm(wide, norm_type, axis=1)
    long = norms > max_norm
    scale = max_norm / (norms[long] + _NORM_MARGIN)
    self[chosen[long]] = (wide[long] * scale[:, None].astype(wide.dtype)).astype(self.dtype)
    return self


@operator(
    "aten::embedding_renorm(Tensor self, Tensor indices, float max_norm, float norm_type)"
    " -> Tensor",
    meta=like("self"),
    out=True,
    samples=lambda: [Sample(tensor(5, 3), _rows(0, 4, 4), 1.0, 2.0)],
)
def embedding_renorm(
    self: np.ndarray, indices: np.ndarray, max_norm: float, norm_type: float
) -> np.ndarray:
    """A copy of the table with long rows scaled; see ``embedding_renorm_``."""
    return embedding_renorm_(self.copy("K"), indices, max_norm, norm_type)


def _backward_meta(
    grad_output: TensorMeta, indices: TensorMeta, num_weights: int, *rest: object
) -> TensorMeta:
    _check_index_dtype(indices.dtype)
    return TensorMeta(grad_output.dtype, (num_weights, grad_output.shape[-1]))


@operator(
    "aten::embedding_dense_backward(Tensor grad_output, Tensor indices, SymInt num_weights,"
    " SymInt padding_idx, bool scale_grad_by_freq) -> Tensor",
    meta=_backward_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(5, 3), _rows(1, 2, 0, 3, 1), 4, 1, False),
        Sample(tensor(2, 2, 3), array([[1, 1], [1, 0]]), 4, -1, True),
        Sample(tensor(0, 3), _rows(), 4, -1, False),
    ],
)
def embedding_dense_backward(
    grad_output: np.ndarray,
    indices: np.ndarray,
    num_weights: int,
    padding_idx: int,
    scale_grad_by_freq: bool,
) -> np.ndarray:
    """The gradient of a table: the gradients of each of its rows' uses added up.

    Shapes: grad_output (*, width) and indices (*) give (num_weights, width). The row
    ``padding_idx`` gets none; ``scale_grad_by_freq`` divides by how often a row was used.
    """
    used = indices.reshape(-1)
    grads = grad_output.reshape(-1, grad_output.shape[-1])
    kind = np.float64 if grads.dtype == np.float64 else np.float32
    kept = used != padding_idx
    used, parts = used[kept], grads[kept].astype(kind)
    if scale_grad_by_freq and used.size:
        parts = parts / np.bincount(used)[used][:, None].astype(kind)
    total = np.zeros((num_weights, grads.shape[1]), kind)
    np.add.at(total, used, parts)
    return total.astype(grads.dtype, copy=False)


# Bags.


def _bag_meta(
    weight: TensorMeta,
    indices: TensorMeta,
    offsets: TensorMeta,
    scale_grad_by_freq: bool,
    mode: int,
    sparse: bool,
    per_sample_weights: TensorMeta | None,
    include_last_offset: bool,
    padding_idx: int | None,
) -> Four:
    if weight.ndim != 2:
        raise RuntimeError(f"embedding_bag: the table has 2 dimensions, not {weight.ndim}")
    if not weight.dtype.is_floating_point:
        raise RuntimeError(f"embedding_bag: the table is floating point, not {weight.dtype!r}")
    if offsets.ndim != 1:
        raise RuntimeError(f"embedding_bag: the offsets have 1 dimension, not {offsets.ndim}")
    _check_index_dtype(indices.dtype)
    _check_index_dtype(offsets.dtype, "offsets")
    if mode not in (_SUM, _MEAN, _MAX):
        raise RuntimeError(f"embedding_bag: mode is 0 (sum), 1 (mean) or 2 (max), not {mode}")
    if per_sample_weights is not None:
        if mode != _SUM:
            raise RuntimeError("embedding_bag: only sums can have per_sample_weights")
        if per_sample_weights.dtype is not weight.dtype:
            raise RuntimeError("embedding_bag: per_sample_weights have the dtype of the table")
        if per_sample_weights.size != indices.size:
            raise RuntimeError("embedding_bag: there is one weight for each index")
    if include_last_offset and not offsets.size:
        raise RuntimeError("embedding_bag: with include_last_offset there is at least one offset")
    rows, width = weight.shape
    if padding_idx is not None and not -rows <= padding_idx < max(rows, 0):
        raise RuntimeError(
            f"embedding_bag: padding_idx is from {-rows} to {rows - 1}, not {padding_idx}"
        )
    bags = offsets.size - include_last_offset
    kind = dtypes.promote(indices.dtype, offsets.dtype)
    # Sums of 32 and 16 bit floats need to know neither the bag of each index nor the sizes.
    is_fast = mode == _SUM and padding_idx is None and weight.dtype is not dtypes.float64
    sizes = TensorMeta(kind, (offsets.size if mode == _SUM else bags,))
    return (
        TensorMeta(weight.dtype, (bags, width)),
        TensorMeta(kind, (0 if is_fast else indices.size,)),
        sizes,
        TensorMeta(kind, (bags, width)) if mode == _MAX else sizes,
    )


def _bag_meta_of_padding(*args: Any) -> Four:
    """The private forms say "no padding" with a negative number."""
    padding_idx = args[8]
    return _bag_meta(*[*args[:8], padding_idx if padding_idx >= 0 else None])


def _bag_meta_without_padding(*args: Any) -> Four:
    return _bag_meta(*[*args, None])


def _bag_samples() -> list[Sample]:
    indices, offsets = _rows(1, 2, 0, 3, 1), _rows(0, 2, 2)
    last = _rows(0, 2, 2, 5)
    return [
        *[Sample(tensor(4, 3), indices, offsets, False, mode) for mode in (_SUM, _MEAN, _MAX)],
        *[
            Sample(tensor(4, 3), indices, last, False, mode, False, None, True)
            for mode in (_SUM, _MEAN, _MAX)
        ],
        Sample(tensor(4, 3, dtype=dtypes.float64), indices, offsets),
        Sample(tensor(4, 3, dtype=dtypes.bfloat16), indices, offsets, False, _MEAN),
        Sample(tensor(4, 3), indices, offsets, False, _SUM, False, tensor(5)),
        Sample(tensor(4, 3), array([[1, 2], [0, 1]]), _rows(0, 2)),
        Sample(tensor(4, 3), indices, _rows(0, 5), False, _MEAN),
        Sample(tensor(4, 3), _rows(), _rows(0, 0)),
        Sample(tensor(4, 3), _rows(), _rows()),
        Sample(tensor(4, 3), indices.astype(np.int32), offsets.astype(np.int32), False, _MEAN),
    ]


def _bag_rejects() -> list[Rejected]:
    table, indices, offsets = tensor(4, 3), _rows(1, 2), _rows(0, 1)
    return [
        Rejected(tensor(4), indices, offsets),
        Rejected(tensor(4, 3, dtype=dtypes.int64), indices, offsets),
        Rejected(table, _rows(4), _rows(0)),
        Rejected(table, indices, _rows(1)),
        Rejected(table, indices, _rows(0, 3)),
        Rejected(table, indices, array([[0]])),
        Rejected(table, indices, offsets, False, 3),
        Rejected(table, indices, offsets, False, _MEAN, False, tensor(2)),
        Rejected(table, indices, offsets, False, _SUM, False, tensor(3)),
    ]


def _bag(
    weight: np.ndarray,
    indices: np.ndarray,
    offsets: np.ndarray,
    mode: int,
    per_sample_weights: np.ndarray | None,
    include_last_offset: bool,
    padding_idx: int | None,
) -> Four:
    indices = indices.reshape(-1)
    _check_rows(indices, len(weight))
    if offsets.size:
        if offsets[0] != 0:
            raise RuntimeError(f"embedding_bag: the first bag starts at 0, not at {offsets[0]}")
        if offsets[-1] > indices.size:
            raise RuntimeError(
                f"embedding_bag: a bag starts at {offsets[-1]}, after all {indices.size} indices"
            )
        if (np.diff(offsets) < 0).any():
            raise RuntimeError("embedding_bag: the offsets descend")
    starts = offsets[:-1] if include_last_offset else offsets
    kind = np.promote_types(indices.dtype, offsets.dtype)
    lengths = np.diff(starts, append=indices.size)
    bag_of = np.repeat(np.arange(len(starts)), lengths)
    members, parts = indices, per_sample_weights
    if padding_idx is not None:
        kept = members != padding_idx % len(weight)
        lengths = np.bincount(bag_of[kept], minlength=len(starts))
        members = members[kept]
        parts = None if parts is None else parts.reshape(-1)[kept]
    rows = weight[members]
    wide = rows if rows.dtype == np.float64 else rows.astype(np.float32)
    if parts is not None:
        wide = wide * parts.reshape(-1, 1).astype(wide.dtype)
    result = np.zeros((len(starts), weight.shape[1]), wide.dtype)
    largest = np.zeros(result.shape, kind)
    filled = lengths > 0
    firsts = np.cumsum(lengths) - lengths
    if mode == _MAX:
        for bag in np.nonzero(filled)[0]:
            inside = slice(firsts[bag], firsts[bag] + lengths[bag])
            winner = _first_largest(wide[inside])
            largest[bag] = members[inside][winner]
            result[bag] = np.take_along_axis(wide[inside], winner[None], 0)[0]
    elif filled.any():
        result[filled] = np.add.reduceat(wide, firsts[filled], axis=0)
        if mode == _MEAN:
            result[filled] /= lengths[filled, None].astype(wide.dtype)
    is_fast = mode == _SUM and padding_idx is None and weight.dtype != np.float64
    sizes = np.zeros(offsets.size, kind) if mode == _SUM else lengths.astype(kind)
    return (
        result.astype(weight.dtype, copy=False),
        (bag_of[:0] if is_fast else bag_of).astype(kind),
        sizes,
        largest if mode == _MAX else sizes.copy(),
    )


def _first_largest(rows: np.ndarray) -> np.ndarray:
    """Where each column is largest; a nan counts only in the first row."""
    later = rows[1:]
    return np.argmax(np.concatenate([rows[:1], np.where(np.isnan(later), -np.inf, later)]), axis=0)


@operator(
    "aten::embedding_bag(Tensor weight, Tensor indices, Tensor offsets,"
    " bool scale_grad_by_freq=False, int mode=0, bool sparse=False,"
    " Tensor? per_sample_weights=None, bool include_last_offset=False)"
    " -> (Tensor, Tensor, Tensor, Tensor)",
    meta=_bag_meta_without_padding,
    samples=_bag_samples,
    rejects=_bag_rejects,
)
def embedding_bag(
    weight: np.ndarray,
    indices: np.ndarray,
    offsets: np.ndarray,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: np.ndarray | None = None,
    include_last_offset: bool = False,
) -> Four:
    """The sum (mode 0), mean (1) or maximum (2) of the rows of each bag of indices.

    Shapes: weight (rows, width), indices (n,), offsets (bags,): where each bag starts; the first
    result is (bags, width), zeros for an empty bag. With ``include_last_offset`` the last offset
    is the end. The other results are what the gradient needs: the bag of each index, the sizes
    of the bags, and the row that is the maximum (they are empty or zeros where it needs none).
    """
    return _bag(weight, indices, offsets, mode, per_sample_weights, include_last_offset, None)


@operator(
    "aten::embedding_bag.padding_idx(Tensor weight, Tensor indices, Tensor offsets,"
    " bool scale_grad_by_freq, int mode, bool sparse, Tensor? per_sample_weights,"
    " bool include_last_offset, int? padding_idx) -> (Tensor, Tensor, Tensor, Tensor)",
    meta=_bag_meta,
    samples=lambda: [
        Sample(tensor(4, 3), _rows(1, 2, 0, 3, 1), _rows(0, 2, 2), False, mode, False, None, False,
               padding_idx)
        for mode in (_SUM, _MEAN, _MAX) for padding_idx in (1, -1, None)
    ],
    rejects=lambda: [
        Rejected(tensor(4, 3), _rows(1), _rows(0), False, _SUM, False, None, False, 4),
    ],
)  # fmt: skip
def embedding_bag_padding_idx(
    weight: np.ndarray,
    indices: np.ndarray,
    offsets: np.ndarray,
    scale_grad_by_freq: bool,
    mode: int,
    sparse: bool,
    per_sample_weights: np.ndarray | None,
    include_last_offset: bool,
    padding_idx: int | None,
) -> Four:
    """``embedding_bag`` that leaves the row ``padding_idx`` out of every bag."""
    return _bag(
        weight, indices, offsets, mode, per_sample_weights, include_last_offset, padding_idx
    )


_PRIVATE_ARGUMENTS = (
    "(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0,"
    " bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False,"
    " int padding_idx=-1) -> (Tensor, Tensor, Tensor, Tensor)"
)


@operator(
    f"aten::_embedding_bag_forward_only{_PRIVATE_ARGUMENTS}",
    meta=_bag_meta_of_padding,
    samples=_bag_samples,
    rejects=_bag_rejects,
)
def embedding_bag_forward_only(
    weight: np.ndarray,
    indices: np.ndarray,
    offsets: np.ndarray,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: np.ndarray | None = None,
    include_last_offset: bool = False,
    padding_idx: int = -1,
) -> Four:
    """What ``embedding_bag`` is in PyTorch without gradients; a negative ``padding_idx`` is none."""
    padding = padding_idx if padding_idx >= 0 else None
    return _bag(weight, indices, offsets, mode, per_sample_weights, include_last_offset, padding)


def _bag_meta_of_sizes(*args: Any) -> Four:
    result, bag_of, sizes, largest = _bag_meta_of_padding(*args)
    bags = TensorMeta(sizes.dtype, result.shape[:1])
    return result, bag_of, bags, largest if args[4] == _MAX else bags


@operator(
    f"aten::_embedding_bag{_PRIVATE_ARGUMENTS}",
    meta=_bag_meta_of_sizes,
    samples=_bag_samples,
    rejects=_bag_rejects,
)
def embedding_bag_with_sizes(
    weight: np.ndarray,
    indices: np.ndarray,
    offsets: np.ndarray,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: np.ndarray | None = None,
    include_last_offset: bool = False,
    padding_idx: int = -1,
) -> Four:
    """What ``embedding_bag`` is in PyTorch with gradients: one size for each bag, sums included."""
    padding = padding_idx if padding_idx >= 0 else None
    result, bag_of, sizes, largest = _bag(
        weight, indices, offsets, mode, per_sample_weights, include_last_offset, padding
    )
    bags = len(result)
    return result, bag_of, sizes[:bags], largest[:bags]


# one_hot.


def _one_hot_meta(self: TensorMeta, num_classes: int) -> TensorMeta:
    if self.dtype is not dtypes.int64:
        raise RuntimeError(f"one_hot: classes are int64, not {self.dtype!r}")
    if not self.size and num_classes <= 0:
        raise RuntimeError("one_hot: without elements num_classes must be given")
    # How many classes there are is in the values.
    return TensorMeta(dtypes.int64, (*self.shape, num_classes))


@operator(
    "aten::one_hot(Tensor self, int num_classes=-1) -> Tensor",
    meta=_one_hot_meta,
    samples=lambda: [
        Sample(array([[0, 2], [1, 1]]), 4),
        Sample(_rows(0, 2)),
        Sample(array(2), 4),
        Sample(np.zeros((0, 2), np.int64), 3),
    ],
    rejects=lambda: [
        Rejected(_rows(0, 5), 4),
        Rejected(_rows(0, -1), 4),
        Rejected(_rows(0, 1, dtype=dtypes.int32), 4),
        Rejected(_rows()),
        Rejected(_rows(0), 0),
    ],
)
def one_hot(self: np.ndarray, num_classes: int = -1) -> np.ndarray:
    """A row of zeros with a one where the class is, for each class.

    Shapes: (*) gives (*, num_classes); with -1 there are as many as the largest class says.
    """
    if self.size and self.min() < 0:
        raise RuntimeError(f"one_hot: a class is not negative, but {self.min()} is")
    if num_classes == -1:
        num_classes = int(self.max()) + 1
    elif self.size and self.max() >= num_classes:
        raise RuntimeError(f"one_hot: class {self.max()} is not one of {num_classes}")
    rows = np.zeros((*self.shape, num_classes), np.int64)
    if self.size:
        np.put_along_axis(rows, self[..., None], 1, -1)
    return rows
