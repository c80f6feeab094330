from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.journeys.project import Project, folder_config


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A digest for five people, and a port to watch it by."""
    project = Project.make(tmp_path / "project", folder_config(f"[monitor]\nport = {free_port()}\n"))
    project.subscribe(5)
    return project
