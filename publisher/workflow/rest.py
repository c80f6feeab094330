"""Rest: send an edition to those who have not had it, after a cancel or for new subscribers. Nobody gets it twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from publisher.domain.delivery import DeliveryState
from publisher.errors import TryAgain, UsageError
from publisher.ports.ledger import DeliveryFilter, EditionRow, Rest
from publisher.workflow.application import Application, Channel
from publisher.workflow.exit_codes import exit_code_of
from publisher.workflow.note import note_of
from publisher.workflow.plan import plan_of
from publisher.workflow.restored import refuse_while_restored
from publisher.workflow.send import Progress, SendReport, send
from publisher.workflow.steer import find_edition
from publisher.workflow.waiting import Cause, Wait


@dataclass(frozen=True, slots=True)
class RestOffer:
    """What a person is asked about: who is to get an edition that others have had."""

    edition: EditionRow
    channel: str
    rest: Rest
    waiting_count: int = 0

    @property
    def empty(self) -> bool:
        """Say whether everybody has it."""
        return not self.rest.count and not self.waiting_count


@dataclass(frozen=True, slots=True)
class RestReport:
    """What was done about the rest; `deliveries` are the counts of the whole edition."""

    offer: RestOffer
    deliveries: Mapping[DeliveryState, int] = field(default_factory=dict)
    sent: SendReport | None = None
    discarded: bool = False

    @property
    def waits(self) -> Mapping[str, Wait]:
        """Say why its channel keeps back what is left, if it does."""
        has_left = any(self.deliveries.get(state) for state in (DeliveryState.QUEUED, DeliveryState.DEFERRED))
        return self.sent.waits if self.sent and has_left else {}

    @property
    def exit_code(self) -> int:
        """As that of `publish now`."""
        return (
            0
            if self.discarded
            else exit_code_of(
                self.deliveries, self.sent, is_paused=any(wait.cause is Cause.PAUSED for wait in self.waits.values())
            )
        )


def send_rest(
    app: Application,
    name: str,
    *,
    ask: Callable[[RestOffer], bool],
    stop: threading.Event,
    on_progress: Callable[[Progress], None],
) -> RestReport:
    """Plan and send the same frozen message for all who have no delivery of it yet. Errors: UsageError, TryAgain."""
    refuse_while_restored(app)
    edition = find_edition(app, name)
    if edition.planned_at is None:
        raise UsageError(f"{name} was never planned, so it has no rest", hint='Look with "publish history".')
    app.ledger.recover(app.clock.now())
    of_edition = DeliveryFilter(edition_id=edition.id)
    channel = _channel_of(app, edition)
    plan = plan_of(app, edition, app.settings.digests[edition.digest], channel)
    waiting = sum(app.ledger.count_deliveries(replace(of_edition, due_at=app.clock.now())).values())
    offer = RestOffer(edition, channel.name, app.ledger.rest_of(plan), waiting)
    if offer.empty:
        return RestReport(offer, app.ledger.count_deliveries(of_edition))
    if stop.is_set() or not ask(offer):
        return RestReport(offer, app.ledger.count_deliveries(of_edition), discarded=True)
    if stop.is_set():
        raise TryAgain("stopped before anything was sent", hint=f'Run "publish now --rest {name}" again when you like.')
    note = note_of(app, "send to the rest", edition.name, edition.content_hash)
    app.ledger.plan_rest(plan, app.clock.now(), note=note)
    sent = send(app, [channel.name], stop=stop, on_progress=on_progress, asked_for={edition.message_id})
    return RestReport(offer, app.ledger.count_deliveries(of_edition), sent)


def _channel_of(app: Application, edition: EditionRow) -> Channel:
    """Give the channel over which it went so far: over another one nobody could tell who has had it."""
    first = next(iter(app.ledger.deliveries(DeliveryFilter(edition_id=edition.id, limit=1))), None)
    digest = app.settings.digests.get(edition.digest)
    name = first.key.channel if first else digest.channel if digest else ""
    channel = app.channels.get(name)
    if digest is None or channel is None:
        missing = f"[channels.{name}]" if digest else f"[digests.{edition.digest}]"
        raise UsageError(f"{edition.name} needs {missing}, which is not in the config any more", hint="Put it back.")
    if not channel.settings.enabled:
        hint = f"Set enabled = true in [channels.{name}]."
        raise UsageError(f'the channel "{name}" is left out for a while', hint=hint)
    return channel
