"""Padding: constant, reflected, replicated and circular.

All of them take the amounts as ``pad`` does: two numbers for each padded dimension, the last
dimension first; negative numbers crop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, Scalar, wrapped
from ops_registry.meta import Shape, TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor


def _padded_shape(shape: Shape, pad: Sequence[int]) -> Shape:
    if len(pad) % 2 != 0 or len(pad) > 2 * len(shape):
        raise RuntimeError(
            f"pad has two numbers for each of up to {len(shape)} dimensions, not {len(pad)}"
        )
    result = list(shape)
    for position in range(len(pad) // 2):
        dim = len(shape) - 1 - position
        before, after = pad[2 * position], pad[2 * position + 1]
        result[dim] += before + after
        if result[dim] < 0 or shape[dim] + min(before, 0) + min(after, 0) < 0:
            raise RuntimeError(
                f"padding of {before} and {after} takes more from dimension {dim} than the"
                f" {shape[dim]} elements it has"
            )
    return tuple(result)


def _constant_meta(self: TensorMeta, pad: Sequence[int], value: Scalar = 0) -> TensorMeta:
    return TensorMeta(self.dtype, _padded_shape(self.shape, pad))


@operator(
    "aten::constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor",
    meta=_constant_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 3), [1, 2]),
        Sample(tensor(2, 3), [1, -2, 0, 3], 2.5),
        Sample(tensor(2, 3, dtype=dtypes.int32), [1, 1], 7),
        Sample(tensor(2, 3), []),
        Sample(tensor(0, 3), [1, 1, 2, 0]),
        Sample(tensor(), []),
    ],
    rejects=lambda: [Rejected(tensor(2), [1]), Rejected(tensor(2), [-2, -1])],
)
def constant_pad_nd(self: Array, pad: Sequence[int], value: Scalar = 0) -> Array:
    """Surround with ``value``. Shapes: each padded dimension grows by its two numbers."""
    result = np.full(_padded_shape(self.shape, pad), wrapped(value, self.dtype), self.dtype)
    source: list[slice] = [slice(None)] * self.ndim
    target: list[slice] = [slice(None)] * self.ndim
    for position in range(len(pad) // 2):
        dim = self.ndim - 1 - position
        before, after = pad[2 * position], pad[2 * position + 1]
        source[dim] = slice(max(-before, 0), self.shape[dim] - max(-after, 0))
        target[dim] = slice(max(before, 0), result.shape[dim] - max(after, 0))
    result[tuple(target)] = self[tuple(source)]
    return result


def _reflected(extent: int, before: int, after: int) -> Array:
    if before >= extent or after >= extent:
        raise RuntimeError(
            f"a reflection of {before} and {after} needs more than the {extent} elements there are"
        )
    last = extent - 1
    return last - np.abs(last - np.abs(np.arange(-before, extent + after)))


def _replicated(extent: int, before: int, after: int) -> Array:
    if extent == 0:
        raise RuntimeError("a dimension without elements has none to replicate")
    return np.clip(np.arange(-before, extent + after), 0, extent - 1)


def _wrapped_around(extent: int, before: int, after: int) -> Array:
    if before > extent or after > extent:
        raise RuntimeError(
            f"circular padding of {before} and {after} goes around {extent} elements more than once"
        )
    # what is left after cropping goes around
    start = max(-before, 0)
    kept = extent - start - max(-after, 0)
    positions = np.arange(-max(before, 0), kept + max(after, 0))
    if kept <= 0 < len(positions):
        raise RuntimeError(f"circular padding of {before} and {after} leaves nothing to repeat")
    return start + positions % max(kept, 1)


_POSITIONS = {"reflect": _reflected, "replicate": _replicated, "circular": _wrapped_around}


def _border_meta(self: TensorMeta, pad: Sequence[int], mode: str) -> TensorMeta:
    """The meta of the modes that take what they add from the tensor itself."""
    dims = len(pad) // 2
    if len(pad) not in (2, 4, 6) or self.ndim not in (dims + 1, dims + 2):
        raise NotImplementedError(
            f"{mode} padding takes 2, 4 or 6 numbers for an input with one or two dimensions more"
            f" than are padded, not {len(pad)} for {self.ndim} dimensions"
        )
    needed = self.shape[self.ndim - dims - 1 :] if mode != "circular" else ()
    if 0 in needed:
        raise RuntimeError(f"{mode} padding needs elements, and there are none in {self.shape}")
    for p in range(dims):
        extent = self.shape[-1 - p]
        if extent + pad[2 * p] + pad[2 * p + 1] < 0:
            raise RuntimeError(f"{mode} padding of {list(pad)} takes more than there is")
    sizes = [
        len(_POSITIONS[mode](self.shape[-1 - p], pad[2 * p], pad[2 * p + 1]))
        for p in reversed(range(dims))
    ]
    if mode != "circular" and not any(sizes):
        raise RuntimeError(f"{mode} padding of {list(pad)} leaves nothing of {list(self.shape)}")
    shape = (*self.shape[: self.ndim - dims], *sizes)
    return TensorMeta(self.dtype, shape)


def _border(self: Array, pad: Sequence[int], mode: str) -> Array:
    dims = len(pad) // 2
    positions = [
        _POSITIONS[mode](self.shape[-1 - p], pad[2 * p], pad[2 * p + 1])
        for p in reversed(range(dims))
    ]
    index: tuple[Any, ...] = (..., *np.ix_(*positions))
    return np.ascontiguousarray(self[index])


def _reflection_meta(self: TensorMeta, padding: Sequence[int]) -> TensorMeta:
    return _border_meta(self, padding, "reflect")


def _replication_meta(self: TensorMeta, padding: Sequence[int]) -> TensorMeta:
    return _border_meta(self, padding, "replicate")


@operator("aten::reflection_pad1d(Tensor self, SymInt[2] padding) -> Tensor",
          meta=_reflection_meta, out=True,
          samples=lambda: [Sample(tensor(2, 4), [2, 3]), Sample(tensor(1, 2, 4), [1, -1])],
          rejects=lambda: [Rejected(tensor(2, 4), [4, 0]), Rejected(tensor(4), [1, 1])])  # fmt: skip
@operator("aten::reflection_pad2d(Tensor self, SymInt[4] padding) -> Tensor",
          meta=_reflection_meta, out=True,
          samples=lambda: [Sample(tensor(2, 4, 3), [1, 2, 3, 0])],
          rejects=lambda: [Rejected(tensor(4, 3), [1, 1, 1, 1])])  # fmt: skip
@operator("aten::reflection_pad3d(Tensor self, SymInt[6] padding) -> Tensor",
          meta=_reflection_meta, out=True,
          samples=lambda: [Sample(tensor(2, 4, 3, 3), [1, 2, 2, 0, 1, 1])])  # fmt: skip
def reflection_pad(self: Array, padding: Sequence[int]) -> Array:
    """Continue the last dimensions with their mirror image, the border itself not repeated.

    RuntimeError when a dimension is not longer than what is added to it.
    """
    return _border(self, padding, "reflect")


@operator("aten::replication_pad1d(Tensor self, SymInt[2] padding) -> Tensor",
          meta=_replication_meta, out=True,
          samples=lambda: [Sample(tensor(2, 4), [2, 5]), Sample(tensor(1, 2, 4), [1, -1])],
          rejects=lambda: [Rejected(tensor(4), [1, 1])])  # fmt: skip
@operator("aten::replication_pad2d(Tensor self, SymInt[4] padding) -> Tensor",
          meta=_replication_meta, out=True,
          samples=lambda: [Sample(tensor(2, 4, 3), [1, 2, 3, 0])])  # fmt: skip
@operator("aten::replication_pad3d(Tensor self, SymInt[6] padding) -> Tensor",
          meta=_replication_meta, out=True,
          samples=lambda: [Sample(tensor(2, 4, 3, 3), [1, 2, 2, 0, 1, 1])])  # fmt: skip
def replication_pad(self: Array, padding: Sequence[int]) -> Array:
    """Continue the last dimensions with the value at the border."""
    return _border(self, padding, "replicate")


def _pad_meta(
    self: TensorMeta, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> TensorMeta:
    if mode == "constant":
        return _constant_meta(self, pad)
    if mode not in _POSITIONS:
        raise NotImplementedError(
            f"a padding mode is constant, reflect, replicate or circular, not {mode}"
        )
    if value is not None and value != 0:
        raise RuntimeError(f"{mode} padding takes no value")
    return _border_meta(self, pad, mode)


@operator(
    'aten::pad(Tensor self, SymInt[] pad, str mode="constant", float? value=None) -> Tensor',
    meta=_pad_meta,
    samples=lambda: [
        Sample(tensor(2, 3), [1, 2]),
        Sample(tensor(2, 3), [1, 2], "constant", 1.5),
        Sample(tensor(2, 4), [2, 3], "reflect"),
        Sample(tensor(2, 4), [2, 3], "replicate"),
        Sample(tensor(1, 2, 4, 4), [1, 2, 0, 4], "circular"),
    ],
    rejects=lambda: [
        Rejected(tensor(2, 4), [5, 0], "circular"),
        Rejected(tensor(2, 4), [1, 0], "mirror"),
        Rejected(tensor(2, 4), [1, 0], "reflect", 2.0),
    ],
)
def pad(
    self: Array, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Array:
    """Pad the last dimensions in the given mode: constant, reflect, replicate or circular."""
    if mode == "constant":
        return constant_pad_nd(self, pad, 0 if value is None else value)
    return _border(self, pad, mode)
