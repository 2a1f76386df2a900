"""``torch.save`` and ``torch.load``: state dicts both ways, aliasing, refusals."""

from __future__ import annotations

import io
import pickle
import random
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from ops_registry import dtypes
from ops_registry.device import Device
from tscript.archive.errors import (
    ArchiveError,
    ForbiddenGlobalError,
    NotAnArchiveError,
    SaveError,
    TruncatedArchiveError,
)
from tscript.runtime.size import Size
from tscript.runtime.tensor import Tensor, wrap
from tscript.serialization import load, save

NUMPY_DTYPES = [
    np.uint8, np.int8, np.int16, np.int32, np.int64, np.uint16, np.uint32, np.uint64, np.float16,
    np.float32, np.float64, np.complex64, np.complex128, np.bool_, ml_dtypes.bfloat16,
]  # fmt: skip


def round_trip(value: Any) -> Any:
    file = io.BytesIO()
    save(value, file)
    return load(file)


@pytest.mark.parametrize("dtype", NUMPY_DTYPES, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_tensors_of_every_dtype_and_shape(dtype: Any, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    found = round_trip(wrap(array)).array
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()


def test_views_of_one_storage_stay_views() -> None:
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    views = {"base": base, "row": base[1], "t": base.T, "strided": base[1::2, ::3]}
    found = round_trip({name: wrap(array) for name, array in views.items()})
    found["base"].array[...] += 100
    for name, array in views.items():
        np.testing.assert_array_equal(found[name].array, array + 100)
        assert found[name].stride() == wrap(array).stride()


def test_expanded_tensors_keep_their_strides() -> None:
    found = round_trip(wrap(np.broadcast_to(np.ones(1, np.float32), (5,))))
    assert (found.array.tolist(), found.stride()) == ([1.0] * 5, (0,))


def test_the_same_object_twice_is_one_object() -> None:
    shared = [wrap(np.ones(2))]
    first, second = round_trip((shared, shared))
    assert first is second


def test_flags_and_plain_values_come_back() -> None:
    tensor = wrap(np.ones(2, np.float32)).requires_grad_()
    value = OrderedDict(
        a=[1, -(2**40), 2.5, True, None, "é\n", b"\x00\xff", 1 - 2j, (1, (2,)), {3}],
        size=Size([2, 3]),
        dtype=dtypes.bfloat16,
        device=Device("cpu"),
        nested={1: {"x": tensor}},
    )
    found = round_trip(value)
    assert found["nested"][1].pop("x").requires_grad
    value["nested"] = {1: {}}
    assert found == value
    assert type(found) is OrderedDict


def test_metadata_of_state_dicts_comes_back() -> None:
    state: Any = OrderedDict(w=1)
    state._metadata = OrderedDict({"": {"version": 1}})
    assert round_trip(state)._metadata == {"": {"version": 1}}


def test_the_same_value_gives_the_same_bytes(tmp_path: Path) -> None:
    value = {"w": wrap(np.arange(3)), "s": {"b", "a"}}
    first, second = io.BytesIO(), io.BytesIO()
    save(value, first)
    save(value, second)
    assert first.getvalue() == second.getvalue()


def test_mapped_files_load_and_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    save({"w": wrap(np.zeros(4))}, path)
    before = path.read_bytes()
    found = load(path, mmap=True)
    found["w"].array[:] = 1
    assert path.read_bytes() == before


@pytest.mark.parametrize("value", [object(), lambda: 0, np.ones(2), {"deep": [object()]}])
def test_what_would_need_code_is_not_saved(value: Any) -> None:
    with pytest.raises(SaveError, match="cannot be saved"):
        save(value, io.BytesIO())


def test_the_place_of_what_cannot_be_saved_is_named() -> None:
    with pytest.raises(SaveError, match=r"\(at \['a'\]\[1\]\)"):
        save({"a": [1, object()]}, io.BytesIO())


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(SaveError, match="holds itself"):
        save(value, io.BytesIO())


def test_devices_that_do_not_exist_here_are_refused() -> None:
    file = io.BytesIO()
    save(1, file)
    assert load(file, "cpu") == load(file, Device("cpu")) == 1
    with pytest.raises(RuntimeError, match="cuda"):
        load(file, "cuda:0")


def _archive_with(pickled: bytes, **records: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, data in records.items():
            archive.writestr(f"archive/data/{name[1:]}", data)
    return file


def test_tensors_saved_on_a_gpu_load_with_one_warning() -> None:
    data = pickle_of_tensor(location="cuda:0")
    with pytest.warns(UserWarning, match="cuda:0") as caught:
        assert load(_archive_with(data, _0=b"\0" * 8)).array.tolist() == [0, 0]
    assert len(caught) == 1
    load(_archive_with(data, _0=b"\0" * 8), map_location="cpu")


def pickle_of_tensor(
    *, numel: int = 2, offset: int = 0, size: int = 2, stride: int = 1, location: str = "cpu"
) -> bytes:
    from tscript.archive.descriptions import StorageDescription, TensorDescription
    from tscript.archive.pickler import pickle as write

    storage = StorageDescription("0", "float32", location, numel)
    return write(TensorDescription(storage, "float32", offset, (size,), (stride,)))


@pytest.mark.parametrize(
    "wrong",
    [{"size": 3}, {"offset": 1}, {"stride": 2}, {"numel": 3}, {"size": 2**61}, {"stride": 2**61}],
)
def test_a_tensor_beyond_its_storage_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ArchiveError, match="data/0"):
        load(_archive_with(pickle_of_tensor(**wrong), _0=b"\0" * 8))


def test_an_impossibly_large_view_is_refused() -> None:
    with pytest.raises(ArchiveError, match="impossible"):
        load(_archive_with(pickle_of_tensor(size=2**61, stride=0), _0=b"\0" * 8))


def test_other_files_are_named_for_what_they_are(tmp_path: Path, archives: Path) -> None:
    bare = tmp_path / "bare.pt"
    bare.write_bytes(pickle.dumps({"a": 1}, protocol=2))
    with pytest.raises(NotAnArchiveError, match="bare.pt: a bare pickle"):
        load(bare)
    with pytest.raises(ArchiveError, match="torch.jit.load"):
        load(archives / "torch-2.13/perf_scalar_loop.pt")


def test_forbidden_globals_name_file_and_global(tmp_path: Path) -> None:
    path = tmp_path / "evil.pt"
    path.write_bytes(_archive_with(b"cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.").getvalue())
    with pytest.raises(ForbiddenGlobalError, match=r"evil\.pt: data\.pkl: .*posix\.system"):
        load(path, weights_only=False)


def test_every_truncation_is_an_archive_error() -> None:
    file = io.BytesIO()
    save({"w": wrap(np.arange(20)), "l": [1, "a"]}, file)
    data = file.getvalue()
    for end in range(0, len(data), 7):
        with pytest.raises((TruncatedArchiveError, NotAnArchiveError)):
            load(io.BytesIO(data[:end]))


def test_changed_bytes_give_an_archive_error_or_the_value() -> None:
    file = io.BytesIO()
    save({"w": wrap(np.arange(20)), "l": [1, "a"]}, file)
    data = file.getvalue()
    source = random.Random(3)
    for _ in range(600):
        changed = bytearray(data)
        for _ in range(source.randrange(1, 4)):
            changed[source.randrange(len(changed))] = source.randrange(256)
        try:
            assert load(io.BytesIO(bytes(changed)))["l"] == [1, "a"]
        except ArchiveError:
            pass


@pytest.mark.oracle
def test_pytorch_loads_what_is_saved(torch: Any) -> None:
    base = np.arange(12, dtype=np.float32).reshape(3, 4)
    value = {
        "base": wrap(base),
        "row": wrap(base[1]),
        "u16": wrap(np.ones(2, np.uint16)),
        "bf16": wrap(np.ones(2, ml_dtypes.bfloat16)),
        "empty": wrap(np.zeros((0, 3))),
        "grad": wrap(np.ones(2)).requires_grad_(),
        "plain": [1, 2.5, "é", None, (True,), b"\xff", 1j, {1}, Size([2]), dtypes.float16],
    }
    file = io.BytesIO()
    save(value, file)
    file.seek(0)
    found = torch.load(file, weights_only=True)
    found["base"] += 1
    assert found["row"].tolist() == (base[1] + 1).tolist()
    assert found["u16"].dtype == torch.uint16
    assert found["bf16"].dtype == torch.bfloat16
    assert tuple(found["empty"].shape) == (0, 3)
    assert found["grad"].requires_grad
    assert found["plain"][:8] == [1, 2.5, "é", None, (True,), b"\xff", 1j, {1}]
    assert found["plain"][8:] == [torch.Size([2]), torch.float16]


@pytest.mark.oracle
def test_what_pytorch_saves_is_loaded(torch: Any) -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    base = torch.arange(6.0).reshape(2, 3)
    file = io.BytesIO()
    torch.save(
        {
            "state": module.state_dict(),
            "parameter": torch.nn.Parameter(torch.ones(2)),
            "conj": torch.tensor([1 + 2j]).conj(),
            "views": [base, base.t(), base[1]],
            "u16": torch.ones(2, dtype=torch.uint16),
            "plain": (torch.Size([1]), torch.float64, torch.device("cpu"), {1}, b"x"),
        },
        file,
    )
    found = load(file)
    for name, tensor in module.state_dict().items():
        np.testing.assert_array_equal(found["state"][name].array, tensor.numpy())
    assert found["state"]._metadata == module.state_dict()._metadata
    assert isinstance(found["parameter"], Tensor)
    assert found["parameter"].requires_grad
    assert found["conj"].array.tolist() == [1 - 2j]
    found["views"][0].array[...] = 7
    assert (found["views"][2].array == 7).all()
    assert found["u16"].dtype is dtypes.uint16
    assert found["plain"] == (Size([1]), dtypes.float64, Device("cpu"), {1}, b"x")
