"""Pixels and channels: shuffling them, and sampling images at a grid of points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor

# Shuffling.


def _shuffle_meta(self: TensorMeta, upscale_factor: int) -> TensorMeta:
    if self.ndim < 3 or upscale_factor <= 0:
        raise RuntimeError(
            f"pixel_shuffle takes 3 or more dimensions and a positive factor, not {self.ndim} and"
            f" {upscale_factor}"
        )
    *batch, channels, height, width = self.shape
    if channels % upscale_factor**2 != 0:
        raise RuntimeError(f"{channels} channels are not divisible by {upscale_factor} squared")
    factor = upscale_factor
    return TensorMeta(self.dtype, (*batch, channels // factor**2, height * factor, width * factor))


@operator(
    "aten::pixel_shuffle(Tensor self, int upscale_factor) -> Tensor",
    meta=_shuffle_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 8, 2, 3), 2),
        Sample(tensor(9, 1, 1), 3),
        Sample(tensor(0, 4, 2, 2), 2),
        Sample(tensor(4, 2, 2, dtype=dtypes.int64), 1),
    ],
    rejects=lambda: [Rejected(tensor(3, 2, 2), 2), Rejected(tensor(4, 2), 2)],
)
def pixel_shuffle(self: Array, upscale_factor: int) -> Array:
    """Spread channels over the plane: ``(*, C * r**2, H, W)`` to ``(*, C, H * r, W * r)``."""
    factor = upscale_factor
    *batch, channels, height, width = self.shape
    count = len(batch)
    split = self.reshape(*batch, channels // factor**2, factor, factor, height, width)
    moved = split.transpose(*range(count), count, count + 3, count + 1, count + 4, count + 2)
    return moved.copy().reshape(*batch, channels // factor**2, height * factor, width * factor)


def _unshuffle_meta(self: TensorMeta, downscale_factor: int) -> TensorMeta:
    if self.ndim < 3 or downscale_factor <= 0:
        raise RuntimeError(
            f"pixel_unshuffle takes 3 or more dimensions and a positive factor, not {self.ndim}"
            f" and {downscale_factor}"
        )
    *batch, channels, height, width = self.shape
    factor = downscale_factor
    if height % factor or width % factor:
        raise RuntimeError(f"a plane of {height} x {width} is not divisible by {factor}")
    return TensorMeta(self.dtype, (*batch, channels * factor**2, height // factor, width // factor))


@operator(
    "aten::pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor",
    meta=_unshuffle_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 2, 4, 6), 2),
        Sample(tensor(1, 3, 3), 3),
    ],
    rejects=lambda: [Rejected(tensor(3, 3, 2), 2), Rejected(tensor(4, 2), 2)],
)
def pixel_unshuffle(self: Array, downscale_factor: int) -> Array:
    """Undo ``pixel_shuffle``: ``(*, C, H * r, W * r)`` to ``(*, C * r**2, H, W)``."""
    factor = downscale_factor
    *batch, channels, height, width = self.shape
    count = len(batch)
    split = self.reshape(*batch, channels, height // factor, factor, width // factor, factor)
    moved = split.transpose(*range(count), count, count + 2, count + 4, count + 1, count + 3)
    return moved.copy().reshape(*batch, channels * factor**2, height // factor, width // factor)


def _groups_meta(self: TensorMeta, groups: int) -> TensorMeta:
    if self.ndim < 3:
        raise RuntimeError(f"channel_shuffle takes more than 2 dimensions, not {self.ndim}")
    if groups <= 0 or self.shape[1] % groups != 0:
        raise RuntimeError(f"{self.shape[1]} channels are not divisible by {groups} groups")
    return self


@operator(
    "aten::channel_shuffle(Tensor self, SymInt groups) -> Tensor",
    meta=_groups_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 6, 2, 2), 3),
        Sample(tensor(1, 4, 3), 1),
        Sample(tensor(0, 4, 3), 2),
    ],
    rejects=lambda: [Rejected(tensor(1, 4, 3), 3), Rejected(tensor(4, 3), 1)],
)
@operator("aten::native_channel_shuffle(Tensor self, SymInt groups) -> Tensor", meta=_groups_meta,
          samples=lambda: [Sample(tensor(2, 6, 2, 2), 2)])  # fmt: skip
def channel_shuffle(self: Array, groups: int) -> Array:
    """Interleave ``groups`` groups of channels: the first of each, then the second of each."""
    batch, channels, *rest = self.shape
    split = self.reshape(batch, groups, channels // groups, *rest)
    return split.swapaxes(1, 2).copy().reshape(self.shape)


# Grids.


def _linspace(count: int, corners: bool, kind: Any) -> Array:
    """The middles of ``count`` pixels between -1 and 1; with ``corners`` the ends are -1 and 1."""
    if count == 1:
        return np.zeros(1, kind)
    line = np.linspace(-1, 1, count, dtype=kind)
    return line if corners else line * kind((count - 1) / count)


def _affine_meta(theta: TensorMeta, size: Sequence[int], align_corners: bool) -> TensorMeta:
    dims = len(size) - 2
    if dims not in (2, 3):
        raise RuntimeError(f"affine_grid_generator takes 4 or 5 sizes, not {len(size)}")
    if theta.ndim != 3 or theta.shape[1:] != (dims, dims + 1) or theta.shape[0] != size[0]:
        raise RuntimeError(
            f"theta is ({size[0]}, {dims}, {dims + 1}) for the size {list(size)}, not"
            f" {list(theta.shape)}"
        )
    return TensorMeta(theta.dtype, (size[0], *size[2:], dims))


@operator(
    "aten::affine_grid_generator(Tensor theta, SymInt[] size, bool align_corners) -> Tensor",
    meta=_affine_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 2, 3), [2, 3, 4, 5], False),
        Sample(tensor(2, 2, 3), [2, 3, 4, 1], True),
        Sample(tensor(1, 3, 4), [1, 1, 2, 3, 4], False),
        Sample(tensor(1, 3, 4, dtype=dtypes.float64), [1, 1, 2, 3, 4], True),
    ],
    rejects=lambda: [
        Rejected(tensor(2, 2, 3), [2, 3, 4], True),
        Rejected(tensor(2, 2, 2), [2, 3, 4, 4], True),
    ],
)
def affine_grid_generator(theta: Array, size: Sequence[int], align_corners: bool) -> Array:
    """Where each output pixel lies under affine maps ``(N, d, d + 1)``: ``(N, *plane, d)``.

    Coordinates are between -1 and 1, x first.
    """
    wide = widened(theta)
    kind = wide.dtype.type
    lines = [_linspace(count, align_corners, kind) for count in size[2:]]
    axes = np.meshgrid(*lines, indexing="ij")
    points = np.stack([*reversed(axes), np.ones_like(axes[0])], -1).reshape(-1, len(size) - 1)
    return (points @ wide.swapaxes(1, 2)).reshape(size[0], *size[2:], len(size) - 2)


def _unnormalised(x: Array, extent: int, corners: bool) -> Array:
    """Coordinates between -1 and 1 as positions of pixels."""
    if corners:
        return (x + 1) / 2 * (extent - 1)
    return ((x + 1) * extent - 1) / 2


def _reflected(x: Array, low2: int, high2: int) -> Array:
    """Positions mirrored at ``low2 / 2`` and ``high2 / 2`` until they are between."""
    if low2 == high2:
        return np.zeros_like(x)
    low, span = low2 / 2, (high2 - low2) / 2
    x = np.abs(x - x.dtype.type(low))
    flips = np.floor(x / span)
    extra = np.fmod(x, x.dtype.type(span))
    return np.where(flips % 2 == 0, extra + low, span - extra + low).astype(x.dtype)


def _bordered(x: Array, extent: int, padding: int, corners: bool) -> Array:
    """Positions as the padding mode has them: zeros leave them, border and reflection move them."""
    if padding == 2:
        bounds = (0, 2 * (extent - 1)) if corners else (-1, 2 * extent - 1)
        x = _reflected(x, *bounds)
    return x if padding == 0 else np.clip(x, 0, extent - 1)


def _gathered(input: Array, positions: Sequence[Array]) -> Array:
    """The pixels at integer positions ``(N, *points)`` for each axis; zero outside."""
    inside = np.ones(positions[0].shape, bool)
    clipped = []
    for extent, position in zip(input.shape[2:], positions, strict=True):
        inside &= (position >= 0) & (position < extent)
        clipped.append(np.clip(position, 0, extent - 1))
    batch = np.arange(input.shape[0]).reshape(-1, *[1] * (positions[0].ndim - 1))
    moved = np.moveaxis(input, 1, -1)[(batch, *clipped)]
    return np.where(inside[..., None], moved, 0)


def _integers(x: Array) -> Array:
    """Positions as integers; what is no number or far outside is outside."""
    return np.nan_to_num(np.clip(x, -(2.0**30), 2.0**30), nan=-(2.0**30)).astype(np.int64)


def _cubic_weights(t: Array) -> list[Array]:
    """Keys' kernel (a = -0.75) at the distances t + 1, t, 1 - t and 2 - t."""
    a = -0.75

    def near(x: Array) -> Array:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Array) -> Array:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _grid_meta(
    input: TensorMeta,
    grid: TensorMeta,
    interpolation_mode: int,
    padding_mode: int,
    align_corners: bool,
) -> TensorMeta:
    dims = input.ndim - 2
    if dims not in (2, 3) or grid.ndim != input.ndim:
        raise RuntimeError(
            f"grid_sampler takes an input and a grid of 4 or of 5 dimensions, not {input.ndim} and"
            f" {grid.ndim}"
        )
    if grid.shape[0] != input.shape[0] or grid.shape[-1] != dims:
        raise RuntimeError(
            f"a grid for an input of {list(input.shape)} is ({input.shape[0]}, ..., {dims}), not"
            f" {list(grid.shape)}"
        )
    if input.dtype is not grid.dtype:
        raise RuntimeError(f"input and grid have one dtype, not {input.dtype!r} and {grid.dtype!r}")
    if 0 in input.shape[2:]:
        raise RuntimeError(f"there is nothing to sample in {list(input.shape)}")
    if interpolation_mode == 2 and dims == 3:
        raise RuntimeError("bicubic sampling takes an input of 4 dimensions")
    return TensorMeta(input.dtype, (*input.shape[:2], *grid.shape[1:-1]))


def _grid_samples(dims: int) -> list[Sample]:
    plane, points = (4, 5, 3)[:dims], (3, 2, 4)[:dims]
    modes = (0, 1, 2) if dims == 2 else (0, 1)
    return [
        Sample(tensor(2, 3, *plane), tensor(2, *points, dims, seed=mode) * 0.9, mode, pad, corners)
        for mode, pad, corners in itertools.product(modes, (0, 1, 2), (False, True))
    ]


@operator(
    "aten::grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode,"
    " bool align_corners) -> Tensor",
    meta=_grid_meta,
    samples=lambda: [*_grid_samples(2)[:3], *_grid_samples(3)[:3]],
    rejects=lambda: [
        Rejected(tensor(1, 1, 2, 2), tensor(1, 2, 2, 3), 0, 0, False),
        Rejected(tensor(1, 1, 2, 2), tensor(2, 2, 2, 2), 0, 0, False),
        Rejected(tensor(1, 1, 2, 2, 2), tensor(1, 2, 2, 2, 3), 2, 0, False),
    ],
)
@operator(
    "aten::grid_sampler_2d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode,"
    " bool align_corners) -> Tensor",
    meta=_grid_meta,
    samples=lambda: _grid_samples(2),
)
@operator(
    "aten::grid_sampler_3d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode,"
    " bool align_corners) -> Tensor",
    meta=_grid_meta,
    samples=lambda: _grid_samples(3),
)
def grid_sampler(
    input: Array, grid: Array, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Array:
    """The values of an image ``(N, C, H, W)`` at points ``(N, H', W', 2)`` between -1 and 1.

    Interpolation is 0 linear, 1 nearest, 2 cubic; outside is 0 zero, 1 the border, 2 mirrored. A
    volume has 5 dimensions, and its points 3 coordinates, x first.
    """
    image, where = widened(input), widened(grid)
    extents = input.shape[2:]
    places = [
        _unnormalised(where[..., -1 - axis], extent, align_corners)
        for axis, extent in enumerate(extents)
    ]
    if interpolation_mode == 2:
        return np.moveaxis(_bicubic(image, places, padding_mode, align_corners), -1, 1)
    places = [
        _bordered(place, extent, padding_mode, align_corners)
        for place, extent in zip(places, extents, strict=True)
    ]
    if interpolation_mode == 1:
        sampled = _gathered(image, [_integers(np.rint(place)) for place in places])
        return np.moveaxis(sampled, -1, 1)
    floors = [np.floor(place) for place in places]
    total: Any = 0
    for corner in itertools.product((0, 1), repeat=len(places)):
        parts = [
            place - floor if step else 1 - (place - floor)
            for place, floor, step in zip(places, floors, corner, strict=True)
        ]
        positions = [_integers(floor) + step for floor, step in zip(floors, corner, strict=True)]
        total = total + _gathered(image, positions) * math.prod(parts)[..., None]
    return np.moveaxis(total, -1, 1)


def _bicubic(image: Array, places: Sequence[Array], padding: int, corners: bool) -> Array:
    """Cubic interpolation: each of the 16 neighbours is moved inside by itself."""
    floors = [np.floor(place) for place in places]
    weights = [_cubic_weights(place - floor) for place, floor in zip(places, floors, strict=True)]
    total: Any = 0
    for row, column in itertools.product(range(4), repeat=2):
        positions = []
        for floor, step, extent in zip(floors, (row, column), image.shape[2:], strict=True):
            neighbour = floor + floor.dtype.type(step - 1)
            positions.append(_integers(_bordered(neighbour, extent, padding, corners)))
        weight = weights[0][row] * weights[1][column]
        total = total + _gathered(image, positions) * weight[..., None]
    return np.asarray(total)
