"""Archive: move the files of articles that every outlet has had, by a person's word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from publisher.domain.delivery import FINAL_STATES
from publisher.ports.ledger import DeliveryFilter
from publisher.workflow.application import Application
from publisher.workflow.look import ArticleView, look_at_queue
from publisher.workflow.note import note_of

ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """Files that were (or would be) moved, and why others stay, by file."""

    moved: tuple[tuple[Path, Path], ...]
    staying: tuple[tuple[str, str], ...]


def archive(app: Application, *, dry_run: bool) -> ArchiveReport:
    """Move what is final everywhere to queue/archive/; never overwrite a file there.

    Only what was really sent counts: a rehearsal moves nothing.
    """
    app = replace(app, rehearsal=False)
    folder = app.settings.queue_folder
    sent = app.ledger.outlets_of(rehearsal=False)
    moved: list[tuple[Path, Path]] = []
    staying: list[tuple[str, str]] = []
    for view in look_at_queue(app).articles:
        source = folder / Path(view.article.path).name
        target = folder / ARCHIVE / source.name
        reason = _reason_to_stay(app, view, view.article.slug in sent) or (
            "there is such a file in the archive" if target.exists() else ""
        )
        if reason:
            staying.append((view.article.path, reason))
            continue
        if not dry_run:
            target.parent.mkdir(exist_ok=True)
            with app.audit.recording(note_of(app, "archive", view.article.slug), app.clock.now()):
                source.rename(target)
        moved.append((source, target))
    return ArchiveReport(tuple(moved), tuple(staying))


def _reason_to_stay(app: Application, view: ArticleView, was_sent: bool) -> str:
    if not was_sent:
        return "was not sent yet"
    for outlet in view.outlets:
        if outlet.state != "done":
            return f"{outlet.outlet.kind} {outlet.outlet.name} has not had it yet"
    which = DeliveryFilter(rehearsal=app.rehearsal, slug=view.article.slug)
    counts = app.ledger.count_deliveries(which)
    open_count = sum(count for state, count in counts.items() if state not in FINAL_STATES)
    return f"{open_count} deliveries are not final yet" if open_count else ""
