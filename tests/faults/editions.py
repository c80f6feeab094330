"""Projects for the fault tests: one digest, one article, one mail server on loopback."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from publisher.bootstrap import SystemClock, open_application
from publisher.workflow.application import Application
from publisher.workflow.now import NowReport, publish_now
from tests.journeys.project import DIGEST, ORGANISATION, Project

CONNECTIONS = 4


def config_for(port: int, more: str = "", connections: int = CONNECTIONS) -> str:
    return f"""
{ORGANISATION}
{DIGEST}
[channels.newsletter]
adapter = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = {connections}
{more}
"""


def make_edition(folder: Path, config: str, recipient_count: int) -> tuple[Project, list[str]]:
    """Make a project whose next `publish now` sends one edition to so many recipients; give their addresses."""
    project = Project.make(folder, config)
    project.article()
    return project, project.subscribe(recipient_count)


def copy_of(project: Project, folder: Path) -> Project:
    """Copy a project that nobody works in."""
    shutil.copytree(project.folder, folder)
    return Project(folder)


class LaterClock(SystemClock):
    """The machine's clock when every lease has run out, and whatever was deferred is due."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=20)


@contextmanager
def opened_later(project: Project) -> Iterator[Application]:
    with open_application(project.folder / "config.toml") as app:
        yield replace(app, clock=LaterClock())


def publish_later(project: Project) -> NowReport:
    """Do what `publish now --yes` does, when everything has become due."""
    with opened_later(project) as app:
        return publish_now(
            app, [], [], ask=lambda offer: True, stop=threading.Event(), on_progress=lambda progress: None
        )
