"""The safe unpickler: pickles become descriptions, and nothing in them is ever called.

It reads protocol 2 (and the plain opcodes of 3 to 5), the subset that PyTorch writes into archives
and state dicts.  A global is only ever a key of the closed table `_BUILDERS` below, or the name of
a class scripted in the archive itself (``__torch__...``); any other name raises
`ForbiddenGlobalError` before its arguments are looked at.  What a builder makes is a description
(`tscript.archive.descriptions`); tensors and objects are made from those later, by code that has
checked them.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NoReturn

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
from tscript.archive.errors import ArchiveError, ForbiddenGlobalError, TruncatedArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable

STORAGE_DTYPES = {
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "ShortStorage": "int16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "HalfStorage": "float16",
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "BoolStorage": "bool",
    "BFloat16Storage": "bfloat16",
}
"""PyTorch's typed storage classes with the dtype of their elements."""

DTYPE_NAMES = frozenset(
    """uint8 int8 int16 int32 int64 float16 float32 float64 complex32 complex64 complex128 bool
    bfloat16 uint16 uint32 uint64 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz
    float8_e8m0fnu quint8 qint8 qint32""".split()
)

_LIST_BUILDERS = {
    "build_intlist": "int",
    "build_doublelist": "float",
    "build_boollist": "bool",
    "build_complexdoublelist": "complex",
    "build_tensorlist": "Tensor",
}
_MAX_DEPTH_OF_MARKS = 10_000
_MAX_LONG_BYTES = 1024
_DICT_KINDS = ("OrderedDict", "Counter")


class _Mark:
    """What MARK puts on the stack."""


_MARK = _Mark()


class _Global:
    """A permitted global on the stack: its name, and the builder that REDUCE runs (None: not callable)."""

    __slots__ = ("build", "name", "value")

    def __init__(
        self, name: str, build: Callable[[tuple[Any, ...]], Any] | None, value: Any = None
    ) -> None:
        self.name = name
        self.build = build
        self.value = value


def unpickle(data: bytes | memoryview, *, archive: str, member: str) -> Any:
    """The description that the pickle ``data`` holds.

    ``archive`` and ``member`` name it in errors, all of which are `ArchiveError`.

    >>> unpickle(b"\\x80\\x02]q\\x00(K\\x01K\\x02e.", archive="a.pt", member="data.pkl")
    [1, 2]
    >>> unpickle(b"cos\\nsystem\\n.", archive="a.pt", member="data.pkl")
    Traceback (most recent call last):
    ...
    tscript.archive.errors.ForbiddenGlobalError: a.pt: data.pkl: the pickle names os.system, which \
loading does not allow
    """
    return _Machine(bytes(data), archive, member).run()


class _Machine:
    """One run over one pickle: the stack, the memo and the position."""

    def __init__(self, data: bytes, archive: str, member: str) -> None:
        self.data = data
        self.archive = archive
        self.member = member
        self.position = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[tuple[str, str], StorageDescription] = {}

    # -- running
    # ----------------------------------------------------------------------------------------

    def run(self) -> Any:
        actions = _ACTIONS
        data = self.data
        while True:
            if self.position >= len(data):
                raise TruncatedArchiveError(
                    f"the pickle ends after {len(data)} bytes without its STOP",
                    archive=self.archive,
                    member=self.member,
                )
            opcode = data[self.position]
            self.position += 1
            if opcode == 0x2E:  # STOP
                result = self.pop()
                if self.stack:
                    self.fail(f"{len(self.stack)} values are left over when it stops")
                return (
                    result.value
                    if isinstance(result, _Global) and result.value
                    else self.plain(result)
                )
            action = actions.get(opcode)
            if action is None:
                self.fail(f"it uses the pickle opcode 0x{opcode:02x}, which PyTorch does not write")
            action(self)

    def fail(self, problem: str) -> NoReturn:
        raise ArchiveError(
            f"{problem} (at byte {self.position} of the pickle)",
            archive=self.archive,
            member=self.member,
        )

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise TruncatedArchiveError(
                f"the pickle ends after {len(self.data)} bytes, within a value",
                archive=self.archive,
                member=self.member,
            )
        part = self.data[self.position : end]
        self.position = end
        return part

    def take_uint(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little")

    def take_line(self) -> str:
        end = self.data.find(b"\n", self.position, self.position + 4096)
        if end < 0:
            self.fail("a name in it does not end")
        line = self.data[self.position : end]
        self.position = end + 1
        return self.decode(line)

    def decode(self, data: bytes) -> str:
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            self.fail("a text in it is not UTF-8")

    def pop(self) -> Any:
        if not self.stack or (self.marks and self.marks[-1] == len(self.stack)):
            self.fail("its stack is empty where a value is needed")
        return self.stack.pop()

    def top(self) -> Any:
        if not self.stack or (self.marks and self.marks[-1] == len(self.stack)):
            self.fail("its stack is empty where a value is needed")
        return self.stack[-1]

    def pop_to_mark(self) -> list[Any]:
        if not self.marks:
            self.fail("it closes a group that it never opened")
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return [self.plain(item) for item in items]

    def plain(self, value: Any) -> Any:
        """A stack value as a part of another value: a global there is its description, or refused."""
        if isinstance(value, _Global):
            if value.value is None:
                self.fail(f"it uses {value.name} as a value")
            return value.value
        return value

    # -- building
    # ---------------------------------------------------------------------------------------

    def find_global(self, module: str, name: str) -> _Global:
        module = {"__builtin__": "builtins"}.get(module, module)
        qualified = f"{module}.{name}" if module else name
        builder = _BUILDERS.get(qualified)
        if builder is not None:
            return _Global(qualified, lambda arguments: builder(self, arguments))
        if qualified.startswith("__torch__."):
            return _Global(qualified, self.build_enum_of(qualified), ClassDescription(qualified))
        if module in ("torch", "torch.storage") and (
            name in STORAGE_DTYPES or name == "UntypedStorage"
        ):
            return _Global(qualified, None, ClassDescription(qualified))
        if module == "torch" and name in DTYPE_NAMES:
            return _Global(qualified, None, DtypeDescription(name))
        raise ForbiddenGlobalError(
            f"the pickle names {qualified}, which loading does not allow",
            archive=self.archive,
            member=self.member,
        )

    def build_enum_of(self, name: str) -> Callable[[Any], EnumDescription]:
        def build(value: Any) -> EnumDescription:
            # PyTorch hands the class the member's value itself, where Python's pickle has a tuple.
            if isinstance(value, tuple) and len(value) == 1:
                (value,) = value
            if type(value) not in (int, float, str):
                self.fail(f"it calls {name}, which is not how an Enum's member is written")
            return EnumDescription(name, value)

        return build

    def reduce(self) -> None:
        arguments = self.plain(self.pop())
        function = self.pop()
        if not isinstance(function, _Global) or function.build is None:
            self.fail("it calls something that is not a permitted function")
        if not isinstance(arguments, tuple) and not isinstance(function.value, ClassDescription):
            self.fail(f"it calls {function.name} with something that is not a tuple")
        self.stack.append(function.build(arguments))

    def new_object(self) -> None:
        arguments = self.pop()
        cls = self.pop()
        if (
            not isinstance(cls, _Global)
            or not isinstance(cls.value, ClassDescription)
            or arguments != ()
        ):
            self.fail("it makes an object of something that is not a scripted class")
        if not cls.value.name.startswith("__torch__."):
            self.fail(f"it makes an object of {cls.name}")
        self.stack.append(ObjectDescription(cls.value.name))

    def build(self) -> None:
        state = self.plain(self.pop())
        target = self.top()
        if isinstance(target, ObjectDescription):
            if target.has_state:
                self.fail(f"it sets the state of one {target.class_name} twice")
            target.state, target.has_state = state, True
        elif isinstance(target, DictDescription) and isinstance(state, DictDescription):
            target.attributes = state
        else:
            self.fail("it sets the state of a value that has none")

    def storage(self) -> None:
        reference = self.pop()
        if not isinstance(reference, tuple) or len(reference) != 5 or reference[0] != "storage":
            self.fail("it refers to something outside the pickle that is not a tensor's storage")
        _, cls, key, location, numel = reference
        if (
            not isinstance(cls, ClassDescription)
            or not isinstance(key, str)
            or not isinstance(location, str)
            or not _is_count(numel)
        ):
            self.fail("its reference to a tensor's storage is malformed")
        short = cls.name.rsplit(".", 1)[-1]
        if short != "UntypedStorage" and short not in STORAGE_DTYPES:
            self.fail(f"it uses {cls.name} as a storage")
        # One buffer may be seen as two dtypes: a description for each, over one record.
        known = self.storages.get((key, short))
        if known is None:
            dtype = STORAGE_DTYPES.get(short)
            known = self.storages[key, short] = StorageDescription(key, dtype, location, numel)
        elif known.numel != numel:
            self.fail(f"it gives the storage {key!r} both {known.numel} and {numel} elements")
        self.stack.append(known)

    def remember(self, index: int) -> None:
        self.memo[index] = self.top()

    def recall(self, index: int) -> None:
        try:
            self.stack.append(self.memo[index])
        except KeyError:
            self.fail(f"it refers to the value {index}, which it never kept")

    def append(self, items: list[Any]) -> None:
        target = self.top()
        if not isinstance(target, list):
            self.fail("it appends to a value that is not a list")
        target.extend(items)

    def set_items(self, items: list[Any]) -> None:
        target = self.top()
        if not isinstance(target, DictDescription) or len(items) % 2:
            self.fail("it adds items to a value that is not a dictionary")
        target.items.extend(zip(items[::2], items[1::2], strict=True))

    def mark(self) -> None:
        if len(self.marks) >= _MAX_DEPTH_OF_MARKS:
            self.fail(f"it nests more than {_MAX_DEPTH_OF_MARKS} groups")
        self.marks.append(len(self.stack))

    def tuple_of(self, count: int) -> None:
        items = [self.pop() for _ in range(count)]
        self.stack.append(tuple(self.plain(item) for item in reversed(items)))

    def drop(self) -> None:
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.pop()

    def long(self, width: int) -> None:
        size = self.take_uint(width)
        if size > _MAX_LONG_BYTES:
            self.fail(f"it holds an integer of {size} bytes")
        self.stack.append(int.from_bytes(self.take(size), "little", signed=True))

    def stack_global(self) -> None:
        name, module = self.pop(), self.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            self.fail("it names a global by something that is not text")
        self.stack.append(self.find_global(module, name))


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 62


def _counts(machine: _Machine, value: Any, what: str) -> tuple[int, ...]:
    if isinstance(value, SizeDescription):
        value = value.sizes
    if not isinstance(value, (tuple, list)) or not all(_is_count(item) for item in value):
        machine.fail(f"a tensor's {what} are malformed")
    if len(value) > 64:
        machine.fail(f"a tensor has {len(value)} dimensions")
    return tuple(value)


def _rebuild_tensor(machine: _Machine, arguments: tuple[Any, ...]) -> TensorDescription:
    # (storage, offset, sizes, strides[, requires_grad, hooks[, dtype][, metadata]])
    if len(arguments) not in (4, 6, 7, 8):
        machine.fail(f"it rebuilds a tensor from {len(arguments)} values")
    storage, offset, sizes, strides = arguments[:4]
    if not isinstance(storage, StorageDescription) or not _is_count(offset):
        machine.fail("a tensor's storage is malformed")
    requires_grad = len(arguments) > 4 and arguments[4] is True
    rest = list(arguments[6:])
    dtype = rest.pop(0).name if rest and isinstance(rest[0], DtypeDescription) else storage.dtype
    if dtype is None:
        machine.fail("a tensor over an untyped storage states no dtype")
    flags: dict[Any, Any] = {}
    if rest and isinstance(rest[0], DictDescription):
        flags = {key: value for key, value in rest[0].items if isinstance(key, str)}
    return TensorDescription(
        storage,
        dtype,
        offset,
        _counts(machine, sizes, "sizes"),
        _counts(machine, strides, "strides"),
        requires_grad=requires_grad,
        is_conjugate=flags.get("conj") is True,
        is_negative=flags.get("neg") is True,
    )


def _rebuild_meta_tensor(machine: _Machine, arguments: tuple[Any, ...]) -> TensorDescription:
    if len(arguments) != 4 or not isinstance(arguments[0], DtypeDescription):
        machine.fail("a tensor on the meta device is malformed")
    dtype, sizes, strides, requires_grad = arguments
    return TensorDescription(
        None,
        dtype.name,
        0,
        _counts(machine, sizes, "sizes"),
        _counts(machine, strides, "strides"),
        requires_grad=requires_grad is True,
    )


def _rebuild_parameter(machine: _Machine, arguments: tuple[Any, ...]) -> TensorDescription:
    # (data, requires_grad, hooks[, state])
    if len(arguments) not in (3, 4) or not isinstance(arguments[0], TensorDescription):
        machine.fail("a parameter is malformed")
    data = arguments[0]
    return TensorDescription(
        data.storage,
        data.dtype,
        data.offset,
        data.sizes,
        data.strides,
        requires_grad=arguments[1] is True,
        is_parameter=True,
    )


def _build_dict(kind: str) -> Callable[[_Machine, tuple[Any, ...]], DictDescription]:
    def build(machine: _Machine, arguments: tuple[Any, ...]) -> DictDescription:
        if not arguments:
            return DictDescription(kind=kind)
        (given,) = arguments if len(arguments) == 1 else (None,)
        if isinstance(given, DictDescription):
            return DictDescription(list(given.items), kind)
        if isinstance(given, list) and all(
            isinstance(p, (list, tuple)) and len(p) == 2 for p in given
        ):
            return DictDescription([(pair[0], pair[1]) for pair in given], kind)
        machine.fail(f"a {kind} is malformed")

    return build


def _build_list(element: str) -> Callable[[_Machine, tuple[Any, ...]], TypedListDescription]:
    def build(machine: _Machine, arguments: tuple[Any, ...]) -> TypedListDescription:
        if len(arguments) != 1 or not isinstance(arguments[0], list):
            machine.fail(f"a list of {element} is malformed")
        return TypedListDescription(element, arguments[0])

    return build


def _restore_type_tag(machine: _Machine, arguments: tuple[Any, ...]) -> TaggedDescription:
    if len(arguments) != 2 or not isinstance(arguments[1], str):
        machine.fail("a type tag is malformed")
    if not isinstance(
        arguments[0], (list, DictDescription, TypedListDescription, TaggedDescription)
    ):
        machine.fail("a type tag is put on a value that is neither a list nor a dictionary")
    return TaggedDescription(arguments[0], arguments[1])


def _build_tensor_from_id(machine: _Machine, arguments: tuple[Any, ...]) -> TensorTableReference:
    if len(arguments) != 1 or not _is_count(arguments[0]):
        machine.fail("a reference to the tensor table is malformed")
    return TensorTableReference(arguments[0])


def _build_device(machine: _Machine, arguments: tuple[Any, ...]) -> DeviceDescription:
    if not arguments or len(arguments) > 2 or not isinstance(arguments[0], str):
        machine.fail("a device is malformed")
    kind, _, number = arguments[0].partition(":")
    index: Any = arguments[1] if len(arguments) == 2 else None
    if number:
        if not number.isascii() or not number.isdigit() or len(number) > 3:
            machine.fail(f"the device {arguments[0]!r} is malformed")
        index = int(number)
    if index is not None and not _is_count(index):
        machine.fail("a device's index is malformed")
    return DeviceDescription(kind, index)


def _build_complex(machine: _Machine, arguments: tuple[Any, ...]) -> complex:
    if len(arguments) != 2 or not all(isinstance(part, (int, float)) for part in arguments):
        machine.fail("a complex number is malformed")
    return complex(arguments[0], arguments[1])


def _build_size(machine: _Machine, arguments: tuple[Any, ...]) -> SizeDescription:
    return SizeDescription(_counts(machine, arguments[0] if arguments else (), "sizes"))


def _build_set(machine: _Machine, arguments: tuple[Any, ...]) -> SetDescription:
    if len(arguments) > 1 or (arguments and not isinstance(arguments[0], list)):
        machine.fail("a set is malformed")
    return SetDescription(arguments[0] if arguments else [])


def _encode_bytes(machine: _Machine, arguments: tuple[Any, ...]) -> bytes:
    # Protocol 2 has no bytes: Python writes them as text to be encoded in Latin-1.
    if len(arguments) != 2 or not isinstance(arguments[0], str) or arguments[1] != "latin1":
        machine.fail("a bytes value is malformed")
    try:
        return arguments[0].encode("latin-1")
    except UnicodeEncodeError:
        machine.fail("a bytes value holds a character above 255")


_BUILDERS: dict[str, Callable[[_Machine, tuple[Any, ...]], Any]] = {
    "torch._utils._rebuild_tensor": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": _rebuild_tensor,
    "torch._utils._rebuild_meta_tensor_no_storage": _rebuild_meta_tensor,
    "torch._utils._rebuild_parameter": _rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": _rebuild_parameter,
    **{f"collections.{kind}": _build_dict(kind) for kind in _DICT_KINDS},
    **{
        f"torch.jit._pickle.{name}": _build_list(element)
        for name, element in _LIST_BUILDERS.items()
    },
    "torch.jit._pickle.restore_type_tag": _restore_type_tag,
    "torch.jit._pickle.build_tensor_from_id": _build_tensor_from_id,
    "torch.device": _build_device,
    "torch.Size": _build_size,
    "builtins.complex": _build_complex,
    "builtins.set": _build_set,
    "_codecs.encode": _encode_bytes,
}

_DOUBLE = struct.Struct(">d")


def _double(machine: _Machine) -> None:
    machine.stack.append(_DOUBLE.unpack(machine.take(8))[0])


def _push(value: Any) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(value)


_ACTIONS: dict[int, Callable[[_Machine], None]] = {
    ord(opcode): action
    for opcode, action in {
        "\x80": lambda m: None if m.take(1)[0] <= 5 else m.fail("its pickle protocol is unknown"),
        "\x95": lambda m: m.take_uint(8) and None,  # FRAME
        "(": _Machine.mark,
        "0": _Machine.drop,
        "1": lambda m: m.pop_to_mark() and None,
        "N": _push(None),
        "\x88": _push(True),
        "\x89": _push(False),
        "K": lambda m: m.stack.append(m.take(1)[0]),
        "M": lambda m: m.stack.append(m.take_uint(2)),
        "J": lambda m: m.stack.append(int.from_bytes(m.take(4), "little", signed=True)),
        "\x8a": lambda m: m.long(1),
        "\x8b": lambda m: m.long(4),
        "G": _double,
        "X": lambda m: m.stack.append(m.decode(m.take(m.take_uint(4)))),
        "\x8c": lambda m: m.stack.append(m.decode(m.take(m.take_uint(1)))),
        "\x8d": lambda m: m.stack.append(m.decode(m.take(m.take_uint(8)))),
        "B": lambda m: m.stack.append(m.take(m.take_uint(4))),
        "C": lambda m: m.stack.append(m.take(m.take_uint(1))),
        "]": lambda m: m.stack.append([]),
        "}": lambda m: m.stack.append(DictDescription()),
        ")": _push(()),
        "l": lambda m: m.stack.append(m.pop_to_mark()),
        "t": lambda m: m.stack.append(tuple(m.pop_to_mark())),
        "\x85": lambda m: m.tuple_of(1),
        "\x86": lambda m: m.tuple_of(2),
        "\x87": lambda m: m.tuple_of(3),
        "a": lambda m: (lambda item: m.append([item]))(m.plain(m.pop())),
        "e": lambda m: m.append(m.pop_to_mark()),
        "s": lambda m: (lambda v, k: m.set_items([k, v]))(m.plain(m.pop()), m.plain(m.pop())),
        "u": lambda m: m.set_items(m.pop_to_mark()),
        "c": lambda m: m.stack.append(m.find_global(m.take_line(), m.take_line())),
        "\x93": _Machine.stack_global,
        "R": _Machine.reduce,
        "\x81": _Machine.new_object,
        "b": _Machine.build,
        "Q": _Machine.storage,
        "q": lambda m: m.remember(m.take(1)[0]),
        "r": lambda m: m.remember(m.take_uint(4)),
        "\x94": lambda m: m.remember(len(m.memo)),
        "h": lambda m: m.recall(m.take(1)[0]),
        "j": lambda m: m.recall(m.take_uint(4)),
    }.items()
}
