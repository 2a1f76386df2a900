"""Norms of matrices, condition numbers, and what is scaled to a norm: renorm, weight norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.linalg import linalg_inv
from ops_registry.builtin.matrix_operands import matrix_dtype, solved, well_conditioned
from ops_registry.builtin.operands import Array, Scalar, widened
from ops_registry.builtin.reduction import axes
from ops_registry.builtin.statistics import norm_over
from ops_registry.meta import TensorMeta, broadcast_shapes, like, reduced_shape, wrap_dim, wrap_dims
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor


def matrix_norm_of(self: Array, ord: Scalar | str, dim: Sequence[int], keepdim: bool) -> Array:
    over = wrap_dims(dim, self.ndim)
    if ord in ("fro", None):
        return norm_over(self, 2, over, keepdim)
    matrices = np.moveaxis(self, over, (-2, -1))
    if ord == "nuc":
        result = np.sum(solved(np.linalg.svd, matrices, compute_uv=False), -1)
    elif ord in (2, -2):
        values = solved(np.linalg.svd, matrices, compute_uv=False)
        result = values.max(-1, initial=0) if ord == 2 else values.min(-1)
    elif not isinstance(ord, str) and abs(ord) in (1, np.inf):
        sums = np.sum(np.abs(matrices), -2 if abs(ord) == 1 else -1)
        result = sums.max(-1, initial=0) if ord.real > 0 else sums.min(-1)
    else:
        raise RuntimeError(
            f"a matrix norm is 'fro', 'nuc', 1, 2, inf or one of their negatives, not {ord!r}"
        )
    result = np.asarray(result)
    return np.expand_dims(result, tuple(sorted(over))) if keepdim else result


def _matrix_norm_meta(
    self: TensorMeta, ord: Any, dim: Sequence[int], keepdim: bool, dtype: int | None
) -> TensorMeta:
    if len(dim) != 2:
        raise RuntimeError("a matrix norm is over two dimensions")
    source = matrix_dtype(self, "matrix_norm") if dtype is None else dtypes.from_code(dtype)
    return TensorMeta(source.to_real(), reduced_shape(self.shape, dim, keepdim))


def _cast(self: Array, dtype: int | None) -> Array:
    return self if dtype is None else self.astype(dtypes.from_code(dtype).numpy)


@operator(
    "aten::linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2, -1], bool keepdim=False, *,"
    " ScalarType? dtype=None) -> Tensor",
    meta=_matrix_norm_meta,
    out=True,
    samples=lambda: (
        [Sample(tensor(3, 4), p) for p in (1, -1, 2, -2, float("inf"), float("-inf"))]
        + [Sample(tensor(3, 2, 4), 2, [0, 2], True)]
    ),
    rejects=lambda: [Rejected(tensor(3, 4), 3), Rejected(tensor(3), 1)],
)
@operator(
    'aten::linalg_matrix_norm.str_ord(Tensor self, str ord="fro", int[] dim=[-2, -1],'
    " bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    meta=_matrix_norm_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4)),
        Sample(tensor(2, 3, 4), "nuc"),
        Sample(tensor(2, 3, 4), "fro", [0, 2], True),
    ],
)
def linalg_matrix_norm(
    self: Array,
    ord: Scalar | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    dtype: int | None = None,
) -> Array:
    """The norm of matrices: Frobenius, nuclear, or induced by the vector norms 1, 2 and inf."""
    return matrix_norm_of(_cast(self, dtype), ord, dim, keepdim)


def _linalg_norm_meta(
    self: TensorMeta, ord: Any, dim: Sequence[int] | None, keepdim: bool, dtype: int | None
) -> TensorMeta:
    source = self.dtype if dtype is None else dtypes.from_code(dtype)
    if source.category < 2:
        raise RuntimeError(f"a norm takes floating point and complex tensors, not {source!r}")
    if dim is None and ord is not None and self.ndim > 2:
        raise RuntimeError("an order of a norm needs dimensions, or at most 2 of them")
    return TensorMeta(source.to_real(), reduced_shape(self.shape, dim, keepdim))


@operator(
    "aten::linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *,"
    " ScalarType? dtype=None) -> Tensor",
    meta=_linalg_norm_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4)),
        Sample(tensor(2, 3, 4)),
        Sample(tensor(3, 4), 2),
        Sample(tensor(4), 3),
        Sample(tensor(3, 4), 1, [0]),
        Sample(tensor(3, 4), 1, [0, 1], True),
    ],
)
@operator(
    "aten::linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *,"
    " ScalarType? dtype=None) -> Tensor",
    meta=_linalg_norm_meta,
    out=True,
    samples=lambda: [Sample(tensor(3, 4), "nuc"), Sample(tensor(2, 3, 4), "fro", [1, 2])],
)
def linalg_norm(
    self: Array,
    ord: Scalar | str | None = None,
    dim: Sequence[int] | None = None,
    keepdim: bool = False,
    dtype: int | None = None,
) -> Array:
    """The norm of vectors (one dimension) or matrices (two); of all elements without ``ord``."""
    source = _cast(self, dtype)
    if ord is None:
        return norm_over(source, 2, axes(source, dim), keepdim)
    over = dim if dim is not None else range(source.ndim)
    if len(over) == 2:
        return matrix_norm_of(source, ord, list(over), keepdim)
    if isinstance(ord, str):
        raise RuntimeError(f"the norm {ord!r} is one of matrices")
    return norm_over(source, ord, axes(source, dim), keepdim)


@operator("aten::nuclear_norm(Tensor self, bool keepdim=False) -> Tensor",
          meta=lambda self, keepdim: _matrix_norm_meta(self, "nuc", [-2, -1], keepdim, None),
          out=True, samples=lambda: [Sample(tensor(3, 4))])  # fmt: skip
def nuclear_norm(self: Array, keepdim: bool = False) -> Array:
    """The sum of the singular values of a matrix."""
    return matrix_norm_of(self, "nuc", (-2, -1), keepdim)


@operator("aten::nuclear_norm.dim(Tensor self, int[2] dim, bool keepdim=False) -> Tensor",
          meta=lambda self, dim, keepdim: _matrix_norm_meta(self, "nuc", dim, keepdim, None),
          out=True, samples=lambda: [Sample(tensor(2, 3, 4), [0, 2], True)])  # fmt: skip
def nuclear_norm_dim(self: Array, dim: Sequence[int], keepdim: bool = False) -> Array:
    """The sum of the singular values of matrices over two dimensions."""
    return matrix_norm_of(self, "nuc", dim, keepdim)


def _cond_meta(self: TensorMeta, p: Any) -> TensorMeta:
    return TensorMeta(matrix_dtype(self, "cond").to_real(), self.shape[:-2])


@operator("aten::linalg_cond(Tensor self, Scalar? p=None) -> Tensor", meta=_cond_meta, out=True,
          samples=lambda: [Sample(well_conditioned(), p) for p in (None, 2, -2, 1, float("inf"))])  # fmt: skip
@operator("aten::linalg_cond.p_str(Tensor self, str p) -> Tensor", meta=_cond_meta, out=True,
          samples=lambda: [Sample(well_conditioned(2), "fro"), Sample(well_conditioned(), "nuc")])  # fmt: skip
def linalg_cond(self: Array, p: Scalar | str | None = None) -> Array:
    """How much solving with a matrix enlarges errors, by a matrix norm (2 if not given)."""
    if p in (None, 2, -2):
        values = solved(np.linalg.svd, self, compute_uv=False)
        large, small = values[..., 0], values[..., -1]
        return np.asarray(small / large if p == -2 else large / small)
    assert p is not None
    norm = matrix_norm_of(self, p, (-2, -1), False)
    return norm * matrix_norm_of(linalg_inv(self), p, (-2, -1), False)


@operator(
    "aten::renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [Sample(tensor(3, 4), 2, 0, 1.0), Sample(tensor(3, 4), 1, -1, 0.5)],
    rejects=lambda: [Rejected(tensor(3), 2, 0, 1.0)],
)
def renorm(self: Array, p: Scalar, dim: int, maxnorm: Scalar) -> Array:
    """Slices of a dimension whose norm is more than ``maxnorm`` scaled down to it."""
    if self.ndim < 2:
        raise RuntimeError("renorm needs at least 2 dimensions")
    dim = wrap_dim(dim, self.ndim)
    over = tuple(d for d in range(self.ndim) if d != dim)
    norms = norm_over(self, p, over, True)
    factor = np.where(norms > maxnorm, maxnorm / (norms + norms.dtype.type(1e-7)), 1)
    return widened(self) * factor.astype(norms.dtype)


def _weight_norm_meta(v: TensorMeta, g: TensorMeta, dim: int) -> TensorMeta:
    return TensorMeta(v.dtype, broadcast_shapes(v.shape, g.shape))


@operator(
    "aten::_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor",
    meta=_weight_norm_meta,
    samples=lambda: [
        Sample(tensor(3, 4), tensor(3, 1, low=0.5, high=2.0)),
        Sample(tensor(3, 4, 2), tensor(1, 4, 1, low=0.5, high=2.0), 1),
        Sample(tensor(3, 4, 2), tensor(1, 1, 2, low=0.5, high=2.0), 2),
    ],
)
def weight_norm(v: Array, g: Array, dim: int = 0) -> Array:
    """``v`` with the norm of each slice of a dimension made ``g``; -1 means one norm for all."""
    over = None if dim == -1 else tuple(d for d in range(v.ndim) if d != dim)
    source = widened(v)
    return source * (widened(g) / norm_over(source, 2, over, True))
