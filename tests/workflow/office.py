"""An application to try the workflow with: a real ledger and real folders, and a clock that stands still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from publisher.bootstrap import open_application
from publisher.workflow.application import Application
from publisher.workflow.now import NowReport, Offer, publish_now
from tests.journeys.project import Project

MONDAY = datetime(2026, 11, 23, 6, 1, tzinfo=UTC)  # 07:01 in Berlin


@dataclass
class StandingClock:
    """Goes on only when it is told to."""

    at: datetime = MONDAY
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        return self.at

    def monotonic_seconds(self) -> float:
        return self.at.timestamp()

    def wait(self, seconds: float) -> None:
        self.forward(seconds=seconds)

    def forward(self, **how_much: float) -> None:
        with self.lock:
            self.at += timedelta(**how_much)


@contextmanager
def opened(project: Project, clock: StandingClock | None = None, **options: Any) -> Iterator[Application]:
    with open_application(project.folder / "config.toml", **options) as app:
        yield replace(app, clock=clock or StandingClock())


def yes(offer: Offer) -> bool:
    return True


def now(
    app: Application,
    *names: str,
    channels: Collection[str] = (),
    ask: Callable[[Offer], bool] = yes,
    stop: threading.Event | None = None,
    **options: Any,
) -> NowReport:
    """`publish now`, without the command line."""
    settings = {"on_progress": lambda progress: None} | options
    return publish_now(app, names, channels, ask=ask, stop=stop or threading.Event(), **settings)


def reasons(report: NowReport, slug: str) -> dict[str, str]:
    """Outlet -> why it left this article out."""
    return {
        outlet.name: omission.reason
        for outlet, omissions in report.left_out.items()
        for omission in omissions
        if omission.slug == slug and omission.concerned
    }
