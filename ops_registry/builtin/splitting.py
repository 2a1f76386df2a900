"""Splitting a tensor into several views: split, chunk, unbind, tensor_split."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ops_registry.builtin.operands import Array
from ops_registry.builtin.views import ALL, Shadow, view_operator
from ops_registry.meta import wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor


def _dimension(self: Array, dim: int) -> int:
    if not self.ndim:
        raise RuntimeError("a tensor without dimensions cannot be split")
    return wrap_dim(dim, self.ndim)


def _cut(self: Array, dim: int, bounds: Sequence[int]) -> list[Array]:
    """The parts between neighbouring bounds."""
    lead = (ALL,) * dim
    return [self[lead + (slice(a, b),)] for a, b in pairwise(bounds)]


def _split_samples() -> list[Sample]:
    return [
        Sample(tensor(7, 2), 3),
        Sample(tensor(7, 2), 2, -1),
        Sample(tensor(6), 2),
        Sample(tensor(2, 5), 9, 1),
        Sample(tensor(0, 2), 3),
        Sample(tensor(0), 0),
    ]


def _split_rejects() -> list[Rejected]:
    return [Rejected(tensor(4), 0), Rejected(tensor(4), -1), Rejected(tensor(), 1)]


@view_operator(
    "aten::split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]",
    samples=_split_samples,
    rejects=_split_rejects,
)
def split(self: Array, split_size: int, dim: int = 0) -> list[Array]:
    """Parts of ``split_size`` along a dimension, the last one smaller where it does not divide.

    RuntimeError for a 0-dim tensor and a size below 1 (0 is allowed for an empty dimension).
    """
    dim = _dimension(self, dim)
    extent = self.shape[dim]
    if split_size < 0 or (split_size == 0 and extent != 0):
        raise RuntimeError(f"split_size must be positive, not {split_size}")
    if extent == 0:
        return [self[:]]
    return _cut(self, dim, [*range(0, extent, split_size), extent])


@operator("aten::unsafe_split.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]",
          meta=Shadow(split), samples=_split_samples)  # fmt: skip
def unsafe_split(self: Array, split_size: int, dim: int = 0) -> list[Array]:
    """``split``; the schema does not say that the parts are views, so they may be written to."""
    return split(self, split_size, dim)


def _sizes_samples() -> list[Sample]:
    return [
        Sample(tensor(7, 2), [3, 0, 4]),
        Sample(tensor(2, 5), [1, 4], -1),
        Sample(tensor(0), [0]),
    ]


def _sizes_rejects() -> list[Rejected]:
    return [Rejected(tensor(4), [1, 2]), Rejected(tensor(4), [5, -1])]


@view_operator(
    "aten::split.sizes(Tensor(a -> *) self, SymInt[] split_size, int dim=0) -> Tensor(a)[]",
    samples=_sizes_samples,
    rejects=_sizes_rejects,
)
@view_operator(
    "aten::split(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]",
    samples=_sizes_samples,
)
@view_operator(
    "aten::split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[]",
    samples=_sizes_samples,
    rejects=_sizes_rejects,
)
def split_with_sizes(self: Array, split_sizes: Sequence[int], dim: int = 0) -> list[Array]:
    """Parts of the given sizes; RuntimeError when they do not add up to the dimension."""
    dim = _dimension(self, dim)
    if any(size < 0 for size in split_sizes) or sum(split_sizes) != self.shape[dim]:
        raise RuntimeError(
            f"sizes {list(split_sizes)} do not add up to dimension {dim} with size"
            f" {self.shape[dim]}"
        )
    bounds = [0]
    for size in split_sizes:
        bounds.append(bounds[-1] + size)
    return _cut(self, dim, bounds)


def _chunk_samples() -> list[Sample]:
    return [
        Sample(tensor(7, 2), 3),
        Sample(tensor(6, 2), 2, -1),
        Sample(tensor(5), 8),
        Sample(tensor(0, 2), 3),
    ]


@view_operator(
    "aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]",
    samples=_chunk_samples,
    rejects=lambda: [Rejected(tensor(4), 0), Rejected(tensor(), 1)],
)
def chunk(self: Array, chunks: int, dim: int = 0) -> list[Array]:
    """At most ``chunks`` parts of one size, the last one smaller; there may be fewer."""
    dim = _dimension(self, dim)
    if chunks <= 0:
        raise RuntimeError(f"chunk needs a positive number of chunks, not {chunks}")
    extent = self.shape[dim]
    if extent == 0:
        return [self[:] for _ in range(chunks)]
    size = -(-extent // chunks)
    return _cut(self, dim, [*range(0, extent, size), extent])


@operator("aten::unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]",
          meta=Shadow(chunk), samples=_chunk_samples)  # fmt: skip
def unsafe_chunk(self: Array, chunks: int, dim: int = 0) -> list[Array]:
    """``chunk``; the schema does not say that the parts are views, so they may be written to."""
    return chunk(self, chunks, dim)


@view_operator(
    "aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]",
    samples=lambda: [
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4), -1),
        Sample(tensor(3)),
        Sample(tensor(0, 2)),
    ],
    rejects=lambda: [Rejected(tensor()), Rejected(tensor(3), 1)],
)
def unbind(self: Array, dim: int = 0) -> list[Array]:
    """The slices across a dimension, which is left out."""
    dim = wrap_dim(dim, self.ndim, scalar=False)
    lead = (ALL,) * dim
    return [self[lead + (index, ...)] for index in range(self.shape[dim])]


def _sectioned(self: Array, sections: int, dim: int) -> list[Array]:
    if sections <= 0:
        raise RuntimeError(f"the number of sections must be positive, not {sections}")
    size, larger = divmod(self.shape[dim], sections)
    bounds = [0]
    for section in range(sections):
        bounds.append(bounds[-1] + size + (section < larger))
    return _cut(self, dim, bounds)


def _cut_at(self: Array, indices: Sequence[int], dim: int) -> list[Array]:
    lead = (ALL,) * dim
    starts = [0, *indices]
    ends = [*indices, self.shape[dim]]
    return [self[lead + (slice(a, b),)] for a, b in zip(starts, ends, strict=True)]


@view_operator(
    "aten::tensor_split.sections(Tensor(a -> *) self, SymInt sections, int dim=0) -> Tensor(a)[]",
    samples=lambda: [Sample(tensor(7, 2), 3), Sample(tensor(2, 3), 5, -1)],
    rejects=lambda: [Rejected(tensor(4), 0), Rejected(tensor(), 1)],
)
def tensor_split(self: Array, sections: int, dim: int = 0) -> list[Array]:
    """Exactly ``sections`` parts, the first ones larger by one where it does not divide."""
    return _sectioned(self, sections, _dimension(self, dim))


@view_operator(
    "aten::tensor_split.indices(Tensor(a -> *) self, SymInt[] indices, int dim=0) -> Tensor(a)[]",
    samples=lambda: [
        Sample(tensor(7, 2), [2, 5]),
        Sample(tensor(7), [5, 2]),
        Sample(tensor(7), [-2, 20]),
        Sample(tensor(7), []),
    ],
)
def tensor_split_at(self: Array, indices: Sequence[int], dim: int = 0) -> list[Array]:
    """The parts between the given indices, which are clamped as those of a slice."""
    return _cut_at(self, indices, _dimension(self, dim))


@operator(
    "aten::tensor_split.tensor_indices_or_sections(Tensor(a -> *) self,"
    " Tensor tensor_indices_or_sections, int dim=0) -> Tensor(a)[]",
    kind="composite",
    samples=lambda: [
        Sample(tensor(7, 2), np.array(3)),
        Sample(tensor(7, 2), np.array([2, 5])),
    ],
    rejects=lambda: [
        Rejected(tensor(4), np.array([[1]])),
        Rejected(tensor(4), np.array(2.0)),
    ],
)
def tensor_split_by_tensor(
    ops: Any, self: Any, tensor_indices_or_sections: Any, dim: int = 0
) -> Any:
    """``tensor_split`` by a number of sections (a 0-dim tensor) or indices (a vector) of int64."""
    places = tensor_indices_or_sections
    if repr(places.dtype) != "torch.int64" or places.ndim > 1:
        raise RuntimeError("tensor_split takes an int64 tensor of 0 or 1 dimensions")
    return ops.tensor_split(self, places.tolist(), dim)


def _evenly(self: Array, sections: int, dim: int) -> list[Array]:
    if sections <= 0 or self.shape[dim] % sections:
        raise RuntimeError(
            f"dimension {dim} with size {self.shape[dim]} is not divisible by {sections}"
        )
    return _sectioned(self, sections, dim)


def _needs(self: Array, dimensions: int, name: str) -> None:
    if self.ndim < dimensions:
        raise RuntimeError(f"{name} needs at least {dimensions} dimensions, not {self.ndim}")


@view_operator("aten::hsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]",
               samples=lambda: [Sample(tensor(2, 4), 2), Sample(tensor(4), 2)],
               rejects=lambda: [Rejected(tensor(2, 3), 2), Rejected(tensor(), 1)])  # fmt: skip
def hsplit(self: Array, sections: int) -> list[Array]:
    """Equal parts along dimension 1 (0 of a vector)."""
    _needs(self, 1, "hsplit")
    return _evenly(self, sections, 0 if self.ndim == 1 else 1)


@view_operator("aten::hsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]",
               samples=lambda: [Sample(tensor(2, 4), [1, 3]), Sample(tensor(4), [2])])  # fmt: skip
def hsplit_at(self: Array, indices: Sequence[int]) -> list[Array]:
    """The parts of dimension 1 (0 of a vector) between the indices."""
    _needs(self, 1, "hsplit")
    return _cut_at(self, indices, 0 if self.ndim == 1 else 1)


@view_operator("aten::vsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]",
               samples=lambda: [Sample(tensor(4, 2), 2)],
               rejects=lambda: [Rejected(tensor(3, 2), 2), Rejected(tensor(4), 2)])  # fmt: skip
def vsplit(self: Array, sections: int) -> list[Array]:
    """Equal parts along dimension 0."""
    _needs(self, 2, "vsplit")
    return _evenly(self, sections, 0)


@view_operator("aten::vsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]",
               samples=lambda: [Sample(tensor(4, 2), [1, 3])])  # fmt: skip
def vsplit_at(self: Array, indices: Sequence[int]) -> list[Array]:
    """The parts of dimension 0 between the indices."""
    _needs(self, 2, "vsplit")
    return _cut_at(self, indices, 0)


@view_operator("aten::dsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]",
               samples=lambda: [Sample(tensor(2, 3, 4), 2)],
               rejects=lambda: [Rejected(tensor(2, 3), 1)])  # fmt: skip
def dsplit(self: Array, sections: int) -> list[Array]:
    """Equal parts along dimension 2."""
    _needs(self, 3, "dsplit")
    return _evenly(self, sections, 2)


@view_operator("aten::dsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]",
               samples=lambda: [Sample(tensor(2, 3, 4), [1, 3])])  # fmt: skip
def dsplit_at(self: Array, indices: Sequence[int]) -> list[Array]:
    """The parts of dimension 2 between the indices."""
    _needs(self, 3, "dsplit")
    return _cut_at(self, indices, 2)
