"""``torch.save`` and ``torch.load``: state dicts and tensors, in PyTorch's zip format, safely.

A file holds a pickle and the storages it refers to.  Loading never runs what a file says: it goes
through `tscript.archive.unpickler`, as archives do, so ``weights_only=True`` is always in force.
Whole modules are not saved this way (that pickle would name Python classes): save
``module.state_dict()``, or a scripted module with ``torch.jit.save``.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Any, NoReturn

from ops_registry import dtypes
from ops_registry.device import Device
from tscript.archive.descriptions import (
    DeviceDescription,
    DictDescription,
    DtypeDescription,
    EnumDescription,
    ObjectDescription,
    SetDescription,
    SizeDescription,
    TaggedDescription,
    TensorDescription,
    TypedListDescription,
)
from tscript.archive.errors import ArchiveError, NotAnArchiveError, SaveError
from tscript.archive.pickler import pickle
from tscript.archive.reader import ArchiveReader, FileLike
from tscript.archive.storages import DeviceNotice, StorageReader, StorageTable
from tscript.archive.unpickler import unpickle
from tscript.archive.writer import ArchiveWriter
from tscript.runtime.size import Size
from tscript.runtime.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

_DTYPES = {dtype.name: dtype for dtype in dtypes.ALL}
_FORMAT_VERSION = b"1"
_STORAGE_ALIGNMENT = b"64"
_CONTAINER_VERSION = b"3\n"


def save(obj: Any, f: FileLike) -> None:
    """Write tensors, and containers of them, into a file that ``torch.load`` reads, here and in
    PyTorch.

    ``obj`` may hold tensors, parameters, numbers, strings, bytes, None, dtypes, devices, sizes, and
    lists, tuples, sets and dictionaries of those; tensors that share memory still do after loading.
    ``f`` is a path or a binary file object. Raises `SaveError` for anything else, a module
    included.

    >>> import io
    >>> import tscript as torch
    >>> torch.save({"w": torch.ones(2)}, file := io.BytesIO())
    >>> torch.load(file)
    {'w': tensor([1., 1.])}
    """
    describer = _Describer()
    data = pickle(describer.describe(obj, ""))
    with ArchiveWriter(f, root="archive") as writer:
        writer.write("data.pkl", data)
        writer.write(".format_version", _FORMAT_VERSION)
        writer.write(".storage_alignment", _STORAGE_ALIGNMENT)
        writer.write("byteorder", describer.byteorder)
        for name, block in describer.storages.records():
            writer.write(name, block)
        writer.write("version", _CONTAINER_VERSION)


def load(
    f: FileLike,
    map_location: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
) -> Any:
    """Read what ``torch.save`` wrote, here or in PyTorch 1.6 and later.

    Everything comes onto the CPU. ``weights_only=False`` is accepted and changes nothing: code in a
    file is never run. ``mmap`` maps the file instead of reading it. Raises `ArchiveError` where the
    file is damaged, is in another format, or names a class outside the list that PyTorch's
    ``weights_only`` has.
    """
    check_map_location(map_location)
    with ArchiveReader(f, mmap=bool(mmap)) as reader:
        if "data.pkl" not in reader:
            raise NotAnArchiveError("it holds no data.pkl", archive=reader.name)
        if "constants.pkl" in reader:
            raise ArchiveError(
                "this is a TorchScript archive: load it with torch.jit.load", archive=reader.name
            )
        description = unpickle(reader.read("data.pkl"), archive=reader.name, member="data.pkl")
        builder = _Builder(reader, quiet=map_location is not None)
        try:
            return builder.build(description)
        except RecursionError:
            raise ArchiveError(
                "a value in it is nested too deeply", archive=reader.name, member="data.pkl"
            ) from None


def check_map_location(map_location: Any) -> None:
    """Refuse a ``map_location`` that names a device which does not exist here.

    None, ``"cpu"``, a cpu device, and (as PyTorch allows) a dictionary or function to such are
    accepted.
    """
    if map_location is None or callable(map_location) or isinstance(map_location, dict):
        return
    device = map_location if isinstance(map_location, Device) else Device(str(map_location))
    if device.type != "cpu":
        raise RuntimeError(
            f"map_location={str(map_location)!r}: there is no such device here, tensors live on the CPU"
        )


class _Describer:
    """Turns Python values into descriptions; one value met twice is one description."""

    def __init__(self) -> None:
        import sys

        self.storages = StorageTable("data/")
        self.byteorder = sys.byteorder.encode()
        self._made: dict[int, tuple[Any, Any]] = {}
        self._open: set[int] = set()

    def describe(self, value: Any, path: str) -> Any:
        if value is None or type(value) in (bool, int, float, complex, str, bytes):
            return value
        known = self._made.get(id(value))
        if known is not None:
            return known[1]
        if id(value) in self._open:
            raise SaveError(f"{path or 'the value'} holds itself")
        self._open.add(id(value))
        made = self._describe(value, path)
        self._open.discard(id(value))
        self._made[id(value)] = (value, made)
        return made

    def _describe(self, value: Any, path: str) -> Any:
        if isinstance(value, Tensor):
            from tscript.nn.parameter import Parameter

            return self.storages.describe(value, is_parameter=isinstance(value, Parameter))
        if isinstance(value, Size):
            return SizeDescription(tuple(int(size) for size in value))
        if isinstance(value, dtypes.Dtype):
            return DtypeDescription(value.name)
        if isinstance(value, Device):
            return DeviceDescription(value.type, value.index)
        kind = type(value)
        if kind is list:
            return [self.describe(item, f"{path}[{index}]") for index, item in enumerate(value)]
        if kind is tuple:
            return tuple(
                self.describe(item, f"{path}[{index}]") for index, item in enumerate(value)
            )
        if kind is set:
            return SetDescription([self.describe(item, path) for item in sorted(value, key=repr)])
        if kind in (dict, OrderedDict, Counter):
            items = [
                (self.describe(key, path), self.describe(item, f"{path}[{key!r}]"))
                for key, item in value.items()
            ]
            metadata = getattr(value, "_metadata", None)
            attributes = None
            if metadata is not None:
                attributes = DictDescription([("_metadata", self.describe(metadata, path))])
            return DictDescription(items, kind.__name__, attributes)
        where = f" (at {path})" if path else ""
        raise SaveError(
            f"a {kind.__module__}.{kind.__qualname__}{where} cannot be saved: loading it would run its code. "
            f"Save a state_dict(), or script the module and use torch.jit.save"
        )


class _Builder:
    """Turns descriptions into Python values; one description met twice is one value."""

    def __init__(self, reader: ArchiveReader, *, quiet: bool) -> None:
        self.reader = reader
        self.storages = StorageReader(reader, "data/", DeviceNotice(reader.name, quiet=quiet))
        self._made: dict[int, tuple[Any, Any]] = {}
        self._open: set[int] = set()

    def build(self, description: Any) -> Any:
        kind = type(description)
        if description is None or kind in (bool, int, float, complex, str, bytes):
            return description
        known = self._made.get(id(description))
        if known is not None:
            return known[1]
        action = _BUILD.get(kind)
        if action is None:
            self.fail(
                f"it holds a {kind.__name__.removesuffix('Description')}, which no state dict does"
            )
        if id(description) in self._open:
            self.fail("a value in it holds itself")
        self._open.add(id(description))
        made = action(self, description)
        self._open.discard(id(description))
        return self.keep(description, made)

    def keep(self, description: Any, made: Any) -> Any:
        self._made[id(description)] = (description, made)
        return made

    def fail(self, problem: str) -> NoReturn:
        raise ArchiveError(problem, archive=self.reader.name, member="data.pkl")

    def make_tensor(self, description: TensorDescription) -> Tensor:
        tensor = self.storages.tensor(description)
        if description.is_parameter:
            from tscript.nn.parameter import Parameter

            tensor = Parameter(tensor, requires_grad=description.requires_grad)
        return tensor

    def make_list(self, description: list[Any]) -> list[Any]:
        made: list[Any] = self.keep(description, [])
        made.extend(self.build(item) for item in description)
        return made

    def make_tuple(self, description: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(self.build(item) for item in description)

    def make_typed_list(self, description: TypedListDescription) -> list[Any]:
        return self.make_list(description.items)

    def make_tagged(self, description: TaggedDescription) -> Any:
        return self.build(description.value)

    def make_dict(self, description: DictDescription) -> Any:
        kind: Any = {"OrderedDict": OrderedDict, "Counter": Counter}.get(description.kind, dict)
        made = self.keep(description, kind())
        for key, item in description.items:
            try:
                made[self.build(key)] = self.build(item)
            except TypeError:
                self.fail("a dictionary in it has a key that cannot be one")
        if description.attributes is not None:
            for name, item in description.attributes.items:
                # Only what state dicts carry; an attribute could otherwise replace a method.
                if name == "_metadata" and kind is OrderedDict:
                    made._metadata = self.build(item)
        return made

    def make_set(self, description: SetDescription) -> set[Any]:
        try:
            return {self.build(item) for item in description.elements}
        except TypeError:
            self.fail("a set in it has an element that cannot be one")

    def make_size(self, description: SizeDescription) -> Size:
        return Size(description.sizes)

    def make_dtype(self, description: DtypeDescription) -> Any:
        if description.name not in _DTYPES:
            self.fail(f"it holds the dtype {description.name}, which is not supported")
        return _DTYPES[description.name]

    def make_device(self, description: DeviceDescription) -> Device:
        if description.type in ("cpu", "meta"):
            return Device(description.type, description.index)
        self.storages.notice.note(description.type)
        return Device("cpu")

    def refuse(self, description: ObjectDescription | EnumDescription) -> Any:
        self.fail(f"it holds an object of {description.class_name}, which no state dict does")


_BUILD: dict[type, Callable[[_Builder, Any], Any]] = {
    TensorDescription: _Builder.make_tensor,
    list: _Builder.make_list,
    tuple: _Builder.make_tuple,
    TypedListDescription: _Builder.make_typed_list,
    TaggedDescription: _Builder.make_tagged,
    DictDescription: _Builder.make_dict,
    SetDescription: _Builder.make_set,
    SizeDescription: _Builder.make_size,
    DtypeDescription: _Builder.make_dtype,
    DeviceDescription: _Builder.make_device,
    ObjectDescription: _Builder.refuse,
    EnumDescription: _Builder.refuse,
}
