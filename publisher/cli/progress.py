"""Progress of a long send: a live bar on a terminal, plain lines when piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from publisher.cli.status import states_text

if TYPE_CHECKING:
    from publisher.workflow.send import Progress

PLAIN_STEPS = 10


@contextmanager
def shown_progress() -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows progress on standard error."""
    if sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield _PlainLines()


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TextColumn("{task.fields[states]}"),
    )
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=None, speed="", states="")

    def tell(progress: Progress) -> None:
        bar.start()  # not before there is something to show: it takes over the terminal, where a question may stand
        done = sum(progress.counts.values())
        total = max(done, progress.total_count)
        bar.update(task, completed=done, total=total, speed=speed_text(progress), states=states_text(progress.counts))

    try:
        yield tell
    finally:
        bar.stop()


class _PlainLines:
    """A line for every tenth of the work."""

    def __init__(self) -> None:
        self._shown = 0

    def __call__(self, progress: Progress) -> None:
        done, total = sum(progress.counts.values()), progress.total_count
        step = done * PLAIN_STEPS // total if total else 0
        if total > PLAIN_STEPS and step > self._shown:
            self._shown = step
            click.echo(f"{done:,} of {total:,}, {speed_text(progress)}: {states_text(progress.counts)}", err=True)


def speed_text(progress: Progress) -> str:
    """Write rate and time left: `4,211 a second, 0:02:10 left`; slow ones a minute or an hour."""
    unit, factor = next(pair for pair in _UNITS if progress.per_second * pair[1] >= 1 or pair is _UNITS[-1])
    rate = f"{progress.per_second * factor:,.0f} {unit}"
    if progress.seconds_left is None:
        return rate
    return f"{rate}, {timedelta(seconds=round(progress.seconds_left))} left"


_UNITS = (("a second", 1), ("a minute", 60), ("an hour", 3_600))
