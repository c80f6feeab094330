"""`publish completion`: the script that teaches a shell our commands."""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.frame import Result, publish_command


@publish_command("completion", summary="Print the completion script for your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(config_file: Path, shell: str) -> Result:
    """Print the script; the help says where to put it."""
    from click.shell_completion import get_completion_class

    from publisher.cli.group import publish

    completion_class = get_completion_class(shell)
    if completion_class is None:
        raise click.UsageError(f"no completion for {shell}")
    source = completion_class(publish, {}, "publish", "_PUBLISH_COMPLETE").source()
    return Result({"shell": shell, "script": source}, lambda console: click.echo(source))


commands = {"completion": completion}
