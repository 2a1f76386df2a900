"""Views: results that share the memory of their operand, so that writes show through both ways.

Every operator here is a NumPy view, ``expand`` included (stride 0, writable); the ones that copy
when they must (``reshape``, ``contiguous``) say so. Splitting into several views is ``splitting``;
joining and repeating, which copy, is ``joining``; reordered dimensions are ``dimension_order``;
parts are ``slicing``; asking for sizes and strides is ``shape``.

The shape rule of a view is the view itself, taken of a stand-in that has one element in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.lib.stride_tricks import as_strided as numpy_strided

from ops_registry import dtypes
from ops_registry.builtin.operands import Array
from ops_registry.meta import Shape, TensorMeta, meta_of, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor
from ops_registry.storage import storage_of, strides_of

F = TypeVar("F", bound=Callable[..., Any])
ALL = slice(None)


class Shadow:
    """The meta rule of a view: its kernel, run on arrays of stride 0.

    What the kernel returns is then what the rule says, by construction: ``conforms`` tells the
    dispatcher that it need not compute the meta to run the kernel.
    """

    conforms = True

    def __init__(self, kernel: Callable[..., Any]) -> None:
        self.kernel = kernel

    def __call__(self, *args: Any) -> Any:
        return _metas(self.kernel(*(_stand_in(a) for a in args)))


def _stand_in(value: Any) -> Any:
    if isinstance(value, TensorMeta):
        return np.broadcast_to(np.empty((), value.dtype.numpy), value.shape)
    if isinstance(value, list) and value and isinstance(value[0], TensorMeta):
        return [_stand_in(v) for v in value]
    return value


def _metas(result: Any) -> Any:
    if isinstance(result, np.ndarray):
        return meta_of(result)
    return [_metas(r) for r in result]


def view_operator(schema: str, **fields: Any) -> Callable[[F], F]:
    """``@operator`` for a kernel whose result is a view."""

    def declare(function: F) -> F:
        return operator(schema, meta=Shadow(function), **fields)(function)

    return declare


# Sizes.


def inferred_shape(sizes: Sequence[int], count: int) -> Shape:
    """The sizes with the one that is -1 worked out; RuntimeError when they do not fit ``count``.

    >>> inferred_shape([2, -1], 6)
    (2, 3)
    """
    known = 1
    unknown = None
    for position, size in enumerate(sizes):
        if size == -1:
            if unknown is not None:
                raise RuntimeError("only one dimension can be inferred (-1)")
            unknown = position
        elif size < 0:
            raise RuntimeError(f"the size of a dimension cannot be negative: {size}")
        else:
            known *= size
    if unknown is None:
        if known != count:
            raise RuntimeError(f"shape {list(sizes)} is invalid for {count} elements")
        return tuple(sizes)
    if known == 0 or count % known:
        if known == 0 and count == 0:
            raise RuntimeError(
                f"-1 in shape {list(sizes)} can stand for any size: the tensor has no elements"
            )
        raise RuntimeError(f"shape {list(sizes)} is invalid for {count} elements")
    result = list(sizes)
    result[unknown] = count // known
    return tuple(result)


def _viewed_meta(self: TensorMeta, size: Sequence[int]) -> TensorMeta:
    return TensorMeta(self.dtype, inferred_shape(size, self.size))


def _view_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4), [4, 3]),
        Sample(tensor(3, 4), [-1]),
        Sample(tensor(3, 4), [2, -1, 2]),
        Sample(tensor(), [1, 1]),
        Sample(tensor(1), []),
        Sample(tensor(0, 3), [3, 0]),
        Sample(tensor(4, 3, 2).transpose(1, 0, 2), [3, 4, 2, 1]),
    ]


def _view_rejects() -> list[Rejected]:
    return [
        Rejected(tensor(3, 4), [5, -1]),
        Rejected(tensor(3, 4), [-1, -1]),
        Rejected(tensor(3, 4), [-2, 6]),
        Rejected(tensor(0, 3), [0, -1]),
    ]


@operator(
    "aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)",
    meta=_viewed_meta,
    samples=_view_samples,
    rejects=lambda: [*_view_rejects(), Rejected(tensor(4, 3).T, [12])],
)
def view(self: Array, size: Sequence[int]) -> Array:
    """The same elements in another shape, in the same memory.

    One size may be -1: what is left. RuntimeError when the sizes do not fit, or the strides do
    not allow it without a copy (``reshape`` copies then).
    """
    shape = inferred_shape(size, self.size)
    try:
        return self.reshape(shape, copy=False)
    except ValueError:
        raise RuntimeError(
            f"no view of shape {list(shape)}: the strides {list(strides_of(self))} of this tensor"
            f" of shape {list(self.shape)} need a copy, which reshape makes"
        ) from None


@operator(
    "aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)",
    meta=_viewed_meta,
    samples=lambda: [*_view_samples(), Sample(tensor(4, 3).T, [12])],
    rejects=_view_rejects,
)
def reshape(self: Array, shape: Sequence[int]) -> Array:
    """The same elements in another shape: a view where the strides allow it, else a copy.

    One size may be -1: what is left. RuntimeError when the sizes do not fit.
    """
    return self.reshape(inferred_shape(shape, self.size))


@operator(
    "aten::view_as(Tensor(a) self, Tensor other) -> Tensor(a)",
    meta=lambda self, other: _viewed_meta(self, other.shape),
    samples=lambda: [Sample(tensor(3, 4), tensor(2, 6))],
)
def view_as(self: Array, other: Array) -> Array:
    """``view`` in the shape of another tensor."""
    return view(self, other.shape)


@operator(
    "aten::reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)",
    meta=lambda self, other: _viewed_meta(self, other.shape),
    samples=lambda: [Sample(tensor(3, 4), tensor(2, 6)), Sample(tensor(4, 3).T, tensor(2, 6))],
)
def reshape_as(self: Array, other: Array) -> Array:
    """``reshape`` to the shape of another tensor."""
    return reshape(self, other.shape)


@operator(
    "aten::_unsafe_view(Tensor self, SymInt[] size) -> Tensor",
    meta=_viewed_meta,
    samples=_view_samples,
)
def unsafe_view(self: Array, size: Sequence[int]) -> Array:
    """A copy in another shape (PyTorch's own intermediate results, which nothing else sees)."""
    return self.reshape(inferred_shape(size, self.size)).copy()


def _view_dtype_meta(self: TensorMeta, dtype: int) -> TensorMeta:
    target = dtypes.from_code(dtype)
    if target.itemsize == self.dtype.itemsize:
        return TensorMeta(target, self.shape)
    if not self.shape:
        raise RuntimeError("a 0-dim tensor has only views of dtypes of the same size")
    bytes_ = self.shape[-1] * self.dtype.itemsize
    if bytes_ % target.itemsize:
        raise RuntimeError(f"{bytes_} bytes a row are no whole number of {target!r}")
    return TensorMeta(target, (*self.shape[:-1], bytes_ // target.itemsize))


@operator(
    "aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)",
    meta=_view_dtype_meta,
    samples=lambda: [
        Sample(tensor(3, 4), dtypes.int32.code),
        Sample(tensor(3, 4), dtypes.uint8.code),
        Sample(tensor(3, 4, dtype=dtypes.int16), dtypes.int64.code),
        Sample(tensor(), dtypes.int32.code),
    ],
    rejects=lambda: [Rejected(tensor(3, 3), dtypes.int64.code)],
)
def view_dtype(self: Array, dtype: int) -> Array:
    """The same bytes read as another dtype; the last dimension grows or shrinks with its size."""
    try:
        return self.view(dtypes.from_code(dtype).numpy)
    except ValueError as error:
        raise RuntimeError(f"no view as {dtypes.from_code(dtype)!r}: {error}") from None


def flattened_shape(shape: Shape, start: int, end: int) -> Shape:
    """The shape with the dimensions from ``start`` to ``end``, both included, made one."""
    if not shape:
        wrap_dim(start, 0)
        wrap_dim(end, 0)
        return (1,)
    first, last = wrap_dim(start, len(shape)), wrap_dim(end, len(shape))
    if first > last:
        raise RuntimeError("flatten needs a start_dim that is not after its end_dim")
    count = 1
    for extent in shape[first : last + 1]:
        count *= extent
    return (*shape[:first], count, *shape[last + 1 :])


@operator(
    "aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)",
    meta=lambda self, start_dim, end_dim: TensorMeta(
        self.dtype, flattened_shape(self.shape, start_dim, end_dim)
    ),
    samples=lambda: [
        Sample(tensor(2, 3, 4)),
        Sample(tensor(2, 3, 4), 1),
        Sample(tensor(2, 3, 4), 0, -2),
        Sample(tensor(2, 3, 4), 1, 1),
        Sample(tensor(2, 4, 3).transpose(0, 2, 1), 1),
        Sample(tensor()),
        Sample(tensor(2, 0, 3), 1),
    ],
    rejects=lambda: [Rejected(tensor(2, 3), 1, 0), Rejected(tensor(2, 3), 2)],
)
def flatten(self: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    """The dimensions from ``start_dim`` to ``end_dim`` made one; a 0-dim tensor gets one.

    A view where the strides allow it, else a copy.
    """
    shape = flattened_shape(self.shape, start_dim, end_dim)
    return self if shape == self.shape else self.reshape(shape)


@operator(
    "aten::ravel(Tensor(a) self) -> Tensor(a)",
    meta=lambda self: TensorMeta(self.dtype, (self.size,)),
    samples=lambda: [Sample(tensor(2, 3)), Sample(tensor(3, 2).T), Sample(tensor())],
)
def ravel(self: Array) -> Array:
    """All elements in one dimension: a view of a contiguous tensor, else a copy."""
    return np.ascontiguousarray(self).reshape(-1)


def _unflattened(shape: Shape, dim: int, sizes: Sequence[int]) -> Shape:
    dim = wrap_dim(dim, len(shape))
    if not sizes:
        raise RuntimeError("unflatten needs sizes")
    return (*shape[:dim], *inferred_shape(sizes, shape[dim]), *shape[dim + 1 :])


@operator(
    "aten::unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a)",
    meta=lambda self, dim, sizes: TensorMeta(self.dtype, _unflattened(self.shape, dim, sizes)),
    samples=lambda: [Sample(tensor(2, 12), 1, [3, -1]), Sample(tensor(6, 2), -2, [2, 3])],
    rejects=lambda: [Rejected(tensor(2, 12), 1, [5, 2]), Rejected(tensor(2, 12), 1, [])],
)
def unflatten(self: Array, dim: int, sizes: Sequence[int]) -> Array:
    """One dimension made several; one of the sizes may be -1."""
    return view(self, _unflattened(self.shape, dim, sizes))


# Expanding.


def expanded_shape(shape: Shape, sizes: Sequence[int]) -> Shape:
    """The shape that ``expand`` gives; RuntimeError where a size does not fit."""
    missing = len(sizes) - len(shape)
    if missing < 0:
        raise RuntimeError(
            f"a tensor of {len(shape)} dimensions cannot be expanded to {len(sizes)} sizes"
        )
    result = list(sizes)
    for position, size in enumerate(sizes):
        present = shape[position - missing] if position >= missing else None
        if size == -1:
            if present is None:
                raise RuntimeError("-1 (keep the size) is not allowed for a new leading dimension")
            result[position] = present
        elif size < 0:
            raise RuntimeError(f"the size of a dimension cannot be negative: {size}")
        elif present is not None and present not in (1, size):
            raise RuntimeError(
                f"shape {list(shape)} cannot be expanded to {list(sizes)}: dimension {position}"
                f" has {present}, not 1"
            )
    return tuple(result)


def broadcast_view(self: Array, shape: Shape) -> Array:
    """A view of stride 0 in the new dimensions; writable where the array is."""
    result = np.broadcast_to(self, shape)
    if self.flags.writeable:
        result.flags.writeable = True
    return result


@operator(
    "aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)",
    meta=lambda self, size, implicit: TensorMeta(self.dtype, expanded_shape(self.shape, size)),
    samples=lambda: [
        Sample(tensor(3, 1), [3, 4]),
        Sample(tensor(3, 1), [2, -1, 4]),
        Sample(tensor(), [2, 3]),
        Sample(tensor(1), [0]),
        Sample(tensor(3), [3]),
        Sample(tensor(), []),
    ],
    rejects=lambda: [
        Rejected(tensor(3, 2), [3, 4]),
        Rejected(tensor(3), [-1, 3]),
        Rejected(tensor(3, 1), [3]),
    ],
)
def expand(self: Array, size: Sequence[int], implicit: bool = False) -> Array:
    """Dimensions of size 1 repeated, without a copy, and new ones added in front.

    -1 keeps a size. All repetitions are the same memory. RuntimeError when a size does not fit.
    """
    return broadcast_view(self, expanded_shape(self.shape, size))


@operator(
    "aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)",
    meta=lambda self, other: TensorMeta(self.dtype, expanded_shape(self.shape, other.shape)),
    samples=lambda: [Sample(tensor(3, 1), tensor(2, 3, 4))],
)
def expand_as(self: Array, other: Array) -> Array:
    """``expand`` to the shape of another tensor."""
    return broadcast_view(self, expanded_shape(self.shape, other.shape))


@operator(
    "aten::broadcast_to(Tensor(a) self, SymInt[] size) -> Tensor(a)",
    meta=lambda self, size: TensorMeta(self.dtype, expanded_shape(self.shape, size)),
    samples=lambda: [Sample(tensor(3, 1), [2, 3, 4])],
)
def broadcast_to(self: Array, size: Sequence[int]) -> Array:
    """``expand`` by its other name."""
    return broadcast_view(self, expanded_shape(self.shape, size))


@operator(
    "aten::as_strided(Tensor(a) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None)"
    " -> Tensor(a)",
    meta=lambda self, size, stride, storage_offset: TensorMeta(self.dtype, tuple(size)),
    samples=lambda: [
        Sample(tensor(12), [3, 2], [4, 1]),
        Sample(tensor(12), [3, 2], [4, 1], 2),
        Sample(tensor(12), [2, 2], [0, 1]),
        Sample(tensor(12), [], []),
    ],
    rejects=lambda: [Rejected(tensor(4), [3, 2], [4, 1]), Rejected(tensor(4), [2], [1, 1])],
)
def as_strided(
    self: Array, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Array:
    """A view with given sizes and strides, in elements, of the memory that ``self`` lies in.

    ``storage_offset`` counts from the start of that memory, and is that of ``self`` if not given.
    RuntimeError when the view would leave the memory.
    """
    if len(size) != len(stride):
        raise RuntimeError("as_strided needs as many strides as sizes")
    if any(s < 0 for s in stride) or any(s < 0 for s in size):
        raise RuntimeError("as_strided needs sizes and strides that are not negative")
    root, offset = storage_of(self)
    if storage_offset is not None:
        offset = storage_offset
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if offset < 0 or (0 not in size and last >= root.nbytes // self.itemsize):
        raise RuntimeError(
            f"sizes {list(size)} with strides {list(stride)} from {offset} leave the memory of"
            f" {root.nbytes // self.itemsize} elements"
        )
    flat = _memory(root, self.dtype)
    return numpy_strided(flat[offset:], tuple(size), tuple(s * self.itemsize for s in stride))


def _memory(root: Array, dtype: np.dtype) -> Array:
    """All the memory of an array that owns it, in one dimension."""
    if root.flags.c_contiguous:
        flat = root.reshape(-1, copy=False)
    elif root.flags.f_contiguous:
        flat = root.T.reshape(-1, copy=False)
    else:
        flat = numpy_strided(root, (root.nbytes // root.itemsize,), (root.itemsize,))
    return flat if flat.dtype == dtype else flat.view(dtype)


# The same elements.


@view_operator("aten::detach(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(3)), Sample(tensor())])  # fmt: skip
@view_operator("aten::alias(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(3)), Sample(tensor())])  # fmt: skip
@view_operator("aten::lift_fresh(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(3))])  # fmt: skip
def alias(self: Array) -> Array:
    """A new tensor on the same memory."""
    return self.view()
