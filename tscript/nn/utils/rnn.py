"""Batches of sequences of different lengths: padded to one tensor, or packed without the padding.

The recurrent layers take a :class:`PackedSequence` in the place of a tensor.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tscript as torch
from tscript import Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence_(NamedTuple):
    """The four parts of a :class:`PackedSequence`."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """Sequences without padding: ``data`` has their steps, ``batch_sizes[t]`` of them for step t.

    The sequences stand by falling length; ``sorted_indices`` says which was where before, and
    ``unsorted_indices`` is the way back. Both are None when nothing was sorted.

    >>> import tscript as torch
    >>> packed = pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])])
    >>> packed.data.tolist(), packed.batch_sizes.tolist()
    ([1, 4, 2, 3], [2, 1, 1])
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if batch_sizes is None:
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """As ``Tensor.to`` for ``data``; ``batch_sizes`` stays what it is."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        return type(self)(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def cpu(self) -> PackedSequence:
        """Itself: tensors are on the CPU."""
        return self.to("cpu")

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Raises: tscript computes on the CPU."""
        self.data.cuda(*args, **kwargs)
        return self

    def double(self) -> PackedSequence:
        """With ``data`` as float64."""
        return self.to(dtype=torch.float64)

    def float(self) -> PackedSequence:
        """With ``data`` as float32."""
        return self.to(dtype=torch.float32)

    def half(self) -> PackedSequence:
        """With ``data`` as float16."""
        return self.to(dtype=torch.float16)

    def long(self) -> PackedSequence:
        """With ``data`` as int64."""
        return self.to(dtype=torch.int64)

    def int(self) -> PackedSequence:
        """With ``data`` as int32."""
        return self.to(dtype=torch.int32)

    def short(self) -> PackedSequence:
        """With ``data`` as int16."""
        return self.to(dtype=torch.int16)

    def char(self) -> PackedSequence:
        """With ``data`` as int8."""
        return self.to(dtype=torch.int8)

    def byte(self) -> PackedSequence:
        """With ``data`` as uint8."""
        return self.to(dtype=torch.uint8)

    def pin_memory(self) -> PackedSequence:
        """Itself: there is no other device to copy to."""
        return self

    @property
    def is_cuda(self) -> bool:
        """False: tensors are on the CPU."""
        return False

    def is_pinned(self) -> bool:
        """False: there is no other device to copy to."""
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another one; None for None.

    >>> import tscript as torch
    >>> invert_permutation(torch.tensor([2, 0, 1])).tolist()
    [1, 2, 0]
    """
    if permutation is None:
        return None
    places = torch.arange(0, permutation.numel(), device=permutation.device)
    return torch.empty_like(permutation).scatter_(0, permutation, places)


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | list[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Pack ``(T, N, ...)``, or ``(N, T, ...)`` with ``batch_first``, leaving the padding out.

    The lengths fall, unless ``enforce_sorted`` is False: then the sequences are sorted here.

    >>> import tscript as torch
    >>> pack_padded_sequence(torch.tensor([[1, 3], [2, 0]]), torch.tensor([2, 1])).data.tolist()
    [1, 3, 2]
    """
    if isinstance(lengths, Tensor):
        counts = lengths.to(dtype=torch.int64)
    else:
        counts = torch.as_tensor(lengths, dtype=torch.int64)
    order: Tensor | None = None
    if not enforce_sorted:
        counts, order = torch.sort(counts, descending=True)
        input = input.index_select(0 if batch_first else 1, order)
    data, batch_sizes = torch.ops.aten._pack_padded_sequence(input, counts, batch_first)
    return PackedSequence(data, batch_sizes, order, invert_permutation(order))


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Packed sequences as ``(T, N, ...)`` in their first order, and their lengths.

    T is the longest length, or ``total_length``, which is not less.
    """
    length = sequence.batch_sizes.size(0)
    if total_length is not None:
        if total_length < length:
            raise ValueError(f"the longest sequence has {length} steps, not {total_length}")
        length = total_length
    padded, lengths = torch.ops.aten._pad_packed_sequence(
        sequence.data, sequence.batch_sizes, batch_first, padding_value, length
    )
    order = sequence.unsorted_indices
    if order is not None:
        return padded.index_select(0 if batch_first else 1, order), lengths.index_select(0, order)
    return padded, lengths


def pad_sequence(
    sequences: Tensor | list[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences ``(L_i, ...)`` as one tensor ``(T, N, ...)``; T is the longest L.

    >>> import tscript as torch
    >>> pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], batch_first=True).tolist()
    [[1, 2], [3, 0]]
    """
    if isinstance(sequences, Tensor):
        parts = list(sequences.unbind(0))
    elif torch.jit.is_scripting():
        parts = sequences
    else:
        parts = list(sequences)
    return torch.ops.aten.pad_sequence(parts, batch_first, padding_value, padding_side)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The sequences of a padded tensor, without the padding."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    sequences: list[Tensor] = []
    for i in range(rows.size(0)):
        sequences.append(rows[i][: int(lengths[i])])
    return sequences


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack a list of sequences ``(L_i, ...)``."""
    lengths = torch.as_tensor([one.size(0) for one in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a pack, as a list in their first order."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
