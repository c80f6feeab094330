"""Paced claims: what may start now, by the pace of the channel and of each recipient's domain, and by quiet hours.

Whoever has no token now is passed over and keeps nobody else waiting. A few of each such domain are kept at hand, at
most a minute's worth; the rest is put off in the ledger, in one go, until its time comes: so the queue's front is never
full of what cannot leave, and nothing is looked at again and again.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.domain.pace import WHOLE_CHANNEL, Bucket, PaceRules, Waves, domain_of
from publisher.ports.ledger import ClaimedDelivery
from publisher.ports.pace import Pace
from publisher.workflow.claims import Claims
from publisher.workflow.guard import Guard
from publisher.workflow.waiting import PATIENCE_SECONDS

MAX_AT_HAND = 5_000
# Others wait while this one looks for somebody who may start.
MAX_FETCHES = 10

# A channel without a pace is fetched for a hundred times a second. A pause by a person stops the next delivery, and
# then there is a look at once; that another process has opened the circuit is seen so much later.
LOOK_SECONDS = 0.2

Entry = tuple[float, ClaimedDelivery]


@dataclass(kw_only=True)
class PacedClaims(Claims):
    """The claims of a channel that may have a pace. Without one, they cost nothing more."""

    pace: Pace
    guard: Guard
    rules: PaceRules
    _is_paced: bool = field(init=False)
    _look_again_seconds: float = -math.inf
    _parked: dict[str, tuple[datetime, deque[Entry]]] = field(default_factory=dict)
    _channel_free_at: datetime | None = None
    _is_quiet: bool = False

    def __post_init__(self) -> None:
        """Note what is asked with every step."""
        self._is_paced = bool(self.rules)

    def fetch(self) -> None:
        """Claim more, if there are more that might start."""
        self.is_dry = True
        if len(self._waiting) + self._parked_count() >= MAX_AT_HAND:
            return
        if self._is_limited() or self.clock.monotonic_seconds() >= self._look_again_seconds:
            self._look()
        self._obey_quiet_hours()
        self._is_quiet = self.guard.quiet_end() is not None
        if not self.guard.is_open() or self._channel_free_at is not None:
            return
        if self._is_quiet and self.message_id is None:
            self._fetch_what_is_asked_for()
        else:
            super().fetch()

    def take(self, count: int) -> Sequence[ClaimedDelivery]:
        """Take up to so many that may start now."""
        if self._waiting or self._parked:
            self._obey_quiet_hours()
            self._bring_back_parked()
        if not self._waiting:
            return []
        count = min(count, self.guard.allowed_count())
        if not self._is_limited():
            return super().take(count)
        return self._take_with_tokens(count)

    def wants_more(self, count: int) -> bool:
        """Say whether more should be claimed before they are needed: not where they might have to wait."""
        return not self._is_limited() and super().wants_more(count)

    def put_back(self, refused: Sequence[ClaimedDelivery]) -> None:
        """Give back what the fence has refused, and look before more is claimed: somebody may have paused it all."""
        self._look_again_seconds = -math.inf
        self._release(refused)

    def rest_until(self) -> datetime | None:
        """Say when something that cannot start now may, where it is worth waiting for; None if it is not.

        That is now, where the end of the queue has not come in sight yet.

        It costs a look into the ledger: for a crew that has nothing else to do.
        """
        if not self._is_limited():
            return None
        now = self._look()  # a person may have paused it, or let it go on
        if not self.guard.is_open() or (self._is_quiet and not self._is_asked_for()):
            return None
        if self._channel_free_at is None if self._waiting else not self.is_dry:
            return now
        times = [until for until, _ in self._parked.values()]
        times += [self._channel_free_at] if self._waiting and self._channel_free_at is not None else []
        next_at = self.pace.next_put_off_at(self.channel, now)
        times += [next_at] if next_at is not None else []
        until = min((at for at in times if at > now), default=None)
        return until if until is not None and until - now <= timedelta(seconds=PATIENCE_SECONDS) else None

    def give_back(self) -> None:
        """Give back what was not started."""
        self._parked.clear()
        super().give_back()

    def _is_limited(self) -> bool:
        return self._is_paced or self.guard.is_slowed

    def _is_asked_for(self) -> bool:
        return self.message_id is not None or bool(self.guard.asked_for)

    def _parked_count(self) -> int:
        return sum(len(entries) for _, entries in self._parked.values())

    def _look(self) -> datetime:
        """See how the channel stands for everybody; give the time of the look."""
        self.guard.look()
        self._look_again_seconds = self.clock.monotonic_seconds() + LOOK_SECONDS
        now = self.clock.now()
        bucket, limits = self.guard.standing.buckets.get(WHOLE_CHANNEL, Bucket()), self.rules.of(WHOLE_CHANNEL)
        self._channel_free_at = None if bucket.free_count(limits, now) >= 1 else bucket.free_at(limits, now)
        return now

    def _fetch_what_is_asked_for(self) -> None:
        for message_id in sorted(self.guard.asked_for):
            self.claim(message_id)
            if self._waiting:
                return

    def _obey_quiet_hours(self) -> None:
        """When they begin, give back what nobody has asked for."""
        if self._is_quiet or self.message_id is not None or self.guard.quiet_end() is None:
            return
        self._is_quiet = True
        asked_for = self.guard.asked_for
        entries = [*self._waiting, *(entry for _, parked in self._parked.values() for entry in parked)]
        self._parked.clear()
        self._waiting = deque(entry for entry in entries if entry[1].message_id in asked_for)
        self._release([delivery for _, delivery in entries if delivery.message_id not in asked_for])

    def _bring_back_parked(self) -> None:
        now = self.clock.now()
        for domain in [domain for domain, (until, _) in self._parked.items() if until <= now]:
            _, entries = self._parked.pop(domain)
            self._waiting.extendleft(reversed(entries))

    def _take_with_tokens(self, count: int) -> Sequence[ClaimedDelivery]:
        granted: list[ClaimedDelivery] = []
        fetch_count = 0
        while len(granted) < count:
            if not self._waiting and not self.is_dry and fetch_count < MAX_FETCHES:
                self.fetch()  # all of a batch was put aside
                fetch_count += 1
            if not self._waiting:
                break
            now = self.clock.now()
            if self._channel_free_at is not None and now < self._channel_free_at:
                break
            self._channel_free_at = None
            asked = self._take_entries(count - len(granted))
            granted += self._ask(asked, now)
        return granted

    def _take_entries(self, count: int) -> list[Entry]:
        """Take entries whose time has not run out, from the front."""
        entries = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        now = self.clock.monotonic_seconds()
        self._release([delivery for deadline, delivery in entries if deadline <= now])
        return [entry for entry in entries if entry[0] > now]

    def _ask(self, asked: Sequence[Entry], now: datetime) -> list[ClaimedDelivery]:
        """Ask for tokens, and put aside who gets none."""
        if not asked:
            return []
        share = self.pace.share(self.channel, self.rules, [self._domain_of(entry) for entry in asked], now)
        for_channel = share.waiting.get(WHOLE_CHANNEL)
        if for_channel is not None:
            self._channel_free_at = for_channel.first_at
        refused = [entry for entry, is_granted in zip(asked, share.is_granted, strict=True) if not is_granted]
        self._waiting.extendleft(reversed(refused))
        for domain, waves in share.waiting.items():
            if domain != WHOLE_CHANNEL:
                self._put_aside(domain, waves, now)
        return [delivery for (_, delivery), is_granted in zip(asked, share.is_granted, strict=True) if is_granted]

    def _domain_of(self, entry: Entry) -> str:
        """Give the domain of an e-mail's recipient; all posts of a channel go to one account."""
        delivery = entry[1]
        return WHOLE_CHANNEL if delivery.digest is None else domain_of(delivery.key.recipient)

    def _put_aside(self, domain: str, waves: Waves, now: datetime) -> None:
        """Keep what may go soon at hand, and put the rest of this domain off."""
        _, entries = self._parked.pop(domain, (now, deque[Entry]()))
        entries.extend(entry for entry in self._waiting if self._domain_of(entry) == domain)
        self._waiting = deque(entry for entry in self._waiting if self._domain_of(entry) != domain)
        is_soon = waves.first_at - now <= timedelta(seconds=PATIENCE_SECONDS)
        keep = waves.count if is_soon else 0
        kept, surplus = deque(list(entries)[:keep]), list(entries)[keep:]
        if kept:
            self._parked[domain] = (waves.first_at, kept)
        if surplus:
            self._release([delivery for _, delivery in surplus])
            later = Waves(waves.at(1), waves.seconds, waves.count) if kept else waves
            self.pace.put_off(self.channel, domain, later, now)

    def _release(self, deliveries: Sequence[ClaimedDelivery]) -> None:
        if deliveries:
            self.ledger.release(self.worker, self.clock.now(), only=[delivery.id for delivery in deliveries])
