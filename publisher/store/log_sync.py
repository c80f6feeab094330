"""The write-ahead log's way to the disk, apart from SQLite's own commits.

With `synchronous = FULL` each commit ends with one `fdatasync` of the log; until that is over nobody else may write.
Sending commits with NORMAL, which leaves out just this call, and makes it here: so the next transaction goes on while
the disk writes, and a delivery starts only when the disk has written.

Where the disk is so quick that waking somebody takes as long, it is waited for. Else a process of its own makes the
call (`syncing.py`): a thread would have to take Python's lock again and again from the thread that sends. Measured, see
docs/decisions/0006-where-the-time-goes.md.

*Source:* sqlite.org/pragma.html#pragma_synchronous and `walFrames` in SQLite's wal.c (checked 2026-11-29). With NORMAL,
too, the log is synced before each checkpoint, and its header whenever it starts anew.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from publisher.store import syncing
from publisher.store.failures import disk_failure

LEAVE_SECONDS = 2.0
# To wake another process and to be woken by it takes about as long.
QUICK_SECONDS = 0.000_3
# So many more slow ones than quick ones, and the disk is slow.
MAX_SLOW = 4
# What a slow disk takes, others do meanwhile; after so many it is seen whether it still is.
LOOK_AGAIN_COUNT = 200


class LogSync:
    """Syncs one log; shared by all threads of the process.

    After one failure there is no success any more: Linux forgets what it could not write, and says so only once.
    """

    def __init__(self, database: str) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._descriptor = -1
        self._failed_number = 0

    def check(self) -> None:
        """Raise what has failed before. Errors: LogLost."""
        if self._failed_number:
            raise disk_failure(self._failed_number, self._database)

    def sync(self) -> None:
        """Wait until all that was written to the log is on the disk. Errors: LogLost."""
        self.note(syncing.sync(self.descriptor()))

    def note(self, number: int) -> None:
        """Take the result of a sync: the number of its error, or 0. Errors: LogLost."""
        self._failed_number = self._failed_number or number
        self.check()

    def open(self) -> int:
        """Open the log once more, for the caller to close; there is one as soon as something has been written."""
        # Not by the path of a connection: SQLite keeps locks on the other two files, none on this one.
        return os.open(Path(f"{self._database}-wal"), os.O_RDWR | os.O_CLOEXEC)

    def descriptor(self) -> int:
        """Give the log's own descriptor."""
        with self._lock:
            if self._descriptor < 0:
                self._descriptor = self.open()
            return self._descriptor

    def close(self) -> None:
        """Let it go."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1


class OwnFile:
    """The log, opened once more for one crew: Linux tells of a failure once to each that has opened a file."""

    def __init__(self, log: LogSync) -> None:
        self._log = log
        self._descriptor = -1

    def descriptor(self) -> int:
        """Give it, opened at its first use."""
        if self._descriptor < 0:
            self._descriptor = self._log.open()
        return self._descriptor

    def sync(self) -> None:
        """Wait until all that was written to the log is on the disk. Errors: LogLost, which all crews have then."""
        self._log.note(syncing.sync(self.descriptor()))

    def close(self) -> None:
        """Let it go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


class ChoosingSyncer:
    """`ports.ledger.Syncer` that waits by itself while the disk is quick, and has a process wait while it is not."""

    def __init__(self, log: LogSync, bell: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        file = OwnFile(log)
        self._by_itself = InlineSyncer(log, file)
        self._process = ProcessSyncer(log, bell, file)
        self._seconds = seconds
        self._slow_count = 0
        self._until_look = 0

    def begin(self) -> None:
        """Sync, or order it. What is begun is done in its order: nothing overtakes what the process still does."""
        if self._until_look > 0 or not self._process.is_idle:
            self._until_look -= 1
            self._process.begin()
            return
        began = self._seconds()
        self._by_itself.begin()
        is_slow = self._seconds() - began > QUICK_SECONDS
        self._slow_count = min(self._slow_count + 1, MAX_SLOW) if is_slow else max(self._slow_count - 1, 0)
        if self._slow_count == MAX_SLOW:
            # One that is slow then is enough to go on like this.
            self._slow_count, self._until_look = MAX_SLOW - 1, LOOK_AGAIN_COUNT

    def done_count(self) -> int:
        """Say how many of those begun are done. Errors: LogLost, also where another crew has been told of it."""
        self._log.check()
        return self._by_itself.done_count() + self._process.done_count()

    def close(self) -> None:
        """End the process, if there is one, and let go of the file."""
        self._process.close()
        self._by_itself.close()


class InlineSyncer:
    """`ports.ledger.Syncer` that waits for the disk by itself."""

    def __init__(self, log: LogSync, file: OwnFile | None = None) -> None:
        self._log = log
        self._file = file or OwnFile(log)
        self._done_count = 0

    def begin(self) -> None:
        """Sync."""
        self._file.sync()
        self._done_count += 1

    def done_count(self) -> int:
        """Count those begun. Errors: LogLost, also where another crew has been told of it."""
        self._log.check()
        return self._done_count

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class ProcessSyncer:
    """`ports.ledger.Syncer` whose process rings a bell when it is done; without one, or once it ends, it waits."""

    def __init__(self, log: LogSync, bell: int, file: OwnFile | None = None) -> None:
        self._log = log
        self._file = file or OwnFile(log)
        self._bell = bell
        self._begun_count = 0
        self._done_count = 0
        self._orders: socket.socket | None = None
        self._poll = select.poll()
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Order a sync of all that is committed by now."""
        if self._begun_count == 0:
            self._start()
        self._begun_count += 1
        try:
            if self._orders is not None:
                self._orders.send(b".")
        except OSError:
            self._do_without()
        if self._orders is None:
            self._sync()

    @property
    def is_idle(self) -> bool:
        """Say whether it is known to be done with everything."""
        return self._done_count == self._begun_count

    def done_count(self) -> int:
        """Say how many of those begun are done."""
        if self._orders is not None and self._done_count < self._begun_count and self._poll.poll(0):
            self._take(self._orders)
        return self._done_count

    def close(self) -> None:
        """End the process."""
        if self._orders is not None:
            self._orders.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # a disk that does not answer keeps nobody here
                self._process.wait(LEAVE_SECONDS)
        self._file.close()

    def _start(self) -> None:
        log = self._file.descriptor()
        orders, its_end = socket.socketpair()
        kept = (its_end.fileno(), log, self._bell)
        command = [sys.executable, "-I", "-S", syncing.__file__, *map(str, kept)]
        try:
            # In a session of its own, Ctrl-C is not meant for it.
            self._process = subprocess.Popen(command, pass_fds=kept, start_new_session=True)  # noqa: S603 - ours
        except OSError:
            orders.close()
            return
        finally:
            its_end.close()
        self._poll.register(orders, select.POLLIN)
        self._orders = orders

    def _take(self, orders: socket.socket) -> None:
        try:
            results = orders.recv(64)
        except ConnectionError:
            results = b""
        if not results:
            self._do_without()
            self._sync()
        for number in results:
            self._log.note(number)
            self._done_count += 1

    def _do_without(self) -> None:
        """The process has gone."""
        if self._orders is not None:
            self._orders.close()
        self._orders = None

    def _sync(self) -> None:
        """One call is for all that were begun."""
        self._log.sync()
        self._done_count = self._begun_count
