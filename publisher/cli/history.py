"""`publish history`: the editions, posts and tests that were made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import click

from publisher.cli.frame import END_OF_MOMENT, MOMENT, Result, local_time, period, plural, publish_command
from publisher.cli.listing import print_rows
from publisher.cli.status import states_text
from publisher.config.explain import nearest_hint
from publisher.domain.delivery import OPEN_STATES, DeliveryState
from publisher.errors import UsageError

Kind = Literal["edition", "post", "test"]
KINDS: tuple[Kind, ...] = ("edition", "post", "test")
COLUMNS = ("When", "What", "Name", "Content", "State", "Deliveries", "Hash")


@publish_command("history", summary="List the editions, posts and tests that were made, newest first.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these; may be repeated.")
@click.option("--name", help='Only of this digest or channel, for example "daily" or "mastodon".')
@click.option("--article", "slug", help="Only what carries this article.")
@click.option("--since", type=MOMENT, help="Only what was made since then: 2026-11-23 or 2026-11-23T07:00.")
@click.option("--until", type=END_OF_MOMENT, help="Only what was made until then; a day with all of it.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many of each.")
def history(
    config_file: Path,
    *,
    kinds: tuple[Kind, ...],
    name: str | None,
    slug: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> Result:
    """Show what was made, with what became of its deliveries."""
    from publisher.bootstrap import open_application

    rows: list[dict[str, Any]] = []
    more: dict[str, int] = {}
    with open_application(config_file) as app:
        zone = app.settings.organisation.time_zone
        begin, end = period(since, until, zone)
        read = {kind: _READERS[kind](app) for kind in kinds or KINDS}
        _refuse_unknown(app, name, read)
        for kind, all_rows in read.items():
            found = [row for row in all_rows if _is_meant(row, name, slug) and _is_within(row, begin, end)]
            rows += found[:limit]
            more[kind] = max(0, len(found) - limit)
    rows.sort(key=lambda row: row["frozen_at"], reverse=True)
    return Result({"history": rows, "more": more}, lambda console: _show(console, rows, more, zone))


def _refuse_unknown(app: Any, name: str | None, read: Mapping[Kind, Sequence[Mapping[str, Any]]]) -> None:
    """Refuse a name that neither the config nor anything that was made has, of whatever kind."""
    known = {*app.settings.digests, *app.channels, *map(_outlet, chain.from_iterable(read.values()))}
    if name is None or name in known:
        return
    others = (_READERS[kind](app) for kind in KINDS if kind not in read)
    known.update(map(_outlet, chain.from_iterable(others)))
    if name not in known:
        raise UsageError(f'there is no digest or channel "{name}"', hint=nearest_hint(name, sorted(known)))


def _outlet(row: Mapping[str, Any]) -> str:
    return str(row["name"]).partition("/")[0]


def _is_meant(row: Mapping[str, Any], name: str | None, slug: str | None) -> bool:
    return (name is None or _outlet(row) == name) and (slug is None or slug in row["articles"])


def _is_within(row: Mapping[str, Any], begin: datetime | None, end: datetime | None) -> bool:
    at: datetime = row["frozen_at"]
    return (begin is None or at >= begin) and (end is None or at <= end)


def _editions(app: Any) -> Sequence[dict[str, Any]]:
    from publisher.workflow.status import edition_views

    return [_edition_row(view) for view in edition_views(app)]


def _posts(app: Any) -> Sequence[dict[str, Any]]:
    from publisher.workflow.status import post_views

    return [_post_row(view) for view in post_views(app)]


def _tests(app: Any) -> Sequence[dict[str, Any]]:
    return [
        _row(
            "test",
            digest,
            counts,
            what=occurrence,
            state=post_state(counts),
            frozen_at=planned_at,
            content_hash="",
            articles=[],
        )
        for digest, occurrence, planned_at, counts in app.figures.tests(app.rehearsal, MAX_TESTS)
    ]


MAX_TESTS = 1_000
_READERS: dict[Kind, Callable[[Any], Sequence[dict[str, Any]]]] = {
    "edition": _editions,
    "post": _posts,
    "test": _tests,
}


def _edition_row(view: Any) -> dict[str, Any]:
    row = view.row
    slugs = [use.slug for use in row.articles]
    return _row(
        "edition",
        row.name,
        view.counts,
        what=row.subject,
        state=row.state.value,
        revision=row.revision,
        reason=row.reason,
        frozen_at=row.frozen_at,
        content_hash=row.content_hash,
        articles=slugs,
    )


def _post_row(view: Any) -> dict[str, Any]:
    row = view.row
    return _row(
        "post",
        row.channel,
        view.counts,
        what=row.article.slug,
        state=post_state(view.counts) if row.planned_at else "frozen",
        frozen_at=row.frozen_at,
        content_hash=row.content_hash,
        articles=[row.article.slug],
    )


def _row(kind: Kind, name: str, counts: Mapping[DeliveryState, int], **more: Any) -> dict[str, Any]:
    deliveries = {state.value: count for state, count in counts.items()}
    return {"kind": kind, "name": name, **more, "deliveries": deliveries, "shown": states_text(counts)}


def post_state(counts: Mapping[DeliveryState, int]) -> str:
    """Say how far a planned post or test is, which has one delivery for each segment or person."""
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
        console.print('Nothing of the kind was published. Begin with "publish now".')
        return
    cells = [
        (
            local_time(row["frozen_at"], time_zone),
            row["kind"],
            _name(row),
            row["what"],
            _shown_state(row),
            row["shown"],
            row["content_hash"][:12],
        )
        for row in rows
    ]
    print_rows(console, COLUMNS, cells)
    hidden = " and ".join(plural(count, kind) for kind, count in more.items() if count)
    if hidden:
        console.print(f"{hidden} more, older: see them with --limit.")


def _name(row: dict[str, Any]) -> str:
    revision = row.get("revision", 1)
    return f"{row['name']} r{revision}" if revision > 1 else str(row["name"])


def _shown_state(row: dict[str, Any]) -> str:
    return f"{row['state']} ({row['reason']})" if row.get("reason") else str(row["state"])


commands = {"history": history}
