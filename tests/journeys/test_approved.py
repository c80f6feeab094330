"""From the first `publish now` to the mail that leaves: a person looks, says yes to exactly that, and is noted."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.journeys.project import DIGEST, Project, folder_config

POLICY = 'approval = "edition"\nsecond_person = true\n'


def edit(path: Path, number: int) -> None:
    path.write_text(path.read_text().replace("Ein Absatz.", f"Ein anderer Absatz, Nr. {number}."))
    os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))


def test_an_edition_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made by Bert, written by Anna, changed after Clara had looked, approved by Clara, sent."""
    project = Project.make(tmp_path / "project", folder_config().replace(DIGEST, DIGEST + POLICY))
    article = project.article(author="Anna Schmidt")
    project.subscribe(2)
    monkeypatch.setenv("PUBLISH_OPERATOR", "Bert")

    made = project.publish("now", "--yes", code=3)
    assert 'daily/1 "Pumpen am Morgen: Titel von neue-pumpe" waits for approval' in made.out
    assert "publish approve daily/1" in made.out
    assert project.states() == {}
    assert "publish approve daily/1" in project.publish("status").out

    shown = project.publish("preview", "daily/1")
    assert "daily/1, revision 1, frozen" in shown.out
    assert "Ein Absatz." in (project.folder / "preview" / "index.html").read_text()

    asked = project.publish("approve", "daily/1", "--as", "Clara", code=2)
    assert "there is no terminal to ask on" in asked.err
    refused = project.publish("approve", "daily/1", "--as", "Anna Schmidt", "--yes", code=2)
    assert "a second person has to approve it" in refused.err
    said = project.publish("approve", "daily/1", "--as", "Clara", "--yes").out
    seen = re.search(r"hash ([0-9a-f]{12})", said)
    assert seen
    assert "daily/1 is approved." in said

    edit(article, 1)
    again = project.publish("now", "--yes", code=3)
    assert "waits for approval" in again.out
    status = project.publish("status").out
    assert "revision 2: waits for approval" in status
    assert "since revision 1: neue-pumpe was changed" in status
    history = project.publish("history", "--json").data["history"]
    assert [(row["revision"], row["state"], row["reason"]) for row in history] == [
        (2, "frozen", ""),
        (1, "cancelled", "superseded by revision 2"),
    ]

    final = project.publish("approve", "daily", "--as", "Clara", "--yes", "--json").data
    assert final["changes"] == ["neue-pumpe was changed"]
    assert not final["content_hash"].startswith(seen[1])
    sent = project.publish("now", "--yes")
    assert "as approved" in sent.out
    assert project.states() == {"accepted": 2}
    mails = list((project.folder / "sent").rglob("*.eml"))
    assert len(mails) == 2
    assert all("Ein anderer Absatz" in mail.read_text().replace("=20", " ") for mail in mails)

    told = project.publish("audit", "--json").data["entries"]
    assert [(entry["actor"], entry["action"]) for entry in told if entry["action"] == "approve"] == [
        ("Clara", "approve"),
        ("Clara", "approve"),
    ]
    assert told[-1]["content_hash"] == final["content_hash"]
    assert "All in order" in project.publish("audit", "--verify").out


def test_rejected(tmp_path: Path) -> None:
    """The reason stands where people look, and the article is free for another edition."""
    project = Project.make(tmp_path / "project", folder_config().replace(DIGEST, DIGEST + POLICY))
    project.article(author="Anna Schmidt")
    project.subscribe(1)
    project.publish("now", "--yes", code=3)
    assert "Missing option" not in project.publish("reject", "daily/1", "--reason", " ", "--yes", code=2).err
    done = project.publish("reject", "daily/1", "--reason", "das Bild fehlt", "--as", "Anna Schmidt", "--yes")
    assert "daily/1 is rejected. Its articles are free again." in done.out
    assert "rejected by Anna Schmidt: das Bild fehlt" in project.publish("history").out
    gone = project.publish("approve", "daily/1", "--as", "Clara", "--yes", code=2)
    assert "daily/1 does not wait for approval: it is cancelled" in gone.err
    assert "daily/2" in project.publish("now", "--yes", code=3).out
