"""`publish status`: one screen about everything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.cli.frame import Result, local_time, plural, publish_command
from publisher.cli.waiting import wait_lines, waits_data

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.status import StatusView


@publish_command("status", summary="Show queue, running editions, and what waits for a person.")
def status(config_file: Path) -> Result:
    """Show queue, next runs, running editions, deliveries in doubt."""
    from publisher.bootstrap import open_application
    from publisher.workflow.status import status as look

    with open_application(config_file) as app:
        view, zone = look(app), app.settings.organisation.time_zone
    return Result(_data(view), lambda console: _show(console, view, zone))


def _data(view: StatusView) -> dict[str, Any]:
    states = [outlet.state for article in view.queue.articles for outlet in article.outlets]
    return {
        "rehearsal": view.rehearsal,
        "articles": len(view.queue.articles),
        "files_with_problems": len(view.queue.reading.skipped)
        + len({error.where.rsplit(":", 1)[0] for error in view.queue.reading.errors}),
        "waiting_outlets": states.count("next"),
        "next_runs": [{"digest": digest, "at": at} for digest, at in view.next_runs],
        "running": [
            {"edition": edition.row.name, "state": edition.row.state, "deliveries": dict(edition.counts)}
            for edition in view.running
        ],
        "deliveries": {state.value: count for state, count in view.deliveries.items()},
        "unknown": [
            {
                "key": row.key.text(),
                "recipient": row.key.recipient,
                "channel": row.key.channel,
                "since": row.changed_at,
                "reason": row.reason,
            }
            for row in view.unknown
        ],
        "next_retry_at": view.next_retry_at,
        "waits": waits_data(view.waits),
    }


def _show(console: Console, view: StatusView, zone: str) -> None:
    from publisher.workflow.decide import SHOWN_KEY_CHARACTERS

    data = _data(view)
    if view.rehearsal:
        console.print("[bold yellow]Rehearsal[/]: nothing leaves this machine (rehearse = true).")
    problems = data["files_with_problems"]
    trouble = f", {plural(problems, 'file')} with problems" if problems else ""
    console.print(f"[bold]Queue[/]       {plural(data['articles'], 'article')}{trouble}")
    for digest, at in view.next_runs:
        console.print(f"[bold]Next run[/]    {digest}: {local_time(at, zone)}")
    for edition in view.running:
        console.print(f"[bold]Running[/]     {edition.row.name} ({edition.row.state}): {states_text(edition.counts)}")
    console.print(f"[bold]Deliveries[/]  {states_text(view.deliveries) or 'none yet'}")
    if view.next_retry_at:
        console.print(f"[bold]Next retry[/]  {local_time(view.next_retry_at, zone)}")
    if view.waits:
        console.print("[bold]Channels[/]    some send nothing just now")
    for line in wait_lines(view.waits, zone):
        console.print(f"  {line}", markup=False)
    if view.unknown:
        console.print("[bold red]Waits for a person[/]: it is not known whether these arrived")
    for row in view.unknown:
        key = row.key.text()[:SHOWN_KEY_CHARACTERS]
        console.print(f"  {key}  {row.key.channel}  {row.key.recipient}  {row.reason or ''}", markup=False)
    if view.unknown:
        console.print('Decide with "publish settle resend|accepted|skip KEY", or --all.', markup=False)


def states_text(counts: Any) -> str:
    """Write counts by state as `40 accepted, 2 deferred`."""
    return ", ".join(f"{count:,} {state.value}" for state, count in counts.items() if count)


commands = {"status": status}
