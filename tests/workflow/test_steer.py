"""Steering: a pause, a resume and a cancel in the middle, and the rest afterwards. Nobody is lost, nobody gets two."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from publisher.domain.attempt import Accepted, Deferred, Outcome
from publisher.domain.edition import EditionState
from publisher.domain.message import SealedMessage
from publisher.errors import UsageError
from publisher.workflow.application import Application
from publisher.workflow.rest import RestOffer, RestReport, send_rest
from publisher.workflow.send import send
from publisher.workflow.steer import Word, steer
from tests.journeys.project import DIGEST, Project
from tests.workflow.office import StandingClock, now, opened
from tests.workflow.scripted import ScriptedAdapter, accept, scripted


@pytest.fixture
def adapter() -> ScriptedAdapter:
    return ScriptedAdapter()


@pytest.fixture
def app(project: Project, adapter: ScriptedAdapter) -> Iterator[Application]:
    project.article()
    with opened(project) as app:
        yield scripted(app, adapter)


def rest(app: Application, name: str = "daily/1", ask: Callable[[RestOffer], bool] = lambda offer: True) -> RestReport:
    return send_rest(app, name, ask=ask, stop=threading.Event(), on_progress=lambda progress: None)


def stop_after(adapter: ScriptedAdapter, app: Application, count: int, word: Word) -> None:
    """Steer from another place as soon as so many have been handed over."""

    def answer(message: SealedMessage) -> Outcome:
        if len(adapter.handed) == count:
            steer(app, "daily/1", word)
        return accept(message)

    adapter.answer = answer


def test_a_pause_in_the_middle_and_a_resume(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    """The pass ends after the message on the wire; nothing goes while it is paused; a resume brings the rest."""
    addresses = project.subscribe(9)
    stop_after(adapter, app, 4, "pause")
    assert now(app).exit_code == 4
    assert project.states() == {"accepted": 4, "queued": 5}
    send(app, ["newsletter"], stop=threading.Event())
    assert now(app, "daily").offer is not None
    assert len(adapter.handed) == 4
    report = steer(app, "daily/1", "resume")
    assert (report.state, report.changed) == (EditionState.SENDING, True)
    send(app, ["newsletter"], stop=threading.Event())
    assert adapter.recipients == addresses
    assert app.ledger.editions()[0].state is EditionState.SENT


def test_a_cancel_in_the_middle_and_the_rest(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    """What had not started is cancelled; "send to the rest" brings it to those, and to who has come since."""
    project.subscribe(9)
    stop_after(adapter, app, 4, "cancel")
    assert now(app).exit_code == 0
    assert project.states() == {"accepted": 4, "cancelled": 5}
    addresses = project.subscribe(12)
    offers: list[RestOffer] = []
    assert rest(app, ask=lambda offer: bool(offers.append(offer))).discarded
    assert (offers[0].rest.new_count, offers[0].rest.cancelled_count) == (3, 5)
    assert len(adapter.handed) == 4
    assert rest(app).exit_code == 0
    assert adapter.recipients == addresses
    assert len({message.sections["headers"].partition(b"Subject")[2][:60] for message in adapter.handed}) == 1
    assert rest(app).offer.empty
    assert len(adapter.handed) == 12


def test_what_was_on_the_wire_at_a_cancel_and_is_deferred_is_cancelled_then(
    project: Project, app: Application, adapter: ScriptedAdapter
) -> None:
    project.subscribe(3)

    def answer(message: SealedMessage) -> Outcome:
        steer(app, "daily/1", "cancel")
        return Deferred("later")

    adapter.answer = answer
    now(app)
    assert project.states() == {"cancelled": 3}


def test_the_rest_goes_over_the_channel_that_the_first_went_over(
    project: Project, app: Application, adapter: ScriptedAdapter
) -> None:
    """A digest that has moved to another channel meanwhile: nobody gets the same edition twice."""
    project.subscribe(2)
    now(app)
    config = project.folder / "config.toml"
    moved = DIGEST.replace('"newsletter"', '"other"')
    more = '[channels.other]\nadapter = "folder"\nfolder = "other"\n'
    config.write_text(config.read_text().replace(DIGEST, moved) + more)
    project.subscribe(3)
    with opened(project) as changed:
        report = rest(scripted(changed, adapter))
    assert report.offer.channel == "newsletter"
    assert Counter(adapter.recipients).most_common(1)[0][1] == 1
    assert len(adapter.handed) == 3


def test_what_the_rest_needs_is_named(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    project.subscribe(1)
    now(app)
    config = project.folder / "config.toml"
    config.write_text(config.read_text().replace("digests.daily", "digests.weekly"))
    with opened(project) as changed, pytest.raises(UsageError, match=r"digests\.daily"):
        rest(scripted(changed, adapter))


def test_cancelled_before_anything_was_sent(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    """Its articles are free: a new edition takes them, and the old one has no rest."""
    addresses = project.subscribe(2)
    adapter.answer = lambda message: Accepted("taken")
    stop = threading.Event()

    def stopped(offer: object) -> bool:
        stop.set()
        return True

    with pytest.raises(Exception, match="stopped before"):
        now(app, ask=stopped, stop=stop)
    assert project.states() == {}
    assert now(app).exit_code == 0
    assert adapter.recipients == addresses


@pytest.mark.parametrize("word", ["pause", "resume", "cancel"])
def test_what_is_sent_cannot_be_stopped(project: Project, app: Application, word: Word) -> None:
    project.subscribe(1)
    now(app)
    with pytest.raises(UsageError, match=f"cannot {word} daily/1: it is sent") as caught:
        steer(app, "daily/1", word)
    assert "--rest daily/1" in caught.value.hint


def test_the_same_word_twice(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    """The second says that it was so before; a cancel ends a pause, too."""
    project.subscribe(3)
    stop_after(adapter, app, 1, "pause")
    now(app)
    assert steer(app, "daily/1", "pause").changed is False
    assert steer(app, "daily/1", "cancel").changed is True
    assert steer(app, "daily/1", "cancel").changed is False
    for word in ("pause", "resume"):
        with pytest.raises(UsageError, match="it is cancelled"):
            steer(app, "daily/1", word)


def test_a_new_subscriber_gets_the_newest_edition(project: Project, app: Application, adapter: ScriptedAdapter) -> None:
    project.subscribe(1)
    now(app)
    project.subscribe(2)
    clock = app.clock
    assert isinstance(clock, StandingClock)
    clock.forward(days=30)
    assert rest(app).exit_code == 0
    assert adapter.recipients == ["person0@example.org", "person1@example.org"]
    assert project.states() == {"accepted": 2}
