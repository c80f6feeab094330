"""`publish archive`: move what is done out of the queue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.frame import Result, plural, publish_command

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.archive import ArchiveReport


@publish_command("archive", summary="Move articles that every outlet has had to queue/archive/.")
@click.option("--dry-run", is_flag=True, help="Only say what would be moved.")
def archive(config_file: Path, dry_run: bool) -> Result:
    """Move files; what is rehearsed counts only while rehearsing."""
    from publisher.bootstrap import open_application
    from publisher.workflow.archive import archive as move_files

    with open_application(config_file) as app:
        report = move_files(app, dry_run=dry_run)
    data = {
        "moved": [{"from": source, "to": target} for source, target in report.moved],
        "staying": dict(report.staying),
    }
    return Result(data, lambda console: _show(console, report, dry_run))


def _show(console: Console, report: ArchiveReport, dry_run: bool) -> None:
    for source, target in report.moved:
        console.print(f"{source.name} -> {target.parent.name}/", markup=False)
    for path, reason in report.staying:
        console.print(f"{path} stays: {reason}", markup=False)
    word = "would be moved" if dry_run else "moved"
    console.print(f"{plural(len(report.moved), 'file')} {word}, {len(report.staying)} staying")


commands = {"archive": archive}
