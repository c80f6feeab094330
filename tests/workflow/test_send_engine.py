"""The engine: what is durable when, what a crash at each stage leaves, how it stops, and that its connections share."""

from __future__ import annotations

import select
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.attempt import Accepted, Deferred, Outcome, Unknown
from publisher.domain.message import SealedMessage
from publisher.domain.wire import Stage
from publisher.errors import StoreError
from publisher.ports.adapter import AdapterType, ChannelSettings, Mark
from publisher.ports.ledger import DeliveryFilter
from publisher.workflow.application import Application, Channel
from publisher.workflow.claims import LEASE_SECONDS, OWN_SECONDS
from publisher.workflow.crew import SlotMark
from publisher.workflow.send import Progress, send
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, now, opened
from tests.workflow.scripted import ScriptedAdapter

CONNECTIONS = 4


class Settings(ChannelSettings):
    connections: int = CONNECTIONS


Action = Callable[[SealedMessage, Mark], Outcome]


def accept(message: SealedMessage, mark: Mark) -> Outcome:
    return Accepted("taken")


@dataclass
class Busy(ScriptedAdapter):
    """An adapter with several connections: an action for each message."""

    act: Action = accept
    lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> Any:  # type: ignore[override]
        return Connection(self)


@dataclass
class Connection:
    adapter: Busy
    over: threading.Event = field(default_factory=threading.Event)

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        with self.adapter.lock:
            self.adapter.handed.append(message)
        return self.adapter.act(message, mark)

    def verify(self) -> str:
        return "ready"

    def close(self) -> None:
        pass


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def adapter() -> Busy:
    return Busy()


@pytest.fixture
def app(project: Project, clock: StandingClock, adapter: Busy) -> Iterator[Application]:
    project.article()
    with opened(project, clock) as app:
        kind = AdapterType("busy", "a script", Settings, lambda *_: adapter, adapter.kinds)
        channel = Channel("newsletter", Settings(adapter="busy"), kind, adapter)
        yield replace(app, channels={**app.channels, "newsletter": channel})


def send_again(app: Application, **options: Any) -> Any:
    return send(app, ["newsletter"], **{"stop": threading.Event()} | options)


class CountingLedger:
    """Counts the commits of the engine."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.exchanges: list[tuple[int, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def begin_exchange(self, finished: Any, starting: Any, **options: Any) -> Any:
        self.exchanges.append((len(finished), len(starting)))
        return self._ledger.begin_exchange(finished, starting, **options)


# ------------------------------------------------------------------------------------------ journal and recording


def states_on_disk(project: Project) -> dict[str, str]:
    """What another process sees: only what is committed."""
    with sqlite3.connect(f"file:{project.folder / 'publisher.db'}?mode=ro", uri=True) as connection:
        return dict(connection.execute("SELECT recipient, state FROM deliveries"))


def watch_the_journal(project: Project, app: Application, adapter: Busy, ledger: Any = None) -> list[str]:
    """Send to 40 and say what was wrong on the disk at the moment when an adapter had a message in its hands."""
    faults: list[str] = []

    def look(message: SealedMessage, mark: Mark) -> Outcome:
        seen = Counter(states_on_disk(project).values())
        mine = states_on_disk(project)[message.recipient]
        if mine != "sending":
            faults.append(f"in hand, but {mine}")
        if seen["sending"] > CONNECTIONS:
            faults.append(f"{seen['sending']} sending")
        return Accepted("taken")

    project.subscribe(40)
    adapter.act = look
    now(app if ledger is None else replace(app, ledger=ledger))
    return faults


def test_sending_is_durable_before_the_adapter_has_it(project: Project, app: Application, adapter: Busy) -> None:
    """And never are more deliveries sending than there are connections: that is how many a crash can leave in doubt."""
    assert watch_the_journal(project, app, adapter) == []
    assert project.states() == {"accepted": 40}


class RecordsAfterwards:
    """The control: an engine that journals nothing and records when the reply is there."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def begin_exchange(self, finished: Any, starting: Any, **options: Any) -> Any:
        for attempt in finished:
            self._ledger.exchange([], [attempt.delivery_id], **options)
        self._ledger.begin_exchange(finished, [], **options)
        return frozenset(starting)


def test_recording_only_afterwards_is_found_out(project: Project, app: Application, adapter: Busy) -> None:
    faults = watch_the_journal(project, app, adapter, RecordsAfterwards(app.ledger))
    assert "in hand, but claimed" in faults


def test_all_connections_share_their_commits(project: Project, app: Application, adapter: Busy) -> None:
    """What is finished and what starts stand in one commit; never more than one for each connection."""
    project.subscribe(40)
    gate = threading.Barrier(CONNECTIONS, timeout=20)

    def together(message: SealedMessage, mark: Mark) -> Outcome:
        gate.wait()
        time.sleep(0.02)
        return Accepted("taken")

    adapter.act = together
    ledger = CountingLedger(app.ledger)
    now(replace(app, ledger=ledger))
    assert sum(finished for finished, _ in ledger.exchanges) == sum(starting for _, starting in ledger.exchanges) == 40
    assert max(starting for _, starting in ledger.exchanges) == CONNECTIONS
    assert len(ledger.exchanges) <= 40
    assert project.states() == {"accepted": 40}


def test_a_claim_that_took_too_long_to_start_is_given_back(
    project: Project, app: Application, adapter: Busy, clock: StandingClock
) -> None:
    """Past its own share of the lease, by a clock that never jumps, a worker starts nothing more of a claim."""
    addresses = project.subscribe(9)

    def slowly(message: SealedMessage, mark: Mark) -> Outcome:
        if len(adapter.handed) == 1:
            clock.forward(seconds=OWN_SECONDS + 1)
        return Accepted("taken")

    adapter.act = slowly
    ledger = CountingLedger(app.ledger)
    now(replace(app, ledger=ledger))
    assert adapter.recipients == addresses
    assert project.states() == {"accepted": 9}


class StoppedAfterCommit(CountingLedger):
    """The machine sleeps right after the journal entry is durable."""

    def __init__(self, ledger: Any, clock: StandingClock) -> None:
        super().__init__(ledger)
        self._clock = clock

    def begin_exchange(self, finished: Any, starting: Any, **options: Any) -> Any:
        may_start = super().begin_exchange(finished, starting, **options)
        if len(self.exchanges) == 1:
            self._clock.forward(seconds=LEASE_SECONDS)
        return may_start


def test_after_a_long_sleep_nothing_is_sent_on_an_old_right(
    project: Project, app: Application, adapter: Busy, clock: StandingClock
) -> None:
    """Another worker may have been told that it is in doubt: it is put back, and claimed and sent anew."""
    addresses = project.subscribe(2)
    now(replace(app, ledger=StoppedAfterCommit(app.ledger, clock)))
    assert adapter.recipients == addresses
    for row in project.deliveries():
        with project.ledger() as ledger:
            outcomes = [attempt.outcome for attempt in ledger.attempts([row.id])]
        assert outcomes == ["deferred", "accepted"]


# ------------------------------------------------------------------------------------------------------- crashes


class Crash(BaseException):
    """The process ends here; what it had in memory only is gone."""


@pytest.mark.parametrize(
    ("stage", "state", "sent_again"),
    [
        (None, "unknown", 0),
        (Stage.ENVELOPE, "accepted", 1),
        (Stage.DOT, "unknown", 0),
        (Stage.OK, "accepted", 0),
        (Stage.NO, "accepted", 1),
    ],
)
def test_a_crash_at_each_stage(
    project: Project, app: Application, adapter: Busy, stage: Stage | None, state: str, sent_again: int
) -> None:
    """The next run needs no lease to run out: what was not handed over is sent, what may have arrived is named once,
    what the server has taken is accepted with its words."""
    (address,) = project.subscribe(1)

    def crash(message: SealedMessage, mark: Mark) -> Outcome:
        if stage is not None:
            mark.wire(stage, "250 mine" if stage is Stage.OK else "")
        raise Crash

    adapter.act = crash
    with pytest.raises(Crash):
        now(app)
    adapter.handed.clear()
    adapter.act = accept
    send_again(app)
    assert project.states() == {state: 1}
    assert len(adapter.handed) == sent_again
    if stage is Stage.OK:
        assert project.deliveries(recipient=address)[0].receipt == "250 mine"


@pytest.mark.parametrize("stage", [Stage.ENVELOPE, Stage.DOT])
def test_a_crash_with_all_connections_busy(project: Project, app: Application, adapter: Busy, stage: Stage) -> None:
    """At most one delivery a connection is in doubt, each of them is named, and nobody gets anything twice."""
    addresses = project.subscribe(30)
    gate = threading.Barrier(CONNECTIONS, timeout=20)
    taken: list[str] = []

    def crash(message: SealedMessage, mark: Mark) -> Outcome:
        with adapter.lock:
            number = len(adapter.handed)
        if number <= 8:
            taken.append(message.recipient)
            return Accepted("taken")
        mark.wire(stage)
        if stage is Stage.DOT:
            taken.append(message.recipient)
        gate.wait()
        raise Crash

    adapter.act = crash
    with pytest.raises(Crash):
        now(app)
    adapter.act = lambda message, mark: (taken.append(message.recipient), Accepted("taken"))[1]
    send_again(app)
    unknown = [row.key.recipient for row in project.deliveries() if row.state.value == "unknown"]
    assert len(unknown) == (CONNECTIONS if stage is Stage.DOT else 0)
    assert sorted(taken) == addresses
    assert project.states() == {"accepted": 30 - len(unknown)} | ({"unknown": len(unknown)} if unknown else {})


def test_the_lost_record_of_an_accepted_message_is_found_again(
    project: Project, app: Application, adapter: Busy
) -> None:
    """The disk fails between the server's yes and its record: the slot still has it, with the server's words."""
    project.subscribe(CONNECTIONS)

    class LosesRecords(CountingLedger):
        def begin_exchange(self, finished: Any, starting: Any, **options: Any) -> Any:
            if finished:
                raise OSError("input/output error")
            return super().begin_exchange(finished, starting, **options)

    with pytest.raises(OSError, match="input/output"):
        now(replace(app, ledger=LosesRecords(app.ledger)))
    assert len(adapter.handed) == CONNECTIONS
    app.ledger.recover(app.clock.now())
    assert project.states() == {"accepted": CONNECTIONS}
    assert {row.receipt for row in project.deliveries()} == {"taken"}


def no_commit(action: int, word: str | None, *_: Any) -> int:
    """SQLite asks this before it prepares a statement."""
    is_commit = action == sqlite3.SQLITE_TRANSACTION and word == "COMMIT"
    return sqlite3.SQLITE_DENY if is_commit else sqlite3.SQLITE_OK


class LosesItsTransactions(CountingLedger):
    """The disk fails in the middle of a commit: from the `good_count`-th on, each of them is undone."""

    def __init__(self, ledger: Any, good_count: int) -> None:
        super().__init__(ledger)
        self._good_count = good_count

    def begin_exchange(self, finished: Any, starting: Any, **options: Any) -> Any:
        if len(self.exchanges) >= self._good_count:
            kept = self._ledger._database.write_hot()
            (kept._hot or kept._open()).cursor.connection.set_authorizer(no_commit)  # no real disk fails on command
        return super().begin_exchange(finished, starting, **options)


def test_a_failed_commit_sends_nothing_of_what_it_journals(project: Project, app: Application, adapter: Busy) -> None:
    project.subscribe(30)
    with pytest.raises(StoreError):
        now(replace(app, ledger=LosesItsTransactions(app.ledger, 0)))
    assert adapter.handed == []
    send_again(app)
    assert project.states() == {"accepted": 30}


def test_a_failed_commit_loses_no_record(project: Project, app: Application, adapter: Busy) -> None:
    """The slots speak of the messages before until their record is durable; nobody gets anything twice."""
    addresses = project.subscribe(30)
    with pytest.raises(StoreError):
        now(replace(app, ledger=LosesItsTransactions(app.ledger, 2)))
    assert CONNECTIONS <= len(adapter.handed) < 30
    send_again(app)
    assert adapter.recipients == addresses
    assert project.states() == {"accepted": 30}


@dataclass
class Multi(Busy):
    """An adapter whose connections go ahead of the commit; it notes what was on the disk at each step."""

    look: Callable[[str], str] = lambda recipient: ""
    seen: list[tuple[str, str]] = field(default_factory=list)

    def open_many(self, count: int) -> EagerSessions:
        return EagerSessions(self)


class EagerSessions:
    """Does what comes before the message at once, and the rest when it is told."""

    def __init__(self, adapter: Multi) -> None:
        self._adapter = adapter
        self._prepared: dict[int, tuple[SealedMessage, Mark]] = {}
        self._done: list[tuple[int, Outcome]] = []
        self._bell, self._ringer = socket.socketpair()

    @property
    def bell(self) -> int:
        return self._ringer.fileno()

    def prepare(self, place: int, message: SealedMessage, mark: Mark) -> None:
        assert place not in self._prepared
        mark.wire(Stage.ENVELOPE)
        self._prepared[place] = (message, mark)

    def send(self, place: int) -> None:
        message, mark = self._prepared.pop(place)
        mark.wire(Stage.DOT)
        self._adapter.handed.append(message)
        self._adapter.seen.append(("sent", self._adapter.look(message.recipient)))
        self._done.append((place, self._adapter.act(message, mark)))

    def cancel(self, place: int) -> None:
        message, _ = self._prepared.pop(place)
        self._adapter.seen.append(("cancelled", self._adapter.look(message.recipient)))

    def finished(self, seconds: float) -> list[tuple[int, Outcome]]:
        if not self._done and select.select([self._bell], [], [], seconds)[0]:
            self._bell.recv(64)
        done, self._done = self._done, []
        return done

    def interrupt(self) -> None:
        self._adapter.seen.append(("interrupted", ""))
        self._ringer.send(b".")

    def close(self) -> None:
        assert not self._prepared
        self._bell.close()
        self._ringer.close()


def with_adapter(app: Application, adapter: Busy) -> Application:
    channel = replace(app.channels["newsletter"], adapter=adapter)
    return replace(app, channels={**app.channels, "newsletter": channel})


def test_connections_go_ahead_but_nothing_leaves_before_the_commit(project: Project, app: Application) -> None:
    project.subscribe(40)
    adapter = Multi(look=lambda recipient: states_on_disk(project)[recipient])
    now(with_adapter(app, adapter))
    assert Counter(adapter.seen) == {("sent", "sending"): 40}
    assert project.states() == {"accepted": 40}


class LosesWhatItCommits(CountingLedger):
    """The disk fails before the `good_count + 1`-th exchange, committed by then, is on it."""

    def __init__(self, ledger: Any, good_count: int) -> None:
        super().__init__(ledger)
        self._good_count = good_count

    def open_syncer(self, bell: int | None) -> Any:
        return FailingSyncer(self._ledger.open_syncer(bell), self._good_count)


@dataclass
class FailingSyncer:
    syncer: Any
    good_count: int

    def begin(self) -> None:
        self.syncer.begin()

    def done_count(self) -> int:
        count: int = self.syncer.done_count()
        if count > self.good_count:
            raise StoreError("the disk reported an error")
        return count

    def close(self) -> None:
        self.syncer.close()


def test_what_went_ahead_of_a_failing_disk_is_cancelled(project: Project, app: Application) -> None:
    """What was sent before is finished, and its slots speak of it; what was only journalled never leaves."""
    addresses = project.subscribe(30)
    adapter = Multi(look=lambda recipient: states_on_disk(project)[recipient])
    with pytest.raises(StoreError):
        now(replace(with_adapter(app, adapter), ledger=LosesWhatItCommits(app.ledger, 2)))
    assert Counter(adapter.seen) == {("sent", "sending"): 2 * CONNECTIONS, ("cancelled", "sending"): CONNECTIONS}
    send_again(with_adapter(app, adapter))
    assert adapter.recipients == addresses
    assert project.states() == {"accepted": 30}


class WireThatBreaks(CountingLedger):
    """A wire log whose slots take so many deliveries, and then none."""

    def __init__(self, ledger: Any, good_count: int) -> None:
        super().__init__(ledger)
        self.good_count = good_count

    def open_wire(self, *args: Any) -> Any:
        self._wire = self._ledger.open_wire(*args)
        return self

    @property
    def worker(self) -> str:
        return str(self._wire.worker)

    def slot(self, number: int) -> Any:
        return BreakingSlot(self._wire.slot(number), self)

    def close(self, *, settled: bool) -> None:
        self._wire.close(settled=settled)


@dataclass
class BreakingSlot:
    slot: Any
    wire: WireThatBreaks

    def __getattr__(self, name: str) -> Any:
        return getattr(self.slot, name)

    def begin(self, delivery_id: int) -> None:
        self.wire.good_count -= 1
        if self.wire.good_count < 0:
            raise OSError("the memory is gone")
        self.slot.begin(delivery_id)


def test_a_wire_log_that_breaks_ends_the_run_and_loses_nobody(project: Project, app: Application) -> None:
    """Half of a turn has started: it is waited for; the other half is called off, and nobody waits for it."""
    addresses = project.subscribe(30)
    adapter = Multi(look=lambda recipient: states_on_disk(project)[recipient])
    with pytest.raises(OSError, match="the memory is gone"):
        now(replace(with_adapter(app, adapter), ledger=WireThatBreaks(app.ledger, CONNECTIONS + 2)))
    seen = Counter(what for what, _ in adapter.seen)  # and nobody was waited for until there was no more time
    assert seen == {"sent": CONNECTIONS + 2, "cancelled": CONNECTIONS - 2}
    send_again(with_adapter(app, adapter))
    assert adapter.recipients == addresses
    assert project.states() == {"accepted": 30}


class NoMoreThreads(Multi):
    """One message cannot be let go."""

    def open_many(self, count: int) -> EagerSessions:
        return SessionsThatFail(self)


class SessionsThatFail(EagerSessions):
    def send(self, place: int) -> None:
        if len(self._adapter.seen) == CONNECTIONS + 2:
            del self._prepared[place]
            raise RuntimeError("can't start new thread")
        super().send(place)


def test_a_message_that_cannot_be_let_go_ends_the_run_and_loses_nobody(project: Project, app: Application) -> None:
    addresses = project.subscribe(30)
    adapter = NoMoreThreads(look=lambda recipient: states_on_disk(project)[recipient])
    with pytest.raises(RuntimeError, match="can't start new thread"):
        now(with_adapter(app, adapter))
    assert "interrupted" not in {what for what, _ in adapter.seen}
    send_again(with_adapter(app, again := Multi(look=lambda recipient: "")))
    assert Counter(adapter.recipients) + Counter(again.recipients) == Counter(addresses)
    assert project.states() == {"accepted": 30}


def test_what_went_ahead_before_a_long_sleep_is_called_off(
    project: Project, app: Application, clock: StandingClock
) -> None:
    addresses = project.subscribe(2)
    adapter = Multi()
    ledger = StoppedAfterCommit(app.ledger, clock)
    now(replace(with_adapter(app, adapter), ledger=ledger))
    assert [step for step, _ in adapter.seen] == ["cancelled", "cancelled", "sent", "sent"]
    assert adapter.recipients == addresses
    assert project.states() == {"accepted": 2}


@pytest.mark.parametrize("stage", [Stage.ENVELOPE, Stage.DOT])
def test_a_slot_speaks_of_one_delivery_at_a_time(stage: Stage) -> None:
    """What is noted while the record of the delivery before is not durable waits; then it counts at once."""
    slot = NotedSlot()
    mark = SlotMark(lambda *_: None, slot, 7)
    mark.wire(stage)
    assert slot.notes == []
    mark.begin()
    assert slot.notes == [("begin", 7), ("note", stage)]


@dataclass
class NotedSlot:
    notes: list[tuple[str, Any]] = field(default_factory=list)
    stage: Stage = Stage.IDLE

    def begin(self, delivery_id: int) -> None:
        self.notes.append(("begin", delivery_id))

    def note(self, stage: Stage, receipt: str = "") -> None:
        self.notes.append(("note", stage))


# ------------------------------------------------------------------------------------------------------ stopping


def test_what_is_on_the_wire_is_finished_and_the_rest_given_back(
    project: Project, app: Application, adapter: Busy
) -> None:
    project.subscribe(30)
    stop = threading.Event()

    def stopping(message: SealedMessage, mark: Mark) -> Outcome:
        stop.set()
        time.sleep(0.05)
        return Accepted("taken")

    adapter.act = stopping
    report = now(app, stop=stop)
    assert report.sent is not None
    assert report.sent.interrupted
    assert 1 <= len(adapter.handed) <= CONNECTIONS
    assert project.states() == {"accepted": len(adapter.handed), "queued": 30 - len(adapter.handed)}
    assert not list((project.folder / "publisher.db-wire").iterdir())


def test_who_can_be_interrupted_is(project: Project, app: Application, adapter: Busy) -> None:
    """After the grace a connection is cut: what waits for the reply to its dot is unknown, and recorded as such."""
    project.subscribe(6)
    stop = threading.Event()

    class Cut(Connection):
        def send(self, message: SealedMessage, mark: Mark) -> Outcome:
            self.adapter.handed.append(message)
            mark.wire(Stage.DOT)
            stop.set()
            return Unknown("interrupted") if self.over.wait(20) else Deferred("never")

        def interrupt(self) -> None:
            self.over.set()

    adapter.open = lambda: Cut(adapter)  # type: ignore[method-assign]
    project.article()
    began = time.monotonic()
    prepare_only(app)
    send_again(app, stop=stop, grace_seconds=0.3)
    assert time.monotonic() - began < 10
    handed = len(adapter.handed)
    assert project.states() == {"unknown": handed, "queued": 6 - handed}


def prepare_only(app: Application) -> None:
    """Plan the edition and send nothing of it yet."""
    stop = threading.Event()
    original = app.channels["newsletter"]
    off = replace(original, settings=original.settings.model_copy(update={"enabled": False}))
    now(replace(app, channels={**app.channels, "newsletter": off}), stop=stop)


@pytest.mark.parametrize(("stage", "state"), [(Stage.DOT, "unknown"), (Stage.ENVELOPE, "queued"), (None, "unknown")])
def test_who_never_comes_back_is_left_behind(
    project: Project, app: Application, adapter: Busy, stage: Stage | None, state: str
) -> None:
    """The program leaves in time all the same, and the slot says what became of the delivery."""
    project.subscribe(1)
    stop, over = threading.Event(), threading.Event()

    def hang(message: SealedMessage, mark: Mark) -> Outcome:
        if stage is not None:
            mark.wire(stage)
        stop.set()
        over.wait(30)
        return Accepted("too late")

    adapter.act = hang
    prepare_only(app)
    began = time.monotonic()
    report = send_again(app, stop=stop, grace_seconds=0.3)
    assert time.monotonic() - began < 8
    assert project.states() == {state: 1}
    assert report.interrupted == (state == "queued")
    over.set()


# ------------------------------------------------------------------------------------------------------ together


def test_two_runs_share_what_there_is(project: Project, app: Application, adapter: Busy) -> None:
    """Two at a time over the same channel: everybody once, nobody twice, nothing in doubt."""
    addresses = project.subscribe(150)
    prepare_only(app)
    with opened(project, StandingClock()) as second:
        other = replace(second, channels=app.channels)
        threads = [threading.Thread(target=send_again, args=(one,)) for one in (app, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert adapter.recipients == addresses
    assert project.states() == {"accepted": 150}


def test_progress_tells_rate_and_time_left(
    project: Project, app: Application, adapter: Busy, clock: StandingClock
) -> None:
    project.subscribe(10)
    seen: list[Progress] = []

    def a_second_each(message: SealedMessage, mark: Mark) -> Outcome:
        with adapter.lock:
            clock.at += timedelta(seconds=1)
        return Accepted("taken")

    adapter.act = a_second_each
    now(app, on_progress=seen.append)
    last = seen[-1]
    assert (sum(last.counts.values()), last.total_count, last.seconds_left) == (10, 10, 0.0)
    assert last.per_second == pytest.approx(1.0, rel=0.5)
    first = seen[0]
    assert first.seconds_left is not None
    assert first.seconds_left == pytest.approx((10 - sum(first.counts.values())) / first.per_second)


def test_posts_are_marked_durably_from_their_threads(project: Project, app: Application, adapter: Busy) -> None:
    """Marks of several connections at once are all there at the next attempt."""
    project.subscribe(8)

    def mark_and_defer(message: SealedMessage, mark: Mark) -> Outcome:
        mark("media", message.recipient)
        return Deferred("later")

    adapter.act = mark_and_defer
    now(app)
    with project.store() as store, store.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT recipient, marks FROM deliveries").all()
    assert all(f'"{recipient}"' in marks for recipient, marks in rows)
    assert len(rows) == 8
    assert app.ledger.count_deliveries(DeliveryFilter()) == {"deferred": 8}


def test_a_wire_log_per_run_and_none_left(project: Project, app: Application, adapter: Busy, tmp_path: Path) -> None:
    project.subscribe(3)
    folder = project.folder / "publisher.db-wire"
    seen: list[int] = []

    def look(message: SealedMessage, mark: Mark) -> Outcome:
        seen.append(len(list(folder.glob("*.slots"))))
        return Accepted("taken")

    adapter.act = look
    now(app)
    assert set(seen) == {1}
    assert list(folder.iterdir()) == []
