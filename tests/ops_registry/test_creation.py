"""Tensors made of sizes, values and ranges, beyond what the records' samples compare."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ops_registry import dtypes
from ops_registry.builtin.factories import CHANNELS_LAST, CHANNELS_LAST_3D, allocate, allocate_like
from ops_registry.fused import multiply_add
from ops_registry.operator import fill_defaults
from ops_registry.registry import registry

Run = Callable[..., Any]


def made(run: Run, name: str, *args: Any, overload: str = "", **kwargs: Any) -> np.ndarray:
    operator = registry().operator(name, overload)
    return run(operator, fill_defaults(operator.schema, args, kwargs))


def test_nested_lists_have_the_dtype_of_their_numbers(run: Run) -> None:
    cases: list[tuple[Any, str]] = [
        ([1, 2], "int64"), ([[1.5], [2.0]], "float32"), ([True, False], "bool"), ([1j], "complex64"),
        ([], "float32"), ([[], []], "float32"), ([[[2**40]]], "int64"),
    ]  # fmt: skip
    for data, dtype in cases:
        array = made(run, "aten::tensor", data)
        assert array.dtype == np.dtype(dtype)
        assert array.shape == np.shape(data)
        assert array.tolist() == data


def test_a_dtype_converts_the_values(run: Run) -> None:
    array = made(run, "aten::tensor", [1.7, -2.7], dtype=dtypes.int32.code)
    assert array.dtype == np.int32
    assert array.tolist() == [1, -2]


@pytest.mark.parametrize(
    "data, dtype, error",
    [
        ([[1], [2, 3]], None, ValueError),
        ([1, [2]], None, ValueError),
        ([300], dtypes.uint8, RuntimeError),
        ([2**63], None, (OverflowError, RuntimeError)),
        ([1j], dtypes.float32, RuntimeError),
    ],
)
def test_lists_that_make_no_tensor_are_refused(
    run: Run, data: Any, dtype: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        made(run, "aten::tensor", data, dtype=dtype and dtype.code)


def test_the_default_dtype_is_that_of_floats(run: Run) -> None:
    dtypes.set_default_dtype(dtypes.float64)
    try:
        for name, args in (
            ("aten::zeros", [[2]]),
            ("aten::linspace", [0, 1, 3]),
            ("aten::eye", [2]),
        ):
            assert made(run, name, *args).dtype == np.float64
        assert made(run, "aten::arange", 3.0).dtype == np.float64
        assert made(run, "aten::tensor", [1.5]).dtype == np.float64
        assert made(run, "aten::full", [1], 1j).dtype == np.complex128
    finally:
        dtypes.set_default_dtype(dtypes.float32)


def test_memory_formats_put_the_channels_innermost() -> None:
    assert allocate((2, 3, 4, 5), dtypes.uint8, CHANNELS_LAST).strides == (60, 1, 15, 3)
    assert allocate((2, 3, 4, 5, 6), dtypes.uint8, CHANNELS_LAST_3D).strides == (360, 1, 90, 18, 3)
    with pytest.raises(RuntimeError, match="4 dimensions"):
        allocate((2, 3), dtypes.uint8, CHANNELS_LAST)


def test_what_is_like_a_tensor_keeps_its_order_of_dimensions(run: Run) -> None:
    permuted = np.zeros((2, 3, 4), np.float32).transpose(2, 0, 1)
    assert allocate_like(permuted).strides == permuted.strides
    assert made(run, "aten::ones_like", permuted).strides == permuted.strides
    assert made(run, "aten::ones_like", permuted, memory_format=0).flags.c_contiguous
    sliced = np.zeros((4, 6), np.float32)[::2, ::2]
    assert made(run, "aten::zeros_like", sliced).strides == (12, 4)


def test_only_the_strided_layout_is_made(run: Run) -> None:
    with pytest.raises(RuntimeError, match="strided"):
        made(run, "aten::zeros", [2], layout=1)


def test_strides_may_overlap_and_have_gaps(run: Run) -> None:
    array = made(run, "aten::empty_strided", [2, 3], [1, 4])
    assert (array.shape, array.strides) == ((2, 3), (4, 16))
    array[...] = 7
    window = made(run, "aten::empty_strided", [3, 2], [1, 1])
    window[0, 1] = 5
    assert window[1, 0] == 5


def test_multiply_add_rounds_once() -> None:
    # 0.1 is a little more than a tenth, and ten times that rounds to 1.
    assert float(multiply_add(0.1, 10.0, -1.0, np.float64)) == 2.0**-54
    third = np.float32(1) / np.float32(3)
    exact = float(third) * 3 - 1
    assert float(multiply_add(third, 3, -1, np.float32)) == np.float32(exact)
    assert float(multiply_add(1e308, 10.0, 0.0, np.float64)) == np.inf
    assert float(multiply_add(1e300, 2.0, 1.0, np.float64)) == 2e300


@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_a_line_has_both_its_ends(run: Run, count: int) -> None:
    for dtype in (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.int64):
        line = made(run, "aten::linspace", -3, 9, count, dtype=dtype.code)
        assert line.shape == (count,)
        assert line[:1].tolist() == [-3][:count]
        assert count < 2 or line[-1] == 9


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "int32", "int64"])
def test_ranges_and_lines_are_pytorchs_to_the_last_bit(torch: Any, run: Run, dtype: str) -> None:
    numbers = random.Random(1)
    real = getattr(torch, dtype)
    code = getattr(dtypes, dtype).code

    def same(array: np.ndarray, expected: Any) -> bool:
        expected = expected.float() if dtype == "bfloat16" else expected
        return np.array_equal(array.astype(expected.numpy().dtype), expected.numpy())

    for _ in range(150):
        start, step = numbers.uniform(-50, 50), numbers.uniform(1, 3)
        count = numbers.randint(0, 2000)
        end = start + step * count
        for bounds in ((start, end, step), (end, start - 0.1, -step)):
            array = made(run, "aten::arange", *bounds, overload="start_step", dtype=code)
            assert same(array, torch.arange(*bounds, dtype=real)), bounds
        array = made(run, "aten::linspace", start, end, count, dtype=code)
        assert same(array, torch.linspace(start, end, count, dtype=real)), (start, end, count)


@pytest.mark.oracle
def test_scripts_make_pytorchs_tensors_of_lists(torch: Any, run: Run) -> None:
    data: list[Any]
    for data in ([[1, 2], [3, 4]], [1.5, -2.0], [[True], [False]], [[[1j]]]):
        expected = torch.tensor(data)
        array = made(run, "aten::tensor", data)
        assert repr(dtypes.from_numpy(array.dtype)) == str(expected.dtype)
        assert np.array_equal(array, expected.numpy())
