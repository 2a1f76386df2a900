"""Text on its way into a parser: bounds, indentation, tokens and positions.

Here: what both parsers do before and beside their own walk. Nothing in this file makes a view.
"""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings

from tscript.diagnostics.source import Source
from tscript.frontend.unsupported import syntax_error, too_large

MAX_CHARACTERS = 32 * 1024 * 1024
"""Longest text that is parsed."""

MAX_BRACKETS = 100
"""Deepest nesting of brackets; Python's own limit is 200, less on threads with small stacks."""

MAX_DEPTH = 1000
"""Deepest nesting of syntax, brackets or not: ``a + b + c`` has three levels."""

TRIVIA = re.compile(r"[ \t\f\r\n]*(?:(?:#[^\r\n]*|\\\r?\n?)[ \t\f\r\n]*)*")
"""What may stand between two tokens inside one definition."""

_FIRST_TOKEN = re.compile(r"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*([ \t\f]*)")
_BRACKETS = re.compile(
    r"'''(?:[^\\]|\\.)*?'''"
    r'|"""(?:[^\\]|\\.)*?"""'
    r"|'(?:[^'\\\r\n]|\\.)*'"
    r'|"(?:[^"\\\r\n]|\\.)*"'
    r"|#[^\r\n]*|([(\[{])|([)\]}])",
    re.DOTALL,
)
_PREFIX = "if 1:\n"


def as_program(source: Source) -> tuple[str, int]:
    """A text that can be parsed by itself, and the character of the source that it begins with.

    Source that is indented, as a method is, gets a line before it; that leaves its strings as
    they are. Size and nesting are checked here: parsers written in C may not survive either.
    """
    check_bounds(source, source.text)
    first = _FIRST_TOKEN.match(source.text)
    if first and first[1]:
        return _PREFIX + source.text, -len(_PREFIX)
    return source.text, 0


def normal_name(name: str) -> str:
    """A name as Python compares it: ``ﬁ`` (a ligature) is ``fi``."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def check_bounds(source: Source, text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise too_large(source, f"{len(text):,} characters", f"{MAX_CHARACTERS:,}")
    depth = 0
    for match in _BRACKETS.finditer(text):
        if match[1]:
            depth += 1
            if depth > MAX_BRACKETS:
                raise too_large(source, f"more than {depth - 1} nested brackets", f"{MAX_BRACKETS}")
        elif match[2]:
            depth -= 1


def check_depth(source: Source) -> None:
    """Refuse what is nested deeper than a parser without bounds of its own can take.

    libcst recurses without a limit, and dies of some thousand levels. Python's parser has limits,
    and takes a twelfth of libcst's time; text that is too short for such depth need not be looked
    at.
    """
    if len(source.text) < 2 * MAX_DEPTH:
        return
    text, shift = as_program(source)
    level: list[ast.AST] = [parse_bounded(source, text, "exec", shift)]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise too_large(source, f"more than {MAX_DEPTH} levels of syntax", f"{MAX_DEPTH}")
        level = [child for node in level for child in ast.iter_child_nodes(node)]


def parse_bounded(source: Source, text: str, mode: str, shift: int) -> ast.AST:
    """Python's parser on a text whose character 0 is character ``shift`` of the source."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as an invalid escape: Python has said it already
            return ast.parse(text, mode=mode)
    except SyntaxError as error:
        place = Places(text, shift).at(error.lineno or 1, 0) + max((error.offset or 1) - 1, 0)
        place = max(place, 0)
        raise syntax_error(source, place, place + 1, error.msg) from None
    except (ValueError, UnicodeError) as error:
        raise syntax_error(source, 0, 1, str(error)) from None
    except (RecursionError, MemoryError):
        raise too_large(source, "it is nested too deeply", "set by Python") from None


class Places:
    """Characters of the source from the lines and UTF-8 columns of ``ast``."""

    def __init__(self, text: str, shift: int) -> None:
        self._text = text
        self._starts = Source(text).line_starts
        self._shift = shift
        self._ascii = text.isascii()

    def at(self, line: int, column: int) -> int:
        start = self._starts[min(line, len(self._starts)) - 1]
        if not self._ascii:
            # A character has one byte or more: `column` characters are enough to hold them.
            stretch = self._text[start : start + column].encode("utf-8", "surrogatepass")
            column = len(stretch[:column].decode("utf-8", "ignore"))
        return self._shift + start + column
