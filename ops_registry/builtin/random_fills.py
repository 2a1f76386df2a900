"""Filling tensors with random numbers: uniform_, normal_, random_, exponential_ ...

The streams are PyTorch's on the CPU, see :mod:`ops_registry.distributions`. A tensor is filled
in the order of its memory; the functional forms return a tensor that lies in memory like theirs.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from ops_registry import distributions, dtypes
from ops_registry.builtin.factories import (
    OPTIONS,
    allocate,
    allocate_like,
    dtype_or,
    made,
    shape_of,
)
from ops_registry.dtypes import Dtype
from ops_registry.generator import Generator, default_generator
from ops_registry.meta import TensorMeta, broadcast_shapes, like
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

_GENERATOR = "Generator? generator"


def given_or_default(generator: Generator | None) -> Generator:
    """The generator that an operator draws from."""
    return default_generator() if generator is None else generator


def _fills() -> list[Sample]:
    return [
        Sample(tensor(2, 3)),
        Sample(tensor()),
        Sample(tensor(0)),
        Sample(tensor(5, 4).T),
        Sample(tensor(40)[::2]),
        Sample(tensor(20, dtype=dtypes.float64)),
        Sample(tensor(20, dtype=dtypes.float16)),
    ]


# Filling memory. These write a distribution into any array.


def _check_continuous(dtype: Dtype, name: str, *, complex_too: bool = False) -> None:
    if not dtype.is_floating_point and not (complex_too and dtype.is_complex):
        raise NotImplementedError(f"{name}: a tensor of {dtype!r} cannot hold its numbers")


def _check_no_overlap(target: np.ndarray) -> None:
    if target.flags.c_contiguous or not target.size:
        return
    for extent, stride in zip(target.shape, target.strides, strict=True):
        if stride == 0 and extent > 1:
            raise RuntimeError(
                "several elements of the tensor written to share one place in memory:"
                " clone() it first"
            )


def _fill(target: np.ndarray, values: np.ndarray) -> np.ndarray:
    _check_no_overlap(target)
    return distributions.fill(target, values)


def _paired(values: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Real and imaginary parts, drawn in turn, as numbers of the complex ``target``."""
    return values.view(target.dtype)


def fill_uniform(
    target: np.ndarray, low: float = 0.0, high: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Uniform numbers from ``low`` to below ``high``; both parts of complex ones."""
    dtype = dtypes.from_numpy(target.dtype)
    _check_continuous(dtype, "uniform_", complex_too=True)
    real = dtype.to_real()
    largest = _largest(real)
    if not (-largest <= low <= largest and -largest <= high <= largest):
        raise RuntimeError(f"uniform_: [{low}, {high}) is out of the range of {real!r}")
    if low > high:
        raise RuntimeError(f"uniform_: there is nothing from {low} to {high}")
    if high - low > largest:
        raise RuntimeError(f"uniform_: {high} - {low} is out of the range of {real!r}")
    generator = given_or_default(generator)
    if dtype.is_complex:
        values = distributions.uniform(generator, 2 * target.size, real, low, high)
        return _fill(target, _paired(values, target))
    return _fill(target, distributions.uniform(generator, target.size, dtype, low, high))


def fill_normal(
    target: np.ndarray, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Normal numbers; of complex ones each part has half the variance."""
    if not std >= 0:
        raise RuntimeError(f"the standard deviation cannot be negative: {std}")
    dtype = dtypes.from_numpy(target.dtype)
    _check_continuous(dtype, "normal_", complex_too=True)
    generator = given_or_default(generator)
    contiguous = target.flags.c_contiguous
    if dtype.is_complex:
        values = distributions.normal(
            generator,
            2 * target.size,
            dtype.to_real(),
            mean,
            std / math.sqrt(2),
            contiguous=contiguous,
        )
        return _fill(target, _paired(values, target))
    values = distributions.normal(generator, target.size, dtype, mean, std, contiguous=contiguous)
    return _fill(target, values)


@functools.cache
def _largest(dtype: Dtype) -> float:
    if dtype is dtypes.bfloat16:
        return 3.3895313892515355e38
    return float(np.finfo(dtype.numpy).max)


def _fits(value: int, dtype: Dtype) -> bool:
    if dtype is dtypes.bool_:
        return 0 <= value <= 1
    if dtype.is_floating_point:
        return abs(value) <= _largest(dtype)
    limits = np.iinfo(dtype.numpy)
    return int(limits.min) <= value <= int(limits.max)


def fill_integers(
    target: np.ndarray, low: int, high: int | None, generator: Generator | None = None
) -> np.ndarray:
    """Uniform integers from ``low`` to below ``high``; None is the last that the dtype has."""
    dtype = dtypes.from_numpy(target.dtype)
    if dtype.is_complex:
        raise NotImplementedError(f"a tensor of {dtype!r} holds no random integers")
    if high is None:
        if dtype.is_floating_point:
            last = 2 ** distributions.DIGITS[dtype.name]
        elif dtype is dtypes.bool_:
            last = 1
        else:
            last = int(np.iinfo(dtype.numpy).max)
        high = last + 1
    if low >= high:
        raise RuntimeError(f"there is no integer from {low} to below {high}")
    for bound in (low, high - 1):
        if not _fits(bound, dtype):
            raise RuntimeError(f"{bound} is out of the range of {dtype!r}")
    values = distributions.integers(given_or_default(generator), target.size, low, high - low)
    return _fill(target, values.astype(dtype.numpy))


# Fills in place, and their functional forms.


@operator(
    f"aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, {_GENERATOR}=None)"
    " -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [*_fills(), Sample(tensor(4), -2.0, 3.0)],
    rejects=lambda: [Rejected(tensor(2), 1.0, 0.0), Rejected(tensor(2), 0.0, math.inf)],
)
def uniform_(
    self: np.ndarray, low: float = 0.0, high: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Fill with uniform numbers from ``from`` to below ``to``."""
    return fill_uniform(self, low, high, generator)


@operator(
    f"aten::uniform(Tensor self, float from=0., float to=1., *, {_GENERATOR}=None) -> Tensor",
    meta=like("self"),
    random=True,
    samples=lambda: [Sample(tensor(2, 3))],
)
def uniform(
    self: np.ndarray, low: float = 0.0, high: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Uniform numbers from ``from`` to below ``to``, *like* ``self``."""
    return fill_uniform(allocate_like(self), low, high, generator)


@operator(
    f"aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, {_GENERATOR}=None)"
    " -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [*_fills(), Sample(tensor(40), 3.0, 0.5)],
    rejects=lambda: [Rejected(tensor(2), 0.0, -1.0), Rejected(tensor(2, dtype=dtypes.int64))],
)
def normal_(
    self: np.ndarray, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Fill with normal numbers."""
    return fill_normal(self, mean, std, generator)


@operator(
    f"aten::normal_functional(Tensor self, float mean=0., float std=1., *, {_GENERATOR}=None)"
    " -> Tensor",
    meta=like("self"),
    random=True,
    samples=lambda: [Sample(tensor(2, 3))],
)
def normal_functional(
    self: np.ndarray, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Normal numbers, *like* ``self``."""
    return fill_normal(allocate_like(self), mean, std, generator)


def _normal_of_mean_meta(mean: TensorMeta, std: float, generator: object) -> TensorMeta:
    return mean


def _normal_of_std_meta(mean: float, std: TensorMeta, generator: object) -> TensorMeta:
    return std


def _normal_of_both_meta(mean: TensorMeta, std: TensorMeta, generator: object) -> TensorMeta:
    return TensorMeta(mean.dtype, broadcast_shapes(mean.shape, std.shape))


@operator(
    f"aten::normal.Tensor_float(Tensor mean, float std=1., *, {_GENERATOR}=None) -> Tensor",
    meta=_normal_of_mean_meta,
    random=True,
    out=True,
    samples=lambda: [Sample(tensor(2, 3)), Sample(tensor(40), 2.0), Sample(tensor(5, 4).T)],
    rejects=lambda: [Rejected(tensor(2), -1.0), Rejected(tensor(2, dtype=dtypes.int64))],
)
def normal_of_mean(
    mean: np.ndarray, std: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Normal numbers with the means of a tensor. Shapes: that of ``mean``."""
    return fill_normal(np.empty(mean.shape, mean.dtype), 0.0, std, generator) + mean


def _check_deviations(std: np.ndarray) -> None:
    if std.dtype.kind == "c" or not (std >= 0).all():
        raise RuntimeError("a standard deviation is negative or nan")


@operator(
    f"aten::normal.float_Tensor(float mean, Tensor std, *, {_GENERATOR}=None) -> Tensor",
    meta=_normal_of_std_meta,
    random=True,
    out=True,
    samples=lambda: [Sample(1.0, tensor(40, low=0, high=2))],
    rejects=lambda: [Rejected(0.0, array([1.0, -1.0]))],
)
def normal_of_std(mean: float, std: np.ndarray, generator: Generator | None = None) -> np.ndarray:
    """Normal numbers with the standard deviations of a tensor. Shapes: that of ``std``."""
    _check_deviations(std)
    samples = fill_normal(np.empty(std.shape, std.dtype), 0.0, 1.0, generator) * std
    return np.asarray(samples + mean, std.dtype)


@operator(
    f"aten::normal.Tensor_Tensor(Tensor mean, Tensor std, *, {_GENERATOR}=None) -> Tensor",
    meta=_normal_of_both_meta,
    random=True,
    out=True,
    samples=lambda: [Sample(tensor(2, 3), tensor(3, low=0, high=2))],
    rejects=lambda: [Rejected(tensor(2), array([1.0, -1.0]))],
)
def normal_of_both(
    mean: np.ndarray, std: np.ndarray, generator: Generator | None = None
) -> np.ndarray:
    """Normal numbers with the means and standard deviations of two tensors. Shapes broadcast."""
    _check_deviations(std)
    target = np.empty(broadcast_shapes(mean.shape, std.shape), mean.dtype)
    samples = (fill_normal(target, 0.0, 1.0, generator) * std).astype(mean.dtype, copy=False)
    return samples + mean


@operator(
    f"aten::normal.float_float(float mean, float std, SymInt[] size, *, {_GENERATOR}=None,"
    f" {OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=lambda: [Sample(1.0, 2.0, [2, 3]), Sample(0.0, 1.0, [40])],
    rejects=lambda: [Rejected(0.0, -1.0, [2])],
)
def normal_of_numbers(
    mean: float,
    std: float,
    size: Sequence[int],
    generator: Generator | None = None,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Normal numbers of shape ``size``."""
    return fill_normal(allocate(shape_of(size), dtype_or(dtype)), mean, std, generator)


def _integer_fills() -> list[Sample]:
    return [
        Sample(tensor(4, dtype=dtypes.int64)),
        Sample(tensor(4, dtype=dtypes.uint8)),
        Sample(tensor(4)),
        Sample(tensor(0)),
        Sample(tensor()),
    ]


@operator(
    f"aten::random_.from(Tensor(a!) self, int from, int? to, *, {_GENERATOR}=None) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [Sample(tensor(4), -3, 7), Sample(tensor(4, dtype=dtypes.int16), 5, None)],
    rejects=lambda: [Rejected(tensor(2), 3, 3), Rejected(tensor(2, dtype=dtypes.int8), -200, 5)],
)
def random_from_(
    self: np.ndarray, low: int, high: int | None, generator: Generator | None = None
) -> np.ndarray:
    """Fill with integers from ``from`` to below ``to`` (None: to the dtype's last)."""
    return fill_integers(self, low, high, generator)


@operator(
    f"aten::random_.to(Tensor(a!) self, int to, *, {_GENERATOR}=None) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [Sample(tensor(4), 7), Sample(tensor(4, dtype=dtypes.int16), 5)],
    rejects=lambda: [Rejected(tensor(2), 0)],
)
def random_to_(self: np.ndarray, high: int, generator: Generator | None = None) -> np.ndarray:
    """Fill with integers from 0 to below ``to``."""
    return fill_integers(self, 0, high, generator)


@operator(
    f"aten::random_(Tensor(a!) self, *, {_GENERATOR}=None) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=_integer_fills,
    rejects=lambda: [Rejected(tensor(2, dtype=dtypes.complex64))],
)
def random_(self: np.ndarray, generator: Generator | None = None) -> np.ndarray:
    """Fill with any non-negative integers of the dtype; up to 2**digits in floating point."""
    dtype = dtypes.from_numpy(self.dtype)
    if dtype.is_complex:
        raise NotImplementedError(f"a tensor of {dtype!r} holds no random integers")
    return _fill(self, distributions.full_range(given_or_default(generator), self.size, dtype))


def _continuous_fills() -> list[Sample]:
    return [Sample(tensor(2, 3)), Sample(tensor()), Sample(tensor(0)), Sample(tensor(5, 4).T)]


def _no_integers() -> list[Rejected]:
    return [Rejected(tensor(2, dtype=dtypes.int64))]


@operator(
    f"aten::exponential_(Tensor(a!) self, float lambd=1., *, {_GENERATOR}=None) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [*_continuous_fills(), Sample(tensor(4), 2.5)],
    rejects=lambda: [*_no_integers(), Rejected(tensor(2), -1.0)],
)
def exponential_(
    self: np.ndarray, lambd: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Fill with exponential numbers of rate ``lambd``."""
    _check_continuous(dtypes.from_numpy(self.dtype), "exponential_")
    if not lambd > 0:
        raise RuntimeError(f"exponential_: the rate is positive, not {lambd}")
    return _fill(self, distributions.exponential(given_or_default(generator), self.size, lambd))


@operator(
    f"aten::exponential(Tensor self, float lambd=1., *, {_GENERATOR}=None) -> Tensor",
    meta=like("self"),
    random=True,
    out=True,
    samples=lambda: [Sample(tensor(2, 3))],
)
def exponential(
    self: np.ndarray, lambd: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Exponential numbers of rate ``lambd``, *like* ``self``."""
    return exponential_(allocate_like(self), lambd, generator)


@operator(
    f"aten::geometric_(Tensor(a!) self, float p, *, {_GENERATOR}=None) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [Sample(tensor(4), 0.3), Sample(tensor(4, dtype=dtypes.int64), 0.3)],
    rejects=lambda: [Rejected(tensor(2), 0.0), Rejected(tensor(2, dtype=dtypes.bool_), 0.5)],
)
def geometric_(self: np.ndarray, p: float, generator: Generator | None = None) -> np.ndarray:
    """Fill with numbers of trials up to the first success, whose probability is ``p``."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_: the probability is between 0 and 1, not {p}")
    if self.dtype.kind in "bc":
        raise NotImplementedError(f"geometric_: {self.dtype} does not hold counts")
    return _fill(self, distributions.geometric(given_or_default(generator), self.size, p))


@operator(
    f"aten::geometric(Tensor self, float p, *, {_GENERATOR}=None) -> Tensor",
    meta=like("self"),
    random=True,
    out=True,
    samples=lambda: [Sample(tensor(4), 0.3)],
)
def geometric(self: np.ndarray, p: float, generator: Generator | None = None) -> np.ndarray:
    """Numbers of trials up to the first success, *like* ``self``."""
    return geometric_(allocate_like(self), p, generator)


@operator(
    f"aten::cauchy_(Tensor(a!) self, float median=0., float sigma=1., *, {_GENERATOR}=None)"
    " -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [*_continuous_fills(), Sample(tensor(4), 1.0, 2.0)],
    rejects=lambda: [*_no_integers(), Rejected(tensor(2), 0.0, -1.0)],
)
def cauchy_(
    self: np.ndarray, median: float = 0.0, sigma: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Fill with Cauchy numbers around ``median``, half of them nearer than ``sigma``."""
    _check_continuous(dtypes.from_numpy(self.dtype), "cauchy_")
    if not sigma > 0:
        raise RuntimeError(f"cauchy_: sigma is positive, not {sigma}")
    return _fill(self, distributions.cauchy(given_or_default(generator), self.size, median, sigma))


@operator(
    f"aten::cauchy(Tensor self, float median=0., float sigma=1., *, {_GENERATOR}=None) -> Tensor",
    meta=like("self"),
    random=True,
    out=True,
    samples=lambda: [Sample(tensor(4))],
)
def cauchy(
    self: np.ndarray, median: float = 0.0, sigma: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """Cauchy numbers, *like* ``self``."""
    return cauchy_(allocate_like(self), median, sigma, generator)


@operator(
    f"aten::log_normal_(Tensor(a!) self, float mean=1., float std=2., *, {_GENERATOR}=None)"
    " -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [*_continuous_fills(), Sample(tensor(4), 0.0, 0.5)],
    rejects=lambda: [*_no_integers(), Rejected(tensor(2), 0.0, -1.0)],
)
def log_normal_(
    self: np.ndarray, mean: float = 1.0, std: float = 2.0, generator: Generator | None = None
) -> np.ndarray:
    """Fill with numbers whose logarithms are normal, with ``mean`` and ``std``."""
    _check_continuous(dtypes.from_numpy(self.dtype), "log_normal_")
    if not std > 0:
        raise RuntimeError(f"log_normal_: the standard deviation is positive, not {std}")
    return _fill(self, distributions.log_normal(given_or_default(generator), self.size, mean, std))


@operator(
    f"aten::log_normal(Tensor self, float mean=1., float std=2., *, {_GENERATOR}=None) -> Tensor",
    meta=like("self"),
    random=True,
    out=True,
    samples=lambda: [Sample(tensor(4))],
)
def log_normal(
    self: np.ndarray, mean: float = 1.0, std: float = 2.0, generator: Generator | None = None
) -> np.ndarray:
    """Numbers whose logarithms are normal, *like* ``self``."""
    return log_normal_(allocate_like(self), mean, std, generator)
