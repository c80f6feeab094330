"""`publish now` is stopped in the middle; the next run sends the rest and only the rest."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.bootstrap import SystemClock, open_application
from publisher.domain.delivery import DeliveryState
from publisher.workflow.send import send
from tests.journeys.mailing import CONNECTIONS, HOLD_AFTER, RECIPIENT_COUNT
from tests.journeys.project import Project, finish, read_until
from tests.journeys.servers.mail import MailServer


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_messages_on_the_wire(
    project: Project, mail: MailServer, mailing: list[str], number: signal.Signals
) -> None:
    """What is on the wire is finished and recorded, the rest stays queued; nobody is in doubt, nobody gets it twice."""
    process = project.start("now", "--yes")
    mail.wait_for("holding")
    process.send_signal(number)
    read_until(process, "Stopping after the messages on the wire")
    mail.tell(release=True)
    stopped = finish(process)
    assert stopped.code == 4
    assert 'Run "publish now" again for the rest.' in stopped.err
    sent_count = len(mail.recipients())
    assert HOLD_AFTER < sent_count < RECIPIENT_COUNT
    assert project.states() == {"accepted": sent_count, "queued": RECIPIENT_COUNT - sent_count}

    again = project.publish("now", "--yes")
    assert f"{RECIPIENT_COUNT - sent_count} accepted" in again.out
    assert mail.recipients() == mailing
    assert project.states() == {"accepted": RECIPIENT_COUNT}


class LaterClock(SystemClock):
    """The machine's clock when every lease of before has run out."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=1)


def test_a_killed_run_leaves_at_most_one_message_a_connection_in_doubt(
    project: Project, mail: MailServer, mailing: list[str]
) -> None:
    """After kill -9 the rest is sent, by the next run or once the leases have run out; what may have been taken is
    named and not sent again."""
    process = project.start("now", "--yes")
    mail.wait_for("holding")
    process.kill()
    finish(process)
    mail.tell(release=True)
    assert project.publish("now", "--yes", code=None).code in (3, 4)

    config = project.folder / "config.toml"
    with open_application(config) as app:
        later = replace(app, clock=LaterClock())
        send(later, ["newsletter"], stop=threading.Event())
    rows = project.deliveries()
    unknown = [row.key.recipient for row in rows if row.state is DeliveryState.UNKNOWN]
    accepted = [row.key.recipient for row in rows if row.state is DeliveryState.ACCEPTED]
    assert 1 <= len(unknown) <= CONNECTIONS
    assert sorted(unknown + accepted) == mailing
    counts = Counter(mail.recipients())
    assert set(counts.values()) == {1}
    assert set(mailing) - set(counts) <= set(unknown)

    status = project.publish("status")
    assert "Waits for a person" in status.out
    assert all(address in status.out for address in unknown)
    assert "There is nothing to send." in project.publish("now", "--yes", code=3).out
