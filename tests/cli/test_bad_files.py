"""Bad input to the commands that look after the ledger or look into it: one clear error, and nothing is changed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command_line import run, run_json
from tests.journeys.project import Project

LEDGER = "publisher.db"
BESIDE = ("publisher.db-wal", "publisher.db-shm")
MOMENT_HINT = "Write a day, for example 2026-11-23, or a time of it, 2026-11-23T07:00."


@pytest.fixture
def project(project: Project) -> Project:
    """An edition is out, a backup is there, and some files that are none."""
    run(project, "now", "--yes")
    folder = project.folder
    run(project, "backup", str(folder / "good.db"))
    (folder / "text.db").write_text("Das ist keine Datenbank.\n" * 100)
    (folder / "empty.db").write_bytes(b"")
    (folder / "folder").mkdir()
    with closing(sqlite3.connect(folder / "other.db")) as other:
        other.execute("CREATE TABLE addresses (name TEXT)")
        other.commit()
    altered(folder / "newer.db", folder / "good.db", "UPDATE alembic_version SET version_num = '9999'")
    whole = (folder / "good.db").read_bytes()
    (folder / "half.db").write_bytes(whole[: len(whole) // 2])
    (folder / "dangling.db").symlink_to("nowhere.db")
    (folder / "link.db").symlink_to(LEDGER)
    (folder / "head.txt").write_text("kein Siegel\n")
    (folder / "binary.txt").write_bytes(bytes(range(256)))
    return project


def altered(file: Path, source: Path, statement: str) -> None:
    file.write_bytes(source.read_bytes())
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


def everything(project: Project) -> dict[str, object]:
    """Each file by name, the ledger by its rows."""
    found: dict[str, object] = {
        str(path.relative_to(project.folder)): path.read_bytes() if path.is_file() else path.is_symlink()
        for path in project.folder.rglob("*")
        if path.name not in (LEDGER, *BESIDE)
    }
    with closing(sqlite3.connect(project.folder / LEDGER)) as ledger:
        found[LEDGER] = list(ledger.iterdump())
    return found


def assert_refused(project: Project, words: str, where: str, what: str, hint: str, code: int = 2) -> None:
    """The same error as text and for programs, nothing else said, nothing changed."""
    before = everything(project)
    split = words.replace("HERE", str(project.folder)).split()
    finished = run(project, *split, code=code)
    assert finished.err.count("error: ") == 1
    assert "Traceback" not in finished.err
    assert finished.out == ""
    envelope = run_json(project, *split, code=code)
    (problem,) = envelope["problems"]
    assert envelope["data"] == {}
    assert problem["where"] == where.replace("HERE", str(project.folder))
    assert what in problem["what"]
    assert hint in problem["hint"]
    assert everything(project) == before


BACKUP = [
    ("backup HERE/good.db", "HERE/good.db", "there is a file of this name", "Name another one, or add --force."),
    ("backup HERE/none/x.db", "HERE/none/x.db", "the folder of the backup does not exist", 'mkdir -p "'),
    ("backup HERE/folder", "HERE/folder", "this is a folder", "Name a file in it"),
    ("backup HERE/text.db/x.db", "HERE/text.db/x.db", "the folder of the backup does not exist", "mkdir"),
    ("backup --force HERE/publisher.db", "HERE/publisher.db", "this is the ledger itself", "Name another file."),
    ("backup --force HERE/link.db", "HERE/link.db", "this is the ledger itself", "Name another file."),
    ("backup", "publish backup", '"FILE" is missing', "Write it as: publish backup"),
    ("backup a b", "publish backup", "unexpected extra argument", "Write it as: publish backup"),
]
RESTORE = [
    ("restore --yes HERE/none.db", "HERE/none.db", "there is no such backup", 'Name a file of "publish backup".'),
    ("restore --yes HERE/dangling.db", "HERE/dangling.db", "there is no such backup", "Name a file"),
    ("restore --yes HERE/folder", "HERE/folder", "there is no such backup", "Name a file"),
    ("restore --yes HERE/text.db", "HERE/text.db", "not a ledger", ""),
    ("restore --yes HERE/empty.db", "HERE/empty.db", "this is not a backup of a ledger", "Name a file"),
    ("restore --yes HERE/other.db", "HERE/other.db", "this is not a backup of a ledger", "Name a file"),
    ("restore --yes HERE/newer.db", "HERE/newer.db", "a newer version of this program wrote", ""),
    ("restore --yes HERE/half.db", "HERE/half.db", "damaged", ""),
    ("restore --yes HERE/publisher.db", "HERE/publisher.db", "this is the ledger itself", "Name a file"),
    ("restore --yes HERE/link.db", "HERE/link.db", "this is the ledger itself", "Name a file"),
    ("restore HERE/good.db", "", "there is no terminal to ask on", "Add --yes if you mean it."),
    ("restore HERE/none.db", "HERE/none.db", "there is no such backup", "Name a file"),
    ("restore", "", "name either a backup or --go-on", 'Write "publish restore FILE"'),
    ("restore --go-on HERE/good.db", "", "name either a backup or --go-on", 'Write "publish restore FILE"'),
]
STATS = [
    ("stats dayly", "", 'there is no digest "dayly"', "daily"),
    ("stats --since 2026-99-01", "publish stats", "'2026-99-01' is not a day or a time", MOMENT_HINT),
    ("stats --limit 0", "publish stats", '"--limit": 0 is not in the range', "publish stats --help"),
    ("stats daily --png HERE/none/x.png", "HERE/none/x.png", "cannot write the picture", "Name a file in a folder"),
    ("stats daily --png HERE/folder", "publish stats", '"--png"', "publish stats --help"),
    ("stats daily --language fr", "publish stats", "'fr' is not one of", "Known here: de, en."),
]
AUDIT = [
    ("audit --since gestern", "publish audit", "'gestern' is not a day or a time", MOMENT_HINT),
    ("audit --since 0001-01-01", "publish audit", "'0001-01-01' is not a day or a time", MOMENT_HINT),
    ("audit --limit 0", "publish audit", '"--limit": 0 is not in the range', "publish audit --help"),
    ("audit --head HERE/head.txt", "", "a kept head is only good for checking", "publish audit --verify --head"),
    ("audit --verify --head HERE/none.txt", "HERE/none.txt", "there is no such file", "Check the path"),
    ("audit --verify --head HERE/head.txt", "HERE/head.txt", "", ""),
    ("audit --verify --head HERE/binary.txt", "HERE/binary.txt", "", ""),
    ("audit --verify --head HERE/folder", "HERE/folder", "Is a directory", "Check the path"),
]
SCHEDULE = [
    ("schedule --explain morgen", "", '"morgen" is not a date', "--explain 2026-12-24"),
    ("schedule --explain 2026-02-29", "", '"2026-02-29" is not a date', "--explain 2026-12-24"),
    ("schedule --explain 24.12.2026", "", '"24.12.2026" is not a date', "--explain 2026-12-24"),
    ("schedule --explain 0001-01-01", "", '"0001-01-01" is not a date', "--explain 2026-12-24"),
    ("schedule --explain 9999-12-31", "", '"9999-12-31" is not a date', "--explain 2026-12-24"),
    ("schedule --digest dayly", "", 'there is no digest "dayly"', 'Did you mean "daily"?'),
    ("schedule --count 0", "publish schedule", '"--count": 0 is not in the range', "publish schedule --help"),
    ("schedule --count 1001", "publish schedule", '"--count": 1001 is not in the range', "publish schedule --help"),
]
ALL = [*BACKUP, *RESTORE, *STATS, *AUDIT, *SCHEDULE]


@pytest.mark.parametrize(("words", "where", "what", "hint"), ALL, ids=[case[0] for case in ALL])
def test_one_error_and_nothing_changed(project: Project, words: str, where: str, what: str, hint: str) -> None:
    assert_refused(project, words, where, what, hint)


@pytest.mark.parametrize(
    "words",
    [
        "backup HERE/new.db",
        "restore --yes HERE/good.db",
        "stats daily",
        "audit --verify",
        "schedule --explain 2026-12-24",
        "schedule --explain 0002-01-01",
    ],
)
def test_the_same_commands_with_good_input(project: Project, words: str) -> None:
    """The control: what changes something is seen to change something."""
    before = everything(project)
    assert run(project, *words.replace("HERE", str(project.folder)).split()).err == ""
    assert (everything(project) != before) == words.startswith(("backup", "restore"))


def test_a_ledger_that_somebody_works_with_is_not_replaced(project: Project) -> None:
    """Exit 4: it can be done later."""
    words = f"restore --yes {project.folder / 'good.db'}"
    with project.store():
        assert_refused(
            project, words, f"{project.folder / LEDGER}", "another process has the ledger open", "Stop", code=4
        )


def no_database(ledger: Path) -> None:
    ledger.write_text("Das ist keine Datenbank.\n" * 100)


def newer(ledger: Path) -> None:
    altered(ledger, ledger, "UPDATE alembic_version SET version_num = '9999'")


def of_another_program(ledger: Path) -> None:
    ledger.unlink()
    altered(ledger, ledger.with_name("other.db"), "CREATE TABLE more (name TEXT)")


@pytest.mark.parametrize(
    "words", ["backup HERE/new.db", "stats", "audit", "audit --verify", "schedule", "doctor --offline"]
)
@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (no_database, "not a ledger"),
        (newer, "a newer version of this program wrote the ledger (9999;"),
        (of_another_program, "this database belongs to another program: it has a table 'addresses'"),
    ],
)
def test_a_ledger_that_is_none(project: Project, words: str, spoil: Callable[[Path], None], what: str) -> None:
    """It is left as it is, to the byte."""
    ledger = project.folder / LEDGER
    spoil(ledger)
    before = ledger.read_bytes()
    split = words.replace("HERE", str(project.folder)).split()
    finished = run(project, *split, code=2)
    assert finished.out == ""
    assert finished.err.count("error: ") == 1
    assert f"error: {ledger}: " in finished.err
    assert what in finished.err
    (problem,) = run_json(project, *split, code=2)["problems"]
    assert problem["hint"]
    assert ledger.read_bytes() == before
    assert not (project.folder / "new.db").exists()


def test_without_the_library_for_pictures_it_says_how_to_get_it(project: Project) -> None:
    """In a process that finds no matplotlib."""
    blocked = "import sys; sys.modules['matplotlib'] = None; from publisher.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", blocked, "stats", "daily", "--png", "x.png"],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "publisher-workflow[stats]" in done.stderr
    assert "Traceback" not in done.stderr
