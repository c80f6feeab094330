"""After a restore an edition that was ready is held, whatever its digest's rule; `publish approve` sends it, once."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.errors import UsageError
from publisher.workflow.approve import approve
from publisher.workflow.due import find_due
from publisher.workflow.freeze import freeze
from publisher.workflow.make import Course, Queue, judge_due
from publisher.workflow.prepare import parse_wanted, prepare
from publisher.workflow.tick import tick
from tests.cli.command_line import run, run_json
from tests.journeys.project import DIGEST, Project, folder_config
from tests.workflow.office import StandingClock, opened

ready = pytest.mark.parametrize("how", ["due", "manual"])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.make(tmp_path / "project", folder_config())
    project.subscribe(2)
    project.article()
    return project


def freeze_only(project: Project, how: str) -> None:
    """An edition is frozen, and then the machine stops: at its due time, or in a `publish now`."""
    with opened(project) as app:
        course = Course(lambda line: None)
        if how == "due":
            for point in find_due(app, app.clock.now()):
                judge_due(app, point, Queue(app, course), course)
        else:
            reading = app.read_queue()
            freeze(app, prepare(app, parse_wanted(app, ["daily"], [], reading), reading))
        (row,) = app.ledger.editions()
        assert (row.name, row.state.value) == ("daily/1", "frozen")


def restore(project: Project) -> None:
    run(project, "backup", str(project.folder / "b.db"))
    run(project, "restore", str(project.folder / "b.db"), "--yes")


def mails(project: Project) -> int:
    return len(list((project.folder / "sent").glob("*.eml")))


def send(project: Project, how: str, code: int = 0) -> str:
    """As somebody would: the service once more, or by hand."""
    words = ("run", "--once") if how == "due" else ("now", "daily", "--yes")
    finished = run(project, *words, code=code)
    return finished.out + finished.err


def state(project: Project) -> str:
    (row,) = run_json(project, "history", "--kind", "edition")["data"]["history"]
    return str(row["state"])


@ready
def test_what_is_approved_is_sent_once(project: Project, how: str) -> None:
    freeze_only(project, how)
    restore(project)
    assert state(project) == "held"
    shown = run(project, "status").out
    assert "publish approve daily/1" in shown
    _, waiting = run_json(project, "status")["data"]["attention"]
    assert waiting["text"] == (
        "daily/1 is held back: it was ready when the backup was made, and may have been sent since"
    )
    assert "daily/1 is approved." in run(project, "approve", "daily/1", "--yes").out
    assert state(project) == "approved"
    send(project, how, code=3)  # nobody has said yet that it may go on
    assert mails(project) == 0
    run(project, "restore", "--go-on")
    send(project, how)
    assert (state(project), mails(project)) == ("sent", 2)
    send(project, how)
    assert mails(project) == 2
    assert project.states() == {"accepted": 2}
    run(project, "audit", "--verify")


@ready
def test_what_is_not_approved_stays_and_so_do_its_articles(project: Project, how: str) -> None:
    """It may have been sent: nothing of it goes out by itself, in another edition neither, however long it waits."""
    freeze_only(project, how)
    restore(project)
    run(project, "restore", "--go-on")
    said = send(project, how, code=3 if how == "manual" else 0)
    assert mails(project) == 0
    assert state(project) == "held"
    assert "is in daily/1, which waits for approval" in run(project, "why", "neue-pumpe").out, said
    clock = StandingClock()
    with opened(project, clock) as app:
        course = Course(lambda line: None)
        for _ in range(5):
            clock.forward(days=1)
            tick(app, course, threading.Event())
    assert (state(project), mails(project)) == ("held", 0)


@ready
def test_what_is_rejected_is_over_and_its_articles_are_free(project: Project, how: str) -> None:
    freeze_only(project, how)
    restore(project)
    run(project, "restore", "--go-on")
    run(project, "reject", "daily/1", "--reason", "es ging schon hinaus", "--yes")
    assert state(project) == "cancelled"
    run(project, "now", "daily", "--yes")
    assert mails(project) == 2


def test_without_the_restore_it_goes_on_by_rule(project: Project) -> None:
    """The control: an edition of a due time needs nobody, and `publish approve` says so."""
    freeze_only(project, "due")
    refused = run(project, "approve", "daily/1", "--yes", code=2)
    assert 'the digest "daily" asks for no approval of its editions' in refused.err
    with opened(project) as app:
        tick(app, Course(lambda line: None), threading.Event())
    assert project.states() == {"queued": 2}


def test_the_yes_binds_to_what_was_frozen(project: Project) -> None:
    """An article that has changed since changes nothing: the held edition goes out as it was, no revision is made."""
    freeze_only(project, "due")
    restore(project)
    path = next((project.folder / "queue").glob("*.md"))
    path.write_text(path.read_text().replace("Ein Absatz.", "Ganz anders."))
    run(project, "approve", "daily/1", "--yes")
    run(project, "restore", "--go-on")
    run(project, "run", "--once")
    (one, _) = sorted((project.folder / "sent").glob("*.eml"))
    assert "Ein Absatz." in one.read_text()
    assert len(run_json(project, "history", "--kind", "edition")["data"]["history"]) == 1


def test_a_digest_that_is_gone_is_named(project: Project) -> None:
    freeze_only(project, "due")
    restore(project)
    config = project.folder / "config.toml"
    config.write_text(config.read_text().replace("[digests.daily]", "[digests.weekly]"))
    refused = run(project, "approve", "daily/1", "--yes", code=2)
    assert "daily/1 needs [digests.daily], which is not in the config any more" in refused.err
    run(project, "cancel", "daily/1")
    assert state(project) == "cancelled"


def test_with_a_second_person_the_author_is_not_enough(project: Project) -> None:
    """The rule of the digest counts for a held edition, too."""
    policy = 'approval = "article"\nsecond_person = true\n'
    (project.folder / "config.toml").write_text(folder_config().replace(DIGEST, DIGEST + policy))
    project.article(author="Anna Schmidt")
    with opened(project) as app:
        approve(replace(app, operator="Berta Beck", login="berta"), "neue-pumpe", lambda subject: True)
    freeze_only(project, "due")
    restore(project)
    with opened(project) as app, pytest.raises(UsageError, match="Anna Schmidt"):
        approve(replace(app, operator="Anna Schmidt", login="anna"), "daily/1", lambda subject: True)
    run(project, "approve", "daily/1", "--yes", "--as", "Zoe Vogel")
