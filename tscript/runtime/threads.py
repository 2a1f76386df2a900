"""``set_num_threads``: how many threads NumPy's BLAS may use.

The wheels of NumPy bundle OpenBLAS, whose own function is called; with another BLAS the number is
only remembered.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

_threads: int | None = None
_interop: int = os.cpu_count() or 1

_SYMBOLS = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)


@functools.cache
def _setter() -> Callable[[int], object] | None:
    package = Path(np.__file__).parent
    folders = (package.parent / "numpy.libs", package / ".libs", package / ".dylibs")
    for folder in folders:
        for library in sorted(folder.glob("*openblas*")) if folder.is_dir() else ():
            try:
                loaded = ctypes.CDLL(str(library))
            except OSError:
                continue
            for symbol in _SYMBOLS:
                function = getattr(loaded, symbol, None)
                if function is not None:
                    function.argtypes, function.restype = [ctypes.c_int], None
                    found: Callable[[int], object] = function
                    return found
    return None


def set_num_threads(num: int) -> None:
    """Let matrix products use ``num`` threads. RuntimeError unless it is positive."""
    global _threads
    if not isinstance(num, int) or isinstance(num, bool):
        raise TypeError(f"set_num_threads takes an int, not {type(num).__name__}")
    if num < 1:
        raise RuntimeError(f"the number of threads is positive, not {num}")
    _threads = num
    setter = _setter()
    if setter is not None:
        setter(num)


def get_num_threads() -> int:
    """The number given to `set_num_threads`, or that of the machine's processors."""
    if _threads is not None:
        return _threads
    return int(os.environ.get("OMP_NUM_THREADS", "0") or 0) or os.cpu_count() or 1


def set_num_interop_threads(num: int) -> None:
    """Remember a number: operators run one after another here."""
    global _interop
    _interop = num


def get_num_interop_threads() -> int:
    return _interop
