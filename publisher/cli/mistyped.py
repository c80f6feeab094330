"""What was typed and is not understood: click's own errors as ours, with the nearest command or option."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from publisher.config.explain import nearest_hint
from publisher.errors import UsageError

# Source: click, exceptions.py: "No such command 'nwo'."; a class for it is there from 8.4 on; checked 2026-11-23.
_UNKNOWN_COMMAND = re.compile(r"No such command '(?P<word>.*?)'\.")
MOMENT_HINT = "Write a day, for example 2026-11-23, or a time of it, 2026-11-23T07:00."
_QUOTED = re.compile(r"'(?P<word>[^']*)' is not one of")


def explain_mistyped(error: click.UsageError) -> UsageError:
    """Say in our form what is wrong with the words of a command line."""
    context = error.ctx
    unknown = _UNKNOWN_COMMAND.match(error.message)
    if context and unknown and isinstance(context.command, click.Group):
        hint = nearest_hint(unknown["word"], context.command.list_commands(context))
        return UsageError(f'there is no command "{_command(context, unknown["word"])}"', hint=hint)
    if context and isinstance(error, click.NoSuchOption):
        what = f'there is no option "{error.option_name}"'
        return UsageError(what, where=context.command_path, hint=nearest_hint(error.option_name, _options(context)))
    if isinstance(error, click.MissingParameter):
        return UsageError(f"{_name(error)} is missing", where=_path(context), hint=_usage(context))
    if isinstance(error, click.BadParameter) and error.param and isinstance(error.param.type, click.DateTime):
        return UsageError(f"{_name(error)}: {_no_moment(error)}", where=_path(context), hint=MOMENT_HINT)
    if isinstance(error, click.BadParameter):
        return UsageError(f"{_name(error)}: {error.message.rstrip('.')}", where=_path(context), hint=_choice(error))
    return UsageError(error.format_message().rstrip("."), where=_path(context), hint=_usage(context))


def _no_moment(error: click.BadParameter) -> str:
    """Say what click says, without the formats that it speaks in."""
    return f"{error.message.partition(' does not match')[0]} is not a day or a time"


def name_of_mistyped(error: click.UsageError) -> str:
    """Name the command that was called, as an envelope does; `publish` where there is none."""
    return _path(error.ctx).partition(" ")[2] or "publish"


def _command(context: click.Context, word: str) -> str:
    return f"{context.command_path} {word}".partition(" ")[2]


def _options(context: click.Context) -> list[str]:
    """Name the options of a command as they are written, without their short forms."""
    names = [name for param in context.command.get_params(context) for name in param.opts]
    return [name for name in names if name.startswith("--")]


def _path(context: click.Context | None) -> str:
    return context.command_path if context else ""


def _name(error: click.BadParameter) -> str:
    """Name an option as it is written, an argument as the help shows it."""
    if error.param is None:
        return "a value"
    names: Sequence[str] = error.param.opts
    return f'"{error.param.make_metavar(error.ctx) if _is_argument(error) and error.ctx else names[-1]}"'


def _is_argument(error: click.BadParameter) -> bool:
    return isinstance(error.param, click.Argument)


def _choice(error: click.BadParameter) -> str:
    """Name the nearest of the words that an option takes, where it takes words."""
    kind, said = error.param.type if error.param else None, _QUOTED.match(error.message)
    if isinstance(kind, click.Choice) and said:
        return nearest_hint(said["word"], [str(choice) for choice in kind.choices])
    return _usage(error.ctx)


def _usage(context: click.Context | None) -> str:
    if context is None:
        return 'Look at "publish --help".'
    pieces = " ".join(context.command.collect_usage_pieces(context))
    return f'Write it as: {context.command_path} {pieces}. All options: "{context.command_path} --help".'
