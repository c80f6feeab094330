"""Guard: watches one channel for one run: whether it may send at all, and what its outcomes say about the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from publisher.domain.attempt import Accepted, Deferred, Outcome
from publisher.domain.circuit import Circuit, CircuitState, is_fault, is_on_the_way, is_refusal_of_all
from publisher.domain.delivery import DeliveryState
from publisher.domain.notice import NoticeKind
from publisher.domain.pace import WHOLE_CHANNEL, who_slows_down
from publisher.errors import ChannelMisconfigured
from publisher.logs import get_logger
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt
from publisher.ports.pace import Standing
from publisher.workflow.application import Application, Channel
from publisher.workflow.halt import Halt
from publisher.workflow.judge import judge
from publisher.workflow.tell import tell
from publisher.workflow.waiting import quiet_end

C = CircuitState
AS_MANY_AS_THERE_ARE = 1_000_000


class Guard:
    """One channel's, used by its crew's thread only. `writing` is shared by all who write to the ledger here.

    `asked_for` are messages that a person wants out now: quiet hours do not hold them, and a channel that has paused
    itself is tried once, at once. A rehearsal has nothing to guard.
    """

    def __init__(
        self,
        app: Application,
        channel: Channel,
        halt: Halt,
        writing: threading.Lock,
        asked_for: Collection[int] | None = None,
    ) -> None:
        self._app = app
        self._channel = channel
        self._halt = halt
        self._writing = writing
        self._is_off = app.rehearsal
        self._may_insist = asked_for is not None
        self._is_probing = False
        # Answers since the circuit was last written down: writing each of them would cost a commit a message.
        self._answer_count = 0
        self.asked_for = frozenset(asked_for or ())
        self.standing = Standing()

    def look(self) -> None:
        """See how the channel stands, as all processes have left it."""
        if not self._is_off:
            self.standing = self._app.pace.standing(self._channel.name)
            self._answer_count = 0

    def allowed_count(self) -> int:
        """Say how many messages may begin: none, one to find out, or as many as there are.

        Whoever is told one must begin one: nobody else probes meanwhile. Call it while `writing` is held.
        """
        circuit = self.standing.circuit
        if circuit.state is C.CLOSED:
            return AS_MANY_AS_THERE_ARE
        if circuit.state is C.PAUSED or self._is_probing:
            return 0
        insists, self._may_insist = self._may_insist, False
        now = self._app.clock.now()
        if not (insists or circuit.may_probe(now)):
            return 0

        def probe(stored: Circuit) -> Circuit:
            may = stored.state is C.OPEN and (insists or stored.may_probe(now))
            return stored.probe(now) if may else stored

        before, after = self._app.pace.change_circuit(self._channel.name, probe, now)
        self._see(after)
        self._is_probing = before != after
        return 1 if self._is_probing else 0

    def is_open(self) -> bool:
        """Say whether anything might begin: there is no pause, or it is time to find out."""
        circuit = self.standing.circuit
        if circuit.state is C.OPEN:
            return not self._is_probing and (self._may_insist or circuit.may_probe(self._app.clock.now()))
        return circuit.state is C.CLOSED

    @property
    def is_slowed(self) -> bool:
        """Say whether the channel, or one of its domains, was asked to slow down."""
        return any(bucket.slowdown.level for bucket in self.standing.buckets.values())

    def quiet_end(self) -> datetime | None:
        """Say when the quiet hours end, if they are now."""
        return None if self._is_off else quiet_end(self._app, self._channel, self._app.clock.now())

    def judge(
        self, delivery: ClaimedDelivery, outcome: Outcome, started_at: datetime, duration_ms: int
    ) -> FinishedAttempt:
        """Make of an outcome what is recorded; trouble on the way costs the delivery nothing but time."""
        finished = judge(self._app, delivery, outcome, started_at, duration_ms)
        if self._is_off or self._halt.is_over:  # what we break off ourselves says nothing of the way
            return finished
        if isinstance(outcome, Accepted):
            self._answered()
            return finished
        self._slow_down(outcome, delivery.key.recipient)
        was_open = self.standing.circuit.state is C.OPEN
        if not is_fault(outcome):
            self._answered()
            return finished
        self._fault(_reason(outcome))
        is_for_all = is_on_the_way(outcome) or (was_open and is_refusal_of_all(outcome))
        return self._put_off(finished) if is_for_all and finished.state is not DeliveryState.EXPIRED else finished

    def refused(self, error: ChannelMisconfigured) -> None:
        """The remote refuses our credentials or our set-up: trying again and again would lock the account."""
        if not self._is_off:
            self._fault(error.what, opens_at_once=True)

    def _put_off(self, finished: FinishedAttempt) -> FinishedAttempt:
        circuit, now = self.standing.circuit, self._app.clock.now()
        wait = timedelta(seconds=circuit.waits_seconds)
        not_before = max(now + wait, circuit.probe_at or now) if circuit.state is C.OPEN else now + wait
        outcome = Deferred(_reason(finished.outcome), evidence=finished.outcome.evidence)
        return FinishedAttempt(
            finished.delivery_id,
            outcome,
            DeliveryState.DEFERRED,
            finished.started_at,
            finished.duration_ms,
            not_before,
            is_counted=False,
        )

    def _answered(self) -> None:
        self._is_probing = False
        circuit = self.standing.circuit
        if circuit.is_clean:
            return
        if circuit.state is C.OPEN:
            self._change(Circuit.after_answer)
        else:
            self._answer_count += 1
            self._see(circuit.after_answer())

    def _fault(self, reason: str, *, opens_at_once: bool = False) -> None:
        self._is_probing = False
        now, answer_count = self._app.clock.now(), self._answer_count

        def note(stored: Circuit) -> Circuit:
            for _ in range(min(answer_count, 20) if stored.state is C.CLOSED else 0):
                stored = stored.after_answer()
            return stored.after_fault(reason, now, opens_at_once=opens_at_once)

        self._change(note)
        self._answer_count = 0

    def _change(self, change: Callable[[Circuit], Circuit]) -> None:
        with self._writing:
            before, after = self._app.pace.change_circuit(self._channel.name, change, self._app.clock.now())
        self._see(after)
        if before.state is not C.OPEN and after.state is C.OPEN:
            get_logger().warning("channel paused", channel=self._channel.name, reason=after.reason)
            facts = {"reason": after.reason, "until": after.probe_at.isoformat() if after.probe_at else None}
            with self._writing:
                tell(self._app, NoticeKind.CHANNEL_PAUSED, self._channel.name, facts)
        elif before.state is C.OPEN and after.state is C.CLOSED:
            get_logger().info("channel goes on", channel=self._channel.name)

    def _see(self, circuit: Circuit) -> None:
        self.standing = Standing(circuit, self.standing.buckets)

    def _slow_down(self, outcome: Outcome, recipient: str) -> None:
        domain = who_slows_down(outcome, recipient)
        if domain is None:
            return
        wish = outcome.retry_after_seconds if isinstance(outcome, Deferred) else None
        name, now = self._channel.name, self._app.clock.now()
        with self._writing:
            slowdown = self._app.pace.slow_down(name, domain, wish, now)
            self.standing = Standing(self.standing.circuit, self._app.pace.standing(name).buckets)
        whom = domain if domain != WHOLE_CHANNEL else "everybody"
        get_logger().info("slowed down", channel=name, domain=whom, level=slowdown.level)


def _reason(outcome: Outcome) -> str:
    return "" if isinstance(outcome, Accepted) else outcome.reason
