"""Tensors print as PyTorch prints them, whatever the dtype, shape, size and options.

`python -m tests.tscript.runtime.test_tensor_print` (with PyTorch) records the texts anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ops_registry import dtypes
from tscript.runtime import tensor_print
from tscript.runtime.tensor import wrap
from tscript.runtime.tensor_print import array_text, printoptions, set_printoptions

GOLDEN = Path(__file__).parents[2] / "data" / "tensor_texts.json"
GOLDEN_COUNT = 300
DTYPES = [
    "float32", "float32", "float64", "float16", "bfloat16", "int64", "int32", "int8", "uint8",
    "bool", "complex64", "complex128",
]  # fmt: skip
SHAPES = [
    (), (1,), (3,), (17,), (2, 3), (0,), (0, 3), (2, 0, 2), (3, 4, 5), (2, 2, 2, 2), (12, 12, 12),
    (1, 1, 1, 1, 1), (30, 1, 40), (7, 200), (1001,),
]  # fmt: skip


def cases(count: int) -> Iterator[tuple[np.ndarray, dict[str, Any], bool]]:
    """Arrays over dtype, rank, magnitude, nan, inf; print options; requires_grad."""
    random = np.random.default_rng(2026)
    for _ in range(count):
        dtype = getattr(dtypes, DTYPES[random.integers(len(DTYPES))].replace("bool", "bool_"))
        shape = SHAPES[random.integers(len(SHAPES))]
        values = np.array(random.standard_normal(shape))
        values *= 10.0 ** random.choice([0, 0, 1, 3, 6, 9, -3, -6, 15])
        values *= 10.0 ** (random.standard_normal(shape) * random.choice([0, 0, 2]))
        if random.random() < 0.3:
            values = np.array(np.round(values))
        if random.random() < 0.1:
            values *= 0
        for special in (np.nan, np.inf, -np.inf, 0.0, -0.0):
            if dtype.category >= 2 and random.random() < 0.15:
                values[np.array(random.random(shape) < 0.2)] = special
        if dtype.category < 2:
            values = np.clip(values, -1e18, 1e18).astype(np.int64)
        elif dtype.is_complex:
            other = random.standard_normal(shape) * 10.0 ** random.choice([0, 0, 4, -5])
            values = values + 1j * np.round(other, random.choice([0, 6]))
        options: dict[str, Any] = {}
        if random.random() < 0.5:
            draws = {
                "precision": int(random.integers(0, 9)),
                "threshold": int(random.choice([0, 5, 100, 2000])),
                "edgeitems": int(random.integers(0, 5)),
                "linewidth": int(random.choice([10, 20, 40, 79, 120, 200])),
                "sci_mode": bool(random.integers(2)),
                "profile": str(random.choice(["default", "short"])),
            }
            options = {name: value for name, value in draws.items() if random.random() < 0.4}
        requires_grad = bool(dtype.category >= 2 and random.random() < 0.2)
        with np.errstate(all="ignore"):
            yield np.asarray(values).astype(dtype.numpy), options, requires_grad


def our_text(array: np.ndarray, options: dict[str, Any], requires_grad: bool) -> str:
    with printoptions(**{"profile": "default"}):
        set_printoptions(**options)
        return repr(wrap(array).requires_grad_(requires_grad))


def real_text(torch: Any, array: np.ndarray, options: dict[str, Any], requires_grad: bool) -> str:
    if dtypes.from_numpy(array.dtype) is dtypes.bfloat16:
        tensor = torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    else:
        tensor = torch.from_numpy(array)
    tensor.requires_grad_(requires_grad)
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**options)
    try:
        return repr(tensor)
    finally:
        torch.set_printoptions(profile="default")


def test_texts_are_the_recorded_ones() -> None:
    recorded = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert len(recorded) == GOLDEN_COUNT
    for position, (case, expected) in enumerate(zip(cases(GOLDEN_COUNT), recorded, strict=True)):
        assert our_text(*case) == expected, f"case {position}, options {case[1]}"


@pytest.mark.oracle
def test_texts_are_those_of_pytorch(torch: Any) -> None:
    for position, case in enumerate(cases(1500)):
        expected = real_text(torch, *case)
        assert our_text(*case) == expected, f"case {position}, options {case[1]}"


@pytest.mark.oracle
def test_the_recorded_texts_are_still_those_of_pytorch(torch: Any) -> None:
    recorded = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert [real_text(torch, *case) for case in cases(GOLDEN_COUNT)] == recorded


def test_a_meta_tensor_shows_its_shape_and_no_values() -> None:
    text = array_text(np.empty((2, 3), np.float32), device="meta")
    assert text == "tensor(..., device='meta', size=(2, 3))"
    text = array_text(np.empty((2,), np.int64), device="meta")
    assert text == "tensor(..., device='meta', size=(2,), dtype=torch.int64)"


def test_the_default_dtype_is_not_named() -> None:
    array = np.ones(2)
    assert array_text(array) == "tensor([1., 1.], dtype=torch.float64)"
    dtypes.set_default_dtype(dtypes.float64)
    try:
        assert array_text(array) == "tensor([1., 1.])"
        assert array_text(array.astype(np.float32)) == "tensor([1., 1.], dtype=torch.float32)"
        assert array_text(array.astype(np.complex128)) == "tensor([1.+0.j, 1.+0.j])"
    finally:
        dtypes.set_default_dtype(dtypes.float32)


def test_arrays_of_any_strides_print_alike() -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert array_text(array.T) == array_text(np.ascontiguousarray(array.T))
    assert array_text(array[::2, ::3]) == array_text(array[::2, ::3].copy())


def test_options_stay_until_they_are_set_again() -> None:
    try:
        set_printoptions(precision=2, sci_mode=True)
        assert tensor_print.get_printoptions() == {
            "precision": 2, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": True,
        }  # fmt: skip
        set_printoptions(linewidth=40)
        now = tensor_print.get_printoptions()
        assert (now["precision"], now["linewidth"], now["sci_mode"]) == (2, 40, None)
    finally:
        set_printoptions(profile="default")


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="default, short, full"):
        set_printoptions(profile="long")


if __name__ == "__main__":
    import torch as real

    texts = [real_text(real, *case) for case in cases(GOLDEN_COUNT)]
    GOLDEN.write_text(json.dumps(texts, indent=0) + "\n", encoding="utf-8")
