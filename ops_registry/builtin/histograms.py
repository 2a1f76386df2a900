"""Histograms with their edges: ``histogram`` and ``histogramdd``; ``histc`` is in `statistics`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ops_registry.builtin.operands import Array
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor


def _check(self: TensorMeta, weight: TensorMeta | None, counts: Sequence[int]) -> None:
    if not self.dtype.is_floating_point:
        raise RuntimeError(f"a histogram takes floating point tensors, not {self.dtype!r}")
    if weight is not None and weight.dtype is not self.dtype:
        raise RuntimeError(
            f"a histogram's weight has the dtype {self.dtype!r}, not {weight.dtype!r}"
        )
    if any(count < 1 for count in counts):
        raise RuntimeError(f"a histogram has at least one bin, not {list(counts)}")


def _even_edges(points: Array, counts: Sequence[int], range: Sequence[float] | None) -> list[Array]:
    """The edges of bins of equal width along each of the columns."""
    found = []
    for column, count in enumerate(counts):
        if range is not None:
            low, high = range[2 * column], range[2 * column + 1]
        elif len(points):
            low, high = float(points[:, column].min()), float(points[:, column].max())
        else:
            low, high = 0.0, 1.0
        if not (np.isfinite(low) and np.isfinite(high)) or low > high:
            raise RuntimeError(f"a histogram needs a finite range, not {low} to {high}")
        if low == high:
            low, high = low - 0.5, high + 0.5
        found.append(np.linspace(low, high, count + 1).astype(points.dtype))
    return found


def _counted(points: Array, edges: Sequence[Array], weight: Array | None, density: bool) -> Array:
    weights = None if weight is None else weight.reshape(-1).astype(np.float64)
    columns = points.astype(np.float64)
    inside = ~np.isnan(columns).any(1)
    places = []
    for column, edge in enumerate(edges):
        wide, values = edge.astype(np.float64), columns[:, column]
        inside &= (values >= wide[0]) & (values <= wide[-1])
        # the last bin includes its upper edge
        place = np.searchsorted(wide, values, "right") - 1
        places.append(np.clip(place, 0, len(edge) - 2))
    counts = np.zeros([len(edge) - 1 for edge in edges])
    where = tuple(place[inside] for place in places)
    np.add.at(counts, where, 1.0 if weights is None else weights[inside])
    if density:
        counts = counts / counts.sum()
        for axis, edge in enumerate(edges):
            widths = np.diff(edge.astype(np.float64))
            counts = counts / widths.reshape([-1 if d == axis else 1 for d in range(len(edges))])
    return counts.astype(points.dtype)


def _count_meta(
    self: TensorMeta, bins: int, range: object, weight: TensorMeta | None, density: bool
) -> tuple[TensorMeta, TensorMeta]:
    _check(self, weight, [bins])
    _check_weight(self.shape, weight)
    return TensorMeta(self.dtype, (bins,)), TensorMeta(self.dtype, (bins + 1,))


def _check_weight(shape: tuple[int, ...], weight: TensorMeta | None) -> None:
    if weight is not None and weight.shape != shape:
        raise RuntimeError(f"a weight of shape {list(weight.shape)} is not of {list(shape)}")


@operator(
    "aten::histogram.bin_ct(Tensor self, int bins=100, *, float[]? range=None,"
    " Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)",
    meta=_count_meta,
    out="bin_ct_out",
    samples=lambda: [
        Sample(tensor(4, 5), 6),
        Sample(tensor(20), 4, range=[-1.0, 1.0], density=True),
        Sample(tensor(5), 3, weight=tensor(5, low=0.0, high=1.0)),
        Sample(array([2.0, 2.0]), 2),
        Sample(tensor(0), 2),
    ],
    rejects=lambda: [Rejected(tensor(3), 0), Rejected(tensor(3), 2, weight=tensor(2))],
)
def histogram_bin_ct(
    self: Array,
    bins: int = 100,
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> tuple[Array, Array]:
    """How many elements (or what weight of them) lie in each of ``bins`` equal bins; the edges.

    The bins span ``range``, or all elements; the last includes its upper edge. Shapes: (bins,),
    (bins + 1,).
    """
    points = self.reshape(-1, 1)
    edges = _even_edges(points, [bins], range)
    return _counted(points, edges, weight, density), edges[0]


def _edges_meta(
    self: TensorMeta, bins: TensorMeta, weight: TensorMeta | None, density: bool
) -> tuple[TensorMeta, TensorMeta]:
    if bins.ndim != 1 or bins.size < 2:
        raise RuntimeError("histogram needs the edges of at least one bin in one dimension")
    if bins.dtype is not self.dtype:
        raise RuntimeError(f"histogram needs one dtype, not {self.dtype!r} and {bins.dtype!r}")
    _check(self, weight, [])
    _check_weight(self.shape, weight)
    return TensorMeta(self.dtype, (bins.size - 1,)), bins


@operator(
    "aten::histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None,"
    " bool density=False) -> (Tensor hist, Tensor bin_edges)",
    meta=_edges_meta,
    out="bins_tensor_out",
    samples=lambda: [
        Sample(tensor(4, 5), array([-1.0, 0.0, 0.5, 2.0])),
        Sample(tensor(20), array([-1.0, 0.0, 0.5]), density=True),
    ],
    rejects=lambda: [Rejected(tensor(3), tensor(2, 2))],
)
def histogram_bins_tensor(
    self: Array, bins: Array, weight: Array | None = None, density: bool = False
) -> tuple[Array, Array]:
    """``histogram`` with the edges of its bins given, in order."""
    return _counted(self.reshape(-1, 1), [bins], weight, density), bins.copy()


def _dd_meta(
    self: TensorMeta, bins: Sequence[int], range: Sequence[float] | None,
    weight: TensorMeta | None, density: bool,
) -> tuple[TensorMeta, list[TensorMeta]]:  # fmt: skip
    _check(self, weight, bins)
    if self.ndim < 2:
        raise RuntimeError("histogramdd needs at least 2 dimensions")
    if len(bins) != self.shape[-1]:
        raise RuntimeError(f"histogramdd needs {self.shape[-1]} numbers of bins, not {len(bins)}")
    if range is not None and len(range) != 2 * len(bins):
        raise RuntimeError("histogramdd needs two bounds a dimension")
    _check_weight(self.shape[:-1], weight)
    edges = [TensorMeta(self.dtype, (count + 1,)) for count in bins]
    return TensorMeta(self.dtype, tuple(bins)), edges


@operator(
    "aten::histogramdd(Tensor self, int[] bins, float[]? range=None, Tensor? weight=None,"
    " bool density=False) -> (Tensor hist, Tensor[] bin_edges)",
    meta=_dd_meta,
    samples=lambda: [
        Sample(tensor(10, 2), [3, 2]),
        Sample(tensor(10, 2), [3, 2], [-1.0, 1.0, 0.0, 1.0], density=True),
    ],
    rejects=lambda: [Rejected(tensor(4, 2), [2])],
)
def histogramdd(
    self: Array,
    bins: Sequence[int],
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> tuple[Array, list[Array]]:
    """How many points lie in each cell of a grid; the last dimension holds the coordinates.

    Shapes: (..., N) to (bins[0], ..., bins[N - 1]) and N tensors of edges.
    """
    points = self.reshape(-1, self.shape[-1])
    edges = _even_edges(points, bins, range)
    return _counted(points, edges, weight, density), edges


@operator(
    "aten::histogramdd.int_bins(Tensor self, int bins, float[]? range=None, Tensor? weight=None,"
    " bool density=False) -> (Tensor hist, Tensor[] bin_edges)",
    meta=lambda self, bins, range, weight, density: _dd_meta(
        self, [bins] * (self.shape[-1] if self.shape else 1), range, weight, density
    ),
    samples=lambda: [Sample(tensor(10, 2), 3)],
)
def histogramdd_int_bins(
    self: Array,
    bins: int,
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> tuple[Array, list[Array]]:
    """``histogramdd`` with as many bins along every dimension."""
    return histogramdd(self, [bins] * self.shape[-1], range, weight, density)


def _dd_edges_meta(
    self: TensorMeta, bins: Sequence[TensorMeta], range: Sequence[float] | None,
    weight: TensorMeta | None, density: bool,
) -> tuple[TensorMeta, list[TensorMeta]]:  # fmt: skip
    if any(edge.ndim != 1 or edge.size < 2 for edge in bins):
        raise RuntimeError("histogramdd needs the edges of at least one bin in one dimension")
    if any(edge.dtype is not self.dtype for edge in bins):
        raise RuntimeError("histogramdd needs edges of the dtype of the points")
    return _dd_meta(self, [edge.size - 1 for edge in bins], None, weight, density)


@operator(
    "aten::histogramdd.TensorList_bins(Tensor self, Tensor[] bins, float[]? range=None,"
    " Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor[] bin_edges)",
    meta=_dd_edges_meta,
    samples=lambda: [Sample(tensor(10, 2), [array([-1.0, 0.0, 1.0]), array([0.0, 1.0])])],
)
def histogramdd_edges(
    self: Array,
    bins: Sequence[Array],
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> tuple[Array, list[Array]]:
    """``histogramdd`` with the edges of the bins of each dimension given, in order."""
    points = self.reshape(-1, self.shape[-1])
    return _counted(points, bins, weight, density), list(bins)
