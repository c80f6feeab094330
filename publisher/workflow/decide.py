"""Decide: what a person says about deliveries in doubt or given up, and the rule that a channel may have instead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Unknown
from publisher.domain.audit import AuditNote
from publisher.domain.delivery import DeliveryState
from publisher.domain.replay import resend_at
from publisher.domain.retry import RetryRule, is_given_up
from publisher.errors import UsageError
from publisher.logs import get_logger, logs
from publisher.ports.ledger import Decision, DeliveryFilter, DeliveryRow
from publisher.workflow.application import Application
from publisher.workflow.note import note_of
from publisher.workflow.steer import find_edition

D = DeliveryState
Verdict = Literal["resend", "accepted", "skip"]

STAGE_SETTLE = "settle"
STAGE_RETRY = "retry"
POLICY = "rule on_unknown"
MIN_KEY_CHARACTERS = 6
SHOWN_KEY_CHARACTERS = 10
MAX_SHOWN = 20
MAX_AT_ONCE = 1_000
GIVEN_UP = (D.REJECTED, D.EXPIRED)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries a person means: by the beginnings of their keys, by where they belong, or all of them."""

    keys: Sequence[str] = ()
    channel: str | None = None
    edition: str | None = None
    recipient: str | None = None
    everything: bool = False

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was named."""
        return not (self.keys or self.channel or self.edition or self.recipient or self.everything)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked about before anything changes: how many, and the first of them."""

    count: int
    first: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True)
class DecisionReport:
    """What was decided. `held_count` belong to a cancelled edition and stay as they are."""

    matched_count: int
    changed_count: int = 0
    held_count: int = 0
    declined: bool = False


Ask = Callable[[Question], bool]


def settle_unknown(app: Application, selection: Selection, verdict: Verdict, ask: Ask) -> DecisionReport:
    """Settle deliveries of unknown outcome, and note who did. Errors: UsageError."""
    which = _which(app, selection, (D.UNKNOWN,))
    after, outcome = _settlement(verdict, app.operator)
    note = _note(app, f"settle {verdict}", selection)
    return _decide(app, which, Decision(after, outcome, app.operator), ask, note)


def retry_given_up(
    app: Application, selection: Selection, states: Collection[DeliveryState], ask: Ask
) -> DecisionReport:
    """Put what was rejected or given up back into the queue, and note who did. Errors: UsageError."""
    which = _which(app, selection, tuple(states) or GIVEN_UP)
    outcome = Deferred(f"to be tried again, decided by {app.operator}", evidence=Evidence(STAGE_RETRY))
    return _decide(app, which, Decision(D.QUEUED, outcome, app.operator), ask, _note(app, "retry", selection))


def _note(app: Application, action: str, selection: Selection) -> AuditNote:
    """Tell what was named; a recipient's address stays out of it, and whose deliveries they were stands with them."""
    named: dict[str, Any] = {"keys": list(selection.keys), "channel": selection.channel, "all": selection.everything}
    named |= {"one recipient": selection.recipient is not None}
    told = {name: value for name, value in named.items() if value}
    return note_of(app, action, selection.edition or selection.channel or "deliveries", **told)


def resend_by_rule(app: Application, channels: Iterable[str]) -> int:
    """Put back what is unknown on channels that say `on_unknown = "resend"`; say how many.

    The first few times at once, then after an hour each, and not at all once it would be given up.
    """
    names = [name for name in sorted(channels) if app.channels[name].settings.on_unknown == "resend"]
    return sum(_resend_channel(app, name) for name in names if app.channels[name].settings.enabled)


def _resend_channel(app: Application, channel: str) -> int:
    now = app.clock.now()
    unknown = DeliveryFilter(rehearsal=app.rehearsal, channel=channel, states=(D.UNKNOWN,), limit=MAX_AT_ONCE)
    ids = [row.id for row in app.ledger.deliveries(unknown) if _may_resend(row, now, app.settings.retry_rule)]
    if not ids:
        return 0
    outcome = Deferred("sent again by rule: it may arrive twice", evidence=Evidence(STAGE_SETTLE))
    count = app.ledger.decide(replace(unknown, ids=ids, limit=None), Decision(D.QUEUED, outcome, POLICY), now)
    get_logger().info("resent by rule", channel=channel, count=count)
    return count


def _may_resend(row: DeliveryRow, now: datetime, rule: RetryRule) -> bool:
    return resend_at(row.changed_at, row.attempt_count) <= now and not is_given_up(row.queued_at, now, rule)


def _settlement(verdict: Verdict, operator: str) -> tuple[DeliveryState, Outcome]:
    evidence = Evidence(STAGE_SETTLE)
    if verdict == "resend":
        return D.QUEUED, Deferred(f"to be sent again, decided by {operator}: it may arrive twice", evidence=evidence)
    if verdict == "accepted":
        return D.ACCEPTED, Accepted(f"it has arrived, says {operator}", evidence=evidence)
    return D.SKIPPED, Unknown(f"not to be sent again, decided by {operator}", evidence)


def _which(app: Application, selection: Selection, states: Sequence[DeliveryState]) -> DeliveryFilter:
    if selection.is_empty:
        hint = 'Name deliveries by their key, or say --channel, --edition, --recipient or --all: "publish deliveries".'
        raise UsageError("it is not said which deliveries are meant", hint=hint)
    if selection.channel is not None and selection.channel not in app.channels:
        hint = f"The channels are: {', '.join(sorted(app.channels))}."
        raise UsageError(f'there is no channel "{selection.channel}"', hint=hint)
    which = DeliveryFilter(
        rehearsal=app.rehearsal,
        states=states,
        channel=selection.channel,
        edition_id=find_edition(app, selection.edition).id if selection.edition else None,
        recipient=selection.recipient,
        # What a person has not been asked about is not decided.
        changed_until=app.clock.now(),
    )
    return replace(which, ids=_ids_of(app, which, selection.keys)) if selection.keys else which


def _ids_of(app: Application, which: DeliveryFilter, keys: Sequence[str]) -> list[int]:
    """Find deliveries by the beginnings of their keys. Errors: UsageError if one fits none, or several."""
    found: dict[str, list[int]] = {_checked(key): [] for key in keys}
    for row in app.ledger.deliveries(which):
        text = row.key.text()
        for key, ids in found.items():
            if text.startswith(key):
                ids.append(row.id)
    for key, ids in found.items():
        if len(ids) != 1:
            raise _no_single(key, len(ids), which.states or ())
    return [ids[0] for ids in found.values()]


def _checked(key: str) -> str:
    if len(key) < MIN_KEY_CHARACTERS or not set(key.lower()) <= set("0123456789abcdef"):
        hint = 'Copy it from the first column of "publish deliveries --state unknown".'
        raise UsageError(f'"{key}" is not the key of a delivery, nor at least 6 characters of one', hint=hint)
    return key.lower()


def _no_single(key: str, count: int, states: Collection[DeliveryState]) -> UsageError:
    if count:
        return UsageError(f'{count} deliveries begin with "{key}"', hint="Write more of the key.")
    words = " or ".join(states)
    hint = f'Look with "publish deliveries --state {next(iter(states))}"; somebody else may have decided already.'
    return UsageError(f'no delivery "{key}" is {words}', hint=hint)


def _decide(app: Application, which: DeliveryFilter, decision: Decision, ask: Ask, note: AuditNote) -> DecisionReport:
    count = sum(app.ledger.count_deliveries(which).values())
    if not count:
        return DecisionReport(0)
    if not ask(Question(count, tuple(app.ledger.deliveries(replace(which, limit=MAX_SHOWN))))):
        return DecisionReport(count, declined=True)
    now = app.clock.now()
    keys = [row.key.text() for row in app.ledger.deliveries(which)] if logs("info") else ()
    changed = app.ledger.decide(which, decision, now, note=note)
    app.ledger.finish_editions(now)
    for key in keys:
        get_logger().info("settled", delivery=key, state=decision.after.value, by=decision.by)
    held = sum(app.ledger.count_deliveries(which).values()) if changed < count else 0
    return DecisionReport(count, changed, held)
