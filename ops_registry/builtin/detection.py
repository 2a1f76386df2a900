"""Operators of torchvision that detectors need: choosing boxes."""

from __future__ import annotations

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _nms_meta(dets: TensorMeta, scores: TensorMeta, iou_threshold: float) -> TensorMeta:
    if dets.ndim != 2 or dets.shape[1] != 4:
        raise RuntimeError(f"boxes have the shape [N, 4], not {list(dets.shape)}")
    if scores.shape != dets.shape[:1]:
        raise RuntimeError(f"{dets.shape[0]} boxes have scores of shape {list(scores.shape)}")
    if dets.dtype is not scores.dtype:
        raise RuntimeError(f"boxes of {dets.dtype!r} have scores of {scores.dtype!r}")
    return TensorMeta(dtypes.int64, (-1,))


_BOXES = [[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 3.0], [5.0, 5.0, 6.0, 6.0], [5.0, 5.0, 7.0, 6.0]]


@operator(
    "torchvision::nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    meta=_nms_meta,
    samples=lambda: [
        Sample(array(_BOXES), array([0.5, 0.9, 0.1, 0.3]), 0.5),
        Sample(array(_BOXES), array([0.5, 0.9, 0.1, 0.3]), 0.9),
        Sample(tensor(0, 4), tensor(0), 0.5),
    ],
    rejects=lambda: [
        Rejected(tensor(3, 5), tensor(3), 0.5),
        Rejected(tensor(3, 4), tensor(2), 0.5),
    ],
)
def nms(dets: Array, scores: Array, iou_threshold: float) -> Array:
    """Indices of the boxes that are left, the best scores first.

    ``dets`` (N, 4) has corners ``x1, y1, x2, y2``. A box goes when its intersection over union
    with a better one that stays is above ``iou_threshold``.
    """
    boxes = widened(dets)
    corners, opposite = boxes[:, :2], boxes[:, 2:]
    areas = (opposite - corners).prod(axis=1)
    order = np.argsort(-widened(scores), kind="stable")
    kept = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(best)
        sides = np.minimum(opposite[best], opposite[order])
        sides = np.maximum(sides - np.maximum(corners[best], corners[order]), 0)
        shared = sides.prod(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            order = order[~(shared / (areas[best] + areas[order] - shared) > iou_threshold)]
    return np.array(kept, np.int64)
