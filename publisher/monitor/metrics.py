"""Metrics in the form that Prometheus reads. No address and no text of an article is among them."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from publisher import __version__
from publisher.domain.delivery import DeliveryState
from publisher.domain.due_time import Verdict
from publisher.domain.edition import EditionState
from publisher.scheduling.pulse import Pulse
from publisher.workflow.application import Application
from publisher.workflow.status import next_runs

# Counting goes through all deliveries (a million in 0.1 s, benchmarks/scrape.py): once in so long, however often it is
# asked for.
KEEP_SECONDS = 15.0
MISSED_SINCE = timedelta(days=7)
MAX_LOOKED_AT = 200
WAITING_EDITIONS = (EditionState.FROZEN, EditionState.HELD, EditionState.PAUSED)
T = TypeVar("T")


class LedgerCollector(Collector):
    """Reads the figures when they are asked for."""

    def __init__(self, find_app: Callable[[], Application], pulse: Pulse) -> None:
        self._find_app = find_app
        self._pulse = pulse
        self._kept: dict[str, tuple[float, object]] = {}

    @property
    def _app(self) -> Application:
        return self._find_app()

    def collect(self) -> Iterable[Metric]:
        """Give all figures."""
        yield _build_info()
        yield from self._of_the_queue()
        yield from self._of_deliveries()
        yield from self._of_editions()
        yield from _of_the_scheduler(self._pulse)

    def _of_the_queue(self) -> Iterator[Metric]:
        count = sum(1 for _ in self._app.settings.queue_folder.glob("*.md"))
        yield GaugeMetricFamily("publisher_queue_files", "Files in the queue folder.", count)

    def _of_deliveries(self) -> Iterator[Metric]:
        app = self._app
        counts = self._kept_for_a_while("deliveries", lambda: app.figures.by_channel(app.rehearsal))
        deliveries = GaugeMetricFamily("publisher_deliveries", "Deliveries.", labels=("channel", "state"))
        for channel in sorted({*app.channels, *counts}):
            for state in DeliveryState:
                deliveries.add_metric((channel, state.value), counts.get(channel, {}).get(state, 0))
        yield deliveries
        now = app.clock.now()
        oldest_at = app.figures.oldest_waiting_at(app.rehearsal, now)
        age = 0.0 if oldest_at is None else max(0.0, (now - oldest_at).total_seconds())
        yield GaugeMetricFamily(
            "publisher_oldest_waiting_seconds",
            "For how long the oldest delivery has been due, 0 if there is none.",
            age,
        )

    def _of_editions(self) -> Iterator[Metric]:
        app = self._app
        yield _times("publisher_next_due_timestamp_seconds", "Next due time.", dict(next_runs(app)))
        last = app.figures.last_planned(app.rehearsal)
        yield _times("publisher_last_edition_timestamp_seconds", "When the last edition was planned.", last)
        waiting = GaugeMetricFamily(
            "publisher_waiting_editions", "Editions that do not go on alone.", labels=("state",)
        )
        counts = app.figures.edition_states(app.rehearsal)
        for state in WAITING_EDITIONS:
            waiting.add_metric((state.value,), counts.get(state, 0))
        yield waiting
        missed = GaugeMetricFamily("publisher_missed_due_times", "Due times missed in a week.", labels=("digest",))
        since = app.clock.now() - MISSED_SINCE
        for name in sorted(app.settings.digests):
            rows = app.due_times.due_times(app.rehearsal, limit=MAX_LOOKED_AT, digest=name)
            count = sum(row.verdict is Verdict.MISSED and row.due.due_at >= since for row in rows)
            missed.add_metric((name,), count)
        yield missed

    def _kept_for_a_while(self, name: str, read: Callable[[], T]) -> T:
        now = self._app.clock.monotonic_seconds()
        read_at, value = self._kept.get(name, (float("-inf"), None))
        if now - read_at >= KEEP_SECONDS:
            value = read()
            self._kept[name] = (now, value)
        return value  # type: ignore[return-value]  # what is kept under a name is what was read under it


def make_registry(find_app: Callable[[], Application], pulse: Pulse) -> CollectorRegistry:
    """Make what gives all figures, this process's memory and processor time among them."""
    registry = CollectorRegistry()
    registry.register(LedgerCollector(find_app, pulse))
    ProcessCollector(registry=registry)
    return registry


def _build_info() -> Metric:
    info = {"version": __version__, "python": platform.python_version()}
    return InfoMetricFamily("publisher_build", "What is running.", info)


def _times(name: str, text: str, times: Mapping[str, datetime]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=("digest",))
    for digest, moment in sorted(times.items()):
        family.add_metric((digest,), moment.timestamp())
    return family


def _of_the_scheduler(pulse: Pulse) -> Iterator[Metric]:
    yield CounterMetricFamily("publisher_ticks", "How often the scheduler has looked.", pulse.beat_count)
    yield CounterMetricFamily("publisher_errors", "Pieces of work that ended with an error.", pulse.failed_count)
    if pulse.beat_at is not None:
        at = pulse.beat_at.timestamp()
        yield GaugeMetricFamily("publisher_last_tick_timestamp_seconds", "When the scheduler last looked.", at)
