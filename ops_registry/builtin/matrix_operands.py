"""Operands of linear algebra: what they must be, samples of them, and LAPACK's failures.

Not a family: no operator is declared here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array
from ops_registry.dtypes import Dtype
from ops_registry.meta import TensorMeta
from ops_registry.samples import Rejected, Sample, tensor


class SingularMatrixError(RuntimeError):
    """A matrix has no inverse, or is not positive definite where that is needed."""


def fractional(self: TensorMeta, name: str) -> Dtype:
    if self.dtype.category < 2 or self.dtype.itemsize < 4:
        raise RuntimeError(f"{name} takes float32, float64 and complex tensors, not {self.dtype!r}")
    return self.dtype


def matrix_dtype(self: TensorMeta, name: str) -> Dtype:
    if self.ndim < 2:
        raise RuntimeError(f"{name} needs at least 2 dimensions, not {self.ndim}")
    return fractional(self, name)


def square_dtype(self: TensorMeta, name: str) -> Dtype:
    dtype = matrix_dtype(self, name)
    if self.shape[-1] != self.shape[-2]:
        raise RuntimeError(f"{name} needs square matrices, not of shape {list(self.shape[-2:])}")
    return dtype


def solved(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    except np.linalg.LinAlgError as error:
        raise SingularMatrixError(str(error)) from None


def well_conditioned(*batch: int, n: int = 3, dtype: Dtype = dtypes.float32) -> Array:
    """Square matrices that are far from singular."""
    matrix = tensor(*batch, n, n, dtype=dtype)
    return (matrix + 4 * np.eye(n)).astype(dtype.numpy)


def positive_definite(*batch: int, n: int = 3) -> Array:
    """Symmetric matrices with positive eigenvalues."""
    matrix = tensor(*batch, n, n, dtype=dtypes.float64)
    return (matrix @ matrix.swapaxes(-1, -2) + n * np.eye(n)).astype(np.float32)


def square_samples() -> list[Sample]:
    return [
        Sample(well_conditioned()),
        Sample(well_conditioned(2)),
        Sample(well_conditioned(n=2, dtype=dtypes.float64)),
        Sample(well_conditioned(dtype=dtypes.complex64)),
        Sample(tensor(0, 3, 3)),
    ]


def square_rejects() -> list[Rejected]:
    return [
        Rejected(tensor(2, 3)),
        Rejected(tensor(3)),
        Rejected(tensor(3, 3, dtype=dtypes.int64)),
    ]
