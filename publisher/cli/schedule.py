"""`publish schedule`: the next runs with what would go out, and why a day has an edition or none."""

from __future__ import annotations

from contextlib import suppress
from datetime import MAXYEAR, MINYEAR, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, plural, publish_command
from publisher.cli.listing import print_rows
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.explain import DayView, TimeView
    from publisher.workflow.foresee import PostToCome, Run

MAX_RUNS = 1_000
# What cannot be made is tried again until it is too late: until then there is no row either.
UNDECIDED = "nothing is recorded: publish run was not at work then, or is still trying"


@publish_command("schedule", summary="List the next runs with what would go out, or explain a day.")
@click.option(
    "--digest", "digests", multiple=True, metavar="NAME", help="Only this digest; may be given several times."
)
@click.option("--count", type=click.IntRange(1, MAX_RUNS), default=20, show_default=True, help="How many runs to list.")
@click.option("--explain", "day", metavar="DATE", help="Say why editions are made on this day or not, 2026-12-24.")
def schedule(config_file: Path, digests: tuple[str, ...], count: int, day: str | None) -> Result:
    """Show due times, skipped ones with the reason, and the articles that are queued for each."""
    from publisher.bootstrap import open_application
    from publisher.workflow.explain import explain_day
    from publisher.workflow.foresee import next_posts, next_runs

    explained = None if day is None else _parse_day(day)
    with open_application(config_file) as app:
        if explained is not None:
            return _explained(explained, explain_day(app, explained, digests))
        runs = next_runs(app, count, digests)
        posts = () if digests else next_posts(app, count)
    rows = [_row(run) for run in runs]
    post_rows = [_post_row(post) for post in posts]
    return Result({"runs": rows, "posts": post_rows}, lambda console: _show(console, rows, post_rows))


def _parse_day(text: str) -> date:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if MINYEAR < day.year < MAXYEAR:  # else its times in another zone lie outside of what a datetime holds
            return day
    raise UsageError(f'"{text}" is not a date', hint="Write year, month and day, for example --explain 2026-12-24.")


def _row(run: Run) -> dict[str, Any]:
    return {
        "digest": run.digest,
        "occurrence": run.due.occurrence,
        "due_at": run.due.due_at,
        "local": run.local.replace(tzinfo=None),
        "zone": f"{run.local:%Z}",
        "time_zone": str(run.zone),
        "skip": run.skip,
        "clock_change": run.change,
        "quiet_until": run.quiet_until and run.quiet_until.astimezone(run.zone),
        "articles": list(run.articles),
        "posts": dict(run.posts),
    }


def _post_row(post: PostToCome) -> dict[str, Any]:
    return {
        "channel": post.channel,
        "article": post.article,
        "at": post.at,
        "local": post.local.replace(tzinfo=None),
        "zone": f"{post.local:%Z}",
    }


def _show(console: Console, rows: list[dict[str, Any]], posts: list[dict[str, Any]]) -> None:
    if posts:
        posts_cells = [(when(one["local"], one["zone"]), one["channel"], one["article"]) for one in posts]
        print_rows(console, ("When", "Channel", "Post"), posts_cells)
        console.print("")
    if not rows:
        console.print('No digest has a schedule. Write for example schedule = ["Mon-Fri 07:00"].', markup=False)
        return
    cells = [(when(row["local"], row["zone"]), row["digest"], _what(row), _note(row)) for row in rows]
    print_rows(console, ("When", "Digest", "What goes out", "Note"), cells)
    console.print("Counted by what is queued now.")


def when(local: datetime, zone: str) -> str:
    """Write a local time with its weekday: `Mon 2026-11-23 07:00 CET`."""
    return f"{local:%a %Y-%m-%d %H:%M} {zone}"


def _note(row: dict[str, Any]) -> str:
    """Say what a clock change or the channel's quiet hours do to a run."""
    quiet = row["quiet_until"]
    notes = [row["clock_change"], None if quiet is None or row["skip"] else f"quiet hours: leaves at {quiet:%H:%M}"]
    return "; ".join(note for note in notes if note)


def _what(row: dict[str, Any]) -> str:
    if row["skip"]:
        return f"skipped: {row['skip']}"
    posts = ", ".join(f"{count} on {channel}" for channel, count in row["posts"].items())
    return plural(len(row["articles"]), "article") + (f"; posts: {posts}" if posts else "")


def _explained(day: date, views: tuple[DayView, ...]) -> Result:
    data = {"day": day, "weekday": f"{day:%A}", "digests": [_day_row(view) for view in views]}
    return Result(data, lambda console: _show_day(console, data))


def _day_row(view: DayView) -> dict[str, Any]:
    times = [_time_row(time) for time in view.times]
    return {"digest": view.digest, "time_zone": str(view.zone), "times": times, "reason": view.reason}


def _time_row(time: TimeView) -> dict[str, Any]:
    rules: dict[str, Any] = {"local": time.local, "due_at": time.due_at, "skip": time.skip, "clock_change": time.change}
    rules["is_over"] = time.is_over
    if time.outcome is None:
        return {**rules, "outcome": None}
    row, edition = time.outcome.row, time.outcome.edition
    outcome = {"verdict": row.verdict, "reason": row.reason, "is_late": row.is_late, "decided_at": row.decided_at}
    outcome["edition"] = edition and edition.name
    outcome["edition_state"] = edition and edition.state
    outcome["edition_reason"] = edition and edition.reason
    return {**rules, "outcome": outcome}


def _show_day(console: Console, data: dict[str, Any]) -> None:
    console.print(f"{data['weekday']}, {data['day']}")
    for row in data["digests"]:
        if row["reason"]:
            console.print(f"{row['digest']}: no edition: {row['reason']}", markup=False)
        for time in row["times"]:
            note = f" ({time['clock_change']})" if time["clock_change"] else ""
            said = f"{time['local']:%H:%M} {row['time_zone']}: {_said(time)}{note}"
            console.print(f"{row['digest']}: {said}", markup=False)
    if not data["digests"]:
        console.print("There is no digest.")


def _said(time: dict[str, Any]) -> str:
    """Say what became of a due time, or what will by the rules of today."""
    outcome = time["outcome"]
    if outcome is not None and outcome["reason"]:
        return f"{outcome['verdict']}: {outcome['reason']}"
    if outcome is not None and outcome["edition"]:
        late = ", late" if outcome["is_late"] else ""
        why = f": {outcome['edition_reason']}" if outcome["edition_reason"] else ""
        return f"{outcome['edition']}{late}: {outcome['edition_state']}{why}"
    if time["skip"]:
        return f"skipped: {time['skip']}"
    return UNDECIDED if time["is_over"] else "an edition is made"


commands = {"schedule": schedule}
