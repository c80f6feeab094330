"""Running: the processes of `publish run` that are at work on a ledger, each with a file of its own beside it.

The file is locked for as long as its process lives, and the system unlocks it however that ends: so a process number
that another program has been given since is never mistaken for ours.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from publisher.errors import StoreError
from publisher.files import write_whole


def running_folder(store_file: Path) -> Path:
    """Name the folder for the files of processes that work on this ledger."""
    return store_file.with_name(f"{store_file.name}-run")


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A process that is at work; `note` is what it last said of itself."""

    pid: int
    note: Mapping[str, Any]

    def ask_to_reload(self) -> None:
        """Ask it to read the config again."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGHUP)


def running_processes(folder: Path) -> Iterator[RunningProcess]:
    """Give the processes that are at work now; files of those that have ended are taken away."""
    for lock in sorted(folder.glob("*.lock")) if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError), lock.open("rb") as file:
            if _is_held(file.fileno()):
                yield RunningProcess(int(lock.stem), _read(lock.with_suffix(".json")))
            else:
                lock.with_suffix(".json").unlink(missing_ok=True)
                lock.unlink(missing_ok=True)


def _is_held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _read(path: Path) -> Mapping[str, Any]:
    try:
        note = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


@dataclass
class OwnFile:
    """The file of our own process: locked until it is closed, or the process has ended."""

    folder: Path
    note: dict[str, Any] = field(default_factory=dict)
    _descriptor: int = -1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> None:
        """Begin. Errors: StoreError."""
        try:
            self.folder.mkdir(exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(self._path(".lock"), flags, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            what = f"the folder of running processes cannot be used: {error.strerror}"
            hint = "Give this user the right to write beside the ledger."
            raise StoreError(what, where=str(self.folder), hint=hint) from error
        self.say()

    def say(self, **note: Any) -> None:
        """Tell others something about this process."""
        with self._lock:
            self.note |= note
            if self._descriptor >= 0:  # a thread that is late must not leave a file behind
                write_whole(self._path(".json"), json.dumps(self.note).encode())

    def close(self) -> None:
        """End."""
        with self._lock:
            for ending in (".json", ".lock"):
                self._path(ending).unlink(missing_ok=True)
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _path(self, ending: str) -> Path:
        return self.folder / f"{os.getpid()}{ending}"
