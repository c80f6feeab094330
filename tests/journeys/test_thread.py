"""A thread over a real connection: in order, each post once, and on from where it was stopped."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from publisher.bootstrap import open_application
from publisher.workflow.send import send
from tests.journeys.project import Project, finish, live_config
from tests.journeys.servers.hook import SECRET, HookServer
from tests.journeys.servers.mail import MailServer
from tests.journeys.test_outcomes import TomorrowClock

BODY = "Die Pumpe läuft seit Montag ohne jede Störung, und sie ist leise.\n\n" * 4


@pytest.fixture
def project(project: Project, mail: MailServer, hook: HookServer) -> Project:
    """The team chat takes 100 characters, and a long text as a thread."""
    limits = 'split = true\ndeduplicates = false\nlimits = {unit = "code points", max_length = 100}\n'
    config = live_config(mail, hook).replace('network = "slack"', limits)
    (project.folder / "config.toml").write_text(config)
    project.article(body=BODY, channels=["teamchat"])
    return project


def numbers(hook: HookServer) -> list[str]:
    return [call.body["text"].rpartition("\n\n")[2] for call in hook.calls()]


def test_a_thread_is_posted_in_one_run(project: Project, hook: HookServer) -> None:
    assert "4 accepted" in project.publish("now", "neue-pumpe", "--yes").out
    assert numbers(hook) == ["1/4", "2/4", "3/4", "4/4"]
    assert len({call.headers["webhook-id"] for call in hook.calls()}) == 4
    assert "There is nothing to send." in project.publish("now", "neue-pumpe", "--yes").out


def test_put_off_in_the_middle_it_goes_on_there(
    project: Project, hook: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The post that was put off comes again with the same id; none of the others comes twice."""
    hook.tell(statuses=[204, 503])
    assert "1 accepted, 1 deferred, 2 queued" in _states(project.publish("now", "neue-pumpe", "--yes", code=4).out)
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    with open_application(project.folder / "config.toml") as app:
        send(replace(app, clock=TomorrowClock()), ["teamchat"], stop=threading.Event())
    assert numbers(hook) == ["1/4", "2/4", "2/4", "3/4", "4/4"]
    ids = [call.headers["webhook-id"] for call in hook.calls()]
    assert ids[1] == ids[2]
    assert len(set(ids)) == 4


def _states(out: str) -> str:
    """Give the counts in the order of their names."""
    (line,) = (line for line in out.splitlines() if line.startswith("Deliveries: "))
    return ", ".join(sorted(line.removeprefix("Deliveries: ").split(", "), key=lambda part: part.split()[1]))


def test_killed_on_the_wire_that_post_is_in_doubt_and_the_rest_waits(project: Project, hook: HookServer) -> None:
    """A person is told which; nothing is sent past the hole."""
    hook.tell(statuses=[204, 0])
    process = project.start("now", "neue-pumpe", "--yes")
    hook.wait_for("silent")
    process.kill()
    finish(process)
    said = project.publish("now", "neue-pumpe", "--yes", code=3).out
    assert "2 posts of threads wait for an earlier one that is not there" in said
    assert numbers(hook) == ["1/4", "2/4"]
    listed = project.publish("deliveries", "--channel", "teamchat").out
    assert listed.count("waits for post 2 of its thread") == 2
    assert project.states(channel="teamchat") == {"accepted": 1, "unknown": 1, "queued": 2}
