"""Making tensors: empty, zeros, ones, full, their ``*_like`` and ``new_*`` forms, ``tensor`` ...

Sequences of numbers (arange, linspace, eye) are in :mod:`ops_registry.builtin.sequences`,
windows in :mod:`ops_registry.builtin.windows`, random tensors in
:mod:`ops_registry.builtin.random`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.factories import (
    CHANNELS_LAST,
    CONTIGUOUS,
    LIKE_OPTIONS,
    OPTIONS,
    allocate,
    allocate_like,
    check_layout,
    dtype_or,
    made,
    shape_of,
)
from ops_registry.builtin.filling import fill_
from ops_registry.dtypes import Dtype
from ops_registry.meta import Shape, TensorMeta, broadcast_shapes
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor

F = TypeVar("F", bound=Callable[..., Any])


def _sizes() -> list[Sample]:
    return [
        Sample([2, 3]),
        Sample([]),
        Sample([0, 4]),
        Sample([3], dtype=dtypes.int64.code),
        Sample([2], dtype=dtypes.bool_.code),
        Sample([2, 1, 2], dtype=dtypes.bfloat16.code),
    ]


def _no_sizes() -> list[Rejected]:
    return [Rejected([2, -1])]


def _likes() -> list[Sample]:
    return [
        Sample(tensor(2, 3)),
        Sample(tensor()),
        Sample(tensor(0, 2)),
        Sample(tensor(3, 2).T),
        Sample(tensor(4, dtype=dtypes.int32)),
        Sample(tensor(2, 3), dtype=dtypes.float64.code),
        Sample(tensor(2, 3, 4, 5), memory_format=CHANNELS_LAST),
        Sample(tensor(3, 2).T, memory_format=CONTIGUOUS),
    ]


def _no_likes() -> list[Rejected]:
    return [Rejected(tensor(2, 3), memory_format=CHANNELS_LAST)]


def _news() -> list[Sample]:
    return [
        Sample(tensor(2, 3), [4]),
        Sample(tensor(dtype=dtypes.int64), [2, 0]),
        Sample(tensor(2), [], dtype=dtypes.float64.code),
    ]


# Uninitialised. The samples have no elements: nothing is known about those.


@operator(
    f"aten::empty.memory_format(SymInt[] size, *, {OPTIONS}, MemoryFormat? memory_format=None)"
    " -> Tensor",
    meta=made(),
    samples=lambda: [
        Sample([0, 3]),
        Sample([0], dtype=dtypes.int64.code),
        Sample([2, 0, 4, 5], memory_format=CHANNELS_LAST),
    ],
    rejects=lambda: [*_no_sizes(), Rejected([2, 3], memory_format=CHANNELS_LAST)],
)
def empty(
    size: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """A tensor of shape ``size`` whose elements are whatever was in memory."""
    return allocate(shape_of(size), dtype_or(dtype), memory_format)


@operator(
    f"aten::empty_like(Tensor self, *, {LIKE_OPTIONS}) -> Tensor",
    meta=made(),
    samples=lambda: [Sample(tensor(0, 3)), Sample(tensor(0), dtype=dtypes.int64.code)],
    rejects=_no_likes,
)
def empty_like(
    self: np.ndarray,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """An uninitialised tensor with the shape of ``self``, its dtype and order of dimensions."""
    return allocate_like(self, None if dtype is None else dtypes.from_code(dtype), memory_format)


@operator(
    f"aten::new_empty(Tensor self, SymInt[] size, *, {OPTIONS}) -> Tensor",
    meta=made(),
    samples=lambda: [Sample(tensor(2, dtype=dtypes.int32), [0, 3])],
    rejects=lambda: [Rejected(tensor(2), [-1])],
)
def new_empty(
    self: np.ndarray,
    size: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """An uninitialised tensor of shape ``size`` with the dtype of ``self``."""
    return allocate(shape_of(size), dtype_or(dtype, dtypes.from_numpy(self.dtype)))


def _strided(size: Sequence[int], stride: Sequence[int], dtype: Dtype) -> np.ndarray:
    shape = shape_of(size)
    if len(stride) != len(shape):
        raise RuntimeError(f"{len(shape)} extents need as many strides, not {len(stride)}")
    if any(step < 0 for step in stride):
        raise RuntimeError(f"strides cannot be negative: {list(stride)}")
    count = 1 + sum((extent - 1) * step for extent, step in zip(shape, stride, strict=True))
    memory = np.empty(max(count, 0) if 0 not in shape else 0, dtype.numpy)
    return np.ndarray(
        shape, memory.dtype, memory, 0, tuple(step * memory.itemsize for step in stride)
    )


@operator(
    f"aten::empty_strided(SymInt[] size, SymInt[] stride, *, {OPTIONS}) -> Tensor",
    meta=made(),
    samples=lambda: [Sample([0, 3], [3, 1]), Sample([2, 0], [1, 2], dtype=dtypes.int64.code)],
    rejects=lambda: [Rejected([2, 3], [1]), Rejected([2], [-1])],
)
def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """An uninitialised tensor of shape ``size`` with the given strides, counted in elements."""
    return _strided(size, stride, dtype_or(dtype))


@operator(
    f"aten::new_empty_strided(Tensor self, SymInt[] size, SymInt[] stride, *, {OPTIONS}) -> Tensor",
    meta=made(),
    samples=lambda: [Sample(tensor(1), [0, 3], [3, 1])],
    rejects=lambda: [Rejected(tensor(1), [2, 3], [1])],
)
def new_empty_strided(
    self: np.ndarray,
    size: Sequence[int],
    stride: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``empty_strided`` with the dtype of ``self``."""
    return _strided(size, stride, dtype_or(dtype, dtypes.from_numpy(self.dtype)))


@operator(
    f"aten::empty_permuted(SymInt[] size, int[] physical_layout, *, {OPTIONS}) -> Tensor",
    meta=made(),
    samples=lambda: [Sample([2, 0, 3], [2, 0, 1])],
    rejects=lambda: [Rejected([2, 3], [0, 0]), Rejected([2, 3], [0])],
)
def empty_permuted(
    size: Sequence[int],
    physical_layout: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """An uninitialised tensor whose dimensions lie in memory in the given order."""
    shape = shape_of(size)
    if sorted(physical_layout) != list(range(len(shape))):
        raise RuntimeError(f"{list(physical_layout)} is no order of {len(shape)} dimensions")
    memory = np.empty([shape[axis] for axis in physical_layout], dtype_or(dtype).numpy)
    return memory.transpose(np.argsort(np.asarray(physical_layout, np.intp)))


# Filled with one value.


@operator(
    f"aten::zeros(SymInt[] size, *, {OPTIONS}) -> Tensor",
    meta=made(),
    samples=_sizes,
    rejects=_no_sizes,
)
def zeros(
    size: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Zeros of shape ``size``."""
    return np.zeros(shape_of(size), dtype_or(dtype).numpy)


@operator(
    f"aten::ones(SymInt[] size, *, {OPTIONS}) -> Tensor",
    meta=made(),
    samples=_sizes,
    rejects=_no_sizes,
)
def ones(
    size: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Ones of shape ``size``."""
    return np.ones(shape_of(size), dtype_or(dtype).numpy)


def _fill_value_dtype(args: list[Any]) -> Dtype:
    return dtypes.scalar_dtype(args[1])


@operator(
    f"aten::full(SymInt[] size, Scalar fill_value, *, {OPTIONS}) -> Tensor",
    meta=made(_fill_value_dtype),
    samples=lambda: [
        Sample([2, 3], 2.5),
        Sample([], 3),
        Sample([0], True),
        Sample([2], 1j),
        Sample([2], 2.7, dtype=dtypes.int64.code),
        Sample([2], -np.inf, dtype=dtypes.bfloat16.code),
    ],
    rejects=lambda: [
        Rejected([-1], 0),
        Rejected([1], 300, dtype=dtypes.int8.code),
        Rejected([1], 1j, dtype=dtypes.float32.code),
    ],
)
def full(
    size: Sequence[int],
    fill_value: complex,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``fill_value`` everywhere; without ``dtype`` the value decides: bool, int64, float ..."""
    return fill_(
        allocate(shape_of(size), dtype_or(dtype, dtypes.scalar_dtype(fill_value))), fill_value
    )


@operator(
    f"aten::zeros_like(Tensor self, *, {LIKE_OPTIONS}) -> Tensor",
    meta=made(),
    samples=_likes,
    rejects=_no_likes,
)
def zeros_like(
    self: np.ndarray,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """Zeros with the shape of ``self``, its dtype and order of dimensions."""
    return fill_(empty_like(self, dtype, memory_format=memory_format), 0)


@operator(
    f"aten::ones_like(Tensor self, *, {LIKE_OPTIONS}) -> Tensor",
    meta=made(),
    samples=_likes,
    rejects=_no_likes,
)
def ones_like(
    self: np.ndarray,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """Ones with the shape of ``self``, its dtype and order of dimensions."""
    return fill_(empty_like(self, dtype, memory_format=memory_format), 1)


@operator(
    f"aten::full_like(Tensor self, Scalar fill_value, *, {LIKE_OPTIONS}) -> Tensor",
    meta=made(),
    samples=lambda: [
        Sample(tensor(2, 3), 2.5),
        Sample(tensor(), 3),
        Sample(tensor(3, 2).T, 3),
        Sample(tensor(2, dtype=dtypes.int64), 2.7),
        Sample(tensor(2), 2, dtype=dtypes.bool_.code),
    ],
    rejects=lambda: [Rejected(tensor(2, dtype=dtypes.uint8), 256)],
)
def full_like(
    self: np.ndarray,
    fill_value: complex,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """``fill_value`` everywhere, with the shape of ``self``, its dtype and order of dimensions."""
    return fill_(empty_like(self, dtype, memory_format=memory_format), fill_value)


@operator(
    f"aten::new_zeros(Tensor self, SymInt[] size, *, {OPTIONS}) -> Tensor",
    meta=made(),
    samples=_news,
    rejects=lambda: [Rejected(tensor(2), [-1])],
)
def new_zeros(
    self: np.ndarray,
    size: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Zeros of shape ``size`` with the dtype of ``self``."""
    return fill_(new_empty(self, size, dtype), 0)


@operator(
    f"aten::new_ones(Tensor self, SymInt[] size, *, {OPTIONS}) -> Tensor",
    meta=made(),
    samples=_news,
    rejects=lambda: [Rejected(tensor(2), [-1])],
)
def new_ones(
    self: np.ndarray,
    size: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Ones of shape ``size`` with the dtype of ``self``."""
    return fill_(new_empty(self, size, dtype), 1)


@operator(
    f"aten::new_full(Tensor self, SymInt[] size, Scalar fill_value, *, {OPTIONS}) -> Tensor",
    meta=made(),
    samples=lambda: [
        Sample(tensor(2), [2, 2], 1.5),
        Sample(tensor(2, dtype=dtypes.int64), [2], 1.5),
        Sample(tensor(2), [], 1, dtype=dtypes.float64.code),
    ],
    rejects=lambda: [Rejected(tensor(2), [-1], 0)],
)
def new_full(
    self: np.ndarray,
    size: Sequence[int],
    fill_value: complex,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``fill_value`` of shape ``size`` with the dtype of ``self``."""
    return fill_(new_empty(self, size, dtype), fill_value)


# From values.


def _scalar_tensor_meta(
    s: complex, dtype: int | None, layout: int | None, *rest: Any
) -> TensorMeta:
    check_layout(layout)
    return TensorMeta(dtype_or(dtype), ())


@operator(
    f"aten::scalar_tensor(Scalar s, *, {OPTIONS}) -> Tensor",
    meta=_scalar_tensor_meta,
    samples=lambda: [Sample(2.5), Sample(3), Sample(2.7, dtype=dtypes.int64.code)],
    rejects=lambda: [Rejected(1j)],
)
def scalar_tensor(
    s: complex,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """A number as a 0-dim tensor, of the default dtype unless ``dtype`` says otherwise."""
    return fill_(allocate((), dtype_or(dtype)), s)


def _data_meta(data: Any, dtype: int | None, *rest: Any) -> TensorMeta:
    found = _Nested(data)
    return TensorMeta(dtype_or(dtype, found.dtype), found.shape)


class _Nested:
    """The shape and the dtype of a number or of nested lists of numbers (or 0-dim arrays)."""

    def __init__(self, data: Any) -> None:
        self.dtype: Dtype | None = None
        self.shape = self._visit(data)

    def _visit(self, data: Any) -> Shape:
        if isinstance(data, np.ndarray | TensorMeta):
            dtype = data.dtype if isinstance(data, TensorMeta) else dtypes.from_numpy(data.dtype)
            self._seen(dtype)
            return data.shape
        if not isinstance(data, list | tuple):
            self._seen(dtypes.scalar_dtype(data))
            return ()
        shapes = [self._visit(item) for item in data]
        if any(shape != shapes[0] for shape in shapes):
            raise ValueError(
                "the nested lists have different lengths: a tensor is rectangular, and this is"
                f" not: {data!r:.80}"
            )
        return (len(data), *(shapes[0] if shapes else ()))

    def _seen(self, dtype: Dtype) -> None:
        self.dtype = dtype if self.dtype is None else dtypes.promote(self.dtype, dtype)


def _plain(data: Any) -> Any:
    if isinstance(data, np.ndarray):
        return data.tolist()
    return list(map(_plain, data)) if isinstance(data, list | tuple) else data


def _from_data(data: Any, dtype: Dtype) -> np.ndarray:
    values = np.asarray(_plain(data))
    if values.dtype == object:
        raise OverflowError("an integer does not fit into 64 bits")
    if dtype.category == 1 and values.size:
        limits = np.iinfo(dtype.numpy)
        extremes = [_plain(values.min()), _plain(values.max())] if values.dtype.kind != "c" else []
        if not all(limits.min <= extreme <= limits.max for extreme in extremes):
            raise RuntimeError(f"a value does not fit into {dtype!r} without overflow")
    if values.dtype.kind == "c" and not dtype.is_complex:
        raise RuntimeError(f"a complex number does not fit into a tensor of {dtype!r}")
    return values.astype(dtype.numpy)


_TENSOR_OPTIONS = "*, ScalarType? dtype=None, Device? device=None"


_NUMBERS: dict[str, list[Any]] = {
    "bool": [True, False],
    "float": [2.5, -math.inf],
    "int": [3, -(2**62)],
    "complex": [1 + 2j],
}


def _numbers(kind: str) -> Callable[[], list[Sample]]:
    samples = [Sample(number) for number in _NUMBERS[kind]]
    if kind != "complex":
        samples.append(Sample(_NUMBERS[kind][0], dtype=dtypes.float64.code))
    return lambda: list(samples)


def _overloads(name: str, options: str) -> Callable[[F], F]:
    """An overload for each kind of number, and one for nested lists of them."""

    def declare(function: F) -> F:
        operator(f"aten::{name}(t[] data, {options}) -> Tensor", meta=_data_meta)(function)
        for kind in reversed(_NUMBERS):
            operator(
                f"aten::{name.partition('.')[0]}.{kind}({kind} t, {options}) -> Tensor",
                meta=_data_meta,
                samples=_numbers(kind),
            )(function)
        return function

    return declare


@_overloads("tensor", f"{_TENSOR_OPTIONS}, bool requires_grad=False")
@_overloads("as_tensor.list", _TENSOR_OPTIONS)
def tensor_of(
    data: Any, dtype: int | None = None, device: object = None, requires_grad: bool = False
) -> np.ndarray:
    """A new tensor of a number or of nested lists of numbers.

    Without ``dtype`` ints give int64, floats the default dtype, bools bool; an empty list gives
    the default dtype. ValueError when the lists are not rectangular, RuntimeError when a value
    does not fit the dtype.
    """
    return _from_data(data, dtype_or(dtype, _Nested(data).dtype))


@operator(
    f"aten::as_tensor(Tensor(a) data, {_TENSOR_OPTIONS}) -> Tensor(b|a)",
    meta=_data_meta,
    samples=lambda: [Sample(tensor(2, 3)), Sample(tensor(3), dtype=dtypes.int64.code)],
)
def as_tensor(data: np.ndarray, dtype: int | None = None, device: object = None) -> np.ndarray:
    """The tensor itself, or a copy of it converted to ``dtype`` when it has another."""
    if dtype is None:
        return data
    return data.astype(dtypes.from_code(dtype).numpy, copy=False)


# Complex tensors of their parts.


def _parts_meta(first: TensorMeta, second: TensorMeta) -> TensorMeta:
    if first.dtype is not second.dtype or not first.dtype.is_floating_point:
        raise RuntimeError(
            f"both parts have one floating point dtype, not {first.dtype!r} and {second.dtype!r}"
        )
    return TensorMeta(first.dtype.to_complex(), broadcast_shapes(first.shape, second.shape))


def _part_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4), tensor(4, seed=1)),
        Sample(tensor(), tensor(seed=1)),
        Sample(tensor(0), tensor(0)),
        Sample(tensor(3, dtype=dtypes.float64), tensor(3, dtype=dtypes.float64, seed=1)),
    ]


@operator(
    "aten::complex(Tensor real, Tensor imag) -> Tensor",
    meta=_parts_meta,
    out=True,
    samples=_part_samples,
    rejects=lambda: [Rejected(tensor(2), tensor(2, dtype=dtypes.float64))],
)
def complex_(real: np.ndarray, imag: np.ndarray) -> np.ndarray:
    """``real + imag * 1j``; both parts have one floating point dtype. Shapes broadcast."""
    kind = dtypes.from_numpy(real.dtype).to_complex().numpy
    result = np.empty(broadcast_shapes(real.shape, imag.shape), kind)
    result.real = real
    result.imag = imag
    return result


@operator(
    "aten::polar(Tensor abs, Tensor angle) -> Tensor",
    meta=_parts_meta,
    out=True,
    samples=_part_samples,
    rejects=lambda: [Rejected(tensor(2), tensor(2, dtype=dtypes.float64))],
)
def polar(abs: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """``abs * (cos(angle) + sin(angle) * 1j)``; see ``complex``. Shapes broadcast."""
    return complex_(abs * np.cos(angle), abs * np.sin(angle))
