"""`publish notices`: what the team was told, and a test of where it goes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, local_time, plural, publish_command
from publisher.cli.interrupt import stopping
from publisher.cli.listing import print_rows
from publisher.cli.status import states_text

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.ports.notices import EventRow, NoticeRow


@publish_command("notices", summary="List what the team was told, or send a test notice.")
@click.argument("action", type=click.Choice(["list", "test"]), default="list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="List at most so many.")
@click.option("--rehearse", is_flag=True, help="With test: build everything, send nothing.")
def notices(config_file: Path, action: str, limit: int, rehearse: bool) -> Result:
    """List events, newest first, with the notice that told them; or send a made-up notice to every place."""
    from publisher.bootstrap import open_application

    stop = threading.Event()
    with open_application(config_file, rehearse=rehearse) as app, stopping(stop):
        zone = app.settings.organisation.time_zone
        if action == "test":
            from publisher.workflow.try_notices import send_test_notice

            report = send_test_notice(app, stop)
            data = {
                "notice": report.notice_id,
                "channels": report.channels,
                "deliveries": {state.value: count for state, count in report.deliveries.items()},
            }
            folder = app.rehearsal_folder if report.rehearsal else None
            return Result(data, lambda console: _show_test(console, report, folder), report.exit_code, report.problems)
        events = app.notices.events(rehearsal=app.rehearsal, limit=limit)
        made = {row.id: row for row in app.notices.notices(rehearsal=app.rehearsal)}
    rows = [_row(event, made) for event in events]
    return Result({"events": rows}, lambda console: _show(console, rows, zone))


def _row(row: EventRow, made: dict[int, NoticeRow]) -> dict[str, Any]:
    notice = made.get(row.notice_id) if row.notice_id is not None else None
    return {
        "kind": row.event.kind.value,
        "about": row.event.about,
        "count": row.count,
        "first_at": row.first_at,
        "happened_at": row.event.happened_at,
        "facts": row.event.facts,
        "notice": row.notice_id,
        "state": _state(row, notice),
        "deliveries": {state.value: count for state, count in notice.deliveries.items()} if notice else {},
    }


def _state(row: EventRow, notice: NoticeRow | None) -> str:
    if row.is_open:
        return "waits for the next notice"
    return f"notice {notice.id}: {states_text(notice.deliveries)}" if notice else "nobody is told"


def _show(console: Console, rows: list[dict[str, Any]], zone: str) -> None:
    if not rows:
        console.print("Nothing has happened that the team would be told.")
        return
    columns = ("When", "Kind", "About", "Times", "Told")
    cells = [
        (local_time(row["happened_at"], zone), row["kind"], row["about"], str(row["count"]), row["state"])
        for row in rows
    ]
    print_rows(console, columns, cells)


def _show_test(console: Console, report: Any, folder: Path | None) -> None:
    word = "Rehearsed" if folder else "Sent"
    console.print(f"{word} a test notice over {', '.join(report.channels)}", markup=False)
    console.print(
        f"{plural(sum(report.deliveries.values()), 'delivery', 'deliveries')}: {states_text(report.deliveries)}"
    )
    if folder:
        console.print(f"Nothing left this machine (a rehearsal). Everything is in {folder}", markup=False)


commands = {"notices": notices}
