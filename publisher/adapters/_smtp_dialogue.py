"""smtplib with strict replies, a deadline for each of them, and a look at what the server says unasked."""

from __future__ import annotations

import contextlib
import math
import select
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from publisher.adapters._smtp_nonsense import NonsenseReply
from publisher.adapters._smtp_replies import Replies, Reply
from publisher.ports.clock import Clock

READ_AT_ONCE_BYTES = 8_192
MAX_PIECES = 1_000  # for one call; Linux takes 1,024: sendmsg(2) and limits.h, checked 2026-11-29
GOODBYE_SECONDS = 2.0  # nothing depends on the answer to QUIT
# Changing a socket's time limit costs two system calls. While this share of a reply's time is left, it stays as it is.
NEARLY = 0.9


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom to talk to, under which name of ours, how long one reply may take, and until when all has to be done.

    `deadline_seconds` is on the monotonic clock.
    """

    host: str
    port: int
    helo_name: str
    reply_seconds: float
    deadline_seconds: float = math.inf


class Dialogue(smtplib.SMTP):
    """A dialogue that connects when it is made. `secrets` are hidden in whatever is quoted of it.

    `deadline_seconds`, on the monotonic clock, ends every wait: one for the whole of a message, connecting included.
    """

    def __init__(self, peer: Peer, clock: Clock, **options: Any) -> None:
        self.secrets: tuple[str, ...] = ()
        self.message_count = 0
        self.deadline_seconds = peer.deadline_seconds
        self._reply_seconds = peer.reply_seconds
        self._clock = clock
        self._replies = Replies()
        self._poll: select.poll | None = None
        # What a socket that does not block waits for; TLS may have to read before it can write.
        self.awaited = select.POLLIN
        super().__init__(peer.host, peer.port, peer.helo_name, timeout=self._longest_wait(), **options)
        self._socket().settimeout(self._reply_seconds)
        # Without it the last small piece of a message waits for the acknowledgement of the one before.
        self._socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply, for smtplib."""
        reply = self.read_reply()
        return reply.code, reply.text

    def read_reply(self, seconds: float | None = None) -> Reply:
        """Read one reply; bytes that drip in do not renew its time limit.

        Errors: SMTPServerDisconnected, TimeoutError, NonsenseReply; each of them ends the dialogue.
        """
        deadline = self.deadline_of(seconds or self._reply_seconds)
        while (reply := self.next_reply()) is None:
            self._replies.add(self._receive(deadline))
        return reply

    def _longest_wait(self) -> float:
        """Say how long something may take that is no reply: a connection, a handshake."""
        left = self.deadline_seconds - self._clock.monotonic_seconds()
        return max(min(left, self._reply_seconds), 0.001)

    def deadline_of(self, seconds: float) -> float:
        """Say until when, on the monotonic clock, something that may take so long is waited for."""
        return min(self._clock.monotonic_seconds() + seconds, self.deadline_seconds)

    def next_reply(self) -> Reply | None:
        """Give the next reply, if all of it has come in. Errors: NonsenseReply; it ends the dialogue."""
        try:
            return self._replies.next()
        except NonsenseReply:
            self.close()
            raise

    def starttls(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Encrypt. What came in clear together with the server's go-ahead may be forged (CVE-2011-0411)."""
        self._socket().settimeout(self._longest_wait())
        answer = super().starttls(*args, **options)
        self._socket().settimeout(self._reply_seconds)
        if early := self.said_early():
            self.close()
            raise NonsenseReply(early)
        return answer

    def said_early(self) -> bytes:
        """Give what has come in before it was asked for."""
        return self._replies.rest()

    def write(self, content: bytes) -> None:
        """Write all of it in one go. Errors: OSError if not all of it was handed over."""
        sock = self._socket()
        left = self.deadline_seconds - self._clock.monotonic_seconds()
        if left >= self._reply_seconds:
            sock.sendall(content)
            return
        sock.settimeout(max(left, 0.001))
        try:
            sock.sendall(content)
        finally:
            sock.settimeout(self._reply_seconds)

    def write_some(self, pieces: Sequence[bytes | memoryview]) -> Sequence[bytes | memoryview]:
        """Write what fits without waiting, and give the rest. For sockets that do not block. Errors: OSError."""
        sock = self._socket()
        if len(pieces) > 1 and (len(pieces) > MAX_PIECES or isinstance(sock, ssl.SSLSocket)):
            pieces = [b"".join(pieces)]
        self.awaited = select.POLLOUT
        try:
            return _rest(pieces, sock.sendmsg(pieces) if len(pieces) > 1 else sock.send(pieces[0]))
        except (BlockingIOError, ssl.SSLWantWriteError):
            return pieces
        except ssl.SSLWantReadError:
            self.awaited = select.POLLIN
            return pieces

    def read_some(self) -> None:
        """Read what is there without waiting. For sockets that do not block. Errors: SMTPServerDisconnected."""
        try:
            received = (self.sock or self._socket()).recv(READ_AT_ONCE_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError):
            self.awaited = select.POLLIN
        except ssl.SSLWantWriteError:
            self.awaited = select.POLLOUT
        except OSError as error:
            raise self._disconnected(f"the connection broke: {error.strerror}") from None
        else:
            if not received:
                raise self._disconnected("the server ended the connection")
            self._replies.add(received)

    def fileno(self) -> int:
        """Give the descriptor to wait for. Errors: SMTPServerDisconnected."""
        return self._socket().fileno()

    def block(self, wanted: bool) -> None:
        """Say whether reads and writes wait."""
        self._socket().settimeout(self._reply_seconds if wanted else 0.0)

    def has_something_to_say(self) -> bool:
        """Say whether bytes, or the connection's end, wait to be read."""
        sock = self.sock
        if sock is None or not self._replies.is_empty or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            return True
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(sock, select.POLLIN)
        return bool(self._poll.poll(0))

    def offers(self, extension: str) -> bool:
        """Say whether the server has named an extension, given in small letters."""
        return extension in self.esmtp_features

    def encryption(self) -> str:
        """Name the version of TLS."""
        version = self.sock.version() if isinstance(self.sock, ssl.SSLSocket) else None
        return version or "not encrypted"

    def certificate_end(self) -> datetime | None:
        """Say until when the server's certificate is valid; None if the connection is not encrypted."""
        certificate = self.sock.getpeercert() if isinstance(self.sock, ssl.SSLSocket) else None
        end = certificate.get("notAfter") if certificate else None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(end), UTC) if isinstance(end, str) else None

    def leave(self) -> None:
        """Say QUIT and wait a moment for the answer."""
        self.deadline_seconds = self._clock.monotonic_seconds() + GOODBYE_SECONDS
        with contextlib.suppress(OSError):
            self.block(True)
            self.quit()
        self.close()

    def cut(self) -> None:
        """End the connection from another thread: whoever waits for a reply waits no more."""
        if self.sock is not None:
            with contextlib.suppress(OSError):  # it may be gone already
                self.sock.shutdown(socket.SHUT_RDWR)

    def _receive(self, deadline: float) -> bytes:
        try:
            received = self._receive_until(deadline)
        except TimeoutError:
            self.close()
            raise
        except OSError as error:
            raise self._disconnected(f"the connection broke: {error.strerror}") from None
        if not received:
            raise self._disconnected("the server ended the connection")
        return received

    def _disconnected(self, what: str) -> smtplib.SMTPServerDisconnected:
        self.close()
        return smtplib.SMTPServerDisconnected(what)

    def _receive_until(self, deadline: float) -> bytes:
        """Read what is there. The socket's own time limit, one reply's, is changed only where less is left."""
        sock = self._socket()
        while True:
            left = deadline - self._clock.monotonic_seconds()
            is_short = left < self._reply_seconds * NEARLY
            if is_short:
                sock.settimeout(max(left, 0.001))
            try:
                return sock.recv(READ_AT_ONCE_BYTES)
            except TimeoutError:
                if is_short:
                    raise
            finally:
                if is_short:
                    sock.settimeout(self._reply_seconds)

    def _socket(self) -> socket.socket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        return self.sock


def _rest(pieces: Sequence[bytes | memoryview], written_count: int) -> Sequence[bytes | memoryview]:
    """Give what is left after so many octets; nothing is copied."""
    for index, piece in enumerate(pieces):
        if written_count < len(piece):
            return [memoryview(piece)[written_count:], *pieces[index + 1 :]]
        written_count -= len(piece)
    return ()


class TlsDialogue(Dialogue, smtplib.SMTP_SSL):
    """The same over TLS from the first byte; takes `context`."""
