"""Shuffling of channels."""

from __future__ import annotations

from tscript.nn import functional as F
from tscript.nn.module import Module
from tscript.runtime.tensor import Tensor

__all__ = [
    "ChannelShuffle",
]


class ChannelShuffle(Module):
    """Interleave ``groups`` groups of channels."""

    __constants__ = ["groups"]
    groups: int

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
