"""Sequences of different lengths in one tensor: padded, or packed step by step.

Packed, the steps of a batch stand one after another, the longest sequences first, so that step t
has the ``batch_sizes[t]`` sequences that are that long. Operators that run over packed sequences
are in ``recurrent``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array
from ops_registry.meta import TensorMeta, broadcast_shapes
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _lengths(*values: int) -> Array:
    return array(list(values), dtypes.int64)


def _pack_meta(
    input: TensorMeta, lengths: TensorMeta, batch_first: bool
) -> tuple[TensorMeta, TensorMeta]:
    if input.ndim < 2:
        raise RuntimeError(f"padded sequences have 2 or more dimensions, not {input.ndim}")
    if lengths.ndim != 1 or lengths.dtype is not dtypes.int64:
        raise RuntimeError("lengths is one-dimensional and torch.int64")
    batch, steps = input.shape[:2] if batch_first else input.shape[1::-1]
    if lengths.size != batch:
        raise RuntimeError(f"there are {batch} sequences, and {lengths.size} lengths")
    if steps == 0:
        raise RuntimeError("a sequence has at least one step")
    return TensorMeta(input.dtype, (-1, *input.shape[2:])), TensorMeta(dtypes.int64, (-1,))


@operator(
    "aten::_pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first)"
    " -> (Tensor, Tensor)",
    meta=_pack_meta,
    samples=lambda: [
        Sample(tensor(4, 3, 2), _lengths(4, 2, 1), False),
        Sample(tensor(3, 4), _lengths(3, 3, 1), True),
    ],
    rejects=lambda: [
        Rejected(tensor(4, 3, 2), _lengths(4, 2), False),
        Rejected(tensor(4, 3, 2), _lengths(2, 4, 1), False),
        Rejected(tensor(4, 3, 2), _lengths(4, 2, 0), False),
    ],
)
def pack_padded_sequence(input: Array, lengths: Array, batch_first: bool) -> tuple[Array, Array]:
    """The steps that count, packed, and how many sequences each step has.

    Shapes: ``(T, N, ...)``, or ``(N, T, ...)`` with ``batch_first``; ``lengths`` falls.
    """
    steps = input.swapaxes(0, 1) if batch_first else input
    if np.any(lengths[1:] > lengths[:-1]):
        raise RuntimeError("lengths has to fall; enforce_sorted=False sorts sequences")
    if lengths.size == 0 or lengths[-1] <= 0:
        raise RuntimeError("every length is positive")
    if lengths[0] > len(steps):
        raise RuntimeError(f"a length of {lengths[0]} is more than the {len(steps)} steps")
    sizes = (lengths[None, :] > np.arange(int(lengths[0]))[:, None]).sum(1)
    packed = np.concatenate([step[:size] for step, size in zip(steps, sizes, strict=False)])
    return packed, sizes.astype(np.int64)


def _pad_meta(
    data: TensorMeta, batch_sizes: TensorMeta, batch_first: bool, padding_value: float,
    total_length: int,
) -> tuple[TensorMeta, TensorMeta]:  # fmt: skip
    if batch_sizes.ndim != 1 or batch_sizes.dtype is not dtypes.int64:
        raise RuntimeError("batch_sizes is one-dimensional and torch.int64")
    if not data.ndim:
        raise RuntimeError("packed sequences have at least one dimension")
    return TensorMeta(data.dtype, (-1, -1, *data.shape[1:])), TensorMeta(dtypes.int64, (-1,))


@operator(
    "aten::_pad_packed_sequence(Tensor data, Tensor batch_sizes, bool batch_first,"
    " Scalar padding_value, int total_length) -> (Tensor, Tensor)",
    meta=_pad_meta,
    samples=lambda: [
        Sample(tensor(7, 2), _lengths(3, 2, 1, 1), False, 0.0, 4),
        Sample(tensor(7), _lengths(3, 2, 1, 1), True, -1.0, 6),
    ],
    rejects=lambda: [Rejected(tensor(7, 2), _lengths(3, 2, 1, 1), False, 0.0, 3)],
)
def pad_packed_sequence(
    data: Array, batch_sizes: Array, batch_first: bool, padding_value: float, total_length: int
) -> tuple[Array, Array]:
    """Packed sequences as ``(T, N, ...)`` or ``(N, T, ...)``, and their lengths.

    A ``total_length`` that is positive is T, and is not less than the longest length.
    """
    length = len(batch_sizes)
    if total_length > 0:
        if total_length < length:
            raise RuntimeError(f"the longest sequence has {length} steps, not {total_length}")
        length = total_length
    sequences = int(batch_sizes[0]) if len(batch_sizes) else 0
    padded = np.full((length, sequences, *data.shape[1:]), padding_value, data.dtype)
    start = 0
    for step, size in enumerate(batch_sizes):
        padded[step, :size] = data[start : start + size]
        start += int(size)
    lengths = (batch_sizes[:, None] > np.arange(sequences)[None, :]).sum(0).astype(np.int64)
    return padded.swapaxes(0, 1) if batch_first else padded, lengths


def _pad_sequence_meta(
    sequences: Sequence[TensorMeta], batch_first: bool, padding_value: float, padding_side: str
) -> TensorMeta:
    if not sequences:
        raise RuntimeError("pad_sequence takes at least one sequence")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"padding_side is 'left' or 'right', not {padding_side!r}")
    rest = sequences[0].shape[1:]
    for one in sequences:
        place = (*one.shape[:1], *rest)
        if not one.ndim or broadcast_shapes(one.shape, place) != place:
            raise RuntimeError(
                f"a sequence of shape {list(one.shape)} does not fit beside one of shape"
                f" {list(sequences[0].shape)}: they differ in the first dimension only"
            )
    longest, count = max(one.shape[0] for one in sequences), len(sequences)
    shape = (count, longest) if batch_first else (longest, count)
    return TensorMeta(sequences[0].dtype, (*shape, *rest))


@operator(
    "aten::pad_sequence(Tensor[] sequences, bool batch_first=False, float padding_value=0.0,"
    ' str padding_side="right") -> Tensor',
    meta=_pad_sequence_meta,
    samples=lambda: [
        Sample([tensor(3, 2), tensor(1, 2), tensor(2, 2)]),
        Sample([tensor(3), tensor(0)], True, -1.0, "left"),
        Sample([tensor(2, dtype=dtypes.int64)], True, 7.0),
        Sample([tensor(3, 2), tensor(2, 1)], padding_side="left"),
        Sample([tensor(3, 3), tensor(3)]),
    ],
    rejects=lambda: [
        Rejected([tensor(3, 2), tensor(3, 3)]),
        Rejected([tensor(3, 1), tensor(2, 2)]),
        Rejected([tensor(3)], padding_side="up"),
    ],
)
def pad_sequence(
    sequences: Sequence[Array], batch_first: bool, padding_value: float, padding_side: str
) -> Array:
    """Sequences ``(L_i, ...)`` as ``(T, N, ...)``, or ``(N, T, ...)``; T is the longest L."""
    longest = max(len(one) for one in sequences)
    shape = (len(sequences), longest, *sequences[0].shape[1:])
    padded = np.full(shape, padding_value, sequences[0].dtype)
    for row, one in zip(padded, sequences, strict=True):
        start = longest - len(one) if padding_side == "left" else 0
        row[start : start + len(one)] = one
    return padded if batch_first else np.ascontiguousarray(padded.swapaxes(0, 1))


def _tbc_meta(self: TensorMeta, weight: TensorMeta, bias: TensorMeta, pad: int) -> TensorMeta:
    if self.ndim != 3 or weight.ndim != 3 or bias.ndim != 1:
        raise RuntimeError("conv_tbc takes (T, N, C), a weight (K, C, O) and a bias (O)")
    if self.shape[2] != weight.shape[1] or weight.shape[2:] != bias.shape:
        raise RuntimeError(
            f"conv_tbc: channels of {list(self.shape)}, {list(weight.shape)} and"
            f" {list(bias.shape)} do not fit"
        )
    length = self.shape[0] + 2 * pad - weight.shape[0] + 1
    if length < 0:
        raise RuntimeError("conv_tbc: the window is longer than the padded sequence")
    return TensorMeta(self.dtype, (length, self.shape[1], weight.shape[2]))


@operator(
    "aten::conv_tbc(Tensor self, Tensor weight, Tensor bias, int pad=0) -> Tensor",
    meta=_tbc_meta,
    samples=lambda: [
        Sample(tensor(5, 2, 3), tensor(3, 3, 4, seed=1), tensor(4, seed=2)),
        Sample(tensor(5, 2, 3), tensor(2, 3, 4, seed=1), tensor(4, seed=2), 1),
    ],
    rejects=lambda: [Rejected(tensor(5, 2, 3), tensor(3, 2, 4), tensor(4))],
)
def conv_tbc(self: Array, weight: Array, bias: Array, pad: int) -> Array:
    """Convolution over time of ``(T, N, C)`` with a weight ``(K, C, O)``: ``(T', N, O)``."""
    padded = np.pad(self, ((pad, pad), (0, 0), (0, 0)))
    length = len(padded) - len(weight) + 1
    result = np.broadcast_to(bias, (length, self.shape[1], len(bias))).astype(self.dtype)
    for offset, matrix in enumerate(weight):
        result += padded[offset : offset + length] @ matrix
    return result
