"""Tensors from Python: ``tensor``, ``as_tensor``, ``from_numpy``, ``from_dlpack``.

Creation by operators (``zeros``, ``arange``) is the registry's.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.device import CPU, Device
from ops_registry.dtypes import Dtype
from ops_registry.meta import TensorMeta
from tscript.runtime.tensor import Tensor, wrap
from tscript.runtime.tracing_state import current_tracer


def tensor(
    data: Any,
    *,
    dtype: Dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor with a copy of ``data``: a number, nested sequences of numbers, an array, a tensor.

    The dtype is inferred as PyTorch does: bools, ``int64``, the default dtype for floats, and that
    of an array or tensor. ValueError for ragged sequences.

    >>> tensor([[1, 2], [3, 4]]).dtype, tensor(2.5).dtype
    (torch.int64, torch.float32)
    """
    if isinstance(data, Tensor):
        warnings.warn(
            "torch.tensor(x) of a tensor copies it: write x.clone().detach()", stacklevel=2
        )
    made = _placed(_array(data, dtype, copy=True), device)
    tracer = current_tracer()
    if tracer is not None:
        tracer.created(made, data)
    return made.requires_grad_() if requires_grad else made


def as_tensor(data: Any, dtype: Dtype | None = None, device: Any = None) -> Tensor:
    """A tensor of ``data`` that shares its memory where it can: tensors and arrays are not copied."""
    if isinstance(data, Tensor):
        return data if dtype is None or dtype is data.dtype else data.to(dtype)
    return _placed(_array(data, dtype, copy=False), device)


def asarray(
    obj: Any, *, dtype: Dtype | None = None, device: Any = None, copy: bool | None = None
) -> Tensor:
    """`as_tensor`, or `tensor` with ``copy=True``."""
    made = as_tensor(obj, dtype, device)
    return wrap(made.array.copy()) if copy and made is obj else made


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor on an array's own memory: writes to either show in both.

    TypeError for arrays of dtypes that tensors lack; ValueError for negative strides and foreign
    byte order.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy takes a NumPy array, not {type(array).__name__}")
    if not array.dtype.isnative:
        raise ValueError("the array's byte order is not this machine's: convert it first")
    dtypes.from_numpy(array.dtype)
    if any(stride < 0 for stride in array.strides) and array.size:
        raise ValueError("the array has negative strides: pass array.copy()")
    return wrap(array)


def from_dlpack(source: Any) -> Tensor:
    """A tensor on the memory of anything that speaks DLPack, a real PyTorch tensor included.

    RuntimeError for memory that is not the CPU's.
    """
    if not hasattr(source, "__dlpack__"):
        raise TypeError(f"{type(source).__name__} does not speak DLPack")
    if getattr(source, "requires_grad", False) and hasattr(source, "detach"):
        source = source.detach()
    try:
        array = np.from_dlpack(source)
    except (BufferError, RuntimeError, ValueError) as error:
        array = _through_same_width(source, error)
    if not array.flags.writeable:
        # NumPy marks what an older exporter lends as read-only; the memory is the exporter's to share.
        array = _writable_alias(array)
    return wrap(array)


def _through_same_width(source: Any, error: Exception) -> np.ndarray:
    """bfloat16, which NumPy cannot import, travels as int16."""
    if str(getattr(source, "dtype", "")).endswith("bfloat16") and hasattr(source, "view"):
        module = __import__(type(source).__module__.partition(".")[0])
        return np.from_dlpack(source.view(module.int16)).view(dtypes.bfloat16.numpy)
    raise RuntimeError(f"the tensor cannot be shared through DLPack: {error}") from error


def _writable_alias(array: np.ndarray) -> np.ndarray:
    import ctypes

    if array.size == 0:
        return array.copy()
    from tscript.runtime.memory import address

    extents = zip(array.shape, array.strides, strict=True)
    span = sum((extent - 1) * stride for extent, stride in extents) + array.itemsize
    buffer = (ctypes.c_char * span).from_address(address(array))
    buffer._keeps_alive = array
    return np.ndarray(array.shape, array.dtype, buffer, 0, array.strides)


def scalar_tensor(value: Any, dtype: Dtype) -> Tensor:
    """A 0-dim tensor."""
    return wrap(np.asarray(value).astype(dtype.numpy))


def legacy_tensor(args: tuple[Any, ...], device: Any = None) -> Tensor:
    """What ``torch.Tensor(...)`` means: sizes give an uninitialised tensor, data a float one."""
    dtype = dtypes.default_dtype()
    if len(args) == 1 and not isinstance(args[0], int):
        data = args[0]
        if type(data).__name__ == "Size":
            return wrap(np.empty(tuple(data), dtype.numpy))
        if isinstance(data, Tensor):
            return wrap(data.array.view(), data._device)
        return _placed(_array(data, dtype, copy=True), device)
    if not all(isinstance(size, int) for size in args):
        raise TypeError("torch.Tensor takes sizes or one sequence of data; use torch.tensor")
    return wrap(np.empty(args if args else (0,), dtype.numpy))


def _placed(array: np.ndarray, device: Any) -> Tensor:
    if device is None:
        return wrap(array)
    if not isinstance(device, Device):
        device = Device(device) if isinstance(device, str) else Device("cuda", device)
    if device.type == "meta":
        from tscript.runtime.dispatch import meta_array

        meta = TensorMeta(dtypes.from_numpy(array.dtype), array.shape)
        return wrap(meta_array(meta), device)
    if device.type != "cpu":
        raise RuntimeError(
            f"tscript has the devices cpu and meta, not {device}: leave the device out"
        )
    return wrap(array, CPU)


def _array(data: Any, dtype: Dtype | None, *, copy: bool) -> np.ndarray:
    if isinstance(data, Tensor):
        data = data.array
    elif not isinstance(data, np.ndarray | np.generic) and hasattr(data, "__dlpack__"):
        data = from_dlpack(data).array
    if isinstance(data, np.ndarray | np.generic):
        wanted = (dtype or dtypes.from_numpy(data.dtype)).numpy
        array = np.asarray(data)
        return array.astype(wanted, copy=True) if copy else array.astype(wanted, copy=False)
    if dtype is None:
        dtype = _inferred_dtype(data)
    if isinstance(data, list | tuple):
        _check_rectangular(data)
        if _has_tensors(data):
            return _stacked(data, dtype)
    elif hasattr(data, "__array__"):
        return np.array(data.__array__(), dtype.numpy)
    elif not isinstance(data, int | float | complex):
        data = _sequence(data)
    return _filled(data, dtype)


def _filled(data: Any, dtype: Dtype) -> np.ndarray:
    target = dtype.numpy
    try:
        if target.kind == "V" or dtype.itemsize < 4 and dtype.is_floating_point:
            return np.array(data, np.float64).astype(target)
        if dtype.category <= 1:
            raw = np.array(data)
            if raw.dtype.kind == "O":
                raise OverflowError("an integer does not fit into 64 bits")
            if dtype.category == 0:
                return raw.astype(bool)
            if raw.dtype.kind == "f" and raw.size and not np.isfinite(raw).all():
                raise ValueError("nan and inf cannot be converted to integers")
            limits = np.iinfo(target)
            # A negative number goes into an unsigned dtype if its absolute value does, and wraps.
            least = limits.min if dtype.is_signed else -int(limits.max)
            if raw.size and (raw.min() < least or raw.max() > limits.max):
                raise RuntimeError(f"a value does not fit into {dtype!r} without overflow")
            return raw.astype(target)
        return np.array(data, target)
    except (TypeError, ValueError) as error:
        if isinstance(error, ValueError) and "integers" in str(error):
            raise
        raise TypeError(f"a tensor cannot be made of this: {error}") from error


def _sequence(data: Any) -> list[Any]:
    if isinstance(data, str) or not isinstance(data, Sequence):
        if isinstance(data, range):
            return list(data)
        if hasattr(data, "__len__") and hasattr(data, "__getitem__") and not isinstance(data, str):
            return [data[i] for i in range(len(data))]
        raise TypeError(f"a tensor cannot be made of a value of type {type(data).__name__}")
    return list(data)


def _has_tensors(data: Any) -> bool:
    if isinstance(data, list | tuple):
        return any(map(_has_tensors, data))
    return isinstance(data, Tensor | np.ndarray)


def _stacked(data: Any, dtype: Dtype) -> np.ndarray:
    def plain(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.tolist()
        if isinstance(value, np.ndarray):
            return value.tolist()
        if isinstance(value, list | tuple):
            return [plain(v) for v in value]
        return value

    return _filled(plain(data), dtype)


def _check_rectangular(data: Any) -> tuple[int, ...]:
    if not isinstance(data, list | tuple):
        shape = getattr(data, "shape", ())
        return tuple(map(int, shape))
    if not data:
        return (0,)
    shapes = {_check_rectangular(item) for item in data}
    if len(shapes) != 1:
        lengths = sorted(shape[0] if shape else 0 for shape in shapes)
        raise ValueError(
            f"the nested sequences have different lengths ({lengths[0]} and {lengths[-1]}):"
            " a tensor is rectangular"
        )
    return (len(data), *shapes.pop())


def _inferred_dtype(data: Any) -> Dtype:
    """The dtype of nested Python data: the highest category in it."""
    if isinstance(data, np.ndarray | np.generic):  # first: np.float64 is a float
        return dtypes.from_numpy(data.dtype)
    if isinstance(data, bool):
        return dtypes.bool_
    if isinstance(data, int):
        return dtypes.int64
    if isinstance(data, float):
        return dtypes.default_dtype()
    if isinstance(data, complex):
        return dtypes.default_dtype().to_complex()
    if isinstance(data, Tensor):
        return data.dtype
    if isinstance(data, str | bytes | dict | set) or data is None:
        raise TypeError(f"a tensor cannot be made of a value of type {type(data).__name__}")
    if hasattr(data, "__array__"):
        return dtypes.from_numpy(np.asarray(data).dtype)
    items = data if isinstance(data, list | tuple) else _sequence(data)
    found: Dtype | None = None
    for item in items:
        dtype = _inferred_dtype(item)
        found = dtype if found is None else dtypes.promote(found, dtype)
    return found or dtypes.default_dtype()
