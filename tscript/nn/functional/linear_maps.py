"""Linear maps, convolutions, embeddings and what rearranges pixels, as functions.

Everything here is TorchScript as it stands; most of it is an operator under its public name.
"""

from __future__ import annotations

import tscript as torch
from tscript import Tensor


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of ``weight`` (V, D) by the integers of ``input`` (any shape): ``(*input, D)``.

    Rows that are looked up are first shortened, in place, to a ``norm_type`` norm of at most
    ``max_norm`` where it is given. ``padding_idx`` matters to gradients only.

    >>> import tscript as torch
    >>> embedding(torch.tensor([1, 0]), torch.tensor([[1.0], [2.0]])).tolist()
    [[2.0], [1.0]]
    """
    rows = weight.size(0)
    row = -1
    if padding_idx is not None:
        if padding_idx >= rows or padding_idx < -rows:
            raise AssertionError(f"padding_idx {padding_idx} is no row of {rows} embeddings")
        row = padding_idx if padding_idx >= 0 else padding_idx + rows
    if max_norm is not None:
        input = input.contiguous()
        with torch.no_grad():
            torch.embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    return torch.embedding(weight, input, row, scale_grad_by_freq, sparse)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sums, means or maxima of bags of rows of ``weight`` (V, D): ``(bags, D)``.

    ``input`` is ``(bags, length)``, or one-dimensional with the start of each bag in ``offsets``.
    """
    if weight.dtype == torch.long and input.is_floating_point():
        # the order that PyTorch's arguments once had
        input, weight = weight, input
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError("embedding_bag: per_sample_weights needs the shape of input")
    if weight.dim() != 2:
        raise ValueError(f"embedding_bag: weight has 2 dimensions, not {weight.dim()}")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError("embedding_bag: a 2-dimensional input has no offsets")
        offsets = torch.arange(
            0, input.numel(), input.size(1), dtype=input.dtype, device=input.device
        )
        input = input.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("embedding_bag: a 1-dimensional input needs offsets")
        if offsets.dim() != 1:
            raise ValueError(f"embedding_bag: offsets has 1 dimension, not {offsets.dim()}")
    else:
        raise ValueError(f"embedding_bag: input has 1 or 2 dimensions, not {input.dim()}")
    assert offsets is not None
    mode_code = 0
    if mode == "mean":
        mode_code = 1
    elif mode == "max":
        mode_code = 2
        if scale_grad_by_freq:
            raise ValueError("embedding_bag: scale_grad_by_freq does not go with mode='max'")
        if sparse:
            raise ValueError("embedding_bag: sparse does not go with mode='max'")
    elif mode != "sum":
        raise ValueError("embedding_bag: mode is 'sum', 'mean' or 'max'")
    if max_norm is not None:
        with torch.no_grad():
            torch.embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError("embedding_bag: per_sample_weights goes with mode='sum' only")
    result, _, _, _ = torch.embedding_bag(
        weight,
        input,
        offsets,
        scale_grad_by_freq,
        mode_code,
        sparse,
        per_sample_weights,
        include_last_offset,
        padding_idx,
    )
    return result
