"""How many arguments a special form takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tscript.frontend import views as v

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter


def arity(
    emitter: Emitter, view: v.Apply, least: int, most: int | None = None, *, keywords: bool = False
) -> bool:
    """Check the number of positional arguments; False after a report."""
    name = view.callee.range.text
    most = least if most is None else most
    if view.keywords and not keywords:
        keyword = view.keywords[0]
        emitter.report(
            "unexpected-keyword",
            keyword.range,
            callee=name,
            name=keyword.name.name,
            signature=f"{name}(...)",
        )
        return False
    if any(isinstance(arg, v.Starred) for arg in view.args):
        emitter.report(
            "unsupported-syntax",
            view.range,
            construct=f"`*` in a call of `{name}`",
            remedy="pass the arguments one by one",
        )
        return False
    count = len(view.args)
    if count < least:
        emitter.report(
            "missing-argument",
            view.range,
            callee=name,
            parameter=f"argument {count + 1}",
            signature=f"{name}(...)",
        )
        return False
    if count > most:
        emitter.report(
            "too-many-arguments",
            view.args[most].range,
            callee=name,
            expected=most,
            actual=count,
            signature=f"{name}(...)",
        )
        return False
    return True
