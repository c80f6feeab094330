from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from publisher.domain.message import SealedMessage
from tests.contracts.adapter_contract import ECHO, AdapterContract, Remote, Situation, patience
from tests.contracts.bench import BODY, HEADERS, RECIPIENT, seal_email
from tests.servers import AUTHORITY
from tests.servers.listener import closed_port, drop, hang, say
from tests.servers.smtp_server import SmtpServer, Step


@dataclass
class MailRemote(Remote):
    server: SmtpServer

    def arrived(self) -> list[bytes]:
        return [transaction.data for transaction in self.server.taken]

    def contacts(self) -> int:
        return len(self.server.lines)


class TestSmtp(AdapterContract):
    name = "smtp"
    not_applicable = frozenset({Situation.BUSY_FOR_2_MINUTES, Situation.BREAKS})
    environ: ClassVar = {"SMTP_PASSWORD": "canary-of-the-password"}

    @contextmanager
    def remote(self, situation: Situation, folder: Path) -> Iterator[Remote]:
        password = self.environ["SMTP_PASSWORD"]
        echo = f"{password} {ECHO}".encode()
        scripts: dict[Situation, dict[str, Step]] = {
            Situation.REFUSES: {"RCPT": say(b"550 5.7.1 policy " + echo + b"\r\n")},
            Situation.GONE: {"RCPT": say(b"550 5.1.1 unknown " + echo + b"\r\n")},
            Situation.BUSY: {".": say(b"451 4.7.1 greylisted " + echo + b"\r\n")},
            Situation.SILENT: {".": hang},
            Situation.DROPS: {".": drop},
            Situation.NONSENSE: {".": say(ECHO.encode() + b"\r\n")},
            Situation.NOT_US: {"AUTH": say(b"535 5.7.8 wrong " + echo + b"\r\n")},
        }
        login = ("news", password)
        with SmtpServer(script=scripts.get(situation, {}), starttls=True, login=login) as server:
            settings = {
                "host": "127.0.0.1",
                "port": closed_port() if situation is Situation.UNREACHABLE else server.port,
                "username": "news",
                "password": {"env": "SMTP_PASSWORD"},
                "ca_file": str(AUTHORITY),
                "timeout_seconds": 20,
                "final_timeout_seconds": patience(situation),
            }
            yield MailRemote(settings, server)

    def message(self) -> SealedMessage:
        return seal_email(RECIPIENT)

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        """Undo the dot-stuffing by hand: it is part of the wire, not of the message."""
        content, end = arrived[:-3], arrived[-3:]
        assert end == b".\r\n"
        lines = [line[1:] if line.startswith(b".") else line for line in content.split(b"\r\n")]
        assert b"\r\n".join(lines) == HEADERS + b"\r\n" + BODY
