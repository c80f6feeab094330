"""From local times to instants: each local calendar time comes once, whatever the clock does.

A time that the clock skips in spring comes at the first instant after the gap; one that the clock shows twice in autumn
comes the first time only. That is what people mean by "every day at half past two", and what a plain cron does not do.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


def instant_of(local: datetime, zone: tzinfo) -> datetime:
    """Give the UTC instant of a naive local time: the first of two, or the first after a gap."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _shown(first, zone) == local:
        return first
    return _end_of_gap(local.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def clock_change(local: datetime, zone: tzinfo) -> str | None:
    """Say in words what a clock change does to a naive local time, None if nothing."""
    came = _shown(instant_of(local, zone), zone)
    if came != local:
        return f"clock change: there is no {local:%H:%M} on this day, it runs at {came:%H:%M}"
    if local.replace(tzinfo=zone, fold=1).utcoffset() != local.replace(tzinfo=zone, fold=0).utcoffset():
        return f"clock change: {local:%H:%M} comes twice on this day, it runs the first time"
    return None


def _shown(instant: datetime, zone: tzinfo) -> datetime:
    """Give what clocks show at an instant, naive; which of two equal times it is does not matter here."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _end_of_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Find the instant, to the second, at which the offset changes between two instants."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)
