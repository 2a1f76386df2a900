"""Loss functions.

Everything here is TorchScript as it stands, except ``triplet_margin_with_distance_loss``, which
takes a Python function. ``size_average`` and ``reduce`` are the two flags that ``reduction``
replaced: given, they win over it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import tscript as torch
from tscript import Tensor


def _reduction_code(reduction: str) -> int:
    """The number by which operators know a reduction."""
    if reduction == "none":
        return 0
    if reduction == "mean":
        return 1
    if reduction == "sum":
        return 2
    raise ValueError(f"reduction is 'none', 'mean' or 'sum', not {reduction}")


def chosen_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that the arguments ask for, the two old flags included."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is not None and not reduce:
        chosen = "none"
    elif size_average is not None and not size_average:
        chosen = "sum"
    else:
        chosen = "mean"
    if not torch.jit.is_scripting():
        warnings.warn(
            f"size_average and reduce are deprecated: pass reduction='{chosen}'", stacklevel=3
        )
    return chosen


def _warn_of_broadcast(name: str, input: Tensor, target: Tensor) -> None:
    if not torch.jit.is_scripting():
        if not torch.jit.is_tracing() and input.shape != target.shape:
            warnings.warn(
                f"{name}: input has the shape {tuple(input.shape)} and target "
                f"{tuple(target.shape)}; they are broadcast, which is seldom meant",
                stacklevel=3,
            )


def _reduced(loss: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return loss
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    raise ValueError(f"reduction is 'none', 'mean' or 'sum', not {reduction}")


def _weighted(loss: Tensor, weight: Tensor, input: Tensor, reduction: str) -> Tensor:
    """Elementwise losses times weights; their mean is divided by the sum of the weights."""
    if weight.size() != input.size():
        raise ValueError("the weight of a loss has the shape of its input")
    weighted = loss * weight
    if reduction == "mean":
        return weighted.sum() / weight.sum()
    return _reduced(weighted, reduction)


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared difference, elementwise or reduced.

    >>> import tscript as torch
    >>> mse_loss(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0])).item()
    2.0
    """
    _warn_of_broadcast("mse_loss", input, target)
    reduction = chosen_reduction(size_average, reduce, reduction)
    a, b = torch.broadcast_tensors(input, target)
    if weight is not None:
        return _weighted(torch.pow(a - b, 2), weight, input, reduction)
    return torch.ops.aten.mse_loss(a, b, _reduction_code(reduction))


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute difference, elementwise or reduced."""
    _warn_of_broadcast("l1_loss", input, target)
    reduction = chosen_reduction(size_average, reduce, reduction)
    a, b = torch.broadcast_tensors(input, target)
    if weight is not None:
        return _weighted(torch.abs(a - b), weight, input, reduction)
    return torch.ops.aten.l1_loss(a, b, _reduction_code(reduction))


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Squared below ``beta`` and linear above it; ``beta=0`` is ``l1_loss``."""
    _warn_of_broadcast("smooth_l1_loss", input, target)
    reduction = chosen_reduction(size_average, reduce, reduction)
    a, b = torch.broadcast_tensors(input, target)
    if beta == 0.0:
        return torch.ops.aten.l1_loss(a, b, _reduction_code(reduction))
    return torch.ops.aten.smooth_l1_loss(a, b, _reduction_code(reduction), beta)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Half the square below ``delta``, linear above it; a weighted mean divides by the count."""
    _warn_of_broadcast("huber_loss", input, target)
    a, b = torch.broadcast_tensors(input, target)
    if weight is None:
        return torch.ops.aten.huber_loss(a, b, _reduction_code(reduction), delta)
    if weight.size() != input.size():
        raise ValueError("the weight of a loss has the shape of its input")
    return _reduced(torch.ops.aten.huber_loss(a, b, 0, delta) * weight, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy of logits ``(N, C, ...)`` and classes ``(N, ...)`` or probabilities.

    Targets equal to ``ignore_index`` count nothing; ``weight`` (C,) weighs the classes.

    >>> import tscript as torch
    >>> round(cross_entropy(torch.zeros(1, 4), torch.tensor([2])).item(), 4)
    1.3863
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    return torch.ops.aten.cross_entropy_loss(
        input, target, weight, _reduction_code(reduction), ignore_index, label_smoothing
    )


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of log-probabilities ``(N, C, ...)`` and classes ``(N, ...)``."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    return torch.ops.aten.nll_loss_nd(
        input, target, weight, _reduction_code(reduction), ignore_index
    )


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of a Poisson distribution with rate (or log rate) ``input``."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    return torch.poisson_nll_loss(input, target, log_input, full, eps, _reduction_code(reduction))


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of a Gaussian with mean ``input`` and variance ``var``.

    ``var`` has the shape of ``input``, or lacks its last dimension or has 1 there.
    """
    if isinstance(var, float):
        if var < 0:
            raise ValueError(f"gaussian_nll_loss: var is not negative: {var}")
        variance = var * torch.ones_like(input)
    else:
        assert isinstance(var, Tensor)
        if torch.any(var < 0):
            raise ValueError("gaussian_nll_loss: var has a negative entry")
        variance = var
    shape = input.size()
    if variance.size() != shape:
        if variance.size() == shape[:-1]:
            variance = variance.unsqueeze(-1)
        else:
            ones = 0
            others = 0
            own = variance.size()
            if len(own) != len(shape):
                raise ValueError(f"gaussian_nll_loss: var is {own}, the input is {shape}")
            for i in range(len(shape)):
                if own[i] != shape[i]:
                    if own[i] == 1:
                        ones += 1
                    else:
                        others += 1
            if ones != 1 or others != 0:
                raise ValueError(f"gaussian_nll_loss: var is {own}, the input is {shape}")
    with torch.no_grad():
        variance = variance.clone().clamp_(min=eps)
    loss = 0.5 * (torch.log(variance) + (input - target) ** 2 / variance)
    if full:
        loss += 0.5 * math.log(2 * math.pi)
    return _reduced(loss, reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Kullback-Leibler divergence of log-probabilities ``input`` from ``target``.

    ``reduction="batchmean"`` divides the sum by the batch size, as the definition has it.
    """
    if size_average is not None or reduce is not None:
        reduction = chosen_reduction(size_average, reduce, reduction)
    elif reduction == "mean":
        if not torch.jit.is_scripting():
            warnings.warn(
                "kl_div: 'mean' divides by the number of elements; the divergence is 'batchmean'",
                stacklevel=2,
            )
    if reduction == "batchmean":
        total = torch.kl_div(input, target, _reduction_code("sum"), log_target=log_target)
        if input.dim() != 0:
            total = total / input.size()[0]
        return total
    return torch.kl_div(input, target, _reduction_code(reduction), log_target=log_target)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cross entropy of probabilities ``input`` and targets, of one shape."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.size() != input.size():
        raise ValueError(
            f"binary_cross_entropy: input is {input.size()}, target is {target.size()}"
        )
    if weight is not None:
        weight = torch.broadcast_tensors(weight, target)[0]
    return torch.ops.aten.binary_cross_entropy(input, target, weight, _reduction_code(reduction))


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """``binary_cross_entropy`` of ``sigmoid(input)``, without its loss of precision."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.size() != input.size():
        raise ValueError(
            f"binary_cross_entropy_with_logits: input is {input.size()}, target is {target.size()}"
        )
    return torch.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight, _reduction_code(reduction)
    )


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Connectionist temporal classification of log-probabilities ``(T, N, C)``."""
    return torch.ctc_loss(
        log_probs,
        targets,
        input_lengths,
        target_lengths,
        blank,
        _reduction_code(reduction),
        zero_infinity,
    )


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, -target * (input1 - input2) + margin)``."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if input1.dim() != input2.dim() or input1.dim() != target.dim():
        raise RuntimeError(
            f"margin_ranking_loss takes tensors of one rank, not {input1.size()}, "
            f"{input2.size()} and {target.size()}"
        )
    return torch.margin_ranking_loss(input1, input2, target, margin, _reduction_code(reduction))


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``input`` where the target is 1, ``max(0, margin - input)`` where it is -1."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    return torch.hinge_embedding_loss(input, target, margin, _reduction_code(reduction))


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Margin loss of scores ``(N, C)`` and the classes listed in each row of ``target``."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    return torch.ops.aten.multilabel_margin_loss(input, target, _reduction_code(reduction))


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``log(1 + exp(-target * input))``."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    return torch.ops.aten.soft_margin_loss(input, target, _reduction_code(reduction))


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross entropy of logits, averaged over the classes (the last dimension)."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    loss = -(
        target * torch.ops.aten.log_sigmoid(input)
        + (1 - target) * torch.ops.aten.log_sigmoid(-input)
    )
    if weight is not None:
        loss = loss * weight
    class_dim = input.dim() - 1
    return _reduced(loss.sum(dim=class_dim) / input.size(class_dim), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos`` where the target is 1, ``max(0, cos - margin)`` where it is -1."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    return torch.cosine_embedding_loss(input1, input2, target, margin, _reduction_code(reduction))


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Margin loss of scores ``(N, C)`` and one class for each row, to the power 1 or 2."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if p != 1 and p != 2:
        raise ValueError(f"multi_margin_loss: p is 1 or 2, not {p}")
    if weight is not None:
        if weight.dim() != 1:
            raise ValueError(f"multi_margin_loss: weight has 1 dimension, not {weight.dim()}")
    return torch.ops.aten.multi_margin_loss(
        input, target, p, margin, weight, _reduction_code(reduction)
    )


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, margin + |anchor - positive| - |anchor - negative|)`` in the ``p`` norm."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if margin <= 0:
        raise ValueError(f"triplet_margin_loss: margin is positive, not {margin}")
    return torch.triplet_margin_loss(
        anchor, positive, negative, margin, p, eps, swap, _reduction_code(reduction)
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """``triplet_margin_loss`` with any distance; it takes a function, so no script calls it."""
    _reduction_code(reduction)
    if margin <= 0:
        raise ValueError(f"triplet_margin_with_distance_loss: margin is positive, not {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "triplet_margin_with_distance_loss takes tensors of one rank, not "
            f"{anchor.dim()}, {positive.dim()} and {negative.dim()}"
        )
    distance = torch.pairwise_distance if distance_function is None else distance_function
    to_negative = distance(anchor, negative)
    if swap:
        to_negative = torch.minimum(to_negative, distance(positive, negative))
    loss = torch.clamp_min(margin + distance(anchor, positive) - to_negative, 0)
    return _reduced(loss, reduction)


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """Cross entropy of ``input @ linear_weight.T + linear_bias``, as PyTorch it cannot be scripted.

    ``input`` is ``(N, in_features)`` or without N, ``linear_weight`` ``(C, ..., in_features)``,
    ``target`` ``(N, ...)`` with classes or ``(N, C, ...)`` with probabilities. ``options`` (a
    ``LinearCrossEntropyOptions``) is about the memory of gradients; of it only the dtype in which
    is accumulated means anything here.
    """
    if input.dim() < 1 or input.dim() > 2:
        raise RuntimeError(f"input has 1 or 2 dimensions, not {input.dim()}")
    if linear_weight.dim() < 2:
        raise RuntimeError(f"linear_weight has 2 or more dimensions, not {linear_weight.dim()}")
    if input.shape[-1] != linear_weight.shape[-1]:
        raise RuntimeError(
            f"the last dimensions of input and linear_weight are equal, not {input.shape[-1]} and "
            f"{linear_weight.shape[-1]}"
        )
    rows = linear_weight.shape[:-1]
    if linear_bias is not None and linear_bias.shape != rows:
        raise RuntimeError(f"linear_bias is {list(rows)}, not {list(linear_bias.shape)}")
    if len(rows) > 1 and input.dim() == 1:
        raise RuntimeError("a linear_weight of more than two dimensions takes input with a batch")
    shape = (*input.shape[:-1], *rows)
    if target.shape == shape and ignore_index is not None:
        raise RuntimeError("ignore_index goes with classes, and target has probabilities")
    dtype = input.dtype
    wide = dtype if options is None else options.accumulation_dtype(dtype)
    logits = torch.ops.aten.linear(
        input.to(wide),
        linear_weight.to(wide).flatten(0, -2),
        None if linear_bias is None else linear_bias.to(wide).flatten(),
    )
    loss = cross_entropy(
        logits.reshape(shape),
        target.to(wide) if target.is_floating_point() else target,
        weight=None if weight is None else weight.to(wide),
        reduction=reduction,
        ignore_index=-100 if ignore_index is None else ignore_index,
        label_smoothing=label_smoothing,
    )
    return loss.to(dtype)
