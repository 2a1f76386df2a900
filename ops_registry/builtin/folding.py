"""Windows as columns and back: ``im2col`` (unfold) and ``col2im`` (fold)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor
from ops_registry.sliding_windows import padded, per_dim, window_count, windows


def _counts(
    sizes: Sequence[int], kernel: Sequence[int], dilation: Sequence[int],
    padding: Sequence[int], stride: Sequence[int],
) -> list[int]:  # fmt: skip
    counts = [
        window_count(n, k, s, p, d)
        for n, k, d, p, s in zip(sizes, kernel, dilation, padding, stride, strict=True)
    ]
    if min(counts) <= 0:
        raise RuntimeError(f"no window of {list(kernel)} fits into an image of {list(sizes)}")
    return counts


def _im2col_meta(
    self: TensorMeta, kernel_size: Sequence[int], dilation: Sequence[int],
    padding: Sequence[int], stride: Sequence[int],
) -> TensorMeta:  # fmt: skip
    if self.ndim not in (3, 4):
        raise RuntimeError(f"an image has 3 or 4 dimensions, not the shape {list(self.shape)}")
    counts = _counts(self.shape[-2:], kernel_size, dilation, padding, stride)
    rows = self.shape[-3] * int(np.prod(kernel_size))
    return TensorMeta(self.dtype, (*self.shape[:-3], rows, int(np.prod(counts))))


@operator(
    "aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding,"
    " int[2] stride) -> Tensor",
    meta=_im2col_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 3, 5, 6), [2, 3], [1, 1], [0, 0], [1, 1]),
        Sample(tensor(3, 5, 6), [2, 2], [2, 1], [1, 0], [2, 1]),
    ],
    rejects=lambda: [Rejected(tensor(2, 3, 2, 2), [3, 3], [1, 1], [0, 0], [1, 1])],
)
def im2col(
    self: np.ndarray, kernel_size: Sequence[int], dilation: Sequence[int],
    padding: Sequence[int], stride: Sequence[int],
) -> np.ndarray:  # fmt: skip
    """Every window of an image as a column.

    Shapes: (N, C, H, W) gives (N, C * kH * kW, windows), also without N.
    """
    kernel, dilations = per_dim(kernel_size, 2, "kernel_size"), per_dim(dilation, 2, "dilation")
    pads, strides = per_dim(padding, 2, "padding"), per_dim(stride, 2, "stride")
    counts = _counts(self.shape[-2:], kernel, dilations, pads, strides)
    view = windows(padded(self, pads, pads, 0), kernel, strides, dilations, counts)
    lead = self.ndim - 3
    order = (*range(lead), lead, lead + 3, lead + 4, lead + 1, lead + 2)
    rows = self.shape[-3] * int(np.prod(kernel))
    return view.transpose(order).reshape(*self.shape[:-3], rows, int(np.prod(counts)))


def _col2im_meta(
    self: TensorMeta, output_size: Sequence[int], kernel_size: Sequence[int],
    dilation: Sequence[int], padding: Sequence[int], stride: Sequence[int],
) -> TensorMeta:  # fmt: skip
    area = int(np.prod(kernel_size))
    counts = _counts(output_size, kernel_size, dilation, padding, stride)
    if self.ndim not in (2, 3) or self.shape[-2] % area or self.shape[-1] != np.prod(counts):
        raise RuntimeError(
            f"columns of shape {list(self.shape)} are not the windows of {list(kernel_size)} in"
            f" images of {list(output_size)}: {int(np.prod(counts))} columns were expected, and a"
            f" multiple of {area} rows"
        )
    return TensorMeta(self.dtype, (*self.shape[:-2], self.shape[-2] // area, *output_size))


@operator(
    "aten::col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation,"
    " int[2] padding, int[2] stride) -> Tensor",
    meta=_col2im_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 12, 20), [5, 6], [2, 2], [1, 1], [0, 0], [1, 1]),
        Sample(tensor(12, 9), [5, 6], [2, 2], [1, 1], [1, 0], [2, 2]),
    ],
    rejects=lambda: [Rejected(tensor(2, 12, 7), [5, 6], [2, 2], [1, 1], [0, 0], [1, 1])],
)
def col2im(
    self: np.ndarray, output_size: Sequence[int], kernel_size: Sequence[int],
    dilation: Sequence[int], padding: Sequence[int], stride: Sequence[int],
) -> np.ndarray:  # fmt: skip
    """The image whose windows add up to the columns: the adjoint of :func:`im2col`.

    Shapes: (N, C * kH * kW, windows) gives (N, C, *output_size), also without N.
    """
    kernel, dilations = per_dim(kernel_size, 2, "kernel_size"), per_dim(dilation, 2, "dilation")
    pads, strides = per_dim(padding, 2, "padding"), per_dim(stride, 2, "stride")
    counts = _counts(output_size, kernel, dilations, pads, strides)
    lead = self.shape[:-2]
    parts = self.reshape(*lead, -1, *kernel, *counts)
    channels = parts.shape[len(lead)]
    full = [n + 2 * p for n, p in zip(output_size, pads, strict=True)]
    total = np.zeros((*lead, channels, *full), self.dtype)
    for i, j in np.ndindex(*kernel):
        rows = slice(
            i * dilations[0], i * dilations[0] + (counts[0] - 1) * strides[0] + 1, strides[0]
        )
        cols = slice(
            j * dilations[1], j * dilations[1] + (counts[1] - 1) * strides[1] + 1, strides[1]
        )
        total[..., rows, cols] += parts[..., i, j, :, :]
    return np.ascontiguousarray(
        total[..., pads[0] : pads[0] + output_size[0], pads[1] : pads[1] + output_size[1]]
    )
