"""Multi-head attention as a function; ``scaled_dot_product_attention`` is an operator.

Everything here is TorchScript as it stands.
"""

from __future__ import annotations

import math

import tscript as torch
from tscript import Tensor
from tscript.nn.functional.sampling import pad


def _additive_mask(mask: Tensor | None, name: str, like: Tensor) -> Tensor | None:
    """A mask that is added to the scores: -inf where a bool mask is true."""
    if mask is None:
        return None
    if mask.is_floating_point():
        return mask
    if mask.dtype != torch.bool:
        raise AssertionError(f"{name} is a bool or floating point tensor")
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill_(mask, float("-inf"))


def _check_ranks(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
) -> None:
    rank = query.dim()
    if rank != 2 and rank != 3:
        raise AssertionError(f"query has 2 or 3 dimensions, not {rank}")
    if key.dim() != rank or value.dim() != rank:
        raise AssertionError(
            f"query has {rank} dimensions, key {key.dim()} and value {value.dim()}: they are equal"
        )
    if key_padding_mask is not None:
        if key_padding_mask.dim() != rank - 1:
            raise AssertionError(
                f"key_padding_mask has {rank - 1} dimension(s), not {key_padding_mask.dim()}"
            )
    if attn_mask is not None:
        if attn_mask.dim() != 2 and attn_mask.dim() != 3:
            raise AssertionError(f"attn_mask has 2 or 3 dimensions, not {attn_mask.dim()}")


def _projected(x: Tensor, weight: Tensor | None, bias: Tensor | None, part: int) -> Tensor:
    """``x`` through one weight, with its third of the bias of all three projections."""
    if weight is None:
        raise AssertionError("multi_head_attention_forward: a projection weight is missing")
    if bias is not None:
        bias = bias.chunk(3)[part]
    return torch.ops.aten.linear(x, weight, bias)


def _with_one_more(mask: Tensor | None) -> Tensor | None:
    """A mask for one more key, which everything may look at."""
    if mask is None:
        return None
    return pad(mask, [0, 1])


def _heads(x: Tensor, batch_heads: int, head_dim: int) -> Tensor:
    """``(L, N, E)`` as ``(N * heads, L, head_dim)``."""
    return x.view(x.size(0), batch_heads, head_dim).transpose(0, 1)


def _static(given: Tensor, batch_heads: int, head_dim: int, name: str) -> Tensor:
    if given.size(0) != batch_heads or given.size(2) != head_dim:
        raise AssertionError(f"{name} is ({batch_heads}, L, {head_dim}), not {given.size()}")
    return given


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention of ``query`` (L, N, E) over ``key`` and ``value`` (S, N, E), or without N.

    Returns the output (L, N, E) and, with ``need_weights``, the weights (N, L, S) averaged over
    the heads, or (N, heads, L, S). Masks are true or -inf where a key must not be looked at:
    ``key_padding_mask`` (N, S), ``attn_mask`` (L, S) or (N * heads, L, S). ``is_causal`` says
    that ``attn_mask`` is the causal one.
    """
    _check_ranks(query, key, value, key_padding_mask, attn_mask)
    batched = query.dim() == 3
    if not batched:
        query = query.unsqueeze(1)
        key = key.unsqueeze(1)
        value = value.unsqueeze(1)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    target_length = query.size(0)
    batch = query.size(1)
    embed_dim = query.size(2)
    source_length = key.size(0)
    head_dim = embed_dim // num_heads
    batch_heads = batch * num_heads
    if embed_dim != embed_dim_to_check:
        raise AssertionError(f"query has {embed_dim} features, not {embed_dim_to_check}")
    if head_dim * num_heads != embed_dim:
        raise AssertionError(f"{embed_dim} features are not divisible by {num_heads} heads")
    if key.size(0) != value.size(0) or key.size(1) != value.size(1):
        raise AssertionError(f"key is {key.size()}, value is {value.size()}")
    if is_causal and attn_mask is None:
        raise RuntimeError("is_causal says what attn_mask is, and there is no attn_mask")

    padding = _additive_mask(key_padding_mask, "key_padding_mask", query)
    mask = _additive_mask(attn_mask, "attn_mask", query)
    causal = is_causal and padding is None and not need_weights
    if causal:
        mask = None
    if mask is not None:
        if mask.dim() == 2:
            mask = mask.unsqueeze(0)
        rows_match = mask.size(0) == 1 or mask.size(0) == batch_heads
        if not rows_match or mask.size(1) != target_length or mask.size(2) != source_length:
            raise RuntimeError(
                f"attn_mask is ({target_length}, {source_length}) or "
                f"({batch_heads}, {target_length}, {source_length}), not {mask.size()}"
            )

    if use_separate_proj_weight:
        q = _projected(query, q_proj_weight, in_proj_bias, 0)
        k = _projected(key, k_proj_weight, in_proj_bias, 1)
        v = _projected(value, v_proj_weight, in_proj_bias, 2)
    else:
        if in_proj_weight is None:
            raise AssertionError("multi_head_attention_forward: in_proj_weight is missing")
        weights = in_proj_weight.chunk(3)
        q = _projected(query, weights[0], in_proj_bias, 0)
        k = _projected(key, weights[1], in_proj_bias, 1)
        v = _projected(value, weights[2], in_proj_bias, 2)

    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError("bias_k and bias_v do not go with a static key or value")
        k = torch.cat([k, bias_k.repeat(1, batch, 1)])
        v = torch.cat([v, bias_v.repeat(1, batch, 1)])
        mask = _with_one_more(mask)
        padding = _with_one_more(padding)
    elif bias_k is not None or bias_v is not None:
        raise AssertionError("bias_k and bias_v are given both, or neither")

    q = _heads(q, batch_heads, head_dim)
    if static_k is None:
        k = _heads(k, batch_heads, head_dim)
    else:
        k = _static(static_k, batch_heads, head_dim, "static_k")
    if static_v is None:
        v = _heads(v, batch_heads, head_dim)
    else:
        v = _static(static_v, batch_heads, head_dim, "static_v")
    if add_zero_attn:
        zeros = torch.zeros([batch_heads, 1, head_dim], dtype=k.dtype, device=k.device)
        k = torch.cat([k, zeros], dim=1)
        v = torch.cat([v, zeros], dim=1)
        mask = _with_one_more(mask)
        padding = _with_one_more(padding)

    source_length = k.size(1)
    if padding is not None:
        if padding.size(0) != batch or padding.size(1) != source_length:
            raise AssertionError(f"key_padding_mask does not fit {batch} x {source_length} keys")
        spread = padding.view(batch, 1, 1, source_length).expand(-1, num_heads, -1, -1)
        padding = spread.reshape(batch_heads, 1, source_length)
        mask = padding if mask is None else mask + padding

    dropped = dropout_p if training else 0.0
    if not need_weights:
        if mask is not None:
            if mask.size(0) == 1:
                mask = mask.unsqueeze(0)
            else:
                mask = mask.view(batch, num_heads, -1, source_length)
        attended = torch.ops.aten.scaled_dot_product_attention(
            q.view(batch, num_heads, target_length, head_dim),
            k.view(batch, num_heads, source_length, head_dim),
            v.view(batch, num_heads, source_length, head_dim),
            mask,
            dropped,
            causal,
        )
        joined = attended.permute(2, 0, 1, 3).reshape(batch * target_length, embed_dim)
        output = torch.ops.aten.linear(joined, out_proj_weight, out_proj_bias)
        output = output.view(target_length, batch, output.size(1))
        return output if batched else output.squeeze(1), None

    q = q * math.sqrt(1.0 / float(head_dim))
    if mask is None:
        scores = torch.bmm(q, k.transpose(-2, -1))
    else:
        scores = torch.baddbmm(mask, q, k.transpose(-2, -1))
    weights_of_heads = scores.softmax(-1)
    if dropped > 0.0:
        weights_of_heads = torch.dropout(weights_of_heads, dropped, True)
    attended = torch.bmm(weights_of_heads, v).transpose(0, 1)
    joined = attended.reshape(target_length * batch, embed_dim)
    output = torch.ops.aten.linear(joined, out_proj_weight, out_proj_bias)
    output = output.view(target_length, batch, output.size(1))
    attention = weights_of_heads.view(batch, num_heads, target_length, source_length)
    if average_attn_weights:
        attention = attention.mean(dim=1)
    if not batched:
        return output.squeeze(1), attention.squeeze(0)
    return output, attention
