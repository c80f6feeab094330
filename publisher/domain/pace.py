"""Pace: how fast a channel, or one domain of its recipients, may be written to.

A bucket holds as many tokens as the limit of a window says. Each message takes one, and a token that was taken comes
back one window later: so no stretch of time as long as the window ever has more messages than the limit, wherever it
begins, and whatever was saved up. A bucket refilled drop by drop would let twice as many through.

Tokens that were taken at about the same time come back together, a little late: a window is kept as 50 slots. So a
bucket stays small, whatever the limit, and a steady stream gets 2 % less than the limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from publisher.domain.attempt import Deferred, Outcome
from publisher.domain.retry import LONGEST_REMOTE_WAIT_SECONDS

WINDOW_SECONDS = {"per_second": 1, "per_minute": 60, "per_hour": 3_600}
SLOTS = 50
WHOLE_CHANNEL = ""  # the bucket of all domains together
EVERY_DOMAIN = "*"

# Asked to slow down, we wait, first a minute, then twice as long each time that we are asked again, and go on at half
# the pace; every ten quiet minutes double it again, until it is what the config says.
FIRST_HOLD_SECONDS = 60.0
LONGEST_HOLD_SECONDS = 3_600.0
RECOVERY_SECONDS = 600.0
MAX_SLOWED = 6
# The pace at first of a domain that asks us to slow down and has no limit in the config; and of a whole channel.
SLOWED_PER_MINUTE = 60
SLOWED_CHANNEL_PER_MINUTE = 600

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# By window: the slots in which tokens were taken, and how many. A slot's number counts from 1970.
Taken = Mapping[str, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many messages may begin in a second, a minute and an hour; None is as many as there are."""

    per_second: int | None = None
    per_minute: int | None = None
    per_hour: int | None = None
    slowed_per_minute: int = SLOWED_PER_MINUTE

    def counts(self) -> dict[str, int]:
        """Give the limits that there are, by the name of their window."""
        named = {"per_second": self.per_second, "per_minute": self.per_minute, "per_hour": self.per_hour}
        return {name: count for name, count in named.items() if count is not None}

    def __bool__(self) -> bool:
        """Say whether there is a limit at all."""
        return bool(self.counts())

    def slowed(self, times: int) -> Limits:
        """Give the limits halved so many times; at least one message always may go."""
        if not times:
            return self
        if not self:
            return Limits(per_minute=max(1, self.slowed_per_minute >> (times - 1)))
        return Limits(**{name: max(1, count >> times) for name, count in self.counts().items()})

    def steady_per_second(self) -> float:
        """Say how many messages a second they allow in the long run; infinity without any limit."""
        rates = [count / WINDOW_SECONDS[name] for name, count in self.counts().items()]
        return min(rates, default=float("inf")) * SLOTS / (SLOTS + 1)


NO_LIMITS = Limits()
NO_CHANNEL_LIMITS = Limits(slowed_per_minute=SLOWED_CHANNEL_PER_MINUTE)


@dataclass(frozen=True, slots=True)
class Slowdown:
    """What the remote has asked for: nothing before `held_until`, and `level` times half the pace after that."""

    level: int = 0
    held_until: datetime | None = None
    hold_seconds: float = 0.0

    def as_of(self, now: datetime) -> Slowdown:
        """Recover, a level every ten minutes after the hold. A clock that was set back makes no hold longer."""
        if self.held_until is None:
            return self
        longest = now + timedelta(seconds=self.hold_seconds)
        if self.held_until > longest:
            return replace(self, held_until=longest)
        recovered = int((now - self.held_until).total_seconds() // RECOVERY_SECONDS)
        if recovered <= 0:
            return self
        if recovered >= self.level:
            return NOT_SLOWED
        until = self.held_until + timedelta(seconds=recovered * RECOVERY_SECONDS)
        return Slowdown(self.level - recovered, until, 0.0)

    def held_at(self, now: datetime) -> bool:
        """Say whether nothing may go now."""
        return self.held_until is not None and now < self.held_until

    def more(self, now: datetime, wish_seconds: float | None) -> Slowdown:
        """Slow down because the remote asks for it, for as long as it wishes.

        Connections that are told the same at the same time are told it once.
        """
        current = self.as_of(now)
        is_told = current.held_at(now)
        level = current.level if is_told else min(current.level + 1, MAX_SLOWED)
        usual = min(FIRST_HOLD_SECONDS * 2.0 ** (level - 1), LONGEST_HOLD_SECONDS)
        seconds = usual if wish_seconds is None else min(max(wish_seconds, 1.0), LONGEST_REMOTE_WAIT_SECONDS)
        until = now + timedelta(seconds=seconds)
        if is_told and current.held_until is not None and current.held_until >= until:
            return current
        return Slowdown(level, until, seconds)


NOT_SLOWED = Slowdown()


@dataclass(frozen=True, slots=True)
class Bucket:
    """The tokens of a channel, or of one domain there, that are out now."""

    taken: Taken = field(default_factory=dict)
    slowdown: Slowdown = NOT_SLOWED

    def as_of(self, now: datetime) -> Bucket:
        """Take back the tokens whose window is over. None may stay out for longer because a clock was set back."""
        taken = {name: kept for name, slots in self.taken.items() if (kept := _still_out(name, slots, now))}
        return Bucket(taken, self.slowdown.as_of(now))

    def free_count(self, limits: Limits, now: datetime) -> float:
        """Say how many messages may begin now; infinity where there is no limit."""
        current = self.as_of(now)
        if current.slowdown.held_at(now):
            return 0
        counts = limits.slowed(current.slowdown.level).counts()
        return min((max(0, count - current._out(name)) for name, count in counts.items()), default=float("inf"))

    def free_at(self, limits: Limits, now: datetime) -> datetime:
        """Say when the next message may begin."""
        current = self.as_of(now)
        slowdown = current.slowdown
        times = [current._free_at(name, count) for name, count in limits.slowed(slowdown.level).counts().items()]
        held = [slowdown.held_until] if slowdown.held_until is not None else []
        return max([now, *held, *(time for time in times if time is not None)])

    def take(self, limits: Limits, now: datetime, count: int = 1) -> Bucket:
        """Take tokens out, whether or not there are so many."""
        current = self.as_of(now)
        taken = dict(current.taken)
        for name in limits.slowed(current.slowdown.level).counts():
            slots = dict(taken.get(name, ()))
            slot = _slot_of(name, now)
            slots[slot] = slots.get(slot, 0) + count
            taken[name] = tuple(sorted(slots.items()))
        return replace(current, taken=taken)

    def slow_down(self, now: datetime, wish_seconds: float | None) -> Bucket:
        """Do what the remote asks for."""
        return replace(self, slowdown=self.slowdown.more(now, wish_seconds))

    def _out(self, window: str) -> int:
        return sum(count for _, count in self.taken.get(window, ()))

    def _free_at(self, window: str, limit: int) -> datetime | None:
        """Say when enough tokens have come back for one more message; None if there are enough now."""
        too_many = self._out(window) - limit + 1
        for slot, count in self.taken.get(window, ()):
            if too_many <= 0:
                return None
            too_many -= count
            if too_many <= 0:
                return _back_at(window, slot)
        return None


def _slot_microseconds(window: str) -> int:
    return WINDOW_SECONDS[window] * 1_000_000 // SLOTS


def _slot_of(window: str, now: datetime) -> int:
    return int((now - _EPOCH) // _MICROSECOND) // _slot_microseconds(window)


def _back_at(window: str, slot: int) -> datetime:
    """Say when the tokens of a slot come back: a window after the last of them can have been taken."""
    return _EPOCH + timedelta(microseconds=(slot + 1 + SLOTS) * _slot_microseconds(window))


def _still_out(window: str, slots: Sequence[tuple[int, int]], now: datetime) -> tuple[tuple[int, int], ...]:
    newest = _slot_of(window, now)
    kept: dict[int, int] = {}
    for slot, count in slots:
        if _back_at(window, slot) > now:
            at = min(slot, newest)
            kept[at] = kept.get(at, 0) + count
    return tuple(sorted(kept.items()))


@dataclass(frozen=True, slots=True)
class PaceRules:
    """The limits of a channel, of single domains there, and of each domain without limits of its own."""

    channel: Limits = NO_CHANNEL_LIMITS
    domains: Mapping[str, Limits] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Say whether there is any limit."""
        return bool(self.channel or self.domains)

    def of(self, domain: str) -> Limits:
        """Give the limits of a domain, or of the whole channel."""
        if domain == WHOLE_CHANNEL:
            return self.channel or NO_CHANNEL_LIMITS
        return self.domains.get(domain) or self.domains.get(EVERY_DOMAIN) or NO_LIMITS


@dataclass(frozen=True, slots=True)
class Waves:
    """When those who wait for tokens of one bucket are looked at again: so many at a time, so many seconds apart."""

    first_at: datetime
    seconds: float
    count: int

    def at(self, number: int) -> datetime:
        """Give the time of a wave, counted from 0."""
        return self.first_at + timedelta(seconds=number * self.seconds)


WAVE_SECONDS = 60.0
MAX_WAVE_COUNT = 100


def waves_of(bucket: Bucket, limits: Limits, now: datetime) -> Waves:
    """Spread those who wait as the bucket will let them go: a minute's worth at a time, at least one, not too many."""
    per_second = limits.slowed(bucket.as_of(now).slowdown.level).steady_per_second()
    count = max(1, min(MAX_WAVE_COUNT, int(per_second * WAVE_SECONDS)))
    return Waves(bucket.free_at(limits, now), count / per_second, count)


@dataclass(frozen=True, slots=True)
class Share:
    """Who of those who asked may begin, in their order, and for each bucket that was empty, when the others may."""

    is_granted: tuple[bool, ...]
    waiting: Mapping[str, Waves]
    buckets: Mapping[str, Bucket]


def share_out(buckets: Mapping[str, Bucket], rules: PaceRules, domains: Sequence[str], now: datetime) -> Share:
    """Give a token of the channel and one of its domain to each who asks, for as long as there are any.

    A domain without tokens is passed over, and keeps nobody else waiting.
    """
    after = {name: buckets.get(name, _FULL).as_of(now) for name in {WHOLE_CHANNEL, *domains}}
    granted: list[bool] = []
    waiting: dict[str, Waves] = {}
    for domain in domains:
        scopes = {WHOLE_CHANNEL, domain}
        empty = [name for name in scopes if after[name].free_count(rules.of(name), now) < 1]
        for name in empty:
            if name not in waiting:
                waiting[name] = waves_of(after[name], rules.of(name), now)
        for name in scopes if not empty else ():
            after[name] = after[name].take(rules.of(name), now)
        granted.append(not empty)
    return Share(tuple(granted), waiting, after)


_FULL = Bucket()


def who_slows_down(outcome: Outcome, recipient: str) -> str | None:
    """Say who asks us to slow down: a recipient's domain, the whole channel by ""; None if nobody does.

    Source: 4.7.28 is a domain's limit on the rate of mail from us (support.google.com/a/answer/3726730); 421 closes the
    connection (RFC 5321 4.2.3); Retry-After and 429 (RFC 9110 10.2.3, RFC 6585 4); checked 2026-11-28.
    """
    if not isinstance(outcome, Deferred):
        return None
    if outcome.evidence.enhanced_code == "4.7.28":
        return domain_of(recipient)
    if outcome.evidence.code in (421, 429) or outcome.retry_after_seconds is not None:
        return WHOLE_CHANNEL
    return None


def domain_of(recipient: str) -> str:
    """Give the domain of a normalised address."""
    return recipient.rpartition("@")[2]
