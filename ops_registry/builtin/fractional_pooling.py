"""Fractional max pooling: windows at random places that overlap as little as they can.

The random numbers are an argument: each gives the phase of one dimension of one channel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor


def _starts(samples: Array, extent: int, window: int, count: int) -> Array:
    """Where the windows of one dimension start: ``(*samples, count)``."""
    first = np.zeros((*samples.shape, count), np.int64)
    if count > 1:
        step = samples.dtype.type(extent - window) / samples.dtype.type(count - 1)
        phases = samples[..., None]
        numbers = np.arange(count, dtype=samples.dtype)
        first += ((numbers + phases) * step).astype(np.int64) - (phases * step).astype(np.int64)
    first[..., -1] = extent - window
    return first


def _meta(
    self: TensorMeta,
    kernel_size: Sequence[int],
    output_size: Sequence[int],
    random_samples: TensorMeta,
    dims: int,
) -> tuple[TensorMeta, TensorMeta]:
    if self.ndim not in (dims + 1, dims + 2) or 0 in self.shape[-dims - 1 :]:
        raise RuntimeError(
            f"fractional pooling takes {dims + 1} or {dims + 2} dimensions with elements, not"
            f" {list(self.shape)}"
        )
    batch = self.shape[0] if self.ndim == dims + 2 else 1
    wanted = (batch, self.shape[-dims - 1], dims)
    given = random_samples.shape
    if (
        len(given) != 3
        or given[0] < batch
        or given[1:] != wanted[1:]
        or random_samples.dtype is not self.dtype
    ):
        raise RuntimeError(
            f"random_samples is at least {list(wanted)} of {self.dtype!r}, not"
            f" {list(random_samples.shape)} of {random_samples.dtype!r}"
        )
    for extent, window, count in zip(self.shape[-dims:], kernel_size, output_size, strict=True):
        if window + count - 1 > extent or count <= 0 or window <= 0:
            raise RuntimeError(f"{count} windows of {window} do not fit into {extent} elements")
    shape = (*self.shape[:-dims], *output_size)
    return TensorMeta(self.dtype, shape), TensorMeta(dtypes.int64, shape)


def _meta_2d(
    self: TensorMeta, kernel_size: Sequence[int], output_size: Sequence[int], samples: TensorMeta
) -> tuple[TensorMeta, TensorMeta]:
    return _meta(self, kernel_size, output_size, samples, 2)


def _meta_3d(
    self: TensorMeta, kernel_size: Sequence[int], output_size: Sequence[int], samples: TensorMeta
) -> tuple[TensorMeta, TensorMeta]:
    return _meta(self, kernel_size, output_size, samples, 3)


def _phases(*shape: int, kind: dtypes.Dtype = dtypes.float32) -> Array:
    return tensor(*shape, low=0.0, high=1.0, seed=4, dtype=kind)


@operator(
    "aten::fractional_max_pool2d(Tensor self, int[2] kernel_size, int[2] output_size,"
    " Tensor random_samples) -> (Tensor, Tensor)",
    meta=_meta_2d,
    samples=lambda: [
        Sample(tensor(2, 3, 7, 8), [2, 3], [4, 5], _phases(2, 3, 2)),
        Sample(tensor(3, 7, 8), [2, 2], [1, 6], _phases(1, 3, 2)),
        Sample(tensor(1, 1, 7, 8, dtype=dtypes.float64), [3, 3], [3, 3],
               _phases(1, 1, 2, kind=dtypes.float64)),
    ],
    rejects=lambda: [
        Rejected(tensor(1, 1, 4, 4), [3, 3], [3, 3], _phases(1, 1, 2)),
        Rejected(tensor(1, 1, 4, 4), [2, 2], [2, 2], _phases(1, 2, 2)),
    ],
)  # fmt: skip
@operator(
    "aten::fractional_max_pool3d(Tensor self, int[3] kernel_size, int[3] output_size,"
    " Tensor random_samples) -> (Tensor, Tensor)",
    meta=_meta_3d,
    samples=lambda: [
        Sample(tensor(2, 2, 5, 6, 7), [2, 3, 2], [3, 2, 4], _phases(2, 2, 3)),
        Sample(tensor(2, 5, 6, 7), [2, 2, 2], [1, 2, 4], _phases(1, 2, 3)),
    ],
)
def fractional_max_pool(
    self: Array, kernel_size: Sequence[int], output_size: Sequence[int], random_samples: Array
) -> tuple[Array, Array]:
    """Maxima of ``output_size`` windows a dimension, and their places in the plane or volume.

    ``random_samples`` (N, C, dimensions) are between 0 and 1; of a plane the width's comes first.
    """
    dims = len(kernel_size)
    image = self if self.ndim == dims + 2 else self[None]
    batch, channels, *extents = image.shape
    places: Array = np.zeros((batch, channels, *[1] * (2 * dims)), np.int64)
    for axis in range(dims):
        phase = random_samples[:batch, :, dims - 1 - axis if dims == 2 else axis]
        starts = _starts(phase, extents[axis], kernel_size[axis], output_size[axis])
        windows = starts[..., None] + np.arange(kernel_size[axis])
        shape = [1] * (2 * dims)
        shape[axis], shape[dims + axis] = windows.shape[2:]
        places = places * extents[axis] + windows.reshape(batch, channels, *shape)
    windows_size = int(np.prod(kernel_size))
    places = places.reshape(batch, channels, int(np.prod(output_size)), windows_size)
    flat = image.reshape(batch, channels, 1, int(np.prod(extents)))
    values = np.take_along_axis(flat, places, axis=-1)
    chosen = values.argmax(axis=-1)[..., None]
    result = [
        np.take_along_axis(part, chosen, axis=-1).reshape(*self.shape[:-dims], *output_size)
        for part in (values, places)
    ]
    return result[0], result[1]
