"""Discord: a webhook posts into one channel.

Source: discord/discord-api-docs developers/resources/webhook.mdx, resources/message.mdx, reference.mdx ("Uploading
Files"), topics/opcodes-and-status-codes.mdx; checked 2026-11-23. Not tested against a live account.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from publisher.adapters._incoming_hook import JSON, HookAdapter, HookSession, HookSettings
from publisher.adapters._posting import Outgoing, deferred, find_in, json_bytes, outgoing, shortened
from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.image_limits import ImageLimits
from publisher.domain.message import SealedMessage
from publisher.domain.networks import escape_discord
from publisher.domain.reply import quote_reply
from publisher.fetch import FormPart, encode_form, json_of, nonsense
from publisher.ports.adapter import AdapterType, Mark
from publisher.ports.http import HttpAnswer, HttpRequest

MAX_ALT_CHARACTERS = 1_024  # "description for the file (max 1024 characters)", Attachment object
_UNKNOWN_WEBHOOK, _INVALID_TOKEN = 10015, 50027
_HINT = "In Discord, open the channel's settings > Integrations > Webhooks, make a new one, and copy its address."


class DiscordSettings(HookSettings):
    """`[channels.NAME]` with `adapter = "discord"`."""

    server_id: str | None = Field(
        default=None,
        pattern=r"^\d{5,20}$",
        description="Number of your server: with it, posts get their address.",
        examples=["123456789012345678"],
    )


class DiscordSession(HookSession):
    """Post one message after the other."""

    _settings: DiscordSettings

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Post once, and wait until the message is saved. Errors: ChannelMisconfigured."""
        content_type, body = discord_message(outgoing(message))
        return self._post(
            body,
            HttpAnswer(200, body=b'{"id": "1", "channel_id": "1"}'),
            content_type=content_type,
            query={"wait": "true"},
            accept=self._accept,
            refuse=self._refuse,
        )

    def _introduce(self) -> str:
        """Read the webhook itself, which posts nothing. Errors: ChannelMisconfigured, TryAgain."""
        request = HttpRequest(
            method="GET",
            url=self._url(),
            secret_url=True,
            total_seconds=15.0,
        )
        webhook = self._read_own(request, "Discord", _HINT)
        name, server = (quote_reply(str(find_in(webhook, key))) for key in ("name", "guild_id"))
        return f'webhook "{name}" of server {server}'

    def _accept(self, answer: HttpAnswer) -> Outcome:
        document = json_of(answer)
        number, channel, server = find_in(document, "id"), find_in(document, "channel_id"), self._settings.server_id
        if not isinstance(number, str) or not number.isdigit():
            return nonsense(answer, "Discord answered without the id of a message")
        url = f"https://discord.com/channels/{server}/{channel}/{number}" if server and channel else None
        return Accepted(receipt=number, url=url)

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        document = json_of(answer)
        if find_in(document, "code") in (_UNKNOWN_WEBHOOK, _INVALID_TOKEN) or answer.status == 404:
            raise self._misconfigured("Discord refuses us: the webhook was deleted, or its address is wrong", _HINT)
        seconds = find_in(document, "retry_after")
        if answer.status != 429 or seconds is None:
            return None
        return deferred(answer, "Discord asks us to slow down", seconds)


class DiscordAdapter(HookAdapter):
    """One channel of a Discord server."""

    network = "discord"
    make_session = DiscordSession


def discord_message(out: Outgoing) -> tuple[str, bytes]:
    """Give content type and body: JSON, or a form where the picture goes along."""
    document: dict[str, Any] = {"content": escape_discord(out.text), "allowed_mentions": {"parse": []}}
    if not out.image or not out.image_bytes:
        return JSON, json_bytes(document)
    media_type, file_name = out.image_file
    alt = shortened(out.image.alt, MAX_ALT_CHARACTERS)
    document["attachments"] = [{"id": 0, "filename": file_name, "description": alt}]
    parts = [
        FormPart("payload_json", json_bytes(document), JSON),
        FormPart("files[0]", out.image_bytes, media_type, file_name),
    ]
    return encode_form(parts)


ADAPTER = AdapterType(
    name="discord",
    summary="a channel of Discord, by webhook",
    settings=DiscordSettings,
    make=DiscordAdapter,
    kinds=DiscordAdapter.kinds,
    image_limits=ImageLimits(
        max_bytes=10_000_000,
        max_side_px=4_096,
        media_types=("image/jpeg", "image/png", "image/gif", "image/webp"),
        max_alt_characters=MAX_ALT_CHARACTERS,
        source="Discord reference, Uploading Files: 10 MiB for a file; the side is our own bound; checked 2026-11-23",
    ),
)
