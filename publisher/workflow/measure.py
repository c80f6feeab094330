"""Measure: what became of the editions of a digest, or of all digests, one after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from publisher.domain.delivery import OPEN_STATES, DeliveryState
from publisher.domain.edition_figures import DigestFigures, EditionPoint
from publisher.errors import UsageError
from publisher.ports.figures import EditionFigures, Leaving
from publisher.workflow.application import Application

D = DeliveryState
BOUNCED = (D.REJECTED, D.EXPIRED)
NEVER_SENT = (D.SKIPPED, D.CANCELLED)


def measure(app: Application, digest: str | None, since: datetime | None, limit: int | None) -> DigestFigures:
    """Count the newest editions of a digest, or of all. Errors: UsageError."""
    if digest is not None and digest not in app.settings.digests:
        hint = f"The digests are: {', '.join(sorted(app.settings.digests))}."
        raise UsageError(f'there is no digest "{digest}"', hint=hint)
    title = app.settings.digests[digest].title if digest else None
    editions = app.figures.planned_editions(app.rehearsal, digest, since, limit)
    if not editions:
        return DigestFigures(title, ())
    left = _left_after(editions, app.figures.leavings(editions[0].planned_at), digest)
    return DigestFigures(title, [_point(edition, left[place]) for place, edition in enumerate(editions)])


def _left_after(editions: Sequence[EditionFigures], leavings: Sequence[Leaving], digest: str | None) -> Counter[int]:
    """Count by an edition's place who left after it and before the next one."""
    times = [edition.planned_at for edition in editions]
    concerned = (one for one in leavings if digest is None or one.digest in (None, digest))
    return Counter(bisect_right(times, one.left_at) - 1 for one in concerned)


def _point(edition: EditionFigures, left_count: int) -> EditionPoint:
    counts = Counter(edition.counts)
    return EditionPoint(
        name=edition.name,
        subject=edition.subject,
        planned_at=edition.planned_at,
        sent_count=counts.total() - sum(counts[state] for state in NEVER_SENT),
        accepted_count=counts[D.ACCEPTED],
        bounced_count=sum(counts[state] for state in BOUNCED),
        open_count=sum(counts[state] for state in (*OPEN_STATES, D.UNKNOWN)),
        left_count=left_count,
    )
