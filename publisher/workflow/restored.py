"""Restored: after a restore nothing is planned or sent until a person has looked at what came back."""

from __future__ import annotations

from publisher.errors import WaitsForPerson
from publisher.workflow.application import Application
from publisher.workflow.note import note_of

STILL_RESTORED = "the ledger was restored from a backup, and nobody has said yet that it may go on"


def refuse_while_restored(app: Application) -> None:
    """Stop before anything is planned or sent. A rehearsal goes on: nothing of it leaves. Errors: WaitsForPerson."""
    if app.rehearsal:
        return
    restored = app.upkeep.restored()
    if restored:
        since = f"what was published since {restored.backed_up_at:%Y-%m-%d %H:%M} UTC it does not know"
        raise WaitsForPerson(f"{STILL_RESTORED}: {since}", hint=how_to_release(app))


def note_restore(app: Application, backup: str) -> None:
    """Note who put which backup back: the audit log goes on from the older state, and is not taken for cut off."""
    app.audit.record_restore(note_of(app, "restore", backup), app.clock.now())


def how_to_release(app: Application) -> str:
    """Say what to do next."""
    count = app.upkeep.in_doubt_after_restore()
    if count:
        return f'Decide about {count} deliveries first: "publish deliveries --state unknown", then "publish settle".'
    return 'Hold back articles that have been out already ("publish hold ARTICLE"), then: "publish restore --go-on".'


def release(app: Application) -> None:
    """Let planning and sending go on. Errors: WaitsForPerson while deliveries are in doubt."""
    if app.upkeep.in_doubt_after_restore():
        raise WaitsForPerson(STILL_RESTORED, hint=how_to_release(app))
    if app.upkeep.restored() is not None:
        app.audit.record(note_of(app, "go on after restore"), app.clock.now())
    app.upkeep.release()
