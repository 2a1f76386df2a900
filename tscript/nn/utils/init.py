"""``skip_init``: a module whose parameters are not drawn."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from tscript.nn.module import Module

__all__ = ["skip_init"]

_M = TypeVar("_M", bound=Module)


def skip_init(module_cls: type[_M], *args: Any, **kwargs: Any) -> _M:
    """Construct a module without initialising its parameters; the random stream stands still.

    >>> from tscript import nn
    >>> skip_init(nn.Linear, 3, 2).weight.shape
    torch.Size([2, 3])
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"skip_init takes a class of modules, not {module_cls!r}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError(f"{module_cls.__name__} takes no device")
    device = kwargs.pop("device", "cpu")
    return module_cls(*args, device="meta", **kwargs).to_empty(device=device)
