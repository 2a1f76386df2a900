"""Samples of each distribution, drawn and computed as PyTorch's CPU kernels do.

Every function takes the :class:`~ops_registry.generator.Generator` first, then the number of
samples, and returns a flat array; :func:`fill` writes one into an array of any strides in the
order in which PyTorch visits it. What is integer arithmetic (uniform, integers, permutations,
Bernoulli) is bit for bit PyTorch's; what goes through a logarithm, sine or cosine is within the
rounding of those functions. PyTorch built with MKL draws Bernoulli variables from another stream
on Intel processors; this is the one it has on all others.

Which arguments are allowed is the operators' business (:mod:`ops_registry.builtin.random`).
"""

from __future__ import annotations

import math

import numpy as np

from ops_registry import dtypes
from ops_registry.dtypes import Dtype
from ops_registry.fused import multiply_add
from ops_registry.generator import Generator

#: Ranges from here on take 64 random bits a sample, smaller ones 32.
_WIDE_RANGE = 2**28
#: Permutations from this length on take 64 random bits a step.
_WIDE_PERMUTATION = (2**32 - 1) // 20
#: Normal samples are made in blocks of this many when there are at least as many.
_BLOCK = 16
#: Binary digits of a floating point number's significand.
DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def fill(target: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Write flat values into an array of any strides, outermost stride first; returns it."""
    if target.flags.c_contiguous:
        target[...] = values.reshape(target.shape)
    else:
        order = sorted(range(target.ndim), key=lambda axis: -target.strides[axis])
        by_memory = target.transpose(order)
        by_memory[...] = values.reshape(by_memory.shape)
    return target


def _unit_doubles(generator: Generator, count: int) -> np.ndarray:
    words = generator.long_words(count)
    words &= np.uint64(2**53 - 1)
    return words * 2.0**-53


def _unit_floats(generator: Generator, count: int) -> np.ndarray:
    words = generator.words(count)
    words &= np.uint32(2**24 - 1)
    return words.astype(np.float32) * np.float32(2.0**-24)


def uniform(
    generator: Generator, count: int, dtype: Dtype, low: float = 0.0, high: float = 1.0
) -> np.ndarray:
    """Uniform in [low, high), of a floating point dtype; a sample rounded up to high is low."""
    kind = dtype.numpy
    if dtype is dtypes.float64:
        samples = _unit_doubles(generator, count)
        if (low, high) != (0.0, 1.0):
            samples = multiply_add(samples, high - low, low, np.float64)
            samples[samples == high] = low
        return samples
    samples = _unit_floats(generator, count)
    if (low, high) != (0.0, 1.0):
        first, last = np.float32(low), np.float32(high)
        samples = multiply_add(samples, last - first, first, np.float32)
    samples = samples.astype(kind, copy=False)
    if (low, high) != (0.0, 1.0) or dtype is not dtypes.float32:
        samples[samples == np.asarray(high).astype(kind)] = np.asarray(low).astype(kind)
    return samples


def integers(generator: Generator, count: int, low: int, span: int) -> np.ndarray:
    """Uniform integers in [low, low + span), as int64; a span of 2**64 is every int64."""
    if span < _WIDE_RANGE:
        offsets = (generator.words(count) % np.uint32(span)).astype(np.int64)
    elif span == 2**64:
        return generator.long_words(count).view(np.int64)
    else:
        offsets = (generator.long_words(count) % np.uint64(span)).view(np.int64)
    offsets += np.int64(low)  # wraps, as two's complement addition should
    return offsets


def full_range(generator: Generator, count: int, dtype: Dtype) -> np.ndarray:
    """What ``random_()`` draws: every non-negative value of an integer dtype; of a floating point
    one, the integers up to the last that is exact with all smaller ones."""
    if dtype.is_floating_point:
        span = 2 ** DIGITS[dtype.name] + 1
    elif dtype is dtypes.bool_:
        span = 2
    else:
        span = int(np.iinfo(dtype.numpy).max) + 1
    if dtype in (dtypes.float64, dtypes.int64):
        samples = generator.long_words(count) % np.uint64(span)
    else:
        samples = generator.words(count).astype(np.uint64) % np.uint64(span)
    return samples.astype(dtype.numpy)


def normal(
    generator: Generator,
    count: int,
    dtype: Dtype,
    mean: float = 0.0,
    std: float = 1.0,
    *,
    contiguous: bool = True,
) -> np.ndarray:
    """Normal with ``mean`` and ``std``, of a floating point dtype.

    16 samples and more that go to contiguous memory are made in blocks of 16, others in pairs
    of double precision, whose second number waits for the next such call.
    """
    if count < _BLOCK or not contiguous:
        return (_normal_pairs(generator, count) * std + mean).astype(dtype.numpy)
    draw = _unit_doubles if dtype is dtypes.float64 else _unit_floats
    whole = count - count % _BLOCK
    # A rest makes the last 16 anew; those of half precision have not drawn the rest before.
    drawn = whole if dtype.itemsize == 2 else count
    uniform = draw(generator, drawn)
    samples = np.empty(count, uniform.dtype)
    samples[:whole] = _box_muller(uniform[:whole], mean, std)
    if count != whole:
        samples[-_BLOCK:] = _box_muller(draw(generator, _BLOCK), mean, std)
    return samples.astype(dtype.numpy, copy=False)


def _box_muller(uniform: np.ndarray, mean: float, std: float) -> np.ndarray:
    """Normal samples of uniform ones, block by block: cosines of the first half, then sines."""
    kind = uniform.dtype.type
    halves = uniform.reshape(-1, 2, _BLOCK // 2)
    radius = np.sqrt(kind(-2) * np.log(kind(1) - halves[:, 0]))
    angle = kind(2 * math.pi) * halves[:, 1]
    samples = np.empty_like(halves)
    np.multiply(radius, np.cos(angle), out=samples[:, 0])
    np.multiply(radius, np.sin(angle), out=samples[:, 1])
    if (mean, std) != (0, 1):
        samples *= kind(std)
        samples += kind(mean)
    return samples.reshape(-1)


def _normal_pairs(generator: Generator, count: int) -> np.ndarray:
    samples = np.empty(count)
    first = 0
    if count and generator.cached_normal is not None:
        samples[0] = generator.cached_normal
        generator.cached_normal = None
        first = 1
    pairs = (count - first + 1) // 2
    if pairs:
        uniform = _unit_doubles(generator, 2 * pairs)
        radius = np.sqrt(-2 * np.log1p(-uniform[1::2]))
        angle = 2 * math.pi * uniform[0::2]
        rest = count - first
        samples[first::2] = radius * np.cos(angle)
        sines = radius * np.sin(angle)
        samples[first + 1 :: 2] = sines[: rest // 2]
        if rest % 2:
            generator.cached_normal = float(sines[-1])
    return samples


def bernoulli(generator: Generator, count: int, probability: float) -> np.ndarray:
    """True with one probability, as bool."""
    successes: np.ndarray = _unit_doubles(generator, count) < probability
    return successes


def bernoulli_each(generator: Generator, probabilities: np.ndarray) -> np.ndarray:
    """True with the probability of each element of a flat array, as bool."""
    draw = _unit_doubles if probabilities.dtype == np.float64 else _unit_floats
    uniform = draw(generator, probabilities.size)
    successes: np.ndarray = uniform < probabilities.astype(uniform.dtype, copy=False)
    return successes


def exponential(generator: Generator, count: int, rate: float) -> np.ndarray:
    """Exponential with a rate, as float64."""
    samples: np.ndarray = np.log1p(-_unit_doubles(generator, count))
    samples *= -1.0 / rate
    return samples


def geometric(generator: Generator, count: int, probability: float) -> np.ndarray:
    """The number of trials up to the first success, as float64."""
    with np.errstate(divide="ignore"):
        trials: np.ndarray = np.ceil(
            np.log(_unit_doubles(generator, count)) / math.log1p(-probability)
        )
    return trials


def cauchy(generator: Generator, count: int, median: float, sigma: float) -> np.ndarray:
    """Cauchy, as float64."""
    return median + sigma * np.tan(math.pi * (_unit_doubles(generator, count) - 0.5))


def log_normal(generator: Generator, count: int, mean: float, std: float) -> np.ndarray:
    """The exponential of a normal variable, as float64."""
    with np.errstate(over="ignore"):
        samples: np.ndarray = np.exp(_normal_pairs(generator, count) * std + mean)
    return samples


def permutation(generator: Generator, count: int) -> np.ndarray:
    """A random order of 0 .. count - 1, as int64 (Fisher and Yates, from the front)."""
    order = np.arange(count, dtype=np.int64)
    if count < 2:
        return order
    remaining = np.arange(count, 1, -1)
    if count < _WIDE_PERMUTATION:
        partners = generator.words(count - 1) % remaining.astype(np.uint32)
    else:
        partners = generator.long_words(count - 1) % remaining.astype(np.uint64)
    partners = partners.astype(np.int64) + order[:-1]
    if count < 256:
        shuffled = order.tolist()
        for here, there in enumerate(partners.tolist()):
            shuffled[here], shuffled[there] = shuffled[there], shuffled[here]
        return np.array(shuffled, np.int64)
    # LAPACK swaps rows one pair after another, which is the shuffle; doubles hold any index.
    from scipy.linalg.lapack import dlaswp

    column = order.astype(np.float64).reshape(-1, 1)
    swapped: np.ndarray = dlaswp(column, partners.astype(np.int32), overwrite_a=1)
    return swapped.reshape(-1).astype(np.int64)


def categories(generator: Generator, weights: np.ndarray, count: int) -> np.ndarray:
    """``count`` categories, with replacement, of each row of ``weights``; shape (rows, count)."""
    rows = len(weights)
    kind = np.float64 if weights.dtype == np.float64 else np.float32
    drawn = _unit_doubles(generator, rows * count).reshape(rows, count)
    result = np.empty((rows, count), np.int64)
    for row in range(rows):
        cumulative = np.cumsum(weights[row].astype(kind))
        cumulative /= cumulative[-1]
        cumulative[-1] = 1
        result[row] = np.searchsorted(cumulative.astype(np.float64), drawn[row])
    return result


def poisson(generator: Generator, rate: float) -> int:
    """One Poisson variable (products of uniform ones; from 10 on Hörmann's rejection, 1993)."""
    if rate == 0:
        return 0
    if rate < 10:
        limit, product, count = math.exp(-rate), 1.0, -1
        while product > limit or count < 0:
            product *= _unit_double(generator)
            count += 1
        return count
    root = math.sqrt(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    accepted = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = _unit_double(generator) - 0.5, _unit_double(generator)
        near = 0.5 - abs(u)
        count = math.floor((2 * a / near + b) * u + rate + 0.43) if near else -1
        if near >= 0.07 and v <= accepted:
            return count
        if count < 0 or (near < 0.013 and v > near):
            continue
        density = -rate + count * math.log(rate) - math.lgamma(count + 1)
        height = math.log(v) if v else -math.inf
        if height + math.log(inverse_alpha) - math.log(a / (near * near) + b) <= density:
            return count


def _unit_double(generator: Generator) -> float:
    return (generator.random64() & (2**53 - 1)) * 2.0**-53
