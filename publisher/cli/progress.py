"""Progress of a long send: a live bar on a terminal, plain lines when piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[states]}"))
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=None, states="")

    def tell(progress: Progress) -> None:
        bar.start()  # not before there is something to show: it takes over the terminal, where a question may stand
        done = sum(progress.counts.values())
        total = max(done, progress.total_count)
        bar.update(task, completed=done, total=total, states=states_text(progress.counts))

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
            click.echo(f"{done:,} of {total:,}: {states_text(progress.counts)}", err=True)
