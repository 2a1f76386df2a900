"""``x * y + z`` with one rounding, which NumPy lacks and PyTorch's compiled kernels have."""

from __future__ import annotations

from typing import Any

import numpy as np


def multiply_add(x: Any, factor: Any, addend: Any, dtype: type[np.floating]) -> np.ndarray:
    """``x * factor + addend`` in float32 or float64, rounded once.

    Shapes broadcast. In float32 the product is exact in double precision; in float64 its error
    is carried along (Dekker's product, Knuth's sum).

    >>> float(multiply_add(0.1, 10.0, -1.0, np.float64)), 0.1 * 10 - 1
    (5.551115123125783e-17, 0.0)
    """
    with np.errstate(over="ignore", invalid="ignore"):
        wide = [np.asarray(v, dtype).astype(np.float64) for v in (x, factor, addend)]
        return _fused(wide[0], wide[1], wide[2], dtype)


def _fused(
    x: np.ndarray, factor: np.ndarray, addend: np.ndarray, dtype: type[np.floating]
) -> np.ndarray:
    product = x * factor
    total = product + addend
    if dtype is np.float32:
        return np.asarray(total.astype(np.float32))
    x_high, x_low = _split(x)
    factor_high, factor_low = _split(factor)
    error = (
        (x_high * factor_high - product) + x_high * factor_low + x_low * factor_high
    ) + x_low * factor_low
    other = total - product
    error = error + ((product - (total - other)) + (addend - other))
    fused = total + error
    # Splitting overflows for huge numbers, and is meaningless for infinite ones.
    result: np.ndarray = np.where(np.isfinite(fused), fused, total)
    return result


def _split(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The upper and the lower half of a double's significand."""
    scaled = x * 134217729.0  # 2**27 + 1
    high = scaled - (scaled - x)
    return high, x - high
