"""E-mail over SMTP: the standard library for connection, TLS and login, one transaction of our own per message.

The frozen bytes go out as they are. Headers, body and final dot leave in one write, and only then may the message have
been taken: any loss before is Deferred, any loss after is Unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from publisher.adapters._smtp_certificates import known_certificates
from publisher.adapters._smtp_dialogue import Dialogue
from publisher.adapters._smtp_opening import NotReady, Opening
from publisher.adapters._smtp_pool import ConnectionPool
from publisher.adapters._smtp_relays import RelayChoice
from publisher.adapters._smtp_settings import Relay, SmtpSettings
from publisher.adapters._smtp_signing import MessageSigner
from publisher.adapters._smtp_steps import Call, Hold, Steps, play
from publisher.adapters._smtp_transaction import Envelope, LostAtOnce, RefusesUs, Transaction
from publisher.adapters._smtp_wire import WireForm, content_of, wire_bytes
from publisher.domain.article import slug_of
from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected
from publisher.domain.filled import Filled
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.wire import Stage
from publisher.errors import ChannelMisconfigured
from publisher.ports.adapter import AdapterType, Capture, Expiry, Mark, Surroundings

KINDS = frozenset({MessageKind.EMAIL, MessageKind.NOTICE})


class SmtpAdapter:
    """Deliver e-mails through one mail server or several; `connections` says how many sessions may be open at once."""

    def __init__(self, settings: SmtpSettings, surroundings: Surroundings) -> None:
        self.kinds = KINDS
        self.connections = settings.connections
        self._settings = settings
        self._surroundings = surroundings
        self._relays = RelayChoice(settings.all_relays(), surroundings.clock)

    def account(self) -> str:
        """Name the mail servers."""
        return ", ".join(relay.host for relay in self._settings.all_relays())

    def limits(self) -> None:
        """Posts are not taken."""

    def expiries(self) -> tuple[Expiry, ...]:
        """Say until when the mail servers' certificates are valid."""
        return tuple(known_certificates(self._surroundings.memory, self._settings.all_relays()))

    def prepare(self, message: Message) -> Mapping[str, Any]:
        """Nothing: the Message-ID is in the frozen headers."""
        return {}

    def open_many(self, count: int) -> ConnectionPool | None:
        """Make sessions that one thread drives; None in a rehearsal, which makes no connections."""
        if self._surroundings.capture is not None:
            return None
        wires = WireMaker(self._settings, MessageSigner(self._settings, self._surroundings))
        sessions = [SmtpSession(self._settings, self._surroundings, self._relays, wires) for _ in range(count)]
        return ConnectionPool(sessions, self._surroundings.clock, self._settings.timeout_seconds)

    def open(self) -> SmtpSession | RehearsalSession:
        """Make a session; it connects at its first use, or never in a rehearsal."""
        if self._surroundings.capture is not None:
            return RehearsalSession(self._settings, self._surroundings, self._surroundings.capture)
        wires = WireMaker(self._settings, MessageSigner(self._settings, self._surroundings))
        return SmtpSession(self._settings, self._surroundings, self._relays, wires)


class WireMaker:
    """Makes the bytes after DATA; keeps the last message's form, since all recipients of an edition share one."""

    def __init__(self, settings: SmtpSettings, signer: MessageSigner) -> None:
        self._header = settings.idempotency_header
        self._signer = signer
        self._form: WireForm | None = None

    def load_keys(self) -> None:
        """Read the keys that messages are signed with. Errors: ChannelMisconfigured."""
        self._signer.load()

    def make(self, message: SealedMessage) -> tuple[list[bytes], bool]:
        """Give the bytes in pieces, and whether they are ASCII. Errors: ChannelMisconfigured."""
        first_lines = f"{self._header}: {message.key}\r\n".encode() if self._header else b""
        first_lines += self._signer.lines(message)
        if isinstance(message.sections, Filled):
            form = self._form_of(message.sections.message)
            pieces = form.fill(message.sections, first_lines)
            if pieces is not None:
                return pieces, form.is_ascii
        wire = first_lines + wire_bytes(content_of(message))
        return [wire], wire.isascii()

    def _form_of(self, message: Message) -> WireForm:
        if self._form is None or self._form.message is not message:
            self._form = WireForm(message)
        return self._form


class SmtpSession:
    """One connection, kept over many messages and made again where it was lost."""

    def __init__(
        self, settings: SmtpSettings, surroundings: Surroundings, relays: RelayChoice, wires: WireMaker
    ) -> None:
        self._settings = settings
        # Asked with each message, and the settings take long to answer.
        self._reply_seconds, self._final_seconds = settings.timeout_seconds, settings.final_timeout_seconds
        self._transaction_seconds = settings.transaction_timeout_seconds
        self._max_message_count = settings.max_messages_per_connection
        self._surroundings = surroundings
        self._relays = relays
        self._wires = wires
        self._dialogue: Dialogue | None = None
        self._relay: Relay = settings.all_relays()[0]
        self._relay_name = self._relay.name
        self._is_interrupted = False

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Try once. Errors: ChannelMisconfigured."""
        return play(self.steps(message, mark))

    def steps(self, message: SealedMessage, mark: Mark) -> Steps[Outcome]:
        """Try once, step by step. Errors: ChannelMisconfigured."""
        mark.wire(Stage.ENVELOPE)
        try:
            envelope = Envelope.of(message)
        except ValueError as error:
            return Rejected(str(error), evidence=Evidence(stage="envelope", relay=self._relay.name))
        wire, is_ascii = self._wires.make(message)
        try:
            return (yield from self._transact(envelope, wire, mark, is_ascii=is_ascii))
        except NotReady as error:
            return Deferred(error.what, evidence=error.evidence)
        except RefusesUs as refusal:
            self._drop()
            hint = 'Set "username", "password" and "security".'
            opening = Opening(self._relay, self._settings, self._surroundings)
            raise opening.misconfigured(f"it refuses us: {refusal.reason}", hint) from None
        except BaseException:  # Ctrl-C, a refused login: the server must never see the rest
            self._drop()
            raise

    def verify(self) -> str:
        """Read the keys; connect to each mail server, log in, leave. Errors: ChannelMisconfigured, TryAgain."""
        self._wires.load_keys()
        return "; ".join(self._verify(relay) for relay in self._settings.all_relays())

    def interrupt(self) -> None:
        """Break the connection: whoever waits for a reply waits no more."""
        self._is_interrupted = True
        dialogue = self._dialogue
        if dialogue is not None:
            dialogue.cut()

    def close(self) -> None:
        """Say QUIT, if there is still someone to say it to."""
        if self._dialogue is not None:
            self._dialogue.leave()
        self._dialogue = None

    def _verify(self, relay: Relay) -> str:
        dialogue = Opening(relay, self._settings, self._surroundings).run()
        encryption = dialogue.encryption()
        dialogue.leave()
        return f"{relay.name}: {encryption}, {'logged in' if relay.username else 'no login needed'}"

    def _transact(self, envelope: Envelope, wire: list[bytes], mark: Mark, *, is_ascii: bool) -> Steps[Outcome]:
        deadline = self._surroundings.clock.monotonic_seconds() + self._transaction_seconds
        transaction, refusal = yield from self._begin(envelope, sum(map(len, wire)), deadline, is_ascii=is_ascii)
        if refusal is None:
            yield Hold()
            mark.wire(Stage.DOT)
            outcome = yield from transaction.hand_over(wire)
        else:
            outcome = refusal
        if not transaction.is_clean:
            self._drop()
        return outcome

    def _begin(
        self, envelope: Envelope, size: int, deadline: float, *, is_ascii: bool
    ) -> Steps[tuple[Transaction, Outcome | None]]:
        """Go through the envelope; once more on a new connection where a kept one turns out to be gone."""
        try:
            return (yield from self._open(envelope, size, deadline, is_ascii=is_ascii))
        except LostAtOnce:
            self._drop()
        # Not within the except: compiled, what is yielded there would leave its error to whatever runs meanwhile.
        return (yield from self._open(envelope, size, deadline, is_ascii=is_ascii))

    def _open(
        self, envelope: Envelope, size: int, deadline: float, *, is_ascii: bool
    ) -> Steps[tuple[Transaction, Outcome | None]]:
        dialogue = yield from self._connected(deadline)
        is_kept = dialogue.message_count > 0 and not self._is_interrupted
        dialogue.message_count += 1
        transaction = Transaction(dialogue, self._relay_name, self._reply_seconds, self._final_seconds)
        refusal = yield from transaction.open(envelope, size, is_ascii=is_ascii, is_kept=is_kept)
        return transaction, refusal

    def _connected(self, deadline: float) -> Steps[Dialogue]:
        """Give a connection that is ready for a message. Errors: NotReady, ChannelMisconfigured."""
        if self._dialogue is not None:
            if self._dialogue.message_count >= self._max_message_count:
                yield Call(self.close)
            elif self._dialogue.has_something_to_say():
                self._drop()  # a goodbye, or a reply too many that would be taken for the next message's
        dialogue = self._dialogue
        if dialogue is None:
            dialogue = self._dialogue = yield Call(lambda: self._connect(deadline))
        dialogue.deadline_seconds = deadline
        return dialogue

    def _connect(self, deadline: float) -> Dialogue:
        """Connect to the first mail server that can be reached."""
        failures: list[NotReady] = []
        for relay in self._relays.in_order():
            self._relay, self._relay_name = relay, relay.name
            try:
                return Opening(relay, self._settings, self._surroundings, deadline).run()
            except NotReady as failure:
                self._relays.is_away(relay)
                failures.append(failure)
        raise failures[0]

    def _drop(self) -> None:
        if self._dialogue is not None:
            self._dialogue.close()
        self._dialogue = None


class RehearsalSession:
    """Build every byte and capture it; no connection is made."""

    def __init__(self, settings: SmtpSettings, surroundings: Surroundings, capture: Capture) -> None:
        self._settings = settings
        self._signer = MessageSigner(settings, surroundings)
        self._capture = capture

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Write the message and its envelope into the rehearsal's folder."""
        try:
            envelope = Envelope.of(message)
        except ValueError as error:
            return Rejected(str(error), evidence=Evidence(stage="envelope"))
        signatures, note = self._signatures(message)
        content = signatures + content_of(message)
        name = f"{slug_of(message.recipient) or 'email'}-{message.key[:16]}"
        path = self._capture.write(f"{name}.eml", content)
        self._capture.write(f"{name}.json", self._describe(envelope, wire_bytes(content)))
        return Accepted(receipt=f"captured as {path.name}{note}")

    def _signatures(self, message: SealedMessage) -> tuple[bytes, str]:
        """Sign if the keys are at hand: a rehearsal must not need any secret. Give what to say where they are not."""
        try:
            return self._signer.lines(message), ""
        except ChannelMisconfigured as error:
            return b"", f", not signed: {error.what}"

    def verify(self) -> str:
        """Say that nobody was asked."""
        return "a rehearsal: no connection is made"

    def close(self) -> None:
        """Nothing is open."""

    def _describe(self, envelope: Envelope, wire: bytes) -> bytes:
        relay = self._settings.all_relays()[0]
        document = {
            "mail_from": envelope.mail_from,
            "rcpt_to": envelope.rcpt_to,
            "host": relay.host,
            "port": relay.port,
            "security": relay.security,
            "octets_on_the_wire": len(wire),
        }
        return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


ADAPTER = AdapterType(
    name="smtp",
    summary="e-mail through a mail server",
    settings=SmtpSettings,
    make=SmtpAdapter,
    kinds=KINDS,
)
