"""`publish dkim`: keys with which e-mails are signed."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from publisher.cli.frame import Result, publish_command
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.dkim import DkimRecord, MadeKey

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@click.group("dkim", help="Make keys that sign e-mails, and show their DNS records.")
def dkim() -> None:
    """Group the commands about DKIM."""


@publish_command("new", summary="Make a key and print its DNS record; an existing key is never overwritten.")
@click.option("--domain", required=True, help="Domain that signs, that of the digest's from_address.")
@click.option("--selector", required=True, help='Name of the key in the DNS, for example "news2026".')
@click.option(
    "--type",
    "kind",
    type=click.Choice(["rsa", "ed25519"]),
    default="rsa",
    show_default=True,
    help="Kind of key: every mail server reads rsa; ed25519 is short and quick, and good beside it.",
)
def new(config_file: Path, domain: str, selector: str, kind: Literal["rsa", "ed25519"]) -> Result:
    """Write the key into the project folder, readable by its owner only."""
    from publisher.bootstrap import read_settings
    from publisher.workflow.dkim import make_key

    domain, selector = _checked(domain, _DOMAIN, "domain"), _checked(selector, _SELECTOR, "selector")
    made = make_key(read_settings(config_file).folder, domain, selector, kind)
    data = {"file": made.file, "record": asdict(made.record), "config": made.config_line}
    return Result(data, lambda console: _show_new(console, made))


def _checked(text: str, pattern: re.Pattern[str], what: str) -> str:
    if not pattern.fullmatch(text.lower()):
        example = "example.org" if what == "domain" else "news2026"
        raise UsageError(f'"{text}" cannot be a {what}', hint=f"Use letters, digits and hyphens: --{what} {example}.")
    return text.lower()


@publish_command("show", summary="Print the DNS records of the keys that the channels use.")
def show(config_file: Path) -> Result:
    """Read the channels' keys and give the public halves."""
    from publisher.bootstrap import open_application
    from publisher.workflow.dkim import records_in_use

    with open_application(config_file) as app:
        records, problems = records_in_use(app)
    data = {"channels": {name: [asdict(one) for one in found] for name, found in records.items()}}
    return Result(data, lambda console: _show_records(console, records), 2 if problems else 0, problems)


def _show_new(console: Console, made: MadeKey) -> None:
    console.print(f"Wrote {made.file}. Keep it secret and in the backup.\n\nPut this into the DNS:", markup=False)
    _print_record(made.record)
    console.print("\nAnd this into the [channels.NAME] section of your mail server:")
    click.echo(f"  {made.config_line}")


def _show_records(console: Console, records: dict[str, list[DkimRecord]]) -> None:
    for name, found in records.items():
        console.print(f"channel {name}", markup=False)
        for record in found:
            _print_record(record)
    if not records:
        console.print("No channel signs. Begin with: publish dkim new --domain example.org --selector news2026")


def _print_record(record: DkimRecord) -> None:
    """Print without wrapping: these lines are copied."""
    from publisher.workflow.dkim import lines_of

    for line in lines_of(record):
        click.echo(f"  {line}")


for _command in (new, show):
    dkim.add_command(_command)

commands = {"dkim": dkim}
