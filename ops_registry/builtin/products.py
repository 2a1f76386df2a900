"""Products of vectors and matrices: matmul, linear, addmm, dot, outer, tensordot, cross ...

BLAS does the work. Factorisations and solvers are ``linalg``; ``einsum`` has a family of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, Scalar, is_half, widened
from ops_registry.meta import (
    Promoting,
    Shape,
    TensorMeta,
    broadcast_shapes,
    reduced_shape,
    result_dtype,
    wrap_dim,
    wrap_dims,
)
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor

F = TypeVar("F", bound=Callable[..., Any])
HALVES = (dtypes.float16, dtypes.bfloat16)


def product(a: Array, b: Array) -> Array:
    """``a @ b`` as NumPy means it; 16 bit floats are multiplied and summed in float32."""
    if is_half(a):
        return np.matmul(widened(a), widened(b))
    return np.matmul(a, b)


def one_dtype(*operands: TensorMeta) -> dtypes.Dtype:
    """The dtype of all operands; RuntimeError when they differ."""
    first = operands[0].dtype
    for operand in operands[1:]:
        if operand.dtype is not first:
            raise RuntimeError(
                f"the operands of a product need one dtype, not {first!r} and {operand.dtype!r}"
            )
    return first


def _inner(a: int, b: int, first: Shape, second: Shape) -> None:
    if a != b:
        raise RuntimeError(
            f"shapes {list(first)} and {list(second)} cannot be multiplied: {a} columns against"
            f" {b} rows"
        )


def matmul_shape(first: Shape, second: Shape) -> Shape:
    """The shape of ``first @ second``; RuntimeError where they do not fit."""
    if not first or not second:
        raise RuntimeError("matmul does not multiply 0-dim tensors: use *")
    rows = first[-1]
    columns = second[0] if len(second) == 1 else second[-2]
    _inner(rows, columns, first, second)
    batch = broadcast_shapes(first[:-2], second[:-2])
    return (*batch, *first[-2:-1], *(second[-1:] if len(second) > 1 else ()))


def _matmul_meta(self: TensorMeta, other: TensorMeta) -> TensorMeta:
    return TensorMeta(one_dtype(self, other), matmul_shape(self.shape, other.shape))


def _matmul_samples() -> list[Sample]:
    shapes = [
        ((2, 3), (3, 4)),
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 1, 2, 3), (6, 3, 4)),
        ((3,), (5, 3, 4)),
        ((5, 2, 3), (3,)),
        ((2, 0), (0, 3)),
        ((0, 3), (3, 4)),
    ]
    samples = [Sample(tensor(*a), tensor(*b, seed=1)) for a, b in shapes]
    samples += [Sample(tensor(4, 3, dtype=d), tensor(3, 2, dtype=d, seed=1)) for d in HALVES]
    integers = dtypes.int64
    samples.append(Sample(tensor(2, 3, dtype=integers), tensor(3, 2, dtype=integers)))
    samples.append(Sample(tensor(3, 2).T, tensor(4, 3).T))
    samples.append(
        Sample(tensor(2, 3, dtype=dtypes.complex64), tensor(3, 2, dtype=dtypes.complex64))
    )
    return samples


def _matmul_rejects() -> list[Rejected]:
    return [
        Rejected(tensor(2, 3), tensor(2, 3)),
        Rejected(tensor(), tensor(2)),
        Rejected(tensor(2, 3), tensor(3, 2, dtype=dtypes.float64)),
    ]


@operator("aten::matmul(Tensor self, Tensor other) -> Tensor", meta=_matmul_meta, out=True,
          samples=_matmul_samples, rejects=_matmul_rejects)  # fmt: skip
@operator("aten::linalg_matmul(Tensor self, Tensor other) -> Tensor", meta=_matmul_meta, out=True,
          samples=_matmul_samples)  # fmt: skip
def matmul(self: Array, other: Array) -> Array:
    """The matrix product of the last two dimensions; vectors are rows or columns as fits.

    Shapes: leading dimensions broadcast. RuntimeError for 0-dim tensors, sizes that do not fit
    and different dtypes.
    """
    return product(self, other)


def _check_ndim(expected: int, name: str, **operands: TensorMeta) -> None:
    for argument, operand in operands.items():
        if operand.ndim != expected:
            raise RuntimeError(
                f"{name} needs {expected} dimensions for {argument!r}, not {operand.ndim}"
            )


def _mm_meta(self: TensorMeta, mat2: TensorMeta) -> TensorMeta:
    _check_ndim(2, "mm", self=self, mat2=mat2)
    return _matmul_meta(self, mat2)


@operator(
    "aten::mm(Tensor self, Tensor mat2) -> Tensor",
    meta=_mm_meta,
    out=True,
    samples=lambda: [s for s in _matmul_samples() if s.args[0].ndim == 2 and s.args[1].ndim == 2],
    rejects=lambda: [*_matmul_rejects(), Rejected(tensor(2, 2, 2), tensor(2, 2))],
)
def mm(self: Array, mat2: Array) -> Array:
    """The product of two matrices."""
    return product(self, mat2)


def _bmm_meta(self: TensorMeta, mat2: TensorMeta) -> TensorMeta:
    _check_ndim(3, "bmm", self=self, mat2=mat2)
    if self.shape[0] != mat2.shape[0]:
        raise RuntimeError(f"bmm of {self.shape[0]} matrices with {mat2.shape[0]}")
    return _matmul_meta(self, mat2)


@operator(
    "aten::bmm(Tensor self, Tensor mat2) -> Tensor",
    meta=_bmm_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(5, 2, 3), tensor(5, 3, 4)),
        Sample(tensor(0, 2, 3), tensor(0, 3, 4)),
        Sample(tensor(2, 2, 3, dtype=dtypes.float16), tensor(2, 3, 4, dtype=dtypes.float16)),
    ],
    rejects=lambda: [
        Rejected(tensor(2, 3), tensor(3, 2)),
        Rejected(tensor(1, 2, 3), tensor(2, 3, 2)),
    ],
)
def bmm(self: Array, mat2: Array) -> Array:
    """The products of two batches of matrices, one by one; the batches do not broadcast."""
    return product(self, mat2)


def _mv_meta(self: TensorMeta, vec: TensorMeta) -> TensorMeta:
    _check_ndim(2, "mv", self=self)
    _check_ndim(1, "mv", vec=vec)
    return _matmul_meta(self, vec)


@operator("aten::mv(Tensor self, Tensor vec) -> Tensor", meta=_mv_meta, out=True,
          samples=lambda: [Sample(tensor(2, 3), tensor(3))],
          rejects=lambda: [Rejected(tensor(2, 3), tensor(2))])  # fmt: skip
def mv(self: Array, vec: Array) -> Array:
    """A matrix times a vector."""
    return product(self, vec)


def _dot_meta(self: TensorMeta, tensor: TensorMeta) -> TensorMeta:
    _check_ndim(1, "dot", self=self, tensor=tensor)
    return _matmul_meta(self, tensor)


@operator("aten::dot(Tensor self, Tensor tensor) -> Tensor", meta=_dot_meta, out=True,
          samples=lambda: [Sample(tensor(3), tensor(3, seed=1)), Sample(tensor(0), tensor(0))],
          rejects=lambda: [Rejected(tensor(3), tensor(2)), Rejected(tensor(1, 3), tensor(3))])  # fmt: skip
def dot(self: Array, tensor: Array) -> Array:
    """The sum of the products of two vectors."""
    return product(self, tensor)


@operator("aten::vdot(Tensor self, Tensor other) -> Tensor", meta=_dot_meta, out=True,
          samples=lambda: [Sample(*[tensor(3, dtype=dtypes.complex64, seed=s) for s in (1, 2)])])  # fmt: skip
def vdot(self: Array, other: Array) -> Array:
    """``dot`` with the first vector conjugated."""
    return product(np.conjugate(self), other)


def _inner_meta(self: TensorMeta, other: TensorMeta) -> TensorMeta:
    if not self.shape or not other.shape:
        shape = broadcast_shapes(self.shape, other.shape)
    else:
        _inner(self.shape[-1], other.shape[-1], self.shape, other.shape)
        shape = (*self.shape[:-1], *other.shape[:-1])
    return TensorMeta(one_dtype(self, other), shape)


@operator("aten::inner(Tensor self, Tensor other) -> Tensor", meta=_inner_meta, out=True,
          samples=lambda: [Sample(tensor(2, 3), tensor(4, 3)), Sample(tensor(), tensor(2)),
                           Sample(tensor(3), tensor(3))],
          rejects=lambda: [Rejected(tensor(3), tensor(2))])  # fmt: skip
def inner(self: Array, other: Array) -> Array:
    """The products summed over the last dimensions of both."""
    return np.inner(widened(self), widened(other))


# With a bias.


def _linear_meta(input: TensorMeta, weight: TensorMeta, bias: TensorMeta | None) -> TensorMeta:
    shape, transposed = input.shape, weight.shape[::-1]
    if weight.ndim not in (1, 2) or not shape:
        raise RuntimeError(
            f"linear needs an input and a weight of 2 dimensions, not of {len(shape)} and"
            f" {weight.ndim}"
        )
    _inner(shape[-1], transposed[0], shape, transposed)
    result = (*shape[:-1], *transposed[1:])
    if bias is not None:
        one_dtype(input, bias)
        broadcast_shapes(result, bias.shape)
    return TensorMeta(one_dtype(input, weight), result)


@operator(
    "aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor",
    meta=_linear_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 3), tensor(4, 3, seed=1), tensor(4, seed=2)),
        Sample(tensor(2, 3), tensor(4, 3, seed=1)),
        Sample(tensor(5, 2, 3), tensor(4, 3, seed=1), tensor(4, seed=2)),
        Sample(tensor(3), tensor(4, 3, seed=1), tensor(4, seed=2)),
        Sample(tensor(0, 3), tensor(4, 3, seed=1), tensor(4, seed=2)),
        Sample(tensor(2, 3), tensor(3, seed=1)),
        *[Sample(tensor(2, 3, dtype=d), tensor(4, 3, dtype=d), tensor(4, dtype=d)) for d in HALVES],
    ],
    rejects=lambda: [
        Rejected(tensor(2, 3), tensor(4, 2)),
        Rejected(tensor(2, 3), tensor(4, 3, dtype=dtypes.float64)),
    ],
)
def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """``input @ weight.T + bias``: weights have the shape (outputs, inputs).

    RuntimeError when the sizes or the dtypes do not fit.
    """
    if weight.ndim == 2 and input.ndim > 2 and input.flags.c_contiguous:
        # One large product is faster than a batch of small ones.
        rows = input.reshape(-1, input.shape[-1]) if input.size else input
        result = product(rows, weight.T)
        result = result.reshape(*input.shape[:-1], weight.shape[0]) if input.size else result
    else:
        result = product(input, weight.T)
    if bias is None:
        return result
    return np.add(result, widened(bias), out=result if isinstance(result, np.ndarray) else None)


def _added(shape: Shape, self: TensorMeta, *factors: TensorMeta) -> TensorMeta:
    if broadcast_shapes(self.shape, shape) != shape:
        raise RuntimeError(f"shape {list(self.shape)} does not broadcast to {list(shape)}")
    return TensorMeta(one_dtype(self, *factors), shape)


def weighted(self: Array, beta: Scalar, term: Array, alpha: Scalar) -> Array:
    """``beta * self + alpha * term``; with a ``beta`` of 0, NaN in ``self`` does not count."""
    term = np.asarray(term)
    if term.dtype.kind in "iu":
        # PyTorch computes with the weights in the dtype of the tensors: 0.5 is 0 there.
        alpha, beta = int(alpha.real), int(beta.real)
    if alpha != 1:
        term = term * alpha
    if beta == 0:
        return term
    base = widened(self)
    return term + (base if beta == 1 else base * beta)


def _weights(sample: Callable[[], Sample]) -> list[Sample]:
    samples = []
    for kwargs in ({}, {"beta": 0.5, "alpha": 2}, {"beta": 0}):
        call = sample()
        samples.append(Sample(*call.args, **kwargs))
    return samples


def _addmm_meta(self: TensorMeta, mat1: TensorMeta, mat2: TensorMeta, *rest: Any) -> TensorMeta:
    _check_ndim(2, "addmm", mat1=mat1, mat2=mat2)
    return _added(matmul_shape(mat1.shape, mat2.shape), self, mat1, mat2)


@operator(
    "aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1)"
    " -> Tensor",
    meta=_addmm_meta,
    inplace=True,
    out=True,
    samples=lambda: [
        *_weights(lambda: Sample(tensor(2, 4), tensor(2, 3), tensor(3, 4, seed=1))),
        Sample(tensor(4), tensor(2, 3), tensor(3, 4, seed=1)),
        Sample(tensor(2, 1, dtype=HALVES[1]), tensor(2, 3, dtype=HALVES[1]),
               tensor(3, 4, dtype=HALVES[1])),
    ],
    rejects=lambda: [
        Rejected(tensor(3), tensor(2, 3), tensor(3, 4)),
        Rejected(tensor(4), tensor(2, 3), tensor(2, 4)),
    ],
)  # fmt: skip
def addmm(self: Array, mat1: Array, mat2: Array, beta: Scalar = 1, alpha: Scalar = 1) -> Array:
    """``beta * self + alpha * mat1 @ mat2``. Shapes: ``self`` broadcasts to the product."""
    return weighted(self, beta, product(mat1, mat2), alpha)


def _addmv_meta(self: TensorMeta, mat: TensorMeta, vec: TensorMeta, *rest: Any) -> TensorMeta:
    _check_ndim(2, "addmv", mat=mat)
    _check_ndim(1, "addmv", vec=vec)
    return _added(matmul_shape(mat.shape, vec.shape), self, mat, vec)


@operator(
    "aten::addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    meta=_addmv_meta,
    inplace=True,
    out=True,
    samples=lambda: _weights(lambda: Sample(tensor(2), tensor(2, 3), tensor(3))),
)
def addmv(self: Array, mat: Array, vec: Array, beta: Scalar = 1, alpha: Scalar = 1) -> Array:
    """``beta * self + alpha * mat @ vec``."""
    return weighted(self, beta, product(mat, vec), alpha)


def _addr_meta(self: TensorMeta, vec1: TensorMeta, vec2: TensorMeta, *rest: Any) -> TensorMeta:
    _check_ndim(1, "addr", vec1=vec1, vec2=vec2)
    return _added((*vec1.shape, *vec2.shape), self, vec1, vec2)


@operator(
    "aten::addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    meta=_addr_meta,
    inplace=True,
    out=True,
    samples=lambda: _weights(lambda: Sample(tensor(2, 3), tensor(2), tensor(3))),
)
def addr(self: Array, vec1: Array, vec2: Array, beta: Scalar = 1, alpha: Scalar = 1) -> Array:
    """``beta * self + alpha * outer(vec1, vec2)``."""
    return weighted(self, beta, np.outer(widened(vec1), widened(vec2)), alpha)


def _baddbmm_meta(
    self: TensorMeta, batch1: TensorMeta, batch2: TensorMeta, *rest: Any
) -> TensorMeta:
    return _added(_bmm_meta(batch1, batch2).shape, self, batch1, batch2)


@operator(
    "aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1)"
    " -> Tensor",
    meta=_baddbmm_meta,
    inplace=True,
    out=True,
    samples=lambda: [
        *_weights(lambda: Sample(tensor(5, 2, 4), tensor(5, 2, 3), tensor(5, 3, 4))),
        Sample(tensor(4), tensor(5, 2, 3), tensor(5, 3, 4)),
    ],
)
def baddbmm(
    self: Array, batch1: Array, batch2: Array, beta: Scalar = 1, alpha: Scalar = 1
) -> Array:
    """``beta * self + alpha * bmm(batch1, batch2)``."""
    return weighted(self, beta, product(batch1, batch2), alpha)


def _addbmm_meta(
    self: TensorMeta, batch1: TensorMeta, batch2: TensorMeta, *rest: Any
) -> TensorMeta:
    return _added(_bmm_meta(batch1, batch2).shape[1:], self, batch1, batch2)


@operator(
    "aten::addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1)"
    " -> Tensor",
    meta=_addbmm_meta,
    inplace=True,
    out=True,
    samples=lambda: _weights(lambda: Sample(tensor(2, 4), tensor(5, 2, 3), tensor(5, 3, 4))),
)
def addbmm(self: Array, batch1: Array, batch2: Array, beta: Scalar = 1, alpha: Scalar = 1) -> Array:
    """``beta * self + alpha * sum of bmm(batch1, batch2)`` over the batch."""
    return weighted(self, beta, product(batch1, batch2).sum(0), alpha)


# Outer products and contractions.


class _Outer(Promoting):
    """Two vectors in their common dtype."""

    operands = ("self", "vec2")

    def compute_dtype(self, arguments: Sequence[Any]) -> dtypes.Dtype:
        return result_dtype(*arguments)

    def __call__(self, this: TensorMeta, vec2: TensorMeta) -> TensorMeta:
        _check_ndim(1, "outer", self=this, vec2=vec2)
        return TensorMeta(result_dtype(this, vec2), (*this.shape, *vec2.shape))


def _outer_samples() -> list[Sample]:
    return [Sample(tensor(2), tensor(3)), Sample(tensor(2), tensor(3, dtype=dtypes.int64))]


@operator("aten::outer(Tensor self, Tensor vec2) -> Tensor", meta=_Outer(), out=True,
          samples=_outer_samples, rejects=lambda: [Rejected(tensor(2, 2), tensor(2))])  # fmt: skip
@operator("aten::ger(Tensor self, Tensor vec2) -> Tensor", meta=_Outer(), out=True,
          samples=_outer_samples)  # fmt: skip
def outer(self: Array, vec2: Array) -> Array:
    """The products of all pairs of elements of two vectors."""
    return np.multiply.outer(self, vec2)


def _tensordot_meta(
    self: TensorMeta, other: TensorMeta, dims_self: Sequence[int], dims_other: Sequence[int]
) -> TensorMeta:
    if len(dims_self) != len(dims_other):
        raise RuntimeError("tensordot needs as many dimensions of one tensor as of the other")
    first, second = wrap_dims(dims_self, self.ndim), wrap_dims(dims_other, other.ndim)
    for a, b in zip(first, second, strict=True):
        if 1 not in (self.shape[a], other.shape[b]):
            _inner(self.shape[a], other.shape[b], self.shape, other.shape)
    shape = [n for d, n in enumerate(self.shape) if d not in first]
    shape += [n for d, n in enumerate(other.shape) if d not in second]
    return TensorMeta(one_dtype(self, other), tuple(shape))


@operator(
    "aten::tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor",
    meta=_tensordot_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 3, 4), tensor(3, 4, 5), [1, 2], [0, 1]),
        Sample(tensor(2, 3), tensor(4, 2), [0], [-1]),
        Sample(tensor(2, 3), tensor(4), [], []),
        Sample(tensor(2, 1), tensor(3, 5), [1], [0]),
    ],
    rejects=lambda: [Rejected(tensor(2, 3), tensor(4, 2), [1], [0])],
)
def tensordot(
    self: Array, other: Array, dims_self: Sequence[int], dims_other: Sequence[int]
) -> Array:
    """The products summed over pairs of dimensions, one of each tensor; a size of 1 broadcasts."""
    a, b = widened(self), widened(other)
    first, second = wrap_dims(dims_self, a.ndim), wrap_dims(dims_other, b.ndim)
    for i, j in zip(first, second, strict=True):
        if a.shape[i] != b.shape[j]:
            # The broadcast one is the same everywhere: sum the other one first.
            if a.shape[i] == 1:
                b = b.sum(j, keepdims=True)
            else:
                a = a.sum(i, keepdims=True)
    return np.tensordot(a, b, (first, second))


def _cross_shape(self: TensorMeta, other: TensorMeta, dim: int) -> TensorMeta:
    if self.ndim != other.ndim:
        raise RuntimeError("a cross product needs operands of as many dimensions")
    shape = broadcast_shapes(self.shape, other.shape)
    dim = wrap_dim(dim, len(shape))
    if self.shape[dim] != 3 or other.shape[dim] != 3:
        raise RuntimeError(f"a cross product needs size 3 in dimension {dim}")
    return TensorMeta(one_dtype(self, other), shape)


@operator(
    "aten::linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor",
    meta=_cross_shape,
    out=True,
    samples=lambda: [
        Sample(tensor(4, 3), tensor(1, 3, seed=1)),
        Sample(tensor(3, 4), tensor(3, 4, seed=1), dim=0),
    ],
    rejects=lambda: [Rejected(tensor(4, 2), tensor(4, 2))],
)
def linalg_cross(self: Array, other: Array, dim: int = -1) -> Array:
    """The vector product of vectors of 3 elements along a dimension; the others broadcast."""
    a, b = np.broadcast_arrays(widened(self), widened(other))
    return np.cross(a, b, axis=dim)


def _first_of_three(shape: Shape, dim: int | None) -> int:
    if dim is not None:
        return dim
    found = next((d for d, n in enumerate(shape) if n == 3), None)
    if found is None:
        raise RuntimeError("a cross product needs a dimension of size 3")
    return found


@operator(
    "aten::cross(Tensor self, Tensor other, int? dim=None) -> Tensor",
    meta=lambda self, other, dim: _cross_shape(self, other, _first_of_three(self.shape, dim)),
    out=True,
    samples=lambda: [
        Sample(tensor(4, 3), tensor(4, 3, seed=1)),
        Sample(tensor(3, 4, 3), tensor(3, 4, 3, seed=1)),
        Sample(tensor(3, 4, 3), tensor(3, 4, 3, seed=1), -1),
    ],
)
def cross(self: Array, other: Array, dim: int | None = None) -> Array:
    """The vector product along a dimension, the first one of size 3 if none is given."""
    return linalg_cross(self, other, _first_of_three(self.shape, dim))


@operator(
    "aten::linalg_vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor",
    meta=lambda x, y, dim: TensorMeta(
        one_dtype(x, y), reduced_shape(broadcast_shapes(x.shape, y.shape), dim, False)
    ),
    out=True,
    samples=lambda: [Sample(tensor(4, 3), tensor(3, seed=1)), Sample(tensor(3), tensor(3), dim=0)],
)
def linalg_vecdot(x: Array, y: Array, dim: int = -1) -> Array:
    """The sums of products along a dimension, the first operand conjugated."""
    return np.sum(np.conjugate(widened(x)) * widened(y), axis=dim)


def _chain_meta(tensors: list[TensorMeta]) -> TensorMeta:
    if len(tensors) < 2:
        raise RuntimeError("multi_dot needs at least two tensors")
    shape = tensors[0].shape
    for operand in tensors[1:]:
        shape = matmul_shape(shape, operand.shape)
    return TensorMeta(one_dtype(*tensors), shape)


@operator(
    "aten::linalg_multi_dot(Tensor[] tensors) -> Tensor",
    meta=_chain_meta,
    out=True,
    samples=lambda: [
        Sample([tensor(2, 3), tensor(3, 4), tensor(4, 5)]),
        Sample([tensor(3), tensor(3, 4), tensor(4)]),
        Sample([tensor(2, 3), tensor(3, 4)]),
    ],
    rejects=lambda: [Rejected([tensor(2, 3)])],
)
def linalg_multi_dot(tensors: list[Array]) -> Array:
    """The product of several matrices, in the order that takes the fewest multiplications."""
    return np.linalg.multi_dot([widened(t) for t in tensors])


@operator(
    "aten::chain_matmul(Tensor[] matrices) -> Tensor",
    meta=lambda matrices: matrices[0] if len(matrices) == 1 else _chain_meta(matrices),
    out=True,
    samples=lambda: [Sample([tensor(2, 3), tensor(3, 4), tensor(4, 5)])],
)
def chain_matmul(matrices: list[Array]) -> Array:
    """The product of several matrices; see linalg.multi_dot."""
    return matrices[0].copy() if len(matrices) == 1 else linalg_multi_dot(matrices)


@operator("aten::kron(Tensor self, Tensor other) -> Tensor",
          meta=lambda self, other: TensorMeta(one_dtype(self, other), _kron_shape(self.shape, other.shape)),
          out=True,
          samples=lambda: [Sample(tensor(2, 3), tensor(3, 2)), Sample(tensor(2), tensor(2, 2)),
                           Sample(tensor(), tensor(2))])  # fmt: skip
def kron(self: Array, other: Array) -> Array:
    """The Kronecker product: ``other`` times each element of ``self``, as blocks."""
    return np.kron(self, other)


def _kron_shape(first: Shape, second: Shape) -> Shape:
    ndim = max(len(first), len(second))
    a = (1,) * (ndim - len(first)) + first
    b = (1,) * (ndim - len(second)) + second
    return tuple(m * n for m, n in zip(a, b, strict=True))
