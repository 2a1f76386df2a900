"""What runs on every graph once it is emitted, in order.

These are the passes that give a freshly compiled graph the form PyTorch prints: constants folded,
pooled and at the top, no dead code. Optimisation for running is the executor's own list.
"""

from __future__ import annotations

from collections.abc import Callable

from tscript.ir.graph import Graph
from tscript.passes.canonicalize_loops import canonicalize_loops
from tscript.passes.eliminate_dead_code import eliminate_dead_code
from tscript.passes.fold_constants import fold_constants
from tscript.passes.lower_tuples import lower_tuples
from tscript.passes.pool_constants import pool_constants

Pass = Callable[[Graph], bool]

#: The passes of `run_cleanup`.
CLEANUP: tuple[Pass, ...] = (
    canonicalize_loops,
    lower_tuples,
    fold_constants,
    eliminate_dead_code,
    pool_constants,
)


def run_cleanup(graph: Graph) -> None:
    """Bring a graph that was just emitted into its usual form, in place."""
    for step in CLEANUP:
        step(graph)
