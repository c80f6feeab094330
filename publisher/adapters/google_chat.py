"""Google Chat: an incoming webhook posts into one space.

Source: developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create (requestId, 32,000 bytes,
what a webhook is answered), .../cards (Image, altText), .../chat/quickstart/webhooks; checked 2026-11-23. Not tested
against a live account.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from publisher.adapters._incoming_hook import HookAdapter, HookSession, HookSettings
from publisher.adapters._posting import Outgoing, find_in, json_bytes, outgoing
from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.message import Message, SealedMessage
from publisher.domain.networks import disarm_google_chat
from publisher.fetch import json_of, nonsense
from publisher.ports.adapter import AdapterType, Mark
from publisher.ports.http import HttpAnswer

MAX_MESSAGE_BYTES = 32_000  # "maximum message size, including the message contents"
# A repeated `requestId` "returns the message created with that ID instead of creating a new message". No end is
# documented; a day is our own caution, because the document does not speak of webhooks.
REPLAY_SECONDS = 86_400.0


class GoogleChatSettings(HookSettings):
    """`[channels.NAME]` with `adapter = "google_chat"`."""


class GoogleChatSession(HookSession):
    """Post one message after the other."""

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Post once; the same `requestId` on every attempt. Errors: ChannelMisconfigured."""
        return self._post(
            google_chat_message(outgoing(message)),
            HttpAnswer(200, body=b'{"name": "spaces/rehearsal/messages/rehearsal"}'),
            query={"requestId": message.prepared["request_id"]},
            accept=_accept,
            refuse=self._refuse,
        )

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        if answer.status != 404:
            return None
        hint = "In Google Chat, open the space's Apps & integrations, make a new webhook, and put its address in."
        raise self._misconfigured("Google Chat refuses us: the space or the webhook does not exist", hint)


class GoogleChatAdapter(HookAdapter):
    """One space of Google Chat."""

    network = "google_chat"
    make_session = GoogleChatSession

    def prepare(self, message: Message) -> Mapping[str, Any]:
        """Make the id by which Google Chat recognises a repeated request; a random UUID is what it recommends."""
        return {"request_id": str(uuid.UUID(bytes=self._surroundings.random_bytes(16), version=4))}


def google_chat_message(out: Outgoing) -> bytes:
    """Make the request's body; a picture whose address makes the message too large is left out before the text."""
    text = {"text": disarm_google_chat(out.text)}
    whole = json_bytes({**text, **_image_card(out)}, ascii_only=True)
    return whole if len(whole) <= MAX_MESSAGE_BYTES else json_bytes(text, ascii_only=True)


def _image_card(out: Outgoing) -> dict[str, Any]:
    if out.image is None or out.image_url is None:
        return {}
    image = {"image": {"imageUrl": out.image_url, "altText": out.image.alt}}
    return {"cardsV2": [{"cardId": "image", "card": {"sections": [{"widgets": [image]}]}}]}


def _accept(answer: HttpAnswer) -> Outcome:
    name = find_in(json_of(answer), "name")
    if isinstance(name, str) and name.startswith("spaces/"):
        return Accepted(receipt=name)
    return nonsense(answer, "Google Chat answered without the name of a message")


ADAPTER = AdapterType(
    name="google_chat",
    summary="a space of Google Chat, by incoming webhook",
    settings=GoogleChatSettings,
    make=GoogleChatAdapter,
    kinds=GoogleChatAdapter.kinds,
    replay_seconds=REPLAY_SECONDS,
)
