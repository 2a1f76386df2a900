"""Extremes: max, min, amax, amin, aminmax, argmax, argmin; NaN counts as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.builtin.reduction import Dims, axes, dim_samples, integers, whole_samples
from ops_registry.meta import TensorMeta, elementwise, reduced_shape, reduction, wrap_dim, wrap_dims
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])


def _nonempty(self: TensorMeta | Array, dim: Dims, name: str) -> None:
    """Raise where an extreme of nothing is asked for."""
    if isinstance(dim, int):
        dim = (dim,)
    if dim is None or not len(dim):
        if 0 in self.shape:
            raise IndexError(f"{name} of no elements: name a dimension that has some")
        return
    for d in wrap_dims(dim, self.ndim):
        if self.ndim and self.shape[d] == 0:
            raise IndexError(f"{name} over dimension {d}, which has size 0")


def _extreme(name: str, ufunc: str) -> Callable[[F], F]:
    """Declare ``max`` or ``min``: of all elements, of two tensors."""

    def declare(function: F) -> F:
        operator(
            f"aten::{name}.other(Tensor self, Tensor other) -> Tensor",
            meta=elementwise("self", "other"),
            out="out",
            ufunc=ufunc,
            samples=lambda: [
                Sample(tensor(3, 4), tensor(4, seed=1)),
                Sample(array([1.0, np.nan]), array([2, 2])),
            ],
        )(_pairwise(ufunc))
        return operator(
            f"aten::{name}(Tensor self) -> Tensor",
            meta=reduction(),
            out="unary_out",
            samples=lambda: whole_samples(*integers()),
            rejects=lambda: [Rejected(tensor(0))],
        )(function)

    return declare


def _pairwise(ufunc: str) -> Callable[[Array, Array], Array]:
    def kernel(self: Array, other: Array) -> Array:
        result: Array = getattr(np, ufunc)(self, other)
        return result

    kernel.__doc__ = f"The elementwise {ufunc} of two tensors; NaN wins. Shapes broadcast."
    return kernel


def _whole(self: Array, name: str) -> None:
    if not self.size:
        raise RuntimeError(f"{name} of no elements: name a dimension that has some")


@_extreme("max", "maximum")
def max(self: Array) -> Array:
    """The largest element; NaN if there is one. RuntimeError when there are no elements."""
    _whole(self, "max")
    return np.max(self)


@_extreme("min", "minimum")
def min(self: Array) -> Array:
    """The smallest element; NaN if there is one. RuntimeError when there are no elements."""
    _whole(self, "min")
    return np.min(self)


def _with_indices(self: TensorMeta, dim: int, keepdim: bool) -> tuple[TensorMeta, TensorMeta]:
    _nonempty(self, dim, "an extreme")
    shape = reduced_shape(self.shape, dim, keepdim)
    return TensorMeta(self.dtype, shape), TensorMeta(dtypes.int64, shape)


def picked(self: Array, dim: int, indices: Array, keepdim: bool) -> tuple[Array, Array]:
    """Values and indices of one element along ``dim``; ``indices`` has size 1 there."""
    values = np.take_along_axis(self, indices, dim)
    if keepdim:
        return values, indices
    return np.squeeze(values, dim), np.squeeze(indices, dim)


def _found(find: Callable[..., Array], self: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    dim = wrap_dim(dim, self.ndim)
    if not self.ndim:
        return self.copy(), np.zeros((), np.int64)
    return picked(self, dim, find(widened(self), axis=dim, keepdims=True), keepdim)


def _dim_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4), 1),
        Sample(tensor(2, 3, 4), -2, True),
        Sample(array([[1.0, np.nan, 3.0], [2.0, 2.0, 1.0]]), 1),
        Sample(tensor(3, 4, dtype=dtypes.int32), 0),
        Sample(tensor(3, 4, dtype=dtypes.bfloat16), 0),
        Sample(tensor(), 0),
        Sample(tensor(3, 0), 0),
    ]


def _dim_rejects() -> list[Rejected]:
    return [Rejected(tensor(0, 3), 0), Rejected(tensor(3), 1)]


@operator(
    "aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    meta=_with_indices,
    samples=_dim_samples,
    rejects=_dim_rejects,
)
def max_dim(self: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    """The largest elements over a dimension, and where they are: the first, or the first NaN.

    IndexError when the dimension is empty.
    """
    return _found(np.argmax, self, dim, keepdim)


@operator(
    "aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    meta=_with_indices,
    samples=_dim_samples,
    rejects=_dim_rejects,
)
def min_dim(self: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    """The smallest elements over a dimension, and where they are: the first, or the first NaN.

    IndexError when the dimension is empty.
    """
    return _found(np.argmin, self, dim, keepdim)


def _written_extreme(values: str, indices: str, name: str, function: F) -> F:
    """The form that writes values and indices, which has names of its own."""
    return operator(
        f"aten::{name}.dim_{name}(Tensor self, int dim, bool keepdim=False, *,"
        f" Tensor(a!) {values}, Tensor(b!) {indices})"
        " -> (Tensor(a!) values, Tensor(b!) indices)",
        meta=lambda self, dim, keepdim, *outs: outs,
        samples=lambda: [Sample(tensor(3, 4), 1, **_outs(values, indices))],
    )(function)


def _outs(values: str, indices: str) -> dict[str, Array]:
    return {values: np.zeros(3, np.float32), indices: np.zeros(3, np.int64)}


def max_into(
    self: Array, dim: int, keepdim: bool, max: Array, max_values: Array
) -> tuple[Array, Array]:
    """``max`` over a dimension, written into two tensors."""
    max[...], max_values[...] = max_dim(self, dim, keepdim)
    return max, max_values


def min_into(
    self: Array, dim: int, keepdim: bool, min: Array, min_indices: Array
) -> tuple[Array, Array]:
    """``min`` over a dimension, written into two tensors."""
    min[...], min_indices[...] = min_dim(self, dim, keepdim)
    return min, min_indices


_written_extreme("max", "max_values", "max", max_into)
_written_extreme("min", "min_indices", "min", min_into)


def _range_meta(self: TensorMeta, dim: Dims, keepdim: bool) -> TensorMeta:
    _nonempty(self, dim, "amax")
    return TensorMeta(self.dtype, reduced_shape(self.shape, dim, keepdim))


def _amax_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4)),
        *[s for s in dim_samples(several=True) if s.args[0].size],
        Sample(array([[1.0, np.nan], [2.0, 1.0]]), [1]),
        Sample(tensor(4, dtype=dtypes.bfloat16), [0]),
        Sample(tensor(3, 4, dtype=dtypes.bool_), [0]),
    ]


@operator("aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",
          meta=_range_meta, out=True, samples=_amax_samples,
          rejects=lambda: [Rejected(tensor(0, 3), [0]), Rejected(tensor(3, 4), [0, 0])])  # fmt: skip
def amax(self: Array, dim: Dims = (), keepdim: bool = False) -> Array:
    """The largest elements over dimensions; NaN if there is one."""
    return np.max(self, axis=axes(self, dim), keepdims=keepdim)


@operator("aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",
          meta=_range_meta, out=True, samples=_amax_samples,
          rejects=lambda: [Rejected(tensor(0, 3), [0]), Rejected(tensor(3, 4), [0, 0])])  # fmt: skip
def amin(self: Array, dim: Dims = (), keepdim: bool = False) -> Array:
    """The smallest elements over dimensions; NaN if there is one."""
    return np.min(self, axis=axes(self, dim), keepdims=keepdim)


def _range_pair(self: TensorMeta, dim: int | None, keepdim: bool) -> tuple[TensorMeta, TensorMeta]:
    if dim is None and 0 in self.shape:
        raise RuntimeError("aminmax of no elements: name a dimension that has some")
    meta = _range_meta(self, dim, keepdim)
    return meta, meta


@operator(
    "aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)",
    meta=_range_pair,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4), dim=1, keepdim=True),
        Sample(array([1.0, np.nan])),
    ],
    rejects=lambda: [Rejected(tensor(0))],
)
def aminmax(self: Array, dim: int | None = None, keepdim: bool = False) -> tuple[Array, Array]:
    """The smallest and the largest elements, of all or over a dimension."""
    return amin(self, dim, keepdim), amax(self, dim, keepdim)


def _arg_meta(self: TensorMeta, dim: int | None, keepdim: bool) -> TensorMeta:
    _nonempty(self, dim, "argmax")
    if self.dtype is dtypes.bool_:
        raise RuntimeError("argmax and argmin do not take bools")
    return TensorMeta(dtypes.int64, reduced_shape(self.shape, dim, keepdim))


def _arg_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4), None, True),
        Sample(tensor(3, 4).T, None),
        *_dim_samples(),
        Sample(array([1.0, np.nan, np.nan])),
    ]


def _arg_rejects() -> list[Rejected]:
    return [Rejected(tensor(0)), Rejected(tensor(0, 3), 0), Rejected(tensor(3, dtype=dtypes.bool_))]


@operator("aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
          meta=_arg_meta, out=True, samples=_arg_samples, rejects=_arg_rejects)  # fmt: skip
def argmax(self: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """Where the largest element is: the first one, or the first NaN.

    Without ``dim``, of the flattened tensor. IndexError when there are no elements.
    """
    return np.argmax(widened(self), axis=_axis(self, dim), keepdims=keepdim)


@operator("aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
          meta=_arg_meta, out=True, samples=_arg_samples, rejects=_arg_rejects)  # fmt: skip
def argmin(self: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """Where the smallest element is: the first one, or the first NaN.

    Without ``dim``, of the flattened tensor. IndexError when there are no elements.
    """
    return np.argmin(widened(self), axis=_axis(self, dim), keepdims=keepdim)


def _axis(self: Array, dim: int | None) -> int | None:
    if dim is None:
        return None
    dim = wrap_dim(dim, self.ndim)
    return dim if self.ndim else None
