"""Power cuts: the files as they would be on the disk, rebuilt from strace's record of what a run wrote and synced.

What was synced is there. Of what was written since, any part may be. A mapped file is not seen by strace: the wire log
is taken as it was, and is from another boot.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# SQLite syncs with either; -s has to be longer than any write.
RECORD = ["-y", "-xx", "-s", "1000000", "-e", "trace=pwrite64,fdatasync,fsync,ftruncate"]

_CALL = re.compile(r"(?P<thread>\d+) +(?P<name>\w+)\(\d+<(?P<path>[^>]*)>(?P<rest>.*)")
_RESUMED = re.compile(r"(?P<thread>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)")
_WRITE = re.compile(r', "(?P<content>[^"]*)", \d+, (?P<offset>\d+)')
_RESULT = re.compile(r"\) += (?P<result>\d+)")
_LENGTH = re.compile(r", (?P<length>\d+)")
_BOOT = re.compile(rb'(?<="boot": ")[^"]*')

Change = Callable[[bytearray], None]


@dataclass
class Disk:
    """One file: what is surely on the disk, and what has been written since."""

    content: bytearray
    unsynced: list[Change] = field(default_factory=list)
    synced_count: int = 0

    @property
    def written_count(self) -> int:
        """How much was ever written, up to now."""
        return self.synced_count + len(self.unsynced)

    def sync(self, written_count: int) -> None:
        """Have the first so many on the disk: a sync speaks of what was written before it began."""
        count = max(0, written_count - self.synced_count)
        for change in self.unsynced[:count]:
            change(self.content)
        del self.unsynced[:count]
        self.synced_count += count

    def cut(self, chance: random.Random) -> bytes:
        """Give what a power cut leaves."""
        survivors = [change for change in self.unsynced if chance.random() < 0.5]
        for change in survivors:
            change(self.content)
        return bytes(self.content)


def files_of(database: Path) -> list[Path]:
    return [database, database.with_name(f"{database.name}-wal")]


def read_files(database: Path) -> dict[Path, bytes]:
    """Take the files as they are before a run."""
    return {path: path.read_bytes() if path.exists() else b"" for path in files_of(database)}


def options(database: Path) -> list[str]:
    """Record the database's files only."""
    return [*RECORD, *(word for path in files_of(database) for word in ("-P", str(path)))]


def cut_power(database: Path, before: Mapping[Path, bytes], trace: Path, chance: random.Random) -> None:
    """Put the files into the state that a power cut at the end of the record leaves."""
    disks = {str(path): Disk(bytearray(content)) for path, content in before.items()}
    replay(trace, disks)
    for path, disk in disks.items():
        Path(path).write_bytes(disk.cut(chance))
    database.with_name(f"{database.name}-shm").unlink(missing_ok=True)
    for slots in database.with_name(f"{database.name}-wire").glob("*"):
        slots.write_bytes(_BOOT.sub(lambda boot: b"0" * len(boot[0]), slots.read_bytes()))


def replay(trace: Path, disks: Mapping[str, Disk]) -> None:
    """Do to the disks what the record says. Others write while one syncs: that counts from its begin."""
    begun: dict[str, tuple[Disk, str, str, int]] = {}
    for line in trace.read_text(encoding="ascii").splitlines():
        call, resumed = _CALL.match(line), _RESUMED.match(line)
        if call is not None:
            disk, rest = disks[_plain(call["path"]).decode()], call["rest"]
            if "<unfinished" in rest:
                begun[call["thread"]] = (disk, call["name"], rest, disk.written_count)
            elif _RESULT.search(rest):
                _apply(disk, call["name"], rest, disk.written_count)
        elif resumed is not None and resumed["thread"] in begun:
            disk, name, rest, before_count = begun.pop(resumed["thread"])
            if _RESULT.search(resumed["rest"]):
                _apply(disk, name, rest, before_count)
    for disk, name, rest, before_count in begun.values():  # under way when the power went: may be there, is not synced
        if not name.endswith("sync"):
            _apply(disk, name, rest, before_count)


def _apply(disk: Disk, name: str, rest: str, before_count: int) -> None:
    if name in ("fsync", "fdatasync"):
        disk.sync(before_count)
    elif name == "ftruncate":
        length = _LENGTH.match(rest)
        assert length, rest
        disk.unsynced.append(_truncation(int(length["length"])))
    else:
        write = _WRITE.match(rest)
        assert write, rest[:100]
        disk.unsynced.append(_write(int(write["offset"]), _plain(write["content"])))


def _plain(text: str) -> bytes:
    """Read what -xx has written, each byte as two hex digits."""
    return bytes.fromhex(text.replace("\\x", ""))


def _write(offset: int, content: bytes) -> Change:
    def change(disk: bytearray) -> None:
        disk.extend(bytes(max(0, offset + len(content) - len(disk))))
        disk[offset : offset + len(content)] = content

    return change


def _truncation(length: int) -> Change:
    def change(disk: bytearray) -> None:
        del disk[length:]
        disk.extend(bytes(length - len(disk)))

    return change
