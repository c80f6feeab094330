"""What programs that watch this one see, asked over loopback as they do."""

from __future__ import annotations

import http.client
import json
import platform
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from publisher import __version__
from publisher.domain.edition import EditionState
from publisher.errors import ConfigError
from publisher.monitor.server import watching
from publisher.scheduling.pulse import Pulse
from publisher.workflow.application import Application
from tests.journeys.project import Project
from tests.store.scenes import NOW, planned
from tests.workflow.office import MONDAY, StandingClock, now, opened

Answer = tuple[int, str, str]


def ask(port: int, path: str, method: str = "GET", host: str = "127.0.0.1") -> Answer:
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()


@contextmanager
def watched(project: Project, clock: StandingClock | None = None, **changes: Any) -> Iterator[tuple[int, Application]]:
    with opened(project, clock) as app, watching(lambda: app, changes.pop("pulse", Pulse())) as port:
        assert port
        yield port, app


def metrics(port: int) -> dict[tuple[str, tuple[str, ...]], float]:
    """Read them with the library's own parser: name and label values -> value."""
    status, kind, text = ask(port, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_healthy(project: Project) -> None:
    with watched(project) as (port, _):
        status, kind, text = ask(port, "/health")
    assert (status, kind) == (200, "application/json; charset=utf-8")
    assert json.loads(text) == {"status": "ok", "reasons": [], "last_error": ""}


def reasons(port: int) -> list[str]:
    status, _, text = ask(port, "/health")
    assert status == 503
    found = json.loads(text)
    assert found["status"] == "failing"
    return list(found["reasons"])


def test_a_scheduler_that_has_ended(project: Project) -> None:
    with watched(project, pulse=Pulse(is_alive=lambda: False)) as (port, _):
        assert reasons(port) == ["the scheduler has ended"]


def test_a_scheduler_that_is_silent(project: Project) -> None:
    """For more than two minutes; before its first look it is just starting."""
    clock, pulse = StandingClock(), Pulse()
    with watched(project, clock, pulse=pulse) as (port, _):
        assert ask(port, "/health")[0] == 200
        pulse.beat(clock.now())
        clock.forward(seconds=119)
        assert ask(port, "/health")[0] == 200
        clock.forward(seconds=2)
        assert reasons(port) == ["the scheduler has been silent since 2026-11-23 06:01:00 UTC"]
        assert metrics(port)["publisher_last_tick_timestamp_seconds", ()] == MONDAY.timestamp()


def test_an_error_is_shown_and_no_reason_to_start_again(project: Project) -> None:
    """A broken template is not mended by a new process."""
    pulse = Pulse()
    with watched(project, pulse=pulse) as (port, _):
        pulse.note("subject.j2:1: unknown name")
        status, _, text = ask(port, "/health")
        assert (status, json.loads(text)["last_error"]) == (200, "subject.j2:1: unknown name")
        pulse.note("")
        assert json.loads(ask(port, "/health")[2])["last_error"] == ""
        assert metrics(port)["publisher_errors_total", ()] == 1


def test_a_ledger_that_cannot_be_written(project: Project) -> None:
    """Another process's write lock is no fault; a ledger that says no is."""
    with watched(project) as (port, app):
        with app.upkeep._database.write():  # type: ignore[attr-defined]
            pass
        with app.upkeep._database.driver() as driver:  # type: ignore[attr-defined]
            driver.execute("PRAGMA query_only = ON")
        assert reasons(port) == ["the ledger cannot be written to"]


def test_a_disk_that_is_nearly_full(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system's answer is given instead of a disk filled for the test."""
    usage = shutil.disk_usage(project.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=99 * 1024 * 1024))
    with watched(project) as (port, _):
        assert reasons(port) == ["only 99 MB are free on the ledger's disk"]


def test_metrics_of_a_day(project: Project) -> None:
    """What the ledger says, counted by hand beside it."""
    project.article(channels=["mastodon"])
    project.article("zweite", publish_after="2099-01-01T00:00+01:00")
    clock = StandingClock()
    with watched(project, clock) as (port, app):
        before = metrics(port)
        assert before["publisher_queue_files", ()] == 2
        assert before["publisher_deliveries", ("newsletter", "accepted")] == 0
        now(app)
        clock.forward(seconds=16)
        after = metrics(port)
        assert after["publisher_deliveries", ("newsletter", "accepted")] == 5
        assert after["publisher_deliveries", ("mastodon", "accepted")] == 1
        assert after["publisher_deliveries", ("mastodon", "unknown")] == 0
        assert after["publisher_last_edition_timestamp_seconds", ("daily",)] == StandingClock().now().timestamp()
        tuesday = StandingClock().now() + timedelta(days=1, minutes=-1)
        assert after["publisher_next_due_timestamp_seconds", ("daily",)] == tuesday.timestamp()
        assert after["publisher_oldest_waiting_seconds", ()] == 0
        assert after["process_resident_memory_bytes", ()] > 1_000_000
        assert after["publisher_build_info", (platform.python_version(), __version__)] == 1


def test_counting_rests_for_a_while(project: Project) -> None:
    """However often it is asked for: rows are counted once in fifteen seconds."""
    clock = StandingClock()
    project.article()
    with watched(project, clock) as (port, app):
        assert metrics(port)["publisher_deliveries", ("newsletter", "accepted")] == 0
        now(app)
        assert metrics(port)["publisher_deliveries", ("newsletter", "accepted")] == 0
        clock.forward(seconds=15)
        assert metrics(port)["publisher_deliveries", ("newsletter", "accepted")] == 5


def test_what_waits(project: Project) -> None:
    """Ten minutes after planning nothing has been sent; once the edition is paused, nothing is waiting to be sent."""
    with project.store() as store:
        edition = planned(store, 3)
    clock = StandingClock(NOW + timedelta(minutes=10))
    with watched(project, clock) as (port, app):
        assert metrics(port)["publisher_oldest_waiting_seconds", ()] == 600
        app.ledger.change_edition(edition.id, EditionState.PLANNED, EditionState.PAUSED, clock.now())
        found = metrics(port)
        assert found["publisher_waiting_editions", ("paused",)] == 1
        assert found["publisher_oldest_waiting_seconds", ()] == 0


def test_no_address_and_no_text_is_among_the_figures(project: Project) -> None:
    project.article("geheimnis")
    with watched(project) as (port, app):
        now(app)
        text = ask(port, "/metrics")[2]
    assert "person0" not in text
    assert "geheimnis" not in text
    assert "newsletter" in text  # the control: the channel's name is


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/", "GET", 404), ("/metrics/../x", "GET", 404), ("/health", "POST", 405), ("/health", "HEAD", 200)],
)
def test_nothing_else_is_served(project: Project, path: str, method: str, status: int) -> None:
    with watched(project) as (port, _):
        found, _, content = ask(port, path, method)
    assert found == status
    assert content == "" or method != "HEAD"


def test_only_this_machine_reaches_it(project: Project) -> None:
    """The port is bound to 127.0.0.1: on another address of this machine it is closed."""
    with watched(project) as (port, _):
        assert ask(port, "/health")[0] == 200
        with pytest.raises(ConnectionRefusedError):
            ask(port, "/health", host="127.0.0.2")


def test_a_port_that_is_taken(project: Project) -> None:
    with opened(project) as app, socket.socket() as other:
        other.bind(("127.0.0.1", app.settings.document.monitor.port or 0))
        other.listen()
        with pytest.raises(ConfigError, match="is taken by another program"), watching(lambda: app, Pulse()):
            pass


def test_without_a_port_nothing_listens(project: Project) -> None:
    config = project.folder / "config.toml"
    config.write_text(config.read_text().partition("[monitor]")[0])
    with opened(project) as app, watching(lambda: app, Pulse()) as port:
        assert port is None
        assert [thread.name for thread in threading.enumerate() if thread.name == "monitor"] == []


def test_a_question_in_a_bad_moment_gets_an_answer(project: Project) -> None:
    """Many at once, each in a thread of its own; one that says nothing holds up nobody."""
    with watched(project) as (port, _), socket.create_connection(("127.0.0.1", port)):
        answers: list[int] = []
        threads = [threading.Thread(target=lambda: answers.append(ask(port, "/metrics")[0])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [200] * 8
