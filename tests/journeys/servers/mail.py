"""An accounting mail server (aiosmtpd): each message that it takes is a file before it says so.

Settings that a test may tell it: `replies` (address -> reply to RCPT instead of 250), `silent` (addresses whose message
is taken without an answer, and the connection lost), `hold_after` (from so many messages on, answers wait), `release`,
`login` (the only user and password).
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.journeys.servers.control import ServerProcess, listen_to_test, report


@dataclass(frozen=True)
class Mail:
    """A message that the server has taken."""

    mail_from: str
    rcpt_to: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=policy.SMTP)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def part(self, kind: str) -> str:
        """The text of the first part of this kind: plain or html."""
        body = self.message.get_body((kind,))
        assert body is not None
        text = body.get_content()
        assert isinstance(text, str)
        return text


class MailServer(ServerProcess):
    """The server as the test sees it."""

    def __init__(self, folder: Path) -> None:
        super().__init__("mail", folder)

    def mails(self) -> list[Mail]:
        documents = [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]
        return [Mail(d["mail_from"], d["rcpt_to"], base64.b64decode(d["content"])) for d in documents]

    def recipients(self) -> list[str]:
        return sorted(mail.rcpt_to for mail in self.mails())


class Accountant:
    """Takes messages as it was told to; used in the server's process."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.folder = folder
        self.loop = loop
        self.settings: dict[str, Any] = {}
        self.taken_count = self.connection_count = 0
        self.released = asyncio.Event()

    def protocol(self) -> SMTP:
        self.connection_count += 1
        login = self.settings.get("login")
        return SMTP(
            self,
            hostname="mail.example.org",
            loop=self.loop,
            auth_required=login is not None,
            auth_require_tls=False,
            authenticator=self.authenticate,
        )

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        given = [data.login.decode(), data.password.decode()]
        return AuthResult(success=given == self.settings.get("login"), handled=False)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self.settings.get("replies", {}).get(address, "250 2.1.5 ok")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return str(reply)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken_count += 1
        self.keep(envelope)
        if set(envelope.rcpt_tos) & set(self.settings.get("silent", ())):
            assert server.transport
            server.transport.abort()
        hold_after = self.settings.get("hold_after")
        if hold_after is not None and self.taken_count > hold_after:
            report("holding")
            await self.released.wait()
        return f"250 2.0.0 taken as {self.taken_count}"

    def keep(self, envelope: Envelope) -> None:
        (rcpt_to,) = envelope.rcpt_tos
        assert isinstance(envelope.content, bytes)
        document = {
            "mail_from": envelope.mail_from,
            "rcpt_to": rcpt_to,
            "content": base64.b64encode(envelope.content).decode("ascii"),
        }
        (self.folder / f"{self.taken_count:05}.json").write_text(json.dumps(document))

    def change(self, settings: dict[str, Any]) -> None:
        if settings.pop("release", False):
            self.settings.pop("hold_after", None)
            self.released.set()
        self.settings |= settings
        report("told", connections=self.connection_count, taken=self.taken_count)


async def serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    accountant = Accountant(folder, loop)
    server = await loop.create_server(accountant.protocol, "127.0.0.1", 0)
    report("listening", port=server.sockets[0].getsockname()[1])
    over = asyncio.Event()

    def listen() -> None:
        listen_to_test(lambda settings: loop.call_soon_threadsafe(accountant.change, settings))
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=listen, daemon=True).start()
    await over.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
