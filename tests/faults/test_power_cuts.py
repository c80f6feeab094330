"""The power is cut during an edition: what was synced is there, what was written after it perhaps."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.editions import CONNECTIONS, config_for, make_edition, publish_later
from tests.faults.judge import is_sound, judge, read_ledger
from tests.faults.naive import make_book
from tests.faults.power import Disk, cut_power, options, read_files, replay
from tests.faults.runs import Cold, Run, Warm
from tests.faults.tracing import need_strace, run_traced
from tests.journeys.servers.accountant import Accountant, Aim, Moment

AT_THE_WORST = [Moment.GO_AHEAD, Moment.UNTAKEN, Moment.TAKEN, Moment.TAKEN, Moment.REPLIED, Moment.SOON_AFTER]
MAX_NTH = 12


pytestmark = pytest.mark.usefixtures("strace")


@pytest.fixture
def strace() -> None:
    need_strace()


def cut_again_and_again(
    folder: Path, database: Path, accountant: Accountant, start: Callable[[Path], Run], count: int
) -> None:
    """Cut the power so often, each time at an aimed moment, and go on with what is left on the disk."""
    chance = random.Random(3)
    for _ in range(count):
        aim = Aim(chance.choice(AT_THE_WORST), chance.randint(1, MAX_NTH), chance.uniform(0, 0.02))
        before = read_files(database)

        def start_aimed(gate: Path, aim: Aim = aim) -> Run:
            run = start(gate)
            accountant.aim(run.pid, aim)
            return run

        ended = run_traced(folder, start_aimed, options(database))()
        assert ended.was_killed, ended
        cut_power(database, before, folder / "trace", chance)
    accountant.aim()


def cut_now(folder: Path, accountant: Accountant, warm: Warm, cut_count: int, recipient_count: int) -> None:
    project, recipients = make_edition(folder / "project", config_for(accountant.port), recipient_count)
    database = project.folder / "publisher.db"
    first = warm.start(project.folder, "now", "--yes")
    accountant.aim(first.pid, Aim(Moment.TAKEN))
    assert first.finish().was_killed
    cut_again_and_again(
        folder, database, accountant, lambda gate: warm.start(project.folder, "now", "--yes", gate=gate), cut_count
    )
    assert warm.start(project.folder, "now", "--yes").finish().code in (3, 4)
    publish_later(project)
    verdict = judge(recipients, accountant.taken(), read_ledger(database))
    print(f"{cut_count} cuts: {len(verdict.unknown)} unknown")  # noqa: T201 - the figure, for who asks with -s
    assert verdict.is_clean, verdict
    assert verdict.duplicate_count == 0
    assert len(verdict.unknown) <= CONNECTIONS * (cut_count + 1)
    assert is_sound(database)


def test_power_cuts(tmp_path: Path, accountant: Accountant, warm: Warm) -> None:
    """Nobody is lost, nobody gets it twice, every doubt is named; the database is whole."""
    cut_now(tmp_path, accountant, warm, 8, 250)


@pytest.mark.long
def test_many_power_cuts(tmp_path: Path, accountant: Accountant, warm: Warm) -> None:
    cut_now(tmp_path, accountant, warm, 100, 2_000)


@pytest.mark.parametrize("kind", ["journal", "journal-synchronous-normal"])
def test_control_synchronous_normal(tmp_path: Path, accountant: Accountant, cold: Cold, kind: str) -> None:
    """The same journal holds with FULL; with NORMAL the disk has never heard of what was sent, and it is sent again."""
    recipients = [f"person{number}@example.org" for number in range(120)]
    database = tmp_path / "book.db"
    make_book(database, recipients)
    starter = replace(cold, module="tests.faults.naive")
    words = [kind, str(database), str(accountant.port)]
    cut_again_and_again(tmp_path, database, accountant, lambda gate: starter.start(tmp_path, *words, str(gate)), 5)
    starter.start(tmp_path, *words).finish()
    verdict = judge(recipients, accountant.taken(), read_ledger(database))
    assert verdict.is_clean == (kind == "journal"), verdict
    if kind != "journal":
        assert verdict.unnamed_duplicates


def recorded(path: Path, thread: int, call: str, content: bytes = b"", offset: int = 0) -> str:
    shown = "".join(f"\\x{octet:02x}" for octet in bytes(path))
    written = "".join(f"\\x{octet:02x}" for octet in content)
    return f"{thread} {call}(5<{shown}>" + (f', "{written}", {len(content)}, {offset}' if content else "")


def test_a_sync_is_for_what_was_written_before_it_began(tmp_path: Path) -> None:
    """While one process syncs, another one goes on writing: of that the sync says nothing."""
    file, trace = tmp_path / "log", tmp_path / "trace"
    lines = [
        recorded(file, 1, "pwrite64", b"A") + ") = 1",
        recorded(file, 2, "fdatasync") + " <unfinished ...>",
        recorded(file, 1, "pwrite64", b"B", 1) + ") = 1",
        "2 <... fdatasync resumed>) = 0",
    ]
    trace.write_text("\n".join(lines))
    disk = Disk(bytearray())
    replay(trace, {str(file): disk})
    assert (bytes(disk.content), len(disk.unsynced)) == (b"A", 1)
    trace.write_text("\n".join([*lines, recorded(file, 2, "fdatasync") + ") = 0"]))  # the control
    disk = Disk(bytearray())
    replay(trace, {str(file): disk})
    assert (bytes(disk.content), disk.unsynced) == (b"AB", [])
