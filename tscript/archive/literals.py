"""Values as text in the dialect of archives: numbers, strings, lists, attributes by name."""

from __future__ import annotations

import keyword
import math
import re
from typing import TYPE_CHECKING, Any

from ops_registry import types as t
from ops_registry.device import Device
from tscript.archive.errors import SaveError
from tscript.types.nominal import EnumType

if TYPE_CHECKING:
    from tscript.archive.code_printer import CodePrinter

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What can be written as an attribute; anything else goes through ``getattr``."""


def literal(printer: CodePrinter, value: Any, type: t.Type) -> str:
    """A constant of ``type`` as text, or its place in the constants table.

    >>> from tscript.archive.code_printer import CodePrinter
    >>> literal(CodePrinter(), [1.0, 0.1], t.ListType(t.FLOAT))
    '[1., 0.10000000000000001]'
    """
    if isinstance(type, EnumType):
        name = getattr(value, "name", value)
        return f"{printer.annotation(type)}.{name}"
    if isinstance(type, t.OptionalType) and value is not None:
        return literal(printer, value, type.element)
    match value:
        case None | bool():
            return str(value)
        case int():
            return int_text(value)
        case float():
            return float_text(value)
        case complex():
            return f"complex({float_text(value.real)}, {float_text(value.imag)})"
        case str():
            return quote(value)
        case Device():
            return f"torch.device({quote(str(value))})"
        case tuple():
            parts = type.contained() if isinstance(type, (t.TupleType,)) else ()
            texts = [
                literal(printer, part, parts[position] if position < len(parts) else t.ANY)
                for position, part in enumerate(value)
            ]
            return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"
        case list() if all(is_text(part) for part in value):
            element = type.element if isinstance(type, t.ListType) else t.ANY
            text = f"[{', '.join(literal(printer, part, element) for part in value)}]"
            simple = isinstance(
                element, (t.IntType, t.FloatType, t.BoolType, t.StringType, t.AnyType)
            )
            if value and simple:
                return text
            return f"annotate({printer.annotation(type)}, {text})"
        case dict() if all(map(is_text, value)) and all(map(is_text, value.values())):
            kind = type if isinstance(type, t.DictType) else t.DictType(t.ANY, t.ANY)
            items = (
                f"{literal(printer, k, kind.key)}: {literal(printer, v, kind.value)}"
                for k, v in value.items()
            )
            return f"annotate({printer.annotation(type)}, {{{', '.join(items)}}})"
        case _:
            return f"CONSTANTS.c{printer.constants.number(value)}"


def quote(text: str) -> str:
    r"""``text`` as a string literal of the archive's code: ASCII, bytes above it in octal.

    >>> quote('a "b"\n\u00e9')
    '"a \\"b\\"\\n\\303\\251"'
    """
    escapes = {7: r"\a", 8: r"\b", 12: r"\f", 10: r"\n", 13: r"\r", 9: r"\t", 11: r"\v"}
    escapes |= {ord("\\"): r"\\", ord("'"): r"\'", ord('"'): r"\""}
    out = []
    for byte in text.encode("utf-8", "surrogatepass"):
        if byte in escapes:
            out.append(escapes[byte])
        else:
            out.append(chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")
    return f'"{"".join(out)}"'


def int_text(value: int) -> str:
    """An integer; SaveError when it does not fit into 64 bits."""
    if not -(1 << 63) <= value < 1 << 63:
        raise SaveError(f"the integer {value} does not fit into 64 bits")
    return str(value)


def float_text(value: float) -> str:
    """A float with the 17 digits that identify it, and always with a point or exponent."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = f"{value:.17g}"
    return text if any(mark in text for mark in ".en") else text + "."


def is_text(value: Any) -> bool:
    """Whether a value can be written as text."""
    if isinstance(value, tuple | list):
        return all(map(is_text, value))
    return value is None or isinstance(value, (bool, int, float, complex, str, Device))


def member(owner: str, name: str) -> str:
    """Attribute ``name`` of an expression."""
    if PLAIN_NAME.fullmatch(name) and not keyword.iskeyword(name):
        return f"{owner}.{name}"
    return f"getattr({owner}, {quote(name)})"
