"""What the operators that make tensors share: dtype, size, layout and memory format arguments.

Not a family: no operator is declared here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.dtypes import Dtype
from ops_registry.meta import Shape, TensorMeta

#: The codes of memory formats.
CONTIGUOUS, PRESERVE, CHANNELS_LAST, CHANNELS_LAST_3D = range(4)

#: How the schemas of factories end.
OPTIONS = "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"
#: The same for those whose results are integers when nothing else is asked for.
INT_OPTIONS = OPTIONS.replace("dtype=None", "dtype=4")
#: The end of the schemas of ``*_like``.
LIKE_OPTIONS = f"{OPTIONS}, MemoryFormat? memory_format=None"


def dtype_or(code: int | None, default: Dtype | None = None) -> Dtype:
    """The dtype with a code; without one ``default``, or the default dtype."""
    if code is not None:
        return dtypes.from_code(code)
    return default or dtypes.default_dtype()


def shape_of(size: Iterable[int]) -> Shape:
    """A size argument as a shape; RuntimeError when an extent is negative."""
    shape = tuple(size)
    if shape and min(shape) < 0:
        raise RuntimeError(f"a tensor cannot have the shape {list(shape)}: an extent is negative")
    return shape


def check_layout(layout: int | None) -> None:
    """RuntimeError for any layout but ``strided``."""
    if layout not in (None, 0):
        raise RuntimeError("only the layout torch.strided is supported")


class Made:
    """The meta rule of factories: see :func:`made`."""

    def __init__(self, default: Callable[[list[Any]], Dtype] | None) -> None:
        self.default = default
        self._positions: dict[str, int] = {}

    def bind(self, names: Sequence[str]) -> None:
        self._positions = {name: position for position, name in enumerate(names)}

    def __call__(self, *args: Any) -> TensorMeta:
        at = self._positions
        source: TensorMeta | None = args[at["self"]] if "self" in at else None
        code = args[at["dtype"]]
        if code is not None:
            dtype = dtypes.from_code(code)
        elif source is not None:
            dtype = source.dtype
        elif self.default is not None:
            dtype = self.default(list(args))
        else:
            dtype = dtypes.default_dtype()
        if "layout" in at:
            check_layout(args[at["layout"]])
        if "size" in at:
            return TensorMeta(dtype, shape_of(args[at["size"]]))
        assert source is not None
        return TensorMeta(dtype, source.shape)


def made(default: Callable[[list[Any]], Dtype] | None = None) -> Made:
    """The rule of operators with the arguments ``dtype`` and ``size``, or ``self`` to be like.

    Without a dtype the result has that of ``self``, or what ``default`` computes from the
    arguments, or the default dtype.
    """
    return Made(default)


def allocate(shape: Shape, dtype: Dtype, memory_format: int | None = None) -> np.ndarray:
    """Uninitialised memory; the two channels-last formats put the channels innermost.

    >>> allocate((2, 3, 4, 5), dtypes.uint8, CHANNELS_LAST).strides
    (60, 1, 15, 3)
    """
    if memory_format in (None, CONTIGUOUS):
        return np.empty(shape, dtype.numpy)
    if memory_format == PRESERVE:
        raise RuntimeError("preserve_format needs a tensor whose format is preserved")
    rank = {CHANNELS_LAST: 4, CHANNELS_LAST_3D: 5}.get(memory_format)
    if rank is None:
        raise RuntimeError(f"{memory_format} is not the code of a memory format")
    if len(shape) != rank:
        raise RuntimeError(f"this memory format needs {rank} dimensions, not {len(shape)}")
    memory = np.empty((shape[0], *shape[2:], shape[1]), dtype.numpy)
    return memory.transpose(0, rank - 1, *range(1, rank - 1))


def allocate_like(
    array: np.ndarray, dtype: Dtype | None = None, memory_format: int | None = None
) -> np.ndarray:
    """Uninitialised memory for the shape of ``array``, its dimensions in the same order."""
    if memory_format in (None, PRESERVE):
        kind = array.dtype if dtype is None else dtype.numpy
        return np.empty_like(array, kind, order="K", subok=False)
    return allocate(array.shape, dtype or dtypes.from_numpy(array.dtype), memory_format)
