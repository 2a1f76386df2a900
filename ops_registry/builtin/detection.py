"""Operators of torchvision that detectors need: choosing boxes, and looking inside them."""

from __future__ import annotations

import math

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


def _roi_align_meta(
    input: TensorMeta,
    rois: TensorMeta,
    spatial_scale: float,
    pooled_height: int,
    pooled_width: int,
    sampling_ratio: int,
    aligned: bool,
) -> TensorMeta:
    if input.ndim != 4:
        raise RuntimeError(f"feature maps have the shape [N, C, H, W], not {list(input.shape)}")
    if rois.ndim != 2 or rois.shape[1] != 5:
        raise RuntimeError(f"regions have the shape [K, 5], not {list(rois.shape)}")
    if rois.dtype is not input.dtype:
        raise RuntimeError(f"regions of {rois.dtype!r} lie in feature maps of {input.dtype!r}")
    return TensorMeta(input.dtype, (rois.shape[0], input.shape[1], pooled_height, pooled_width))


_REGIONS = [
    [0.0, 1.0, 1.0, 6.0, 5.0],
    [1.0, -2.0, 0.5, 3.0, 20.0],
    [1.0, 4.0, 4.0, 4.2, 4.2],
    [0.0, 30.0, 30.0, 40.0, 40.0],
]


@operator(
    "torchvision::roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height,"
    " SymInt pooled_width, int sampling_ratio, bool aligned) -> Tensor",
    meta=_roi_align_meta,
    samples=lambda: [
        Sample(tensor(2, 3, 8, 9), array(_REGIONS), 1.0, 2, 3, 2, False),
        Sample(tensor(2, 3, 8, 9), array(_REGIONS), 0.5, 3, 2, -1, True),
        Sample(
            tensor(2, 1, 5, 5, dtype=dtypes.float64),
            array(_REGIONS, dtypes.float64), 1.0, 1, 1, 0, False,
        ),
        Sample(tensor(2, 3, 8, 9), tensor(0, 5), 1.0, 2, 2, 2, True),
    ],
    rejects=lambda: [
        Rejected(tensor(3, 8, 9), array(_REGIONS), 1.0, 2, 2, 2, False),
        Rejected(tensor(2, 3, 8, 9), tensor(3, 4), 1.0, 2, 2, 2, False),
    ],
)  # fmt: skip
def roi_align(
    input: Array,
    rois: Array,
    spatial_scale: float,
    pooled_height: int,
    pooled_width: int,
    sampling_ratio: int,
    aligned: bool,
) -> Array:
    """Each region of the feature maps, resampled bilinearly to one size.

    Shapes: ``input`` (N, C, H, W); ``rois`` (K, 5) holds the number of the map and the corners
    ``x1, y1, x2, y2`` in units of the image, of which ``spatial_scale`` makes units of the map;
    the result is (K, C, pooled_height, pooled_width). Every element is the mean of
    ``sampling_ratio`` by ``sampling_ratio`` points; as many as cover the region when it is 0 or
    less. ``aligned`` shifts by the half a pixel by which indices and continuous coordinates differ.
    """
    maps = widened(input)
    result = np.zeros((len(rois), maps.shape[1], pooled_height, pooled_width), maps.dtype)
    shift = 0.5 if aligned else 0.0
    for region, pooled in zip(widened(rois), result, strict=True):
        x1, y1, x2, y2 = (float(corner) * spatial_scale - shift for corner in region[1:])
        smallest = -math.inf if aligned else 1.0
        height, width = max(y2 - y1, smallest), max(x2 - x1, smallest)
        top, rows = _pooling_weights(y1, height, pooled_height, sampling_ratio, maps.shape[2])
        left, columns = _pooling_weights(x1, width, pooled_width, sampling_ratio, maps.shape[3])
        part = maps[int(region[0]), :, top : top + rows.shape[1], left : left + columns.shape[1]]
        pooled[...] = rows.astype(maps.dtype) @ part @ columns.astype(maps.dtype).T
    return result


def _pooling_weights(
    start: float, length: float, bins: int, ratio: int, extent: int
) -> tuple[int, Array]:
    """How one dimension of a region is pooled: the first index, and weights (bins, indices).

    Bilinear interpolation and the mean are both linear and both separable.
    """
    points = ratio if ratio > 0 else max(math.ceil(length / bins), 0)
    weights = np.zeros((bins, extent))
    places = start + (np.arange(bins * points) + 0.5) * (length / bins / max(points, 1))
    inside = (places >= -1) & (places <= extent)
    bin_of = np.repeat(np.arange(bins), points)[inside]
    places = np.clip(places[inside], 0, extent - 1)
    low = places.astype(np.int64)
    upper = places - low
    np.add.at(weights, (bin_of, low), (1 - upper) / points)
    np.add.at(weights, (bin_of, np.minimum(low + 1, extent - 1)), upper / points)
    if not low.size:
        return 0, weights[:, :0]
    first, last = int(low.min()), min(int(low.max()) + 2, extent)
    return first, weights[:, first:last]
