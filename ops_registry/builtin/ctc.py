"""Connectionist temporal classification: the loss over all alignments of a target with a sequence.

Alignments are summed as in Graves et al. 2006, forward over time, in logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry.builtin.operands import Array
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _ctc_meta(
    log_probs: TensorMeta,
    targets: TensorMeta,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 1,
    zero_infinity: bool = False,
) -> TensorMeta:
    if log_probs.ndim not in (2, 3):
        raise RuntimeError(f"log_probs has 2 or 3 dimensions, not {log_probs.ndim}")
    if not log_probs.dtype.is_floating_point:
        raise RuntimeError(f"log_probs has fractions, which {log_probs.dtype!r} has not")
    if targets.ndim not in (1, 2):
        raise RuntimeError(f"targets has 1 or 2 dimensions, not {targets.ndim}")
    if not 0 <= blank < log_probs.shape[-1]:
        raise RuntimeError(f"blank {blank} is none of {log_probs.shape[-1]} classes")
    batch = log_probs.shape[1] if log_probs.ndim == 3 else 1
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        count = lengths.size if isinstance(lengths, TensorMeta) else len(lengths)
        if count != batch:
            raise RuntimeError(f"{name} has {batch} number(s), not {count}")
    if reduction != 0:
        return TensorMeta(log_probs.dtype, ())
    return TensorMeta(log_probs.dtype, (batch,) if log_probs.ndim == 3 else ())


def _total(log_probs: Array, target: Array, blank: int) -> float:
    """The negative logarithm of the sum over all alignments of one sequence (T, C)."""
    labels = np.full(2 * len(target) + 1, blank, np.int64)
    labels[1::2] = target
    # a blank may be skipped between two labels that differ
    skips = np.zeros(len(labels), bool)
    skips[2:] = (labels[2:] != blank) & (labels[2:] != labels[:-2])
    states = np.full(len(labels), -np.inf, log_probs.dtype)
    if not len(log_probs):
        return 0.0 if not len(target) else np.inf
    states[:2] = log_probs[0, labels[:2]]
    for step in log_probs[1:]:
        before = np.concatenate([[-np.inf], states[:-1]])
        twice = np.where(
            skips, np.concatenate([[-np.inf, -np.inf], states])[: len(labels)], -np.inf
        )
        peak = np.maximum(np.maximum(states, before), twice)
        base = np.where(np.isneginf(peak), 0, peak)
        summed = np.exp(states - base) + np.exp(before - base) + np.exp(twice - base)
        states = (np.log(summed) + base + step[labels]).astype(log_probs.dtype)
    return -float(np.logaddexp.reduce(states[-2:] if len(labels) > 1 else states))


def _samples(tensors: bool) -> list[Sample]:
    scores = tensor(6, 2, 5)
    scores = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    targets = array([[1, 2, 2], [3, 1, 4]])

    def lengths(*values: int) -> Any:
        return array(list(values)) if tensors else list(values)

    return [
        Sample(scores, targets, lengths(6, 5), lengths(3, 2)),
        Sample(scores, targets, lengths(6, 6), lengths(3, 3), 0, 2),
        Sample(scores, array([1, 2, 2, 3, 1]), lengths(6, 5), lengths(3, 2), 0, 0),
        Sample(scores, targets, lengths(3, 5), lengths(3, 2), 0, 0, True),
        Sample(scores[:, 0], targets[0], lengths(6), lengths(3), 4, 0),
        Sample(scores.astype(np.float64), targets, lengths(6, 5), lengths(0, 2), 0, 0),
    ]


def _rejects() -> list[Rejected]:
    scores = tensor(6, 2, 5)
    targets = array([[1, 2, 2], [3, 1, 4]])
    return [
        Rejected(scores, targets, [6, 5], [3, 2], 7),
        Rejected(scores, targets, [6], [3, 2]),
        Rejected(scores, targets, [9, 5], [3, 2]),
        Rejected(scores, targets, [6, 5], [4, 2]),
    ]


@operator(
    "aten::ctc_loss.IntList(Tensor log_probs, Tensor targets, int[] input_lengths,"
    " int[] target_lengths, int blank=0, int reduction=1, bool zero_infinity=False) -> Tensor",
    meta=_ctc_meta,
    samples=lambda: _samples(False),
    rejects=_rejects,
)
@operator(
    "aten::ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths,"
    " Tensor target_lengths, int blank=0, int reduction=1, bool zero_infinity=False) -> Tensor",
    meta=_ctc_meta,
    samples=lambda: _samples(True),
)
def ctc_loss(
    log_probs: Array,
    targets: Array,
    input_lengths: Array | Sequence[int],
    target_lengths: Array | Sequence[int],
    blank: int = 0,
    reduction: int = 1,
    zero_infinity: bool = False,
) -> Array:
    """The negative log likelihood of targets under log-probabilities ``(T, N, C)``.

    ``targets`` is (N, S), or all of them in one row; lengths say how much of each counts.
    ``reduction`` is 0 none, 1 the mean of losses divided by their target's length, 2 the sum. A
    target that is too long for its sequence costs infinity, or 0 with ``zero_infinity``.
    """
    scores = log_probs if log_probs.ndim == 3 else log_probs[:, None]
    times = [int(n) for n in np.asarray(input_lengths).ravel()]
    sizes = [int(n) for n in np.asarray(target_lengths).ravel()]
    if max(times, default=0) > len(scores):
        raise RuntimeError(f"input_lengths are at most {len(scores)}, not {max(times)}")
    if targets.ndim == 1:
        if sum(sizes) > len(targets):
            raise RuntimeError(f"target_lengths count {sum(sizes)} of {len(targets)} labels")
        ends = np.cumsum(sizes)
        parts = [targets[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    else:
        if max(sizes, default=0) > targets.shape[1]:
            raise RuntimeError(f"target_lengths are at most {targets.shape[1]}, not {max(sizes)}")
        parts = [row[:size] for row, size in zip(targets, sizes, strict=True)]
    losses = np.asarray(
        [_total(scores[:time, i], parts[i], blank) for i, time in enumerate(times)], scores.dtype
    )
    if zero_infinity:
        losses = np.where(np.isinf(losses), 0, losses).astype(scores.dtype)
    if reduction == 1:
        return np.mean(losses / np.maximum(np.asarray(sizes), 1).astype(scores.dtype))
    if reduction == 2:
        return np.sum(losses)
    return losses if log_probs.ndim == 3 else losses[0]
