"""Pickles and descriptions: round trips, the closed list of globals, hostile streams."""

from __future__ import annotations

import pickle as python_pickle
import random
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tscript.archive.descriptions import (
    DeviceDescription,
    DictDescription,
    EnumDescription,
    ObjectDescription,
    StorageDescription,
    TaggedDescription,
    TensorDescription,
    TypedListDescription,
)
from tscript.archive.errors import (
    ArchiveError,
    ForbiddenGlobalError,
    SaveError,
    TruncatedArchiveError,
)
from tscript.archive.pickler import pickle
from tscript.archive.unpickler import unpickle

INT64 = st.integers(-(2**63), 2**63 - 1)
LEAVES = st.none() | st.booleans() | INT64 | st.floats(allow_nan=False) | st.text() | st.binary()
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner) | st.tuples(inner, inner, inner, inner)
    ),
    max_leaves=20,
)


def read(data: bytes) -> Any:
    return unpickle(data, archive="model.pt", member="data.pkl")


@given(VALUES)
def test_plain_values_come_back(value: Any) -> None:
    assert read(pickle(value)) == value


@given(VALUES)
def test_pythons_own_pickles_of_plain_values_are_read(value: Any) -> None:
    if isinstance(value, bytes) and not value:
        return  # Python writes b"" as a call of `bytes`, which PyTorch does not list either
    try:
        data = python_pickle.dumps(value, protocol=2)
    except UnicodeEncodeError:
        return
    if b"__builtin__\nbytes" in data:
        return
    assert read(data) == value


@given(VALUES)
def test_python_reads_what_is_written(value: Any) -> None:
    assert python_pickle.loads(pickle(value)) == value


def test_shared_parts_stay_shared() -> None:
    shared = [1, 2]
    first, second, third = read(pickle([shared, shared, [1, 2]]))
    assert first is second
    assert first is not third


def test_more_than_256_shared_values() -> None:
    values = [[n] for n in range(400)]
    result = read(pickle(values + values))
    assert result[:400] == values
    assert all(a is b for a, b in zip(result[:400], result[400:], strict=True))


def test_descriptions_come_back() -> None:
    storage = StorageDescription("0", "float32", "cpu", 12)
    tensors = [
        TensorDescription(storage, "float32", 0, (3, 4), (4, 1), requires_grad=True),
        TensorDescription(storage, "float32", 4, (4,), (1,), is_parameter=True),
        TensorDescription(StorageDescription("1", None, "cpu", 4), "uint16", 0, (2,), (1,)),
    ]
    state = DictDescription([("a", TypedListDescription("int", [1])), ("t", tensors)])
    thing = ObjectDescription("__torch__.m.Net", state, has_state=True)
    tagged = TaggedDescription(DictDescription([(1, 2)]), "Dict[int, int]")
    found = read(pickle([thing, EnumDescription("__torch__.m.Mode", 2), tagged, thing]))
    assert found[0] is found[3]
    assert (found[0].class_name, found[0].state.items[0][1].items) == ("__torch__.m.Net", [1])
    first, second, third = found[0].state.items[1][1]
    assert first.storage is second.storage
    assert (first.sizes, first.strides, first.requires_grad) == ((3, 4), (4, 1), True)
    assert (second.offset, second.is_parameter) == (4, True)
    assert (third.dtype, third.storage.dtype) == ("uint16", None)
    assert (found[1].class_name, found[1].value) == ("__torch__.m.Mode", 2)
    assert found[2].type_text == "Dict[int, int]"


def test_an_object_that_holds_itself_is_refused() -> None:
    thing = ObjectDescription("__torch__.m.Node", has_state=True)
    thing.state = DictDescription([("next", thing)])
    with pytest.raises(SaveError, match="holds itself"):
        pickle(thing)


def test_ordered_dictionaries_of_python_are_read() -> None:
    found = read(python_pickle.dumps(OrderedDict(a=1, b=[2]), protocol=2))
    assert isinstance(found, DictDescription)
    assert (found.kind, found.items) == ("OrderedDict", [("a", 1), ("b", [2])])


def test_devices_are_read() -> None:
    found = read(pickle([DeviceDescription("cuda", 1), DeviceDescription("cpu", None)]))
    assert [(d.type, d.index) for d in found] == [("cuda", 1), ("cpu", None)]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("posix", "system"),
        ("subprocess", "Popen"),
        ("torch", "load"),
        ("torch.hub", "load"),
        ("numpy", "frombuffer"),
        ("", "eval"),
        ("collections", "namedtuple"),
        ("__torch__", ""),
    ],
)
def test_forbidden_globals_are_refused_by_name(module: str, name: str) -> None:
    data = f"c{module}\n{name}\nX\x02\x00\x00\x00hi\x85R.".encode()
    with pytest.raises(
        ForbiddenGlobalError if name else ArchiveError, match="model.pt: data.pkl: "
    ) as caught:
        read(data)
    assert name in str(caught.value)


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("never printed",))


@pytest.mark.parametrize("protocol", range(6))
def test_what_pythons_pickle_would_run_is_refused(
    protocol: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ArchiveError):
        read(python_pickle.dumps([_Evil()], protocol=protocol))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "without its STOP"),
        (b"\x80\x02", "without its STOP"),
        (b"X\xff\xff\xff\x7fabc.", "within a value"),
        (b"\x8b\xff\xff\xff\x7f.", "an integer of"),
        (b".", "stack is empty"),
        (b"h\x05.", "never kept"),
        (b"NN.", "left over"),
        (b"t.", "never opened"),
        (b"Na.", "stack is empty"),
        (b"NNa.", "not a list"),
        (b"]NNs.", "not a dictionary"),
        (b"\x80\x09N.", "protocol"),
        (b"I1\n.", "opcode 0x49"),
        (b"X\x01\x00\x00\x00\xff.", "not UTF-8"),
        (b"(" * 20_000 + b".", "nests more than"),
        (b"ctorch\nFloatStorage\n)\x81.", "makes an object of"),
        (b"c__torch__.m\nA\n)\x81N}b.", "state"),
        (b"NQ.", "outside the pickle"),
        (b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ\xff\xff\xff\xfftQ.",
         "malformed"),
    ],
)  # fmt: skip
def test_malformed_pickles_say_what_is_wrong(data: bytes, text: str) -> None:
    with pytest.raises(ArchiveError, match="model.pt: data.pkl: ") as caught:
        read(data)
    assert text in str(caught.value)


def test_a_truncated_pickle_is_told_apart() -> None:
    data = pickle([1, "text", [2.5]])
    for end in range(len(data)):
        with pytest.raises(TruncatedArchiveError):
            read(data[:end])


def test_random_bytes_never_do_anything_but_fail_or_describe() -> None:
    source = random.Random(7)
    storage = StorageDescription("0", "float32", "cpu", 12)
    base = pickle(
        [TensorDescription(storage, "float32", 0, (3, 4), (4, 1)), DictDescription([(1, [2])])]
    )
    for _ in range(3000):
        data = bytearray(base)
        for _ in range(source.randrange(1, 6)):
            data[source.randrange(len(data))] = source.randrange(256)
        try:
            read(bytes(data))
        except ArchiveError:
            pass


@pytest.mark.parametrize("value", [object(), {1: 2}, 2**63, -(2**63) - 1])
def test_what_has_no_description_is_not_written(value: Any) -> None:
    with pytest.raises(SaveError):
        pickle([value])


def test_a_value_that_holds_itself_in_a_list_round_trips_as_a_description() -> None:
    value: list[Any] = []
    value.append(value)
    found = read(pickle(value))
    assert found[0] is found


@pytest.mark.oracle
def test_pytorch_reads_what_is_written(torch: Any) -> None:
    data = pickle([1, 2.5, "é", None, True, (1, (2,)), 3 + 4j, b"\x00\xff"])
    import io

    from torch._weights_only_unpickler import load

    assert load(io.BytesIO(data)) == [1, 2.5, "é", None, True, (1, (2,)), 3 + 4j, b"\x00\xff"]
