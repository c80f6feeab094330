"""`publish rehearsals clear`: forget what was only rehearsed."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from publisher.cli.frame import Result, plural, publish_command


@publish_command("rehearsals", summary="Forget what was only rehearsed, so that it can be rehearsed again.")
@click.argument("action", type=click.Choice(["clear"]))
def rehearsals(config_file: Path, action: str) -> Result:
    """Remove the rehearsal's rows from the ledger, and the captured files of the configured channels."""
    from publisher.bootstrap import open_application

    with open_application(config_file) as app:
        count = app.ledger.clear_rehearsals()
        for name in app.channels:
            shutil.rmtree(app.rehearsal_folder / name, ignore_errors=True)
        folder = app.rehearsal_folder
    text = f"Forgot {plural(count, 'rehearsed delivery', 'rehearsed deliveries')} and emptied {folder}."
    return Result({"deliveries": count, "folder": folder}, lambda console: console.print(text, markup=False))


commands = {"rehearsals": rehearsals}
