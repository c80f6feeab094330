"""What single commands show and do, on a project with folders for channels."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest

from tests.cli.command_line import run, run_json
from tests.journeys.project import Project, folder_config


def test_queue_names_every_outlet_with_its_state(project: Project) -> None:
    """What is next, what waits for what, and what is done."""
    project.article("entwurf", status="draft")
    before = {row["article"]: row for row in run_json(project, "queue")["data"]["articles"]}
    assert before["neue-pumpe"]["digests"] == {"daily": "next"}
    assert before["neue-pumpe"]["channels"] == {"mastodon": "next"}
    assert before["spaeter"]["digests"]["daily"].startswith("not before 2099-01-01")
    assert before["spaeter"]["channels"] == {}
    assert before["entwurf"]["digests"] == {"daily": "status is draft"}
    run(project, "now", "--yes")
    after = {row["article"]: row for row in run_json(project, "queue")["data"]["articles"]}
    assert after["neue-pumpe"]["digests"] == {"daily": "already in an earlier edition"}
    assert after["neue-pumpe"]["channels"] == {"mastodon": "already in an earlier post"}
    text = run(project, "queue").out
    assert "3 articles, 0 problems" in text
    assert "daily: already in an earlier edition" in text


def test_queue_lists_problems_and_goes_on(project: Project) -> None:
    (project.folder / "queue" / "kaputt.md").write_text("---\ntitel: Tippfehler\n---\n")
    envelope = run_json(project, "queue")
    assert len(envelope["data"]["articles"]) == 2
    assert any("kaputt.md" in problem["where"] for problem in envelope["problems"])


@pytest.mark.parametrize("word", ["hold", "draft", "ready"])
def test_marking_changes_one_line(project: Project, word: str) -> None:
    """The rest of the file stays byte for byte; an article is named by its slug or its file."""
    content = b"---\r\ntitle:   Neue   Pumpe # so\r\nstatus: %s\r\n---\r\n\r\nText\r\n"
    path = project.folder / "queue" / "2026-11-24-windows.md"
    before = "ready" if word != "ready" else "draft"
    path.write_bytes(content % before.encode())
    assert f"status is {word} now" in run(project, word, "windows").out
    assert path.read_bytes() == content % word.encode()
    run(project, word, str(path))
    assert path.read_bytes() == content % word.encode()


def test_marking_an_unknown_article(project: Project) -> None:
    assert "neue-pumpe" in run(project, "ready", "neue-pumpen", code=2).err


def test_add_writes_a_draft_that_nothing_takes_yet(project: Project) -> None:
    """What was understood is shown field by field; it goes out once it is released."""
    press = project.folder / "press.txt"
    press.write_text("Dritte Pumpe im Test\n\n09.03.2026\nEin Teaser.\n\nEin Absatz.\n\nQuelle: Werk\n")
    shown = run(project, "add", str(press)).out
    for words in ("Dritte Pumpe im Test", "2026-03-09", "Ein Teaser.", "Werk", "publish ready"):
        assert words in shown
    states = {row["article"]: row["status"] for row in run_json(project, "queue")["data"]["articles"]}
    assert states["dritte-pumpe-im-test"] == "draft"
    (file,) = (project.folder / "queue").glob("*dritte-pumpe*")
    before = file.read_bytes()
    assert 'there is already an article "dritte-pumpe-im-test"' in run(project, "add", str(press), code=2).err
    assert file.read_bytes() == before
    run(project, "ready", "dritte-pumpe-im-test")
    assert run_json(project, "now", "--yes")["data"]["editions"][0]["articles"] == [
        "dritte-pumpe-im-test",
        "neue-pumpe",
    ]


def test_add_of_what_is_not_there(project: Project) -> None:
    """One bad source does not stop the others; with nothing added it is exit 2."""
    assert run(project, "add", "nirgends.txt", code=2).err.startswith("error: nirgends.txt")
    press = project.folder / "press.txt"
    press.write_text("Titel\n\nEin Absatz.\n")
    envelope = run_json(project, "add", "nirgends.txt", str(press))
    assert len(envelope["data"]["added"]) == 1
    assert len(envelope["problems"]) == 1


def test_now_shows_what_it_did_and_then_why_nothing_is_left(project: Project) -> None:
    done = run_json(project, "now", "--yes")["data"]
    assert done["deliveries"] == {"accepted": 3}
    assert [edition["edition"] for edition in done["editions"]] == ["daily/1"]
    assert done["editions"][0]["articles"] == ["neue-pumpe"]
    assert [(post["channel"], post["article"]) for post in done["posts"]] == [("mastodon", "neue-pumpe")]
    assert done["left_out"] == [entry for entry in done["left_out"] if entry["article"] == "spaeter"]
    nothing = run_json(project, "now", "--yes")["data"]
    assert nothing["editions"] == nothing["posts"] == []
    reasons = {(entry["outlet"], entry["article"]): entry["reason"] for entry in nothing["left_out"]}
    assert reasons["digest:daily", "neue-pumpe"] == "already in an earlier edition"
    assert reasons["channel:mastodon", "neue-pumpe"] == "already in an earlier post"


def test_a_dry_run_shows_everything_and_writes_nothing(project: Project) -> None:
    data = run_json(project, "now", "--dry-run")["data"]
    assert data["would_send"] == {
        "editions": ["daily"],
        "posts": [{"channel": "mastodon", "article": "neue-pumpe"}],
    }
    assert run_json(project, "history")["data"]["history"] == []
    assert run_json(project, "deliveries")["data"]["deliveries"] == []


def test_history_and_deliveries(project: Project) -> None:
    """Editions and posts with hash and counts; deliveries by state, channel, edition and person, with attempts."""
    run(project, "now", "--yes")
    rows = run_json(project, "history")["data"]["history"]
    assert {(row["kind"], row["name"]) for row in rows} == {("edition", "daily/1"), ("post", "mastodon")}
    assert all(len(row["content_hash"]) == 64 for row in rows)
    assert "2 accepted" in run(project, "history").out
    for words, count in (
        ((), 3),
        (("--channel", "mastodon"), 1),
        (("--edition", "daily/1"), 2),
        (("--recipient", "person1@example.org"), 1),
        (("--state", "rejected"), 0),
        (("--limit", "2"), 2),
    ):
        data = run_json(project, "deliveries", *words, "--attempts")["data"]
        assert len(data["deliveries"]) == len(data["attempts"]) == count
    assert "3 deliveries" in run(project, "deliveries").out
    assert 'no edition "daily/9"' in run(project, "deliveries", "--edition", "daily/9", code=2).err


def test_status(project: Project) -> None:
    """Queue, next run, deliveries, on one screen."""
    (project.folder / "queue" / "kaputt.md").write_text("---\ntitel: Tippfehler\n---\n")
    assert "1 file with problems" in run(project, "status").out
    data = run_json(project, "status")["data"]
    assert data["rehearsal"] is False
    assert data["waiting_outlets"] == 2
    assert [run["digest"] for run in data["next_runs"]] == ["daily"]
    run(project, "now", "--yes")
    assert run_json(project, "status")["data"]["deliveries"] == {"accepted": 3}


def test_status_says_that_it_is_a_rehearsal(project: Project) -> None:
    (project.folder / "config.toml").write_text("rehearse = true\n" + folder_config())
    assert "Rehearsal: nothing leaves this machine" in run(project, "status").out


def test_archive_moves_what_every_outlet_has_had(project: Project) -> None:
    """What is not sent stays with its reason; a dry run moves nothing; a file there already is never replaced."""
    queue = project.folder / "queue"
    assert run_json(project, "archive")["data"]["moved"] == []
    run(project, "now", "daily", "--yes")
    assert "channel mastodon has not had it yet" in run(project, "archive").out
    run(project, "now", "--yes")
    assert "1 file would be moved" in run(project, "archive", "--dry-run").out
    assert (queue / "2026-11-23-neue-pumpe.md").exists()
    assert "1 file moved" in run(project, "archive").out
    assert (queue / "archive" / "2026-11-23-neue-pumpe.md").exists()
    assert [path.name for path in queue.glob("*.md")] == ["2026-11-23-spaeter.md"]
    project.article("neue-pumpe", title="Neue Pumpe", channels=["mastodon"])
    assert "there is such a file in the archive" in run(project, "archive").out


def test_preview_writes_the_edition_and_its_posts(project: Project) -> None:
    """Each part as a file, nothing frozen."""
    folder = project.folder / "preview"
    data = run_json(project, "preview", "daily", "--output", str(folder))["data"]
    assert data["articles"] == ["neue-pumpe"]
    names = {path.name for path in folder.iterdir()}
    assert {"index.html", "email.html", "email.txt", "message.eml", "posts.json"} <= names
    assert [post["channel"] for post in json.loads((folder / "posts.json").read_text())] == ["mastodon"]
    assert run_json(project, "history")["data"]["history"] == []
    assert 'no digest "dayly"' in run(project, "preview", "dayly", code=2).err


def test_config_hides_secrets_and_gives_a_schema(project: Project) -> None:
    hook = """
[channels.teamchat]
adapter = "webhook"
url = "https://hooks.example.org/neu"
secret = "whsec_dGhpcyBzZWNyZXQgaXMgZm9yIHRlc3RzIG9ubHkgISE="
"""
    (project.folder / "config.toml").write_text(folder_config(hook))
    shown = run(project, "config").out
    assert "dGhpcyBz" not in shown
    assert json.loads(shown)["channels"]["teamchat"]["url"] == "https://hooks.example.org/neu"
    schema = json.loads(run(project, "config", "--schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(project: Project, shell: str) -> None:
    assert "_PUBLISH_COMPLETE" in run(project, "completion", shell).out


def test_init_makes_a_project_that_is_in_order(tmp_path: Path) -> None:
    """Config, samples, and templates on demand; a second time it changes nothing and says what is there."""
    project = Project(tmp_path / "office")
    run(project, "init", str(project.folder), "--templates")
    assert {path.name for path in project.folder.iterdir()} == {"config.toml", "queue", "subscribers.csv", "templates"}
    before = {path: path.stat().st_mtime_ns for path in project.folder.rglob("*")}
    refused = run(project, "init", str(project.folder), code=2)
    assert "config.toml" in refused.err
    assert {path: path.stat().st_mtime_ns for path in project.folder.rglob("*")} == before
    assert not list((project.folder / "queue").glob("archive"))


def test_subscribers_in_and_out(project: Project) -> None:
    """Import reports each refused line and may be repeated; export gives what import takes."""
    people = project.folder / "people.csv"
    people.write_text("email,name,language\nÄnne@Exämple.org,Änne,de\nkein-at-zeichen,X,de\nbert@example.org,Bert,en\n")
    first = run_json(project, "subscribers", "import", str(people))
    assert (first["data"]["added_count"], first["data"]["refused_count"]) == (1, 2)
    assert all("people.csv:" in problem["where"] for problem in first["problems"])
    again = run_json(project, "subscribers", "import", str(people))["data"]
    assert (again["added_count"], again["unchanged_count"]) == (0, 1)
    exported = list(csv.DictReader(io.StringIO(run(project, "subscribers", "export").out)))
    assert [row["address"] for row in exported] == ["bert@example.org", "person0@example.org", "person1@example.org"]
    assert "--output" in run(project, "subscribers", "export", "--json", code=2).out
    (project.folder / "out.csv").write_text("there already")
    assert (
        "there is such a file already"
        in run(project, "subscribers", "export", "--output", str(project.folder / "out.csv"), code=2).err
    )
    assert "removed" in run(project, "subscribers", "remove", "bert@example.org").out
    assert "is not subscribed" in run(project, "subscribers", "remove", "bert@example.org", code=2).err
    added = run(project, "subscribers", "add", "anna@example.org", "--consent-source", "fair", "--tag", "presse")
    assert "added, gets daily" in added.out
    assert "anna@example.org" in run(project, "subscribers", "list", "--tag", "presse").out
    assert "1 subscriber" in run(project, "subscribers", "list", "--tag", "presse").out


def test_subscribers_through_a_pipe(project: Project) -> None:
    """- is standard input; a file with nothing good in it is exit 2."""
    piped = project.publish("subscribers", "import", "-", text="email\nanna@example.org\n")
    assert "1 added" in piped.out
    (project.folder / "bad.csv").write_text("email\nkein-at-zeichen\n")
    assert "bad.csv:2" in run(project, "subscribers", "import", str(project.folder / "bad.csv"), code=2).err


def test_the_log_has_no_addresses(project: Project) -> None:
    """--log json gives one event a line on standard error, with addresses shortened."""
    finished = project.publish("now", "--yes", "--log", "json")
    events = [json.loads(line) for line in finished.err.splitlines() if line.startswith("{")]
    assert [event["state"] for event in events if event["event"] == "attempt"] == ["accepted"] * 3
    assert "person0@example.org" not in finished.err


def test_schedule_lists_runs_and_explains_a_day(project: Project) -> None:
    project.article("neue-pumpe")
    file = project.folder / "config.toml"
    text = file.read_text()
    file.write_text(text.replace('schedule = ["Mon-Fri 07:00"]', 'schedule = ["07:00"]\nblackout = ["12-24"]'))
    runs = run_json(project, "schedule", "--count", "3")["data"]["runs"]
    assert [(one["digest"], one["articles"], one["skip"]) for one in runs[:1]] in (
        [("daily", ["neue-pumpe"], None)],
        [("daily", [], "blackout: 12-24")],
    )
    assert len(runs) == 3
    assert "1 article" in run(project, "schedule").out
    explained = run(project, "schedule", "--explain", "2026-12-24").out
    assert explained == "Thursday, 2026-12-24\ndaily: 07:00 Europe/Berlin: skipped: blackout: 12-24\n"
    day = run_json(project, "schedule", "--explain", "2026-12-25")["data"]
    assert (day["weekday"], day["digests"][0]["times"][0]["skip"]) == ("Friday", None)
    assert '"heute" is not a date' in run(project, "schedule", "--explain", "heute", code=2).err
    assert 'Did you mean "daily"?' in run(project, "schedule", "--digest", "dayly", code=2).err


def test_why_tells_where_an_article_is(project: Project) -> None:
    project.article("neue-pumpe", channels=["mastodon"])
    run(project, "now", "--yes")
    said = run(project, "why", "neue-pumpe").out
    assert "now: does not go out: already in an earlier edition" in said
    assert "in daily/1 (sent)" in said
    assert "post neue-pumpe/1 (sent)" in said
    outlets = run_json(project, "why", "neue-pumpe")["data"]["outlets"]
    assert [(one["kind"], one["name"], len(one["editions"]), len(one["posts"])) for one in outlets] == [
        ("digest", "daily", 1, 0),
        ("channel", "mastodon", 0, 1),
    ]
