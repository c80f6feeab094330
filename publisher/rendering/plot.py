"""The plot of a digest's editions as a PNG file. matplotlib is an extra: it is loaded here, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publisher.domain.edition_figures import DigestFigures, EditionPoint, share
from publisher.errors import UsageError
from publisher.rendering.texts import Texts, number_text, short_date_text, texts_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCHES = (10.0, 6.4)
DOTS_PER_INCH = 160
MAX_DATES = 10
INK, MUTED, LINE, PAPER = "#1b2330", "#5a6573", "#e3e8ee", "#ffffff"
ACCEPTED, OPEN, BOUNCED, LEFT = "#2f6fb3", "#c5cfda", "#d1495b", "#8a5a9e"


def draw_figures(figures: DigestFigures, *, language: str, time_zone: str) -> bytes:
    """Draw a digest's figures. Errors: UsageError if matplotlib is missing, or if there is nothing to draw."""
    if not figures.points:
        hint = 'Publish first: "publish now", and look with "publish history".'
        raise UsageError("there is no edition to draw yet", hint=hint)
    figure = _new_figure()
    say = texts_for(language)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _draw_counts(above, figures.points, say, language)
    _draw_losses(below, figures.points, say, language)
    _name_dates(below, figures.points, ZoneInfo(time_zone), language)
    for axes in (above, below):
        _tidy(axes, language)
    _title(figure, figures, say, language)
    picture = BytesIO()
    # No date and no version in the file: the same figures give the same picture.
    figure.savefig(picture, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return picture.getvalue()


def _new_figure() -> Figure:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        hint = "Install it: pip install 'publisher-workflow[stats]'. Without it, leave out --png: there is a table."
        raise UsageError("pictures need matplotlib, which is not installed", hint=hint) from None
    figure = Figure(figsize=INCHES, facecolor=PAPER)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.075, right=0.975, top=0.80, bottom=0.09, hspace=0.38)
    return figure


def _title(figure: Figure, figures: DigestFigures, say: Texts, language: str) -> None:
    name = figures.title or say("All digests")
    figure.text(0.028, 0.955, name, fontsize=19, fontweight="bold", color=INK, va="center")
    sent = figures.total("sent_count")
    words = [
        say.plural("%(count)s edition", "%(count)s editions", len(figures.points)),
        say("%(number)s e-mails", number=number_text(sent, language)),
        say("%(share)s accepted", share=_share_text(figures.total("accepted_count"), sent, language)),
        say("%(share)s bounced", share=_share_text(figures.total("bounced_count"), sent, language)),
        say("%(number)s left", number=number_text(figures.total("left_count"), language)),
    ]
    figure.text(0.028, 0.905, "   ·   ".join(words), fontsize=11, color=MUTED, va="center")


def _share_text(part: int, whole: int, language: str) -> str:
    return f"{number_text(round(share(part, whole), 1), language)} %"


def _draw_counts(axes: Axes, points: Sequence[EditionPoint], say: Texts, language: str) -> None:
    places = range(len(points))
    accepted = [point.accepted_count for point in points]
    bounced = [point.bounced_count for point in points]
    waiting = [point.open_count for point in points]
    width = 0.72 if len(points) > 3 else 0.36
    axes.bar(places, accepted, width, color=ACCEPTED, label=say("accepted"))
    axes.bar(places, bounced, width, bottom=accepted, color=BOUNCED, label=say("bounced"))
    if any(waiting):
        below = [a + b for a, b in zip(accepted, bounced, strict=True)]
        axes.bar(places, waiting, width, bottom=below, color=OPEN, label=say("open"))
    axes.set_ylim(0, max(10, *(point.sent_count for point in points)) * 1.1)
    _heading(axes, say("E-mails of each edition"))


def _draw_losses(axes: Axes, points: Sequence[EditionPoint], say: Texts, language: str) -> None:
    places = range(len(points))
    for name, colour, label, marker in (
        ("bounced_count", BOUNCED, say("bounced"), "o"),
        ("left_count", LEFT, say("left"), "s"),
    ):
        counts = [getattr(point, name) for point in points]
        size = 5 if len(points) <= 60 else 0
        axes.plot(
            places,
            counts,
            color=colour,
            label=label,
            lw=2,
            marker=marker,
            ms=size,
            mec=PAPER,
            mew=1,
            zorder=3,
            clip_on=False,
        )
    axes.set_ylim(0, max(3, *(max(point.bounced_count, point.left_count) for point in points)) * 1.15)
    _heading(axes, say("Bounced, and left until the next edition"))


def _heading(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", x=-0.052, fontsize=11, fontweight="bold", color=INK, pad=12)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=3,
        frameon=False,
        fontsize=9.5,
        labelcolor=MUTED,
        handlelength=1.1,
        columnspacing=1.4,
        borderaxespad=0.3,
    )


def _tidy(axes: Axes, language: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_facecolor(PAPER)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=LINE, lw=1)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#aab4c0")
    axes.tick_params(axis="both", length=0, labelsize=9.5, labelcolor=MUTED, pad=6)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number_text(int(value), language)))


def _name_dates(axes: Axes, points: Sequence[EditionPoint], zone: ZoneInfo, language: str) -> None:
    """Name some of the dates, evenly, the last one among them; the year where it changes."""
    step = -(-len(points) // MAX_DATES)
    places = list(range(len(points) - 1, -1, -step))[::-1]
    names, year = [], 0
    for place in places:
        day = points[place].planned_at.astimezone(zone).date()
        names.append(short_date_text(day, language) + (f"\n{day.year}" if day.year != year else ""))
        year = day.year
    axes.set_xticks(places, names)
    middle, half = (len(points) - 1) / 2, max(len(points) / 2 + 0.1, 2.5)
    axes.set_xlim(middle - half, middle + half)
