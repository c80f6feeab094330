"""`publish subscribers`: import, export, add, remove, list."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from publisher.cli.frame import Result, plural, publish_command, table
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.application import Application
    from publisher.workflow.subscribe import ImportReport


@click.group("subscribers", help="Import, export, add, remove, list subscribers.")
def subscribers() -> None:
    """Group the commands about people."""


def _known_digest(app: Application, name: str | None) -> str:
    from publisher.config.explain import nearest_hint

    chosen = name or app.settings.default_digest
    if chosen is None:
        raise UsageError("there are several digests", hint="Name one, for example --digest daily.")
    if chosen not in app.settings.digests:
        raise UsageError(f'there is no digest "{chosen}"', hint=nearest_hint(chosen, list(app.settings.digests)))
    return chosen


@publish_command(
    "import", summary="Import subscribers from a CSV file, or from - for a pipe; doing it again is harmless."
)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--digest", help="Digest for lines that name none (default: the default digest).")
def import_(config_file: Path, file: Path, digest: str | None) -> Result:
    """Take every good line, report every refused one."""
    from publisher.bootstrap import open_application
    from publisher.workflow.subscribe import import_subscribers

    with open_application(config_file) as app:
        chosen = _known_digest(app, digest)
        with _opened(file) as stream:
            report = import_subscribers(app, stream, file.name, chosen, on_progress=_tell)
    data = {**asdict(report.counts), "refused_count": report.refused_count}
    exit_code = 2 if report.refused_count and not report.taken_count else 0
    return Result(data, lambda console: _show_import(console, report), exit_code, report.errors)


def _opened(file: Path) -> TextIO:
    if str(file) == "-":
        return open(sys.stdin.fileno(), encoding="utf-8-sig", newline="", closefd=False)
    try:
        return file.open(encoding="utf-8-sig", newline="")
    except FileNotFoundError:
        raise UsageError(
            "there is no such file", where=str(file), hint="Check the path, or use - for a pipe."
        ) from None


def _tell(count: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{count:,} lines ...", nl=False, err=True)


def _show_import(console: Console, report: ImportReport) -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    counts = report.counts
    console.print(
        f"{counts.added_count:,} added, {counts.changed_count:,} changed, {counts.unchanged_count:,} unchanged, "
        f"{report.refused_count:,} refused"
    )


_OUTPUT_HINT = "Name a file for the list, for example --output people.csv."


@publish_command("export", summary="Write all subscribers as CSV to standard output or a file.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; it must not exist.")
@click.option("--digest", help="Only the subscribers of this digest.")
def export(config_file: Path, output: Path | None, digest: str | None) -> Result:
    """Write the CSV that import reads."""
    from publisher.bootstrap import open_application
    from publisher.intake.subscriber_list import write_subscribers

    if output is None and click.get_current_context().params["as_json"]:
        raise UsageError("the list and the JSON envelope cannot both go to standard output", hint=_OUTPUT_HINT)
    with open_application(config_file) as app:
        people = app.subscribers.all(digest=_known_digest(app, digest) if digest else None)
        if output is None:
            count = write_subscribers(people, sys.stdout)
            return Result({"count": count}, lambda console: None)
        if output.exists():
            raise UsageError("there is such a file already", where=str(output), hint="Name a new file.")
        with output.open("w", encoding="utf-8", newline="") as stream:
            count = write_subscribers(people, stream)
    text = f"{plural(count, 'subscriber')} written to {output}"
    return Result({"count": count, "file": output}, lambda console: console.print(text, markup=False))


@publish_command("add", summary="Add one subscriber, or change what is given.")
@click.argument("address")
@click.option("--name", help="The person's name.")
@click.option("--language", type=click.Choice(["de", "en"]), help="Language of the greeting.")
@click.option("--digest", "digests", multiple=True, help="Digest to subscribe to; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="Tag of your own; may be repeated.")
@click.option("--consent-source", required=True, help='Where the person agreed, for example "fair 2026, list 3".')
def add(
    config_file: Path,
    address: str,
    name: str | None,
    language: str | None,
    digests: tuple[str, ...],
    tags: tuple[str, ...],
    consent_source: str,
) -> Result:
    """Save one subscriber with the time of the consent."""
    from publisher.bootstrap import open_application
    from publisher.workflow.subscribe import add_subscriber

    with open_application(config_file) as app:
        chosen = tuple(_known_digest(app, digest) for digest in digests or (None,))
        counts, saved = add_subscriber(
            app, address, name=name, language=language, digests=chosen, tags=tags, consent_source=consent_source
        )
    word = "added" if counts.added_count else "changed" if counts.changed_count else "unchanged"
    text = f"{saved.address}: {word}, gets {', '.join(chosen)}"
    return Result({"address": saved.address, "result": word}, lambda console: console.print(text, markup=False))


@publish_command("remove", summary="Take a subscriber out of one digest, or out of all.")
@click.argument("address")
@click.option("--digest", help="Only out of this digest.")
def remove(config_file: Path, address: str, digest: str | None) -> Result:
    """Remove a subscription; what was delivered stays on record."""
    from publisher.bootstrap import open_application
    from publisher.workflow.subscribe import remove_subscriber

    with open_application(config_file) as app:
        removed = remove_subscriber(app, address, _known_digest(app, digest) if digest else None)
    if not removed:
        raise UsageError(f'"{address}" is not subscribed', hint='Look with "publish subscribers list".')
    return Result({"address": address}, lambda console: console.print(f"{address}: removed", markup=False))


@publish_command("list", summary="List subscribers.")
@click.option("--digest", help="Only the subscribers of this digest.")
@click.option("--tag", help="Only those with this tag.")
def list_(config_file: Path, digest: str | None, tag: str | None) -> Result:
    """Show who gets what."""
    from publisher.bootstrap import open_application

    with open_application(config_file) as app:
        chosen = _known_digest(app, digest) if digest else None
        people = [asdict(person) for person in app.subscribers.all(digest=chosen, tag=tag)]
    return Result({"subscribers": people}, lambda console: _show_people(console, people))


def _show_people(console: Console, people: list[dict[str, object]]) -> None:
    shown = table("Address", "Name", "Language", "Digests", "Tags")
    for person in people:
        shown.add_row(*_cells(person))
    if people:
        console.print(shown)
    console.print(plural(len(people), "subscriber"))


def _cells(person: dict[str, object]) -> Iterator[str]:
    for key in ("address", "name", "language", "digests", "tags"):
        value = person[key]
        yield ", ".join(value) if isinstance(value, tuple) else str(value or "-")


for command in (import_, export, add, remove, list_):
    subscribers.add_command(command)

commands = {"subscribers": subscribers}
