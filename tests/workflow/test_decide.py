"""Deciding: a person settles what is in doubt and tries again what was given up; a channel may have a rule instead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from publisher.domain.attempt import Deferred, Outcome, Rejected, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.message import SealedMessage
from publisher.domain.replay import RESEND_AT_ONCE_COUNT
from publisher.errors import UsageError
from publisher.ports.adapter import ChannelSettings
from publisher.workflow.application import Application
from publisher.workflow.decide import Question, Selection, Verdict, resend_by_rule, retry_given_up, settle_unknown
from publisher.workflow.deliver import send_waiting
from publisher.workflow.now import NowReport
from publisher.workflow.send import send
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, opened
from tests.workflow.office import now as publish_now
from tests.workflow.scripted import ScriptedAdapter, accept, scripted

ALL = Selection(everything=True)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def adapter() -> ScriptedAdapter:
    return ScriptedAdapter(lambda message: Unknown("silence"))


@pytest.fixture
def app(project: Project, clock: StandingClock, adapter: ScriptedAdapter) -> Iterator[Application]:
    project.article()
    with opened(project, clock) as app:
        yield replace(scripted(app, adapter), operator="anna")


def yes(question: Question) -> bool:
    return True


def tick(app: Application) -> None:
    assert isinstance(app.clock, StandingClock)
    app.clock.forward(seconds=1)


def now(app: Application) -> NowReport:
    report = publish_now(app)
    tick(app)
    return report


def send_again(app: Application) -> None:
    send(app, ["newsletter"], stop=threading.Event())
    tick(app)


def with_rule(app: Application, **settings: Any) -> Application:
    channel = app.channels["newsletter"]
    ruled = replace(channel, settings=ChannelSettings(adapter="script", on_unknown="resend", **settings))
    return replace(app, channels={**app.channels, "newsletter": ruled})


@pytest.mark.parametrize(
    ("verdict", "state", "handed"), [("resend", "accepted", 4), ("accepted", "accepted", 2), ("skip", "skipped", 2)]
)
def test_a_verdict_about_all(
    project: Project, app: Application, adapter: ScriptedAdapter, verdict: Verdict, state: str, handed: int
) -> None:
    """The edition is finished with the last doubt, and who decided stands with each delivery."""
    project.subscribe(2)
    assert now(app).exit_code == 3
    adapter.answer = accept
    assert settle_unknown(app, ALL, verdict, yes).changed_count == 2
    send_again(app)
    assert project.states() == {state: 2}
    assert len(adapter.handed) == handed
    assert app.ledger.editions()[0].state is EditionState.SENT
    notes = [note for note in app.ledger.attempts([1, 2]) if note.stage == "settle"]
    assert [note.worker for note in notes] == ["anna", "anna"]


def test_one_by_the_beginning_of_its_key(project: Project, app: Application) -> None:
    first, _ = project.subscribe(2)
    now(app)
    (row,) = project.deliveries(recipient=first)
    settle_unknown(app, Selection(keys=[row.key.text()[:10].upper()]), "accepted", yes)
    assert project.states(recipient=first) == {"accepted": 1}
    assert project.states() == {"accepted": 1, "unknown": 1}
    with pytest.raises(UsageError, match=r"no delivery .* is unknown"):
        settle_unknown(app, Selection(keys=[row.key.text()[:10]]), "accepted", yes)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(keys=["12345"]),
        Selection(keys=["deadbeef00"]),
        Selection(keys=["anna@example.org"]),
        Selection(channel="nowhere"),
        Selection(edition="daily/99"),
        Selection(edition="daily"),
        Selection(edition="daily/²"),
    ],
)
def test_a_selection_that_names_nothing(project: Project, app: Application, selection: Selection) -> None:
    """The error says what to do, and nothing changes."""
    project.subscribe(1)
    now(app)
    with pytest.raises(UsageError) as caught:
        settle_unknown(app, selection, "skip", yes)
    assert caught.value.hint
    assert project.states() == {"unknown": 1}


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (Selection(channel="newsletter"), 2),
        (Selection(channel="mastodon"), 0),
        (Selection(edition="daily/1"), 2),
        (Selection(recipient="person0@example.org"), 1),
        (Selection(edition="daily/1", recipient="nobody@example.org"), 0),
    ],
)
def test_a_selection(project: Project, app: Application, selection: Selection, count: int) -> None:
    project.subscribe(2)
    now(app)
    assert settle_unknown(app, selection, "skip", yes).changed_count == count


def test_a_no_changes_nothing_and_the_question_shows_what_it_is_about(
    project: Project, app: Application, adapter: ScriptedAdapter
) -> None:
    project.subscribe(50)
    # Silence after silence would pause the channel.
    adapter.answer = lambda message: accept(message) if len(adapter.handed) % 2 else Unknown("silence")
    now(app)
    asked: list[Question] = []
    report = settle_unknown(app, ALL, "resend", lambda question: bool(asked.append(question)))
    assert report.declined
    assert (asked[0].count, len(asked[0].first)) == (25, 20)
    assert project.states() == {"accepted": 25, "unknown": 25}


def test_what_came_into_doubt_while_a_person_thought_is_not_decided(
    project: Project, app: Application, clock: StandingClock, adapter: ScriptedAdapter
) -> None:
    project.subscribe(1)
    now(app)

    def think(question: Question) -> bool:
        clock.forward(minutes=1)
        project.subscribe(2)
        project.article("zweite")
        now(app)
        return True

    assert settle_unknown(app, ALL, "skip", think).changed_count == 1
    assert project.states() == {"unknown": 2, "skipped": 1}


def test_what_was_given_up_is_tried_again(
    project: Project, app: Application, adapter: ScriptedAdapter, clock: StandingClock
) -> None:
    """With a new term: what is deferred then is not given up at once."""
    first, second = project.subscribe(2)

    def answer(message: SealedMessage) -> Outcome:
        return Rejected("no") if message.recipient == first else Deferred("full")

    adapter.answer = answer
    now(app)
    clock.forward(days=6)
    send_again(app)
    assert project.states() == {"rejected": 1, "expired": 1}
    adapter.answer = lambda message: Deferred("full")
    only_expired = retry_given_up(app, ALL, [DeliveryState.EXPIRED], yes)
    assert (only_expired.matched_count, only_expired.changed_count) == (1, 1)
    send_again(app)
    assert project.states() == {"rejected": 1, "deferred": 1}
    adapter.answer = accept
    assert retry_given_up(app, Selection(recipient=first), (), yes).changed_count == 1
    clock.forward(hours=2)
    send_again(app)
    assert project.states() == {"accepted": 2}
    assert second in adapter.recipients


def test_the_rule_resend_brings_everybody_theirs(
    project: Project, app: Application, adapter: ScriptedAdapter, clock: StandingClock
) -> None:
    """By the scheduler's own pass, without a person."""
    project.subscribe(2)
    ruled = with_rule(app)
    now(ruled)
    assert project.states() == {"unknown": 2}
    adapter.answer = accept
    send_waiting(ruled, threading.Event())
    assert project.states() == {"accepted": 2}
    assert {note.worker for note in app.ledger.attempts([1]) if note.stage == "settle"} == {"rule on_unknown"}


def test_the_rule_resend_does_not_flood_a_remote_that_never_answers(
    project: Project, app: Application, adapter: ScriptedAdapter, clock: StandingClock
) -> None:
    """A few times at once, then about once an hour, and not for ever."""
    project.subscribe(1)
    ruled = with_rule(app)
    now(ruled)
    for _ in range(20):
        send_waiting(ruled, threading.Event())
    assert len(adapter.handed) == RESEND_AT_ONCE_COUNT + 1
    for _ in range(24 * 10):
        clock.forward(hours=1)
        send_waiting(ruled, threading.Event())
    assert len(adapter.handed) <= RESEND_AT_ONCE_COUNT + 1 + 24 * 5
    assert project.states() == {"unknown": 1}


def test_the_rule_is_for_its_own_enabled_channel(project: Project, app: Application) -> None:
    project.subscribe(1)
    now(app)
    assert resend_by_rule(app, app.channels) == 0
    assert resend_by_rule(with_rule(app, enabled=False), app.channels) == 0
    assert resend_by_rule(with_rule(app), ["mastodon"]) == 0
    assert resend_by_rule(with_rule(app), app.channels) == 1
