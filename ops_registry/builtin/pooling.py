"""Pooling over one to three spatial dimensions: maximum, average, adaptive, and max-unpooling.

Shapes are (N, C, *spatial) or (C, *spatial). Indices of maxima count within a channel's image,
row by row, as PyTorch's do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator, operators
from ops_registry.precision import widened
from ops_registry.samples import Rejected, Sample, array, tensor
from ops_registry.sliding_windows import padded, per_dim, trailing, window_count, windows

_Sizes = Sequence[int] | int


class _Geometry:
    """Windows of a pooling over the trailing dimensions, after PyTorch's checks."""

    def __init__(
        self, shape: tuple[int, ...], spatial: int, kernel: _Sizes, stride: Any, padding: _Sizes,
        dilation: _Sizes, ceil: bool,
    ) -> None:  # fmt: skip
        if len(shape) not in (spatial + 1, spatial + 2):
            raise RuntimeError(
                f"pooling over {spatial} dimensions takes a tensor of {spatial + 1} or"
                f" {spatial + 2} dimensions, not of shape {list(shape)}"
            )
        if any(n == 0 for n in shape[len(shape) - spatial - 1 :]):
            raise RuntimeError(f"only the batch may be empty, not the shape {list(shape)}")
        self.kernel = per_dim(kernel, spatial, "kernel_size")
        empty = not isinstance(stride, int) and len(stride) == 0
        self.stride = self.kernel if empty else per_dim(stride, spatial, "stride")
        self.padding = per_dim(padding, spatial, "padding")
        self.dilation = per_dim(dilation, spatial, "dilation")
        self.sizes = shape[-spatial:]
        if min(self.kernel) <= 0 or min(self.stride) <= 0 or min(self.dilation) <= 0:
            raise RuntimeError("kernel_size, stride and dilation must be positive")
        for k, p, d in zip(self.kernel, self.padding, self.dilation, strict=True):
            if p < 0 or p > ((k - 1) * d + 1) // 2:
                raise RuntimeError(f"padding {p} is more than half of the kernel's {k}")
        self.counts = tuple(
            window_count(n, k, s, p, d, ceil=ceil)
            for n, k, s, p, d in zip(
                self.sizes, self.kernel, self.stride, self.padding, self.dilation, strict=True
            )
        )
        if min(self.counts) <= 0:
            raise RuntimeError(
                f"no window of {list(self.kernel)} fits into {list(self.sizes)} with padding"
                f" {list(self.padding)}"
            )
        self.shape = (*shape[:-spatial], *self.counts)
        # A partial last window, and a stride that steps over the end, reach beyond the padding.
        self.after = tuple(
            max((c - 1) * s + d * (k - 1) + 1 - n - p, 0)
            for n, k, s, p, d, c in zip(
                self.sizes, self.kernel, self.stride, self.padding, self.dilation, self.counts,
                strict=True,
            )
        )  # fmt: skip

    def view(self, x: np.ndarray, fill: float) -> np.ndarray:
        """All windows of ``x``, the outside being ``fill``: ``(*lead, *counts, *kernel)``."""
        whole = padded(x, self.padding, self.after, fill)
        return windows(whole, self.kernel, self.stride, self.dilation, self.counts)


def _lowest(x: np.ndarray) -> Any:
    if x.dtype.kind in "iu":
        return np.iinfo(x.dtype).min
    return -np.inf


def _max_meta(spatial: int, indices: bool) -> Any:
    def meta(
        self: TensorMeta,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        ceil_mode: bool,
    ) -> Any:
        g = _Geometry(self.shape, spatial, kernel_size, stride, padding, dilation, ceil_mode)
        values = TensorMeta(self.dtype, g.shape)
        return (values, TensorMeta(dtypes.int64, g.shape)) if indices else values

    return meta


def _max_with_indices(x: np.ndarray, g: _Geometry) -> tuple[np.ndarray, np.ndarray]:
    spatial = len(g.kernel)
    view = g.view(x, _lowest(x))
    flat = view.reshape(*view.shape[:-spatial], int(np.prod(g.kernel)))
    # The first maximum wins; a NaN beats every number, and the last one wins.
    place = flat.argmax(axis=-1)
    if x.dtype.kind == "f" or x.dtype.kind == "V":
        nan = np.isnan(flat)
        last = flat.shape[-1] - 1 - nan[..., ::-1].argmax(axis=-1)
        place = np.where(nan.any(axis=-1), last, place)
    values = np.take_along_axis(flat, place[..., None], axis=-1)[..., 0]
    offsets = np.unravel_index(place, g.kernel)
    index = np.zeros(place.shape, np.int64)
    for axis in range(spatial):
        start = np.arange(g.counts[axis]) * g.stride[axis] - g.padding[axis]
        start = start.reshape(-1, *(1,) * (spatial - axis - 1))
        index = index * g.sizes[axis] + start + offsets[axis] * g.dilation[axis]
    return values, index


def _max(x: np.ndarray, g: _Geometry) -> np.ndarray:
    """The maximum, by comparing shifted slices: much faster than reducing windows."""
    whole = padded(x, g.padding, g.after, _lowest(x))
    result: np.ndarray | None = None
    for offset in np.ndindex(*g.kernel):
        shifted = [
            slice(o * d, o * d + (c - 1) * s + 1, s)
            for o, d, c, s in zip(offset, g.dilation, g.counts, g.stride, strict=True)
        ]
        part = whole[trailing(shifted)]
        result = part.copy() if result is None else np.maximum(result, part, out=result)
    assert result is not None
    return result


def _max_schema(spatial: int, indices: bool) -> str:
    n = f"int[{spatial}]"
    zero, one = ("[0]", "[1]") if spatial == 1 else ("0", "1")
    name = f"max_pool{spatial}d" + ("_with_indices" if indices else "")
    return (
        f"aten::{name}(Tensor self, {n} kernel_size, {n} stride=[], {n} padding={zero},"
        f" {n} dilation={one}, bool ceil_mode=False) -> {'(Tensor, Tensor)' if indices else 'Tensor'}"
    )


def _samples(spatial: int) -> list[Sample]:
    shape = (2, 3, 7, 6, 5)[: spatial + 2]
    ones = [1] * spatial
    integers = Sample(tensor(*shape, dtype=dtypes.int64), [2] * spatial)
    return [
        Sample(tensor(*shape), [2] * spatial),
        Sample(tensor(*shape), [3] * spatial, [2] * spatial, ones),
        Sample(tensor(*shape), [3] * spatial, [2] * spatial, ones, ones, True),
        Sample(tensor(*shape[1:]), [2] * spatial, ones, [0] * spatial, [2] * spatial),
        Sample(tensor(0, *shape[1:]), [2] * spatial),
        *([integers] if spatial > 1 else []),
    ]


def _bad(spatial: int) -> list[Rejected]:
    shape = (2, 3, 7, 6, 5)[: spatial + 2]
    return [
        Rejected(tensor(*shape), [9] * spatial),
        Rejected(tensor(*shape), [2] * spatial, [2] * spatial, [2] * spatial),
        Rejected(tensor(3), [2] * spatial),
    ]


def _declare_max(spatial: int) -> None:
    def kernel(
        self: np.ndarray, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        ceil_mode: bool,
    ) -> np.ndarray:  # fmt: skip
        g = _Geometry(self.shape, spatial, kernel_size, stride, padding, dilation, ceil_mode)
        return _max(self, g)

    kernel.__doc__ = f"""The largest element of each window over {spatial} dimensions.

    ``stride`` is the kernel's size when it is empty; the padding never wins. RuntimeError when no
    window fits.
    """
    operator(
        _max_schema(spatial, False), meta=_max_meta(spatial, False),
        samples=lambda: _samples(spatial), rejects=lambda: _bad(spatial),
    )(kernel)  # fmt: skip

    def with_indices(
        self: np.ndarray, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        ceil_mode: bool,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        g = _Geometry(self.shape, spatial, kernel_size, stride, padding, dilation, ceil_mode)
        return _max_with_indices(self, g)

    with_indices.__doc__ = f"""The largest element of each window over {spatial} dimensions, and
    where in its channel's image it stands."""
    operator(
        _max_schema(spatial, True), meta=_max_meta(spatial, True),
        samples=lambda: [*_samples(spatial), *_nan_samples(spatial)],
    )(with_indices)  # fmt: skip


def _nan_samples(spatial: int) -> list[Sample]:
    values = np.resize(array([1.0, np.nan, 3.0, 3.0, -np.inf, -np.inf, 2.0]), 216)
    return [Sample(values.reshape(-1, *(6,) * spatial), [2] * spatial)]


for _spatial in (1, 2, 3):
    _declare_max(_spatial)


# Average.


def _average_meta(spatial: int) -> Any:
    def meta(
        self: TensorMeta, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
        count_include_pad: bool, divisor_override: int | None = None,
    ) -> TensorMeta:  # fmt: skip
        if divisor_override == 0:
            raise RuntimeError("divisor_override must not be zero")
        g = _Geometry(self.shape, spatial, kernel_size, stride, padding, 1, ceil_mode)
        return TensorMeta(self.dtype, g.shape)

    return meta


def _average(x: np.ndarray, g: _Geometry, include_padding: bool, divisor: int | None) -> np.ndarray:
    spatial = len(g.kernel)
    view = g.view(widened(x), 0)
    axes = tuple(range(view.ndim - spatial, view.ndim))
    total = view.sum(axis=axes, dtype=view.dtype)
    if divisor is not None:
        return total / view.dtype.type(divisor)
    count = np.ones(())
    for axis in range(spatial):
        start = np.arange(g.counts[axis]) * g.stride[axis] - g.padding[axis]
        end = start + g.kernel[axis]
        if include_padding:
            end = np.minimum(end, g.sizes[axis] + g.padding[axis])
        else:
            start, end = np.maximum(start, 0), np.minimum(end, g.sizes[axis])
        extent = (end - start).reshape(-1, *(1,) * (spatial - axis - 1))
        count = count * extent
    return total / count.astype(view.dtype)


def _average_schema(spatial: int) -> str:
    n = f"int[{spatial}]"
    zero = "[0]" if spatial == 1 else "0"
    override = "" if spatial == 1 else ", int? divisor_override=None"
    return (
        f"aten::avg_pool{spatial}d(Tensor self, {n} kernel_size, {n} stride=[], {n} padding={zero},"
        f" bool ceil_mode=False, bool count_include_pad=True{override}) -> Tensor"
    )


def _declare_average(spatial: int) -> None:
    def kernel(
        self: np.ndarray, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
        count_include_pad: bool, divisor_override: int | None = None,
    ) -> np.ndarray:  # fmt: skip
        g = _Geometry(self.shape, spatial, kernel_size, stride, padding, 1, ceil_mode)
        return _average(self, g, count_include_pad, divisor_override)

    kernel.__doc__ = f"""The mean of each window over {spatial} dimensions.

    Zeros of the padding count unless ``count_include_pad`` is False; ``divisor_override`` divides
    by a number of one's own. RuntimeError when no window fits.
    """
    shape = (2, 3, 7, 6, 5)[: spatial + 2]
    ones = [1] * spatial

    def samples() -> list[Sample]:
        found = [
            Sample(tensor(*shape), [2] * spatial),
            Sample(tensor(*shape), [3] * spatial, [2] * spatial, ones),
            Sample(tensor(*shape), [3] * spatial, [2] * spatial, ones, True, False),
            Sample(tensor(*shape), [3] * spatial, [2] * spatial, ones, True),
            Sample(tensor(*shape[1:]), [2] * spatial, ones),
        ]
        if spatial > 1:
            found.append(Sample(tensor(*shape), [2] * spatial, divisor_override=3))
        return found

    operator(
        _average_schema(spatial), meta=_average_meta(spatial), out=True, samples=samples,
        rejects=lambda: _bad(spatial),
    )(kernel)  # fmt: skip


for _spatial in (1, 2, 3):
    _declare_average(_spatial)


# Adaptive.


def _adaptive_sizes(shape: tuple[int, ...], output_size: _Sizes, spatial: int) -> tuple[int, ...]:
    if len(shape) not in (spatial + 1, spatial + 2):
        raise RuntimeError(
            f"adaptive pooling over {spatial} dimensions takes a tensor of {spatial + 1} or"
            f" {spatial + 2} dimensions, not of shape {list(shape)}"
        )
    if any(n == 0 for n in shape[-spatial:]):
        raise RuntimeError(f"only the batch may be empty, not the shape {list(shape)}")
    sizes = per_dim(output_size, spatial, "output_size")
    if min(sizes) < 0:
        raise RuntimeError(f"output_size must not be negative: {list(sizes)}")
    return (*shape[:-spatial], *sizes)


def _bounds(size: int, parts: int) -> list[tuple[int, int]]:
    """Where each of ``parts`` slices of an extent begins and ends; they may overlap."""
    return [(i * size // parts, -(-(i + 1) * size // parts)) for i in range(parts)]


def _adaptive_average_meta(spatial: int) -> Any:
    def meta(self: TensorMeta, output_size: Any) -> TensorMeta:
        return TensorMeta(self.dtype, _adaptive_sizes(self.shape, output_size, spatial))

    return meta


def _adaptive_average(x: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Average one dimension after the other; the mean over a box is the mean of means."""
    x = widened(x)
    for axis, parts in enumerate(sizes, x.ndim - len(sizes)):
        extent = x.shape[axis]
        if parts and extent % parts == 0:
            split = (*x.shape[:axis], parts, extent // parts, *x.shape[axis + 1 :])
            x = x.reshape(split).mean(axis=axis + 1, dtype=x.dtype)
            continue
        pieces = [
            x[(slice(None),) * axis + (slice(a, b),)].mean(axis=axis, keepdims=True, dtype=x.dtype)
            for a, b in _bounds(extent, parts)
        ]
        empty = np.empty((*x.shape[:axis], 0, *x.shape[axis + 1 :]), x.dtype)
        x = np.concatenate(pieces, axis=axis) if pieces else empty
    return x


def _adaptive_samples(spatial: int) -> list[Sample]:
    shape = (2, 3, 7, 6, 5)[: spatial + 2]
    return [
        Sample(tensor(*shape), [1] * spatial),
        Sample(tensor(*shape), [3] * spatial),
        Sample(tensor(*shape[1:]), [8] * spatial),
    ]


def _declare_adaptive(spatial: int) -> None:
    def average(self: np.ndarray, output_size: Any) -> np.ndarray:
        return _adaptive_average(self, per_dim(output_size, spatial, "output_size"))

    average.__doc__ = f"The mean of each of ``output_size`` even parts of {spatial} dimensions."
    kind = "int" if spatial == 1 else "SymInt"
    prefixes = [""] if spatial == 1 else ["", "_"]
    operators(
        *(
            f"aten::{prefix}adaptive_avg_pool{spatial}d(Tensor self, {kind}[{spatial}] output_size)"
            " -> Tensor"
            for prefix in prefixes
        ),
        meta=_adaptive_average_meta(spatial), out=True, samples=lambda: _adaptive_samples(spatial),
        rejects=lambda: [Rejected(tensor(3), [1] * spatial)],
    )(average)  # fmt: skip

    def largest(self: np.ndarray, output_size: Any) -> tuple[np.ndarray, np.ndarray]:
        sizes = per_dim(output_size, spatial, "output_size")
        return _adaptive_max(self, sizes)

    largest.__doc__ = f"""The largest element of each of ``output_size`` even parts of {spatial}
    dimensions, and where in its channel's image it stands."""

    def meta(self: TensorMeta, output_size: Any) -> tuple[TensorMeta, TensorMeta]:
        shape = _adaptive_sizes(self.shape, output_size, spatial)
        return TensorMeta(self.dtype, shape), TensorMeta(dtypes.int64, shape)

    operator(
        f"aten::adaptive_max_pool{spatial}d(Tensor self, int[{spatial}] output_size)"
        " -> (Tensor, Tensor)",
        meta=meta, samples=lambda: _adaptive_samples(spatial),
        rejects=lambda: [Rejected(tensor(3), [1] * spatial)],
    )(largest)  # fmt: skip


def _adaptive_max(x: np.ndarray, sizes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    spatial = len(sizes)
    lead, image = x.shape[:-spatial], x.shape[-spatial:]
    values = np.empty((*lead, *sizes), x.dtype)
    indices = np.empty((*lead, *sizes), np.int64)
    numbers = np.arange(int(np.prod(image))).reshape(image)
    bounds = [_bounds(n, parts) for n, parts in zip(image, sizes, strict=True)]
    for place in np.ndindex(*sizes):
        box = tuple(slice(*bounds[axis][i]) for axis, i in enumerate(place))
        part = x[trailing(box)].reshape(*lead, -1)
        best = part.argmax(axis=-1)
        values[trailing(place)] = np.take_along_axis(part, best[..., None], axis=-1)[..., 0]
        indices[trailing(place)] = numbers[box].reshape(-1)[best]
    return values, indices


for _spatial in (1, 2, 3):
    _declare_adaptive(_spatial)


# Unpooling.


def _unpool_meta(spatial: int) -> Any:
    def meta(self: TensorMeta, indices: TensorMeta, output_size: Any, *_: Any) -> TensorMeta:
        if self.shape != indices.shape:
            raise RuntimeError(
                f"values of shape {list(self.shape)} and indices of shape {list(indices.shape)}"
            )
        sizes = per_dim(output_size, spatial, "output_size")
        return TensorMeta(self.dtype, (*self.shape[:-spatial], *sizes))

    return meta


def _pooled(spatial: int) -> Sample:
    image = np.arange(1.0, 4.0**spatial + 1, dtype=np.float32).reshape(1, *(4,) * spatial)
    g = _Geometry(image.shape, spatial, 2, [], 0, 1, False)
    values, indices = _max_with_indices(image, g)
    size = list(image.shape[1:])
    extra = () if spatial == 2 else ([2, 2, 2], [0, 0, 0])
    return Sample(values, indices, size, *extra)


@operator(
    "aten::max_unpool2d(Tensor self, Tensor indices, SymInt[2] output_size) -> Tensor",
    meta=_unpool_meta(2),
    out=True,
    samples=lambda: [_pooled(2)],
    rejects=lambda: [Rejected(tensor(1, 2, 2), array([[[0, 1]]], dtypes.int64), [4, 4])],
)
@operator(
    "aten::max_unpool3d(Tensor self, Tensor indices, SymInt[3] output_size, int[3] stride,"
    " int[3] padding) -> Tensor",
    meta=_unpool_meta(3),
    out=True,
    samples=lambda: [_pooled(3)],
)
def max_unpool(
    self: np.ndarray, indices: np.ndarray, output_size: Any, *geometry: Any
) -> np.ndarray:
    """Put values back where a max pooling took them from; zeros elsewhere.

    RuntimeError for an index outside of the image.
    """
    spatial = 3 if geometry else 2
    sizes = per_dim(output_size, spatial, "output_size")
    area = int(np.prod(sizes))
    lead = self.shape[:-spatial]
    flat = np.zeros((int(np.prod(lead)), area), self.dtype)
    places = indices.reshape(len(flat), -1)
    if places.size and (places.min() < 0 or places.max() >= area):
        raise RuntimeError(f"an index is outside of the image of {area} elements")
    np.put_along_axis(flat, places, self.reshape(len(flat), -1), axis=1)
    return flat.reshape(*lead, *sizes)
