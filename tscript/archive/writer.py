"""The container, written: a zip file that PyTorch, and every zip tool, reads.

Records are stored at offsets that are multiples of 64, so that tensors can be mapped; text is
deflated. The same records give the same bytes: no time, no host, no order but the caller's.
"""

from __future__ import annotations

import os
import struct
import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING, BinaryIO

from tscript.archive.errors import SaveError
from tscript.archive.reader import FileLike

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined,unused-ignore]
    from types import TracebackType

_ALIGNMENT = 64
_PADDING_TAG = b"FB"
_UTF8 = 0x0800
_VERSION_DEFLATED, _VERSION_ZIP64 = 20, 45
# MS-DOS knows no time before this, and it says nothing about when the file was written.
_DATE_1980_01_01 = 0x0021
_LIMIT32 = 0xFFFFFFFF


class ArchiveWriter:
    """Writes records, then the directory, into ``target`` (a path or a binary file object).

    A path is written beside itself and moved into place on success: an error leaves the old file as
    it was, and a file object is left wherever writing stopped.

    >>> import io
    >>> from tscript.archive.reader import ArchiveReader
    >>> with ArchiveWriter(file := io.BytesIO(), root="net") as writer:
    ...     writer.write("version", b"3\\n")
    >>> bytes(ArchiveReader(file).read("version"))
    b'3\\n'
    """

    def __init__(self, target: FileLike, *, root: str) -> None:
        self.root = root
        self._path = os.fspath(target) if isinstance(target, (str, os.PathLike)) else None
        if self._path is not None:
            self._temporary = f"{self._path}.{os.getpid()}.tmp"
            self._file: BinaryIO = open(self._temporary, "wb")
        else:
            assert not isinstance(target, (str, os.PathLike))
            self._file = target
        self._start = self._file.tell() if self._path is None and self._file.seekable() else 0
        self._position = 0
        self._directory: list[bytes] = []
        self._names: set[str] = set()
        self._identity = blake2b(digest_size=16)

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        elif self._path is not None:
            self._file.close()
            os.unlink(self._temporary)

    def write(self, name: str, data: Buffer | bytes, *, compress: bool = False) -> None:
        """Add a record; ``compress`` deflates it (text), else it is stored aligned (tensors)."""
        if name in self._names:
            raise SaveError(f"two records of the archive would be called {name!r}")
        self._names.add(name)
        view = memoryview(data).cast("B")
        checksum = zlib.crc32(view)
        self._identity.update(f"{name}\0{len(view)}\0{checksum}\0".encode())
        packed: bytes | memoryview = view
        if compress:
            deflater = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS)
            packed = deflater.compress(view) + deflater.flush()
        raw_name = f"{self.root}/{name}".encode()
        offset = self._position
        sizes64 = b""
        if len(view) >= _LIMIT32:
            sizes64 = struct.pack("<2H2Q", 1, 16, len(view), len(packed))
        extra = sizes64 + self._padding(offset + 30 + len(raw_name) + len(sizes64))
        version = _VERSION_ZIP64 if sizes64 else _VERSION_DEFLATED if compress else 10
        method = 8 if compress else 0
        stated = (_LIMIT32, _LIMIT32) if sizes64 else (len(packed), len(view))
        self._emit(
            struct.pack(
                "<4s5H3I2H", b"PK\x03\x04", version, _UTF8, method, 0, _DATE_1980_01_01,
                checksum, *stated, len(raw_name), len(extra),
            )
        )  # fmt: skip
        self._emit(raw_name)
        self._emit(extra)
        self._emit(packed)
        self._add_to_directory(raw_name, version, method, checksum, len(packed), len(view), offset)

    def close(self) -> None:
        """Write the identity record and the directory, and put the file in place."""
        digest = self._identity.digest()
        halves = (int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little"))
        self.write(".data/serialization_id", f"{halves[0]:020d}{halves[1]:020d}".encode())
        offset = self._position
        for entry in self._directory:
            self._emit(entry)
        count, size = len(self._directory), self._position - offset
        if count >= 0xFFFF or offset >= _LIMIT32 or size >= _LIMIT32:
            end64 = self._position
            self._emit(
                struct.pack(
                    "<4sQ2H2I4Q", b"PK\x06\x06", 44, _VERSION_ZIP64, _VERSION_ZIP64, 0, 0,
                    count, count, size, offset,
                )
            )  # fmt: skip
            self._emit(struct.pack("<4sIQI", b"PK\x06\x07", 0, end64, 1))
        counts = min(count, 0xFFFF)
        self._emit(
            struct.pack(
                "<4s4H2IH", b"PK\x05\x06", 0, 0, counts, counts,
                min(size, _LIMIT32), min(offset, _LIMIT32), 0,
            )
        )  # fmt: skip
        if self._path is not None:
            self._file.close()
            os.replace(self._temporary, self._path)

    def _emit(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._position += len(data)

    def _padding(self, unpadded: int) -> bytes:
        size = -(unpadded + 4) % _ALIGNMENT
        return struct.pack("<2sH", _PADDING_TAG, size) + b"Z" * size

    def _add_to_directory(
        self,
        name: bytes,
        version: int,
        method: int,
        checksum: int,
        packed: int,
        size: int,
        offset: int,
    ) -> None:
        wide = [value for value in (size, packed, offset) if value >= _LIMIT32]
        extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
        self._directory.append(
            struct.pack(
                "<4s6H3I5H2I", b"PK\x01\x02", version, version, _UTF8, method, 0, _DATE_1980_01_01,
                checksum, min(packed, _LIMIT32), min(size, _LIMIT32), len(name), len(extra), 0, 0,
                0, 0, min(offset, _LIMIT32), ) + name + extra )  # fmt: skip
