"""Views of parts of a tensor: select, slice, narrow, diagonal, unfold.

Splitting into several is ``splitting``; indexing with tensors, which copies, is ``indexing``.
"""

from __future__ import annotations

from numpy.lib.stride_tricks import as_strided as numpy_strided

from ops_registry.builtin.operands import Array
from ops_registry.builtin.views import ALL, view_operator
from ops_registry.meta import TensorMeta, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


@view_operator(
    "aten::select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)",
    samples=lambda: [
        Sample(tensor(3, 4), 0, 1),
        Sample(tensor(3, 4), -1, -1),
        Sample(tensor(3), 0, 2),
        Sample(tensor(3, 0), 0, 1),
    ],
    rejects=lambda: [
        Rejected(tensor(3), 0, 3),
        Rejected(tensor(3), 0, -4),
        Rejected(tensor(3), 1, 0),
        Rejected(tensor(), 0, 0),
    ],
)
def select(self: Array, dim: int, index: int) -> Array:
    """One slice across ``dim``, which is left out; ``index`` may count from the end.

    IndexError when the dimension or the index is out of range, or there is no dimension.
    """
    dim = wrap_dim(dim, self.ndim, scalar=False)
    extent = self.shape[dim]
    if not -extent <= index < extent:
        raise IndexError(f"index {index} is out of range for dimension {dim} with size {extent}")
    return self[(ALL,) * dim + (index, ...)]


@view_operator(
    "aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None,"
    " SymInt step=1) -> Tensor(a)",
    samples=lambda: [
        Sample(tensor(5, 4), 0, 1, 3),
        Sample(tensor(5, 4), 1, None, None, 2),
        Sample(tensor(5, 4), -1, -3, 9223372036854775807),
        Sample(tensor(5, 4), 0, 4, 2),
        Sample(tensor(5, 4), 0, -100, 100),
        Sample(tensor(0), 0, 0, 2),
        Sample(tensor(5)),
    ],
    rejects=lambda: [Rejected(tensor(3), 0, 0, 3, 0), Rejected(tensor(3), 0, 0, 3, -1)],
)
def slice_tensor(
    self: Array, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Array:
    """Every ``step``-th element of a dimension from ``start`` up to, not including, ``end``.

    Bounds may count from the end, and are clamped to the dimension; RuntimeError for a step that
    is not positive.
    """
    if step <= 0:
        raise RuntimeError(f"the step of a slice must be positive, not {step}")
    if not self.ndim:
        raise RuntimeError("a tensor without dimensions cannot be sliced")
    return self[(ALL,) * wrap_dim(dim, self.ndim) + (slice(start, end, step),)]


def narrowed(self: Array, dim: int, start: int, length: int) -> Array:
    """``length`` elements of a dimension from ``start``; see ``narrow``."""
    if not self.ndim:
        raise RuntimeError("a tensor without dimensions cannot be narrowed")
    if length < 0:
        raise RuntimeError(f"narrow needs a length that is not negative, not {length}")
    dim = wrap_dim(dim, self.ndim)
    extent = self.shape[dim]
    if not -extent <= start <= extent:
        raise IndexError(f"start {start} is out of range for dimension {dim} with size {extent}")
    first = start + extent if start < 0 else start
    if first + length > extent:
        raise RuntimeError(
            f"elements {first} to {first + length} exceed dimension {dim} with size {extent}"
        )
    return self[(ALL,) * dim + (slice(first, first + length),)]


@view_operator(
    "aten::narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a)",
    samples=lambda: [
        Sample(tensor(5, 4), 0, 1, 3),
        Sample(tensor(5, 4), -1, -2, 2),
        Sample(tensor(5), 0, 5, 0),
    ],
    rejects=lambda: [
        Rejected(tensor(5), 0, 3, 3),
        Rejected(tensor(5), 0, 6, 0),
        Rejected(tensor(5), 0, 0, -1),
        Rejected(tensor(), 0, 0, 1),
    ],
)
def narrow(self: Array, dim: int, start: int, length: int) -> Array:
    """``length`` elements of a dimension from ``start`` (which may count from the end).

    IndexError or RuntimeError when they are not all there.
    """
    return narrowed(self, dim, start, length)


@operator(
    "aten::narrow.Tensor(Tensor(a) self, int dim, Tensor start, SymInt length) -> Tensor(a)",
    meta=lambda self, dim, start, length: TensorMeta(
        self.dtype,
        tuple(length if d == wrap_dim(dim, self.ndim) else n for d, n in enumerate(self.shape)),
    ),
    samples=lambda: [Sample(tensor(5, 4), 0, array(1), 3)],
    rejects=lambda: [Rejected(tensor(5), 0, array([1]), 3)],
)
def narrow_tensor(self: Array, dim: int, start: Array, length: int) -> Array:
    """``narrow`` with its start in a 0-dim integer tensor."""
    if start.ndim or start.dtype.kind not in "iu":
        raise RuntimeError("narrow takes its start as a 0-dim integer tensor")
    return narrowed(self, dim, int(start), length)


@view_operator(
    "aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)",
    samples=lambda: [
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4), 1),
        Sample(tensor(3, 4), -2),
        Sample(tensor(3, 4), 7),
        Sample(tensor(2, 3, 4), 0, -1, 0),
    ],
    rejects=lambda: [Rejected(tensor(3)), Rejected(tensor(3, 4), 0, 1, -1)],
)
def diagonal(self: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    """The elements with ``index2 == index1 + offset`` of two dimensions, as the last one."""
    first, second = wrap_dim(dim1, self.ndim), wrap_dim(dim2, self.ndim)
    if first == second:
        raise RuntimeError("the two dimensions of a diagonal must differ")
    rows, columns = self.shape[first], self.shape[second]
    above, below = max(offset, 0), max(-offset, 0)
    count = max(min(rows - below, columns - above), 0)
    others = [d for d in range(self.ndim) if d not in (first, second)]
    start = [ALL] * self.ndim
    if count:
        start[first], start[second] = slice(below, None), slice(above, None)
    corner = self[tuple(start)]
    return numpy_strided(
        corner,
        (*(self.shape[d] for d in others), count),
        (*(self.strides[d] for d in others), self.strides[first] + self.strides[second]),
    )


@view_operator(
    "aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)",
    samples=lambda: [
        Sample(tensor(7), 0, 3, 2),
        Sample(tensor(2, 7, 3), 1, 2, 1),
        Sample(tensor(2, 7), -1, 7, 1),
    ],
    rejects=lambda: [Rejected(tensor(3), 0, 4, 1), Rejected(tensor(3), 0, 2, 0)],
)
def unfold(self: Array, dimension: int, size: int, step: int) -> Array:
    """Windows of ``size`` elements along a dimension, every ``step``, as a new last dimension."""
    dim = wrap_dim(dimension, self.ndim)
    source = self if self.ndim else self.reshape(1)
    if not 0 <= size <= source.shape[dim]:
        raise RuntimeError(f"windows of {size} do not fit a dimension of {source.shape[dim]}")
    if step <= 0:
        raise RuntimeError(f"unfold needs a positive step, not {step}")
    shape, strides = list(source.shape), list(source.strides)
    shape[dim] = (shape[dim] - size) // step + 1
    strides[dim] *= step
    if not self.ndim:
        shape, strides = [], []
    return numpy_strided(source, (*shape, size), (*strides, source.strides[dim]))
