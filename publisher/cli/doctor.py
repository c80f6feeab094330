"""`publish doctor`: whether everything that publishing rests on is as it has to be."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.check import hush, tell_step
from publisher.cli.frame import Result, plural, publish_command

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.diagnose import Diagnosis

_MARKS = {
    "ok": ("ok", "green"),
    "warn": ("mind", "yellow"),
    "fail": ("FAILS", "bold red"),
    "later": ("later", "yellow"),
    "person": ("decide", "bold red"),
}


@publish_command("doctor", summary="Look at ledger, disk, folders, channels and clock.")
@click.option("--offline", is_flag=True, help="Do not log in to the channels.")
@click.option("--dns", is_flag=True, help="Also look up SPF, DKIM, DMARC and MX of the senders' domains.")
@click.option("--quiet", is_flag=True, help="Show only what is not well.")
def doctor(config_file: Path, offline: bool, dns: bool, quiet: bool) -> Result:
    """Exit with 0 if all is well, 2 if something fails, 3 if a person must decide, 4 if a channel did not answer."""
    from publisher.bootstrap import make_resolver, open_application
    from publisher.workflow.diagnose import diagnose

    with open_application(config_file) as app:
        resolver = make_resolver() if dns else None
        diagnosis = diagnose(app, online=not offline, resolver=resolver, on_progress=tell_step)
    return report(diagnosis, quiet)


def report(diagnosis: Diagnosis, quiet: bool) -> Result:
    """Tell what was found; `quiet` leaves out what is well."""
    data = {"findings": [asdict(finding) for finding in diagnosis.findings]}
    return Result(data, lambda console: _show(console, diagnosis, quiet), diagnosis.exit_code)


def _show(console: Console, diagnosis: Diagnosis, quiet: bool) -> None:
    hush()
    for finding in diagnosis.findings:
        if quiet and finding.verdict == "ok":
            continue
        mark, style = _MARKS[finding.verdict]
        console.print(f"[{style}]{mark:<7}[/]", end="")
        console.print(f"{finding.topic}: {finding.text}", markup=False)
        if finding.hint:
            console.print(f"       hint: {finding.hint}", markup=False)
    bad = sum(finding.verdict in ("fail", "person", "later") for finding in diagnosis.findings)
    mind = sum(finding.verdict == "warn" for finding in diagnosis.findings)
    if not quiet:
        console.print(f"{plural(bad, 'thing')} to mend, {plural(mind, 'thing')} to mind")


commands = {"doctor": doctor}
