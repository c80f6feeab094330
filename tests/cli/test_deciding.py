"""What a person reads at `settle`, `retry`, `pause`, `resume`, `cancel` and `now --rest`; a pipe is not asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.domain.attempt import Evidence, Outcome, Rejected, Unknown
from tests.cli.command_line import run, run_json
from tests.journeys.project import Project
from tests.store.scenes import NOW, claim, finish, planned, start


def stand(project: Project, *outcomes: Outcome) -> list[str]:
    """An edition to so many people, each delivery ended so; give the beginnings of their keys."""
    with project.store() as store:
        store.subscribers.remove("person0@example.org", None, NOW)
        store.subscribers.remove("person1@example.org", None, NOW)
        planned(store, len(outcomes))
        for claimed, outcome in zip(claim(store.ledger), outcomes, strict=False):
            start(store.ledger, [claimed.id])
            finish(store.ledger, claimed.id, outcome)
    return [row.key.text()[:10] for row in project.deliveries()]


@pytest.fixture
def project(project: Project) -> Project:
    config = project.folder / "config.toml"
    config.write_text(config.read_text() + '\n[channels.mail]\nadapter = "folder"\nfolder = "mail"\n')
    return project


def test_settle(project: Project) -> None:
    keys = stand(project, Unknown("silence"), Unknown("silence"), Unknown("silence"))
    assert keys[0] in run(project, "deliveries", "--state", "unknown").out
    status = run(project, "status").out
    assert keys[1] in status
    assert "publish settle" in status
    asked = run(project, "settle", "accepted", keys[0], code=2)
    assert "there is no terminal to ask on" in asked.err
    assert "1 delivery count as arrived." in run(project, "settle", "accepted", keys[0], "--yes").out
    done = run_json(project, "settle", "skip", "--recipient", "p000001@example.org", "--yes")["data"]
    assert (done["matched"], done["changed"], done["decision"]) == (1, 1, "skip")
    assert "publish now" in run(project, "settle", "resend", "--edition", "daily/1", "--yes").out
    assert "No delivery that this names is in doubt" in run(project, "settle", "resend", "--all", "--yes").out
    assert "not said which deliveries" in run(project, "settle", "resend", code=2).err
    assert "settle" in run(project, "deliveries", "--attempts").out


def test_retry_and_why_it_was_refused(project: Project) -> None:
    blocked = Evidence("recipient", "blocked", 550, "5.7.1")
    stand(project, Rejected("550 blocked", evidence=blocked))
    assert "(the server does not want our mail)" in run(project, "deliveries", "--attempts").out
    assert "No delivery" in run(project, "retry", "--all", "--state", "expired", "--yes").out
    assert "1 delivery will be tried again." in run(project, "retry", "--all", "--yes").out
    assert project.states() == {"queued": 1}


def test_a_cancelled_edition_keeps_its_doubts_out_of_the_queue(project: Project) -> None:
    stand(project, Unknown("silence"), Rejected("no"))
    assert "daily/1 is cancelled" in run(project, "cancel", "daily/1").out
    resent = run(project, "settle", "resend", "--all", "--yes").out
    assert "0 deliveries will be sent again." in resent
    assert "1 delivery stay as they are: their edition was cancelled, or their address removed." in resent


def test_pause_and_resume(project: Project) -> None:
    stand(project, Rejected("no"), Rejected("no"))
    paused = run(project, "pause", "daily/1").out
    assert "daily/1 is paused: 2 rejected" in paused
    assert "publish resume daily/1" in paused
    assert "was before, and still is, paused" in run(project, "pause", "daily/1").out
    assert run_json(project, "resume", "daily/1")["data"]["changed"] is True
    assert "there is no edition" in run(project, "pause", "daily/9", code=2).err


def test_a_channel_is_paused_and_goes_on(project: Project) -> None:
    stand(project)
    paused = run(project, "pause", "mail").out
    assert "The channel mail is paused: 0 deliveries wait." in paused
    assert "publish resume mail" in paused
    assert "was before, and still is, paused" in run(project, "pause", "mail").out
    shown = run(project, "status").out
    assert "mail is paused by " in shown
    (wait,) = run_json(project, "status")["data"]["waits"]
    assert (wait["channel"], wait["cause"], wait["until"]) == ("mail", "paused", None)
    assert run_json(project, "resume", "mail")["data"] == {
        "channel": "mail",
        "state": "closed",
        "changed": True,
        "waiting": 0,
        "reason": wait["reason"],
        "waits": [],
    }
    assert "The channel mail was not stopped: 0 deliveries may leave." in run(project, "resume", "mail").out
    assert run_json(project, "status")["data"]["waits"] == []
    wrong = run(project, "pause", "mial", code=2).err
    assert 'there is no channel "mial"' in wrong
    assert "An edition is written as daily/7" in wrong


def test_a_channel_that_goes_on_may_still_wait(project: Project) -> None:
    config = project.folder / "config.toml"
    moment = datetime.now(ZoneInfo("Europe/Berlin"))
    hours = f"{moment - timedelta(hours=3):%H:%M}-{moment + timedelta(hours=3):%H:%M}"
    config.write_text(config.read_text().replace('folder = "mail"', f'folder = "mail"\nquiet_hours = "{hours}"'))
    run(project, "pause", "mail")
    said = run(project, "resume", "mail").out
    assert "is not stopped any more" in said
    assert "mail waits until" in said
    assert f"quiet hours {hours}" in said


def test_a_paused_channel_keeps_what_is_published_and_says_so(project: Project) -> None:
    """Exit 3: it takes a person."""
    run(project, "pause", "newsletter")
    assert "is paused by" in run(project, "test", "daily", "--to", "me@example.org", code=2).err
    said = run(project, "now", "--yes", code=3).out
    assert "newsletter is paused by " in said
    assert "publish resume newsletter" in said
    assert "queued" in project.states()
    run(project, "resume", "newsletter")
    run(project, "now", "--yes")
    assert set(project.states()) == {"accepted"}


def test_the_rest(project: Project) -> None:
    stand(project, Rejected("no"))
    with project.store() as store:
        store.ledger.finish_editions(NOW)
    assert "Everybody has daily/1 already." in run(project, "now", "--rest", "daily/1", code=1).out
    project.subscribe(1)
    assert "no terminal" in run(project, "now", "--rest", "daily/1", code=2).err
    assert "--rest sends a finished edition" in run(project, "now", "daily", "--rest", "daily/1", code=2).err
