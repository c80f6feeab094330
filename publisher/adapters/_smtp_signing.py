"""DKIM for one connection: the keys read once, and a message's body hashed with the least work."""

from __future__ import annotations

import re

from publisher.adapters._smtp_settings import DkimSettings, SmtpSettings
from publisher.domain.filled import Filled
from publisher.domain.message import Context, Message, SealedMessage
from publisher.ports.adapter import Surroundings
from publisher.signing.canonical import BodyHash, body_digest, joined
from publisher.signing.dkim import Signature, Signer
from publisher.signing.keys import parse_private_key

_LINE_END = re.compile(rb"\r\n|\r|\n")
# Their values begin and end with a soft line break and have no blanks (`domain/message.py`).
_WITHOUT_BLANKS = frozenset({Context.TEXT, Context.HTML, Context.URL})


class MessageSigner:
    """Signs what a connection sends; keeps the last message's body hash, since an edition's recipients share it."""

    def __init__(self, settings: SmtpSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._signer: Signer | None = None
        self._message: Message | None = None
        self._body: BodyHash | None = None

    def lines(self, message: SealedMessage) -> bytes:
        """Give the signatures as header lines; nothing without keys. Errors: ChannelMisconfigured."""
        if not self._settings.dkim:
            return b""
        signer = self.load()
        headers = _LINE_END.sub(b"\r\n", message.sections["headers"])
        signed_at = int(self._surroundings.clock.now().timestamp())
        return signer.sign(headers, self._body_digest(message), signed_at)

    def load(self) -> Signer:
        """Read the keys, once. Errors: ChannelMisconfigured."""
        if self._signer is None:
            self._signer = Signer([self._signature(one) for one in self._settings.dkim])
        return self._signer

    def _signature(self, one: DkimSettings) -> Signature:
        where = f"[channels.{self._surroundings.channel}.dkim]"
        text = self._surroundings.credentials.read(one.key)
        return Signature(one.domain, one.selector, parse_private_key(text, where=where))

    def _body_digest(self, message: SealedMessage) -> bytes:
        if not isinstance(message.sections, Filled):
            return body_digest(message.sections["body"])
        frozen = message.sections.message
        if self._message is not frozen:
            self._message, self._body = frozen, _body_hash(frozen)
        if self._body is None:
            return body_digest(message.sections["body"])
        return self._body.digest(message.sections.escaped)


def _body_hash(message: Message) -> BodyHash | None:
    """Make it ready; None where a value could have blanks in it."""
    pieces = joined(message.layout["body"])
    numbers = [piece for piece in pieces if isinstance(piece, int)]
    if any(message.fields[number].context not in _WITHOUT_BLANKS for number in numbers):
        return None
    return BodyHash(pieces)
