"""Sizes that may be given as one number for all dimensions, in Python.

In scripts the annotations ``BroadcastingList1`` ... do the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["filled", "repeated", "reversed_pairs"]


def repeated(value: Any, count: int) -> Any:
    """``value`` for each of ``count`` dimensions; an iterable is taken as it is.

    >>> repeated(3, 2), repeated([1, 2], 2)
    ((3, 3), (1, 2))
    """
    if isinstance(value, Iterable) and not isinstance(value, str):
        return tuple(value)
    return (value,) * count


def filled(sizes: Any, input_size: Sequence[int]) -> Any:
    """Output sizes in which None stands for the size of the input's dimension.

    >>> filled((None, 7), (1, 3, 5, 6))
    [5, 7]
    """
    if not isinstance(sizes, Iterable):
        return sizes
    sizes = list(sizes)
    if len(input_size) <= len(sizes):
        raise ValueError(
            f"the input has {len(input_size)} dimension(s), too few for an output size of "
            f"{len(sizes)}"
        )
    if all(size is not None for size in sizes):
        return sizes
    own = input_size[-len(sizes) :]
    return [own[i] if size is None else size for i, size in enumerate(sizes)]


def reversed_pairs(sizes: Sequence[int]) -> list[int]:
    """Each size twice, the last dimension first: the form that ``pad`` takes.

    >>> reversed_pairs((1, 2))
    [2, 2, 1, 1]
    """
    return [size for size in reversed(sizes) for _ in range(2)]
