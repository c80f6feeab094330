"""Steer: pause an edition that is on its way, let it go on, or cancel it. Each connection obeys at its next message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.errors import TryAgain, UsageError
from publisher.logs import get_logger
from publisher.ports.ledger import DeliveryFilter, EditionRow
from publisher.workflow.application import Application
from publisher.workflow.note import note_of

E = EditionState
Word = Literal["pause", "resume", "cancel"]
MAX_TRIES = 5

_FROM: Mapping[Word, frozenset[EditionState]] = {
    "pause": frozenset({E.PLANNED, E.SENDING}),
    "resume": frozenset({E.PAUSED}),
    "cancel": frozenset({E.FROZEN, E.APPROVED, E.HELD, E.PLANNED, E.SENDING, E.PAUSED}),
}
_DONE = {"pause": frozenset({E.PAUSED}), "cancel": frozenset({E.CANCELLED})}


@dataclass(frozen=True, slots=True)
class SteerReport:
    """Where an edition and its deliveries stand now; `changed` is False if it stood there before."""

    edition: str
    state: EditionState
    changed: bool
    deliveries: Mapping[DeliveryState, int]


def find_edition(app: Application, name: str) -> EditionRow:
    """Find an edition by its name, such as daily/7. Errors: UsageError."""
    digest, _, number = name.partition("/")
    row = app.ledger.edition(digest, int(number), app.rehearsal) if number.isdecimal() and number.isascii() else None
    if row is None:
        raise UsageError(f'there is no edition "{name}"', hint='Look with "publish history"; write it as daily/7.')
    return row


def steer(app: Application, name: str, word: Word) -> SteerReport:
    """Pause, resume or cancel an edition. Errors: UsageError where there is nothing of the kind to do."""
    for _ in range(MAX_TRIES):
        row = find_edition(app, name)
        if row.state in _DONE.get(word, ()):
            return _report(app, row, row.state, changed=False)
        if row.state not in _FROM[word]:
            raise _not_now(row, word)
        after = _after(app, row, word)
        note = note_of(app, word, row.name, row.content_hash, before=row.state)
        if app.ledger.change_edition(row.id, row.state, after, app.clock.now(), note=note):
            get_logger().info(word, edition=row.name, by=app.operator)
            app.ledger.finish_editions(app.clock.now())
            return _report(app, row, after, changed=True)
    raise TryAgain(f"{name} keeps changing", hint="Try again.")


def _after(app: Application, row: EditionRow, word: Word) -> EditionState:
    if word == "pause":
        return E.PAUSED
    if word == "cancel":
        return E.CANCELLED
    counts = app.ledger.count_deliveries(DeliveryFilter(edition_id=row.id))
    untouched = set(counts) <= {DeliveryState.QUEUED, DeliveryState.CLAIMED}
    return E.PLANNED if untouched else E.SENDING


def _not_now(row: EditionRow, word: Word) -> UsageError:
    if row.state is E.SENT:
        hint = f'To bring it to new subscribers: "publish now --rest {row.name}".'
    elif row.state is E.CANCELLED:
        hint = f'To send it to the rest after all: "publish now --rest {row.name}".'
    elif row.state in (E.PLANNED, E.SENDING):
        hint = f'It is on its way; to stop it: "publish pause {row.name}".'
    else:
        hint = 'Only what is on its way can be stopped: look with "publish status".'
    return UsageError(f"cannot {word} {row.name}: it is {row.state}", hint=hint)


def _report(app: Application, row: EditionRow, state: EditionState, *, changed: bool) -> SteerReport:
    counts = app.ledger.count_deliveries(DeliveryFilter(edition_id=row.id))
    return SteerReport(row.name, state, changed, counts)
