"""Views share memory both ways, and know where in it they are."""

from __future__ import annotations

import numpy as np
import pytest

from ops_registry.builtin import dimension_order, slicing, splitting, views
from ops_registry.storage import contiguous_strides, storage_of, strides_of


def grid() -> np.ndarray:
    return np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "take",
    [
        lambda x: views.view(x, [4, 3]),
        lambda x: views.flatten(x),
        lambda x: dimension_order.t(x),
        lambda x: dimension_order.unsqueeze(x, 1),
        lambda x: dimension_order.permute(x, [1, 0]),
        lambda x: slicing.select(x, 0, -1),
        lambda x: slicing.select(slicing.select(x, 0, 1), 0, 1),
        lambda x: slicing.slice_tensor(x, 1, 1, None, 2),
        lambda x: slicing.diagonal(x, 1),
        lambda x: slicing.unfold(x, 1, 2, 1),
        lambda x: splitting.split(x, 2)[1],
        lambda x: splitting.unbind(x, 1)[2],
        lambda x: views.as_strided(x, [2], [5], 1),
        lambda x: views.expand(x[:, :1], [3, 4]),
    ],
)
def test_writes_to_a_view_are_seen_in_the_tensor(take):
    x = grid()
    part = take(x)
    assert type(part) is np.ndarray
    part[...] = -1
    assert (x == -1).any()
    x[...] = 7
    assert (part == 7).all()


def test_a_scalar_slice_of_a_vector_is_still_a_view():
    x = np.arange(3.0)
    slicing.select(x, 0, 1)[...] = 9
    assert x.tolist() == [0, 9, 2]


def test_expand_has_stride_zero_and_is_writable():
    x = np.zeros((3, 1), np.float32)
    wide = views.expand(x, [2, 3, 5])
    assert strides_of(wide) == (0, 1, 0)
    assert wide.flags.writeable


def test_expanding_read_only_memory_stays_read_only():
    x = np.zeros((3, 1))
    x.flags.writeable = False
    assert not views.expand(x, [3, 2]).flags.writeable


def test_storage_is_found_through_chains_of_views():
    x = np.arange(24.0)
    part = slicing.diagonal(views.view(x, [4, 6])[1:, 1:])
    root, offset = storage_of(part)
    assert root is x
    assert offset == 7
    again = views.as_strided(part, [2], [1])
    assert again.tolist() == [7, 8]
    assert storage_of(again)[1] == 7


def test_as_strided_counts_from_the_start_of_the_memory():
    x = np.arange(10.0)
    assert views.as_strided(x[4:], [2], [2], 1).tolist() == [1, 3]
    with pytest.raises(RuntimeError, match="leave the memory"):
        views.as_strided(x[4:], [2], [2], 8)


def test_strides_of_empty_tensors_are_those_of_new_ones():
    assert strides_of(np.zeros((2, 0, 3))) == contiguous_strides((2, 0, 3)) == (3, 3, 1)


def test_view_says_when_a_copy_would_be_needed():
    with pytest.raises(RuntimeError, match="reshape"):
        views.view(grid().T, [12])
    assert views.reshape(grid().T, [12]).shape == (12,)


def test_a_view_of_no_elements_cannot_infer_a_size():
    with pytest.raises(RuntimeError, match="no elements"):
        views.view(np.zeros((0, 3)), [-1, 0])
