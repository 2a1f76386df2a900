"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import tscript as torch
from tscript import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of the parameters, one after another, as one vector.

    >>> from tscript import nn
    >>> parameters_to_vector(nn.Linear(3, 2).parameters()).shape
    torch.Size([8])
    """
    return torch.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Have the parameters show the elements of a vector, in their order."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters takes a Tensor, not {type(vec).__name__}")
    start = 0
    for parameter in parameters:
        count = parameter.numel()
        parameter.data = vec[start : start + count].view_as(parameter).data
        start += count
