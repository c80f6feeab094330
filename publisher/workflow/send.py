"""Send: claim, journal and fence, hand to the adapter, record. A few threads a channel, each with its own session.

A row says *sending* durably before the adapter sees the message, and what came of it is recorded together with the
next one's journal entry. So a crash leaves at most one delivery a thread in doubt, and that one is named.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from publisher.domain.attempt import Accepted, Deferred, Outcome, Unknown
from publisher.domain.delivery import DeliveryState, state_after
from publisher.domain.message import Message, MessageKind, SealedMessage, fill
from publisher.domain.personal import recipient_values
from publisher.domain.retry import is_given_up, next_try_at
from publisher.errors import ChannelMisconfigured, ConfigError, PublisherError
from publisher.logs import get_logger
from publisher.ports.adapter import Session
from publisher.ports.ledger import ClaimedDelivery, DeliveryFilter, FinishedAttempt
from publisher.workflow.application import Application, Channel

CLAIM_COUNT = 50
LEASE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: counts by the state in which attempts left their deliveries, out of `total_count`."""

    channel: str
    counts: Mapping[DeliveryState, int]
    total_count: int


@dataclass(slots=True)
class SendReport:
    """What a run did, by the state in which attempts left their deliveries; and channels that stopped."""

    counts: Counter[DeliveryState] = field(default_factory=Counter)
    stopped: dict[str, PublisherError] = field(default_factory=dict)
    interrupted: bool = False


@dataclass
class Run:
    """One run over several channels: what its threads share."""

    app: Application
    stop: threading.Event
    on_progress: Callable[[Progress], None]
    total_count: int
    report: SendReport = field(default_factory=SendReport)
    failed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, channel: str, state: DeliveryState) -> None:
        """Count one attempt and tell whoever watches."""
        with self.lock:
            self.report.counts[state] += 1
            self.on_progress(Progress(channel, dict(self.report.counts), self.total_count))

    def stop_channel(self, channel: str, error: PublisherError) -> None:
        """Note that a channel cannot go on; its deliveries stay queued."""
        with self.lock:
            self.report.stopped.setdefault(channel, error)

    def is_stopped(self, channel: str) -> bool:
        """Say whether this channel, or everything, is to stop now."""
        return self.failed or self.stop.is_set() or channel in self.report.stopped


def send(
    app: Application,
    channels: Collection[str],
    *,
    stop: threading.Event,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> SendReport:
    """Deliver everything that is queued or due on these channels, once; what is deferred stays for the next run.

    Setting `stop` ends it after the messages that are on the wire; claims that were not started are given back.
    """
    app.ledger.recover(app.clock.now())
    run = Run(app, stop, on_progress, sum(due_count(app, name) for name in channels))
    lanes = list(_lanes(app, channels))
    try:
        with ThreadPoolExecutor(max_workers=max(1, len(lanes))) as pool:
            futures = [pool.submit(send_lane, run, channel, worker) for channel, worker in lanes]
            for future in futures:
                future.result()
    finally:
        for _, worker in lanes:
            app.ledger.release(worker, app.clock.now())
        app.ledger.finish_editions(app.clock.now())
    run.report.interrupted = stop.is_set() and any(due_count(app, name) for name in channels)
    return run.report


def due_count(app: Application, channel: str) -> int:
    """Count the deliveries of a channel that may be tried now."""
    which = DeliveryFilter(rehearsal=app.rehearsal, channel=channel, due_at=app.clock.now())
    return sum(app.ledger.count_deliveries(which).values())


def _lanes(app: Application, channels: Collection[str]) -> Iterator[tuple[Channel, str]]:
    """Name one worker for each connection that a channel may open."""
    for name in sorted(channels):
        channel = app.channels[name]
        if channel.settings.enabled:
            for number in range(int(getattr(channel.settings, "connections", 1))):
                yield channel, f"{app.worker}/{name}/{number}"


def send_lane(run: Run, channel: Channel, worker: str) -> None:
    """Work off one channel with one session until nothing is left or it has to stop."""
    app, session = run.app, channel.adapter.open()
    lane = Lane(run, channel, worker, session)
    try:
        while not run.is_stopped(channel.name):
            claimed = app.ledger.claim(
                channel.name,
                worker=worker,
                limit=CLAIM_COUNT,
                lease_seconds=LEASE_SECONDS,
                rehearsal=app.rehearsal,
                now=app.clock.now(),
            )
            if not claimed:
                break
            lane.work_off(claimed)
    except (ChannelMisconfigured, ConfigError) as error:
        run.stop_channel(channel.name, error)
    except BaseException:
        run.failed = True  # the store is gone, or worse: nothing may go out that cannot be recorded
        raise
    finally:
        try:
            lane.record()
        finally:
            session.close()


@dataclass
class Lane:
    """One thread's work: a session, and the attempt that is finished but not yet recorded."""

    run: Run
    channel: Channel
    worker: str
    session: Session
    finished: list[FinishedAttempt] = field(default_factory=list)
    messages: dict[int, Message] = field(default_factory=dict)

    def work_off(self, claimed: Collection[ClaimedDelivery]) -> None:
        """Try each claimed delivery that the fence still lets through."""
        for delivery in claimed:
            if self.run.is_stopped(self.channel.name):
                return
            sealed = self._seal(delivery)
            if delivery.id in self._exchange([delivery.id]):
                self._try(delivery, sealed)

    def record(self) -> None:
        """Record what is finished."""
        if self.finished:
            self._exchange([])

    def _exchange(self, starting: list[int]) -> frozenset[int]:
        ledger, now = self.run.app.ledger, self.run.app.clock.now()
        started = ledger.exchange(self.finished, starting, worker=self.worker, lease_seconds=LEASE_SECONDS, now=now)
        for attempt in self.finished:
            self.run.note(self.channel.name, attempt.state)
        self.finished.clear()
        return started

    def _try(self, delivery: ClaimedDelivery, sealed: SealedMessage) -> None:
        app = self.run.app
        started_at, start = app.clock.now(), app.clock.monotonic_seconds()
        misconfigured: ChannelMisconfigured | None = None
        try:
            outcome = self.session.send(sealed, self._mark(delivery.id))
        except ChannelMisconfigured as error:
            misconfigured = error
            outcome = Deferred(f"the channel is stopped: {error.what}")
        except Exception as error:  # an adapter's defect: what left before it, nobody knows
            get_logger().exception("adapter failed", channel=self.channel.name, delivery=delivery.key.text())
            outcome = Unknown(f"the adapter failed: {type(error).__name__}")
        duration_ms = round((app.clock.monotonic_seconds() - start) * 1000)
        self.finished.append(self._judge(delivery, outcome, started_at, duration_ms, misconfigured is not None))
        if misconfigured:
            raise misconfigured

    def _judge(
        self, delivery: ClaimedDelivery, outcome: Outcome, started_at: datetime, duration_ms: int, stays_queued: bool
    ) -> FinishedAttempt:
        now, state, not_before = self.run.app.clock.now(), state_after(outcome), None
        if stays_queued:
            state = DeliveryState.QUEUED
        elif isinstance(outcome, Deferred):
            if is_given_up(delivery.queued_at, now):
                state = DeliveryState.EXPIRED
            else:
                not_before = next_try_at(
                    now,
                    attempt_count=delivery.attempt_count,
                    remote_seconds=outcome.retry_after_seconds,
                    chance=self.run.app.chance(),
                )
        _log(self.channel.name, delivery, outcome, state)
        return FinishedAttempt(delivery.id, outcome, state, started_at, duration_ms, not_before)

    def _mark(self, delivery_id: int) -> Callable[[str, Any], None]:
        ledger, worker = self.run.app.ledger, self.worker
        return lambda name, value: ledger.mark(delivery_id, name, value, worker=worker)

    def _seal(self, delivery: ClaimedDelivery) -> SealedMessage:
        message = self.messages.get(delivery.message_id)
        if message is None:
            message = self.messages[delivery.message_id] = self.run.app.ledger.message(delivery.message_id)
        values = _values(self.run.app, delivery) if message.kind is MessageKind.EMAIL else {}
        return SealedMessage(
            key=delivery.key.text(),
            kind=message.kind,
            recipient=delivery.key.recipient,
            sections=fill(message, values),
            prepared=delivery.prepared,
            marks=delivery.marks,
        )


def _values(app: Application, delivery: ClaimedDelivery) -> dict[str, str]:
    name = delivery.digest or ""
    digest = app.settings.digests.get(name)
    if digest is None:
        what = f'deliveries of the digest "{name}" are waiting, but it is not in the config any more'
        raise ConfigError(what, where=f"config.toml [digests.{name}]", hint=f"Put [digests.{name}] back.")
    organisation = app.settings.organisation
    return recipient_values(
        key=delivery.key,
        recipient=delivery.key.recipient,
        name=delivery.subscriber_name,
        language=digest.language or organisation.language,
        digest=digest,
        digest_name=name,
        queued_at=delivery.queued_at,
        time_zone=digest.time_zone or organisation.time_zone,
    )


def _log(channel: str, delivery: ClaimedDelivery, outcome: Outcome, state: DeliveryState) -> None:
    detail = outcome.receipt if isinstance(outcome, Accepted) else outcome.reason
    get_logger().info("attempt", delivery=delivery.key.text(), channel=channel, state=state.value, detail=detail)
