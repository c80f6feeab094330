"""The click group: commands are imported when they are called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NoReturn, cast

import click

from publisher import __version__
from publisher.cli.overview import COMMANDS, overview

WORDS = "publisher.words"


class LazyGroup(click.Group):
    """A group whose commands are found in `overview.COMMANDS`, one module each.

    It is the one place where click's errors about the command line are turned into ours, those of all commands.
    """

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

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Keep the words as they were typed."""
        words = tuple(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            _refuse(error, words)
        context.meta[WORDS] = words
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what is wrong with its words is shown in our form."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            _refuse(error, ctx.meta[WORDS])

    def get_help(self, ctx: click.Context) -> str:
        """Show the overview instead of click's list."""
        return overview().rstrip("\n")


def _refuse(error: click.UsageError, words: tuple[str, ...]) -> NoReturn:
    """Show what is wrong, in an envelope if there is a --json among the words. Errors: Exit with 2."""
    # A group without a word shows its help, which is what is wanted there. Source: click 8.2, exceptions.py,
    # checked 2026-11-23.
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        raise error
    from publisher.cli.frame import fail
    from publisher.cli.mistyped import explain_mistyped, name_of_mistyped

    code = fail(name_of_mistyped(error), "--json" in words, explain_mistyped(error))
    raise click.exceptions.Exit(code)


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="publish")
def publish() -> None:
    """Put an article into queue/ once; it leaves as an e-mail digest and as a post for every network."""
