"""`publish rehearsals clear`: forget what was only rehearsed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.frame import Result, plural, publish_command

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.forget import ForgetReport


@publish_command("rehearsals", summary="Forget what was only rehearsed, so that it can be rehearsed again.")
@click.argument("action", type=click.Choice(["clear"]))
def rehearsals(config_file: Path, action: str) -> Result:
    """Remove the rehearsal's rows from the ledger, and the captured files of the configured channels."""
    from publisher.bootstrap import open_application
    from publisher.workflow.forget import forget_rehearsals

    with open_application(config_file) as app:
        report, folder = forget_rehearsals(app), app.rehearsal_folder
    data = {"deliveries": report.delivery_count, "folder": folder, "kept": report.kept}
    return Result(data, lambda console: _show(console, report, folder))


def _show(console: Console, report: ForgetReport, folder: Path) -> None:
    count = plural(report.delivery_count, "rehearsed delivery", "rehearsed deliveries")
    console.print(f"Forgot {count}; what they had left in {folder} is gone.", markup=False)
    for kept in report.kept:
        console.print(f"Kept {kept}: its channel has real deliveries.", markup=False)


commands = {"rehearsals": rehearsals}
