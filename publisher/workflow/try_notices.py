"""A test of notices: made-up events to every place that is set, so that a team sees where notices arrive."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from publisher.domain.delivery import DeliveryState
from publisher.errors import PublisherError, TryAgain, UsageError
from publisher.ports.ledger import DeliveryFilter
from publisher.rendering.notice import sample_events
from publisher.workflow.application import Application
from publisher.workflow.exit_codes import exit_code_of
from publisher.workflow.notify import places, plan_for
from publisher.workflow.send import SendReport, send


@dataclass(frozen=True, slots=True)
class TestNoticeReport:
    """What a test notice brought."""

    notice_id: int
    channels: tuple[str, ...]
    rehearsal: bool
    deliveries: Mapping[DeliveryState, int]
    sent: SendReport

    @property
    def exit_code(self) -> int:
        """As of every run that sends."""
        return exit_code_of(self.deliveries, self.sent)

    @property
    def problems(self) -> tuple[PublisherError, ...]:
        """Give what stopped channels."""
        return tuple(self.sent.stopped.values())


def send_test_notice(app: Application, stop: threading.Event) -> TestNoticeReport:
    """Send a notice of made-up events to every place, and nothing else. Errors: UsageError if there is none."""
    where = list(places(app))
    if not where:
        hint = 'Write for example recipients = ["name@example.org"] under [notify] in config.toml.'
        raise UsageError("no place for notices is set", where="config.toml [notify]", hint=hint)
    now = app.clock.now()
    told = tuple(sample_events(now, rehearsal=app.rehearsal))
    plans = [plan_for(app, place, told, is_test=True) for place in where]
    made = app.notices.make((), plans, rehearsal=app.rehearsal, now=now)
    if made is None:
        raise TryAgain("another process is making a notice", hint="Try again.")
    channels = tuple(dict.fromkeys(place.channel.name for place in where))
    total = SendReport()
    for message_id in sorted(app.notices.notice_messages(made.id)):
        sent = send(app, channels, stop=stop, message_id=message_id)
        total.stopped |= sent.stopped
        total.interrupted = total.interrupted or sent.interrupted
    return TestNoticeReport(made.id, channels, app.rehearsal, _deliveries(app, made.id), total)


def _deliveries(app: Application, notice_id: int) -> Mapping[DeliveryState, int]:
    which = DeliveryFilter(rehearsal=app.rehearsal, message_ids=app.notices.notice_messages(notice_id))
    rows = app.ledger.deliveries(which)
    return Counter(row.state for row in rows if row.key.occurrence == f"notice {notice_id}")
