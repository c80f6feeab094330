"""`publish why`: where an article is, and why it is not where one expects it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, local_time, publish_command
from publisher.cli.history import post_state

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.why import OutletWhy, WhyView


@publish_command("why", summary="Show where an article is, where it was left out, and why.")
@click.argument("article")
def why(config_file: Path, article: str) -> Result:
    """Show for each digest and channel what has happened to an article, and what would happen now."""
    from publisher.bootstrap import open_application
    from publisher.workflow.why import why as look_up

    with open_application(config_file) as app:
        view, zone = look_up(app, article), app.settings.organisation.time_zone
    data = _data(view)
    return Result(data, lambda console: _show(console, data, zone), problems=view.problems)


def _data(view: WhyView) -> dict[str, Any]:
    return {
        "article": view.slug,
        "title": view.article.title if view.article else None,
        "file": view.article.path if view.article else None,
        "outlets": [_outlet(outlet) for outlet in view.outlets],
    }


def _outlet(outlet: OutletWhy) -> dict[str, Any]:
    return {
        "kind": outlet.outlet.kind,
        "name": outlet.outlet.name,
        "now": {"state": outlet.now.state, "reason": outlet.now.reason} if outlet.now else None,
        "editions": [
            {"edition": one.name, "revision": one.revision, "state": one.state, "frozen_at": one.frozen_at}
            for one in outlet.editions
        ],
        "left_out": [
            {"edition": one.name, "revision": one.revision, "reason": one.left_out, "frozen_at": one.frozen_at}
            for one in outlet.left_out
        ],
        "posts": [
            {
                "post": made.post.occurrence,
                "state": post_state(made.counts) if made.post.planned_at else "frozen",
                "frozen_at": made.post.frozen_at,
                "url": made.url,
            }
            for made in outlet.posts
        ],
    }


NOW_WORDS = {"next": "goes out next", "waits": "waits", "done": "does not go out", "not meant": "is not meant for it"}


def _show(console: Console, data: dict[str, Any], zone: str) -> None:
    title = f": {data['title']}" if data["title"] else ""
    console.print(f"{data['article']}{title}", markup=False)
    console.print(data["file"] or "It is not in the queue folder, or its file has mistakes.", markup=False)
    for row in data["outlets"]:
        console.print(f"\n{row['kind']} {row['name']}", markup=False)
        for line in _lines(row, zone):
            console.print(f"  {line}", markup=False)


def _lines(row: dict[str, Any], zone: str) -> list[str]:
    lines = []
    if row["now"]:
        because = f": {row['now']['reason']}" if row["now"]["reason"] else ""
        lines.append(f"now: {NOW_WORDS[row['now']['state']]}{because}")
    lines += [f"{local_time(one['frozen_at'], zone)}  in {one['edition']} ({one['state']})" for one in row["editions"]]
    for one in row["posts"]:
        address = f" {one['url']}" if one["url"] else ""
        lines.append(f"{local_time(one['frozen_at'], zone)}  post {one['post']} ({one['state']}){address}")
    for one in row["left_out"]:
        lines.append(f"{local_time(one['frozen_at'], zone)}  not in {one['edition']}: {one['reason']}")
    return lines


commands = {"why": why}
