"""`publish audit`: who decided what, and when; and whether that list is still what was written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import MOMENT, Result, in_zone, local_time, plural, publish_command
from publisher.cli.listing import print_rows
from publisher.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from publisher.domain.audit import AuditEntry, AuditFault, AuditHead, AuditVerdict
    from publisher.workflow.application import Application

_HERE = "-"  # --head without a file


@publish_command("audit", summary="Show who decided what and when, and check that nobody has changed the list.")
@click.option("--about", help='Only what is about this edition, article, digest or channel, for example "daily/7".')
@click.option("--by", "actor", help="Only what this person decided.")
@click.option("--action", help='Only this kind of decision, for example "approve".')
@click.option("--since", type=MOMENT, help="Only what was decided since then: 2026-11-23 or 2026-11-23T07:00.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the newest so many.")
@click.option("--verify", is_flag=True, help="Go through the whole list and say whether each entry is in order.")
@click.option(
    "--head",
    is_flag=False,
    flag_value=_HERE,
    metavar="[FILE]",
    help="Print the newest entry's seal, to be kept elsewhere; with --verify: check against one that was kept.",
)
def audit(config_file: Path, verify: bool, head: str | None, **shown: Any) -> Result:
    """List decisions, check them, or print the head."""
    from publisher.bootstrap import open_application

    if head not in (None, _HERE) and not verify:
        raise UsageError(
            "a kept head is only good for checking",
            hint=f"Write: publish audit --verify --head {head}",
        )
    with open_application(config_file) as app:
        if verify:
            return _verify(app, head)
        if head:
            return _head(app)
        return _list(app, **shown)


def _head(app: Application) -> Result:
    from publisher.domain.audit import head_text

    head = app.audit.head()
    if head is None:
        raise UsageError("nobody has decided anything yet", hint="Come back after the first publish now or approval.")
    data = {"seq": head.seq, "hash": head.hash}
    return Result(data, lambda console: console.print(head_text(head), end="", markup=False, soft_wrap=True))


def _verify(app: Application, file: str | None) -> Result:
    heads = [] if file in (None, _HERE) else [_read_head(Path(str(file)))]
    verdict = app.audit.verify(heads)
    data = {
        "entries": verdict.entry_count,
        "in_order_up_to": verdict.newest.seq if verdict.newest else 0,
        "fault": {"entry": verdict.fault.seq, "what": verdict.fault.what} if verdict.fault else None,
    }
    problems = [_problem(verdict.fault)] if verdict.fault else []
    code = StoreError.exit_code if problems else 0
    return Result(data, lambda console: _show_verdict(console, verdict), code, problems)


def _read_head(file: Path) -> AuditHead:
    from publisher.domain.audit import parse_head

    try:
        return parse_head(file.read_bytes(), str(file))
    except FileNotFoundError:
        hint = "Check the path; publish audit --head > FILE writes one."
        raise UsageError("there is no such file", where=str(file), hint=hint) from None


def _problem(fault: AuditFault) -> StoreError:
    return StoreError(
        f"entry {fault.seq} {fault.what}",
        where=f"audit log, entry {fault.seq}",
        hint="Keep a copy of the ledger, look who could write to it, and compare with the newest backup.",
    )


def _show_verdict(console: Console, verdict: AuditVerdict) -> None:
    if verdict.fault is None:
        console.print(f"All in order: {plural(verdict.entry_count, 'entry', 'entries')}.")
    elif verdict.newest:
        console.print(f"In order up to entry {verdict.newest.seq}; the next is not.")
    else:
        console.print("Not in order from the first entry on.")


def _list(app: Application, since: datetime | None, **shown: Any) -> Result:
    from publisher.ports.audit import AuditFilter

    zone = app.settings.organisation.time_zone
    entries = app.audit.entries(AuditFilter(since=in_zone(since, zone), **shown))
    return Result({"entries": [_data(entry) for entry in entries]}, lambda console: _show(console, entries, zone))


def _data(entry: AuditEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "about": entry.about,
        "content_hash": entry.content_hash,
        "details": _facts(entry),
        "hash": entry.hash,
    }


def _facts(entry: AuditEntry) -> Any:
    """Give the details; where somebody has damaged them, as they stand there."""
    try:
        return entry.facts
    except (ValueError, TypeError):
        return entry.details


def _show(console: Console, entries: Sequence[AuditEntry], zone: str) -> None:
    if not entries:
        console.print("No decision that this names.")
        return
    rows = [
        (str(entry.seq), _when(entry, zone), entry.actor, entry.action, entry.about, entry.content_hash[:12], more)
        for entry in entries
        for more in [_details_text(_facts(entry))]
    ]
    print_rows(console, ("No.", "When", "Who", "What", "About", "Hash", "Details"), rows)


def _when(entry: AuditEntry, zone: str) -> str:
    try:
        return local_time(entry.moment, zone)
    except ValueError:
        return entry.at


def _details_text(facts: Any) -> str:
    if not isinstance(facts, dict):
        return str(facts)
    return ", ".join(f"{name}: {_value_text(value)}" for name, value in facts.items() if value not in (None, 0, False))


def _value_text(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {str(inner)[:12]}" for name, inner in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


commands = {"audit": audit}
