"""`publish status`: one screen about everything."""

from __future__ import annotations

import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, age, local_time, plural, publish_command
from publisher.cli.interrupt import stopping
from publisher.cli.waiting import wait_lines, waits_data
from publisher.errors import UsageError

MAX_SHOWN_ARTICLES = 10

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from publisher.workflow.attention import Attention
    from publisher.workflow.status import RunningView, StatusView

BAR_CHARACTERS = 24
_INDENT = " " * 12
WATCH_SECONDS = 3


@publish_command("status", summary="Show queue, running editions, and what waits for a person.")
@click.option("--watch", is_flag=True, help="Look again every few seconds, until Ctrl-C.")
def status(config_file: Path, watch: bool) -> Result:
    """Show queue, next runs, running editions, and the command for everything that waits."""
    from publisher.bootstrap import open_application
    from publisher.workflow.status import status as look

    with open_application(config_file) as app:
        zone = app.settings.organisation.time_zone
        view = _watch(lambda: look(app), zone) if watch else look(app)
    return Result(data_of(view), lambda console: show(console, view, zone))


def _watch(look: Callable[[], StatusView], zone: str) -> StatusView:
    """Show the screen again and again, each time in the place of the last; give the last one."""
    if not sys.stdout.isatty() or click.get_current_context().params.get("as_json"):
        hint = 'Leave out --watch; a program may call "publish status --json" again, or read [monitor].'
        raise UsageError("--watch needs a terminal", hint=hint)
    from rich.live import Live

    from publisher.cli.frame import make_console

    stop, console = threading.Event(), make_console()
    view = look()
    with stopping(stop), Live(console=console, auto_refresh=False, transient=True, screen=False) as live:
        while not stop.is_set():
            live.update(_as_text(console, view, zone), refresh=True)
            stop.wait(WATCH_SECONDS)
            view = look()
    return view


def _as_text(console: Console, view: StatusView, zone: str) -> Any:
    from rich.text import Text

    with console.capture() as captured:
        show(console, view, zone)
    return Text.from_ansi(captured.get())


def data_of(view: StatusView) -> dict[str, Any]:
    """Give the screen as plain values."""
    states = [outlet.state for article in view.queue.articles for outlet in article.outlets]
    return {
        "at": view.at,
        "rehearsal": view.rehearsal,
        "articles": len(view.queue.articles),
        "files_with_problems": len(view.queue.reading.skipped)
        + len({error.where.rsplit(":", 1)[0] for error in view.queue.reading.errors}),
        "waiting_outlets": states.count("next"),
        "next_runs": [{"digest": digest, "at": at} for digest, at in view.next_runs],
        "running": [_running_data(running) for running in view.running],
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
        "attention": [
            {"kind": one.kind, "text": one.text, "command": one.command, "since": one.since} for one in view.attention
        ],
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


def _running_data(running: RunningView) -> dict[str, Any]:
    row = running.edition.row
    return {
        "edition": row.name,
        "subject": row.subject,
        "state": row.state,
        "deliveries": dict(running.edition.counts),
        "done": running.done_count,
        "total": running.total_count,
        "per_minute": running.per_minute,
        "left_seconds": running.left_seconds,
    }


def show(console: Console, view: StatusView, zone: str) -> None:
    """Print the screen; it fits into 80 columns."""
    data = data_of(view)
    if view.rehearsal:
        console.print("[bold yellow]Rehearsal[/]: nothing leaves this machine (rehearse = true).")
    problems = data["files_with_problems"]
    trouble = f", {plural(problems, 'file')} with problems" if problems else ""
    _line(console, "Queue", f"{plural(data['articles'], 'article')}, {_next_articles(view)}{trouble}")
    for digest, at in view.next_runs:
        _line(console, "Next run", f"{digest}: {local_time(at, zone)}, {_in(at, view.at)}")
    for running in view.running:
        _show_running(console, running)
    _line(console, "Deliveries", states_text(view.deliveries) or "none yet")
    if view.next_retry_at:
        _line(console, "Next retry", local_time(view.next_retry_at, zone))
    _show_waits(console, view, zone)
    if view.attention:
        console.print("\n[bold red]Waits for a person[/]")
    for attention in view.attention:
        _show_attention(console, attention, view.at)
    _show_unknown(console, view)


def _line(console: Console, name: str, text: str) -> None:
    """Print a name and what is said of it, folded so that what follows stays in its column."""
    from rich.text import Text

    first, *rest = _folded(console, text, len(_INDENT))
    console.print(Text.assemble((f"{name:<{len(_INDENT)}}", "bold"), first))
    for line in rest:
        console.print(_INDENT + line, markup=False)


def _folded(console: Console, text: str, indent: int) -> list[str]:
    """Cut a text into lines that fit behind an indent; in a pipe it stays one line."""
    if not console.is_terminal:
        return [text]
    return textwrap.wrap(text, max(20, console.width - indent), break_on_hyphens=False) or [""]


def _next_articles(view: StatusView) -> str:
    count = sum(any(outlet.state == "next" for outlet in article.outlets) for article in view.queue.articles)
    return f"{count:,} {'goes' if count == 1 else 'go'} out next"


def _in(at: datetime, now: datetime) -> str:
    return f"in {age(now, at)}"


def _show_running(console: Console, running: RunningView) -> None:
    from rich.text import Text

    row = running.edition.row
    _line(console, "Running", f"{row.name}, {row.state}: {row.subject}")
    done, total = running.done_count, max(running.total_count, 1)
    filled = BAR_CHARACTERS * done // total
    bar = Text.assemble(("━" * filled, "green"), ("─" * (BAR_CHARACTERS - filled), "dim"))
    counts = Text(f"  {done:,} of {running.total_count:,} ({100 * done // total} %)")
    console.print(Text(_INDENT) + bar + counts)
    if running.per_minute and running.left_seconds is not None:
        console.print(f"{_INDENT}{running.per_minute:,.0f} a minute, {_duration(running.left_seconds)} left")
    console.print(f"{_INDENT}{states_text(running.edition.counts)}")


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _show_attention(console: Console, waiting: Attention, now: datetime) -> None:
    since = f" (for {age(waiting.since, now)})" if waiting.since else ""
    for line in _folded(console, f"{waiting.text}{since}", 2):
        console.print(f"  {line}", markup=False)
    console.print(f"      {waiting.command}", style="cyan", markup=False)


def _show_unknown(console: Console, view: StatusView) -> None:
    """Name the deliveries in doubt: their keys are what "publish settle" takes."""
    from rich.text import Text

    from publisher.workflow.decide import SHOWN_KEY_CHARACTERS

    if view.unknown:
        console.print("\n[bold]In doubt[/]    these may have arrived")
    for row in view.unknown:
        key = row.key.text()[:SHOWN_KEY_CHARACTERS]
        words = Text(f"  {key}  {row.key.channel}  {row.key.recipient}  {row.reason or ''}".rstrip())
        console.print(words, no_wrap=console.is_terminal, overflow="ellipsis", crop=console.is_terminal)


def _show_waits(console: Console, view: StatusView, zone: str) -> None:
    if view.waits:
        _line(console, "Channels", "some send nothing just now")
    for text in wait_lines(view.waits, zone):
        for line in _folded(console, text, 2):
            console.print(f"  {line}", markup=False)
    for text in _waiting_lines(view, zone):
        for number, line in enumerate(_folded(console, text, 4)):
            console.print(line if number == 0 else f"    {line}", markup=False)


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
