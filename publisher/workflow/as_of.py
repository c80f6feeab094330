"""As of: an application that works at another moment, for what is made ahead of its time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from publisher.ports.clock import Clock
from publisher.workflow.application import Application


@dataclass(frozen=True, slots=True)
class _Moment:
    """A clock that shows one moment."""

    moment: datetime
    real: Clock

    def now(self) -> datetime:
        """Give the moment."""
        return self.moment

    def monotonic_seconds(self) -> float:
        """Give seconds that never jump."""
        return self.real.monotonic_seconds()

    def wait(self, seconds: float) -> None:
        """Wait."""
        self.real.wait(seconds)


def as_of(app: Application, moment: datetime) -> Application:
    """Give the application as it will be, or was, at a moment: what is selected then, and which date it bears."""
    return replace(app, clock=_Moment(moment, app.clock))
