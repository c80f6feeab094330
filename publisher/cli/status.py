"""`publish status`: one screen about everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.cli.frame import Result, local_time, plural, publish_command
from publisher.cli.waiting import wait_lines, waits_data

MAX_SHOWN_ARTICLES = 10

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
        "waiting_editions": [
            {
                "edition": waiting.row.name,
                "state": waiting.row.state,
                "revision": waiting.row.revision,
                "subject": waiting.row.subject,
                "content_hash": waiting.row.content_hash,
                "due_at": waiting.due_at,
                "changes": list(waiting.changes),
                "approved_by": waiting.approved_by,
                "reason": waiting.row.reason,
            }
            for waiting in view.waiting
        ],
        "waiting_articles": [{"article": slug, "reason": reason} for slug, reason in view.articles],
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
    _show_waits(console, view, zone)
    if view.unknown:
        console.print("[bold red]Waits for a person[/]: it is not known whether these arrived")
    for row in view.unknown:
        key = row.key.text()[:SHOWN_KEY_CHARACTERS]
        console.print(f"  {key}  {row.key.channel}  {row.key.recipient}  {row.reason or ''}", markup=False)
    if view.unknown:
        console.print('Decide with "publish settle resend|accepted|skip KEY", or --all.', markup=False)


def _show_waits(console: Console, view: StatusView, zone: str) -> None:
    if view.waits:
        console.print("[bold]Channels[/]    some send nothing just now")
    for line in wait_lines(view.waits, zone):
        console.print(f"  {line}", markup=False)
    for line in _waiting_lines(view, zone):
        console.print(line, markup=False)


def _waiting_lines(view: StatusView, zone: str) -> Iterator[str]:
    for waiting in view.waiting:
        row = waiting.row
        due = f", due {local_time(waiting.due_at, zone)}" if waiting.due_at else ""
        revision = f", revision {row.revision}" if row.revision > 1 else ""
        if waiting.approved_by:
            yield f'Approved    {row.name} "{row.subject}"{revision} by {waiting.approved_by}{due}'
            continue
        state = f"held: {row.reason}" if row.state.value == "held" else "waits for approval"
        yield f'Approval    {row.name} "{row.subject}"{revision}: {state}{due}'
        yield from (f"              since revision {row.revision - 1}: {change}" for change in waiting.changes)
        yield f'              look: "publish preview {row.name}"; then: "publish approve {row.name}"'
    for slug, reason in view.articles[:MAX_SHOWN_ARTICLES]:
        yield f"Approval    {slug}: {reason}"
    if len(view.articles) > MAX_SHOWN_ARTICLES:
        yield f'              and {len(view.articles) - MAX_SHOWN_ARTICLES} more articles: "publish queue"'
    if view.articles:
        yield '              "publish approve ARTICLE", or "publish reject ARTICLE --reason WHY"'


def states_text(counts: Any) -> str:
    """Write counts by state as `40 accepted, 2 deferred`."""
    return ", ".join(f"{count:,} {state.value}" for state, count in counts.items() if count)


commands = {"status": status}
