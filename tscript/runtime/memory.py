"""Bytes and addresses of arrays, and copies that keep aliases.

Which array owns the memory of a view, and strides in elements, are :mod:`ops_registry.storage`'s.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ops_registry.storage import owner_of


def address(array: np.ndarray) -> int:
    """The address of the first element."""
    found: int = array.__array_interface__["data"][0]
    return found


def lowest_address(array: np.ndarray) -> int:
    """The lowest address of any element; differs from `address` under negative strides."""
    start = address(array)
    for extent, stride in zip(array.shape, array.strides, strict=True):
        if stride < 0 and extent > 1:
            start += stride * (extent - 1)
    return start


def byte_offset(array: np.ndarray) -> int:
    """Where the first element is in the buffer of its owner, in bytes."""
    owner = owner_of(array)
    return 0 if owner is array else address(array) - lowest_address(owner)


def flat_buffer(owner: np.ndarray) -> np.ndarray:
    """The bytes of an owner's memory in address order, as a 1-d view where NumPy allows one."""
    if owner.flags.c_contiguous:
        return owner.reshape(-1).view(np.uint8)
    return owner.ravel(order="K").view(np.uint8)


def view_of_buffer(
    buffer: np.ndarray,
    dtype: np.dtype,
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
) -> np.ndarray:
    """The array with byte ``offset`` and byte ``strides`` in a buffer of bytes."""
    if 0 in shape:
        return np.empty(shape, dtype)
    made: np.ndarray = np.ndarray(shape, dtype, buffer, offset, strides)
    return made


def copy_keeping_aliases(array: np.ndarray, memo: dict[int, Any]) -> np.ndarray:
    """A copy for ``copy.deepcopy``: arrays that shared a buffer share the copy of it."""
    owner = owner_of(array)
    if array.size == 0 or array.dtype.hasobject:
        return array.copy()
    key = id(owner)
    found = memo.get(key)
    if not isinstance(found, _CopiedBuffer):
        found = _CopiedBuffer(owner, flat_buffer(owner).copy())
        memo[key] = found
    offset = address(array) - lowest_address(owner)
    return view_of_buffer(found.buffer, array.dtype, offset, array.shape, array.strides)


class _CopiedBuffer:
    """Keeps the original alive, so that its id stays its own while a deepcopy runs."""

    __slots__ = ("buffer", "original")

    def __init__(self, original: np.ndarray, buffer: np.ndarray) -> None:
        self.original = original
        self.buffer = buffer
