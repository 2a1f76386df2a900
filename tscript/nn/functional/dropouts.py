"""Dropout: elements, or whole channels, set to zero at random while training.

Everything here is TorchScript as it stands.
"""

from __future__ import annotations

import warnings

import tscript as torch
from tscript import Tensor


def _check_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"a dropout probability is between 0 and 1, not {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability ``p`` and scale the others by ``1 / (1 - p)``.

    >>> import tscript as torch
    >>> dropout(torch.ones(3), training=False).tolist()
    [1.0, 1.0, 1.0]
    """
    _check_probability(p)
    if inplace:
        return torch.dropout_(input, p, training)
    return torch.dropout(input, p, training)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout that keeps mean and variance of what SELU gives."""
    _check_probability(p)
    if inplace:
        return torch.alpha_dropout_(input, p, training)
    return torch.alpha_dropout(input, p, training)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of ``(N, C, L)`` or ``(C, L)``."""
    _check_probability(p)
    rank = input.dim()
    if rank != 2 and rank != 3:
        raise RuntimeError(f"dropout1d takes (C, L) or (N, C, L), not a {rank}-dimensional input")
    batched = rank == 3
    if not batched:
        input = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    if inplace:
        result = torch.feature_dropout_(input, p, training)
    else:
        result = torch.feature_dropout(input, p, training)
    if not batched:
        result = result.squeeze_(0) if inplace else result.squeeze(0)
    return result


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of ``(N, C, H, W)``."""
    _check_probability(p)
    rank = input.dim()
    if not torch.jit.is_scripting():
        if rank != 3 and rank != 4:
            warnings.warn(
                f"dropout2d takes (N, C, H, W), not a {rank}-dimensional input", stacklevel=2
            )
        if rank == 3:
            warnings.warn(
                "dropout2d reads 3 dimensions as (N, C, L); dropout1d says so", stacklevel=2
            )
    if inplace:
        return torch.feature_dropout_(input, p, training)
    return torch.feature_dropout(input, p, training)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    _check_probability(p)
    rank = input.dim()
    if not torch.jit.is_scripting():
        if rank != 4 and rank != 5:
            warnings.warn(
                f"dropout3d takes (N, C, D, H, W), not a {rank}-dimensional input", stacklevel=2
            )
    batched = rank == 5
    if not batched:
        input = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    if inplace:
        result = torch.feature_dropout_(input, p, training)
    else:
        result = torch.feature_dropout(input, p, training)
    if not batched:
        result = result.squeeze_(0) if inplace else result.squeeze(0)
    return result


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """``alpha_dropout`` of whole channels."""
    _check_probability(p)
    if inplace:
        return torch.feature_alpha_dropout_(input, p, training)
    return torch.feature_alpha_dropout(input, p, training)
