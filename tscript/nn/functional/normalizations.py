"""Batch, instance, layer, group and response normalisation as functions.

Everything here is TorchScript as it stands.
"""

from __future__ import annotations

import tscript as torch
from tscript import Tensor
from tscript.nn.functional.sampling import pad


def _verify_batch_size(size: list[int]) -> None:
    per_channel = size[0]
    for i in range(len(size) - 2):
        per_channel *= size[i + 2]
    if per_channel == 1:
        raise ValueError(f"training needs more than 1 value per channel; the input is {size}")


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Normalise ``(N, C, ...)`` by the mean and variance of each channel.

    When training they are the batch's, and the running ones are updated in place by ``momentum``;
    else they are the running ones.
    """
    if training:
        _verify_batch_size(input.size())
        if eps <= 0.0:
            raise ValueError(f"batch_norm: eps is positive when training, not {eps}")
    if eps < 0.0:
        raise ValueError(f"batch_norm: eps is not negative: {eps}")
    return torch.batch_norm(
        input, weight, bias, running_mean, running_var, training, momentum, eps, True
    )


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Normalise each channel of each sample of ``(N, C, ...)`` by itself."""
    if use_input_stats:
        size = input.size()
        positions = 1
        for i in range(2, len(size)):
            positions *= size[i]
        if positions == 1:
            raise ValueError(
                f"instance_norm needs more than 1 position per channel; the input is {size}"
            )
    return torch.instance_norm(
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True
    )


def layer_norm(
    input: Tensor,
    normalized_shape: list[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Normalise over the last dimensions, which have the shape ``normalized_shape``.

    >>> import tscript as torch
    >>> layer_norm(torch.tensor([[1.0, 3.0]]), [2]).round(decimals=3).tolist()
    [[-1.0, 1.0]]
    """
    return torch.layer_norm(input, normalized_shape, weight, bias, eps, True)


def rms_norm(
    input: Tensor,
    normalized_shape: list[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divide by the root mean square over the last dimensions."""
    return torch.rms_norm(input, normalized_shape, weight, eps)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Normalise ``(N, C, ...)`` over groups of channels of each sample."""
    if input.dim() < 2:
        raise RuntimeError(f"group_norm takes 2 or more dimensions, not {input.dim()}")
    size = input.size()
    grouped = [size[0] * size[1] // num_groups, num_groups]
    for i in range(2, input.dim()):
        grouped.append(size[i])
    _verify_batch_size(grouped)
    return torch.group_norm(input, num_groups, weight, bias, eps, True)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide by ``(k + alpha * mean of squares over size channels) ** beta``."""
    rank = input.dim()
    if rank < 3:
        raise ValueError(f"local_response_norm takes 3 or more dimensions, not {rank}")
    if input.numel() == 0:
        return input
    squares = input.mul(input)
    before = size // 2
    after = (size - 1) // 2
    if rank == 3:
        padded = pad(squares.unsqueeze(1), [0, 0, before, after])
        mean = torch.ops.aten.avg_pool2d(padded, [size, 1], stride=1).squeeze(1)
    else:
        shape = input.size()
        volume = squares.view(shape[0], 1, shape[1], shape[2], -1)
        padded = pad(volume, [0, 0, 0, 0, before, after])
        mean = torch.ops.aten.avg_pool3d(padded, [size, 1, 1], stride=1).squeeze(1).view(shape)
    return input / mean.mul(alpha).add(k).pow(beta)


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Divide by the ``p`` norm along ``dim``, or by ``eps`` where the norm is smaller.

    >>> import tscript as torch
    >>> normalize(torch.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    norm = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    if out is None:
        return input / norm
    return torch.div(input, norm, out=out)
