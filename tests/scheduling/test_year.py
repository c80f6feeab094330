"""A simulated year: six digests, thirteen channels, holidays, pauses, standstills, crashes and a clock that jumps.

Each due time has exactly one end: sent, skipped with its reason, missed, or held because nobody approved its edition in
time. What is expected is worked out here, by plain dates and by what the simulation has done, without a line of the
program's own law of due times and approvals. After every pass the two are compared.
"""

from __future__ import annotations

import random
import re
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
from publisher.workflow.approve import approve
from tests.journeys.project import ORGANISATION, Project
from tests.workflow.office import StandingClock, opened

BERLIN = ZoneInfo("Europe/Berlin")
CATCH_UP = timedelta(hours=1)
CLOCK_STEP = timedelta(seconds=2)
REVIEWED = "reviewed"  # a person has to approve each edition of this digest, which is made so long ahead:
LEAD = timedelta(hours=3)
GIVEN_UP = "not approved before the digest was due again"
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
    REVIEWED: Plan(WORKDAYS, (time(10, 0),), 'schedule = ["Mon-Fri 10:00"]\napproval = "edition"'),
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
class Paper:
    """An edition that a person has to approve. `mind` is that person's: "early", "late" or "never"."""

    slot: Slot
    next_at: datetime
    name: str
    slugs: list[str]
    mind: str
    state: str = "frozen"
    approved_at: datetime | None = None

    def looked(self, now: datetime) -> bool:
        """A pass came; True if the articles are free again."""
        if self.state == "approved":
            assert self.approved_at is not None
            waited = now - max(self.slot.at, self.approved_at)
            if waited >= timedelta():
                self.state = "sent" if waited <= CATCH_UP else "held"
        elif self.state == "frozen" and now >= self.slot.at:
            self.state = "held"
        elif self.state == "held" and now >= self.next_at:
            self.state = "held to the end"
            return True
        return False


@dataclass
class Expected:
    """The independent table: what must have become of each due time, by what the simulation has done so far."""

    waiting: list[Slot]
    chance: random.Random
    verdicts: dict[tuple[str, str], str] = field(default_factory=dict)
    known: dict[tuple[str, str], Slot] = field(default_factory=dict)
    papers: list[Paper] = field(default_factory=list)
    looked_at: datetime = START

    def looked(self, now: datetime, queued: dict[str, list[str]]) -> None:
        """A whole pass came at this time: whatever is due has its verdict now."""
        if now < self.looked_at - CLOCK_STEP:
            self._clock_was_wrong(now)
        self.looked_at = now
        for slot in sorted(self.waiting):
            if slot.at <= now:
                self._judge(slot, now, queued)
            elif slot.digest == REVIEWED and slot.at <= now + LEAD and queued[REVIEWED]:
                self._make(slot, queued)
        for paper in self.papers:
            if paper.looked(now):
                queued[REVIEWED] += paper.slugs
            self.verdicts[paper.slot.digest, paper.slot.occurrence] = paper.state

    def _judge(self, slot: Slot, now: datetime, queued: dict[str, list[str]]) -> None:
        if slot.is_off:
            self._decide(slot, "skipped")
        elif now - slot.at > CATCH_UP:
            self._decide(slot, "missed")
        elif not queued[slot.digest]:
            self._decide(slot, "skipped")
        elif slot.digest == REVIEWED:
            self._make(slot, queued)
        else:
            self._decide(slot, "sent")
            queued[slot.digest] = []

    def _decide(self, slot: Slot, verdict: str) -> None:
        key = (slot.digest, slot.occurrence)
        self.verdicts[key], self.known[key] = verdict, slot
        self.waiting.remove(slot)

    def _make(self, slot: Slot, queued: dict[str, list[str]]) -> None:
        """All that waits for the digest goes into one edition, and waits for a person there."""
        self._decide(slot, "frozen")
        day = slot.at.astimezone(BERLIN).date()
        next_day = next(day + timedelta(days=n) for n in (1, 2, 3) if (day + timedelta(days=n)).weekday() in WORKDAYS)
        mind = self.chance.choice(["early", "early", "late", "never"])
        name = f"{REVIEWED}/{len(self.papers) + 1}"
        self.papers.append(Paper(slot, local_instant(next_day, time(10, 0)), name, queued[REVIEWED], mind))
        queued[REVIEWED] = []

    def _clock_was_wrong(self, now: datetime) -> None:
        """What is still to come has no verdict, unless it has an edition."""
        for key, slot in list(self.known.items()):
            if slot.at > now and self.verdicts[key] in ("skipped", "missed"):
                del self.verdicts[key], self.known[key]
                self.waiting.append(slot)


@dataclass
class Simulation:
    """One life of the program, with everything that can happen to it."""

    project: Project
    chance: random.Random
    expected: Expected
    clock: CrashingClock
    queued: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in PLANS})
    posts: dict[str, tuple[str, str]] = field(default_factory=dict)
    article_count: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)

    def run_until(self, end: datetime) -> None:
        self._pass()
        while self.clock.at < end:
            is_told = self._people_decide()
            self._something_happens()
            if is_told:  # the program sees the answer; unless something has come between
                self.clock.forward(seconds=5)
            else:
                self._wait_for_the_next()
            self._pass()
        # At the next due time all posts leave that still wait for one.
        self.clock.at = min(slot.at for slot in self.expected.waiting if slot.at > end and not slot.is_off)
        self._pass()

    def _people_decide(self) -> bool:
        """Let who means to approve an edition do so, sooner or later."""
        is_told = False
        for paper in self.expected.papers:
            if (paper.state, paper.mind) in (("frozen", "early"), ("held", "late")) and self.chance.random() < 0.6:
                with opened(self.project, self.clock) as app:
                    approve(app, paper.name, lambda subject: True)
                self.happened[f"approved {paper.mind}"] += 1
                paper.state, paper.approved_at, is_told = "approved", self.clock.at, True
        return is_told

    def _wait_for_the_next(self) -> None:
        """Sleep until the next due time, as the program does, or until something strange comes first."""
        slots = self.expected.waiting + [paper.slot for paper in self.expected.papers[-2:]]
        instants = [slot.at for slot in slots] + [slot.at - LEAD for slot in slots if slot.digest == REVIEWED]
        upcoming = min((at for at in instants if at > self.clock.at), default=None)
        if upcoming is None or self.chance.random() < 0.1:
            self.clock.forward(hours=self.chance.uniform(0.2, 6))
        else:
            self.clock.at = upcoming + timedelta(seconds=self.chance.choice([0, 0, 0.4, 3]))

    def _something_happens(self) -> None:
        kind = self.chance.choices(
            ["article", "nothing", "standstill", "ahead", "back"], weights=[60, 120, 4, 1, 1], k=1
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

    def _write_article(self) -> None:
        digest = self.chance.choice([*PLANS, REVIEWED, REVIEWED, REVIEWED])
        channels = self.chance.sample(POST_NETWORKS, self.chance.choice([0, 1]))
        self.article_count += 1
        slug = f"artikel-{self.article_count}"
        self.project.article(slug, digests=[digest], channels=channels)
        self.queued[digest].append(slug)
        if channels:
            self.posts[slug] = (digest, channels[0])

    def posted(self) -> list[tuple[str, str]]:
        """Which articles must have been posted where: those of editions that wait for a person, once they are sent."""
        approved = {slug for paper in self.expected.papers if paper.state == "sent" for slug in paper.slugs}
        return sorted(
            (slug, channel) for slug, (name, channel) in self.posts.items() if name != REVIEWED or slug in approved
        )

    def _pass(self) -> None:
        """Run the program; now and then it crashes on the way, and is started again a little later."""
        if self.chance.random() < 0.06:
            self.happened["crash"] += 1
            self._crash()
            self.clock.forward(seconds=self.chance.choice([1, 30]))
            # Within the minute nothing else has become due: this pass decides what the first one left.
            self._whole_pass()
        self._whole_pass()
        assert found(self.project) == self.expected.verdicts

    def _whole_pass(self) -> None:
        with opened(self.project, self.clock) as app:
            Service(app, threading.Event(), self.events.append).once()
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
SELECT d.digest, d.occurrence, d.verdict, d.reason, e.state, e.reason
FROM due_times d LEFT JOIN editions e ON e.id = d.edition_id
"""


def found(project: Project) -> dict[tuple[str, str], str]:
    """The end of each due time, as the ledger's file has it; its key allows one each."""
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection:
        rows = connection.execute(FOUND).fetchall()
    ends: dict[tuple[str, str], str] = {}
    for digest, occurrence, verdict, reason, state, edition_reason in rows:
        assert (digest, occurrence) not in ends
        assert bool(reason) == (verdict != "edition")
        end = "held to the end" if (state, edition_reason) == ("cancelled", GIVEN_UP) else state
        ends[digest, occurrence] = end if verdict == "edition" else verdict
    return ends


def simulate(project: Project, day_count: int, seed: int) -> Simulation:
    subscribers = [Subscriber("anna@example.org", digests=tuple(PLANS), consent_source="test")]
    with project.store() as store:
        store.subscribers.save(subscribers, START)
    table = sorted(slots(START.date(), day_count + 60))
    chance = random.Random(seed)
    expected = Expected([slot for slot in table if slot.at > START - CATCH_UP], chance)
    made = Simulation(project, chance, expected, CrashingClock(START))
    made.run_until(START + timedelta(days=day_count))
    return made


def posted(project: Project) -> list[tuple[str, str]]:
    """What lies in the folders of the networks, article by article."""
    files = [(path, name) for name in POST_NETWORKS for path in (project.folder / "posted" / name).glob("*.txt")]
    return sorted((slug, name) for path, name in files for slug in re.findall(r"artikel-\d+", path.read_text()))


@pytest.mark.parametrize(
    ("day_count", "seed"), [(14, 6), *(pytest.param(366, seed, marks=pytest.mark.long) for seed in (1,))]
)
def test_each_due_time_has_exactly_one_end(tmp_path: Path, day_count: int, seed: int) -> None:
    project = Project.make(tmp_path / "project", config())
    made = simulate(project, day_count, seed)
    ends = found(project)
    sys.stderr.write(
        f"{len(ends)} due times in {day_count} days: {dict(Counter(ends.values()))}; {dict(made.happened)}; "
        f"{len(made.posted())} posts\n"
    )
    assert ends == made.expected.verdicts
    assert set(ends.values()) >= {"sent", "skipped", "missed", "held to the end"}
    assert {"approved early", "approved late"} <= set(made.happened)
    sent = Counter(key[0] for key, end in ends.items() if end == "sent")
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection:
        accepted = connection.execute(
            "SELECT digest, count(*) FROM deliveries WHERE state = 'accepted' AND digest IS NOT NULL GROUP BY digest"
        ).fetchall()
        states = connection.execute("SELECT DISTINCT state FROM deliveries").fetchall()
        posts = connection.execute(
            "SELECT p.slug, d.channel FROM deliveries d JOIN posts p ON p.id = d.post_id ORDER BY 1, 2"
        ).fetchall()
    assert dict(accepted) == dict(sent)
    assert states == [("accepted",)]
    assert made.posted() == posts == posted(project)
    for name in PLANS:
        assert len(list((project.folder / "sent" / name).glob("*.eml"))) == sent[name]


@pytest.mark.parametrize(
    "forgery",
    [
        "DELETE FROM due_times WHERE rowid = (SELECT min(rowid) FROM due_times)",
        "UPDATE due_times SET verdict = 'missed' WHERE rowid = (SELECT min(rowid) FROM due_times)",
        "UPDATE editions SET state = 'held' WHERE id = (SELECT min(id) FROM editions)",
    ],
)
def test_the_table_finds_a_verdict_that_is_wrong(tmp_path: Path, forgery: str) -> None:
    """The control: one row less, or another verdict, and the tables differ."""
    project = Project.make(tmp_path / "project", config())
    made = simulate(project, 2, 6)
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection, connection:
        assert connection.execute(forgery).rowcount == 1
    assert found(project) != made.expected.verdicts


def test_the_table_finds_a_post_too_many(tmp_path: Path) -> None:
    """The control: an article that lies in another network's folder, too."""
    project = Project.make(tmp_path / "project", config())
    made = simulate(project, 1, 6)
    assert posted(project) == made.posted()
    folder = project.folder / "posted" / "x"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "once-more.txt").write_text("Titel von artikel-1\n")
    assert posted(project) != made.posted()
