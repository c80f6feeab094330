"""`publish approve` and `publish reject`: a person says yes or no to exactly what is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, publish_command
from publisher.cli.interrupt import confirmed
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.application import Application
    from publisher.workflow.approve import AnswerReport, Subject

HASH_CHARACTERS = 12


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.argument("name", metavar="EDITION|ARTICLE"),
        click.option("--as", "operator", metavar="NAME", help="Your name, if your login is not yours alone."),
        click.option("--yes", is_flag=True, help="Do not ask."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@publish_command("approve", summary="Approve an edition, for example daily/7, or an article, exactly as it is now.")
@_common
def approve(config_file: Path, name: str, operator: str | None, yes: bool) -> Result:
    """Show what the approval binds to, ask, and keep it; any later change voids it."""
    from publisher.bootstrap import open_application
    from publisher.workflow.approve import approve as say_yes

    with open_application(config_file) as app:
        report = say_yes(_by(app, operator), name, _asker(yes, "Approve exactly this?"))
    return _result(report)


@publish_command("reject", summary="Reject an edition or an article, with a reason.")
@_common
@click.option("--reason", required=True, help='Why, for example "the figures are those of last year".')
def reject(config_file: Path, name: str, operator: str | None, yes: bool, reason: str) -> Result:
    """Keep the answer; a rejected edition is cancelled, and its articles are free."""
    from publisher.bootstrap import open_application
    from publisher.workflow.approve import reject as say_no

    with open_application(config_file) as app:
        report = say_no(_by(app, operator), name, reason, _asker(yes, "Reject this?"))
    return _result(report)


def _by(app: Application, operator: str | None) -> Application:
    if operator is None:
        return app
    if not operator.strip():
        raise UsageError("--as needs a name", hint='Write for example --as "Anna Schmidt".')
    return replace(app, operator=" ".join(operator.split()))


def _asker(yes: bool, question: str) -> Callable[[Subject], bool]:
    def ask(subject: Subject) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise UsageError("there is no terminal to ask on", hint="Look first, then add --yes if you mean it.")
        for line in _lines(subject):
            click.echo(line, err=True)
        return confirmed(question)

    return ask


def _lines(subject: Subject) -> Iterator[str]:
    revision = f", revision {subject.row.revision}" if subject.row else ""
    yield f'{subject.about}{revision}  "{subject.title}"'
    yield f"  hash {subject.content_hash[:HASH_CHARACTERS]}"
    if subject.row:
        yield f"  articles: {', '.join(use.slug for use in subject.row.articles)}"
    yield from (f"  since the revision before: {change}" for change in subject.changes)
    yield f"  look at {subject.page}"


def _result(report: AnswerReport) -> Result:
    subject = report.subject
    data = {
        "answer": report.verdict.value,
        "about": subject.about,
        "kind": "edition" if subject.row else "article",
        "title": subject.title,
        "content_hash": subject.content_hash,
        "revision": subject.row.revision if subject.row else None,
        "changes": list(subject.changes),
        "page": subject.page,
        "state": report.state,
        "late": report.late,
        "declined": report.declined,
    }
    return Result(data, lambda console: _show(console, report))


def _show(console: Console, report: AnswerReport) -> None:
    subject = report.subject
    if report.declined:
        console.print("Nothing was decided.")
        return
    for line in _lines(subject):
        console.print(line, markup=False)
    console.print(f"{subject.about} is {report.verdict.value}.{_what_now(report)}", markup=False)


def _what_now(report: AnswerReport) -> str:
    if report.late:
        return " Its time is over, though: its articles go into the next edition, which needs an approval of its own."
    if report.verdict.value == "rejected":
        return " Its articles are free again." if report.subject.row else " It stays out until somebody approves it."
    if report.subject.row is None:
        return " The next edition and posts take it, as long as nobody changes it."
    if report.subject.row.occurrence.startswith("now"):
        return f' "publish now {report.subject.row.digest}" sends it, or a running "publish run" by itself.'
    return ' A running "publish run" sends it at its time; any change of it before then voids the approval.'


commands = {"approve": approve, "reject": reject}
