"""`publish run` as a process: once for cron, or until a signal."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.journeys.project import Project, finish, folder_config, let_it_be_due, read_until


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose digest was due a few minutes ago, whenever the test runs."""
    project = Project.make(tmp_path / "project", folder_config())
    let_it_be_due(project)
    project.article(channels=["mastodon"])
    project.subscribe(2)
    return project


def test_once_does_what_is_due_and_leaves(project: Project) -> None:
    """Edition and posts go out; a second time finds it done."""
    events = project.publish("run", "--once", "--json").data["events"]
    assert any("daily/1" in event for event in events)
    assert project.states() == {"accepted": 3}
    assert project.publish("run", "--once", "--json").data["events"] == []
    with project.ledger() as ledger:
        assert [edition.occurrence[:4] for edition in ledger.editions()] == ["due "]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(project: Project, number: signal.Signals) -> None:
    """It names the next time, does what is due, and leaves with 0 when told to."""
    process = project.start("run")
    shown = read_until(process, "newsletter: 2 accepted")
    assert "next run" in shown
    if "mastodon: 1 accepted" not in shown:
        read_until(process, "mastodon: 1 accepted")
    process.send_signal(number)
    assert finish(process).code == 0
    assert project.states() == {"accepted": 3}
