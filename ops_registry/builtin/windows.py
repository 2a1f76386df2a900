"""Window functions: what a signal is multiplied by before its spectrum is taken."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.factories import OPTIONS, check_layout, dtype_or
from ops_registry.dtypes import Dtype
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample


def _window_meta(*args: Any) -> TensorMeta:
    # The options come last, whatever an overload has between them and the length.
    window_length, (dtype, layout) = args[0], args[-4:-2]
    check_layout(layout)
    kind = dtype_or(dtype)
    if not kind.is_floating_point:
        raise RuntimeError(f"a window has a floating point dtype, not {kind!r}")
    if window_length < 0:
        raise RuntimeError(f"a window cannot have the length {window_length}")
    return TensorMeta(kind, (window_length,))


def _positions(window_length: int, periodic: bool, dtype: Dtype) -> np.ndarray:
    """0 to 1 over a window, in the precision that it is computed in."""
    kind = np.dtype(np.float64 if dtype is dtypes.float64 else np.float32)
    index: np.ndarray = np.arange(window_length).astype(kind)
    return index / kind.type(window_length - (not periodic) or 1)


def _cosines(
    window_length: int, periodic: bool, dtype: int | None, weights: tuple[float, ...]
) -> np.ndarray:
    """A sum of cosines with alternating signs."""
    kind = dtype_or(dtype)
    if window_length == 1:
        return np.ones(1, kind.numpy)
    angle = 2 * math.pi * _positions(window_length, periodic, kind)
    window = sum(
        weight * (-1) ** order * np.cos(order * angle) for order, weight in enumerate(weights)
    )
    return np.asarray(window).astype(kind.numpy)


def _windows(*arguments: float) -> list[Sample]:
    lengths = [0, 1, 2, 5, 8]
    return [
        *[Sample(n, *arguments) for n in lengths],
        Sample(6, *arguments, dtype=dtypes.float64.code),
    ]


def _no_windows(*arguments: float) -> list[Rejected]:
    return [
        Rejected(-1, *arguments),
        Rejected(3, *arguments, dtype=dtypes.int64.code),
    ]


@operator(
    f"aten::hann_window(int window_length, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=_windows,
    rejects=_no_windows,
)
def hann_window(
    window_length: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Half a cosine up and down, as if it went on periodically. Shapes: (window_length,)."""
    return _cosines(window_length, True, dtype, (0.5, 0.5))


@operator(
    f"aten::hann_window.periodic(int window_length, bool periodic, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=lambda: _windows(False),
    rejects=lambda: _no_windows(False),
)
def hann_window_periodic(
    window_length: int,
    periodic: bool,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``hann_window``; symmetric when it is not ``periodic``."""
    return _cosines(window_length, periodic, dtype, (0.5, 0.5))


@operator(
    f"aten::hamming_window(int window_length, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=_windows,
    rejects=_no_windows,
)
def hamming_window(
    window_length: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``0.54 - 0.46 * cos``, as if it went on periodically. Shapes: (window_length,)."""
    return _cosines(window_length, True, dtype, (0.54, 0.46))


@operator(
    f"aten::hamming_window.periodic(int window_length, bool periodic, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=lambda: _windows(False),
    rejects=lambda: _no_windows(False),
)
def hamming_window_periodic(
    window_length: int,
    periodic: bool,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``hamming_window``; symmetric when it is not ``periodic``."""
    return _cosines(window_length, periodic, dtype, (0.54, 0.46))


@operator(
    "aten::hamming_window.periodic_alpha(int window_length, bool periodic, float alpha, *,"
    f" {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=lambda: _windows(True, 0.6),
    rejects=lambda: _no_windows(True, 0.6),
)
def hamming_window_alpha(
    window_length: int,
    periodic: bool,
    alpha: float,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``alpha - 0.46 * cos``; see ``hamming_window``."""
    return _cosines(window_length, periodic, dtype, (alpha, 0.46))


@operator(
    "aten::hamming_window.periodic_alpha_beta(int window_length, bool periodic, float alpha,"
    f" float beta, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=lambda: _windows(False, 0.6, 0.4),
    rejects=lambda: _no_windows(False, 0.6, 0.4),
)
def hamming_window_alpha_beta(
    window_length: int,
    periodic: bool,
    alpha: float,
    beta: float,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``alpha - beta * cos``; see ``hamming_window``."""
    return _cosines(window_length, periodic, dtype, (alpha, beta))


@operator(
    f"aten::blackman_window(int window_length, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=_windows,
    rejects=_no_windows,
)
def blackman_window(
    window_length: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``0.42 - 0.5 * cos + 0.08 * cos of twice the angle``. Shapes: (window_length,)."""
    return _cosines(window_length, True, dtype, (0.42, 0.5, 0.08))


@operator(
    f"aten::blackman_window.periodic(int window_length, bool periodic, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=lambda: _windows(False),
    rejects=lambda: _no_windows(False),
)
def blackman_window_periodic(
    window_length: int,
    periodic: bool,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``blackman_window``; symmetric when it is not ``periodic``."""
    return _cosines(window_length, periodic, dtype, (0.42, 0.5, 0.08))


@operator(
    f"aten::bartlett_window(int window_length, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=_windows,
    rejects=_no_windows,
)
def bartlett_window(
    window_length: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """A triangle, as if it went on periodically. Shapes: (window_length,)."""
    return bartlett_window_periodic(window_length, True, dtype)


@operator(
    f"aten::bartlett_window.periodic(int window_length, bool periodic, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=lambda: _windows(False),
    rejects=lambda: _no_windows(False),
)
def bartlett_window_periodic(
    window_length: int,
    periodic: bool,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``bartlett_window``; symmetric when it is not ``periodic``."""
    kind = dtype_or(dtype)
    if window_length == 1:
        return np.ones(1, kind.numpy)
    window = 1 - abs(2 * _positions(window_length, periodic, kind) - 1)
    return np.asarray(window).astype(kind.numpy)


@operator(
    f"aten::kaiser_window(int window_length, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=_windows,
    rejects=_no_windows,
)
def kaiser_window(
    window_length: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Kaiser's window with ``beta`` 12, as if it went on periodically."""
    return kaiser_window_beta(window_length, True, 12.0, dtype)


@operator(
    f"aten::kaiser_window.periodic(int window_length, bool periodic, *, {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=lambda: _windows(False),
    rejects=lambda: _no_windows(False),
)
def kaiser_window_periodic(
    window_length: int,
    periodic: bool,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``kaiser_window``; symmetric when it is not ``periodic``."""
    return kaiser_window_beta(window_length, periodic, 12.0, dtype)


@operator(
    "aten::kaiser_window.beta(int window_length, bool periodic, float beta, *,"
    f" {OPTIONS}) -> Tensor",
    meta=_window_meta,
    samples=lambda: _windows(True, 8.0),
    rejects=lambda: _no_windows(True, 8.0),
)
def kaiser_window_beta(
    window_length: int,
    periodic: bool,
    beta: float,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``i0(beta * sqrt(1 - x * x)) / i0(beta)`` for x from -1 to 1. Shapes: (window_length,)."""
    kind = dtype_or(dtype)
    if window_length == 1:
        return np.ones(1, kind.numpy)
    x = 2 * _positions(window_length, periodic, kind) - 1
    window = np.i0(beta * np.sqrt(np.maximum(1 - x * x, 0))) / np.i0(beta)
    return np.asarray(window).astype(kind.numpy)
