"""`publish now` and `publish run` are told to leave while the server does not answer; what a terminal shows."""

from __future__ import annotations

import os
import pty
import signal

import pytest

from publisher.scheduling.lanes import LEAVE_SECONDS
from publisher.workflow.send import GRACE_SECONDS, INTERRUPT_SECONDS
from tests.journeys.mailing import CONNECTIONS, HOLD_AFTER, RECIPIENT_COUNT, go_on
from tests.journeys.project import Project, finish, let_it_be_due, read_until
from tests.journeys.servers.mail import MailServer
from tests.journeys.test_asking import Terminal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_although_the_server_says_nothing(
    project: Project, mail: MailServer, mailing: list[str], number: signal.Signals
) -> None:
    """A final dot without its reply is in doubt, and named; whatever had not begun is queued; nobody gets two."""
    assert GRACE_SECONDS + INTERRUPT_SECONDS <= 9.0
    process = project.start("now", "--yes")
    mail.wait_for("holding")
    process.send_signal(number)
    stopped = finish(process)
    assert stopped.code == 3
    assert "publish settle" in stopped.out
    states = project.states()
    assert 1 <= states.pop("unknown") <= CONNECTIONS
    assert states["accepted"] == HOLD_AFTER
    go_on(project, mail, "now", "--yes")
    assert mail.recipients() == mailing


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_scheduler_leaves_although_the_server_says_nothing(
    project: Project, mail: MailServer, mailing: list[str], number: signal.Signals
) -> None:
    """The server goes on saying nothing, so it is not what lets the process end; a next one goes on with the rest."""
    assert GRACE_SECONDS + INTERRUPT_SECONDS < LEAVE_SECONDS < 10.0
    let_it_be_due(project)
    process = project.start("run")
    mail.wait_for("holding")
    process.send_signal(number)
    stopped = finish(process)
    assert stopped.code == 0
    assert "Traceback" not in stopped.err
    check_left_in_order(project)
    go_on(project, mail, "run", "--once")
    assert mail.recipients() == mailing


def check_left_in_order(project: Project) -> None:
    """Each message is accepted, in doubt, or has not begun: nobody has to find out what a dead process was doing."""
    states = project.states()
    unknown_count = states.get("unknown", 0)
    assert 1 <= unknown_count <= CONNECTIONS
    queued_count = RECIPIENT_COUNT - HOLD_AFTER - unknown_count
    assert states == {"accepted": HOLD_AFTER, "unknown": unknown_count, "queued": queued_count}


def test_a_scheduler_that_is_killed_does_not_leave_in_order(
    project: Project, mail: MailServer, mailing: list[str]
) -> None:
    """The control: what was on the wire stands as being sent, until another run looks."""
    let_it_be_due(project)
    process = project.start("run")
    mail.wait_for("holding")
    process.kill()
    finish(process)
    with pytest.raises(AssertionError):
        check_left_in_order(project)


def test_a_second_ctrl_c_leaves_at_once_and_loses_nobody(
    project: Project, mail: MailServer, mailing: list[str]
) -> None:
    """The ledger and the wire log say what was under way: the next run names it and brings the others theirs."""
    process = project.start("now", "--yes")
    mail.wait_for("holding")
    process.send_signal(signal.SIGINT)
    read_until(process, "Stopping after the messages on the wire")
    process.send_signal(signal.SIGINT)
    left = finish(process)
    assert left.code == 130
    assert "Left at once" in left.err
    go_on(project, mail, "now", "--yes")


def test_a_terminal_shows_how_far_it_is(project: Project, mail: MailServer, mailing: list[str]) -> None:
    """Done, rate, time left and states while it sends; the envelope on standard output is not touched by it."""
    ours, theirs = pty.openpty()
    process = project.start("now", "--yes", "--json", stderr=theirs)
    os.close(theirs)
    terminal = Terminal(process, ours)
    mail.wait_for("holding")
    terminal.read_until(f"/{RECIPIENT_COUNT}")
    mail.tell(release=True)
    assert process.stdout is not None
    with process.stdout as stdout:
        envelope = stdout.read()
    assert terminal.ending() == 0
    os.close(ours)
    assert " left" in terminal.shown
    assert "accepted" in terminal.shown
    assert envelope.startswith("{")
    assert f'"accepted": {RECIPIENT_COUNT}' in envelope
