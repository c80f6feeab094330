"""`publish run` tidies once a day by [retention], and what goes wrong with it stops nothing else."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from publisher.errors import StoreError
from publisher.ports.engine import Task
from publisher.ports.upkeep import Upkeep
from publisher.scheduling.service import Service
from publisher.workflow.application import Application
from tests.journeys.project import Project
from tests.scheduling.queued import Queued
from tests.workflow.office import MONDAY, StandingClock, now, opened


@dataclass
class Broken:
    """The real upkeep of a ledger that says no where something is to be forgotten."""

    real: Upkeep

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def forget_attempts(self, before: datetime, limit: int) -> int:
        raise StoreError("the disk says no", where="publisher.db")


@pytest.fixture
def project(project: Project) -> Project:
    """An edition was sent on Monday; attempts are kept for two days, addresses for eight."""
    with (project.folder / "config.toml").open("a") as config:
        config.write("[retention]\nattempts_days = 2\naddresses_days = 8\n")
    project.article()
    with opened(project) as app:
        assert now(app, "daily").exit_code == 0
    return project


def service_of(app: Application) -> tuple[Service, Queued]:
    service, engine = Service(app, threading.Event(), lambda line: None), Queued()
    service._engine = engine  # type: ignore[assignment]
    return service, engine


def work(service: Service, engine: Queued) -> list[str]:
    """One pulse, and all tasks that it gives, in their order."""
    service.pulse()
    tasks, engine.tasks = engine.tasks, []
    for task in tasks:
        service.do(task)
    return [task.name for task in tasks]


def left(project: Project) -> tuple[int, int]:
    """Attempts, and deliveries with an address."""
    rows = project.deliveries()
    with project.ledger() as ledger:
        attempt_count = len(ledger.attempts([row.id for row in rows]))
    return attempt_count, sum("@" in row.key.recipient for row in rows)


@pytest.mark.parametrize(("days", "expected"), [(1, (5, 5)), (3, (0, 5)), (9, (0, 0))])
def test_what_is_older_than_its_days_goes(project: Project, days: int, expected: tuple[int, int]) -> None:
    """With the first pulse after the start already; what is younger stays, and every row of a delivery."""
    with opened(project, StandingClock(MONDAY + timedelta(days=days))) as app:
        work(*service_of(app))
    assert left(project) == expected
    assert project.states() == {"accepted": 5}


def test_once_a_day(project: Project) -> None:
    """At the start, and a day after it; not with each pulse."""
    clock, tidied_after = StandingClock(MONDAY + timedelta(hours=1)), []
    with opened(project, clock) as app:
        service, engine = service_of(app)
        for hour in range(50):
            if "tidy" in work(service, engine):
                tidied_after.append(hour)
            clock.forward(hours=1)
    assert tidied_after == [0, 24, 48]
    assert left(project)[0] == 0


def test_a_ledger_that_says_no_stops_nothing_else(project: Project) -> None:
    """The error is shown, and the next edition leaves in the same pulse. It is tried again the day after."""
    clock = StandingClock(MONDAY + timedelta(days=3))
    project.article("zweite")
    with opened(project, clock) as app:
        service, engine = service_of(replace(app, upkeep=Broken(app.upkeep)))
        service.pulse()
        assert engine.tasks.pop(0) == Task("tidy")
        service.do(Task("tidy"))
        assert service.vital.error == "publisher.db: the disk says no"
        for _ in range(2):
            work(service, engine)
        assert project.states() == {"accepted": 10}
        clock.forward(days=1)
        assert "tidy" in work(service, engine)


def test_it_stops_after_the_batch_at_hand(project: Project) -> None:
    """A stop waits for no great tidying: the rest is forgotten the next day."""
    with opened(project, StandingClock(MONDAY + timedelta(days=3))) as app:
        service, engine = service_of(app)
        service.stop.set()
        work(service, engine)
    assert left(project) == (5, 5)
