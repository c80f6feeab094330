"""Subscribe: take people in, one or a million, and out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

from publisher.domain.address import AddressError, normalise_address
from publisher.domain.subscriber import Subscriber
from publisher.errors import SubscriberError
from publisher.intake.subscriber_list import read_subscribers
from publisher.ports.subscribers import ImportCounts
from publisher.workflow.application import Application
from publisher.workflow.note import note_of

MAX_KEPT_ERRORS = 1_000
LINES_PER_REPORT = 10_000


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `errors` has the first thousand refused lines, `refused_count` counts them all."""

    counts: ImportCounts
    refused_count: int
    errors: tuple[SubscriberError, ...]

    @property
    def taken_count(self) -> int:
        """Count the lines that were taken, changed or not."""
        return self.counts.added_count + self.counts.changed_count + self.counts.unchanged_count


def import_subscribers(
    app: Application, lines: TextIO, name: str, digest: str, *, on_progress: Callable[[int], None]
) -> ImportReport:
    """Take every good line; a line that names no digest gets `digest`. Errors: SubscriberError for a bad header."""
    errors: list[SubscriberError] = []
    refused_count = 0

    def good_lines() -> Iterator[Subscriber]:
        nonlocal refused_count
        read = read_subscribers(lines, name, digests=app.settings.digests.keys(), default_digests=(digest,))
        for number, line in enumerate(read, start=1):
            if number % LINES_PER_REPORT == 0:
                on_progress(number)
            if isinstance(line, SubscriberError):
                refused_count += 1
                if len(errors) < MAX_KEPT_ERRORS:
                    errors.append(line)
            else:
                yield line

    note = note_of(app, "import subscribers", digest, file=name)
    counts = app.subscribers.save(good_lines(), app.clock.now(), note=note)
    return ImportReport(counts, refused_count, tuple(errors))


def add_subscriber(
    app: Application,
    address: str,
    *,
    name: str | None,
    language: str | None,
    digests: tuple[str, ...],
    tags: tuple[str, ...],
    consent_source: str,
) -> tuple[ImportCounts, Subscriber]:
    """Save one person. Errors: SubscriberError."""
    now = app.clock.now()
    subscriber = Subscriber(
        address=_normalised(address),
        name=name,
        language=language,
        tags=tags,
        digests=digests,
        consent_source=consent_source,
        consent_at=now,
    )
    note = note_of(app, "add subscriber", ", ".join(digests))
    return app.subscribers.save([subscriber], now, note=note), subscriber


def remove_subscriber(app: Application, address: str, digest: str | None) -> bool:
    """Take one person out. Errors: SubscriberError."""
    note = note_of(app, "remove subscriber", digest or "all digests")
    return app.subscribers.remove(_normalised(address), digest, app.clock.now(), note=note)


def _normalised(address: str) -> str:
    try:
        return normalise_address(address)
    except AddressError as error:
        what = f'not an e-mail address: "{address}": {error}'
        raise SubscriberError(what, hint="Write the bare address, for example name@example.org.") from None
