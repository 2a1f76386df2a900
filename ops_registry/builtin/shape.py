"""Asking for sizes, strides and layout; and changing the shape of a tensor in place.

The in-place operators change the Tensor handle, not the elements: they are ``tensor_level`` and
take anything with an ``array`` attribute.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided as numpy_strided

from ops_registry import dtypes
from ops_registry.builtin import dimension_order
from ops_registry.builtin.operands import Array
from ops_registry.builtin.views import as_strided
from ops_registry.meta import TensorMeta, result_dtype, wrap_dim
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor
from ops_registry.storage import contiguous_strides, storage_of, strides_of

#: ``torch.channels_last`` and ``torch.channels_last_3d`` in schemas: the dimensions, outermost
#: first.
_CHANNELS_LAST = {2: (0, 2, 3, 1), 3: (0, 2, 3, 4, 1)}
PRESERVE = 1


# Sizes.


@operator(
    "aten::size.int(Tensor self, int dim) -> int",
    samples=lambda: [Sample(tensor(3, 4), 0), Sample(tensor(3, 4), -1)],
    rejects=lambda: [Rejected(tensor(3), 1), Rejected(tensor(), 0)],
)
@operator("aten::sym_size.int(Tensor self, int dim) -> SymInt")
def size_int(self: Array, dim: int) -> int:
    """The size of one dimension; IndexError when there is no such dimension."""
    return self.shape[wrap_dim(dim, self.ndim, scalar=False)]


@operator("aten::size(Tensor self) -> int[]",
          samples=lambda: [Sample(tensor(3, 0)), Sample(tensor())])  # fmt: skip
@operator("aten::sym_size(Tensor self) -> SymInt[]")
def size(self: Array) -> list[int]:
    """The sizes of all dimensions."""
    return list(self.shape)


@operator("aten::numel(Tensor self) -> int",
          samples=lambda: [Sample(tensor(3, 4)), Sample(tensor(3, 0)), Sample(tensor())])  # fmt: skip
@operator("aten::sym_numel(Tensor self) -> SymInt")
def numel(self: Array) -> int:
    """The number of elements."""
    return self.size


@operator("aten::dim(Tensor self) -> int",
          samples=lambda: [Sample(tensor(3, 4)), Sample(tensor())])  # fmt: skip
def dim(self: Array) -> int:
    """The number of dimensions."""
    return self.ndim


@operator("aten::len.Tensor(Tensor t) -> int", samples=lambda: [Sample(tensor(3, 4))],
          rejects=lambda: [Rejected(tensor())])  # fmt: skip
def len_tensor(t: Array) -> int:
    """The size of the first dimension; TypeError for a 0-dim tensor."""
    if not t.ndim:
        raise TypeError("a tensor without dimensions has no length")
    return t.shape[0]


@operator("aten::is_same_size(Tensor self, Tensor other) -> bool",
          samples=lambda: [Sample(tensor(3), tensor(3)), Sample(tensor(3), tensor(1, 3))])  # fmt: skip
def is_same_size(self: Array, other: Array) -> bool:
    """Whether two tensors have the same shape."""
    return self.shape == other.shape


# Memory.


@operator("aten::stride(Tensor self) -> int[]",
          samples=lambda: [Sample(tensor(3, 4)), Sample(tensor(3, 4).T), Sample(tensor(2, 0, 3))])  # fmt: skip
def stride(self: Array) -> list[int]:
    """How many elements of memory lie between neighbours, for each dimension."""
    return list(strides_of(self))


@operator("aten::stride.int(Tensor self, int dim) -> int",
          samples=lambda: [Sample(tensor(3, 4), -2)])  # fmt: skip
def stride_int(self: Array, dim: int) -> int:
    """How many elements of memory lie between neighbours in one dimension."""
    return strides_of(self)[wrap_dim(dim, self.ndim, scalar=False)]


@operator("aten::storage_offset(Tensor self) -> int", samples=lambda: [Sample(tensor(3, 4))])
def storage_offset(self: Array) -> int:
    """Where the first element lies in the memory that the tensor views, in elements."""
    return storage_of(self)[1]


def is_contiguous_in(self: Array, memory_format: int) -> bool:
    """Whether the elements lie in memory in the order that a memory format says."""
    order = _CHANNELS_LAST.get(memory_format)
    if order is None:
        return self.flags.c_contiguous
    return self.ndim == len(order) and self.transpose(order).flags.c_contiguous


@operator("aten::is_contiguous(Tensor self) -> bool",
          samples=lambda: [Sample(tensor(3, 4)), Sample(tensor(3, 4).T), Sample(tensor())])  # fmt: skip
def is_contiguous(self: Array) -> bool:
    """Whether the elements lie in memory without gaps, the last dimension fastest."""
    return self.flags.c_contiguous


@operator(
    "aten::is_contiguous.memory_format(Tensor self, MemoryFormat memory_format) -> bool",
    samples=lambda: [Sample(tensor(2, 3, 4, 5), 0)],
)
def is_contiguous_format(self: Array, memory_format: int) -> bool:
    """Whether the elements lie in memory in the order of a memory format."""
    return is_contiguous_in(self, memory_format)


def in_format(self: Array, memory_format: int | None) -> Array:
    """A copy in a memory format; None and ``preserve_format`` keep the order of dense strides."""
    if memory_format is None or memory_format == PRESERVE:
        return self.copy(order="K")
    order = _CHANNELS_LAST.get(memory_format)
    if order is None:
        return self.copy(order="C")
    if self.ndim != len(order):
        raise RuntimeError(
            f"this memory format needs {len(order)} dimensions, the tensor has {self.ndim}"
        )
    back = sorted(range(len(order)), key=order.__getitem__)
    return self.transpose(order).copy(order="C").transpose(back)


@operator(
    "aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)",
    meta=lambda self, memory_format: self,
    samples=lambda: [
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4).T),
        Sample(tensor(2, 3, 4, 5), memory_format=2),
        Sample(tensor()),
    ],
    rejects=lambda: [
        Rejected(tensor(3), memory_format=2),
        Rejected(tensor(3, 4).T, memory_format=1),
    ],
)
def contiguous(self: Array, memory_format: int = 0) -> Array:
    """The tensor itself if its elements lie in the order of the memory format, else a copy."""
    if memory_format == PRESERVE and not self.flags.c_contiguous:
        raise RuntimeError("contiguous needs a memory format of its own, not preserve_format")
    return self if is_contiguous_in(self, memory_format) else in_format(self, memory_format)


@operator(
    "aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor",
    meta=lambda self, memory_format: self,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4)),
        Sample(tensor(3, 4).T),
        Sample(tensor(3, 4).T, memory_format=0),
        Sample(tensor(2, 3, 4, 5), memory_format=2),
        Sample(tensor()),
        Sample(tensor(0)),
    ],
)
def clone(self: Array, memory_format: int | None = None) -> Array:
    """A copy, its dimensions in memory in the same order unless a memory format says otherwise."""
    return in_format(self, memory_format)


@operator("aten::lift_fresh_copy(Tensor self) -> Tensor", meta=lambda self: self,
          samples=lambda: [Sample(tensor(3))])  # fmt: skip
def lift_fresh_copy(self: Array) -> Array:
    """A copy."""
    return self.copy()


# Dtypes.


@operator("aten::is_floating_point(Tensor self) -> bool",
          samples=lambda: [Sample(tensor(1)), Sample(tensor(1, dtype=dtypes.int64)),
                           Sample(tensor(1, dtype=dtypes.bfloat16))])  # fmt: skip
def is_floating_point(self: Array) -> bool:
    """Whether the dtype is one of real numbers with fractions."""
    return dtypes.from_numpy(self.dtype).is_floating_point


@operator("aten::is_complex(Tensor self) -> bool",
          samples=lambda: [Sample(tensor(1)), Sample(tensor(1, dtype=dtypes.complex64))])  # fmt: skip
def is_complex(self: Array) -> bool:
    """Whether the dtype is complex."""
    return self.dtype.kind == "c"


@operator("aten::is_signed(Tensor self) -> bool",
          samples=lambda: [Sample(tensor(1, dtype=d)) for d in (dtypes.uint8, dtypes.bool_)]
          + [Sample(tensor(1))])  # fmt: skip
def is_signed(self: Array) -> bool:
    """Whether the dtype has negative numbers."""
    return dtypes.from_numpy(self.dtype).is_signed


@operator("aten::element_size(Tensor self) -> int",
          samples=lambda: [Sample(tensor(1)), Sample(tensor(1, dtype=dtypes.bfloat16))])  # fmt: skip
def element_size(self: Array) -> int:
    """Bytes an element takes."""
    return self.itemsize


@operator("aten::is_conj(Tensor self) -> bool", samples=lambda: [Sample(tensor(1))])
@operator("aten::is_neg(Tensor self) -> bool", samples=lambda: [Sample(tensor(1))])
def never(self: Array) -> bool:
    """False: conjugation and negation are never pending here."""
    return False


@operator("aten::result_type.Tensor(Tensor tensor, Tensor other) -> ScalarType",
          samples=lambda: [Sample(tensor(3), tensor(dtype=dtypes.float64))])  # fmt: skip
@operator("aten::result_type.Scalar(Tensor tensor, Scalar other) -> ScalarType",
          samples=lambda: [Sample(tensor(3, dtype=dtypes.int64), 2.5)])  # fmt: skip
def result_type(tensor: Array, other: Any) -> int:
    """The dtype that two operands are computed in."""
    metas = [
        TensorMeta(dtypes.from_numpy(x.dtype), x.shape) if isinstance(x, np.ndarray) else x
        for x in (tensor, other)
    ]
    return result_dtype(*metas).code


@operator("aten::result_type.Scalar_Tensor(Scalar scalar, Tensor tensor) -> ScalarType",
          samples=lambda: [Sample(2.5, tensor(3, dtype=dtypes.int64))])  # fmt: skip
def result_type_reflected(scalar: Any, tensor: Array) -> int:
    """The dtype that two operands are computed in."""
    return result_type(tensor, scalar)


@operator("aten::result_type.Scalar_Scalar(Scalar scalar1, Scalar scalar2) -> ScalarType",
          samples=lambda: [Sample(1, 2.5), Sample(True, 2)])  # fmt: skip
def result_type_scalars(scalar1: Any, scalar2: Any) -> int:
    """The dtype that two numbers are computed in."""
    return result_dtype(scalar1, scalar2).code


# In place, on the handle.


@operator("aten::unsqueeze_(Tensor(a!) self, int dim) -> Tensor(a!)", kind="tensor_level")
def unsqueeze_(self: Any, dim: int) -> Any:
    """Put a dimension of size 1 into the tensor itself."""
    self.array = dimension_order.unsqueeze(self.array, dim)
    return self


@operator("aten::squeeze_(Tensor(a!) self) -> Tensor(a!)", kind="tensor_level")
def squeeze_(self: Any) -> Any:
    """Leave out all dimensions of size 1 of the tensor itself."""
    self.array = dimension_order.squeeze(self.array)
    return self


@operator("aten::squeeze_.dim(Tensor(a!) self, int dim) -> Tensor(a!)", kind="tensor_level")
def squeeze_dim_(self: Any, dim: int) -> Any:
    """Leave out one dimension of the tensor itself, if its size is 1."""
    self.array = dimension_order.squeeze_dim(self.array, dim)
    return self


@operator("aten::squeeze_.dims(Tensor(a!) self, int[] dim) -> Tensor(a!)", kind="tensor_level")
def squeeze_dims_(self: Any, dim: Sequence[int]) -> Any:
    """Leave out some dimensions of the tensor itself, where their size is 1."""
    self.array = dimension_order.squeeze_dims(self.array, dim)
    return self


@operator("aten::transpose_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)",
          kind="tensor_level")  # fmt: skip
def transpose_(self: Any, dim0: int, dim1: int) -> Any:
    """Exchange two dimensions of the tensor itself."""
    self.array = dimension_order.transpose(self.array, dim0, dim1)
    return self


@operator("aten::swapaxes_(Tensor(a!) self, int axis0, int axis1) -> Tensor(a!)",
          kind="tensor_level")  # fmt: skip
def swapaxes_(self: Any, axis0: int, axis1: int) -> Any:
    """Exchange two dimensions of the tensor itself."""
    return transpose_(self, axis0, axis1)


@operator("aten::swapdims_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)",
          kind="tensor_level")  # fmt: skip
def swapdims_(self: Any, dim0: int, dim1: int) -> Any:
    """Exchange two dimensions of the tensor itself."""
    return transpose_(self, dim0, dim1)


@operator("aten::t_(Tensor(a!) self) -> Tensor(a!)", kind="tensor_level")
def t_(self: Any) -> Any:
    """Transpose a matrix in place."""
    self.array = dimension_order.t(self.array)
    return self


@operator("aten::as_strided_(Tensor(a!) self, SymInt[] size, SymInt[] stride,"
          " SymInt? storage_offset=None) -> Tensor(a!)", kind="tensor_level")  # fmt: skip
def as_strided_(
    self: Any, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Any:
    """Give the tensor itself other sizes and strides in its memory."""
    self.array = as_strided(self.array, size, stride, storage_offset)
    return self


def resized(self: Array, size: Sequence[int]) -> Array:
    """The memory of ``self`` with another contiguous shape; grown, by a copy, where too small."""
    if any(extent < 0 for extent in size):
        raise RuntimeError(f"a size cannot be negative: {list(size)}")
    shape = tuple(size)
    root, offset = storage_of(self)
    count = math.prod(shape)
    if offset + count <= root.nbytes // self.itemsize:
        return as_strided(self, shape, contiguous_strides(shape))
    grown = np.zeros(count, self.dtype)
    kept = as_strided(self, [root.nbytes // self.itemsize - offset], [1])
    grown[: kept.size] = kept
    return numpy_strided(grown, shape, tuple(s * self.itemsize for s in contiguous_strides(shape)))


@operator("aten::resize_(Tensor(a!) self, SymInt[] size, *, MemoryFormat? memory_format=None)"
          " -> Tensor(a!)", kind="tensor_level")  # fmt: skip
def resize_(self: Any, size: Sequence[int], memory_format: int | None = None) -> Any:
    """Give the tensor itself another number of elements; those in memory are kept, new ones 0."""
    self.array = resized(self.array, size)
    return self


@operator("aten::resize_as_(Tensor(a!) self, Tensor the_template, *,"
          " MemoryFormat? memory_format=None) -> Tensor(a!)", kind="tensor_level")  # fmt: skip
def resize_as_(self: Any, the_template: Any, memory_format: int | None = None) -> Any:
    """Give the tensor itself the shape of another one."""
    return resize_(self, the_template.array.shape)


@operator("aten::set_.source_Tensor(Tensor(a!) self, Tensor source) -> Tensor(a!)",
          kind="tensor_level")  # fmt: skip
def set_(self: Any, source: Any) -> Any:
    """Make the tensor view the memory of another one; RuntimeError when the dtypes differ."""
    if self.array.dtype != source.array.dtype:
        raise RuntimeError(f"set_ needs one dtype, not {self.array.dtype} and {source.array.dtype}")
    self.array = source.array.view()
    return self


@operator("aten::set_(Tensor(a!) self) -> Tensor(a!)", kind="tensor_level")
def set_empty_(self: Any) -> Any:
    """Make the tensor an empty one of its dtype."""
    self.array = np.empty(0, self.array.dtype)
    return self


@operator("aten::set_.source_Tensor_storage_offset(Tensor(a!) self, Tensor source,"
          " SymInt storage_offset, SymInt[] size, SymInt[] stride=[]) -> Tensor(a!)",
          kind="tensor_level")  # fmt: skip
def set_strided_(
    self: Any,
    source: Any,
    storage_offset: int,
    size: Sequence[int],
    stride: Sequence[int] = (),
) -> Any:
    """Make the tensor view a part of the memory of another one."""
    strides = stride or contiguous_strides(size)
    self.array = as_strided(source.array, size, strides, storage_offset)
    return self


@operator("aten::detach_(Tensor(a!) self) -> Tensor(a!)", kind="tensor_level")
def detach_(self: Any) -> Any:
    """Take the tensor itself out of differentiation."""
    self.requires_grad = False
    return self


@operator("aten::requires_grad_(Tensor(a!) self, bool requires_grad=True) -> Tensor(a!)",
          kind="tensor_level")  # fmt: skip
def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
    """Record whether the tensor is to be differentiated by."""
    self.requires_grad = requires_grad
    return self


@operator("aten::is_leaf(Tensor self) -> bool", kind="tensor_level")
def is_leaf(self: Any) -> Any:
    """Whether nothing that is differentiated made the tensor."""
    return self.is_leaf


@operator("aten::is_set_to(Tensor self, Tensor tensor) -> bool",
          samples=lambda: [Sample(tensor(3), tensor(3))])  # fmt: skip
def is_set_to(self: Array, tensor: Array) -> bool:
    """Whether two tensors are the same view of the same memory."""
    mine, theirs = storage_of(self), storage_of(tensor)
    same_memory = mine[0].__array_interface__["data"] == theirs[0].__array_interface__["data"]
    return (
        same_memory
        and mine[1] == theirs[1]
        and self.shape == tensor.shape
        and strides_of(self) == strides_of(tensor)
    )


@operator(
    "aten::is_nonzero(Tensor self) -> bool",
    samples=lambda: [Sample(tensor(1)), Sample(array(0)), Sample(array([[False]]))],
    rejects=lambda: [Rejected(tensor(2)), Rejected(tensor(0))],
)
def is_nonzero(self: Array) -> bool:
    """Whether the only element is true; RuntimeError when there is not exactly one."""
    if self.size != 1:
        raise RuntimeError(
            f"the truth value of a tensor of {self.size} elements is ambiguous: use any() or all()"
        )
    return bool(self.item() != 0)
