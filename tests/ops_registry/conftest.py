"""Running one record on arrays, as generated code does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from ops_registry.operator import Operator
from tscript.runtime.dispatch import call_arrays


def run_record(operator: Operator, values: Sequence[Any]) -> Any:
    """The record's result for all its arguments; arrays stand for tensors."""
    with np.errstate(all="ignore"):
        return call_arrays(operator, values)


@pytest.fixture(scope="session")
def run() -> Callable[..., Any]:
    return run_record
