"""Where the elements of an array live: the memory behind views, offsets and strides in elements.

NumPy has no storages; the array at the end of the chain of ``base``\\ s plays the part of PyTorch's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def owner_of(array: np.ndarray) -> np.ndarray:
    """The array that owns the memory: two views of one buffer have the same owner.

    ``as_strided`` puts an object that is no array between a view and its base; it is looked through.

    >>> from numpy.lib.stride_tricks import as_strided
    >>> x = np.arange(6.0)
    >>> owner_of(as_strided(x[1:], (2, 2), (8, 8))) is x
    True
    """
    root = array
    base = array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            root = base
        base = getattr(base, "base", None)
    return root


def storage_of(array: np.ndarray) -> tuple[np.ndarray, int]:
    """The array that owns the memory, and where in it ``array`` starts, in elements.

    >>> x = np.arange(6.0)
    >>> root, offset = storage_of(x[2:])
    >>> root is x, offset
    (True, 2)
    """
    root = owner_of(array)
    distance = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    return root, distance // array.itemsize


def strides_of(array: np.ndarray) -> tuple[int, ...]:
    """Strides in elements, as PyTorch counts them: those of an empty tensor are contiguous.

    >>> strides_of(np.zeros((2, 0, 3)))
    (3, 3, 1)
    """
    if array.size == 0:
        return contiguous_strides(array.shape)
    return tuple(stride // array.itemsize for stride in array.strides)


def contiguous_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of a new tensor, in elements."""
    strides = []
    step = 1
    for extent in reversed(shape):
        strides.append(step)
        step *= max(extent, 1)
    return tuple(reversed(strides))
