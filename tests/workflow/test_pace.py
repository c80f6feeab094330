"""Pace at work: limits hold on the wire, a slow domain keeps nobody waiting, and a broken way uses nobody up."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest

from publisher.domain.attempt import Deferred, Evidence, Outcome, Rejected, Unknown
from publisher.domain.circuit import CircuitState
from publisher.domain.message import SealedMessage
from publisher.domain.subscriber import Subscriber
from publisher.errors import ChannelMisconfigured
from publisher.ports.audit import AuditFilter
from publisher.ports.ledger import DeliveryFilter
from publisher.workflow.application import Application
from publisher.workflow.claims import CLAIM_COUNT
from publisher.workflow.deliver import send_waiting
from publisher.workflow.send import SendReport, send
from publisher.workflow.steer_channel import steer_channel
from publisher.workflow.waiting import Cause, next_go_at, waits
from tests.journeys.project import Project
from tests.workflow.office import MONDAY, StandingClock, now, opened
from tests.workflow.scripted import ScriptedAdapter, accept, scripted

Start = Callable[..., Application]


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def adapter() -> ScriptedAdapter:
    return ScriptedAdapter()


@pytest.fixture
def start(project: Project, clock: StandingClock, adapter: ScriptedAdapter) -> Iterator[Start]:
    """Plan an edition, and give an application whose channel has these settings."""
    with opened(project, clock) as app:

        def begin(people: dict[str, int], **settings: Any) -> Application:
            project.article()
            subscribe(project, people)
            off = scripted(app, adapter, enabled=False)
            now(off)
            return scripted(app, adapter, **settings)

        yield begin


def subscribe(project: Project, people: dict[str, int]) -> None:
    """So many at each domain; they are planned in this order."""
    with project.store() as store:
        store.subscribers.save(
            [
                Subscriber(f"p{place}{number:04}@{domain}", digests=("daily",))
                for place, (domain, count) in enumerate(people.items())
                for number in range(count)
            ],
            MONDAY,
        )


def go(app: Application, **options: Any) -> SendReport:
    return send(app, ["newsletter"], **{"stop": threading.Event()} | options)


def timed(adapter: ScriptedAdapter, clock: StandingClock) -> list[tuple[datetime, str]]:
    """When each recipient's message was handed over."""
    seen: list[tuple[datetime, str]] = []

    def answer(message: SealedMessage) -> Outcome:
        seen.append((clock.at, message.recipient))
        return accept(message)

    adapter.answer = answer
    return seen


def most_within(times: Sequence[datetime], seconds: float) -> int:
    window = timedelta(seconds=seconds)
    return max(sum(1 for other in times if at - window < other <= at) for at in times)


def at_domain(message: SealedMessage, domain: str) -> bool:
    return message.recipient.endswith(f"@{domain}")


# --------------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("pace", "seconds", "limit"),
    [({"per_second": 7}, 1, 7), ({"per_minute": 20}, 60, 20), ({"per_second": 7, "per_minute": 20}, 60, 20)],
)
def test_a_limit_holds_on_the_wire_and_everybody_gets_it(
    project: Project,
    adapter: ScriptedAdapter,
    clock: StandingClock,
    start: Start,
    pace: dict[str, int],
    seconds: int,
    limit: int,
) -> None:
    """In no window more than the limit, and one pass brings all of it: it waits for what is soon."""
    app = start({"a.example": 45}, pace=pace)
    seen = timed(adapter, clock)
    report = go(app)
    assert report.counts == {"accepted": 45}
    assert most_within([at for at, _ in seen], seconds) == limit
    assert (seen[-1][0] - seen[0][0]).total_seconds() <= 45 / limit * seconds * 1.05


def test_without_a_pace_nothing_is_waited_for(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    """The control of the one before."""
    seen = timed(adapter, clock)
    go(start({"a.example": 45}))
    assert {at for at, _ in seen} == {MONDAY}


class Counted:
    """Counts what the engine asks the store for."""

    def __init__(self, real: Any, **instead: Any) -> None:
        self._real = real
        self._instead = instead
        self.calls: Counter[str] = Counter()
        self.claimed: Counter[int] = Counter()

    def __getattr__(self, name: str) -> Any:
        real = self._instead.get(name) or getattr(self._real, name)

        def call(*args: Any, **options: Any) -> Any:
            self.calls[name] += 1
            given = real(*args, **options)
            if name == "claim":
                self.claimed.update(delivery.id for delivery in given)
            return given

        return call


def test_a_channel_without_a_pace_pays_nothing_for_it(adapter: ScriptedAdapter, start: Start) -> None:
    """One look for a batch of fifty, no token, no commit more."""
    app = start({"a.example": 250})
    pace = Counted(app.pace)
    go(replace(app, pace=pace))
    assert set(pace.calls) == {"standing"}
    assert pace.calls["standing"] <= 250 // 50 + 4
    assert len(adapter.handed) == 250


def test_what_takes_longer_is_left_for_the_next_run_and_a_restart_does_not_burst(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    app = start({"a.example": 12}, pace={"per_hour": 5})
    go(app)
    assert project.states() == {"accepted": 5, "queued": 7}
    (wait,) = waits(app, ["newsletter"]).values()
    assert wait.cause is Cause.PACE
    assert wait.until is not None
    with opened(project, clock) as again:
        go(scripted(again, adapter, pace={"per_hour": 5}))
    assert len(adapter.handed) == 5
    assert send_waiting(app, threading.Event()) is None
    for hour in range(1, 3):
        clock.at = MONDAY + timedelta(hours=hour, minutes=2 * hour)
        go(app)
    assert project.states() == {"accepted": 12}


def test_a_slow_domain_keeps_nobody_waiting(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    """The slow ones stand first in the queue; all others have theirs before the clock has moved."""
    app = start({"slow.example": 30, "other.example": 40}, domain_pace={"slow.example": {"per_minute": 10}})
    seen = timed(adapter, clock)
    go(app)
    assert project.states() == {"accepted": 70}
    assert sum(1 for at, who in seen if at == MONDAY and who.endswith("@other.example")) == 40
    assert most_within([at for at, who in seen if who.endswith("@slow.example")], 60) == 10


def test_even_a_fast_limit_keeps_nobody_waiting(adapter: ScriptedAdapter, clock: StandingClock, start: Start) -> None:
    """Hundreds stand before the others; these have theirs at once, and the limit is used to the full."""
    app = start({"slow.example": 500, "other.example": 20}, domain_pace={"slow.example": {"per_second": 20}})
    seen = timed(adapter, clock)
    go(app)
    assert sum(1 for at, who in seen if at == MONDAY and who.endswith("@other.example")) == 20
    slow = [at for at, who in seen if who.endswith("@slow.example")]
    assert len(slow) == 500
    assert most_within(slow, 1) == 20
    assert slow[-1] - slow[0] <= timedelta(seconds=500 / 20 * 1.1)


def test_each_other_domain_has_a_bucket_of_its_own(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    paces = {"*": {"per_hour": 3}, "a.example": {"per_hour": 5}}
    go(start({"a.example": 9, "b.example": 9, "c.example": 9}, domain_pace=paces))
    domains = Counter(recipient.partition("@")[2] for recipient in adapter.recipients)
    assert domains == {"a.example": 5, "b.example": 3, "c.example": 3}


def crowded(start: Start) -> Application:
    return start({"slow.example": 900, "other.example": 60}, domain_pace={"slow.example": {"per_hour": 20}})


def test_what_is_passed_over_is_not_looked_at_again_and_again(
    project: Project, adapter: ScriptedAdapter, start: Start
) -> None:
    """Nine batches of a slow domain stand before the others: they are put off in one go, each claimed once at most."""
    app = crowded(start)
    ledger = Counted(app.ledger)
    go(replace(app, ledger=ledger))
    assert Counter(recipient.partition("@")[2] for recipient in adapter.recipients) == {
        "slow.example": 20,
        "other.example": 60,
    }
    assert max(ledger.claimed.values()) == 1
    assert len(ledger.claimed) <= 300
    assert project.states() == {"accepted": 80, "queued": 880}


class Stuck(Exception):
    """The engine claims the same again and again."""


def test_giving_back_without_putting_off_is_found_out(adapter: ScriptedAdapter, start: Start) -> None:
    """The control: an engine that only gives back what has no token claims the same hundred again, for ever."""
    app = crowded(start)
    ledger = Counted(app.ledger)

    def claim(*args: Any, **options: Any) -> Any:
        if ledger.calls["claim"] > 30:
            raise Stuck
        return app.ledger.claim(*args, **options)

    ledger._instead["claim"] = claim
    with pytest.raises(Stuck):
        go(replace(app, ledger=ledger, pace=Counted(app.pace, put_off=lambda *_: 0)))
    assert max(ledger.claimed.values()) > 10
    assert not any(recipient.endswith("other.example") for recipient in adapter.recipients)


def test_what_is_put_off_comes_in_its_time(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    """A run every few minutes, as `publish run` makes them: a day's worth of a slow domain, never above its limit."""
    app = start({"slow.example": 70}, domain_pace={"slow.example": {"per_hour": 20}})
    seen = timed(adapter, clock)
    for _ in range(60):
        send_waiting(app, threading.Event())
        clock.forward(minutes=5)
    assert project.states() == {"accepted": 70}
    assert most_within([at for at, _ in seen], 3_600) <= 20
    assert (seen[-1][0] - seen[0][0]) <= timedelta(hours=4)


def test_whoever_waits_for_the_channel_does_not_look_again_and_again(adapter: ScriptedAdapter, start: Start) -> None:
    """Once a second, and with more in the queue than one claim takes, too: for twelve minutes here."""
    app = start({"a.example": 120}, pace={"per_minute": 10})
    pace = Counted(app.pace)
    go(replace(app, pace=pace))
    assert len(adapter.handed) == 120
    assert pace.calls["standing"] <= 13 * 60


def test_two_runs_at_once_share_one_bucket(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    app = start({"a.example": 60}, pace={"per_hour": 25})
    with opened(project, clock) as second:
        other = scripted(second, adapter, pace={"per_hour": 25})
        threads = [threading.Thread(target=go, args=(one,)) for one in (app, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(adapter.handed) == 25


def test_a_rehearsal_has_no_pace(project: Project, clock: StandingClock, adapter: ScriptedAdapter) -> None:
    project.article()
    subscribe(project, {"a.example": 20})
    with opened(project, clock, rehearse=True) as app:
        paced = scripted(app, adapter, pace={"per_hour": 1}, quiet_hours="00:00-23:59")
        assert now(paced).exit_code == 0
    assert len(adapter.handed) == 20


# ------------------------------------------------------------------------------------------------------ slow down


def busy(message: SealedMessage, code: int, enhanced: str = "") -> Outcome:
    return Deferred(f"{code} slow down", evidence=Evidence("recipient", "slow down", code, enhanced))


def test_a_domain_that_asks_for_it_is_slowed_down_and_no_other(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    """4.7.28: nothing more goes to this domain for a minute, then a few, and later as fast as before."""
    app = start({"slow.example": 200, "other.example": 50})
    seen = timed_but_the_first_slow_one(adapter, clock)
    go(app)
    to_slow = [at for at, who in seen if who.endswith("@slow.example")]
    assert to_slow[0] == MONDAY
    assert to_slow[1] >= MONDAY + timedelta(seconds=60)
    assert sum(1 for at, who in seen if at == MONDAY and who.endswith("@other.example")) == 50
    assert most_within(to_slow[1:], 60) <= 60
    assert Counter(project.states())["accepted"] == 249


def timed_but_the_first_slow_one(adapter: ScriptedAdapter, clock: StandingClock) -> list[tuple[datetime, str]]:
    """Refuse the first message to the slow domain, and take all others."""
    seen: list[tuple[datetime, str]] = []

    def answer(message: SealedMessage) -> Outcome:
        seen.append((clock.at, message.recipient))
        is_first = sum(1 for _, who in seen if who.endswith("@slow.example")) == 1
        if is_first and at_domain(message, "slow.example"):
            return busy(message, 450, "4.7.28")
        return accept(message)

    adapter.answer = answer
    return seen


def test_421_slows_the_channel_down(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    app = start({"a.example": 30})
    seen: list[datetime] = []

    def answer(message: SealedMessage) -> Outcome:
        seen.append(clock.at)
        return busy(message, 421) if len(seen) == 1 else accept(message)

    adapter.answer = answer
    go(app)
    assert seen[1] >= MONDAY + timedelta(seconds=60)
    assert len(seen) == 30


@pytest.mark.parametrize("wish", [30.0, 1_800.0])
def test_a_wish_of_the_remote_holds_the_whole_channel(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start, wish: float
) -> None:
    """Retry-After: what is near is waited for, what is far is left for the next run."""
    app = start({"a.example": 5})
    seen: list[datetime] = []

    def answer(message: SealedMessage) -> Outcome:
        seen.append(clock.at)
        return Deferred("HTTP 429", wish, Evidence("response", "", 429)) if len(seen) == 1 else accept(message)

    adapter.answer = answer
    go(app)
    if wish > 90:
        assert len(seen) == 1
        (wait,) = waits(app, ["newsletter"]).values()
        assert (wait.cause, wait.until) == (Cause.SLOWED, MONDAY + timedelta(seconds=wish))
        assert send_waiting(app, threading.Event()) is None
        clock.forward(seconds=wish)
        go(app)
    assert seen[1] >= MONDAY + timedelta(seconds=wish)
    assert len(seen) >= 5


# -------------------------------------------------------------------------------------------------------- circuit


def unreachable(message: SealedMessage) -> Outcome:
    return Deferred("connection refused", evidence=Evidence("connection", "refused", relay="mail.example.org:25"))


def refused_by_policy(message: SealedMessage) -> Outcome:
    return Rejected("550 blocked", evidence=Evidence("recipient", "blocked", 550, "5.7.1"))


def told(app: Application) -> list[tuple[str, str]]:
    return [(row.event.kind.value, row.event.about) for row in app.notices.events(rehearsal=False) if row.count == 1]


def test_a_server_that_cannot_be_reached_uses_nobody_up(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    """Five are tried, the channel pauses, the others are not touched; no attempt is counted; the team is told once."""
    app = start({"a.example": 60})
    adapter.answer = unreachable
    go(app)
    assert len(adapter.handed) == 5
    assert project.states() == {"deferred": 5, "queued": 55}
    assert {row.attempt_count for row in project.deliveries()} == {0}
    assert len(app.ledger.attempts([row.id for row in project.deliveries(states=["deferred"])])) == 5
    (wait,) = waits(app, ["newsletter"]).values()
    assert (wait.cause, wait.until, wait.reason) == (
        *(Cause.TROUBLE, MONDAY + timedelta(seconds=60), "connection refused"),
    )
    clock.forward(seconds=30)
    assert send_waiting(app, threading.Event()) is None
    assert len(adapter.handed) == 5
    assert told(app) == [("channel_paused", "newsletter")]


def test_one_is_tried_now_and_then_and_the_first_that_arrives_brings_the_others(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    app = start({"a.example": 30})
    adapter.answer = unreachable
    go(app)
    probes = []
    for _ in range(3):
        clock.at = app.pace.circuits()["newsletter"].probe_at or MONDAY
        before = len(adapter.handed)
        go(app)
        probes.append(len(adapter.handed) - before)
    assert probes == [1, 1, 1]
    assert told(app) == [("channel_paused", "newsletter")]
    clock.at = app.pace.circuits()["newsletter"].probe_at or MONDAY
    adapter.answer = accept
    go(app)
    clock.forward(hours=2)
    go(app)
    assert project.states() == {"accepted": 30}
    assert app.pace.circuits() == {}


class NeverOpens:
    """The control: an engine without a circuit."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def change_circuit(self, channel: str, change: Any, now: datetime) -> Any:
        before = self._real.standing(channel).circuit
        return before, before


def test_without_a_circuit_everybody_is_tried(adapter: ScriptedAdapter, start: Start) -> None:
    app = start({"a.example": 30})
    adapter.answer = unreachable
    go(replace(app, pace=NeverOpens(app.pace)))
    assert len(adapter.handed) == 30


def test_a_server_that_does_not_want_our_mail_refuses_five_and_no_more(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    """What is tried to find out is not rejected for it; the addresses stay in the list."""
    app = start({"a.example": 30})
    adapter.answer = refused_by_policy
    go(app)
    assert project.states() == {"rejected": 5, "queued": 25}
    clock.forward(seconds=60)
    go(app)
    assert project.states() == {"rejected": 5, "deferred": 1, "queued": 24}
    assert app.subscribers.suppressions() == []


def test_some_refusals_among_many_answers_are_no_trouble(
    project: Project, adapter: ScriptedAdapter, start: Start
) -> None:
    app = start({"a.example": 40, "b.example": 10})
    adapter.answer = lambda message: (
        refused_by_policy(message) if int(message.recipient[2:6]) % 3 == 0 else accept(message)
    )
    go(app)
    assert len(adapter.handed) == 50
    assert app.pace.circuits() == {}


def test_silence_after_silence_names_five_and_no_more(project: Project, adapter: ScriptedAdapter, start: Start) -> None:
    """A server that never answers the final dot must not leave ten thousand in doubt."""
    app = start({"a.example": 30})
    adapter.answer = lambda message: Unknown("silence", Evidence("final dot"))
    go(app)
    assert project.states() == {"unknown": 5, "queued": 25}


def test_a_refused_login_pauses_at_once_and_a_person_may_try_at_once(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    """`publish run` does not knock every five seconds; who has mended the password does not have to wait."""
    app = start({"a.example": 10})

    def refuse(message: SealedMessage) -> Outcome:
        raise ChannelMisconfigured("the login was refused")

    adapter.answer = refuse
    assert set(go(app).stopped) == {"newsletter"}
    assert len(adapter.handed) == 1
    assert project.states() == {"queued": 10}
    assert {row.attempt_count for row in project.deliveries()} == {0}
    assert send_waiting(app, threading.Event()) is None
    go(app)
    assert len(adapter.handed) == 1
    go(app, asked_for=())
    assert len(adapter.handed) == 2
    adapter.answer = accept
    go(app, asked_for=())
    assert project.states() == {"accepted": 10}


def test_what_we_break_off_ourselves_is_no_trouble_on_the_way(
    project: Project, adapter: ScriptedAdapter, start: Start
) -> None:
    """Ctrl-C cuts connections: that must not pause the channel."""
    app = start({"a.example": 10})
    stop = threading.Event()

    def cut(message: SealedMessage) -> Outcome:
        stop.set()
        return Unknown("interrupted", Evidence("final dot"))

    adapter.answer = cut
    go(app, stop=stop)
    assert app.pace.standing("newsletter").circuit.recent == ""


# ---------------------------------------------------------------------------------------------------- quiet hours


def evening(clock: StandingClock) -> None:
    clock.at = MONDAY.replace(hour=20)  # 21:00 in Berlin


def test_quiet_hours_hold_what_was_scheduled_until_the_morning(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    app = start({"a.example": 5}, quiet_hours="20:00-07:00")
    evening(clock)
    go(app)
    assert send_waiting(app, threading.Event()) is None
    assert adapter.handed == []
    (wait,) = waits(app, ["newsletter"]).values()
    assert (wait.cause, wait.until) == (Cause.QUIET_HOURS, MONDAY.replace(day=24, hour=6, minute=0))
    assert next_go_at(app) == wait.until
    clock.at = MONDAY.replace(day=24, hour=6, minute=0)
    assert send_waiting(app, threading.Event()) is not None
    assert project.states() == {"accepted": 5}


def test_what_a_person_has_just_made_leaves_in_quiet_hours_and_nothing_else(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    app = start({"a.example": 3}, quiet_hours="20:00-07:00")
    evening(clock)
    project.article("eilmeldung")
    report = now(app)
    assert report.offer is not None
    assert report.offer.left_over == {}
    assert Counter(row.edition for row in project.deliveries() if row.state == "accepted") == {"daily/2": 3}
    assert Counter(row.edition for row in project.deliveries() if row.state == "queued") == {"daily/1": 3}


def test_quiet_hours_that_begin_in_the_middle(
    project: Project, adapter: ScriptedAdapter, clock: StandingClock, start: Start
) -> None:
    app = start({"a.example": 30}, quiet_hours="20:00-07:00")
    clock.at = MONDAY.replace(hour=18, minute=59)

    def answer(message: SealedMessage) -> Outcome:
        clock.forward(seconds=20)
        return accept(message)

    adapter.answer = answer
    go(app)
    assert project.states() == {"accepted": 3, "queued": 27}
    assert app.ledger.count_deliveries(DeliveryFilter(states=["claimed"])) == {}


# -------------------------------------------------------------------------------------------------------- a pause


def pause_after_four(app: Application, adapter: ScriptedAdapter) -> None:
    """Somebody pauses the channel while the fourth message is sent."""

    def answer(message: SealedMessage) -> Outcome:
        if len(adapter.handed) == 4:
            steer_channel(app, "newsletter", "pause")
        return accept(message)

    adapter.answer = answer


def test_a_paused_channel_obeys_within_one_message(project: Project, adapter: ScriptedAdapter, start: Start) -> None:
    app = start({"a.example": 30})
    pause_after_four(app, adapter)
    go(app)
    assert len(adapter.handed) == 4
    assert project.states() == {"accepted": 4, "queued": 26}
    go(app, asked_for=())
    assert len(adapter.handed) == 4
    assert steer_channel(app, "newsletter", "pause").changed is False
    report = steer_channel(app, "newsletter", "resume")
    assert (report.state, report.changed) == (CircuitState.CLOSED, True)
    noted = [(entry.action, entry.about) for entry in app.audit.entries(AuditFilter(about="channel newsletter"))]
    assert noted == [("pause", "channel newsletter"), ("resume", "channel newsletter")]
    go(app)
    assert project.states() == {"accepted": 30}


class ClaimsCounted:
    """A ledger that notes how many it has let this process claim."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def claim(self, channel: str, **options: Any) -> Any:
        claimed = self._ledger.claim(channel, **options)
        self.count += len(claimed)
        return claimed


def test_after_a_pause_nothing_more_is_claimed(project: Project, adapter: ScriptedAdapter, start: Start) -> None:
    app = start({"a.example": 400})
    pause_after_four(app, adapter)
    ledger = ClaimsCounted(app.ledger)
    go(replace(app, ledger=ledger))
    assert project.states() == {"accepted": 4, "queued": 396}
    assert ledger.count <= 2 * CLAIM_COUNT


class Interrupted(StandingClock):
    """Somebody does something at another place while a run waits for its next token."""

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.then()

    def then(self) -> None:
        """Nothing, until a test says otherwise."""


@pytest.mark.parametrize(("word", "handed"), [("pause", 5), ("resume", 12)])
def test_a_run_that_waits_obeys_within_a_second(
    project: Project, adapter: ScriptedAdapter, word: Literal["pause", "resume"], handed: int
) -> None:
    """It waits for a slowdown to end: a pause ends the run, and a resume the wait."""
    clock = Interrupted()
    project.article()
    subscribe(project, {"a.example": 12})
    seen: list[datetime] = []

    def answer(message: SealedMessage) -> Outcome:
        seen.append(clock.at)
        return Deferred("HTTP 429", 80.0, Evidence("response", "", 429)) if len(seen) == 5 else accept(message)

    adapter.answer = answer
    with opened(project, clock) as app:
        scripted_app = scripted(app, adapter)
        clock.then = lambda: steer_channel(scripted_app, "newsletter", word)  # type: ignore[method-assign]
        now(scripted_app)
    assert len(seen) == handed
    assert seen[-1] - MONDAY <= timedelta(seconds=2)
