"""Loading and saving programs: what ``torch.jit.load`` and ``torch.jit.save`` do.

`load_archive` gives the root object of an archive, compiled; `save_archive` writes an object, or a
function, with all the code and data that it needs.  The Python faces of both are in
``tscript.jit``.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tscript.archive.code_export import FUNCTION_HOLDER, CodeExport
from tscript.archive.code_import import CodeLibrary
from tscript.archive.code_printer import ConstantTable
from tscript.archive.descriptions import DictDescription, ObjectDescription
from tscript.archive.errors import ArchiveError, MissingMemberError, NotAnArchiveError, SaveError
from tscript.archive.pickler import pickle
from tscript.archive.reader import ArchiveReader, FileLike
from tscript.archive.storages import DeviceNotice, StorageReader, StorageTable
from tscript.archive.unpickler import unpickle
from tscript.archive.upgraders import CURRENT_VERSION
from tscript.archive.values import ValueBuilder, ValueDescriber, class_names
from tscript.archive.writer import ArchiveWriter
from tscript.ir.function import CompiledFunction
from tscript.runtime.object import ScriptObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping

    from ops_registry import types as t

_VERSION_RECORDS = ("version", ".data/version")


def load_archive(
    file: FileLike,
    map_location: Any = None,
    _extra_files: MutableMapping[str, Any] | None = None,
    *,
    mmap: bool = False,
) -> ScriptObject:
    """The root object of the archive ``file`` (a path or a binary file object), ready to run.

    A function that was saved by itself is the ``forward`` of the object. ``_extra_files`` maps
    names to whatever; the contents of the archive's extra files replace it (bytes, as PyTorch gives
    them). All tensors come onto the CPU. Raises `ArchiveError` naming the file and the member at
    fault.
    """
    from tscript.serialization import check_map_location

    check_map_location(map_location)
    with ArchiveReader(file, mmap=mmap) as reader:
        _check_is_program(reader)
        version = archive_version(reader)
        notice = DeviceNotice(reader.name, quiet=map_location is not None)
        constants_storages = StorageReader(reader, "constants/", notice)
        library = CodeLibrary(reader, [], version)
        library.constants = _constants(reader, library, constants_storages)
        description = unpickle(reader.read("data.pkl"), archive=reader.name, member="data.pkl")
        if not isinstance(description, ObjectDescription):
            raise ArchiveError(
                "it does not hold an object, as the root of a program must be",
                archive=reader.name,
                member="data.pkl",
            )
        for name in class_names(description):
            library.type(name)
        library.compile()
        if library.missing:
            names = ", ".join(sorted(library.missing))
            warnings.warn(
                f"{reader.name} uses operators that do not exist here, and calling them will raise: "
                f"{names}",
                stacklevel=3,
            )
        if library.foreign_device:
            notice.note(library.foreign_device)
        storages = StorageReader(reader, "data/", notice)
        builder = ValueBuilder(library, storages, "data.pkl")
        root = builder.build(description)
        assert isinstance(root, ScriptObject)
        for value, state in builder.unset:
            value.call("__setstate__", state)
        if _extra_files is not None:
            for name in _extra_files:
                _extra_files[name] = bytes(reader.read(f"extra/{name}"))
        return root


def save_archive(
    root: ScriptObject | CompiledFunction,
    file: FileLike,
    _extra_files: Mapping[str, str | bytes] | None = None,
) -> None:
    """Write ``root`` into ``file`` (a path or a binary file object), so that real PyTorch loads it
    too.

    A function is saved as an object whose ``forward`` it is. Raises `SaveError`, naming what an
    archive cannot hold: a call into Python, a value of a foreign class.
    """
    storages = StorageTable("data/")
    describer = ValueDescriber(storages)
    if isinstance(root, CompiledFunction):
        _check_sound(root)
        description = ObjectDescription(FUNCTION_HOLDER, has_state=True)
        description.state = DictDescription([("training", True)])
    else:
        description = describer.describe(root)
    data = pickle(description)
    code, constants = _export(root, describer.types)
    if code.misplaced():
        code, constants = _export(root, describer.types, code.misplaced())
    with ArchiveWriter(file, root=_root_name(file)) as writer:
        for name, block in storages.records():
            writer.write(name, block)
        writer.write("data.pkl", data)
        for name, text in code.records():
            writer.write(name, text, compress=True)
        for name, block in constants.storages.records():
            writer.write(name, block)
        writer.write("constants.pkl", constants.data)
        for name, content in (_extra_files or {}).items():
            writer.write(f"extra/{name}", content.encode() if isinstance(content, str) else content)
        version = code.version()
        record = _VERSION_RECORDS[0] if version < 6 else _VERSION_RECORDS[1]
        writer.write(record, f"{version}\n".encode())
        writer.write("byteorder", sys.byteorder.encode())


@dataclass(frozen=True)
class _Constants:
    """The constants table, ready to be written."""

    data: bytes
    storages: StorageTable


def _export(
    root: ScriptObject | CompiledFunction,
    types: Iterable[t.NominalType],
    static_owners: frozenset[str] = frozenset(),
) -> tuple[CodeExport, _Constants]:
    """The code that a program needs, and the constants that the code refers to."""
    table = ConstantTable()
    code = CodeExport(table, static_owners)
    if isinstance(root, CompiledFunction):
        code.add_function_holder(root)
    code.add_types(types)
    storages = StorageTable("constants/")
    describer = ValueDescriber(storages)
    data = pickle(tuple(describer.describe(value) for value in table.values))
    code.add_types(describer.types)
    return code, _Constants(data, storages)


def archive_version(reader: ArchiveReader) -> int:
    """The file format version that an archive states."""
    for record in _VERSION_RECORDS:
        if record in reader:
            text = reader.read_text(record).strip()
            if not text.isascii() or not text.isdecimal() or len(text) > 9:
                raise ArchiveError(
                    f"the version {text[:40]!r} is not a number", archive=reader.name, member=record
                )
            version = int(text)
            if version > CURRENT_VERSION:
                warnings.warn(
                    f"{reader.name} has the file format version {version}, and {CURRENT_VERSION} is the newest "
                    f"that is known: operators may have changed their meaning since",
                    stacklevel=3,
                )
            return version
    raise MissingMemberError("it states no version", archive=reader.name, member="version")


def _check_is_program(reader: ArchiveReader) -> None:
    if "data.pkl" not in reader:
        raise NotAnArchiveError(
            "a zip file, but no TorchScript archive: it has no data.pkl", archive=reader.name
        )
    if "constants.pkl" not in reader:
        if not any(name.startswith("code/") for name in reader.names()):
            raise NotAnArchiveError(
                "it holds tensors but no program: load it with torch.load", archive=reader.name
            )
        raise MissingMemberError(
            "the record is missing", archive=reader.name, member="constants.pkl"
        )


def _constants(reader: ArchiveReader, library: CodeLibrary, storages: StorageReader) -> list[Any]:
    described = unpickle(reader.read("constants.pkl"), archive=reader.name, member="constants.pkl")
    if not isinstance(described, tuple):
        raise ArchiveError("it is not a tuple", archive=reader.name, member="constants.pkl")
    builder = ValueBuilder(library, storages, "constants.pkl")
    return [builder.build(item) for item in described]


def _check_sound(function: CompiledFunction) -> None:
    if function.failed:
        raise SaveError(f"{function.qualified_name} has errors and cannot be saved")


def _root_name(file: FileLike) -> str:
    """The archive's directory: as PyTorch does, the file's name without its last suffix.

    >>> _root_name("models/net v1.2.pt"), _root_name("a:b.pt"), _root_name(".")
    ('net v1.2', 'a_b', 'archive')
    """
    name = file if isinstance(file, (str, os.PathLike)) else getattr(file, "name", "archive")
    base = os.path.basename(os.fspath(name)) if isinstance(name, (str, os.PathLike)) else "archive"
    stem, _ = os.path.splitext(base)
    plain = re.sub(r"[^\w. -]", "_", stem)
    return plain if plain.strip(". ") else "archive"
