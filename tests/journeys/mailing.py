"""A mailing that gets stuck: the server takes forty messages, then one more on each connection, and answers none."""

from __future__ import annotations

from collections import Counter

from tests.journeys.project import Project
from tests.journeys.servers.mail import MailServer

RECIPIENT_COUNT = 120
HOLD_AFTER = 40
CONNECTIONS = 4


def begin_mailing(project: Project, mail: MailServer) -> list[str]:
    """Have an article and subscribers ready, and the server told; give the addresses in order."""
    project.article()
    mail.tell(hold_after=HOLD_AFTER)
    return project.subscribe(RECIPIENT_COUNT)


def go_on(project: Project, mail: MailServer, *words: str) -> None:
    """Let the server answer again, and a next run bring everybody theirs but those in doubt; nobody gets two."""
    mail.tell(release=True)
    project.publish(*words, code=None)
    states = project.states()
    assert 1 <= states["unknown"] <= CONNECTIONS
    assert states == {"accepted": RECIPIENT_COUNT - states["unknown"], "unknown": states["unknown"]}
    assert set(Counter(mail.recipients()).values()) == {1}
