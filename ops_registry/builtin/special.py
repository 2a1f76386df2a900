"""Special functions, by SciPy: erf, gamma functions, Bessel functions, entropies.

SciPy is imported when one of them first runs. Names with ``special_`` that mean a function of
another family (``special_exp2``) are declared here too, on the same kernel's meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin import pointwise_math, reduction
from ops_registry.builtin.operands import Array, Operand, arithmetic, is_half, widened
from ops_registry.builtin.pointwise_math import unary_samples
from ops_registry.meta import elementwise, floating, like
from ops_registry.meta import reduction as reduction_meta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])


def _scipy(name: str, *operands: Any) -> Array:
    """A function of ``scipy.special``, 16 bit floats in float32."""
    from scipy import special

    wide = [widened(x) if isinstance(x, np.ndarray) else x for x in operands]
    result: Array = getattr(special, name)(*wide)
    return result


def _function(
    *names: str,
    domain: tuple[float | None, float | None] = (None, None),
    half: bool = True,
) -> Callable[[F], F]:
    """Declare a function of one tensor by its names; ``special_`` ones have no in-place form.

    ``half`` says whether PyTorch has it for 16 bit floats, to compare with.
    """

    def samples() -> list[Sample]:
        return [s for s in unary_samples(*domain) if half or not is_half(s.args[0])]

    def declare(function: F) -> F:
        for name in reversed(names):
            operator(
                f"aten::{name}(Tensor self) -> Tensor",
                meta=elementwise("self", int_to_float=True),
                inplace=not name.startswith("special_"),
                out=True,
                samples=samples,
            )(function)
        return function

    return declare


# Error functions and the normal distribution.


@_function("erf", "special_erf")
def erf(self: Array) -> Array:
    """The error function: ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0."""
    return _scipy("erf", self)


@_function("erfc", "special_erfc")
def erfc(self: Array) -> Array:
    """``1 - erf(self)``, exact for large values."""
    return _scipy("erfc", self)


@_function("erfinv", "special_erfinv", domain=(-0.99, 0.99))
def erfinv(self: Array) -> Array:
    """The inverse of erf; infinite at -1 and 1, NaN outside."""
    return _scipy("erfinv", self)


@_function("special_erfcx", domain=(-2.0, 5.0), half=False)
def special_erfcx(self: Array) -> Array:
    """``exp(self**2) * erfc(self)``."""
    return _scipy("erfcx", self)


@_function("special_ndtr")
def special_ndtr(self: Array) -> Array:
    """The part of the standard normal distribution below ``self``."""
    return _scipy("ndtr", self)


@_function("special_ndtri", domain=(0.01, 0.99), half=False)
def special_ndtri(self: Array) -> Array:
    """The value below which a part ``self`` of the standard normal distribution lies."""
    return _scipy("ndtri", self)


@_function("special_log_ndtr", half=False)
def special_log_ndtr(self: Array) -> Array:
    """``log(ndtr(self))``, exact for small values."""
    return _scipy("log_ndtr", self)


# Gamma functions.


@_function("lgamma", "special_gammaln", domain=(0.1, 5.0))
def lgamma(self: Array) -> Array:
    """The logarithm of the magnitude of the gamma function; inf at both infinities."""
    return np.where(np.isinf(self), np.inf, _scipy("gammaln", self))


@_function("digamma", "special_digamma", "special_psi", domain=(0.1, 5.0))
def digamma(self: Array) -> Array:
    """The derivative of lgamma; -inf at zero, NaN at negative integers."""
    value = _scipy("psi", self)
    wide = widened(self)
    at_zero = np.copysign(wide.dtype.type(np.inf), -wide)
    poles = (wide < 0) & (wide == np.floor(wide))
    return np.where(wide == 0, at_zero, np.where(poles, np.nan, value))


@operator(
    "aten::polygamma(int n, Tensor self) -> Tensor",
    meta=elementwise("self", int_to_float=True),
    out=True,
    samples=lambda: [Sample(n, tensor(3, 4, low=0.5, high=5.0)) for n in (0, 1, 2, 4)],
    rejects=lambda: [Rejected(-1, tensor(3))],
)
@operator(
    "aten::special_polygamma(int n, Tensor self) -> Tensor",
    meta=elementwise("self", int_to_float=True),
    out=True,
    samples=lambda: [Sample(1, tensor(3, low=0.5, high=5.0))],
)
def polygamma(n: int, self: Array) -> Array:
    """The ``n``-th derivative of digamma; RuntimeError for a negative ``n``."""
    if n < 0:
        raise RuntimeError(f"polygamma takes an order that is not negative, not {n}")
    return digamma(self) if n == 0 else _scipy("polygamma", n, self)


@operator(
    "aten::mvlgamma(Tensor self, int p) -> Tensor",
    meta=elementwise("self", int_to_float=True),
    inplace=True,
    out=True,
    samples=lambda: [Sample(tensor(3, 4, low=2.0, high=5.0), p) for p in (1, 3)],
)
@operator(
    "aten::special_multigammaln(Tensor self, int p) -> Tensor",
    meta=elementwise("self", int_to_float=True),
    out=True,
    samples=lambda: [Sample(tensor(3, low=2.0, high=5.0), 2)],
)
def mvlgamma(self: Array, p: int) -> Array:
    """The logarithm of the gamma function of ``p`` dimensions."""
    if p < 1:
        raise RuntimeError(f"mvlgamma takes a positive number of dimensions, not {p}")
    wide = widened(self)
    result = np.full_like(wide, p * (p - 1) / 4 * np.log(np.pi))
    for i in range(p):
        result += _scipy("gammaln", wide - i / 2)
    return result


def _two(name: str, *names: str) -> Callable[[F], F]:
    def samples() -> list[Sample]:
        positive = tensor(3, 4, low=0.2, high=4.0)
        return [
            Sample(positive, tensor(4, low=0.2, high=4.0, seed=1)),
            Sample(tensor(low=0.5, high=2.0), tensor(3, low=0.2, high=4.0)),
        ]

    def declare(function: F) -> F:
        for spelling in (*names, name):
            operator(
                f"aten::{spelling}(Tensor self, Tensor other) -> Tensor",
                meta=elementwise("self", "other", int_to_float=True),
                inplace=not spelling.startswith("special_"),
                out=True,
                samples=samples,
            )(function)
        return function

    return declare


@_two("igamma", "special_gammainc")
def igamma(self: Array, other: Array) -> Array:
    """The lower regularised incomplete gamma function. Shapes broadcast."""
    return _scipy("gammainc", self, other)


@_two("igammac", "special_gammaincc")
def igammac(self: Array, other: Array) -> Array:
    """The upper regularised incomplete gamma function. Shapes broadcast."""
    return _scipy("gammaincc", self, other)


# Bessel and Airy functions.


@_function("i0", "special_i0")
def i0(self: Array) -> Array:
    """The modified Bessel function of the first kind, of order 0."""
    return _scipy("i0", self)


@_function("special_modified_bessel_i0", half=False)
def special_modified_bessel_i0(self: Array) -> Array:
    """The modified Bessel function of the first kind, of order 0."""
    return _scipy("i0", self)


def _bessel(
    torch_name: str, scipy_name: str, text: str, positive: bool = False, argument: str = "self"
) -> None:
    def kernel(x: Array) -> Array:
        return _scipy(scipy_name, x)

    kernel.__doc__ = text
    operator(
        f"aten::{torch_name}(Tensor {argument}) -> Tensor",
        meta=elementwise(argument, int_to_float=True),
        out=True,
        samples=lambda: [
            Sample(tensor(3, 4, low=0.2 if positive else -3.0, high=4.0)),
            Sample(tensor(3, dtype=dtypes.float64, low=0.2, high=4.0)),
            Sample(tensor(low=0.5, high=1.0)),
            Sample(array([1, 2])),
        ],
    )(kernel)


_bessel("special_i0e", "i0e", "``exp(-|self|) * i0(self)``.")
_bessel("special_i1", "i1", "The modified Bessel function of the first kind, of order 1.")
_bessel("special_i1e", "i1e", "``exp(-|self|) * i1(self)``.")
_bessel("special_modified_bessel_i1", "i1", "The modified Bessel function I of order 1.")
_bessel("special_bessel_j0", "j0", "The Bessel function of the first kind, of order 0.")
_bessel("special_bessel_j1", "j1", "The Bessel function of the first kind, of order 1.")
_bessel("special_bessel_y0", "y0", "The Bessel function of the second kind, of order 0.", True)
_bessel("special_bessel_y1", "y1", "The Bessel function of the second kind, of order 1.", True)
_bessel("special_modified_bessel_k0", "k0", "The modified Bessel function K of order 0.", True)
_bessel("special_modified_bessel_k1", "k1", "The modified Bessel function K of order 1.", True)
_bessel("special_scaled_modified_bessel_k0", "k0e", "``exp(x)`` times K of order 0.", True, "x")
_bessel("special_scaled_modified_bessel_k1", "k1e", "``exp(x)`` times K of order 1.", True, "x")


@operator(
    "aten::special_airy_ai(Tensor x) -> Tensor",
    meta=elementwise("x", int_to_float=True),
    out=True,
    samples=lambda: [Sample(tensor(3, 4))],
)
def special_airy_ai(x: Array) -> Array:
    """The Airy function Ai."""
    from scipy import special

    result: Array = special.airy(widened(x))[0]
    return result


@operator(
    "aten::special_spherical_bessel_j0(Tensor x) -> Tensor",
    meta=elementwise("x", int_to_float=True),
    out=True,
    samples=lambda: [Sample(tensor(3, 4)), Sample(array([0.0, 1.0]))],
)
def special_spherical_bessel_j0(x: Array) -> Array:
    """The spherical Bessel function of the first kind, of order 0: ``sin(x) / x``."""
    wide = widened(x)
    return np.where(wide == 0, 1, np.sin(wide) / wide)


# Entropies.


@_function("special_entr", domain=(0.0, 3.0))
def special_entr(self: Array) -> Array:
    """``-self * log(self)``; 0 at zero, -inf below."""
    return _scipy("entr", self)


def _with_numbers(
    name: str, tensor_name: str, names: tuple[str, str], outs: tuple[Any, Any, Any], inplace: bool
) -> Callable[[F], F]:
    """Tensor with tensor, with a number on either side."""

    def declare(function: F) -> F:
        other, own = names
        operator(
            f"aten::{name}.{own}(Scalar self, Tensor other) -> Tensor",
            meta=elementwise("self", "other", int_to_float=True),
            out=outs[2],
            samples=lambda: [Sample(2.0, tensor(3, low=1.5, high=4.0))],
        )(function)
        operator(
            f"aten::{name}.{other}(Tensor self, Scalar other) -> Tensor",
            meta=elementwise("self", "other", int_to_float=True),
            inplace=inplace,
            out=outs[1],
            samples=lambda: [Sample(tensor(3, low=1.5, high=4.0), 2.0), Sample(array([0, 2]), 2)],
        )(function)
        return operator(
            f"aten::{name}{tensor_name}(Tensor self, Tensor other) -> Tensor",
            meta=elementwise("self", "other", int_to_float=True),
            inplace=inplace,
            out=outs[0],
            samples=lambda: [
                Sample(tensor(3, 4, low=1.5, high=4.0), tensor(4, low=0.5, high=2.0)),
                Sample(array([2.0, 1.5]), array([2.0, 1.0])),
            ],
        )(function)

    return declare


_SPECIAL_NAMES = ("other_scalar", "self_scalar")
_SPECIAL_OUTS = ("out", "other_scalar_out", "self_scalar_out")


@_with_numbers(
    "xlogy", ".Tensor", ("Scalar_Other", "Scalar_Self"),
    ("OutTensor", "OutScalar_Other", "OutScalar_Self"), True,
)  # fmt: skip
@_with_numbers("special_xlogy", "", _SPECIAL_NAMES, _SPECIAL_OUTS, False)
def xlogy(self: Operand, other: Operand) -> Array:
    """``self * log(other)``; 0 where ``self`` is 0, unless ``other`` is NaN. Shapes broadcast."""
    return _scipy("xlogy", *arithmetic(self, other))


@_with_numbers("special_xlog1py", "", _SPECIAL_NAMES, _SPECIAL_OUTS, False)
def special_xlog1py(self: Operand, other: Operand) -> Array:
    """``self * log1p(other)``; 0 where ``self`` is 0, unless ``other`` is NaN. Shapes broadcast."""
    return _scipy("xlog1py", *arithmetic(self, other))


@_with_numbers("special_zeta", "", _SPECIAL_NAMES, _SPECIAL_OUTS, False)
def special_zeta(self: Operand, other: Operand) -> Array:
    """The Hurwitz zeta function: the sum of ``(k + other) ** -self`` from k = 0."""
    return _scipy("zeta", *arithmetic(self, other))


# Other names of functions of other families.


@_function("special_exp2")
def special_exp2(self: Array) -> Array:
    """``2 ** self``."""
    return pointwise_math.exp2(self)


@_function("special_expm1")
def special_expm1(self: Array) -> Array:
    """``exp(self) - 1``."""
    return pointwise_math.expm1(self)


@_function("special_expit")
def special_expit(self: Array) -> Array:
    """``1 / (1 + exp(-self))``."""
    return pointwise_math.sigmoid(self)


@_function("special_log1p", domain=(-0.9, 5.0))
def special_log1p(self: Array) -> Array:
    """``log(1 + self)``."""
    return pointwise_math.log1p(self)


@_function("special_sinc")
def special_sinc(self: Array) -> Array:
    """``sin(pi * self) / (pi * self)``."""
    return pointwise_math.sinc(self)


@operator(
    "aten::special_logit(Tensor self, float? eps=None) -> Tensor",
    meta=elementwise("self", int_to_float=True),
    out=True,
    samples=lambda: [Sample(tensor(3, low=0.1, high=0.9)), Sample(array([0.0, 1.0]), 0.1)],
)
def special_logit(self: Array, eps: float | None = None) -> Array:
    """``log(self / (1 - self))``."""
    return pointwise_math.logit(self, eps)


@operator(
    "aten::special_round(Tensor self, *, int decimals=0) -> Tensor",
    meta=like("self"),
    out=True,
    samples=lambda: [Sample(tensor(3)), Sample(tensor(3), decimals=2)],
)
def special_round(self: Array, decimals: int = 0) -> Array:
    """Rounded to a number of decimals."""
    return pointwise_math.round_decimals(self, decimals) if decimals else pointwise_math.round(self)


@operator(
    "aten::special_logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
    meta=reduction_meta(result=floating),
    out=True,
    samples=lambda: [Sample(tensor(3, 4), [1]), Sample(tensor(3, 4), [0], True)],
)
def special_logsumexp(self: Array, dim: reduction.Dims, keepdim: bool = False) -> Array:
    """``log(sum(exp(self)))`` over dimensions, without overflow."""
    return reduction.logsumexp(self, dim, keepdim)
