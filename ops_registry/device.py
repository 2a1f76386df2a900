"""Where a tensor lives: the value behind ``torch.device``."""

from __future__ import annotations

import re

_SPELLING = re.compile(r"([a-z_]+)(?::(\d+))?\Z")
_KNOWN = frozenset(
    "cpu cuda meta mps xpu xla hip ipu hpu mkldnn opengl opencl ideep vulkan fpga maia mtia lazy"
    " privateuseone ort".split()
)


class Device:
    """A device type with an optional index.

    Tensors are computed on ``cpu``, and ``meta`` ones carry only shape and dtype; the other
    names exist so that archives and code written for them can be read.

    >>> Device("cuda", 1), str(Device("cuda:1"))
    (device(type='cuda', index=1), 'cuda:1')
    >>> Device("cpu") == Device("cpu", 0)
    False
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | Device, index: int | None = None) -> None:
        if isinstance(type, Device):
            index = type.index if index is None else index
            type = type.type
        match = _SPELLING.match(type)
        if match is None or match[1] not in _KNOWN:
            raise RuntimeError(f"not a device: {type!r} (use 'cpu' or 'meta')")
        if match[2] is not None:
            if index is not None:
                raise RuntimeError(f"the device index is given twice: {type!r} and {index}")
            index = int(match[2])
        object.__setattr__(self, "type", match[1])
        object.__setattr__(self, "index", index)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"device attribute {name!r} is read-only")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Device):
            return NotImplemented
        return self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __reduce__(self) -> tuple[object, ...]:
        return (Device, (self.type, self.index))


CPU = Device("cpu")
META = Device("meta")
