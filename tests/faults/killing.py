"""The kill programme: an edition is sent by one process after the other, each killed, until it is finished."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.judge import Verdict, judge, read_ledger, unknown_count
from tests.faults.runs import Ended, Starter
from tests.journeys.servers.accountant import Accountant, Aim, Moment

MAX_SOON_SECONDS = 0.02
MAX_RANDOM_SECONDS = 0.5
AIMED = [moment for moment in Moment if moment is not Moment.ALL_AT_THE_DOT]


@dataclass(frozen=True)
class Gap:
    """Kills after which a run found out what was in doubt: so many kills, so many doubts. Mostly one kill."""

    kill_count: int
    unknown_count: int


@dataclass(frozen=True)
class Tally:
    """What the kills did."""

    verdict: Verdict
    gaps: Sequence[Gap]
    last: Ended
    tracebacks: Sequence[str]

    @property
    def kill_count(self) -> int:
        return sum(gap.kill_count for gap in self.gaps)

    @property
    def average(self) -> float:
        return sum(gap.unknown_count for gap in self.gaps) / max(1, self.kill_count)

    @property
    def most(self) -> int:
        return max((math.ceil(gap.unknown_count / gap.kill_count) for gap in self.gaps), default=0)

    def __str__(self) -> str:
        verdict = self.verdict
        return (
            f"{self.kill_count} kills: {len(verdict.lost)} lost, {len(verdict.unnamed_duplicates)} unnamed duplicates, "
            f"{len(verdict.phantoms)} phantom accepted, {len(verdict.unfinished)} unfinished, "
            f"{verdict.duplicate_count} duplicates of {verdict.named_count} named, {len(verdict.unknown)} unknown; "
            f"unknown per kill {self.average:.2f} on average, {self.most} at most"
        )


@dataclass
class Programme:
    """Kill `kill_count` runs in `folder`, at aimed moments or at random ones, and let the last one finish."""

    starter: Starter
    accountant: Accountant
    folder: Path
    database: Path
    words: Sequence[str]
    recipients: Collection[str]
    kill_count: int
    chance: random.Random
    random_share: float = 0.2
    first_nth: int = 1

    def run(self) -> Tally:
        gaps, tracebacks = [], []
        kills, unknown = 0, 0
        for number in range(self.kill_count, -1, -1):
            ended, is_aimed = self._killed_run(number) if number else (self._last_run(), True)
            tracebacks += [ended.err] if "Traceback" in ended.err else []
            # A run that was killed at random may have been killed before it looked.
            if kills and is_aimed:
                before, unknown = unknown, self._unknown_count()
                gaps.append(Gap(kills, unknown - before))
                kills = 0
            kills += ended.was_killed
        return Tally(self._judge(), gaps, ended, tracebacks)

    def _judge(self) -> Verdict:
        return judge(self.recipients, self.accountant.taken(), read_ledger(self.database))

    def _killed_run(self, kills_left: int) -> tuple[Ended, bool]:
        aim = self._aim(kills_left) if self.chance.random() >= self.random_share else None
        run = self.starter.start(self.folder, *self.words)
        self.accountant.aim(run.pid, aim)
        if aim is None and not run.ends_within(self.chance.uniform(0, MAX_RANDOM_SECONDS)):
            run.kill()
        return run.finish(), aim is not None

    def _aim(self, kills_left: int) -> Aim:
        """Aim so far ahead that the edition lasts until the last kill."""
        left = len(self.recipients) - self.accountant.taken_count()
        nth = self.chance.randint(self.first_nth, max(self.first_nth, int(left / (kills_left + 1))))
        moment = self.chance.choice(AIMED)
        return Aim(moment, 1 if moment is Moment.GREETING else nth, self.chance.uniform(0, MAX_SOON_SECONDS))

    def _last_run(self) -> Ended:
        self.accountant.aim()
        return self.starter.start(self.folder, *self.words).finish()

    def _unknown_count(self) -> int:
        return unknown_count(self.database) if self.database.exists() else 0
