"""When a channel may post: with its digests or at times of its own, with gaps, and at most so many a day.

Everything follows from the times at which the channel's posts were planned, and from when it last had nothing to post
at a time of its own, which the ledger knows both: so a restart in between changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Literal

from publisher.domain.cadence import WeeklyTimes
from publisher.domain.local_time import instant_of
from publisher.domain.schedule import Schedule

# A time of its own at which nobody was there is made up for so long: then the article waits for the next one, and two
# are never made up at once. One at which nothing waited is over: what comes in a minute later may still be changed
# until the next, as for a digest.
CATCH_UP = timedelta(minutes=10)
LOOK_AHEAD = timedelta(days=370)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PostTimes:
    """What the config says of when a channel posts.

    With a `schedule` each of its times takes one article. Without one an article's post follows its edition: once that
    is on its way, once `after_accepted` of its e-mails were accepted, or once it has come to its `after` = "end"; or it
    goes ahead of it, at most `before` its due time.
    `repeat_after`: a time of its own at which nothing new waits takes an evergreen article again, this long after its
    last post.
    """

    zone: tzinfo
    schedule: Schedule | None = None
    gap: timedelta = timedelta()
    max_per_day: int | None = None
    after: Literal["start", "end"] = "start"
    after_accepted: int | None = None
    before: timedelta | None = None
    repeat_after: timedelta | None = None

    @property
    def is_plain(self) -> bool:
        """Say whether every post that waits goes out when a digest is due."""
        return self == PostTimes(self.zone)

    def next_at(self, planned: Sequence[datetime], now: datetime, passed_at: datetime | None = None) -> datetime | None:
        """Give the next instant, `now` at the earliest, at which one more may be planned; None if not within a year.

        `planned` are the instants at which posts were planned, newest first, those of two days or a gap at least.
        `passed_at` is when nothing waited last at a time of its own; one that is to come was a wrong clock's.
        """
        free_at = max(now, planned[0] + self.gap) if planned else now
        if self.schedule is None:
            return free_at if self._has_room(planned, free_at) else self._next_day(free_at)
        for due in self.schedule.due_between(now - CATCH_UP, now + LOOK_AHEAD):
            at = max(due.due_at, now)
            is_used = bool(planned) and planned[0] >= due.due_at
            is_used |= passed_at is not None and due.due_at <= passed_at <= now
            if not (due.skip or is_used) and at >= free_at and self._has_room(planned, at):
                return at
        return None

    def room(self, planned: Sequence[datetime], now: datetime, passed_at: datetime | None = None) -> int | None:
        """Say how many posts may be planned now; None means any number."""
        at = self.next_at(planned, now, passed_at)
        if at is None or at > now:
            return 0
        if self.schedule is not None or self.gap:
            return 1
        return None if self.max_per_day is None else self.max_per_day - self._count_on(planned, now)

    def _has_room(self, planned: Sequence[datetime], at: datetime) -> bool:
        return self.max_per_day is None or self._count_on(planned, at) < self.max_per_day

    def _count_on(self, planned: Sequence[datetime], at: datetime) -> int:
        """Count those of the local calendar day of an instant."""
        day = at.astimezone(self.zone).date()
        return sum(one.astimezone(self.zone).date() == day for one in planned)

    def _next_day(self, at: datetime) -> datetime:
        local = datetime.combine(at.astimezone(self.zone).date() + _DAY, time())
        return instant_of(local, self.zone).astimezone(UTC)


def spread_over(first: time, last: time, count: int) -> WeeklyTimes:
    """Give so many times of each day at even distances, the first and the last included, to the minute."""
    start, end = (one.hour * 60 + one.minute for one in (first, last))
    step = (end - start) / (count - 1) if count > 1 else 0.0
    minutes = [round(start + step * number) for number in range(count)]
    times = tuple(time(minute // 60, minute % 60) for minute in minutes)
    return WeeklyTimes(f"{first:%H:%M}-{last:%H:%M}", frozenset(range(7)), times)
