"""Finding the source of live functions and classes.

Files, notebooks and doctests keep theirs in ``linecache``; a bare interactive interpreter before
Python 3.13 keeps none, which is reported as ``SourceUnavailable`` with the remedy.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import warnings
from collections.abc import Sequence
from typing import Any

from tscript.diagnostics.source import Source

_DEFINITION = re.compile(r"[ \t\f]*(?:@|(?:async[ \t]+)?def\b|class\b)")
_CODE = re.compile(r"([ \t\f]*)[^ \t\f#\r\n]")
_MAX_ATTEMPTS = 20


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
        lines, before = inspect.findsource(target)
        block = block_of(lines[before:])
    except TypeError:
        raise SourceUnavailable("it is built in, not written in Python") from None
    except (OSError, IndexError, SyntaxError):
        raise SourceUnavailable(_reason(target)) from None
    return Source("".join(block), filename, before + 1)


def block_of(lines: Sequence[str]) -> Sequence[str]:
    """The lines of the definition that the first of them begins; `inspect.getblock`, only faster.

    Tokenizing in Python takes as long as all of compiling. A definition ends before a line that is
    indented as little as its first, unless that line stands in brackets, in a string or behind a
    backslash: then what comes before it is no Python, which the parser tells at once.

    >>> block_of(["def f(\\n", "): return 1\\n", "\\n", "# about g\\n", "def g(): pass\\n"])
    ['def f(\\n', '): return 1\\n']
    """
    if not _DEFINITION.match(lines[0]):
        return inspect.getblock(lines)  # a lambda, somewhere in its line
    margin = _column(lines[0])
    attempts = 0
    last = 1
    for number, line in enumerate(lines):
        code = _CODE.match(line)
        if code is None:
            continue
        if number and _column(code[1]) <= margin:
            if _is_complete(lines[:last]):
                return lines[:last]
            attempts += 1
            if attempts > _MAX_ATTEMPTS:
                return inspect.getblock(lines)
        last = number + 1
    return lines[:last]


def _column(line: str) -> int:
    expanded = line.expandtabs()
    return len(expanded) - len(expanded.lstrip())


def _is_complete(lines: Sequence[str]) -> bool:
    text = "".join(lines)
    if text[:1].isspace():
        text = "if 1:\n" + text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape: Python has said it already
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


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
