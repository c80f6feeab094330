"""`publish add`: bring articles in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, plural, publish_command

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.add import Added, AddReport


@publish_command("add", summary="Bring articles in: press text, web page, feed, Word file, Markdown, or - for a pipe.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--ready", is_flag=True, help="Release them at once instead of leaving them as drafts.")
def add(config_file: Path, sources: tuple[str, ...], ready: bool) -> Result:
    """Write a queue file for each article and show what was understood."""
    from publisher.bootstrap import open_application
    from publisher.domain.article import Status
    from publisher.workflow.add import add as add_sources

    status = Status.READY if ready else Status.DRAFT
    with open_application(config_file) as app:
        report = add_sources(app, sources, status=status, standard_input=sys.stdin.buffer.read)
    data = {"added": [_data(added) for added in report.added]}
    exit_code = 2 if report.errors and not report.added else 0
    return Result(data, lambda console: _show(console, report, ready), exit_code, report.errors)


def _data(added: Added) -> dict[str, Any]:
    return {
        "source": added.source,
        "file": added.path,
        "understood": dict(added.draft.understood),
        "unclear": list(added.draft.unclear),
    }


def _show(console: Console, report: AddReport, ready: bool) -> None:
    for added in report.added:
        console.print(f"[bold]{added.path}[/bold]")
        for name, value in added.draft.understood:
            console.print(f"  {name:<14} ", end="")
            console.print(value if len(value) <= 90 else value[:89] + "…", markup=False)
        for sentence in added.draft.unclear:
            console.print(f"  [yellow]?[/yellow] {sentence}")
    if not report.added and not report.errors:
        console.print("Nothing new there.")
    elif report.added and not ready:
        console.print(
            f'{plural(len(report.added), "draft")} written. Read through, then release with "publish ready ARTICLE".'
        )


commands = {"add": add}
