"""A second process pauses or cancels what `publish now` is sending: at most one more message a connection leaves."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.journeys.project import Project, finish
from tests.journeys.servers.mail import MailServer

RECIPIENT_COUNT = 120
HOLD_AFTER = 40
CONNECTIONS = 4


@pytest.fixture
def mailing(project: Project, mail: MailServer) -> list[str]:
    """The mail server takes forty messages and then answers no more until it is told to."""
    project.article()
    mail.tell(hold_after=HOLD_AFTER)
    return project.subscribe(RECIPIENT_COUNT)


@pytest.mark.parametrize(("word", "left", "code"), [("pause", "queued", 4), ("cancel", "cancelled", 0)])
def test_in_the_middle(project: Project, mail: MailServer, mailing: list[str], word: str, left: str, code: int) -> None:
    """What was on the wire is recorded, the rest stays, and then the rest and only the rest is sent."""
    process = project.start("now", "--yes")
    mail.wait_for("holding")
    assert f"daily/1 is {word.removesuffix('e')}" in project.publish(word, "daily/1").out
    seen = len(mail.recipients())
    mail.tell(release=True)
    assert finish(process).code == code
    sent = len(mail.recipients())
    assert HOLD_AFTER < sent <= seen + CONNECTIONS
    assert sent <= HOLD_AFTER + 2 * CONNECTIONS
    assert project.states() == {"accepted": sent, left: RECIPIENT_COUNT - sent}

    if word == "pause":
        assert "is sending" in project.publish("resume", "daily/1").out
    rest = project.publish("now", "--rest", "daily/1", "--yes", "--json").data
    assert rest["deliveries"] == {"accepted": RECIPIENT_COUNT}
    assert mail.recipients() == mailing
    assert set(Counter(mail.recipients()).values()) == {1}


def test_settled_by_a_person(project: Project, mail: MailServer) -> None:
    """A reply lost after the final dot is in doubt, is shown with its key, and is settled by it."""
    project.article()
    addresses = project.subscribe(3)
    mail.tell(silent=addresses[:2])
    project.publish("now", "--yes", code=3)
    shown = project.publish("deliveries", "--state", "unknown").out
    first, second = (row.key.text()[:10] for row in project.deliveries() if row.state == "unknown")
    assert first in shown
    assert second in shown
    assert "no terminal" in project.publish("settle", "accepted", first, code=2).err
    assert "1 delivery count as arrived" in project.publish("settle", "accepted", first, "--yes").out
    mail.tell(silent=[])
    project.publish("settle", "resend", "--all", "--yes")
    project.publish("now", "--yes")
    assert project.states() == {"accepted": 3}
    assert Counter(mail.recipients()) == Counter([*addresses, addresses[1]])
