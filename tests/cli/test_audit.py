"""`publish audit`: what people decided, in plain words; a changed log is named with its first wrong entry."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command_line import run, run_json
from tests.journeys.project import Project


@pytest.fixture
def decided(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Anna holds an article back and releases it, Bert publishes; somebody imports."""
    monkeypatch.setenv("PUBLISH_OPERATOR", "Anna Schmidt")
    run(project, "hold", "neue-pumpe")
    run(project, "ready", "neue-pumpe")
    run(project, "ready", "neue-pumpe")  # it is: nothing to decide
    monkeypatch.setenv("PUBLISH_OPERATOR", "Bert")
    run(project, "now", "--yes")
    run(project, "subscribers", "add", "clara@example.org", "--consent-source", "fair")
    yield project


def test_it_tells_who_what_and_about_what(decided: Project) -> None:
    entries = run_json(decided, "audit")["data"]["entries"]
    assert [(entry["actor"], entry["action"], entry["about"]) for entry in entries] == [
        ("Anna Schmidt", "mark hold", "neue-pumpe"),
        ("Anna Schmidt", "mark ready", "neue-pumpe"),
        ("Bert", "now", "daily/1"),
        ("Bert", "add subscriber", "daily"),
    ]
    with decided.ledger() as ledger:
        assert entries[2]["content_hash"] == ledger.editions()[0].content_hash
    assert all(entry["details"]["login"] for entry in entries)
    assert "clara" not in str(entries)
    assert "Anna Schmidt   mark hold" in run(decided, "audit", "--about", "neue-pumpe").out
    assert [e["seq"] for e in run_json(decided, "audit", "--by", "Bert", "--limit", "1")["data"]["entries"]] == [4]
    assert run_json(decided, "audit", "--since", "2099-01-01")["data"]["entries"] == []
    assert "No decision that this names." in run(decided, "audit", "--action", "nothing").out


def test_a_changed_entry_is_named(decided: Project) -> None:
    assert run(decided, "audit", "--verify").out == "All in order: 4 entries.\n"
    with closing(sqlite3.connect(decided.folder / "publisher.db")) as connection:
        connection.execute("DROP TRIGGER audit_refuses_update")
        connection.execute("UPDATE audit SET actor = 'Bert', details = '{' WHERE seq = 2")
        connection.commit()
    wrong = run(decided, "audit", "--verify", code=2)
    assert wrong.out == "In order up to entry 1; the next is not.\n"
    assert "audit log, entry 2: entry 2 was changed" in wrong.err
    assert run_json(decided, "audit", "--verify", code=2)["data"]["fault"]["entry"] == 2
    assert "Bert" in run(decided, "audit").out  # it can still be read


def test_a_head_kept_elsewhere(decided: Project, tmp_path: Path) -> None:
    kept = tmp_path / "head.json"
    kept.write_text(run(decided, "audit", "--head").out)
    run(decided, "hold", "neue-pumpe")
    assert "All in order" in run(decided, "audit", "--verify", "--head", str(kept)).out
    with closing(sqlite3.connect(decided.folder / "publisher.db")) as connection:
        connection.execute("DROP TRIGGER audit_refuses_delete")
        connection.execute("DELETE FROM audit WHERE seq > 3")
        connection.commit()
    (decided.folder / "publisher.db-audit-head").unlink()
    assert "All in order" in run(decided, "audit", "--verify").out
    assert "entry 4 is missing" in run(decided, "audit", "--verify", "--head", str(kept), code=2).err


def test_bad_input(project: Project, tmp_path: Path) -> None:
    assert "nobody has decided anything yet" in run(project, "audit", "--head", code=2).err
    missing = run(project, "audit", "--verify", "--head", str(tmp_path / "no.json"), code=2)
    assert "there is no such file" in missing.err
    assert "--verify --head" in run(project, "audit", "--head", "head.json", code=2).err
    for content in ("", "[]", '{"seq": true, "hash": "x"}', '{"seq": 1}', "{" * 3000):
        (tmp_path / "bad.json").write_text(content)
        wrong = run(project, "audit", "--verify", "--head", str(tmp_path / "bad.json"), code=2)
        assert "this is not the head of an audit log" in wrong.err
    assert run(project, "audit", "--verify").out == "All in order: 0 entries.\n"


def test_a_restore_is_a_decision_and_not_a_cut(decided: Project) -> None:
    """The older log ends before the head that is kept: only what the command has put back is no tampering."""
    ledger, backup = decided.folder / "publisher.db", decided.folder / "b.db"
    run(decided, "backup", str(backup))
    run(decided, "hold", "neue-pumpe")
    for ending in ("-wal", "-shm"):
        Path(f"{ledger}{ending}").unlink(missing_ok=True)
    ledger.write_bytes(backup.read_bytes())
    assert "cut off" in run(decided, "audit", "--verify", code=2).err

    run(decided, "restore", str(backup), "--yes")
    run(decided, "restore", "--go-on")
    newest = [(entry["action"], entry["about"]) for entry in run_json(decided, "audit")["data"]["entries"]][-2:]
    assert newest == [("restore", "b.db"), ("go on after restore", "")]
    assert run(decided, "audit", "--verify").out == "All in order: 6 entries.\n"
