"""The functions inside functions that archived code has: the bodies of forked calls.

``torch.jit.fork`` is printed as a nested ``def`` without parameters, whose name is handed to ``fork``.  No
other program may have one, so the parser leaves it out; here it is found in the text again, taken out of
the function's view, and kept as a definition to be emitted in place of its call.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from tscript.diagnostics.source import Source
from tscript.frontend import views as v
from tscript.frontend.parse_ast import parse_def

_CONSTRUCT = "functions inside functions"


def take_out(view: v.Def) -> tuple[v.Def, dict[str, v.Def]]:
    """The function without the functions inside it, and those by name.

    >>> text = "def f(x):\\n  def g():\\n    return x\\n  y = fork(g)\\n  return y\\n"
    >>> from tscript.frontend.parse_ast import parse_def
    >>> outer, inner = take_out(parse_def(Source(text)))
    >>> len(outer.body), list(inner)
    (2, ['g'])
    """
    if not any(problem.construct == _CONSTRUCT for problem in view.unsupported):
        return view, {}
    found: dict[str, v.Def] = {}
    body = _without(view.body, found)
    others = tuple(problem for problem in view.unsupported if problem.construct != _CONSTRUCT)
    return replace(view, body=body, unsupported=others), found


def _without(part: Any, found: dict[str, v.Def]) -> Any:
    if isinstance(part, tuple):
        return tuple(_without(item, found) for item in part if not _is_inner(item, found))
    if not isinstance(part, v.Stmt):
        return part
    changed = {
        field.name: _without(getattr(part, field.name), found)
        for field in fields(part)
        if field.name in ("body", "orelse")
    }
    return replace(part, **changed) if changed else part


def _is_inner(part: Any, found: dict[str, v.Def]) -> bool:
    if not isinstance(part, v.UnsupportedStmt) or part.problem.construct != _CONSTRUCT:
        return False
    inner, more = take_out(parse_def(_text_of(part)))
    found[inner.name.name] = inner
    found.update(more)
    return True


def _text_of(part: v.UnsupportedStmt) -> Source:
    """The whole nested definition: its line, and those below that are indented deeper."""
    source = part.range.source
    line = part.range.line
    indent = part.range.column
    lines = [source.line(line)]
    last = source.line_column(len(source.text))[0]
    for number in range(line + 1, last + 1):
        text = source.line(number)
        if text.strip() and len(text) - len(text.lstrip()) <= indent:
            break
        lines.append(text)
    return Source("\n".join(lines) + "\n", source.filename, line)
