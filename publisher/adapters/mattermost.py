"""Mattermost: an incoming webhook posts into one channel.

Source: docs.mattermost.com developers/integrate/webhooks/incoming and reference/message-attachments; the server's own
server/channels/app/webhook.go and web/webhook.go; checked 2026-11-23. Not tested against a live account.
"""

from __future__ import annotations

from typing import Any

from publisher.adapters._incoming_hook import HookAdapter, HookSession, HookSettings
from publisher.adapters._posting import Outgoing, find_in, json_bytes, outgoing
from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.message import SealedMessage
from publisher.domain.networks import escape_mattermost
from publisher.fetch import json_of, nonsense
from publisher.ports.adapter import AdapterType, Mark
from publisher.ports.http import HttpAnswer

# Ids of refusals that no other message would change, whatever their status: "disabled" is a 501.
_BROKEN_SET_UP = {
    "web.incoming_webhook.invalid.app_error": "the webhook was removed, or its address is wrong",
    "web.incoming_webhook.disabled.app_error": "incoming webhooks are switched off on this server",
    "web.incoming_webhook.channel.app_error": "the webhook's channel does not exist",
    "web.incoming_webhook.channel_locked.app_error": "the webhook may not post to this channel",
    "web.incoming_webhook.permissions.app_error": "the webhook's owner may not post to this channel",
    "web.incoming_webhook.user.app_error": "the webhook's owner does not exist",
}


class MattermostSettings(HookSettings):
    """`[channels.NAME]` with `adapter = "mattermost"`."""


class MattermostSession(HookSession):
    """Post one message after the other."""

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Post once. Errors: ChannelMisconfigured."""
        body = json_bytes(mattermost_message(outgoing(message)))
        return self._post(body, HttpAnswer(200, body=b"ok"), accept=_accept, refuse=self._refuse)

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        why = _BROKEN_SET_UP.get(str(find_in(json_of(answer), "id")))
        if why is None:
            return None
        hint = "In Mattermost, open Integrations > Incoming Webhooks, look at the webhook, and put its address in."
        raise self._misconfigured(f"Mattermost refuses us: {why}", hint)


class MattermostAdapter(HookAdapter):
    """One channel of a Mattermost server."""

    network = "mattermost"
    make_session = MattermostSession


def mattermost_message(out: Outgoing) -> dict[str, Any]:
    """Make the JSON of a message; the picture is an attachment, fetched by the server from its public address."""
    document: dict[str, Any] = {"text": escape_mattermost(out.text)}
    if out.image is None or out.image_url is None:
        return document
    return {**document, "attachments": [{"fallback": out.image.alt, "image_url": out.image_url}]}


def _accept(answer: HttpAnswer) -> Outcome:
    if answer.body.strip() == b"ok":
        return Accepted(receipt="ok (Mattermost gives webhooks no id)")
    return nonsense(answer, "Mattermost answered something else than ok")


ADAPTER = AdapterType(
    name="mattermost",
    summary="a channel of Mattermost, by incoming webhook",
    settings=MattermostSettings,
    make=MattermostAdapter,
    kinds=MattermostAdapter.kinds,
)
