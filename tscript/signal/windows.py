"""``torch.signal.windows``: what a signal is multiplied by before its spectrum is taken.

All take the number of samples ``M`` and ``sym``: a symmetric window, or one that goes on
periodically, as spectra want it. They are computed in double precision, and rounded once.

>>> import tscript as torch
>>> torch.signal.windows.hann(5)
tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ops_registry.dtypes import Dtype, default_dtype
from tscript.runtime.tensor import Tensor, wrap

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine",
    "general_hamming", "hamming", "hann", "kaiser", "nuttall",
]  # fmt: skip


def _made(M: int, options: dict[str, Any], compute: Callable[[], np.ndarray], name: str) -> Tensor:
    """A window as a tensor with the factory options that all functions take."""
    known = {"dtype", "layout", "device", "requires_grad"}
    if unknown := set(options) - known:
        raise TypeError(f"{name}() got an unexpected keyword argument {sorted(unknown)[0]!r}")
    if M < 0:
        raise ValueError(f"a window has 0 or more samples, not {M}")
    dtype: Dtype = options.get("dtype") or default_dtype()
    layout = options.get("layout")
    if layout is not None and repr(layout) != "torch.strided":
        raise ValueError(f"a window is strided, not {layout!r}")
    if dtype.name not in ("float32", "float64"):
        raise ValueError(f"a window has the dtype float32 or float64, not {dtype!r}")
    found = wrap(np.asarray(compute() if M else np.empty(0), dtype.numpy))
    device = options.get("device")
    found = found if device is None else found.to(device)
    return found.requires_grad_(True) if options.get("requires_grad") else found


def _cut(symmetric: Callable[[int], np.ndarray], M: int, sym: bool) -> np.ndarray:
    """A symmetric window; one that goes on periodically is one sample longer, and cut."""
    return symmetric(M) if sym or M == 1 else symmetric(M + 1)[:-1]


def bartlett(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """A triangle whose ends are zero. Shapes: (M,)."""
    return _made(M, options, lambda: _cut(np.bartlett, M, sym), "bartlett")


def blackman(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """``0.42 - 0.5 cos + 0.08 cos(2 .)``. Shapes: (M,)."""
    return general_cosine(M, a=(0.42, 0.5, 0.08), sym=sym, **options)


def cosine(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Half a period of a sine. Shapes: (M,)."""
    return _made(M, options, lambda: _cut(_sine, M, sym), "cosine")


def _sine(count: int) -> np.ndarray:
    return np.asarray(np.sin(np.pi * (np.arange(count) + 0.5) / count))


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, **options: Any
) -> Tensor:
    """``exp(-|n - center| / tau)``; the centre of a symmetric window is its middle."""
    if tau <= 0:
        raise ValueError(f"tau is positive, not {tau}")
    if sym and center is not None:
        raise ValueError("a symmetric window has its centre in the middle")

    def compute() -> np.ndarray:
        middle = (M if not sym and M > 1 else M - 1) / 2 if center is None else center
        return np.asarray(np.exp(-np.abs(np.arange(M) - middle) / tau))

    return _made(M, options, compute, "exponential")


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, **options: Any) -> Tensor:
    """A normal distribution's density, 1 in the middle. ValueError unless ``std`` is positive."""
    if std <= 0:
        raise ValueError(f"std is positive, not {std}")

    def bell(count: int) -> np.ndarray:
        return np.asarray(np.exp(-0.5 * ((np.arange(count) - (count - 1) / 2) / std) ** 2))

    return _made(M, options, lambda: _cut(bell, M, sym), "gaussian")


def general_cosine(M: int, *, a: Iterable[float], sym: bool = True, **options: Any) -> Tensor:
    """A sum of cosines with the weights ``a``, their signs alternating."""
    if not isinstance(a, Iterable):
        raise TypeError("a is a list of weights")
    weights = [float(weight) for weight in a]
    if not weights:
        raise ValueError("a window of cosines needs at least one weight")
    return _made(M, options, lambda: _cosines(M, weights, sym), "general_cosine")


def _cosines(M: int, weights: list[float], sym: bool) -> np.ndarray:
    if M == 1:
        return np.ones(1)
    angle = 2 * np.pi * np.arange(M) / (M - 1 if sym else M)
    terms = [(-1) ** k * weight * np.cos(k * angle) for k, weight in enumerate(weights)]
    return np.asarray(np.sum(terms, axis=0))


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Tensor:
    """``alpha - (1 - alpha) cos``. Shapes: (M,)."""
    return general_cosine(M, a=(alpha, 1.0 - alpha), sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """``0.54 - 0.46 cos``. Shapes: (M,)."""
    return general_hamming(M, sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """``0.5 - 0.5 cos``. Shapes: (M,)."""
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, **options: Any) -> Tensor:
    """Kaiser's window, by a Bessel function; ``beta`` is not negative."""
    if beta < 0:
        raise ValueError(f"beta is 0 or more, not {beta}")
    return _made(M, options, lambda: _cut(lambda n: np.kaiser(n, beta), M, sym), "kaiser")


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """A sum of four cosines with very low side lobes. Shapes: (M,)."""
    return general_cosine(M, a=(0.3635819, 0.4891775, 0.1365995, 0.0106411), sym=sym, **options)
