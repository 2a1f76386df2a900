"""``Tensor``: a handle on a NumPy array that behaves like PyTorch's.

The handle owns nothing but the reference: views share memory as NumPy's do, and an in-place
operator writes into the array. Operators arrive from the registry the first time a method is
asked for; Python's operators are in :mod:`tscript.runtime.tensor_operators`, constructors in
:mod:`tscript.runtime.creation`, text in :mod:`tscript.runtime.tensor_print`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.device import CPU, Device
from ops_registry.dtypes import Dtype
from ops_registry.storage import owner_of, strides_of
from tscript.runtime import memory
from tscript.runtime.errors import DifferentiationError
from tscript.runtime.layout import Layout, MemoryFormat, contiguous_format, strided
from tscript.runtime.size import Size
from tscript.runtime.tensor_conversions import TensorConversions
from tscript.runtime.tensor_functions import TensorFunctions
from tscript.runtime.tensor_operators import TensorOperators, call
from tscript.runtime.tracing_state import current_tracer

_NO_GRADIENTS = (
    "differentiation is not there yet: tscript runs models, it does not train them; compute"
    " gradients with PyTorch"
)


class _TensorType(type):
    """Finds operators as attributes of the class too: ``torch.Tensor.relu``."""

    def __getattr__(cls, name: str) -> Any:
        method = operator_method(name)
        if method is None:
            raise AttributeError(f"type object 'Tensor' has no attribute {name!r}")
        return method


class Tensor(TensorOperators, TensorConversions, TensorFunctions, metaclass=_TensorType):
    """A multi-dimensional array of one dtype.

    Tensors are made by ``torch.tensor``, ``torch.zeros`` and the like; ``torch.Tensor(2, 3)`` is an
    uninitialised float tensor and ``torch.Tensor([1, 2])`` one of these values, as in PyTorch.

    >>> x = wrap(np.arange(6.0, dtype=np.float32).reshape(2, 3))
    >>> x.shape, x.dtype, x.stride(), x.requires_grad
    (torch.Size([2, 3]), torch.float32, (3, 1), False)
    """

    __slots__ = ("__dict__", "__weakref__", "array")

    #: The elements. Replacing it makes the handle show other memory (``set_``, ``resize_``).
    array: np.ndarray

    # Defaults of what few tensors have; setting one gives the tensor an attribute dictionary.
    _requires_grad = False
    _grad: Tensor | None = None
    _device: Device = CPU

    #: Nothing computes gradients, so every tensor is a leaf without a history.
    grad_fn = None
    is_leaf = True
    output_nr = 0
    retains_grad = False
    name: Any = None
    is_cuda = is_sparse = is_quantized = is_nested = is_mkldnn = is_mps = is_xpu = False
    is_vulkan = is_ipu = is_xla = is_maia = False
    names: Any = None

    def __new__(cls, *args: Any, device: Any = None) -> Tensor:
        from tscript.runtime.creation import legacy_tensor

        made = legacy_tensor(args, device)
        return made if cls is Tensor else cls._wrap(made.array)

    @classmethod
    def _wrap(cls, array: np.ndarray, device: Device = CPU) -> Any:
        """A new handle on ``array``, of this class, without a copy."""
        made = object.__new__(cls)
        made.array = array
        if device is not CPU:
            made._device = device
        return made

    # What the array is.

    @property
    def dtype(self) -> Dtype:
        return dtypes.from_numpy(self.array.dtype)

    @property
    def shape(self) -> Size:
        found: Size = self.size()
        return found

    @property
    def device(self) -> Device:
        return self._device

    @property
    def layout(self) -> Layout:
        return strided

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def itemsize(self) -> int:
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        return self.array.size * self.array.itemsize

    @property
    def is_meta(self) -> bool:
        return self._device.type == "meta"

    @property
    def is_cpu(self) -> bool:
        return self._device.type == "cpu"

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the extent of one dimension.

        While traced, extents are 0-dim tensors: the trace sees where they go.
        """
        tracer = current_tracer()
        if tracer is not None:
            return tracer.size(self, dim)
        if dim is None:
            return Size(self.array.shape)
        return self.array.shape[_wrapped(dim, self.array.ndim)]

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours in memory, in elements."""
        strides = strides_of(self.array)
        return strides if dim is None else strides[_wrapped(dim, self.array.ndim)]

    def dim(self) -> int:
        return self.array.ndim

    ndimension = dim

    def numel(self) -> Any:
        """The number of elements."""
        tracer = current_tracer()
        if tracer is None:
            return self.array.size
        traced: Any = tracer.numel(self)  # a 0-dim tensor
        return traced

    nelement = numel

    def element_size(self) -> int:
        return self.array.itemsize

    def storage_offset(self) -> int:
        """Where the first element is in its memory, in elements."""
        return memory.byte_offset(self.array) // self.array.itemsize

    def data_ptr(self) -> int:
        return 0 if self.array.size == 0 else memory.address(self.array)

    def is_contiguous(self, memory_format: MemoryFormat = contiguous_format) -> bool:
        if memory_format is contiguous_format:
            return self.array.flags.c_contiguous
        return memory_format.is_layout_of(self.array)

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    def is_inference(self) -> bool:
        return False

    def is_shared(self) -> bool:
        return False

    def get_device(self) -> int:
        return -1

    def __len__(self) -> int:
        if self.array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        tracer = current_tracer()
        if tracer is not None:
            tracer.warn_conversion(self, "len")
        return int(self.array.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if self.array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        tracer = current_tracer()
        if tracer is not None:
            tracer.warn_conversion(self, "iter")
        return iter(call("aten::unbind", self, 0))

    # Differentiation, which is only recorded.

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are wanted: a recorded flag."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set :attr:`requires_grad`; RuntimeError for a dtype that has no gradients."""
        if requires_grad and self.dtype.category < 2:
            raise RuntimeError(
                f"only floating point and complex tensors can require gradients, not {self.dtype}"
            )
        if requires_grad or self._requires_grad:
            self._requires_grad = bool(requires_grad)
        return self

    @property
    def grad(self) -> Tensor | None:
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and value.array.shape != self.array.shape:
            raise RuntimeError(
                f"a gradient has the shape of its tensor: {list(self.array.shape)}, not"
                f" {list(value.array.shape)}"
            )
        self._grad = value

    def backward(self, *args: Any, **kwargs: Any) -> None:
        """Raise: nothing here computes gradients."""
        raise DifferentiationError(_NO_GRADIENTS)

    def register_hook(self, hook: Callable[..., Any]) -> None:
        """Raise: nothing here computes gradients."""
        raise DifferentiationError(_NO_GRADIENTS)

    def retain_grad(self) -> None:
        if not self._requires_grad:
            raise RuntimeError("can't retain_grad on a tensor that has requires_grad=False")

    @property
    def data(self) -> Tensor:
        """The same memory without the gradient flag; assigning replaces the memory."""
        return wrap(self.array.view(), self._device)

    @data.setter
    def data(self, value: Tensor) -> None:
        self.array = value.array

    # To Python and NumPy.

    def item(self) -> Any:
        """The only element as a Python number; RuntimeError unless there is exactly one."""
        tracer = current_tracer()
        if tracer is not None:
            tracer.warn_conversion(self, "number")
        return self._item()

    def _item(self) -> Any:
        array = self.array
        if array.size != 1:
            raise RuntimeError(
                f"a tensor with {array.size} elements cannot be converted to a number"
            )
        value = array.item()
        return value if type(value) in _NUMBERS else float(value)

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers (a number for a 0-dim tensor)."""
        tracer = current_tracer()
        if tracer is not None:
            tracer.warn_conversion(self, "list")
        if self.array.dtype.kind == "V" or self.array.dtype.name in _ML_NAMES:
            return self.array.astype(np.float64).tolist()
        return self.array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The array itself: writes to it show in the tensor.

        RuntimeError for a tensor that requires gradients, unless ``force``.
        """
        if self._requires_grad and not force:
            raise RuntimeError(
                "numpy() on a tensor that requires gradients: use tensor.detach().numpy()"
            )
        tracer = current_tracer()
        if tracer is not None:
            tracer.warn_conversion(self, "numpy")
        if self.is_meta:
            raise TypeError("a tensor on the meta device has no elements: numpy() has nothing")
        return self.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"converting {self.dtype} to {dtype} needs a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __array_wrap__(
        self, array: np.ndarray, context: Any = None, return_scalar: bool = False
    ) -> Tensor:
        return wrap(np.asarray(array))

    def __dlpack__(self, **options: Any) -> Any:
        options.pop("stream", None)
        if self._requires_grad:
            raise BufferError("a tensor that requires gradients is not exported: detach() it")
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[Any, Any]:
        return self.array.__dlpack_device__()

    def __bool__(self) -> bool:
        tracer = current_tracer()
        if tracer is not None:
            tracer.warn_conversion(self, "boolean")
        array = self.array
        if array.size != 1:
            if array.size == 0:
                raise RuntimeError("the truth value of an empty tensor is ambiguous")
            raise RuntimeError(
                "the truth value of a tensor with more than one element is ambiguous: use"
                " x.any() or x.all()"
            )
        return bool(array.item())

    def __int__(self) -> int:
        return int(self._converted("integer"))

    def __float__(self) -> float:
        return float(self._converted("float"))

    def __complex__(self) -> complex:
        return complex(self._converted("complex"))

    def __index__(self) -> int:
        if self.array.size != 1 or self.array.dtype.kind not in "iu":
            if self.array.size == 1 and self.array.dtype.kind == "b":
                return int(self._converted("index"))
            raise TypeError("only an integer tensor of one element can be used as an index")
        return int(self._converted("index"))

    def _converted(self, what: str) -> Any:
        tracer = current_tracer()
        if tracer is not None:
            tracer.warn_conversion(self, what)
        return self._item()

    def __format__(self, specification: str) -> str:
        if self.array.ndim == 0 and not self.is_meta and type(self) is Tensor:
            return format(self._item(), specification)
        return object.__format__(self, specification)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        from tscript.runtime.tensor_print import tensor_repr

        return tensor_repr(self)

    # Copies.

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) in memo:
            found: Tensor = memo[id(self)]
            return found
        copy: Tensor = type(self)._wrap(memory.copy_keeping_aliases(self.array, memo), self._device)
        memo[id(self)] = copy
        if self._requires_grad:
            copy._requires_grad = True
        if self._grad is not None:
            copy._grad = self._grad.__deepcopy__(memo)
        return copy

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        array = self.array
        owner = owner_of(array)
        if not (owner.flags.c_contiguous or owner.flags.f_contiguous):
            array = owner = array.copy()
        place = (memory.byte_offset(array), array.shape, array.strides)
        state = (array.dtype, *place, self._requires_grad, str(self._device))
        return (_rebuild, (type(self), owner, *state))

    # Attributes that are operators.

    @property
    def T(self) -> Tensor:
        transposed: Tensor = call("aten::numpy_T", self)
        return transposed

    @property
    def mT(self) -> Tensor:
        transposed: Tensor = call("aten::mT", self)
        return transposed

    @property
    def H(self) -> Tensor:
        transposed: Tensor = call("aten::matrix_H", self)
        return transposed

    @property
    def mH(self) -> Tensor:
        transposed: Tensor = call("aten::mH", self)
        return transposed

    @property
    def real(self) -> Tensor:
        part: Tensor = call("aten::real", self)
        return part

    @property
    def imag(self) -> Tensor:
        part: Tensor = call("aten::imag", self)
        return part

    def __getattr__(self, name: str) -> Any:
        method = operator_method(name)
        if method is None:
            raise AttributeError(f"'Tensor' object has no attribute {name!r}")
        return method.__get__(self)

    def __dir__(self) -> list[str]:
        from ops_registry.registry import registry

        names = {n.removeprefix("aten::") for n in registry().names() if n.startswith("aten::")}
        return sorted({*object.__dir__(self), *filter(_is_method, names)})


def wrap(array: np.ndarray, device: Device = CPU) -> Tensor:
    """A tensor that shows ``array``: no copy, writes go both ways."""
    made = object.__new__(Tensor)
    made.array = array
    if device is not CPU:
        made._device = device
    return made


_NUMBERS = frozenset({bool, int, float, complex})
_ML_NAMES = frozenset({"bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz",
                       "float8_e4m3fnuz"})  # fmt: skip


def _wrapped(dim: int, ndim: int) -> int:
    from ops_registry.meta import wrap_dim

    return wrap_dim(int(dim), ndim, scalar=False)


def _rebuild(
    cls: type[Tensor],
    owner: np.ndarray,
    dtype: np.dtype,
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    requires_grad: bool,
    device: str,
) -> Tensor:
    """Unpickle a tensor; tensors that shared memory still do."""
    array = memory.view_of_buffer(memory.flat_buffer(owner), dtype, offset, shape, strides)
    made: Tensor = cls._wrap(array, CPU if device == "cpu" else Device(device))
    if requires_grad:
        made._requires_grad = True
    return made


# Methods from the registry.


def operator_method(name: str) -> Any:
    """The method of tensors that is the operator ``aten::name``; None when there is no such one.

    It is kept on the class, so each is looked up once.
    """
    if name.startswith("__") or not _is_method(name):
        return None
    full_name = f"aten::{name}"

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = call(full_name, self, *args, **kwargs)
        return tuple(result) if type(result) is list else result  # as PyTorch's methods do

    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    setattr(Tensor, name, method)
    return method


def _is_method(name: str) -> bool:
    from ops_registry.registry import registry
    from ops_registry.types import TensorType

    overloads = registry().overloads(f"aten::{name}")
    return any(
        schema.arguments
        and schema.arguments[0].name == "self"
        and isinstance(schema.arguments[0].type, TensorType)
        for schema in overloads
    )
