"""Random choices with given probabilities: bernoulli, multinomial, poisson.

How the streams are drawn is in :mod:`ops_registry.distributions`.
"""

from __future__ import annotations

import numpy as np

from ops_registry import distributions, dtypes
from ops_registry.builtin.factories import allocate_like
from ops_registry.builtin.random_fills import exponential_, given_or_default
from ops_registry.generator import Generator
from ops_registry.meta import TensorMeta, broadcast_shapes, like
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

_GENERATOR = "Generator? generator=None"
#: More categories than this are not exact in float32, which PyTorch counts them in.
_MOST_CATEGORIES = 2**24


def fill_bernoulli(target: np.ndarray, p: float, generator: Generator | None = None) -> np.ndarray:
    """Ones with probability ``p``, else zeros, in any dtype but complex ones."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_: a probability is between 0 and 1, not {p}")
    if target.dtype.kind == "c":
        raise NotImplementedError("bernoulli_: complex tensors are not supported")
    successes = distributions.bernoulli(given_or_default(generator), target.size, p)
    return distributions.fill(target, successes)


def _fill_each(target: np.ndarray, p: np.ndarray, generator: Generator | None) -> np.ndarray:
    if not dtypes.from_numpy(p.dtype).is_floating_point:
        raise NotImplementedError(f"bernoulli_: probabilities are not of dtype {p.dtype}")
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError("bernoulli_: a probability is not between 0 and 1")
    if target.dtype.kind == "c":
        raise NotImplementedError("bernoulli_: complex tensors are not supported")
    if broadcast_shapes(target.shape, p.shape) != target.shape:
        raise RuntimeError(
            f"bernoulli_: probabilities of shape {list(p.shape)} do not fit {list(target.shape)}"
        )
    order = sorted(range(target.ndim), key=lambda axis: -target.strides[axis])
    by_memory = np.broadcast_to(p, target.shape).transpose(order).reshape(-1)
    return distributions.fill(
        target, distributions.bernoulli_each(given_or_default(generator), by_memory)
    )


def _probabilities() -> list[Sample]:
    return [
        Sample(tensor(2, 3, low=0)),
        Sample(tensor(low=0)),
        Sample(tensor(0)),
        Sample(tensor(5, 4, low=0).T),
        Sample(tensor(20, low=0, dtype=dtypes.float64)),
    ]


@operator(
    f"aten::bernoulli(Tensor self, *, {_GENERATOR}) -> Tensor",
    meta=like("self"),
    random=True,
    out=True,
    samples=_probabilities,
    rejects=lambda: [Rejected(array([1.5])), Rejected(array([1]))],
)
def bernoulli(self: np.ndarray, generator: Generator | None = None) -> np.ndarray:
    """1 with the probability that each element of ``self`` gives, else 0."""
    return _fill_each(np.empty(self.shape, self.dtype), self, generator)


@operator(
    f"aten::bernoulli.p(Tensor self, float p, *, {_GENERATOR}) -> Tensor",
    meta=like("self"),
    random=True,
    samples=lambda: [Sample(tensor(2, 3), 0.3), Sample(tensor(4, dtype=dtypes.int64), 0.5)],
    rejects=lambda: [Rejected(tensor(2), 1.5)],
)
def bernoulli_p(self: np.ndarray, p: float, generator: Generator | None = None) -> np.ndarray:
    """1 with probability ``p``, else 0, in the shape and dtype of ``self``."""
    return fill_bernoulli(np.empty(self.shape, self.dtype), p, generator)


@operator(
    f"aten::bernoulli.Tensor(Tensor self, Tensor p, *, {_GENERATOR}) -> Tensor",
    meta=like("self"),
    random=True,
    samples=lambda: [Sample(tensor(2, 3), tensor(3, low=0))],
    rejects=lambda: [Rejected(tensor(2), array([1.5, 0.0]))],
)
def bernoulli_tensor(
    self: np.ndarray, p: np.ndarray, generator: Generator | None = None
) -> np.ndarray:
    """1 with the probabilities ``p``, else 0, *like* ``self``. Shapes: ``p`` broadcasts to it."""
    return _fill_each(allocate_like(self), p, generator)


@operator(
    f"aten::bernoulli_.Tensor(Tensor(a!) self, Tensor p, *, {_GENERATOR}) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [
        Sample(tensor(2, 3), tensor(3, low=0)),
        Sample(tensor(4, dtype=dtypes.int64), tensor(low=0, dtype=dtypes.float64)),
        Sample(tensor(5, 4).T, tensor(4, 5, low=0)),
    ],
    rejects=lambda: [Rejected(tensor(2), tensor(3, 2, low=0))],
)
def bernoulli_tensor_(
    self: np.ndarray, p: np.ndarray, generator: Generator | None = None
) -> np.ndarray:
    """Fill with 1 with the probabilities ``p``, else 0. Shapes: ``p`` broadcasts to ``self``."""
    return _fill_each(self, p, generator)


@operator(
    f"aten::bernoulli_.float(Tensor(a!) self, float p=0.5, *, {_GENERATOR}) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=lambda: [
        Sample(tensor(2, 3)),
        Sample(tensor(5, 4).T, 0.3),
        Sample(tensor(4, dtype=dtypes.bool_), 0.9),
        Sample(tensor(0)),
    ],
    rejects=lambda: [Rejected(tensor(2), -0.1), Rejected(tensor(2, dtype=dtypes.complex64), 0.5)],
)
def bernoulli_float_(
    self: np.ndarray, p: float = 0.5, generator: Generator | None = None
) -> np.ndarray:
    """Fill with 1 with probability ``p``, else 0."""
    return fill_bernoulli(self, p, generator)


def _multinomial_meta(
    self: TensorMeta, num_samples: int, replacement: bool, generator: object
) -> TensorMeta:
    if self.ndim not in (1, 2):
        raise RuntimeError(f"multinomial: weights have 1 or 2 dimensions, not {self.ndim}")
    if not self.dtype.is_floating_point:
        raise RuntimeError(f"multinomial: weights are floating point, not {self.dtype!r}")
    if num_samples <= 0:
        raise RuntimeError(f"multinomial: {num_samples} samples cannot be drawn")
    if not replacement and num_samples > self.shape[-1]:
        raise RuntimeError(
            f"multinomial: {num_samples} different ones of {self.shape[-1]} cannot be drawn"
        )
    if self.shape[-1] > _MOST_CATEGORIES:
        raise RuntimeError(f"multinomial: there are at most {_MOST_CATEGORIES} categories")
    return TensorMeta(dtypes.int64, (*self.shape[:-1], num_samples))


@operator(
    f"aten::multinomial(Tensor self, SymInt num_samples, bool replacement=False, *, {_GENERATOR})"
    " -> Tensor",
    meta=_multinomial_meta,
    random=True,
    out=True,
    samples=lambda: [
        Sample(tensor(6, low=0), 3),
        Sample(tensor(2, 6, low=0), 6),
        Sample(tensor(2, 6, low=0), 10, True),
        Sample(tensor(2, 6, low=0), 1, True),
    ],
    rejects=lambda: [
        Rejected(array([1.0, -1.0]), 1),
        Rejected(array([1.0, 0.0]), 3),
        Rejected(array([0.0, 0.0]), 2, True),
        Rejected(array([1.0, np.nan]), 1),
        Rejected(array([1, 1]), 1),
        Rejected(tensor(2, 2, 2, low=0), 1),
        Rejected(array([1.0, 1.0]), 0),
    ],
)
def multinomial(
    self: np.ndarray,
    num_samples: int,
    replacement: bool = False,
    generator: Generator | None = None,
) -> np.ndarray:
    """Categories drawn with the weights of each row, as int64.

    Shapes: (categories,) gives (num_samples,), (rows, categories) gives (rows, num_samples).
    Weights need not add up to 1; without ``replacement`` no category comes twice in a row.
    """
    weights = self.reshape(-1, self.shape[-1]) if self.size else self
    if self.size and not ((weights >= 0) & (weights < np.inf)).all():
        raise RuntimeError("multinomial: a weight is negative, infinite or nan")
    if self.size and (weights.sum(axis=-1, dtype=np.float64) == 0).any():
        raise RuntimeError("multinomial: the weights of a row are all 0")
    if not self.size:
        return np.empty((*self.shape[:-1], num_samples), np.int64)
    if replacement and num_samples > 1:
        drawn = distributions.categories(given_or_default(generator), weights, num_samples)
    else:
        # The largest of weight / exponential variable is a category with the right probability,
        # the next largest are the next ones without it.
        ratio = weights / exponential_(allocate_like(self), 1.0, generator).reshape(weights.shape)
        if num_samples == 1:
            drawn = ratio.argmax(axis=-1)[:, None]
        else:
            drawn = np.argsort(-ratio, axis=-1, kind="stable")[:, :num_samples]
    return drawn.astype(np.int64, copy=False).reshape(*self.shape[:-1], num_samples)


@operator(
    "aten::poisson(Tensor self, Generator? generator=None) -> Tensor",
    meta=like("self"),
    random=True,
    out=True,
    samples=lambda: [
        Sample(tensor(20, low=0, high=30)),
        Sample(tensor(low=0)),
        Sample(tensor(0)),
        Sample(tensor(3, 4, low=0, high=5, dtype=dtypes.float64)),
    ],
    rejects=lambda: [Rejected(array([-1.0])), Rejected(array([1]))],
)
def poisson(self: np.ndarray, generator: Generator | None = None) -> np.ndarray:
    """Numbers of events, each with the rate that an element of ``self`` gives."""
    if not dtypes.from_numpy(self.dtype).is_floating_point:
        raise NotImplementedError(f"poisson: rates are floating point, not {self.dtype}")
    if not (self >= 0).all():
        raise RuntimeError("poisson: a rate is negative or nan")
    source = given_or_default(generator)
    result = np.empty(self.shape, self.dtype)
    counts = [distributions.poisson(source, rate) for rate in self.reshape(-1).tolist()]
    result.reshape(-1)[...] = counts
    return result
