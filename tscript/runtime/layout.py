"""``torch.layout`` and ``torch.memory_format``: named ints, as graphs hold them."""

from __future__ import annotations

import numpy as np


class Layout:
    """How a tensor is stored; only ``torch.strided`` ones exist here."""

    __slots__ = ("code", "name")

    def __init__(self, name: str, code: int) -> None:
        self.name = name
        self.code = code

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class MemoryFormat:
    """The order of dimensions in memory."""

    __slots__ = ("code", "name")

    def __init__(self, name: str, code: int) -> None:
        self.name = name
        self.code = code

    def is_layout_of(self, array: np.ndarray) -> bool:
        """Whether an array is dense in this order."""
        if self is channels_last:
            return array.ndim == 4 and array.transpose(0, 2, 3, 1).flags.c_contiguous
        if self is channels_last_3d:
            return array.ndim == 5 and array.transpose(0, 2, 3, 4, 1).flags.c_contiguous
        return array.flags.c_contiguous

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


strided = Layout("strided", 0)
sparse_coo = Layout("sparse_coo", 1)
sparse_csr = Layout("sparse_csr", 2)

contiguous_format = MemoryFormat("contiguous_format", 0)
preserve_format = MemoryFormat("preserve_format", 1)
channels_last = MemoryFormat("channels_last", 2)
channels_last_3d = MemoryFormat("channels_last_3d", 3)
