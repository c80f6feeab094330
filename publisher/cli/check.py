"""`publish check`: look for mistakes before anything is sent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.frame import Result, plural, publish_command

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.check import CheckReport


@publish_command("check", summary="Look for mistakes in config, queue, templates and channels.")
@click.option("--all", "all_articles", is_flag=True, help="Fit the texts of all articles, not only of the next ones.")
@click.option("--online", is_flag=True, help="Also log in to every channel.")
@click.option("--links", is_flag=True, help="Also ask where the links of the next editions lead.")
@click.option("--dns", is_flag=True, help="Also look up SPF, DKIM, DMARC and MX of the senders' domains.")
def check(config_file: Path, all_articles: bool, online: bool, links: bool, dns: bool) -> Result:
    """Report every error and every warning at once; exit code 2 if there is an error."""
    from publisher.bootstrap import make_resolver, open_application
    from publisher.workflow.check import check as check_everything

    with open_application(config_file) as app:
        report = check_everything(
            app,
            all_articles=all_articles,
            online=online,
            links=links,
            resolver=make_resolver() if dns else None,
            on_progress=tell_step,
        )
    data = {"checked": report.checked, "warnings": report.warnings}
    return Result(data, lambda console: _show(console, report), 2 if report.errors else 0, report.errors)


def tell_step(step: str) -> None:
    """Say what is going on, where a person watches."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{step} ...", nl=False, err=True)


def hush() -> None:
    """Take away what `tell_step` said last."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)


def _show(console: Console, report: CheckReport) -> None:
    hush()
    for line in report.checked:
        console.print(f"[green]checked[/green]  {line}")
    for warning in report.warnings:
        console.print("[yellow]warning[/yellow]  ", end="")
        console.print(warning, markup=False)
    console.print(f"{plural(len(report.errors), 'error')}, {plural(len(report.warnings), 'warning')}")


commands = {"check": check}
