"""`publish test`: a delivery like every other, and nothing besides."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from publisher.domain.delivery import DeliveryState
from publisher.domain.outlet import Outlet
from publisher.domain.subscriber import Suppression
from publisher.errors import Problems, UsageError
from publisher.ports.ledger import DeliveryFilter
from publisher.workflow.application import Application
from publisher.workflow.try_out import send_test
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, now, opened


def _send(app: Application, *addresses: str) -> dict[DeliveryState, int]:
    return dict(send_test(app, "daily", addresses, stop=threading.Event()).deliveries)


def test_nothing_is_consumed_and_no_number_is_used_up(project: Project) -> None:
    project.article()
    clock = StandingClock()
    with opened(project, clock) as app:
        assert _send(app, "me@example.org") == {DeliveryState.ACCEPTED: 1}
        clock.forward(seconds=1)
        assert _send(app, "me@example.org", "me@EXAMPLE.org") == {DeliveryState.ACCEPTED: 1}
        assert app.ledger.consumed(Outlet("digest", "daily"), False) == {}
        assert app.ledger.next_number("daily", False) == 1
        assert app.ledger.editions() == []
    mails = sorted((project.folder / "sent").rglob("*.eml"))
    assert len(mails) == 2
    assert all(b"\r\nSubject: [Test] " in mail.read_bytes() for mail in mails)


def test_what_else_waits_on_the_channel_stays_where_it_is(project: Project) -> None:
    """A deferred edition is not sent along with a test."""
    project.article()
    project.subscribe(3)
    stop = threading.Event()
    stop.set()
    with opened(project) as app:
        with pytest.raises(Exception, match="stopped before anything was sent"):
            now(app, "daily", stop=stop)
        planned = app.ledger.count_deliveries(DeliveryFilter())
        from publisher.workflow.freeze import freeze
        from publisher.workflow.plan import plan
        from publisher.workflow.prepare import Wanted, prepare

        drafts = prepare(app, Wanted(("daily",)), app.read_queue())
        plan(app, freeze(app, drafts))
        assert not planned
        project.article("zweite")
        assert _send(app, "me@example.org") == {DeliveryState.ACCEPTED: 1}
        left = app.ledger.count_deliveries(DeliveryFilter(states=[DeliveryState.QUEUED]))
        assert left == {DeliveryState.QUEUED: 3}


def test_a_rehearsal_captures_it(project: Project) -> None:
    project.article()
    with opened(project, rehearse=True) as app:
        assert _send(app, "me@example.org") == {DeliveryState.ACCEPTED: 1}
        assert app.ledger.count_deliveries(DeliveryFilter(rehearsal=False)) == {}
    assert not list((project.folder / "sent").rglob("*.eml"))


def test_who_has_unsubscribed_gets_no_test_either(project: Project) -> None:
    project.article()
    gone = Suppression("gone@example.org", "unsubscribed", datetime(2026, 1, 1, tzinfo=UTC))
    with opened(project) as app:
        app.subscribers.suppress(gone)
        report = send_test(app, "daily", ["gone@example.org", "me@example.org"], stop=threading.Event())
        assert (report.left_out_count, dict(report.deliveries)) == (1, {DeliveryState.ACCEPTED: 1})
        with pytest.raises(UsageError, match="suppressed"):
            _send(app, "gone@example.org")


def test_what_cannot_be_sent_is_said_before_anything_leaves(project: Project) -> None:
    with opened(project) as app:
        with pytest.raises(UsageError, match="no article is queued"):
            _send(app, "me@example.org")
        project.article()
        with pytest.raises(Problems, match=r"(?s)not an e-mail address.*not an e-mail address"):
            _send(app, "me", "a@b\r\nRCPT TO:<x@example.org>")
        assert app.ledger.count_deliveries(DeliveryFilter()) == {}
