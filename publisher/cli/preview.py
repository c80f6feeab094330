"""`publish preview`: the next edition and its posts as files to look at."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.frame import Result, plural, publish_command
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.application import Application
    from publisher.workflow.preview import PreviewReport


@publish_command("preview", summary="Write the next edition and its posts as files to look at.")
@click.argument("digest", required=False)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("preview"),
    show_default=True,
    help="Folder for the files.",
)
def preview(config_file: Path, digest: str | None, output: Path) -> Result:
    """Render what would go out now; nothing is frozen."""
    from publisher.bootstrap import open_application
    from publisher.workflow.preview import preview as write_preview

    with open_application(config_file) as app:
        report = write_preview(app, _digest(app, digest), output)
    data = {
        "folder": report.folder,
        "subject": report.draft.email.subject if report.draft else None,
        "articles": [article.slug for article in report.draft.content.articles] if report.draft else [],
        "posts": len(report.posts),
        "waiting_posts": report.waiting_post_count,
        "findings": [asdict(finding) for finding in report.findings],
    }
    return Result(data, lambda console: _show(console, report), problems=report.problems)


def _digest(app: Application, name: str | None) -> str | None:
    from publisher.config.explain import nearest_hint

    if name is None:
        return app.settings.default_digest or next(iter(app.settings.digests), None)
    if name not in app.settings.digests:
        raise UsageError(f'there is no digest "{name}"', hint=nearest_hint(name, list(app.settings.digests)))
    return name


def _show(console: Console, report: PreviewReport) -> None:
    from publisher.workflow.preflight import lines_of

    if report.draft:
        console.print(f'Edition {report.draft.number}: "{report.draft.email.subject}"', markup=False)
        console.print(f"  {plural(len(report.draft.content.articles), 'article')}")
        for warning in report.draft.email.warnings:
            console.print(f"  warning: {warning}", markup=False)
        for line in lines_of(report.findings):
            console.print(f"  {line}", markup=False)
    else:
        console.print("No article is queued for the digest.")
    shown = plural(len(report.posts), "post")
    more = f" of {report.waiting_post_count:,}" if report.waiting_post_count > len(report.posts) else ""
    console.print(f"  {shown}{more}")
    console.print(f"Open {report.folder / 'index.html'}", markup=False)


commands = {"preview": preview}
