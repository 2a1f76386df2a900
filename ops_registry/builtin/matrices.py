"""Triangles, diagonals and distances: tril, triu, diag, trace, cdist, vander."""

from __future__ import annotations

from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.builtin.slicing import diagonal
from ops_registry.builtin.statistics import norm_over
from ops_registry.builtin.views import view_operator
from ops_registry.meta import TensorMeta, broadcast_shapes, floating, like, result_dtype, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor


def _triangle_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4)),
        Sample(tensor(2, 3, 4), 1),
        Sample(tensor(3, 3, dtype=dtypes.bool_), -1),
        Sample(tensor(3, 3, dtype=dtypes.bfloat16), 5),
        Sample(tensor(0, 3)),
    ]


def _triangle(self: Array, keep: Array) -> Array:
    return np.where(keep, self, self.dtype.type(0)).astype(self.dtype, copy=False)


def _needs_matrix(self: Array, name: str) -> None:
    if self.ndim < 2:
        raise RuntimeError(f"{name} needs at least 2 dimensions, not {self.ndim}")


@operator("aten::tril(Tensor self, SymInt diagonal=0) -> Tensor", meta=like("self"), inplace=True,
          out=True, samples=_triangle_samples, rejects=lambda: [Rejected(tensor(3))])  # fmt: skip
def tril(self: Array, diagonal: int = 0) -> Array:
    """Matrices with zeros above a diagonal (0 the main one, above it positive)."""
    _needs_matrix(self, "tril")
    return _triangle(self, np.tri(self.shape[-2], self.shape[-1], diagonal, np.bool_))


@operator("aten::triu(Tensor self, SymInt diagonal=0) -> Tensor", meta=like("self"), inplace=True,
          out=True, samples=_triangle_samples, rejects=lambda: [Rejected(tensor(3))])  # fmt: skip
def triu(self: Array, diagonal: int = 0) -> Array:
    """Matrices with zeros below a diagonal (0 the main one, above it positive)."""
    _needs_matrix(self, "triu")
    return _triangle(self, ~np.tri(self.shape[-2], self.shape[-1], diagonal - 1, np.bool_))


def _diag_meta(self: TensorMeta, diagonal: int) -> TensorMeta:
    if self.ndim == 1:
        size = self.shape[0] + abs(diagonal)
        return TensorMeta(self.dtype, (size, size))
    if self.ndim != 2:
        raise RuntimeError(f"diag takes 1 or 2 dimensions, not {self.ndim}")
    rows, columns = self.shape
    count = min(rows - max(-diagonal, 0), columns - max(diagonal, 0))
    return TensorMeta(self.dtype, (max(count, 0),))


@operator(
    "aten::diag(Tensor self, int diagonal=0) -> Tensor",
    meta=_diag_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(3)),
        Sample(tensor(3), -1),
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4), 2),
    ],
    rejects=lambda: [Rejected(tensor()), Rejected(tensor(2, 2, 2))],
)
def diag(self: Array, diagonal: int = 0) -> Array:
    """A matrix with a vector on a diagonal; of a matrix, that diagonal as a copy."""
    return diag_embed(self, diagonal) if self.ndim == 1 else _diagonal(self, diagonal).copy()


_diagonal = diagonal


def _embedded_meta(self: TensorMeta, offset: int, dim1: int, dim2: int) -> TensorMeta:
    first, second = wrap_dim(dim1, self.ndim + 1), wrap_dim(dim2, self.ndim + 1)
    if first == second:
        raise RuntimeError("the two dimensions of a diagonal must differ")
    size = self.shape[-1] + abs(offset)
    shape = list(self.shape[:-1])
    for d in sorted((first, second)):
        shape.insert(d, size)
    return TensorMeta(self.dtype, tuple(shape))


@operator(
    "aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor",
    meta=_embedded_meta,
    out=True,
    samples=lambda: [Sample(tensor(2, 3)), Sample(tensor(2, 3), 1, 0, 2), Sample(tensor(3), -2)],
    rejects=lambda: [Rejected(tensor(3), 0, 0, 0)],
)
def diag_embed(self: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    """The last dimension on a diagonal of two new dimensions, zeros elsewhere."""
    meta = _embedded_meta(TensorMeta(dtypes.from_numpy(self.dtype), self.shape), offset, dim1, dim2)
    result = np.zeros(meta.shape, self.dtype)
    _diagonal(result, offset, dim1, dim2)[...] = self
    return result


@operator(
    "aten::diagflat(Tensor self, int offset=0) -> Tensor",
    meta=lambda self, offset: TensorMeta(self.dtype, (self.size + abs(offset),) * 2),
    samples=lambda: [Sample(tensor(2, 2)), Sample(tensor(), 1)],
)
def diagflat(self: Array, offset: int = 0) -> Array:
    """A matrix with all elements on a diagonal."""
    return diag_embed(self.reshape(-1), offset)


@view_operator(
    "aten::linalg_diagonal(Tensor(a) A, *, int offset=0, int dim1=-2, int dim2=-1) -> Tensor(a)",
    samples=lambda: [Sample(tensor(2, 3, 4)), Sample(tensor(3, 4), offset=1)],
)
def linalg_diagonal(A: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    """The diagonals of matrices, as a view."""
    return _diagonal(A, offset, dim1, dim2)


def _trace_meta(self: TensorMeta) -> TensorMeta:
    if self.ndim != 2:
        raise RuntimeError(f"trace takes a matrix, not {self.ndim} dimensions")
    return TensorMeta(self.dtype if self.dtype.category >= 2 else dtypes.int64, ())


@operator("aten::trace(Tensor self) -> Tensor", meta=_trace_meta, out=True,
          samples=lambda: [Sample(tensor(3, 4)), Sample(tensor(2, 2, dtype=dtypes.int32))],
          rejects=lambda: [Rejected(tensor(3))])  # fmt: skip
def trace(self: Array) -> Array:
    """The sum of the main diagonal; of integers in int64."""
    return np.trace(widened(self))


def _vander_meta(x: TensorMeta, N: int | None, *rest: Any) -> TensorMeta:
    dtype = x.dtype if x.dtype.category >= 2 else dtypes.int64
    shape = x.shape or (1,)
    return TensorMeta(dtype, (*shape, shape[-1] if N is None else N))


@operator("aten::vander(Tensor x, int? N=None, bool increasing=False) -> Tensor", meta=_vander_meta,
          samples=lambda: [Sample(tensor(3)), Sample(tensor(3), 4, True),
                           Sample(tensor(3, dtype=dtypes.int64))])  # fmt: skip
def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """The powers of the elements of a vector, one a column, falling unless ``increasing``."""
    return np.vander(x, N, increasing)


@operator("aten::linalg_vander(Tensor x, *, SymInt? N=None) -> Tensor", meta=_vander_meta,
          samples=lambda: [Sample(tensor(2, 3)), Sample(tensor(3), N=4)])  # fmt: skip
def linalg_vander(x: Array, N: int | None = None) -> Array:
    """The powers of the elements, from 0 up, as a last dimension."""
    points = x if x.ndim else x.reshape(1)
    return points[..., None] ** np.arange(points.shape[-1] if N is None else N)


# Distances.


def _distances_meta(x1: TensorMeta, x2: TensorMeta, *rest: Any) -> TensorMeta:
    if x1.ndim < 2 or x2.ndim < 2:
        raise RuntimeError("cdist takes tensors of at least 2 dimensions")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(f"cdist of points of {x1.shape[-1]} and of {x2.shape[-1]} coordinates")
    batch = broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    return TensorMeta(result_dtype(x1, x2), (*batch, x1.shape[-2], x2.shape[-2]))


def _distance_samples() -> list[Sample]:
    return [
        Sample(tensor(4, 3), tensor(5, 3, seed=1)),
        Sample(tensor(2, 4, 3), tensor(5, 3, seed=1), 1.0),
        Sample(tensor(4, 3), tensor(5, 3, seed=1), float("inf")),
        Sample(tensor(4, 3), tensor(5, 3, seed=1), 0.0),
        Sample(tensor(40, 3), tensor(30, 3, seed=1)),
    ]


@operator(
    "aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor",
    meta=_distances_meta,
    samples=_distance_samples,
    rejects=lambda: [Rejected(tensor(4, 3), tensor(5, 2)), Rejected(tensor(3), tensor(3))],
)
@operator(
    "aten::_cdist_forward(Tensor x1, Tensor x2, float p, int? compute_mode) -> Tensor",
    meta=_distances_meta,
    samples=lambda: [Sample(*s.args[:2], 2.0, None) for s in _distance_samples()],
)
def cdist(x1: Array, x2: Array, p: float = 2.0, compute_mode: int | None = None) -> Array:
    """The distances of order ``p`` between the rows of two matrices."""
    return norm_over(x1[..., :, None, :] - x2[..., None, :, :], p, (-1,), False)


@operator(
    "aten::pdist(Tensor self, float p=2.) -> Tensor",
    meta=lambda self, p: TensorMeta(self.dtype, (self.shape[0] * (self.shape[0] - 1) // 2,)),
    samples=lambda: [Sample(tensor(4, 3)), Sample(tensor(4, 3), 1.0), Sample(tensor(1, 3))],
)
def pdist(self: Array, p: float = 2.0) -> Array:
    """The distances of order ``p`` between all pairs of rows of a matrix."""
    first, second = np.triu_indices(len(self), 1)
    return norm_over(self[first] - self[second], p, (-1,), False)


def _similarity_meta(x1: TensorMeta, x2: TensorMeta, dim: int, eps: float) -> TensorMeta:
    shape = broadcast_shapes(x1.shape, x2.shape)
    dim = wrap_dim(dim, len(shape))
    kept = tuple(n for d, n in enumerate(shape) if d != dim)
    return TensorMeta(floating(result_dtype(x1, x2)), kept)


@operator(
    "aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
    meta=_similarity_meta,
    samples=lambda: [
        Sample(tensor(3, 4), tensor(3, 4, seed=1)),
        Sample(tensor(3, 4), tensor(1, 4, seed=1), -1),
        Sample(tensor(3, 4), tensor(3, 4, seed=1), 0, 0.1),
        Sample(tensor(2, 3) * 0, tensor(2, 3)),
        Sample(tensor(), tensor(seed=1), 0),
    ],
)
def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    """The cosine of the angle between vectors along a dimension; shapes broadcast.

    Norms are at least ``eps``.
    """
    a, b = np.broadcast_arrays(widened(x1), widened(x2))
    if a.ndim == 0:
        a, b = a.reshape(1), b.reshape(1)
    norms = [np.maximum(norm_over(x, 2, (wrap_dim(dim, a.ndim),), True), a.dtype.type(eps))
             for x in (a, b)]  # fmt: skip
    return np.sum(a / norms[0] * (b / norms[1]), axis=dim)
