"""Real archives, damaged at many points: always one `ArchiveError`, in bounded time and memory."""

from __future__ import annotations

import io
import random
import tracemalloc
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tscript.archive.errors import (
    ArchiveError,
    ForbiddenGlobalError,
    MissingMemberError,
    NotAnArchiveError,
    TruncatedArchiveError,
)
from tscript.archive.load_save import load_archive, save_archive
from tscript.archive.writer import ArchiveWriter
from tscript.runtime.tensor import wrap

ZOO = "torch-2.13/attributes_enum_class.pt"


def records_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}


def archive_of(records: dict[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with ArchiveWriter(file, root="zoo") as writer:
        for name, data in records.items():
            if name != ".data/serialization_id":
                writer.write(name, data, compress=name.startswith("code/"))
    return file


def changed(archives: Path, name: str = "version", data: bytes | None = b"4\n") -> io.BytesIO:
    """The archive with one record replaced or, by None, left out."""
    records = records_of(archives / ZOO)
    del records[name]
    if data is not None:
        records[name] = data
    return archive_of(records)


def test_the_unchanged_archive_loads(archives: Path) -> None:
    load_archive(changed(archives))


def test_every_truncation_is_an_archive_error(archives: Path) -> None:
    data = (archives / ZOO).read_bytes()
    for end in [*range(0, 200, 3), *range(200, len(data), 97)]:
        with pytest.raises((TruncatedArchiveError, NotAnArchiveError)):
            load_archive(io.BytesIO(data[:end]))


def test_bytes_changed_in_the_file(archives: Path) -> None:
    data = (archives / ZOO).read_bytes()
    source = random.Random(11)
    for _ in range(250):
        damaged = bytearray(data)
        for _ in range(source.randrange(1, 5)):
            damaged[source.randrange(len(data))] = source.randrange(256)
        loads_or_archive_error(io.BytesIO(bytes(damaged)))


@pytest.mark.parametrize("record", ["data.pkl", "code/__torch__/models_own.py", "constants.pkl"])
def test_bytes_changed_inside_a_record(archives: Path, record: str) -> None:
    """The checksums are right, so these reach the unpickler, the parser and the compiler."""
    records = records_of(archives / ZOO)
    source = random.Random(12)
    rounds = {"data.pkl": 100, "constants.pkl": 20}.get(record, 50)
    for _ in range(rounds):
        damaged = bytearray(records[record])
        for _ in range(source.randrange(1, 4)):
            match source.randrange(3):
                case 0:
                    damaged[source.randrange(len(damaged))] = source.randrange(256)
                case 1:
                    del damaged[source.randrange(len(damaged)) :][: source.randrange(1, 20)]
                case 2:
                    at = source.randrange(len(damaged))
                    damaged[at:at] = damaged[: source.randrange(1, 30)]
        loads_or_archive_error(archive_of({**records, record: bytes(damaged)}))


def loads_or_archive_error(file: io.BytesIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            load_archive(file)
        except ArchiveError:
            pass


def test_damaged_debug_information_costs_only_itself(archives: Path) -> None:
    records = records_of(archives / ZOO)
    for data in (b"", b"\x80\x02.", b"\x80\x02N.", records["data.pkl"]):
        file = archive_of({**records, "code/__torch__/models_own.py.debug_pkl": data})
        assert load_archive(file).call("state")[0] == 0


def test_a_missing_record_is_named(archives: Path) -> None:
    with pytest.raises(NotAnArchiveError, match="no data.pkl"):
        load_archive(changed(archives, "data.pkl", None))
    with pytest.raises(MissingMemberError, match="constants.pkl"):
        load_archive(changed(archives, "constants.pkl", None))
    with pytest.raises(MissingMemberError, match="version"):
        load_archive(changed(archives, "version", None))
    with pytest.raises(MissingMemberError, match="data/3"):
        load_archive(changed(archives, "data/3", None))
    with pytest.raises(
        MissingMemberError, match=r"data.pkl: it needs the class __torch__.models_own"
    ):
        load_archive(changed(archives, "code/__torch__/models_own.py", None))


def test_a_forbidden_global_is_named(archives: Path) -> None:
    evil = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R."
    with pytest.raises(ForbiddenGlobalError, match=r"zoo\.pt: data\.pkl: .*posix\.system"):
        load_archive(named(changed(archives, "data.pkl", evil)))
    with pytest.raises(ForbiddenGlobalError, match=r"constants\.pkl: .*posix\.system"):
        load_archive(changed(archives, "constants.pkl", evil))


def named(file: io.BytesIO) -> Any:
    file.name = "zoo.pt"  # type: ignore[attr-defined]
    return file


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("flag : bool", "flag : str", "flag is a bool, and the code declares it as str"),
        ("  flag : bool\n", "", "flag is no attribute"),
        ("  flag : bool\n", "  flag : bool\n  more : int\n", "more, an attribute of"),
        ("class Mode(Enum):", "class Mode(Strange):", "derives from Strange"),
        ("table : Dict[str, int]", "table : Dict[str, Missing]", "Missing"),
        ("class AttrZoo(Module):", "class AttrZoo(Module) oops:", "cannot be parsed"),
        ("torch.clone(x)", "ops.nobody.no_such_operator(x)", "nobody::no_such_operator"),
        ("torch.clone(x)", "CONSTANTS.c7", "CONSTANTS.c7"),
        ("torch.clone(x)", "__import__('os')", "__import__"),
        ("FAST = 1", "FAST = 9", "no member"),
        ("return (_24, floats, opt)", "return 1", "Tuple"),
    ],
)
def test_code_that_does_not_fit_says_where(archives: Path, old: str, new: str, text: str) -> None:
    member = "code/__torch__/models_own.py"
    records = records_of(archives / ZOO)
    code = records[member].decode()
    assert old in code
    if old == "FAST = 1":
        code = code.replace("SLOW = 2", "SLOW = 8")
    records[member] = code.replace(old, new).encode()
    with pytest.raises(ArchiveError, match="zoo.pt") as caught:
        load_archive(named(archive_of(records)))
    assert text in str(caught.value)


def test_an_operator_that_does_not_exist_raises_when_it_is_reached(archives: Path) -> None:
    member = "code/__torch__/models_own.py"
    records = records_of(archives / ZOO)
    code = records[member].decode().replace("torch.clone(x)", "torch.no_such_operator(x, k=1)")
    with pytest.warns(UserWarning, match=r"zoo\.pt uses .*torch\.no_such_operator"):
        root = load_archive(named(archive_of({**records, member: code.encode()})))
    assert root.call("state")[0] == 0
    x = wrap(np.ones(3, np.float32))
    with pytest.raises(
        RuntimeError, match=r"the operator `torch\.no_such_operator` does not exist"
    ):
        root.call("forward", x, "a")
    again = io.BytesIO()
    save_archive(root, again)
    with zipfile.ZipFile(again) as archive:
        assert b"torch.no_such_operator(x, k=1)" in archive.read(f"archive/{member}")


def test_devices_that_do_not_exist_here_become_the_cpu(archives: Path) -> None:
    member = "code/__torch__/models_own.py"
    records = records_of(archives / ZOO)
    moved = 'torch.to(x, torch.device("cuda:0"), 6)'
    code = records[member].decode().replace("torch.clone(x)", moved)
    x = wrap(np.ones(3, np.float32))
    with pytest.warns(
        UserWarning, match=r"zoo\.pt holds something of the device 'cuda:0'"
    ) as caught:
        root = load_archive(named(archive_of({**records, member: code.encode()})))
    assert len(caught) == 1
    root.call("forward", x, "a")
    load_archive(archive_of({**records, member: code.encode()}), "cpu").call("forward", x, "a")


@pytest.mark.parametrize("value", ['-"a"', "{[1]: 2}", 'complex("x", 1)', "unknown", "f(1)"])
def test_malformed_constants_are_refused(archives: Path, value: str) -> None:
    member = "code/__torch__/models_own.py"
    records = records_of(archives / ZOO)
    code = (
        records[member]
        .decode()
        .replace("  flag : bool\n", f"  flag : bool\n  k : Final[int] = {value}\n")
    )
    with pytest.raises(ArchiveError, match=r"models_own\.py: line \d+: a constant is"):
        load_archive(archive_of({**records, member: code.encode()}))


def test_deeply_nested_code_is_refused(archives: Path) -> None:
    member = "code/__torch__/models_own.py"
    records = records_of(archives / ZOO)
    for opening, closing in (("(", ")"), ("[", "]"), ("torch.neg(", ")"), ("-", "")):
        code = f"class A(Module):\n  def forward(self, x: int) -> int:\n    return {opening * 5000}x{closing * 5000}\n"
        with pytest.raises(ArchiveError):
            load_archive(archive_of({**records, member: records[member] + code.encode()}))


def test_deeply_nested_values_are_refused(archives: Path) -> None:
    nested = b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."
    with pytest.raises(ArchiveError):
        load_archive(changed(archives, "data.pkl", nested))


def test_memory_stays_bounded(archives: Path) -> None:
    """A tiny file cannot make loading allocate much."""
    records = records_of(archives / ZOO)
    bombs = [
        b"\x80\x02X\xff\xff\xff\x7f.",
        b"\x80\x02(" + b"K\x01" * 1000 + b"t" + b"q\x00h\x00\x86" * 1000 + b".",
    ]
    tracemalloc.start()
    for bomb in bombs:
        loads_or_archive_error(archive_of({**records, "data.pkl": bomb}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 << 20


def test_a_newer_file_format_warns(archives: Path) -> None:
    with pytest.warns(UserWarning, match="file format version 99"):
        load_archive(changed(archives, "version", b"99\n"))
    with pytest.raises(ArchiveError, match="not a number"):
        load_archive(changed(archives, "version", b"latest\n"))


def test_state_dicts_are_told_apart(archives: Path) -> None:
    from tscript.serialization import save

    file = io.BytesIO()
    save({"a": 1}, file)
    with pytest.raises(NotAnArchiveError, match="torch.load"):
        load_archive(file)
