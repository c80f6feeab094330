"""`publish preview`: the next edition and its posts as files to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.frame import Result, plural, publish_command
from publisher.cli.outcome import print_plain
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.application import Application
    from publisher.workflow.preview import PreviewReport
    from publisher.workflow.preview_frozen import FrozenPreview


@publish_command("preview", summary="Write the next edition and its posts as files to look at.")
@click.argument("digest", required=False, metavar="[DIGEST|EDITION]")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("preview"),
    show_default=True,
    help="Folder for the files.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in your browser.")
@click.option("--png", "takes_pictures", is_flag=True, help="Also write the e-mail as pictures; needs Chromium.")
def preview(config_file: Path, digest: str | None, output: Path, opens: bool, takes_pictures: bool) -> Result:
    """Render what would go out now, or show what an edition froze; nothing is frozen by it."""
    from publisher.bootstrap import open_application
    from publisher.workflow.preview import preview as write_preview
    from publisher.workflow.preview import write_pictures

    with open_application(config_file) as app:
        if digest and "/" in digest:
            return _frozen(app, digest, output, opens=opens, takes_pictures=takes_pictures)
        report = write_preview(app, _digest(app, digest), output)
    pictures = write_pictures(report.folder, report.draft) if takes_pictures and report.draft else ()
    is_open = opens and _open(report.folder / "index.html")
    data = {
        "folder": report.folder,
        "subject": report.draft.email.subject if report.draft else None,
        "articles": [article.slug for article in report.draft.content.articles] if report.draft else [],
        "posts": len(report.posts),
        "waiting_posts": report.waiting_post_count,
        "findings": [asdict(finding) for finding in report.findings],
        "pictures": pictures,
        "opened": is_open,
    }
    return Result(data, lambda console: _show(console, report, pictures, is_open), problems=report.problems)


def _frozen(app: Application, name: str, output: Path, *, opens: bool, takes_pictures: bool) -> Result:
    """Show an edition that is frozen: the stored message itself."""
    from publisher.workflow.preview_frozen import preview_frozen
    from publisher.workflow.steer import find_edition

    if takes_pictures:
        hint = "Open its page in a browser, or leave --png away."
        raise UsageError("pictures are made of a digest's next edition only", hint=hint)
    frozen = preview_frozen(app, find_edition(app, name), output)
    row = frozen.row
    is_open = opens and _open(frozen.page)
    data = {
        "folder": output,
        "edition": row.name,
        "revision": row.revision,
        "state": row.state,
        "subject": row.subject,
        "content_hash": row.content_hash,
        "articles": [use.slug for use in row.articles],
        "changes": list(frozen.changes),
        "opened": is_open,
    }
    return Result(data, lambda console: print_plain(console, _frozen_lines(frozen, is_open)))


def _frozen_lines(frozen: FrozenPreview, is_open: bool) -> Iterator[str]:
    row = frozen.row
    yield f'{row.name}, revision {row.revision}, {row.state}: "{row.subject}"'
    yield f"  hash {row.content_hash[:12]}, {plural(len(row.articles), 'article')}"
    yield from (f"  since revision {row.revision - 1}: {change}" for change in frozen.changes)
    yield f"{'Opened' if is_open else 'Open'} {frozen.page}"


def _open(page: Path) -> bool:
    """Open a page in the person's browser; False where there is none."""
    import webbrowser

    return webbrowser.open(page.resolve().as_uri())


def _digest(app: Application, name: str | None) -> str | None:
    from publisher.config.explain import nearest_hint

    if name is None:
        return app.settings.default_digest or next(iter(app.settings.digests), None)
    if name not in app.settings.digests:
        raise UsageError(f'there is no digest "{name}"', hint=nearest_hint(name, list(app.settings.digests)))
    return name


def _show(console: Console, report: PreviewReport, pictures: Sequence[Path], is_open: bool) -> None:
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
    for picture in pictures:
        console.print(f"  {picture}", markup=False)
    console.print(f"{'Opened' if is_open else 'Open'} {report.folder / 'index.html'}", markup=False)


commands = {"preview": preview}
