"""Indexing with tensors: ``x[index]``, index_select, gather, take, masked_select, nonzero.

All of these copy. Reading is here, writing (``index_put_``, ``scatter_`` ...) is ``scatter``;
indexing with numbers and slices is ``slicing``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array
from ops_registry.meta import Shape, TensorMeta, broadcast_shapes, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

_MASKS = (dtypes.bool_, dtypes.uint8)


# x[indices].


def index_key(self: Array, indices: Sequence[Array | None]) -> tuple[Any, ...]:
    """What NumPy is given for a list of index tensors: masks made indices, None made ``:``.

    IndexError where a mask has another shape than the dimensions it stands for, or an index is
    no integer.
    """
    key: list[Any] = []
    for index in indices:
        if index is None:
            key.append(slice(None))
        elif index.dtype.kind == "b" or index.dtype == np.uint8:
            position = len(key)
            covered = self.shape[position : position + index.ndim]
            if covered != index.shape or not index.ndim:
                raise IndexError(
                    f"a mask of shape {list(index.shape)} does not fit the dimensions"
                    f" {list(covered)} of a tensor of shape {list(self.shape)}"
                )
            key.extend(np.nonzero(index))
        elif index.dtype.kind == "i":
            key.append(index)
        else:
            raise IndexError(f"an index is a tensor of integers or bools, not of {index.dtype}")
    if len(key) > self.ndim:
        raise IndexError(f"{len(key)} indices are too many for {self.ndim} dimensions")
    return tuple(key)


def indexed_shape(shape: Shape, indices: Sequence[TensorMeta | None]) -> Shape:
    """The shape of ``x[indices]``; -1 where a mask decides.

    Dimensions of the indices come where they stand if they are neighbours, else in front.
    """
    key: list[Shape | None] = []
    for index in indices:
        if index is None:
            key.append(None)
        elif index.dtype in _MASKS:
            key.extend([(-1,)] * index.ndim)
        else:
            key.append(index.shape)
    if len(key) > len(shape):
        raise IndexError(f"{len(key)} indices are too many for {len(shape)} dimensions")
    places = [d for d, index in enumerate(key) if index is not None]
    given = [index for index in key if index is not None]
    known = broadcast_shapes(*(index for index in given if index != (-1,)))
    if (-1,) in given and (not known or known[-1] == 1):
        known = (*known[:-1], -1)
    rest = [n for d, n in enumerate(shape) if d >= len(key) or key[d] is None]
    neighbours = not places or places[-1] - places[0] == len(places) - 1
    at = places[0] if places and neighbours else 0
    return (*rest[:at], *known, *rest[at:])


def _index_samples() -> list[Sample]:
    x = tensor(2, 3, 4)
    return [
        Sample(x, [array([0, 1, -1])]),
        Sample(x, [None, array([0, 2])]),
        Sample(x, [array([0, 1]), None, array([0, 3])]),
        Sample(x, [array([[0], [1]]), array([0, 2])]),
        Sample(x, [array(1)]),
        Sample(x, [array(1), array(2), array(3)]),
        Sample(x, [array([True, False])]),
        Sample(x, [tensor(2, 3, dtype=dtypes.bool_)]),
        Sample(x, [None, array([True, False, True]), array([0, 1])]),
        Sample(x, [array([], dtypes.int64)]),
        Sample(x, [array([1, 0], dtypes.int32)]),
        Sample(x, [array(1), None, array([0, 3])]),
    ]


def _index_rejects() -> list[Rejected]:
    x = tensor(2, 3)
    return [
        Rejected(x, [array([2])]),
        Rejected(x, [array([-3])]),
        Rejected(x, [array([0.0])]),
        Rejected(x, [array([True, False, True])]),
        Rejected(x, [array([0])] * 3),
        Rejected(x, [array([0, 1, 0]), array([0, 1])]),
    ]


@operator(
    "aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor",
    meta=lambda self, indices: TensorMeta(self.dtype, indexed_shape(self.shape, indices)),
    out="Tensor_out",
    samples=_index_samples,
    rejects=_index_rejects,
)
@operator(
    "aten::_unsafe_index.Tensor(Tensor self, Tensor?[] indices) -> Tensor",
    meta=lambda self, indices: TensorMeta(self.dtype, indexed_shape(self.shape, indices)),
    samples=lambda: _index_samples()[:6],
)
@operator(
    "aten::index.Tensor_hacked_twin(Tensor self, Tensor[] indices) -> Tensor",
    meta=lambda self, indices: TensorMeta(self.dtype, indexed_shape(self.shape, indices)),
    samples=lambda: [s for s in _index_samples() if all(i is not None for i in s.args[1])],
)
def index(self: Array, indices: Sequence[Array | None]) -> Array:
    """The elements that index tensors name: of integers, which broadcast, or masks.

    None takes a whole dimension. The dimensions of the indices come where the indices stand if
    they are neighbours, else in front. IndexError when an index is out of range, or a mask does
    not fit the dimensions it stands for.
    """
    key = index_key(self, indices)
    try:
        result = self[key]
    except ValueError as error:
        raise IndexError(f"the indices do not broadcast: {error}") from None
    if all(isinstance(part, slice) or not part.ndim for part in key):
        return np.array(result)
    return result


# Along one dimension.


def check_range(index: Array, extent: int, dim: int, error: type[Exception] = IndexError) -> None:
    """Raise ``error`` unless all indices are in [0, extent)."""
    if index.size and (index.min() < 0 or index.max() >= extent):
        worst = index.min() if index.min() < 0 else index.max()
        raise error(f"index {worst} is out of range for dimension {dim} with size {extent}")


def _selected_meta(self: TensorMeta, dim: int, index: TensorMeta) -> TensorMeta:
    dim = wrap_dim(dim, self.ndim)
    if index.ndim > 1:
        raise IndexError("index_select takes an index of at most one dimension")
    if index.dtype not in (dtypes.int32, dtypes.int64):
        raise RuntimeError(f"index_select takes an index of int32 or int64, not {index.dtype!r}")
    if not self.shape:
        return self
    return TensorMeta(self.dtype, (*self.shape[:dim], index.size, *self.shape[dim + 1 :]))


@operator(
    "aten::index_select(Tensor self, int dim, Tensor index) -> Tensor",
    meta=_selected_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), 0, array([2, 0, 0])),
        Sample(tensor(3, 4), -1, array([1], dtypes.int32)),
        Sample(tensor(3, 4), 0, array(1)),
        Sample(tensor(3), 0, array([], dtypes.int64)),
        Sample(tensor(), 0, array([0])),
    ],
    rejects=lambda: [
        Rejected(tensor(3), 0, array([3])),
        Rejected(tensor(3), 0, array([-1])),
        Rejected(tensor(3), 1, array([0])),
        Rejected(tensor(3), 0, array([0.0])),
        Rejected(tensor(3), 0, array([[0]])),
    ],
)
def index_select(self: Array, dim: int, index: Array) -> Array:
    """The slices of a dimension that a vector of integers names; IndexError out of range."""
    dim = wrap_dim(dim, self.ndim)
    source = self if self.ndim else self.reshape(1)
    check_range(index, source.shape[dim], dim)
    result = np.take(source, index.reshape(-1), dim)
    return result if self.ndim else result.reshape(())


def check_gather(self: TensorMeta, dim: int, index: TensorMeta, name: str) -> None:
    """RuntimeError unless ``index`` has the dimensions of ``self`` and exceeds only ``dim``."""
    if not index.size:
        return
    if index.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(f"{name} takes an index of int64, not {index.dtype!r}")
    if max(index.ndim, 1) != max(self.ndim, 1):
        raise RuntimeError(
            f"{name} needs an index of as many dimensions as the tensor: {self.ndim}, not"
            f" {index.ndim}"
        )
    for d, (have, wanted) in enumerate(zip(self.shape, index.shape)):
        if d != dim and wanted > have:
            raise RuntimeError(
                f"the index has size {wanted} in dimension {d}, the tensor only {have}"
            )


def _gathered_meta(self: TensorMeta, dim: int, index: TensorMeta, sparse_grad: bool) -> TensorMeta:
    check_gather(self, wrap_dim(dim, self.ndim), index, "gather")
    return TensorMeta(self.dtype, index.shape)


@operator(
    "aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor",
    meta=_gathered_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), 1, array([[0, 3], [1, 1], [2, 0]])),
        Sample(tensor(3, 4), 0, array([[0, 1, 2, 0]])),
        Sample(tensor(3, 4), -1, array([[0]])),
        Sample(tensor(), 0, array(0)),
        Sample(tensor(), 0, array([0, 0])),
        Sample(tensor(3), 0, array([], dtypes.int64)),
    ],
    rejects=lambda: [
        Rejected(tensor(3), 0, array([3])),
        Rejected(tensor(3), 0, array([-1])),
        Rejected(tensor(2, 3), 1, array([0])),
        Rejected(tensor(2, 3), 1, array([[0], [0], [0]])),
    ],
)
def gather(self: Array, dim: int, index: Array, sparse_grad: bool = False) -> Array:
    """Elements taken along a dimension, one index for each element of the result.

    ``result[i][j] = self[i][index[i][j]]`` for ``dim=1``. The result has the shape of ``index``,
    which may be smaller than ``self`` in the other dimensions. RuntimeError out of range.
    """
    dim = wrap_dim(dim, self.ndim)
    if not index.size:
        return np.empty(index.shape, self.dtype)
    source = self if self.ndim else self.reshape(1)
    places = index if index.ndim else index.reshape(1)
    check_range(places, source.shape[dim], dim, RuntimeError)
    result = source[along(source.shape, places, dim)]
    return result.reshape(index.shape)


def along(shape: Shape, index: Array, dim: int) -> tuple[Any, ...]:
    """The key that takes ``index`` along ``dim`` and the own position in other dimensions."""
    ndim = index.ndim
    key: list[Any] = []
    for d in range(ndim):
        if d == dim:
            key.append(index)
        else:
            extents = [1] * ndim
            extents[d] = -1
            key.append(np.arange(index.shape[d]).reshape(extents))
    return tuple(key)


def _along_meta(self: TensorMeta, indices: TensorMeta, dim: int | None) -> TensorMeta:
    if dim is None:
        return TensorMeta(self.dtype, (indices.size,))
    if self.ndim != indices.ndim:
        raise RuntimeError("take_along_dim needs an index of as many dimensions as the tensor")
    dim = wrap_dim(dim, self.ndim)
    lead = broadcast_shapes(
        tuple(1 if d == dim else n for d, n in enumerate(self.shape)),
        tuple(1 if d == dim else n for d, n in enumerate(indices.shape)),
    )
    shape = tuple(indices.shape[d] if d == dim else n for d, n in enumerate(lead))
    return TensorMeta(self.dtype, shape)


@operator(
    "aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor",
    meta=_along_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), array([[0, 1, 2]]), 1),
        Sample(tensor(3, 4), array([[0], [11]])),
        Sample(tensor(1, 4), array([[0], [3]]), 1),
        Sample(tensor(3, 4), array([[0, -1]]), 1),
    ],
    rejects=lambda: [Rejected(tensor(3, 4), array([0]), 1)],
)
def take_along_dim(self: Array, indices: Array, dim: int | None = None) -> Array:
    """``gather`` whose operands broadcast in the other dimensions; flattened without ``dim``."""
    source, places = (self, indices) if dim is not None else (self.reshape(-1), indices.reshape(-1))
    axis = 0 if dim is None else wrap_dim(dim, self.ndim)
    extent = source.shape[axis]
    check_range(np.where(places < 0, places + extent, places), extent, axis, RuntimeError)
    return np.take_along_axis(source, places, axis)


@operator(
    "aten::take(Tensor self, Tensor index) -> Tensor",
    meta=lambda self, index: TensorMeta(self.dtype, index.shape),
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), array([[0, 11], [-1, -12]])),
        Sample(tensor(3, 4).T, array(5)),
        Sample(tensor(3), array([], dtypes.int64)),
    ],
    rejects=lambda: [Rejected(tensor(3), array([3])), Rejected(tensor(3), array([0.0]))],
)
def take(self: Array, index: Array) -> Array:
    """The elements of the flattened tensor at the given places, which may count from the end."""
    if index.dtype.kind != "i":
        raise RuntimeError(f"take needs an index of int64, not {index.dtype}")
    flat = self.reshape(-1)
    if index.size and not -flat.size <= index.min() <= index.max() < flat.size:
        raise IndexError(f"an index is out of range for {flat.size} elements")
    return np.asarray(flat[index])


# Masks.


@operator(
    "aten::masked_select(Tensor self, Tensor mask) -> Tensor",
    meta=lambda self, mask: TensorMeta(self.dtype, (-1,)),
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), tensor(3, 4, dtype=dtypes.bool_)),
        Sample(tensor(3, 4), tensor(4, dtype=dtypes.bool_)),
        Sample(tensor(4), tensor(3, 1, dtype=dtypes.bool_)),
        Sample(tensor(), array(True)),
    ],
    rejects=lambda: [Rejected(tensor(3), tensor(3)), Rejected(tensor(3), tensor(2, dtype=dtypes.bool_))],
)  # fmt: skip
def masked_select(self: Array, mask: Array) -> Array:
    """The elements where the mask (bool; it broadcasts with ``self``) holds, in one dimension."""
    if mask.dtype.kind != "b":
        raise RuntimeError(f"a mask has dtype bool, not {mask.dtype}")
    shape = broadcast_shapes(self.shape, mask.shape)
    return np.broadcast_to(self, shape)[np.broadcast_to(mask, shape)].reshape(-1)


def _nonzero_samples() -> list[Sample]:
    return [
        Sample(array([[0.0, 1.5], [np.nan, 0.0]])),
        Sample(array([0, 3, 0, -1])),
        Sample(tensor(3, 4, dtype=dtypes.bool_)),
        Sample(tensor(0, 2)),
        Sample(array(1.0)),
        Sample(array(0.0)),
    ]


@operator(
    "aten::nonzero(Tensor self) -> Tensor",
    meta=lambda self: TensorMeta(dtypes.int64, (-1, self.ndim)),
    out=True,
    samples=_nonzero_samples,
)
@operator(
    "aten::argwhere(Tensor self) -> Tensor",
    meta=lambda self: TensorMeta(dtypes.int64, (-1, self.ndim)),
    samples=_nonzero_samples,
)
def nonzero(self: Array) -> Array:
    """The indices of the elements that are not zero, one a row, in order."""
    if not self.ndim:
        return np.empty((int(bool(self)), 0), np.int64)
    return np.ascontiguousarray(np.argwhere(self))


def _places_meta(self: TensorMeta) -> list[TensorMeta]:
    return [TensorMeta(dtypes.int64, (-1,)) for _ in range(max(self.ndim, 1))]


@operator("aten::nonzero_numpy(Tensor self) -> Tensor[]", meta=_places_meta,
          samples=_nonzero_samples)  # fmt: skip
def nonzero_numpy(self: Array) -> list[Array]:
    """The indices of the elements that are not zero, one tensor a dimension."""
    return list(np.nonzero(np.atleast_1d(self)))


@operator("aten::where(Tensor condition) -> Tensor[]", meta=_places_meta,
          samples=_nonzero_samples)  # fmt: skip
def where_nonzero(condition: Array) -> list[Array]:
    """The indices of the elements that are not zero, one tensor a dimension."""
    return nonzero_numpy(condition)


@operator(
    "aten::nonzero_static(Tensor self, *, SymInt size, int fill_value=-1) -> Tensor",
    meta=lambda self, size, fill_value: TensorMeta(dtypes.int64, (size, self.ndim)),
    out=True,
    samples=lambda: [
        Sample(array([0, 3, 0, -1]), size=3),
        Sample(array([0, 3, 0, -1]), size=1, fill_value=7),
    ],
)
def nonzero_static(self: Array, size: int, fill_value: int = -1) -> Array:
    """``nonzero`` with exactly ``size`` rows: cut off, or filled up."""
    result = np.full((size, self.ndim), fill_value, np.int64)
    found = nonzero(self)[:size]
    result[: len(found)] = found
    return result
