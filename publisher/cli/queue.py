"""`publish queue`: the queued articles and what happens to each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.cli.frame import Result, age, plural, publish_command, table
from publisher.errors import QueueError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.look import ArticleView, OutletView, QueueView


@publish_command("queue", summary="List the queued articles and what happens to each.")
def queue(config_file: Path) -> Result:
    """Show state, digest, channels, age and problems of each article."""
    from publisher.bootstrap import open_application
    from publisher.workflow.look import look_at_queue

    with open_application(config_file) as app:
        view, now, folder = look_at_queue(app), app.clock.now(), app.settings.queue_folder
        rows = [_row(folder, article, now) for article in view.articles]
    problems = [*view.reading.errors, *_skipped(view), *view.warnings]
    data = {"articles": rows, "files": view.reading.file_count}
    return Result(data, lambda console: _show(console, rows, problems), problems=problems)


def _skipped(view: QueueView) -> list[QueueError]:
    return [QueueError(f"skipped: {skipped.reason}", where=skipped.path) for skipped in view.reading.skipped]


def _row(folder: Path, view: ArticleView, now: datetime) -> dict[str, Any]:
    article = view.article
    changed_at = datetime.fromtimestamp((folder / Path(article.path).name).stat().st_mtime, UTC)
    return {
        "article": article.slug,
        "title": article.title,
        "status": article.status.value,
        "date": article.date,
        "age": age(changed_at, now),
        "digests": {o.outlet.name: _state(o) for o in view.outlets if o.outlet.kind == "digest"},
        "channels": {o.outlet.name: _state(o) for o in view.outlets if o.outlet.kind == "channel"},
    }


def _state(view: OutletView) -> str:
    return view.reason or view.state


def _show(console: Console, rows: list[dict[str, Any]], problems: list[QueueError]) -> None:
    if not rows:
        console.print('The queue holds no article. Bring one in with "publish add SOURCE".')
        return
    shown = table("Article", "Status", "Digest", "Channels", "Age")
    for row in rows:
        shown.add_row(row["article"], row["status"], _outlets(row["digests"]), _outlets(row["channels"]), row["age"])
    console.print(shown)
    console.print(f"{plural(len(rows), 'article')}, {plural(len(problems), 'problem')}")


def _outlets(states: dict[str, str]) -> str:
    """Name the outlets that have the same state once, with that state behind them."""
    names: dict[str, list[str]] = {}
    for name, state in states.items():
        names.setdefault(state, []).append(name)
    parts = [f"{', '.join(group)}: {state}" for state, group in names.items()]
    return "; ".join(parts) or "-"


commands = {"queue": queue}
