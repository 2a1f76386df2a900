"""Tensors that a module registers when they are assigned to it: ``Parameter`` and ``Buffer``.

``UninitializedParameter`` and ``UninitializedBuffer`` are those of lazy modules, without a shape.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np

import tscript as torch
from ops_registry.device import Device
from ops_registry.dtypes import Dtype
from tscript.runtime.tensor import Tensor, wrap

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "is_lazy",
]


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


class UninitializedTensorMixin(Tensor):
    """A tensor that has a dtype and a device, and no shape before :meth:`materialize`."""

    __slots__ = ()

    #: What it is once it has a shape.
    cls_to_become: type[Tensor]

    # The elements lie in the slot of Tensor; whoever asks for them gets an error instead.
    @property
    def array(self) -> np.ndarray:
        raise ValueError(
            f"an {type(self).__name__} has no values yet: call its lazy module once, or"
            " materialize(shape) it"
        )

    @array.setter
    def array(self, value: np.ndarray) -> None:
        _ELEMENTS.__set__(self, value)

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            f"an {type(self).__name__} has no shape yet: call its lazy module once, or"
            " materialize(shape) it"
        )

    @property
    def dtype(self) -> Dtype:
        return self.data.dtype

    @property
    def data(self) -> Tensor:
        """An empty tensor of its dtype and device, as ``Module.to`` converts it."""
        return wrap(_ELEMENTS.__get__(self), self._device)

    @data.setter
    def data(self, value: Tensor) -> None:
        self.array = value.array
        self._device = value.device

    def materialize(
        self,
        shape: tuple[int, ...],
        device: Device | str | None = None,
        dtype: Dtype | None = None,
    ) -> None:
        """Give it a shape: it is an ordinary, uninitialised tensor from here on."""
        made = torch.empty(
            shape,
            device=self.device if device is None else device,
            dtype=self.dtype if dtype is None else dtype,
        )
        self.data = made
        become: Any = self.cls_to_become
        self.__class__ = become

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) not in memo:
            memo[id(self)] = _rebuild_uninitialized(
                type(self), self.requires_grad, self.device, self.dtype
            )
        found: Tensor = memo[id(self)]
        return found

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return (_rebuild_uninitialized, (type(self), self.requires_grad, self.device, self.dtype))

    def __repr__(self) -> str:  # type: ignore[override]
        return f"<{type(self).__name__}>"


_ELEMENTS: Any = Tensor.__dict__["array"]


def _rebuild_uninitialized(
    cls: Any, requires_grad: bool, device: Device, dtype: Dtype
) -> UninitializedTensorMixin:
    made: UninitializedTensorMixin = cls(requires_grad=requires_grad, device=device, dtype=dtype)
    return made


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape comes with the first input of its lazy module.

    >>> weight = UninitializedParameter()
    >>> weight.materialize((2, 3))
    >>> weight.shape, type(weight).__name__
    (torch.Size([2, 3]), 'Parameter')
    """

    __slots__ = ()

    cls_to_become = Parameter

    def __new__(
        cls,
        requires_grad: bool = True,
        device: Device | str | None = None,
        dtype: Dtype | None = None,
    ) -> UninitializedParameter:
        empty = torch.empty(0, device=device, dtype=dtype)
        made: UninitializedParameter = cls._wrap(empty.array, empty.device)
        made._requires_grad = requires_grad
        return made


class UninitializedBuffer(UninitializedTensorMixin, Buffer):
    """A buffer whose shape comes with the first input of its lazy module."""

    __slots__ = ()

    cls_to_become = Tensor

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Device | str | None = None,
        dtype: Dtype | None = None,
        persistent: bool = True,
    ) -> UninitializedBuffer:
        empty = torch.empty(0, device=device, dtype=dtype)
        made: UninitializedBuffer = cls._wrap(empty.array, empty.device)
        made._requires_grad = requires_grad
        if not persistent:
            made.persistent = False
        return made


def is_lazy(tensor: object) -> TypeGuard[UninitializedTensorMixin]:
    """Whether ``tensor`` has no shape yet."""
    return isinstance(tensor, UninitializedTensorMixin)
