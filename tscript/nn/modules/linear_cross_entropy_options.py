"""How ``linear_cross_entropy`` saves memory in PyTorch: accepted, checked and printed the same."""

from __future__ import annotations

from dataclasses import dataclass

import tscript as torch
from ops_registry.dtypes import Dtype

__all__ = ["LinearCrossEntropyOptions"]

_POLICIES = ("auto", "accurate", "balanced", "compact")


@dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """Options of ``linear_cross_entropy``.

    PyTorch computes loss and gradients in chunks of the batch; without gradients there is nothing
    to chunk, so only :attr:`acc_dtype` and :attr:`acc_policy` change a result here.

    >>> LinearCrossEntropyOptions(batch_chunk_size=0)
    Traceback (most recent call last):
    ...
    ValueError: batch_chunk_size is a positive int or None, not 0
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Dtype | None = None

    def __post_init__(self) -> None:
        if self.acc_policy not in _POLICIES:
            raise ValueError(
                f"acc_policy is one of {', '.join(_POLICIES)}, not {self.acc_policy!r}"
            )
        if self.chunking_method not in (None, "auto"):
            name, _, factor = self.chunking_method.partition(":")
            if name != "aspect_ratio" or (factor and not (factor.isdigit() and int(factor) > 0)):
                raise ValueError(
                    "chunking_method is None, 'auto', 'aspect_ratio' or 'aspect_ratio:N', not "
                    f"{self.chunking_method!r}"
                )
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size is a positive int or None, not {size!r}")
        floating = (None, torch.float16, torch.bfloat16, torch.float32, torch.float64)
        if self.acc_dtype not in floating:
            raise ValueError(f"acc_dtype is a floating point dtype or None, not {self.acc_dtype!r}")

    def accumulation_dtype(self, dtype: Dtype) -> Dtype:
        """The dtype that inputs of ``dtype`` are computed in: float32 for the half precisions."""
        if self.acc_dtype is not None:
            return self.acc_dtype
        halves = (torch.float16, torch.bfloat16)
        return torch.float32 if self.acc_policy == "auto" and dtype in halves else dtype
