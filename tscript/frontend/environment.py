"""Variables while a function is emitted: frames, what they hold, and why a name has no value.

A variable that holds a run-time value lives in the graph as ``prim::Store`` and ``prim::Load`` nodes, which
:mod:`tscript.frontend.ssa` turns into SSA form when the body is complete; the frame only knows its
type. A variable that holds something that is no run-time value (a function, a range, a tuple of
modules) lives in the frame itself. One frame belongs to each block of the graph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops_registry.types import Type
from tscript.diagnostics.source import SourceRange
from tscript.ir.graph import Block

if TYPE_CHECKING:
    from tscript.frontend.sugared import Sugared

_TEMPORARY = re.compile(r"_\d*\Z")


def meaningful_name(name: str) -> bool:
    """Whether a variable's name says something about the value (``_`` and ``_3`` do not)."""
    return bool(name) and not name.startswith("$") and _TEMPORARY.match(name) is None


@dataclass(slots=True)
class Stored:
    """A variable that lives in the graph: its type, and where it was last assigned."""

    type: Type
    range: SourceRange


@dataclass(slots=True)
class Held:
    """A variable that names something without a run-time value."""

    value: Sugared
    range: SourceRange


#: Reports why a name cannot be used, at the place where it is.
Problem = Callable[[SourceRange], None]


@dataclass(slots=True, eq=False)
class Frame:
    """The variables assigned in one block, and those of the blocks around it through `parent`."""

    block: Block
    parent: Frame | None
    variables: dict[str, Stored | Held] = field(default_factory=dict)
    #: Names that have no value after a branch, each with what to report when it is used.
    problems: dict[str, Problem] = field(default_factory=dict)
    #: Names that are this frame's own (targets of a comprehension), with their keys in the graph.
    own: dict[str, str] = field(default_factory=dict)
    #: Whether the end of the block is reached depends on something that cannot be seen statically.
    uncertain: bool = False

    def hide(self, names: Iterable[str]) -> None:
        """Make ``names`` this frame's own: outer variables of these names are out of sight."""
        for name in names:
            self.own[name] = f"{name}@{id(self)}"

    def key(self, name: str) -> str:
        """What the variable is called in ``prim::Store`` and ``prim::Load``."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.own:
                return frame.own[name]
            frame = frame.parent
        return name

    def find(self, name: str) -> Stored | Held | None:
        """The variable in this frame or the nearest one around it that has it."""
        frame: Frame | None = self
        while frame is not None:
            entry = frame.variables.get(name)
            if entry is not None:
                return entry
            if name in frame.problems or name in frame.own:
                return None
            frame = frame.parent
        return None

    def find_problem(self, name: str) -> Problem | None:
        """What to report when ``name``, which `find` did not find, is used."""
        for frame in self.chain():
            if name in frame.variables:
                return None
            if name in frame.problems:
                return frame.problems[name]
        return None

    def find_in_parents(self, name: str) -> Stored | Held | None:
        """The variable in the frames around this one."""
        if self.parent is None or name in self.own:
            return None
        return self.parent.find(name)

    def define(self, name: str, entry: Stored | Held) -> None:
        """Assign a variable in this frame."""
        self.variables[name] = entry
        self.problems.pop(name, None)

    def chain(self) -> Iterator[Frame]:
        """This frame and those around it, innermost first."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent
