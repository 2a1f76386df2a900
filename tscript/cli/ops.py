"""``tscript ops``: the operators there are. Reads the index of schemas; loads no kernel."""

from __future__ import annotations

import difflib

import click

from ops_registry.registry import registry


@click.command("ops")
@click.argument("word", default="")
@click.option("--count", is_flag=True, help="Print how many there are in each namespace.")
def command(word: str, count: bool) -> None:
    """List the operators whose name contains WORD (all without it), with their schemas."""
    names = [name for name in registry().names() if word in name]
    for failure in registry().plugin_failures.values():
        click.echo(f"warning: {failure}", err=True)
    if not names:
        near = difflib.get_close_matches(f"aten::{word}", registry().names(), n=1, cutoff=0.75)
        hint = f"; did you mean {near[0].partition('::')[2]!r}?" if near else ""
        raise click.ClickException(f"no operator has {word!r} in its name{hint}")
    if count:
        for namespace in sorted({name.partition("::")[0] for name in names}):
            inside = [name for name in names if name.startswith(f"{namespace}::")]
            overloads = sum(len(registry().overloads(name)) for name in inside)
            click.echo(f"{namespace}: {len(inside)} operators, {overloads} overloads")
        return
    for name in names:
        for schema in registry().overloads(name):
            click.echo(str(schema))
