"""Dropout: elements, or whole channels, set to zero at random while training.

All draw Bernoulli variables in the order of memory of their input (or of the channels), so that
a seed gives PyTorch's mask.
"""

from __future__ import annotations

import math

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.factories import allocate_like
from ops_registry.builtin.random_choices import fill_bernoulli
from ops_registry.meta import TensorMeta, like
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor

#: SELU's lower limit with the sign turned: what alpha dropout puts in place of zero.
_ALPHA = 1.7580993408473766


def _is_identity(input: np.ndarray, p: float, train: bool, *, channels: bool = False) -> bool:
    """Check the arguments; whether the result is the input itself."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"a dropout probability is between 0 and 1, not {p}")
    if p == 0 or not train or not input.size:
        return True
    if channels and input.ndim < 2:
        raise RuntimeError(f"channels are dropped from 2 dimensions and more, not {input.ndim}")
    if not dtypes.from_numpy(input.dtype).is_floating_point:
        raise RuntimeError(f"dropout: a tensor of {input.dtype} cannot hold the scaled elements")
    return False


def _kept(input: np.ndarray, p: float, channels: bool) -> np.ndarray:
    """1 for what is kept and 0 for what is dropped, in the dtype of the input."""
    if channels:
        shape = (*input.shape[:2], *[1] * (input.ndim - 2))
        return fill_bernoulli(np.empty(shape, input.dtype), 1 - p)
    return fill_bernoulli(allocate_like(input), 1 - p)


def _noise(input: np.ndarray, p: float, channels: bool = False) -> np.ndarray:
    """What the input is multiplied by."""
    if p == 1:
        return np.zeros((), input.dtype)
    noise = _kept(input, p, channels)
    # The factor is rounded to the dtype, as PyTorch divides the noise first.
    wide = np.float64 if input.dtype == np.float64 else np.float32
    noise *= np.asarray(wide(1) / wide(1 - p)).astype(input.dtype)
    return noise


def _times(input: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The product, with the order of dimensions that the input has."""
    return np.multiply(input, noise, out=allocate_like(input))


def _alpha_noise(
    input: np.ndarray, p: float, channels: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """What the input is multiplied by, and what is added then: mean and variance stay."""
    if p == 1:
        zero = np.zeros((), input.dtype)
        return zero, zero
    noise = _kept(input, p, channels)
    kind = input.dtype
    scale = 1 / math.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))

    def rounded(value: float) -> np.ndarray:
        return np.asarray(value).astype(kind)

    offset = (noise - rounded(1)) * rounded(_ALPHA * scale) + rounded(_ALPHA * scale * p)
    return noise * rounded(scale), offset


def _samples() -> list[Sample]:
    return [
        Sample(tensor(3, 4), 0.3, True),
        Sample(tensor(5, 4).T, 0.5, True),
        Sample(tensor(2, 3, 4), 1.0, True),
        Sample(tensor(3, 4, dtype=dtypes.float64), 0.3, True),
        Sample(tensor(3, 4, dtype=dtypes.bfloat16), 0.3, True),
    ]


def _rejects() -> list[Rejected]:
    return [
        Rejected(tensor(3, 4), 1.5, True),
        Rejected(tensor(3, 4), -0.5, False),
        Rejected(tensor(3, 4, dtype=dtypes.int64), 0.5, True),
    ]


def _element_samples() -> list[Sample]:
    return [*_samples(), Sample(tensor(), 0.5, True), Sample(tensor(400), 0.1, True)]


def _channel_rejects() -> list[Rejected]:
    return [*_rejects(), Rejected(tensor(3), 0.5, True)]


@operator(
    "aten::dropout(Tensor input, float p, bool train) -> Tensor",
    meta=like("input"),
    random=True,
    samples=_element_samples,
    rejects=_rejects,
)
def dropout(input: np.ndarray, p: float, train: bool) -> np.ndarray:
    """Each element 0 with probability ``p``, else divided by ``1 - p``.

    The input itself when ``train`` is False or ``p`` is 0. Shapes: any.
    """
    if _is_identity(input, p, train):
        return input
    return _times(input, _noise(input, p))


@operator(
    "aten::dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=_element_samples,
    rejects=_rejects,
)
def dropout_(self: np.ndarray, p: float, train: bool) -> np.ndarray:
    """``dropout`` in place."""
    if not _is_identity(self, p, train):
        self *= _noise(self, p)
    return self


@operator(
    "aten::feature_dropout(Tensor input, float p, bool train) -> Tensor",
    meta=like("input"),
    random=True,
    samples=_samples,
    rejects=_channel_rejects,
)
def feature_dropout(input: np.ndarray, p: float, train: bool) -> np.ndarray:
    """``dropout`` of whole channels: one draw for each pair of the first two indices.

    Shapes: (N, C, ...), two dimensions and more.
    """
    if _is_identity(input, p, train, channels=True):
        return input
    return _times(input, _noise(input, p, channels=True))


@operator(
    "aten::feature_dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=_samples,
    rejects=_channel_rejects,
)
def feature_dropout_(self: np.ndarray, p: float, train: bool) -> np.ndarray:
    """``feature_dropout`` in place."""
    if not _is_identity(self, p, train, channels=True):
        self *= _noise(self, p, channels=True)
    return self


@operator(
    "aten::alpha_dropout(Tensor input, float p, bool train) -> Tensor",
    meta=like("input"),
    random=True,
    samples=_element_samples,
    rejects=_rejects,
)
def alpha_dropout(input: np.ndarray, p: float, train: bool) -> np.ndarray:
    """Dropout for SELU networks: dropped elements take SELU's lower limit, and all are scaled
    and shifted so that mean 0 and variance 1 stay (Klambauer et al., 2017). Shapes: any."""
    if _is_identity(input, p, train):
        return input
    noise, offset = _alpha_noise(input, p)
    result = _times(input, noise)
    result += offset
    return result


@operator(
    "aten::alpha_dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=_element_samples,
    rejects=_rejects,
)
def alpha_dropout_(self: np.ndarray, p: float, train: bool) -> np.ndarray:
    """``alpha_dropout`` in place."""
    if not _is_identity(self, p, train):
        noise, offset = _alpha_noise(self, p)
        self *= noise
        self += offset
    return self


@operator(
    "aten::feature_alpha_dropout(Tensor input, float p, bool train) -> Tensor",
    meta=like("input"),
    random=True,
    samples=_samples,
    rejects=_channel_rejects,
)
def feature_alpha_dropout(input: np.ndarray, p: float, train: bool) -> np.ndarray:
    """``alpha_dropout`` of whole channels. Shapes: (N, C, ...)."""
    if _is_identity(input, p, train, channels=True):
        return input
    noise, offset = _alpha_noise(input, p, channels=True)
    result = _times(input, noise)
    result += offset
    return result


@operator(
    "aten::feature_alpha_dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)",
    meta=like("self"),
    random=True,
    samples=_samples,
    rejects=_channel_rejects,
)
def feature_alpha_dropout_(self: np.ndarray, p: float, train: bool) -> np.ndarray:
    """``feature_alpha_dropout`` in place."""
    if not _is_identity(self, p, train, channels=True):
        noise, offset = _alpha_noise(self, p, channels=True)
        self *= noise
        self += offset
    return self


def _native_meta(input: TensorMeta, p: float, train: bool | None) -> tuple[TensorMeta, TensorMeta]:
    # Without elements nothing is drawn, and the second result is like the input too.
    mask = dtypes.bool_ if input.size else input.dtype
    return input, TensorMeta(mask, input.shape)


@operator(
    "aten::native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)",
    meta=_native_meta,
    random=True,
    samples=lambda: [
        *_element_samples(),
        Sample(tensor(3, 4), 0.3, False),
        Sample(tensor(3, 4), 0.3, None),
        Sample(tensor(0, 4), 0.3, True),
    ],
    rejects=lambda: [Rejected(tensor(3, dtype=dtypes.int64), 0.5, True)],
)
def native_dropout(
    input: np.ndarray, p: float, train: bool | None
) -> tuple[np.ndarray, np.ndarray]:
    """``dropout`` and its mask, which is True for what is kept; ``train`` None means True."""
    if not input.size:
        return input, np.empty_like(input)
    if train is False:
        return input.copy("K"), np.ones_like(input, np.bool_)
    if not dtypes.from_numpy(input.dtype).is_floating_point:
        raise RuntimeError(f"dropout: a tensor of {input.dtype} cannot hold the scaled elements")
    mask = fill_bernoulli(np.empty_like(input, np.bool_), 1 - p)
    scale = 1 / (1 - p) if p < 1 else 0.0
    return input * mask.astype(input.dtype) * np.asarray(scale).astype(input.dtype), mask
