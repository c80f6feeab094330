"""Replies out of what a mail server sends: octet by octet as they come in, strictly by the form that they must have."""

from __future__ import annotations

from publisher.adapters._smtp_nonsense import NonsenseReply

MAX_REPLY_LINE_OCTETS = 4_096  # RFC 5321 4.5.3.1.5 says 512; generous to servers that say more, checked 2026-11-23
MAX_REPLY_LINES = 100
_CR, _SPACE, _HYPHEN, _TWO, _FIVE = b"\r -25"


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

    def add(self, received: bytes) -> None:
        """Add what has come in."""
        self.unread = self.unread + received if self.unread else received

    def next(self) -> Reply | None:
        """Give the next reply, if all of it has come in. Errors: NonsenseReply."""
        while end := self.unread.find(b"\n") + 1:
            line = self.unread[:end]
            self.unread = self.unread[end:]
            text_end = _end_of_text(line)
            if text_end < 0 or len(self._lines) == MAX_REPLY_LINES:
                raise NonsenseReply(line)
            text = line[4:text_end].strip()
            if text_end > 3 and line[3] == _HYPHEN:
                self._lines.append(text)
                continue
            if self._lines:
                text = b"\n".join([*self._lines, text])
                self._lines = []
            return Reply(int(line[:3]), text)
        if len(self.unread) > MAX_REPLY_LINE_OCTETS:
            raise NonsenseReply(self.unread)
        return None


def _end_of_text(line: bytes) -> int:
    """Say where the text of a line ends; -1 if this is no line of a reply: three digits, a space or "-", text."""
    end = len(line) - 1
    if end > 0 and line[end - 1] == _CR:
        end -= 1
    is_code = end >= 3 and _TWO <= line[0] <= _FIVE and line[1:3].isdigit()
    if not is_code or (end > 3 and line[3] != _SPACE and line[3] != _HYPHEN) or line.find(b"\r", 0, end) >= 0:
        return -1
    return end
