"""Operators that once meant something else, in archives that were written then.

PyTorch raises the number of its file format when an operator's meaning changes, and goes on reading
old files by the old meaning.  `Upgraders` does the same: for an archive older than a change, the
operator's name leads to a function of ours, written in the language itself, that computes the old
meaning with today's operators.

The table (which operator, at which version) is PyTorch's; the functions are written from what the
old versions did.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tscript.diagnostics.source import Source
from tscript.frontend import namespace
from tscript.frontend import views as v
from tscript.frontend.parse_ast import parse_module
from tscript.frontend.resolver import (
    Definition,
    Fact,
    FunctionRef,
    NamedType,
    NamespaceRef,
    OperatorDefinition,
    OverloadedDefinition,
    SourceDefinition,
)
from tscript.types.nominal import ClassType, ModuleType

if TYPE_CHECKING:
    from collections.abc import Iterable

CURRENT_VERSION = 10
"""The newest file format whose meanings are known: that of PyTorch 2.13."""

OLDEST_VERSION = 3
"""The oldest file format that is written: it knows every container."""


@dataclass(frozen=True, slots=True)
class UpgraderHandle:
    """Identifies a function below, or (``function`` empty) all the meanings of one operator."""

    operator: str
    function: str = ""


@dataclass(frozen=True, slots=True)
class _Change:
    """Up to but not including ``version``, the operator meant ``functions``, tried in order."""

    version: int
    functions: tuple[str, ...]


_CHANGES: dict[str, _Change] = {
    # Until 4, dividing integers gave an integer, rounded towards zero.
    "aten::div": _Change(4, ("div_mode_tensor", "div_mode_scalar", "div_tensor", "div_scalar")),
    "aten::div_": _Change(
        4, ("div_mode_tensor_", "div_mode_scalar_", "div_tensor_", "div_scalar_")
    ),
    # Until 5, `full` gave floats whatever it was filled with.
    "aten::full": _Change(5, ("full",)),
    # Until 8 and 9, the number of steps could be left out.
    "aten::linspace": _Change(8, ("linspace",)),
    "aten::logspace": _Change(9, ("logspace",)),
}

#: Operators whose meaning of today began with a version, for writing: `gelu` got its argument in
#: 10.
_BEGINNINGS = {**{kind: change.version for kind, change in _CHANGES.items()}, "aten::gelu": 10}


def needed_version(kinds: Iterable[str]) -> int:
    """The oldest file format in which code with these node kinds has the meaning it has today.

    >>> needed_version(["aten::add"]), needed_version(["aten::add", "aten::div"])
    (3, 4)
    """
    return max((_BEGINNINGS.get(kind, OLDEST_VERSION) for kind in kinds), default=OLDEST_VERSION)


_SOURCE = """
def div_tensor(self: Tensor, other: Tensor) -> Tensor:
    if torch.is_floating_point(self) or torch.is_floating_point(other):
        return torch.true_divide(self, other)
    if torch.is_complex(self) or torch.is_complex(other):
        return torch.true_divide(self, other)
    return torch.div(self, other, rounding_mode="trunc")


def div_scalar(self: Tensor, other: number) -> Tensor:
    if torch.is_floating_point(self) or torch.is_complex(self) or isinstance(other, float):
        return torch.true_divide(self, other)
    return torch.div(self, other, rounding_mode="trunc")


def div_mode_tensor(self: Tensor, other: Tensor, *, rounding_mode: Optional[str]) -> Tensor:
    return torch.div(self, other, rounding_mode=rounding_mode)


def div_mode_scalar(self: Tensor, other: number, *, rounding_mode: Optional[str]) -> Tensor:
    return torch.div(self, other, rounding_mode=rounding_mode)


def div_tensor_(self: Tensor, other: Tensor) -> Tensor:
    if torch.is_floating_point(self) or torch.is_complex(self):
        return torch.true_divide_(self, other)
    if torch.is_floating_point(other) or torch.is_complex(other):
        return torch.true_divide_(self, other)
    return torch.div_(self, other, rounding_mode="trunc")


def div_scalar_(self: Tensor, other: number) -> Tensor:
    if torch.is_floating_point(self) or torch.is_complex(self) or isinstance(other, float):
        return torch.true_divide_(self, other)
    return torch.div_(self, other, rounding_mode="trunc")


def div_mode_tensor_(self: Tensor, other: Tensor, *, rounding_mode: Optional[str]) -> Tensor:
    return torch.div_(self, other, rounding_mode=rounding_mode)


def div_mode_scalar_(self: Tensor, other: number, *, rounding_mode: Optional[str]) -> Tensor:
    return torch.div_(self, other, rounding_mode=rounding_mode)


def full(size: List[int], fill_value: number, *, dtype: Optional[int]=None, layout: Optional[int]=None,
         device: Optional[Device]=None, pin_memory: Optional[bool]=None) -> Tensor:
    if dtype is None:
        return torch.full(size, float(fill_value), dtype=None, layout=layout, device=device,
                          pin_memory=pin_memory)
    return torch.full(size, fill_value, dtype=dtype, layout=layout, device=device, pin_memory=pin_memory)


def linspace(start: number, end: number, steps: Optional[int]=None, *, dtype: Optional[int]=None,
             layout: Optional[int]=None, device: Optional[Device]=None,
             pin_memory: Optional[bool]=None) -> Tensor:
    count = 100
    if steps is not None:
        count = steps
    return torch.linspace(start, end, count, dtype=dtype, layout=layout, device=device,
                          pin_memory=pin_memory)


def logspace(start: number, end: number, steps: Optional[int]=None, base: float=10.0, *,
             dtype: Optional[int]=None, layout: Optional[int]=None, device: Optional[Device]=None,
             pin_memory: Optional[bool]=None) -> Tensor:
    count = 100
    if steps is not None:
        count = steps
    return torch.logspace(start, end, count, base, dtype=dtype, layout=layout, device=device,
                          pin_memory=pin_memory)
"""


class Upgraders:
    """The old meanings that an archive of one file format version needs.

    >>> Upgraders(3).fact("aten::div").qualified_name
    '__torch__.tscript.upgraders.div'
    >>> Upgraders(4).fact("aten::div") is None
    True
    """

    def __init__(self, version: int) -> None:
        self.version = version

    def fact(self, operator: str) -> Fact | None:
        """What the operator's name stands for; None where it has its meaning of today."""
        change = _CHANGES.get(operator)
        if change is None or self.version >= change.version:
            return None
        return _reference(UpgraderHandle(operator), operator.partition("::")[2])

    def definition(self, function: FunctionRef) -> Definition:
        """What a function that `fact` gave is."""
        handle = function.handle
        assert isinstance(handle, UpgraderHandle)
        if handle.function == handle.operator:
            return OperatorDefinition(handle.operator)
        if handle.function:
            return SourceDefinition(_functions()[handle.function], _LANGUAGE, strict=True)
        names = _CHANGES[handle.operator].functions
        alternatives = [_reference(UpgraderHandle(handle.operator, name), name) for name in names]
        # Last, the forms that never changed: those of plain numbers, and those with `out`.
        original = UpgraderHandle(handle.operator, handle.operator)
        alternatives.append(_reference(original, function.qualified_name.rpartition(".")[2]))
        return OverloadedDefinition(tuple(alternatives))


def _reference(handle: UpgraderHandle, name: str) -> FunctionRef:
    return FunctionRef(f"__torch__.tscript.upgraders.{name}", handle)


class _Language:
    """The scope of the functions above: the archives' dialect, with no archive behind it."""

    def value(self, name: str) -> Fact | None:
        return NamespaceRef("torch") if name == "torch" else namespace.builtin(name)

    def member(self, owner: NamespaceRef, name: str) -> Fact | None:
        return namespace.fact_of_path((*owner.path.split("."), name))

    def type_named(self, path: tuple[str, ...]) -> NamedType:
        from tscript.archive.code_import import named_type

        return named_type(path)

    def definition(self, function: FunctionRef) -> Definition:
        raise AssertionError(f"an upgrader calls {function.qualified_name}")

    def layout(self, type: ClassType | ModuleType) -> ClassType | ModuleType:
        return type


_LANGUAGE = _Language()


@cache
def _functions() -> dict[str, v.Def]:
    views = parse_module(Source(_SOURCE, "tscript/archive/upgraders.py"))
    return {view.name.name: view for view in views if isinstance(view, v.Def)}
