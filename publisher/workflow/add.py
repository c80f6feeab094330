"""Add: bring articles in from outside as queue files, drafts unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher.domain.article import Status
from publisher.errors import PublisherError
from publisher.intake.article_file import named_slug
from publisher.intake.draft import Draft, write_draft
from publisher.intake.front_matter import slug_of_file
from publisher.intake.source import read_source
from publisher.workflow.application import Application
from publisher.workflow.note import note_of


@dataclass(frozen=True, slots=True)
class Added:
    """One article that came in, or would come in: where it went, what was understood, what was not."""

    source: str
    path: Path | None
    draft: Draft


@dataclass(frozen=True, slots=True)
class AddReport:
    """What came in, and what could not be read or written."""

    added: tuple[Added, ...]
    errors: tuple[PublisherError, ...]


def add(
    app: Application,
    sources: Iterable[str],
    *,
    status: Status,
    standard_input: Callable[[], bytes],
) -> AddReport:
    """Read each source and write what it holds; one that fails does not stop the others."""
    added: list[Added] = []
    errors: list[PublisherError] = []
    for source in sources:
        try:
            drafts = read_source(
                source,
                http=app.http,
                standard_input=standard_input,
                known_entries=app.ledger.known_feed_entries,
            )
        except PublisherError as error:
            errors.append(error)
            continue
        for draft in drafts:
            try:
                added.append(Added(source, _write(app, draft, source, status), draft))
            except PublisherError as error:
                errors.append(error)
    return AddReport(tuple(added), tuple(errors))


def _write(app: Application, draft: Draft, source: str, status: Status) -> Path:
    folder = app.settings.queue_folder
    folder.mkdir(parents=True, exist_ok=True)
    zone = ZoneInfo(app.settings.organisation.time_zone)
    today = app.clock.now().astimezone(zone).date()
    path = write_draft(draft, folder, status=status, today=today)
    slug = named_slug(path) or slug_of_file(path.name)
    app.audit.record(note_of(app, "add", slug, source=source, status=status), app.clock.now())
    if draft.feed_entry:
        feed, entry_id = draft.feed_entry
        app.ledger.remember_feed_entry(feed, entry_id, app.clock.now())
    return path
