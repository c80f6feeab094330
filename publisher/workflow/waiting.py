"""Waiting: why a channel sends nothing just now, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from publisher.domain.circuit import CircuitState
from publisher.domain.pace import WHOLE_CHANNEL, Bucket
from publisher.domain.quiet_hours import parse_quiet_hours
from publisher.errors import TryAgain, UsageError
from publisher.ports.pace import Standing
from publisher.workflow.application import Application, Channel

# A run waits so long for a token; for what takes longer, the next run comes. A minute's limit fits in.
PATIENCE_SECONDS = 90.0


class Cause(StrEnum):
    """What a channel waits for."""

    PAUSED = "paused"
    TROUBLE = "trouble"
    SLOWED = "slowed"
    QUIET_HOURS = "quiet hours"
    PACE = "pace"


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a channel sends nothing now. `until` is None where it takes a person; at that time it is tried again."""

    cause: Cause
    until: datetime | None
    reason: str = ""


def wait_of(app: Application, channel: Channel, standing: Standing, now: datetime) -> Wait | None:
    """Say why a channel waits; None if it may send. What is only rehearsed never waits."""
    if app.rehearsal:
        return None
    circuit, bucket = standing.circuit, standing.buckets.get(WHOLE_CHANNEL, Bucket())
    limits = channel.settings.pace_rules().of(WHOLE_CHANNEL)
    if circuit.state is CircuitState.PAUSED:
        return Wait(Cause.PAUSED, None, circuit.reason)
    if circuit.state is CircuitState.OPEN and not circuit.may_probe(now):
        return Wait(Cause.TROUBLE, circuit.probe_at, circuit.reason)
    if bucket.as_of(now).slowdown.held_at(now):
        return Wait(Cause.SLOWED, bucket.free_at(limits, now), "the other side asks us to slow down")
    quiet_until = quiet_end(app, channel, now)
    if quiet_until is not None:
        return Wait(Cause.QUIET_HOURS, quiet_until, f"quiet hours {channel.settings.quiet_hours}")
    if bucket.free_count(limits, now) < 1:
        return Wait(Cause.PACE, bucket.free_at(limits, now), "its pace allows no more just now")
    return None


def quiet_end(app: Application, channel: Channel, now: datetime) -> datetime | None:
    """Say when the quiet hours that are now end; None if there are none now."""
    if channel.settings.quiet_hours is None:
        return None
    zone = ZoneInfo(app.settings.organisation.time_zone)
    return parse_quiet_hours(channel.settings.quiet_hours).end_at(now, zone)


def holds(wait: Wait, now: datetime) -> bool:
    """Say whether a person who asks for it now would get nothing out: what is soon is waited for, trouble is tried."""
    if wait.cause in (Cause.PAUSED, Cause.QUIET_HOURS):
        return True
    is_soon = wait.until is not None and wait.until - now <= timedelta(seconds=PATIENCE_SECONDS)
    return wait.cause is not Cause.TROUBLE and not is_soon


def waits(app: Application, names: Iterable[str]) -> Mapping[str, Wait]:
    """Give by name those of these channels that wait."""
    now = app.clock.now()
    found = {name: wait_of(app, app.channels[name], app.pace.standing(name), now) for name in names}
    return {name: wait for name, wait in found.items() if wait is not None}


def shown_waits(app: Application, names: Iterable[str]) -> Mapping[str, Wait]:
    """Give the same, and channels on which only some domains wait: others go on there."""
    names = list(names)
    return {name: wait for name in names if (wait := _domain_wait(app, name))} | dict(waits(app, names))


def next_go_at(app: Application) -> datetime | None:
    """Say when the first channel, or one of its domains, may go on that waits now; None if none waits for a time."""
    if app.rehearsal:
        return None
    now = app.clock.now()
    times = [wait.until for wait in waits(app, app.channels).values()]
    times += [app.pace.next_put_off_at(name, now) for name in app.channels]
    return min((at for at in times if at is not None and at > now), default=None)


def _domain_wait(app: Application, name: str) -> Wait | None:
    if app.rehearsal:
        return None
    channel, now = app.channels[name], app.clock.now()
    slowed = [domain for domain, bucket in app.pace.standing(name).buckets.items() if bucket.slowdown.level and domain]
    if not (channel.settings.domain_pace or slowed):
        return None
    until = app.pace.next_put_off_at(name, now)
    whom = f" ({', '.join(sorted(slowed)[:3])})" if slowed else ""
    return Wait(Cause.PACE, until, f"some domains{whom} get no more just now; others go on") if until else None


def refuse_if_held(app: Application, name: str) -> None:
    """Stop where a single message would not leave now. Errors: UsageError if it takes a person, else TryAgain."""
    wait = waits(app, [name]).get(name)
    if wait is None or wait.cause is Cause.QUIET_HOURS or not holds(wait, app.clock.now()):
        return
    if wait.cause is Cause.PAUSED:
        hint = f'Let it go on: "publish resume {name}".'
        raise UsageError(f'the channel "{name}" is {wait.reason}', where=f"[channels.{name}]", hint=hint)
    raise TryAgain(f'the channel "{name}" waits: {wait.reason}', hint='See until when: "publish status".')
