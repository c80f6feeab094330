"""`publish run` comes to a due time whose edition a person has to approve: in time, or only when it is over.

The processes go by a clock that is put forward to two seconds before the due time, and goes on from there by itself.
"""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from publisher.domain.delivery import DeliveryState
from publisher.domain.due_time import Verdict
from publisher.ports.due_times import DueTimeRow
from publisher.ports.ledger import EditionRow
from tests.journeys.project import DIGEST, Finished, Project, finish, folder_config, read_until

DUE = dt.datetime(2030, 11, 25, 7, 0, tzinfo=dt.UTC)  # a Monday
POLICY = 'approval = "edition"\napproval_lead = "3h"\nsecond_person = true\n'
TELLING = """
[channels.team]
adapter = "folder"
folder = "told"
[notify]
recipients = ["team@example.org"]
email_channel = "team"
interval_minutes = 1
language = "en"
"""


@dataclass
class Office:
    """A project, and the clock on its wall."""

    project: Project

    @property
    def clock(self) -> Path:
        return self.project.folder / "clock"

    def set_clock(self, at: dt.datetime) -> None:
        self.clock.write_text(str((at - dt.datetime.now(dt.UTC)).total_seconds()))

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.at_time", str(self.clock), *words],
            cwd=self.project.folder,
            env=self.project.environment(),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def publish(self, *words: str) -> Finished:
        done = finish(self.start(*words))
        assert done.code == 0, done
        return done

    def come_to_the_due_time(self, process: subprocess.Popen[str]) -> None:
        self.set_clock(DUE - dt.timedelta(seconds=2))
        process.send_signal(signal.SIGUSR1)

    def told(self) -> str:
        return "\n".join(file.read_text() for file in sorted((self.project.folder / "told").glob("*.eml")))

    def outlets(self) -> dict[str, int]:
        """Count what was delivered on each channel; nothing else may have become of any delivery."""
        rows = self.project.deliveries()
        assert {row.state for row in rows} <= {DeliveryState.ACCEPTED}
        return dict(Counter(row.key.channel for row in rows))

    def edition(self) -> EditionRow:
        with self.project.ledger() as ledger:
            (row,) = ledger.editions()
        return row

    def state(self) -> tuple[str, str]:
        """Give the only edition's state, and the reason for it."""
        row = self.edition()
        return row.state.value, row.reason

    def due_time(self) -> DueTimeRow:
        with self.project.store() as store:
            (row,) = store.due_times.due_times(rehearsal=False)
        return row

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        """Let `publish run` be at work, and leave when it is told to."""
        process = self.start("run")
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert finish(process).code == 0
        finally:
            process.kill()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    config = folder_config(TELLING).replace(DIGEST, DIGEST + POLICY)
    config = config.replace("[organisation]", '[organisation]\ntime_zone = "UTC"')
    made = Office(Project.make(tmp_path / "project", config))
    made.project.article(author="Anna Schmidt", channels=["mastodon"])
    made.project.subscribe(2)
    made.set_clock(DUE - dt.timedelta(minutes=30))
    return made


def test_approved_in_time_it_leaves_at_its_due_time(office: Office) -> None:
    """Made ahead, told to the team, approved from another process; nothing leaves before the due time."""
    with office.running() as process:
        shown = read_until(process, "team: 1 accepted")
        assert "is made for 2030-11-25 07:00 and waits for approval" in shown
        assert "publish approve daily/1" in office.told()
        assert "daily/1 is approved." in office.publish("approve", "daily/1", "--as", "Clara", "--yes").out
        assert office.state() == ("approved", "")
        assert office.outlets() == {"team": 1}

        office.come_to_the_due_time(process)
        read_until(process, "is on its way, as it was approved")
        read_until(process, "newsletter: 2 accepted")
    office.publish("run", "--once")
    assert office.state() == ("sent", "")
    assert office.outlets().items() >= {"newsletter": 2, "mastodon": 1}.items()
    planned_at, due = office.edition().planned_at, office.due_time()
    assert planned_at is not None and planned_at >= DUE
    assert (due.due.due_at, due.verdict, due.is_late) == (DUE, Verdict.EDITION, False)


def test_not_approved_it_is_held_and_a_late_yes_sends_it(office: Office) -> None:
    """At the due time nothing leaves, not even a post, and the team is told; whoever says yes then sends it at once."""
    with office.running() as process:
        read_until(process, "team: 1 accepted")
        office.come_to_the_due_time(process)
        read_until(process, 'daily/1 is held: not approved in time; look with "publish status"')
        read_until(process, "team: 1 accepted")
        assert "daily/1 is held" in office.told()
        assert "publish approve daily/1" in office.publish("status").out
        assert office.state() == ("held", "not approved in time")
        assert office.outlets() == {"team": 2}

        office.publish("approve", "daily/1", "--as", "Clara", "--yes")
        read_until(process, "is on its way, as it was approved")
        read_until(process, "newsletter: 2 accepted")
    office.publish("run", "--once")
    assert office.state() == ("sent", "")
    assert office.outlets().items() >= {"newsletter": 2, "mastodon": 1}.items()
    due = office.due_time()
    assert (due.due.occurrence, due.verdict) == ("due 2030-11-25T07:00", Verdict.EDITION)
