"""A listening socket, a thread per connection, and the ways in which a server can behave badly."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Self

from tests.servers import CERTIFICATES


class Ended(Exception):
    """The connection is over."""


class Line:
    """One connection, as the server sees it."""

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        self.sock = sock
        self.received = bytearray()
        self._unread = b""
        self._stopping = stopping

    def read_until(self, end: bytes) -> bytes:
        while end not in self._unread:
            self._read_more()
        content, _, self._unread = self._unread.partition(end)
        return content + end

    def read_exactly(self, count: int) -> bytes:
        while len(self._unread) < count:
            self._read_more()
        content, self._unread = self._unread[:count], self._unread[count:]
        return content

    def _read_more(self) -> None:
        try:
            piece = self.sock.recv(65_536)
        except OSError:
            raise Ended from None
        if not piece:
            raise Ended
        self.received += piece
        self._unread += piece

    def write(self, content: bytes) -> None:
        try:
            self.sock.sendall(content)
        except OSError:
            raise Ended from None

    def wait_for_end(self, seconds: float | None = None) -> None:
        self._stopping.wait(seconds)

    def encrypt(self) -> None:
        try:
            self.sock = server_context().wrap_socket(self.sock, server_side=True)
        except OSError:
            raise Ended from None

    def reset(self) -> None:
        """Break the connection without a goodbye."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        raise Ended


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    return context


Action = Callable[[Line], None]


def say(reply: bytes) -> Action:
    return lambda line: line.write(reply)


def hang(line: Line) -> None:
    """Keep silent until the test is over."""
    line.wait_for_end()
    raise Ended


def drop(line: Line) -> None:
    """Close politely, without a word."""
    raise Ended


def reset(line: Line) -> None:
    line.reset()


def then(*actions: Action) -> Action:
    def play(line: Line) -> None:
        for action in actions:
            action(line)

    return play


def drip(content: bytes, *, every_seconds: float) -> Action:
    """Send a byte at a time, each soon enough for a time limit that every byte renews."""

    def play(line: Line) -> None:
        for byte in content:
            line.write(bytes([byte]))
            line.wait_for_end(every_seconds)

    return play


class Listener:
    """Accept connections on loopback until the block ends; a subclass says how one is served."""

    def __init__(self, *, tls: bool = False) -> None:
        self.lines: list[Line] = []
        self._tls = tls
        self._stopping = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def serve(self, line: Line) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for line in self.lines:
            with contextlib.suppress(OSError):
                line.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            line = Line(sock, self._stopping)
            self.lines.append(line)
            thread = threading.Thread(target=self._serve_line, args=(line,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve_line(self, line: Line) -> None:
        try:
            if self._tls:
                line.encrypt()
            self.serve(line)
        except Ended:
            pass
        finally:
            line.sock.close()


def closed_port() -> int:
    """Give a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
