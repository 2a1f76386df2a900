"""Where archived code came from: the ``.debug_pkl`` records beside the code.

They map offsets in a machine-written file to ranges of the source that a person wrote, with that
source's text.  `read_provenance` is lazy, because only errors and tracebacks ask; a damaged record
costs the ranges, never the model.  `write_provenance` is its mirror.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from tscript.archive.descriptions import TypedListDescription
from tscript.archive.errors import ArchiveError
from tscript.archive.pickler import pickle
from tscript.archive.unpickler import unpickle
from tscript.diagnostics.source import Source, SourceRange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tscript.archive.reader import ArchiveReader

_FORMAT = "FORMAT_WITH_STRING_TABLE"

Pair = tuple[int, SourceRange]


class Provenance(Sequence[Pair]):
    """Pairs of an offset and the original range, sorted by offset; decoded when first asked for."""

    def __init__(self, reader: ArchiveReader, member: str) -> None:
        self._member = member
        # Read now: the file may be closed, or be another one, when an error asks.
        self._data = bytes(reader.read(member))
        self._name = reader.name
        self._pairs: list[Pair] = []

    def _decoded(self) -> list[Pair]:
        if self._data:
            data, self._data = self._data, b""
            try:
                self._pairs = _decode(unpickle(data, archive=self._name, member=self._member))
            except (ArchiveError, ValueError, TypeError, IndexError, AttributeError):
                self._pairs = []
        return self._pairs

    def __len__(self) -> int:
        return len(self._decoded())

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> list[Pair]: ...
    def __getitem__(self, index: int | slice) -> Pair | list[Pair]:
        return self._decoded()[index]


def read_provenance(reader: ArchiveReader, code_member: str) -> Sequence[Pair]:
    """Where the code in the record ``code_member`` came from; empty when the archive does not say."""
    member = code_member + ".debug_pkl"
    return Provenance(reader, member) if member in reader else ()


def _decode(description: Any) -> list[Pair]:
    if not isinstance(description, tuple) or description[:1] != (_FORMAT,):
        return []  # the format before PyTorch 1.12: every range with its own copy of the text
    _, table, entries = description
    texts: dict[tuple[int, ...], str] = {}
    sources: dict[tuple[tuple[int, ...], int, int], Source] = {}
    pairs: list[Pair] = []
    for offset, place, _ in entries:
        (lines, filename, first_line), start, end = place
        numbers = tuple(lines.items if isinstance(lines, TypedListDescription) else lines)
        if not numbers:
            continue
        key = (numbers, filename, first_line)
        source = sources.get(key)
        if source is None:
            text = texts.setdefault(numbers, "".join(table[number] for number in numbers))
            source = sources[key] = Source(text, table[filename] or "<unknown>", first_line)
        if not source.text.isascii():
            start, end = _characters(source.text, start), _characters(source.text, end)
        pairs.append((offset, SourceRange(source, start, end)))
    pairs.sort(key=lambda pair: pair[0])
    return pairs


def _characters(text: str, byte_offset: int) -> int:
    return len(text.encode("utf-8", "surrogatepass")[:byte_offset].decode("utf-8", "ignore"))


def _bytes(text: str, offset: int) -> int:
    return offset if text.isascii() else len(text[:offset].encode("utf-8", "surrogatepass"))


def write_provenance(pairs: Iterable[tuple[int, SourceRange | None]]) -> bytes:
    """The record for code whose text from each offset on comes from the range beside it.

    >>> source = Source("def f(x):\\n    return x\\n", "model.py")
    >>> data = write_provenance([(0, source.range(0, 8))])
    >>> [(offset, place.text) for offset, place in _decode(unpickle(data, archive="", member=""))]
    [(0, 'def f(x)')]
    """
    strings: dict[str, int] = {"": 0}
    numbered: dict[int, tuple[Source, list[int]]] = {}
    entries: list[Any] = []
    for number, (offset, place) in enumerate(pairs):
        if place is None:
            nowhere = (TypedListDescription("int", []), 0, 0)
            entries.append((offset, (nowhere, 0, 0), number))
            continue
        source = place.source
        known = numbered.get(id(source))
        if known is None:
            lines = [
                strings.setdefault(line, len(strings))
                for line in source.text.splitlines(keepends=True)
            ]
            known = numbered[id(source)] = (source, lines)
        filename = strings.setdefault(source.filename, len(strings))
        where = (TypedListDescription("int", known[1]), filename, source.first_line)
        start, end = _bytes(source.text, place.start), _bytes(source.text, place.end)
        entries.append((offset, (where, start, end), number))
    return pickle((_FORMAT, tuple(strings), tuple(entries)))
