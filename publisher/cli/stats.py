"""`publish stats`: what became of a digest's editions over time, as a table or as a picture."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import MOMENT, Result, in_zone, local_time, plural, publish_command
from publisher.cli.listing import print_rows

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.domain.edition_figures import DigestFigures

COLUMNS = ("When", "Edition", "E-mails", "Accepted", "Bounced", "Open", "Left")


@publish_command("stats", summary="Show what became of a digest's editions over time; all digests if none is named.")
@click.argument("digest", required=False)
@click.option("--png", "png", type=click.Path(path_type=Path, dir_okay=False), help="Write a picture into this file.")
@click.option("--limit", type=click.IntRange(min=1), default=60, show_default=True, help="At most so many editions.")
@click.option("--since", type=MOMENT, help="Only editions since then: 2026-11-23 or 2026-11-23T07:00.")
@click.option("--language", type=click.Choice(["de", "en"]), help="Of the picture; the digest's own if left out.")
def stats(
    config_file: Path, digest: str | None, png: Path | None, limit: int, since: datetime | None, language: str | None
) -> Result:
    """Count e-mails, what was accepted, what bounced, and who left."""
    from publisher.bootstrap import open_application
    from publisher.workflow.measure import measure

    with open_application(config_file) as app:
        organisation = app.settings.organisation
        own = app.settings.digests.get(digest or "")
        zone = (own and own.time_zone) or organisation.time_zone
        figures = measure(app, digest, in_zone(since, zone), limit)
        if png:
            _write(png, figures, language or (own and own.language) or organisation.language, zone)
    data = {"digest": digest, "editions": [_data(point) for point in figures.points], "picture": png}
    return Result(data, lambda console: _show(console, figures, zone, png))


def _write(png: Path, figures: DigestFigures, language: str, time_zone: str) -> None:
    from publisher.errors import UsageError
    from publisher.files import write_whole
    from publisher.rendering.plot import draw_figures

    picture = draw_figures(figures, language=language, time_zone=time_zone)
    try:
        write_whole(png, picture)
    except OSError as error:
        hint = "Name a file in a folder that is there, for example --png stats.png."
        raise UsageError(f"cannot write the picture: {error.strerror}", where=str(png), hint=hint) from None


def _data(point: Any) -> dict[str, Any]:
    return asdict(point)


def _show(console: Console, figures: DigestFigures, zone: str, png: Path | None) -> None:
    from publisher.domain.edition_figures import share

    if not figures.points:
        console.print('Nothing was published yet. Begin with "publish now".')
        return
    rows = [
        (
            local_time(point.planned_at, zone),
            point.name,
            f"{point.sent_count:,}",
            f"{point.accepted_count:,} ({share(point.accepted_count, point.sent_count):.1f} %)",
            f"{point.bounced_count:,}",
            f"{point.open_count:,}",
            f"{point.left_count:,}",
        )
        for point in figures.points
    ]
    print_rows(console, COLUMNS, rows)
    sent, accepted = figures.total("sent_count"), figures.total("accepted_count")
    console.print(
        f"{plural(len(figures.points), 'edition')}, {sent:,} e-mails, {share(accepted, sent):.1f} % accepted, "
        f"{figures.total('bounced_count'):,} bounced, {figures.total('left_count'):,} left"
    )
    if png:
        console.print(f"Drawn: {png}", markup=False)


commands = {"stats": stats}
