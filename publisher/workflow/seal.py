"""Seal: a frozen message with one recipient's values, ready for the wire."""

from __future__ import annotations

from collections.abc import Iterable

from publisher.domain.message import Message, MessageKind, SealedMessage, fill
from publisher.domain.personal import SignedAddresses, notice_values, recipient_values
from publisher.errors import ConfigError
from publisher.ports.ledger import ClaimedDelivery
from publisher.rendering.texts import greetings_for
from publisher.workflow.application import Application

MAX_KEPT_MESSAGES = 8


class _Sender:
    """What all e-mails of one digest have in common."""

    def __init__(self, app: Application, name: str) -> None:
        digest = app.settings.digests.get(name)
        if digest is None:
            what = f'deliveries of the digest "{name}" are waiting, but it is not in the config any more'
            raise ConfigError(what, where=f"config.toml [digests.{name}]", hint=f"Put [digests.{name}] back.")
        organisation = app.settings.organisation
        self.digest = digest
        self.greetings = greetings_for(digest.language or organisation.language)
        self.time_zone = digest.time_zone or organisation.time_zone
        self.public_url = app.settings.document.web.public_url or ""


class Sealer:
    """Seals deliveries; keeps the last few messages, since all deliveries of an edition share one."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._messages: dict[int, Message] = {}
        self._senders: dict[str, _Sender] = {}
        self._ahead: dict[int, tuple[ClaimedDelivery, SealedMessage]] = {}
        self._secret = app.instance_secret()

    @property
    def ahead_count(self) -> int:
        """Say how many are sealed and not asked for yet."""
        return len(self._ahead)

    def look_ahead(self, delivery: ClaimedDelivery) -> SealedMessage | None:
        """Give what `seal` will give for it, the very same; None where it cannot be sealed, and `seal` says why."""
        if not self.has(delivery):
            try:
                self._ahead[delivery.id] = (delivery, self._seal(delivery))
            except Exception:  # not this one's turn yet
                return None
        return self._ahead[delivery.id][1]

    def has(self, delivery: ClaimedDelivery) -> bool:
        """Say whether it is sealed already."""
        of, _ = self._ahead.get(delivery.id, (None, None))
        return of is delivery

    def keep_only(self, upcoming: Iterable[ClaimedDelivery]) -> None:
        """Drop what was sealed ahead and will not be asked for."""
        before = self._ahead
        self._ahead = {delivery.id: before[delivery.id] for delivery in upcoming if self.has(delivery)}

    def seal(self, delivery: ClaimedDelivery) -> SealedMessage:
        """Fill in this delivery's recipient. Errors: ConfigError, StoreError."""
        of, sealed = self._ahead.pop(delivery.id, (None, None))
        return sealed if sealed is not None and of is delivery else self._seal(delivery)

    def _seal(self, delivery: ClaimedDelivery) -> SealedMessage:
        message = self._messages.get(delivery.message_id) or self._read(delivery.message_id)
        key = delivery.key.text()
        return SealedMessage(
            key=key,
            kind=message.kind,
            recipient=delivery.key.recipient,
            sections=fill(message, self._values(message.kind, delivery)),
            prepared=delivery.prepared,
            marks=delivery.marks,
            segment=delivery.key.segment,
            previous=delivery.previous,
        )

    def _values(self, kind: MessageKind, delivery: ClaimedDelivery) -> dict[str, str]:
        match kind:
            case MessageKind.EMAIL:
                return self._recipient_values(delivery)
            case MessageKind.NOTICE:
                time_zone = self._app.settings.organisation.time_zone
                return notice_values(delivery.key, delivery.queued_at, time_zone)
        return {}

    def _recipient_values(self, delivery: ClaimedDelivery) -> dict[str, str]:
        name = delivery.digest or ""
        sender = self._senders.get(name)
        if sender is None:
            sender = self._senders[name] = _Sender(self._app, name)
        return recipient_values(
            key=delivery.key,
            recipient=delivery.key.recipient,
            name=delivery.subscriber_name,
            greetings=sender.greetings,
            digest=sender.digest,
            digest_name=name,
            queued_at=delivery.queued_at,
            time_zone=sender.time_zone,
            signed=SignedAddresses(self._secret, sender.public_url, delivery.id),
        )

    def _read(self, message_id: int) -> Message:
        if len(self._messages) >= MAX_KEPT_MESSAGES:
            del self._messages[next(iter(self._messages))]
        message = self._messages[message_id] = self._app.ledger.message(message_id)
        return message
