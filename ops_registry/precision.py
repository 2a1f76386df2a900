"""Half precision is computed in float32: what kernels do with their floating point operands."""

from __future__ import annotations

import numpy as np


def widened(x: np.ndarray) -> np.ndarray:
    """The array in a dtype NumPy computes well in: float16 and bfloat16 become float32.

    The result of the computation is rounded to the operand's dtype once, by ``as_array``.

    >>> widened(np.ones(2, np.float16)).dtype, widened(np.ones(2)).dtype
    (dtype('float32'), dtype('float64'))
    """
    if x.dtype.itemsize <= 2 and x.dtype.kind not in "biu":
        return x.astype(np.float32)
    return x
