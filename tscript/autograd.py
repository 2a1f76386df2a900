"""``torch.autograd``: the gradient flags; differentiation itself is not there yet."""

from __future__ import annotations

from typing import Any, NoReturn

from tscript import profiler
from tscript.runtime.errors import DifferentiationError
from tscript.runtime.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled

__all__ = ["Variable", "backward", "enable_grad", "grad", "inference_mode", "no_grad",
           "profiler", "set_grad_enabled"]  # fmt: skip


def grad(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise: nothing here computes gradients."""
    raise DifferentiationError("differentiation is not there yet: compute gradients with PyTorch")


def backward(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise: nothing here computes gradients."""
    raise DifferentiationError("differentiation is not there yet: compute gradients with PyTorch")


def Variable(data: Any, requires_grad: bool = False) -> Any:
    """The tensor itself, as since PyTorch 0.4."""
    return data.requires_grad_() if requires_grad else data
