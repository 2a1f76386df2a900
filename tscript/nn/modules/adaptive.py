"""Adaptive softmax: an approximation of softmax for very many classes."""

from __future__ import annotations

from collections.abc import Sequence as SequenceABC
from typing import Any, NamedTuple

import tscript as torch
from tscript.nn import functional as F
from tscript.nn.module import Module
from tscript.nn.modules.container import ModuleList, Sequential
from tscript.nn.modules.linear import Linear
from tscript.runtime.tensor import Tensor

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _ASMoutput(NamedTuple):
    """The log-probability of each target, and their negative mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-softmax in which rare classes share a smaller projection; classes by falling frequency.

    The classes below ``cutoffs[0]`` stand in the head, those between two cutoffs in a cluster
    whose features are divided by ``div_value`` once more. ``forward(input, target)``, with
    ``(N, in_features)`` and ``(N,)`` or both without N, gives ``output`` and ``loss``.

    >>> import tscript as torch
    >>> from tscript import nn
    >>> layer = nn.AdaptiveLogSoftmaxWithLoss(16, 20, cutoffs=[5, 10])
    >>> layer(torch.zeros(3, 16), torch.tensor([0, 7, 19])).output.shape
    torch.Size([3])
    >>> layer.log_prob(torch.zeros(3, 16)).shape
    torch.Size([3, 20])
    """

    in_features: int
    n_classes: int
    cutoffs: list[int]
    div_value: float
    head_bias: bool
    shortlist_size: int
    n_clusters: int
    head_size: int

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: SequenceABC[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        ends = list(cutoffs)
        if not ends:
            raise ValueError("cutoffs has at least one number")
        if (
            any(int(end) != end for end in ends)
            or ends != sorted(set(ends))
            or ends[0] <= 0
            or ends[-1] >= n_classes
        ):
            raise ValueError(
                f"cutoffs are rising ints between 1 and n_classes - 1 = {n_classes - 1}, not {ends}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*ends, n_classes]
        self.div_value = float(div_value)
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            features = int(in_features // div_value ** (i + 1))
            classes = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(
                Sequential(
                    Linear(in_features, features, False, device, dtype),
                    Linear(features, classes, False, device, dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for layer in self.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        if target_.dim() > 1:
            raise RuntimeError(f"the target has 0 or 1 dimensions, not {target_.dim()}")
        if input_.dim() != target_.dim() + 1:
            raise RuntimeError(
                f"the input has one dimension more than the target, {target_.dim() + 1}, not "
                f"{input_.dim()}"
            )
        batched = target_.dim() > 0
        input = input_ if batched else input_.unsqueeze(0)
        target = target_ if batched else target_.unsqueeze(0)
        if input.size(0) != target.size(0):
            raise RuntimeError(
                f"input and target have equal batches, not {input.size(0)} and {target.size(0)}"
            )
        head = F.log_softmax(self.head(input), dim=1)
        # what each target is called in the head: its class, or its cluster
        column = target.clone()
        output = input.new_zeros(target.size(0))
        in_range = (target >= 0) & (target < self.shortlist_size)
        found = int(in_range.sum().item())
        for i, cluster in enumerate(self.tail):
            start = self.cutoffs[i]
            rows = ((target >= start) & (target < self.cutoffs[i + 1])).nonzero().squeeze(1)
            if rows.numel() > 0:
                logits = cluster(input.index_select(0, rows))
                inside = (target.index_select(0, rows) - start).unsqueeze(1)
                local = F.log_softmax(logits, dim=1).gather(1, inside).squeeze(1)
                output.index_copy_(0, rows, local)
                column.index_fill_(0, rows, self.shortlist_size + i)
                found += rows.numel()
        if found != target.size(0):
            raise RuntimeError(
                f"targets are between 0 and {self.n_classes - 1}; these are between "
                f"{target.min().item()} and {target.max().item()}"
            )
        output = output + head.gather(1, column.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        if not batched:
            output = output.squeeze(0)
        return _ASMoutput(output, loss)

    @torch.jit.export
    def log_prob(self, input: Tensor) -> Tensor:
        """Log-probabilities of all classes, ``(N, n_classes)``."""
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            local = F.log_softmax(cluster(input), dim=1)
            parts.append(local + head[:, self.shortlist_size + i].unsqueeze(1))
        return torch.cat(parts, dim=1)

    @torch.jit.export
    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each row, ``(N,)``."""
        output = torch.argmax(self.head(input), dim=1)
        # where the head says "a cluster", all classes have to be compared
        unsure = output >= self.shortlist_size
        if bool(unsure.any()):
            output[unsure] = torch.argmax(self.log_prob(input[unsure]), dim=1)
        return output
