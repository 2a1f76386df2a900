"""Max, average, adaptive, power-average and fractional pooling, and unpooling, as functions.

Everything here is TorchScript as it stands. The max poolings return a tensor, or with
``return_indices=True`` that and the positions of the maxima: in a script the flag is a constant.
"""

from __future__ import annotations

from typing import Optional

import tscript as torch
from tscript import Tensor
from tscript.markers import (
    BroadcastingList1,
    BroadcastingList2,
    BroadcastingList3,
    boolean_dispatch,
)
from tscript.nn.sizes import filled, repeated

_PUBLIC = "tscript.nn.functional"


def _each(value: list[int], count: int) -> list[int]:
    """In Python one number stands for all dimensions; scripts have repeated it already."""
    if not torch.jit.is_scripting():
        return list(repeated(value, count))
    return value


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: BroadcastingList1[int],
    stride: Optional[BroadcastingList1[int]] = None,
    padding: BroadcastingList1[int] = 0,
    dilation: BroadcastingList1[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of ``(N, C, L)`` or ``(C, L)``, and where in the row they are."""
    if stride is None:
        stride = torch.jit.annotate(list[int], [])
    return torch.max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def _max_pool1d(
    input: Tensor,
    kernel_size: BroadcastingList1[int],
    stride: Optional[BroadcastingList1[int]] = None,
    padding: BroadcastingList1[int] = 0,
    dilation: BroadcastingList1[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    if stride is None:
        stride = torch.jit.annotate(list[int], [])
    return torch.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: BroadcastingList2[int],
    stride: Optional[BroadcastingList2[int]] = None,
    padding: BroadcastingList2[int] = 0,
    dilation: BroadcastingList2[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of ``(N, C, H, W)`` or ``(C, H, W)``, and their places in the plane."""
    if stride is None:
        stride = torch.jit.annotate(list[int], [])
    return torch.ops.aten.max_pool2d_with_indices(
        input, kernel_size, stride, padding, dilation, ceil_mode
    )


def _max_pool2d(
    input: Tensor,
    kernel_size: BroadcastingList2[int],
    stride: Optional[BroadcastingList2[int]] = None,
    padding: BroadcastingList2[int] = 0,
    dilation: BroadcastingList2[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    if stride is None:
        stride = torch.jit.annotate(list[int], [])
    return torch.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: BroadcastingList3[int],
    stride: Optional[BroadcastingList3[int]] = None,
    padding: BroadcastingList3[int] = 0,
    dilation: BroadcastingList3[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of ``(N, C, D, H, W)`` or ``(C, D, H, W)``, and their places."""
    if stride is None:
        stride = torch.jit.annotate(list[int], [])
    return torch.ops.aten.max_pool3d_with_indices(
        input, kernel_size, stride, padding, dilation, ceil_mode
    )


def _max_pool3d(
    input: Tensor,
    kernel_size: BroadcastingList3[int],
    stride: Optional[BroadcastingList3[int]] = None,
    padding: BroadcastingList3[int] = 0,
    dilation: BroadcastingList3[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    if stride is None:
        stride = torch.jit.annotate(list[int], [])
    return torch.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode)


max_pool1d = boolean_dispatch(
    "return_indices", 6, False, max_pool1d_with_indices, _max_pool1d, _PUBLIC, "max_pool1d"
)
max_pool2d = boolean_dispatch(
    "return_indices", 6, False, max_pool2d_with_indices, _max_pool2d, _PUBLIC, "max_pool2d"
)
max_pool3d = boolean_dispatch(
    "return_indices", 6, False, max_pool3d_with_indices, _max_pool3d, _PUBLIC, "max_pool3d"
)


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: BroadcastingList2[int],
    output_size: Optional[BroadcastingList2[int]] = None,
    output_ratio: Optional[BroadcastingList2[float]] = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows at random places, ``output_size`` or ``output_ratio`` of them."""
    if output_size is None:
        if output_ratio is None:
            raise ValueError("fractional_max_pool2d takes output_size or output_ratio")
        if not torch.jit.is_scripting():
            output_ratio = list(repeated(output_ratio, 2))
        assert output_ratio is not None
        if len(output_ratio) > 2:
            raise ValueError("fractional_max_pool2d: output_ratio is one number or two")
        output_size = [
            int(input.size(-2) * output_ratio[0]),
            int(input.size(-1) * output_ratio[1]),
        ]
    if _random_samples is None:
        batch = 1 if input.dim() == 3 else input.size(0)
        _random_samples = torch.rand(
            batch, input.size(-3), 2, dtype=input.dtype, device=input.device
        )
    return torch.ops.aten.fractional_max_pool2d(input, kernel_size, output_size, _random_samples)


def _fractional_max_pool2d(
    input: Tensor,
    kernel_size: BroadcastingList2[int],
    output_size: Optional[BroadcastingList2[int]] = None,
    output_ratio: Optional[BroadcastingList2[float]] = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Tensor:
    return fractional_max_pool2d_with_indices(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )[0]


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: BroadcastingList3[int],
    output_size: Optional[BroadcastingList3[int]] = None,
    output_ratio: Optional[BroadcastingList3[float]] = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows at random places, ``output_size`` or ``output_ratio`` of them."""
    if output_size is None:
        if output_ratio is None:
            raise ValueError("fractional_max_pool3d takes output_size or output_ratio")
        if not torch.jit.is_scripting():
            output_ratio = list(repeated(output_ratio, 3))
        assert output_ratio is not None
        output_size = [
            int(input.size(-3) * output_ratio[0]),
            int(input.size(-2) * output_ratio[1]),
            int(input.size(-1) * output_ratio[2]),
        ]
    if _random_samples is None:
        batch = 1 if input.dim() == 4 else input.size(0)
        _random_samples = torch.rand(
            batch, input.size(-4), 3, dtype=input.dtype, device=input.device
        )
    return torch.ops.aten.fractional_max_pool3d(input, kernel_size, output_size, _random_samples)


def _fractional_max_pool3d(
    input: Tensor,
    kernel_size: BroadcastingList3[int],
    output_size: Optional[BroadcastingList3[int]] = None,
    output_ratio: Optional[BroadcastingList3[float]] = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Tensor:
    return fractional_max_pool3d_with_indices(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )[0]


fractional_max_pool2d = boolean_dispatch(
    "return_indices", 4, False, fractional_max_pool2d_with_indices, _fractional_max_pool2d,
    _PUBLIC, "fractional_max_pool2d",
)  # fmt: skip
fractional_max_pool3d = boolean_dispatch(
    "return_indices", 4, False, fractional_max_pool3d_with_indices, _fractional_max_pool3d,
    _PUBLIC, "fractional_max_pool3d",
)  # fmt: skip


def _unpooled_size(
    input: Tensor,
    kernel_size: list[int],
    stride: list[int],
    padding: list[int],
    output_size: list[int] | None,
) -> list[int]:
    """The size that was pooled: the least one possible, or the one given if it is possible."""
    count = len(kernel_size)
    least = torch.jit.annotate(list[int], [])
    for d in range(count):
        pooled = input.size(input.dim() - count + d)
        least.append((pooled - 1) * stride[d] + kernel_size[d] - 2 * padding[d])
    chosen = least
    if output_size is not None:
        if len(output_size) == count + 2:
            output_size = output_size[2:]
        if len(output_size) != count:
            raise ValueError(
                f"output_size has {count} or {count + 2} numbers, not {len(output_size)}"
            )
        for d in range(count):
            low = least[d] - stride[d]
            high = least[d] + stride[d]
            if output_size[d] <= low or output_size[d] >= high:
                raise ValueError(
                    f"output_size {output_size}: dimension {d} lies between {low} and {high}"
                )
        chosen = output_size
    for d in range(count):
        if chosen[d] < 0:
            raise ValueError(f"unpooling gives dimension {d} the negative size {chosen[d]}")
    return chosen


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: BroadcastingList1[int],
    stride: Optional[BroadcastingList1[int]] = None,
    padding: BroadcastingList1[int] = 0,
    output_size: Optional[BroadcastingList1[int]] = None,
) -> Tensor:
    """Put maxima back to where ``max_pool1d`` found them, zeros elsewhere."""
    kernel = _each(kernel_size, 1)
    steps = kernel if stride is None else _each(stride, 1)
    size = _unpooled_size(input, kernel, steps, _each(padding, 1), output_size)
    plane = list(size) + [1]
    return torch.ops.aten.max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), plane).squeeze(
        -1
    )


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: BroadcastingList2[int],
    stride: Optional[BroadcastingList2[int]] = None,
    padding: BroadcastingList2[int] = 0,
    output_size: Optional[BroadcastingList2[int]] = None,
) -> Tensor:
    """Put maxima back to where ``max_pool2d`` found them, zeros elsewhere."""
    kernel = _each(kernel_size, 2)
    steps = kernel if stride is None else _each(stride, 2)
    size = _unpooled_size(input, kernel, steps, _each(padding, 2), output_size)
    return torch.ops.aten.max_unpool2d(input, indices, size)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: BroadcastingList3[int],
    stride: Optional[BroadcastingList3[int]] = None,
    padding: BroadcastingList3[int] = 0,
    output_size: Optional[BroadcastingList3[int]] = None,
) -> Tensor:
    """Put maxima back to where ``max_pool3d`` found them, zeros elsewhere."""
    kernel = _each(kernel_size, 3)
    steps = kernel if stride is None else _each(stride, 3)
    pads = _each(padding, 3)
    size = _unpooled_size(input, kernel, steps, pads, output_size)
    return torch.ops.aten.max_unpool3d(input, indices, size, steps, pads)


def lp_pool1d(
    input: Tensor,
    norm_type: int | float,
    kernel_size: int,
    stride: Optional[BroadcastingList1[int]] = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The ``norm_type`` norm of each window; infinity gives the largest magnitude."""
    power = float(norm_type)
    if power == float("inf"):
        return max_pool1d(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if power == -float("inf"):
        return -max_pool1d(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if stride is None:
        mean = torch.avg_pool1d(input.pow(norm_type), kernel_size, padding=0, ceil_mode=ceil_mode)
    else:
        mean = torch.avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (torch.sign(mean) * torch.relu(torch.abs(mean))).mul(kernel_size).pow(1.0 / power)


def lp_pool2d(
    input: Tensor,
    norm_type: int | float,
    kernel_size: BroadcastingList2[int],
    stride: Optional[BroadcastingList2[int]] = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The ``norm_type`` norm of each window; infinity gives the largest magnitude."""
    power = float(norm_type)
    if power == float("inf"):
        return max_pool2d(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if power == -float("inf"):
        return -max_pool2d(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    kernel = _each(kernel_size, 2)
    if stride is None:
        mean = torch.ops.aten.avg_pool2d(
            input.pow(norm_type), kernel, padding=0, ceil_mode=ceil_mode
        )
    else:
        mean = torch.ops.aten.avg_pool2d(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    count = kernel[0] * kernel[1]
    return (torch.sign(mean) * torch.relu(torch.abs(mean))).mul(count).pow(1.0 / power)


def lp_pool3d(
    input: Tensor,
    norm_type: int | float,
    kernel_size: BroadcastingList3[int],
    stride: Optional[BroadcastingList3[int]] = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The ``norm_type`` norm of each window; infinity gives the largest magnitude."""
    power = float(norm_type)
    if power == float("inf"):
        return max_pool3d(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if power == -float("inf"):
        return -max_pool3d(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    kernel = _each(kernel_size, 3)
    if stride is None:
        mean = torch.ops.aten.avg_pool3d(
            input.pow(norm_type), kernel, padding=0, ceil_mode=ceil_mode
        )
    else:
        mean = torch.ops.aten.avg_pool3d(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    count = kernel[0] * kernel[1] * kernel[2]
    return (torch.sign(mean) * torch.relu(torch.abs(mean))).mul(count).pow(1.0 / power)


def _output_size(input: Tensor, output_size: list[int]) -> list[int]:
    """In Python a size may be None: that of the input."""
    if not torch.jit.is_scripting():
        return filled(output_size, input.shape)
    return output_size


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: BroadcastingList1[int], return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over ``output_size`` equal parts of the last dimension, and where they are."""
    return torch.adaptive_max_pool1d(input, output_size)


def _adaptive_max_pool1d(
    input: Tensor, output_size: BroadcastingList1[int], return_indices: bool = False
) -> Tensor:
    return adaptive_max_pool1d_with_indices(input, output_size)[0]


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: BroadcastingList2[int], return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over a grid of ``output_size`` parts of the plane, and where they are."""
    return torch.ops.aten.adaptive_max_pool2d(input, _output_size(input, output_size))


def _adaptive_max_pool2d(
    input: Tensor, output_size: BroadcastingList2[int], return_indices: bool = False
) -> Tensor:
    return adaptive_max_pool2d_with_indices(input, output_size)[0]


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: BroadcastingList3[int], return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over a grid of ``output_size`` parts of the volume, and where they are."""
    return torch.ops.aten.adaptive_max_pool3d(input, _output_size(input, output_size))


def _adaptive_max_pool3d(
    input: Tensor, output_size: BroadcastingList3[int], return_indices: bool = False
) -> Tensor:
    return adaptive_max_pool3d_with_indices(input, output_size)[0]


adaptive_max_pool1d = boolean_dispatch(
    "return_indices", 2, False, adaptive_max_pool1d_with_indices, _adaptive_max_pool1d,
    _PUBLIC, "adaptive_max_pool1d",
)  # fmt: skip
adaptive_max_pool2d = boolean_dispatch(
    "return_indices", 2, False, adaptive_max_pool2d_with_indices, _adaptive_max_pool2d,
    _PUBLIC, "adaptive_max_pool2d",
)  # fmt: skip
adaptive_max_pool3d = boolean_dispatch(
    "return_indices", 2, False, adaptive_max_pool3d_with_indices, _adaptive_max_pool3d,
    _PUBLIC, "adaptive_max_pool3d",
)  # fmt: skip


def adaptive_avg_pool2d(input: Tensor, output_size: BroadcastingList2[int]) -> Tensor:
    """Means over a grid of ``output_size`` parts of the plane.

    >>> import tscript as torch
    >>> adaptive_avg_pool2d(torch.ones(1, 1, 4, 4), 1).tolist()
    [[[[1.0]]]]
    """
    return torch.ops.aten.adaptive_avg_pool2d(input, _output_size(input, output_size))


def adaptive_avg_pool3d(input: Tensor, output_size: BroadcastingList3[int]) -> Tensor:
    """Means over a grid of ``output_size`` parts of the volume."""
    return torch.ops.aten.adaptive_avg_pool3d(input, _output_size(input, output_size))
