"""The way to a connection that is ready for messages: connect, encrypt, log in."""

from __future__ import annotations

import base64
import math
import re
import smtplib
import socket
import ssl

from publisher.adapters._smtp_certificates import remember_certificate
from publisher.adapters._smtp_dialogue import Dialogue, Peer, TlsDialogue
from publisher.adapters._smtp_nonsense import NonsenseReply
from publisher.adapters._smtp_settings import Relay, SmtpSettings
from publisher.domain.attempt import Evidence
from publisher.domain.reply import quote_reply
from publisher.errors import ChannelMisconfigured, TryAgain
from publisher.ports.adapter import Surroundings

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")


class NotReady(TryAgain):
    """The server cannot take anything just now; nothing has been said about a message."""

    def __init__(self, what: str, *, where: str, evidence: Evidence) -> None:
        super().__init__(what, where=where)
        self.evidence = evidence


def evidence_of(
    relay: str, stage: str, code: int | None = None, reply: bytes | str = b"", secrets: tuple[str, ...] = ()
) -> Evidence:
    """Make evidence of a reply: its words fit to be kept, its enhanced code found."""
    quoted = quote_reply(reply, secrets)
    enhanced = _ENHANCED.match(quoted) if quoted[1:2] == "." else None
    return Evidence(stage, quoted, code, enhanced.group(1) if enhanced else "", relay)


def code_and_reply(error: OSError) -> tuple[int | None, str | bytes]:
    """Say what an error of the dialogue was in the server's words or in ours."""
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


class Opening:
    """One try to reach one relay; `stage` says how far it came. The deadline is on the monotonic clock."""

    def __init__(
        self, relay: Relay, settings: SmtpSettings, surroundings: Surroundings, deadline_seconds: float = math.inf
    ) -> None:
        self.stage = "connection"
        self._secrets: tuple[str, ...] = ()
        self._relay = relay
        self._settings = settings
        self._surroundings = surroundings
        self._deadline_seconds = deadline_seconds

    def run(self) -> Dialogue:
        """Connect, encrypt, log in. Errors: NotReady, ChannelMisconfigured."""
        try:
            return self._run()
        except ssl.SSLCertVerificationError as error:
            hint = 'Set "host" to the name in the certificate, or "ca_file" to your own authority.'
            raise self.misconfigured(f"its certificate is not valid: {error.verify_message}", hint) from None
        except smtplib.SMTPNotSupportedError:
            hint = 'Set "security" to what the server offers: "starttls", "tls" or "none".'
            raise self.misconfigured(f"the server offers no {self.stage} here", hint) from None
        except UnicodeEncodeError:
            hint = "Choose one of ASCII characters; SMTP logins have no agreed way for others."
            raise self.misconfigured("user name or password has characters that cannot be sent", hint) from None
        except OSError as error:
            raise self._not_ready(error) from None

    def misconfigured(self, what: str, hint: str) -> ChannelMisconfigured:
        """Make the error that stops the channel."""
        return ChannelMisconfigured(f"{self._relay.name}: {what}", where=self._where, hint=hint)

    @property
    def _where(self) -> str:
        return f"[channels.{self._surroundings.channel}]"

    def _not_ready(self, error: OSError) -> Exception:
        """Say whether a failed opening is the server's trouble for now, or a login of ours that it refuses."""
        code, reply = code_and_reply(error)
        evidence = evidence_of(self._relay.name, self.stage, code, reply, self._secrets)
        if self.stage == "login" and (code or 0) >= 500:
            hint = 'Check "username" and "password"; many providers want a password made for one application.'
            return self.misconfigured(f"the login was refused: {code} {evidence.reply}", hint)
        what = f"{self._relay.name}: {self.stage} failed: {evidence.reply}"
        return NotReady(what, where=self._where, evidence=evidence)

    def _run(self) -> Dialogue:
        password = self._read_password()
        dialogue = self._connect()
        try:
            dialogue.ehlo_or_helo_if_needed()
            if self._relay.security == "starttls":
                self.stage = "encryption"
                dialogue.starttls(context=self._context())
                dialogue.ehlo_or_helo_if_needed()
            remember_certificate(self._surroundings.memory, self._relay, dialogue.certificate_end())
            if self._relay.username is not None:
                self.stage = "login"
                dialogue.login(self._relay.username, password)
        except BaseException:
            dialogue.close()
            raise
        dialogue.secrets = self._secrets
        return dialogue

    def _connect(self) -> Dialogue:
        settings, clock = self._settings, self._surroundings.clock
        name = settings.helo_name or _own_name()
        peer = Peer(self._relay.host, self._relay.port, name, settings.timeout_seconds, self._deadline_seconds)
        if self._relay.security == "tls":
            return TlsDialogue(peer, clock, context=self._context())
        return Dialogue(peer, clock)

    def _context(self) -> ssl.SSLContext:
        file = self._settings.ca_file
        try:
            return ssl.create_default_context(cafile=str(self._surroundings.folder / file) if file else None)
        except (ssl.SSLError, OSError) as error:
            hint = 'Set "ca_file" to a file with the certificate in PEM form.'
            what = f'cannot read "{file}": {error.strerror or error}'
            raise ChannelMisconfigured(what, where=self._where, hint=hint) from None

    def _read_password(self) -> str:
        relay = self._relay
        if relay.password is None or relay.username is None:
            return ""
        password = self._surroundings.credentials.read(relay.password)
        plain = f"\0{relay.username}\0{password}".encode()
        encoded = (base64.b64encode(text).decode("ascii") for text in (plain, password.encode()))
        self._secrets = (password, *encoded)  # as a server might echo them
        return password


def _own_name() -> str:
    """Name this machine for EHLO without asking a name server: its own full name, or an address literal."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name) else "[127.0.0.1]"
