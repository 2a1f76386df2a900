"""The namespace ``geometry``: vectors in the last dimension, of any number of dimensions.

An overload set (``rotate``), an operator with a derived in-place form (``unit``, ``unit_``), and a
composite, written on other operators (``angle``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ops_registry.hookspecs import hookimpl
from ops_registry.meta import TensorMeta, like
from ops_registry.operator import Operator, declared_in, operator
from ops_registry.samples import Rejected, Sample, tensor


def _rotated(points: TensorMeta, turn: object) -> TensorMeta:
    """``rotate``'s meta: as the points, which must be of two dimensions (and no integers)."""
    if not points.shape or points.shape[-1] != 2:
        raise ValueError(
            f"geometry::rotate needs points of shape [..., 2], not {list(points.shape)}"
        )
    if not points.dtype.is_floating_point:
        raise TypeError(f"geometry::rotate needs a floating point dtype, not {points.dtype!r}")
    if isinstance(turn, TensorMeta) and turn.shape != (2, 2):
        raise ValueError(f"geometry::rotate needs a matrix of shape [2, 2], not {turn.shape}")
    return points


@operator(
    "geometry::rotate(Tensor points, float angle) -> Tensor",
    meta=_rotated,
    samples=lambda: [Sample(tensor(4, 3, 2), 0.5), Sample(tensor(2), -math.pi)],
    rejects=lambda: [Rejected(tensor(), 1.0), Rejected(tensor(2), "x", code="argument-type")],
)
@operator(
    "geometry::rotate.matrix(Tensor points, Tensor matrix) -> Tensor",
    meta=_rotated,
    samples=lambda: [Sample(tensor(5, 2), tensor(2, 2)), Sample(tensor(0, 2), tensor(2, 2))],
    rejects=lambda: [Rejected(tensor(5, 3), tensor(2, 2)), Rejected(tensor(5, 2), tensor(3, 3))],
)
def rotate(points: np.ndarray, turn: np.ndarray | float) -> np.ndarray:
    """The points turned about the origin: by an angle in radians, or by a matrix of shape [2, 2].

    Shapes: ``points`` [..., 2]; the result has the shape and dtype of ``points``.
    """
    if not isinstance(turn, np.ndarray):
        sine, cosine = math.sin(turn), math.cos(turn)
        turn = np.array([[cosine, -sine], [sine, cosine]])
    return (points @ turn.T.astype(points.dtype)).astype(points.dtype)


@operator(
    "geometry::unit(Tensor self, float eps=1e-12) -> Tensor",
    meta=like("self"),
    inplace=True,
    samples=lambda: [Sample(tensor(4, 3)), Sample(tensor(3), 1.0), Sample(tensor(0, 3))],
)
def unit(self: np.ndarray, eps: float) -> np.ndarray:
    """The vectors made one long; a shorter one than ``eps`` is divided by ``eps``.

    Shapes: [..., N]; the result has the shape and dtype of ``self``. ``unit_`` writes to it.
    """
    length = np.sqrt(np.sum(self * self, axis=-1, keepdims=True))
    return (self / np.maximum(length, eps)).astype(self.dtype)


@operator("geometry::angle(Tensor self, Tensor other) -> Tensor", kind="composite")
def angle(ops: Any, self: Any, other: Any) -> Any:
    """The angle between vectors, in radians. A trace shows the operators that it is written on.

    Shapes: [..., N] both, broadcast against each other; the result has one dimension less.
    """
    geometry = ops["geometry"]
    cosine = ops.sum(ops.mul(geometry.unit(self), geometry.unit(other)), [-1])
    return ops.acos(ops.clamp(cosine, -1.0, 1.0))


@hookimpl
def ops_registry_operators() -> Sequence[Operator]:
    """What the entry point in pyproject.toml leads to."""
    return declared_in(__name__)
