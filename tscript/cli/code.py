"""``tscript code``: the TorchScript source inside an archive. Nothing in it is compiled or run."""

from __future__ import annotations

import click

from tscript.archive.errors import ArchiveError
from tscript.archive.reader import ArchiveReader


@click.command("code")
@click.argument("archive", type=click.Path(exists=True, dir_okay=False))
def command(archive: str) -> None:
    """Print the code that ARCHIVE holds, file by file."""
    try:
        with ArchiveReader(archive) as reader:
            files = [n for n in reader.names() if n.startswith("code/") and n.endswith(".py")]
            if not files:
                raise click.ClickException(f"{archive}: it is an archive, but holds no code")
            for name in files:
                click.echo(f"# {name}")
                click.echo(reader.read_text(name).rstrip())
                click.echo()
    except ArchiveError as error:
        raise click.ClickException(str(error)) from None
