"""`publish history`: the editions and posts that were made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from publisher.cli.frame import Result, publish_command, table
from publisher.cli.status import states_text


@publish_command("history", summary="List the editions and posts that were made, newest first.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many of each.")
def history(config_file: Path, limit: int) -> Result:
    """Show editions and posts with what became of their deliveries."""
    from publisher.bootstrap import open_application
    from publisher.workflow.status import edition_views, post_views

    with open_application(config_file) as app:
        editions, posts = edition_views(app, limit), post_views(app, limit)
    rows = [_edition_row(view) for view in editions] + [_post_row(view) for view in posts]
    rows.sort(key=lambda row: row["frozen_at"], reverse=True)
    return Result({"history": rows}, lambda console: _show(console, rows))


def _edition_row(view: Any) -> dict[str, Any]:
    return {
        "kind": "edition",
        "name": view.row.name,
        "what": view.row.subject,
        "state": view.row.state.value,
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
        "state": "planned" if view.row.planned_at else "frozen",
        "frozen_at": view.row.frozen_at,
        "content_hash": view.row.content_hash,
        "articles": [view.row.article.slug],
        "deliveries": {state.value: count for state, count in view.counts.items()},
        "shown": states_text(view.counts),
    }


def _show(console: Any, rows: list[dict[str, Any]]) -> None:
    if not rows:
        console.print('Nothing was published yet. Begin with "publish now".')
        return
    shown = table("When", "What", "Name", "Content", "State", "Deliveries", "Hash")
    for row in rows:
        when = f"{row['frozen_at'].astimezone():%Y-%m-%d %H:%M}"
        cells = (when, row["kind"], row["name"], row["what"], row["state"], row["shown"], row["content_hash"][:12])
        shown.add_row(*cells)
    console.print(shown)


commands = {"history": history}
