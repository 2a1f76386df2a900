"""The values that operators compute are PyTorch's, as recorded by ``goldens.py``."""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from ops_registry.operator import fill_defaults

_specification = importlib.util.spec_from_file_location(
    "goldens", Path(__file__).with_name("goldens.py")
)
goldens = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(goldens)

RECORDED = goldens.recorded()
#: (rtol, atol): what two right implementations, and two processors, may differ by.
TOLERANCE = {2: (2e-2, 1e-2), 4: (1e-4, 1e-5), 8: (1e-7, 1e-8), 16: (1e-7, 1e-8)}
#: Decompositions that are unique only up to the sign of vectors.
UP_TO_SIGNS = ("aten::linalg_svd", "aten::svd", "aten::linalg_eig", "aten::linalg_eigh")


def tolerance(array):
    if array.dtype.kind not in "fcV":
        return 0, 0
    size = array.dtype.itemsize
    return TOLERANCE[4 if array.dtype == np.complex64 else size]


def test_most_operators_are_recorded():
    names = {operator.full_name for operator in goldens.recorded_operators()}
    known = {key.rpartition("/")[0] for key in RECORDED}
    assert len(names & known) >= 0.95 * len(names), "run tests/ops_registry/goldens.py"


@pytest.mark.parametrize("operator", goldens.recorded_operators(), ids=lambda op: op.full_name)
def test_values_are_pytorchs(run, operator):
    for number, sample in enumerate(operator.samples()):
        key = f"{operator.full_name}/{number}"
        fingerprint, expected = RECORDED.get(key, ("", []))
        if fingerprint != goldens.digest((sample.args, sample.kwargs)):
            continue  # new or changed since the recording; a test above counts the new ones
        args, kwargs = copy.deepcopy((sample.args, sample.kwargs))
        results = run(operator, fill_defaults(operator.schema, args, kwargs))
        for ours, theirs in zip(goldens.flat(results), expected, strict=True):
            rtol, atol = tolerance(np.asarray(ours))
            actual = goldens.plain(ours)
            assert actual.shape == theirs.shape, key
            if operator.full_name.startswith(UP_TO_SIGNS):
                actual, theirs = np.abs(actual), np.abs(theirs)
            np.testing.assert_allclose(
                actual, theirs, rtol=rtol, atol=atol, err_msg=f"{key} on {sample}"
            )
