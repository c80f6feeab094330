"""What a digest says of when: its schedule, holidays, blackout, pause."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from publisher.config.explain import nearest_hint
from publisher.config.places import Places
from publisher.domain.blackout import BlackoutError, parse_blackout
from publisher.domain.cadence import CadenceError, parse_cadence
from publisher.domain.digest import Digest
from publisher.domain.duration import DurationError, duration_text, parse_duration
from publisher.domain.holidays import RegionError, check_region
from publisher.domain.schedule import PauseError, parse_pause
from publisher.errors import ConfigError

# A tick comes a moment after its time; and what is older than a week is no news.
SHORTEST_CATCH_UP, LONGEST_CATCH_UP = timedelta(minutes=1), timedelta(days=7)

KeyPath = tuple[str, ...]


def check_calendar(digest: Digest, path: KeyPath, places: Places) -> Iterator[ConfigError]:
    """Check every entry of each of these keys."""
    yield from _check_schedule(digest, places.where((*path, "schedule")))
    yield from _check_holidays(digest, places.where((*path, "skip_holidays")))
    yield from _check_blackout(digest, places.where((*path, "blackout")))
    yield from _check_pause(digest, places.where((*path, "pause_until")))
    yield from _check_catch_up(digest, places.where((*path, "catch_up")))


def _check_schedule(digest: Digest, where: str) -> Iterator[ConfigError]:
    for text in digest.schedule:
        try:
            parse_cadence(text)
        except CadenceError as error:
            hint = 'Write for example schedule = ["Mon-Fri 07:00"], or a cron line: schedule = ["0 7 * * 1-5"].'
            yield ConfigError(f'"schedule": {error}', where=where, hint=hint)


def _check_holidays(digest: Digest, where: str) -> Iterator[ConfigError]:
    for region in digest.skip_holidays:
        try:
            check_region(region)
        except RegionError as error:
            hint = f'{nearest_hint(region, error.known)} Write for example skip_holidays = ["DE-NW"].'
            yield ConfigError(f'"skip_holidays": {error}', where=where, hint=hint)


def _check_blackout(digest: Digest, where: str) -> Iterator[ConfigError]:
    for text in digest.blackout:
        try:
            parse_blackout(text)
        except BlackoutError as error:
            hint = 'Write for example blackout = ["2026-12-24", "2026-12-27..2027-01-06"], each year: ["12-24..01-06"].'
            yield ConfigError(f'"blackout": {error}', where=where, hint=hint)


def _check_pause(digest: Digest, where: str) -> Iterator[ConfigError]:
    if digest.pause_until is None:
        return
    try:
        parse_pause(digest.pause_until)
    except PauseError as error:
        hint = 'Write for example pause_until = "2027-01-07" or pause_until = "2027-01-07 12:00".'
        yield ConfigError(f'"pause_until": {error}', where=where, hint=hint)


def _check_catch_up(digest: Digest, where: str) -> Iterator[ConfigError]:
    hint = 'Write for example catch_up = "1h", "90s", "30m" or "1h 30m".'
    try:
        catch_up = parse_duration(digest.catch_up)
    except DurationError as error:
        yield ConfigError(f'"catch_up": {error}', where=where, hint=hint)
        return
    if not SHORTEST_CATCH_UP <= catch_up <= LONGEST_CATCH_UP:
        what = f'"catch_up" must be from {duration_text(SHORTEST_CATCH_UP)} to {duration_text(LONGEST_CATCH_UP)}'
        yield ConfigError(f'{what}, not "{digest.catch_up}"', where=where, hint=hint)
