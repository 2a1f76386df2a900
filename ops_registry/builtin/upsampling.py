"""Resizing: nearest, linear, cubic, and the last two with antialiasing.

Every mode is separable: along each dimension an output element is a weighted sum of a few input
elements, its *taps*. One kernel applies them, dimension by dimension, the last one first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor

#: Positions (out, taps) and weights (out, taps); weights of None are a plain selection.
Taps: TypeAlias = tuple[Array, "Array | None"]
#: input size, output size, align corners, scale factor (or None), float type -> taps
TapRule: TypeAlias = Callable[[int, int, bool, "float | None", Any], Taps]


def _step(extent: int, size: int, corners: bool, scale: float | None, real: Any) -> Any:
    """How far neighbouring output elements are apart in the input, as a number of type real."""
    if corners:
        return real(extent - 1) / real(size - 1) if size > 1 else real(0)
    if scale is not None and scale > 0:
        return real(1.0 / scale)
    return real(extent) / real(size)


def _nearest(extent: int, size: int, corners: bool, scale: float | None, real: Any) -> Taps:
    step = _step(extent, size, False, scale, np.float32)
    positions = np.floor(np.arange(size, dtype=np.float32) * step).astype(np.int64)
    return np.minimum(positions, extent - 1)[:, None], None


def _nearest_2d(extent: int, size: int, corners: bool, scale: float | None, real: Any) -> Taps:
    """As ``_nearest``; in two dimensions PyTorch keeps and doubles sizes whatever the factor is."""
    if size in (extent, 2 * extent):
        return (np.arange(size) // (size // extent))[:, None], None
    return _nearest(extent, size, corners, scale, real)


def _nearest_exact(extent: int, size: int, corners: bool, scale: float | None, real: Any) -> Taps:
    step = _step(extent, size, False, scale, np.float32)
    places = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * step
    return np.minimum(np.floor(places).astype(np.int64), extent - 1)[:, None], None


def _places(extent: int, size: int, corners: bool, scale: float | None, real: Any) -> Array:
    """Where in the input the middle of each output element is."""
    step = _step(extent, size, corners, scale, real)
    numbers = np.arange(size, dtype=real)
    return numbers * step if corners else (numbers + real(0.5)) * step - real(0.5)


def _linear(extent: int, size: int, corners: bool, scale: float | None, real: Any) -> Taps:
    places = np.maximum(_places(extent, size, corners, scale, real), real(0))
    first = np.minimum(places.astype(np.int64), extent - 1)
    second = np.minimum(first + 1, extent - 1)
    upper = np.clip(places - first.astype(real), 0, 1)
    return np.stack([first, second], 1), np.stack([1 - upper, upper], 1)


def _cubic_weight(distance: Array, a: float) -> Array:
    """Keys' convolution kernel with the parameter ``a``."""
    x = np.abs(distance)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _cubic(extent: int, size: int, corners: bool, scale: float | None, real: Any) -> Taps:
    places = _places(extent, size, corners, scale, real)
    base = np.floor(places)
    offsets = np.arange(-1, 3)
    weights = _cubic_weight((places - base)[:, None] - offsets.astype(real), -0.75)
    positions = np.clip(base.astype(np.int64)[:, None] + offsets, 0, extent - 1)
    return positions, weights.astype(real)


def _antialiased(reach: float, weigh: Callable[[Array], Array]) -> TapRule:
    """Taps that, when shrinking, cover all input elements that an output element stands for."""

    def taps(extent: int, size: int, corners: bool, scale: float | None, real: Any) -> Taps:
        step = float(_step(extent, size, corners, scale, real))
        stretch = max(step, 1.0)
        centres = step * (np.arange(size) + 0.5)
        first = np.maximum((centres - reach * stretch + 0.5).astype(np.int64), 0)
        last = np.minimum((centres + reach * stretch + 0.5).astype(np.int64), extent)
        positions = first[:, None] + np.arange(max(int((last - first).max()), 1))
        weights = weigh((positions - centres[:, None] + 0.5) / stretch)
        weights = np.where(positions < last[:, None], weights, 0.0)
        total = weights.sum(1, keepdims=True)
        weights /= np.where(total == 0, 1.0, total)
        return np.minimum(positions, extent - 1), weights.astype(real)

    return taps


_antialiased_linear = _antialiased(1.0, lambda x: np.maximum(1.0 - np.abs(x), 0.0))
_antialiased_cubic = _antialiased(2.0, lambda x: _cubic_weight(x, -0.5))
_antialiased_lanczos = _antialiased(
    3.0, lambda x: np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)
)


#: Rules that shift elements when a scale factor is given that leaves the size as it is.
_EVEN_AT_THE_SAME_SIZE = (_nearest, _nearest_2d, _nearest_exact, _cubic)


def _resized(
    source: Array,
    sizes: Sequence[int],
    rule: TapRule,
    corners: bool,
    scales: Sequence[float | None],
) -> Array:
    result = widened(source)
    real = np.float64 if source.dtype == np.float64 else np.float32
    for position in reversed(range(len(sizes))):
        axis = 2 + position
        if sizes[position] == result.shape[axis] and rule not in _EVEN_AT_THE_SAME_SIZE:
            continue
        indices, weights = rule(
            result.shape[axis], sizes[position], corners, scales[position], real
        )
        if weights is None:
            result = np.take(result, indices[:, 0], axis)
            continue
        shape = (-1, *[1] * (result.ndim - axis - 1))
        total = np.take(result, indices[:, 0], axis) * weights[:, 0].reshape(shape)
        for tap in range(1, indices.shape[1]):
            total += np.take(result, indices[:, tap], axis) * weights[:, tap].reshape(shape)
        result = total
    return result if result is not source else source.copy()


def _output_sizes(
    source: Any, sizes: Sequence[int] | None, factors: Sequence[float] | None, dims: int
) -> list[int]:
    """The sizes that are given, or the input's times the factors."""
    if (sizes is None) == (factors is None):
        raise RuntimeError("resizing takes either output_size or scale_factors")
    given = sizes if sizes is not None else factors
    assert given is not None
    if len(given) != dims:
        raise RuntimeError(f"resizing {dims} dimension(s) takes {dims} number(s), not {len(given)}")
    if sizes is not None:
        return list(sizes)
    assert factors is not None
    return [int(extent * factor) for extent, factor in zip(source.shape[2:], factors, strict=True)]


def _check(source: TensorMeta, sizes: Sequence[int], fractions: bool) -> TensorMeta:
    if source.ndim != len(sizes) + 2:
        raise RuntimeError(
            f"resizing {len(sizes)} dimension(s) takes an input of {len(sizes) + 2} dimensions,"
            f" not {source.ndim}"
        )
    if 0 in source.shape[1:] or min(sizes) <= 0:
        raise RuntimeError(
            f"sizes are positive, not {list(source.shape[1:])} resized to {list(sizes)}"
        )
    if fractions and not source.dtype.is_floating_point:
        raise RuntimeError(f"interpolation computes with fractions, not with {source.dtype!r}")
    return TensorMeta(source.dtype, (*source.shape[:2], *sizes))


def _declare(name: str, dims: int, rule: TapRule, doc: str, *, fractions: bool) -> None:
    """Declare both overloads of one mode for inputs with ``dims`` dimensions to resize."""
    corners = "bool align_corners, " if fractions else ""
    letters = {1: [""], 2: ["_h", "_w"], 3: ["_d", "_h", "_w"]}[dims]
    scales = ", ".join(f"float? scales{letter}=None" for letter in letters)
    source = (2, 3, 5, 4, 3)[: dims + 2]
    flag = (False,) if fractions else ()

    def meta(self: TensorMeta, output_size: Sequence[int], *rest: Any) -> TensorMeta:
        return _check(self, output_size, fractions)

    def vec_meta(input: TensorMeta, output_size: Sequence[int] | None, *rest: Any) -> TensorMeta:
        return _check(input, _output_sizes(input, output_size, rest[-1], dims), fractions)

    def kernel(self: Array, output_size: Sequence[int], *rest: Any) -> Array:
        aligned = rest[0] if fractions else False
        factors = rest[1:] if fractions else rest
        return _resized(self, output_size, rule, aligned, factors or (None,) * dims)

    def vec_kernel(input: Array, output_size: Sequence[int] | None, *rest: Any) -> Array:
        sizes = _output_sizes(input, output_size, rest[-1], dims)
        aligned = rest[0] if fractions else False
        return _resized(input, sizes, rule, aligned, rest[-1] or (None,) * dims)

    for function in (kernel, vec_kernel):
        function.__doc__ = doc
    operator(
        f"aten::{name}.vec(Tensor input, SymInt[]? output_size, {corners}float[]? scale_factors)"
        " -> Tensor",
        meta=vec_meta,
        samples=lambda: [
            Sample(tensor(*source), [4] * dims, *flag, None),
            Sample(tensor(*source), None, *flag, [1.7] * dims),
            Sample(tensor(*source), None, *(True,) * fractions, [0.6] * dims),
            Sample(tensor(*source, dtype=dtypes.float64), [7] * dims, *(True,) * fractions, None),
            Sample(tensor(0, *source[1:]), [2] * dims, *flag, None),
            # PyTorch has no antialiasing of 16 bit floats to compare with
            *[
                Sample(tensor(*source, dtype=dtypes.bfloat16), [6] * dims, *flag, None)
                for _ in range(not name.endswith("_aa"))
            ],
        ],
        rejects=lambda: [
            Rejected(tensor(*source[1:]), [4] * dims, *flag, None),
            Rejected(tensor(*source), [4] * dims, *flag, [2.0] * dims),
            Rejected(tensor(*source), [0] * dims, *flag, None),
        ],
    )(vec_kernel)
    operator(
        f"aten::{name}(Tensor self, SymInt[{dims}] output_size, {corners}{scales}) -> Tensor",
        meta=meta,
        out=True,
        samples=lambda: [Sample(tensor(*source), [4] * dims, *flag)],
    )(kernel)


_SUFFIX = {1: "1d", 2: "2d", 3: "3d"}
for _dims, _suffix in _SUFFIX.items():
    _declare(
        f"upsample_nearest{_suffix}", _dims, _nearest_2d if _dims == 2 else _nearest,
        "Repeat the input element that starts at or before each output element.",
        fractions=False,
    )  # fmt: skip
    _declare(
        f"_upsample_nearest_exact{_suffix}", _dims, _nearest_exact,
        "Repeat the input element in which the middle of each output element lies.",
        fractions=False,
    )  # fmt: skip
for _dims, _name in enumerate(
    ("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"), 1
):
    _declare(
        _name, _dims, _linear,
        "Interpolate linearly between neighbouring input elements.",
        fractions=True,
    )  # fmt: skip
_declare(
    "upsample_bicubic2d", 2, _cubic,
    "Interpolate by Keys' cubic kernel over four input elements each way.",
    fractions=True,
)  # fmt: skip
_declare(
    "_upsample_bilinear2d_aa", 2, _antialiased_linear,
    "Interpolate linearly; when shrinking, over all elements an output element stands for.",
    fractions=True,
)  # fmt: skip
_declare(
    "_upsample_bicubic2d_aa", 2, _antialiased_cubic,
    "Interpolate cubically; when shrinking, over all elements an output element stands for.",
    fractions=True,
)  # fmt: skip
_declare(
    "_upsample_lanczos2d_aa", 2, _antialiased_lanczos,
    "Interpolate by a windowed sinc; when shrinking, over all elements an output one stands for.",
    fractions=True,
)  # fmt: skip
