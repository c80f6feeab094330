"""Sending: what each outcome does to its delivery, what the fence keeps back, and what a broken part may not do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from publisher.domain.attempt import Deferred, Outcome, Rejected
from publisher.domain.message import SealedMessage
from publisher.errors import ChannelMisconfigured, SendingStopped, StoreError
from publisher.workflow.application import Application
from publisher.workflow.send import SendReport, send
from tests.journeys.project import DIGEST, Project
from tests.workflow.office import StandingClock, now, opened
from tests.workflow.scripted import ScriptedAdapter, scripted


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def adapter() -> ScriptedAdapter:
    return ScriptedAdapter()


@pytest.fixture
def app(project: Project, clock: StandingClock, adapter: ScriptedAdapter) -> Iterator[Application]:
    project.article()
    with opened(project, clock) as app:
        yield scripted(app, adapter)


def send_again(app: Application) -> SendReport:
    return send(app, ["newsletter"], stop=threading.Event())


def test_each_gets_a_message_of_their_own(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    """The frozen text is the same for all, the address and the Message-ID are not, and the key is the delivery's."""
    addresses = project.subscribe(3)
    assert now(app).exit_code == 0
    assert adapter.recipients == addresses
    assert len({message.key for message in adapter.handed}) == 3
    for message in adapter.handed:
        headers = message.sections["headers"].decode()
        assert f"To: {message.recipient}" in headers
        assert message.key[:32] in headers
        assert message.prepared == adapter.handed[0].prepared
    assert {row.key.text() for row in project.deliveries()} == {message.key for message in adapter.handed}


def test_a_deferred_delivery_waits_as_long_as_the_remote_says(
    project: Project, app: Application, adapter: ScriptedAdapter, clock: StandingClock
) -> None:
    project.subscribe(1)
    adapter.answer = lambda message: Deferred("full", retry_after_seconds=7200)
    assert now(app).exit_code == 4
    clock.forward(hours=1, minutes=59)
    assert send_again(app).counts == {}
    clock.forward(hours=1)
    adapter.answer = ScriptedAdapter().answer
    send_again(app)
    assert project.states() == {"accepted": 1}


def test_deferred_for_five_days_it_is_given_up(
    project: Project, app: Application, adapter: ScriptedAdapter, clock: StandingClock
) -> None:
    """It expires with its last reason; it does not go on for ever."""
    project.subscribe(1)
    adapter.answer = lambda message: Deferred("full")
    now(app)
    tries = 1
    while project.states() == {"deferred": 1}:
        clock.forward(hours=8)
        tries += sum(send_again(app).counts.values())
        assert tries < 50
    assert project.states() == {"expired": 1}
    assert clock.at - project.deliveries()[0].queued_at > timedelta(days=5)
    assert tries == len(adapter.handed)


def test_an_adapter_that_breaks_leaves_an_unknown(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    """What left before the defect, nobody knows: that delivery waits for a person, the others go on."""
    first, *others = project.subscribe(3)

    def answer(message: SealedMessage) -> Outcome:
        if message.recipient == first:
            raise ZeroDivisionError
        return ScriptedAdapter().answer(message)

    adapter.answer = answer
    assert now(app).exit_code == 3
    assert project.states() == {"accepted": 2, "unknown": 1}
    assert project.deliveries(recipient=first)[0].reason == "the adapter failed: ZeroDivisionError"
    assert len(others) == 2


def test_refused_credentials_stop_the_channel(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    """Nothing is lost: the deliveries stay queued; the attempt is on record, and does not count."""
    project.subscribe(3)

    def answer(message: SealedMessage) -> Outcome:
        raise ChannelMisconfigured("wrong password")

    adapter.answer = answer
    report = now(app)
    assert report.exit_code == 2
    assert project.states() == {"queued": 3}
    assert len(adapter.handed) == 1
    assert [row.attempt_count for row in project.deliveries()] == [0, 0, 0]
    (attempt,) = app.ledger.attempts([row.id for row in project.deliveries()])
    assert (attempt.number, attempt.reason) == (1, "the channel is stopped: wrong password")


def test_who_left_or_is_gone_meanwhile_gets_nothing(
    project: Project, app: Application, adapter: ScriptedAdapter, clock: StandingClock
) -> None:
    """Between planning and sending: one unsubscribed, another one's address turned out to be gone."""
    left, gone, stays = project.subscribe(3)
    adapter.answer = lambda message: Deferred("later")
    now(app)
    clock.forward(days=1)
    app.subscribers.remove(left, None, clock.now())
    adapter.handed.clear()
    adapter.answer = lambda message: Rejected("no such user", recipient_gone=True)
    send(replace(app, chance=lambda: 0.0), ["newsletter"], stop=threading.Event())
    assert adapter.recipients == [gone, stays]
    assert project.deliveries(recipient=left)[0].reason == "no longer subscribed"
    assert project.states() == {"rejected": 2, "skipped": 1}
    project.article("zweite")
    assert now(app).plan is not None
    assert project.states(recipient=gone) == {"rejected": 1}


def test_a_digest_that_left_the_config_keeps_its_deliveries(
    project: Project, app: Application, adapter: ScriptedAdapter, clock: StandingClock
) -> None:
    project.subscribe(1)
    adapter.answer = lambda message: Deferred("later")
    now(app)
    clock.forward(days=1)
    config = project.folder / "config.toml"
    config.write_text(config.read_text().replace(DIGEST, DIGEST.replace("digests.daily", "digests.weekly")))
    with opened(project, clock) as changed:
        report = send_again(scripted(changed, adapter))
    assert "[digests.daily]" in str(report.stopped["newsletter"])
    assert project.states() == {"deferred": 1} or project.states() == {"queued": 1}


class LosingLedger:
    """A ledger whose disk fails while messages are sent."""

    def __init__(self, ledger: Any, good_count: int) -> None:
        self._ledger = ledger
        self._good_count = good_count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def begin_exchange(self, *args: Any, **options: Any) -> Any:
        self._good_count -= 1
        if self._good_count < 0:
            raise StoreError("the disk is full")
        return self._ledger.begin_exchange(*args, **options)


def test_what_cannot_be_recorded_is_not_sent(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    """The error comes out, no further message leaves, and the caller's own stop flag stays as it was: a service goes
    on."""
    project.subscribe(5)
    stop = threading.Event()
    with pytest.raises(SendingStopped, match="disk is full") as stopped:
        now(replace(app, ledger=LosingLedger(app.ledger, 2)), stop=stop)
    assert stopped.value.exit_code == 4  # 2 would say that nothing was sent
    assert "goes on with the rest" in stopped.value.hint
    assert len(adapter.handed) == 2
    assert not stop.is_set()
    assert sum(project.states().values()) == 5


def test_waits_and_the_term_are_those_of_the_config(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock
) -> None:
    project.article()
    config = project.folder / "config.toml"
    settings = "[delivery]\nfirst_wait_seconds = 60\nlongest_wait_seconds = 60\ngive_up_after_hours = 1\n"
    config.write_text(config.read_text() + settings)
    project.subscribe(1)
    adapter.answer = lambda message: Deferred("full")
    with opened(project, clock) as app:
        now(scripted(app, adapter))
        while project.states() == {"deferred": 1}:
            clock.forward(minutes=10)
            send_again(scripted(app, adapter))
    assert len(adapter.handed) == 8
    assert project.states() == {"expired": 1}
