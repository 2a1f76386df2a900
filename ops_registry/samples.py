"""Samples and rejects: the inputs that every operator is tested with.

A record's ``samples`` returns :class:`Sample` calls that must work, its ``rejects`` returns
:class:`Rejected` calls that must fail, each with the code of the diagnostic it gives. Both are
functions, so that declaring an operator makes no arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.dtypes import Dtype


class Sample:
    """One call: arrays stand for tensors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs

    def __repr__(self) -> str:
        parts = [_brief(a) for a in self.args]
        parts += [f"{name}={_brief(a)}" for name, a in self.kwargs.items()]
        return f"{type(self).__name__}({', '.join(parts)})"


class Rejected(Sample):
    """A call that fails; ``code`` is the compile-time diagnostic or None for a run-time error."""

    def __init__(self, *args: Any, code: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = code


def _brief(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    return repr(value)


def tensor(
    *shape: int,
    dtype: Dtype = dtypes.float32,
    low: float | None = None,
    high: float | None = None,
    seed: int = 0,
) -> np.ndarray:
    """A deterministic array: normal numbers, or uniform in [low, high), of any dtype.

    Integers default to [-9, 9) ([0, 9) when unsigned); the seed varies the values of operands
    of one shape.

    >>> tensor(2, 3).shape, tensor(0).size, tensor().ndim
    ((2, 3), 0, 0)
    """
    random = np.random.default_rng([seed, *shape])
    if dtype is dtypes.bool_:
        return np.asarray(random.random(shape) < 0.5)
    if dtype.category == 1:
        first = (-9 if dtype.is_signed else 0) if low is None else int(low)
        last = 9 if high is None else int(high)
        return np.asarray(random.integers(first, last, shape)).astype(dtype.numpy)
    if low is None and high is None:
        values = np.asarray(random.standard_normal(shape))
    else:
        values = np.asarray(random.uniform(low or 0.0, 1.0 if high is None else high, shape))
    if dtype.is_complex:
        values = values + 1j * np.asarray(random.standard_normal(shape))
    return values.astype(dtype.numpy)


def array(values: Any, dtype: Dtype | None = None) -> np.ndarray:
    """An array of given values; Python floats become float32 unless ``dtype`` says otherwise."""
    result = np.asarray(values)
    if dtype is not None:
        return result.astype(dtype.numpy)
    return result.astype(np.float32) if result.dtype == np.float64 else result
