"""Forget: let what was only rehearsed be rehearsed again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from publisher.ports.ledger import DeliveryFilter
from publisher.workflow.application import Application
from publisher.workflow.note import note_of


@dataclass(frozen=True, slots=True)
class ForgetReport:
    """How many rehearsed deliveries are forgotten, and the folders that stay because something real is in them."""

    delivery_count: int
    kept: tuple[Path, ...]


def forget_rehearsals(app: Application) -> ForgetReport:
    """Remove the rehearsals' rows and what they captured."""
    pages = {f"{edition.digest}-{edition.number}" for edition in app.ledger.editions(rehearsal=True)} | {
        "posts",
        "pages",
    }
    note = note_of(replace(app, rehearsal=False), "clear rehearsals", "rehearsals")
    count = app.ledger.clear_rehearsals(app.clock.now(), note=note)
    kept = {name for name in app.channels if _has_delivered(app, name)}
    for name in (set(app.channels) | pages) - kept:
        shutil.rmtree(app.rehearsal_folder / name, ignore_errors=True)
    folders = (app.rehearsal_folder / name for name in sorted(kept))
    return ForgetReport(count, tuple(folder for folder in folders if folder.exists()))


def _has_delivered(app: Application, channel: str) -> bool:
    """Say whether a channel has real deliveries: one of the kind "folder" may keep them in the rehearsal's folder."""
    return any(app.ledger.count_deliveries(DeliveryFilter(rehearsal=False, channel=channel)).values())
