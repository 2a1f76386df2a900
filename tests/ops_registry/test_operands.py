"""Scalars beside arrays, and half precision, where NumPy's rules are not PyTorch's."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from ops_registry.builtin.operands import arithmetic, compared, wrapped
from ops_registry.registry import registry


def call(run, name, *values):
    full, _, overload = name.partition(".")
    operator = registry().operator(f"aten::{full}", overload)
    values = [*values, *(a.default for a in operator.schema.arguments[len(values) :])]
    return run(operator, values)


def test_integers_wrap_around_beside_narrow_dtypes(run):
    x = np.array([1, 255], np.uint8)
    assert call(run, "add.Scalar", x, 300).tolist() == [45, 43]
    assert call(run, "add.Scalar", x, -1).tolist() == [0, 254]
    assert call(run, "eq.Scalar", x, -1).tolist() == [False, True]
    assert int(wrapped(2**40, np.dtype(np.int32))) == 0


def test_a_scalar_keeps_its_precision_beside_half_precision(run):
    x = np.array([9.0], ml_dtypes.bfloat16)
    result = call(run, "mul.Scalar", x, 0.1)
    assert result.dtype == ml_dtypes.bfloat16
    assert float(result[0]) == 0.8984375  # 0.90234375, were 0.1 rounded first
    assert arithmetic(x, 0.1)[0].dtype == np.float32


def test_a_scalar_is_rounded_where_it_is_compared_with_half_precision():
    x = np.array([0.1], ml_dtypes.bfloat16)
    assert np.equal(*compared(x, 0.1)).all()


@pytest.mark.parametrize("name", ["floor_divide.Scalar", "remainder.Scalar", "fmod.Scalar"])
def test_dividing_integers_by_zero_raises(run, name):
    with pytest.raises(RuntimeError, match="zero"):
        call(run, name, np.array([5]), 0)


def test_dividing_floats_by_zero_does_not_raise(run):
    assert call(run, "div.Scalar", np.array([1.0, -1.0], np.float32), 0).tolist() == [
        np.inf,
        -np.inf,
    ]


@pytest.mark.parametrize("name", ["sub.Tensor", "rsub.Tensor"])
def test_bools_have_no_difference(run, name):
    x = np.array([True])
    with pytest.raises(RuntimeError, match="logical_xor"):
        call(run, name, x, x)


def test_negative_integer_powers(run):
    base, exponent = np.array([3, 1, -1, 0]), np.array([-1])
    assert call(run, "pow.Tensor_Tensor", base, exponent).tolist() == [0, 1, -1, 0]
    with pytest.raises(RuntimeError, match="negative"):
        call(run, "pow.Tensor_Scalar", base, -1)


def test_rounding_is_to_even_and_leaves_integers(run):
    assert call(run, "round", np.array([0.5, 1.5, -0.5])).tolist() == [0.0, 2.0, -0.0]
    assert call(run, "round", np.array([3])).dtype == np.int64


def test_the_sign_of_nan_is_zero(run):
    assert call(run, "sign", np.array([np.nan, -2.0])).tolist() == [0.0, -1.0]
