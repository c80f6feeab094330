"""The crew of one channel: one thread that claims, journals, hands over, judges and records; its connections only send.

A row says *sending* durably before the adapter sees the message, and the connection's slot in the wire log says how far
it came. Whatever is finished by then is recorded in the same commit in which the next ones are journalled: one for all
connections. So a crash leaves at most one delivery a connection in doubt, and that one is named. See
`docs/decisions/0002-group-commit.md`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.domain.attempt import Accepted, Outcome, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.domain.message import SealedMessage
from publisher.domain.replay import is_too_late
from publisher.domain.wire import Stage
from publisher.errors import ChannelMisconfigured, ConfigError
from publisher.logs import get_logger
from publisher.ports.adapter import Multiplexed, Sessions
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt
from publisher.ports.wire import WireSlot
from publisher.workflow.application import Application, Channel
from publisher.workflow.claims import OWN_SECONDS, Claims
from publisher.workflow.halt import Halt
from publisher.workflow.judge import judge, put_back
from publisher.workflow.seal import Sealer
from publisher.workflow.threaded_sessions import ThreadedSessions

# From its start on a delivery is held for longer than any adapter takes for one message.
SENDING_LEASE_SECONDS = 1_200.0
LOOK_SECONDS = 1.0
# Commits that take longer than this are made for more connections at once.
QUICK_COMMIT_SECONDS = 0.001
MAX_LINGER_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A delivery that is on a connection now."""

    delivery: ClaimedDelivery
    key: str
    started_at: datetime
    started_seconds: float


class Crew:
    """One channel's run. `writing` is shared by all who write to the ledger in this process."""

    def __init__(
        self,
        app: Application,
        channel: Channel,
        claims: Claims,
        slots: Sequence[WireSlot],
        halt: Halt,
        writing: threading.Lock,
        on_recorded: Callable[[str, Sequence[DeliveryState]], None],
    ) -> None:
        self._app = app
        self._channel = channel
        self._claims = claims
        self._slots = slots
        self._halt = halt
        self._writing = writing
        self._on_recorded = on_recorded
        self._sealer = Sealer(app)
        self._sessions: Sessions | None = None
        self._under_way: dict[int, UnderWay] = {}
        self._finished: list[FinishedAttempt] = []
        self._commit_seconds = 0.0
        self._thread = threading.Thread(target=self._run, name=claims.worker, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for its end; say whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def interrupt(self) -> None:
        """Break the wait for replies, where the adapter can: there is no more time."""
        if self._sessions is not None:
            self._sessions.interrupt()

    def _run(self) -> None:
        try:
            sessions = self._sessions = open_sessions(self._channel, len(self._slots))
            try:
                self._work(sessions)
            except BaseException as error:
                self._halt.fail(error)
                self._note_the_rest(sessions)
            finally:
                sessions.close()
        except BaseException as error:  # the store is gone, or worse: nothing may go out that cannot be recorded
            self._halt.fail(error)

    def _work(self, sessions: Sessions) -> None:
        while True:
            is_going_on = self._record_and_start(sessions)
            if self._under_way:
                self._collect(sessions)
            elif not is_going_on:
                return

    def _collect(self, sessions: Sessions) -> None:
        """Wait for the first that is finished; where the disk is slow, then for others, for as long as a commit takes.

        So a slow disk is asked less often, and with a quick one nobody is kept waiting.
        """
        clock, seconds, until = self._app.clock, LOOK_SECONDS, None
        while self._under_way and seconds > 0:
            for place, result in sessions.finished(seconds):
                self._finish(place, result)
            if until is None:
                until = clock.monotonic_seconds() + max(0.0, self._commit_seconds - QUICK_COMMIT_SECONDS)
            seconds = until - clock.monotonic_seconds()

    def _note_the_rest(self, sessions: Sessions) -> None:
        """After a failure, wait for what is under way: the ledger cannot be told any more, but the slots can."""
        while self._under_way and not self._halt.is_abandoned:
            for place, result in sessions.finished(LOOK_SECONDS):
                del self._under_way[place]
                if not isinstance(result, BaseException):
                    _note(self._slots[place], result)

    def _record_and_start(self, sessions: Sessions) -> bool:
        """Record what is finished and start the next ones, in one commit; False if there is neither."""
        chosen = self._choose()
        if not chosen and not self._finished:
            return False
        asked_seconds = self._app.clock.monotonic_seconds()
        started = self._exchange([delivery.id for delivery, _ in chosen])
        is_in_time = self._app.clock.monotonic_seconds() - asked_seconds < OWN_SECONDS
        for delivery, sealed in chosen:
            if delivery.id in started:
                self._begin(sessions, delivery, sealed, is_in_time=is_in_time)
        return True

    def _choose(self) -> Sequence[tuple[ClaimedDelivery, SealedMessage]]:
        """Take and seal as many deliveries as there are free connections; none if we are to stop."""
        free_count = len(self._slots) - len(self._under_way)
        if self._halt.is_stopped(self._channel.name) or not free_count:
            return []
        with self._writing:
            if not self._claims and not self._finished:  # what was finished may make way for what comes after it
                self._claims.fetch()
            taken = self._claims.take(free_count)
        try:
            return [(delivery, self._sealer.seal(delivery)) for delivery in taken]
        except ConfigError as error:
            self._halt.stop_channel(self._channel.name, error)
            return []

    def _exchange(self, starting: Sequence[int]) -> frozenset[int]:
        if self._halt.is_abandoned:
            raise SystemExit  # everything about this crew has been settled without it
        finished, self._finished = self._finished, []
        began_seconds = self._app.clock.monotonic_seconds()
        with self._writing:
            started = self._app.ledger.exchange(
                finished,
                starting,
                worker=self._claims.worker,
                lease_seconds=SENDING_LEASE_SECONDS,
                now=self._app.clock.now(),
            )
        took_seconds = self._app.clock.monotonic_seconds() - began_seconds
        self._commit_seconds += (min(took_seconds, MAX_LINGER_SECONDS) - self._commit_seconds) / 8
        if finished:
            self._on_recorded(self._channel.name, [attempt.state for attempt in finished])
        return started

    def _begin(self, sessions: Sessions, delivery: ClaimedDelivery, sealed: SealedMessage, *, is_in_time: bool) -> None:
        """Hand a delivery that is journalled to a free connection, or put it back."""
        now = self._app.clock.now()
        if not is_in_time:
            reason = "this process was stopped for too long before it could send"
            self._finished.append(put_back(delivery, reason, now))
        elif is_too_late(delivery.marks, now, self._channel.replay_seconds):
            outcome = Unknown("an earlier attempt may have arrived, and it is too late to repeat it safely")
            self._finished.append(judge(self._app, delivery, outcome, now, 0))
        else:
            place = next(place for place in range(len(self._slots)) if place not in self._under_way)
            self._under_way[place] = UnderWay(delivery, sealed.key, now, self._app.clock.monotonic_seconds())
            slot = self._slots[place]
            slot.begin(delivery.id)
            sessions.begin(place, sealed, SlotMark(self._mark, slot, delivery.id))

    def _mark(self, delivery_id: int, name: str, value: Any) -> None:
        with self._writing:
            self._app.ledger.mark(delivery_id, name, value, worker=self._claims.worker)

    def _finish(self, place: int, result: Outcome | BaseException) -> None:
        """Judge what came of a delivery; its connection is free again."""
        attempt = self._under_way.pop(place)
        delivery = attempt.delivery
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            self._halt.fail(result)  # its slot says how far it came
            return
        if isinstance(result, ChannelMisconfigured):
            self._slots[place].note(Stage.NO)
            reason = f"the channel is stopped: {result.what}"
            self._finished.append(put_back(delivery, reason, attempt.started_at))
            self._halt.stop_channel(self._channel.name, result)
            return
        outcome = self._outcome_of(result, attempt.key)
        _note(self._slots[place], outcome)
        duration_ms = round((self._app.clock.monotonic_seconds() - attempt.started_seconds) * 1_000)
        finished = judge(self._app, delivery, outcome, attempt.started_at, duration_ms)
        self._finished.append(finished)
        get_logger().info(
            "attempt",
            delivery=attempt.key,
            channel=self._channel.name,
            state=finished.state.value,
            detail=outcome.receipt if isinstance(outcome, Accepted) else outcome.reason,
        )

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


class SlotMark:
    """What an adapter tells while it sends: durable values to the ledger, stages to the connection's slot."""

    __slots__ = ("_delivery_id", "_make_durable", "_slot")

    def __init__(self, make_durable: Callable[[int, str, Any], None], slot: WireSlot, delivery_id: int) -> None:
        self._make_durable = make_durable
        self._slot = slot
        self._delivery_id = delivery_id

    def __call__(self, name: str, value: Any) -> None:
        """Make a value durable. Errors: StoreError if this worker has lost the right to send."""
        self._make_durable(self._delivery_id, name, value)

    def wire(self, stage: Stage, receipt: str = "") -> None:
        """Note how far the message has come."""
        self._slot.note(stage, receipt)


def open_sessions(channel: Channel, count: int) -> Sessions:
    """Open a channel's connections: all in one thread, if the adapter can drive them so."""
    if isinstance(channel.adapter, Multiplexed):
        sessions = channel.adapter.open_many(count)
        if sessions is not None:
            return sessions
    return ThreadedSessions(channel.adapter.open, count)
