"""Conversions of tensors by name: ``x.float()``, ``x.long()``, ``x.cpu()``, ``x.type(...)``.

A file of its own because these methods carry the names of Python's types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops_registry import dtypes
from tscript.runtime.tensor_operators import call

if TYPE_CHECKING:
    from tscript.runtime.tensor import Tensor


class TensorConversions:
    """The conversion methods of :class:`tscript.runtime.tensor.Tensor`."""

    __slots__ = ()

    def cpu(self: Any, memory_format: Any = None) -> Tensor:
        """The tensor itself: everything is on the CPU."""
        if self.is_meta:
            raise NotImplementedError("a tensor on the meta device has no elements to copy")
        found: Tensor = self
        return found

    def cuda(self, *args: Any, **kwargs: Any) -> Tensor:
        """Raise, naming the remedy: there is no GPU here."""
        raise RuntimeError(
            "tscript computes on the CPU: leave .cuda() out, or save the model and run it with"
            " PyTorch where a GPU is wanted"
        )

    def type(self: Any, dtype: Any = None, non_blocking: Any = False) -> Any:
        """The name of PyTorch's legacy type, or the tensor converted to a dtype."""
        if dtype is None:
            return f"torch.{LEGACY_NAMES.get(self.dtype.name, self.dtype.name)}Tensor"
        if isinstance(dtype, str):
            name = dtype.removeprefix("torch.").removesuffix("Tensor")
            found = next((d for d, legacy in LEGACY_NAMES.items() if legacy == name), None)
            if found is None:
                raise ValueError(f"no tensor type is called {dtype!r}")
            dtype = getattr(dtypes, "bool_" if found == "bool" else found)
        return call("aten::to", self, dtype)

    def double(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.float64, memory_format)

    def float(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.float32, memory_format)

    def half(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.float16, memory_format)

    def bfloat16(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.bfloat16, memory_format)

    def long(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.int64, memory_format)

    def int(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.int32, memory_format)

    def short(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.int16, memory_format)

    def char(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.int8, memory_format)

    def byte(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.uint8, memory_format)

    def bool(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.bool_, memory_format)

    def cfloat(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.complex64, memory_format)

    def chalf(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.complex32, memory_format)

    def cdouble(self, memory_format: Any = None) -> Tensor:
        return _to(self, dtypes.complex128, memory_format)


def _to(tensor: Any, dtype: dtypes.Dtype, memory_format: Any) -> Tensor:
    keywords = {} if memory_format is None else {"memory_format": memory_format}
    converted: Tensor = call("aten::to", tensor, dtype, **keywords)
    return converted


#: Names of PyTorch's legacy tensor types (``torch.FloatTensor``) by dtype.
LEGACY_NAMES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16",
    "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long",
    "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}  # fmt: skip
