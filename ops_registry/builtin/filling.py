"""Writing plain values into tensors: fill_, zero_, copy_, masked_fill; their functional forms."""

from __future__ import annotations

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, Operand, Scalar, wrapped
from ops_registry.meta import TensorMeta, broadcast_shapes, like
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _cast(value: Operand, self: Array) -> Operand:
    """What is written: one value, checked to fit the elements of ``self``."""
    if isinstance(value, np.ndarray):
        if value.ndim:
            raise RuntimeError(
                f"one value is written everywhere: a 0-dim tensor, not {value.ndim} dimensions"
            )
        return value
    kind = self.dtype.kind
    if isinstance(value, complex) and kind != "c":
        raise RuntimeError(f"a complex number does not fit into a tensor of {self.dtype}")
    if kind in "iu":
        info = np.iinfo(self.dtype)
        # Below zero wraps around in unsigned dtypes, as it does in PyTorch.
        low = -int(info.max) - 1 if kind == "u" else int(info.min)
        whole = value.real
        if not (np.isfinite(whole) and low <= int(whole) <= info.max):
            raise RuntimeError(f"{value} does not fit into a tensor of {self.dtype}")
        return wrapped(int(whole), self.dtype)
    return value


def _fill_samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4), 2.5),
        Sample(tensor(3, 4).T, 2),
        Sample(tensor(), 1.5),
        Sample(tensor(0), 1),
        Sample(tensor(3, dtype=dtypes.int64), 2.7),
        Sample(tensor(3, dtype=dtypes.bool_), 2),
        Sample(tensor(3, dtype=dtypes.bfloat16), 0.1),
    ]


def _fill_tensor_samples() -> list[Sample]:
    return [Sample(tensor(3, 4), tensor(seed=1)), Sample(tensor(3), array(2))]


@operator(
    "aten::fill.Scalar(Tensor self, Scalar value) -> Tensor",
    meta=like("self"),
    out=True,
    samples=_fill_samples,
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int8), 300)],
)
@operator(
    "aten::fill.Tensor(Tensor self, Tensor value) -> Tensor",
    meta=like("self"),
    out="Tensor_out",
    samples=_fill_tensor_samples,
    rejects=lambda: [Rejected(tensor(3), tensor(3))],
)
def fill(self: Array, value: Operand) -> Array:
    """A tensor like ``self`` with ``value`` (a number or a 0-dim tensor) everywhere."""
    result = np.empty_like(self)
    result[...] = _cast(value, self)
    return result


@operator(
    "aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)",
    meta=like("self"),
    samples=_fill_samples,
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int8), 300)],
)
@operator(
    "aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)",
    meta=like("self"),
    samples=_fill_tensor_samples,
    rejects=lambda: [Rejected(tensor(3), tensor(3))],
)
def fill_(self: Array, value: Operand) -> Array:
    """Write ``value`` everywhere; RuntimeError if it does not fit the dtype."""
    self[...] = _cast(value, self)
    return self


@operator("aten::zero(Tensor self) -> Tensor", meta=like("self"), out=True,
          samples=lambda: [Sample(tensor(3, 4)), Sample(tensor())])  # fmt: skip
def zero(self: Array) -> Array:
    """Zeros in the shape and dtype of ``self``."""
    return np.zeros_like(self)


@operator("aten::zero_(Tensor(a!) self) -> Tensor(a!)", meta=like("self"),
          samples=lambda: [Sample(tensor(3, 4)), Sample(tensor()), Sample(tensor(4, 3).T)])  # fmt: skip
def zero_(self: Array) -> Array:
    """Write zeros everywhere."""
    self[...] = 0
    return self


@operator(
    "aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)",
    meta=like("self"),
    samples=lambda: [
        Sample(tensor(3, 4), tensor(4, seed=1)),
        Sample(tensor(3, 4), tensor(3, 4, dtype=dtypes.float64)),
        Sample(tensor(3, dtype=dtypes.int64), array([1.7, -1.7, 2.2])),
        Sample(tensor(), tensor(seed=1)),
        Sample(tensor(2, 0), tensor(0)),
        Sample(tensor(2, 3), tensor(3, 2).T),
        Sample(tensor(3, dtype=dtypes.bool_), array([0.0, 0.5, 2.0])),
    ],
    rejects=lambda: [Rejected(tensor(3), tensor(4)), Rejected(tensor(3), tensor(2, 3))],
)
def copy_(self: Array, src: Array, non_blocking: bool = False) -> Array:
    """Write the elements of ``src``, converted to the dtype of ``self``.

    Shapes: ``src`` broadcasts to ``self``; RuntimeError when it does not.
    """
    if src.shape != self.shape and broadcast_shapes(self.shape, src.shape) != self.shape:
        raise RuntimeError(
            f"a tensor of shape {list(src.shape)} cannot be copied into one of {list(self.shape)}"
        )
    np.copyto(self, src, casting="unsafe")
    return self


@operator("aten::copy_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)", meta=like("self"),
          samples=lambda: [Sample(tensor(3), tensor(seed=1))])  # fmt: skip
def copy_tensor_(self: Array, other: Array) -> Array:
    """Write the elements of ``other``; see ``copy_``."""
    return copy_(self, other)


@operator("aten::copy_.int(Tensor(a!) self, int other) -> Tensor(a!)", meta=like("self"),
          samples=lambda: [Sample(tensor(3), 2)])  # fmt: skip
@operator("aten::copy_.float(Tensor(a!) self, float other) -> Tensor(a!)", meta=like("self"),
          samples=lambda: [Sample(tensor(3), 2.5)])  # fmt: skip
def copy_scalar_(self: Array, other: Scalar) -> Array:
    """Write one number everywhere."""
    return fill_(self, other)


def _masked_meta(self: TensorMeta, mask: TensorMeta, value: object) -> TensorMeta:
    return TensorMeta(self.dtype, broadcast_shapes(self.shape, mask.shape))


@operator(
    "aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor",
    meta=_masked_meta,
    inplace=True,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), tensor(3, 4, dtype=dtypes.bool_), -np.inf),
        Sample(tensor(3, 4), tensor(4, dtype=dtypes.bool_), 2),
        Sample(tensor(), array(True), 1.5),
        Sample(tensor(0), tensor(0, dtype=dtypes.bool_), 1.5),
        Sample(tensor(4, dtype=dtypes.int64), tensor(4, dtype=dtypes.bool_), 7),
        Sample(tensor(4, dtype=dtypes.bfloat16), tensor(4, dtype=dtypes.bool_), 0.1),
    ],
    rejects=lambda: [Rejected(tensor(3), tensor(3), 0.0)],
)
@operator(
    "aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor",
    meta=_masked_meta,
    inplace=True,
    out="Tensor_out",
    samples=lambda: [Sample(tensor(3, 4), tensor(4, dtype=dtypes.bool_), tensor(seed=1))],
    rejects=lambda: [Rejected(tensor(3), tensor(3, dtype=dtypes.bool_), tensor(3))],
)
def masked_fill(self: Array, mask: Array, value: Operand) -> Array:
    """``value`` where ``mask`` holds, else ``self``.

    Shapes: ``mask`` (bool; RuntimeError otherwise) broadcasts with ``self``.
    """
    if mask.dtype.kind != "b":
        raise RuntimeError(f"a mask has dtype bool, not {mask.dtype}")
    complex_value = value.dtype.kind == "c" if isinstance(value, np.ndarray) else False
    if complex_value and self.dtype.kind != "c":
        raise RuntimeError(f"a complex value does not fit a tensor of {self.dtype}")
    value = _cast(value, self)
    shape = broadcast_shapes(self.shape, mask.shape)
    result = np.array(self if self.shape == shape else np.broadcast_to(self, shape))
    np.copyto(result, np.asarray(value).astype(self.dtype), where=mask)
    return result
