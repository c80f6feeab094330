"""The wire log as files beside the store: one a run, held locked by the living process, mapped into its memory.

A file is a header and a few slots. A slot is changed by single stores into the mapped memory: no system call, no sync,
and whenever the process is killed, the kernel still has the last of them. After a power cut nothing of it is believed.
"""

from __future__ import annotations

import contextlib
import errno
import json
import mmap
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from publisher.domain.wire import Stage, WireMark
from publisher.errors import StoreError, TryAgain

HEADER_BYTES = 512
SLOT_BYTES = 256
# stage, (padding), delivery, length of the receipt, receipt
_STAGE = 0
_DELIVERY = struct.Struct("=q")
_DELIVERY_AT = 8
_LENGTH = struct.Struct("=H")
_LENGTH_AT = 16
_RECEIPT_AT = 18
_RECEIPT_BYTES = SLOT_BYTES - _RECEIPT_AT
_NO_RECEIPT = _LENGTH.pack(0)
SUFFIX = ".slots"

_GRAVITY = (Stage.IDLE, Stage.NO, Stage.ENVELOPE, Stage.OK, Stage.STARTED, Stage.DOT)

# A new random identifier for each boot. Source: random(4) of Linux, "boot_id", checked 2026-11-23.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def read_boot_id() -> str:
    """Name this boot of this machine; empty where the system has no name for it, and then nothing is believed."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def open_wire_log(folder: Path, worker: str, slot_count: int, boot_id: str) -> MappedWireLog:
    """Begin a run's file. Errors: TryAgain if the disk is full, StoreError."""
    try:
        return MappedWireLog(folder, worker, slot_count, boot_id)
    except OSError as error:
        what = f"the wire log cannot be written: {error.strerror}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TryAgain(what, where=str(folder), hint="Make room, then run the same command again.") from None
        hint = "Give this user the right to write to the ledger's folder."
        raise StoreError(what, where=str(folder), hint=hint) from None


def wire_folder(database: Path) -> Path:
    """Name the folder beside a database file."""
    return database.with_name(f"{database.name}-wire")


class MappedSlot:
    """One connection's place in the mapped file.

    The order of the stores matters: a kill between any two of them must never show a delivery as further, or less far,
    than it is. So the stage goes to IDLE before the delivery changes, and to OK only when the receipt is there.
    """

    __slots__ = ("_base", "_memory")

    def __init__(self, memory: mmap.mmap, number: int) -> None:
        self._memory = memory
        self._base = HEADER_BYTES + number * SLOT_BYTES

    @property
    def stage(self) -> Stage:
        """Say how far it has come."""
        return Stage(self._memory[self._base + _STAGE])

    def begin(self, delivery_id: int) -> None:
        """Note that this delivery is handed to the adapter."""
        memory, base = self._memory, self._base
        memory[base + _STAGE] = Stage.IDLE
        memory[base + _LENGTH_AT : base + _RECEIPT_AT] = _NO_RECEIPT
        memory[base + _DELIVERY_AT : base + _LENGTH_AT] = _DELIVERY.pack(delivery_id)
        memory[base + _STAGE] = Stage.STARTED

    def note(self, stage: Stage, receipt: str = "") -> None:
        """Note how far it has come."""
        memory, base = self._memory, self._base
        if receipt:
            text = receipt.encode("utf-8")[:_RECEIPT_BYTES]
            memory[base + _RECEIPT_AT : base + _RECEIPT_AT + len(text)] = text
            memory[base + _LENGTH_AT : base + _RECEIPT_AT] = _LENGTH.pack(len(text))
        memory[base + _STAGE] = stage


class MappedWireLog:
    """One run's file, locked for as long as this process lives."""

    def __init__(self, folder: Path, worker: str, slot_count: int, boot_id: str) -> None:
        name = os.urandom(4).hex()
        self.worker = f"{worker}/{name}"
        self._path = folder / f"{name}{SUFFIX}"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._descriptor = self._make(boot_id, HEADER_BYTES + slot_count * SLOT_BYTES)
        self._memory = mmap.mmap(self._descriptor, 0)

    def _make(self, boot_id: str, size: int) -> int:
        """Make the file, lock it, and only then give it the name that others look for."""
        header = json.dumps({"version": 1, "boot": boot_id, "worker": self.worker}).encode()
        if len(header) >= HEADER_BYTES:
            raise StoreError(f"the worker's name is too long: {self.worker!r}", where=str(self._path))
        draft = self._path.with_suffix(".new")
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        _try_lock(descriptor)
        # Written, not left as a hole: a full disk must show here, not as a signal in the middle of a message.
        os.pwrite(descriptor, header.ljust(size, b"\0"), 0)
        draft.rename(self._path)
        return descriptor

    def slot(self, number: int) -> MappedSlot:
        """Give one of the slots."""
        return MappedSlot(self._memory, number)

    def close(self, *, settled: bool) -> None:
        """Let go of the file; forget it if the ledger has all that it says."""
        import fcntl

        if settled:
            self._path.unlink(missing_ok=True)
        # The mapping stays: a thread that has to be left behind may still write into it. The lock goes, and is told
        # to, since the mapping holds the file open by a descriptor of its own.
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)


@dataclass(frozen=True, slots=True)
class WireRecord:
    """What a run's file says, read by another process. `marks` is None where it is from another boot."""

    worker: str
    is_alive: bool
    marks: Mapping[int, WireMark] | None
    path: Path

    def holds(self, claimed_by: str) -> bool:
        """Say whether a claim is this run's."""
        return claimed_by == self.worker or claimed_by.startswith(f"{self.worker}/")


def count_lost_runs(folder: Path) -> int:
    """Count the files of runs that have ended without settling what they say; nothing is changed."""
    count = 0
    for path in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(FileNotFoundError), contextlib.ExitStack() as held:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            held.callback(os.close, descriptor)
            count += _try_lock(descriptor)
    return count


@contextlib.contextmanager
def read_wire_records(folder: Path, boot_id: str) -> Iterator[list[WireRecord]]:
    """Read all files of a folder; the dead ones are held until the end and then forgotten, if nothing was raised."""
    with contextlib.ExitStack() as held:
        records = [
            record
            for path in sorted(folder.glob(f"*{SUFFIX}"))
            if (record := _read_record(path, boot_id, held)) is not None
        ]
        yield records
        for record in records:
            if not record.is_alive:
                record.path.unlink(missing_ok=True)


def _read_record(path: Path, boot_id: str, held: contextlib.ExitStack) -> WireRecord | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None  # another process has just settled it
    held.callback(os.close, descriptor)
    is_alive = not _try_lock(descriptor)
    content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    header = _parse_header(content)
    if header is None:  # a power cut came before it was on the disk: whose it was is not known, leases will tell
        return WireRecord("", is_alive, None, path)
    is_of_this_boot = boot_id != "" and header.get("boot") == boot_id
    return WireRecord(header["worker"], is_alive, parse_slots(content) if is_of_this_boot else None, path)


def _parse_header(content: bytes) -> dict[str, str] | None:
    try:
        header = json.loads(content[:HEADER_BYTES].rstrip(b"\0"))
    except ValueError:
        return None
    is_ours = isinstance(header, dict) and header.get("version") == 1 and isinstance(header.get("worker"), str)
    return header if is_ours and header["worker"] else None


def parse_slots(content: bytes) -> dict[int, WireMark]:
    """Read a file's slots: for each delivery what its connection noted last."""
    marks = [_parse_slot(content[at : at + SLOT_BYTES]) for at in range(HEADER_BYTES, len(content), SLOT_BYTES)]
    # A delivery that was tried again in the same run may stand in two slots: the gravest note counts.
    marks.sort(key=lambda mark: _GRAVITY.index(mark.stage))
    return {mark.delivery_id: mark for mark in marks if mark.stage is not Stage.IDLE}


def _parse_slot(slot: bytes) -> WireMark:
    (length,) = _LENGTH.unpack_from(slot, _LENGTH_AT)
    (delivery_id,) = _DELIVERY.unpack_from(slot, _DELIVERY_AT)
    receipt = slot[_RECEIPT_AT : _RECEIPT_AT + min(length, _RECEIPT_BYTES)].decode("utf-8", "replace")
    return WireMark(delivery_id, Stage(slot[_STAGE]), receipt)


def _try_lock(descriptor: int) -> bool:
    """Take the lock that says that the run's process lives; False if it does."""
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
