"""New random tensors: rand, randn, randint, randperm, and the generators of scripts.

The streams are PyTorch's on the CPU, see :mod:`ops_registry.distributions`. Results lie in
memory in the order of their dimensions or, where the text says *like*, as their operand does.
What fills a tensor that exists is :mod:`ops_registry.builtin.random_fills`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import distributions, dtypes
from ops_registry.builtin.factories import (
    INT_OPTIONS,
    LIKE_OPTIONS,
    OPTIONS,
    allocate,
    allocate_like,
    check_layout,
    dtype_or,
    made,
    shape_of,
)
from ops_registry.builtin.random_fills import fill_integers, fill_normal, fill_uniform
from ops_registry.device import Device
from ops_registry.generator import Generator, default_generator
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor

_GENERATOR = "Generator? generator"


def _sizes() -> list[Sample]:
    return [
        Sample([2, 3]),
        Sample([]),
        Sample([0, 4]),
        Sample([40], dtype=dtypes.float64.code),
        Sample([3], dtype=dtypes.bfloat16.code),
        Sample([3], dtype=dtypes.complex64.code),
    ]


def _no_sizes() -> list[Rejected]:
    return [Rejected([-1]), Rejected([2], dtype=dtypes.int64.code)]


def _likes() -> list[Sample]:
    return [
        Sample(tensor(2, 3)),
        Sample(tensor()),
        Sample(tensor(0)),
        Sample(tensor(5, 4).T),
        Sample(tensor(2, 3, dtype=dtypes.int64), dtype=dtypes.float64.code),
    ]


def _no_likes() -> list[Rejected]:
    return [Rejected(tensor(2, dtype=dtypes.int64))]


# rand and randn.


@operator(
    f"aten::rand(SymInt[] size, *, {OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=_sizes,
    rejects=_no_sizes,
)
def rand(
    size: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Uniform numbers in [0, 1) of shape ``size``, of a floating point or complex dtype."""
    return fill_uniform(allocate(shape_of(size), dtype_or(dtype)))


@operator(
    f"aten::rand.generator(SymInt[] size, *, {_GENERATOR}, {OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=lambda: [Sample([2, 3], generator=None)],
)
def rand_of_generator(
    size: Sequence[int],
    generator: Generator | None,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``rand`` with the stream of a generator."""
    return fill_uniform(allocate(shape_of(size), dtype_or(dtype)), generator=generator)


@operator(
    f"aten::rand_like(Tensor self, *, {LIKE_OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=_likes,
    rejects=_no_likes,
)
def rand_like(
    self: np.ndarray,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """Uniform numbers in [0, 1), *like* ``self``."""
    return fill_uniform(_alike(self, dtype, memory_format))


@operator(
    f"aten::rand_like.generator(Tensor self, *, {_GENERATOR}, {LIKE_OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=lambda: [Sample(tensor(2, 3), generator=None)],
)
def rand_like_of_generator(
    self: np.ndarray,
    generator: Generator | None,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """``rand_like`` with the stream of a generator."""
    return fill_uniform(_alike(self, dtype, memory_format), generator=generator)


def _alike(array: np.ndarray, dtype: int | None, memory_format: int | None) -> np.ndarray:
    return allocate_like(array, None if dtype is None else dtypes.from_code(dtype), memory_format)


@operator(
    f"aten::randn(SymInt[] size, *, {OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=_sizes,
    rejects=_no_sizes,
)
def randn(
    size: Sequence[int],
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Normal numbers with mean 0 and variance 1, of a floating point or complex dtype."""
    return fill_normal(allocate(shape_of(size), dtype_or(dtype)))


@operator(
    f"aten::randn.generator(SymInt[] size, *, {_GENERATOR}, {OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=lambda: [Sample([2, 3], generator=None)],
)
def randn_of_generator(
    size: Sequence[int],
    generator: Generator | None,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``randn`` with the stream of a generator."""
    return fill_normal(allocate(shape_of(size), dtype_or(dtype)), generator=generator)


@operator(
    f"aten::randn_like(Tensor self, *, {LIKE_OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=_likes,
    rejects=_no_likes,
)
def randn_like(
    self: np.ndarray,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """Normal numbers with mean 0 and variance 1, *like* ``self``."""
    return fill_normal(_alike(self, dtype, memory_format))


@operator(
    f"aten::randn_like.generator(Tensor self, *, {_GENERATOR}, {LIKE_OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=lambda: [Sample(tensor(2, 3), generator=None)],
)
def randn_like_of_generator(
    self: np.ndarray,
    generator: Generator | None,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """``randn_like`` with the stream of a generator."""
    return fill_normal(_alike(self, dtype, memory_format), generator=generator)


# randint and randperm.


@operator(
    f"aten::randint(SymInt high, SymInt[] size, *, {INT_OPTIONS}) -> Tensor",
    meta=made(lambda args: dtypes.int64),
    random=True,
    samples=lambda: [
        Sample(10, [2, 3]),
        Sample(2**40, [4]),
        Sample(10, []),
        Sample(10, [3], dtype=dtypes.float32.code),
        Sample(2, [5], dtype=dtypes.bool_.code),
    ],
    rejects=lambda: [Rejected(0, [2]), Rejected(300, [2], dtype=dtypes.uint8.code)],
)
def randint(
    high: int,
    size: Sequence[int],
    dtype: int | None = 4,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Integers from 0 to below ``high``, of shape ``size``."""
    return fill_integers(allocate(shape_of(size), dtype_or(dtype, dtypes.int64)), 0, high)


@operator(
    f"aten::randint.generator(SymInt high, SymInt[] size, *, {_GENERATOR}, {INT_OPTIONS})"
    " -> Tensor",
    meta=made(lambda args: dtypes.int64),
    random=True,
    samples=lambda: [Sample(10, [2, 3], generator=None)],
)
def randint_of_generator(
    high: int,
    size: Sequence[int],
    generator: Generator | None,
    dtype: int | None = 4,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``randint`` with the stream of a generator."""
    target = allocate(shape_of(size), dtype_or(dtype, dtypes.int64))
    return fill_integers(target, 0, high, generator)


@operator(
    f"aten::randint.low(SymInt low, SymInt high, SymInt[] size, *, {INT_OPTIONS}) -> Tensor",
    meta=made(lambda args: dtypes.int64),
    random=True,
    samples=lambda: [Sample(-5, 5, [2, 3]), Sample(3, 4, [2]), Sample(-(2**62), 2**62, [3])],
    rejects=lambda: [Rejected(5, 5, [2])],
)
def randint_low(
    low: int,
    high: int,
    size: Sequence[int],
    dtype: int | None = 4,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """Integers from ``low`` to below ``high``, of shape ``size``."""
    return fill_integers(allocate(shape_of(size), dtype_or(dtype, dtypes.int64)), low, high)


@operator(
    f"aten::randint.low_generator(SymInt low, SymInt high, SymInt[] size, *, {_GENERATOR},"
    f" {INT_OPTIONS}) -> Tensor",
    meta=made(lambda args: dtypes.int64),
    random=True,
    samples=lambda: [Sample(-5, 5, [2, 3], generator=None)],
)
def randint_low_of_generator(
    low: int,
    high: int,
    size: Sequence[int],
    generator: Generator | None,
    dtype: int | None = 4,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``randint.low`` with the stream of a generator."""
    target = allocate(shape_of(size), dtype_or(dtype, dtypes.int64))
    return fill_integers(target, low, high, generator)


@operator(
    f"aten::randint_like(Tensor self, SymInt high, *, {LIKE_OPTIONS}) -> Tensor",
    meta=made(),
    random=True,
    samples=lambda: [Sample(tensor(2, 3), 10), Sample(tensor(5, 4).T, 10)],
    rejects=lambda: [Rejected(tensor(2), 0)],
)
def randint_like(
    self: np.ndarray,
    high: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """Integers from 0 to below ``high``, *like* ``self`` (and of its dtype)."""
    return fill_integers(_alike(self, dtype, memory_format), 0, high)


@operator(
    f"aten::randint_like.low_dtype(Tensor self, SymInt low, SymInt high, *, {LIKE_OPTIONS})"
    " -> Tensor",
    meta=made(),
    random=True,
    samples=lambda: [Sample(tensor(2, 3), -5, 5)],
    rejects=lambda: [Rejected(tensor(2), 3, 3)],
)
def randint_like_low(
    self: np.ndarray,
    low: int,
    high: int,
    dtype: int | None = None,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
    memory_format: int | None = None,
) -> np.ndarray:
    """Integers from ``low`` to below ``high``, *like* ``self`` (and of its dtype)."""
    return fill_integers(_alike(self, dtype, memory_format), low, high)


def _randperm_meta(n: int, dtype: int | None, layout: int | None, *rest: Any) -> TensorMeta:
    check_layout(layout)
    kind = dtype_or(dtype, dtypes.int64)
    if n < 0:
        raise RuntimeError(f"there is no permutation of {n} numbers")
    if kind is dtypes.bool_ or kind.is_complex:
        raise NotImplementedError(f"a tensor of {kind!r} holds no permutation")
    exact = (
        2 ** distributions.DIGITS[kind.name] + 1
        if kind.is_floating_point
        else int(np.iinfo(kind.numpy).max)
    )
    if n > exact:
        raise RuntimeError(f"{kind!r} does not hold the numbers up to {n} exactly")
    return TensorMeta(kind, (n,))


def _randperm_generator_meta(n: int, generator: object, *rest: Any) -> TensorMeta:
    return _randperm_meta(n, *rest)


@operator(
    f"aten::randperm(SymInt n, *, {INT_OPTIONS}) -> Tensor",
    meta=_randperm_meta,
    random=True,
    samples=lambda: [
        Sample(5),
        Sample(0),
        Sample(1),
        Sample(300),
        Sample(20, dtype=dtypes.float32.code),
    ],
    rejects=lambda: [Rejected(-1), Rejected(300, dtype=dtypes.uint8.code)],
)
def randperm(
    n: int,
    dtype: int | None = 4,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """The numbers from 0 to below ``n`` in random order. Shapes: (n,)."""
    return randperm_of_generator(n, None, dtype)


@operator(
    f"aten::randperm.generator(SymInt n, *, {_GENERATOR}, {INT_OPTIONS}) -> Tensor",
    meta=_randperm_generator_meta,
    random=True,
    samples=lambda: [Sample(5, generator=None)],
)
def randperm_of_generator(
    n: int,
    generator: Generator | None,
    dtype: int | None = 4,
    layout: int | None = None,
    device: object = None,
    pin_memory: bool | None = None,
) -> np.ndarray:
    """``randperm`` with the stream of a generator."""
    order = distributions.permutation(generator or default_generator(), n)
    return order.astype(dtype_or(dtype, dtypes.int64).numpy, copy=False)


# The generator itself, in scripts.


@operator("aten::manual_seed(int seed) -> ()", random=True, effects=True)
def manual_seed(seed: int) -> None:
    """Start the default generator's stream of ``seed``."""
    default_generator().manual_seed(seed)


@operator(
    "aten::manual_seed.generator(Generator(a!) self, int seed) -> Generator(a!)",
    random=True,
    effects=True,
)
def manual_seed_of_generator(self: Generator, seed: int) -> Generator:
    """Start a generator's stream of ``seed``."""
    return self.manual_seed(seed)


@operator("aten::initial_seed(Generator self) -> int", effects=True)
def initial_seed(self: Generator) -> int:
    """The seed of a generator's stream, as a signed number of 64 bits."""
    seed = self.initial_seed()
    return seed - 2**64 if seed >= 2**63 else seed


@operator("aten::seed(Generator(a!) self) -> int", random=True, effects=True)
def seed(self: Generator) -> int:
    """Start the stream of a seed that entropy picks; returns it as a signed number of 64 bits."""
    self.seed()
    return initial_seed(self)


@operator("aten::Generator(*, Device? device=None, int? seed=None) -> Generator", effects=True)
def new_generator(device: Device | None = None, seed: int | None = None) -> Generator:
    """A new generator."""
    generator = Generator("cpu" if device is None else device)
    return generator if seed is None else generator.manual_seed(seed)
