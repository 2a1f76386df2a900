"""Values and functions of PyTorch as tscript's: the same arguments, and the same call, on our side.

How results are compared is in `parity.comparison`; how calls are spelled as scripts, in
`parity.script_calls`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

import tscript
from tscript.runtime.tensor import wrap


class Untranslatable(Exception):
    """A value that has no counterpart here: a sparse tensor, a generator of another device."""


class Missing(Exception):
    """PyTorch has a name that tscript has not."""


def owned(value: Any, seen: dict[int, Any] | None = None) -> Any:
    """A deep copy of arguments in which every tensor owns its storage, strides kept.

    A tensor that is passed twice stays one tensor.
    """
    seen = {} if seen is None else seen
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.is_quantized or value.device.type != "cpu":
            raise Untranslatable(f"a tensor of layout {value.layout} on {value.device}")
        if id(value) not in seen:
            plain = value.detach()
            if plain.is_conj() or plain.is_neg():
                plain = plain.clone().resolve_conj().resolve_neg()
            storage = plain.untyped_storage().clone()
            copy = torch.empty(0, dtype=plain.dtype)
            copy.set_(storage, plain.storage_offset(), plain.size(), plain.stride())
            seen[id(value)] = copy
        return seen[id(value)]
    if isinstance(value, torch.Size):
        return value
    if isinstance(value, list | tuple):
        items = [owned(item, seen) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: owned(item, seen) for key, item in value.items()}
    return value


def translated(value: Any, seen: dict[int, Any] | None = None) -> Any:
    """An argument for tscript, equal to `value` and sharing no memory with it."""
    seen = {} if seen is None else seen
    if isinstance(value, torch.Tensor):
        if id(value) not in seen:
            made = tensor(value)
            if isinstance(value, torch.nn.Parameter):
                made = tscript.nn.Parameter(made, requires_grad=value.requires_grad)
            seen[id(value)] = made
        return seen[id(value)]
    if isinstance(value, torch.Size):
        return tscript.Size(value)
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return slice(*(translated(part, seen) for part in parts))
    if isinstance(value, list | tuple):
        items = [translated(item, seen) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: translated(item, seen) for key, item in value.items()}
    if isinstance(value, torch.device):
        return tscript.device(str(value))
    if isinstance(value, torch.dtype | torch.layout | torch.memory_format):
        return find(str(value))
    if isinstance(value, torch.nn.Module):
        return module(value, seen)
    if dataclasses.is_dataclass(value) and type(value).__module__.startswith("torch.nn."):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return find(f"torch.nn.{type(value).__name__}")(**translated(fields, seen))
    if isinstance(value, types.FunctionType | functools.partial) or (
        callable(value) and spelling(value) is not None
    ):
        return function(value)
    return value


def module(value: torch.nn.Module, seen: dict[int, Any]) -> Any:
    """Our module with the same attributes and state, as if it had been unpickled."""
    if id(value) not in seen:
        name = type(value).__name__
        place = "torch.nn" if hasattr(torch.nn, name) else type(value).__module__
        made_of = find(f"{place}.{name}")
        seen[id(value)] = made = made_of.__new__(made_of)
        known = vars(tscript.nn.Module())
        state = {n: v for n, v in vars(value).items() if "hook" not in n or n in known}
        made.__setstate__({name: translated(item, seen) for name, item in state.items()})
    return seen[id(value)]


def tensor(value: torch.Tensor) -> Any:
    """Our tensor with the same elements, strides and offset, on memory of its own."""
    copy = owned(value)
    dtype = find(str(copy.dtype))
    if copy.dtype == torch.complex32:
        raise Untranslatable("a complex32 tensor")
    if copy.dtype == torch.bfloat16:  # NumPy does not know it
        raw = torch.empty(0, dtype=torch.int16).set_(copy.untyped_storage()).numpy().copy()
        storage = raw.view(dtype.numpy)
    else:
        storage = torch.empty(0, dtype=copy.dtype).set_(copy.untyped_storage()).numpy().copy()
    if not storage.size:
        return tscript.empty(tuple(copy.shape), dtype=dtype)
    whole = wrap(storage)
    if (
        whole.array.size == copy.numel()
        and copy.is_contiguous()
        and copy.dim() == 1
        and copy.storage_offset() == 0
    ):
        return whole
    return whole.as_strided(tuple(copy.shape), copy.stride(), copy.storage_offset())


def array(value: Any) -> np.ndarray:
    """A tensor of either side as an array; bfloat16 as float32."""
    if isinstance(value, torch.Tensor):
        value = value.detach().resolve_conj().resolve_neg()
        return (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    found = value.detach().resolve_conj().resolve_neg().array
    return found.astype(np.float32) if found.dtype.kind == "V" else found


def back(value: Any) -> Any:
    """Our results as PyTorch's, for functions of PyTorch that compare them."""
    if isinstance(value, tscript.Tensor):
        dtype = getattr(torch, repr(value.dtype).removeprefix("torch."))
        return torch.from_numpy(array(value).copy()).to(dtype)
    if isinstance(value, tuple | list):
        return tuple(back(item) for item in value)
    return value


def find(path: str) -> Any:
    """What tscript has under a name of PyTorch's: ``torch.linalg.det``, ``torch.Tensor.view``."""
    root, *names = path.split(".")
    if root != "torch":
        raise Missing(path)
    if names[0] == "Tensor" and len(names) == 2:
        return method(names[1])
    found: Any = tscript
    for name in names:
        try:
            found = getattr(found, name)
        except (AttributeError, ImportError) as error:
            if not isinstance(found, types.ModuleType):
                raise Missing(path) from error
            try:  # a file that is imported by name only
                found = importlib.import_module(f"{found.__name__}.{name}")
            except ImportError:
                raise Missing(path) from error
    return found


def method(name: str) -> Callable[..., Any]:
    if not hasattr(tscript.Tensor, name) and not hasattr(tscript.ones(1), name):
        raise Missing(f"torch.Tensor.{name}")

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(self, tscript.Tensor):  # as PyTorch's own method would
            raise TypeError(f"{name} is a method of tensors")
        return getattr(self, name)(*args, **kwargs)

    return call


@functools.cache
def _spellings() -> dict[int, str]:
    """The public name of every function of PyTorch, by its identity."""
    places = ["torch", "torch.linalg", "torch.fft", "torch.special", "torch.nn.functional"]
    places += ["torch.signal.windows", "torch.masked", "torch.nn.init", "torch"]
    found: dict[int, str] = {}
    for place in places:
        holder = torch
        for name in place.split(".")[1:]:
            holder = getattr(holder, name)
        for name in sorted(dir(holder), key=lambda name: name.startswith("_")):
            if callable(value := getattr(holder, name, None)):
                found.setdefault(id(value), f"{place}.{name}")
    for name in dir(torch.Tensor):
        value = getattr(torch.Tensor, name, None)
        if callable(value):
            found.setdefault(id(value), f"torch.Tensor.{name}")
    return found


def spelling(function: Any) -> str | None:
    """``torch.linalg.det`` for that function; None when it has no public name."""
    if isinstance(function, torch._ops.OpOverload):
        return f"torch.ops.{function}"
    if isinstance(function, torch._ops.OpOverloadPacket):
        return f"torch.ops.{function}"
    return _spellings().get(id(function))


@contextlib.contextmanager
def _kept_generator() -> Iterator[None]:
    state = tscript.get_rng_state()
    try:
        yield
    finally:
        tscript.set_rng_state(state)


#: What PyTorch's test code calls beside PyTorch itself.
_SUBSTITUTES = {"freeze_rng_state": _kept_generator, "F": "torch.nn.functional"}


def function(value: Any) -> Callable[..., Any]:
    """The function of tscript that does what one of PyTorch's does.

    A function with a public name is looked up by it. A lambda or a wrapper of PyTorch's test code
    is run as it is, with tscript in the place of PyTorch among its globals.

    Raises `Missing` when tscript lacks the name.
    """
    if (path := spelling(value)) is not None:
        return find(path)  # type: ignore[no-any-return]
    if isinstance(value, functools.partial):
        args = [translated(item) for item in value.args]
        kwargs = {key: translated(item) for key, item in value.keywords.items()}
        return functools.partial(function(value.func), *args, **kwargs)
    if not isinstance(value, types.FunctionType):
        raise Missing(repr(value))
    cells = tuple(types.CellType(_replaced(c.cell_contents)) for c in value.__closure__ or ())
    names = {
        name: _replaced(value.__globals__[name], name)
        for name in _global_names(value.__code__)
        if name in value.__globals__
    }
    scope = {"__builtins__": value.__globals__["__builtins__"], **names}
    copy = types.FunctionType(value.__code__, scope, value.__name__, value.__defaults__, cells)
    copy.__kwdefaults__ = value.__kwdefaults__
    return copy


def _global_names(code: types.CodeType) -> set[str]:
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _global_names(constant)
    return found


def _replaced(value: Any, name: str = "") -> Any:
    if name in _SUBSTITUTES:
        substitute = _SUBSTITUTES[name]
        return find(substitute) if isinstance(substitute, str) else substitute
    if isinstance(value, types.ModuleType):
        return tscript if value is torch else value
    if isinstance(value, types.FunctionType | functools.partial) or (
        callable(value) and spelling(value) is not None
    ):
        return function(value)
    return value
