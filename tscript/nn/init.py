"""Initialisers: fill a tensor in place, from PyTorch's random stream.

The same seed gives the weights that PyTorch gives. Each function returns its tensor.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import tscript as torch
from tscript.runtime.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_LINEAR = frozenset(
    {"linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
     "conv_transpose3d", "sigmoid"}
)  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much the layer before ``nonlinearity`` is scaled to keep the variance.

    ``param`` is the slope of ``leaky_relu``, 0.01 when not given.

    >>> round(calculate_gain("relu"), 4), calculate_gain("linear")
    (1.4142, 1)
    """
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "selu":
        return 3.0 / 4
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"the slope of leaky_relu is a number, not {param!r}")
        return math.sqrt(2.0 / (1 + slope**2))
    raise ValueError(f"no gain is known for {nonlinearity!r}")


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output has, and how many outputs each input."""
    if tensor.dim() < 2:
        raise ValueError(f"fans take a tensor of 2 or more dimensions, not {tensor.dim()}")
    outputs, inputs, *kernel = tensor.shape
    area = math.prod(kernel)
    return inputs * area, outputs * area


def _fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"mode is 'fan_in' or 'fan_out', not {mode!r}")
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return fan_in if mode.lower() == "fan_in" else fan_out


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Fill from the uniform distribution over ``[a, b)``."""
    with torch.no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Fill from the normal distribution."""
    with torch.no_grad():
        return tensor.normal_(mean, std, generator=generator)


def _normal_cdf(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Tensor:
    """Fill from the normal distribution cut to ``[a, b]``."""
    if tensor.is_meta:
        return tensor
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "trunc_normal_: mean is more than 2 std outside of [a, b], the values are distorted",
            stacklevel=2,
        )
    kept = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
    with torch.no_grad():
        if kept > 0.3:
            _redraw_outside(tensor, mean, std, a, b, generator)
        else:
            _reject_from_uniform(tensor, mean, std, a, b, generator)
    return tensor


def _redraw_outside(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any
) -> None:
    """Draw normal numbers, and those outside of [a, b] again until none is."""
    low = torch.tensor(a, dtype=tensor.dtype).item()  # the bounds as the dtype has them
    high = torch.tensor(b, dtype=tensor.dtype).item()
    values = tensor.normal_(mean, std, generator=generator)
    outside = (values < low) | (values > high)
    while outside.any():
        again = torch.empty_like(values).normal_(mean, std, generator=generator)
        values = torch.where(outside, again, values)
        outside = (values < low) | (values > high)
    if values is not tensor:
        tensor.copy_(values)


def _reject_from_uniform(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any
) -> None:
    """Draw uniform numbers and keep each with the probability its density is of the peak's."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    values = tensor.uniform_(a, b, generator=generator)
    density = torch.empty_like(tensor)
    chance = torch.empty_like(tensor)

    def rejected(candidates: Tensor) -> Tensor:
        density.copy_(candidates).sub_(mean).div_(std)
        density.mul_(density).mul_(-0.5).sub_(peak)
        chance.uniform_(generator=generator).log_()
        return chance.gt(density)

    pending = rejected(values)
    candidates = torch.empty_like(tensor)
    while pending.any():
        candidates.uniform_(a, b, generator=generator)
        values = torch.where(pending, candidates, values)
        pending = torch.where(pending, rejected(candidates), pending)
    if values is not tensor:
        tensor.copy_(values)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value."""
    with torch.no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    with torch.no_grad():
        return tensor.zero_()


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity."""
    if tensor.dim() != 2:
        raise ValueError(f"eye_ takes a tensor of 2 dimensions, not {tensor.dim()}")
    with torch.no_grad():
        tensor.zero_()
        tensor.diagonal().fill_(1)
    return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill a convolution's weight so that it passes its input channels through."""
    if tensor.dim() not in (3, 4, 5):
        raise ValueError(f"dirac_ takes a tensor of 3, 4 or 5 dimensions, not {tensor.dim()}")
    outputs, inputs, *kernel = tensor.shape
    if outputs % groups != 0:
        raise ValueError(f"dirac_: {outputs} output channels are not divisible by {groups} groups")
    per_group = outputs // groups
    centre = tuple(extent // 2 for extent in kernel)
    with torch.no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(per_group, inputs)):
                tensor[(group * per_group + channel, channel, *centre)] = 1
    return tensor


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform with the variance ``gain**2 * 2 / (fan_in + fan_out)`` (Glorot and Bengio 2010)."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with the variance ``gain**2 * 2 / (fan_in + fan_out)`` (Glorot and Bengio 2010)."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(fan_in + fan_out)), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Uniform with the variance ``gain**2 / fan`` (He et al. 2015); ``a`` is leaky ReLU's slope."""
    if _is_empty(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Normal with the variance ``gain**2 / fan`` (He et al. 2015); ``a`` is leaky ReLU's slope."""
    if _is_empty(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return normal_(tensor, 0, std, generator)


def _is_empty(tensor: Tensor) -> bool:
    if 0 not in tensor.shape:
        return False
    warnings.warn("a tensor without elements has nothing to initialise", stacklevel=3)
    return True


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Fill with a (semi-)orthogonal matrix times ``gain`` (Saxe et al. 2013)."""
    if tensor.dim() < 2:
        raise ValueError(f"orthogonal_ takes 2 or more dimensions, not {tensor.dim()}")
    if tensor.numel() == 0 or tensor.is_meta:
        return tensor
    rows = tensor.size(0)
    columns = tensor.numel() // rows
    matrix = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
    if rows < columns:
        matrix.t_()
    q, r = torch.linalg.qr(matrix)
    q *= torch.diag(r, 0).sign()  # makes the decomposition, and so the result, unique
    if rows < columns:
        q.t_()
    with torch.no_grad():
        tensor.view_as(q).copy_(q)
        tensor.mul_(gain)
    return tensor


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Fill a matrix from the normal distribution, and zero a share of each column."""
    if tensor.dim() != 2:
        raise ValueError(f"sparse_ takes a tensor of 2 dimensions, not {tensor.dim()}")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with torch.no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[torch.randperm(rows)[:zeros], column] = 0
    return tensor
