"""Linear algebra: factorisations, solvers, inverses, determinants, matrix norms.

NumPy's LAPACK does the work on stacks of matrices; SciPy, imported when needed, does what NumPy
lacks (triangular solves, LU, matrix exponentials). Signs of vectors that a factorisation leaves
open (eigenvectors, QR) are LAPACK's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, Scalar
from ops_registry.builtin.reduction import axes
from ops_registry.builtin.statistics import norm_over
from ops_registry.dtypes import Dtype
from ops_registry.meta import (
    Shape,
    TensorMeta,
    broadcast_shapes,
    reduced_shape,
    wrap_dims,
)
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])


class SingularMatrixError(RuntimeError):
    """A matrix has no inverse, or is not positive definite where that is needed."""


def _fractional(self: TensorMeta, name: str) -> Dtype:
    if self.dtype.category < 2 or self.dtype.itemsize < 4:
        raise RuntimeError(f"{name} takes float32, float64 and complex tensors, not {self.dtype!r}")
    return self.dtype


def _matrix(self: TensorMeta, name: str) -> Dtype:
    if self.ndim < 2:
        raise RuntimeError(f"{name} needs at least 2 dimensions, not {self.ndim}")
    return _fractional(self, name)


def _square(self: TensorMeta, name: str) -> Dtype:
    dtype = _matrix(self, name)
    if self.shape[-1] != self.shape[-2]:
        raise RuntimeError(f"{name} needs square matrices, not of shape {list(self.shape[-2:])}")
    return dtype


def _solved(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    except np.linalg.LinAlgError as error:
        raise SingularMatrixError(str(error)) from None


def well_conditioned(*batch: int, n: int = 3, dtype: Dtype = dtypes.float32) -> Array:
    """Square matrices that are far from singular."""
    matrix = tensor(*batch, n, n, dtype=dtype)
    return (matrix + 4 * np.eye(n)).astype(dtype.numpy)


def positive_definite(*batch: int, n: int = 3) -> Array:
    """Symmetric matrices with positive eigenvalues."""
    matrix = tensor(*batch, n, n, dtype=dtypes.float64)
    return (matrix @ matrix.swapaxes(-1, -2) + n * np.eye(n)).astype(np.float32)


def _square_samples() -> list[Sample]:
    return [
        Sample(well_conditioned()),
        Sample(well_conditioned(2)),
        Sample(well_conditioned(n=2, dtype=dtypes.float64)),
        Sample(well_conditioned(dtype=dtypes.complex64)),
        Sample(tensor(0, 3, 3)),
    ]


def _square_rejects() -> list[Rejected]:
    return [
        Rejected(tensor(2, 3)),
        Rejected(tensor(3)),
        Rejected(tensor(3, 3, dtype=dtypes.int64)),
    ]


# Inverses and determinants.


def _inverse_meta(A: TensorMeta) -> TensorMeta:
    _square(A, "inv")
    return A


@operator("aten::linalg_inv(Tensor A) -> Tensor", meta=_inverse_meta, out=True,
          samples=_square_samples,
          rejects=lambda: [*_square_rejects(), Rejected(np.zeros((2, 2), np.float32))])  # fmt: skip
@operator("aten::inverse(Tensor self) -> Tensor", meta=_inverse_meta, out=True,
          samples=_square_samples)  # fmt: skip
def linalg_inv(A: Array) -> Array:
    """Inverses of square matrices; RuntimeError where there is none."""
    return _solved(np.linalg.inv, A)


def _with_info(meta: TensorMeta) -> tuple[TensorMeta, TensorMeta]:
    return meta, TensorMeta(dtypes.int32, meta.shape[:-2])


@operator(
    "aten::linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (Tensor inverse, Tensor info)",
    meta=lambda A, check_errors: _with_info(_inverse_meta(A)),
    out="inverse",
    samples=_square_samples,
)
def linalg_inv_ex(A: Array, check_errors: bool = False) -> tuple[Array, Array]:
    """Inverses of square matrices, and 0 for each (RuntimeError where there is none)."""
    return linalg_inv(A), np.zeros(A.shape[:-2], np.int32)


def _determinant_meta(A: TensorMeta) -> TensorMeta:
    return TensorMeta(_square(A, "det"), A.shape[:-2])


@operator("aten::linalg_det(Tensor A) -> Tensor", meta=_determinant_meta, out=True,
          samples=_square_samples, rejects=_square_rejects)  # fmt: skip
@operator("aten::det(Tensor self) -> Tensor", meta=_determinant_meta, samples=_square_samples)
def linalg_det(A: Array) -> Array:
    """Determinants of square matrices."""
    return np.linalg.det(A)


@operator("aten::logdet(Tensor self) -> Tensor", meta=_determinant_meta,
          samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2))])  # fmt: skip
def logdet(self: Array) -> Array:
    """Logarithms of determinants: NaN below zero, -inf at zero."""
    sign, log = np.linalg.slogdet(self)
    return np.where(sign < 0, np.nan, log)


def _slogdet_meta(A: TensorMeta) -> tuple[TensorMeta, TensorMeta]:
    determinant = _determinant_meta(A)
    return determinant, TensorMeta(determinant.dtype.to_real(), determinant.shape)


@operator("aten::linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet)",
          meta=_slogdet_meta, out=True, samples=_square_samples)  # fmt: skip
@operator("aten::slogdet(Tensor self) -> (Tensor sign, Tensor logabsdet)",
          meta=_slogdet_meta, out=True, samples=_square_samples)  # fmt: skip
def linalg_slogdet(A: Array) -> tuple[Array, Array]:
    """Signs of determinants, and the logarithms of their magnitudes."""
    sign, log = np.linalg.slogdet(A)
    return sign, log


# Solving.


def _is_vector(A: TensorMeta | Array, B: TensorMeta | Array) -> bool:
    """Whether ``B`` is a batch of vectors: it has one dimension, or the batch shape of ``A``."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])


def _solve_meta(A: TensorMeta, B: TensorMeta, left: bool) -> TensorMeta:
    dtype = _square(A, "solve")
    if B.dtype is not dtype:
        raise RuntimeError(f"solve needs one dtype, not {dtype!r} and {B.dtype!r}")
    vector = _is_vector(A, B)
    shape = (*B.shape, 1) if vector else B.shape
    if len(shape) < 2 or shape[-2 if left else -1] != A.shape[-1]:
        raise RuntimeError(f"solve: {list(B.shape)} does not fit matrices {list(A.shape)}")
    batch = broadcast_shapes(A.shape[:-2], shape[:-2])
    return TensorMeta(dtype, (*batch, *(shape[-2:-1] if vector else shape[-2:])))


def _solve_samples() -> list[Sample]:
    return [
        Sample(well_conditioned(), tensor(3, 2)),
        Sample(well_conditioned(), tensor(3)),
        Sample(well_conditioned(2), tensor(3, 2)),
        Sample(well_conditioned(2), tensor(2, 3)),
    ]


@operator(
    "aten::linalg_solve(Tensor A, Tensor B, *, bool left=True) -> Tensor",
    meta=_solve_meta,
    out=True,
    samples=lambda: [*_solve_samples(), Sample(well_conditioned(), tensor(2, 3), left=False)],
    rejects=lambda: [
        Rejected(tensor(2, 3), tensor(3)),
        Rejected(well_conditioned(), tensor(2)),
        Rejected(np.zeros((2, 2), np.float32), tensor(2)),
    ],
)
def linalg_solve(A: Array, B: Array, left: bool = True) -> Array:
    """The ``X`` with ``A @ X == B`` (``X @ A == B`` if not ``left``).

    ``B`` holds matrices, or vectors. RuntimeError where a matrix is singular.
    """
    vector = _is_vector(A, B)
    right = B[..., None] if vector else B
    if left:
        result = _solved(np.linalg.solve, A, right)
    else:
        result = _solved(np.linalg.solve, A.swapaxes(-1, -2), right.swapaxes(-1, -2))
        result = result.swapaxes(-1, -2)
    return result[..., 0] if vector else result


@operator(
    "aten::linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False)"
    " -> (Tensor result, Tensor info)",
    meta=lambda A, B, left, check_errors: (
        _solve_meta(A, B, left),
        TensorMeta(dtypes.int32, A.shape[:-2]),
    ),
    out=True,
    samples=lambda: _solve_samples()[:1],
)
def linalg_solve_ex(
    A: Array, B: Array, left: bool = True, check_errors: bool = False
) -> tuple[Array, Array]:
    """``linalg_solve``, and 0 for each matrix (RuntimeError where one is singular)."""
    return linalg_solve(A, B, left), np.zeros(A.shape[:-2], np.int32)


def _triangle_of(A: Array, upper: bool, unit: bool) -> Array:
    """One triangle of matrices, the other zero; with ``unit`` the diagonal is taken as ones."""
    triangle = np.triu(A) if upper else np.tril(A)
    if unit:
        n = A.shape[-1]
        triangle[..., range(n), range(n)] = 1
    return triangle


def _triangular_meta(self: TensorMeta, B: TensorMeta, *rest: Any) -> TensorMeta:
    dtype = _square(self, "solve_triangular")
    batch = broadcast_shapes(self.shape[:-2], B.shape[:-2])
    return TensorMeta(dtype, (*batch, *B.shape[-2:]))


@operator(
    "aten::linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True,"
    " bool unitriangular=False) -> Tensor",
    meta=_triangular_meta,
    out=True,
    samples=lambda: [
        Sample(well_conditioned(), tensor(3, 2), upper=True),
        Sample(well_conditioned(2), tensor(3, 2), upper=False),
        Sample(well_conditioned(), tensor(2, 3), upper=True, left=False),
        Sample(well_conditioned(), tensor(3, 2), upper=False, unitriangular=True),
    ],
)
def linalg_solve_triangular(
    self: Array, B: Array, upper: bool, left: bool = True, unitriangular: bool = False
) -> Array:
    """``linalg_solve`` with one triangle of the matrices; the other one is not read."""
    return linalg_solve(_triangle_of(self, upper, unitriangular), B, left)


def _old_triangular_meta(
    self: TensorMeta, A: TensorMeta, *rest: Any
) -> tuple[TensorMeta, TensorMeta]:
    solution = _triangular_meta(A, self)
    batch = solution.shape[:-2]
    return solution, TensorMeta(A.dtype, (*batch, *A.shape[-2:]))


@operator(
    "aten::triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False,"
    " bool unitriangular=False) -> (Tensor solution, Tensor cloned_coefficient)",
    meta=_old_triangular_meta,
    samples=lambda: [
        Sample(tensor(3, 2), well_conditioned()),
        Sample(tensor(3, 2), well_conditioned(), False, True, True),
    ],
)
def triangular_solve(
    self: Array,
    A: Array,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> tuple[Array, Array]:
    """The ``X`` with ``A @ X == self`` by one triangle of ``A``, and a copy of ``A``."""
    triangle = _triangle_of(A, upper, unitriangular)
    matrix = triangle.swapaxes(-1, -2) if transpose else triangle
    shape = (*broadcast_shapes(A.shape[:-2], self.shape[:-2]), *A.shape[-2:])
    return linalg_solve(matrix, self), np.broadcast_to(A, shape).copy()


def _least_squares_meta(
    self: TensorMeta, b: TensorMeta, rcond: float | None, driver: str | None
) -> tuple[TensorMeta, ...]:
    dtype = _matrix(self, "lstsq")
    rows, columns = self.shape[-2:]
    vector = self.ndim - 1 == b.ndim
    batch = self.shape[:-2]
    tail = () if vector else b.shape[-1:]
    residual = (*batch, *tail) if rows > columns and driver != "gelsy" else (0,)
    return (
        TensorMeta(dtype, (*batch, columns, *tail)),
        TensorMeta(dtype.to_real(), residual),
        TensorMeta(dtypes.int64, batch if driver != "gels" else (0,)),
        TensorMeta(dtype.to_real(), (0,)),
    )


@operator(
    "aten::linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None)"
    " -> (Tensor solution, Tensor residuals, Tensor rank, Tensor singular_values)",
    meta=_least_squares_meta,
    samples=lambda: [Sample(well_conditioned(), tensor(3, 2)), Sample(well_conditioned(2), tensor(2, 3, 1))],
)  # fmt: skip
def linalg_lstsq(
    self: Array, b: Array, rcond: float | None = None, driver: str | None = None
) -> tuple[Array, Array, Array, Array]:
    """The ``X`` for which ``self @ X - b`` is smallest, with the rank of each matrix."""
    rank = np.linalg.matrix_rank(self, rtol=rcond)
    vector = self.ndim - 1 == b.ndim
    right = b[..., None] if vector else b
    solution = np.linalg.pinv(self) @ right
    rows, columns = self.shape[-2:]
    nothing = np.empty(0, np.abs(self[:0]).dtype)
    residuals = nothing
    if rows > columns and driver != "gelsy":
        residuals = np.sum(np.abs(self @ solution - right) ** 2, -2)
        residuals = residuals[..., 0] if vector else residuals
    return (
        solution[..., 0] if vector else solution,
        residuals,
        np.asarray(rank) if driver != "gels" else np.empty(0, np.int64),
        nothing,
    )


# Cholesky.


def _cholesky_meta(self: TensorMeta, *rest: Any) -> TensorMeta:
    _square(self, "cholesky")
    return self


def _definite_samples() -> list[Sample]:
    return [Sample(positive_definite()), Sample(positive_definite(2)), Sample(tensor(0, 0))]


@operator(
    "aten::linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor",
    meta=_cholesky_meta,
    out=True,
    samples=lambda: [*_definite_samples(), Sample(positive_definite(), upper=True)],
    rejects=lambda: [*_square_rejects(), Rejected(-np.eye(2, dtype=np.float32))],
)
@operator(
    "aten::cholesky(Tensor self, bool upper=False) -> Tensor",
    meta=_cholesky_meta,
    out=True,
    samples=_definite_samples,
)
def linalg_cholesky(self: Array, upper: bool = False) -> Array:
    """The triangular ``L`` with ``L @ L.mH == self``, or its upper form.

    RuntimeError where a matrix is not positive definite.
    """
    if not self.size:
        return self.copy()
    if upper:
        result: Array = _solved(np.linalg.cholesky, self, upper=True)
        return result
    return _solved(np.linalg.cholesky, self)


@operator(
    "aten::linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False)"
    " -> (Tensor L, Tensor info)",
    meta=lambda self, upper, check_errors: _with_info(_cholesky_meta(self)),
    out="L",
    samples=lambda: _definite_samples()[:2],
)
def linalg_cholesky_ex(
    self: Array, upper: bool = False, check_errors: bool = False
) -> tuple[Array, Array]:
    """``linalg_cholesky``, and 0 for each matrix (RuntimeError where there is none)."""
    return linalg_cholesky(self, upper), np.zeros(self.shape[:-2], np.int32)


def _factored(self: Array, upper: bool) -> Array:
    """The matrix that a Cholesky factor stands for."""
    factor = np.triu(self) if upper else np.tril(self)
    other = np.conjugate(factor.swapaxes(-1, -2))
    return other @ factor if upper else factor @ other


@operator(
    "aten::cholesky_solve(Tensor self, Tensor input2, bool upper=False) -> Tensor",
    meta=lambda self, input2, upper: _triangular_meta(input2, self),
    out=True,
    samples=lambda: [
        Sample(tensor(3, 2), np.linalg.cholesky(positive_definite())),
        Sample(tensor(3, 2), np.linalg.cholesky(positive_definite()).T.copy(), True),
    ],
)
def cholesky_solve(self: Array, input2: Array, upper: bool = False) -> Array:
    """The ``X`` with ``A @ X == self``, for the Cholesky factor ``input2`` of ``A``."""
    return _solved(np.linalg.solve, _factored(input2, upper), self)


@operator(
    "aten::cholesky_inverse(Tensor self, bool upper=False) -> Tensor",
    meta=_cholesky_meta,
    out=True,
    samples=lambda: [Sample(np.linalg.cholesky(positive_definite()))],
)
def cholesky_inverse(self: Array, upper: bool = False) -> Array:
    """The inverse of the matrix with the given Cholesky factor."""
    return _solved(np.linalg.inv, _factored(self, upper))


# QR, LU, singular values, eigenvalues.


def _qr_meta(A: TensorMeta, mode: str) -> tuple[TensorMeta, TensorMeta]:
    dtype = _matrix(A, "qr")
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
    dtype = _matrix(A, "svd")
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
    u, s, vh = _solved(np.linalg.svd, A, full_matrices)
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
    return _solved(np.linalg.svd, A, compute_uv=False)


def _symmetric_meta(self: TensorMeta, UPLO: str) -> tuple[TensorMeta, TensorMeta]:
    dtype = _square(self, "eigh")
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"UPLO is 'L' or 'U', not {UPLO!r}")
    return TensorMeta(dtype.to_real(), self.shape[:-1]), self


@operator(
    'aten::linalg_eigh(Tensor self, str UPLO="L") -> (Tensor eigenvalues, Tensor eigenvectors)',
    meta=_symmetric_meta,
    samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2), "U")],
    rejects=_square_rejects,
)
def linalg_eigh(self: Array, UPLO: str = "L") -> tuple[Array, Array]:
    """Eigenvalues, rising, and eigenvectors (columns) of symmetric or Hermitian matrices."""
    values, vectors = _solved(np.linalg.eigh, self, UPLO.upper())
    return values, vectors


@operator('aten::linalg_eigvalsh(Tensor self, str UPLO="L") -> Tensor',
          meta=lambda self, UPLO: _symmetric_meta(self, UPLO)[0], out=True,
          samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2), "U")])  # fmt: skip
def linalg_eigvalsh(self: Array, UPLO: str = "L") -> Array:
    """Eigenvalues, rising, of symmetric or Hermitian matrices."""
    return _solved(np.linalg.eigvalsh, self, UPLO.upper())


def _eigen_meta(self: TensorMeta) -> tuple[TensorMeta, TensorMeta]:
    dtype = _square(self, "eig").to_complex()
    return TensorMeta(dtype, self.shape[:-1]), TensorMeta(dtype, self.shape)


@operator(
    "aten::linalg_eig(Tensor self) -> (Tensor eigenvalues, Tensor eigenvectors)",
    meta=_eigen_meta,
    out=True,
    samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2))],
    rejects=_square_rejects,
)
def linalg_eig(self: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors (columns), always complex, in no particular order."""
    values, vectors = _solved(np.linalg.eig, self)
    return values, vectors


@operator("aten::linalg_eigvals(Tensor self) -> Tensor", meta=lambda self: _eigen_meta(self)[0],
          out=True, samples=lambda: [Sample(positive_definite())])  # fmt: skip
def linalg_eigvals(self: Array) -> Array:
    """Eigenvalues, always complex, in no particular order."""
    return _solved(np.linalg.eigvals, self)


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
    _matrix(A, "lu")
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
    dtype = _matrix(A, "lu")
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


# Powers, pseudo-inverses, ranks.


@operator("aten::linalg_matrix_power(Tensor self, int n) -> Tensor",
          meta=lambda self, n: _inverse_meta(self), out=True,
          samples=lambda: [Sample(well_conditioned(), n) for n in (0, 1, 3, -2)]
          + [Sample(well_conditioned(2), 2)])  # fmt: skip
@operator("aten::matrix_power(Tensor self, int n) -> Tensor",
          meta=lambda self, n: _inverse_meta(self), out=True,
          samples=lambda: [Sample(well_conditioned(), 3)])  # fmt: skip
def linalg_matrix_power(self: Array, n: int) -> Array:
    """The ``n``-th power of square matrices; of the inverse if ``n`` is negative."""
    return np.array(_solved(np.linalg.matrix_power, self, n))


def _exponential_meta(self: TensorMeta) -> TensorMeta:
    _square(self, "matrix_exp")
    return self


@operator("aten::linalg_matrix_exp(Tensor self) -> Tensor", meta=_exponential_meta, out=True,
          samples=lambda: [Sample(tensor(3, 3)), Sample(tensor(2, 3, 3))])  # fmt: skip
@operator("aten::matrix_exp(Tensor self) -> Tensor", meta=_exponential_meta,
          samples=lambda: [Sample(tensor(3, 3))])  # fmt: skip
def linalg_matrix_exp(self: Array) -> Array:
    """The matrix exponential of square matrices."""
    from scipy.linalg import expm

    if not self.size:
        return self.copy()
    result: Array = expm(self)
    return result


def _tolerance(S: Array, shape: Shape, atol: Any, rtol: Any) -> Array:
    """Singular values up to this count as zero."""
    absolute = 0.0 if atol is None else np.asarray(atol)[..., None]
    if rtol is None:
        given = atol is not None and np.any(np.asarray(atol) > 0)
        relative: Any = 0.0 if given else max(shape[-2:]) * np.finfo(S.dtype).eps
    else:
        relative = np.asarray(rtol)[..., None]
    top = S.max(-1, keepdims=True, initial=0)
    return np.maximum(absolute, relative * top)


def pseudo_inverse(self: Array, atol: Any, rtol: Any, hermitian: bool) -> Array:
    """The Moore-Penrose inverse."""
    if not self.size:
        return np.conjugate(self.swapaxes(-1, -2)).copy()
    if hermitian:
        values, vectors = _solved(np.linalg.eigh, self)
        size = np.abs(values)
        kept = size > _tolerance(size, self.shape, atol, rtol)
        inverse = np.where(kept, 1 / np.where(kept, values, 1), 0).astype(size.dtype)
        return (vectors * inverse[..., None, :]) @ np.conjugate(vectors.swapaxes(-1, -2))
    u, s, vh = _solved(np.linalg.svd, self, False)
    kept = s > _tolerance(s, self.shape, atol, rtol)
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(s.dtype)
    return (np.conjugate(vh.swapaxes(-1, -2)) * inverse[..., None, :]) @ np.conjugate(
        u.swapaxes(-1, -2)
    )


def _pinv_meta(self: TensorMeta, *rest: Any) -> TensorMeta:
    dtype = _matrix(self, "pinv")
    return TensorMeta(dtype, (*self.shape[:-2], self.shape[-1], self.shape[-2]))


@operator("aten::linalg_pinv.atol_rtol_float(Tensor self, *, float? atol=None, float? rtol=None,"
          " bool hermitian=False) -> Tensor", meta=_pinv_meta, out=True,
          samples=lambda: [Sample(tensor(4, 3)), Sample(tensor(2, 3, 4)),
                           Sample(positive_definite(), hermitian=True),
                           Sample(tensor(4, 3), rtol=0.5), Sample(tensor(4, 3), atol=1.0)])  # fmt: skip
@operator("aten::linalg_pinv.atol_rtol_tensor(Tensor self, *, Tensor? atol=None,"
          " Tensor? rtol=None, bool hermitian=False) -> Tensor", meta=_pinv_meta, out=True,
          samples=lambda: [Sample(tensor(4, 3), rtol=array(0.5))])  # fmt: skip
def linalg_pinv(self: Array, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Array:
    """The Moore-Penrose inverse; small singular values count as zero."""
    return pseudo_inverse(self, atol, rtol, hermitian)


@operator("aten::linalg_pinv(Tensor self, float rcond, bool hermitian=False) -> Tensor",
          meta=_pinv_meta, out=True, samples=lambda: [Sample(tensor(4, 3), 0.1)])  # fmt: skip
@operator("aten::linalg_pinv.rcond_tensor(Tensor self, Tensor rcond, bool hermitian=False)"
          " -> Tensor", meta=_pinv_meta, out="out_rcond_tensor",
          samples=lambda: [Sample(tensor(4, 3), array(0.1))])  # fmt: skip
def linalg_pinv_rcond(self: Array, rcond: Any, hermitian: bool = False) -> Array:
    """The Moore-Penrose inverse; singular values up to ``rcond`` times the largest are zero."""
    return pseudo_inverse(self, None, rcond, hermitian)


@operator("aten::pinverse(Tensor self, float rcond=1.0000000000000001e-15) -> Tensor",
          meta=_pinv_meta, samples=lambda: [Sample(tensor(4, 3))])  # fmt: skip
def pinverse(self: Array, rcond: float = 1e-15) -> Array:
    """The Moore-Penrose inverse; singular values up to ``rcond`` times the largest are zero."""
    return pseudo_inverse(self, None, rcond, False)


def _rank_meta(self: TensorMeta, *rest: Any) -> TensorMeta:
    _matrix(self, "matrix_rank")
    return TensorMeta(dtypes.int64, self.shape[:-2])


def _rank(self: Array, atol: Any, rtol: Any, hermitian: bool) -> Array:
    if hermitian:
        size = np.abs(_solved(np.linalg.eigvalsh, self))
    else:
        size = _solved(np.linalg.svd, self, compute_uv=False)
    return np.asarray(np.count_nonzero(size > _tolerance(size, self.shape, atol, rtol), axis=-1))


@operator("aten::linalg_matrix_rank.atol_rtol_float(Tensor self, *, float? atol=None,"
          " float? rtol=None, bool hermitian=False) -> Tensor", meta=_rank_meta, out=True,
          samples=lambda: [Sample(tensor(4, 3)), Sample(np.ones((2, 3, 3), np.float32)),
                           Sample(positive_definite(), hermitian=True),
                           Sample(tensor(4, 3), atol=1.0)])  # fmt: skip
def linalg_matrix_rank(
    self: Array, atol: float | None = None, rtol: float | None = None, hermitian: bool = False
) -> Array:
    """How many singular values are not small: more than ``atol`` and ``rtol`` times the largest."""
    return _rank(self, atol, rtol, hermitian)


@operator("aten::linalg_matrix_rank(Tensor self, float tol, bool hermitian=False) -> Tensor",
          meta=_rank_meta, out=True, samples=lambda: [Sample(tensor(4, 3), 1.0)])  # fmt: skip
def linalg_matrix_rank_tol(self: Array, tol: float, hermitian: bool = False) -> Array:
    """How many singular values are more than ``tol``."""
    return _rank(self, tol, 0.0, hermitian)


# Norms.


def _matrix_norm_of(self: Array, ord: Scalar | str, dim: Sequence[int], keepdim: bool) -> Array:
    over = wrap_dims(dim, self.ndim)
    if ord in ("fro", None):
        return norm_over(self, 2, over, keepdim)
    matrices = np.moveaxis(self, over, (-2, -1))
    if ord == "nuc":
        result = np.sum(_solved(np.linalg.svd, matrices, compute_uv=False), -1)
    elif ord in (2, -2):
        values = _solved(np.linalg.svd, matrices, compute_uv=False)
        result = values.max(-1) if ord == 2 else values.min(-1)
    elif not isinstance(ord, str) and abs(ord) in (1, np.inf):
        sums = np.sum(np.abs(matrices), -2 if abs(ord) == 1 else -1)
        result = sums.max(-1) if ord.real > 0 else sums.min(-1)
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
    source = _matrix(self, "matrix_norm") if dtype is None else dtypes.from_code(dtype)
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
    return _matrix_norm_of(_cast(self, dtype), ord, dim, keepdim)


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
        return _matrix_norm_of(source, ord, list(over), keepdim)
    if isinstance(ord, str):
        raise RuntimeError(f"the norm {ord!r} is one of matrices")
    return norm_over(source, ord, axes(source, dim), keepdim)


@operator("aten::nuclear_norm(Tensor self, bool keepdim=False) -> Tensor",
          meta=lambda self, keepdim: _matrix_norm_meta(self, "nuc", [-2, -1], keepdim, None),
          out=True, samples=lambda: [Sample(tensor(3, 4))])  # fmt: skip
def nuclear_norm(self: Array, keepdim: bool = False) -> Array:
    """The sum of the singular values of a matrix."""
    return _matrix_norm_of(self, "nuc", (-2, -1), keepdim)


@operator("aten::nuclear_norm.dim(Tensor self, int[2] dim, bool keepdim=False) -> Tensor",
          meta=lambda self, dim, keepdim: _matrix_norm_meta(self, "nuc", dim, keepdim, None),
          out=True, samples=lambda: [Sample(tensor(2, 3, 4), [0, 2], True)])  # fmt: skip
def nuclear_norm_dim(self: Array, dim: Sequence[int], keepdim: bool = False) -> Array:
    """The sum of the singular values of matrices over two dimensions."""
    return _matrix_norm_of(self, "nuc", dim, keepdim)


def _cond_meta(self: TensorMeta, p: Any) -> TensorMeta:
    return TensorMeta(_matrix(self, "cond").to_real(), self.shape[:-2])


@operator("aten::linalg_cond(Tensor self, Scalar? p=None) -> Tensor", meta=_cond_meta, out=True,
          samples=lambda: [Sample(well_conditioned(), p) for p in (None, 2, -2, 1, float("inf"))])  # fmt: skip
@operator("aten::linalg_cond.p_str(Tensor self, str p) -> Tensor", meta=_cond_meta, out=True,
          samples=lambda: [Sample(well_conditioned(2), "fro"), Sample(well_conditioned(), "nuc")])  # fmt: skip
def linalg_cond(self: Array, p: Scalar | str | None = None) -> Array:
    """How much solving with a matrix enlarges errors, by a matrix norm (2 if not given)."""
    if p in (None, 2, -2):
        values = _solved(np.linalg.svd, self, compute_uv=False)
        large, small = values[..., 0], values[..., -1]
        return np.asarray(small / large if p == -2 else large / small)
    assert p is not None
    norm = _matrix_norm_of(self, p, (-2, -1), False)
    return norm * _matrix_norm_of(linalg_inv(self), p, (-2, -1), False)


@operator(
    "aten::linalg_tensorinv(Tensor self, int ind=2) -> Tensor",
    meta=lambda self, ind: TensorMeta(
        _fractional(self, "tensorinv"), (*self.shape[ind:], *self.shape[:ind])
    ),
    out=True,
    samples=lambda: [Sample(well_conditioned(n=4).reshape(2, 2, 4), 2)],
)
def linalg_tensorinv(self: Array, ind: int = 2) -> Array:
    """The inverse for ``tensordot``, with the first ``ind`` dimensions as rows."""
    return _solved(np.linalg.tensorinv, self, ind)


def _tensorsolve_meta(
    self: TensorMeta, other: TensorMeta, dims: Sequence[int] | None
) -> TensorMeta:
    order = list(range(self.ndim))
    if dims is not None:
        moved = wrap_dims(dims, self.ndim)
        order = [d for d in order if d not in moved] + list(moved)
    shape = [self.shape[d] for d in order]
    return TensorMeta(_fractional(self, "tensorsolve"), tuple(shape[other.ndim :]))


@operator(
    "aten::linalg_tensorsolve(Tensor self, Tensor other, int[]? dims=None) -> Tensor",
    meta=_tensorsolve_meta,
    out=True,
    samples=lambda: [Sample(well_conditioned(n=4).reshape(2, 2, 4), tensor(2, 2))],
)
def linalg_tensorsolve(self: Array, other: Array, dims: Sequence[int] | None = None) -> Array:
    """The ``X`` with ``tensordot(self, X, X.ndim) == other``."""
    return _solved(np.linalg.tensorsolve, self, other, dims)
