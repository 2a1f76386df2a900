"""Linear algebra: inverses, determinants, solvers, Cholesky, powers, pseudo-inverses.

NumPy's LAPACK does the work on stacks of matrices; SciPy, imported when needed, does what NumPy
lacks. QR, LU, singular values and eigenvalues are ``decompositions``, norms ``matrix_norms``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.matrix_operands import (
    fractional,
    matrix_dtype,
    positive_definite,
    solved,
    square_dtype,
    square_rejects,
    square_samples,
    well_conditioned,
)
from ops_registry.builtin.operands import Array
from ops_registry.meta import Shape, TensorMeta, broadcast_shapes, wrap_dims
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

# Inverses and determinants.


def inverse_meta(A: TensorMeta) -> TensorMeta:
    square_dtype(A, "inv")
    return A


@operator("aten::linalg_inv(Tensor A) -> Tensor", meta=inverse_meta, out=True,
          samples=square_samples,
          rejects=lambda: [*square_rejects(), Rejected(np.zeros((2, 2), np.float32))])  # fmt: skip
@operator("aten::inverse(Tensor self) -> Tensor", meta=inverse_meta, out=True,
          samples=square_samples)  # fmt: skip
def linalg_inv(A: Array) -> Array:
    """Inverses of square matrices; RuntimeError where there is none."""
    return solved(np.linalg.inv, A)


def _with_info(meta: TensorMeta) -> tuple[TensorMeta, TensorMeta]:
    return meta, TensorMeta(dtypes.int32, meta.shape[:-2])


@operator(
    "aten::linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (Tensor inverse, Tensor info)",
    meta=lambda A, check_errors: _with_info(inverse_meta(A)),
    out="inverse",
    samples=square_samples,
)
def linalg_inv_ex(A: Array, check_errors: bool = False) -> tuple[Array, Array]:
    """Inverses of square matrices, and 0 for each (RuntimeError where there is none)."""
    return linalg_inv(A), np.zeros(A.shape[:-2], np.int32)


def _determinant_meta(A: TensorMeta) -> TensorMeta:
    return TensorMeta(square_dtype(A, "det"), A.shape[:-2])


@operator("aten::linalg_det(Tensor A) -> Tensor", meta=_determinant_meta, out=True,
          samples=square_samples, rejects=square_rejects)  # fmt: skip
@operator("aten::det(Tensor self) -> Tensor", meta=_determinant_meta, samples=square_samples)
def linalg_det(A: Array) -> Array:
    """Determinants of square matrices."""
    return np.linalg.det(A)


@operator("aten::logdet(Tensor self) -> Tensor", meta=_determinant_meta,
          samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2))])  # fmt: skip
def logdet(self: Array) -> Array:
    """Logarithms of determinants: NaN below zero, -inf at zero."""
    sign, log = np.linalg.slogdet(self)
    if self.dtype.kind == "c":
        return np.log(sign) + log
    return np.where(sign < 0, np.nan, log)


def _slogdet_meta(A: TensorMeta) -> tuple[TensorMeta, TensorMeta]:
    determinant = _determinant_meta(A)
    return determinant, TensorMeta(determinant.dtype.to_real(), determinant.shape)


@operator("aten::linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet)",
          meta=_slogdet_meta, out=True, samples=square_samples)  # fmt: skip
@operator("aten::slogdet(Tensor self) -> (Tensor sign, Tensor logabsdet)",
          meta=_slogdet_meta, out=True, samples=square_samples)  # fmt: skip
def linalg_slogdet(A: Array) -> tuple[Array, Array]:
    """Signs of determinants, and the logarithms of their magnitudes."""
    sign, log = np.linalg.slogdet(A)
    return sign, log


# Solving.


def _is_vector(A: TensorMeta | Array, B: TensorMeta | Array) -> bool:
    """Whether ``B`` is a batch of vectors: it has one dimension, or the batch shape of ``A``."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])


def _solve_meta(A: TensorMeta, B: TensorMeta, left: bool) -> TensorMeta:
    dtype = square_dtype(A, "solve")
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
        result = solved(np.linalg.solve, A, right)
    else:
        result = solved(np.linalg.solve, A.swapaxes(-1, -2), right.swapaxes(-1, -2))
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
    dtype = square_dtype(self, "solve_triangular")
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
    dtype = matrix_dtype(self, "lstsq")
    rows, columns = self.shape[-2:]
    vector = self.ndim - 1 == b.ndim
    batch = self.shape[:-2]
    tail = () if vector else b.shape[-1:]
    driver = driver or "gelsy"
    residual = (*batch, *tail) if rows > columns and driver != "gelsy" else (0,)
    return (
        TensorMeta(dtype, (*batch, columns, *tail)),
        TensorMeta(dtype.to_real(), residual),
        TensorMeta(dtypes.int64, batch if driver != "gels" else (0,)),
        TensorMeta(
            dtype.to_real(),
            (*batch, min(rows, columns)) if driver in ("gelsd", "gelss") else (0,),
        ),
    )


@operator(
    "aten::linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None)"
    " -> (Tensor solution, Tensor residuals, Tensor rank, Tensor singular_values)",
    meta=_least_squares_meta,
    samples=lambda: [
        *(
            Sample(tensor(4, 3), tensor(4, 2), driver=d)
            for d in ("gels", "gelsy", "gelsd", "gelss")
        ),
        Sample(well_conditioned(), tensor(3, 2)),
        Sample(well_conditioned(2), tensor(2, 3, 1)),
    ],
)
def linalg_lstsq(
    self: Array, b: Array, rcond: float | None = None, driver: str | None = None
) -> tuple[Array, Array, Array, Array]:
    """The ``X`` for which ``self @ X - b`` is smallest, with the rank of each matrix."""
    driver = driver or "gelsy"
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
        np.linalg.svdvals(self) if driver in ("gelsd", "gelss") else nothing,
    )


# Cholesky.


def _cholesky_meta(self: TensorMeta, *rest: Any) -> TensorMeta:
    square_dtype(self, "cholesky")
    return self


def _definite_samples() -> list[Sample]:
    return [Sample(positive_definite()), Sample(positive_definite(2)), Sample(tensor(0, 0))]


@operator(
    "aten::linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor",
    meta=_cholesky_meta,
    out=True,
    samples=lambda: [*_definite_samples(), Sample(positive_definite(), upper=True)],
    rejects=lambda: [*square_rejects(), Rejected(-np.eye(2, dtype=np.float32))],
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
        result: Array = solved(np.linalg.cholesky, self, upper=True)
        return result
    return solved(np.linalg.cholesky, self)


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
    return solved(np.linalg.solve, _factored(input2, upper), self)


@operator(
    "aten::cholesky_inverse(Tensor self, bool upper=False) -> Tensor",
    meta=_cholesky_meta,
    out=True,
    samples=lambda: [Sample(np.linalg.cholesky(positive_definite()))],
)
def cholesky_inverse(self: Array, upper: bool = False) -> Array:
    """The inverse of the matrix with the given Cholesky factor."""
    return solved(np.linalg.inv, _factored(self, upper))


# Powers, pseudo-inverses, ranks.


@operator("aten::linalg_matrix_power(Tensor self, int n) -> Tensor",
          meta=lambda self, n: inverse_meta(self), out=True,
          samples=lambda: [Sample(well_conditioned(), n) for n in (0, 1, 3, -2)]
          + [Sample(well_conditioned(2), 2)])  # fmt: skip
@operator("aten::matrix_power(Tensor self, int n) -> Tensor",
          meta=lambda self, n: inverse_meta(self), out=True,
          samples=lambda: [Sample(well_conditioned(), 3)])  # fmt: skip
def linalg_matrix_power(self: Array, n: int) -> Array:
    """The ``n``-th power of square matrices; of the inverse if ``n`` is negative."""
    return np.array(solved(np.linalg.matrix_power, self, n))


def _exponential_meta(self: TensorMeta) -> TensorMeta:
    square_dtype(self, "matrix_exp")
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
    # squaring adds up rounding: in double precision, rounded once
    result: Array = expm(self.astype(np.complex128 if self.dtype.kind == "c" else np.float64))
    return result.astype(self.dtype)


def _tolerance(S: Array, shape: Shape, atol: Any, rtol: Any) -> Array:
    """Singular values up to this count as zero."""
    absolute = 0.0 if atol is None else np.asarray(atol)[..., None]
    if rtol is None:
        usual = max(shape[-2:]) * np.finfo(S.dtype).eps
        relative: Any = np.where(np.asarray(absolute) > 0, 0.0, usual)
    else:
        relative = np.asarray(rtol)[..., None]
    top = S.max(-1, keepdims=True, initial=0)
    return np.maximum(absolute, relative * top)


def pseudo_inverse(self: Array, atol: Any, rtol: Any, hermitian: bool) -> Array:
    """The Moore-Penrose inverse."""
    if not self.size:
        return np.conjugate(self.swapaxes(-1, -2)).copy()
    if hermitian:
        values, vectors = solved(np.linalg.eigh, self)
        size = np.abs(values)
        kept = size > _tolerance(size, self.shape, atol, rtol)
        inverse = np.where(kept, 1 / np.where(kept, values, 1), 0).astype(size.dtype)
        return (vectors * inverse[..., None, :]) @ np.conjugate(vectors.swapaxes(-1, -2))
    u, s, vh = solved(np.linalg.svd, self, False)
    kept = s > _tolerance(s, self.shape, atol, rtol)
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(s.dtype)
    return (np.conjugate(vh.swapaxes(-1, -2)) * inverse[..., None, :]) @ np.conjugate(
        u.swapaxes(-1, -2)
    )


def _pinv_meta(self: TensorMeta, *rest: Any) -> TensorMeta:
    dtype = matrix_dtype(self, "pinv")
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
    matrix_dtype(self, "matrix_rank")
    return TensorMeta(dtypes.int64, self.shape[:-2])


def _rank(self: Array, atol: Any, rtol: Any, hermitian: bool) -> Array:
    if hermitian:
        size = np.abs(solved(np.linalg.eigvalsh, self))
    else:
        size = solved(np.linalg.svd, self, compute_uv=False)
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


@operator("aten::linalg_matrix_rank.atol_rtol_tensor(Tensor input, *, Tensor? atol=None,"
          " Tensor? rtol=None, bool hermitian=False) -> Tensor",
          meta=lambda input, *rest: _rank_meta(input), out=True,
          samples=lambda: [Sample(tensor(2, 4, 3), atol=array([0.5, 3.0])),
                           Sample(tensor(4, 3), rtol=array(0.9))])  # fmt: skip
def linalg_matrix_rank_tensors(
    input: Array, atol: Array | None = None, rtol: Array | None = None, hermitian: bool = False
) -> Array:
    """``matrix_rank`` with tolerances for each matrix; they broadcast over the batch."""
    return _rank(input, atol, rtol, hermitian)


@operator("aten::linalg_matrix_rank(Tensor self, float tol, bool hermitian=False) -> Tensor",
          meta=_rank_meta, out=True, samples=lambda: [Sample(tensor(4, 3), 1.0)])  # fmt: skip
def linalg_matrix_rank_tol(self: Array, tol: float, hermitian: bool = False) -> Array:
    """How many singular values are more than ``tol``."""
    return _rank(self, tol, 0.0, hermitian)


@operator(
    "aten::linalg_tensorinv(Tensor self, int ind=2) -> Tensor",
    meta=lambda self, ind: TensorMeta(
        fractional(self, "tensorinv"), (*self.shape[ind:], *self.shape[:ind])
    ),
    out=True,
    samples=lambda: [Sample(well_conditioned(n=4).reshape(2, 2, 4), 2)],
)
def linalg_tensorinv(self: Array, ind: int = 2) -> Array:
    """The inverse for ``tensordot``, with the first ``ind`` dimensions as rows."""
    return solved(np.linalg.tensorinv, self, ind)


def _tensorsolve_meta(
    self: TensorMeta, other: TensorMeta, dims: Sequence[int] | None
) -> TensorMeta:
    order = list(range(self.ndim))
    if dims is not None:
        moved = wrap_dims(dims, self.ndim)
        order = [d for d in order if d not in moved] + list(moved)
    shape = [self.shape[d] for d in order]
    return TensorMeta(fractional(self, "tensorsolve"), tuple(shape[other.ndim :]))


@operator(
    "aten::linalg_tensorsolve(Tensor self, Tensor other, int[]? dims=None) -> Tensor",
    meta=_tensorsolve_meta,
    out=True,
    samples=lambda: [Sample(well_conditioned(n=4).reshape(2, 2, 4), tensor(2, 2))],
)
def linalg_tensorsolve(self: Array, other: Array, dims: Sequence[int] | None = None) -> Array:
    """The ``X`` with ``tensordot(self, X, X.ndim) == other``."""
    return solved(np.linalg.tensorsolve, self, other, dims)
