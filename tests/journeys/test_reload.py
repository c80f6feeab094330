"""`publish reload` and SIGHUP: the config is read again while `publish run` goes on; a wrong one is refused."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from publisher.scheduling.running import OwnFile, running_processes
from tests.journeys.project import Project, finish, folder_config, read_until


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.make(tmp_path / "project", folder_config())
    project.subscribe(1)
    return project


@contextmanager
def running(project: Project) -> Iterator[subprocess.Popen[str]]:
    process = project.start("run")
    read_until(process, "next run")
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert finish(process).code == 0


def change(project: Project, old: str, new: str) -> None:
    config = project.folder / "config.toml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))


def wait_for_lock(project: Project) -> None:
    """The process answers once its file is there; `publish reload` would find nobody before."""
    while not list((project.folder / "publisher.db-run").glob("*.json")):
        os.sched_yield()


def test_a_new_schedule_is_in_force_at_once_and_said(project: Project) -> None:
    """A wrong config changes nothing, and neither does one that only a new start can take."""
    with running(project) as process:
        wait_for_lock(project)
        change(project, "Mon-Fri 07:00", "irgendwann")
        refused = project.publish("reload", code=2)
        assert "irgendwann" in refused.err
        process.send_signal(signal.SIGHUP)
        said = read_until(process, "the old one stays")
        assert "the new config is not taken" in said

        soon = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=2)
        change(project, "irgendwann", f"{soon:%H:%M}")
        change(project, "[organisation]", '[organisation]\ntime_zone = "UTC"')
        answer = project.publish("reload", "--json").data["processes"]
        assert [one["pid"] for one in answer] == [process.pid]
        assert set(answer[0]["changed"]) == {"organisation.time_zone", "digests.daily.schedule"}
        read_until(process, "config read again: organisation.time_zone, digests.daily.schedule")
        noted = project.publish("audit", "--action", "reload", "--json").data["entries"]
        assert noted[-1]["details"]["changed"] == ["digests.daily.schedule", "organisation.time_zone"]

        change(project, "[organisation]", '[store]\nfile = "other.db"\n[organisation]')
        nobody = project.publish("reload", "--json").data
        assert nobody == {"processes": []}  # nobody works on that ledger
        process.send_signal(signal.SIGHUP)
        assert '"store.file" cannot change' in read_until(process, "cannot change")
    assert not list((project.folder / "publisher.db-run").iterdir())


def test_without_a_running_process_the_config_is_only_checked(project: Project) -> None:
    assert "next one begins with it" in project.publish("reload").out


def test_what_a_killed_process_left_is_not_mistaken_for_a_running_one(project: Project) -> None:
    """Its number may be another program's by now: only a file that is locked stands for a process."""
    process = project.start("run")
    read_until(process, "next run")
    wait_for_lock(project)
    process.kill()
    process.communicate()
    folder = project.folder / "publisher.db-run"
    mine = folder / f"{os.getpid()}.lock"  # as if the system had given the number to us
    mine.touch()
    assert len(list(folder.glob("*.lock"))) == 2
    assert list(running_processes(folder)) == []
    assert list(folder.iterdir()) == []


def test_a_process_is_found_by_what_it_says_of_itself(tmp_path: Path) -> None:
    own = OwnFile(tmp_path / "ledger.db-run")
    own.open()
    own.say(reload_count=3)
    # A lock belongs to an open file: whoever opens it anew, even this process, sees it held.
    (found,) = running_processes(own.folder)
    assert (found.pid, found.note["reload_count"]) == (os.getpid(), 3)
    assert json.loads((own.folder / f"{os.getpid()}.json").read_text()) == {"reload_count": 3}
    own.close()
    own.say(reload_count=4)  # by a thread that is late
    assert list(running_processes(own.folder)) == []
    assert list(own.folder.iterdir()) == []
