"""Joining, repeating and rearranging elements, by copy: cat, stack, repeat, roll, flip ..."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array
from ops_registry.builtin.views import broadcast_view, view_operator
from ops_registry.dtypes import Dtype
from ops_registry.meta import (
    Promoting,
    Shape,
    TensorMeta,
    broadcast_shapes,
    like,
    result_dtype,
    wrap_dim,
    wrap_dims,
)
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])


class Joined(Promoting):
    """Tensors of a list, cast to one dtype; ``shape`` says what becomes of their shapes."""

    operands = ("tensors",)

    def __init__(self, shape: Callable[..., Shape]) -> None:
        self.shape = shape

    def compute_dtype(self, arguments: Sequence[Any]) -> Dtype:
        if not arguments:
            raise RuntimeError("a list with at least one tensor is needed")
        return result_dtype(*arguments)

    def __call__(self, tensors: list[TensorMeta], *rest: Any) -> TensorMeta:
        dtype = self.compute_dtype(tensors)
        return TensorMeta(dtype, self.shape([t.shape for t in tensors], *rest))


def _old_empty(shape: Shape) -> bool:
    """Whether ``cat`` skips it: a tensor of shape [0] joins with everything, for old times' sake."""
    return shape == (0,)


def _cat_shape(shapes: Sequence[Shape], dim: int) -> Shape:
    kept = [shape for shape in shapes if not _old_empty(shape)]
    if not kept:
        wrap_dim(dim, 1)
        return (0,)
    first = kept[0]
    if any(not shape for shape in shapes):
        raise RuntimeError("0-dim tensors cannot be concatenated: stack makes a dimension for them")
    dim = wrap_dim(dim, len(first))
    total = 0
    for shape in kept:
        if len(shape) != len(first):
            raise RuntimeError(
                f"tensors of {len(first)} and of {len(shape)} dimensions cannot be concatenated"
            )
        for d, (a, b) in enumerate(zip(first, shape, strict=True)):
            if d != dim and a != b:
                raise RuntimeError(
                    f"shapes {list(first)} and {list(shape)} differ in dimension {d}, which is not"
                    f" the one they are concatenated along ({dim})"
                )
        total += shape[dim]
    return (*first[:dim], total, *first[dim + 1 :])


def _cat_samples() -> list[Sample]:
    return [
        Sample([tensor(2, 3), tensor(4, 3, seed=1)]),
        Sample([tensor(2, 3), tensor(2, 1)], 1),
        Sample([tensor(2, 3), tensor(2, 3)], -1),
        Sample([tensor(2, 3), tensor(0), tensor(1, 3)], 0),
        Sample([tensor(2), tensor(3, dtype=dtypes.int64)]),
        Sample([tensor(2, dtype=dtypes.float16), tensor(3, dtype=dtypes.bfloat16)]),
        Sample([tensor(2, 0), tensor(2, 3)], 1),
        Sample([tensor(0), tensor(0)]),
    ]


def _cat_rejects() -> list[Rejected]:
    return [
        Rejected([tensor(2, 3), tensor(2, 4)]),
        Rejected([tensor(2, 3), tensor(3)]),
        Rejected([tensor(), tensor()]),
        Rejected([]),
        Rejected([tensor(2), tensor(2)], 1),
    ]


@operator(
    "aten::cat(Tensor[] tensors, int dim=0) -> Tensor",
    meta=Joined(_cat_shape),
    out=True,
    samples=_cat_samples,
    rejects=_cat_rejects,
)
@operator(
    "aten::concat(Tensor[] tensors, int dim=0) -> Tensor",
    meta=Joined(_cat_shape),
    out=True,
    samples=_cat_samples,
)
@operator(
    "aten::concatenate(Tensor[] tensors, int dim=0) -> Tensor",
    meta=Joined(_cat_shape),
    out=True,
    samples=_cat_samples,
)
def cat(tensors: list[Array], dim: int = 0) -> Array:
    """Tensors one after the other along a dimension.

    Shapes are equal but for ``dim``; a tensor of shape [0] is skipped. The dtype is the common
    one. RuntimeError for an empty list, 0-dim tensors and shapes that differ elsewhere.
    """
    kept = [t for t in tensors if t.shape != (0,)]
    if not kept:
        return tensors[0].copy()
    return np.concatenate(kept, dim)


def _stack_shape(shapes: Sequence[Shape], dim: int) -> Shape:
    first = shapes[0]
    for shape in shapes:
        if shape != first:
            raise RuntimeError(f"stack needs equal shapes, not {list(first)} and {list(shape)}")
    dim = wrap_dim(dim, len(first) + 1)
    return (*first[:dim], len(shapes), *first[dim:])


@operator(
    "aten::stack(Tensor[] tensors, int dim=0) -> Tensor",
    meta=Joined(_stack_shape),
    out=True,
    samples=lambda: [
        Sample([tensor(2, 3), tensor(2, 3, seed=1)]),
        Sample([tensor(2, 3), tensor(2, 3, seed=1)], -1),
        Sample([tensor(), tensor(dtype=dtypes.float64)]),
        Sample([tensor(0), tensor(0)], 1),
    ],
    rejects=lambda: [
        Rejected([tensor(2), tensor(3)]),
        Rejected([]),
        Rejected([tensor(2)], 2),
    ],
)
def stack(tensors: list[Array], dim: int = 0) -> Array:
    """Tensors of one shape along a new dimension; RuntimeError when shapes differ."""
    return np.stack(tensors, wrap_dim(dim, tensors[0].ndim + 1))


def _at_least(shape: Shape, ndim: int) -> Shape:
    if len(shape) >= ndim:
        return shape
    if ndim == 1:
        return (1,)
    if ndim == 2:
        return (1, *shape) if shape else (1, 1)
    return {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}[len(shape)]


def _hstack_shape(shapes: Sequence[Shape]) -> Shape:
    shapes = [_at_least(s, 1) for s in shapes]
    return _cat_shape(shapes, 0 if len(shapes[0]) == 1 else 1)


def _vstack_shape(shapes: Sequence[Shape]) -> Shape:
    return _cat_shape([_at_least(s, 2) for s in shapes], 0)


def _dstack_shape(shapes: Sequence[Shape]) -> Shape:
    return _cat_shape([_at_least(s, 3) for s in shapes], 2)


def _columns(shape: Shape) -> Shape:
    count = shape[0] if shape else 1
    return shape if len(shape) > 1 else (count, 1)


def _column_stack_shape(shapes: Sequence[Shape]) -> Shape:
    return _cat_shape([_columns(s) for s in shapes], 1)


def _stacking(name: str, shape: Callable[..., Shape]) -> Callable[[F], F]:
    return operator(
        f"aten::{name}(Tensor[] tensors) -> Tensor",
        meta=Joined(shape),
        out=True,
        samples=lambda: [
            Sample([tensor(3), tensor(3, seed=1)]),
            Sample([tensor(2, 3), tensor(2, 3, seed=1)]),
            Sample([tensor(), tensor(seed=1)]),
            Sample([tensor(2, 3, 2), tensor(2, 3, 2, seed=1)]),
        ],
        rejects=lambda: [Rejected([]), Rejected([tensor(2, 3), tensor(3, 4)])],
    )


@_stacking("hstack", _hstack_shape)
def hstack(tensors: list[Array]) -> Array:
    """Tensors side by side: along dimension 1 (0 of vectors)."""
    parts = [t.reshape(_at_least(t.shape, 1)) for t in tensors]
    return np.concatenate(parts, 0 if parts[0].ndim == 1 else 1)


@_stacking("vstack", _vstack_shape)
@_stacking("row_stack", _vstack_shape)
def vstack(tensors: list[Array]) -> Array:
    """Tensors above each other: along dimension 0, vectors as rows."""
    return np.concatenate([t.reshape(_at_least(t.shape, 2)) for t in tensors], 0)


@_stacking("dstack", _dstack_shape)
def dstack(tensors: list[Array]) -> Array:
    """Tensors behind each other: along dimension 2."""
    return np.concatenate([t.reshape(_at_least(t.shape, 3)) for t in tensors], 2)


@_stacking("column_stack", _column_stack_shape)
def column_stack(tensors: list[Array]) -> Array:
    """Vectors as the columns of a matrix; tensors of more dimensions as by hstack."""
    return np.concatenate([t.reshape(_columns(t.shape)) for t in tensors], 1)


# Repeating.


def _repeated_shape(shape: Shape, repeats: Sequence[int]) -> Shape:
    if len(repeats) < len(shape):
        raise RuntimeError(
            f"{len(repeats)} repeats are too few for a tensor of {len(shape)} dimensions"
        )
    if any(r < 0 for r in repeats):
        raise RuntimeError(f"repeats cannot be negative: {list(repeats)}")
    padded = (1,) * (len(repeats) - len(shape)) + shape
    return tuple(n * r for n, r in zip(padded, repeats, strict=True))


@operator(
    "aten::repeat(Tensor self, SymInt[] repeats) -> Tensor",
    meta=lambda self, repeats: TensorMeta(self.dtype, _repeated_shape(self.shape, repeats)),
    out=True,
    samples=lambda: [
        Sample(tensor(2, 3), [2, 2]),
        Sample(tensor(3), [2, 1, 2]),
        Sample(tensor(), [3]),
        Sample(tensor(), []),
        Sample(tensor(3), [0]),
    ],
    rejects=lambda: [Rejected(tensor(2, 3), [2]), Rejected(tensor(2), [-1])],
)
def repeat(self: Array, repeats: Sequence[int]) -> Array:
    """The whole tensor repeated along each dimension; new ones come in front."""
    _repeated_shape(self.shape, repeats)
    return np.tile(self, tuple(repeats)) if len(repeats) else self.copy()


def _tiled(shape: Shape, dims: Sequence[int]) -> Sequence[int]:
    return [*[1] * (len(shape) - len(dims)), *dims]


@operator(
    "aten::tile(Tensor self, SymInt[] dims) -> Tensor",
    meta=lambda self, dims: TensorMeta(
        self.dtype, _repeated_shape(self.shape, _tiled(self.shape, dims))
    ),
    samples=lambda: [Sample(tensor(2, 3), [2]), Sample(tensor(3), [2, 2])],
)
def tile(self: Array, dims: Sequence[int]) -> Array:
    """``repeat``; the last dimensions, where fewer repeats are given."""
    return repeat(self, _tiled(self.shape, dims))


@operator(
    "aten::repeat_interleave.Tensor(Tensor repeats, *, SymInt? output_size=None) -> Tensor",
    meta=lambda repeats, output_size: TensorMeta(repeats.dtype, (-1,)),
    samples=lambda: [Sample(array([1, 0, 2])), Sample(array([2, 2]), output_size=4)],
    rejects=lambda: [Rejected(array([1, -1]))],
)
def repeat_interleave_counts(repeats: Array, output_size: int | None = None) -> Array:
    """Each index as often as its count says: [1, 0, 2] gives [0, 2, 2]."""
    if repeats.size and repeats.min() < 0:
        raise RuntimeError("repeats cannot be negative")
    return np.repeat(np.arange(repeats.size, dtype=repeats.dtype), repeats)


def _interleaved_meta(
    self: TensorMeta, repeats: Any, dim: int | None, output_size: int | None
) -> TensorMeta:
    shape = (self.size,) if dim is None else self.shape or (1,)
    dim = wrap_dim(dim or 0, len(shape))
    if isinstance(repeats, int):
        count = shape[dim] * repeats
    else:
        count = -1 if output_size is None else output_size
    return TensorMeta(self.dtype, (*shape[:dim], count, *shape[dim + 1 :]))


@operator(
    "aten::repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *,"
    " SymInt? output_size=None) -> Tensor",
    meta=_interleaved_meta,
    samples=lambda: [
        Sample(tensor(2, 3), array([1, 2]), 0),
        Sample(tensor(2, 3), array([2])),
        Sample(tensor(2, 3), array([0, 1, 2]), -1, output_size=3),
    ],
    rejects=lambda: [Rejected(tensor(3), array([1, 2])), Rejected(tensor(2), array([1, -1]))],
)
@operator(
    "aten::repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *,"
    " SymInt? output_size=None) -> Tensor",
    meta=_interleaved_meta,
    samples=lambda: [Sample(tensor(2, 3), 2), Sample(tensor(2, 3), 2, 1), Sample(tensor(), 3)],
    rejects=lambda: [Rejected(tensor(3), -1)],
)
def repeat_interleave(
    self: Array, repeats: Any, dim: int | None = None, output_size: int | None = None
) -> Array:
    """Each element (or slice across ``dim``) repeated where it stands.

    ``repeats`` is one count or a tensor of counts; without ``dim`` the tensor is flattened.
    """
    source = self.reshape(-1) if dim is None or not self.ndim else self
    axis = 0 if dim is None else wrap_dim(dim, source.ndim)
    if np.any(np.less(repeats, 0)):
        raise RuntimeError("repeats cannot be negative")
    if isinstance(repeats, np.ndarray) and repeats.size not in (1, source.shape[axis]):
        raise RuntimeError(
            f"{repeats.size} repeats do not fit a dimension of size {source.shape[axis]}"
        )
    if isinstance(repeats, np.ndarray) and repeats.size == 1:
        repeats = int(repeats.reshape(-1)[0])
    return np.repeat(source, repeats, axis)


# Rearranging.


@operator(
    "aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor",
    meta=like("self"),
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), [1]),
        Sample(tensor(3, 4), [1, -2], [0, 1]),
        Sample(tensor(3, 4), [5], [-1]),
        Sample(tensor(), [2]),
        Sample(tensor(0), [2], [0]),
    ],
    rejects=lambda: [
        Rejected(tensor(3, 4), [1, 2]),
        Rejected(tensor(3), [1], [0, 0]),
        Rejected(tensor(), [0], [0]),
    ],
)
def roll(self: Array, shifts: Sequence[int], dims: Sequence[int] = ()) -> Array:
    """Elements shifted along dimensions, those that leave coming back at the other end.

    Without ``dims``, of the flattened tensor.
    """
    if not dims:
        if len(shifts) != 1:
            raise RuntimeError("roll takes one shift where no dimensions are given")
        return np.roll(self, shifts[0])
    if len(dims) != len(shifts):
        raise RuntimeError("roll needs as many shifts as dimensions")
    wrapped = tuple(wrap_dim(d, self.ndim, scalar=False) for d in dims)
    return np.roll(self, tuple(shifts), wrapped)


@operator(
    "aten::flip(Tensor self, int[] dims) -> Tensor",
    meta=like("self"),
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), [0]),
        Sample(tensor(3, 4), [0, -1]),
        Sample(tensor(3), []),
        Sample(tensor(), [0]),
    ],
    rejects=lambda: [Rejected(tensor(3), [0, 0]), Rejected(tensor(3), [1])],
)
def flip(self: Array, dims: Sequence[int]) -> Array:
    """The order of elements reversed along dimensions, as a copy."""
    wrapped = wrap_dims(dims, self.ndim)
    return np.flip(self, wrapped).copy() if self.ndim else self.copy()


@operator("aten::fliplr(Tensor self) -> Tensor", meta=like("self"),
          samples=lambda: [Sample(tensor(2, 3))], rejects=lambda: [Rejected(tensor(3))])  # fmt: skip
def fliplr(self: Array) -> Array:
    """Columns in reverse order, as a copy."""
    if self.ndim < 2:
        raise RuntimeError("fliplr needs at least 2 dimensions")
    return flip(self, [1])


@operator("aten::flipud(Tensor self) -> Tensor", meta=like("self"),
          samples=lambda: [Sample(tensor(2, 3))], rejects=lambda: [Rejected(tensor())])  # fmt: skip
def flipud(self: Array) -> Array:
    """Rows in reverse order, as a copy."""
    if self.ndim < 1:
        raise RuntimeError("flipud needs at least 1 dimension")
    return flip(self, [0])


def _rotated(self: TensorMeta, k: int, dims: Sequence[int]) -> TensorMeta:
    a, b = _rotation_plane(self.ndim, dims)
    shape = list(self.shape)
    if k % 2:
        shape[a], shape[b] = shape[b], shape[a]
    return TensorMeta(self.dtype, tuple(shape))


def _rotation_plane(ndim: int, dims: Sequence[int]) -> tuple[int, int]:
    if len(dims) != 2 or ndim < 2:
        raise RuntimeError("rot90 turns two different dimensions of a tensor")
    a, b = wrap_dims(dims, ndim)
    return a, b


@operator(
    "aten::rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor",
    meta=_rotated,
    out=True,
    samples=lambda: (
        [Sample(tensor(2, 3), k) for k in range(-1, 4)] + [Sample(tensor(2, 3, 4), 1, [0, 2])]
    ),
    rejects=lambda: [Rejected(tensor(3)), Rejected(tensor(2, 2), 1, [0, 0])],
)
def rot90(self: Array, k: int = 1, dims: Sequence[int] = (0, 1)) -> Array:
    """A plane turned by 90 degrees ``k`` times, from the first dimension towards the second."""
    return np.rot90(self, k, _rotation_plane(self.ndim, dims)).copy()


# Several tensors at once.


@operator(
    "aten::broadcast_tensors(Tensor[] tensors) -> Tensor[]",
    meta=lambda tensors: [
        TensorMeta(t.dtype, broadcast_shapes(*(u.shape for u in tensors))) for t in tensors
    ],
    samples=lambda: [Sample([tensor(3, 1), tensor(4)]), Sample([tensor(), tensor(2)])],
    rejects=lambda: [Rejected([tensor(3), tensor(4)])],
)
def broadcast_tensors(tensors: list[Array]) -> list[Array]:
    """Views of all tensors in their common shape."""
    shape = broadcast_shapes(*(t.shape for t in tensors))
    return [broadcast_view(t, shape) for t in tensors]


def _grid_meta(tensors: list[TensorMeta], indexing: str = "ij") -> list[TensorMeta]:
    shape = _grid_shape([t.shape for t in tensors], indexing)
    return [TensorMeta(t.dtype, shape) for t in tensors]


def _grid_shape(shapes: Sequence[Shape], indexing: str) -> Shape:
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f"indexing is 'ij' or 'xy', not {indexing!r}")
    if not shapes:
        raise RuntimeError("meshgrid needs at least one tensor")
    if any(len(shape) > 1 for shape in shapes):
        raise RuntimeError("meshgrid takes tensors of at most one dimension")
    sizes = [shape[0] if shape else 1 for shape in shapes]
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return tuple(sizes)


@operator(
    "aten::meshgrid(Tensor[] tensors) -> Tensor[]",
    meta=_grid_meta,
    samples=lambda: [Sample([tensor(2), tensor(3)]), Sample([tensor(), tensor(3)])],
    rejects=lambda: [Rejected([]), Rejected([tensor(2, 2)])],
)
@operator(
    "aten::meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]",
    meta=_grid_meta,
    samples=lambda: [
        Sample([tensor(2), tensor(3), tensor(4)], indexing="xy"),
        Sample([tensor(2), tensor(3)], indexing="ij"),
    ],
    rejects=lambda: [Rejected([tensor(2)], indexing="no")],
)
def meshgrid(tensors: list[Array], indexing: str = "ij") -> list[Array]:
    """The coordinates of the grid that vectors span, as views; ``xy`` exchanges the first two."""
    shape = _grid_shape([t.shape for t in tensors], indexing)
    grids = []
    for position, t in enumerate(tensors):
        axis = position
        if indexing == "xy" and len(tensors) > 1 and position < 2:
            axis = 1 - position
        extents = [1] * len(shape)
        extents[axis] = -1
        grids.append(broadcast_view(t.reshape(extents), shape))
    return grids


@view_operator("aten::atleast_1d(Tensor self) -> Tensor",
               samples=lambda: [Sample(tensor()), Sample(tensor(2))])  # fmt: skip
def atleast_1d(self: Array) -> Array:
    """A 0-dim tensor with one dimension; others themselves."""
    return self.reshape(_at_least(self.shape, 1)) if self.ndim < 1 else self


@operator(
    "aten::atleast_1d.Sequence(Tensor[] tensors) -> Tensor[]",
    meta=lambda tensors: [TensorMeta(t.dtype, _at_least(t.shape, 1)) for t in tensors],
    samples=lambda: [Sample([tensor(), tensor(2, 2, 2, 2)])],
)
def atleast_1d_each(tensors: Sequence[Array]) -> list[Array]:
    """``atleast_1d`` of each tensor."""
    return [atleast_1d(t) for t in tensors]


@view_operator("aten::atleast_2d(Tensor self) -> Tensor",
               samples=lambda: [Sample(tensor()), Sample(tensor(2)), Sample(tensor(2, 3))])  # fmt: skip
def atleast_2d(self: Array) -> Array:
    """Fewer than two dimensions made two; others themselves."""
    return self.reshape(_at_least(self.shape, 2)) if self.ndim < 2 else self


@operator(
    "aten::atleast_2d.Sequence(Tensor[] tensors) -> Tensor[]",
    meta=lambda tensors: [TensorMeta(t.dtype, _at_least(t.shape, 2)) for t in tensors],
    samples=lambda: [Sample([tensor(), tensor(2, 2, 2, 2)])],
)
def atleast_2d_each(tensors: Sequence[Array]) -> list[Array]:
    """``atleast_2d`` of each tensor."""
    return [atleast_2d(t) for t in tensors]


@view_operator("aten::atleast_3d(Tensor self) -> Tensor",
               samples=lambda: [Sample(tensor(*[2] * n)) for n in range(4)])  # fmt: skip
def atleast_3d(self: Array) -> Array:
    """Fewer than three dimensions made three; others themselves."""
    return self.reshape(_at_least(self.shape, 3)) if self.ndim < 3 else self


@operator(
    "aten::atleast_3d.Sequence(Tensor[] tensors) -> Tensor[]",
    meta=lambda tensors: [TensorMeta(t.dtype, _at_least(t.shape, 3)) for t in tensors],
    samples=lambda: [Sample([tensor(), tensor(2, 2, 2, 2)])],
)
def atleast_3d_each(tensors: Sequence[Array]) -> list[Array]:
    """``atleast_3d`` of each tensor."""
    return [atleast_3d(t) for t in tensors]


@operator(
    "aten::block_diag(Tensor[] tensors) -> Tensor",
    meta=Joined(
        lambda shapes: tuple(
            sum(column) for column in zip(*(_at_least(s, 2) for s in shapes), strict=True)
        )
    ),
    out=True,
    samples=lambda: [Sample([tensor(2, 3), tensor(), tensor(2)])],
)
def block_diag(tensors: list[Array]) -> Array:
    """Matrices along the diagonal of one that is zero elsewhere."""
    blocks = [t.reshape(_at_least(t.shape, 2)) for t in tensors]
    rows, columns = (sum(b.shape[d] for b in blocks) for d in (0, 1))
    result = np.zeros((rows, columns), blocks[0].dtype)
    row = column = 0
    for block in blocks:
        result[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return result


@operator(
    "aten::cartesian_prod(Tensor[] tensors) -> Tensor",
    meta=lambda tensors: TensorMeta(
        tensors[0].dtype,
        tensors[0].shape
        if len(tensors) == 1
        else (TensorMeta(dtypes.bool_, tuple(t.shape[0] for t in tensors)).size, len(tensors)),
    ),
    samples=lambda: [Sample([tensor(2), tensor(3)]), Sample([tensor(2)])],
)
def cartesian_prod(tensors: list[Array]) -> Array:
    """All combinations of the elements of vectors, one a row."""
    if len(tensors) == 1:
        return tensors[0]
    return np.stack([g.reshape(-1) for g in meshgrid(tensors)], 1)


@operator(
    "aten::combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor",
    meta=lambda self, r, with_replacement: TensorMeta(self.dtype, (-1, r)),
    samples=lambda: [Sample(tensor(4)), Sample(tensor(3), 2, True), Sample(tensor(2), 3)],
)
def combinations(self: Array, r: int = 2, with_replacement: bool = False) -> Array:
    """All ways to take ``r`` elements of a vector, one a row, in the order of their indices."""
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(choose(range(self.size), r)), np.int64).reshape(-1, r)
    return self[rows]
