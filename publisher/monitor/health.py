"""Health: whether `publish run` does its work, and if not, why not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from publisher.scheduling.pulse import Pulse
from publisher.workflow.application import Application

SILENT_AFTER = timedelta(seconds=120)
# Enough for the ledger to record what is under way, and for a person to come and make room.
MIN_FREE_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Health:
    """Reasons why the work does not go on by itself; none where all is well. `error` is what the last work met."""

    reasons: tuple[str, ...]
    error: str

    @property
    def status(self) -> int:
        """Give the HTTP status."""
        return 503 if self.reasons else 200

    def data(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {"status": "failing" if self.reasons else "ok", "reasons": self.reasons, "last_error": self.error}


def look_at_health(app: Application, pulse: Pulse) -> Health:
    """Look at what has to hold for the work to go on."""
    return Health(tuple(_reasons(app, pulse)), pulse.error)


def _reasons(app: Application, pulse: Pulse) -> Iterator[str]:
    if not pulse.is_alive():
        yield "the scheduler has ended"
    silent_since = pulse.silent_since(app.clock.now(), SILENT_AFTER)
    if silent_since is not None:
        yield f"the scheduler has been silent since {silent_since:%Y-%m-%d %H:%M:%S} UTC"
    if not app.upkeep.is_writable():
        yield "the ledger cannot be written to"
    free_bytes = shutil.disk_usage(app.settings.store_file.parent).free
    if free_bytes < MIN_FREE_BYTES:
        yield f"only {free_bytes // 1024 // 1024} MB are free on the ledger's disk"
