"""``torch.profiler``: names for ranges of a program; nothing here measures them."""

from __future__ import annotations

from types import TracebackType

__all__ = ["record_function"]


class record_function:
    """A context manager that names what is done in it, for a profiler that there is none of.

    Eager code and scripts that carry such marks run as they are.

    >>> import tscript as torch
    >>> with torch.profiler.record_function("first step"):
    ...     print(torch.ones(2).sum())
    tensor(2.)
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args

    def __enter__(self) -> record_function:
        return self

    def __exit__(
        self,
        type: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass
