from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.mailing import begin_mailing
from tests.journeys.project import Project, live_config
from tests.journeys.servers.hook import HookServer
from tests.journeys.servers.mail import MailServer


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path / "mail") as server:
        yield server


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[HookServer]:
    with HookServer(tmp_path / "hook") as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, mail: MailServer, hook: HookServer) -> Project:
    """A project that really sends, to both servers."""
    return Project.make(tmp_path / "project", live_config(mail, hook))


@pytest.fixture
def mailing(project: Project, mail: MailServer) -> list[str]:
    """The addresses of a mailing that gets stuck."""
    return begin_mailing(project, mail)
