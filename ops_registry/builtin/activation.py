"""Activations: relu and its relatives, softmax, gelu ..."""

from __future__ import annotations

import numpy as np

from ops_registry.meta import like
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor


@operator(
    "aten::relu(Tensor self) -> Tensor",
    meta=like("self"),
    inplace=True,
    out=True,
    derivative={"self": lambda grad, result: grad * (result > 0)},
    samples=lambda: [Sample(tensor(3, 4)), Sample(tensor(0)), Sample(tensor())],
    rejects=lambda: [Rejected("x", code="argument-type")],
)
def relu(self: np.ndarray) -> np.ndarray:
    """Rectified linear unit: ``max(self, 0)``, elementwise.

    Shapes: any shape; the result has the shape and dtype of ``self``.
    """
    return np.maximum(self, 0, out=...)
