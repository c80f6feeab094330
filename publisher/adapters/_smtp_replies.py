"""Replies out of what a mail server sends: octet by octet as they come in, strictly by the form that they must have."""

from __future__ import annotations

import re

from publisher.adapters._smtp_nonsense import NonsenseReply

MAX_REPLY_LINE_OCTETS = 4_096  # RFC 5321 4.5.3.1.5 says 512; generous to servers that say more, checked 2026-11-23
MAX_REPLY_LINES = 100
_CODES = {b"%d" % code: code for code in range(200, 600)}
_LINE = re.compile(rb"[2-5][0-9]{2}(?:[ -][^\r\n]*)?\r?\n")


class Reply:
    """A server's reply, its lines joined by line feeds."""

    def __init__(self, code: int, text: bytes) -> None:
        self.code = code
        self.text = text


class Replies:
    """What has come in on one connection; `unread` is what no reply has been made of yet."""

    def __init__(self) -> None:
        self.unread = b""
        self._lines: list[bytes] = []
        # Replies of one good line each, the last one first, made of all that had come in.
        self._ready: list[Reply] = []

    @property
    def is_empty(self) -> bool:
        """Say whether everything has been read, and was whole."""
        return not (self.unread or self._ready or self._lines)

    def rest(self) -> bytes:
        """Give what has not been read; the line ends of whole replies are not kept."""
        if self.is_empty:
            return b""
        unfinished = [b"...", *self._lines] if self._lines else []
        ready = [b"%d %s" % (reply.code, reply.text) for reply in reversed(self._ready)]
        return b" ".join([*unfinished, *ready, self.unread])

    def add(self, received: bytes) -> None:
        """Add what has come in."""
        self.unread = self.unread + received if self.unread else received

    def next(self) -> Reply | None:
        """Give the next reply, if all of it has come in. Errors: NonsenseReply."""
        if not self._ready:
            if not self.unread:
                return None
            if self._lines or not self._make_ready():
                return self._next_of_any_form()
        return self._ready.pop()

    def _make_ready(self) -> bool:
        """Make replies of all that has come in, if it is nothing but good lines, one for each: nearly always."""
        lines = self.unread.split(b"\r\n")
        count = len(lines) - 1
        if lines.pop() or self.unread.count(b"\n") != count or self.unread.count(b"\r") != count:
            return False
        ready: list[Reply] = []
        for line in reversed(lines):
            code = _CODES.get(line[:3])
            if code is None or line[3:4] != b" ":
                return False
            ready.append(Reply(code, line[4:].strip()))
        self.unread, self._ready = b"", ready
        return True

    def _next_of_any_form(self) -> Reply | None:
        while end := self.unread.find(b"\n") + 1:
            line, self.unread = self.unread[:end], self.unread[end:]
            if not _LINE.fullmatch(line) or len(self._lines) == MAX_REPLY_LINES:
                raise NonsenseReply(line)
            self._lines.append(line[4:].strip())
            if line[3:4] != b"-":
                text, self._lines = b"\n".join(self._lines), []
                return Reply(_CODES[line[:3]], text)
        if len(self.unread) > MAX_REPLY_LINE_OCTETS:
            raise NonsenseReply(self.unread)
        return None
