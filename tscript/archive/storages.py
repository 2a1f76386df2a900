"""Tensor data: storage records become NumPy buffers, and arrays become storage records.

`StorageReader` makes the array that a `TensorDescription` describes, one buffer for each storage,
so that views of one storage stay views of one another.  `StorageTable` is its mirror for saving:
arrays over one block of memory share a record.  Which values hold tensors is not known here.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from ops_registry import dtypes
from ops_registry.storage import owner_of, strides_of
from tscript.archive.descriptions import StorageDescription, TensorDescription
from tscript.archive.errors import ArchiveError, SaveError
from tscript.archive.pickler import is_storage_dtype
from tscript.runtime import memory
from tscript.runtime.tensor import Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops_registry.dtypes import Dtype
    from tscript.archive.reader import ArchiveReader

_DTYPES = {dtype.name: dtype for dtype in dtypes.ALL}


class DeviceNotice:
    """Says, once for a file, that what it has on an accelerator is loaded onto the CPU.

    ``quiet`` says nothing: the caller named a device.
    """

    def __init__(self, archive: str, *, quiet: bool = False) -> None:
        self._archive = archive
        self._quiet = quiet

    def note(self, device: str) -> None:
        """Something is on ``device``."""
        if self._quiet or device in ("cpu", "", "meta"):
            return
        self._quiet = True
        warnings.warn(
            f"{self._archive} holds something of the device {device!r}, which is loaded onto the"
            " CPU (map_location='cpu' says so without this warning)",
            stacklevel=5,
        )


class StorageReader:
    """Makes tensors from descriptions; ``prefix`` is the records' directory (``data/``,
    ``constants/``).

    Storages saved from an accelerator are loaded onto the CPU; ``notice`` says so.
    """

    def __init__(self, reader: ArchiveReader, prefix: str, notice: DeviceNotice) -> None:
        self.reader = reader
        self.prefix = prefix
        self.notice = notice
        self._buffers: dict[str, np.ndarray] = {}
        self._tensors: dict[int, tuple[TensorDescription, Tensor]] = {}
        self._swap = False
        if "byteorder" in reader:
            order = reader.read_text("byteorder")
            if order not in ("little", "big"):
                raise ArchiveError(
                    f"the byte order {order!r} is unknown", archive=reader.name, member="byteorder"
                )
            self._swap = order != sys.byteorder

    def tensor(self, description: TensorDescription) -> Tensor:
        """The tensor described; the same description always gives the same one."""
        known = self._tensors.get(id(description))
        if known is None:
            array = self.array(description)
            tensor = wrap(array)
            if description.requires_grad and dtypes.from_numpy(array.dtype).category >= 2:
                tensor.requires_grad_()
            known = (description, tensor)
            self._tensors[id(description)] = known
        return known[1]

    def array(self, description: TensorDescription) -> np.ndarray:
        """The described view of its storage's buffer."""
        dtype = self._dtype(description.dtype)
        sizes, strides = description.sizes, description.strides
        if len(sizes) != len(strides):
            self._fail(f"a tensor has {len(sizes)} sizes and {len(strides)} strides", description)
        if description.storage is None:
            self._fail("it holds a tensor of the meta device, which has no data", description)
        buffer = self._buffer(description.storage)
        itemsize = dtype.itemsize
        last = description.offset + sum(
            (size - 1) * stride for size, stride in zip(sizes, strides, strict=True)
        )
        if 0 in sizes:
            last = -1
        if (last + 1) * itemsize > buffer.nbytes:
            self._fail(
                f"a tensor of sizes {list(sizes)} and strides {list(strides)} from {description.offset} on "
                f"reaches beyond the {buffer.nbytes // itemsize} elements of its storage",
                description,
            )
        if not buffer.nbytes or 0 in sizes:
            try:
                return np.empty(sizes, dtype)
            except ValueError as error:
                self._fail(f"a tensor's sizes {list(sizes)} are impossible ({error})", description)
        try:
            array = memory.view_of_buffer(
                buffer,
                dtype,
                description.offset * itemsize,
                sizes,
                tuple(stride * itemsize for stride in strides),
            )
        except (ValueError, TypeError, OverflowError) as error:
            self._fail(f"a tensor's sizes {list(sizes)} are impossible ({error})", description)
        if description.is_conjugate:
            array = array.conj()
        if description.is_negative:
            array = -array
        return array

    def _dtype(self, name: str) -> np.dtype:
        dtype = _DTYPES.get(name)
        try:
            if dtype is None:
                raise TypeError
            return dtype.numpy
        except TypeError:
            raise ArchiveError(
                f"it holds a tensor of dtype {name}, which is not supported",
                archive=self.reader.name,
            ) from None

    def _buffer(self, storage: StorageDescription) -> np.ndarray:
        known = self._buffers.get(storage.key)
        itemsize = 1 if storage.dtype is None else _DTYPES[storage.dtype].itemsize
        needed = storage.numel * itemsize
        if known is None:
            self.notice.note(storage.location)
            name = self.prefix + storage.key
            data = self.reader.read(name)
            known = np.frombuffer(data, np.uint8)
            if not known.flags.writeable:
                known = known.copy()
            if self._swap and itemsize > 1:
                # Complex elements are two numbers, each with its own byte order.
                width = itemsize // 2 if str(storage.dtype).startswith("complex") else itemsize
                whole = known[: known.nbytes // width * width]
                whole.reshape(-1, width)[:] = whole.reshape(-1, width)[:, ::-1].copy()
            self._buffers[storage.key] = known
        if known.nbytes < needed:
            raise ArchiveError(
                f"it holds {known.nbytes} bytes, and {storage.numel} elements of {storage.dtype} are "
                f"{needed}",
                archive=self.reader.name,
                member=self.prefix + storage.key,
            )
        return known[:needed] if known.nbytes > needed else known

    def _fail(self, problem: str, description: TensorDescription) -> NoReturn:
        key = None if description.storage is None else self.prefix + description.storage.key
        raise ArchiveError(problem, archive=self.reader.name, member=key)


class StorageTable:
    """Describes tensors for saving, and lists the records their storages become.

    ``prefix`` is as in `StorageReader`.  A view is saved with the whole block of memory that it
    views.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._keys: dict[tuple[int, int], str] = {}
        self._descriptions: dict[tuple[str, str], StorageDescription] = {}
        self._blocks: list[tuple[str, np.ndarray]] = []
        self._tensors: dict[int, tuple[Tensor, TensorDescription]] = {}

    def describe(self, tensor: Tensor, *, is_parameter: bool = False) -> TensorDescription:
        """The description of ``tensor``; the same one for the same tensor."""
        known = self._tensors.get(id(tensor))
        if known is None:
            known = (tensor, self._describe(tensor, is_parameter))
            self._tensors[id(tensor)] = known
        return known[1]

    def records(self) -> Iterator[tuple[str, memoryview]]:
        """Name and bytes of every storage, in the order of first use."""
        for key, block in self._blocks:
            yield self.prefix + key, block.data.cast("B")

    def _describe(self, tensor: Tensor, is_parameter: bool) -> TensorDescription:
        array = tensor.array
        try:
            dtype = dtypes.from_numpy(array.dtype)
        except TypeError as error:
            raise SaveError(f"a tensor cannot be saved: {error}") from None
        if any(stride % dtype.itemsize or stride < 0 for stride in array.strides):
            array = np.ascontiguousarray(array).reshape(array.shape)
        block, offset = _memory_of(array)
        if offset % dtype.itemsize:
            array = array.copy()
            block, offset = _memory_of(array)
        return TensorDescription(
            self._storage(block, dtype),
            dtype.name,
            offset // dtype.itemsize,
            array.shape,
            strides_of(array),
            requires_grad=bool(tensor.requires_grad),
            is_parameter=is_parameter,
        )

    def _storage(self, block: np.ndarray, dtype: Dtype) -> StorageDescription:
        place = (block.ctypes.data, block.nbytes)
        key = self._keys.get(place) if block.nbytes else None
        if key is None:
            key = self._keys[place] = str(len(self._blocks))
            self._blocks.append((key, block))
        known = self._descriptions.get((key, dtype.name))
        if known is None:
            typed = is_storage_dtype(dtype.name)
            known = StorageDescription(
                key,
                dtype.name if typed else None,
                "cpu",
                block.nbytes // (dtype.itemsize if typed else 1),
            )
            self._descriptions[key, dtype.name] = known
        return known


def _memory_of(array: np.ndarray) -> tuple[np.ndarray, int]:
    """The whole block of memory that ``array`` views, as bytes, and where in it the array begins."""
    owner = owner_of(array)
    block = memory.flat_buffer(owner) if owner.size else np.empty(0, np.uint8)
    if owner.size and memory.address(block) != memory.lowest_address(owner):
        # The owner's memory has gaps that are not its own, so NumPy copied: keep the elements
        # alone.
        return np.ascontiguousarray(array).reshape(-1).view(np.uint8), 0
    return block, memory.byte_offset(array) if owner.size else 0
