"""What a whole journey leaves in the log: each delivery's life by its key, and nothing that must not be there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.project import Project, live_config
from tests.journeys.servers.hook import SECRET, HookServer
from tests.journeys.servers.mail import MailServer

PASSWORD = "kanarienvogel-7"
LOGIN = 'username = "newsletter@example.org"\npassword = {file = "password.txt"}\n'


@pytest.fixture
def project(tmp_path: Path, mail: MailServer, hook: HookServer) -> Project:
    config = live_config(mail, hook).replace('security = "none"\n', f'security = "none"\n{LOGIN}')
    project = Project.make(tmp_path / "project", config + '[log]\nformat = "json"\nlevel = "debug"\n')
    (project.folder / "password.txt").write_text(PASSWORD)
    return project


def events_in(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_each_delivery_is_told_by_its_key_and_nothing_secret_with_it(project: Project, mail: MailServer) -> None:
    """One is accepted, one rejected, one deferred, one unknown and settled; a hook and a folder get their post."""
    mail.tell(login=["newsletter@example.org", PASSWORD])
    gone, later, silent, fine = project.subscribe(4)
    mail.tell(
        login=["newsletter@example.org", PASSWORD],
        silent=[silent],
        replies={
            gone: f"550 5.1.1 <{gone}> unknown, said {PASSWORD} and {SECRET}",
            later: f"451 4.7.1 {later} try again, password={PASSWORD}",
        },
    )
    project.article(channels=["teamchat", "mastodon"])
    said = project.publish("now", "--yes", code=3).err
    said += project.publish("settle", "accepted", "--all", "--yes").err

    rows = project.deliveries()
    lives = {row.key.text(): list[str]() for row in rows}
    for event in events_in(said):
        if event.get("delivery") in lives:
            lives[event["delivery"]].append(event["event"])
    assert len(rows) == 6
    whole = ["planned", "claimed", "sending", "attempt"]
    of_silent = next(row.key.text() for row in rows if row.key.recipient == silent)
    assert lives == {key: whole + (["settled"] if key == of_silent else []) for key in lives}

    attempts = [event for event in events_in(said) if event["event"] == "attempt"]
    assert sorted(event["state"] for event in attempts) == ["accepted"] * 3 + ["deferred", "rejected", "unknown"]
    logged = "\n".join(line for line in said.splitlines() if line.startswith("{"))
    for canary in (PASSWORD, SECRET, gone, later, silent, fine, SECRET.removeprefix("whsec_")):
        assert canary not in logged
    assert "p…@example.org" in logged  # the control: the remote's words, which name the address, are there


def test_without_a_log_only_what_the_command_prints(project: Project, mail: MailServer) -> None:
    mail.tell(login=["newsletter@example.org", PASSWORD])
    project.subscribe(1)
    project.article()
    assert events_in(project.publish("now", "--yes", "--log", "off").err) == []
