"""Operators on parts of a tensor: segments, padded chunks, masked indexing, finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, Scalar, widened
from ops_registry.builtin.views import as_strided
from ops_registry.meta import TensorMeta, broadcast_shapes, floating, wrap_dim, wrap_dims
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

# Segments.

#: The reduction of a segment along its first dimension, and what it starts from.
_REDUCTIONS: dict[str, tuple[Callable[..., Any], float]] = {
    "sum": (np.sum, 0.0),
    "mean": (np.sum, 0.0),
    "max": (np.max, -np.inf),
    "min": (np.min, np.inf),
    "prod": (np.prod, 1.0),
}


def _segments_meta(
    data: TensorMeta,
    reduce: str,
    lengths: TensorMeta | None,
    indices: TensorMeta | None,
    offsets: TensorMeta | None,
    axis: int,
    unsafe: bool,
    initial: Scalar | None,
) -> TensorMeta:
    axis = wrap_dim(axis, data.ndim)
    if reduce not in _REDUCTIONS:
        raise RuntimeError(f"reduce is one of {', '.join(_REDUCTIONS)}, not {reduce!r}")
    if indices is not None:
        raise RuntimeError("segment_reduce takes lengths or offsets, not indices")
    if (lengths is None) == (offsets is None):
        raise RuntimeError("segment_reduce takes either lengths or offsets")
    if not data.dtype.is_floating_point:
        raise RuntimeError(f"segment_reduce takes floating point tensors, not {data.dtype!r}")
    given = lengths if lengths is not None else offsets
    assert given is not None
    if given.ndim != axis + 1 or given.shape[:axis] != data.shape[:axis]:
        raise RuntimeError("segment_reduce: the segments do not have the leading shape of data")
    count = given.shape[axis] - (lengths is None)
    return TensorMeta(data.dtype, (*data.shape[:axis], count, *data.shape[axis + 1 :]))


@operator(
    "aten::segment_reduce(Tensor data, str reduce, *, Tensor? lengths=None, Tensor? indices=None,"
    " Tensor? offsets=None, int axis=0, bool unsafe=False, Scalar? initial=None) -> Tensor",
    meta=_segments_meta,
    samples=lambda: [
        Sample(tensor(5, 2), "sum", lengths=array([2, 0, 3])),
        Sample(tensor(5), "mean", offsets=array([0, 2, 5])),
        Sample(tensor(5), "max", lengths=array([2, 3]), initial=1),
        Sample(tensor(2, 4), "prod", lengths=array([[1, 3], [4, 0]]), axis=1),
        Sample(tensor(4), "min", lengths=array([4]), unsafe=True),
    ],
    rejects=lambda: [Rejected(tensor(5), "sum", lengths=array([2, 2]))],
)
def segment_reduce(
    data: Array,
    reduce: str,
    lengths: Array | None = None,
    indices: Array | None = None,
    offsets: Array | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: Scalar | None = None,
) -> Array:
    """Neighbouring elements along ``axis`` reduced: segments of given lengths, or between offsets.

    An empty segment is ``initial``, or what the reduction starts from (NaN for a mean).
    RuntimeError where the lengths do not add up to the size of the axis, unless ``unsafe``.
    """
    axis = wrap_dim(axis, data.ndim)
    if lengths is not None:
        if not unsafe and ((lengths < 0).any() or (lengths.sum(-1) != data.shape[axis]).any()):
            raise RuntimeError("segment_reduce: the lengths do not add up to the size of the axis")
        start = np.zeros((*lengths.shape[:-1], 1), np.int64)
        offsets = np.concatenate([start, np.cumsum(lengths, -1)], -1)
    assert offsets is not None
    source = widened(data)
    function, identity = _REDUCTIONS[reduce]
    begin = source.dtype.type(identity if initial is None else initial)
    count = offsets.shape[-1] - 1
    result = np.empty((*data.shape[:axis], count, *data.shape[axis + 1 :]), source.dtype)
    for lead in np.ndindex(data.shape[:axis]):
        for number in range(count):
            part = source[lead][int(offsets[lead][number]) : int(offsets[lead][number + 1])]
            value = function(part, axis=0, initial=begin)
            if reduce == "mean" and (len(part) or initial is None):
                value = np.true_divide(value, source.dtype.type(len(part)))
            result[(*lead, number)] = value
    return result


# Chunks.


def _chunked_shape(shape: Sequence[int], dim: int, chunks: int) -> tuple[int, ...]:
    width = -(-shape[dim] // chunks)
    return (*shape[:dim], chunks, int(width * np.prod(shape[dim + 1 :], dtype=np.int64)))


def _chunk_cat_meta(tensors: Sequence[TensorMeta], dim: int, num_chunks: int) -> TensorMeta:
    if not tensors:
        raise RuntimeError("_chunk_cat needs at least one tensor")
    if num_chunks < 1:
        raise RuntimeError(f"_chunk_cat makes at least one chunk, not {num_chunks}")
    dim = wrap_dim(dim, tensors[0].ndim, scalar=False)
    if any(t.size == 0 or t.ndim <= dim for t in tensors):
        raise RuntimeError("_chunk_cat needs tensors with elements and that dimension")
    if any(t.dtype is not tensors[0].dtype for t in tensors):
        raise RuntimeError("_chunk_cat needs tensors of one dtype")
    if any(t.shape[:dim] != tensors[0].shape[:dim] for t in tensors):
        raise RuntimeError("_chunk_cat needs tensors of one shape before the dimension")
    shapes = [_chunked_shape(t.shape, dim, num_chunks) for t in tensors]
    return TensorMeta(tensors[0].dtype, (*shapes[0][:-1], sum(s[-1] for s in shapes)))


@operator(
    "aten::_chunk_cat(Tensor[] tensors, int dim, int num_chunks) -> Tensor",
    meta=_chunk_cat_meta,
    out=True,
    samples=lambda: [
        Sample([tensor(5, 2), tensor(3)], 0, 2),
        Sample([tensor(2, 3), tensor(2, 4)], 1, 3),
    ],
    rejects=lambda: [Rejected([], 0, 2), Rejected([tensor(3)], 0, 0)],
)
def chunk_cat(tensors: Sequence[Array], dim: int, num_chunks: int) -> Array:
    """Each tensor cut into chunks along ``dim``, padded with zeros; equal chunks joined.

    Shapes: (*leading, num_chunks, total size of a chunk).
    """
    dim = wrap_dim(dim, tensors[0].ndim, scalar=False)
    parts = []
    for t in tensors:
        missing = -t.shape[dim] % num_chunks
        filled = np.pad(t, [(0, missing if d == dim else 0) for d in range(t.ndim)])
        parts.append(filled.reshape(_chunked_shape(t.shape, dim, num_chunks)))
    return np.concatenate(parts, dim + 1)


# Indexing under a mask.


def _inside(self: Array, indices: Sequence[Array | None]) -> tuple[Any, ...]:
    """Indices clamped into the tensor; a missing one takes its whole dimension."""
    found: list[Any] = []
    for position, index in enumerate(indices):
        if index is None:
            found.append(slice(None))
        else:
            size = self.shape[position]
            found.append(np.clip(np.where(index < 0, index + size, index), 0, max(size - 1, 0)))
    return tuple(found)


def _masked_index_meta(
    self: TensorMeta, mask: TensorMeta, indices: Sequence[TensorMeta | None], fill: Scalar
) -> TensorMeta:
    stand_ins = [None if i is None else np.zeros(i.shape, np.int64) for i in indices]
    blank = np.broadcast_to(np.zeros((), np.int8), self.shape)
    taken = blank[_inside(blank, stand_ins)]
    return TensorMeta(self.dtype, broadcast_shapes(taken.shape, mask.shape))


@operator(
    "aten::_unsafe_masked_index(Tensor self, Tensor mask, Tensor?[] indices, Scalar fill)"
    " -> Tensor",
    meta=_masked_index_meta,
    samples=lambda: [
        Sample(tensor(4), array([True, False, True]), [array([0, 9, 3])], 7.0),
        Sample(tensor(3, 4), array([True, False]), [array([0, 2]), array([1, 3])], 0),
    ],
)
def unsafe_masked_index(
    self: Array, mask: Array, indices: Sequence[Array | None], fill: Scalar
) -> Array:
    """``self[indices]`` where the mask is True, and ``fill`` elsewhere, where indices may be wild."""
    return np.where(mask, self[_inside(self, indices)], np.asarray(fill).astype(self.dtype))


@operator(
    "aten::_unsafe_masked_index_put_accumulate(Tensor self, Tensor mask, Tensor?[] indices,"
    " Tensor values) -> Tensor",
    meta=lambda self, mask, indices, values: self,
    samples=lambda: [
        Sample(tensor(4), array([True, False, True]), [array([0, 9, 0])], array([1.0, 2.0, 3.0])),
    ],
)
def unsafe_masked_index_put_accumulate(
    self: Array, mask: Array, indices: Sequence[Array | None], values: Array
) -> Array:
    """``values`` added to a copy of ``self`` at the indices where the mask is True."""
    result = self.copy()
    added = np.where(mask, values, np.zeros((), values.dtype))
    np.add.at(result, _inside(self, indices), added)
    return result


# A write to a strided part.


@operator(
    "aten::as_strided_scatter(Tensor self, Tensor src, SymInt[] size, SymInt[] stride,"
    " SymInt? storage_offset=None) -> Tensor",
    meta=lambda self, src, size, stride, storage_offset: self,
    out=True,
    samples=lambda: [
        Sample(tensor(12), tensor(3, 2, seed=1), [3, 2], [4, 1]),
        Sample(tensor(3, 4), tensor(2, seed=1), [2], [5], 1),
    ],
    rejects=lambda: [Rejected(tensor(12), tensor(2), [3, 2], [4, 1])],
)
def as_strided_scatter(
    self: Array,
    src: Array,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
) -> Array:
    """A copy of ``self`` with ``src`` written into the part that ``as_strided`` would show."""
    result = self.copy()
    part = as_strided(result, size, stride, storage_offset)
    if part.shape != src.shape:
        raise RuntimeError(f"src has the shape {list(src.shape)}, the part {list(part.shape)}")
    part[...] = src
    return result


# Finite differences.


def _gradient_meta(self: TensorMeta, dims: Sequence[int], edge_order: int) -> list[TensorMeta]:
    if edge_order not in (1, 2):
        raise RuntimeError(f"edge_order is 1 or 2, not {edge_order}")
    if self.dtype.category < 1 or self.dtype is dtypes.uint8:
        raise RuntimeError(f"gradient does not take {self.dtype!r}")
    for d in wrap_dims(dims, self.ndim):
        if self.shape[d] <= edge_order:
            raise RuntimeError("gradient needs more points along a dimension than edge_order")
    return [TensorMeta(floating(self.dtype), self.shape) for _ in dims]


def _gradients(
    self: Array, spacing: Sequence[Any], dims: Sequence[int], edge_order: int
) -> list[Array]:
    if len(spacing) != len(dims):
        raise RuntimeError(f"gradient needs {len(dims)} spacings, not {len(spacing)}")
    source = self if self.dtype.kind in "fc" else self.astype(dtypes.default_dtype().numpy)
    found = []
    order: Any = edge_order
    for step, d in zip(spacing, dims):
        if isinstance(step, np.ndarray) and (step.ndim != 1 or len(step) != self.shape[d]):
            raise RuntimeError("gradient needs the coordinates of all points of a dimension")
        wide = source.astype(np.complex128 if source.dtype.kind == "c" else np.float64)
        slope = np.gradient(wide, step, axis=d, edge_order=order)
        found.append(np.asarray(slope).astype(source.dtype))
    return found


def _all_or(self: Array | TensorMeta, dim: int | None) -> list[int]:
    return list(range(self.ndim)) if dim is None else [wrap_dim(dim, self.ndim)]


@operator(
    "aten::gradient.scalarint(Tensor self, *, Scalar? spacing=None, int? dim=None,"
    " int edge_order=1) -> Tensor[]",
    meta=lambda self, spacing, dim, edge_order: _gradient_meta(
        self, _all_or(self, dim), edge_order
    ),
    samples=lambda: [
        Sample(tensor(4, 5)),
        Sample(tensor(6), spacing=0.5, edge_order=2),
        Sample(tensor(3, 4), spacing=2, dim=-1),
    ],
    rejects=lambda: [Rejected(tensor(1)), Rejected(tensor(4), edge_order=3)],
)
def gradient(
    self: Array, spacing: Scalar | None = None, dim: int | None = None, edge_order: int = 1
) -> list[Array]:
    """Estimates of derivatives along dimensions (all of them without ``dim``), one tensor each.

    Central differences of points ``spacing`` apart, one-sided ones at the edges, of first or
    second order.
    """
    dims = _all_or(self, dim)
    return _gradients(self, [1.0 if spacing is None else spacing] * len(dims), dims, edge_order)


@operator(
    "aten::gradient.scalararray(Tensor self, *, Scalar spacing, int[] dim, int edge_order=1)"
    " -> Tensor[]",
    meta=lambda self, spacing, dim, edge_order: _gradient_meta(self, dim, edge_order),
    samples=lambda: [Sample(tensor(3, 4), spacing=2.0, dim=[0, 1])],
)
def gradient_scalararray(
    self: Array, spacing: Scalar, dim: Sequence[int], edge_order: int = 1
) -> list[Array]:
    """``gradient`` along several dimensions with one spacing."""
    dims = wrap_dims(dim, self.ndim)
    return _gradients(self, [spacing] * len(dims), dims, edge_order)


@operator(
    "aten::gradient.array(Tensor self, *, int[] dim, int edge_order=1) -> Tensor[]",
    meta=lambda self, dim, edge_order: _gradient_meta(self, dim, edge_order),
    samples=lambda: [Sample(tensor(3, 4), dim=[1, 0])],
)
def gradient_array(self: Array, dim: Sequence[int], edge_order: int = 1) -> list[Array]:
    """``gradient`` along several dimensions, points one apart."""
    return gradient_scalararray(self, 1.0, dim, edge_order)


@operator(
    "aten::gradient.scalarrayint(Tensor self, *, Scalar[] spacing, int? dim=None,"
    " int edge_order=1) -> Tensor[]",
    meta=lambda self, spacing, dim, edge_order: _gradient_meta(
        self, _all_or(self, dim), edge_order
    ),
    samples=lambda: [Sample(tensor(3, 4), spacing=[2.0, 0.5])],
)
@operator(
    "aten::gradient.tensorarrayint(Tensor self, *, Tensor[] spacing, int? dim=None,"
    " int edge_order=1) -> Tensor[]",
    meta=lambda self, spacing, dim, edge_order: _gradient_meta(
        self, _all_or(self, dim), edge_order
    ),
    samples=lambda: [Sample(tensor(3), spacing=[array([0.0, 1.0, 3.0])])],
)
def gradient_spacings(
    self: Array, spacing: Sequence[Any], dim: int | None = None, edge_order: int = 1
) -> list[Array]:
    """``gradient`` with a spacing, or with the coordinates of the points, for each dimension."""
    return _gradients(self, spacing, _all_or(self, dim), edge_order)


@operator(
    "aten::gradient.scalarrayarray(Tensor self, *, Scalar[] spacing, int[] dim, int edge_order=1)"
    " -> Tensor[]",
    meta=lambda self, spacing, dim, edge_order: _gradient_meta(self, dim, edge_order),
    samples=lambda: [Sample(tensor(3, 4), spacing=[2.0, 0.5], dim=[1, 0])],
)
@operator(
    "aten::gradient.tensorarray(Tensor self, *, Tensor[] spacing, int[] dim, int edge_order=1)"
    " -> Tensor[]",
    meta=lambda self, spacing, dim, edge_order: _gradient_meta(self, dim, edge_order),
    samples=lambda: [Sample(tensor(3, 2), spacing=[array([0.0, 1.0, 3.0])], dim=[0])],
)
def gradient_spacings_at(
    self: Array, spacing: Sequence[Any], dim: Sequence[int], edge_order: int = 1
) -> list[Array]:
    """``gradient`` along several dimensions, with a spacing or coordinates for each."""
    return _gradients(self, spacing, wrap_dims(dim, self.ndim), edge_order)
