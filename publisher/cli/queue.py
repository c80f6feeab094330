"""`publish queue`: the queued articles and what happens to each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.cli.frame import Result, age, plural, publish_command
from publisher.cli.listing import print_rows
from publisher.errors import QueueError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.foresee import PostToCome
    from publisher.workflow.look import ArticleView


# The times of later posts change with every article that comes.
MAX_POSTS_WITH_TIME = 100


@publish_command("queue", summary="List the queued articles and what happens to each.")
def queue(config_file: Path) -> Result:
    """Show state, digest, channels, age and problems of each article."""
    from publisher.bootstrap import open_application
    from publisher.workflow.foresee import next_posts
    from publisher.workflow.look import look_at_queue, skipped_errors, stranger_warnings

    with open_application(config_file) as app:
        view, now, folder = look_at_queue(app), app.clock.now(), app.settings.queue_folder
        posts: dict[str, dict[str, PostToCome]] = {}
        for post in next_posts(app, MAX_POSTS_WITH_TIME, view.reading):
            posts.setdefault(post.article, {})[post.channel] = post
        rows = [_row(folder, article, now, posts.get(article.article.slug, {})) for article in view.articles]
    problems = [*view.reading.errors, *skipped_errors(view.reading), *view.warnings]
    warnings = stranger_warnings(view.reading)
    data = {"articles": rows, "files": view.reading.file_count, "warnings": warnings}
    return Result(data, lambda console: _show(console, rows, problems, warnings), problems=problems)


def _row(folder: Path, view: ArticleView, now: datetime, posts: Mapping[str, PostToCome]) -> dict[str, Any]:
    article = view.article
    return {
        "article": article.slug,
        "title": article.title,
        "status": article.status.value,
        "date": article.date,
        "age": _file_age(f"{folder}/{article.path.rpartition('/')[2]}", now),
        "digests": {o.outlet.name: o.reason or o.state for o in view.outlets if o.outlet.kind == "digest"},
        "channels": {
            o.outlet.name: _at(posts[o.outlet.name]) if o.outlet.name in posts else o.reason or o.state
            for o in view.outlets
            if o.outlet.kind == "channel"
        },
    }


def _at(post: PostToCome) -> str:
    from publisher.cli.schedule import when

    return f"next, {when(post.local, f'{post.local:%Z}')}"


def _file_age(file: str, now: datetime) -> str:
    try:
        changed_at = os.stat(file).st_mtime  # noqa: PTH116 - a Path for each of ten thousand files costs more
    except FileNotFoundError:
        return "gone"
    return age(datetime.fromtimestamp(changed_at, UTC), now)


def _show(console: Console, rows: list[dict[str, Any]], problems: list[QueueError], warnings: list[str]) -> None:
    for warning in warnings:
        console.print(f"warning: {warning}", markup=False)
    if not rows:
        console.print('The queue holds no article. Bring one in with "publish add SOURCE".')
        return
    cells = [
        (row["article"], row["status"], _outlets(row["digests"]), _outlets(row["channels"]), row["age"]) for row in rows
    ]
    print_rows(console, ("Article", "Status", "Digest", "Channels", "Age"), cells)
    console.print(f"{plural(len(rows), 'article')}, {plural(len(problems), 'problem')}")


def _outlets(states: dict[str, str]) -> str:
    """Name the outlets that have the same state once, with that state behind them."""
    names: dict[str, list[str]] = {}
    for name, state in states.items():
        names.setdefault(state, []).append(name)
    parts = [f"{', '.join(group)}: {state}" for state, group in names.items()]
    return "; ".join(parts) or "-"


commands = {"queue": queue}
