"""Finding the source of live functions and classes.

Files, notebooks and doctests keep theirs in ``linecache``; a bare interactive interpreter before
Python 3.13 keeps none, which is reported as ``SourceUnavailable`` with the remedy.
"""

from __future__ import annotations

import inspect
import linecache
from typing import Any

from tscript.diagnostics.source import Source


class SourceUnavailable(Exception):
    """The source of a function or class cannot be found; ``reason`` says why, as a phrase."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def source_of(target: Any) -> Source:
    """The source of a function or class, decorators included, indented as in its file.

    Raises :class:`SourceUnavailable` for builtins, for what ``exec`` made from a string, and for
    what was typed into an interpreter that keeps no source.

    >>> from textwrap import dedent
    >>> source_of(dedent).text.splitlines()[0]
    'def dedent(text):'
    """
    target = inspect.unwrap(target) if not isinstance(target, type) else target
    target = getattr(target, "__func__", target)
    try:
        filename = inspect.getsourcefile(target) or inspect.getfile(target)
        linecache.checkcache(filename)
        lines, first = inspect.getsourcelines(target)
    except TypeError:
        raise SourceUnavailable("it is built in, not written in Python") from None
    except (OSError, IndexError, SyntaxError):
        raise SourceUnavailable(_reason(target)) from None
    return Source("".join(lines), filename, max(first, 1))


def _reason(target: Any) -> str:
    code = getattr(target, "__code__", None)
    filename = code.co_filename if code is not None else ""
    if filename in ("<stdin>", "<python-input>"):
        return (
            "it was typed into an interactive interpreter that keeps no source: put it into a"
            " file or a notebook"
        )
    if filename.startswith("<"):
        return f"its source is not kept (it comes from {filename}): put it into a file"
    return f"{filename or 'its file'} cannot be read or does not hold it any more"


def description(target: Any) -> str:
    """A function or class as an error names it: ``helper (model.py:12)``."""
    name = getattr(target, "__qualname__", None) or repr(target)
    code = getattr(target, "__code__", None)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code is not None else str(name)
