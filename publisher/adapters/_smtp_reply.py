"""What a mail server says."""

from __future__ import annotations

import smtplib
from typing import NamedTuple


class NonsenseReply(smtplib.SMTPException):
    """Not an SMTP reply; holds what came instead."""

    def __init__(self, line: bytes) -> None:
        super().__init__(line)
        self.line = line


class Reply(NamedTuple):
    """A server's reply, its lines joined by line feeds."""

    code: int
    text: bytes
