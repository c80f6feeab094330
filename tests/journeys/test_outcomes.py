"""What a remote answers is a row, an exit code and a line that a person can act on."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

from publisher.bootstrap import SystemClock, open_application
from publisher.workflow.send import send
from tests.journeys.project import Project, live_config
from tests.journeys.servers.hook import HookServer
from tests.journeys.servers.mail import MailServer


def test_a_rejected_recipient(project: Project, mail: MailServer) -> None:
    """Exit 1, the reason is listed, the others have it, and the address is not written to again."""
    gone, *others = project.subscribe(3)
    mail.tell(replies={gone: "550 5.1.1 no such mailbox"})
    project.article()
    assert "2 accepted, 1 rejected" in project.publish("now", "--yes", code=1).out
    assert mail.recipients() == others
    listed = project.publish("deliveries", "--state", "rejected", "--attempts")
    assert gone in listed.out
    assert "550 5.1.1 no such mailbox" in listed.out
    project.article("zweite")
    assert "2 accepted" in project.publish("now", "--yes").out
    assert mail.recipients() == sorted(others * 2)


class TomorrowClock(SystemClock):
    """The machine's clock a day later."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=1)


def test_a_deferred_recipient_gets_it_later(project: Project, mail: MailServer) -> None:
    """Exit 4 with the next try's time; too early nothing happens; when it is due, it is sent."""
    later, *others = project.subscribe(2)
    mail.tell(replies={later: "451 4.7.1 greylisted, try again"})
    project.article()
    assert "1 accepted, 1 deferred" in project.publish("now", "--yes", code=4).out
    mail.tell(replies={})
    assert "From earlier runs: 1 deferred" in project.publish("now", "--yes", code=4).out
    assert "Next retry" in project.publish("status").out
    assert mail.recipients() == others
    with open_application(project.folder / "config.toml") as app:
        send(replace(app, clock=TomorrowClock()), ["newsletter"], stop=threading.Event())
    assert mail.recipients() == [later, *others]
    assert project.states() == {"accepted": 2}


def test_an_unknown_outcome_waits_for_a_person(project: Project, mail: MailServer) -> None:
    """Exit 3; status and deliveries name it; it is not sent again by itself."""
    silent, *_ = project.subscribe(2)
    mail.tell(silent=[silent])
    project.article()
    assert "1 accepted, 1 unknown" in project.publish("now", "--yes", code=3).out
    status = project.publish("status").out
    assert "Waits for a person" in status
    assert silent in status
    assert silent in project.publish("deliveries", "--state", "unknown").out
    assert "There is nothing to send." in project.publish("now", "--yes", code=3).out
    assert mail.recipients().count(silent) == 1


def test_a_wrong_password_stops_the_channel_only(project: Project, mail: MailServer, hook: HookServer) -> None:
    """The deliveries stay queued and the other channels go on; with the right password the rest goes out."""
    mail.tell(login=["anna", "right"])
    project.subscribe(3)
    login = 'username = "anna"\npassword = {file = "password.txt"}'
    config = live_config(mail, hook).replace('security = "none"', f'security = "none"\n{login}')
    (project.folder / "config.toml").write_text(config)
    password = project.folder / "password.txt"
    password.write_text("wrong-1234")
    project.article(channels=["teamchat"])
    failed = project.publish("now", "--yes", code=4)
    assert "the login was refused" in failed.err
    assert "wrong-1234" not in failed.out + failed.err
    assert project.states() == {"queued": 3, "accepted": 1}
    assert len(hook.calls()) == 1
    assert mail.mails() == []

    only_mail = project.publish("now", "--yes", code=2)
    assert "the login was refused" in only_mail.err
    password.write_text("right")
    assert "3 accepted" in project.publish("now", "--yes").out
    assert len(mail.mails()) == 3


def test_a_receiver_that_does_not_know_the_secret(project: Project, mail: MailServer, hook: HookServer) -> None:
    """A wrong signing secret is found out by the receiver, and the post stays queued."""
    hook.tell(secret="whsec_YW5vdGhlciBzZWNyZXQgdGhhbiBvdXJzIGZvciBzdXJlISE=")
    project.subscribe(1)
    project.article(channels=["teamchat"])
    project.publish("now", "--yes", code=4)
    assert [call.verified for call in hook.calls()] == [False]
    assert project.states(channel="teamchat") == {"queued": 1}
    assert len(mail.mails()) == 1


def test_a_broken_template_stops_everything(project: Project, mail: MailServer, hook: HookServer) -> None:
    """Exit 2 with file and line, and nothing is sent, not even what does not need the template."""
    project.subscribe(1)
    project.article(channels=["teamchat", "x"])
    folder = project.folder / "templates" / "post"
    folder.mkdir(parents=True)
    (folder / "slack.txt.j2").write_text("{% block lead %}{{ article.titel }}\n{% endblock %}")
    failed = project.publish("now", "--yes", code=2)
    assert "slack.txt.j2:1" in failed.err
    assert "titel" in failed.err
    assert (mail.connection_count(), hook.connection_count()) == (0, 0)
    assert not (project.folder / "posted").exists()
    assert project.deliveries() == []
    with project.ledger() as ledger:
        assert ledger.editions() == []
