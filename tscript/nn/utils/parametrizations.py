"""Weight and spectral normalisation as parametrizations."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, TypeVar

import tscript as torch
from tscript import Tensor
from tscript.nn import functional as F
from tscript.nn.module import Module
from tscript.nn.modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from tscript.nn.utils.parametrize import register_parametrization
from tscript.nn.utils.weight_norm import lengths

__all__ = ["spectral_norm", "weight_norm"]

_M = TypeVar("_M", bound=Module)


class _WeightNorm(Module):
    """Lengths and directions to a weight."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        if self.dim == -1:
            return weight_v * (weight_g / torch.linalg.vector_norm(weight_v))
        return torch._weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The lengths and directions of a weight."""
        return lengths(weight, self.dim), weight


def weight_norm(module: _M, name: str = "weight", dim: int | None = 0) -> _M:
    """A weight computed from its lengths along ``dim`` and its directions.

    >>> from tscript import nn
    >>> [key for key, _ in weight_norm(nn.Linear(3, 2)).named_parameters()][1:]
    ['parametrizations.weight.original0', 'parametrizations.weight.original1']
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(state_dict: MutableMapping[str, Any], prefix: str, *_: Any) -> None:
        # what the hook form of weight_norm saved
        for number, suffix in enumerate("gv"):
            if f"{prefix}{name}_{suffix}" in state_dict:
                value = state_dict.pop(f"{prefix}{name}_{suffix}")
                state_dict[f"{prefix}parametrizations.{name}.original{number}"] = value

    module._register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    """A weight divided by its largest singular value, found by power iteration."""

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        if not -weight.dim() <= dim < weight.dim():
            raise IndexError(f"dim {dim} is out of range for {weight.dim()} dimensions")
        if n_power_iterations <= 0:
            raise ValueError(f"n_power_iterations is positive, not {n_power_iterations}")
        self.dim = dim % weight.dim()
        self.eps = eps
        if weight.dim() > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._as_matrix(weight)
            rows, columns = matrix.shape
            u = F.normalize(weight.new_empty(rows).normal_(0, 1), dim=0, eps=eps)
            v = F.normalize(weight.new_empty(columns).normal_(0, 1), dim=0, eps=eps)
            self.register_buffer("_u", u)
            self.register_buffer("_v", v)
            self._iterate(matrix, 15)

    def _as_matrix(self, weight: Tensor) -> Tensor:
        return weight.movedim(self.dim, 0).flatten(1)

    def _iterate(self, matrix: Tensor, count: int) -> None:
        with torch.no_grad():
            for _ in range(count):
                self._u.copy_(F.normalize(torch.mv(matrix, self._v), dim=0, eps=self.eps))
                self._v.copy_(F.normalize(torch.mv(matrix.t(), self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.dim() == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self._as_matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        return weight / torch.vdot(self._u, torch.mv(matrix, self._v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself: it is taken to be normalised."""
        return value


def spectral_norm(
    module: _M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> _M:
    """A weight divided by its largest singular value.

    >>> from tscript import nn
    >>> list(spectral_norm(nn.Linear(3, 2)).state_dict())[1:]
    ['parametrizations.weight.original', 'parametrizations.weight.0._u', \
'parametrizations.weight.0._v']
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"{type(module).__name__} has no parameter or buffer {name!r}")
    if dim is None:
        transposed = (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)
        dim = 1 if isinstance(module, transposed) else 0
    return register_parametrization(
        module, name, _SpectralNorm(weight, n_power_iterations, dim, eps)
    )
