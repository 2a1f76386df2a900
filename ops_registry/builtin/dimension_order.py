"""Views with the dimensions reordered, and with dimensions of size one put in or left out."""

from __future__ import annotations

from collections.abc import Sequence

from ops_registry.builtin.complex_numbers import conj
from ops_registry.builtin.operands import Array
from ops_registry.builtin.views import ALL, view_operator
from ops_registry.meta import wrap_dim, wrap_dims
from ops_registry.samples import Rejected, Sample, tensor


@view_operator(
    "aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)",
    samples=lambda: [
        Sample(tensor(2, 3, 4), [2, 0, 1]),
        Sample(tensor(2, 3, 4), [-1, 0, -2]),
        Sample(tensor(), []),
    ],
    rejects=lambda: [Rejected(tensor(2, 3), [0]), Rejected(tensor(2, 3), [0, 0])],
)
def permute(self: Array, dims: Sequence[int]) -> Array:
    """The dimensions in another order; all of them must be named, once."""
    if len(dims) != self.ndim:
        raise RuntimeError(f"permute names {len(dims)} dimensions of a tensor of {self.ndim}")
    return self.transpose(wrap_dims(dims, self.ndim))


def _transpose_samples() -> list[Sample]:
    return [
        Sample(tensor(2, 3, 4), 0, 2),
        Sample(tensor(2, 3, 4), -1, -2),
        Sample(tensor(2, 3), 1, 1),
        Sample(tensor(), 0, -1),
    ]


@view_operator(
    "aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)",
    samples=_transpose_samples,
    rejects=lambda: [Rejected(tensor(2, 3), 0, 2)],
)
@view_operator(
    "aten::swapaxes(Tensor(a) self, int axis0, int axis1) -> Tensor(a)",
    samples=_transpose_samples,
)
@view_operator(
    "aten::swapdims(Tensor(a) self, int dim0, int dim1) -> Tensor(a)",
    samples=_transpose_samples,
)
def transpose(self: Array, dim0: int, dim1: int) -> Array:
    """Two dimensions exchanged."""
    ndim = self.ndim
    first, second = wrap_dim(dim0, ndim), wrap_dim(dim1, ndim)
    return self.swapaxes(first, second) if ndim else self.view()


@view_operator(
    "aten::t(Tensor(a) self) -> Tensor(a)",
    samples=lambda: [Sample(tensor(2, 3)), Sample(tensor(3)), Sample(tensor())],
    rejects=lambda: [Rejected(tensor(2, 3, 4))],
)
def t(self: Array) -> Array:
    """The transpose of a matrix; a vector stays as it is. RuntimeError for more dimensions."""
    if self.ndim > 2:
        raise RuntimeError(f"t() takes at most 2 dimensions, not {self.ndim}: use transpose")
    return self.T


@view_operator("aten::numpy_T(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3)), Sample(tensor(3))])  # fmt: skip
@view_operator("aten::numpy_T.a(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3))])  # fmt: skip
def numpy_t(self: Array) -> Array:
    """The dimensions in reverse order: ``x.T``."""
    return self.T


def _matrix(self: Array) -> Array:
    if self.ndim < 2:
        raise RuntimeError(f"matrices have at least 2 dimensions, not {self.ndim}")
    return self.swapaxes(-1, -2)


@view_operator("aten::mT(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3, 4))],
               rejects=lambda: [Rejected(tensor(3))])  # fmt: skip
@view_operator("aten::mT.a(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3))])  # fmt: skip
def matrix_transpose(self: Array) -> Array:
    """The last two dimensions exchanged: ``x.mT``."""
    return _matrix(self)


@view_operator("aten::mH(Tensor(a) self) -> Tensor(a)", samples=lambda: [Sample(tensor(2, 3))])
@view_operator("aten::mH.a(Tensor(a) self) -> Tensor(a)", samples=lambda: [Sample(tensor(2, 3))])
@view_operator("aten::matrix_H(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3))])  # fmt: skip
@view_operator("aten::matrix_H.a(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3))])  # fmt: skip
@view_operator("aten::adjoint(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3)), Sample(tensor(2, 3, 4))])  # fmt: skip
def adjoint(self: Array) -> Array:
    """The last two dimensions exchanged, complex numbers conjugated (those are a copy)."""
    return conj(_matrix(self))


def _movedim(self: Array, source: Sequence[int], destination: Sequence[int]) -> Array:
    if len(source) != len(destination):
        raise RuntimeError("movedim needs as many destinations as sources")
    before, after = wrap_dims(source, self.ndim), wrap_dims(destination, self.ndim)
    if not self.ndim:
        return self.view()
    order = [d for d in range(self.ndim) if d not in before]
    for position, moved in sorted(zip(after, before, strict=True)):
        order.insert(position, moved)
    return self.transpose(order)


@view_operator("aten::movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3, 4), 0, -1), Sample(tensor(), 0, 0)])  # fmt: skip
@view_operator("aten::moveaxis.int(Tensor(a) self, int source, int destination) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3, 4), 2, 0)])  # fmt: skip
def movedim(self: Array, source: int, destination: int) -> Array:
    """One dimension moved; the others keep their order."""
    return _movedim(self, [source], [destination])


@view_operator(
    "aten::movedim.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)",
    samples=lambda: [Sample(tensor(2, 3, 4), [0, 1], [2, 0])],
    rejects=lambda: [Rejected(tensor(2, 3), [0], [0, 1]), Rejected(tensor(2, 3), [0, 0], [0, 1])],
)
@view_operator(
    "aten::moveaxis.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)",
    samples=lambda: [Sample(tensor(2, 3, 4), [0, 1], [2, 0])],
)
def movedims(self: Array, source: Sequence[int], destination: Sequence[int]) -> Array:
    """Several dimensions moved; the others keep their order."""
    return _movedim(self, source, destination)


# Dimensions of size one.


@view_operator(
    "aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)",
    samples=lambda: [Sample(tensor(3, 4), d) for d in (0, 1, 2, -1, -3)] + [Sample(tensor(), 0)],
    rejects=lambda: [Rejected(tensor(3, 4), 3), Rejected(tensor(3, 4), -4)],
)
def unsqueeze(self: Array, dim: int) -> Array:
    """A dimension of size 1 put in at ``dim``."""
    return self[(ALL,) * wrap_dim(dim, self.ndim + 1) + (None, ...)]


@view_operator("aten::squeeze(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(1, 3, 1)), Sample(tensor(1)), Sample(tensor())])  # fmt: skip
def squeeze(self: Array) -> Array:
    """All dimensions of size 1 left out."""
    return self.reshape(tuple(extent for extent in self.shape if extent != 1), copy=False)


@view_operator(
    "aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)",
    samples=lambda: [Sample(tensor(1, 3, 1), d) for d in (0, 1, -1)] + [Sample(tensor(), 0)],
    rejects=lambda: [Rejected(tensor(3, 4), 2)],
)
def squeeze_dim(self: Array, dim: int) -> Array:
    """One dimension left out, if its size is 1."""
    return squeeze_dims(self, [dim])


@view_operator(
    "aten::squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)",
    samples=lambda: [Sample(tensor(1, 3, 1), [0, 1, -1]), Sample(tensor(1, 3), [])],
    rejects=lambda: [Rejected(tensor(1, 4), [0, -2])],
)
def squeeze_dims(self: Array, dim: Sequence[int]) -> Array:
    """Some dimensions left out, where their size is 1."""
    dropped = wrap_dims(dim, self.ndim)
    if not self.ndim:
        return self.view()
    index = tuple(0 if d in dropped and extent == 1 else ALL for d, extent in enumerate(self.shape))
    return self[(*index, ...)]
