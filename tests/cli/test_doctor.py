"""`publish doctor`: each thing that can be wrong, as people and programs are told of it; and that all can be well."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from publisher.cli.doctor import report
from publisher.cli.frame import Result, publish_command
from publisher.errors import TryAgain
from publisher.ports.resolver import RecordKind, Resolver
from publisher.workflow.diagnose import Diagnosis, diagnose
from tests.cli.command_line import run, run_json
from tests.journeys.project import Finished, Project, finish, folder_config, live_config
from tests.journeys.servers.hook import SECRET, HookServer
from tests.journeys.servers.mail import MailServer
from tests.store.scenes import new_edition
from tests.workflow.office import StandingClock, opened

LOGIN = 'username = "anna"\npassword = {file = "password.txt"}'
PASSWORD = "kanarienvogel-7"
NOBODY = 65534
GOOD_RECORDS = {
    "TXT example.org": ("v=spf1 mx -all",),
    "TXT _dmarc.example.org": ("v=DMARC1; p=none",),
    "MX example.org": ("mail.example.org",),
}


class Names:
    """A resolver that knows what a test tells it; no table: it never answers."""

    def __init__(self, records: Mapping[str, tuple[str, ...]] | None) -> None:
        self.records = records

    def lookup(self, name: str, kind: RecordKind) -> tuple[str, ...]:
        if self.records is None:
            raise TryAgain(f"no answer to the question for {kind} of {name}", hint="Check the network.")
        return self.records.get(f"{kind} {name}", ())


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path / "mail") as server:
        server.tell(login=["anna", PASSWORD])
        yield server


@pytest.fixture
def live(tmp_path: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose mail server wants a login, with the right one in a file of its own."""
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    with HookServer(tmp_path / "hook") as hook:
        config = live_config(mail, hook).replace('security = "none"', f'security = "none"\n{LOGIN}')
        project = Project.make(tmp_path / "live", config)
        write_password(project, PASSWORD)
        yield project


def write_password(project: Project, password: str) -> None:
    file = project.folder / "password.txt"
    file.write_text(password)
    file.chmod(0o600)


def findings(project: Project, *words: str, code: int = 0) -> dict[str, list[tuple[str, str, str]]]:
    """What a program is told: topic -> verdict, text and hint of each line."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for one in run_json(project, "doctor", *words, code=code)["data"]["findings"]:
        found.setdefault(one["topic"], []).append((one["verdict"], one["text"], one["hint"]))
    return found


def told(project: Project, *words: str, code: int = 0) -> str:
    """What a person is told of what is not well."""
    return run(project, "doctor", "--quiet", *words, code=code).out


def test_an_instance_on_which_all_is_well(live: Project, mail: MailServer) -> None:
    """Every line is ok, every channel was really asked, and `--quiet` has nothing to say."""
    live.article()
    found = findings(live)
    rows = [row for rows in found.values() for row in rows if not row[1].startswith("the rules of time zones")]
    assert [row for row in rows if row[0] != "ok"] == []
    assert set(found) == {
        *("ledger", "disk", "clock", "queue", "templates"),
        *("channel newsletter", "channel teamchat", "channel mastodon", "channel x"),
    }
    assert found["channel newsletter"] == [("ok", f"127.0.0.1:{mail.port}: not encrypted, logged in", "")]
    assert mail.connection_count() == 1
    assert mail.mails() == []
    assert "0 things to mend" in run(live, "doctor").out


def test_offline_nobody_is_asked(live: Project, mail: MailServer) -> None:
    assert not [topic for topic in findings(live, "--offline") if topic.startswith("channel")]
    assert mail.connection_count() == 0


@pytest.mark.parametrize(
    ("free_mebibytes", "code", "line"),
    [
        (99, 2, "FAILS  disk: 0.1 GB free for the ledger\n       hint: Make room: nothing can be sent"),
        (1_023, 0, "mind   disk: 1.0 GB free for the ledger\n       hint: Make room before it is needed."),
        (1_024, 0, ""),
    ],
)
def test_a_disk_that_is_nearly_full(
    project: Project, monkeypatch: pytest.MonkeyPatch, free_mebibytes: int, code: int, line: str
) -> None:
    """The operating system's answer is given instead of a disk filled for the test."""
    usage = shutil.disk_usage(project.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=free_mebibytes * 1024 * 1024))
    shown = told(project, code=code)
    assert line in shown
    assert ("disk" in shown) == bool(line)
    ((verdict, _, _),) = findings(project, code=code)["disk"]
    assert verdict == {99: "fail", 1_023: "warn", 1_024: "ok"}[free_mebibytes]


@pytest.mark.parametrize(("ahead", "code"), [(timedelta(hours=3), 2), (timedelta(minutes=1), 0)])
def test_a_clock_that_is_behind_the_ledger(project: Project, ahead: timedelta, code: int) -> None:
    """A minute may be the difference of two machines' clocks; three hours are a wrong clock."""
    newest = datetime.now(UTC) + ahead
    with project.store() as store:
        store.ledger.freeze_edition(new_edition(store.ledger), newest)
    verdict, text, hint = findings(project, code=code)["clock"][0]
    assert verdict == ("fail" if code else "ok")
    assert (f"the ledger has an entry of {newest:%Y-%m-%d %H:%M} UTC, and the clock says" in text) == bool(code)
    assert ("timedatectl set-ntp true" in hint) == bool(code)
    assert ("FAILS  clock: the ledger has an entry of" in told(project, code=code)) == bool(code)


def test_time_zones_that_are_years_old(project: Project) -> None:
    with opened(project, StandingClock(datetime(2099, 1, 1, tzinfo=UTC))) as app:
        diagnosis = diagnose(app, online=False, resolver=None, on_progress=lambda text: None)
    (line,) = [finding for finding in diagnosis.findings if "the rules of time zones" in finding.text]
    assert (line.verdict, line.hint) == ("warn", "Update them: pip install --upgrade tzdata")
    assert diagnosis.exit_code == 0


def test_a_login_that_is_refused(live: Project, mail: MailServer) -> None:
    """The control is the same project with the right password, above."""
    write_password(live, "falsch")
    ((verdict, text, hint),) = findings(live, code=2)["channel newsletter"]
    assert (verdict, "the login was refused" in text) == ("fail", True)
    assert hint
    shown = told(live, code=2)
    assert f"FAILS  channel newsletter: 127.0.0.1:{mail.port}: the login was refused: 535" in shown
    assert "falsch" not in shown
    assert mail.mails() == []


def test_a_secret_that_is_missing_and_one_that_others_may_read(live: Project) -> None:
    file = live.folder / "password.txt"
    file.chmod(0o644)
    assert "mind   channel newsletter: others on this machine may read or change password.txt" in told(live)
    file.unlink()
    rows = findings(live, "--offline", code=2)["channel newsletter"]
    assert [row[0] for row in rows] == ["fail"]
    assert "password.txt" in rows[0][1]


def test_a_server_that_does_not_answer(live: Project) -> None:
    """Nothing is wrong here, and nothing is known: try again later."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        config = live.folder / "config.toml"
        lines = [
            f"port = {free.getsockname()[1]}" if line.startswith("port") else line
            for line in config.read_text().splitlines()
        ]
        config.write_text("\n".join(lines))
        ((verdict, _, _),) = findings(live, code=4)["channel newsletter"]
        assert verdict == "later"
        assert "later  channel newsletter: " in told(live, code=4)


def test_a_ledger_that_is_damaged(project: Project) -> None:
    """An index that has lost an entry: what SQLite's own check finds."""
    run(project, "now", "--yes")
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_schema WHERE name = 'ix_deliveries_claimable'")
        connection.commit()
    verdict, text, hint = findings(project, code=2)["ledger"][0]
    assert (verdict, text.startswith("it is damaged: ")) == ("fail", True)
    assert "publish restore FILE" in hint


def test_a_restore_that_nobody_has_decided_about(project: Project) -> None:
    run(project, "backup", str(project.folder / "b.db"))
    run(project, "restore", str(project.folder / "b.db"), "--yes")
    assert findings(project, code=3)["ledger"][-1][0] == "person"
    assert "decide ledger: " in told(project, code=3)


def test_a_queue_folder_that_is_missing_or_open_to_all(project: Project) -> None:
    queue = project.folder / "queue"
    queue.chmod(0o777)
    assert f"mind   queue: everybody on this machine may write into {queue}" in told(project)
    queue.rename(project.folder / "elsewhere")
    ((verdict, text, hint),) = findings(project, code=2)["queue"]
    assert (verdict, text, hint) == ("fail", f"there is no folder {queue}", f'Make it: mkdir -p "{queue}"')


def test_a_template_with_a_mistake(project: Project) -> None:
    (project.folder / "templates" / "email").mkdir(parents=True)
    (project.folder / "templates" / "email" / "digest.html.j2").write_text("{% if %}")
    ((verdict, text, _),) = findings(project, code=2)["templates"]
    assert verdict == "fail"
    assert "digest.html.j2:1: " in text


def test_a_config_with_a_mistake(project: Project) -> None:
    """Nothing else can be looked at then: the mistake alone is told, as by every command."""
    config = project.folder / "config.toml"
    config.write_text(config.read_text().replace("channel =", "chanel ="))
    finished = run(project, "doctor", code=2)
    assert finished.out == ""
    assert 'unknown key "chanel"\nhint: Did you mean "channel"?' in finished.err
    envelope = run_json(project, "doctor", code=2)
    assert envelope["data"] == {}
    assert 'unknown key "chanel"' in [problem["what"] for problem in envelope["problems"]]


def diagnosed(project: Project, resolver: Resolver) -> Diagnosis:
    with opened(project) as app:
        return diagnose(app, online=False, resolver=resolver, on_progress=lambda text: None)


def shown(diagnosis: Diagnosis, *options: str) -> tuple[int, str]:
    """What the command makes of it."""

    @publish_command("doctor", summary="What was found.")
    def doctor(config_file: Path) -> Result:
        return report(diagnosis, quiet=True)

    result = CliRunner().invoke(doctor, options)
    return result.exit_code, result.stdout


@pytest.mark.parametrize(
    ("records", "code", "line"),
    [
        (GOOD_RECORDS, 0, ""),
        (
            GOOD_RECORDS | {"TXT example.org": ()},
            0,
            "mind   digest daily: TXT example.org: there is no SPF record\n       hint: Publish for example",
        ),
        (None, 4, "later  digest daily: no answer to the question for TXT of example.org"),
    ],
    ids=["right", "no-spf", "silent"],
)
def test_the_domain_name_system(
    project: Project, records: Mapping[str, tuple[str, ...]] | None, code: int, line: str
) -> None:
    diagnosis = diagnosed(project, Names(records))
    found_code, text = shown(diagnosis)
    assert found_code == code
    assert line in text
    assert ("digest daily" in text) == bool(line)
    _, document = shown(diagnosis, "--json")
    verdicts = [one["verdict"] for one in json.loads(document)["data"]["findings"] if one["topic"] == "digest daily"]
    assert verdicts == [{"": "ok", "m": "warn", "l": "later"}[line[:1]]]


# --------------------------------------------------------------------------- as somebody who may not do everything


@pytest.fixture
def plain() -> Iterator[Project]:
    """A project of a user who is not root, outside the folders that only root can enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        project = Project.make(Path(folder) / "project", folder_config())
        project.article()
        belongs_to_nobody(project)
        yield project
        for path in (project.folder, *project.folder.rglob("*")):
            path.chmod(0o700)


def belongs_to_nobody(project: Project) -> None:
    if os.geteuid() == 0:
        for path in (project.folder, *project.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def as_nobody(project: Project, *words: str) -> Finished:
    options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return finish(project.start(*words, **options))


def test_rights_that_are_as_they_must_be(plain: Project) -> None:
    finished = as_nobody(plain, "doctor", "--quiet")
    assert finished.code == 0, finished
    assert "FAILS" not in finished.out


@pytest.mark.parametrize(
    ("path", "mode", "line"),
    [
        ("queue", 0o300, "FAILS  queue: PROJECT/queue cannot be read\n       hint: Let this program's user read it."),
        (
            "queue/2026-11-23-neue-pumpe.md",
            0o200,
            "FAILS  queue: 2026-11-23-neue-pumpe.md cannot be read\n"
            "       hint: Let this program's user read its articles.",
        ),
        ("sent", 0o500, 'FAILS  channel newsletter: cannot write to the folder "sent"'),
    ],
)
def test_rights_that_are_missing(plain: Project, path: str, mode: int, line: str) -> None:
    """The control is the same project before, above."""
    (plain.folder / "sent").mkdir(exist_ok=True)
    belongs_to_nobody(plain)
    (plain.folder / path).chmod(mode)
    finished = as_nobody(plain, "doctor", "--quiet")
    assert finished.code == 2, finished
    assert line.replace("PROJECT", str(plain.folder)) in finished.out


@pytest.mark.parametrize(("path", "mode"), [("publisher.db", 0o400), (".", 0o500)])
def test_a_ledger_that_cannot_be_written(plain: Project, path: str, mode: int) -> None:
    """The file itself, and the folder in which SQLite keeps its log."""
    assert as_nobody(plain, "status").code == 0
    (plain.folder / path).chmod(mode)
    finished = as_nobody(plain, "doctor")
    assert finished.code == 2, finished
    assert "publisher.db" in finished.out + finished.err
