"""Where the values stand in an f-string, and what its texts mean.

Here: a scanner of string literals, needed since Python before 3.12 gives wrong positions inside
f-strings, and the decoding of escapes, which libcst leaves to its users. Not here: views.
"""

from __future__ import annotations

import ast
import re
import warnings

_PREFIX_AND_QUOTE = re.compile(r"([A-Za-z]{0,2})(\"\"\"|'''|\"|')")
_ESCAPE_OR_QUOTE = re.compile(r"\\.|\"", re.DOTALL)
_TRIVIA = re.compile(r"[ \t\f\r\n]*(?:(?:#[^\r\n]*|\\\r?\n?)[ \t\f\r\n]*)*")


def formatted_values(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where the values begin and end in the f-string at ``start`` to ``end``, adjacent literals
    included.

    For an f-string that Python accepts, without ``!r``, ``=`` and format specifications.

    >>> text = "f'{a} {{}} ' '{' f'{ b[0] }'"
    >>> [text[start:end] for start, end in formatted_values(text, 0, len(text))]
    ['a', ' b[0] ']
    """
    found: list[tuple[int, int]] = []
    while start < end:
        start = _skip_literal(text, start, found)
        match = _TRIVIA.match(text, start)
        start = match.end() if match else start
    return found


def _skip_literal(text: str, start: int, found: list[tuple[int, int]] | None) -> int:
    """Where the literal at ``start`` ends; the values in it are added to ``found``."""
    match = _PREFIX_AND_QUOTE.match(text, start)
    if match is None:
        return start + 1
    prefix, quote = match[1].lower(), match[2]
    formatted = "f" in prefix or "t" in prefix
    at = match.end()
    while at < len(text) and not text.startswith(quote, at):
        char = text[at]
        if char == "\\":
            if formatted and "r" not in prefix and text.startswith("\\N{", at):
                at = text.index("}", at)
            elif formatted and "r" in prefix and text[at + 1 : at + 2] in "{}":
                at -= 1  # a raw backslash does not escape a brace
            at += 2
        elif formatted and char == "{" and not text.startswith("{{", at):
            inside = at + 1
            at = _skip_value(text, inside)
            if found is not None:
                found.append((inside, at))
            at += 1
        elif formatted and char == "{":
            at += 2
        else:
            at += 1
    return at + len(quote)


def _skip_value(text: str, at: int) -> int:
    """Where the ``}`` stands that ends the value which begins at ``at``."""
    depth = 0
    while at < len(text):
        char = text[at]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            if depth == 0:
                return at
            depth -= 1
        elif char in "\"'":
            at = _skip_literal(text, _literal_start(text, at), None)
            continue
        elif char == "#":
            while at < len(text) and text[at] not in "\r\n":
                at += 1
            continue
        at += 1
    return at


def _literal_start(text: str, quote: int) -> int:
    start = quote
    while start > 0 and quote - start < 2 and text[start - 1].lower() in "rbuft":
        start -= 1
    before = text[start - 1] if start > 0 else " "
    return quote if before.isidentifier() or before.isdigit() else start


def decode_text(raw: str, prefix: str) -> str:
    """The meaning of a text in an f-string, as it stands between its values.

    >>> decode_text("a{{b}}\\t", "f"), decode_text("a\\\\t", "rf")
    ('a{b}\\t', 'a\\\\t')
    """
    text = raw.replace("{{", "{").replace("}}", "}")
    if "r" in prefix.lower() or "\\" not in text:
        return text.replace("\r\n", "\n").replace("\r", "\n")
    quoted = _ESCAPE_OR_QUOTE.sub(lambda m: '\\"' if m[0] == '"' else m[0], text)
    return decode_string(f'"""{quoted}"""')


def decode_string(literal: str) -> str:
    """The value of a string literal without an f.

    >>> decode_string("'a\\\\tb'"), decode_string("r'a\\\\tb'")
    ('a\\tb', 'a\\\\tb')
    """
    if "\\" not in literal and "\r" not in literal and literal[0] in "\"'":
        size = 3 if literal[:3] in ('"""', "'''") else 1
        return literal[size:-size]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape: Python has said it already
        value = ast.literal_eval(literal)
    assert isinstance(value, str)
    return value
