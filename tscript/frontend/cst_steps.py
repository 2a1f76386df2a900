"""A place in a text that moves on, token by token, as a walk over its libcst tree does.

Here: finding the next token, and going behind parts of the tree that nobody looks into. Not here:
views.
"""

from __future__ import annotations

import io
import tokenize

import libcst as cst

from tscript.diagnostics.source import Source, SourceRange
from tscript.frontend.program_text import TRIVIA


class OutOfStep(Exception):
    """The text does not go on as the tree says."""


class Stepper:
    """``_pos`` is behind the last token; ``_end`` behind the last statement, its semicolon
    included, which is where blocks end.
    """

    def __init__(self, source: Source, module: cst.Module) -> None:
        self._source = source
        self._text = source.text
        self._module = module
        self._pos = 0
        self._end = 0

    def _next(self) -> int:
        """Go to the next token."""
        pos = self._pos
        text = self._text
        if pos < len(text) and text[pos] in " \t\r\n\f#\\":
            match = TRIVIA.match(text, pos)
            if match is not None:
                pos = self._pos = match.end()
        return pos

    def _token(self, token: str) -> int:
        """Go behind a token; where it begins."""
        start = self._pos
        if not self._text.startswith(token, start):
            start = self._next()
            if not self._text.startswith(token, start):
                found = self._text[start : start + 20]
                raise OutOfStep(f"{token!r} was expected at {start}, where {found!r} is")
        self._pos = start + len(token)
        return start

    def _optional(self, token: str) -> bool:
        """Go behind a token if it is next."""
        before = self._pos
        if self._text.startswith(token, self._next()):
            self._pos += len(token)
            return True
        self._pos = before
        return False

    def _range(self, start: int) -> SourceRange:
        return SourceRange(self._source, start, self._pos)

    def _skip(self, node: cst.CSTNode) -> None:
        """Go behind an expression or simple statement that gets no view of its own."""
        start = self._next()
        code = self._module.code_for_node(node).rstrip(" \t;")
        lines = _lines(code)
        if len(lines) == 1:
            self._pos = start + len(code)
        else:
            self._pos = self._place(start, len(lines) - 1, lines[-1], len(lines[-1]))

    def _skip_block(self, node: cst.CSTNode) -> None:
        """Go behind a compound statement that gets no view of its own."""
        start = self._next()
        code = self._module.code_for_node(node)
        tokens = list(tokenize.generate_tokens(io.StringIO(code, newline="").readline))
        real = [t for t in tokens if t.type not in _NO_TOKENS]
        row, column = real[-1].end
        self._pos = self._place(start, row - real[0].start[0], _lines(code)[row - 1], column)
        self._end = self._pos

    def _place(self, start: int, rows: int, line: str, column: int) -> int:
        """The offset of a column in a printed line, ``rows`` below the one of ``start``.

        libcst prints a part without the indentation around it, so only what follows it agrees.
        """
        if rows == 0:
            return start + column
        number = self._source.line_column(start)[0] + rows
        indent = len(line) - len(line.lstrip())
        original = self._source.line(number)
        missing = len(original) - len(original.lstrip()) - indent
        return self._source.offset(number, column + missing)

    def _raw(self, text: str) -> None:
        """Go behind characters that stand right here, spaces included."""
        if not self._text.startswith(text, self._pos):
            raise OutOfStep(f"{text!r} was expected at {self._pos}")
        self._pos += len(text)


def _lines(code: str) -> list[str]:
    source = Source(code)
    return [source.line(number + 1) for number in range(len(source.line_starts))]


_NO_TOKENS = {
    tokenize.NEWLINE,
    tokenize.NL,
    tokenize.COMMENT,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
