"""A rehearsal builds everything and sends nothing; what is rehearsed and what is real do not touch each other."""

from __future__ import annotations

import json
from email import message_from_bytes, policy

from tests.journeys.project import Project
from tests.journeys.servers.hook import SECRET, HookServer
from tests.journeys.servers.mail import MailServer

CHANNELS = ["teamchat", "mastodon"]


def captured(project: Project, channel: str, ending: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((project.folder / "outbox" / channel).glob(f"*{ending}"))]


def test_a_rehearsal_on_a_live_config(project: Project, mail: MailServer, hook: HookServer) -> None:
    """Nothing connects to either server; all is captured; it is used up for rehearsals only; clear lets it be rehearsed
    again; then it really goes out, once."""
    project.article(channels=CHANNELS)
    addresses = project.subscribe(2)
    first = project.publish("now", "--yes", "--rehearse")
    assert "Nothing left this machine" in first.out
    emails = [message_from_bytes(content, policy=policy.SMTP) for content in captured(project, "newsletter", ".eml")]
    assert sorted(email["To"] for email in emails) == addresses
    (request,) = [json.loads(content) for content in captured(project, "teamchat", ".json")]
    assert request["url"] == hook.url
    assert "Titel von neue-pumpe" in request["body"]
    assert SECRET.encode() not in b"".join(captured(project, "teamchat", ""))
    assert len(captured(project, "mastodon", ".txt")) == 1
    assert (project.folder / "outbox" / "daily-1" / "index.html").exists()
    assert not (project.folder / "posted").exists()

    assert "There is nothing to send." in project.publish("now", "--yes", "--rehearse").out
    assert project.states(rehearsal=True) == {"accepted": 4}
    assert project.states(rehearsal=False) == {}

    assert "4 rehearsed deliveries" in project.publish("rehearsals", "clear").out
    assert captured(project, "newsletter", ".eml") == []
    assert "Deliveries: 4 accepted" in project.publish("now", "--yes", "--rehearse").out
    assert (mail.connection_count(), hook.connection_count()) == (0, 0)

    assert "Deliveries: 4 accepted" in project.publish("now", "--yes").out
    assert mail.recipients() == addresses
    assert len(hook.calls()) == 1
    assert project.states(rehearsal=False) == {"accepted": 4}
    assert project.states(rehearsal=True) == {"accepted": 4}


def test_clearing_rehearsals_keeps_what_was_really_posted(project: Project) -> None:
    """A folder channel may write into the rehearsal's folder; its real posts are not the rehearsal's to delete."""
    config = project.folder / "config.toml"
    config.write_text(config.read_text().replace("posted/mastodon", "outbox/mastodon"))
    project.article(channels=["mastodon"])
    project.publish("now", "neue-pumpe", "--yes", "--rehearse")
    project.publish("now", "neue-pumpe", "--yes")
    assert len(list((project.folder / "outbox" / "mastodon").glob("*.txt"))) == 2
    project.publish("rehearsals", "clear")
    assert project.states() == {"accepted": 1}
    (row,) = project.deliveries()
    assert (project.folder / str(row.receipt)).exists()
