"""A lane: one thread with one session, which tries one delivery after the other.

A row says *sending* durably before the adapter sees the message, and the lane's slot in the wire log says how far it
came. What came of it is recorded together with the journal entry of the lane's next one. So a crash leaves at most one
delivery a lane in doubt, and that one is named.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from publisher.domain.attempt import Accepted, Outcome, Unknown
from publisher.domain.message import SealedMessage
from publisher.domain.replay import is_too_late
from publisher.domain.wire import Stage
from publisher.errors import ChannelMisconfigured, ConfigError
from publisher.logs import get_logger
from publisher.ports.adapter import Interruptible, Session
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt
from publisher.ports.wire import WireSlot
from publisher.workflow.application import Application, Channel
from publisher.workflow.group_commit import LEASE_SECONDS, OWN_SHARE_OF_LEASE, GroupCommit
from publisher.workflow.halt import Halt
from publisher.workflow.judge import judge, put_back
from publisher.workflow.seal import Sealer


class Lane:
    """One thread of a channel."""

    def __init__(self, app: Application, channel: Channel, desk: GroupCommit, slot: WireSlot, halt: Halt) -> None:
        self._app = app
        self._channel = channel
        self._desk = desk
        self._slot = slot
        self._halt = halt
        self._sealer = Sealer(app)
        self._session: Session | None = None
        self._finished: FinishedAttempt | None = None
        self._thread = threading.Thread(target=self._run, name=desk.worker, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for its end; say whether it has come."""
        self._thread.join(max(seconds, 0.0))
        return not self._thread.is_alive()

    def interrupt(self) -> None:
        """Break the wait for a reply, if the adapter can: there is no more time."""
        session = self._session
        if isinstance(session, Interruptible):
            session.interrupt()

    def _run(self) -> None:
        try:
            session = self._session = self._channel.adapter.open()
            try:
                self._work(session)
            finally:
                session.close()
        except BaseException as error:  # the store is gone, or worse: nothing may go out that cannot be recorded
            self._halt.fail(error)

    def _work(self, session: Session) -> None:
        try:
            while (delivery := self._next()) is not None:
                self._handle(session, delivery)
        except (ChannelMisconfigured, ConfigError) as error:
            self._halt.stop_channel(self._channel.name, error)
        if self._finished is not None:
            self._exchange(None)

    def _next(self) -> ClaimedDelivery | None:
        """Give the next delivery; where none is at hand, what is finished is recorded first."""
        if self._is_stopped():
            return None
        delivery = self._desk.take()
        if delivery is None:
            self._exchange(None)
            delivery = self._desk.take()
        return None if self._is_stopped() else delivery

    def _is_stopped(self) -> bool:
        return self._halt.is_stopped(self._channel.name)

    def _handle(self, session: Session, delivery: ClaimedDelivery) -> None:
        sealed = self._sealer.seal(delivery)
        clock = self._app.clock
        asked = clock.monotonic_seconds()
        if not self._exchange(delivery.id):
            return  # the fence has kept it back
        if clock.monotonic_seconds() - asked >= LEASE_SECONDS * OWN_SHARE_OF_LEASE:
            reason = "this process was stopped for too long before it could send"
            self._finished = put_back(delivery, reason, clock.now())
            return
        if is_too_late(delivery.marks, clock.now(), self._channel.adapter_type.replay_seconds):
            outcome = Unknown("an earlier attempt may have arrived, and it is too late to repeat it safely")
            self._finished = judge(self._app, delivery, outcome, clock.now(), 0)
            return
        self._try(session, delivery, sealed)

    def _exchange(self, starting: int | None) -> bool:
        if self._halt.is_abandoned:
            raise SystemExit  # everything about this lane has been settled without it
        may_start = self._desk.exchange(self._finished, starting)
        self._finished = None
        return may_start

    def _try(self, session: Session, delivery: ClaimedDelivery, sealed: SealedMessage) -> None:
        clock = self._app.clock
        started_at, start = clock.now(), clock.monotonic_seconds()
        self._slot.begin(delivery.id)
        try:
            outcome = session.send(sealed, LaneMark(self._desk, self._slot, delivery.id))
        except ChannelMisconfigured as error:
            self._slot.note(Stage.NO)
            self._finished = put_back(delivery, f"the channel is stopped: {error.what}", started_at)
            raise
        except Exception as error:  # an adapter's defect: what left before it, nobody knows
            get_logger().exception("adapter failed", channel=self._channel.name, delivery=sealed.key)
            outcome = Unknown(f"the adapter failed: {type(error).__name__}")
        self._note(outcome)
        duration_ms = round((clock.monotonic_seconds() - start) * 1000)
        self._finished = self._judge(delivery, sealed, outcome, started_at, duration_ms)

    def _note(self, outcome: Outcome) -> None:
        """Note the outcome on the wire: a crash before its record loses nothing."""
        if isinstance(outcome, Accepted):
            self._slot.note(Stage.OK, outcome.receipt)
        elif not isinstance(outcome, Unknown):
            self._slot.note(Stage.NO)

    def _judge(
        self,
        delivery: ClaimedDelivery,
        sealed: SealedMessage,
        outcome: Outcome,
        started_at: datetime,
        duration_ms: int,
    ) -> FinishedAttempt:
        attempt = judge(self._app, delivery, outcome, started_at, duration_ms)
        get_logger().info(
            "attempt",
            delivery=sealed.key,
            channel=self._channel.name,
            state=attempt.state.value,
            detail=outcome.receipt if isinstance(outcome, Accepted) else outcome.reason,
        )
        return attempt


class LaneMark:
    """What an adapter tells while it sends: durable values to the ledger, stages to the lane's slot."""

    __slots__ = ("_delivery_id", "_desk", "_slot")

    def __init__(self, desk: GroupCommit, slot: WireSlot, delivery_id: int) -> None:
        self._desk = desk
        self._slot = slot
        self._delivery_id = delivery_id

    def __call__(self, name: str, value: Any) -> None:
        """Make a value durable. Errors: StoreError if this worker has lost the right to send."""
        self._desk.mark(self._delivery_id, name, value)

    def wire(self, stage: Stage, receipt: str = "") -> None:
        """Note how far the message has come."""
        self._slot.note(stage, receipt)
