"""The log's way to the disk: done is said only when it is, a bell rings then, and a helper that ends stops nobody."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.errors import LogLost, StoreError
from publisher.store.log_sync import (
    LOOK_AGAIN_COUNT,
    MAX_SLOW,
    QUICK_SECONDS,
    ChoosingSyncer,
    InlineSyncer,
    LogSync,
    ProcessSyncer,
)

PATIENCE_SECONDS = 20.0


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogSync]:
    (tmp_path / "publisher.db-wal").write_bytes(b"frames")
    log = LogSync(str(tmp_path / "publisher.db"))
    yield log
    log.close()


@pytest.fixture
def broken_log(tmp_path: Path) -> Iterator[LogSync]:
    """A pipe cannot be synced."""
    os.mkfifo(tmp_path / "publisher.db-wal")
    log = LogSync(str(tmp_path / "publisher.db"))
    yield log
    log.close()


class Bell:
    def __init__(self) -> None:
        self._hears, self.rings = socket.socketpair()

    def wait(self) -> None:
        assert select.select([self._hears], [], [], PATIENCE_SECONDS)[0]
        self._hears.recv(64)

    def is_silent(self) -> bool:
        return not select.select([self._hears], [], [], 0)[0]

    def close(self) -> None:
        self._hears.close()
        self.rings.close()


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell()
    yield bell
    bell.close()


@pytest.fixture
def syncer(log: LogSync, bell: Bell) -> Iterator[ProcessSyncer]:
    syncer = ProcessSyncer(log, bell.rings.fileno())
    yield syncer
    syncer.close()


def helper_of(syncer: ProcessSyncer) -> int:
    assert syncer._process
    return syncer._process.pid


def test_it_rings_when_it_is_done(syncer: ProcessSyncer, bell: Bell) -> None:
    for count in (1, 2, 3):
        syncer.begin()
        bell.wait()
        assert syncer.done_count() == count


def test_several_at_once(syncer: ProcessSyncer, bell: Bell) -> None:
    for _ in range(3):
        syncer.begin()
    while syncer.done_count() < 3:
        bell.wait()
    assert syncer.done_count() == 3


def test_signals_for_the_whole_group_do_not_end_it(syncer: ProcessSyncer, bell: Bell) -> None:
    """Ctrl-C, or a service that is told to stop: what is on the wire still has to be recorded."""
    syncer.begin()
    bell.wait()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(helper_of(syncer), number)
    syncer.begin()
    bell.wait()
    assert syncer.done_count() == 2
    assert os.getsid(helper_of(syncer)) != os.getsid(0)


def test_one_that_is_killed_is_done_without(syncer: ProcessSyncer, bell: Bell) -> None:
    syncer.begin()
    bell.wait()
    os.kill(helper_of(syncer), signal.SIGKILL)
    assert syncer._process
    syncer._process.wait(PATIENCE_SECONDS)
    for count in (2, 3):
        syncer.begin()
        assert syncer.done_count() == count


def test_one_that_cannot_be_started_is_done_without(
    syncer: ProcessSyncer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    syncer.begin()
    assert syncer.done_count() == 1


def position(process: int | str, descriptor: int) -> str:
    """Where an opened file stands, as Linux says: those that share one opening share it."""
    return Path(f"/proc/{process}/fdinfo/{descriptor}").read_text().splitlines()[0]


def test_each_has_opened_the_log_for_itself(log: LogSync, syncer: ProcessSyncer, bell: Bell) -> None:
    """Linux tells of a failure once to each opening: shared, whoever asks second would be told that all is well."""
    syncer.begin()
    bell.wait()
    os.lseek(log.descriptor(), 3, os.SEEK_SET)
    assert syncer._process
    _, its_log, _ = map(int, syncer._process.args[-3:])
    assert position(helper_of(syncer), its_log) == "pos:\t0"
    with_us = os.dup(log.descriptor())
    assert position("self", with_us) == "pos:\t3"  # the control
    os.close(with_us)


def test_it_leaves_with_its_owner(syncer: ProcessSyncer, bell: Bell) -> None:
    syncer.begin()
    bell.wait()
    syncer.close()
    assert syncer._process
    assert syncer._process.returncode == 0


def test_a_failure_is_told_and_stays(broken_log: LogSync, bell: Bell) -> None:
    """Linux says it once and forgets: a later success would be none."""
    syncer = ProcessSyncer(broken_log, bell.rings.fileno())
    syncer.begin()
    bell.wait()
    with pytest.raises(LogLost, match=r"the disk reported an error .*\(Invalid argument\)"):
        syncer.done_count()
    syncer.close()
    with pytest.raises(LogLost):
        broken_log.check()


def test_waiting_for_it(log: LogSync) -> None:
    syncer = InlineSyncer(log)
    syncer.begin()
    assert syncer.done_count() == 1
    syncer.close()


def test_waiting_for_a_disk_that_fails(broken_log: LogSync) -> None:
    syncer = InlineSyncer(broken_log)
    with pytest.raises(StoreError):
        syncer.begin()
    with pytest.raises(LogLost):
        syncer.done_count()
    syncer.close()


class Disk:
    """A clock by which each sync that is waited for takes as long as this disk does."""

    def __init__(self) -> None:
        self.takes_seconds = 0.0
        self._now = 0.0
        self._is_begun = False

    def seconds(self) -> float:
        self._now += self.takes_seconds if self._is_begun else 0.0
        self._is_begun = not self._is_begun
        return self._now


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def choosing(log: LogSync, bell: Bell, disk: Disk) -> Iterator[ChoosingSyncer]:
    syncer = ChoosingSyncer(log, bell.rings.fileno(), disk.seconds)
    yield syncer
    syncer.close()


def wait_for_the_disk(syncer: ChoosingSyncer, bell: Bell, count: int) -> None:
    for _ in range(count):
        syncer.begin()
        assert bell.is_silent()


def have_the_process_wait(syncer: ChoosingSyncer, bell: Bell, count: int) -> None:
    for number in range(syncer.done_count() + 1, syncer.done_count() + count + 1):
        syncer.begin()
        bell.wait()
        assert syncer.done_count() == number


def test_a_quick_disk_is_waited_for(choosing: ChoosingSyncer, disk: Disk, bell: Bell) -> None:
    disk.takes_seconds = QUICK_SECONDS / 2
    wait_for_the_disk(choosing, bell, 100)
    assert choosing.done_count() == 100


def test_a_slow_disk_is_not(choosing: ChoosingSyncer, disk: Disk, bell: Bell) -> None:
    disk.takes_seconds = 10 * QUICK_SECONDS
    wait_for_the_disk(choosing, bell, MAX_SLOW)
    have_the_process_wait(choosing, bell, LOOK_AGAIN_COUNT)
    # A look: one that is slow keeps it so, one that is quick does not.
    wait_for_the_disk(choosing, bell, 1)
    have_the_process_wait(choosing, bell, LOOK_AGAIN_COUNT)
    disk.takes_seconds = QUICK_SECONDS / 2
    wait_for_the_disk(choosing, bell, 100)
    assert choosing.done_count() == MAX_SLOW + 1 + 2 * LOOK_AGAIN_COUNT + 100


def test_a_few_slow_ones_make_no_slow_disk(choosing: ChoosingSyncer, disk: Disk, bell: Bell) -> None:
    for seconds in [10 * QUICK_SECONDS, 0.0] * 50:
        disk.takes_seconds = seconds
        choosing.begin()
    assert choosing.done_count() == 100
    assert bell.is_silent()


def test_nothing_overtakes_what_the_process_still_does(choosing: ChoosingSyncer, disk: Disk, bell: Bell) -> None:
    disk.takes_seconds = 10 * QUICK_SECONDS
    wait_for_the_disk(choosing, bell, MAX_SLOW)
    for _ in range(LOOK_AGAIN_COUNT + 1):  # none of them is looked for: so the process has the last one, too
        choosing.begin()
    process = choosing._process
    assert process._begun_count == LOOK_AGAIN_COUNT + 1


def test_each_crew_has_opened_the_log_for_itself(log: LogSync, bell: Bell, disk: Disk) -> None:
    """What one has been told of a failure, the other is not told by Linux if they share an opening."""
    one, two = (ChoosingSyncer(log, bell.rings.fileno(), disk.seconds) for _ in range(2))
    for number, syncer in enumerate((one, two), start=1):
        syncer.begin()
        os.lseek(syncer._by_itself._file.descriptor(), number, os.SEEK_SET)
    for number, syncer in enumerate((one, two), start=1):
        assert position("self", syncer._by_itself._file.descriptor()) == f"pos:\t{number}"
    # Whichever of its two waits, it is the same opening: nothing is told to one and asked by the other.
    assert one._process._file is one._by_itself._file
    one.close()
    two.close()


def test_a_failure_that_one_crew_has_been_told_stops_all(log: LogSync, bell: Bell, disk: Disk) -> None:
    one, two = (ChoosingSyncer(log, bell.rings.fileno(), disk.seconds) for _ in range(2))
    two.begin()
    with pytest.raises(LogLost):
        log.note(errno.EIO)
    for syncer in (one, two):
        with pytest.raises(LogLost):
            syncer.done_count()
        syncer.close()


def test_a_quick_disk_that_fails(broken_log: LogSync, bell: Bell) -> None:
    syncer = ChoosingSyncer(broken_log, bell.rings.fileno())
    with pytest.raises(LogLost):
        syncer.begin()
    with pytest.raises(LogLost):
        syncer.done_count()
    syncer.close()
