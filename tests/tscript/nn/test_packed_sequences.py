"""Packed and padded sequences, and the recurrent layers over them."""

from __future__ import annotations

import pytest

import tscript as torch
from tscript import Tensor, nn
from tscript.nn.utils.rnn import (
    PackedSequence,
    invert_permutation,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
    unpad_sequence,
)

SEQUENCES = [torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0, 5.0]), torch.tensor([6.0])]


def test_packing_and_padding_are_inverse() -> None:
    packed = pack_sequence(SEQUENCES, enforce_sorted=False)
    assert packed.data.tolist() == [3, 1, 6, 4, 2, 5] and packed.batch_sizes.tolist() == [3, 2, 1]
    padded, lengths = pad_packed_sequence(
        packed, batch_first=True, padding_value=-1, total_length=4
    )
    assert padded.tolist() == [[1, 2, -1, -1], [3, 4, 5, -1], [6, -1, -1, -1]]
    assert lengths.tolist() == [2, 3, 1]
    for one, other in zip(unpack_sequence(packed), SEQUENCES, strict=True):
        assert torch.equal(one, other)
    with pytest.raises(ValueError, match="3 steps, not 2"):
        pad_packed_sequence(packed, total_length=2)


def test_sorted_lengths_are_expected_unless_told() -> None:
    with pytest.raises(RuntimeError, match="enforce_sorted=False"):
        pack_sequence(SEQUENCES)
    packed = pack_padded_sequence(torch.ones(2, 3), [3, 2], batch_first=True)
    assert packed.sorted_indices is None and packed.to(torch.float64).data.dtype is torch.float64


def test_padding_on_either_side() -> None:
    assert pad_sequence(SEQUENCES[:2]).tolist() == [[1, 3], [2, 4], [0, 5]]
    left = pad_sequence(SEQUENCES[:2], batch_first=True, padding_side="left")
    assert left.tolist() == [[0, 1, 2], [3, 4, 5]]
    rows = unpad_sequence(pad_sequence(SEQUENCES), torch.tensor([2, 3, 1]))
    assert [row.tolist() for row in rows] == [s.tolist() for s in SEQUENCES]


@pytest.mark.parametrize("layer", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_layer_gives_each_sequence_what_it_gives_it_alone(layer) -> None:
    torch.manual_seed(0)
    net = layer(1, 2, num_layers=2, bidirectional=True)
    packed = pack_sequence([s[:, None] for s in SEQUENCES], enforce_sorted=False)
    output, state = net(packed)
    assert isinstance(output, PackedSequence)
    hidden = state[0] if layer is nn.LSTM else state
    for number, (sequence, result) in enumerate(
        zip(SEQUENCES, unpack_sequence(output), strict=True)
    ):
        alone, after = net(sequence[:, None])
        assert torch.allclose(alone, result, atol=1e-6)
        after = after[0] if layer is nn.LSTM else after
        assert torch.allclose(after, hidden[:, number], atol=1e-6)
    again, _ = net(packed, state)
    assert again.data.shape == (6, 4)
    with pytest.raises(RuntimeError):
        net(packed, tuple(s[:, :1] for s in state) if layer is nn.LSTM else state[:, :1])


def _packed_mean(x: Tensor, lengths: Tensor) -> Tensor:
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    padded, counts = pad_packed_sequence(packed)
    return padded.sum(0) / counts


def test_they_script() -> None:
    x, lengths = torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([2, 1])
    scripted = torch.jit.script(_packed_mean)
    assert scripted(x, lengths).tolist() == [2, 2] == _packed_mean(x, lengths).tolist()
    for function in (invert_permutation, pack_sequence, unpack_sequence):
        torch.jit.script(function)
