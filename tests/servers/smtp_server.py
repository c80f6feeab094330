"""A scripted mail server. It keeps every transaction as raw bytes."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.servers.listener import Action, Ended, Line, Listener, say

Step = Action | Sequence[Action | None]


@dataclass
class Transaction:
    """What one message's transaction brought."""

    mail: bytes = b""
    rcpt: bytes = b""
    data: bytes = b""


@dataclass
class SmtpServer(Listener):
    """Answer as usual, but where the script has a step for a command, play that.

    Commands: CONNECT EHLO STARTTLS AUTH MAIL RCPT DATA . RSET QUIT. A list of steps is played one at a time, the last
    again and again; None is the usual answer. `implicit_tls`, `starttls` and `login` switch these on.
    """

    script: Mapping[str, Step] = field(default_factory=dict)
    implicit_tls: bool = False
    starttls: bool = False
    login: tuple[str, str] | None = None
    extensions: tuple[str, ...] = ("8BITMIME",)

    def __post_init__(self) -> None:
        Listener.__init__(self, tls=self.implicit_tls)
        self.taken: list[Transaction] = []
        self.commands: list[bytes] = []
        self._played: dict[str, int] = {}

    def serve(self, line: Line) -> None:
        transaction = Transaction()
        self._play("CONNECT", line, b"220 mail.example.org ESMTP\r\n")
        while True:
            command = line.read_until(b"\r\n")
            self.commands.append(command)
            verb = command[:4].strip().upper().decode()
            if verb == "MAIL":
                transaction = Transaction(mail=command)
            if verb == "RCPT":
                transaction.rcpt = command
            if verb == "DATA":
                self._take_body(line, transaction)
            elif verb == "STAR":
                self._play("STARTTLS", line, b"220 2.0.0 go ahead\r\n")
                line.encrypt()
            elif verb == "AUTH":
                self._play("AUTH", line, self._auth_reply(command))
            else:
                self._play(verb, line, self._usual(verb))
            if verb == "QUIT":
                raise Ended

    def _usual(self, verb: str) -> bytes:
        if verb == "EHLO":
            offers = [
                *self.extensions,
                *(["STARTTLS"] if self.starttls else []),
                *(["AUTH PLAIN"] if self.login else []),
            ]
            lines = ["mail.example.org", *offers]
            return "".join(
                f"250{'-' if i < len(lines) - 1 else ' '}{text}\r\n" for i, text in enumerate(lines)
            ).encode()
        return {"QUIT": b"221 2.0.0 bye\r\n"}.get(verb, b"250 2.0.0 ok\r\n")

    def _auth_reply(self, command: bytes) -> bytes:
        expected = b"\0".join([b"", *(part.encode() for part in self.login or ("", ""))])
        is_right = command.split()[2] == base64.b64encode(expected)
        return b"235 2.7.0 welcome\r\n" if is_right else b"535 5.7.8 wrong\r\n"

    def _take_body(self, line: Line, transaction: Transaction) -> None:
        if not self._play("DATA", line, b"354 go ahead\r\n"):
            return
        transaction.data = line.read_until(b"\r\n.\r\n")
        self.taken.append(transaction)
        self._play(".", line, b"250 2.0.0 queued as 4711\r\n")

    def _play(self, name: str, line: Line, usual: bytes) -> bool:
        """Play the script's step or the usual answer; say whether it was the usual one."""
        step = self.script.get(name)
        if isinstance(step, Sequence):
            index = self._played.get(name, 0)
            self._played[name] = index + 1
            step = step[min(index, len(step) - 1)]
        (step or say(usual))(line)
        return step is None
