"""What runs on every graph once it is emitted, in order.

These are the passes that give a freshly compiled graph the form PyTorch prints: constants folded,
pooled and at the top, no dead code. Optimisation for running is the executor's own list. Whoever
works on the compiler has the graph verified after each step: :func:`verifying_each_pass`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tscript.ir.graph import Graph
from tscript.ir.verify import InvalidGraphError, verify
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


_verifying: ContextVar[bool] = ContextVar("verifying_each_pass", default=False)


class BrokenPassError(AssertionError):
    """A step of the compiler left a graph that is not well formed; the message names the step."""


@contextmanager
def verifying_each_pass() -> Iterator[None]:
    """Verify every graph after every step of its compilation, inside a ``with`` block.

    >>> import tscript
    >>> def double(x):
    ...     return x + x
    >>> with verifying_each_pass():
    ...     scripted = tscript.jit.script(double)
    """
    token = _verifying.set(True)
    try:
        yield
    finally:
        _verifying.reset(token)


def check_after(step: Callable[..., object], graph: Graph) -> None:
    """Raise :class:`BrokenPassError` if ``step`` left ``graph`` ill formed and anybody asked."""
    if _verifying.get():
        try:
            verify(graph)
        except InvalidGraphError as problem:
            raise BrokenPassError(f"after {step.__name__}: {problem}") from problem


def run_cleanup(graph: Graph) -> None:
    """Bring a graph that was just emitted into its usual form, in place."""
    for step in CLEANUP:
        step(graph)
        check_after(step, graph)
