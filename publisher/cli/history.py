"""`publish history`: the editions and posts that were made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from publisher.cli.frame import Result, local_time, plural, publish_command, table
from publisher.cli.status import states_text
from publisher.domain.delivery import OPEN_STATES, DeliveryState


@publish_command("history", summary="List the editions and posts that were made, newest first.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many of each.")
def history(config_file: Path, limit: int) -> Result:
    """Show editions and posts with what became of their deliveries."""
    from publisher.bootstrap import open_application
    from publisher.workflow.status import edition_views, post_views

    with open_application(config_file) as app:
        editions, posts = edition_views(app, limit), post_views(app, limit)
        more = {"edition": _more(app.ledger.editions, app.rehearsal, limit, len(editions))}
        more["post"] = _more(app.ledger.posts, app.rehearsal, limit, len(posts))
        zone = app.settings.organisation.time_zone
    rows = [_edition_row(view) for view in editions] + [_post_row(view) for view in posts]
    rows.sort(key=lambda row: row["frozen_at"], reverse=True)
    return Result({"history": rows, "more": more}, lambda console: _show(console, rows, more, zone))


def _more(read: Callable[..., Sequence[Any]], rehearsal: bool, limit: int, shown_count: int) -> int:
    """Count what the limit kept back."""
    return len(read(rehearsal=rehearsal)) - shown_count if shown_count == limit else 0


def _edition_row(view: Any) -> dict[str, Any]:
    return {
        "kind": "edition",
        "name": view.row.name,
        "what": view.row.subject,
        "state": view.row.state.value,
        "revision": view.row.revision,
        "reason": view.row.reason,
        "frozen_at": view.row.frozen_at,
        "content_hash": view.row.content_hash,
        "articles": [use.slug for use in view.row.articles],
        "deliveries": {state.value: count for state, count in view.counts.items()},
        "shown": states_text(view.counts),
    }


def _post_row(view: Any) -> dict[str, Any]:
    return {
        "kind": "post",
        "name": view.row.channel,
        "what": view.row.article.slug,
        "state": post_state(view.counts) if view.row.planned_at else "frozen",
        "frozen_at": view.row.frozen_at,
        "content_hash": view.row.content_hash,
        "articles": [view.row.article.slug],
        "deliveries": {state.value: count for state, count in view.counts.items()},
        "shown": states_text(view.counts),
    }


def post_state(counts: Mapping[DeliveryState, int]) -> str:
    """Say how far a planned post is, which has one delivery for each segment."""
    states = {state for state, count in counts.items() if count}
    if DeliveryState.UNKNOWN in states:
        return "unknown"
    if states <= {DeliveryState.QUEUED}:
        return "planned"
    if len(states) == 1:
        (only,) = states
        return "sent" if only is DeliveryState.ACCEPTED else only.value
    if states & OPEN_STATES:
        return "sending"
    return "partly sent" if DeliveryState.ACCEPTED in states else "not sent"


def _show(console: Any, rows: list[dict[str, Any]], more: Mapping[str, int], time_zone: str) -> None:
    if not rows:
        console.print('Nothing was published yet. Begin with "publish now".')
        return
    shown = table("When", "What", "Name", "Content", "State", "Deliveries", "Hash")
    for row in rows:
        when = local_time(row["frozen_at"], time_zone)
        cells = (when, row["kind"], _name(row), row["what"], _state(row), row["shown"], row["content_hash"][:12])
        shown.add_row(*cells)
    console.print(shown)
    hidden = " and ".join(plural(count, kind) for kind, count in more.items() if count)
    if hidden:
        console.print(f"{hidden} more, older: see them with --limit.")


def _name(row: dict[str, Any]) -> str:
    revision = row.get("revision", 1)
    return f"{row['name']} r{revision}" if revision > 1 else str(row["name"])


def _state(row: dict[str, Any]) -> str:
    return f"{row['state']} ({row['reason']})" if row.get("reason") else str(row["state"])


commands = {"history": history}
