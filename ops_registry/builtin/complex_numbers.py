"""Complex numbers: their parts as views, their angle, conjugation."""

from __future__ import annotations

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array
from ops_registry.builtin.views import view_operator
from ops_registry.meta import TensorMeta, elementwise
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


@view_operator("aten::real(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(3)), Sample(tensor(3, dtype=dtypes.complex64))])  # fmt: skip
def real(self: Array) -> Array:
    """The real parts; of a real tensor, itself."""
    return self.real.view()


@view_operator("aten::imag(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(3, dtype=dtypes.complex64))],
               rejects=lambda: [Rejected(tensor(3))])  # fmt: skip
def imag(self: Array) -> Array:
    """The imaginary parts; RuntimeError for a real tensor."""
    if self.dtype.kind != "c":
        raise RuntimeError(f"only complex tensors have an imaginary part, not {self.dtype}")
    return self.imag


@view_operator("aten::view_as_real(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(2, 3, dtype=dtypes.complex64))],
               rejects=lambda: [Rejected(tensor(3))])  # fmt: skip
def view_as_real(self: Array) -> Array:
    """Real and imaginary parts as a last dimension of size 2; RuntimeError for a real tensor."""
    if self.dtype.kind != "c":
        raise RuntimeError(f"view_as_real takes complex tensors, not {self.dtype}")
    return self[..., None].view(self.real.dtype)


def _complex_meta(self: TensorMeta) -> TensorMeta:
    return TensorMeta(self.dtype.to_complex(), self.shape[:-1])


@operator("aten::view_as_complex(Tensor(a) self) -> Tensor(a)", meta=_complex_meta,
               samples=lambda: [Sample(tensor(3, 2)), Sample(tensor(2, dtype=dtypes.float64))],
               rejects=lambda: [Rejected(tensor(3)), Rejected(tensor(2, dtype=dtypes.int64))])  # fmt: skip
def view_as_complex(self: Array) -> Array:
    """The last dimension, of size 2 and stride 1, as complex numbers."""
    if self.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise RuntimeError(f"view_as_complex takes float32 or float64, not {self.dtype}")
    if not self.ndim or self.shape[-1] != 2:
        raise RuntimeError("view_as_complex needs a last dimension of size 2")
    result = self.view(np.complex64 if self.dtype == np.float32 else np.complex128)
    return result.reshape(result.shape[:-1], copy=False)


@view_operator("aten::conj(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(3)), Sample(tensor(3, dtype=dtypes.complex64))])  # fmt: skip
@view_operator("aten::_conj(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(3, dtype=dtypes.complex64))])  # fmt: skip
def conj(self: Array) -> Array:
    """Complex conjugates, as a copy; a real tensor is a view of itself."""
    return np.conjugate(self, out=...) if self.dtype.kind == "c" else self.view()


@view_operator("aten::resolve_conj(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(3))])  # fmt: skip
@view_operator("aten::resolve_neg(Tensor(a) self) -> Tensor(a)",
               samples=lambda: [Sample(tensor(3))])  # fmt: skip
def resolved(self: Array) -> Array:
    """``self``: conjugation and negation are never pending here."""
    return self


@operator(
    "aten::conj_physical(Tensor self) -> Tensor",
    meta=lambda self: self,
    inplace=True,
    out=True,
    samples=lambda: [Sample(tensor(3, dtype=dtypes.complex64))],
)
def conj_physical(self: Array) -> Array:
    """Complex conjugates, as a copy; a real tensor itself."""
    return np.conjugate(self) if self.dtype.kind == "c" else self


@operator(
    "aten::angle(Tensor self) -> Tensor",
    meta=elementwise("self", int_to_float=True, real=True),
    out=True,
    samples=lambda: [
        Sample(tensor(4)),
        Sample(array([0.0, -0.0, np.nan, -1.0])),
        Sample(tensor(3, dtype=dtypes.int64)),
        Sample(tensor(3, dtype=dtypes.complex64)),
    ],
)
def angle(self: Array) -> Array:
    """The angle of a complex number in radians; 0 or pi for a real one, NaN for NaN."""
    if self.dtype.kind == "c":
        return np.angle(self)
    return np.where(np.isnan(self), self, np.where(np.less(self, 0), np.pi, 0.0))
