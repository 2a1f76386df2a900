"""Type comments: ``# type: (int, Tensor) -> Tensor``, and those of parameters and assignments.

Here: where they are in a text, and which definition, parameter or assignment they belong to. Both
parsers ask here, and the types become views through ``parse_ast.parse_expression``. Not here:
what a type means (``annotations.py``).

A signature's comment may stand anywhere in its function, as PyTorch allows; a parameter's at the
end of its line in a signature of several lines; an assignment's at its end. ``# type: ignore`` is
none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from tscript.diagnostics.report import CompilationError, Diagnostic
from tscript.diagnostics.source import Source, SourceRange
from tscript.frontend.views import Expr, SignatureComment, TupleLiteral

# Strings are matched so that a comment sign inside one is no comment.
_STRING_OR_COMMENT = re.compile(
    r"'''(?:[^\\]|\\.)*?'''"
    r'|"""(?:[^\\]|\\.)*?"""'
    r"|'(?:[^'\\\r\n]|\\.)*'"
    r'|"(?:[^"\\\r\n]|\\.)*"'
    r"|(#[^\r\n]*)",
    re.DOTALL,
)
_TYPE = re.compile(r"#[ \t]*type:(?![ \t]*ignore\b)[ \t]*")
_ARROW = re.compile(r"\)[ \t]*->[ \t]*")

ParseExpression = Callable[[Source, int, int], Expr]


@dataclass(frozen=True, slots=True)
class _Comment:
    start: int  # of the text after `type:`
    end: int  # of that text, a second comment cut off
    hash: int  # where the comment begins

    def is_signature(self, text: str) -> bool:
        return text.startswith("(", self.start) and text.find("->", self.start, self.end) > 0


class TypeComments:
    """The type comments of a source.

    ``lenient`` ignores those that cannot be read: a class may have methods that are never compiled.
    """

    def __init__(self, source: Source, parse: ParseExpression, *, lenient: bool = False) -> None:
        self._source = source
        self._parse = parse
        self._lenient = lenient
        self._comments: list[_Comment] = []
        if "type:" in source.text:
            for match in _STRING_OR_COMMENT.finditer(source.text):
                if match[1] and (tag := _TYPE.match(match[1])):
                    start = match.start() + tag.end()
                    text = source.text[start : match.end()].partition("#")[0].rstrip()
                    self._comments.append(_Comment(start, start + len(text), match.start()))
        self._offsets = [comment.hash for comment in self._comments]

    def __bool__(self) -> bool:
        return bool(self._comments)

    def signature(self, start: int, end: int) -> SignatureComment | None:
        """The comment with the whole signature of the function at ``start`` to ``end``."""
        text = self._source.text
        for comment in self._between(start, self._line_end(end)):
            if comment.is_signature(text):
                return self._signature(comment)
        return None

    def parameter(self, end: int, next_start: int) -> Expr | None:
        """The comment on the line of a parameter that ends at ``end``.

        ``next_start`` is where the next parameter, or the body, begins.
        """
        return self._single(end, min(self._line_end(end), next_start))

    def assignment(self, end: int) -> Expr | None:
        """The comment right behind an assignment that ends at ``end``."""
        if not self._comments:
            return None
        text = self._source.text
        while end < len(text) and text[end] in " \t;":
            end += 1
        return self._single(end, end + 1)

    def _single(self, start: int, end: int) -> Expr | None:
        text = self._source.text
        for comment in self._between(start, end):
            if not comment.is_signature(text):
                return self._read(comment.start, comment.end)
        return None

    def _signature(self, comment: _Comment) -> SignatureComment | None:
        text = self._source.text
        arrows = list(_ARROW.finditer(text, comment.start, comment.end))
        if not arrows:  # the parenthesis is not closed: this says so
            self._read(comment.start, comment.end)
            return None
        arrow = arrows[-1]
        returns = self._read(arrow.end(), comment.end)
        inside = text[comment.start + 1 : arrow.start()].strip()
        params: tuple[Expr, ...] | None
        if inside == "...":
            params = None
        elif not inside:
            params = ()
        else:
            read = self._read(comment.start, arrow.start() + 1)
            if read is None:
                return None
            # Several types read as a tuple, one type as itself in parentheses.
            params = read.elements if isinstance(read, TupleLiteral) else (read,)
        if returns is None:
            return None
        return SignatureComment(
            SourceRange(self._source, comment.start, comment.end), params, returns
        )

    def _read(self, start: int, end: int) -> Expr | None:
        try:
            return self._parse(self._source, start, end)
        except CompilationError:
            if self._lenient:
                return None
            place = SourceRange(self._source, start, max(end, start + 1))
            reason = f"`{self._source.text[start:end].strip()}` is not a type"
            raise CompilationError(
                (Diagnostic("bad-type-comment", place, {"reason": reason}),)
            ) from None

    def _between(self, start: int, end: int) -> list[_Comment]:
        return self._comments[bisect_left(self._offsets, start) : bisect_left(self._offsets, end)]

    def _line_end(self, offset: int) -> int:
        starts = self._source.line_starts
        index = bisect_left(starts, offset + 1)
        return starts[index] if index < len(starts) else len(self._source.text)
