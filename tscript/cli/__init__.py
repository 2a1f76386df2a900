"""The ``tscript`` command (also ``python -m tscript``), one command a file.

Here: the group, which finds its commands by name and loads only the one that runs. Not here: what a
command does.
"""

from __future__ import annotations

import difflib
import importlib
from importlib.metadata import PackageNotFoundError, version

import click

#: Command -> one line about it, which the list of commands shows without loading any.
COMMANDS = {
    "code": "Print the code that an archive holds.",
    "explain": "Say what a diagnostic means.",
    "ops": "List the operators, with their schemas.",
}


#: What people type who look for `tscript-mypy`.
_CHECKS = frozenset({"check", "lint", "mypy", "compile", "script"})


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tscript.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        if name in _CHECKS:
            hint = "; to check files without running them: tscript-mypy FILE..."
        ctx.fail(f"there is no command {name!r}{hint}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


def _version() -> str:
    try:
        return version("tscript-suite")
    except PackageNotFoundError:
        return "unknown (not installed)"


@click.group(cls=_Commands)
@click.version_option(_version(), prog_name="tscript")
def main() -> None:
    """TorchScript without PyTorch."""
