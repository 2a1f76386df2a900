"""Mathematical functions of one or two variables, element by element: exp, sin, round, sign ...

Integers and bools are computed in the default dtype where the function has fractions. Functions
that need SciPy (erf, lgamma ...) are ``special``; activations of networks are ``activation``,
except sigmoid and tanh, which mathematics had first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operand_samples import binary_samples
from ops_registry.builtin.operands import Array, widened
from ops_registry.dtypes import Dtype
from ops_registry.meta import TensorMeta, elementwise, like
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

F = TypeVar("F", bound=Callable[..., Any])


def unary_samples(
    low: float | None = None, high: float | None = None, *, integers: bool = True
) -> list[Sample]:
    """One tensor with values in a function's domain: strides, empty, 0-dim, every category."""
    samples = [
        Sample(tensor(3, 4, low=low, high=high)),
        Sample(tensor(4, 3, low=low, high=high).T),
        Sample(tensor(low=low, high=high)),
        Sample(tensor(2, 0, 3)),
        Sample(tensor(3, dtype=dtypes.float64, low=low, high=high)),
        Sample(tensor(8, dtype=dtypes.float16, low=low, high=high)),
        Sample(tensor(8, dtype=dtypes.bfloat16, low=low, high=high)),
        Sample(array([np.nan, np.inf, -np.inf, 0.0, -0.0])),
    ]
    if integers:
        samples.append(Sample(array([0, 1, 2, -1])))
        samples.append(Sample(array([0, 1, 2], dtypes.uint8)))
        samples.append(Sample(array([True, False])))
    return samples


def unary(
    *names: str,
    ufunc: str | None = None,
    real: bool = False,
    result: Dtype | None = None,
    inplace: bool = True,
    int_to_float: bool = True,
    domain: tuple[float | None, float | None] = (None, None),
    integers: bool = True,
    rejects: Callable[[], list[Rejected]] | None = None,
) -> Callable[[F], F]:
    """Declare ``name(Tensor self) -> Tensor`` with its in-place and out forms, for each name."""

    def declare(function: F) -> F:
        for name in reversed(names):
            operator(
                f"aten::{name}(Tensor self) -> Tensor",
                meta=elementwise("self", int_to_float=int_to_float, real=real, result=result),
                inplace=inplace,
                out=True,
                ufunc=ufunc,
                samples=lambda: unary_samples(*domain, integers=integers),
                rejects=rejects,
            )(function)
        return function

    return declare


# Exponentials and logarithms.


@unary("exp", ufunc="exp")
def exp(self: Array) -> Array:
    """``e ** self``."""
    return np.exp(self)


@unary("exp2", ufunc="exp2")
def exp2(self: Array) -> Array:
    """``2 ** self``."""
    return np.exp2(self)


@unary("expm1", ufunc="expm1")
def expm1(self: Array) -> Array:
    """``exp(self) - 1``, exact near zero."""
    return np.expm1(self)


@unary("log", ufunc="log", domain=(0.1, 5.0))
def log(self: Array) -> Array:
    """The natural logarithm; -inf at zero, NaN below."""
    return np.log(self)


@unary("log1p", ufunc="log1p", domain=(-0.9, 5.0))
def log1p(self: Array) -> Array:
    """``log(1 + self)``, exact near zero."""
    return np.log1p(self)


@unary("log2", ufunc="log2", domain=(0.1, 5.0))
def log2(self: Array) -> Array:
    """The logarithm to base 2."""
    return np.log2(self)


@unary("log10", ufunc="log10", domain=(0.1, 5.0))
def log10(self: Array) -> Array:
    """The logarithm to base 10."""
    return np.log10(self)


@unary("sqrt", ufunc="sqrt", domain=(0.0, 5.0))
def sqrt(self: Array) -> Array:
    """The square root; NaN below zero."""
    return np.sqrt(self)


@unary("rsqrt", domain=(0.1, 5.0))
def rsqrt(self: Array) -> Array:
    """``1 / sqrt(self)``."""
    return np.reciprocal(np.sqrt(widened(self)))


@unary("reciprocal", domain=(0.1, 5.0))
def reciprocal(self: Array) -> Array:
    """``1 / self``."""
    return np.reciprocal(self)


@unary("sigmoid")
def sigmoid(self: Array) -> Array:
    """``1 / (1 + exp(-self))``."""
    wide = widened(self)
    result = np.negative(wide, out=np.empty_like(wide))
    np.exp(result, out=result)
    np.add(result, 1, out=result)
    return np.reciprocal(result, out=result)


# Trigonometry.


@unary("sin", ufunc="sin")
def sin(self: Array) -> Array:
    """The sine of an angle in radians."""
    return np.sin(self)


@unary("cos", ufunc="cos")
def cos(self: Array) -> Array:
    """The cosine of an angle in radians."""
    return np.cos(self)


@unary("tan", ufunc="tan", domain=(-1.0, 1.0))
def tan(self: Array) -> Array:
    """The tangent of an angle in radians."""
    return np.tan(self)


@unary("asin", "arcsin", ufunc="arcsin", domain=(-1.0, 1.0))
def asin(self: Array) -> Array:
    """The angle in [-pi/2, pi/2] that has the given sine; NaN outside [-1, 1]."""
    return np.arcsin(self)


@unary("acos", "arccos", ufunc="arccos", domain=(-1.0, 1.0))
def acos(self: Array) -> Array:
    """The angle in [0, pi] that has the given cosine; NaN outside [-1, 1]."""
    return np.arccos(self)


@unary("atan", "arctan", ufunc="arctan")
def atan(self: Array) -> Array:
    """The angle in [-pi/2, pi/2] that has the given tangent."""
    return np.arctan(self)


@unary("sinh", ufunc="sinh")
def sinh(self: Array) -> Array:
    """The hyperbolic sine."""
    return np.sinh(self)


@unary("cosh", ufunc="cosh")
def cosh(self: Array) -> Array:
    """The hyperbolic cosine."""
    return np.cosh(self)


@unary("tanh", ufunc="tanh")
def tanh(self: Array) -> Array:
    """The hyperbolic tangent."""
    return np.tanh(self)


@unary("asinh", "arcsinh", ufunc="arcsinh")
def asinh(self: Array) -> Array:
    """The inverse of sinh."""
    return np.arcsinh(self)


@unary("acosh", "arccosh", ufunc="arccosh", domain=(1.0, 4.0))
def acosh(self: Array) -> Array:
    """The inverse of cosh; NaN below 1."""
    return np.arccosh(self)


@unary("atanh", "arctanh", ufunc="arctanh", domain=(-0.9, 0.9))
def atanh(self: Array) -> Array:
    """The inverse of tanh; NaN outside [-1, 1]."""
    return np.arctanh(self)


@unary("deg2rad")
def deg2rad(self: Array) -> Array:
    """Degrees in radians."""
    return widened(self) * (np.pi / 180)


@unary("rad2deg")
def rad2deg(self: Array) -> Array:
    """Radians in degrees."""
    return widened(self) * (180 / np.pi)


@unary("sinc")
def sinc(self: Array) -> Array:
    """``sin(pi * self) / (pi * self)``, and 1 at zero."""
    angle = widened(self) * np.pi
    return np.where(angle == 0, 1, np.sin(angle) / angle)


@operator(
    "aten::atan2(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    out=True,
    ufunc="arctan2",
    samples=binary_samples,
)
@operator(
    "aten::arctan2(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other", int_to_float=True),
    inplace=True,
    out=True,
    samples=binary_samples,
)
def atan2(self: Array, other: Array) -> Array:
    """The angle of the point (x = other, y = self), in (-pi, pi]. Shapes broadcast."""
    return np.arctan2(self, other)


@operator(
    "aten::hypot(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    inplace=True,
    out=True,
    samples=lambda: [s for s in binary_samples() if s.args[0].dtype.kind not in "iu"],
)
def hypot(self: Array, other: Array) -> Array:
    """``sqrt(self**2 + other**2)`` without overflow in between. Shapes broadcast."""
    return np.hypot(self, other)


@operator(
    "aten::logaddexp(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    out=True,
    samples=lambda: [s for s in binary_samples() if s.args[0].dtype.kind not in "iu"],
)
def logaddexp(self: Array, other: Array) -> Array:
    """``log(exp(self) + exp(other))`` without overflow. Shapes broadcast."""
    if self.dtype.kind == "c":
        return complex_logaddexp(self, other)
    return np.logaddexp(widened(self), widened(other))


def complex_logaddexp(one: Array, other: Array) -> Array:
    """``log(exp(one) + exp(other))`` of complex numbers, by the larger real part."""
    first = one.real >= other.real
    high, low = np.where(first, one, other), np.where(first, other, one)
    base = np.where(np.isneginf(high.real), one.dtype.type(0), high)
    return np.asarray(base + np.log(np.exp(high - base) + np.exp(low - base))).astype(one.dtype)


@operator(
    "aten::logaddexp2(Tensor self, Tensor other) -> Tensor",
    meta=elementwise("self", "other"),
    out=True,
    samples=lambda: [s for s in binary_samples() if s.args[0].dtype.kind not in "iu"],
)
def logaddexp2(self: Array, other: Array) -> Array:
    """``log2(2**self + 2**other)`` without overflow. Shapes broadcast."""
    return np.logaddexp2(widened(self), widened(other))


# Signs and magnitudes.


def _no_bool(self: Array, name: str) -> None:
    if self.dtype.kind == "b":
        raise RuntimeError(f"{name} does not take bools: use `~` or `logical_not` to invert a mask")


def _bool_rejects() -> list[Rejected]:
    return [Rejected(tensor(3, dtype=dtypes.bool_))]


def _signed_samples() -> list[Sample]:
    return [
        *[s for s in unary_samples() if s.args[0].dtype.kind != "b"],
        Sample(tensor(4, dtype=dtypes.complex64)),
    ]


@operator("aten::neg(Tensor self) -> Tensor", meta=like("self"), inplace=True, out=True,
          ufunc="negative", samples=_signed_samples, rejects=_bool_rejects)  # fmt: skip
@operator("aten::negative(Tensor self) -> Tensor", meta=like("self"), inplace=True, out=True,
          samples=_signed_samples)  # fmt: skip
def neg(self: Array) -> Array:
    """``-self``; RuntimeError for bools."""
    _no_bool(self, "neg")
    return np.negative(self)


@operator("aten::abs(Tensor self) -> Tensor", meta=elementwise("self", real=True), inplace=True,
          out=True, samples=_signed_samples, rejects=_bool_rejects)  # fmt: skip
@operator("aten::absolute(Tensor self) -> Tensor", meta=elementwise("self", real=True),
          inplace=True, out=True, samples=_signed_samples)  # fmt: skip
def abs(self: Array) -> Array:
    """The magnitude; real for complex tensors. RuntimeError for bools."""
    _no_bool(self, "abs")
    return np.abs(self)


@operator("prim::abs(Tensor x) -> Tensor", meta=elementwise("x", real=True),
          samples=_signed_samples, rejects=_bool_rejects)  # fmt: skip
def builtin_abs(x: Array) -> Array:
    """Python's ``abs`` of a tensor, as scripts spell it."""
    return abs(x)


@unary("sign", int_to_float=False)
def sign(self: Array) -> Array:
    """-1, 0 or 1; 0 for NaN."""
    if self.dtype.kind == "b":
        return self.copy()
    return np.greater(self, 0).astype(self.dtype) - np.less(self, 0).astype(self.dtype)


@operator(
    "aten::sgn(Tensor self) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=_signed_samples,
)
def sgn(self: Array) -> Array:
    """The sign; for complex numbers ``self / abs(self)``, and 0 at zero."""
    return np.sign(self) if self.dtype.kind == "c" else sign(self)


@unary("signbit", int_to_float=False, result=dtypes.bool_, inplace=False)
def signbit(self: Array) -> Array:
    """Whether the sign bit is set: below zero, or -0.0."""
    if self.dtype.kind in "iub":
        return np.less(self, 0)
    return np.signbit(self)


def _squared(self: TensorMeta) -> TensorMeta:
    return TensorMeta(dtypes.int64, self.shape) if self.dtype is dtypes.bool_ else self


@operator(
    "aten::square(Tensor self) -> Tensor",
    meta=_squared,
    inplace=True,
    out=True,
    ufunc="square",
    samples=unary_samples,
)
def square(self: Array) -> Array:
    """``self * self``; bools become int64."""
    return np.multiply(self, self)


@operator(
    "aten::positive(Tensor(a) self) -> Tensor(a)",
    meta=like("self"),
    samples=lambda: [Sample(tensor(3)), Sample(tensor())],
    rejects=_bool_rejects,
)
def positive(self: Array) -> Array:
    """``self`` itself; RuntimeError for bools."""
    _no_bool(self, "positive")
    return self.view()


# Rounding.


def _rounding(name: str) -> Callable[[F], F]:
    def samples() -> list[Sample]:
        ties = Sample(array([0.5, 1.5, 2.5, -0.5, -1.5, 3.2, -3.7]))
        return [ties, *(s for s in unary_samples() if s.args[0].dtype.kind != "b")]

    return operator(
        f"aten::{name}(Tensor self) -> Tensor",
        meta=like("self"),
        inplace=True,
        out=True,
        samples=samples,
        rejects=_bool_rejects,
    )


@_rounding("floor")
def floor(self: Array) -> Array:
    """Rounded down; integers stay as they are."""
    return _rounded(np.floor, self)


@_rounding("ceil")
def ceil(self: Array) -> Array:
    """Rounded up; integers stay as they are."""
    return _rounded(np.ceil, self)


@_rounding("trunc")
@_rounding("fix")
def trunc(self: Array) -> Array:
    """Rounded towards zero; integers stay as they are."""
    return _rounded(np.trunc, self)


@_rounding("round")
def round(self: Array) -> Array:
    """Rounded to the nearest integer, ties to the even one; integers stay as they are."""
    return _rounded(np.rint, self)


def _rounded(function: np.ufunc, self: Array) -> Array:
    kind = self.dtype.kind
    if kind in "iu":
        return self.copy()
    if kind == "b":
        raise RuntimeError("bools cannot be rounded")
    result: Array = function(self)
    return result


@operator(
    "aten::round.decimals(Tensor self, *, int decimals) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [Sample(tensor(3, 4), decimals=d) for d in (0, 2, -1)],
)
def round_decimals(self: Array, decimals: int) -> Array:
    """Rounded to a number of decimals; negative ones round before the point."""
    if self.dtype.kind in "iub":
        raise RuntimeError("round takes decimals for floating point tensors only")
    wide = widened(self)
    if decimals >= 0:
        scale = wide.dtype.type(10.0**decimals)
        return np.rint(wide * scale) / scale
    scale = wide.dtype.type(10.0**-decimals)
    return np.rint(wide / scale) * scale


@operator(
    "aten::frac(Tensor self) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: unary_samples(integers=False),
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int64))],
)
def frac(self: Array) -> Array:
    """The fractional part, with the sign of ``self``; RuntimeError for integers."""
    if self.dtype.kind in "iub":
        raise RuntimeError("integers have no fractional part")
    return self - np.trunc(self)


# NaN and infinity.


def _classify(name: str) -> Callable[[F], F]:
    return operator(
        f"aten::{name}(Tensor self) -> Tensor",
        meta=elementwise("self", result=dtypes.bool_),
        out=True,
        samples=unary_samples,
    )


@_classify("isnan")
def isnan(self: Array) -> Array:
    """Whether an element is NaN."""
    return np.isnan(self)


@_classify("isinf")
def isinf(self: Array) -> Array:
    """Whether an element is infinite."""
    return np.isinf(self)


@operator(
    "aten::isfinite(Tensor self) -> Tensor",
    meta=elementwise("self", result=dtypes.bool_),
    samples=unary_samples,
)
def isfinite(self: Array) -> Array:
    """Whether an element is neither infinite nor NaN."""
    return np.isfinite(self)


@_classify("isposinf")
def isposinf(self: Array) -> Array:
    """Whether an element is plus infinity."""
    return np.isinf(self) & np.greater(self, 0)


@_classify("isneginf")
def isneginf(self: Array) -> Array:
    """Whether an element is minus infinity."""
    return np.isinf(self) & np.less(self, 0)


@operator(
    "aten::isreal(Tensor self) -> Tensor",
    meta=elementwise("self", result=dtypes.bool_),
    samples=lambda: [Sample(tensor(3)), Sample(array([1 + 2j, 3 + 0j], dtypes.complex64))],
)
def isreal(self: Array) -> Array:
    """Whether an element has no imaginary part."""
    return np.isreal(self)


@operator(
    "aten::nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None)"
    " -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    samples=lambda: [
        Sample(array([np.nan, np.inf, -np.inf, 1.0])),
        Sample(array([np.nan, np.inf, -np.inf, 1.0]), 1.0, 2.0, 3.0),
        Sample(array([np.nan, np.inf, -np.inf, 1.0], dtypes.float16)),
        Sample(array([np.nan, np.inf, -np.inf, 1.0], dtypes.bfloat16)),
        Sample(tensor(3, dtype=dtypes.int64)),
        Sample(array(np.nan)),
    ],
)
def nan_to_num(
    self: Array,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Array:
    """NaN and infinities replaced: by 0 and the dtype's largest and smallest, if not given."""
    result = self.copy()
    if self.dtype.kind in "iub":
        return result
    info = _finfo(self.dtype)
    parts = (result.real, result.imag) if self.dtype.kind == "c" else (result,)
    for part in parts:
        inf = np.isinf(part)
        below = np.less(part, 0)
        np.copyto(part, _number(nan, 0.0, part), where=np.isnan(part))
        np.copyto(part, _number(posinf, float(info.max), part), where=inf & ~below)
        np.copyto(part, _number(neginf, float(info.min), part), where=inf & below)
    return result


def _number(given: float | None, default: float, like: Array) -> Array:
    return np.asarray(default if given is None else given, np.float64).astype(like.dtype)


def _finfo(dtype: np.dtype) -> Any:
    if dtype.kind == "V":
        import ml_dtypes

        return ml_dtypes.finfo(dtype)
    return np.finfo(dtype)


@operator(
    "aten::logit(Tensor self, float? eps=None) -> Tensor",
    meta=elementwise("self", int_to_float=True),
    inplace=True,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4, low=0.1, high=0.9)),
        Sample(array([0.0, 1.0, 0.5]), 0.01),
        Sample(array([0.0, 1.0, -1.0])),
    ],
)
def logit(self: Array, eps: float | None = None) -> Array:
    """``log(self / (1 - self))``; ``self`` is first clamped to [eps, 1 - eps] if eps is given."""
    p = widened(self)
    if eps is not None:
        p = np.clip(p, p.dtype.type(eps), p.dtype.type(1 - eps))
    return np.log(p / (1 - p))
