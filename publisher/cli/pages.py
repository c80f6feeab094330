"""`publish pages`: make the web archive again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.frame import Result, plural, publish_command

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.pages import PagesReport


@publish_command("pages", summary="Make the web archive again: pages, list and feeds.")
@click.option("--rehearse", is_flag=True, help="The rehearsal's archive, in its own folder.")
def pages(config_file: Path, rehearse: bool) -> Result:
    """Write every planned edition as a web page, from the ledger."""
    from publisher.bootstrap import open_application
    from publisher.workflow.pages import publish_pages

    with open_application(config_file, rehearse=rehearse) as app:
        report = publish_pages(app)
    data = {"folder": report.folder, "editions": report.edition_count, "changed": report.changed_count}
    return Result(data, lambda console: _show(console, report))


def _show(console: Console, report: PagesReport) -> None:
    editions, files = plural(report.edition_count, "edition"), plural(report.changed_count, "file")
    console.print(f"{editions} in the archive; {files} changed.", markup=False)
    console.print(f"Open {report.folder / 'index.html'}", markup=False)


commands = {"pages": pages}
