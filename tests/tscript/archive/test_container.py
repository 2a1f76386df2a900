"""The zip container: what is written is read back, byte for byte, by us and by other zip tools."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tscript.archive.errors import (
    ArchiveError,
    MissingMemberError,
    NotAnArchiveError,
    SaveError,
    TruncatedArchiveError,
)
from tscript.archive.reader import ArchiveReader, Limits
from tscript.archive.writer import ArchiveWriter

NAMES = st.from_regex(r"[a-z0-9_é]{1,8}(/[a-z0-9_.]{1,8}[a-z]){0,2}", fullmatch=True)


def written(records: dict[str, bytes], compress: bool = False) -> io.BytesIO:
    file = io.BytesIO()
    with ArchiveWriter(file, root="net") as writer:
        for name, data in records.items():
            writer.write(name, data, compress=compress)
    return file


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=6), st.booleans())
def test_records_come_back_as_written(records: dict[str, bytes], compress: bool) -> None:
    file = written(records, compress)
    reader = ArchiveReader(file)
    assert {name: bytes(reader.read(name)) for name in records} == records
    assert reader.root == "net"
    assert zipfile.ZipFile(file).testzip() is None


def test_the_same_records_give_the_same_bytes() -> None:
    records = {"data.pkl": b"abc", "code/a.py": b"x" * 100}
    assert written(records, True).getvalue() == written(records, True).getvalue()


def test_stored_records_start_at_multiples_of_64() -> None:
    file = written({"data/0": b"a", "data/long_name_1": b"b" * 77, "data/2": b""})
    data = file.getvalue()
    for info in zipfile.ZipFile(file).infolist():
        extra_length = int.from_bytes(
            data[info.header_offset + 28 : info.header_offset + 30], "little"
        )
        assert (info.header_offset + 30 + len(info.filename) + extra_length) % 64 == 0


def test_two_records_of_one_name_are_refused_when_written() -> None:
    with pytest.raises(SaveError, match="'a'"):
        written_twice = ArchiveWriter(io.BytesIO(), root="net")
        written_twice.write("a", b"")
        written_twice.write("a", b"")


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), ArchiveWriter(path, root="net") as writer:
        writer.write("a", b"1")
        raise KeyError
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model.pt"]


def test_mapped_records_are_writable_and_leave_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(written({"data/0": b"abc"}).getvalue())
    before = path.read_bytes()
    with ArchiveReader(path, mmap=True) as reader:
        record = reader.read("data/0")
    record[0] = 0
    assert bytes(record) == b"\0bc"
    assert path.read_bytes() == before


def test_a_missing_member_is_named() -> None:
    with pytest.raises(MissingMemberError, match=r"model\.pt: data\.pkl: .*no such record"):
        ArchiveReader(written({"a": b""}), name="model.pt").read("data.pkl")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n", b"{}" * 100])
def test_a_file_that_is_no_zip_says_so(content: bytes) -> None:
    with pytest.raises(NotAnArchiveError, match="model.pt: not a zip file"):
        ArchiveReader(io.BytesIO(content), name="model.pt")


def test_a_bare_pickle_is_told_apart() -> None:
    with pytest.raises(NotAnArchiveError, match="bare pickle"):
        ArchiveReader(io.BytesIO(b"\x80\x02]q\x00."))


def test_a_zip_that_pytorch_did_not_write_says_so() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as other:
        other.writestr("a/x", "1")
        other.writestr("b/x", "1")
    with pytest.raises(NotAnArchiveError, match="not all in one directory"):
        ArchiveReader(file)


def test_a_file_cut_short_says_so() -> None:
    data = written({"data/0": b"x" * 1000}).getvalue()
    with pytest.raises(TruncatedArchiveError, match="cut short"):
        ArchiveReader(io.BytesIO(data[:500]))


@pytest.mark.parametrize(
    "name", ["net/../x", "net//x", "net/./x", "net\\x/y", "/net/x", "net/a\\b"]
)
def test_names_that_leave_the_directory_are_refused(name: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as hostile:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        hostile.writestr(info, "1")
    with pytest.raises(ArchiveError):
        ArchiveReader(file)


def test_duplicate_names_are_refused() -> None:
    file = io.BytesIO()
    with pytest.warns(UserWarning), zipfile.ZipFile(file, "w") as hostile:
        hostile.writestr("net/a", "1")
        hostile.writestr("net/a", "2")
    with pytest.raises(ArchiveError, match="occurs twice"):
        ArchiveReader(file)


def test_a_changed_byte_is_noticed() -> None:
    data = bytearray(written({"data/0": b"x" * 100}).getvalue())
    data[data.index(b"xxxx")] ^= 1
    with pytest.raises(ArchiveError, match="data/0: its checksum"):
        ArchiveReader(io.BytesIO(bytes(data))).read("data/0")


def test_records_that_unpack_to_too_much_are_refused_unread() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("net/code/a.py", b"\0" * 10_000_000)
    with pytest.raises(ArchiveError, match="code/a.py: claims to unpack"):
        ArchiveReader(file, limits=Limits(max_inflated_record=1_000_000))
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w", zipfile.ZIP_DEFLATED) as bomb:
        for number in range(5):
            bomb.writestr(f"net/{number}", b"\0" * 900_000)
    reader = ArchiveReader(many, limits=Limits(max_inflated_total=2_000_000))
    with pytest.raises(ArchiveError, match="take more than 2000000"):
        for number in range(5):
            reader.read(str(number))


def test_a_record_that_unpacks_to_more_than_it_states_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("net/a", b"\0" * 100_000)
    data = bytearray(file.getvalue())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    with pytest.raises(ArchiveError, match="does not unpack to the 1000 bytes"):
        ArchiveReader(io.BytesIO(bytes(data))).read("a")


def test_overlapping_records_are_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as hostile:
        hostile.writestr("net/a", b"1" * 100)
        hostile.writestr("net/b", b"2" * 100)
    data = bytearray(file.getvalue())
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[second + 42 : second + 46] = (8).to_bytes(4, "little")
    with pytest.raises(ArchiveError, match="overlap"):
        ArchiveReader(io.BytesIO(bytes(data)))


def test_more_entries_than_allowed_are_refused() -> None:
    with pytest.raises(ArchiveError, match="at most 3 are read"):
        ArchiveReader(written({str(n): b"" for n in range(5)}), limits=Limits(max_entries=3))
