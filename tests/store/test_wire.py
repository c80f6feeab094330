"""The wire log: what a connection noted last is there whenever its process is killed, and only then."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.delivery import DeliveryState
from publisher.domain.wire import Stage, WireMark, state_after_crash
from publisher.errors import StoreError, TryAgain
from publisher.store.wire import (
    HEADER_BYTES,
    SLOT_BYTES,
    MappedSlot,
    WireRecord,
    open_wire_log,
    parse_slots,
    read_boot_id,
    read_wire_records,
)

BOOT = "boot-1"


def records(folder: Path, boot: str = BOOT) -> list[WireRecord]:
    with read_wire_records(folder, boot) as found:
        return list(found)


def test_what_was_noted_last_is_read_by_another(tmp_path: Path) -> None:
    log = open_wire_log(tmp_path, "host/1", 3, BOOT)
    first, second = log.slot(0), log.slot(1)
    first.begin(11)
    first.note(Stage.ENVELOPE)
    second.begin(2**40)
    second.note(Stage.OK, "250 2.0.0 queued as ü")
    log.close(settled=False)
    (record,) = records(tmp_path)
    assert record.marks == {
        11: WireMark(11, Stage.ENVELOPE),
        2**40: WireMark(2**40, Stage.OK, "250 2.0.0 queued as ü"),
    }
    assert record.holds(f"{log.worker}/newsletter")
    assert not record.holds("host/1/other/newsletter")


def test_a_living_worker_is_seen_at_once_and_its_end_too(tmp_path: Path) -> None:
    """The lock goes with the process, however it ends; nobody has to wait for a lease."""
    code = (
        "import sys; from pathlib import Path; from publisher.store.wire import open_wire_log;"
        "log = open_wire_log(Path(sys.argv[1]), 'w', 1, 'boot-1'); log.slot(0).begin(5); print('ready', flush=True);"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        (alive,) = records(tmp_path)
        process.kill()
        process.wait()
    (dead,) = records(tmp_path)
    assert (alive.is_alive, dead.is_alive) == (True, False)
    assert dead.marks == {5: WireMark(5, Stage.STARTED)}


def test_after_another_boot_nothing_is_believed(tmp_path: Path) -> None:
    log = open_wire_log(tmp_path, "w", 1, BOOT)
    log.slot(0).begin(5)
    log.close(settled=False)
    (record,) = records(tmp_path, "boot-2")
    assert (record.is_alive, record.marks) == (False, None)


def test_without_a_name_for_the_boot_nothing_is_believed(tmp_path: Path) -> None:
    open_wire_log(tmp_path, "w", 1, "").close(settled=False)
    assert [record.marks for record in records(tmp_path, "")] == [None]


def test_what_is_settled_is_forgotten(tmp_path: Path) -> None:
    open_wire_log(tmp_path, "w", 1, BOOT).close(settled=True)
    assert list(tmp_path.iterdir()) == []


def test_the_dead_are_forgotten_once_they_are_settled(tmp_path: Path) -> None:
    """Not before: if the ledger could not record it, the next one reads it again."""
    open_wire_log(tmp_path, "w", 1, BOOT).close(settled=False)
    with pytest.raises(ZeroDivisionError), read_wire_records(tmp_path, BOOT):
        raise ZeroDivisionError
    assert len(records(tmp_path)) == 1
    assert records(tmp_path) == []


class Recording(bytearray):
    """A memory that keeps a picture of itself after each byte: what another process finds after a kill there."""

    def __init__(self) -> None:
        super().__init__(HEADER_BYTES + SLOT_BYTES)
        self.pictures: list[bytes] = []

    def __setitem__(self, where: Any, what: Any) -> None:
        places = range(*where.indices(len(self))) if isinstance(where, slice) else [where]
        for place, byte in zip(places, what if isinstance(where, slice) else [what], strict=True):
            super().__setitem__(place, byte)
            self.pictures.append(bytes(self))


class OtherWayRound(MappedSlot):
    """A slot that takes the next delivery before it lets go of the stage of the last: the control."""

    __slots__ = ()

    def begin(self, delivery_id: int) -> None:
        self._memory[self._base + 8 : self._base + 16] = struct.pack("=q", delivery_id)
        self.note(Stage.STARTED)


def wrong_after_a_kill(kind: type[MappedSlot]) -> list[WireMark]:
    """Give the notes about a second delivery that are wrong at some moment: accepted before it is, or not yet sent
    though its dot is noted."""
    memory = Recording()
    slot = kind(memory, 0)  # type: ignore[arg-type]
    slot.begin(1)
    slot.note(Stage.OK, "250 first")
    moments = [(Stage.IDLE, slot.begin, 2), *((stage, slot.note, stage) for stage in (Stage.ENVELOPE, Stage.DOT))]
    wrong = []
    for _, act, what in moments:
        before = len(memory.pictures)
        act(what)  # type: ignore[arg-type]
        marks = [parse_slots(picture).get(2) for picture in memory.pictures[before:]]
        wrong += [mark for mark in marks if state_after_crash(mark) is DeliveryState.ACCEPTED and mark]
    before = len(memory.pictures)
    slot.note(Stage.OK, "250 second")
    for picture in memory.pictures[before:]:
        mark = parse_slots(picture)[2]
        if mark not in (WireMark(2, Stage.DOT, mark.receipt), WireMark(2, Stage.OK, "250 second")):
            wrong.append(mark)
    return wrong


def test_killed_between_any_two_bytes() -> None:
    """Whatever moment the kill hits, a delivery never has the stage of the one before, and a receipt is whole."""
    assert wrong_after_a_kill(MappedSlot) == []


def test_the_other_way_round_is_found_out() -> None:
    assert wrong_after_a_kill(OtherWayRound) != []


def test_a_delivery_that_was_tried_twice_counts_by_the_gravest_note(tmp_path: Path) -> None:
    log = open_wire_log(tmp_path, "w", 2, BOOT)
    for number, stage in enumerate((Stage.DOT, Stage.NO)):
        log.slot(number).begin(9)
        log.slot(number).note(stage)
    log.close(settled=False)
    (record,) = records(tmp_path)
    assert record.marks == {9: WireMark(9, Stage.DOT)}


@pytest.mark.parametrize("content", [b"", b"\0" * 600, b"{", b'{"version": 2, "worker": "w"}', b"[]"])
def test_a_header_that_a_power_cut_has_eaten(tmp_path: Path, content: bytes) -> None:
    """Whose it was is not known: it says nothing about anybody, and goes."""
    (tmp_path / "x.slots").write_bytes(content)
    (record,) = records(tmp_path)
    assert not record.holds("w/newsletter")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="wire log cannot be written"):
        open_wire_log(tmp_path / "file", "w", 1, BOOT)


def test_a_full_disk_is_noticed_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not as a signal in the middle of a message, when a page of the mapped file cannot be had."""
    import errno
    import os

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(TryAgain, match="No space left"):
        open_wire_log(tmp_path, "w", 1, BOOT)


def test_linux_names_its_boot() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux has a name for a boot")
    assert len(read_boot_id()) == 36
