"""Opening: what the ledger's promises rest on is checked, and each refusal says what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from publisher.errors import StoreError
from publisher.store.database import connect_sqlite
from publisher.store.network_folders import network_file_system
from publisher.store.open import Store, open_store
from publisher.store.schema import MIGRATIONS, VERSIONS, alembic_config, bring_up_to_date, run_migrations
from publisher.store.tables import metadata


def test_a_new_file_becomes_a_ledger_with_all_tables(tmp_path: Path) -> None:
    open_store(tmp_path / "new.db").close()
    with sqlite3.connect(tmp_path / "new.db") as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert set(metadata.tables) <= names


@pytest.mark.parametrize("make", [str, Path, lambda path: f"sqlite:///{path}"])
def test_a_path_or_an_address_names_the_file(tmp_path: Path, make: Callable[[Path], str | Path]) -> None:
    open_store(make(tmp_path / "new.db")).close()
    assert (tmp_path / "new.db").stat().st_size > 0


def test_the_tables_made_by_migrations_are_those_of_the_code(store: Store) -> None:
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_step_by_step_gives_the_same_as_at_once(tmp_path: Path) -> None:
    """Upgrading through each version ends where a new ledger begins, word for word."""
    stepwise = connect_sqlite(tmp_path / "stepwise.db")
    for version in VERSIONS:
        with stepwise.write() as connection:
            run_migrations(connection, version)
    stepwise.close()
    open_store(tmp_path / "fresh.db").close()
    assert _schema(tmp_path / "stepwise.db") == _schema(tmp_path / "fresh.db")


def _schema(path: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return found


def test_version_8_keeps_attempts_as_they_are(tmp_path: Path) -> None:
    """It makes their table again: same ids, same columns, going with their delivery, and numbered on above them."""
    database = connect_sqlite(tmp_path / "ledger.db")
    with database.write() as connection:
        run_migrations(connection, "0007")
        connection.exec_driver_sql("INSERT INTO messages VALUES (1, 'hash', 'email', x'00', '2026')")
        for delivery_id in (1, 2):
            connection.exec_driver_sql(DELIVERY, (delivery_id, f"p{delivery_id}@example.org"))
        connection.exec_driver_sql("INSERT INTO attempts VALUES " + ", ".join(map(str, ATTEMPTS)))
    with database.write() as connection:
        run_migrations(connection, "0008")
        assert connection.exec_driver_sql("SELECT * FROM attempts ORDER BY id").all() == ATTEMPTS
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        connection.exec_driver_sql("DELETE FROM deliveries WHERE id = 1")
        connection.exec_driver_sql(f"INSERT INTO attempts SELECT NULL, 2, 3{MORE} FROM attempts LIMIT 1")
        ids = connection.exec_driver_sql("SELECT id, delivery_id FROM attempts ORDER BY id").all()
    database.close()
    assert ids == [(6, 2), (8, 2), (9, 2)]


DELIVERY = """
INSERT INTO deliveries (id, message_id, channel, recipient, segment, occurrence, rehearsal, adapter, prepared, marks,
                        state, attempt_count, queued_at, changed_at, due_at)
VALUES (?, 1, 'mail', ?, 1, 'daily/1', 0, 'folder', '{}', '{}', 'accepted', 1, '2026', '2026', '2026')
"""
# One has been forgotten, number 7.
ATTEMPTS = [
    (id_, delivery_id, number, "accepted", "", "dot", "ok", 250, "2.0.0", "mx", "w1", "2026", 3)
    for id_, delivery_id, number in ((5, 1, 1), (6, 2, 1), (8, 2, 2))
]
MORE = ", outcome, reason, stage, reply, code, enhanced_code, relay, worker, started_at, duration_ms"


def test_the_known_versions_are_those_in_the_folder(store: Store) -> None:
    with store.database.read() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == VERSIONS
    assert len(list((MIGRATIONS / "versions").glob("0*.py"))) == len(VERSIONS)


def test_opening_an_up_to_date_ledger_does_not_load_alembic(path: Path) -> None:
    """It takes longer to load than most commands take."""
    code = (
        "import sys; from publisher.store.open import open_store; open_store(sys.argv[1]).close(); "
        "print([name for name in sys.modules if name.startswith('alembic')])"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def test_two_processes_may_make_the_ledger_at_the_same_time(tmp_path: Path) -> None:
    code = "import sys; from publisher.store.open import open_store; open_store(sys.argv[1]).close()"
    command = [sys.executable, "-c", code, str(tmp_path / "new.db")]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[1] for process in processes] == ["", ""]
    assert [process.returncode for process in processes] == [0, 0]


def test_a_ledger_of_a_newer_version_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match=r"a newer version of this program wrote the ledger \(9999") as caught:
        open_store(path)
    assert "pip install --upgrade" in caught.value.hint


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE recipes (name)")
    connection.close()
    with pytest.raises(StoreError, match="belongs to another program: it has a table 'recipes'"):
        open_store(tmp_path / "other.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_bytes(b"Liebe Kolleginnen und Kollegen, " * 50)
    with pytest.raises(StoreError, match="not an SQLite database"):
        open_store(tmp_path / "text.db")
    assert (tmp_path / "text.db").read_bytes().startswith(b"Liebe")


def test_a_damaged_ledger_is_named(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:8192] = b"\xff" * 8092
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged") as caught:
        open_store(path)
    assert caught.value.where == str(path)
    assert "backup" in caught.value.hint


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the folder of the ledger does not exist") as caught:
        open_store(tmp_path / "none" / "publisher.db")
    assert "mkdir -p" in caught.value.hint


def test_a_folder_is_not_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="and this is a folder"):
        open_store(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(StoreError):
        open_store(tmp_path / "closed" / "publisher.db")


def test_another_kind_of_database_is_refused_without_its_password() -> None:
    with pytest.raises(StoreError, match='cannot be kept in "postgresql" yet') as caught:
        open_store("postgresql://publisher:secret@db/publisher")
    assert "secret" not in str(caught.value)


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    mounts = f"/dev/sda1 / ext4 rw 0 0\nserver:/export {tmp_path} nfs4 rw 0 0\n"
    with pytest.raises(StoreError, match=r"network file system \(nfs4\)"):
        open_store(tmp_path / "publisher.db", mounts=lambda: mounts)
    assert not (tmp_path / "publisher.db").exists()


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs rw 0 0
/dev/sdb1 /home/local ext4 rw 0 0
//nas/share /mnt/My\\040Share cifs rw 0 0
me@host: /mnt/ssh fuse.sshfs rw 0 0
tmpfs /mnt/over nfs rw 0 0
tmpfs /mnt/over tmpfs rw 0 0
odd line
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv", None),
        ("/home/erika", "nfs"),
        ("/homework", None),
        ("/home/local/data", None),
        ("/mnt/My Share/x", "cifs"),
        ("/mnt/ssh", "fuse.sshfs"),
        ("/mnt/over", None),
    ],
)
def test_the_nearest_and_newest_mount_counts(folder: str, kind: str | None) -> None:
    assert network_file_system(Path(folder), MOUNTS) == kind


def test_each_connection_is_durable_and_keeps_foreign_keys(store: Store) -> None:
    with store.database.read() as one, store.database.read() as two:
        for connection in (one, two):
            asked = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}


def test_bringing_up_to_date_twice_changes_nothing(path: Path) -> None:
    before = _schema(path)
    database = connect_sqlite(path)
    bring_up_to_date(database)
    database.close()
    assert _schema(path) == before


def test_the_instance_secret_is_made_once(open_again: Callable[[], Store]) -> None:
    first = open_again().instance_secret()
    assert len(bytes.fromhex(first)) == 32
    assert open_again().instance_secret() == first
