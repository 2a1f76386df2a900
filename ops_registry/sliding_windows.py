"""Sliding windows over the trailing dimensions: what convolution, pooling and folding share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided


def per_dim(values: int | Sequence[int], count: int, name: str) -> tuple[int, ...]:
    """One number for each spatial dimension; a single one stands for all.

    >>> per_dim([2], 3, "stride"), per_dim(1, 2, "padding")
    ((2, 2, 2), (1, 1))
    """
    if isinstance(values, int):
        return (values,) * count
    if len(values) == 1:
        return (int(values[0]),) * count
    if len(values) != count:
        raise RuntimeError(f"{name} has {len(values)} numbers for {count} dimensions")
    return tuple(int(v) for v in values)


def window_count(
    size: int, kernel: int, stride: int, padding: int, dilation: int, *, ceil: bool = False
) -> int:
    """How many windows fit into a padded extent; with ``ceil`` a last, partial one counts too
    if it begins inside the input or its left padding."""
    reach = dilation * (kernel - 1) + 1
    span = size + 2 * padding - reach
    count = (-(-span // stride) if ceil else span // stride) + 1
    if ceil and (count - 1) * stride >= size + padding:
        count -= 1
    return count


def padded(x: np.ndarray, before: Sequence[int], after: Sequence[int], value: float) -> np.ndarray:
    """``x`` with its trailing dimensions padded; itself when there is nothing to pad."""
    if not any(before) and not any(after):
        return x
    lead = x.ndim - len(before)
    shape = (
        *x.shape[:lead],
        *(s + b + a for s, b, a in zip(x.shape[lead:], before, after, strict=True)),
    )
    made = np.full(shape, value, x.dtype)
    inside = tuple(slice(b, b + s) for s, b in zip(x.shape[lead:], before, strict=True))
    made[trailing(inside)] = x
    return made


def trailing(index: Sequence[slice | int]) -> tuple[Any, ...]:
    """An index into the last dimensions.

    >>> np.zeros((2, 3, 4))[trailing([slice(1, 2), 0])].shape
    (2, 1)
    """
    return (..., *index)


def windows(
    x: np.ndarray,
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    counts: Sequence[int],
) -> np.ndarray:
    """A read-only view of all windows: ``(*lead, *counts, *kernel)``.

    >>> windows(np.arange(5), (2,), (2,), (1,), (2,)).tolist()
    [[0, 1], [2, 3]]
    """
    lead = x.ndim - len(kernel)
    steps = x.strides[lead:]
    return as_strided(
        x,
        (*x.shape[:lead], *counts, *kernel),
        (
            *x.strides[:lead],
            *(s * step for s, step in zip(stride, steps, strict=True)),
            *(d * step for d, step in zip(dilation, steps, strict=True)),
        ),
        writeable=False,
    )
