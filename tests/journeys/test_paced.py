"""A pace, a pause and trouble on the way, with real processes and a real mail server."""

from __future__ import annotations

import socket

from tests.journeys.project import Project, finish
from tests.journeys.servers.mail import MailServer

CONNECTIONS = 4


def change_channel(project: Project, old: str, new: str) -> None:
    config = project.folder / "config.toml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new, 1))


def test_two_processes_share_one_pace(project: Project, mail: MailServer) -> None:
    """Together they send what the hour allows, and say when the rest may go; a third finds nothing left to take."""
    project.article()
    addresses = project.subscribe(60)
    change_channel(project, 'adapter = "smtp"', 'adapter = "smtp"\npace = {per_hour = 25}')
    processes = [project.start("now", "--yes") for _ in range(2)]
    ended = [finish(process) for process in processes]
    assert {one.code for one in ended} == {4}, ended
    assert any("newsletter waits until" in one.out for one in ended)
    assert len(mail.recipients()) == len(set(mail.recipients())) == 25
    again = project.publish("now", "--yes", code=4)
    assert "There is nothing to send." in again.out
    assert len(mail.recipients()) == 25
    assert project.states() == {"accepted": 25, "queued": len(addresses) - 25}
    assert "its pace allows no more just now" in project.publish("status").out


def test_a_server_that_is_away_and_comes_back(project: Project, mail: MailServer) -> None:
    """A few are tried, the channel pauses itself and says why; when it is mended one `publish now` brings the rest."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        wrong_port = nobody.getsockname()[1]
    project.article()
    addresses = project.subscribe(40)
    change_channel(project, f"port = {mail.port}", f"port = {wrong_port}")
    away = project.publish("now", "--yes", code=4)
    assert "newsletter has paused itself until" in away.out
    assert "publish resume newsletter" in away.out
    states = project.states()
    assert 5 <= states["deferred"] <= 5 + 2 * CONNECTIONS  # those that were under way, or journalled, on the others
    assert states["queued"] == len(addresses) - states["deferred"]
    assert "newsletter has paused itself until" in project.publish("status").out
    (told,) = project.publish("notices", "--json").data["events"]
    assert (told["kind"], told["about"]) == ("channel_paused", "newsletter")

    change_channel(project, f"port = {wrong_port}", f"port = {mail.port}")
    assert project.publish("now", "--yes", code=None).code in (0, 4)  # what was deferred for a minute may be due or not
    after = project.states()
    assert after["accepted"] >= states["queued"]
    assert after["accepted"] + after.get("deferred", 0) == len(addresses)
    assert len(mail.recipients()) == len(set(mail.recipients())) == after["accepted"]


def test_a_paused_channel_sends_nothing_until_it_goes_on(project: Project, mail: MailServer) -> None:
    project.article()
    addresses = project.subscribe(5)
    project.publish("pause", "newsletter")
    assert "To let it go on" in project.publish("now", "--yes", code=3).out
    assert mail.recipients() == []
    assert "5 deliveries may leave" in project.publish("resume", "newsletter").out
    project.publish("now", "--yes")
    assert mail.recipients() == addresses
