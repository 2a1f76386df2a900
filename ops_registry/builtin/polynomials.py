"""Orthogonal polynomials ``torch.special.*_polynomial_*``, by SciPy.

The degree ``n`` is cut to an integer; below zero the polynomial is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import elementwise
from ops_registry.operator import operator
from ops_registry.samples import Sample, array, tensor

Evaluated = Callable[[Array, Array], Array]


def _by_scipy(name: str) -> Evaluated:
    def evaluate(degree: Array, x: Array) -> Array:
        from scipy import special

        found: Array = getattr(special, name)(degree, x)
        return found

    return evaluate


def _third_or_fourth_kind(sign: int) -> Evaluated:
    """V or W: the difference or the sum of neighbours of the second kind."""

    def evaluate(degree: Array, x: Array) -> Array:
        from scipy import special

        before = special.eval_chebyu(np.maximum(degree - 1, 0), x)
        found: Array = special.eval_chebyu(degree, x) + sign * np.where(degree > 0, before, 0.0)
        return found

    return evaluate


def _shifted(evaluated: Evaluated) -> Evaluated:
    return lambda degree, x: evaluated(degree, 2 * x - 1)


def _hermite_limit(dtype: np.dtype) -> int:
    """The degree from which Hermite polynomials overflow, and are NaN by definition here."""
    return 512 if dtype == np.float64 else 128


def _polynomial(name: str, evaluated: Evaluated, text: str, limited: bool = False) -> None:
    def kernel(x: Any, n: Any) -> Array:
        kind = (x if isinstance(x, np.ndarray) else n).dtype
        wide = np.asarray(widened(x) if isinstance(x, np.ndarray) else x, np.float64)
        degree = np.trunc(np.asarray(widened(n) if isinstance(n, np.ndarray) else n, np.float64))
        whole = np.where(np.isfinite(degree) & (degree >= 0), degree, 0).astype(np.int64)
        result = np.where(degree < 0, 0.0, evaluated(whole, wide))
        if limited:
            result = np.where(degree > _hermite_limit(kind), np.nan, result)
        return np.where(np.isnan(degree), np.nan, result).astype(
            np.float32 if kind.itemsize < 8 else np.float64
        )

    kernel.__doc__ = f"{text}, of degree ``n``, at ``x``.\n\n    Shapes broadcast."
    kernel.__name__ = kernel.__qualname__ = name
    operator(
        f"aten::{name}.n_scalar(Tensor x, Scalar n) -> Tensor",
        meta=elementwise("x", "n", int_to_float=True),
        out="n_scalar_out",
        samples=lambda: [Sample(tensor(3, 4), 3), Sample(array([0, 2]), 2)],
    )(kernel)
    operator(
        f"aten::{name}.x_scalar(Scalar x, Tensor n) -> Tensor",
        meta=elementwise("x", "n", int_to_float=True),
        out="x_scalar_out",
        samples=lambda: [Sample(0.5, array([-1, 0, 1, 2, 5])), Sample(2.0, array([3.0]))],
    )(kernel)
    operator(
        f"aten::{name}(Tensor x, Tensor n) -> Tensor",
        meta=elementwise("x", "n", int_to_float=True),
        out=True,
        samples=lambda: [
            Sample(tensor(3, 4), array([0, 1, 2, 5])),
            Sample(tensor(3, dtype=dtypes.float64), array([4.0, -2.0, 1.5])),
            Sample(array([1.0, -1.0, 0.0]), array([7, 7, 8])),
            Sample(tensor(), array(3)),
            Sample(tensor(0), array(3)),
        ],
    )(kernel)


_T = _by_scipy("eval_chebyt")
_U = _by_scipy("eval_chebyu")
_V = _third_or_fourth_kind(-1)
_W = _third_or_fourth_kind(1)
_KINDS = {"t": (_T, "first"), "u": (_U, "second"), "v": (_V, "third"), "w": (_W, "fourth")}
for _letter, (_evaluated, _kind) in _KINDS.items():
    _polynomial(
        f"special_chebyshev_polynomial_{_letter}",
        _evaluated,
        f"Chebyshev's polynomial of the {_kind} kind",
    )
    _polynomial(
        f"special_shifted_chebyshev_polynomial_{_letter}",
        _shifted(_evaluated),
        f"Chebyshev's polynomial of the {_kind} kind for 0 to 1, at ``2 * x - 1``",
    )
_polynomial(
    "special_hermite_polynomial_h", _by_scipy("eval_hermite"), "Hermite's polynomial H", True
)
_polynomial(
    "special_hermite_polynomial_he", _by_scipy("eval_hermitenorm"), "Hermite's polynomial He", True
)
_polynomial("special_laguerre_polynomial_l", _by_scipy("eval_laguerre"), "Laguerre's polynomial")
_polynomial("special_legendre_polynomial_p", _by_scipy("eval_legendre"), "Legendre's polynomial")
