"""The user's code among Python's frames: whose line asked for an operation, and its variables."""

from __future__ import annotations

import functools
import linecache
import sys
from types import CodeType, FrameType
from typing import Any

from tscript.diagnostics.source import Source, SourceRange

_OURS = ("tscript", "ops_registry", "numpy")


def user_frame() -> FrameType | None:
    """The innermost frame that is not this package's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in _OURS:
            return frame
        frame = frame.f_back
    return None


def asked_by_library() -> bool:
    """Whether the library's own layers ask for the current operation, not the user's code.

    Their checks of sizes are no control flow that a trace could miss.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith("tscript.runtime"):
            return bool(name.startswith("tscript.nn."))
        frame = frame.f_back
    return False


@functools.lru_cache(maxsize=256)
def _source(filename: str) -> Source:
    return Source("".join(linecache.getlines(filename)), filename, 1)


@functools.lru_cache(maxsize=65536)
def _range(code: CodeType, instruction: int, line: int) -> SourceRange | None:
    source = _source(code.co_filename)
    if not source.text:
        return SourceRange(Source("", code.co_filename, line), 0, 0)
    position: tuple[Any, ...] = (None,) * 4
    for number, found in enumerate(code.co_positions()):
        if number == instruction // 2:
            position = found
            break
    first, last, start, end = position
    try:
        if None in position:
            text = source.line(line)
            begin = source.offset(line, len(text) - len(text.lstrip()))
            return source.range(begin, source.offset(line, len(text.rstrip())))
        return source.range(
            source.offset(first, _characters(source.line(first), start)),
            source.offset(last, _characters(source.line(last), end)),
        )
    except IndexError:  # the file has changed since it was imported
        return SourceRange(Source("", code.co_filename, line), 0, 0)


def _characters(line: str, bytes_: int) -> int:
    """A column in UTF-8 bytes as one in characters."""
    return bytes_ if line.isascii() else len(line.encode()[:bytes_].decode(errors="ignore"))


def user_range() -> SourceRange | None:
    """Where in the user's source the current operation is asked for."""
    frame = user_frame()
    if frame is None:
        return None
    return _range(frame.f_code, frame.f_lasti, frame.f_lineno)


def variable_name(value: object) -> str:
    """The name of a local variable of the user that holds ``value``; empty if there is none."""
    frame = user_frame()
    if frame is None:
        return ""
    for name, held in frame.f_locals.items():
        if held is value and name.isidentifier():
            return "" if name == "self" else name
    return ""
