"""A simulated year: five digests, twelve channels, holidays, pauses, standstills, crashes and a clock that jumps.

Each due time has exactly one end: sent, skipped with its reason, or missed. What is expected is worked out here, by
plain dates and by what the simulation has done, without a line of the program's own law of due times.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.domain.subscriber import Subscriber
from publisher.scheduling.service import Service
from tests.journeys.project import ORGANISATION, Project
from tests.workflow.office import StandingClock, opened

BERLIN = ZoneInfo("Europe/Berlin")
CATCH_UP = timedelta(hours=1)
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WORKDAYS = frozenset(range(5))
# Public holidays of North Rhine-Westphalia on weekdays, from the calendar of the Land.
HOLIDAYS = {
    date(2026, 12, 25), date(2027, 1, 1), date(2027, 3, 26), date(2027, 3, 29), date(2027, 5, 6), date(2027, 5, 17),
    date(2027, 5, 27), date(2027, 10, 3), date(2027, 11, 1), date(2026, 12, 26),
}  # fmt: skip
POST_NETWORKS = ("mastodon", "bluesky", "x", "threads", "linkedin", "slack", "telegram")


@dataclass(frozen=True)
class Plan:
    """A digest as the simulation knows it: weekdays from Monday = 0, and times of day by its own clocks."""

    weekdays: frozenset[int]
    times: tuple[time, ...]
    config: str
    days_off: frozenset[date] = frozenset()
    off_until: date = date.min

    def is_off(self, day: date) -> bool:
        return day in self.days_off or day < self.off_until


def days(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days=number) for number in range((last - first).days + 1))


PLANS: Mapping[str, Plan] = {
    "daily": Plan(WORKDAYS, (time(7, 0),), 'schedule = ["Mon-Fri 07:00"]\ndefault = true'),
    "holiday": Plan(
        WORKDAYS,
        (time(12, 30),),
        'schedule = ["30 12 * * 1-5"]\nskip_holidays = ["DE-NW"]\nblackout = ["12-27..01-03"]',
        frozenset(HOLIDAYS) | days(date(2026, 12, 27), date(2027, 1, 3)),
    ),
    "night": Plan(frozenset(range(7)), (time(2, 30),), 'schedule = ["02:30"]'),  # both changes of the clocks hit it
    "weekly": Plan(frozenset({0}), (time(8, 0), time(16, 0)), 'schedule = ["Mon 08:00 16:00"]'),
    "paused": Plan(
        WORKDAYS,
        (time(18, 0),),
        'schedule = ["Mon-Fri 18:00"]\npause_until = "2026-12-15"',
        off_until=date(2026, 12, 15),
    ),
}


def config() -> str:
    digests = "".join(
        f"""
[digests.{name}]
title = "Pumpen {name}"
channel = "mail-{name}"
from_address = "newsletter@example.org"
archive = false
{plan.config}
[channels.mail-{name}]
adapter = "folder"
folder = "sent/{name}"
"""
        for name, plan in PLANS.items()
    )
    posts = "".join(
        f'[channels.{name}]\nadapter = "folder"\nfolder = "posted/{name}"\nnetwork = "{name}"\n'
        for name in POST_NETWORKS
    )
    return ORGANISATION + digests + posts


def local_instant(day: date, at: time) -> datetime:
    """The first instant of a local time; 02:30 in the gap of spring is 03:00 then."""
    local = datetime.combine(day, at, BERLIN)
    instant = local.astimezone(UTC)
    if instant.astimezone(BERLIN).time() != at:
        return datetime.combine(day, time(3, 0), BERLIN).astimezone(UTC)
    return instant


@dataclass(frozen=True, order=True)
class Slot:
    """One due time, worked out on its own."""

    at: datetime
    digest: str
    occurrence: str
    is_off: bool


def slots(first: date, day_count: int) -> Iterator[Slot]:
    for number in range(day_count):
        day = first + timedelta(days=number)
        for name, plan in PLANS.items():
            for at in plan.times if day.weekday() in plan.weekdays else ():
                occurrence = f"due {day.isoformat()}T{at:%H:%M}"
                yield Slot(local_instant(day, at), name, occurrence, plan.is_off(day))


class Crash(BaseException):
    """The machine goes off in the middle of something."""


@dataclass
class CrashingClock(StandingClock):
    """After so many looks at it, everything stops."""

    looks_left: int | None = None

    def now(self) -> datetime:
        if self.looks_left is not None:
            self.looks_left -= 1
            if self.looks_left < 0:
                raise Crash
        return super().now()


@dataclass
class Expected:
    """The independent table: what must have become of each due time, by what the simulation has done so far."""

    waiting: list[Slot]
    verdicts: dict[tuple[str, str], str] = field(default_factory=dict)
    known: dict[tuple[str, str], Slot] = field(default_factory=dict)

    def looked(self, now: datetime, queued: Counter[str]) -> None:
        """A whole pass came at this time: whatever is due has its verdict now."""
        still = []
        for slot in sorted(self.waiting):
            if slot.at > now:
                still.append(slot)
                continue
            key = (slot.digest, slot.occurrence)
            self.known[key] = slot
            if slot.is_off:
                self.verdicts[key] = "skipped"
            elif now - slot.at > CATCH_UP:
                self.verdicts[key] = "missed"
            elif queued[slot.digest]:
                self.verdicts[key] = "sent"
                queued[slot.digest] = 0
            else:
                self.verdicts[key] = "skipped"
        self.waiting = still

    def clock_was_wrong(self, now: datetime) -> None:
        """What is still to come has no verdict, unless it was sent."""
        for key, slot in list(self.known.items()):
            if slot.at > now and self.verdicts[key] != "sent":
                del self.verdicts[key], self.known[key]
                self.waiting.append(slot)


@dataclass
class Simulation:
    """One life of the program, with everything that can happen to it."""

    project: Project
    chance: random.Random
    expected: Expected
    clock: CrashingClock
    queued: Counter[str] = field(default_factory=Counter)
    article_count: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)

    def run_until(self, end: datetime) -> None:
        self._pass()
        while self.clock.at < end:
            self._something_happens()
            self._wait_for_the_next()
            self._pass()

    def _wait_for_the_next(self) -> None:
        """Sleep until the next due time, as the program does, or until something strange comes first."""
        upcoming = min((slot.at for slot in self.expected.waiting if slot.at > self.clock.at), default=None)
        if upcoming is None or self.chance.random() < 0.1:
            self.clock.forward(hours=self.chance.uniform(0.2, 6))
        else:
            self.clock.at = upcoming + timedelta(seconds=self.chance.choice([0, 0, 0.4, 3]))

    def _something_happens(self) -> None:
        kind = self.chance.choices(
            ["article", "nothing", "standstill", "ahead", "back"], weights=[40, 140, 4, 1, 1], k=1
        )[0]
        self.happened[kind] += 1
        if kind == "article":
            self._write_article()
        elif kind == "standstill":
            self.clock.forward(hours=self.chance.choice([0.3, 0.9, 2, 30]))
        elif kind == "ahead":
            self.clock.forward(hours=self.chance.choice([0.5, 3, 50]))
        elif kind == "back":
            self.clock.forward(hours=-self.chance.choice([0.5, 3, 20]))
            self.expected.clock_was_wrong(self.clock.at)

    def _write_article(self) -> None:
        digest = self.chance.choice(list(PLANS))
        channels = self.chance.sample(POST_NETWORKS, self.chance.choice([0, 0, 1]))
        self.article_count += 1
        self.project.article(f"artikel-{self.article_count}", digests=[digest], channels=channels)
        self.queued[digest] += 1

    def _pass(self) -> None:
        """Run the program; now and then it crashes on the way, and is started again a little later."""
        if self.chance.random() < 0.06:
            self.happened["crash"] += 1
            self._crash()
            self.clock.forward(seconds=self.chance.choice([1, 30]))
        with opened(self.project, self.clock) as app:
            Service(app, threading.Event(), self.events.append).once()
        # Within the minute nothing else has become due: the pass after a crash decides what the first one left.
        self.expected.looked(self.clock.at, self.queued)

    def _crash(self) -> None:
        try:
            with opened(self.project, self.clock) as app:
                self.clock.looks_left = self.chance.randint(1, 60)
                try:
                    Service(app, threading.Event(), self.events.append).once()
                finally:
                    self.clock.looks_left = None
        except Crash:
            self.happened["crashed"] += 1


FOUND = """
SELECT d.digest, d.occurrence, d.verdict, d.reason, e.state FROM due_times d LEFT JOIN editions e ON e.id = d.edition_id
"""


def found(project: Project) -> dict[tuple[str, str], str]:
    """The end of each due time, as the ledger's file has it; its key allows one each."""
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection:
        rows = connection.execute(FOUND).fetchall()
    ends: dict[tuple[str, str], str] = {}
    for digest, occurrence, verdict, reason, state in rows:
        assert (digest, occurrence) not in ends
        assert bool(reason) == (verdict != "edition")
        ends[digest, occurrence] = state if verdict == "edition" else verdict
    return ends


def simulate(project: Project, day_count: int, seed: int) -> Simulation:
    subscribers = [Subscriber("anna@example.org", digests=tuple(PLANS), consent_source="test")]
    with project.store() as store:
        store.subscribers.save(subscribers, START)
    table = sorted(slots(START.date(), day_count + 60))
    expected = Expected([slot for slot in table if slot.at > START - CATCH_UP])
    made = Simulation(project, random.Random(seed), expected, CrashingClock(START))
    made.run_until(START + timedelta(days=day_count))
    return made


@pytest.mark.parametrize(
    ("day_count", "seed"), [(14, 5), *(pytest.param(366, seed, marks=pytest.mark.long) for seed in (1,))]
)
def test_each_due_time_has_exactly_one_end(tmp_path: Path, day_count: int, seed: int) -> None:
    project = Project.make(tmp_path / "project", config())
    made = simulate(project, day_count, seed)
    ends = found(project)
    sys.stderr.write(
        f"{len(ends)} due times in {day_count} days: {dict(Counter(ends.values()))}; {dict(made.happened)}\n"
    )
    assert ends == made.expected.verdicts
    sent = Counter(key[0] for key, end in ends.items() if end == "sent")
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection:
        accepted = connection.execute(
            "SELECT digest, count(*) FROM deliveries WHERE state = 'accepted' AND digest IS NOT NULL GROUP BY digest"
        ).fetchall()
        states = connection.execute("SELECT DISTINCT state FROM deliveries").fetchall()
    assert dict(accepted) == dict(sent)
    assert states in ([], [("accepted",)])
    for name in PLANS:
        assert len(list((project.folder / "sent" / name).glob("*.eml"))) == sent[name]


def test_the_table_finds_a_verdict_that_is_wrong(tmp_path: Path) -> None:
    """The control: one row less, or another verdict, and the tables differ."""
    project = Project.make(tmp_path / "project", config())
    made = simulate(project, 2, 7)
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection, connection:
        connection.execute("DELETE FROM due_times WHERE rowid = (SELECT min(rowid) FROM due_times)")
    assert found(project) != made.expected.verdicts
