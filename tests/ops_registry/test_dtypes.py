"""Dtypes and their promotion, against PyTorch's table."""

from __future__ import annotations

import copy
import itertools
import pickle
from types import ModuleType

import ml_dtypes
import numpy as np
import pytest

from ops_registry import dtypes
from ops_registry.meta import TensorMeta, broadcast_shapes, result_dtype, wrap_dim, wrap_dims

PROMOTED = [d for d in dtypes.ALL if not d.name.startswith(("q", "float8", "complex32"))]


def test_a_dtype_survives_copy_and_pickle_as_itself() -> None:
    assert copy.deepcopy(dtypes.bfloat16) is dtypes.bfloat16
    assert pickle.loads(pickle.dumps(dtypes.int8)) is dtypes.int8


def test_numpy_dtypes_are_found_in_any_byte_order() -> None:
    assert dtypes.from_numpy(np.dtype(">f4")) is dtypes.float32
    assert dtypes.from_numpy(np.dtype(ml_dtypes.bfloat16)) is dtypes.bfloat16


@pytest.mark.parametrize("dtype", ["U3", "O", "M8[s]"])
def test_a_numpy_dtype_that_tensors_lack_is_refused(dtype: str) -> None:
    with pytest.raises(TypeError, match="tensors cannot hold"):
        dtypes.from_numpy(np.dtype(dtype))


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(ValueError, match="99 is not the code"):
        dtypes.from_code(99)


def test_only_floating_point_can_be_the_default() -> None:
    with pytest.raises(TypeError, match="must be a floating point"):
        dtypes.set_default_dtype(dtypes.int64)


def test_dimensions_rule_over_zero_dim_tensors_and_scalars() -> None:
    matrix = TensorMeta(dtypes.float16, (2, 2))
    scalar = TensorMeta(dtypes.float64, ())
    assert result_dtype(matrix, scalar, 1.5) is dtypes.float16
    assert result_dtype(TensorMeta(dtypes.int8, (1,)), scalar) is dtypes.float64
    assert result_dtype(TensorMeta(dtypes.bool_, (1,)), 3) is dtypes.int64
    assert result_dtype(matrix, 2j) is dtypes.complex32
    assert result_dtype(None, TensorMeta(dtypes.uint8, ()), True) is dtypes.uint8


def test_shapes_broadcast_or_say_where_they_do_not() -> None:
    assert broadcast_shapes((3, 1), (), (1, 4)) == (3, 4)
    assert broadcast_shapes((0,), (1,)) == (0,)
    with pytest.raises(RuntimeError, match="dimension 0 has 2 against 3"):
        broadcast_shapes((2,), (3,))


def test_dimensions_wrap_or_say_the_range() -> None:
    assert wrap_dim(-2, 3) == 1
    assert wrap_dim(-1, 0) == 0
    with pytest.raises(IndexError, match="allowed: -2 to 1"):
        wrap_dim(2, 2)
    with pytest.raises(RuntimeError, match="appears twice"):
        wrap_dims((0, -2), 2)


@pytest.mark.oracle
def test_promotion_is_pytorchs_for_every_pair(torch: ModuleType) -> None:
    for a, b in itertools.product(PROMOTED, repeat=2):
        try:
            expected = str(torch.promote_types(getattr(torch, a.name), getattr(torch, b.name)))
        except RuntimeError:
            with pytest.raises(RuntimeError):
                dtypes.promote(a, b)
            continue
        assert repr(dtypes.promote(a, b)) == expected, (a, b)


@pytest.mark.oracle
def test_result_type_is_pytorchs_for_every_category(torch: ModuleType) -> None:
    kinds = [dtypes.bool_, dtypes.uint8, dtypes.int64, dtypes.float16, dtypes.float64,
             dtypes.complex64]  # fmt: skip
    shapes: list[tuple[int, ...]] = [(), (2,)]
    for a, b in itertools.product(itertools.product(kinds, shapes), repeat=2):
        ours = result_dtype(TensorMeta(*a), TensorMeta(*b))
        x, y = (torch.zeros(s, dtype=getattr(torch, d.name)) for d, s in (a, b))
        assert repr(ours) == str(torch.result_type(x, y)), (a, b)
    for a, scalar in itertools.product(itertools.product(kinds, shapes), (True, 2, 2.5, 1j)):
        x = torch.zeros(a[1], dtype=getattr(torch, a[0].name))
        assert repr(result_dtype(TensorMeta(*a), scalar)) == str(torch.result_type(x, scalar))
