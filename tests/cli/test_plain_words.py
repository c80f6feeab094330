"""What commands say is so: nothing is called sent that did not arrive, and no mistake passes in silence."""

from __future__ import annotations

import json
import os
import signal
import threading
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from publisher.cli.frame import local_time
from publisher.cli.group import publish
from publisher.cli.history import post_state
from publisher.cli.interrupt import stopping
from publisher.cli.outcome import advice_lines
from publisher.domain.delivery import DeliveryState
from tests.cli.command_line import run, run_json
from tests.journeys.project import Project, folder_config

S = DeliveryState
UNREACHABLE = 'adapter = "smtp"\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"\ntimeout_seconds = 0.2\n'


def test_what_did_not_arrive_is_not_called_sent(project: Project) -> None:
    """How much was accepted, why not the rest, when the next try is due, and what to do."""
    config = folder_config().replace('adapter = "folder"\nfolder = "sent"\n', UNREACHABLE)
    (project.folder / "config.toml").write_text(config)
    said = run(project, "now", "--yes", code=4).out
    assert "Sent daily/1" not in said
    assert ": 0 of 2 accepted (2 deferred)" in said
    assert "most often: " in said
    assert "next try due: " in said
    assert "CET" in said or "CEST" in said
    assert 'publish now" tries again' in said
    assert "Sent 1 post on mastodon" in said
    again = run(project, "now", "--yes", code=4).out
    assert "There is nothing to send." in again
    assert "next try due: " in again


def test_all_of_it_is_called_sent(project: Project) -> None:
    assert 'Sent daily/1 "' in run(project, "now", "--yes").out
    assert [row["state"] for row in run_json(project, "history")["data"]["history"]] == ["sent", "sent"]


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({S.QUEUED: 1}, "planned"),
        ({S.DEFERRED: 1}, "deferred"),
        ({S.ACCEPTED: 1, S.QUEUED: 2}, "sending"),
        ({S.ACCEPTED: 3}, "sent"),
        ({S.ACCEPTED: 1, S.UNKNOWN: 1}, "unknown"),
        ({S.ACCEPTED: 1, S.REJECTED: 1}, "partly sent"),
        ({S.REJECTED: 1, S.EXPIRED: 1}, "not sent"),
        ({S.REJECTED: 1}, "rejected"),
    ],
)
def test_the_state_of_a_post(counts: dict[DeliveryState, int], state: str) -> None:
    assert post_state(counts) == state


def test_history_says_how_many_more_there_are(project: Project) -> None:
    project.article("zweite", channels=["mastodon"])
    run(project, "now", "--yes")
    assert "1 post more, older" in run(project, "history", "--limit", "1").out
    assert run_json(project, "history", "--limit", "1")["data"]["more"] == {"edition": 0, "post": 1, "test": 0}
    assert "more, older" not in run(project, "history").out


def test_times_are_those_of_the_organisation() -> None:
    moment = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    assert local_time(moment, "Europe/Berlin") == "2027-01-01 00:00 CET"
    assert local_time(moment, "America/New_York", timespec="seconds") == "2026-12-31 18:00:00 EST"


@pytest.mark.parametrize("command", ["history", "deliveries"])
def test_lists_name_the_zone(project: Project, command: str) -> None:
    run(project, "now", "--yes")
    assert " CET" in (said := run(project, command).out) or " CEST" in said


def test_marking_is_all_or_nothing(project: Project) -> None:
    """Two wrong names are both shown, and the right one is left as it was."""
    path = project.article("entwurf", status="draft")
    before = path.read_bytes()
    said = run(project, "ready", "entwurf", "fehlt", "fehlt-auch", code=2)
    assert 'no article "fehlt"' in said.err
    assert 'no article "fehlt-auch"' in said.err
    assert path.read_bytes() == before


MISTYPED = [
    ("now --jsn", "now", 'publish now: there is no option "--jsn"', 'Did you mean "--json"?'),
    ("subscribers imprt", "subscribers", 'there is no command "subscribers imprt"', 'Did you mean "import"?'),
    ("subscribers add x@y.de", "subscribers add", '"--consent-source" is missing', "Write it as: publish subscribers"),
    ("nwo", "publish", 'there is no command "nwo"', 'Did you mean "now"?'),
    ("history --limit 0", "history", '"--limit": 0 is not in the range', "publish history --help"),
    ("settle resnd", "settle", "'resnd' is not one of", 'Did you mean "resend"?'),
    ("ready", "ready", '"ARTICLE..." is missing', "Write it as: publish ready"),
    ("--jsn", "publish", 'there is no option "--jsn"', ""),
    ("stauts", "publish", 'there is no command "stauts"', 'Did you mean "status"?'),
]


@pytest.mark.parametrize(("words", "command", "what", "hint"), MISTYPED, ids=[case[0] for case in MISTYPED])
def test_what_is_mistyped_is_explained_in_our_form(words: str, command: str, what: str, hint: str) -> None:
    """As text with error and hint; with --json as the envelope; exit 2 each time."""
    result = CliRunner().invoke(publish, words.split(), prog_name="publish")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert what in result.stderr
    assert f"hint: {hint}" in result.stderr or hint in result.stderr
    assert "Usage:" not in result.stderr
    result = CliRunner().invoke(publish, [*words.split(), "--json"], prog_name="publish")
    envelope = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (2, "")
    assert (envelope["command"], envelope["exit_code"]) == (command, 2)
    assert all(problem["hint"] for problem in envelope["problems"])


def test_a_dry_run_of_what_would_be_refused(project: Project) -> None:
    """It ends as the real run: with exit 2 and the rule; what is forced is not refused."""
    folder = project.folder / "templates" / "email" / "digest"
    folder.mkdir(parents=True)
    (folder / "preheader.j2").write_text('Guten Tag {{ "{{ name }}" }}, hier kommt der Text der Meldung.')
    said = run(project, "now", "daily", "--dry-run", code=2)
    assert "would be refused" in said.out
    assert "(W2-placeholder)" in said.err
    assert run_json(project, "now", "daily", "--dry-run", code=2)["data"]["refused"]
    assert "would be refused" not in run(project, "now", "daily", "--dry-run", "--force", "W2-placeholder").out


def test_a_named_article_that_no_channel_takes(project: Project) -> None:
    project.article("nirgends")
    for words in (["--dry-run"], ["--yes"]):
        said = run(project, "now", "nirgends", *words).out
        assert "nirgends: no channel takes it." in said
    assert run_json(project, "now", "nirgends", "--dry-run")["data"]["untaken"] == ["nirgends"]


def test_documents_in_the_queue_are_named(project: Project) -> None:
    """Nothing reads them there; a picture and a read-me are no articles on purpose."""
    for name in ("Meldung.docx", "notiz.txt", "seite.html", "bild.png", "README.txt"):
        (project.folder / "queue" / name).write_bytes(b"x")
    for command in ("queue", "check"):
        said = run(project, command).out
        for name in ("Meldung.docx", "notiz.txt", "seite.html"):
            assert f'queue/{name}: this is no article; use "publish add queue/{name}"' in said
        assert "bild.png" not in said
        assert "README" not in said


def test_another_run_is_named() -> None:
    """A second run says so, and what to do, where another one holds deliveries."""
    (line,) = advice_lines({S.CLAIMED: 23, S.SENDING: 4})
    assert "Another run is at the rest: let it finish" in line
    (line,) = advice_lines({S.ACCEPTED: 2}, another_run=True)
    assert "Another run is sending, too" in line


@pytest.mark.parametrize(
    ("is_sending", "said"), [(False, "nothing was sent"), (True, "Stopping after the messages on the wire")]
)
def test_ctrl_c_says_whether_anything_was_sent(is_sending: bool, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    stop = threading.Event()
    with stopping(stop, lambda: is_sending):
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
    assert said in capfd.readouterr().err
