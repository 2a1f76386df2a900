"""Which trace, if any, is being recorded in this context.

Apart from the tracer itself, so that tensors and the dispatcher can ask without importing it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tscript.runtime.tracer import Tracer

_current: ContextVar[Tracer | None] = ContextVar("tracer", default=None)

#: The tracer that records in this context, or None.
current_tracer = _current.get
#: Make a tracer (or None) the current one; returns the token that `restore` takes.
set_tracer = _current.set
restore_tracer = _current.reset


def is_tracing() -> bool:
    """Whether a trace is being recorded (``torch.jit.is_tracing()``)."""
    return _current.get() is not None
