"""Tensors that a module registers when they are assigned to it: ``Parameter`` and ``Buffer``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tscript.runtime.tensor import Tensor, wrap

__all__ = ["Buffer", "Parameter"]


def _tensor(data: Tensor | None, what: str) -> Tensor:
    if data is None:
        return wrap(np.empty(0, np.float32))
    if not isinstance(data, Tensor):
        raise TypeError(f"a {what} is made of a Tensor, not {type(data).__name__}")
    return data


class Parameter(Tensor):
    """A tensor that is trained: assigned to a module's attribute it becomes its parameter.

    It shares memory with ``data``. ``requires_grad`` is a recorded flag.

    >>> import tscript as torch
    >>> Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        data = _tensor(data, "Parameter")
        made: Parameter = cls._wrap(data.array, data.device)
        if requires_grad:
            made.requires_grad_()
        return made

    def __repr__(self) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that is state but not trained: assigned to a module's attribute it is its buffer.

    One that is not ``persistent`` is left out of state dictionaries.

    >>> import tscript as torch
    >>> from tscript import nn
    >>> module = nn.Module()
    >>> module.seen = Buffer(torch.zeros(2))
    >>> list(module.state_dict())
    ['seen']
    """

    __slots__ = ()

    persistent: bool = True

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Buffer:
        data = _tensor(data, "Buffer")
        made: Buffer = cls._wrap(data.array, data.device)
        if not persistent:
            made.persistent = False
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        copy = super().__deepcopy__(memo)
        assert isinstance(copy, Buffer)
        if not self.persistent:
            copy.persistent = False
        return copy
