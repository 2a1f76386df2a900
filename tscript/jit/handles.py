"""The live resolver's handles: which Python function a ``FunctionRef`` means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tscript.types.nominal import ObjectType


@dataclass(frozen=True, slots=True, eq=False)
class Handle:
    """A Python function, and the type of ``self`` if it is a method.

    Equal handles are the same function for the same owner, and are compiled once.
    """

    function: Any
    owner: ObjectType | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Handle):
            return NotImplemented
        return self.function is other.function and self.owner is other.owner

    def __hash__(self) -> int:
        return hash((id(self.function), id(self.owner)))
