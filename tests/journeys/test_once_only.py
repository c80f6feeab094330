"""Each recipient and each channel gets everything exactly once, however often and in however many processes."""

from __future__ import annotations

import pytest

from tests.journeys.project import Project, finish
from tests.journeys.servers.hook import HookServer
from tests.journeys.servers.mail import MailServer

CHANNELS = ["teamchat", "mastodon", "x"]


def posted(project: Project) -> dict[str, int]:
    return {name: len(list((project.folder / "posted" / name).glob("*.txt"))) for name in ("mastodon", "x")}


def test_run_again_there_is_nothing_left_and_it_says_why(project: Project, mail: MailServer, hook: HookServer) -> None:
    """The second run sends nothing, ends well, and gives the reason for each outlet."""
    project.article(channels=CHANNELS)
    addresses = project.subscribe(3)
    first = project.publish("now", "--yes")
    assert "6 accepted" in first.out
    second = project.publish("now", "--yes")
    assert "There is nothing to send." in second.out
    assert "digest daily: already in an earlier edition: neue-pumpe" in second.out
    for channel in ("teamchat", "mastodon", "x"):
        assert f"channel {channel}: already in an earlier post: neue-pumpe" in second.out
    assert mail.recipients() == addresses
    assert [call.verified for call in hook.calls()] == [True]
    assert posted(project) == {"mastodon": 1, "x": 1}


@pytest.mark.parametrize("attempt", range(3))
def test_two_at_the_same_time(project: Project, mail: MailServer, hook: HookServer, attempt: int) -> None:
    """Two processes share the work; nobody gets anything twice, nobody is left out, nothing is in doubt."""
    project.article("eins", channels=CHANNELS)
    project.article("zwei", channels=CHANNELS)
    addresses = project.subscribe(300)
    processes = [project.start("now", "--yes") for _ in range(2)]
    finished = [finish(process) for process in processes]
    assert {run.code for run in finished} <= {0, 4}, finished
    assert mail.recipients() == sorted(addresses)
    assert sorted(call.body["slug"] for call in hook.calls()) == ["eins", "zwei"]
    assert posted(project) == {"mastodon": 2, "x": 2}
    assert project.states() == {"accepted": 306}
    with project.ledger() as ledger:
        assert [edition.state.value for edition in ledger.editions()] == ["sent"]
