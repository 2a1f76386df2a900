"""The fused forms of attention and of a transformer's encoder layer, as archives call them.

PyTorch's modules take them for inference. Attention of one head, without projections, is in
``attention``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ops_registry.builtin.activation import gelu
from ops_registry.builtin.normalization import normalize_layer
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

#: What a mask is given for: attention between positions, padded keys, or both, by head.
_BETWEEN_POSITIONS, _PADDED_KEYS, _BY_HEAD = 0, 1, 2


def _attention_meta(
    query: TensorMeta,
    key: TensorMeta,
    value: TensorMeta,
    embed_dim: int,
    num_head: int,
    qkv_weight: TensorMeta,
    qkv_bias: TensorMeta,
    proj_weight: TensorMeta,
    proj_bias: TensorMeta,
    mask: TensorMeta | None = None,
    need_weights: bool = True,
    average_attn_weights: bool = True,
    mask_type: int | None = None,
) -> tuple[TensorMeta, TensorMeta | None]:
    if query.ndim != 3:
        raise RuntimeError(f"attention: query has 3 dimensions, not {query.ndim}")
    if not query.shape == key.shape == value.shape:
        raise RuntimeError("attention: query, key and value have one shape")
    if query.shape[2] != embed_dim or num_head <= 0 or embed_dim % num_head:
        raise RuntimeError(
            f"attention: {query.shape[2]} features are not {num_head} heads of {embed_dim} in all"
        )
    if qkv_weight.shape != (3 * embed_dim, embed_dim) or qkv_bias.shape != (3 * embed_dim,):
        raise RuntimeError(
            f"attention: qkv_weight is of shape {[3 * embed_dim, embed_dim]}, qkv_bias of"
            f" {[3 * embed_dim]}, not {list(qkv_weight.shape)} and {list(qkv_bias.shape)}"
        )
    if mask is not None and mask_type not in (_BETWEEN_POSITIONS, _PADDED_KEYS, _BY_HEAD):
        raise RuntimeError(f"attention: a mask needs its mask_type, 0, 1 or 2, not {mask_type}")
    if not need_weights:
        return query, None
    batch, length, _ = query.shape
    shown = (batch, length, length) if average_attn_weights else (batch, num_head, length, length)
    return query, TensorMeta(query.dtype, shown)


def _attend(
    parts: tuple[Array, Array, Array],
    heads: int,
    weights: tuple[Array, Array, Array, Array],
    mask: Array | None,
    mask_type: int | None,
) -> tuple[Array, Array]:
    """The projected result and the attention by head ``(B, H, T, T)``."""
    qkv_weight, qkv_bias, proj_weight, proj_bias = map(widened, weights)
    batch, length, features = parts[0].shape

    def projected(part: int) -> Array:
        rows = slice(part * features, (part + 1) * features)
        x = widened(parts[part]) @ qkv_weight[rows].T + qkv_bias[rows]
        return x.reshape(batch, length, heads, features // heads).swapaxes(1, 2)

    query = projected(0)
    query /= query.dtype.type(math.sqrt(features // heads))
    scores = query @ projected(1).swapaxes(-2, -1)
    if mask is not None:
        hidden = mask.astype(bool)
        scores[
            np.broadcast_to(hidden[:, None, None] if mask_type == 1 else hidden, scores.shape)
        ] = -np.inf
    if scores.size:
        scores -= scores.max(axis=-1, keepdims=True)
    attention = np.exp(scores)
    attention /= attention.sum(axis=-1, keepdims=True)
    mixed = (attention @ projected(2)).swapaxes(1, 2).reshape(batch, length, features)
    return mixed @ proj_weight.T + proj_bias, attention


def _weights(features: int) -> list[Array]:
    return [
        tensor(3 * features, features, seed=1), tensor(3 * features, seed=2),
        tensor(features, features, seed=3), tensor(features, seed=4),
    ]  # fmt: skip


def _attention_samples() -> list[Sample]:
    x = tensor(2, 3, 4)
    fixed: list[Any] = [x, x, x, 4, 2, *_weights(4)]
    other = [x, tensor(2, 3, 4, seed=8), tensor(2, 3, 4, seed=9), 4, 1, *_weights(4)]
    later = array(np.triu(np.ones((3, 3), bool), 1))
    padded = array([[False, False, True], [False, True, True]])
    by_head = np.zeros((2, 2, 3, 3), bool)
    by_head[0, 1, :, 0] = True
    return [
        Sample(*fixed),
        Sample(*other),
        Sample(*fixed, None, True, False),
        Sample(*fixed, later, True, False, 0),
        Sample(*fixed, padded, True, True, 1),
        Sample(*fixed, by_head, mask_type=2),
        Sample(*fixed, array([[True] * 3, [False] * 3]), mask_type=1),
    ]


@operator(
    "aten::_native_multi_head_attention(Tensor query, Tensor key, Tensor value, int embed_dim,"
    " int num_head, Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias,"
    " Tensor? mask=None, bool need_weights=True, bool average_attn_weights=True,"
    " int? mask_type=None) -> (Tensor, Tensor)",
    meta=_attention_meta,
    samples=_attention_samples,
    rejects=lambda: [
        Rejected(*[tensor(3, 4)] * 3, 4, 2, *_weights(4)),
        Rejected(tensor(2, 3, 4), *[tensor(2, 5, 4)] * 2, 4, 2, *_weights(4)),
        Rejected(*[tensor(2, 3, 4)] * 3, 4, 3, *_weights(4)),
        Rejected(*[tensor(2, 3, 4)] * 3, 4, 2, *_weights(4), array([[True] * 3] * 3)),
    ],
)
def native_multi_head_attention(
    query: Array,
    key: Array,
    value: Array,
    embed_dim: int,
    num_head: int,
    qkv_weight: Array,
    qkv_bias: Array,
    proj_weight: Array,
    proj_bias: Array,
    mask: Array | None = None,
    need_weights: bool = True,
    average_attn_weights: bool = True,
    mask_type: int | None = None,
) -> tuple[Array, Array | None]:
    """Attention of ``num_head`` heads between positions of sequences, with its projections.

    Shapes: ``query``, ``key`` and ``value`` ``(B, T, D)``; the result too. ``mask`` is true where
    nothing is looked at: ``(T, T)`` for ``mask_type`` 0, ``(B, T)`` padded keys for 1,
    ``(B, H, T, T)`` for 2. The second result is the attention ``(B, T, T)``, or by head
    ``(B, H, T, T)``; None unless ``need_weights``.
    """
    weights = (qkv_weight, qkv_bias, proj_weight, proj_bias)
    result, attention = _attend((query, key, value), num_head, weights, mask, mask_type)
    if not need_weights:
        return result, None
    return result, attention.mean(axis=1) if average_attn_weights else attention


def _layer_meta(src: TensorMeta, embed_dim: int, num_heads: int, *rest: Any) -> TensorMeta:
    qkv_weight, qkv_bias, proj_weight, proj_bias = rest[:4]
    mask, mask_type = rest[15:]
    weights = (qkv_weight, qkv_bias, proj_weight, proj_bias)
    _attention_meta(src, src, src, embed_dim, num_heads, *weights, mask, False, True, mask_type)
    return src


def _layer_arguments(*, use_gelu: bool, norm_first: bool) -> list[Any]:
    vectors = [tensor(4, seed=seed) for seed in (5, 6, 7, 8)]
    layers = [tensor(6, 4, seed=9), tensor(6, seed=10), tensor(4, 6, seed=11), tensor(4, seed=12)]
    start: list[Any] = [tensor(2, 3, 4), 4, 2, *_weights(4), use_gelu, norm_first, 1e-5]
    return [*start, *vectors, *layers]


@operator(
    "aten::_transformer_encoder_layer_fwd(Tensor src, int embed_dim, int num_heads,"
    " Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, bool use_gelu,"
    " bool norm_first, float eps, Tensor norm_weight_1, Tensor norm_bias_1, Tensor norm_weight_2,"
    " Tensor norm_bias_2, Tensor ffn_weight_1, Tensor ffn_bias_1, Tensor ffn_weight_2,"
    " Tensor ffn_bias_2, Tensor? mask=None, int? mask_type=None) -> Tensor",
    meta=_layer_meta,
    samples=lambda: [
        Sample(*_layer_arguments(use_gelu=False, norm_first=False)),
        Sample(*_layer_arguments(use_gelu=True, norm_first=True)),
        Sample(
            *_layer_arguments(use_gelu=True, norm_first=False),
            array([[False, False, True], [False, True, True]]),
            1,
        ),
    ],
)
def transformer_encoder_layer(
    src: Array,
    embed_dim: int,
    num_heads: int,
    qkv_weight: Array,
    qkv_bias: Array,
    proj_weight: Array,
    proj_bias: Array,
    use_gelu: bool,
    norm_first: bool,
    eps: float,
    norm_weight_1: Array,
    norm_bias_1: Array,
    norm_weight_2: Array,
    norm_bias_2: Array,
    ffn_weight_1: Array,
    ffn_bias_1: Array,
    ffn_weight_2: Array,
    ffn_bias_2: Array,
    mask: Array | None = None,
    mask_type: int | None = None,
) -> Array:
    """One encoder layer of a transformer, without dropout: attention and two linear layers.

    Shapes: ``src`` ``(B, T, D)``; the result too. Each half adds to its input and is normalised,
    before it when ``norm_first``, after it otherwise. ``mask`` is that of attention.
    """
    weights = (qkv_weight, qkv_bias, proj_weight, proj_bias)

    def attend(x: Array) -> Array:
        return _attend((x, x, x), num_heads, weights, mask, mask_type)[0]

    def feed_forward(x: Array) -> Array:
        hidden = x @ widened(ffn_weight_1).T + widened(ffn_bias_1)
        hidden = gelu(hidden, "none") if use_gelu else np.maximum(hidden, 0)
        return hidden @ widened(ffn_weight_2).T + widened(ffn_bias_2)

    def first_norm(x: Array) -> Array:
        return normalize_layer(x, 1, norm_weight_1, norm_bias_1, eps)[0]

    def second_norm(x: Array) -> Array:
        return normalize_layer(x, 1, norm_weight_2, norm_bias_2, eps)[0]

    x = widened(src)
    if norm_first:
        x = x + attend(first_norm(x))
        return x + feed_forward(second_norm(x))
    x = first_norm(x + attend(x))
    return second_norm(x + feed_forward(x))
