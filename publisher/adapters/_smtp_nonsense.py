"""What a mail server must not say."""

from __future__ import annotations

import smtplib


class NonsenseReply(smtplib.SMTPException):
    """Not an SMTP reply; holds what came instead."""

    def __init__(self, line: bytes) -> None:
        super().__init__(line)
        self.line = line
