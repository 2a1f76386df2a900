"""Running one record on arrays, as the generic tests and the tests of kernels do.

This is what the dispatcher does, without Tensors: promote as the record says, run the kernel
with floating point warnings off, make the result what the meta promised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ops_registry import dtypes
from ops_registry.meta import Promoting, TensorMeta, as_array, meta_of
from ops_registry.operator import Operator, fill_defaults


def metas(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return meta_of(value)
    if isinstance(value, list):
        return [metas(v) for v in value]
    return value


def typed(result: Any, meta: Any) -> Any:
    if isinstance(meta, TensorMeta):
        return as_array(result, meta)
    if isinstance(meta, tuple | list):
        return type(meta)(typed(r, m) for r, m in zip(result, meta, strict=True))
    return result


def promoted(operator: Operator, values: list[Any]) -> list[Any]:
    if not isinstance(operator.meta, Promoting):
        return values
    dtype = operator.meta.compute_dtype([metas(values[p]) for p in operator.operands]).numpy
    values = list(values)
    for position in operator.operands:
        value = values[position]
        if isinstance(value, np.ndarray):
            values[position] = value.astype(dtype, copy=False)
        elif isinstance(value, list):
            values[position] = [v.astype(dtype, copy=False) for v in value]
    return values


def run_record(operator: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The functional record's result for a call."""
    values = fill_defaults(operator.schema, args, kwargs)
    meta = operator.meta(*metas(values)) if operator.meta is not None else None
    with np.errstate(all="ignore"):
        result = operator.kernel(*promoted(operator, values))
    return typed(result, meta) if meta is not None else result


@pytest.fixture(scope="session")
def run() -> Callable[..., Any]:
    return run_record
