"""QR by Householder reflections as LAPACK keeps it, symmetric indefinite factors, LU with infos."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.decompositions import linalg_lu_factor
from ops_registry.builtin.matrix_operands import (
    fractional,
    matrix_dtype,
    positive_definite,
    square_dtype,
    well_conditioned,
)
from ops_registry.builtin.operands import Array
from ops_registry.meta import TensorMeta, broadcast_shapes
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor


def _each(function: Callable[[Array], tuple[Array, ...]], A: Array, like: list[Array]) -> None:
    """Fill the arrays with the results for every matrix of a batch."""
    for index in np.ndindex(A.shape[:-2]):
        for target, found in zip(like, function(A[index])):
            target[index] = found


def _geqrf_meta(self: TensorMeta) -> tuple[TensorMeta, TensorMeta]:
    dtype = matrix_dtype(self, "geqrf")
    return self, TensorMeta(dtype, (*self.shape[:-2], min(self.shape[-2:])))


@operator(
    "aten::geqrf(Tensor self) -> (Tensor a, Tensor tau)",
    meta=_geqrf_meta,
    out="a",
    samples=lambda: [Sample(tensor(4, 3)), Sample(tensor(2, 3, 4)), Sample(tensor(0, 3))],
    rejects=lambda: [Rejected(tensor(3))],
)
def geqrf(self: Array) -> tuple[Array, Array]:
    """QR as LAPACK keeps it: R above, and the vectors of the reflections below the diagonal.

    Shapes: (..., m, n) to (..., m, n) and (..., min(m, n)).
    """
    from scipy.linalg import lapack

    factors, tau = self.copy(), np.zeros((*self.shape[:-2], min(self.shape[-2:])), self.dtype)
    if self.size:
        (function,) = lapack.get_lapack_funcs(("geqrf",), (self,))
        _each(lambda matrix: function(matrix)[:2], self, [factors, tau])
    return factors, tau


def _reflected(input: Array, tau: Array, columns: int) -> Array:
    """The first columns of the product of the reflections."""
    rows = input.shape[-2]
    product = np.broadcast_to(np.eye(rows, dtype=input.dtype), (*input.shape[:-1], rows)).copy()
    for step in range(tau.shape[-1]):
        vector = input[..., :, step].copy()
        vector[..., :step] = 0
        vector[..., step] = 1
        along = (product @ vector[..., None]) * tau[..., step, None, None]
        product -= along * vector.conj()[..., None, :]
    return product[..., :columns]


def _product_meta(input: TensorMeta, tau: TensorMeta) -> TensorMeta:
    dtype = matrix_dtype(input, "householder_product")
    if input.shape[-2] < input.shape[-1]:
        raise RuntimeError("householder_product needs at least as many rows as columns")
    if not tau.shape or tau.shape[-1] > input.shape[-1]:
        raise RuntimeError("householder_product needs at most one tau a column")
    if tau.shape[:-1] != input.shape[:-2]:
        raise RuntimeError("householder_product needs a tau of the batch shape of input")
    if tau.dtype is not dtype:
        raise RuntimeError(f"householder_product needs one dtype, not {dtype!r} and {tau.dtype!r}")
    return input


def _product_samples() -> list[Sample]:
    return [
        Sample(tensor(4, 3), tensor(3, seed=1)),
        Sample(tensor(2, 4, 3), tensor(2, 2, seed=1)),
        Sample(tensor(3, 3, dtype=dtypes.complex64), tensor(3, dtype=dtypes.complex64, seed=1)),
    ]


@operator(
    "aten::orgqr(Tensor self, Tensor input2) -> Tensor",
    meta=lambda self, input2: _product_meta(self, input2),
    out=True,
    samples=_product_samples,
)
@operator(
    "aten::linalg_householder_product(Tensor input, Tensor tau) -> Tensor",
    meta=_product_meta,
    out=True,
    samples=_product_samples,
    rejects=lambda: [Rejected(tensor(2, 3), tensor(2)), Rejected(tensor(3), tensor(3))],
)
def linalg_householder_product(input: Array, tau: Array) -> Array:
    """The first columns of the product of reflections ``I - tau v v^H``, as of :func:`geqrf`.

    Shapes: (..., m, n) and (..., k), k <= n <= m, to (..., m, n).
    """
    return _reflected(input, tau, input.shape[-1])


def _ormqr_meta(
    self: TensorMeta, input2: TensorMeta, input3: TensorMeta, left: bool, transpose: bool
) -> TensorMeta:
    dtype = matrix_dtype(self, "ormqr")
    if input3.ndim < 2 or not input2.shape:
        raise RuntimeError("ormqr needs a vector of tau and matrices to multiply")
    if input2.dtype is not dtype or input3.dtype is not dtype:
        raise RuntimeError("ormqr needs tensors of one dtype")
    if input3.shape[-2 if left else -1] != self.shape[-2]:
        raise RuntimeError("ormqr: the matrices do not have the size of Q")
    if input2.shape[-1] > self.shape[-1] or input2.shape[-1] > self.shape[-2]:
        raise RuntimeError("ormqr needs at most one tau a column")
    if not self.shape[:-2] == input2.shape[:-1] == input3.shape[:-2]:
        raise RuntimeError("ormqr needs tensors of one batch shape")
    return input3


@operator(
    "aten::ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False)"
    " -> Tensor",
    meta=_ormqr_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(4, 3), tensor(3, seed=1), tensor(4, 2, seed=2)),
        Sample(tensor(4, 3), tensor(3, seed=1), tensor(2, 4, seed=2), False, True),
    ],
    rejects=lambda: [Rejected(tensor(4, 3), tensor(3), tensor(3, 2))],
)
def ormqr(
    self: Array, input2: Array, input3: Array, left: bool = True, transpose: bool = False
) -> Array:
    """``Q @ input3`` or ``input3 @ Q``, Q being that of :func:`geqrf`'s results, or its adjoint."""
    q = _reflected(self, input2, self.shape[-2])
    if transpose:
        q = q.conj().swapaxes(-1, -2)
    return q @ input3 if left else input3 @ q


# LU with what went wrong.


def _infos(A: Array, factors: Array) -> Array:
    """For each matrix the first step, from 1, whose pivot is zero; 0 when there is none."""
    zero = np.diagonal(factors, axis1=-2, axis2=-1) == 0
    return np.where(zero.any(-1), zero.argmax(-1) + 1, 0).astype(np.int32)


def _lu_ex_meta(
    A: TensorMeta, pivot: bool = True, check_errors: bool = False
) -> tuple[TensorMeta, TensorMeta, TensorMeta]:
    matrix_dtype(A, "lu_factor")
    batch = A.shape[:-2]
    pivots = TensorMeta(dtypes.int32, (*batch, min(A.shape[-2:])))
    return A, pivots, TensorMeta(dtypes.int32, batch)


@operator(
    "aten::_lu_with_info(Tensor self, bool pivot=True, bool check_errors=True)"
    " -> (Tensor LU, Tensor pivots, Tensor info)",
    meta=lambda self, pivot, check_errors: _lu_ex_meta(self),
    samples=lambda: [Sample(well_conditioned()), Sample(tensor(2, 4, 3))],
)
@operator(
    "aten::linalg_lu_factor_ex(Tensor A, *, bool pivot=True, bool check_errors=False)"
    " -> (Tensor LU, Tensor pivots, Tensor info)",
    meta=_lu_ex_meta,
    out=True,
    samples=lambda: [Sample(well_conditioned()), Sample(tensor(2, 3, 4)), Sample(tensor(4, 3))],
)
def linalg_lu_factor_ex(
    A: Array, pivot: bool = True, check_errors: bool = False
) -> tuple[Array, Array, Array]:
    """``linalg_lu_factor``, and for each matrix the step whose pivot is zero (0: none is).

    RuntimeError for a zero pivot when ``check_errors`` is set.
    """
    factors, pivots = linalg_lu_factor(A, pivot)
    infos = _infos(A, np.asarray(factors))
    if check_errors and infos.any():
        raise RuntimeError(f"the pivot of step {int(infos.max())} is zero: the matrix is singular")
    return factors, pivots, infos


# Symmetric matrices that are not definite.


def _ldl_meta(
    self: TensorMeta, hermitian: bool, check_errors: bool = False
) -> tuple[TensorMeta, TensorMeta, TensorMeta]:
    square_dtype(self, "ldl_factor")
    return (
        self,
        TensorMeta(dtypes.int32, self.shape[:-1]),
        TensorMeta(dtypes.int32, self.shape[:-2]),
    )


@operator(
    "aten::linalg_ldl_factor_ex(Tensor self, *, bool hermitian=False, bool check_errors=False)"
    " -> (Tensor LD, Tensor pivots, Tensor info)",
    meta=_ldl_meta,
    out=True,
    samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2), hermitian=True)],
    rejects=lambda: [Rejected(tensor(2, 3))],
)
def linalg_ldl_factor_ex(
    self: Array, hermitian: bool = False, check_errors: bool = False
) -> tuple[Array, Array, Array]:
    """Factors ``L D L^T`` (``L D L^H`` if ``hermitian``) as LAPACK keeps them, its pivots and info.

    The lower triangle is read. Shapes: (..., n, n) to (..., n, n), (..., n) and (...).
    """
    from scipy.linalg import lapack

    name = "hetrf" if hermitian and self.dtype.kind == "c" else "sytrf"
    factors = np.tril(self)
    pivots = np.zeros(self.shape[:-1], np.int32)
    infos = np.zeros(self.shape[:-2], np.int32)
    if self.size:
        (function,) = lapack.get_lapack_funcs((name,), (self,))
        _each(lambda matrix: function(matrix, lower=1), self, [factors, pivots, infos])
        # LAPACK counts rows from 1; SciPy hands its numbers on as they are
        factors = np.tril(factors)
    if check_errors and infos.any():
        raise RuntimeError("the diagonal factor of a matrix is singular")
    return factors, pivots, infos


@operator(
    "aten::linalg_ldl_factor(Tensor self, *, bool hermitian=False) -> (Tensor LD, Tensor pivots)",
    meta=lambda self, hermitian: _ldl_meta(self, hermitian)[:2],
    out=True,
    samples=lambda: [Sample(positive_definite()), Sample(positive_definite(2), hermitian=True)],
)
def linalg_ldl_factor(self: Array, hermitian: bool = False) -> tuple[Array, Array]:
    """``linalg_ldl_factor_ex`` that raises RuntimeError for a singular matrix."""
    factors, pivots, _ = linalg_ldl_factor_ex(self, hermitian, True)
    return factors, pivots


def _ldl_solve_meta(
    LD: TensorMeta, pivots: TensorMeta, B: TensorMeta, hermitian: bool
) -> TensorMeta:
    dtype = square_dtype(LD, "ldl_solve")
    if fractional(B, "ldl_solve") is not dtype:
        raise RuntimeError(f"ldl_solve needs one dtype, not {dtype!r} and {B.dtype!r}")
    if B.ndim < 2 or B.shape[-2] != LD.shape[-1]:
        raise RuntimeError("ldl_solve: the right side does not have the size of the matrix")
    if pivots.dtype.category != 1 or pivots.shape != LD.shape[:-1]:
        raise RuntimeError("ldl_solve needs the pivots of ldl_factor")
    return TensorMeta(dtype, (*broadcast_shapes(LD.shape[:-2], B.shape[:-2]), *B.shape[-2:]))


@operator(
    "aten::linalg_ldl_solve(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False) -> Tensor",
    meta=_ldl_solve_meta,
    out=True,
    samples=lambda: [
        Sample(np.tril(positive_definite()), np.array([1, 2, 3], np.int32), tensor(3, 2)),
        Sample(np.tril(positive_definite()), np.array([-2, -2, 3], np.int32), tensor(2, 3, 1)),
    ],
    rejects=lambda: [Rejected(positive_definite(), np.array([1, 2, 3], np.int32), tensor(2, 2))],
)
def linalg_ldl_solve(LD: Array, pivots: Array, B: Array, hermitian: bool = False) -> Array:
    """The X with ``A @ X == B``, from the factors of A; see ``linalg_ldl_factor_ex``.

    Shapes: (..., n, n), (..., n) and (..., n, k) to (..., n, k); batches broadcast.
    """
    batch = broadcast_shapes(LD.shape[:-2], B.shape[:-2])
    factors = np.broadcast_to(LD, (*batch, *LD.shape[-2:]))
    places = np.broadcast_to(pivots, (*batch, pivots.shape[-1]))
    result = np.broadcast_to(B, (*batch, *B.shape[-2:])).copy()
    for index in np.ndindex(batch):
        _solve_ldl(factors[index], places[index], result[index], hermitian)
    return result


def _solve_ldl(factors: Array, pivots: Array, x: Array, hermitian: bool) -> None:
    """Solve in place: rows exchanged as LAPACK's sytrf recorded, blocks of one or two rows."""
    size = len(pivots)
    adjoint = np.conj if hermitian else np.asarray
    blocks = []
    step = 0
    while step < size:
        width = 1 if pivots[step] > 0 else 2
        blocks.append((step, width))
        step += width
    for step, width in blocks:
        _exchange(x, step + width - 1, int(abs(pivots[step + width - 1])) - 1)
        below = factors[step + width :, step : step + width]
        x[step + width :] -= below @ x[step : step + width]
        diagonal = np.tril(factors[step : step + width, step : step + width])
        whole = diagonal + adjoint(np.tril(diagonal, -1)).T
        if hermitian and width == 1:
            whole = whole.real.astype(x.dtype)
        x[step : step + width] = np.linalg.solve(whole, x[step : step + width])
    for step, width in reversed(blocks):
        below = factors[step + width :, step : step + width]
        x[step : step + width] -= adjoint(below).T @ x[step + width :]
        _exchange(x, step + width - 1, int(abs(pivots[step + width - 1])) - 1)


def _exchange(x: Array, one: int, other: int) -> None:
    if one != other:
        x[[one, other]] = x[[other, one]]
