"""What to write instead, where that depends on the names, types and text of the place.

Here: sentences for the hints of diagnostics. Not here: hints that are the same everywhere
(``diagnostics/catalogue.py``), those of unsupported syntax (``unsupported.py``), and when any of
them is reported (``emit_*``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ops_registry.types import (
    BOOL,
    FLOAT,
    INT,
    NUMBER,
    STRING,
    TENSOR,
    AnyType,
    ListType,
    TensorType,
    TupleType,
    Type,
)
from tscript.types.nominal import NamedTupleType
from tscript.types.printing import annotation_str, source_str
from tscript.types.relations import describe_mismatch, is_optional, is_subtype, without_none

#: Expressions longer than this are shown as ``...`` inside a hint.
_SHOWN = 40


def nearest(name: str, known: Iterable[str]) -> str:
    """What a misspelt name was probably meant to be; empty when nothing is near.

    >>> nearest("sofmax", ["softmax", "sum"])
    'did you mean `softmax`?'
    """
    close = difflib.get_close_matches(name, known, 1, 0.75) if len(name) > 3 else []
    return f"did you mean `{close[0]}`?" if close else ""


def shown(text: str) -> str:
    """An expression's text inside a hint."""
    return text if len(text) <= _SHOWN and "\n" not in text else "..."


def refinement(text: str) -> str:
    """How to make sure that an expression is not None; only variables keep what was checked.

    >>> refinement("bias")
    'check it first: `if bias is not None:` or `assert bias is not None`'
    >>> refinement("self.bias")
    'only a check of a variable counts: `bias = self.bias`, then `if bias is not None:`'
    """
    if text.isidentifier():
        return f"check it first: `if {text} is not None:` or `assert {text} is not None`"
    name = variable_for(text)
    return (
        f"only a check of a variable counts: `{name} = {shown(text)}`, then "
        f"`if {name} is not None:`"
    )


def narrowing(text: str, member: Type) -> str:
    """How to make sure that an expression is one member of its union.

    >>> narrowing("x", INT)
    'check it first: `if isinstance(x, int):`'
    """
    example = "int" if isinstance(member, AnyType) else source_str(member)
    if text.isidentifier():
        return f"check it first: `if isinstance({text}, {example}):`"
    name = variable_for(text)
    return (
        f"only a check of a variable counts: `{name} = {shown(text)}`, then "
        f"`if isinstance({name}, {example}):`"
    )


def variable_for(text: str) -> str:
    """A name for the value of an expression: the attribute's, where it is one."""
    last = text.rpartition(".")[2]
    return last if last.isidentifier() and last != text else "value"


def conversion(text: str, actual: Type, wanted: Type) -> str:
    """The call that makes a value of one type from one of another; empty when there is none.

    >>> conversion("n", INT, STRING)
    'str(n)'
    >>> conversion("n", INT, ListType(INT))
    '[n]'
    """
    wanted, text = without_none(wanted), shown(text)
    numbers = (INT, FLOAT, BOOL, NUMBER)
    if wanted == STRING and actual in numbers:
        return f"str({text})"
    if text[:1] in "'\"" and wanted != STRING:  # the text of a literal is no number
        return ""
    if wanted in (INT, FLOAT) and (actual in (*numbers, STRING) or isinstance(actual, TensorType)):
        return f"{source_str(wanted)}({text})"
    if wanted == BOOL and (actual in numbers or isinstance(actual, TensorType)):
        return f"bool({text})"
    if isinstance(wanted, TensorType) and (
        actual in numbers or (isinstance(actual, ListType) and actual.element in numbers)
    ):
        return f"torch.tensor({text})"
    if isinstance(wanted, TensorType) and isinstance(actual, TupleType | NamedTupleType):
        if actual.elements and actual.elements[0] == TENSOR:
            return f"{text}[0]"
    if isinstance(wanted, ListType) and is_subtype(actual, wanted.element):
        return f"[{text}]"
    return ""


def fitting(text: str, actual: Type, wanted: Type) -> str:
    """Why a value does not fit a type, where that is not obvious, or how to make it fit."""
    reason = describe_mismatch(actual, wanted)
    if is_optional(actual) and is_subtype(without_none(actual), wanted):
        return refinement(text)
    if reason:
        return reason
    if source_str(actual) == source_str(wanted):
        return f"these are two types: `{annotation_str(actual)}` and `{annotation_str(wanted)}`"
    call = conversion(text, actual, wanted)
    if not call:
        return ""
    verb = "take one part of it" if call.endswith("[0]") else "convert it"
    return f"{verb}: `{call}`"
