"""The click group: commands are imported when they are called."""

from __future__ import annotations

from importlib import import_module
from typing import cast

import click

from publisher import __version__
from publisher.cli.overview import COMMANDS, overview


class LazyGroup(click.Group):
    """A group whose commands are found in `overview.COMMANDS`, one module each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands."""
        return [name for commands in COMMANDS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        for commands in COMMANDS.values():
            if cmd_name in commands:
                module = import_module(f"publisher.cli.{commands[cmd_name][0]}")
                return cast(click.Command, module.commands[cmd_name])
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command for one that does not exist."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from publisher.cli.frame import show_errors
            from publisher.config.explain import nearest_hint
            from publisher.errors import UsageError

            hint = nearest_hint(args[0], self.list_commands(ctx))
            show_errors([UsageError(f'there is no command "{args[0]}"', hint=hint)])
            ctx.exit(2)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """Show the overview instead of click's list."""
        return overview().rstrip("\n")


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="publish")
def publish() -> None:
    """Put an article into queue/ once; it leaves as an e-mail digest and as a post for every network."""
