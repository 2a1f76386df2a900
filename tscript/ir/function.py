"""A compiled function: its signature and its graph.

What ``prim::CallFunction`` and ``prim::CallMethod`` call, what ``jit.script`` wraps and what archives save.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ops_registry.schema import FunctionSchema
from tscript.ir.graph import Graph

if TYPE_CHECKING:
    from tscript.diagnostics.report import Diagnostic
    from tscript.diagnostics.source import SourceRange


@dataclass(frozen=True, slots=True)
class Declared:
    """Where a parameter is declared; ``assumed`` says that nothing but a habit makes it a Tensor."""

    range: SourceRange
    assumed: bool = False


@dataclass(slots=True, eq=False)
class CompiledFunction:
    """One function or method, emitted.

    ``qualified_name`` is ``__torch__.package.function``; ``schema.name`` is its last part. ``diagnostics`` are
    those of this function alone; ``failed`` says that it, or something it calls, has errors, so that
    ``graph`` must not run. ``executors`` is where the runtime keeps what it prepared for the graph.
    """

    qualified_name: str
    schema: FunctionSchema
    graph: Graph
    diagnostics: tuple[Diagnostic, ...] = ()
    failed: bool = False
    executors: dict[str, Any] = field(default_factory=dict)
    #: The parameters by name, where there is source that declares them.
    parameters: dict[str, Declared] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.qualified_name.rpartition(".")[2]

    def __repr__(self) -> str:
        return f"<compiled {self.schema}>"
