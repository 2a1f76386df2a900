"""The pickler: descriptions become the protocol-2 bytes that PyTorch reads.

The mirror of `tscript.archive.unpickler`.  It writes the same globals that PyTorch's own picklers
write, keeps identity (a description met twice is written once and recalled), and the same
descriptions always give the same bytes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from tscript.archive.descriptions import (
    ClassDescription,
    DeviceDescription,
    DictDescription,
    DtypeDescription,
    EnumDescription,
    ObjectDescription,
    SetDescription,
    SizeDescription,
    StorageDescription,
    TaggedDescription,
    TensorDescription,
    TensorTableReference,
    TypedListDescription,
)
from tscript.archive.errors import SaveError
from tscript.archive.unpickler import STORAGE_DTYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_STORAGE_CLASSES: dict[str, str] = {dtype: name for name, dtype in STORAGE_DTYPES.items()}
_BATCH = 1000


def is_storage_dtype(dtype: str) -> bool:
    """Whether PyTorch has a typed storage class for ``dtype``; others are kept as untyped bytes.

    >>> is_storage_dtype("float32"), is_storage_dtype("uint16")
    (True, False)
    """
    return dtype in _STORAGE_CLASSES


def pickle(description: Any) -> bytes:
    """The bytes of ``description``; raises `SaveError` for a value that has no description.

    >>> pickle([1, "a"])
    b'\\x80\\x02]q\\x00(K\\x01X\\x01\\x00\\x00\\x00aq\\x01e.'
    """
    writer = _Writer()
    writer.out += b"\x80\x02"
    writer.write(description)
    writer.out += b"."
    return bytes(writer.out)


class _Writer:
    """The bytes so far, and the memo: what was written already, by identity or, for names, by text."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.memo: dict[Any, int] = {}
        self.kept: list[Any] = []  # keeps what the memo knows by id alive
        self.unfinished: set[int] = set()  # objects whose state is being written

    # -- memo
    # -------------------------------------------------------------------------------------------

    def remember(self, key: Any) -> None:
        index = self.memo[key] = len(self.memo)
        if index < 256:
            self.out += b"q" + bytes((index,))
        else:
            self.out += b"r" + index.to_bytes(4, "little")

    def recall(self, key: Any) -> bool:
        index = self.memo.get(key)
        if index is None:
            return False
        if index < 256:
            self.out += b"h" + bytes((index,))
        else:
            self.out += b"j" + index.to_bytes(4, "little")
        return True

    # -- values
    # -----------------------------------------------------------------------------------------

    def write(self, value: Any) -> None:
        kind = type(value)
        plain = _PLAIN.get(kind)
        if plain is not None:
            plain(self, value)
            return
        action = _COMPOUND.get(kind)
        if action is None:
            raise SaveError(
                f"a {kind.__module__}.{kind.__qualname__} cannot be written into a pickle"
            )
        key = id(value)
        if kind is tuple and not value:
            self.out += b")"
        elif not self.recall(key):
            self.kept.append(value)
            try:
                action(self, value, key)
            except RecursionError:
                raise SaveError("a value is nested too deeply, or holds itself") from None

    def put_none(self, value: None) -> None:
        self.out += b"N"

    def put_bool(self, value: bool) -> None:
        self.out += b"\x88" if value else b"\x89"

    def put_int(self, value: int) -> None:
        if 0 <= value < 1 << 8:
            self.out += b"K" + bytes((value,))
        elif 0 <= value < 1 << 16:
            self.out += b"M" + value.to_bytes(2, "little")
        elif -(1 << 31) <= value < 1 << 31:
            self.out += b"J" + value.to_bytes(4, "little", signed=True)
        elif -(1 << 63) <= value < 1 << 63:
            self.out += b"\x8a\x08" + value.to_bytes(8, "little", signed=True)
        else:
            raise SaveError(f"the integer {value} does not fit into 64 bits")

    def put_float(self, value: float) -> None:
        self.out += b"G" + struct.pack(">d", value)

    def put_str(self, value: str) -> None:
        if not self.recall(value):
            data = value.encode("utf-8", "surrogatepass")
            self.out += b"X" + len(data).to_bytes(4, "little") + data
            self.remember(value)

    def put_complex(self, value: complex) -> None:
        self.global_("builtins", "complex")
        self.write_tuple((value.real, value.imag))
        self.out += b"R"

    def put_bytes(self, value: bytes) -> None:
        self.global_("_codecs", "encode")
        self.write_tuple((value.decode("latin-1"), "latin1"))
        self.out += b"R"

    def global_(self, module: str, name: str) -> None:
        key = ("global", module, name)
        if not self.recall(key):
            self.out += f"c{module}\n{name}\n".encode()
            self.remember(key)

    def write_tuple(self, items: Iterable[Any]) -> None:
        """A tuple that nothing else refers to."""
        items = tuple(items)
        if not 0 < len(items) <= 3:
            self.out += b"(" if items else b")"
        for item in items:
            self.write(item)
        if items:
            self.out += {1: b"\x85", 2: b"\x86", 3: b"\x87"}.get(len(items), b"t")

    def call(self, module: str, name: str, arguments: Iterable[Any], key: Any = None) -> None:
        self.global_(module, name)
        self.write_tuple(arguments)
        self.out += b"R"
        if key is not None:
            self.remember(key)

    def items(self, values: list[Any], close: bytes) -> None:
        for start in range(0, len(values), _BATCH):
            self.out += b"("
            for value in values[start : start + _BATCH]:
                self.write(value)
            self.out += close

    # -- compound values
    # --------------------------------------------------------------------------------

    def put_tuple(self, value: tuple[Any, ...], key: int) -> None:
        self.write_tuple(value)
        self.remember(key)

    def put_list(self, value: list[Any], key: int) -> None:
        self.out += b"]"
        self.remember(key)
        self.items(value, b"e")

    def put_dict(self, value: DictDescription, key: int) -> None:
        if value.kind == "dict":
            self.out += b"}"
        else:
            self.global_("collections", value.kind)
            self.out += b")R"
        self.remember(key)
        self.items([part for item in value.items for part in item], b"u")
        if value.attributes is not None:
            self.write(value.attributes)
            self.out += b"b"

    def put_set(self, value: SetDescription, key: int) -> None:
        self.call("__builtin__", "set", [list(value.elements)], key)

    def put_size(self, value: SizeDescription, key: int) -> None:
        self.call("torch", "Size", [value.sizes], key)

    def put_dtype(self, value: DtypeDescription, key: int) -> None:
        self.global_("torch", value.name)

    def put_device(self, value: DeviceDescription, key: int) -> None:
        index = "" if value.index is None else f":{value.index}"
        self.call("torch", "device", [value.type + index], key)

    def put_class(self, value: ClassDescription, key: int) -> None:
        module, _, name = value.name.rpartition(".")
        self.global_(module, name)

    def put_object(self, value: ObjectDescription, key: int) -> None:
        self.put_class(ClassDescription(value.class_name), key)
        self.out += b")\x81"
        if key in self.unfinished:
            raise SaveError(f"an object of {value.class_name} holds itself")
        self.unfinished.add(key)
        self.write(value.state if value.has_state else DictDescription())
        self.unfinished.discard(key)
        self.out += b"b"
        # Only now: PyTorch makes the object when its state is set, so none can hold itself.
        self.remember(key)

    def put_enum(self, value: EnumDescription, key: int) -> None:
        self.put_class(ClassDescription(value.class_name), key)
        # The value itself and not a tuple of it: so PyTorch writes an Enum's member.
        self.write(value.value)
        self.out += b"R"
        self.remember(key)

    def put_typed_list(self, value: TypedListDescription, key: int) -> None:
        name = {"int": "intlist", "float": "doublelist", "bool": "boollist", "Tensor": "tensorlist"}
        name["complex"] = "complexdoublelist"
        self.call("torch.jit._pickle", f"build_{name[value.element]}", [value.items], key)

    def put_tagged(self, value: TaggedDescription, key: int) -> None:
        self.call("torch.jit._pickle", "restore_type_tag", [value.value, value.type_text], key)

    def put_table_reference(self, value: TensorTableReference, key: int) -> None:
        self.call("torch.jit._pickle", "build_tensor_from_id", [value.index], key)

    def put_storage(self, value: StorageDescription, key: int) -> None:
        self.out += b"("
        self.put_str("storage")
        name = _STORAGE_CLASSES.get(value.dtype or "")
        if name is not None:
            self.global_("torch", name)
        else:
            self.global_("torch.storage", "UntypedStorage")
        self.put_str(value.key)
        self.put_str(value.location)
        self.put_int(value.numel)
        self.out += b"tQ"
        self.remember(key)

    def put_tensor(self, value: TensorDescription, key: int) -> None:
        if value.is_parameter:
            data = TensorDescription(
                value.storage, value.dtype, value.offset, value.sizes, value.strides
            )
            self.kept.append(data)
            hooks = DictDescription(kind="OrderedDict")
            self.call("torch._utils", "_rebuild_parameter", [data, value.requires_grad, hooks], key)
            return
        if value.storage is None:
            meta = [DtypeDescription(value.dtype), value.sizes, value.strides, value.requires_grad]
            self.call("torch._utils", "_rebuild_meta_tensor_no_storage", meta, key)
            return
        arguments: list[Any] = [
            value.storage,
            value.offset,
            value.sizes,
            value.strides,
            value.requires_grad,
            DictDescription(kind="OrderedDict"),
        ]
        rebuild = "_rebuild_tensor_v2"
        if value.dtype not in _STORAGE_CLASSES:
            rebuild = "_rebuild_tensor_v3"
            arguments.append(DtypeDescription(value.dtype))
        flags: list[tuple[Any, Any]] = []
        if value.is_conjugate:
            flags.append(("conj", True))
        if value.is_negative:
            flags.append(("neg", True))
        if flags:
            arguments.append(DictDescription(flags))
        self.kept.extend(arguments)
        self.call("torch._utils", rebuild, arguments, key)


_PLAIN: dict[type, Callable[[_Writer, Any], None]] = {
    type(None): _Writer.put_none,
    bool: _Writer.put_bool,
    int: _Writer.put_int,
    float: _Writer.put_float,
    str: _Writer.put_str,
    complex: _Writer.put_complex,
    bytes: _Writer.put_bytes,
}
_COMPOUND: dict[type, Callable[[_Writer, Any, int], None]] = {
    tuple: _Writer.put_tuple,
    list: _Writer.put_list,
    DictDescription: _Writer.put_dict,
    SetDescription: _Writer.put_set,
    SizeDescription: _Writer.put_size,
    DtypeDescription: _Writer.put_dtype,
    DeviceDescription: _Writer.put_device,
    ClassDescription: _Writer.put_class,
    ObjectDescription: _Writer.put_object,
    EnumDescription: _Writer.put_enum,
    TypedListDescription: _Writer.put_typed_list,
    TaggedDescription: _Writer.put_tagged,
    TensorTableReference: _Writer.put_table_reference,
    StorageDescription: _Writer.put_storage,
    TensorDescription: _Writer.put_tensor,
}
