"""Normalization: batch, layer, group, instance and RMS norm.

Half precision is computed in float32. Statistics are of the whole tensor in double precision
where PyTorch accumulates so, then rounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.precision import widened
from ops_registry.samples import Rejected, Sample, tensor


def _positive(n: int, seed: int = 0) -> np.ndarray:
    return tensor(n, low=0.5, high=2.0, seed=seed)


def _per_channel(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    return widened(values).reshape(-1, *(1,) * (x.ndim - 2))


def _scaled(
    x: np.ndarray, mean: np.ndarray, inverse: np.ndarray, weight: Any, bias: Any
) -> np.ndarray:
    """``(x - mean) * inverse * weight + bias`` with one product and one sum for each element."""
    scale = inverse if weight is None else inverse * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    result = x * scale
    result += shift
    return result


# Batch norm.


def _check_channels(input: TensorMeta, *vectors: TensorMeta | None) -> None:
    if 0 in input.shape:
        return  # PyTorch gives an empty result back, whatever the rest is
    if input.ndim < 2:
        raise RuntimeError(f"batch norm takes (N, C, ...), not the shape {list(input.shape)}")
    for vector in vectors:
        if vector is not None and vector.size != input.shape[1]:
            raise RuntimeError(
                f"the input has {input.shape[1]} channels, and a vector of statistics or weights"
                f" {vector.size}"
            )


def _batch_norm_meta(
    input: TensorMeta, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool,
    momentum: float, eps: float, cudnn_enabled: bool,
) -> TensorMeta:  # fmt: skip
    _check_channels(input, weight, bias, running_mean, running_var)
    if not training and (running_mean is None or running_var is None):
        raise RuntimeError("batch norm outside of training needs running statistics")
    return input


def _moments(x: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    mean = x.mean(axis=axes, dtype=np.float64, keepdims=True)
    variance = np.square(x - mean).mean(axis=axes, keepdims=True)
    return mean, variance


def normalize_batch(
    input: np.ndarray, weight: Any, bias: Any, running_mean: Any, running_var: Any,
    training: bool, momentum: float, eps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The normalized input, and mean and inverse deviation of the batch (empty when not training).

    While training the running statistics are updated in place.
    """
    x = widened(input)
    w = None if weight is None else _per_channel(x, weight)
    b = None if bias is None else _per_channel(x, bias)
    number = x.dtype.type
    if not training:
        mean, variance = _per_channel(x, running_mean), _per_channel(x, running_var)
        inverse = 1 / np.sqrt(variance + number(eps))
        none = np.empty(0, x.dtype)
        return _scaled(x, mean, inverse, w, b), none, none
    axes = (0, *range(2, x.ndim))
    mean64, variance64 = _moments(x, axes)
    inverse64 = 1 / np.sqrt(variance64 + eps)
    count = x.size // x.shape[1] if x.shape[1] else 0
    if running_mean is not None:
        new = mean64.reshape(-1) * momentum + (1 - momentum) * running_mean.astype(np.float64)
        running_mean[...] = new.astype(running_mean.dtype)
    if running_var is not None:
        unbiased = variance64.reshape(-1) * (count / max(count - 1, 1))
        new = unbiased * momentum + (1 - momentum) * running_var.astype(np.float64)
        running_var[...] = new.astype(running_var.dtype)
    mean, inverse = mean64.reshape(-1, *(1,) * (x.ndim - 2)), inverse64
    inverse = inverse.reshape(mean.shape)
    result = _scaled(x, mean.astype(x.dtype), inverse.astype(x.dtype), w, b)
    return result, mean.reshape(-1).astype(x.dtype), inverse.reshape(-1).astype(x.dtype)


_RUNNING = "Tensor? running_mean, Tensor? running_var"


@operator(
    f"aten::batch_norm(Tensor input, Tensor? weight, Tensor? bias, {_RUNNING}, bool training,"
    " float momentum, float eps, bool cudnn_enabled) -> Tensor",
    meta=_batch_norm_meta,
    effects=True,
    samples=lambda: [
        Sample(tensor(2, 3, 4, 5), _positive(3), tensor(3), tensor(3, seed=1), _positive(3, 2),
               False, 0.1, 1e-5, True),
        Sample(tensor(4, 3), None, None, tensor(3, seed=1), _positive(3, 2), False, 0.1, 1e-5, True),
        Sample(tensor(2, 3, 4, 5), _positive(3), tensor(3), None, None, True, 0.1, 1e-5, True),
        Sample(tensor(0, 3), None, None, None, None, True, 0.1, 1e-5, True),
    ],
    rejects=lambda: [
        Rejected(tensor(2, 3), None, None, None, None, False, 0.1, 1e-5, True),
        Rejected(tensor(2, 3), None, None, tensor(4), _positive(4), False, 0.1, 1e-5, True),
    ],
)  # fmt: skip
def batch_norm(
    input: np.ndarray, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool,
    momentum: float, eps: float, cudnn_enabled: bool,
) -> np.ndarray:  # fmt: skip
    """Each channel with the mean taken off and divided by its deviation, then scaled and moved.

    Shapes: (N, C, ...); the vectors have C elements. While ``training`` the statistics are the
    batch's and the running ones move towards them by ``momentum``; otherwise the running ones are
    used. RuntimeError when vectors do not fit.
    """
    if input.size == 0:
        return input.copy()
    given = weight, bias, running_mean, running_var, training, momentum, eps
    return normalize_batch(input, *given)[0]


def _native_batch_norm_meta(
    input: TensorMeta, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool,
    momentum: float, eps: float,
) -> tuple[TensorMeta, TensorMeta, TensorMeta]:  # fmt: skip
    _check_channels(input, weight, bias, running_mean, running_var)
    wide = dtypes.float32 if input.dtype.itemsize == 2 else input.dtype
    saved = TensorMeta(wide, (input.shape[1] if training else 0,))
    return input, saved, saved


@operator(
    f"aten::native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, {_RUNNING},"
    " bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
    meta=_native_batch_norm_meta,
    effects=True,
    samples=lambda: [
        Sample(tensor(2, 3, 4, 5), _positive(3), tensor(3), None, None, True, 0.1, 1e-5),
        Sample(tensor(2, 3), None, None, tensor(3, seed=1), _positive(3, 2), False, 0.1, 1e-5),
    ],
)
def native_batch_norm(
    input: np.ndarray, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool,
    momentum: float, eps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """:func:`batch_norm` with the statistics that a derivative needs."""
    return normalize_batch(input, weight, bias, running_mean, running_var, training, momentum, eps)


_LEGIT_RUNNING = "Tensor(a!) running_mean, Tensor(b!) running_var"


@operator(
    "aten::_native_batch_norm_legit.no_stats(Tensor input, Tensor? weight, Tensor? bias,"
    " bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
    meta=lambda input, weight, bias, training, momentum, eps: _native_batch_norm_meta(
        input, weight, bias, None, None, True, momentum, eps
    ),
    samples=lambda: [Sample(tensor(2, 3, 4), _positive(3), tensor(3), True, 0.1, 1e-5)],
)
def native_batch_norm_without_statistics(
    input: np.ndarray, weight: Any, bias: Any, training: bool, momentum: float, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """:func:`native_batch_norm` that keeps no running statistics."""
    return normalize_batch(input, weight, bias, None, None, True, momentum, eps)


@operator(
    f"aten::_native_batch_norm_legit(Tensor input, Tensor? weight, Tensor? bias, {_LEGIT_RUNNING},"
    " bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
    meta=_native_batch_norm_meta,
    samples=lambda: [
        Sample(tensor(2, 3), None, None, tensor(3, seed=1), _positive(3, 2), True, 0.1, 1e-5),
        Sample(tensor(2, 3), None, None, tensor(3, seed=1), _positive(3, 2), False, 0.1, 1e-5),
    ],
)
def native_batch_norm_legit(
    input: np.ndarray, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool,
    momentum: float, eps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """:func:`native_batch_norm`, whose schema says that it writes to the running statistics."""
    return normalize_batch(input, weight, bias, running_mean, running_var, training, momentum, eps)


@operator(
    f"aten::_batch_norm_with_update(Tensor input, Tensor? weight, Tensor? bias, {_LEGIT_RUNNING},"
    " float momentum, float eps) -> (Tensor, Tensor, Tensor, Tensor)",
    meta=lambda input, weight, bias, running_mean, running_var, momentum, eps: (
        *_native_batch_norm_meta(
            input, weight, bias, running_mean, running_var, True, momentum, eps
        ),
        TensorMeta(dtypes.uint8, (0,)),
    ),
    samples=lambda: [
        Sample(tensor(2, 3), None, None, tensor(3, seed=1), _positive(3, 2), 0.1, 1e-5),
    ],
)
def batch_norm_with_update(
    input: np.ndarray, weight: Any, bias: Any, running_mean: Any, running_var: Any,
    momentum: float, eps: float,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    """:func:`native_batch_norm` in training; the last result, of other devices, is empty."""
    found = normalize_batch(input, weight, bias, running_mean, running_var, True, momentum, eps)
    return (*found, np.empty(0, np.uint8))


def _instance_norm_meta(
    input: TensorMeta, weight: Any, bias: Any, running_mean: Any, running_var: Any,
    use_input_stats: bool, momentum: float, eps: float, cudnn_enabled: bool,
) -> TensorMeta:  # fmt: skip
    _check_channels(input, weight, bias, running_mean, running_var)
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("instance norm without the input's statistics needs running ones")
    return input


@operator(
    f"aten::instance_norm(Tensor input, Tensor? weight, Tensor? bias, {_RUNNING},"
    " bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor",
    meta=_instance_norm_meta,
    effects=True,
    samples=lambda: [
        Sample(tensor(2, 3, 4, 5), _positive(3), tensor(3), None, None, True, 0.1, 1e-5, True),
        Sample(tensor(2, 3, 4), None, None, None, None, True, 0.1, 1e-5, True),
    ],
    rejects=lambda: [Rejected(tensor(2, 3, 4), None, None, None, None, False, 0.1, 1e-5, True)],
)
def instance_norm(
    input: np.ndarray, weight: Any, bias: Any, running_mean: Any, running_var: Any,
    use_input_stats: bool, momentum: float, eps: float, cudnn_enabled: bool,
) -> np.ndarray:  # fmt: skip
    """Batch norm with the statistics of each image by itself.

    Shapes: (N, C, ...). Running statistics move towards the mean over the batch.
    """
    if not use_input_stats:
        return normalize_batch(
            input, weight, bias, running_mean, running_var, False, momentum, eps
        )[0]
    batch, channels = input.shape[:2]
    flat = input.reshape(1, batch * channels, *input.shape[2:])
    vectors = (weight, bias, running_mean, running_var)
    w, b, mean, variance = (None if v is None else np.tile(v, batch) for v in vectors)
    result = normalize_batch(flat, w, b, mean, variance, True, momentum, eps)[0]
    for whole, part in ((running_mean, mean), (running_var, variance)):
        if whole is not None and part is not None:
            whole[...] = part.reshape(batch, channels).mean(axis=0)
    return result.reshape(input.shape)


# Layer norm.


def _layer_shape(
    input: TensorMeta, normalized_shape: Sequence[int], *vectors: TensorMeta | None
) -> TensorMeta:
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError("normalized_shape must name at least one dimension")
    if input.shape[-len(shape) :] != shape or len(shape) > input.ndim:
        raise RuntimeError(
            f"an input of shape {list(input.shape)} does not end in the normalized shape"
            f" {list(shape)}"
        )
    for vector in vectors:
        if vector is not None and vector.shape != shape:
            raise RuntimeError(
                f"weights of shape {list(vector.shape)} for the normalized shape {list(shape)}"
            )
    return input


def _layer_norm_meta(
    input: TensorMeta, normalized_shape: Sequence[int], weight: Any, bias: Any, eps: float,
    *_: bool,
) -> TensorMeta:  # fmt: skip
    return _layer_shape(input, normalized_shape, weight, bias)


def normalize_layer(
    input: np.ndarray, dims: int, weight: Any, bias: Any, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The trailing ``dims`` dimensions normalized; mean and inverse deviation with size 1 there."""
    x = widened(input)
    axes = tuple(range(x.ndim - dims, x.ndim))
    mean = x.mean(axis=axes, keepdims=True, dtype=x.dtype)
    centred = x - mean
    variance = np.square(centred).mean(axis=axes, keepdims=True, dtype=x.dtype)
    inverse = 1 / np.sqrt(variance + x.dtype.type(eps))
    centred *= inverse
    if weight is not None:
        centred *= widened(weight)
    if bias is not None:
        centred += widened(bias)
    return centred, mean, inverse


def _layer_samples() -> list[Sample]:
    return [
        Sample(tensor(2, 3, 4), [4], _positive(4), tensor(4)),
        Sample(tensor(2, 3, 4), [3, 4]),
        Sample(tensor(2, 4, dtype=dtypes.float16), [4]),
        Sample(tensor(0, 4), [4]),
    ]


@operator(
    "aten::layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None,"
    " Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor",
    meta=_layer_norm_meta,
    samples=_layer_samples,
    rejects=lambda: [Rejected(tensor(2, 3), [4]), Rejected(tensor(2, 3), [3], tensor(2))],
)
def layer_norm(
    input: np.ndarray, normalized_shape: Sequence[int], weight: Any, bias: Any, eps: float,
    cudnn_enable: bool,
) -> np.ndarray:  # fmt: skip
    """The trailing dimensions with the mean taken off and divided by the deviation.

    Shapes: ``input`` ends in ``normalized_shape``, which weight and bias have. RuntimeError when
    it does not.
    """
    return normalize_layer(input, len(normalized_shape), weight, bias, eps)[0]


def _native_layer_norm_meta(
    input: TensorMeta, normalized_shape: Sequence[int], weight: Any, bias: Any, eps: float
) -> tuple[TensorMeta, TensorMeta, TensorMeta]:
    _layer_shape(input, normalized_shape, weight, bias)
    dims = len(normalized_shape)
    wide = dtypes.float32 if input.dtype.itemsize == 2 else input.dtype
    saved = TensorMeta(wide, (*input.shape[: input.ndim - dims], *(1,) * dims))
    return input, saved, saved


@operator(
    "aten::native_layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight,"
    " Tensor? bias, float eps) -> (Tensor, Tensor, Tensor)",
    meta=_native_layer_norm_meta,
    samples=lambda: [Sample(tensor(2, 3, 4), [4], _positive(4), tensor(4), 1e-5)],
)
def native_layer_norm(
    input: np.ndarray, normalized_shape: Sequence[int], weight: Any, bias: Any, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """:func:`layer_norm` with the statistics that a derivative needs."""
    return normalize_layer(input, len(normalized_shape), weight, bias, eps)


def _rms_norm_meta(
    input: TensorMeta, normalized_shape: Sequence[int], weight: Any, eps: float | None
) -> TensorMeta:
    return _layer_shape(input, normalized_shape, weight)


@operator(
    "aten::rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None,"
    " float? eps=None) -> Tensor",
    meta=_rms_norm_meta,
    samples=lambda: [
        Sample(tensor(2, 3, 4), [4], _positive(4)),
        Sample(tensor(2, 3, 4), [3, 4], None, 1e-3),
    ],
    rejects=lambda: [Rejected(tensor(2, 3), [4])],
)
def rms_norm(
    input: np.ndarray, normalized_shape: Sequence[int], weight: Any, eps: float | None
) -> np.ndarray:
    """The trailing dimensions divided by the root of their mean square.

    ``eps`` is the dtype's smallest step when it is None.
    """
    x = widened(input)
    axes = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    small = np.finfo(x.dtype).eps if eps is None else eps
    mean_square = np.square(x).mean(axis=axes, keepdims=True, dtype=x.dtype)
    result = x / np.sqrt(mean_square + x.dtype.type(small))
    return result if weight is None else result * widened(weight)


# Group norm.


def _group_norm_meta(
    input: TensorMeta, num_groups: int, weight: Any, bias: Any, eps: float, cudnn_enabled: bool
) -> TensorMeta:
    _check_channels(input, weight, bias)
    if num_groups <= 0 or input.shape[1] % num_groups:
        raise RuntimeError(f"{input.shape[1]} channels do not form {num_groups} equal groups")
    return input


def normalize_groups(
    input: np.ndarray, groups: int, weight: Any, bias: Any, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each group of channels normalized; mean and inverse deviation are (N, groups)."""
    x = widened(input)
    batch = x.shape[0]
    each = math.prod(x.shape[1:]) // groups
    parts, mean, inverse = normalize_layer(x.reshape(batch, groups, each), 1, None, None, eps)
    result = parts.reshape(x.shape)
    if weight is not None:
        result *= _per_channel(x, weight)
    if bias is not None:
        result += _per_channel(x, bias)
    return result, mean.reshape(batch, groups), inverse.reshape(batch, groups)


@operator(
    "aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None,"
    " float eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor",
    meta=_group_norm_meta,
    samples=lambda: [
        Sample(tensor(2, 6, 4, 5), 3, _positive(6), tensor(6)),
        Sample(tensor(2, 6), 2),
        Sample(tensor(0, 6), 2),
    ],
    rejects=lambda: [Rejected(tensor(2, 6), 4), Rejected(tensor(2, 6), 2, tensor(5))],
)
def group_norm(
    input: np.ndarray, num_groups: int, weight: Any, bias: Any, eps: float, cudnn_enabled: bool
) -> np.ndarray:
    """Each group of channels of each image with the mean taken off and divided by the deviation.

    Shapes: (N, C, ...), C a multiple of ``num_groups``; weight and bias have C elements.
    """
    return normalize_groups(input, num_groups, weight, bias, eps)[0]


def _native_group_norm_meta(
    input: TensorMeta, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float
) -> tuple[TensorMeta, TensorMeta, TensorMeta]:
    _group_norm_meta(input, group, weight, bias, eps, True)
    saved = TensorMeta(input.dtype, (N, group))
    return input, saved, saved


@operator(
    "aten::native_group_norm(Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C,"
    " SymInt HxW, int group, float eps) -> (Tensor, Tensor, Tensor)",
    meta=_native_group_norm_meta,
    samples=lambda: [Sample(tensor(2, 6, 4), _positive(6), tensor(6), 2, 6, 4, 3, 1e-5)],
)
def native_group_norm(
    input: np.ndarray, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """:func:`group_norm` with the statistics that a derivative needs."""
    return normalize_groups(input, group, weight, bias, eps)
