"""Decompositions of matrices: QR, LU, singular values, eigenvalues.

Signs of vectors that a decomposition leaves open are LAPACK's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.linalg import linalg_solve
from ops_registry.builtin.matrix_operands import (
    matrix_dtype,
    positive_definite,
    solved,
    square_dtype,
    square_rejects,
    well_conditioned,
)
from ops_registry.builtin.operands import Array
from ops_registry.meta import Shape, TensorMeta, broadcast_shapes
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor


def _qr_meta(A: TensorMeta, mode: str) -> tuple[TensorMeta, TensorMeta]:
    dtype = matrix_dtype(A, "qr")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"mode is 'reduced', 'complete' or 'r', not {mode!r}")
    rows, columns = A.shape[-2:]
    inner = rows if mode == "complete" else min(rows, columns)
    q: Shape = (0,) if mode == "r" else (*A.shape[:-2], rows, inner)
    return TensorMeta(dtype, q), TensorMeta(dtype, (*A.shape[:-2], inner, columns))


@operator(
    'aten::linalg_qr(Tensor A, str mode="reduced") -> (Tensor Q, Tensor R)',
    meta=_qr_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(4, 3)),
        Sample(tensor(2, 3, 4)),
        Sample(tensor(4, 3), "complete"),
        Sample(tensor(4, 3), "r"),
    ],
    rejects=lambda: [Rejected(tensor(3)), Rejected(tensor(3, 3), "full")],
)
def linalg_qr(A: Array, mode: str = "reduced") -> tuple[Array, Array]:
    """An orthogonal ``Q`` and an upper triangular ``R`` with ``Q @ R == A``.

    ``reduced`` leaves out what R has no rows for; ``r`` computes no Q.
    """
    if mode == "r":
        return np.empty(0, A.dtype), np.asarray(np.linalg.qr(A, "r"))
    q, r = np.linalg.qr(A, "complete" if mode == "complete" else "reduced")
    return q, r


@operator(
    "aten::qr(Tensor self, bool some=True) -> (Tensor Q, Tensor R)",
    meta=lambda self, some: _qr_meta(self, "reduced" if some else "complete"),
    out="Q",
    samples=lambda: [Sample(tensor(4, 3)), Sample(tensor(4, 3), False)],
)
def qr(self: Array, some: bool = True) -> tuple[Array, Array]:
    """``linalg_qr``, reduced or complete."""
    return linalg_qr(self, "reduced" if some else "complete")


def _svd_meta(
    A: TensorMeta, full_matrices: bool, driver: str | None
) -> tuple[TensorMeta, TensorMeta, TensorMeta]:
    dtype = matrix_dtype(A, "svd")
    batch, (rows, columns) = A.shape[:-2], A.shape[-2:]
    count = min(rows, columns)
    left, right = (rows, columns) if full_matrices else (count, count)
    return (
        TensorMeta(dtype, (*batch, rows, left)),
        TensorMeta(dtype.to_real(), (*batch, count)),
        TensorMeta(dtype, (*batch, right, columns)),
    )


@operator(
    "aten::linalg_svd(Tensor A, bool full_matrices=True, *, str? driver=None)"
    " -> (Tensor U, Tensor S, Tensor Vh)",
    meta=_svd_meta,
    out="U",
    samples=lambda: [Sample(tensor(4, 3)), Sample(tensor(2, 3, 4), False)],
    rejects=lambda: [Rejected(tensor(3))],
)
def linalg_svd(
    A: Array, full_matrices: bool = True, driver: str | None = None
) -> tuple[Array, Array, Array]:
    """Singular values, falling, with ``U @ diag(S) @ Vh == A``."""
    u, s, vh = solved(np.linalg.svd, A, full_matrices)
    return u, s, vh


def _old_svd_meta(
    self: TensorMeta, some: bool, compute_uv: bool
) -> tuple[TensorMeta, TensorMeta, TensorMeta]:
    u, s, vh = _svd_meta(self, not some or not compute_uv, None)
    return u, s, TensorMeta(vh.dtype, (*vh.shape[:-2], vh.shape[-1], vh.shape[-2]))


@operator(
    "aten::svd(Tensor self, bool some=True, bool compute_uv=True)"
    " -> (Tensor U, Tensor S, Tensor V)",
    meta=_old_svd_meta,
    out="U",
    samples=lambda: [Sample(tensor(4, 3)), Sample(tensor(4, 3), False), Sample(tensor(4, 3), True, False)],
)  # fmt: skip
def svd(self: Array, some: bool = True, compute_uv: bool = True) -> tuple[Array, Array, Array]:
    """``linalg_svd`` with ``V`` instead of its transpose; zeros for both if not computed."""
    u, s, vh = linalg_svd(self, not some or not compute_uv)
    v = np.conjugate(vh.swapaxes(-1, -2))
    return (u, s, v) if compute_uv else (np.zeros_like(u), s, np.zeros_like(v))


@operator("aten::linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor",
          meta=lambda A, driver: _svd_meta(A, False, driver)[1], out=True,
          samples=lambda: [Sample(tensor(4, 3)), Sample(tensor(2, 3, 4))])  # fmt: skip
def linalg_svdvals(A: Array, driver: str | None = None) -> Array:
    """Singular values, falling."""
    return solved(np.linalg.svd, A, compute_uv=False)


def _symmetric_meta(self: TensorMeta, UPLO: str) -> tuple[TensorMeta, TensorMeta]:
    dtype = square_dtype(self, "eigh")
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"UPLO is 'L' or 'U', not {UPLO!r}")
    return TensorMeta(dtype.to_real(), self.shape[:-1]), self


@operator(
    'aten::linalg_eigh(Tensor self, str UPLO="L") -> (Tensor eigenvalues, Tensor eigenvectors)',
    meta=_symmetric_meta,
    samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2), "U")],
    rejects=square_rejects,
)
def linalg_eigh(self: Array, UPLO: str = "L") -> tuple[Array, Array]:
    """Eigenvalues, rising, and eigenvectors (columns) of symmetric or Hermitian matrices."""
    values, vectors = solved(np.linalg.eigh, self, UPLO.upper())
    return values, vectors


@operator('aten::linalg_eigvalsh(Tensor self, str UPLO="L") -> Tensor',
          meta=lambda self, UPLO: _symmetric_meta(self, UPLO)[0], out=True,
          samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2), "U")])  # fmt: skip
def linalg_eigvalsh(self: Array, UPLO: str = "L") -> Array:
    """Eigenvalues, rising, of symmetric or Hermitian matrices."""
    return solved(np.linalg.eigvalsh, self, UPLO.upper())


def _eigen_meta(self: TensorMeta) -> tuple[TensorMeta, TensorMeta]:
    dtype = square_dtype(self, "eig").to_complex()
    return TensorMeta(dtype, self.shape[:-1]), TensorMeta(dtype, self.shape)


@operator(
    "aten::linalg_eig(Tensor self) -> (Tensor eigenvalues, Tensor eigenvectors)",
    meta=_eigen_meta,
    out=True,
    samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2))],
    rejects=square_rejects,
)
def linalg_eig(self: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors (columns), always complex, in no particular order."""
    values, vectors = solved(np.linalg.eig, self)
    return values, vectors


@operator("aten::linalg_eigvals(Tensor self) -> Tensor", meta=lambda self: _eigen_meta(self)[0],
          out=True, samples=lambda: [Sample(positive_definite())])  # fmt: skip
def linalg_eigvals(self: Array) -> Array:
    """Eigenvalues, always complex, in no particular order."""
    return solved(np.linalg.eigvals, self)


def _per_matrix(
    function: Callable[[Array], Sequence[Array]], A: Array, metas: Sequence[TensorMeta]
) -> tuple[Array, ...]:
    """The results of a function of one matrix, for each matrix of a stack."""
    results = tuple(np.empty(meta.shape, meta.dtype.numpy) for meta in metas)
    for position in np.ndindex(A.shape[:-2]):
        for result, part in zip(results, function(A[position]), strict=True):
            result[position] = part
    return results


def _meta(A: Array) -> TensorMeta:
    return TensorMeta(dtypes.from_numpy(A.dtype), A.shape)


def _lu_factor_meta(A: TensorMeta, pivot: bool) -> tuple[TensorMeta, TensorMeta]:
    matrix_dtype(A, "lu")
    return A, TensorMeta(dtypes.int32, (*A.shape[:-2], min(A.shape[-2:])))


@operator(
    "aten::linalg_lu_factor(Tensor A, *, bool pivot=True) -> (Tensor LU, Tensor pivots)",
    meta=_lu_factor_meta,
    out=True,
    samples=lambda: [Sample(well_conditioned()), Sample(well_conditioned(2)), Sample(tensor(4, 3))],
)
def linalg_lu_factor(A: Array, pivot: bool = True) -> tuple[Array, Array]:
    """L and U in one matrix (the diagonal is U's), and the row exchanged in each step, from 1."""
    from scipy.linalg import lu_factor

    if not pivot:
        raise RuntimeError("on the CPU an LU factorisation exchanges rows: pivot=True")

    def one(matrix: Array) -> tuple[Array, Array]:
        lu, pivots = lu_factor(matrix, check_finite=False)
        return lu, pivots + 1

    lu, pivots = _per_matrix(one, A, _lu_factor_meta(_meta(A), pivot))
    return lu, pivots


def _lu_meta(A: TensorMeta, pivot: bool) -> tuple[TensorMeta, TensorMeta, TensorMeta]:
    dtype = matrix_dtype(A, "lu")
    batch, (rows, columns) = A.shape[:-2], A.shape[-2:]
    count = min(rows, columns)
    return (
        TensorMeta(dtype, (*batch, rows, rows)),
        TensorMeta(dtype, (*batch, rows, count)),
        TensorMeta(dtype, (*batch, count, columns)),
    )


@operator(
    "aten::linalg_lu(Tensor A, *, bool pivot=True) -> (Tensor P, Tensor L, Tensor U)",
    meta=_lu_meta,
    out=True,
    samples=lambda: [Sample(well_conditioned()), Sample(tensor(2, 3, 4)), Sample(tensor(4, 3))],
)
def linalg_lu(A: Array, pivot: bool = True) -> tuple[Array, Array, Array]:
    """A permutation, a lower and an upper triangular matrix with ``P @ L @ U == A``."""
    from scipy.linalg import lu

    if not pivot:
        raise RuntimeError("on the CPU an LU factorisation exchanges rows: pivot=True")
    p, lower, upper = _per_matrix(lu, A, _lu_meta(_meta(A), pivot))
    return p, lower, upper


def _unpacked_meta(
    LU_data: TensorMeta, LU_pivots: TensorMeta, unpack_data: bool, unpack_pivots: bool
) -> tuple[TensorMeta, TensorMeta, TensorMeta]:
    p, lower, upper = _lu_meta(LU_data, True)
    nothing = TensorMeta(LU_data.dtype, (0,))
    return (
        p if unpack_pivots else nothing,
        lower if unpack_data else nothing,
        upper if unpack_data else nothing,
    )


def _factored(*batch: int) -> Sample:
    return Sample(*linalg_lu_factor(well_conditioned(*batch)))


@operator(
    "aten::lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True,"
    " bool unpack_pivots=True) -> (Tensor P, Tensor L, Tensor U)",
    meta=_unpacked_meta,
    out=True,
    samples=lambda: [
        _factored(),
        _factored(2),
        Sample(*_factored().args, True, False),
        Sample(*_factored().args, False, True),
    ],
)
def lu_unpack(
    LU_data: Array, LU_pivots: Array, unpack_data: bool = True, unpack_pivots: bool = True
) -> tuple[Array, Array, Array]:
    """The permutation, L and U of what ``linalg_lu_factor`` returns; what is not asked for is empty."""
    rows, columns = LU_data.shape[-2:]
    count = min(rows, columns)
    nothing = np.empty(0, LU_data.dtype)
    p = lower = upper = nothing
    if unpack_pivots:
        p = np.zeros((*LU_data.shape[:-2], rows, rows), LU_data.dtype)
        for position in np.ndindex(LU_data.shape[:-2]):
            order = np.arange(rows)
            for step, exchanged in enumerate(LU_pivots[position] - 1):
                order[[step, exchanged]] = order[[exchanged, step]]
            p[position][order, np.arange(rows)] = 1
    if unpack_data:
        lower = np.tril(LU_data[..., :, :count], -1)
        lower[..., range(count), range(count)] = 1
        upper = np.triu(LU_data[..., :count, :])
    return p, lower, upper


def _lu_solved_meta(
    LU: TensorMeta, pivots: TensorMeta, B: TensorMeta, left: bool, adjoint: bool
) -> TensorMeta:
    dtype = square_dtype(LU, "lu_solve")
    return TensorMeta(dtype, (*broadcast_shapes(LU.shape[:-2], B.shape[:-2]), *B.shape[-2:]))


@operator(
    "aten::linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True,"
    " bool adjoint=False) -> Tensor",
    meta=_lu_solved_meta,
    out=True,
    samples=lambda: [
        Sample(*_factored().args, tensor(3, 2)),
        Sample(*_factored(2).args, tensor(3, 2), adjoint=True),
        Sample(*_factored().args, tensor(2, 3), left=False),
    ],
)
def linalg_lu_solve(
    LU: Array, pivots: Array, B: Array, left: bool = True, adjoint: bool = False
) -> Array:
    """The ``X`` with ``A @ X == B`` (``X @ A == B`` if not ``left``), for the factors of ``A``."""
    p, lower, upper = lu_unpack(LU, pivots)
    matrix = p @ lower @ upper
    if adjoint:
        matrix = np.conjugate(matrix.swapaxes(-1, -2))
    return linalg_solve(matrix, B, left)


@operator(
    "aten::lu_solve(Tensor self, Tensor LU_data, Tensor LU_pivots) -> Tensor",
    meta=lambda self, LU_data, LU_pivots: _lu_solved_meta(LU_data, LU_pivots, self, True, False),
    out=True,
    samples=lambda: [Sample(tensor(3, 2), *_factored().args)],
)
def lu_solve(self: Array, LU_data: Array, LU_pivots: Array) -> Array:
    """The ``X`` with ``A @ X == self``, for the factors of ``A``."""
    return linalg_lu_solve(LU_data, LU_pivots, self)
