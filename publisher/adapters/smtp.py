"""E-mail over SMTP: the standard library for connection, TLS and login, one transaction of our own per message.

The frozen bytes go out as they are. Headers, body and final dot leave in one write, and only then may the message have
been taken: any loss before is Deferred, any loss after is Unknown.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import json
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import Field, model_validator

from publisher.adapters._smtp_dialogue import Dialogue, NonsenseReply, Peer, TlsDialogue
from publisher.domain.article import slug_of
from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected, Unknown
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.reply import quote_reply
from publisher.errors import ChannelMisconfigured, TryAgain
from publisher.ports.adapter import AdapterType, Capture, ChannelSettings, Mark, Surroundings
from publisher.ports.credentials import Secret

# Submission with STARTTLS, submission over TLS, plain relay. Source: RFC 6409 3.1, RFC 8314 3.3, RFC 5321 4.5.4.2,
# checked 2026-11-23.
_USUAL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
MAX_PATH_OCTETS = 254  # RFC 5321 4.5.3.1.3 with erratum 1690, without the angle brackets, checked 2026-11-23
# The server may take long to accept a message: RFC 5321 4.5.3.2.6 asks for 10 minutes, checked 2026-11-23.
FINAL_REPLY_SECONDS = 600.0

# "No such mailbox", "bad destination", "moved without a forward", "null MX", "mailbox disabled". Source: RFC 3463 3.2
# and 3.3, RFC 7505 4.2 and the IANA registry of enhanced status codes, checked 2026-11-23.
_GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
# "Authentication required", "mechanism too weak", "credentials invalid", "encryption required". Source: RFC 4954 6,
# checked 2026-11-23.
_NOT_US = frozenset({530, 534, 535, 538})

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
FINAL_STAGE = "final dot"
_PATH = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")

T = TypeVar("T")


class SmtpSettings(ChannelSettings):
    """`[channels.NAME]` with `adapter = "smtp"`."""

    host: str = Field(min_length=1, description="Name of the mail server.")
    port: int | None = Field(default=None, ge=1, le=65_535, description="587, 465 or 25 if left out, by security.")
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="How it is encrypted.")
    allow_plain_text: bool = Field(default=False, description='Let security = "none" leave this machine.')
    ca_file: str | None = Field(default=None, description="Certificate authority of your own server, a PEM file.")
    username: str | None = Field(default=None, description="Login, often the e-mail address.")
    password: Secret | None = Field(default=None, description="Password of the login.")
    timeout_seconds: float = Field(default=60.0, gt=0, le=600, description="Longest wait for one answer.")
    final_timeout_seconds: float = Field(
        default=FINAL_REPLY_SECONDS, gt=0, le=3_600, description="Longest wait for a message to be accepted."
    )
    helo_name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.:\[\]-]+$", description="Name of this machine.")
    max_messages_per_connection: int = Field(default=100, ge=1, description="Connect anew after so many messages.")
    connections: int = Field(default=4, ge=1, le=64, description="Connections at the same time.")

    @model_validator(mode="after")
    def _safe(self) -> SmtpSettings:
        if self.security == "none" and not (self.allow_plain_text or _is_this_machine(self.host)):
            raise ValueError(
                'security = "none" is for this machine only; use "starttls", or set allow_plain_text = true'
            )
        if (self.username is None) != (self.password is None):
            raise ValueError('"username" and "password" go together; set both or none')
        return self

    @property
    def usual_port(self) -> int:
        """Give the port, the usual one of this kind of security if none is set."""
        return self.port or _USUAL_PORTS[self.security]


class SmtpAdapter:
    """Deliver e-mails through one mail server; `connections` says how many sessions may be open at once."""

    kinds = frozenset({MessageKind.EMAIL, MessageKind.NOTICE})

    def __init__(self, settings: SmtpSettings, surroundings: Surroundings) -> None:
        self.connections = settings.connections
        self._settings = settings
        self._surroundings = surroundings

    def account(self) -> str:
        """Name the mail server."""
        return self._settings.host

    def limits(self) -> None:
        """Posts are not taken."""

    def prepare(self, message: Message) -> Mapping[str, Any]:
        """Nothing: the Message-ID is in the frozen headers."""
        return {}

    def open(self) -> SmtpSession | RehearsalSession:
        """Make a session; it connects at its first use, or never in a rehearsal."""
        if self._surroundings.capture is not None:
            return RehearsalSession(self._settings, self._surroundings.capture)
        return SmtpSession(self._settings, self._surroundings)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends and who gets it, fit to stand in a command. ValueError if one cannot."""

    mail_from: str
    rcpt_to: str

    def __post_init__(self) -> None:
        if self.mail_from:  # an empty one is the null sender
            _check_path(self.mail_from, "sender")
        _check_path(self.rcpt_to, "recipient")

    @classmethod
    def of(cls, message: SealedMessage) -> Envelope:
        """Take it from a message."""
        return cls(message.sections["return_path"].decode("utf-8", "replace"), message.recipient)


def _check_path(address: str, role: str) -> None:
    if len(address) > MAX_PATH_OCTETS or not _PATH.fullmatch(address):
        raise ValueError(f"the {role}'s address cannot stand in an SMTP command")


def content_of(message: SealedMessage) -> bytes:
    """Give the message as it is kept: headers, an empty line, body; every line ended by CRLF."""
    whole = message.sections["headers"] + b"\r\n" + message.sections["body"]
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", whole)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def wire_bytes(content: bytes) -> bytes:
    """Give what follows DATA: leading dots doubled, and the final dot (RFC 5321 4.5.2, checked 2026-11-23)."""
    return re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"


class SmtpSession:
    """One connection, kept over many messages and made again where it was lost."""

    def __init__(self, settings: SmtpSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._dialogue: Dialogue | None = None
        self._message_count = 0
        self._stage = ""
        self._secrets: tuple[str, ...] = ()

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Try once. Errors: ChannelMisconfigured."""
        try:
            envelope = Envelope.of(message)
        except ValueError as error:
            return Rejected(str(error), evidence=self._evidence("envelope"))
        try:
            return self._transact(envelope, wire_bytes(content_of(message)), mark)
        except _NotReady as error:
            return Deferred(error.what, evidence=error.evidence)
        except BaseException:
            # Ctrl-C, a refused login, or a mark that was not allowed: the server must never see the rest.
            self._drop()
            raise

    def verify(self) -> str:
        """Connect, log in, leave. Errors: ChannelMisconfigured, TryAgain."""
        dialogue = self._connected()
        encryption = dialogue.encryption()
        login = "logged in" if self._settings.username else "no login needed"
        self.close()
        return f"{self._relay}: {encryption}, {login}"

    def close(self) -> None:
        """Say QUIT, if there is still someone to say it to."""
        if self._dialogue is not None:
            with contextlib.suppress(OSError):  # nothing depends on a polite end
                self._dialogue.quit()
        self._drop()

    @property
    def _relay(self) -> str:
        return f"{self._settings.host}:{self._settings.usual_port}"

    @property
    def _where(self) -> str:
        return f"[channels.{self._surroundings.channel}]"

    def _connected(self) -> Dialogue:
        """Give a connection that is ready for a message. Errors: _NotReady, ChannelMisconfigured."""
        if self._dialogue is not None:
            if self._message_count >= self._settings.max_messages_per_connection:
                self.close()
            elif self._dialogue.has_something_to_say():
                self._drop()  # a goodbye, or a reply too many that would be taken for the next message's
        if self._dialogue is None:
            self._dialogue = self._log_in()
            self._message_count = 0
        return self._dialogue

    def _log_in(self) -> Dialogue:
        opening = _Opening(self._settings, self._surroundings)
        try:
            return opening.run()
        except ssl.SSLCertVerificationError as error:
            hint = 'Set "host" to the name in the certificate, or "ca_file" to your own authority.'
            raise self._misconfigured(f"its certificate is not valid: {error.verify_message}", hint) from None
        except smtplib.SMTPNotSupportedError:
            hint = 'Set "security" to what the server offers: "starttls", "tls" or "none".'
            raise self._misconfigured(f"the server offers no {opening.stage} here", hint) from None
        except UnicodeEncodeError:
            hint = "Choose one of ASCII characters; SMTP logins have no agreed way for others."
            raise self._misconfigured("user name or password has characters that cannot be sent", hint) from None
        except OSError as error:
            raise self._not_ready(opening.stage, error, opening.secrets) from None

    def _not_ready(self, stage: str, error: OSError, secrets: tuple[str, ...]) -> Exception:
        """Say whether a failed opening is the server's trouble for now, or a login of ours that it refuses."""
        code, reply = _code_and_reply(error)
        evidence = self._evidence(stage, code, reply, secrets)
        if stage == "login" and (code or 0) >= 500:
            hint = 'Check "username" and "password"; many providers want a password made for one application.'
            return self._misconfigured(f"the login was refused: {code} {evidence.reply}", hint)
        return _NotReady(f"{self._relay}: {stage} failed: {evidence.reply}", where=self._where, evidence=evidence)

    def _transact(self, envelope: Envelope, wire: bytes, mark: Mark) -> Outcome:
        ready = self._unless_lost(lambda: self._go_through_envelope(envelope, len(wire)))
        if not isinstance(ready, Dialogue):
            return ready
        mark("final_dot", {"relay": self._relay})
        return self._unless_lost(lambda: self._hand_over(ready, wire))

    def _unless_lost(self, step: Callable[[], T]) -> T | Outcome:
        """Do a step; a lost connection or a nonsense reply is an outcome, too, and the final dot decides which."""
        try:
            return step()
        except OSError as error:
            self._drop()
            code, reply = _code_and_reply(error)
            evidence = self._evidence(self._stage, code, reply, self._secrets)
        if self._stage == FINAL_STAGE:
            return Unknown(f"the message may have been taken: {evidence.reply}", evidence)
        return Deferred(f"the message was not handed over: {evidence.reply}", evidence=evidence)

    def _go_through_envelope(self, envelope: Envelope, size: int) -> Dialogue | Outcome:
        """Come as far as the server's wait for the body, and give the dialogue; or its refusal."""
        dialogue, (code, reply) = self._begin(envelope, size)
        steps = (("recipient", f"RCPT TO:<{envelope.rcpt_to}>"), ("data", "DATA"))
        for stage, command in steps:
            if code // 100 != 2:
                break
            self._stage = stage
            code, reply = dialogue.docmd(command)
        if self._stage == "data" and code // 100 == 3:
            return dialogue
        outcome = self._refusal(code, reply)
        self._start_over(dialogue, code)
        return outcome

    def _begin(self, envelope: Envelope, size: int) -> tuple[Dialogue, tuple[int, bytes]]:
        """Send MAIL FROM; once more on a new connection where a kept one turns out to be gone."""
        dialogue = self._connected()
        is_kept = self._message_count > 0
        try:
            reply = self._mail_from(dialogue, envelope, size)
        except smtplib.SMTPServerDisconnected:
            if not is_kept:
                raise
            reply = (421, b"")
        if not (is_kept and reply[0] == 421):
            return dialogue, reply
        self._drop()
        dialogue = self._connected()
        return dialogue, self._mail_from(dialogue, envelope, size)

    def _mail_from(self, dialogue: Dialogue, envelope: Envelope, size: int) -> tuple[int, bytes]:
        self._stage = "sender"
        self._message_count += 1
        self._secrets = dialogue.secrets
        size_parameter = f" SIZE={size}" if dialogue.has_extn("size") else ""
        return dialogue.docmd(f"MAIL FROM:<{envelope.mail_from}>{size_parameter}")

    def _hand_over(self, dialogue: Dialogue, wire: bytes) -> Outcome:
        """Write body and final dot and wait for the one reply that counts."""
        self._stage = "body"
        dialogue.write(wire)
        self._stage = FINAL_STAGE
        code, reply = dialogue.getreply(self._settings.final_timeout_seconds)
        if code == 421:
            self._drop()
        if code // 100 != 2:
            return self._refusal(code, reply)
        evidence = self._evidence(FINAL_STAGE, code, reply, self._secrets)
        return Accepted(receipt=f"{code} {evidence.reply}", evidence=evidence)

    def _refusal(self, code: int, reply: bytes) -> Outcome:
        """Sort a reply that is not the one hoped for."""
        stage = self._stage
        evidence = self._evidence(stage, code, reply, self._secrets)
        reason = f"{code} {evidence.reply}"
        if code in _NOT_US and stage != FINAL_STAGE:
            raise self._misconfigured(f"it refuses us: {reason}", 'Set "username", "password" and "security".')
        match code // 100:
            case 4:
                return Deferred(reason, evidence=evidence)
            case 5:
                gone = stage == "recipient" and evidence.enhanced_code in _GONE
                return Rejected(reason, recipient_gone=gone, evidence=evidence)
        self._drop()  # a reply that has no place here: who knows what comes next
        if stage == FINAL_STAGE:
            return Unknown(f"nonsense after the message: {reason}", evidence)
        return Deferred(f"nonsense before the message: {reason}", evidence=evidence)

    def _start_over(self, dialogue: Dialogue, code: int) -> None:
        """Make the connection fit for the next message after a refusal, or leave it."""
        if code == 421 or self._dialogue is None:
            self._drop()
            return
        try:
            is_clean = dialogue.docmd("RSET")[0] == 250
        except OSError:
            is_clean = False
        if not is_clean:
            self._drop()

    def _evidence(
        self, stage: str, code: int | None = None, reply: bytes | str = b"", secrets: tuple[str, ...] = ()
    ) -> Evidence:
        quoted = quote_reply(reply, secrets)
        enhanced = _ENHANCED.match(quoted)
        enhanced_code = enhanced.group(1) if enhanced else ""
        return Evidence(stage=stage, reply=quoted, code=code, enhanced_code=enhanced_code, relay=self._relay)

    def _misconfigured(self, what: str, hint: str) -> ChannelMisconfigured:
        return ChannelMisconfigured(f"{self._relay}: {what}", where=self._where, hint=hint)

    def _drop(self) -> None:
        if self._dialogue is not None:
            self._dialogue.close()
        self._dialogue = None


class _NotReady(TryAgain):
    """The server cannot take anything just now; nothing has been said about a message."""

    def __init__(self, what: str, *, where: str, evidence: Evidence) -> None:
        super().__init__(what, where=where)
        self.evidence = evidence


def _code_and_reply(error: OSError) -> tuple[int | None, str | bytes]:
    match error:
        case smtplib.SMTPResponseException():
            return error.smtp_code, error.smtp_error
        case NonsenseReply():
            return None, b"nonsense: " + error.line
        case TimeoutError():
            return None, "no answer in time"
        case ssl.SSLError():
            return None, (error.reason or "TLS failed").replace("_", " ").lower()
    return None, error.strerror or str(error)


class _Opening:
    """The way to a connection that is ready for messages; `stage` says how far it came."""

    def __init__(self, settings: SmtpSettings, surroundings: Surroundings) -> None:
        self.stage = "connection"
        self.secrets: tuple[str, ...] = ()
        self._settings = settings
        self._surroundings = surroundings

    def run(self) -> Dialogue:
        """Connect, encrypt, log in. Errors: OSError in all its kinds."""
        settings = self._settings
        password = self._read_password()
        dialogue = self._connect()
        try:
            dialogue.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                self.stage = "encryption"
                dialogue.starttls(context=self._context())
                dialogue.ehlo_or_helo_if_needed()
            if settings.username is not None:
                self.stage = "login"
                dialogue.login(settings.username, password)
        except BaseException:
            dialogue.close()
            raise
        dialogue.secrets = self.secrets
        return dialogue

    def _connect(self) -> Dialogue:
        settings, clock = self._settings, self._surroundings.clock
        name = settings.helo_name or _own_name()
        peer = Peer(settings.host, settings.usual_port, name, settings.timeout_seconds)
        if settings.security == "tls":
            return TlsDialogue(peer, clock, context=self._context())
        return Dialogue(peer, clock)

    def _context(self) -> ssl.SSLContext:
        file = self._settings.ca_file
        try:
            return ssl.create_default_context(cafile=str(self._surroundings.folder / file) if file else None)
        except (ssl.SSLError, OSError) as error:
            raise ChannelMisconfigured(
                f'cannot read "{file}": {error.strerror or error}',
                where=f"[channels.{self._surroundings.channel}]",
                hint='Set "ca_file" to a file with the certificate in PEM form.',
            ) from None

    def _read_password(self) -> str:
        settings = self._settings
        if settings.password is None or settings.username is None:
            return ""
        password = self._surroundings.credentials.read(settings.password)
        plain = f"\0{settings.username}\0{password}".encode()
        encoded = (base64.b64encode(text).decode("ascii") for text in (plain, password.encode()))
        self.secrets = (password, *encoded)  # as a server might echo them
        return password


class RehearsalSession:
    """Build every byte and capture it; no connection is made."""

    def __init__(self, settings: SmtpSettings, capture: Capture) -> None:
        self._settings = settings
        self._capture = capture

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Write the message and its envelope into the rehearsal's folder."""
        try:
            envelope = Envelope.of(message)
        except ValueError as error:
            return Rejected(str(error), evidence=Evidence(stage="envelope"))
        content = content_of(message)
        name = f"{slug_of(message.recipient) or 'email'}-{message.key[:16]}"
        path = self._capture.write(f"{name}.eml", content)
        self._capture.write(f"{name}.json", self._describe(envelope, wire_bytes(content)))
        return Accepted(receipt=f"captured as {path.name}")

    def verify(self) -> str:
        """Say that nobody was asked."""
        return "a rehearsal: no connection is made"

    def close(self) -> None:
        """Nothing is open."""

    def _describe(self, envelope: Envelope, wire: bytes) -> bytes:
        document = {
            "mail_from": envelope.mail_from,
            "rcpt_to": envelope.rcpt_to,
            "host": self._settings.host,
            "port": self._settings.usual_port,
            "security": self._settings.security,
            "octets_on_the_wire": len(wire),
        }
        return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _is_this_machine(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _own_name() -> str:
    """Name this machine for EHLO without asking a name server: its own full name, or an address literal."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name) else "[127.0.0.1]"


ADAPTER = AdapterType(
    name="smtp",
    summary="e-mail through a mail server",
    settings=SmtpSettings,
    make=SmtpAdapter,
    kinds=SmtpAdapter.kinds,
)
