"""Tracebacks of scripts: which lines of the user's source an exception came through.

Both executors leave frames in Python's traceback: generated code its own (whose line numbers are
the user's), the interpreter its loop, which knows the node it is at. From those this module makes
the text under the message, and the exception of the right class that Python sees.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from ops_registry.meta import broadcast_shapes
from tscript.runtime.errors import ArgumentError, Error, OperatorError, combined_class

if TYPE_CHECKING:
    from tscript.diagnostics.source import SourceRange


class ScriptFrame(NamedTuple):
    """One level of the script's call stack: the function, and where in it."""

    function: str
    range: SourceRange | None


class CodeInfo(NamedTuple):
    """What generated code is: its function's name, and ranges by position in the source."""

    function: str
    ranges: dict[tuple[int, int, int, int], SourceRange]
    by_line: dict[int, SourceRange]


#: What is known of generated code, by the identity of the code object, which the entry keeps alive.
_generated: dict[int, tuple[CodeType, CodeInfo]] = {}


def remember(code: CodeType, info: CodeInfo, owner: object) -> None:
    """Let tracebacks through ``code`` be read for as long as ``owner`` lives."""
    _generated[id(code)] = (code, info)
    weakref.finalize(owner, _generated.pop, id(code), None).atexit = False


def is_generated(code: CodeType) -> bool:
    return id(code) in _generated


#: Code of the interpreter's loop; set by the interpreter.
interpreter_code: set[CodeType] = set()


def _position(code: CodeType, instruction: int) -> tuple[int, int, int, int] | None:
    for number, position in enumerate(code.co_positions()):
        if number == instruction // 2:
            if None in position:
                return None
            line, end_line, column, end_column = position
            assert line is not None and column is not None
            assert end_line is not None and end_column is not None
            return line, column, end_line, end_column
    return None


def _generated_range(info: CodeInfo, code: CodeType, entry: TracebackType) -> SourceRange | None:
    position = _position(code, entry.tb_lasti)
    if position is not None and position in info.ranges:
        return info.ranges[position]
    return info.by_line.get(entry.tb_lineno)


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def script_frames(error: BaseException) -> list[ScriptFrame]:
    """The script's call stack at an exception, outermost first."""
    frames: list[ScriptFrame] = []
    for entry in _entries(error.__traceback__):
        code = entry.tb_frame.f_code
        if is_generated(code):
            info = _generated[id(code)][1]
            frames.append(ScriptFrame(info.function, _generated_range(info, code, entry)))
        elif code in interpreter_code:
            frames.extend(_interpreted(entry.tb_frame))
    return frames


def _interpreted(frame: FrameType) -> Iterator[ScriptFrame]:
    node: Any = frame.f_locals.get("node")
    if node is None or node.blocks:  # the node inside the block has a frame of its own
        return
    function = frame.f_locals["self"].name
    for place in node.callstack:
        yield ScriptFrame(function, place)
    yield ScriptFrame(function, node.source_range)


def render(frames: list[ScriptFrame]) -> str:
    """The lines under an exception's message."""
    lines = ["TorchScript traceback (most recent call last):"]
    for frame in frames:
        place = frame.range
        if place is None:
            lines.append(f"  in {frame.function}")
            continue
        lines.append(f'  File "{place.filename}", line {place.line}, in {frame.function}')
        lines.extend(f"  {line}" for line in place.highlight().splitlines())
        if place.origin is not place:
            origin = place.origin
            lines.append(f'  written at "{origin.filename}", line {origin.line}:')
            lines.extend(f"  {line}" for line in origin.highlight().splitlines())
    return "\n".join(lines)


def user_traceback(error: BaseException) -> TracebackType | None:
    """The traceback with only the frames of generated code: what a debugger should stop in."""
    kept = [e for e in _entries(error.__traceback__) if is_generated(e.tb_frame.f_code)]
    made: TracebackType | None = None
    for entry in reversed(kept):
        made = TracebackType(made, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return made


_SHAPES = re.compile(r"operands could not be broadcast together with shapes ((?:\(\S*\) ?)+)")


def _as_the_record_says(error: Exception) -> Exception:
    """What the operator's record would have raised where generated code called NumPy directly."""
    found = _SHAPES.match(str(error)) if type(error) is ValueError else None
    if found is None:
        return error
    shapes = [tuple(map(int, re.findall(r"\d+", text))) for text in found[1].split()]
    try:
        broadcast_shapes(*shapes)
    except RuntimeError as clear:
        return clear
    return error


def script_error(error: Exception) -> Exception:
    """The exception that leaves a compiled function for ``error``: right class, with traceback.

    One that a script raised is a ``torch.jit.Error``; a failing operator's is a RuntimeError;
    both are also of the class that Python would have raised.
    """
    if getattr(error, "_tscript_frames", None) is not None:
        return error  # it left a compiled function that this one called through Python
    frames, trace = script_frames(error), user_traceback(error)
    error = _as_the_record_says(error)
    message = str(error.args[0]) if len(error.args) == 1 else str(error)
    kind: type[RuntimeError] = Error if isinstance(error, Error) else OperatorError
    if isinstance(error, ArgumentError):
        cls: type[BaseException] = type(error)
    elif type(error) is RuntimeError:
        cls = OperatorError
    else:
        cls = combined_class(kind, type(error))
    text = f"{message}\n\n{render(frames)}" if frames else message
    try:
        made = cls(text)
    except Exception:
        made = OperatorError(f"{type(error).__name__}: {text}")
    made._tscript_frames = frames  # type: ignore[attr-defined]
    made.message = message  # type: ignore[attr-defined]
    assert isinstance(made, Exception)
    return made.with_traceback(trace)
