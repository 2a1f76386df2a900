"""Parameters that are computed from others: ``register_parametrization``.

``module.weight`` becomes a property whose value is what the parametrizations, modules, make of
``module.parametrizations.weight.original``.
"""

from __future__ import annotations

from typing import Any, TypeVar

import tscript as torch
from tscript import Tensor
from tscript.nn.module import Module
from tscript.nn.modules.container import ModuleDict, ModuleList
from tscript.nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
]

_M = TypeVar("_M", bound=Module)


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and what it is computed from.

    That is ``original``; or ``original0``, ``original1`` ... where the first parametrization's
    ``right_inverse`` gives several.
    """

    def __init__(self, modules: list[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        parts: Any = original
        with torch.no_grad():
            for module in reversed(modules):
                if hasattr(module, "right_inverse"):
                    parts = module.right_inverse(parts)
        self.is_tensor = isinstance(parts, Tensor)
        if self.is_tensor:
            self._register("original", original, parts)
        else:
            self.ntensors = len(parts)
            for number, part in enumerate(parts):
                self._register(f"original{number}", original, part)

    def _register(self, name: str, original: Tensor, value: Tensor) -> None:
        if isinstance(original, Parameter):
            self.register_parameter(name, Parameter(value.data, original.requires_grad))
        else:
            self.register_buffer(name, value)

    def forward(self) -> Tensor:
        if self.is_tensor:
            value: Any = self[0](self.original)
        else:
            value = self[0](*(getattr(self, f"original{i}") for i in range(self.ntensors)))
        for module in list(self)[1:]:
            value = module(value)
        result: Tensor = value
        return result

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the parametrized tensor is ``value``."""
        with torch.no_grad():
            parts: Any = value
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"{type(module).__name__} has no right_inverse")
                parts = module.right_inverse(parts)
            names = ["original"] if self.is_tensor else [
                f"original{i}" for i in range(self.ntensors)
            ]  # fmt: skip
            for name, part in zip(names, [parts] if self.is_tensor else parts, strict=True):
                getattr(self, name).data = part.data


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has a parametrization, or one of ``tensor_name``."""
    found = module._modules.get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def _property(name: str) -> property:
    def get(self: Any) -> Any:
        return self.parametrizations[name]()

    def put(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(get, put)


def register_parametrization(
    module: _M, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> _M:
    """Have ``module.tensor_name`` computed by ``parametrization`` from what it was.

    Its ``right_inverse``, if there is one, says what to compute from, so that the value stays.
    ``unsafe`` allows another dtype or shape.

    >>> import tscript as torch
    >>> from tscript import nn
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all()), list(layer.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        existing: Any = module._modules["parametrizations"]
        chain: ParametrizationList = existing[tensor_name]
        value = chain()
        if not unsafe:
            _check(value, parametrization(value), tensor_name)
        chain.append(parametrization)
        if hasattr(parametrization, "right_inverse"):
            chain.right_inverse(value)
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(f"{type(module).__name__} has no parameter or buffer {tensor_name!r}")
    original: Any = getattr(module, tensor_name)
    chain = ParametrizationList([parametrization], original, unsafe)
    if not unsafe:
        _check(original, chain(), tensor_name)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.add_module("parametrizations", ModuleDict())
        # the property lives on a class of this module's own
        base = type(module)
        own = {"__module__": base.__module__, "_unparametrized": base}
        module.__class__ = type(f"Parametrized{base.__name__}", (base,), own)
    setattr(type(module), tensor_name, _property(tensor_name))
    holder: Any = module._modules["parametrizations"]
    holder[tensor_name] = chain
    return module


def _check(before: Tensor, after: Any, name: str) -> None:
    if not isinstance(after, Tensor) or after.dtype != before.dtype or after.shape != before.shape:
        raise ValueError(
            f"the parametrization of {name!r} changes its dtype or shape; with unsafe=True it may"
        )


def remove_parametrizations(module: _M, tensor_name: str, leave_parametrized: bool = True) -> _M:
    """Make ``tensor_name`` a parameter or buffer again: with its value, or with the original's."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"{type(module).__name__} has no parametrization of {tensor_name!r}")
    holder: Any = module._modules["parametrizations"]
    chain: ParametrizationList = holder[tensor_name]
    if not chain.is_tensor and not leave_parametrized:
        raise ValueError("leave_parametrized=False needs one original tensor")
    name = "original" if chain.is_tensor else "original0"
    was_parameter = name in chain._parameters
    original: Any = getattr(chain, name)
    value = (chain() if leave_parametrized else original).data
    del holder[tensor_name]
    delattr(type(module), tensor_name)
    if was_parameter:
        module.register_parameter(tensor_name, Parameter(value, original.requires_grad))
    else:
        module.register_buffer(tensor_name, value)
    if not len(holder):
        delattr(module, "parametrizations")
        module.__class__ = type(module)._unparametrized  # type: ignore[attr-defined]
    return module
