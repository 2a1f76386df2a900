"""Scaled dot product attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.dropout import dropout
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta, broadcast_shapes
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _attention_meta(
    query: TensorMeta,
    key: TensorMeta,
    value: TensorMeta,
    attn_mask: TensorMeta | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> TensorMeta:
    for name, part in (("query", query), ("key", key), ("value", value)):
        if part.ndim < 2:
            raise RuntimeError(f"attention: {name} has 2 or more dimensions, not {part.ndim}")
        if part.dtype is not query.dtype:
            raise RuntimeError(f"attention: {name} is {part.dtype!r}, query is {query.dtype!r}")
    if query.shape[-1] != key.shape[-1]:
        raise RuntimeError(
            f"attention: query has {query.shape[-1]} features, key {key.shape[-1]}: they are equal"
        )
    if key.shape[-2] != value.shape[-2]:
        raise RuntimeError(
            f"attention: there are {key.shape[-2]} keys and {value.shape[-2]} values"
        )
    if is_causal and attn_mask is not None:
        raise RuntimeError("attention: is_causal makes a mask, attn_mask is another")
    batches = [part.shape[:-2] for part in (query, key, value)]
    if enable_gqa:
        heads = query.shape[-3]
        for position, part in ((1, key), (2, value)):
            if query.ndim < 3 or part.ndim < 3 or heads % part.shape[-3] != 0:
                raise RuntimeError("attention: heads of the query are a multiple of the key's")
            batches[position] = (*part.shape[:-3], heads)
    batch = broadcast_shapes(*batches)
    if attn_mask is not None:
        if attn_mask.dtype is not dtypes.bool_ and attn_mask.dtype is not query.dtype:
            raise RuntimeError(
                f"attention: attn_mask is bool or {query.dtype!r}, not {attn_mask.dtype!r}"
            )
        scores = (*batch, query.shape[-2], key.shape[-2])
        if broadcast_shapes(attn_mask.shape, scores) != scores:
            raise RuntimeError(
                f"attention: attn_mask of {list(attn_mask.shape)} does not broadcast to the scores,"
                f" {list(scores)}"
            )
    return TensorMeta(query.dtype, (*batch, query.shape[-2], value.shape[-1]))


def _samples() -> list[Sample]:
    def parts(*batch: int, kind: Any = dtypes.float32) -> list[Array]:
        shapes = ((5, 4), (6, 4), (6, 3))
        return [tensor(*batch, *s, dtype=kind, seed=i) for i, s in enumerate(shapes)]

    causal = array(np.tri(5, 6, dtype=bool))
    nothing = causal.copy()
    nothing[2] = False
    return [
        Sample(*parts(2, 3)),
        Sample(*parts(2)),
        Sample(*parts(2, 3, kind=dtypes.float64), scale=0.3),
        Sample(*parts(2, 3), tensor(5, 6, seed=7)),
        Sample(*parts(2, 3), causal),
        Sample(*parts(2, 3), nothing),
        Sample(*parts(2, 3), None, 0.0, True),
        Sample(tensor(2, 4, 5, 4), tensor(2, 2, 6, 4), tensor(2, 2, 6, 3), enable_gqa=True),
    ]


@operator(
    "aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value,"
    " Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, *, float? scale=None,"
    " bool enable_gqa=False) -> Tensor",
    meta=_attention_meta,
    random=True,
    samples=_samples,
    rejects=lambda: [
        Rejected(tensor(5, 4), tensor(6, 3), tensor(6, 3)),
        Rejected(tensor(5, 4), tensor(6, 4), tensor(5, 3)),
        Rejected(tensor(5, 4), tensor(6, 4), tensor(6, 3), tensor(5, 6), 0.0, True),
        Rejected(tensor(4), tensor(6, 4), tensor(6, 3)),
    ],
)
def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Array:
    """``softmax(query @ key.T * scale) @ value``, for queries that look at all keys at once.

    Shapes: query ``(*, L, E)``, key ``(*, S, E)``, value ``(*, S, Ev)``, result ``(*, L, Ev)``. A
    bool ``attn_mask`` is true where a key may be looked at, another is added to the scores;
    ``is_causal`` lets query ``i`` look at keys up to ``i``. A query that may look at nothing gets
    zeros. ``scale`` is ``1 / sqrt(E)`` when not given. With ``enable_gqa`` keys and values have
    fewer heads, each shared by as many heads of the query.
    """
    q, k, v = widened(query), widened(key), widened(value)
    if enable_gqa:
        k = np.repeat(k, q.shape[-3] // k.shape[-3], axis=-3)
        v = np.repeat(v, q.shape[-3] // v.shape[-3], axis=-3)
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = (q * q.dtype.type(factor)) @ k.swapaxes(-1, -2)
    if is_causal:
        attn_mask = np.tri(*scores.shape[-2:], dtype=bool)
    if attn_mask is not None:
        if attn_mask.dtype == np.bool_:
            scores = np.where(attn_mask, scores, -np.inf)
        else:
            scores = scores + widened(attn_mask)
    if scores.shape[-1]:
        peak = scores.max(axis=-1, keepdims=True)
        weights = np.exp(scores - np.where(np.isneginf(peak), 0, peak))
        total = weights.sum(axis=-1, keepdims=True)
        weights /= np.where(total == 0, 1, total)
    else:
        weights = scores
    weights = weights.astype(q.dtype, copy=False)
    if dropout_p > 0:
        weights = dropout(weights, dropout_p, True)
    result: Array = weights @ v
    return result
