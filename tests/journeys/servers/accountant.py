"""A mail server that keeps account of what it has taken, and kills whoever sends at a moment that the test chose.

One thread, and one event after the other: what it has not replied to, it has not come to. Settings that a test may tell
it: `pid` (whom to kill, or null), with `moment`, `nth`, `delay_seconds` and `connections` as in `Aim`; `forget`; `keep`
(from then on, each message is kept as it came in); `expect` (report once so many are taken).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from tests.journeys.servers.control import ServerProcess, listen_to_test, report

DOT = b"\r\n.\r\n"
KEPT = "messages"


class Moment(StrEnum):
    """When the sender is killed. At a final dot, the server may have taken the message or forget it."""

    GREETING = "connected, not greeted yet"
    ENVELOPE = "sender and recipient have come in"
    GO_AHEAD = "just asked for the body"
    BODY = "the body has begun to come in"
    UNTAKEN = "the final dot has come in; the message is forgotten"
    TAKEN = "the message is taken, and no reply says so"
    REPLIED = "the reply has just left"
    SOON_AFTER = "a moment after the reply"
    ALL_AT_THE_DOT = "every connection waits for the reply to its final dot"


@dataclass(frozen=True)
class Aim:
    """Kill at this moment of the `nth` message of a run."""

    moment: Moment
    nth: int = 1
    delay_seconds: float = 0.0
    connections: int = 1


@dataclass(frozen=True)
class Kept:
    """A message as it came in: envelope and what followed DATA, with its dots."""

    sender: str
    recipient: str
    wire: bytes


class Accountant(ServerProcess):
    """The server as the test sees it."""

    def __init__(self, folder: Path) -> None:
        super().__init__("accountant", folder)

    def aim(self, pid: int | None = None, aim: Aim | None = None) -> None:
        """Aim at a run that has just begun, or at none."""
        self.tell(pid=pid if aim else None, **vars(aim or Aim(Moment.GREETING)))

    def taken(self) -> Counter[str]:
        """Give how many messages each recipient was sent that the server has taken."""
        return Counter(self.tell()["taken"])

    def forget(self) -> None:
        """Begin a new account; nobody may be sending."""
        self.tell(forget=True)

    def keep(self) -> None:
        """Keep all messages from now on."""
        self.tell(keep=True)

    def kept(self) -> Iterator[Kept]:
        """Give what was kept, in order."""
        with (self.folder / KEPT).open("rb") as file:
            while head := file.readline():
                sender, recipient, size = head.decode().split()
                yield Kept(sender, recipient, file.read(int(size)))

    def wait_until_taken(self, count: int) -> None:
        """Wait until so many messages are taken."""
        self.tell(expect=count)
        self.wait_for("reached")

    def taken_count(self) -> int:
        return int(self.tell(brief=True)["count"])


class Killer:
    """Knows whom to kill, and when."""

    def __init__(self) -> None:
        self.aim = Aim(Moment.GREETING)
        self.count = self.waiting_count = 0
        self._handle: int | None = None

    def load(self, pid: int | None, aim: Aim) -> None:
        self.aim, self.count, self.waiting_count = aim, 0, 0
        if self._handle is not None:
            os.close(self._handle)
        self._handle = os.pidfd_open(pid) if pid is not None else None

    def strikes(self, moment: Moment) -> bool:
        """Say whether it is this moment, of the right message."""
        if self._handle is None or moment is not self.aim.moment:
            return False
        self.count += 1
        return self.count == self.aim.nth

    def waits(self) -> bool:
        """Say whether this connection waits, so that all do."""
        if self._handle is None or self.aim.moment is not Moment.ALL_AT_THE_DOT:
            return False
        self.count += 1
        self.waiting_count += self.count >= self.aim.nth
        if self.waiting_count == self.aim.connections:
            self.shoot()
        return self.count >= self.aim.nth

    def shoot(self) -> None:
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)


class Books:
    """What was taken, and the killer; used in the server's process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self.taken: Counter[str] = Counter()
        self.killer = Killer()
        self.lock = threading.Lock()
        self._expected: int | None = None

    def change(self, settings: dict[str, Any]) -> None:
        with self.lock:
            if settings.get("keep"):
                self._file = (self._folder / KEPT).open("wb")
            if settings.get("forget"):
                self.taken.clear()
            if "pid" in settings:
                pid, moment = settings.pop("pid"), Moment(settings.pop("moment"))
                self.killer.load(pid, Aim(moment, **settings))
            self._expected = settings.get("expect", self._expected)
            values = {"count": self.taken.total()} if settings.get("brief") else {"taken": self.taken}
            report("told", **values)
            self._look_at_count()

    def take(self, message: Kept) -> None:
        self.taken[message.recipient] += 1
        if self._file is not None:
            self._file.write(f"{message.sender} {message.recipient} {len(message.wire)}\n".encode() + message.wire)
            self._file.flush()
        self._look_at_count()

    def _look_at_count(self) -> None:
        if self._expected is not None and self.taken.total() >= self._expected:
            self._expected = None
            report("reached")


class Over(Exception):
    """The dialogue is over; its sender may be dead."""


class Connection:
    """One dialogue: a generator of replies, or of nothing where more has to come in first."""

    def __init__(self, sock: socket.socket, books: Books) -> None:
        self.sock = sock
        self._books = books
        self._unread = bytearray()
        self._dialogue = self._talk()
        self._say(next(self._dialogue))

    def take(self, content: bytes) -> None:
        """Go on with what has come in. Errors: Over."""
        self._unread += content
        while reply := next(self._dialogue):
            self._say(reply)

    def _say(self, reply: bytes) -> None:
        if reply:
            with contextlib.suppress(OSError):  # the sender may be gone
                self.sock.sendall(reply)

    def _talk(self) -> Iterator[bytes]:
        killer = self._books.killer
        if killer.strikes(Moment.GREETING):
            self._shoot()
        yield b"220 mail.example.org ESMTP\r\n"
        sender = recipient = ""
        while True:
            command = yield from self._until(b"\r\n")
            match command[:4].upper():
                case b"MAIL":
                    sender = _path_of(command)
                    yield b"250 2.1.0 ok\r\n"
                case b"EHLO":
                    yield b"250-mail.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10000000\r\n"
                case b"RCPT":
                    recipient = _path_of(command)
                    if killer.strikes(Moment.ENVELOPE):
                        self._shoot()
                    yield b"250 2.1.5 ok\r\n"
                case b"DATA":
                    yield from self._take_body(sender, recipient)
                case b"QUIT":
                    yield b"221 2.0.0 bye\r\n"
                    raise Over
                case _:
                    yield b"250 2.0.0 ok\r\n"

    def _take_body(self, sender: str, recipient: str) -> Iterator[bytes]:
        killer = self._books.killer
        yield b"354 go ahead\r\n"
        if killer.strikes(Moment.GO_AHEAD):
            self._shoot()
        while not self._unread:
            yield b""
        if killer.strikes(Moment.BODY):
            self._shoot()
        wire = yield from self._until(DOT)
        if killer.strikes(Moment.UNTAKEN):
            self._shoot()
        self._books.take(Kept(sender, recipient, wire))
        if killer.strikes(Moment.TAKEN):
            self._shoot()
        if killer.waits():
            while True:
                yield b""
        yield b"250 2.0.0 taken\r\n"
        if killer.strikes(Moment.REPLIED):
            self._shoot()
        if killer.strikes(Moment.SOON_AFTER):
            threading.Timer(killer.aim.delay_seconds, killer.shoot).start()

    def _until(self, end: bytes) -> Generator[bytes, None, bytes]:
        while (at := self._unread.find(end)) < 0:
            yield b""
        found = bytes(self._unread[: at + len(end)])
        del self._unread[: at + len(end)]
        return found

    def _shoot(self) -> None:
        self._books.killer.shoot()
        raise Over


def _path_of(command: bytes) -> str:
    return command[command.index(b"<") + 1 : command.index(b">")].decode()


def serve(listening: socket.socket, books: Books) -> None:
    """Take one event after the other, for ever."""
    selector = selectors.DefaultSelector()
    selector.register(listening, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            with books.lock:
                if key.data is None:
                    _accept(listening, selector, books)
                else:
                    _read(key.data, selector)


def _accept(listening: socket.socket, selector: selectors.BaseSelector, books: Books) -> None:
    sock, _ = listening.accept()
    try:
        selector.register(sock, selectors.EVENT_READ, Connection(sock, books))
    except Over:
        sock.close()


def _read(connection: Connection, selector: selectors.BaseSelector) -> None:
    try:
        content = connection.sock.recv(1 << 18)
        if not content:
            raise Over
        connection.take(content)
    except (Over, OSError):
        selector.unregister(connection.sock)
        connection.sock.close()


def main() -> None:
    books = Books(Path(sys.argv[1]))
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        threading.Thread(target=serve, args=(listening, books), daemon=True).start()
        report("listening", port=listening.getsockname()[1])
        listen_to_test(books.change)
        os._exit(0)  # the other thread waits for events


if __name__ == "__main__":
    main()
