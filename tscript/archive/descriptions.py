"""Plain descriptions of pickled values: what a pickle *says*, before anything is built from it.

The unpickler produces these and the pickler writes them; neither knows tensors, modules or the
compiler. Identity carries meaning: one description referred to twice is one object (tied weights, a
list held by two attributes), one `StorageDescription` shared by two tensors is one buffer.

None, bool, int, float, complex, str, bytes, list and tuple describe themselves; everything else has
a class here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class StorageDescription:
    """A buffer of ``numel`` elements kept in the record ``key`` (``dtype`` None: bytes, untyped)."""

    key: str
    dtype: str | None
    location: str
    numel: int


@dataclass(eq=False)
class TensorDescription:
    """A strided view of a storage; ``offset``, ``sizes`` and ``strides`` count elements."""

    storage: StorageDescription | None
    dtype: str
    offset: int
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    requires_grad: bool = False
    is_parameter: bool = False
    is_conjugate: bool = False
    is_negative: bool = False


@dataclass(eq=False)
class DictDescription:
    """A dictionary as its items in order; keys may be descriptions. ``attributes`` is what BUILD
    set on it (a state dict's ``_metadata``)."""

    items: list[tuple[Any, Any]] = field(default_factory=list)
    kind: str = "dict"  # or "OrderedDict", "Counter"
    attributes: DictDescription | None = None


@dataclass(eq=False)
class SetDescription:
    """A set, as its elements."""

    elements: list[Any]


@dataclass(eq=False)
class SizeDescription:
    """A ``torch.Size``."""

    sizes: tuple[int, ...]


@dataclass(eq=False)
class DtypeDescription:
    """A dtype by name, such as ``float32`` (only in state dicts: archives hold its int code)."""

    name: str


@dataclass(eq=False)
class DeviceDescription:
    """A device such as ``cpu`` or ``cuda``, with its index or None."""

    type: str
    index: int | None


@dataclass(eq=False)
class ObjectDescription:
    """An instance of a scripted class or module: its qualified name, and its attributes (a
    `DictDescription`) or the value its ``__getstate__`` gave."""

    class_name: str
    state: Any = None
    has_state: bool = False


@dataclass(eq=False)
class EnumDescription:
    """A member of a scripted Enum, by the value it stands for."""

    class_name: str
    value: Any


@dataclass(eq=False)
class ClassDescription:
    """A mention of a scripted class itself (``__torch__...``)."""

    name: str


@dataclass(eq=False)
class TypedListDescription:
    """A list whose element type the pickle states (``int``, ``float``, ``bool``, ``complex`` or ``Tensor``)."""

    element: str
    items: list[Any]


@dataclass(eq=False)
class TaggedDescription:
    """A list or dictionary with its whole type as text (``Dict[str, List[Tensor]]``)."""

    value: Any
    type_text: str


@dataclass(eq=False)
class TensorTableReference:
    """A tensor kept in the archive's tensor table, by index."""

    index: int
