"""Writing where index tensors say: index_put, index_add, scatter, masked_scatter ...

Each kernel here writes into its first operand: that is the in-place form; the functional one
runs it on a copy. Reading is ``indexing``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.indexing import along, check_gather, check_range, index_key
from ops_registry.builtin.operands import Array, Operand, Scalar
from ops_registry.builtin.slicing import diagonal, select, slice_tensor
from ops_registry.meta import TensorMeta, broadcast_shapes, like, meta_of, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])


def writing(
    schema: str,
    *,
    samples: Callable[[], list[Sample]],
    rejects: Callable[[], list[Rejected]] | None = None,
    out: bool | str = True,
    inplace: bool = True,
) -> Callable[[F], F]:
    """Declare ``name(Tensor self, ...)`` and ``name_`` of a kernel that writes to ``self``."""

    def declare(function: F) -> F:
        def functional(self: Array, *rest: Any) -> Array:
            result: Array = function(self.copy(), *rest)
            return result

        functools.update_wrapper(functional, function)
        operator(schema, meta=like("self"), out=out, samples=samples, rejects=rejects)(functional)
        if inplace:
            written = re.sub(r"^aten::(\w+)", r"aten::\1_", schema)
            written = written.replace("(Tensor self", "(Tensor(a!) self", 1)
            written = written.removesuffix("Tensor") + "Tensor(a!)"
            operator(written, meta=like("self"), samples=samples, rejects=rejects)(function)
        return function

    return declare


def _one_dtype(self: Array, source: Array, name: str) -> None:
    if self.dtype != source.dtype:
        raise RuntimeError(
            f"{name} needs one dtype of the tensor and of what is written, not {self.dtype} and"
            f" {source.dtype}"
        )


# x[indices] = values.


def _put_samples() -> list[Sample]:
    x = tensor(2, 3, 4)
    return [
        Sample(x, [array([0, 1])], tensor(3, 4, seed=1)),
        Sample(x, [array([0, 0])], tensor(seed=1), True),
        Sample(x, [None, array([0, 2, 0])], tensor(2, 3, 4, seed=1), True),
        Sample(x, [array([0, 1]), None, array([0, 3])], tensor(2, 3, seed=1)),
        Sample(x, [tensor(2, 3, dtype=dtypes.bool_)], array(7.0)),
        Sample(x, [array(1)], tensor(4, seed=1)),
        Sample(tensor(4, dtype=dtypes.bfloat16), [array([1])], array(0.5, dtypes.bfloat16)),
    ]


def _put_rejects() -> list[Rejected]:
    return [
        Rejected(tensor(3), [array([0])], tensor(dtype=dtypes.float64)),
        Rejected(tensor(3), [array([3])], tensor()),
        Rejected(tensor(3), [array([0, 1])], tensor(3)),
    ]


@writing(
    "aten::index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False)"
    " -> Tensor",
    samples=_put_samples,
    rejects=_put_rejects,
)
@writing(
    "aten::index_put.hacked_twin(Tensor self, Tensor[] indices, Tensor values,"
    " bool accumulate=False) -> Tensor",
    samples=lambda: [s for s in _put_samples() if all(i is not None for i in s.args[1])],
    out=False,
)
def index_put_(
    self: Array, indices: Sequence[Array | None], values: Array, accumulate: bool = False
) -> Array:
    """Write ``values`` where index tensors say: ``self[indices] = values``.

    Values broadcast; with ``accumulate`` they are added, repeated places several times.
    IndexError out of range, RuntimeError when the dtypes differ or values do not broadcast.
    """
    _one_dtype(self, values, "index_put")
    key = index_key(self, indices)
    try:
        if accumulate:
            np.add.at(self, key, values)
        else:
            self[key] = values
    except ValueError as error:
        raise RuntimeError(f"the values do not fit the indexed places: {error}") from None
    return self


@operator(
    "aten::_index_put_impl_(Tensor(a!) self, Tensor?[] indices, Tensor values,"
    " bool accumulate=False, bool unsafe=False) -> Tensor(a!)",
    meta=like("self"),
    samples=_put_samples,
)
def index_put_impl_(
    self: Array,
    indices: Sequence[Array | None],
    values: Array,
    accumulate: bool = False,
    unsafe: bool = False,
) -> Array:
    """``index_put_`` by the name that optimised PyTorch graphs have."""
    return index_put_(self, indices, values, accumulate)


@writing(
    "aten::put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor",
    samples=lambda: [
        Sample(tensor(3, 4), array([[0, -1]]), tensor(2, seed=1)),
        Sample(tensor(3, 4), array([1, 1]), tensor(2, seed=1), True),
        Sample(tensor(), array(0), tensor(seed=1)),
    ],
    rejects=lambda: [Rejected(tensor(3), array([3]), tensor(1))],
)
def put_(self: Array, index: Array, source: Array, accumulate: bool = False) -> Array:
    """Write to places of the flattened tensor."""
    _one_dtype(self, source, "put")
    if index.size != source.size:
        raise RuntimeError(f"put has {index.size} places for {source.size} elements")
    if index.size and not -self.size <= index.min() <= index.max() < self.size:
        raise IndexError(f"an index is out of range for {self.size} elements")
    target = self if self.ndim else self.reshape(1)
    flat = np.where(index < 0, index + self.size, index).reshape(-1)
    places = np.unravel_index(flat, target.shape)
    if accumulate:
        np.add.at(target, places, source.reshape(-1))
    else:
        target[places] = source.reshape(-1)
    return self


# Slices along one dimension.


def _slices(self: Array, dim: int, index: Array, name: str) -> tuple[Array, Array, int]:
    """A view with ``dim`` in front, the index as a vector, and ``dim`` from the front."""
    if index.ndim > 1:
        raise IndexError(f"{name} takes an index of at most one dimension")
    if index.dtype.kind != "i":
        raise RuntimeError(f"{name} takes an index of int32 or int64, not {index.dtype}")
    dim = wrap_dim(dim, self.ndim)
    target = self if self.ndim else self.reshape(1)
    return np.moveaxis(target, dim, 0), index.reshape(-1), dim


def _sources(target: Array, index: Array, source: Array, dim: int, name: str) -> Array:
    moved = np.moveaxis(source if source.ndim else source.reshape(1), dim, 0)
    if moved.shape != (index.size, *target.shape[1:]):
        raise RuntimeError(
            f"{name}: a source of shape {list(source.shape)} does not fit {index.size} slices of"
            f" dimension {dim}"
        )
    return moved


@writing(
    "aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1)"
    " -> Tensor",
    samples=lambda: [
        Sample(tensor(3, 4), 0, array([0, 2, 0]), tensor(3, 4, seed=1)),
        Sample(tensor(3, 4), -1, array([1]), tensor(3, 1, seed=1), alpha=0.5),
        Sample(tensor(), 0, array([0]), tensor(seed=1)),
    ],
    rejects=lambda: [
        Rejected(tensor(3), 0, array([3]), tensor(1)),
        Rejected(tensor(3), 0, array([-1]), tensor(1)),
        Rejected(tensor(3, 2), 0, array([0]), tensor(1, 3)),
        Rejected(tensor(3), 0, array([0]), tensor(1, dtype=dtypes.float64)),
    ],
)
def index_add_(self: Array, dim: int, index: Array, source: Array, alpha: Scalar = 1) -> Array:
    """Add ``alpha * source`` to the slices of a dimension that a vector of integers names."""
    _one_dtype(self, source, "index_add")
    target, places, dim = _slices(self, dim, index, "index_add")
    added = _sources(target, places, source, dim, "index_add")
    check_range(places, target.shape[0], dim)
    np.add.at(target, places, added if alpha == 1 else (added * alpha).astype(self.dtype))
    return self


@writing(
    "aten::index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor",
    samples=lambda: [
        Sample(tensor(3, 4), 0, array([2, 0]), tensor(2, 4, seed=1)),
        Sample(tensor(3, 4), -1, array([1]), tensor(3, 1, seed=1)),
    ],
    rejects=lambda: [
        Rejected(tensor(3), 0, array([3]), tensor(1)),
        Rejected(tensor(3), 0, array([0]), tensor(1, dtype=dtypes.float64)),
    ],
)
def index_copy_(self: Array, dim: int, index: Array, source: Array) -> Array:
    """Write slices to the places of a dimension that a vector of integers names."""
    _one_dtype(self, source, "index_copy")
    target, places, dim = _slices(self, dim, index, "index_copy")
    written = _sources(target, places, source, dim, "index_copy")
    check_range(places, target.shape[0], dim)
    target[places] = written
    return self


@writing(
    "aten::index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
    samples=lambda: [
        Sample(tensor(3, 4), 0, array([-1, 0]), 2.5),
        Sample(tensor(3, 4), 1, array([1]), 2),
    ],
    rejects=lambda: [Rejected(tensor(3), 0, array([3]), 1.0)],
)
@writing(
    "aten::index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor",
    samples=lambda: [Sample(tensor(3, 4), 0, array([-1, 0]), array(2.5))],
    rejects=lambda: [Rejected(tensor(3), 0, array([0]), tensor(1))],
)
def index_fill_(self: Array, dim: int, index: Array, value: Operand) -> Array:
    """Write one value to the slices of a dimension that a vector of integers names."""
    if isinstance(value, np.ndarray) and value.ndim:
        raise RuntimeError("index_fill writes one value: a number or a 0-dim tensor")
    target, places, dim = _slices(self, dim, index, "index_fill")
    if places.size and not -len(target) <= places.min() <= places.max() < len(target):
        raise IndexError(f"an index is out of range for dimension {dim} with size {len(target)}")
    target[places] = value
    return self


# Scatter.

_REDUCTIONS: dict[str, np.ufunc] = {
    "add": np.add,
    "multiply": np.multiply,
    "sum": np.add,
    "mean": np.add,
    "prod": np.multiply,
    "amax": np.maximum,
    "amin": np.minimum,
}


def _places(
    self: Array, dim: int, index: Array, src: Array | None
) -> tuple[Array, tuple[Any, ...], Array | None]:
    """The target, the key of the written places, and what is written there."""
    dim = wrap_dim(dim, self.ndim)
    check_gather(meta_of(self), dim, meta_of(index), "scatter")
    target = self if self.ndim else self.reshape(1)
    index = index if index.ndim else index.reshape(1)
    check_range(index, target.shape[dim], dim, RuntimeError)
    if src is not None:
        _one_dtype(self, src, "scatter")
        src = src if src.ndim else src.reshape(1)
        if src.ndim != index.ndim or any(
            m < n for m, n in zip(src.shape, index.shape, strict=True)
        ):
            raise RuntimeError(
                f"a source of shape {list(src.shape)} is too small for an index of shape"
                f" {list(index.shape)}"
            )
        src = src[tuple(slice(n) for n in index.shape)]
    return target, along(target.shape, index, dim), src


_ROWS = [[0, 1], [2, 0]]


@writing(
    "aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor",
    out="src_out",
    samples=lambda: [
        Sample(tensor(3, 4), 0, array(_ROWS), tensor(2, 2, seed=1)),
        Sample(tensor(3, 4), 1, array(_ROWS), tensor(3, 4, seed=1)),
        Sample(tensor(3), 0, array([0, 0]), array([1.0, 2.0, 3.0])),
        Sample(tensor(), 0, array(0), tensor(seed=1)),
        Sample(tensor(3), 0, array([], dtypes.int64), tensor(1)),
    ],
    rejects=lambda: [
        Rejected(tensor(3), 0, array([3]), tensor(1)),
        Rejected(tensor(3), 0, array([0, 1]), tensor(1)),
        Rejected(tensor(3), 0, array([0]), tensor(1, dtype=dtypes.float64)),
    ],
)
def scatter_src_(self: Array, dim: int, index: Array, src: Array) -> Array:
    """Write elements along a dimension, one index for each: the reverse of ``gather``.

    ``self[i][index[i][j]] = src[i][j]`` for ``dim=1``; of several writes to one place the last
    one stays. RuntimeError out of range and where the sizes or dtypes do not fit.
    """
    if index.size:
        target, key, written = _places(self, dim, index, src)
        target[key] = written
    return self


@writing(
    "aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
    out="value_out",
    samples=lambda: [
        Sample(tensor(3, 4), 0, array(_ROWS), 1.5),
        Sample(tensor(3, dtype=dtypes.int64), 0, array([1]), 2.5),
    ],
    rejects=lambda: [Rejected(tensor(3), 0, array([-1]), 1.0)],
)
def scatter_value_(self: Array, dim: int, index: Array, value: Scalar) -> Array:
    """Write one number along a dimension, at each index."""
    if index.size:
        target, key, _ = _places(self, dim, index, None)
        target[key] = value
    return self


def _reducer(name: str, *known: str) -> np.ufunc:
    if name not in known:
        raise RuntimeError(f"reduce is one of {', '.join(known)}, not {name!r}")
    return _REDUCTIONS[name]


@writing(
    "aten::scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor",
    samples=lambda: [
        Sample(tensor(3, 4), 0, array(_ROWS), tensor(2, 2, seed=1), reduce=r)
        for r in ("add", "multiply")
    ],
    rejects=lambda: [Rejected(tensor(3), 0, array([0]), tensor(1), reduce="max")],
)
def scatter_reduce_src_(self: Array, dim: int, index: Array, src: Array, reduce: str) -> Array:
    """Add or multiply elements along a dimension, one index for each."""
    ufunc = _reducer(reduce, "add", "multiply")
    if index.size:
        target, key, written = _places(self, dim, index, src)
        assert written is not None
        ufunc.at(target, key, written)
    return self


@writing(
    "aten::scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce)"
    " -> Tensor",
    samples=lambda: [
        Sample(tensor(3, 4), 0, array(_ROWS), 1.5, reduce=r) for r in ("add", "multiply")
    ],
)
def scatter_reduce_value_(self: Array, dim: int, index: Array, value: Scalar, reduce: str) -> Array:
    """Add one number, or multiply by it, along a dimension, at each index."""
    ufunc = _reducer(reduce, "add", "multiply")
    if index.size:
        target, key, _ = _places(self, dim, index, None)
        ufunc.at(target, key, np.asarray(value).astype(self.dtype))
    return self


@writing(
    "aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor",
    samples=lambda: [
        Sample(tensor(3, 4), 0, array(_ROWS), tensor(2, 2, seed=1)),
        Sample(tensor(3), 0, array([0, 0, 0]), tensor(3, seed=1)),
        Sample(tensor(3, dtype=dtypes.int64), 0, array([0, 0]), array([1, 2])),
    ],
    rejects=lambda: [Rejected(tensor(3), 0, array([3]), tensor(1))],
)
def scatter_add_(self: Array, dim: int, index: Array, src: Array) -> Array:
    """Add elements along a dimension, one index for each; repeated places several times."""
    if index.size:
        target, key, written = _places(self, dim, index, src)
        assert written is not None
        np.add.at(target, key, written)
    return self


def _bounds(dtype: np.dtype) -> tuple[Any, Any]:
    """What every number of a dtype is at least and at most."""
    if dtype.kind == "b":
        return False, True
    if dtype.kind in "iu":
        return np.iinfo(dtype).min, np.iinfo(dtype).max
    return -np.inf, np.inf


def _reduced(target: Array, key: Any, source: Array, reduce: str, include_self: bool) -> None:
    """Reduce ``source`` into the places of ``target`` that ``key`` names, means included."""
    ufunc = _reducer(reduce, "sum", "prod", "mean", "amax", "amin")
    if not include_self:
        neutral: Any = {"sum": 0, "mean": 0, "prod": 1}.get(reduce)
        if neutral is None:
            low, high = _bounds(target.dtype)
            neutral = low if reduce == "amax" else high
        target[key] = neutral
    ufunc.at(target, key, source)
    if reduce == "mean":
        counts = np.full(target.shape, int(include_self), np.int64)
        np.add.at(counts, key, 1)
        np.maximum(counts, 1, out=counts)
        if target.dtype.kind in "iu":
            target[...] = np.floor_divide(target, counts)
        else:
            target[...] = target / counts.astype(np.float64)


@writing(
    "aten::scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *,"
    " bool include_self=True) -> Tensor",
    samples=lambda: [
        Sample(tensor(4), 0, array([0, 0, 2]), tensor(3, seed=1), reduce, include_self=own)
        for reduce in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
    ],
    rejects=lambda: [Rejected(tensor(3), 0, array([0]), tensor(1), "add")],
)
def scatter_reduce_(
    self: Array, dim: int, index: Array, src: Array, reduce: str, include_self: bool = True
) -> Array:
    """Reduce elements along a dimension into places: sum, prod, mean, amax or amin.

    Without ``include_self`` what was there before does not count.
    """
    _reducer(reduce, "sum", "prod", "mean", "amax", "amin")
    if index.size:
        target, key, written = _places(self, dim, index, src)
        assert written is not None
        _reduced(target, key, written, reduce, include_self)
    return self


@writing(
    "aten::index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *,"
    " bool include_self=True) -> Tensor",
    samples=lambda: [
        Sample(tensor(4, 2), 0, array([0, 0, 2]), tensor(3, 2, seed=1), reduce, include_self=own)
        for reduce in ("prod", "mean", "amax", "amin")
        for own in (True, False)
    ],
    rejects=lambda: [Rejected(tensor(3), 0, array([0]), tensor(1), "sum")],
)
def index_reduce_(
    self: Array, dim: int, index: Array, source: Array, reduce: str, include_self: bool = True
) -> Array:
    """Reduce slices into those that a vector of integers names: prod, mean, amax or amin."""
    _reducer(reduce, "prod", "mean", "amax", "amin")
    _one_dtype(self, source, "index_reduce")
    target, places, dim = _slices(self, dim, index, "index_reduce")
    reduced = _sources(target, places, source, dim, "index_reduce")
    check_range(places, target.shape[0], dim)
    _reduced(target, places, reduced, reduce, include_self)
    return self


# Masks, diagonals, slices.


def _masked_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4), tensor(3, 4, dtype=dtypes.bool_), tensor(12, seed=1)),
        Sample(tensor(3, 4), tensor(4, dtype=dtypes.bool_), tensor(3, 4, seed=1)),
    ]


def _masked_rejects() -> list[Rejected]:
    return [
        Rejected(tensor(3), array([True, False, True]), tensor(1)),
        Rejected(tensor(3), tensor(3), tensor(3)),
    ]


@operator(
    "aten::masked_scatter_(Tensor(a!) self, Tensor mask, Tensor source) -> Tensor(a!)",
    meta=like("self"),
    samples=_masked_samples,
    rejects=_masked_rejects,
)
def masked_scatter_(self: Array, mask: Array, source: Array) -> Array:
    """Write the elements of ``source``, in order, where the mask (bool; broadcasts) holds."""
    _one_dtype(self, source, "masked_scatter")
    if mask.dtype.kind != "b":
        raise RuntimeError(f"a mask has dtype bool, not {mask.dtype}")
    if broadcast_shapes(self.shape, mask.shape) != self.shape:
        raise RuntimeError(f"a mask of shape {list(mask.shape)} does not fit {list(self.shape)}")
    places = np.broadcast_to(mask, self.shape)
    count = int(np.count_nonzero(places))
    if source.size < count:
        raise RuntimeError(f"the source has {source.size} elements for {count} places")
    self[places] = source.reshape(-1)[:count]
    return self


@operator(
    "aten::masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor",
    meta=lambda self, mask, source: TensorMeta(
        self.dtype, broadcast_shapes(self.shape, mask.shape)
    ),
    out=True,
    samples=lambda: [
        *_masked_samples(),
        Sample(tensor(4), tensor(3, 4, dtype=dtypes.bool_), tensor(12, seed=1)),
    ],
    rejects=_masked_rejects,
)
def masked_scatter(self: Array, mask: Array, source: Array) -> Array:
    """A copy, broadcast with the mask, with the elements of ``source`` where it holds."""
    shape = broadcast_shapes(self.shape, mask.shape)
    return masked_scatter_(np.broadcast_to(self, shape).copy(), mask, source)


@operator(
    "aten::fill_diagonal_(Tensor(a!) self, Scalar fill_value, bool wrap=False) -> Tensor(a!)",
    meta=like("self"),
    samples=lambda: [
        Sample(tensor(3, 4), 1.5),
        Sample(tensor(7, 3), 1.5, True),
        Sample(tensor(7, 3), 2),
        Sample(tensor(3, 3, 3), 1),
    ],
    rejects=lambda: [Rejected(tensor(3), 1.0), Rejected(tensor(3, 3, 2), 1.0)],
)
def fill_diagonal_(self: Array, fill_value: Scalar, wrap: bool = False) -> Array:
    """Write a number to the main diagonal; ``wrap`` starts it again below in tall matrices."""
    if self.ndim < 2:
        raise RuntimeError("a diagonal needs at least 2 dimensions")
    if self.ndim > 2 and len(set(self.shape)) != 1:
        raise RuntimeError("the diagonal of more than 2 dimensions needs equal sizes")
    np.fill_diagonal(self, fill_value, wrap)
    return self


def _into_view(self: Array, part: Array, src: Array, name: str) -> Array:
    if part.shape != src.shape:
        raise RuntimeError(
            f"{name}: a source of shape {list(src.shape)} for a part of shape {list(part.shape)}"
        )
    np.copyto(part, src, casting="unsafe")
    return self


@writing(
    "aten::select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor",
    samples=lambda: [Sample(tensor(3, 4), tensor(4, seed=1), 0, -1)],
    rejects=lambda: [Rejected(tensor(3, 4), tensor(3), 0, 0)],
    inplace=False,
)
def select_scatter(self: Array, src: Array, dim: int, index: int) -> Array:
    """A copy with ``src`` in the place of ``select(dim, index)``."""
    return _into_view(self, select(self, dim, index), src, "select_scatter")


@writing(
    "aten::slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None,"
    " SymInt step=1) -> Tensor",
    samples=lambda: [Sample(tensor(5, 4), tensor(2, 4, seed=1), 0, 1, 5, 2)],
    rejects=lambda: [Rejected(tensor(3, 4), tensor(3), 0, 0)],
    inplace=False,
)
def slice_scatter(
    self: Array,
    src: Array,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Array:
    """A copy with ``src`` in the place of ``slice(dim, start, end, step)``."""
    return _into_view(self, slice_tensor(self, dim, start, end, step), src, "slice_scatter")


@writing(
    "aten::diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1)"
    " -> Tensor",
    samples=lambda: [Sample(tensor(3, 4), tensor(3, seed=1)), Sample(tensor(3, 4), tensor(2), -1)],
    inplace=False,
)
def diagonal_scatter(
    self: Array, src: Array, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Array:
    """A copy with ``src`` in the place of ``diagonal(offset, dim1, dim2)``."""
    return _into_view(self, diagonal(self, offset, dim1, dim2), src, "diagonal_scatter")
