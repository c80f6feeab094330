"""Watch: tell the team what nobody reports by himself: what was sent, what came back, and what is about to end."""

from __future__ import annotations

from datetime import timedelta

from publisher.domain.delivery import DeliveryState
from publisher.domain.notice import Fact, NoticeKind
from publisher.ports.adapter import Expiring
from publisher.ports.ledger import DeliveryFilter, StateCounts
from publisher.ports.notices import Finished
from publisher.workflow.application import Application
from publisher.workflow.tell import tell_once

# Editions that were sent before are not told any more: the team set up notices later, or did not run for long.
TOLD_WITHIN = timedelta(days=1)
# Fewer messages than this say nothing about a rate.
MIN_TRIED = 20
_CAME_BACK = (DeliveryState.REJECTED, DeliveryState.EXPIRED)


def watch(app: Application) -> None:
    """Look at editions, certificates and tokens, and tell each thing once."""
    _tell_editions(app)
    _tell_expiries(app)


def _tell_editions(app: Application) -> None:
    """Tell of each edition of a due time that it was sent, whoever finished it, and that too much of it came back."""
    now = app.clock.now()
    for edition in app.notices.finished(now - TOLD_WITHIN, rehearsal=app.rehearsal):
        counts = app.ledger.count_deliveries(DeliveryFilter(edition_id=edition.id))
        _tell_bounces(app, edition, counts)
        if edition.sent_at is not None:
            tell_once(app, NoticeKind.SENT, edition.name, _figures(edition, counts))


def _figures(edition: Finished, counts: StateCounts) -> dict[str, Fact]:
    shown = ("accepted", "rejected", "expired", "unknown", "skipped")
    return {
        "subject": edition.subject,
        **{f"{name}_count": counts.get(DeliveryState(name), 0) for name in shown},
        "planned_at": edition.planned_at.isoformat() if edition.planned_at else None,
        "sent_at": edition.sent_at.isoformat() if edition.sent_at else None,
    }


def _tell_bounces(app: Application, edition: Finished, counts: StateCounts) -> None:
    bounced = sum(counts.get(state, 0) for state in _CAME_BACK)
    tried = bounced + counts.get(DeliveryState.ACCEPTED, 0)
    if tried >= MIN_TRIED and bounced * 100 > tried * app.settings.document.notify.bounce_percent:
        facts: dict[str, Fact] = {"subject": edition.subject, "bounced_count": bounced, "tried_count": tried}
        tell_once(app, NoticeKind.BOUNCES, edition.name, facts)


def _tell_expiries(app: Application) -> None:
    """Tell once of each certificate and token that is about to end; a renewed one has another end."""
    now = app.clock.now()
    last_day = now + timedelta(days=app.settings.document.notify.expiry_days)
    for channel in app.channels.values():
        if not channel.settings.enabled or not isinstance(channel.adapter, Expiring):
            continue
        for expiry in channel.adapter.expiries():
            if expiry.expires_at <= last_day:
                facts: dict[str, Fact] = {
                    "thing": expiry.thing,
                    "name": expiry.about,
                    "expires_at": expiry.expires_at.isoformat(),
                    "channel": channel.name,
                }
                tell_once(app, NoticeKind.EXPIRING, f"{expiry.about} {expiry.expires_at:%Y-%m-%d}", facts)
