"""``tscript explain``: what a diagnostic means, from the one table of them."""

from __future__ import annotations

import difflib
import re

import click

from tscript.diagnostics.catalogue import CATALOGUE


@click.command("explain")
@click.argument("code", default="")
def command(code: str) -> None:
    """Say what the diagnostic CODE means; without one, list all codes.

    CODE may be written as mypy shows it, with "tscript-" before it.
    """
    if not code:
        for known in CATALOGUE:
            click.echo(known)
        return
    name = code.strip("[]").removeprefix("tscript-")
    entry = CATALOGUE.get(name)
    if entry is None:
        near = difflib.get_close_matches(name, CATALOGUE, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise click.ClickException(f"there is no diagnostic {name!r}{hint}")
    click.echo(f"{name} ({entry.severity})")
    click.echo(f"  {_readable(entry.message)}")
    if entry.hint:
        click.echo(f"  remedy: {_readable(entry.hint)}")


def _readable(template: str) -> str:
    """``{name}`` as ``<name>``, and a doubled brace as one."""
    text = re.sub(r"(?<!\{)\{([a-z_]+)\}(?!\})", r"<\1>", template)
    return text.replace("{{", "{").replace("}}", "}")
