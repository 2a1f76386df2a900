"""Operators that once meant something else, in archives that were written then.

PyTorch raises the number of its file format when an operator's meaning changes, and goes on reading
old files by the old meaning.  `Upgraders` does the same: for an archive older than a change, the old
meaning is a function of ours, written in the language itself with today's operators.  Where the old
call still fits today's signature, its node is replaced by that function's body (`upgrade`); where it
no longer does, the operator's name leads to the function (`fact`).

The table (which operator, at which version) is PyTorch's; the functions are written from what the
old versions did.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tscript.diagnostics.report import CompilationError
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
    SourceDefinition,
)
from tscript.frontend.unit import compile_def
from tscript.ir.function import CompiledFunction
from tscript.types.nominal import ClassType, ModuleType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tscript.ir.graph import Graph, Node

CURRENT_VERSION = 10
"""The newest file format whose meanings are known: that of PyTorch 2.13."""

OLDEST_VERSION = 3
"""The oldest file format that is written: it knows every container."""

_PREFIX = "__torch__.tscript.upgraders."

#: Until a version: what a node of this kind and overload meant.
_NODES: dict[tuple[str, str], tuple[int, str]] = {
    # Dividing integers gave an integer, rounded towards zero.
    ("aten::div", "Tensor"): (4, "div_tensor"),
    ("aten::div", "Scalar"): (4, "div_scalar"),
    ("aten::div", "out"): (4, "div_out"),
    ("aten::div_", "Tensor"): (4, "div_tensor_"),
    ("aten::div_", "Scalar"): (4, "div_scalar_"),
    # `full` gave floats whatever it was filled with.
    ("aten::full", ""): (5, "full"),
}
#: Until a version: what a name meant, where the call need not fit today's signature.
_NAMES: dict[str, tuple[int, str]] = {
    # The number of steps could be left out.
    "aten::linspace": (8, "linspace"),
    "aten::logspace": (9, "logspace"),
}
#: The version in which an operator got the meaning it has today.
_BEGINNINGS: dict[str, int] = {
    **{kind: version for (kind, _), (version, _) in _NODES.items()},
    **{kind: version for kind, (version, _) in _NAMES.items()},
    "aten::gelu": 10,
}

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


def div_out(self: Tensor, other: Tensor, out: Tensor) -> Tensor:
    if torch.is_floating_point(self) or torch.is_floating_point(other):
        return torch.true_divide(self, other, out=out)
    if torch.is_floating_point(out) or torch.is_complex(self) or torch.is_complex(other):
        return torch.true_divide(self, other, out=out)
    return torch.div(self, other, rounding_mode="trunc", out=out)


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


def full(size: List[int], fill_value: number, dtype: Optional[int], layout: Optional[int],
         device: Optional[Device], pin_memory: Optional[bool]) -> Tensor:
    if dtype is None:
        return torch.full(size, float(fill_value), dtype=None, layout=layout, device=device,
                          pin_memory=pin_memory)
    return torch.full(size, fill_value, dtype=dtype, layout=layout, device=device,
                      pin_memory=pin_memory)


def linspace(start: number, end: number, steps: Optional[int]=None, dtype: Optional[int]=None,
             layout: Optional[int]=None, device: Optional[Device]=None,
             pin_memory: Optional[bool]=None) -> Tensor:
    count = 100
    if steps is not None:
        count = steps
    return torch.linspace(start, end, count, dtype=dtype, layout=layout, device=device,
                          pin_memory=pin_memory)


def logspace(start: number, end: number, steps: Optional[int]=None, base: float=10.0,
             dtype: Optional[int]=None, layout: Optional[int]=None,
             device: Optional[Device]=None, pin_memory: Optional[bool]=None) -> Tensor:
    count = 100
    if steps is not None:
        count = steps
    return torch.logspace(start, end, count, base, dtype=dtype, layout=layout, device=device,
                          pin_memory=pin_memory)
"""


def needed_version(kinds: Iterable[str]) -> int:
    """The oldest file format in which code with these node kinds has the meaning it has today.

    >>> needed_version(["aten::add"]), needed_version(["aten::add", "aten::div"])
    (3, 4)
    """
    return max((_BEGINNINGS.get(kind, OLDEST_VERSION) for kind in kinds), default=OLDEST_VERSION)


@dataclass(frozen=True, slots=True)
class UpgraderHandle:
    """Identifies one of the functions above."""

    function: str


class Upgraders:
    """The old meanings that an archive of one file format version needs.

    >>> Upgraders(7).fact("aten::linspace").qualified_name
    '__torch__.tscript.upgraders.linspace'
    >>> Upgraders(8).fact("aten::linspace") is None
    True
    """

    def __init__(self, version: int) -> None:
        self.version = version
        self._done: set[int] = set()

    def fact(self, operator: str) -> FunctionRef | None:
        """What the operator's name stands for; None where it has its meaning of today."""
        version, name = _NAMES.get(operator, (0, ""))
        if self.version >= version:
            return None
        return FunctionRef(_PREFIX + name, UpgraderHandle(name))

    def definition(self, function: FunctionRef) -> Definition:
        """What a function that `fact` gave is."""
        assert isinstance(function.handle, UpgraderHandle)
        return SourceDefinition(_functions()[function.handle.function], _LANGUAGE, strict=True)

    def upgrade(self, function: CompiledFunction) -> None:
        """Give the nodes of ``function``, and of what it calls, the meaning they had."""
        wanted = {key: name for key, (version, name) in _NODES.items() if self.version < version}
        if wanted:
            self._upgrade(function, wanted)

    def _upgrade(self, function: CompiledFunction, wanted: dict[tuple[str, str], str]) -> None:
        if id(function) in self._done or function.failed:
            return
        self._done.add(id(function))
        for node in list(function.graph.all_nodes()):
            callee = node.constant_value() if node.kind == "prim::Constant" else None
            if isinstance(callee, CompiledFunction):
                if not callee.qualified_name.startswith(_PREFIX):
                    self._upgrade(callee, wanted)
                continue
            name = wanted.get((node.kind, node.overload))
            if name is not None:
                _replace(node, _compiled(name).graph)


def _replace(node: Node, meaning: Graph) -> None:
    graph = node.graph
    with graph.inserting_at(node), graph.at_range(node.source_range):
        (result,) = graph.inline_call(meaning, node.inputs)
    node.output.replace_all_uses_with(result)
    node.destroy()


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
def _compiled(name: str) -> CompiledFunction:
    function = compile_def(_functions()[name], _LANGUAGE, qualified_name=name)
    if function.failed:
        raise AssertionError(CompilationError(function.diagnostics))
    return function


@cache
def _functions() -> dict[str, v.Def]:
    views = parse_module(Source(_SOURCE, "tscript/archive/upgraders.py"))
    return {view.name.name: view for view in views if isinstance(view, v.Def)}
