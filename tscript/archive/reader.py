"""The container: a zip file laid out as PyTorch does, read with suspicion.

An archive is a zip file whose records all lie under one directory (``model/data.pkl``,
``model/code/__torch__.py``, ``model/data/0``).  `ArchiveReader` lists and returns records; it knows
nothing of pickles, tensors or code (`tscript.archive.unpickler`, `.storages`, `.code_import`).

The zip directory is parsed here and not by the standard library, because the file may be hostile:
sizes, counts and ratios are bounded before anything is allocated, records may not overlap, names
may not repeat or leave the directory, and every byte that is returned has matched its checksum.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from tscript.archive.errors import (
    ArchiveError,
    MissingMemberError,
    NotAnArchiveError,
    TruncatedArchiveError,
)

if TYPE_CHECKING:
    import mmap as _mmap
    from collections.abc import Iterable
    from types import TracebackType

FileLike = str | os.PathLike[str] | BinaryIO

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_CENTRAL_HEADER = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_END64_LOCATOR = struct.Struct("<4sIQI")
_LONGEST_COMMENT = 0xFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x0001
_ABSENT32 = 0xFFFFFFFF


@dataclass(frozen=True)
class Limits:
    """Bounds on what a file may make us allocate, in bytes unless said otherwise.

    Tensor data is stored uncompressed, so it is bounded by the size of the file itself; the bounds
    on compressed records (code, debug information, small pickles) are what stops a zip bomb.

    >>> Limits().max_entries
    1000000
    """

    max_entries: int = 1_000_000
    max_inflated_record: int = 256 << 20
    max_inflated_total: int = 1 << 30
    max_pickle: int = 1 << 30


@dataclass(frozen=True)
class Entry:
    """One record: its name below the archive's directory, and where its bytes are."""

    name: str
    method: int
    checksum: int
    packed_size: int
    size: int
    header_offset: int


class ArchiveReader:
    """Random access to the records of an archive.

    ``source`` is a path or a seekable binary file object (which stays open, and whose position is
    moved). With ``mmap`` a path is mapped copy-on-write instead of read: storages then cost memory
    only where they are touched, and the file must not be cut short while they live.

    Raises `NotAnArchiveError`, `TruncatedArchiveError` or another `ArchiveError`, naming the file.

    >>> import io
    >>> ArchiveReader(io.BytesIO(b"hello"), name="greeting.pt")
    Traceback (most recent call last):
    ...
    tscript.archive.errors.NotAnArchiveError: greeting.pt: not a zip file (it is 5 bytes long and \
starts with b'hello')
    """

    def __init__(
        self,
        source: FileLike,
        *,
        name: str | None = None,
        limits: Limits | None = None,
        mmap: bool = False,
    ) -> None:
        self.limits = limits or Limits()
        self._inflated = 0
        self._map: _mmap.mmap | None = None
        self._owns_file = isinstance(source, (str, os.PathLike))
        if isinstance(source, (str, os.PathLike)):
            self.name = name or os.path.basename(os.fspath(source))
            self._file: BinaryIO = open(source, "rb")
        else:
            self.name = name or _name_of(source)
            self._file = source
        try:
            self._size = self._file.seek(0, os.SEEK_END)
            if mmap and self._owns_file and self._size:
                self._map = _map_privately(self._file)
            self.root, self._entries = self._read_directory()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> ArchiveReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file if this reader opened it; records already returned stay valid."""
        if self._owns_file:
            self._file.close()

    def names(self) -> tuple[str, ...]:
        """The records' names below the archive's directory, in the order of the zip directory."""
        return tuple(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def entry(self, name: str) -> Entry:
        """The record called ``name``; raises `MissingMemberError`."""
        try:
            return self._entries[name]
        except KeyError:
            raise MissingMemberError(
                f"there is no such record in the archive ({len(self._entries)} others are)",
                archive=self.name,
                member=name,
            ) from None

    def read(self, name: str) -> memoryview:
        """The bytes of a record, checked against their checksum, in memory the caller may write to."""
        entry = self.entry(name)
        packed = self._packed(entry)
        data = packed if entry.method == _STORED else self._inflate(entry, packed)
        if zlib.crc32(data) != entry.checksum:
            raise ArchiveError(
                "its checksum does not match: the file is damaged", archive=self.name, member=name
            )
        return data

    def read_text(self, name: str) -> str:
        """A record as text; raises `ArchiveError` where it is not UTF-8."""
        try:
            return str(self.read(name), "utf-8")
        except UnicodeDecodeError as error:
            raise ArchiveError(
                f"not UTF-8 text ({error.reason} at byte {error.start})",
                archive=self.name,
                member=name,
            ) from None

    # -- bytes
    # ------------------------------------------------------------------------------------------

    def _slice(self, start: int, size: int, what: str, member: str | None = None) -> memoryview:
        if start < 0 or start + size > self._size:
            raise TruncatedArchiveError(
                f"{what} should end at byte {start + size}, but the file ends at {self._size}",
                archive=self.name,
                member=member,
            )
        if self._map is not None:
            return memoryview(self._map)[start : start + size]
        buffer = bytearray(size)
        view = memoryview(buffer)
        self._file.seek(start)
        filled = 0
        while filled < size:
            part = self._file.read(min(size - filled, 1 << 24))
            if not part:
                raise TruncatedArchiveError(
                    f"{what} should end at byte {start + size}, but reading stopped at {start + filled}",
                    archive=self.name,
                    member=member,
                )
            view[filled : filled + len(part)] = part
            filled += len(part)
        return view

    def _packed(self, entry: Entry) -> memoryview:
        header = _LOCAL_HEADER.unpack(
            self._slice(entry.header_offset, _LOCAL_HEADER.size, "its local header", entry.name)
        )
        name_length, extra_length = header[9], header[10]
        if header[0] != b"PK\x03\x04":
            raise ArchiveError("its local header is damaged", archive=self.name, member=entry.name)
        start = entry.header_offset + _LOCAL_HEADER.size
        written = bytes(self._slice(start, name_length, "its name", entry.name))
        if written.decode("utf-8", "replace") != f"{self.root}/{entry.name}":
            raise ArchiveError(
                f"its local header names another record, {written!r}",
                archive=self.name,
                member=entry.name,
            )
        return self._slice(
            start + name_length + extra_length, entry.packed_size, "its data", entry.name
        )

    def _inflate(self, entry: Entry, packed: memoryview) -> memoryview:
        # `Entry.size` was bounded when the directory was read, so this allocates no more than was
        # agreed; the sum is bounded here because a caller may well read only some of the records.
        self._inflated += entry.size
        if self._inflated > self.limits.max_inflated_total:
            raise ArchiveError(
                f"the compressed records read so far take more than {self.limits.max_inflated_total} bytes",
                archive=self.name,
                member=entry.name,
            )
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflater.decompress(packed, entry.size) if entry.size else b""
            rest = inflater.decompress(
                inflater.unconsumed_tail or (b"" if entry.size else packed), 1
            )
        except zlib.error as error:
            raise ArchiveError(
                f"its compressed data is damaged ({error})", archive=self.name, member=entry.name
            ) from None
        if rest or len(data) != entry.size:
            raise ArchiveError(
                f"it does not unpack to the {entry.size} bytes that the directory states",
                archive=self.name,
                member=entry.name,
            )
        return memoryview(bytearray(data))

    # -- the zip directory
    # ------------------------------------------------------------------------------

    def _read_directory(self) -> tuple[str, dict[str, Entry]]:
        count, size, offset = self._find_directory()
        if count > self.limits.max_entries:
            raise ArchiveError(
                f"it claims to hold {count} records; at most {self.limits.max_entries} are read",
                archive=self.name,
            )
        if count * _CENTRAL_HEADER.size > size:
            raise ArchiveError(
                f"its directory of {size} bytes cannot list {count} records", archive=self.name
            )
        directory = self._slice(offset, size, "the zip directory")
        position = 0
        named: dict[str, Entry] = {}
        for _ in range(count):
            entry, position = self._read_entry(directory, position)
            if entry.name.endswith("/") and entry.size == 0:
                continue  # a directory: other tools write them, they carry nothing
            self._check_name(entry.name)
            if entry.name in named:
                raise ArchiveError("this name occurs twice", archive=self.name, member=entry.name)
            named[entry.name] = entry
        if not named:
            raise NotAnArchiveError("a zip file with no records in it", archive=self.name)
        self._check_no_overlap(named.values(), offset)
        return self._strip_root(named)

    def _find_directory(self) -> tuple[int, int, int]:
        """Number of entries, size and offset of the zip directory."""
        tail_size = min(self._size, _END.size + _LONGEST_COMMENT)
        tail = bytes(self._slice(self._size - tail_size, tail_size, "the file"))
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or at + _END.size > len(tail):
            self._refuse_foreign_file()
        _, disk, _, count_here, count, size, offset, _ = _END.unpack_from(tail, at)
        end_offset = self._size - tail_size + at
        locator_offset = end_offset - _END64_LOCATOR.size
        if locator_offset >= 0:
            locator = bytes(self._slice(locator_offset, _END64_LOCATOR.size, "the zip64 locator"))
            mark, _, end64_offset, _ = _END64_LOCATOR.unpack(locator)
            if mark == b"PK\x06\x07":
                record = bytes(self._slice(end64_offset, _END64.size, "the zip64 directory end"))
                fields = _END64.unpack(record)
                if fields[0] != b"PK\x06\x06":
                    raise ArchiveError("its zip64 directory end is damaged", archive=self.name)
                disk, count_here, count, size, offset = fields[4], *fields[6:]
        if disk != 0 or count_here != count:
            raise ArchiveError("a zip file in several parts, which is not read", archive=self.name)
        return count, size, offset

    def _refuse_foreign_file(self) -> NoReturn:
        start = bytes(self._slice(0, min(self._size, 16), "the file"))
        if start[:4] == b"PK\x03\x04":
            raise TruncatedArchiveError(
                f"a zip file that is cut short: its directory, at the end, is missing "
                f"(the file is {self._size} bytes long)",
                archive=self.name,
            )
        if start[:1] == b"\x80" and self._size > 2:
            raise NotAnArchiveError(
                "a bare pickle (the format of torch.save before PyTorch 1.6), which could run any code; "
                "load it in PyTorch and save it again to get the zip format",
                archive=self.name,
            )
        length = (
            "it is empty"
            if not self._size
            else f"it is {self._size} bytes long and starts with {start!r}"
        )
        raise NotAnArchiveError(f"not a zip file ({length})", archive=self.name)

    def _read_entry(self, directory: memoryview, position: int) -> tuple[Entry, int]:
        if position + _CENTRAL_HEADER.size > len(directory):
            raise TruncatedArchiveError("its directory ends within an entry", archive=self.name)
        fields = _CENTRAL_HEADER.unpack_from(directory, position)
        if fields[0] != b"PK\x01\x02":
            raise ArchiveError("its directory is damaged", archive=self.name)
        flags, method, checksum, packed, size = fields[3], fields[4], *fields[7:10]
        name_length, extra_length, comment_length, disk, header_offset = (
            *fields[10:14],
            fields[16],
        )
        position += _CENTRAL_HEADER.size
        end = position + name_length + extra_length + comment_length
        if end > len(directory):
            raise TruncatedArchiveError("its directory ends within an entry", archive=self.name)
        raw_name = bytes(directory[position : position + name_length])
        try:
            name = raw_name.decode("utf-8")
        except UnicodeDecodeError:
            raise ArchiveError(
                f"a record's name is not UTF-8: {raw_name!r}", archive=self.name
            ) from None
        extra = directory[position + name_length : position + name_length + extra_length]
        size, packed, header_offset = self._zip64_fields(name, extra, size, packed, header_offset)
        entry = Entry(name, method, checksum, packed, size, header_offset)
        if flags & _ENCRYPTED:
            raise ArchiveError("encrypted, which is not read", archive=self.name, member=name)
        if method not in (_STORED, _DEFLATED):
            raise ArchiveError(
                f"compressed by method {method}; only stored and deflated records are read",
                archive=self.name,
                member=name,
            )
        if disk != 0:
            raise ArchiveError(
                "lies in another part of a split zip file", archive=self.name, member=name
            )
        self._check_size(entry)
        return entry, end

    def _zip64_fields(
        self, name: str, extra: memoryview, size: int, packed: int, offset: int
    ) -> tuple[int, int, int]:
        values = [size, packed, offset]
        if _ABSENT32 not in values:
            return size, packed, offset
        position = 0
        while position + 4 <= len(extra):
            tag, length = struct.unpack_from("<2H", extra, position)
            if tag == 1:
                at, end = position + 4, min(position + 4 + length, len(extra))
                for index, value in enumerate(values):
                    if value == _ABSENT32 and at + 8 <= end:
                        (values[index],) = struct.unpack_from("<Q", extra, at)
                        at += 8
                break
            position += 4 + length
        return values[0], values[1], values[2]

    def _check_size(self, entry: Entry) -> None:
        if entry.method == _STORED:
            if entry.size != entry.packed_size:
                raise ArchiveError(
                    f"stored as it is, yet two sizes are stated, {entry.packed_size} and {entry.size}",
                    archive=self.name,
                    member=entry.name,
                )
            return
        # DEFLATE cannot expand by more than 1032 to 1: a larger claim is a lie, not data.
        if (
            entry.size > self.limits.max_inflated_record
            or entry.size > 1032 * entry.packed_size + 64
        ):
            raise ArchiveError(
                f"claims to unpack from {entry.packed_size} to {entry.size} bytes, which is not believed",
                archive=self.name,
                member=entry.name,
            )

    def _check_name(self, name: str) -> None:
        parts = name.split("/")
        if (
            "\\" in name
            or "\0" in name
            or ":" in parts[0]
            or not all(parts)
            or ".." in parts
            or "." in parts
        ):
            raise ArchiveError(
                f"a record's name leaves the archive's directory: {name!r}", archive=self.name
            )

    def _check_no_overlap(self, entries: Iterable[Entry], directory_offset: int) -> None:
        spans = sorted((entry.header_offset, entry.packed_size, entry.name) for entry in entries)
        end = 0
        for offset, packed_size, name in spans:
            if offset < end:
                raise ArchiveError(
                    "its bytes overlap another record's", archive=self.name, member=name
                )
            end = offset + _LOCAL_HEADER.size + packed_size
        if end > directory_offset:
            raise TruncatedArchiveError(
                "its data reaches into the zip directory", archive=self.name, member=spans[-1][2]
            )

    def _strip_root(self, named: dict[str, Entry]) -> tuple[str, dict[str, Entry]]:
        first = next(iter(named))
        root = first.split("/", 1)[0]
        if any(not name.startswith(root + "/") for name in named):
            raise NotAnArchiveError(
                "a zip file, but not one that PyTorch wrote: its records are not all in one directory",
                archive=self.name,
            )
        entries: dict[str, Entry] = {}
        for name, entry in named.items():
            short = name[len(root) + 1 :]
            entries[short] = Entry(
                short,
                entry.method,
                entry.checksum,
                entry.packed_size,
                entry.size,
                entry.header_offset,
            )
        return root, entries


def _name_of(file: BinaryIO) -> str:
    name = getattr(file, "name", None)
    return os.path.basename(name) if isinstance(name, str) else "<archive>"


def _map_privately(file: BinaryIO) -> _mmap.mmap:
    import mmap

    # Copy-on-write: tensors are writable, the file never is.
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
