"""The recorded archives: their rows, and the value trees that their inputs and results are kept as."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ARCHIVES = Path(__file__).parents[2] / "data" / "archives"


@dataclass(frozen=True)
class Recording:
    """One row of the manifest."""

    file: str
    first: bool
    rtol: float
    atol: float
    calls: tuple[dict[str, Any], ...]

    @property
    def path(self) -> Path:
        return ARCHIVES / self.file

    def arguments(self, call: dict[str, Any], wrap: Any) -> Any:
        """The arguments of a call, as a tuple; ``wrap(array, dtype name)`` makes a tensor."""
        return read_tree(ARCHIVES / call["args"], wrap)

    def result(self, call: dict[str, Any]) -> Any:
        """The result of a call; its tensors are `Expected`."""
        return read_tree(ARCHIVES / call["result"], Expected)


@dataclass(frozen=True)
class Expected:
    """A recorded tensor."""

    array: np.ndarray
    dtype: str


def read_tree(path: Path, wrap: Any) -> Any:
    """The value tree in an ``.npz`` file, as Python values."""
    with np.load(path) as arrays:
        tree = json.loads(str(arrays["__tree__"]))
        return _value(tree, arrays, wrap)


def _value(node: dict[str, Any], arrays: Any, wrap: Any) -> Any:
    match node["t"]:
        case "tensor":
            return wrap(arrays[node["k"]].reshape(node["shape"]), node["dtype"].split(".")[-1])
        case "none":
            return None
        case "bool" | "int" | "str":
            return node["v"]
        case "float":
            return float(node["v"])
        case "complex":
            return complex(*map(float, node["v"]))
        case "list":
            return [_value(item, arrays, wrap) for item in node["v"]]
        case "tuple" | "ntuple":
            return tuple(_value(item, arrays, wrap) for item in node["v"])
        case "dict":
            return {_value(k, arrays, wrap): _value(v, arrays, wrap) for k, v in node["v"]}
        case kind:
            raise AssertionError(kind)


def compare(found: Any, expected: Any, recording: Recording, path: str = "result") -> None:
    """Fail where ``found`` is not what was recorded."""
    if isinstance(expected, Expected):
        array, dtype = _array(found)
        assert dtype == expected.dtype, f"{path}: {dtype} instead of {expected.dtype}"
        assert array.shape == expected.array.shape, path
        wanted = expected.array
        if dtype == "bfloat16" and wanted.dtype != array.dtype:
            wanted = wanted.view(array.dtype)
        if array.dtype.kind in "biu":
            np.testing.assert_array_equal(array, wanted, err_msg=path)
        else:
            wide = np.complex128 if array.dtype.kind == "c" else np.float64
            np.testing.assert_allclose(
                array.astype(wide),
                wanted.astype(wide),
                rtol=recording.rtol,
                atol=recording.atol,
                equal_nan=True,
                err_msg=path,
            )
        return
    if isinstance(expected, (list, tuple)):
        assert isinstance(found, (list, tuple)), f"{path}: {type(found)}"
        assert isinstance(found, list) == isinstance(expected, list), path
        assert len(found) == len(expected), path
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            compare(one, other, recording, f"{path}[{number}]")
    elif isinstance(expected, dict):
        assert list(found) == list(expected), path
        for key, value in expected.items():
            compare(found[key], value, recording, f"{path}[{key!r}]")
    elif isinstance(expected, float) and math.isnan(expected):
        assert math.isnan(found), path
    elif isinstance(expected, float):
        assert type(found) is float, path
        assert math.isclose(found, expected, rel_tol=recording.rtol, abs_tol=recording.atol), path
    else:
        assert type(found) is type(expected), f"{path}: {found!r} instead of {expected!r}"
        assert found == expected, path


def _array(value: Any) -> tuple[np.ndarray, str]:
    array = getattr(value, "array", None)
    if array is None:  # a tensor of real PyTorch
        dtype = str(value.dtype).split(".")[-1]
        value = value.detach()
        return (value.float() if dtype == "bfloat16" else value).numpy(), dtype
    return array, str(value.dtype).split(".")[-1]


def all_recordings() -> list[Recording]:
    rows = json.loads((ARCHIVES / "manifest.json").read_text())
    return [
        Recording(row["file"], row["first"], row["rtol"], row["atol"], tuple(row["calls"]))
        for row in rows
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "recording" in metafunc.fixturenames:
        recordings = all_recordings()
        metafunc.parametrize("recording", recordings, ids=[row.file[:-3] for row in recordings])


@pytest.fixture
def compare_with_recording() -> Any:
    """`compare`, as a fixture: test files here cannot import one another."""
    return compare


@pytest.fixture
def archives() -> Path:
    """The folder of the recorded archives."""
    return ARCHIVES
