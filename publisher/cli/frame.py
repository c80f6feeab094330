"""What all commands share: the options, one way to show results and errors, the exit codes.

A command returns a Result; this module turns it into text on standard output or into one JSON envelope. Errors go to
standard error, or into the envelope.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, datetime, time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.interrupt import EXIT_INTERRUPTED
from publisher.errors import Problems, PublisherError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

ENVELOPE_VERSION = 1
EXIT_DEFECT = 70  # EX_SOFTWARE of sysexits.h: a defect of the program itself


class Defect(PublisherError):
    """Something of ours went wrong that should not be able to."""

    exit_code = EXIT_DEFECT


@dataclass(frozen=True, slots=True)
class Result:
    """What a command found or did. `show` prints it for people; `data` is the same for programs."""

    data: dict[str, Any]
    show: Callable[[Console], None]
    exit_code: int = 0
    problems: Sequence[PublisherError] = field(default=())


def publish_command(name: str, *, summary: str) -> Callable[[Callable[..., Result]], click.Command]:
    """Make a click command out of a function that takes the config file and its own options and gives a Result."""

    def decorate(function: Callable[..., Result]) -> click.Command:
        @functools.wraps(function)
        def run(config_file: Path, as_json: bool, log: str | None, **options: Any) -> None:
            from publisher.logs import choose_log

            choose_log(log, sys.stderr)
            whole_name = click.get_current_context().command_path.partition(" ")[2]
            sys.exit(_run(whole_name, as_json, lambda: function(config_file, **options)))

        for option in reversed(_common_options()):
            run = option(run)
        return click.command(name, help=summary)(run)

    return decorate


def _common_options() -> list[Callable[[Any], Any]]:
    return [
        click.option(
            "--config",
            "config_file",
            type=click.Path(path_type=Path, dir_okay=False),
            default=lambda: Path(os.environ.get("PUBLISH_CONFIG", "config.toml")),
            show_default="config.toml",
            help="Config file of the project folder to work in.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON envelope instead of text."),
        click.option(
            "--log",
            type=click.Choice(["off", "text", "json"]),
            show_default="as the config says",
            help="Log each event on standard error.",
        ),
    ]


def _run(name: str, as_json: bool, function: Callable[[], Result]) -> int:
    try:
        result = function()
    except PublisherError as error:
        return fail(name, as_json, error)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - nobody listens any more
        return 0
    except OSError as error:
        return fail(name, as_json, _explain_os_error(error))
    except KeyboardInterrupt:
        click.echo("\nStopped.", err=True)
        return EXIT_INTERRUPTED
    except Exception as error:
        traceback.print_exc()
        hint = "Please report it with the lines above; nothing is lost, the ledger knows what was sent."
        return fail(name, as_json, Defect(f"a defect of this program: {type(error).__name__}: {error}", hint=hint))
    if as_json:
        print_envelope(name, result.exit_code, result.data, result.problems)
    else:
        result.show(make_console())
        show_errors(result.problems)
    return result.exit_code


def fail(name: str, as_json: bool, error: PublisherError) -> int:
    """Show what stopped a command, and give its exit code."""
    errors = error.errors if isinstance(error, Problems) else (error,)
    if as_json:
        print_envelope(name, error.exit_code, {}, errors)
    else:
        show_errors(errors)
    return error.exit_code


def _explain_os_error(error: OSError) -> PublisherError:
    reason = error.strerror or type(error).__name__
    return PublisherError(
        reason, where=str(error.filename or ""), hint="Check the path, its rights and the free space."
    )


def show_errors(errors: Iterable[PublisherError]) -> None:
    """Print errors on standard error, one after the other, as `error: where: what` and `hint: ...`."""
    for error in errors:
        click.echo(f"error: {error}", err=True)


def print_envelope(command: str, exit_code: int, data: dict[str, Any], problems: Iterable[PublisherError]) -> None:
    """Print the one JSON form that all commands share."""
    envelope = {
        "version": ENVELOPE_VERSION,
        "command": command,
        "exit_code": exit_code,
        "data": data,
        "problems": [{"what": error.what, "where": error.where, "hint": error.hint} for error in problems],
    }
    click.echo(json.dumps(envelope, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def make_console() -> Console:
    """Make a console for standard output: colours and boxes only on a terminal, nothing is cut when piped."""
    from rich.console import Console

    piped = not sys.stdout.isatty()
    return Console(
        highlight=False, soft_wrap=piped, width=10_000 if piped else None, no_color=piped or None, emoji=False
    )


def table(*columns: str) -> Any:
    """Make a plain table: a header, no frame."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", expand=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def age(since: datetime, now: datetime) -> str:
    """Say how long ago something was, roughly."""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def local_time(moment: datetime, time_zone: str, *, timespec: str = "minutes") -> str:
    """Write an instant as the organisation's clocks show it, with the name of the zone: `2026-11-23 09:00 CET`."""
    from zoneinfo import ZoneInfo

    local = moment.astimezone(ZoneInfo(time_zone))
    return f"{local.replace(tzinfo=None).isoformat(' ', timespec)} {local:%Z}"


class _Moment(click.DateTime):
    """A day, or a day and a time, on the organisation's clocks. A day is its begin, or its end."""

    def __init__(self, day_means: time) -> None:
        super().__init__(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])
        self._day_means = day_means

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        moment = super().convert(value, param, ctx)
        if not MINYEAR < moment.year < MAXYEAR:  # in another zone it would lie outside of what a datetime holds
            self.fail(f"'{value}' does not match a year of ours", param, ctx)
        is_day = isinstance(value, str) and "T" not in value
        return datetime.combine(moment, self._day_means) if is_day else moment


MOMENT = _Moment(time.min)
END_OF_MOMENT = _Moment(time.max)


def in_zone(moment: datetime | None, time_zone: str) -> datetime | None:
    """Take what a person wrote as a time on the organisation's clocks."""
    from zoneinfo import ZoneInfo

    return None if moment is None else moment.replace(tzinfo=ZoneInfo(time_zone))


def period(since: datetime | None, until: datetime | None, time_zone: str) -> tuple[datetime | None, datetime | None]:
    """Take two times that a person wrote as a period. Errors: UsageError if it ends before it begins."""
    if since is not None and until is not None and until < since:
        what = f"the period ends before it begins: from {since:%Y-%m-%d %H:%M} until {until:%Y-%m-%d %H:%M}"
        raise UsageError(what, hint="Write the earlier one after --since, the later one after --until.")
    return in_zone(since, time_zone), in_zone(until, time_zone)


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
