"""Diagnostics as mypy errors: one code each, all of them below ``tscript``."""

from __future__ import annotations

from typing import Any

from mypy import errors
from mypy.errorcodes import ErrorCode
from mypy.nodes import EllipsisExpr

from tscript.diagnostics.catalogue import CATALOGUE
from tscript.diagnostics.report import Diagnostic

CATEGORY = "TorchScript"

#: The parent of all codes: ``# type: ignore[tscript]``, ``--disable-error-code tscript``.
TSCRIPT = ErrorCode("tscript", "Refused by the TorchScript compiler", CATEGORY)

#: A mypy error code for each diagnostic of the catalogue, by its slug.
CODES: dict[str, ErrorCode] = {
    slug: ErrorCode(f"tscript-{slug}", entry.message, CATEGORY, sub_code_of=TSCRIPT)
    for slug, entry in CATALOGUE.items()
}


# mypy keeps the codes of notes to itself, but for those that stand alone, as warnings do.
errors.SHOW_NOTE_CODES.update(
    CODES[slug].code for slug, entry in CATALOGUE.items() if entry.severity == "warning"
)


def place(line: int, column: int, end_line: int, end_column: int) -> EllipsisExpr:
    """A context for mypy with the given span; an expression, so that an ignore on any line of it
    counts. Lines count from 1, columns from 0."""
    context = EllipsisExpr()
    context.line, context.column = line, column
    context.end_line, context.end_column = end_line, end_column
    return context


def report(api: Any, diagnostic: Diagnostic) -> None:
    """Give a diagnostic to mypy; its hint and related places become notes of the error.

    A warning is a note with a code, which ``# type: ignore[code]`` silences and which does not
    fail the run.

    ``api`` is the type checker. A diagnostic in another file is reported where this file leads
    there: at the outermost call of its chain.
    """
    span = diagnostic.range
    message = diagnostic.message
    path = diagnostic.range.filename
    if diagnostic.call_chain:
        outermost = diagnostic.call_chain[0]
        if outermost.range.filename != path:
            span = outermost.range
            message = f"in `{diagnostic.call_chain[-1].callee}` ({diagnostic.range}): {message}"
    code = CODES[diagnostic.code]
    context = place(span.line, span.column, span.end_line, span.end_column)
    if diagnostic.severity == "warning":
        if diagnostic.hint and diagnostic.code != "revealed-type":
            message = f"{message}; {diagnostic.hint}"
        api.msg.note(message, context, code=code)
        return
    info = api.fail(message, context, code=code)
    for note in diagnostic.notes:
        api.msg.note(
            f"{note.label} (line {note.range.line})", context, code=code, parent_error=info
        )
    if diagnostic.hint:
        api.msg.note(diagnostic.hint, context, code=code, parent_error=info)
