"""Subscripts of tensors: values, views and writes as PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tscript

BASE = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)

#: Subscripts, made for either library.
SUBSCRIPTS: list[Callable[[Any], Any]] = [
    lambda m: 0,
    lambda m: -1,
    lambda m: slice(None),
    lambda m: slice(1, None),
    lambda m: slice(None, -1),
    lambda m: slice(0, 4, 2),
    lambda m: slice(5, 9),
    lambda m: None,
    lambda m: ...,
    lambda m: True,
    lambda m: False,
    lambda m: (0, 1),
    lambda m: (slice(None), 1),
    lambda m: (..., 0),
    lambda m: (None, 0),
    lambda m: (0, None, ...),
    lambda m: (0, slice(2, None), 1),
    lambda m: (0, [0, 2]),
    lambda m: ([0, 1], [1, 2]),
    lambda m: ([[0], [1]], slice(None), [1, 2]),
    lambda m: np.array([0, 1]),
    lambda m: (slice(1, 2), np.array([True, False, True])),
    lambda m: np.int64(1),
    lambda m: m.tensor([0, 1]),
    lambda m: (slice(None), m.tensor([2, 0])),
    lambda m: (slice(None), m.tensor([True, False, True])),
    lambda m: m.tensor(1),
    lambda m: m.tensor([True, False]),
    lambda m: m.tensor(True),
    lambda m: m.tensor([], dtype=m.int64),
    lambda m: m.zeros(2, 3, 4) > -1,
]

REFUSED: list[Any] = [5, (0, 0, 0, 0), "a", 1.5, slice(None, None, -1), (..., ...)]


@pytest.mark.parametrize("subscript", REFUSED, ids=repr)
def test_what_is_no_subscript_is_an_error(subscript: Any) -> None:
    x = tscript.from_numpy(BASE.copy())
    with pytest.raises((IndexError, ValueError, TypeError)):
        x[subscript]


def test_a_zero_dim_tensor_has_no_rows() -> None:
    with pytest.raises(IndexError, match="0-dim"):
        tscript.tensor(1.0)[0]
    assert tscript.tensor(1.0)[...].item() == 1.0
    assert tscript.tensor(1.0)[None].shape == (1,)


def test_a_write_broadcasts_and_drops_leading_ones() -> None:
    x = tscript.zeros(2, 3)
    x[0] = tscript.ones(1, 1, 3)
    x[1, 1:] = 5
    assert x.tolist() == [[1, 1, 1], [0, 5, 5]]
    with pytest.raises(RuntimeError):
        x[0] = tscript.ones(2)
    with pytest.raises(TypeError, match="str"):
        x[0] = "text"


def test_a_write_through_a_view_shows() -> None:
    x = tscript.zeros(2, 3)
    row = x[1]
    row[row == 0] = 2
    assert x.tolist() == [[0, 0, 0], [2, 2, 2]]


def outcome(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except (IndexError, ValueError, TypeError, RuntimeError):
        return "error"


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, str) or isinstance(theirs, str):
        return bool(isinstance(ours, str) and isinstance(theirs, str))
    return ours.shape == tuple(theirs.shape) and np.array_equal(ours.array, theirs.numpy())


@pytest.mark.oracle
@pytest.mark.parametrize("make", SUBSCRIPTS)
def test_reading_gives_pytorchs_values_and_views(make: Callable[[Any], Any], torch: Any) -> None:
    ours, theirs = tscript.from_numpy(BASE.copy()), torch.from_numpy(BASE.copy())
    mine, real = outcome(lambda: ours[make(tscript)]), outcome(lambda: theirs[make(torch)])
    assert same(mine, real)
    if mine.numel():
        shared = real.untyped_storage().data_ptr() == theirs.untyped_storage().data_ptr()
        assert np.shares_memory(mine.array, ours.array) == shared


@pytest.mark.oracle
@pytest.mark.parametrize("make", SUBSCRIPTS)
@pytest.mark.parametrize("value", [7, 2.5, "a row", "a column"])
def test_writing_changes_what_pytorch_changes(
    make: Callable[[Any], Any], value: Any, torch: Any
) -> None:
    rows = {"a row": [1.0, 2.0, 3.0, 4.0], "a column": [[1.0], [2.0], [3.0]]}

    def written(module: Any) -> Any:
        x = module.from_numpy(BASE.copy())
        x[make(module)] = module.tensor(rows[value]) if value in rows else value
        return x

    assert same(outcome(lambda: written(tscript)), outcome(lambda: written(torch)))
