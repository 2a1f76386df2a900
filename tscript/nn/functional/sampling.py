"""Padding, resizing, sampling at grids, and sliding windows, as functions.

Everything here is TorchScript as it stands.
"""

from __future__ import annotations

import math
import warnings

import tscript as torch
from tscript import Tensor
from tscript.markers import BroadcastingList2, _overload
from tscript.nn.functional.poolings import (
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
)
from tscript.nn.sizes import repeated


def pad(
    input: Tensor, pad: list[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Pad the last dimensions: ``pad`` has two numbers each, the last dimension first.

    ``mode`` is ``constant`` (with ``value``, 0), ``reflect``, ``replicate`` or ``circular``;
    negative numbers crop.

    >>> import tscript as torch
    >>> pad(torch.ones(2), [1, 0]).tolist()
    [0.0, 1.0, 1.0]
    """
    return torch.ops.aten.pad(input, pad, mode, value)


def _check_size(count: int, dims: int, name: str) -> None:
    if count != dims:
        raise ValueError(
            f"interpolate: the input has {dims} dimension(s) to resize, {name} has {count} number(s)"
        )


@_overload
def interpolate(
    input: Tensor,
    size: int | None = None,
    scale_factor: list[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor: ...


@_overload
def interpolate(  # noqa: F811
    input: Tensor,
    size: list[int] | None = None,
    scale_factor: list[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor: ...


@_overload
def interpolate(  # noqa: F811
    input: Tensor,
    size: int | None = None,
    scale_factor: float | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor: ...


@_overload
def interpolate(  # noqa: F811
    input: Tensor,
    size: list[int] | None = None,
    scale_factor: float | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor: ...


def interpolate(  # noqa: F811
    input: Tensor,
    size: int | list[int] | None = None,
    scale_factor: float | list[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize ``(N, C, L)``, ``(N, C, H, W)`` or ``(N, C, D, H, W)`` to ``size`` or by a factor.

    ``mode`` is ``nearest``, ``nearest-exact``, ``linear`` (3 dimensions), ``bilinear`` or
    ``bicubic`` (4), ``trilinear`` (5) or ``area``.

    >>> import tscript as torch
    >>> interpolate(torch.tensor([[[1.0, 2.0]]]), scale_factor=2.0).tolist()
    [[[1.0, 1.0, 2.0, 2.0]]]
    """
    no_corners = mode == "nearest" or mode == "area" or mode == "nearest-exact"
    if no_corners and align_corners is not None:
        raise ValueError(f"interpolate: align_corners means nothing to mode {mode}")
    corners = False
    if align_corners is not None:
        corners = align_corners
    dims = input.dim() - 2

    output_size = torch.jit.annotate(list[int] | None, None)
    scales = torch.jit.annotate(list[float] | None, None)
    if size is not None and scale_factor is not None:
        raise ValueError("interpolate takes size or scale_factor, not both")
    elif size is not None:
        if isinstance(size, (list, tuple)):
            _check_size(len(size), dims, "size")
            output_size = size
        else:
            output_size = [size for _ in range(dims)]
    elif scale_factor is not None:
        if isinstance(scale_factor, (list, tuple)):
            _check_size(len(scale_factor), dims, "scale_factor")
            scales = scale_factor
        else:
            scales = [scale_factor for _ in range(dims)]
    else:
        raise ValueError("interpolate takes size or scale_factor")

    recompute = mode == "area" and output_size is None
    if recompute_scale_factor is not None and recompute_scale_factor:
        if output_size is not None:
            raise ValueError("interpolate: recompute_scale_factor goes with scale_factor only")
        recompute = True
    if recompute:
        assert scales is not None
        output_size = _scaled_size(input, scales, dims)
        scales = None

    if antialias and not (input.dim() == 4 and (mode == "bilinear" or mode == "bicubic")):
        raise ValueError("interpolate: antialias goes with bilinear and bicubic only")

    if input.dim() == 3:
        if mode == "nearest":
            return torch.ops.aten.upsample_nearest1d(input, output_size, scales)
        if mode == "nearest-exact":
            return torch.ops.aten._upsample_nearest_exact1d(input, output_size, scales)
        if mode == "area":
            assert output_size is not None
            return torch.adaptive_avg_pool1d(input, output_size)
        if mode == "linear":
            return torch.ops.aten.upsample_linear1d(input, output_size, corners, scales)
    elif input.dim() == 4:
        if mode == "nearest":
            return torch.ops.aten.upsample_nearest2d(input, output_size, scales)
        if mode == "nearest-exact":
            return torch.ops.aten._upsample_nearest_exact2d(input, output_size, scales)
        if mode == "area":
            assert output_size is not None
            return adaptive_avg_pool2d(input, output_size)
        if mode == "bilinear":
            if antialias:
                return torch.ops.aten._upsample_bilinear2d_aa(input, output_size, corners, scales)
            return torch.ops.aten.upsample_bilinear2d(input, output_size, corners, scales)
        if mode == "bicubic":
            if antialias:
                return torch.ops.aten._upsample_bicubic2d_aa(input, output_size, corners, scales)
            return torch.ops.aten.upsample_bicubic2d(input, output_size, corners, scales)
    elif input.dim() == 5:
        if mode == "nearest":
            return torch.ops.aten.upsample_nearest3d(input, output_size, scales)
        if mode == "nearest-exact":
            return torch.ops.aten._upsample_nearest_exact3d(input, output_size, scales)
        if mode == "area":
            assert output_size is not None
            return adaptive_avg_pool3d(input, output_size)
        if mode == "trilinear":
            return torch.ops.aten.upsample_trilinear3d(input, output_size, corners, scales)
    raise NotImplementedError(
        f"interpolate: mode {mode} does not go with an input of {input.dim()} dimensions"
    )


def _scaled_size(input: Tensor, scales: list[float], dims: int) -> list[int]:
    if not torch.jit.is_scripting():
        if torch.jit.is_tracing():
            # sizes are tensors here, and stay in the trace
            return [
                torch.floor((input.size(i + 2).float() * torch.tensor(scales[i])).float())
                for i in range(dims)
            ]
    return [math.floor(float(input.size(i + 2)) * scales[i]) for i in range(dims)]


@_overload
def upsample(
    input: Tensor,
    size: int | None = None,
    scale_factor: float | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor: ...


@_overload
def upsample(  # noqa: F811
    input: Tensor,
    size: list[int] | None = None,
    scale_factor: float | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor: ...


def upsample(  # noqa: F811
    input: Tensor,
    size: int | list[int] | None = None,
    scale_factor: float | list[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """The old name of ``interpolate``."""
    if not torch.jit.is_scripting():
        warnings.warn("upsample is deprecated: it is interpolate", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


@_overload
def upsample_nearest(
    input: Tensor,
    size: int | None = None,
    scale_factor: float | None = None,
) -> Tensor: ...


@_overload
def upsample_nearest(  # noqa: F811
    input: Tensor,
    size: list[int] | None = None,
    scale_factor: float | None = None,
) -> Tensor: ...


@_overload
def upsample_nearest(  # noqa: F811
    input: Tensor,
    size: int | None = None,
    scale_factor: list[float] | None = None,
) -> Tensor: ...


@_overload
def upsample_nearest(  # noqa: F811
    input: Tensor,
    size: list[int] | None = None,
    scale_factor: list[float] | None = None,
) -> Tensor: ...


def upsample_nearest(  # noqa: F811
    input: Tensor,
    size: int | list[int] | None = None,
    scale_factor: float | list[float] | None = None,
) -> Tensor:
    """The old name of ``interpolate`` with ``mode="nearest"``."""
    if not torch.jit.is_scripting():
        warnings.warn("upsample_nearest is deprecated: it is interpolate", stacklevel=2)
    return interpolate(input, size, scale_factor, mode="nearest")


@_overload
def upsample_bilinear(
    input: Tensor,
    size: int | None = None,
    scale_factor: float | None = None,
) -> Tensor: ...


@_overload
def upsample_bilinear(  # noqa: F811
    input: Tensor,
    size: list[int] | None = None,
    scale_factor: float | None = None,
) -> Tensor: ...


@_overload
def upsample_bilinear(  # noqa: F811
    input: Tensor,
    size: int | None = None,
    scale_factor: list[float] | None = None,
) -> Tensor: ...


@_overload
def upsample_bilinear(  # noqa: F811
    input: Tensor,
    size: list[int] | None = None,
    scale_factor: list[float] | None = None,
) -> Tensor: ...


def upsample_bilinear(  # noqa: F811
    input: Tensor,
    size: int | list[int] | None = None,
    scale_factor: float | list[float] | None = None,
) -> Tensor:
    """The old name of ``interpolate`` with ``mode="bilinear"`` and ``align_corners``."""
    if not torch.jit.is_scripting():
        warnings.warn("upsample_bilinear is deprecated: it is interpolate", stacklevel=2)
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Values of ``(N, C, H, W)`` at the points of ``grid`` (N, H', W', 2), each in [-1, 1]."""
    if mode == "bilinear":
        mode_code = 0
    elif mode == "nearest":
        mode_code = 1
    elif mode == "bicubic":
        mode_code = 2
    else:
        raise ValueError(f"grid_sample: mode is bilinear, nearest or bicubic, not {mode}")
    if padding_mode == "zeros":
        padding_code = 0
    elif padding_mode == "border":
        padding_code = 1
    elif padding_mode == "reflection":
        padding_code = 2
    else:
        raise ValueError(
            f"grid_sample: padding_mode is zeros, border or reflection, not {padding_mode}"
        )
    corners = _corners("grid_sample", align_corners)
    return torch.grid_sampler(input, grid, mode_code, padding_code, corners)


def _corners(name: str, align_corners: bool | None) -> bool:
    if align_corners is None:
        if not torch.jit.is_scripting():
            warnings.warn(f"{name}: align_corners is False when it is not given", stacklevel=3)
        return False
    return align_corners


def affine_grid(theta: Tensor, size: list[int], align_corners: bool | None = None) -> Tensor:
    """The grid that ``grid_sample`` takes, for affine maps ``(N, 2, 3)`` or ``(N, 3, 4)``."""
    corners = _corners("affine_grid", align_corners)
    if not theta.is_floating_point():
        raise ValueError("affine_grid: theta is not of a floating point dtype")
    dims = len(size) - 2
    if dims != 2 and dims != 3:
        raise NotImplementedError(f"affine_grid takes 4 or 5 sizes, not {len(size)}")
    if theta.dim() != 3 or theta.size(1) != dims or theta.size(2) != dims + 1:
        raise ValueError(
            f"affine_grid: theta is (N, {dims}, {dims + 1}) for the size {size}, not {theta.size()}"
        )
    for extent in size:
        if extent <= 0:
            raise ValueError(f"affine_grid: a size is not positive: {size}")
    return torch.affine_grid_generator(theta, size, corners)


def unfold(
    input: Tensor,
    kernel_size: BroadcastingList2[int],
    dilation: BroadcastingList2[int] = 1,
    padding: BroadcastingList2[int] = 0,
    stride: BroadcastingList2[int] = 1,
) -> Tensor:
    """The sliding windows of ``(N, C, H, W)`` as columns: ``(N, C * kernel area, windows)``."""
    return torch.ops.aten.im2col(
        input, _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride)
    )


def fold(
    input: Tensor,
    output_size: BroadcastingList2[int],
    kernel_size: BroadcastingList2[int],
    dilation: BroadcastingList2[int] = 1,
    padding: BroadcastingList2[int] = 0,
    stride: BroadcastingList2[int] = 1,
) -> Tensor:
    """The sum of the windows that ``unfold`` made: ``(N, C, *output_size)``."""
    return torch.ops.aten.col2im(
        input,
        _pair(output_size),
        _pair(kernel_size),
        _pair(dilation),
        _pair(padding),
        _pair(stride),
    )


def _pair(value: list[int]) -> list[int]:
    if not torch.jit.is_scripting():
        return list(repeated(value, 2))
    return value
