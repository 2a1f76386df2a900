"""Samples that elementwise operators share: shapes that broadcast, dtypes that promote.

Not a family: no operator is declared here.
"""

from __future__ import annotations

import numpy as np

from ops_registry import dtypes
from ops_registry.samples import Rejected, Sample, array, tensor

INTS = (dtypes.uint8, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64)
HALVES = (dtypes.float16, dtypes.bfloat16)


def binary_samples() -> list[Sample]:
    """Two tensors: shapes that broadcast, empty, 0-dim, and the promotions between dtypes."""
    pairs = [
        Sample(tensor(3, 4), tensor(3, 4, seed=1)),
        Sample(tensor(3, 1), tensor(2, 1, 4, seed=1)),
        Sample(tensor(0, 3), tensor(1, 3)),
        Sample(tensor(), tensor(seed=1)),
        Sample(tensor(3, 4).T, tensor(4, 3, dtype=dtypes.float64)),
        Sample(tensor(3), tensor(dtype=dtypes.float64, seed=2)),
        Sample(tensor(5, dtype=dtypes.int32), tensor(seed=2)),
        Sample(array([np.nan, np.inf, -np.inf, 0.0, -0.0]), array([1.0, np.inf, 2.0, 3.0, 0.5])),
    ]
    pairs += [Sample(tensor(4, dtype=d), tensor(4, dtype=d, low=1, high=5, seed=1)) for d in INTS]
    pairs += [Sample(tensor(6, dtype=d), tensor(6, dtype=d, seed=1)) for d in HALVES]
    return pairs


def scalar_samples() -> list[Sample]:
    """A tensor and a scalar, over the categories of both."""
    return [
        Sample(tensor(3, 4), 2),
        Sample(tensor(3, 4), 0.3),
        Sample(tensor(), 1.5),
        Sample(tensor(0), 2),
        Sample(tensor(4, dtype=dtypes.int32), 3),
        Sample(tensor(4, dtype=dtypes.int32), 2.5),
        Sample(tensor(4, dtype=dtypes.uint8), 3),
        Sample(tensor(4, dtype=dtypes.uint8), -1),
        Sample(tensor(4, dtype=dtypes.bool_), 3),
        Sample(tensor(4, dtype=dtypes.bool_), 1.5),
        Sample(tensor(6, dtype=dtypes.float16), 0.3),
        Sample(tensor(6, dtype=dtypes.bfloat16), 0.3),
        Sample(tensor(2, dtype=dtypes.complex64), 2.0),
    ]


def mismatched() -> list[Rejected]:
    """Two tensors whose shapes do not broadcast."""
    return [Rejected(tensor(3), tensor(4))]
