"""Pace: the buckets of channels and domains, one row each, and deliveries put off until their bucket has tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from publisher.domain.circuit import Circuit
from publisher.domain.delivery import DeliveryState
from publisher.domain.pace import (
    NOT_SLOWED,
    WHOLE_CHANNEL,
    Bucket,
    PaceRules,
    Share,
    Slowdown,
    Taken,
    Waves,
    share_out,
)
from publisher.ports.pace import Standing
from publisher.store import circuits
from publisher.store.chunks import chunked
from publisher.store.database import Database
from publisher.store.prepared import Hot, Prepared
from publisher.store.tables import CLAIMABLE, deliveries, pace_buckets
from publisher.store.upsert import Insert, dialect_of, insert_into

# In one transaction.
MAX_PUT_OFF = 10_000
MAX_WAVES = 500
# The longest window is an hour: after that an untouched bucket is full, and so is one without a row.
FULL_AFTER = timedelta(hours=2)

_channel = pace_buckets.c.channel == bindparam("of_channel")
_domains = pace_buckets.c.domain.in_(bindparam("domains", expanding=True))

READ_BUCKETS = select(pace_buckets).where(_channel, _domains).order_by(pace_buckets.c.domain).with_for_update()
_BUCKET = (
    pace_buckets.c.domain,
    pace_buckets.c.taken,
    pace_buckets.c.slow_level,
    pace_buckets.c.held_until,
    pace_buckets.c.hold_seconds,
)
READ_STANDING = select(*_BUCKET).where(
    _channel, or_(pace_buckets.c.domain == WHOLE_CHANNEL, pace_buckets.c.slow_level > 0)
)
WRITE_BUCKET = (
    update(pace_buckets)
    .where(_channel, pace_buckets.c.domain == bindparam("of_domain"))
    .values(
        taken=bindparam("new_taken", type_=pace_buckets.c.taken.type),
        slow_level=bindparam("new_level"),
        held_until=bindparam("new_held", type_=pace_buckets.c.held_until.type),
        hold_seconds=bindparam("new_hold"),
        changed_at=bindparam("now", type_=pace_buckets.c.changed_at.type),
    )
)
FORGET_SLOWDOWNS = (
    update(pace_buckets)
    .where(_channel)
    .values(slow_level=0, held_until=None, hold_seconds=0.0, changed_at=bindparam("now"))
)
DROP_FULL_BUCKETS = delete(pace_buckets).where(
    _channel, pace_buckets.c.slow_level == 0, pace_buckets.c.changed_at < bindparam("untouched_since")
)

_of_domain = deliveries.c.recipient.endswith(bindparam("at_domain"), autoescape=False)
_of_channel = (deliveries.c.channel == bindparam("of_channel"), deliveries.c.rehearsal == bindparam("rehearsed", False))
_now = bindparam("now", type_=deliveries.c.due_at.type)
WAITING_OF_DOMAIN = (
    select(deliveries.c.id)
    .where(CLAIMABLE, *_of_channel, deliveries.c.due_at <= _now, _of_domain)
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
# Only what was put off is queued and not due: what is deferred waits for a reason of its own.
LAST_PUT_OFF = (
    select(deliveries.c.due_at)
    .where(CLAIMABLE, *_of_channel, deliveries.c.due_at > _now, _of_domain, deliveries.c.state == DeliveryState.QUEUED)
    .order_by(deliveries.c.due_at.desc())
    .limit(1)
)
NEXT_PUT_OFF = (
    select(deliveries.c.due_at)
    .where(CLAIMABLE, *_of_channel, deliveries.c.due_at > _now, deliveries.c.state == DeliveryState.QUEUED)
    .order_by(deliveries.c.due_at)
    .limit(1)
)
PUT_OFF = (
    update(deliveries)
    .where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
    .values(due_at=bindparam("wave_at", type_=deliveries.c.due_at.type))
)


# A worker looks each time before it claims.
_standing = Prepared(lambda _: READ_STANDING, _BUCKET)


def add_bucket(dialect: str) -> Insert:
    """Make a full bucket where there is none."""
    return insert_into(pace_buckets, dialect).on_conflict_do_nothing(index_elements=["channel", "domain"])


class SqlPace:
    """`ports.pace.Pace` in a database; safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, channel: str) -> Standing:
        """Say how a channel stands."""
        with self._database.read() as connection:
            hot = Hot.of(connection)
            rows = _standing.read(hot, [{}], of_channel=channel)
            return Standing(circuits.look_at_circuit(hot, channel), {row[0]: _bucket(*row[1:]) for row in rows})

    def circuits(self) -> Mapping[str, Circuit]:
        """Give the circuits of all channels that are not closed, by name."""
        with self._database.read() as connection:
            return circuits.read_open_circuits(connection)

    def change_circuit(
        self, channel: str, change: Callable[[Circuit], Circuit], now: datetime
    ) -> tuple[Circuit, Circuit]:
        """Change a channel's circuit, and give it as it was before and is now."""
        with self._database.write() as connection:
            return circuits.change_circuit(connection, channel, change, now)

    def share(self, channel: str, rules: PaceRules, domains: Sequence[str], now: datetime) -> Share:
        """Take tokens for these messages, in their order, as far as there are any."""
        with self._database.write() as connection:
            before = _hold_buckets(connection, channel, {WHOLE_CHANNEL, *domains}, now)
            share = share_out(before, rules, domains, now)
            _write_changed(connection, channel, before, share.buckets, now)
            return share

    def slow_down(self, channel: str, domain: str, wish_seconds: float | None, now: datetime) -> Slowdown:
        """Slow a domain down, or the whole channel for ""."""
        with self._database.write() as connection:
            before = _hold_buckets(connection, channel, {domain}, now)
            after = {domain: before[domain].slow_down(now, wish_seconds)}
            _write_changed(connection, channel, before, after, now)
            return after[domain].slowdown

    def forget_slowdowns(self, channel: str, now: datetime) -> None:
        """Let a channel and its domains go on at the pace that the config says."""
        with self._database.write() as connection:
            connection.execute(FORGET_SLOWDOWNS, {"of_channel": channel, "now": now})

    def put_off(self, channel: str, domain: str, waves: Waves, now: datetime) -> int:
        """Make what waits for this domain due in waves, after those that were put off before."""
        with self._database.write() as connection:
            return _put_off(connection, channel, domain, waves, now)

    def next_put_off_at(self, channel: str, now: datetime) -> datetime | None:
        """Say when the first of those that were put off is due; None if there are none."""
        with self._database.read() as connection:
            return connection.execute(NEXT_PUT_OFF, {"of_channel": channel, "now": now}).scalar_one_or_none()


def _hold_buckets(connection: Connection, channel: str, domains: set[str], now: datetime) -> dict[str, Bucket]:
    """Read these buckets, made where they are missing; nobody else changes them before this transaction ends."""
    rows = [_row(channel, domain, Bucket(), now) for domain in sorted(domains)]
    connection.execute(add_bucket(dialect_of(connection)), rows)
    found = connection.execute(READ_BUCKETS, {"of_channel": channel, "domains": sorted(domains)}).all()
    return {row.domain: _bucket(row.taken, row.slow_level, row.held_until, row.hold_seconds) for row in found}


def _write_changed(
    connection: Connection, channel: str, before: Mapping[str, Bucket], after: Mapping[str, Bucket], now: datetime
) -> None:
    rows = [
        {
            "of_channel": channel,
            "of_domain": domain,
            "new_taken": _written(bucket.taken),
            "new_level": bucket.slowdown.level,
            "new_held": bucket.slowdown.held_until,
            "new_hold": bucket.slowdown.hold_seconds,
            "now": now,
        }
        for domain, bucket in after.items()
        if bucket != before[domain]
    ]
    if rows:
        connection.execute(WRITE_BUCKET, rows)
        connection.execute(DROP_FULL_BUCKETS, {"of_channel": channel, "untouched_since": now - FULL_AFTER})


def _row(channel: str, domain: str, bucket: Bucket, now: datetime) -> dict[str, Any]:
    return {
        "channel": channel,
        "domain": domain,
        "taken": _written(bucket.taken),
        "slow_level": bucket.slowdown.level,
        "held_until": bucket.slowdown.held_until,
        "hold_seconds": bucket.slowdown.hold_seconds,
        "changed_at": now,
    }


def _written(taken: Taken) -> dict[str, list[list[int]]]:
    return {name: [list(slot) for slot in slots] for name, slots in taken.items()}


def _bucket(
    written: Mapping[str, Sequence[Sequence[int]]], level: int, held_until: datetime | None, hold_seconds: float
) -> Bucket:
    taken = {name: tuple((slot, count) for slot, count in slots) for name, slots in written.items()}
    return Bucket(taken, NOT_SLOWED if level == 0 else Slowdown(level, held_until, hold_seconds))


def _put_off(connection: Connection, channel: str, domain: str, waves: Waves, now: datetime) -> int:
    values = {"of_channel": channel, "at_domain": f"@{domain}", "now": now}
    limit = min(max(1, MAX_PUT_OFF // waves.count), MAX_WAVES) * waves.count  # whole waves
    ids = connection.execute(WAITING_OF_DOMAIN, {**values, "limit": limit}).scalars().all()
    last = connection.execute(LAST_PUT_OFF, values).scalar_one_or_none() if ids else None
    first = 0
    while last is not None and waves.at(first) <= last:
        first += 1
    for number, wave in enumerate(chunked(ids, waves.count), start=first):
        for some in chunked(wave):
            connection.execute(PUT_OFF, {"ids": some, "wave_at": waves.at(number)})
    return len(ids)
