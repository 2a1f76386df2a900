"""Conversions: between dtypes (``to``, ``type_as``) and from a tensor to a number (``item``).

There is one memory, the CPU's: ``to`` another device is the runtime's business.
"""

from __future__ import annotations

from typing import Any

from ops_registry import dtypes
from ops_registry.builtin.operands import Array
from ops_registry.builtin.shape import PRESERVE, in_format, is_contiguous_in
from ops_registry.device import CPU
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def converted(
    self: Array, dtype: int | None, copy: bool = False, memory_format: int | None = None
) -> Array:
    """``self`` in another dtype and memory format: itself when it is so already.

    Fractions are cut off, not rounded; an imaginary part is dropped; bool means "not zero".
    """
    target = self.dtype if dtype is None else dtypes.from_code(dtype).numpy
    laid_out = memory_format is None or memory_format == PRESERVE
    laid_out = laid_out or is_contiguous_in(self, memory_format or 0)
    if target == self.dtype:
        return self if laid_out and not copy else in_format(self, memory_format)
    source = self.real if self.dtype.kind == "c" and target.kind not in "cb" else self
    result = source.astype(target)
    return result if memory_format is None else _laid_out(result, memory_format)


def _laid_out(array: Array, memory_format: int) -> Array:
    if memory_format == PRESERVE or is_contiguous_in(array, memory_format):
        return array
    return in_format(array, memory_format)


def _samples_to(*targets: dtypes.Dtype) -> list[Sample]:
    sources = [
        tensor(3, 4),
        tensor(4, 3).T,
        tensor(),
        tensor(0),
        array([1.7, -1.7, 0.0, 300.0]),
        array([0, 1, -2]),
        array([True, False]),
        tensor(3, dtype=dtypes.bfloat16),
    ]
    return [Sample(source, target.code) for source in sources for target in targets]


def _to_dtype_samples() -> list[Sample]:
    return [
        *_samples_to(dtypes.int32, dtypes.float64, dtypes.float16, dtypes.bfloat16, dtypes.bool_),
        Sample(tensor(3), dtypes.float32.code, copy=True),
        Sample(tensor(2, 3, 4, 5), dtypes.float64.code, memory_format=2),
        Sample(tensor(2, 3, 4, 5), dtypes.float32.code, memory_format=2),
        Sample(tensor(3, dtype=dtypes.complex64), dtypes.bool_.code),
    ]


def _in(dtype: int | None, self: TensorMeta) -> TensorMeta:
    return self if dtype is None else TensorMeta(dtypes.from_code(dtype), self.shape)


@operator(
    "aten::to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False,"
    " bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)",
    meta=lambda self, device, dtype, *rest: _in(dtype, self),
    samples=lambda: [
        Sample(tensor(3), CPU, dtypes.int32.code),
        Sample(tensor(3), CPU, dtypes.float32.code),
    ],
)
def to_device(
    self: Array,
    device: Any,
    dtype: int,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: int | None = None,
) -> Array:
    """``self`` in another dtype; itself if it has it and no copy is asked for."""
    return converted(self, dtype, copy, memory_format)


@operator(
    "aten::to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False,"
    " MemoryFormat? memory_format=None) -> Tensor(a)",
    meta=lambda self, dtype, *rest: _in(dtype, self),
    samples=_to_dtype_samples,
)
def to_dtype(
    self: Array,
    dtype: int,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: int | None = None,
) -> Array:
    """``self`` in another dtype; itself if it has it and no copy is asked for.

    Fractions are cut off, not rounded; an imaginary part is dropped.
    """
    return converted(self, dtype, copy, memory_format)


@operator(
    "aten::to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False,"
    " MemoryFormat? memory_format=None) -> Tensor(a)",
    meta=lambda self, other, *rest: TensorMeta(other.dtype, self.shape),
    samples=lambda: [Sample(tensor(3), tensor(2, dtype=dtypes.int64)), Sample(tensor(3), tensor())],
)
def to_other(
    self: Array,
    other: Array,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: int | None = None,
) -> Array:
    """``self`` in the dtype of another tensor; itself if it has it and no copy is asked for."""
    return converted(self, dtypes.from_numpy(other.dtype).code, copy, memory_format)


@operator(
    "aten::to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None,"
    " Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False,"
    " MemoryFormat? memory_format=None) -> Tensor(a)",
    meta=lambda self, dtype, *rest: _in(dtype, self),
    samples=lambda: [
        Sample(tensor(3), dtype=dtypes.int32.code),
        Sample(tensor(3)),
        Sample(tensor(3), copy=True),
    ],
)
def to_dtype_layout(
    self: Array,
    dtype: int | None = None,
    layout: int | None = None,
    device: Any = None,
    pin_memory: bool | None = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: int | None = None,
) -> Array:
    """``self`` in another dtype; itself if it has it and no copy is asked for."""
    return converted(self, dtype, copy, memory_format)


@operator(
    "aten::to.prim_Device(Tensor(a) self, Device? device, int? dtype=None,"
    " bool non_blocking=False, bool copy=False) -> Tensor(b|a)",
    meta=lambda self, device, dtype, *rest: _in(dtype, self),
    samples=lambda: [Sample(tensor(3), None, dtypes.int32.code), Sample(tensor(3), None)],
)
def to_prim_device(
    self: Array,
    device: Any,
    dtype: int | None = None,
    non_blocking: bool = False,
    copy: bool = False,
) -> Array:
    """``self`` in another dtype; itself if it has it and no copy is asked for."""
    return converted(self, dtype, copy)


@operator(
    "aten::to.prim_dtype(Tensor(a) self, int? dtype=None, bool non_blocking=False,"
    " bool copy=False) -> Tensor(b|a)",
    meta=lambda self, dtype, *rest: _in(dtype, self),
    samples=lambda: [Sample(tensor(3), dtypes.int32.code), Sample(tensor(3))],
)
def to_prim_dtype(
    self: Array, dtype: int | None = None, non_blocking: bool = False, copy: bool = False
) -> Array:
    """``self`` in another dtype; itself if it has it and no copy is asked for."""
    return converted(self, dtype, copy)


@operator(
    "aten::to.prim_other(Tensor(a) self, bool non_blocking=False, bool copy=False) -> Tensor(b|a)",
    meta=lambda self, *rest: self,
    samples=lambda: [Sample(tensor(3))],
)
def to_prim_other(self: Array, non_blocking: bool = False, copy: bool = False) -> Array:
    """``self``, or a copy if one is asked for."""
    return converted(self, None, copy)


@operator(
    "aten::_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None,"
    " Device? device=None, bool? pin_memory=None, bool non_blocking=False,"
    " MemoryFormat? memory_format=None) -> Tensor",
    meta=lambda self, dtype, *rest: _in(dtype, self),
    samples=lambda: [Sample(tensor(3), dtype=dtypes.int32.code), Sample(tensor(3))],
)
def to_copy(
    self: Array,
    dtype: int | None = None,
    layout: int | None = None,
    device: Any = None,
    pin_memory: bool | None = None,
    non_blocking: bool = False,
    memory_format: int | None = None,
) -> Array:
    """A copy of ``self`` in another dtype."""
    return converted(self, dtype, True, memory_format)


@operator(
    "aten::type_as(Tensor self, Tensor other) -> Tensor",
    meta=lambda self, other: TensorMeta(other.dtype, self.shape),
    samples=lambda: [Sample(tensor(3), tensor(2, dtype=dtypes.int64)), Sample(tensor(3), tensor())],
)
def type_as(self: Array, other: Array) -> Array:
    """``self`` in the dtype of another tensor; itself if it has it."""
    return converted(self, dtypes.from_numpy(other.dtype).code)


@operator("aten::cpu(Tensor(a) self) -> Tensor(b|a)", meta=lambda self: self,
          samples=lambda: [Sample(tensor(3))])  # fmt: skip
def cpu(self: Array) -> Array:
    """``self``: it is on the CPU already."""
    return self


def _declare_cast(name: str, dtype: dtypes.Dtype) -> None:
    def cast(self: Array, non_blocking: bool = False) -> Array:
        return converted(self, dtype.code, copy=True)

    cast.__doc__ = f"A copy in {dtype!r} (of archives of old versions)."
    operator(
        f"aten::_cast_{name}(Tensor self, bool non_blocking=False) -> Tensor",
        meta=lambda self, non_blocking: TensorMeta(dtype, self.shape),
        samples=lambda: [Sample(array([1.7, 0.0, 3.2])), Sample(array([1, 2]))],
    )(cast)


for _name, _dtype in (
    ("Byte", dtypes.uint8),
    ("Char", dtypes.int8),
    ("Short", dtypes.int16),
    ("Int", dtypes.int32),
    ("Long", dtypes.int64),
    ("Half", dtypes.float16),
    ("Float", dtypes.float32),
    ("Double", dtypes.float64),
):
    _declare_cast(_name, _dtype)


# To a Python number.


def number(self: Array) -> Any:
    """The only element as a Python number; RuntimeError when there is not exactly one."""
    if self.size != 1:
        raise RuntimeError(f"a tensor of {self.size} elements is no single number")
    value = self.item()
    return value if type(value) in (float, int, bool, complex) else float(value)


def _number_samples() -> list[Sample]:
    return [
        Sample(array(2.5)),
        Sample(array([[3]])),
        Sample(array(True)),
        Sample(array(1.5, dtypes.bfloat16)),
        Sample(array(1.5, dtypes.float16)),
    ]


def _number_rejects() -> list[Rejected]:
    return [Rejected(tensor(2)), Rejected(tensor(0))]


@operator("aten::item(Tensor self) -> Scalar", samples=_number_samples, rejects=_number_rejects)
@operator("aten::_local_scalar_dense(Tensor self) -> Scalar", samples=_number_samples)
def item(self: Array) -> Any:
    """The only element as a Python number; RuntimeError when there is not exactly one."""
    return number(self)


@operator("aten::Int.Tensor(Tensor a) -> int", samples=lambda: [Sample(array(2.7)), Sample(array([3]))],
          rejects=_number_rejects)  # fmt: skip
def int_of(a: Array) -> int:
    """The only element as an int, fractions cut off."""
    return int(number(a))


@operator("aten::Float.Tensor(Tensor a) -> float",
          samples=lambda: [Sample(array(2.5)), Sample(array([3]))], rejects=_number_rejects)  # fmt: skip
def float_of(a: Array) -> float:
    """The only element as a float."""
    return float(number(a))


@operator("aten::Bool.Tensor(Tensor a) -> bool",
          samples=lambda: [Sample(array(2.5)), Sample(array([0]))], rejects=_number_rejects)  # fmt: skip
def bool_of(a: Array) -> bool:
    """Whether the only element is not zero."""
    if a.size != 1:
        raise RuntimeError(
            f"the truth value of a tensor of {a.size} elements is ambiguous: use any() or all()"
        )
    return bool(number(a) != 0)


@operator("aten::Complex.Tensor_Tensor(Tensor a, Tensor b) -> complex",
          samples=lambda: [Sample(array(2.5), array(1.0))])  # fmt: skip
def complex_of_parts(a: Array, b: Array) -> complex:
    """A complex number of two parts."""
    return complex(number(a), number(b))


def _implicit(a: Array, wanted: str) -> Any:
    if a.ndim:
        raise RuntimeError(
            f"only a 0-dim tensor becomes {wanted} by itself, not one of {a.ndim} dimensions"
        )
    return number(a)


@operator("aten::IntImplicit(Tensor a) -> int", samples=lambda: [Sample(array(2))],
          rejects=lambda: [Rejected(array(2.0)), Rejected(array([2]))])  # fmt: skip
def int_implicit(a: Array) -> int:
    """A 0-dim tensor of integers where an int is wanted; RuntimeError for another."""
    value = _implicit(a, "an int")
    if a.dtype.kind not in "iu":
        raise RuntimeError(f"a tensor of {a.dtype} does not become an int by itself: use int()")
    return int(value)


@operator("aten::FloatImplicit(Tensor a) -> float",
          samples=lambda: [Sample(array(2.5)), Sample(array(1.5, dtypes.float64))],
          rejects=lambda: [Rejected(array([2.0]))])  # fmt: skip
def float_implicit(a: Array) -> float:
    """A 0-dim tensor of reals where a float is wanted; RuntimeError for another."""
    value = _implicit(a, "a float")
    if a.dtype.kind == "c":
        raise RuntimeError("a complex tensor does not become a float")
    return float(value)


@operator("aten::ComplexImplicit(Tensor a) -> complex",
          samples=lambda: [Sample(array(2.5 + 1j, dtypes.complex64))],
          rejects=lambda: [Rejected(array([2.0]))])  # fmt: skip
def complex_implicit(a: Array) -> complex:
    """A 0-dim tensor where a complex number is wanted."""
    return complex(_implicit(a, "a complex number"))


@operator("aten::ScalarImplicit(Tensor a) -> Scalar",
          samples=lambda: [Sample(array(2.5)), Sample(array(2))],
          rejects=lambda: [Rejected(array([2.0]))])  # fmt: skip
def scalar_implicit(a: Array) -> Any:
    """A 0-dim tensor where a number is wanted."""
    return _implicit(a, "a number")
