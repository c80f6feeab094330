"""`publish run` as other programs watch it."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
from pathlib import Path

import pytest

from tests.journeys.project import PATIENCE_SECONDS, Project, folder_config, patience, read_until
from tests.monitor.conftest import free_port


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def project(tmp_path: Path, port: int) -> Project:
    return Project.make(tmp_path / "project", folder_config(f"[monitor]\nport = {port}\n"))


def health(port: int) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_while_it_runs_it_says_how_it_is(project: Project, port: int) -> None:
    """From its start to its end; afterwards nobody answers."""
    process = project.start("run")
    read_until(process, "next run")
    found = None
    with patience(process):
        while found is None and process.poll() is None:
            with contextlib.suppress(ConnectionRefusedError):
                found = health(port)
    assert found
    assert (found[0], json.loads(found[1])["status"]) == (200, "ok")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_SECONDS)
    with pytest.raises(ConnectionRefusedError):
        health(port)
