"""What is unknown is repeated only where the network recognises it, else the network is asked, else a person is."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

import pytest

from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.domain.message import SealedMessage
from publisher.domain.replay import MARGIN_SECONDS
from publisher.errors import ChannelMisconfigured
from publisher.workflow.application import Application
from publisher.workflow.deliver import send_waiting
from publisher.workflow.settle import ask_remotes
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, now, opened
from tests.workflow.posting import AskableNetwork, Network, on_network, take

HOUR = 3_600.0


def silence(message: SealedMessage) -> Outcome:
    return Unknown("silence")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def in_doubt(project: Project, clock: StandingClock):
    """Give an application whose one post is unknown on this network."""
    managers = []

    def make(network: Network, replay_seconds: float = 0.0) -> Application:
        project.article(channels=["mastodon"])
        manager = opened(project, clock)
        managers.append(manager)
        app = on_network(manager.__enter__(), network, replay_seconds=replay_seconds)
        network.answer = silence
        assert now(app, "neue-pumpe").exit_code == 3
        network.answer = take
        return app

    yield make
    for manager in managers:
        manager.__exit__(None, None, None)


Make = Callable[..., Application]


def test_without_either_it_waits_for_a_person(project: Project, in_doubt: Make, clock: StandingClock) -> None:
    network = Network()
    app = in_doubt(network)
    clock.forward(days=1)
    assert ask_remotes(app, ["mastodon"]) == {}
    assert now(app, "neue-pumpe").exit_code == 3
    assert len(network.handed) == 1
    assert project.states() == {"unknown": 1}


@pytest.mark.parametrize(
    ("seconds", "tries"), [(0, 2), (HOUR - MARGIN_SECONDS, 2), (HOUR - MARGIN_SECONDS + 1, 1), (HOUR, 1), (9 * HOUR, 1)]
)
def test_repeated_within_the_networks_window_and_not_after(
    project: Project, in_doubt: Make, clock: StandingClock, seconds: float, tries: int
) -> None:
    """With the same key and the same prepared values, so that the network knows it again."""
    network = Network()
    app = in_doubt(network, HOUR)
    clock.forward(seconds=seconds)
    assert now(app, "neue-pumpe").exit_code == (0 if tries == 2 else 3)
    assert len(network.handed) == tries
    assert len({(sealed.key, sealed.prepared["key"]) for sealed in network.handed}) == 1
    assert project.states() == ({"accepted": 1} if tries == 2 else {"unknown": 1})


def test_the_repetition_is_noted(project: Project, in_doubt: Make) -> None:
    app = in_doubt(Network(), HOUR)
    assert ask_remotes(app, ["mastodon"]) == {DeliveryState.QUEUED: 1}
    notes = app.ledger.attempts([project.deliveries()[0].id])
    assert notes[1].reason == "tried again: network recognises a repeated attempt"
    assert (notes[1].stage, notes[1].worker) == ("replay", app.worker)


def test_a_repetition_that_is_put_off_beyond_the_window_is_not_made(
    project: Project, in_doubt: Make, clock: StandingClock
) -> None:
    """The first attempt may have arrived: once the network has forgotten it, a second one could be a second post."""
    network = Network()
    app = in_doubt(network, HOUR)
    network.answer = lambda message: Deferred("slow down", retry_after_seconds=2 * HOUR)
    assert now(app, "neue-pumpe").exit_code == 4
    network.answer = take
    clock.forward(hours=3)
    send_waiting(app, threading.Event())
    assert len(network.handed) == 2
    (row,) = project.deliveries()
    assert (row.state.value, row.reason) == (
        "unknown",
        "an earlier attempt may have arrived, and it is too late to repeat it safely",
    )


def test_always_recognised_means_repeated_for_days_but_more_and_more_seldom(
    project: Project, in_doubt: Make, clock: StandingClock
) -> None:
    network = Network()
    app = in_doubt(network, math.inf)
    network.answer = silence
    for _ in range(6 * 24 * 6):
        send_waiting(app, threading.Event())
        clock.forward(minutes=10)
    assert 50 < len(network.handed) < 150
    assert project.states() == {"unknown": 1}


def test_found_it_is_accepted_with_its_receipt(project: Project, in_doubt: Make) -> None:
    network = AskableNetwork(found=lambda message: Accepted("id-9", "https://a.example/9"))
    app = in_doubt(network)
    assert now(app, "neue-pumpe").exit_code == 0
    (row,) = project.deliveries()
    assert (row.state.value, row.receipt, row.url) == ("accepted", "id-9", "https://a.example/9")
    assert (len(network.handed), len(network.asked)) == (1, 1)
    assert network.asked[0].marks["tried"] == 1


def test_surely_not_there_it_is_sent_again(project: Project, in_doubt: Make) -> None:
    network = AskableNetwork(found=lambda message: Rejected("nothing of the kind"))
    app = in_doubt(network)
    assert now(app, "neue-pumpe").exit_code == 0
    assert (len(network.handed), len(network.asked)) == (2, 1)
    assert project.states() == {"accepted": 1}
    notes = [note.reason for note in app.ledger.attempts([project.deliveries()[0].id])]
    assert notes == ["silence", "not there, tried again: nothing of the kind", ""]


def broken(message: SealedMessage) -> Outcome:
    raise ZeroDivisionError


@pytest.mark.parametrize("answer", [lambda message: Unknown("cannot tell"), broken])
def test_where_the_network_cannot_tell_it_stays_unknown(project: Project, in_doubt: Make, answer: object) -> None:
    """An adapter's defect is no answer either."""
    network = AskableNetwork(found=answer)  # type: ignore[arg-type]
    app = in_doubt(network)
    assert now(app, "neue-pumpe").exit_code == 3
    assert len(network.handed) == 1
    assert project.states() == {"unknown": 1}


def test_asked_at_once_and_then_more_and_more_seldom(in_doubt: Make, clock: StandingClock) -> None:
    network = AskableNetwork(found=lambda message: Unknown("cannot tell"))
    app = in_doubt(network)
    for minutes in (1, 1, 5, 1, 9, 1):
        clock.forward(minutes=minutes)
        ask_remotes(app, ["mastodon"])
    assert len(network.asked) == 3


def test_asked_only_after_the_window(in_doubt: Make, clock: StandingClock) -> None:
    """Within it, repeating is safe and needs no question."""
    network = AskableNetwork(found=lambda message: Accepted("id-9"))
    app = in_doubt(network, HOUR)
    clock.forward(hours=2)
    assert ask_remotes(app, ["mastodon"]) == {DeliveryState.ACCEPTED: 1}
    assert len(network.handed) == 1


def test_refused_credentials_leave_it_for_later(project: Project, in_doubt: Make) -> None:
    def refuse(message: SealedMessage) -> Outcome:
        raise ChannelMisconfigured("wrong token")

    app = in_doubt(AskableNetwork(found=refuse))
    assert ask_remotes(app, ["mastodon"]) == {}
    assert project.states() == {"unknown": 1}


def test_not_there_begins_a_new_window(project: Project, in_doubt: Make, clock: StandingClock) -> None:
    """What the network says is not there cannot come twice: the next attempt is the first that may have arrived."""
    network = AskableNetwork(found=lambda message: Rejected("nothing"))
    app = in_doubt(network, HOUR)
    clock.forward(hours=2)
    network.answer = silence
    send_waiting(app, threading.Event())
    clock.forward(minutes=30)
    network.answer = take
    send_waiting(app, threading.Event())
    assert (len(network.handed), len(network.asked)) == (3, 1)
    assert project.states() == {"accepted": 1}


def test_a_rehearsal_asks_nobody(project: Project, clock: StandingClock) -> None:
    network = AskableNetwork(answer=silence)
    project.article(channels=["mastodon"])
    with opened(project, clock, rehearse=True) as opened_app:
        app = on_network(opened_app, network)
        now(app, "neue-pumpe")
        assert ask_remotes(app, ["mastodon"]) == {}
    assert network.asked == []
