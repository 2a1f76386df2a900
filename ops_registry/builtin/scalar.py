"""Numbers: arithmetic, comparison and ``math`` on Python ints, floats, complexes and bools.

Float results are PyTorch's: where C gives infinity or NaN (``1.0 / 0.0``, ``sqrt(-1.0)``,
``exp(1000.0)``), so does this, although Python would raise. Integer division by zero raises.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.operator import operators
from ops_registry.samples import Sample


def _real_pairs(name: str, result: str) -> list[str]:
    """The overloads over two real numbers: int, float, mixed, Scalar."""
    pairs = [("int", "int"), ("float", "float"), ("int", "float"), ("float", "int")]
    texts = []
    for a, b in pairs:
        overload = a if a == b else f"{a}_{b}"
        texts.append(f"aten::{name}.{overload}({a} a, {b} b) -> {result}")
    return texts


def _arithmetic(name: str) -> list[str]:
    """The overloads of ``+ - *``: each type with itself, then mixed, then Scalar."""
    texts = [f"aten::{name}.{t}({t} a, {t} b) -> {t}" for t in ("int", "complex", "float")]
    for a, b in [("int", "complex"), ("complex", "int"), ("float", "complex"),
                 ("complex", "float"), ("int", "float"), ("float", "int")]:  # fmt: skip
        result = "complex" if "complex" in (a, b) else "float"
        texts.append(f"aten::{name}.{a}_{b}({a} a, {b} b) -> {result}")
    return [*texts, f"aten::{name}(Scalar a, Scalar b) -> Scalar"]


def _numbers() -> list[Sample]:
    return [Sample(7, 2), Sample(-7, 2)]


@operators(*_arithmetic("add"), samples=_numbers)
def add(a: Any, b: Any) -> Any:
    """The sum of two numbers."""
    return a + b


@operators(*_arithmetic("sub"), samples=_numbers)
def sub(a: Any, b: Any) -> Any:
    """The difference of two numbers."""
    return a - b


@operators(*_arithmetic("mul"), samples=_numbers)
def mul(a: Any, b: Any) -> Any:
    """The product of two numbers."""
    return a * b


@operators(
    "aten::div.int(int a, int b) -> float",
    "aten::div.complex(complex a, complex b) -> complex",
    "aten::div.float(float a, float b) -> float",
    "aten::div(Scalar a, Scalar b) -> float",
    samples=lambda: [Sample(7, 2), Sample(1, 0)],
)
def div(a: Any, b: Any) -> Any:
    """True division; by zero it is an infinity or NaN, as in C."""
    try:
        return a / b
    except ZeroDivisionError:
        if isinstance(a, complex) or isinstance(b, complex):
            return complex(math.nan, math.nan)
        return divided_by_zero(a, b)


def divided_by_zero(a: float, b: float) -> float:
    """What ``a / b`` is for a zero ``b``: NaN or the infinity with the right sign.

    >>> divided_by_zero(1, 0), divided_by_zero(1.0, -0.0), divided_by_zero(0.0, 0.0)
    (inf, -inf, nan)
    """
    if a == 0 or a != a:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


@operators(*_real_pairs("floordiv", "float")[1:], samples=_numbers)
def floordiv_float(a: Any, b: Any) -> float:
    """The floor of the quotient, a float; by zero it is an infinity or NaN."""
    quotient = div(a, b)
    return float(math.floor(quotient)) if math.isfinite(quotient) else quotient


@operators(
    "aten::floordiv.int(int a, int b) -> int",
    "aten::floordiv(Scalar a, Scalar b) -> Scalar",
    samples=_numbers,
)
def floordiv(a: Any, b: Any) -> Any:
    """The floor of the quotient; integers by zero raise ZeroDivisionError."""
    if isinstance(a, float) or isinstance(b, float):
        return floordiv_float(a, b)
    return a // b


@operators(*_real_pairs("remainder", "float")[1:], samples=_numbers)
def remainder_float(a: Any, b: Any) -> float:
    """The remainder with the sign of the divisor; by zero it is NaN."""
    try:
        return float(a % b)
    except ZeroDivisionError:
        return math.nan


@operators(
    "aten::remainder.int(int a, int b) -> int",
    "aten::remainder(Scalar a, Scalar b) -> Scalar",
    samples=_numbers,
)
def remainder(a: Any, b: Any) -> Any:
    """The remainder with the sign of the divisor; integers by zero raise ZeroDivisionError."""
    if isinstance(a, float) or isinstance(b, float):
        return remainder_float(a, b)
    return a % b


@operators(
    *_real_pairs("fmod", "float"), "aten::fmod(Scalar a, Scalar b) -> float", samples=_numbers
)
def fmod(a: Any, b: Any) -> float:
    """The remainder with the sign of the dividend, as C's ``fmod``."""
    try:
        return math.fmod(a, b)
    except ValueError:
        return math.nan


@operators(
    *_real_pairs("mathremainder", "float"),
    "aten::mathremainder(Scalar a, Scalar b) -> float",
    samples=_numbers,
)
def mathremainder(a: Any, b: Any) -> float:
    """``math.remainder``: the distance to the nearest multiple of ``b``."""
    try:
        return math.remainder(a, b)
    except ValueError:
        return math.nan


@operators(
    "aten::pow.int(int a, int b) -> float",
    "aten::pow.complex(complex a, complex b) -> complex",
    "aten::pow.float(float a, float b) -> float",
    "aten::pow.int_float(int a, float b) -> float",
    "aten::pow.float_int(float a, int b) -> float",
    "aten::pow.float_complex(float a, complex b) -> complex",
    "aten::pow.complex_float(complex a, float b) -> complex",
    "aten::pow.Scalar_Scalar(Scalar a, Scalar b) -> float",
    samples=lambda: [Sample(2, 3), Sample(2, -1), Sample(0, -1)],
)
def pow(a: Any, b: Any) -> Any:
    """``a`` to the power ``b``, in floating point: ``2 ** 3`` is ``8.0``."""
    if isinstance(a, complex) or isinstance(b, complex):
        return a**b
    try:
        return math.pow(a, b)
    except (OverflowError, ValueError):
        with np.errstate(all="ignore"):
            return float(np.float64(a) ** np.float64(b))


@operators("aten::pow.int_to_int(int a, int b) -> int", samples=lambda: [Sample(2, 3)])
def pow_int(a: int, b: int) -> int:
    """``a`` to the power ``b`` in integers; a negative exponent truncates towards zero."""
    return a**b if b >= 0 else int(div(1, a**-b))


@operators(
    "aten::neg.int(int a) -> int",
    "aten::neg.float(float a) -> float",
    "aten::neg.complex(complex a) -> complex",
    "aten::neg.Scalar(Scalar a) -> Scalar",
    samples=lambda: [Sample(3)],
)
def neg(a: Any) -> Any:
    """The negated number."""
    return -a


@operators(
    "prim::abs.int(int a) -> int",
    "prim::abs.float(float a) -> float",
    "prim::abs.complex(complex a) -> float",
    "prim::abs.Scalar(Scalar a) -> Scalar",
    samples=lambda: [Sample(-3)],
)
def absolute(a: Any) -> Any:
    """The absolute value."""
    return abs(a)


def _bools_and_ints(symbol: str) -> list[str]:
    return [
        f"aten::__{symbol}__.bool(bool a, bool b) -> bool",
        f"aten::__{symbol}__.int(int a, int b) -> int",
    ]


@operators(*_bools_and_ints("and"), samples=lambda: [Sample(True, False)])
def and_(a: Any, b: Any) -> Any:
    """``a & b`` of bools or ints."""
    return a & b


@operators(*_bools_and_ints("or"), samples=lambda: [Sample(True, False)])
def or_(a: Any, b: Any) -> Any:
    """``a | b`` of bools or ints."""
    return a | b


@operators(*_bools_and_ints("xor"), samples=lambda: [Sample(True, False)])
def xor(a: Any, b: Any) -> Any:
    """``a ^ b`` of bools or ints."""
    return a ^ b


@operators("aten::__lshift__.int(int a, int b) -> int", samples=lambda: [Sample(3, 2)])
def lshift(a: int, b: int) -> int:
    """``a << b``."""
    return a << b


@operators("aten::__rshift__.int(int a, int b) -> int", samples=lambda: [Sample(13, 2)])
def rshift(a: int, b: int) -> int:
    """``a >> b``."""
    return a >> b


@operators("aten::__not__(bool self) -> bool", samples=lambda: [Sample(True)])
def not_(self: bool) -> bool:
    """``not self``."""
    return not self


# Comparison. Equality also has devices, enums and complex numbers.


def _equality(name: str) -> list[str]:
    texts = [
        f"aten::{name}.device(Device a, Device b) -> bool",
        f"aten::{name}.bool(bool a, bool b) -> bool",
        f"aten::{name}.enum(AnyEnumType a, AnyEnumType b) -> bool",
    ]
    pairs = [("int", "int"), ("complex", "complex"), ("float", "float"), ("int", "float"),
             ("float", "int"), ("float", "complex"), ("complex", "float")]  # fmt: skip
    for a, b in pairs:
        overload = a if a == b else f"{a}_{b}"
        texts.append(f"aten::{name}.{overload}({a} a, {b} b) -> bool")
    return [*texts, f"aten::{name}(Scalar a, Scalar b) -> bool"]


def _order(name: str) -> list[str]:
    return [*_real_pairs(name, "bool"), f"aten::{name}(Scalar a, Scalar b) -> bool"]


@operators(*_equality("eq"), samples=lambda: [Sample(1, 1), Sample(1, 2)])
def eq(a: Any, b: Any) -> bool:
    """``a == b``."""
    return bool(a == b)


@operators(*_equality("ne"), samples=lambda: [Sample(1, 1), Sample(1, 2)])
def ne(a: Any, b: Any) -> bool:
    """``a != b``."""
    return bool(a != b)


@operators(*_order("lt"), samples=_numbers)
def lt(a: Any, b: Any) -> bool:
    """``a < b``."""
    return bool(a < b)


@operators(*_order("le"), samples=_numbers)
def le(a: Any, b: Any) -> bool:
    """``a <= b``."""
    return bool(a <= b)


@operators(*_order("gt"), samples=_numbers)
def gt(a: Any, b: Any) -> bool:
    """``a > b``."""
    return bool(a > b)


@operators(*_order("ge"), samples=_numbers)
def ge(a: Any, b: Any) -> bool:
    """``a >= b``."""
    return bool(a >= b)


@operators("aten::__is__(t1 self, t2 obj) -> bool", samples=lambda: [Sample(None, None)])
def is_(self: Any, obj: Any) -> bool:
    """``self is obj``."""
    return self is obj


@operators("aten::__isnot__(t1 self, t2 obj) -> bool", samples=lambda: [Sample(1, None)])
def isnot(self: Any, obj: Any) -> bool:
    """``self is not obj``."""
    return self is not obj


def _extremum_of_two(name: str) -> list[str]:
    return [
        *(text.replace("aten::", "prim::") for text in _real_pairs(name, "float")),
        f"prim::{name}(Scalar a, Scalar b) -> Scalar",
    ]


def _typed_extremum(name: str) -> list[str]:
    texts = _extremum_of_two(name)
    return [texts[0].replace("-> float", "-> int"), *texts[1:]]


@operators(*_typed_extremum("max"), samples=_numbers)
def maximum(a: Any, b: Any) -> Any:
    """The larger of two numbers; the second when neither is. An int beside a float is converted."""
    chosen = a if a > b else b
    return float(chosen) if isinstance(a, float) or isinstance(b, float) else chosen


@operators(*_typed_extremum("min"), samples=_numbers)
def minimum(a: Any, b: Any) -> Any:
    """The smaller of two numbers; the second when neither is. An int beside a float is converted."""
    chosen = a if a < b else b
    return float(chosen) if isinstance(a, float) or isinstance(b, float) else chosen


@operators(
    "aten::divmod.int(int x, int y) -> (int, int)",
    "aten::divmod.float(float x, float y) -> (float, float)",
    "aten::divmod.int_float(int x, float y) -> (float, float)",
    "aten::divmod.float_int(float x, int y) -> (float, float)",
    samples=_numbers,
)
def divmod_(x: Any, y: Any) -> Any:
    """Quotient and remainder; division by zero raises ZeroDivisionError."""
    return divmod(x, y)


# Conversions.


@operators(
    "aten::Bool.int(int a) -> bool",
    "aten::Bool.float(float a) -> bool",
    samples=lambda: [Sample(3)],
)
def to_bool(a: Any) -> bool:
    """Whether the number is not zero."""
    return bool(a)


@operators(
    "aten::Int.bool(bool a) -> int",
    "aten::Int.float(float a) -> int",
    "aten::Int.Scalar(Scalar a) -> int",
    "aten::Int.str(str a) -> int",
    samples=lambda: [Sample(True)],
)
def to_int(a: Any) -> int:
    """The number, or the number a string says, cut to an integer."""
    return int(a)


@operators(
    "aten::Float.Scalar(Scalar a) -> float",
    "aten::Float.int(int a) -> float",
    "aten::Float.bool(bool a) -> float",
    "aten::Float.str(str a) -> float",
    samples=lambda: [Sample(3)],
)
def to_float(a: Any) -> float:
    """The number, or the number a string says, as a float."""
    return float(a)


def _complex_overloads() -> list[str]:
    pairs = [("int", "bool"), ("bool", "int"), ("float", "bool"), ("bool", "float"),
             ("float", "int"), ("int", "float"), ("int", "int"), ("bool", "bool"),
             ("float", "float")]  # fmt: skip
    texts = [f"aten::Complex.{x}_{y}({x} x, {y} y) -> complex" for x, y in pairs]
    return ["aten::Complex.Scalar(Scalar a) -> complex", *texts]


@operators(*_complex_overloads(), samples=lambda: [Sample(1.0)])
def to_complex(x: Any, y: Any = 0) -> complex:
    """The complex number with real part ``x`` and imaginary part ``y``."""
    return complex(x, y) if not isinstance(x, complex) else x


# math.


def _float_function(name: str, *, complexes: bool = True, scalar: str = "Scalar") -> list[str]:
    texts = [f"aten::{name}.int(int a) -> float", f"aten::{name}.float(float a) -> float"]
    if complexes:
        texts.append(f"aten::{name}.complex(complex a) -> complex")
    return [*texts, f"aten::{name}.Scalar(Scalar a) -> {scalar}"]


def _math(name: str, *, complexes: bool = True, doc: str = "") -> None:
    """Declare ``aten::name`` of one number as C's function: infinities and NaN, no exceptions."""
    real: Callable[[float], float] = getattr(math, name)
    of_complex = getattr(cmath, name, None)

    def kernel(a: Any) -> Any:
        if of_complex is not None and isinstance(a, complex):
            return of_complex(a)
        try:
            return real(a)
        except (ValueError, OverflowError):
            return _as_c(name, a)

    kernel.__name__ = kernel.__qualname__ = name
    kernel.__doc__ = doc or f"``math.{name}`` of a number; NaN or an infinity outside its domain."
    operators(
        *_float_function(name, complexes=complexes), samples=lambda: [Sample(0.5), Sample(1)]
    )(kernel)


def _as_c(name: str, a: float) -> float:
    """What C's library gives where Python's ``math`` raises."""
    numpy_name = {"asin": "arcsin", "acos": "arccos", "atanh": "arctanh", "acosh": "arccosh"}
    function = getattr(np, numpy_name.get(name, name), None)
    if function is None:  # gamma, lgamma at their poles
        return math.inf if name == "lgamma" or a == 0 else math.nan
    with np.errstate(all="ignore"):
        return float(function(np.float64(a)))


for _name in ("sqrt", "exp", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
              "tanh", "asinh", "acosh", "atanh"):  # fmt: skip
    _math(_name)
for _name in ("expm1", "log1p", "erf", "erfc", "gamma", "lgamma", "degrees", "radians", "fabs"):
    _math(_name, complexes=False)


@operators(
    *_float_function("log"),
    "aten::log.int_int(int a, int b) -> float",
    "aten::log.float_float(float a, float b) -> float",
    "aten::log.complex_complex(complex a, complex b) -> complex",
    "aten::log.int_float(int a, float b) -> float",
    "aten::log.float_int(float a, int b) -> float",
    "aten::log.int_complex(int a, complex b) -> complex",
    "aten::log.complex_int(complex a, int b) -> complex",
    "aten::log.float_complex(float a, complex b) -> complex",
    "aten::log.complex_float(complex a, float b) -> complex",
    "aten::log.Scalar_Scalar(Scalar a, Scalar b) -> float",
    samples=lambda: [Sample(2.0), Sample(0)],
)
def log(a: Any, b: Any = None) -> Any:
    """The natural logarithm, or the one to the base ``b``; ``log(0)`` is minus infinity."""
    if b is not None:
        return div(log(a), log(b))
    if isinstance(a, complex):
        return cmath.log(a)
    try:
        return math.log(a)
    except ValueError:
        return -math.inf if a == 0 else math.nan


@operators(
    "aten::atan2.int(int a, int b) -> float",
    "aten::atan2.float(float a, float b) -> float",
    "aten::atan2.int_float(int a, float b) -> float",
    "aten::atan2.float_int(float a, int b) -> float",
    "aten::atan2.Scalar_Scalar(Scalar a, Scalar b) -> float",
    samples=_numbers,
)
def atan2(a: Any, b: Any) -> float:
    """The angle of the point (b, a)."""
    return math.atan2(a, b)


@operators(
    *_real_pairs("copysign", "float"),
    "aten::copysign(Scalar a, Scalar b) -> float",
    samples=_numbers,
)
def copysign(a: Any, b: Any) -> float:
    """``a`` with the sign of ``b``."""
    return math.copysign(a, b)


@operators(
    "aten::polar.int(int a, int b) -> complex",
    "aten::polar.float(float a, float b) -> complex",
    "aten::polar.int_float(int a, float b) -> complex",
    "aten::polar.float_int(float a, int b) -> complex",
    "aten::polar.Scalar_Scalar(Scalar a, Scalar b) -> Scalar",
    samples=_numbers,
)
def polar(a: Any, b: Any) -> complex:
    """The complex number with absolute value ``a`` and angle ``b``."""
    return complex(a * math.cos(b), a * math.sin(b))


@operators(
    "aten::angle.int(int a) -> float",
    "aten::angle.float(float a) -> float",
    "aten::angle.complex(complex a) -> float",
    "aten::angle.Scalar(Scalar a) -> Scalar",
    samples=lambda: [Sample(-1)],
)
def angle(a: Any) -> float:
    """The angle of a number in the complex plane."""
    return cmath.phase(a) if a == a else math.nan


def _rounding(name: str) -> list[str]:
    return [
        f"aten::{name}.int(int a) -> int",
        f"aten::{name}.float(float a) -> int",
        f"aten::{name}.Scalar(Scalar a) -> Scalar",
    ]


@operators(*_rounding("floor"), samples=lambda: [Sample(-1.5)])
def floor(a: Any) -> int:
    """The largest integer not above the number."""
    return math.floor(a)


@operators(*_rounding("ceil"), samples=lambda: [Sample(-1.5)])
def ceil(a: Any) -> int:
    """The smallest integer not below the number."""
    return math.ceil(a)


@operators(
    "aten::round.int(int a) -> float",
    "aten::round.float(float a) -> float",
    "aten::round.Scalar(Scalar a) -> Scalar",
    samples=lambda: [Sample(2.5), Sample(3)],
)
def round_(a: Any) -> float:
    """The nearest whole number, halves to even, as a float."""
    return float(round(a)) if math.isfinite(a) else a


@operators("aten::modf(float a) -> (float, float)", samples=lambda: [Sample(1.5)])
def modf(a: float) -> tuple[float, float]:
    """Fractional and integral part, both with the sign of the number."""
    return math.modf(a)


@operators("aten::frexp(float a) -> (float, int)", samples=lambda: [Sample(1.5)])
def frexp(a: float) -> tuple[float, int]:
    """Mantissa and exponent."""
    return math.frexp(a)


@operators("aten::ldexp(float x, int i) -> float", samples=lambda: [Sample(1.5, 2)])
def ldexp(x: float, i: int) -> float:
    """``x * 2 ** i``."""
    try:
        return math.ldexp(x, i)
    except OverflowError:
        return math.copysign(math.inf, x)


@operators("aten::gcd.int(int a, int b) -> int", samples=_numbers)
def gcd(a: int, b: int) -> int:
    """The greatest common divisor, not negative."""
    return math.gcd(a, b)


@operators("aten::factorial.int(int a) -> int", samples=lambda: [Sample(5)])
def factorial(a: int) -> int:
    """The factorial of a number that is not negative."""
    return math.factorial(a)


def _float_test(name: str) -> list[str]:
    return [
        f"aten::{name}.float(float a) -> bool",
        f"aten::{name}.complex(complex a) -> bool",
    ]


@operators(*_float_test("isnan"), samples=lambda: [Sample(math.nan), Sample(1.0)])
def isnan(a: Any) -> bool:
    """Whether the number, or a part of it, is NaN."""
    return cmath.isnan(a)


@operators(*_float_test("isinf"), samples=lambda: [Sample(math.inf), Sample(1.0)])
def isinf(a: Any) -> bool:
    """Whether the number, or a part of it, is infinite."""
    return cmath.isinf(a)


@operators(*_float_test("isfinite"), samples=lambda: [Sample(math.inf), Sample(1.0)])
def isfinite(a: Any) -> bool:
    """Whether the number is neither infinite nor NaN."""
    return cmath.isfinite(a)


# Ranges, as loops over `range` are lowered.


@operators(
    "aten::__range_length(int lo, int hi, int step) -> int",
    samples=lambda: [Sample(0, 10, 3), Sample(10, 0, -1)],
)
def range_length(lo: int, hi: int, step: int) -> int:
    """How many numbers ``range(lo, hi, step)`` has; ValueError for a step of zero."""
    return len(range(lo, hi, step))


@operators(
    "aten::__derive_index(int index, int start, int step) -> int",
    samples=lambda: [Sample(2, 10, -1)],
)
def derive_index(index: int, start: int, step: int) -> int:
    """Number ``index`` of a range."""
    return start + index * step


# Dtypes, as their codes.


@operators(
    "aten::promote_types(ScalarType type1, ScalarType type2) -> ScalarType",
    samples=lambda: [Sample(4, 6)],
)
def promote_types(type1: int, type2: int) -> int:
    """The dtype that both dtypes convert to."""
    return dtypes.promote(dtypes.from_code(type1), dtypes.from_code(type2)).code


@operators(
    "aten::can_cast(ScalarType from_, ScalarType to) -> bool", samples=lambda: [Sample(6, 4)]
)
def can_cast(from_: int, to: int) -> bool:
    """Whether PyTorch's promotion allows writing a ``from_`` result into a ``to`` tensor."""
    return dtypes.from_code(from_).category <= dtypes.from_code(to).category
