"""Convolutions of one to three spatial dimensions, plain and transposed.

A convolution is a matrix product of the weights with the input's windows. Half precision is
computed in float32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator, operators
from ops_registry.precision import widened
from ops_registry.samples import Rejected, Sample, tensor
from ops_registry.sliding_windows import padded, per_dim, trailing, window_count, windows

_Sizes = Sequence[int] | int

#: Bytes of windows that are copied at a time.
_WORKSPACE = 2**24


def _check(input: Any, weight: Any, bias: Any, groups: int, transposed: bool) -> int:
    """The number of spatial dimensions, after PyTorch's checks of the shapes."""
    spatial = len(weight.shape) - 2
    if len(input.shape) not in (spatial + 1, spatial + 2) or spatial < 1:
        raise RuntimeError(
            f"a weight of shape {list(weight.shape)} needs an input of {spatial + 2} dimensions, or"
            f" {spatial + 1} without a batch, not one of shape {list(input.shape)}"
        )
    channels = input.shape[-spatial - 1]
    expected = weight.shape[0] if transposed else weight.shape[1] * groups
    if groups <= 0 or channels != expected or weight.shape[0] % groups:
        raise RuntimeError(
            f"the weight of shape {list(weight.shape)} with {groups} groups needs {expected} input"
            f" channels, the input of shape {list(input.shape)} has {channels}"
        )
    outputs = weight.shape[1] * groups if transposed else weight.shape[0]
    if bias is not None and tuple(bias.shape) != (outputs,):
        raise RuntimeError(f"the bias has shape {list(bias.shape)}, not [{outputs}]")
    return spatial


def _convolved_shape(
    input: Any, weight: Any, stride: _Sizes, padding: _Sizes, dilation: _Sizes
) -> tuple[int, ...]:
    spatial = len(weight.shape) - 2
    strides = per_dim(stride, spatial, "stride")
    pads = per_dim(padding, spatial, "padding")
    dilations = per_dim(dilation, spatial, "dilation")
    if min(strides) <= 0 or min(dilations) <= 0 or min(pads) < 0:
        raise RuntimeError("stride and dilation must be positive, padding not negative")
    sizes = []
    for size, kernel, s, p, d in zip(
        input.shape[-spatial:], weight.shape[2:], strides, pads, dilations, strict=True
    ):
        count = window_count(size, kernel, s, p, d)
        if count <= 0:
            raise RuntimeError(
                f"a kernel of {kernel} (dilation {d}) is larger than the padded input, {size + 2 * p}"
            )
        sizes.append(count)
    return (*input.shape[: -spatial - 1], weight.shape[0], *sizes)


def _plain_meta(
    input: TensorMeta, weight: TensorMeta, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> TensorMeta:  # fmt: skip
    _check(input, weight, bias, groups, False)
    if isinstance(padding, str):
        if padding == "same":
            spatial = len(weight.shape) - 2
            if any(s != 1 for s in per_dim(stride, spatial, "stride")):
                raise RuntimeError("padding='same' needs a stride of 1")
            shape = (*input.shape[: -spatial - 1], weight.shape[0], *input.shape[-spatial:])
            return TensorMeta(input.dtype, shape)
        if padding != "valid":
            raise RuntimeError(f"padding is 'same', 'valid' or numbers, not {padding!r}")
        padding = 0
    return TensorMeta(input.dtype, _convolved_shape(input, weight, stride, padding, dilation))


def convolve(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: Sequence[int],
    before: Sequence[int],
    after: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> np.ndarray:
    """The convolution of ``(batch, channels, *spatial)`` with padding before and after."""
    spatial = len(stride)
    x, w = widened(input), widened(weight)
    x = padded(x, before, after, 0)
    kernel = w.shape[2:]
    counts = [
        window_count(size, k, s, 0, d)
        for size, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)
    ]
    batch, out_channels, group_in = x.shape[0], w.shape[0], w.shape[1]
    positions = int(np.prod(counts))
    result: np.ndarray
    if kernel == (1,) * spatial and groups == 1:
        # A 1x1 convolution needs no windows: the input, or every stride-th pixel, is the matrix.
        steps = tuple(slice(None, None, s) for s in stride)
        columns: np.ndarray = x[(slice(None), slice(None), *steps)].reshape(
            batch, group_in, positions
        )
        result = np.matmul(w.reshape(out_channels, group_in), columns)
    else:
        view = windows(x, kernel, stride, dilation, counts)  # batch, channels, counts, kernel
        if group_in == 1 and out_channels == groups:
            # Depthwise: one small product for each channel.
            result = np.einsum(
                view, [0, 1, *range(2, 2 + 2 * spatial)],
                w[:, 0], [1, *range(2 + spatial, 2 + 2 * spatial)],
                [0, 1, *range(2, 2 + spatial)],
            )  # fmt: skip
        else:
            result = _product_of_windows(view, w, groups)
    image: np.ndarray = result.reshape(batch, out_channels, *counts)
    if bias is not None:
        image += widened(bias).reshape(-1, *(1,) * spatial)
    return image


def _product_of_windows(view: np.ndarray, weight: np.ndarray, groups: int) -> np.ndarray:
    """Windows ``(batch, channels, *counts, *kernel)`` times the filters, as matrices.

    The windows of all images side by side are as many copies of the input as the kernel has
    elements; so it is done for a few images, or a few rows of one, at a time.
    """
    spatial = weight.ndim - 2
    batch, counts, kernel = view.shape[0], view.shape[2 : 2 + spatial], weight.shape[2:]
    filters, size = weight.shape[0] // groups, weight.shape[1] * math.prod(kernel)
    matrix = weight.reshape(groups, filters, size)
    result = np.empty((batch, groups, filters, *counts), np.result_type(view, weight))
    columns = view.transpose(0, 1, *range(2 + spatial, 2 + 2 * spatial), *range(2, 2 + spatial))
    row = max(groups * size * math.prod(counts[1:]) * view.itemsize, 1)
    rows = max(_WORKSPACE // row, 1)
    images = max(rows // max(counts[0], 1), 1)
    for first in range(0, batch, images):
        for top in range(0, counts[0], rows):
            part = columns[first : first + images]
            part = part[(slice(None),) * (2 + spatial) + (slice(top, top + rows),)]
            into = result[first : first + images, :, :, top : top + rows]
            flat = part.reshape(part.shape[0], groups, size, math.prod(part.shape[2 + spatial :]))
            if rows >= counts[0]:
                np.matmul(matrix, flat, out=into.reshape(*into.shape[:3], flat.shape[-1]))
            else:
                into[...] = np.matmul(matrix, flat).reshape(into.shape)
    return result


def _run(
    input: np.ndarray, weight: np.ndarray, bias: Any, stride: _Sizes, padding: Any,
    dilation: _Sizes, groups: int,
) -> np.ndarray:  # fmt: skip
    spatial = weight.ndim - 2
    strides = per_dim(stride, spatial, "stride")
    dilations = per_dim(dilation, spatial, "dilation")
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(dilations, weight.shape[2:], strict=True)]
        before = [total // 2 for total in totals]
        after = [total - b for total, b in zip(totals, before, strict=True)]
    else:
        pads = 0 if padding == "valid" else padding
        before = after = list(per_dim(pads, spatial, "padding"))
    batched = input if input.ndim == spatial + 2 else input[None]
    result = convolve(batched, weight, bias, strides, before, after, dilations, groups)
    return result if input.ndim == spatial + 2 else result[0]


def _conv_schemas(spatial: int) -> tuple[str, str]:
    ones = f"[{', '.join(['1'] * spatial)}]"
    zeros = f"[{', '.join(['0'] * spatial)}]"
    n = f"SymInt[{spatial}]"
    head = "(Tensor input, Tensor weight, Tensor? bias=None, "
    name = f"aten::conv{spatial}d"
    return (
        f"{name}{head}{n} stride={ones}, {n} padding={zeros}, {n} dilation={ones},"
        " SymInt groups=1) -> Tensor",
        f'{name}.padding{head}{n} stride={ones}, str padding="valid", {n} dilation={ones},'
        " SymInt groups=1) -> Tensor",
    )


def _conv_samples() -> list[Sample]:
    """Each of one to three dimensions has its own; these are of conv2d."""
    x, w = tensor(2, 4, 7, 6), tensor(6, 4, 3, 2, seed=1)
    return [
        Sample(x, w, tensor(6, seed=2)),
        Sample(x, w, None, [2, 1], [1, 0]),
        Sample(x, tensor(6, 2, 3, 3, seed=1), None, [1, 1], [2, 2], [2, 1], 2),
        Sample(x, tensor(8, 1, 3, 3, seed=1), None, [1, 1], [1, 1], [1, 1], 4),
        Sample(x, tensor(4, 1, 3, 3, seed=1), tensor(4), [2, 2], [1, 1], [1, 1], 4),
        Sample(x, tensor(5, 4, 1, 1, seed=1), tensor(5), [2, 2]),
        Sample(x[0], w, tensor(6, seed=2)),
        Sample(tensor(0, 4, 7, 6), w),
        Sample(tensor(1, 4, 7, 6, dtype=dtypes.float64), tensor(6, 4, 3, 2, dtype=dtypes.float64)),
    ]


_REJECTS = [
    Rejected(tensor(2, 3, 7, 6), tensor(6, 4, 3, 2)),
    Rejected(tensor(2, 4, 2, 2), tensor(6, 4, 3, 3)),
    Rejected(tensor(2, 4, 7, 6), tensor(6, 4, 3, 2), tensor(5)),
]


@operators(_conv_schemas(2)[0], meta=_plain_meta, samples=_conv_samples, rejects=lambda: _REJECTS)
@operators(
    _conv_schemas(2)[1],
    meta=_plain_meta,
    samples=lambda: [
        Sample(tensor(2, 4, 7, 6), tensor(6, 4, 3, 2), None, [1, 1], "same"),
        Sample(tensor(2, 4, 7, 6), tensor(6, 4, 4, 3), None, [1, 1], "same", [2, 1]),
        Sample(tensor(2, 4, 7, 6), tensor(6, 4, 3, 2), None, [2, 1], "valid"),
    ],
    rejects=lambda: [
        Rejected(tensor(2, 4, 7, 6), tensor(6, 4, 3, 2), None, [2, 1], "same"),
        Rejected(tensor(2, 4, 7, 6), tensor(6, 4, 3, 2), None, [1, 1], "full"),
    ],
)
def conv2d(
    input: np.ndarray, weight: np.ndarray, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> np.ndarray:  # fmt: skip
    """Two-dimensional convolution.

    Shapes: input (N, C_in, H, W) or (C_in, H, W), weight (C_out, C_in / groups, kH, kW), bias
    (C_out). ``padding`` is numbers, ``"valid"`` or (with stride 1) ``"same"``. RuntimeError when
    the shapes do not fit.
    """
    return _run(input, weight, bias, stride, padding, dilation, groups)


def _samples_1d() -> list[Sample]:
    x, w = tensor(2, 4, 9), tensor(6, 4, 3, seed=1)
    return [
        Sample(x, w, tensor(6, seed=2)),
        Sample(x, w, None, [2], [1], [2]),
        Sample(x[0], w),
        Sample(x, tensor(4, 1, 3), None, [1], [1], [1], 4),
    ]


@operators(_conv_schemas(1)[0], meta=_plain_meta, samples=_samples_1d)
@operators(
    _conv_schemas(1)[1],
    meta=_plain_meta,
    samples=lambda: [Sample(tensor(2, 4, 9), tensor(6, 4, 3), None, [1], "same")],
)
def conv1d(
    input: np.ndarray, weight: np.ndarray, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> np.ndarray:  # fmt: skip
    """One-dimensional convolution: input (N, C_in, L) or (C_in, L); see :func:`conv2d`."""
    return _run(input, weight, bias, stride, padding, dilation, groups)


def _samples_3d() -> list[Sample]:
    x, w = tensor(2, 3, 5, 4, 6), tensor(4, 3, 3, 2, 2, seed=1)
    return [
        Sample(x, w, tensor(4, seed=2)),
        Sample(x, w, None, [2, 1, 2], [1, 0, 1], [1, 2, 1]),
        Sample(x[0], w),
        Sample(x, tensor(3, 1, 3, 3, 3), None, [1, 1, 1], [1, 1, 1], [1, 1, 1], 3),
    ]


@operators(_conv_schemas(3)[0], meta=_plain_meta, samples=_samples_3d)
@operators(
    _conv_schemas(3)[1],
    meta=_plain_meta,
    samples=lambda: [Sample(tensor(2, 3, 5, 4, 6), tensor(4, 3, 3, 2, 2), None, [1] * 3, "same")],
)
def conv3d(
    input: np.ndarray, weight: np.ndarray, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> np.ndarray:  # fmt: skip
    """Three-dimensional convolution: input (N, C_in, D, H, W) or without N; see :func:`conv2d`."""
    return _run(input, weight, bias, stride, padding, dilation, groups)


# Transposed.


def _transposed_shape(
    input: Any, weight: Any, stride: _Sizes, padding: _Sizes, output_padding: _Sizes,
    groups: int, dilation: _Sizes,
) -> tuple[int, ...]:  # fmt: skip
    spatial = len(weight.shape) - 2
    strides = per_dim(stride, spatial, "stride")
    pads = per_dim(padding, spatial, "padding")
    extra = per_dim(output_padding, spatial, "output_padding")
    dilations = per_dim(dilation, spatial, "dilation")
    sizes = []
    for size, kernel, s, p, e, d in zip(
        input.shape[-spatial:], weight.shape[2:], strides, pads, extra, dilations, strict=True
    ):
        if e >= max(s, d):
            raise RuntimeError(
                f"output_padding {e} must be smaller than the stride {s} or the dilation {d}"
            )
        made = (size - 1) * s - 2 * p + d * (kernel - 1) + e + 1
        if made <= 0:
            raise RuntimeError(f"the output would have the size {made}: the padding is too large")
        sizes.append(made)
    return (*input.shape[: -spatial - 1], weight.shape[1] * groups, *sizes)


def _transposed_meta(
    input: TensorMeta, weight: TensorMeta, bias: Any, stride: Any, padding: Any,
    output_padding: Any, groups: int, dilation: Any,
) -> TensorMeta:  # fmt: skip
    _check(input, weight, bias, groups, True)
    shape = _transposed_shape(input, weight, stride, padding, output_padding, groups, dilation)
    return TensorMeta(input.dtype, shape)


def _run_transposed(
    input: np.ndarray, weight: np.ndarray, bias: Any, stride: _Sizes, padding: _Sizes,
    output_padding: _Sizes, groups: int, dilation: _Sizes,
) -> np.ndarray:  # fmt: skip
    """Each input element adds its multiple of the kernel to a window of the output."""
    spatial = weight.ndim - 2
    x = widened(input if input.ndim == spatial + 2 else input[None])
    w = widened(weight)
    strides = per_dim(stride, spatial, "stride")
    pads = per_dim(padding, spatial, "padding")
    dilations = per_dim(dilation, spatial, "dilation")
    shape = _transposed_shape(x, w, stride, padding, output_padding, groups, dilation)
    batch, kernel, sizes = x.shape[0], w.shape[2:], x.shape[2:]
    in_group, out_group = w.shape[0] // groups, w.shape[1]
    positions = int(np.prod(sizes))
    columns = x.reshape(batch, groups, in_group, positions)
    matrix = w.reshape(groups, in_group, -1).transpose(0, 2, 1)
    spread = np.matmul(matrix, columns).reshape(batch, groups * out_group, *kernel, *sizes)
    full = [s + 2 * p for s, p in zip(shape[2:], pads, strict=True)]
    reach = [
        (n - 1) * s + d * (k - 1) + 1
        for n, s, d, k in zip(sizes, strides, dilations, kernel, strict=True)
    ]
    total = np.zeros((*shape[:2], *map(max, full, reach)), x.dtype)
    for offset in np.ndindex(*kernel):
        target = tuple(
            slice(o * d, o * d + (n - 1) * s + 1, s)
            for o, d, n, s in zip(offset, dilations, sizes, strides, strict=True)
        )
        total[trailing(target)] += spread[(slice(None), slice(None), *offset)]
    inside = tuple(slice(p, p + n) for p, n in zip(pads, shape[2:], strict=True))
    result = np.ascontiguousarray(total[trailing(inside)])
    if bias is not None:
        result += widened(bias).reshape(-1, *(1,) * spatial)
    return result if input.ndim == spatial + 2 else result[0]


def _transposed_schema(spatial: int) -> str:
    ones = f"[{', '.join(['1'] * spatial)}]"
    zeros = f"[{', '.join(['0'] * spatial)}]"
    n = f"SymInt[{spatial}]"
    overload = "" if spatial == 1 else ".input"
    return (
        f"aten::conv_transpose{spatial}d{overload}(Tensor input, Tensor weight, Tensor? bias=None,"
        f" {n} stride={ones}, {n} padding={zeros}, {n} output_padding={zeros}, SymInt groups=1,"
        f" {n} dilation={ones}) -> Tensor"
    )


@operator(
    _transposed_schema(1),
    meta=_transposed_meta,
    samples=lambda: [
        Sample(tensor(2, 4, 5), tensor(4, 3, 3, seed=1), tensor(3)),
        Sample(tensor(2, 4, 5), tensor(4, 3, 3, seed=1), None, [2], [1], [1], 1, [2]),
        Sample(tensor(4, 5), tensor(4, 2, 3, seed=1), None, [2], [0], [0], 2),
    ],
    rejects=lambda: [Rejected(tensor(2, 4, 5), tensor(4, 3, 3), None, [1], [0], [1])],
)
@operator(
    _transposed_schema(2),
    meta=_transposed_meta,
    samples=lambda: [
        Sample(tensor(2, 4, 5, 3), tensor(4, 3, 3, 2, seed=1), tensor(3)),
        Sample(tensor(2, 4, 5, 3), tensor(4, 3, 3, 2, seed=1), None, [2, 3], [1, 0], [1, 2]),
        Sample(tensor(2, 4, 5, 3), tensor(4, 1, 2, 2, seed=1), None, [2, 2], [0, 0], [0, 0], 4),
    ],
)
@operator(
    _transposed_schema(3),
    meta=_transposed_meta,
    samples=lambda: [
        Sample(tensor(1, 2, 3, 2, 3), tensor(2, 3, 2, 2, 2, seed=1), tensor(3), [2, 2, 2]),
    ],
)
def conv_transpose(
    input: np.ndarray, weight: np.ndarray, bias: Any, stride: Any, padding: Any,
    output_padding: Any, groups: int, dilation: Any,
) -> np.ndarray:  # fmt: skip
    """Transposed convolution, the adjoint of a convolution in its input.

    Shapes: input (N, C_in, *spatial), weight (C_in, C_out / groups, *kernel). ``output_padding``
    settles which of the sizes with the same convolution is meant. RuntimeError when the shapes do
    not fit.
    """
    return _run_transposed(input, weight, bias, stride, padding, output_padding, groups, dilation)


def _general_meta(
    input: TensorMeta, weight: TensorMeta, bias: Any, stride: Any, padding: Any, dilation: Any,
    transposed: bool, output_padding: Any, groups: int, *_: bool,
) -> TensorMeta:  # fmt: skip
    if transposed:
        return _transposed_meta(
            input, weight, bias, stride, padding, output_padding, groups, dilation
        )
    return _plain_meta(input, weight, bias, stride, padding, dilation, groups)


_GENERAL = (
    "(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding,"
    " SymInt[] dilation, bool transposed, {extra}[] output_padding, SymInt groups"
)


def _general_samples() -> list[Sample]:
    x = tensor(2, 4, 7, 6)
    return [
        Sample(x, tensor(6, 4, 3, 2), tensor(6), [1, 2], [1, 0], [1, 1], False, [0, 0], 1),
        Sample(x, tensor(4, 6, 3, 2), None, [2, 2], [1, 0], [1, 1], True, [1, 0], 1),
    ]


def _traced_samples(*flags: bool) -> list[Sample]:
    return [Sample(*sample.args, *flags) for sample in _general_samples()]


@operator(
    f"aten::convolution{_GENERAL.format(extra='SymInt')}) -> Tensor",
    meta=_general_meta,
    out=True,
    samples=_general_samples,
)
@operator(
    f"aten::_convolution.deprecated{_GENERAL.format(extra='int')}, bool benchmark,"
    " bool deterministic, bool cudnn_enabled) -> Tensor",
    meta=_general_meta,
    samples=lambda: _traced_samples(False, False, True),
)
@operator(
    f"aten::_convolution{_GENERAL.format(extra='SymInt')}, bool benchmark,"
    " bool deterministic, bool cudnn_enabled, bool allow_tf32) -> Tensor",
    meta=_general_meta,
    out=True,
    samples=lambda: _traced_samples(False, False, True, True),
)
def convolution(
    input: np.ndarray, weight: np.ndarray, bias: Any, stride: Any, padding: Any, dilation: Any,
    transposed: bool, output_padding: Any, groups: int, *flags: bool,
) -> np.ndarray:  # fmt: skip
    """Any convolution, as traces record it; the flags at the end chose implementations once."""
    if transposed:
        return _run_transposed(
            input, weight, bias, stride, padding, output_padding, groups, dilation
        )
    return _run(input, weight, bias, stride, padding, dilation, groups)
