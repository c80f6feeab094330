"""The crew of one channel: one thread that claims, journals, hands over, judges and records; its connections only send.

A row says *sending* durably before anything of its message leaves, and the connection's slot in the wire log says how
far it came. Whatever is finished by then is recorded in the same commit in which the next ones are journalled: one for
a third of the connections or more. While that commit is written to the disk, they already go through what comes before
the message, and the others send. So a crash leaves at most one delivery a connection in doubt, and that one is named.
See `docs/decisions/0002-group-commit.md`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from publisher.domain.attempt import Accepted, Outcome, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.domain.message import SealedMessage
from publisher.domain.replay import is_too_late
from publisher.domain.wire import Stage
from publisher.errors import ChannelMisconfigured, ConfigError
from publisher.logs import get_logger, logs
from publisher.ports.adapter import Multiplexed, Sessions
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt, Syncer
from publisher.ports.wire import WireSlot
from publisher.workflow.application import Application, Channel
from publisher.workflow.claims import OWN_SECONDS
from publisher.workflow.halt import Halt
from publisher.workflow.judge import judge, put_back
from publisher.workflow.paced_claims import PacedClaims
from publisher.workflow.seal import Sealer
from publisher.workflow.threaded_sessions import ThreadedSessions

# From its start on a delivery is held for longer than any adapter takes for one message.
SENDING_LEASE_SECONDS = 1_200.0
LOOK_SECONDS = 1.0
# One exchange on its way to the disk, and one behind it.
MAX_TURNS = 2
# While fewer than a third of them are done, the others are waited for as long as the disk took, and no longer than:
MAX_LINGER_SECONDS = 0.02
# So many of those that are claimed are sealed ahead, in the time that would be spent on waiting.
AHEAD_COUNT = 64


class SlotMark:
    """What an adapter tells while it sends: durable values to the ledger, stages to the connection's slot.

    Until it begins, the slot still speaks of the delivery before, whose record is being committed.
    """

    __slots__ = ("_delivery_id", "_early_stage", "_is_begun", "_make_durable", "_slot")

    def __init__(self, make_durable: Callable[[int, str, Any], None], slot: WireSlot, delivery_id: int) -> None:
        self._make_durable = make_durable
        self._slot = slot
        self._delivery_id = delivery_id
        self._is_begun = False
        self._early_stage: Stage | None = None

    def begin(self) -> None:
        """Take over the slot: from here on the message may leave."""
        self._slot.begin(self._delivery_id)
        self._is_begun = True
        if self._early_stage is not None:
            self._slot.note(self._early_stage)

    def __call__(self, name: str, value: Any) -> None:
        """Make a value durable. Errors: StoreError if this worker has lost the right to send."""
        self._make_durable(self._delivery_id, name, value)

    def wire(self, stage: Stage, receipt: str = "") -> None:
        """Note how far the message has come."""
        if self._is_begun:
            self._slot.note(stage, receipt)
        else:
            self._early_stage = stage


class UnderWay:
    """A delivery that has its connection. It waits for its journal entry to be durable, then it is on its way."""

    def __init__(self, place: int, delivery: ClaimedDelivery, key: str, mark: SlotMark) -> None:
        self.place = place
        self.delivery = delivery
        self.key = key
        self.mark = mark
        self.started_at: datetime = delivery.queued_at
        self.started_seconds = 0.0


class Turn(NamedTuple):
    """One exchange on its way to the disk: what it records, and what may start after it. `number` counts from 1."""

    number: int
    recorded: Sequence[FinishedAttempt]
    prepared: deque[UnderWay]
    asked_seconds: float


class Crew:
    """One channel's run. `writing` is shared by all who write to the ledger in this process."""

    def __init__(
        self,
        app: Application,
        channel: Channel,
        claims: PacedClaims,
        slots: Sequence[WireSlot],
        halt: Halt,
        writing: threading.Lock,
        on_recorded: Callable[[str, Sequence[DeliveryState]], None],
    ) -> None:
        self._app = app
        self._channel = channel
        self._claims = claims
        self._guard = claims.guard
        self._slots = slots
        self._halt = halt
        self._writing = writing
        self._on_recorded = on_recorded
        self._sealer = Sealer(app)
        self._sessions: Sessions | None = None
        self._under_way: dict[int, UnderWay] = {}
        self._finished: list[FinishedAttempt] = []
        self._free_places = list(range(len(slots)))
        self._turns: deque[Turn] = deque()
        self._turn_count = 0
        self._linger_until = 0.0
        self._replay_seconds = channel.replay_seconds
        # Asked once: most runs log nothing, and even an event that nobody wants takes making.
        self._tells_start, self._tells_attempt = logs("debug"), logs("info")
        self._worker_thread = threading.Thread(target=self._run, name=claims.worker, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._worker_thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for its end; say whether it has come."""
        self._worker_thread.join(seconds)
        return not self._worker_thread.is_alive()

    def interrupt(self) -> None:
        """Break the wait for replies, where the adapter can: there is no more time."""
        if self._sessions is not None:
            self._sessions.interrupt()

    def _run(self) -> None:
        try:
            sessions = self._sessions = open_sessions(self._channel, len(self._slots))
            syncer = self._app.ledger.open_syncer(sessions.bell)
            try:
                self._work(sessions, syncer)
            except BaseException as error:
                self._halt.fail(error)
                self._cancel_prepared(sessions)
                self._note_the_rest(sessions)
            finally:
                syncer.close()
                sessions.close()
        except BaseException as error:  # the store is gone, or worse: nothing may go out that cannot be recorded
            self._halt.fail(error)

    def _work(self, sessions: Sessions, syncer: Syncer) -> None:
        """Commit and collect in turns until nothing is left, or everything has been settled without this crew."""
        while not self._halt.is_abandoned:
            self._start_durable(sessions, syncer)
            if not self._waits_for_others() and self._exchange(sessions, syncer):
                continue
            if not self._turns and not self._under_way and not self._finished:
                if self._rest():
                    continue
                return
            for place, result in self._finished_of(sessions):
                self._finish(place, result)

    def _finished_of(self, sessions: Sessions) -> Sequence[tuple[int, Outcome | BaseException]]:
        """Take what is finished. While there is nothing, do a little of what will be needed soon; else wait."""
        if self._is_work_ahead():
            results = sessions.finished(0.0)
            if results or self._work_ahead():
                return results
        return sessions.finished(self._patience())

    def _is_work_ahead(self) -> bool:
        if self._halt.is_stopped(self._channel.name):
            return False
        sealed_count = self._sealer.ahead_count
        return sealed_count < min(AHEAD_COUNT, len(self._claims)) or self._claims.wants_more(len(self._slots))

    def _work_ahead(self) -> bool:
        """Claim some, or seal one; False if there was nothing to do."""
        if self._claims.wants_more(len(self._slots)):
            self._sealer.keep_only(self._claims.upcoming())
            with self._writing:
                self._claims.fetch()
            return True
        delivery = self._claims.after(self._sealer.ahead_count)
        if delivery is None or self._sealer.has(delivery):  # others have come in between, or what was sealed is gone
            self._sealer.keep_only(self._claims.upcoming())
            delivery = next((one for one in self._claims.upcoming() if not self._sealer.has(one)), None)
        return delivery is not None and self._sealer.look_ahead(delivery) is not None

    def _rest(self) -> bool:
        """Wait a moment for what may not start just now but soon; False if there is nothing of the kind."""
        if self._halt.is_stopped(self._channel.name):
            return False
        with self._writing:
            until = self._claims.rest_until()
        if until is None:
            return False
        self._app.clock.wait(min(max((until - self._app.clock.now()).total_seconds(), 0.0), LOOK_SECONDS))
        return True

    def _waits_for_others(self) -> bool:
        """A commit should be for a third of the connections or more: then the others are busy while the disk writes.

        While one is on its way to the disk it is worth waiting for so many; else as long as the disk takes, no longer.
        """
        if 3 * len(self._finished) >= len(self._slots):
            return len(self._turns) >= MAX_TURNS
        if self._turns:
            return True
        return bool(self._under_way) and self._app.clock.monotonic_seconds() < self._linger_until

    def _patience(self) -> float:
        """Say how long to wait for connections: while others are waited for, no longer than that."""
        if not self._turns and self._finished:
            return max(0.0, self._linger_until - self._app.clock.monotonic_seconds())
        return LOOK_SECONDS

    def _cancel_prepared(self, sessions: Sessions) -> None:
        """Nothing may leave whose journal entry is in doubt."""
        for turn in self._turns:
            for prepared in turn.prepared:
                sessions.cancel(prepared.place)

    def _note_the_rest(self, sessions: Sessions) -> None:
        """After a failure, wait for what is under way: the ledger cannot be told any more, but the slots can."""
        while self._under_way and not self._halt.is_abandoned:
            for place, result in sessions.finished(LOOK_SECONDS):
                del self._under_way[place]
                if not isinstance(result, BaseException):
                    _note(self._slots[place], result)

    def _exchange(self, sessions: Sessions, syncer: Syncer) -> bool:
        """Record what is finished and journal the next ones, in one commit; False if there is nothing of it."""
        chosen = self._choose()
        if not chosen and not self._finished:
            return False
        asked_seconds = self._app.clock.monotonic_seconds()
        recorded, self._finished = self._finished, []
        may_start = self._commit(recorded, [delivery.id for delivery, _ in chosen])
        syncer.begin()
        # While that is written to the disk, the connections go as far as they may without the message.
        prepared: deque[UnderWay] = deque()
        self._turn_count += 1
        self._turns.append(Turn(self._turn_count, recorded, prepared, asked_seconds))
        for delivery, sealed in chosen:
            if delivery.id in may_start:
                prepared.append(self._prepare(sessions, delivery, sealed))
        if len(may_start) < len(chosen):
            with self._writing:
                self._claims.put_back([delivery for delivery, _ in chosen if delivery.id not in may_start])
        return True

    def _commit(self, recorded: Sequence[FinishedAttempt], starting: Sequence[int]) -> frozenset[int]:
        with self._writing:
            return self._app.ledger.begin_exchange(
                recorded,
                starting,
                worker=self._claims.worker,
                lease_seconds=SENDING_LEASE_SECONDS,
                now=self._app.clock.now(),
            )

    def _prepare(self, sessions: Sessions, delivery: ClaimedDelivery, sealed: SealedMessage) -> UnderWay:
        place = self._free_places.pop()
        mark = SlotMark(self._mark, self._slots[place], delivery.id)
        sessions.prepare(place, sealed, mark)
        return UnderWay(place, delivery, sealed.key, mark)

    def _choose(self) -> Sequence[tuple[ClaimedDelivery, SealedMessage]]:
        """Take and seal as many deliveries as there are free connections; none if we are to stop."""
        free_count = len(self._free_places)
        if self._halt.is_stopped(self._channel.name) or not free_count:
            return []
        with self._writing:
            # What was the end of the queue may have more behind it, once what is finished is recorded.
            if len(self._claims) < free_count and not (self._claims.is_dry and self._finished):
                self._claims.fetch()
            taken = self._claims.take(free_count)
        try:
            return [(delivery, self._sealer.seal(delivery)) for delivery in taken]
        except ConfigError as error:
            self._halt.stop_channel(self._channel.name, error)
            return []

    def _start_durable(self, sessions: Sessions, syncer: Syncer) -> None:
        """Go on with the exchanges that are on the disk by now."""
        while self._turns and self._turns[0].number <= syncer.done_count():
            self._start(sessions, self._turns[0])
            self._turns.popleft()

    def _start(self, sessions: Sessions, turn: Turn) -> None:
        """All of it is durable: tell what was recorded, and let go what may start."""
        now_seconds = self._app.clock.monotonic_seconds()
        took_seconds = now_seconds - turn.asked_seconds
        self._linger_until = now_seconds + min(took_seconds, MAX_LINGER_SECONDS)
        if turn.recorded:
            self._on_recorded(self._channel.name, [attempt.state for attempt in turn.recorded])
        now = self._app.clock.now()
        while turn.prepared:
            prepared = turn.prepared[0]
            reason = self._reason_against(prepared, took_seconds, now)
            if reason is None:
                prepared.started_at, prepared.started_seconds = now, now_seconds
                prepared.mark.begin()
                if self._tells_start:
                    get_logger().debug("sending", delivery=prepared.key, channel=self._channel.name)
                turn.prepared.popleft()
                sessions.send(prepared.place)
                self._under_way[prepared.place] = prepared
            else:
                turn.prepared.popleft()
                sessions.cancel(prepared.place)
                self._free_places.append(prepared.place)
                self._finished.append(reason)

    def _reason_against(self, prepared: UnderWay, took_seconds: float, now: datetime) -> FinishedAttempt | None:
        """Give what is recorded instead of sending a delivery that is journalled, if it must not leave any more."""
        if took_seconds >= OWN_SECONDS:
            return put_back(prepared.delivery, "this process was stopped for too long before it could send", now)
        if is_too_late(prepared.delivery.marks, now, self._replay_seconds):
            outcome = Unknown("an earlier attempt may have arrived, and it is too late to repeat it safely")
            return judge(self._app, prepared.delivery, outcome, now, 0)
        return None

    def _mark(self, delivery_id: int, name: str, value: Any) -> None:
        with self._writing:
            self._app.ledger.mark(delivery_id, name, value, worker=self._claims.worker)

    def _finish(self, place: int, result: Outcome | BaseException) -> None:
        """Judge what came of a delivery; its connection is free again."""
        attempt = self._under_way.pop(place)
        self._free_places.append(place)
        delivery = attempt.delivery
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            self._halt.fail(result)  # its slot says how far it came
            return
        if isinstance(result, ChannelMisconfigured):
            self._slots[place].note(Stage.NO)
            reason = f"the channel is stopped: {result.what}"
            self._finished.append(put_back(delivery, reason, attempt.started_at))
            self._halt.stop_channel(self._channel.name, result)
            self._guard.refused(result)
            return
        outcome = self._outcome_of(result, attempt.key)
        _note(self._slots[place], outcome)
        duration_ms = round((self._app.clock.monotonic_seconds() - attempt.started_seconds) * 1_000)
        finished = self._guard.judge(delivery, outcome, attempt.started_at, duration_ms)
        self._finished.append(finished)
        if self._tells_attempt:
            detail = outcome.receipt if isinstance(outcome, Accepted) else outcome.reason
            facts = {"channel": self._channel.name, "state": finished.state.value, "detail": detail}
            get_logger().info("attempt", delivery=attempt.key, **facts)

    def _outcome_of(self, result: Outcome | Exception, key: str) -> Outcome:
        if not isinstance(result, Exception):
            return result
        # An adapter's defect: what left before it, nobody knows.
        get_logger().error("adapter failed", channel=self._channel.name, delivery=key, exc_info=result)
        return Unknown(f"the adapter failed: {type(result).__name__}")


def _note(slot: WireSlot, outcome: Outcome) -> None:
    """Note the outcome on the wire: a crash before its record loses nothing."""
    if isinstance(outcome, Accepted):
        slot.note(Stage.OK, outcome.receipt)
    elif not isinstance(outcome, Unknown):
        slot.note(Stage.NO)


def open_sessions(channel: Channel, count: int) -> Sessions:
    """Open a channel's connections: all in one thread, if the adapter can drive them so."""
    if isinstance(channel.adapter, Multiplexed):
        sessions = channel.adapter.open_many(count)
        if sessions is not None:
            return sessions
    return ThreadedSessions(channel.adapter.open, count)
