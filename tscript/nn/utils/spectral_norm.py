"""Spectral normalisation by a forward pre-hook: a weight divided by its largest singular value."""

from __future__ import annotations

from typing import Any, TypeVar

import tscript as torch
from tscript import Tensor
from tscript.nn import functional as F
from tscript.nn.module import Module
from tscript.nn.modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from tscript.nn.parameter import Parameter

__all__ = ["remove_spectral_norm", "spectral_norm"]

_M = TypeVar("_M", bound=Module)


class SpectralNorm:
    """The hook: computes ``name`` from ``name_orig`` and the vectors ``name_u`` and ``name_v``."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        if n_power_iterations <= 0:
            raise ValueError(f"n_power_iterations is positive, not {n_power_iterations}")
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def as_matrix(self, weight: Tensor) -> Tensor:
        """``dim`` of the weight as rows, the rest as columns."""
        return weight.movedim(self.dim, 0).flatten(1)

    def compute_weight(self, module: Module, iterate: bool) -> Tensor:
        """The weight divided by ``u @ W @ v``; ``iterate`` brings u and v nearer first."""
        weight = getattr(module, f"{self.name}_orig")
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        matrix = self.as_matrix(weight)
        with torch.no_grad():
            for _ in range(self.n_power_iterations if iterate else 0):
                v.copy_(F.normalize(torch.mv(matrix.t(), u), dim=0, eps=self.eps))
                u.copy_(F.normalize(torch.mv(matrix, v), dim=0, eps=self.eps))
        return weight / torch.dot(u, torch.mv(matrix, v))

    def remove(self, module: Module) -> None:
        """Make the weight a parameter again."""
        weight = self.compute_weight(module, iterate=False)
        delattr(module, self.name)
        for name in ("_u", "_v", "_orig"):
            delattr(module, self.name + name)
        module.register_parameter(self.name, Parameter(weight.data))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, iterate=module.training))


def spectral_norm(
    module: _M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> _M:
    """Replace a parameter by ``name_orig``; forward divides it by its largest singular value.

    That value is found by power iteration, a step at each call while training.

    >>> from tscript import nn
    >>> list(spectral_norm(nn.Linear(3, 2)).state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            raise RuntimeError(f"{name!r} has a spectral_norm already")
    if dim is None:
        transposed = (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)
        dim = 1 if isinstance(module, transposed) else 0
    own = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = getattr(module, name)
    with torch.no_grad():
        rows, columns = own.as_matrix(weight).shape
        u = F.normalize(weight.new_empty(rows).normal_(0, 1), dim=0, eps=eps)
        v = F.normalize(weight.new_empty(columns).normal_(0, 1), dim=0, eps=eps)
    del module._parameters[name]
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(own)
    return module


def remove_spectral_norm(module: _M, name: str = "weight") -> _M:
    """Undo :func:`spectral_norm`: the normalised weight is a parameter again."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"{name!r} of {type(module).__name__} has no spectral_norm")
