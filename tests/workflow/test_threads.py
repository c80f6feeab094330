"""A thread is posted segment by segment, each answering the one before, and goes on where it was stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from publisher.domain.attempt import Deferred, Outcome, Rejected, Unknown
from publisher.domain.message import SealedMessage
from publisher.errors import StoreError
from publisher.workflow.application import Application
from publisher.workflow.send import send
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, now, opened
from tests.workflow.posting import Network, on_network, take
from tests.workflow.test_send import LosingLedger

BODY = "Die Pumpe läuft seit Montag ohne jede Störung, und sie ist leise.\n\n" * 4


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def app(project: Project, clock: StandingClock, network: Network) -> Iterator[Application]:
    project.article(body=BODY, channels=["mastodon"])
    with opened(project, clock) as app:
        yield on_network(app, network, split=True)


def go_on(app: Application) -> None:
    send(app, ["mastodon"], stop=threading.Event())


def segments(network: Network) -> list[int]:
    return [message.segment for message in network.handed]


def numbers(project: Project) -> list[tuple[int, str]]:
    return [(row.key.segment, row.state.value) for row in project.deliveries(channel="mastodon")]


def test_in_one_run_in_order_each_knows_those_before(project: Project, app: Application, network: Network) -> None:
    report = now(app, "neue-pumpe")
    assert report.exit_code == 0
    assert segments(network) == [1, 2, 3, 4]
    assert [message.previous for message in network.handed][2:] == [("id-1", "id-2"), ("id-1", "id-2", "id-3")]
    assert len({message.key for message in network.handed}) == 4
    assert [text.rpartition("\n\n")[2] for text in network.texts] == ["1/4", "2/4", "3/4", "4/4"]
    assert project.states(channel="mastodon") == {"accepted": 4}


def test_it_goes_on_where_the_network_had_put_it_off(
    project: Project, app: Application, network: Network, clock: StandingClock
) -> None:
    network.answer = lambda message: Deferred("slow down") if message.segment == 2 else take(message)
    assert now(app, "neue-pumpe").exit_code == 4
    assert numbers(project) == [(1, "accepted"), (2, "deferred"), (3, "queued"), (4, "queued")]
    network.answer = take
    go_on(app)
    assert segments(network) == [1, 2]
    clock.forward(hours=2)
    go_on(app)
    assert segments(network) == [1, 2, 2, 3, 4]


@pytest.mark.parametrize(("outcome", "code"), [(Rejected("no"), 1), (Unknown("silence"), 3)])
def test_a_hole_stops_the_rest_until_somebody_decides(
    project: Project, app: Application, network: Network, outcome: Outcome, code: int
) -> None:
    """They stay queued; no run tries them, and each says that they wait."""
    network.answer = lambda message: outcome if message.segment == 2 else take(message)
    report = now(app, "neue-pumpe")
    assert (report.exit_code, report.halted_count) == (code, 2)
    assert segments(network) == [1, 2]
    again = now(app, "neue-pumpe")
    assert (again.exit_code, again.halted_count) == (3, 2)
    assert segments(network) == [1, 2]
    assert [row.waits_for for row in project.deliveries(channel="mastodon")] == [None, None, 2, 2]


def test_a_crash_between_two_goes_on_after_the_last_that_was_accepted(
    project: Project, app: Application, network: Network, clock: StandingClock
) -> None:
    """The store is gone after the second one was recorded; the next run posts the third and the fourth, once each."""
    from dataclasses import replace

    with pytest.raises(StoreError):
        now(replace(app, ledger=LosingLedger(app.ledger, 3)), "neue-pumpe")
    tried = segments(network)
    assert tried in ([1, 2], [1, 2, 3])
    clock.forward(hours=1)
    app.ledger.recover(clock.now())
    accepted = [segment for segment, state in numbers(project) if state == "accepted"]
    assert accepted == list(range(1, len(accepted) + 1))
    go_on(app)
    assert segments(network) == [1, 2, 3, 4]


class Power(BaseException):
    """The process ends here."""


def test_a_crash_on_the_wire_leaves_that_one_in_doubt_and_the_rest_waiting(
    project: Project, app: Application, network: Network, clock: StandingClock
) -> None:
    def answer(message: SealedMessage) -> Outcome:
        if message.segment == 2:
            raise Power
        return take(message)

    network.answer = answer
    with pytest.raises(Power):
        now(app, "neue-pumpe")
    network.answer = take
    clock.forward(hours=1)
    go_on(app)
    assert segments(network) == [1, 2]
    assert numbers(project) == [(1, "accepted"), (2, "unknown"), (3, "queued"), (4, "queued")]
