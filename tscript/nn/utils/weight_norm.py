"""Weight normalisation by a forward pre-hook: a weight as a length and a direction."""

from __future__ import annotations

from typing import Any, TypeVar

import tscript as torch
from tscript import Tensor
from tscript.nn.module import Module
from tscript.nn.parameter import Parameter

__all__ = ["remove_weight_norm", "weight_norm"]

_M = TypeVar("_M", bound=Module)


class WeightNorm:
    """The hook: computes the parameter ``name`` from ``name_g`` and ``name_v``."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        """``v`` with the lengths ``g``."""
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        if self.dim == -1:
            return v * (g / torch.linalg.vector_norm(v))
        return torch._weight_norm(v, g, self.dim)

    def remove(self, module: Module) -> None:
        """Make the weight a parameter again."""
        weight = self.compute_weight(module)
        delattr(module, self.name)
        del module._parameters[f"{self.name}_g"], module._parameters[f"{self.name}_v"]
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def lengths(weight: Tensor, dim: int | None) -> Tensor:
    """The norms of the parts of ``weight`` along ``dim``; of all of it for None and -1."""
    if dim is None or dim == -1:
        return torch.linalg.vector_norm(weight)
    others = [d for d in range(weight.dim()) if d != dim % weight.dim()]
    return torch.linalg.vector_norm(weight, dim=others, keepdim=True)


def weight_norm(module: _M, name: str = "weight", dim: int | None = 0) -> _M:
    """Replace a parameter by its lengths along ``dim``, ``name_g``, and its directions, ``name_v``.

    >>> from tscript import nn
    >>> list(weight_norm(nn.Linear(3, 2)).state_dict())
    ['bias', 'weight_g', 'weight_v']
    """
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, WeightNorm) and hook.name == name:
            raise RuntimeError(f"{name!r} has a weight_norm already")
    own = WeightNorm(name, dim)
    weight = getattr(module, name)
    del module._parameters[name]
    module.register_parameter(f"{name}_g", Parameter(lengths(weight, dim).data))
    module.register_parameter(f"{name}_v", Parameter(weight.data))
    setattr(module, name, own.compute_weight(module))
    module.register_forward_pre_hook(own)
    return module


def remove_weight_norm(module: _M, name: str = "weight") -> _M:
    """Undo :func:`weight_norm`: the weight is a parameter again."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"{name!r} of {type(module).__name__} has no weight_norm")
