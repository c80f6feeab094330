"""Telegram: a bot posts into a channel or group.

The text goes as plain text without `parse_mode`: nothing has to be escaped, and Telegram finds links and hashtags by
itself. A picture goes along with a text that fits its caption; a longer text shows a large preview of it instead.
Source: core.telegram.org/bots/api (sendMessage, sendPhoto, LinkPreviewOptions, ReplyParameters, ResponseParameters,
"Making requests"), checked 2026-11-23. Not tested against a live account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from publisher.adapters._posting import (
    Outgoing,
    PostingSession,
    deferred,
    find_in,
    json_bytes,
    outgoing,
    problem_of_address,
)
from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.image_limits import ImageLimits
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.reply import quote_reply
from publisher.domain.text_limits import TextLimits, count_utf16
from publisher.fetch import FormPart, encode_form, json_of, nonsense
from publisher.ports.adapter import AdapterType, ChannelSettings, Mark, Surroundings
from publisher.ports.credentials import Credentials, Secret
from publisher.ports.http import HttpAnswer, HttpRequest

MAX_CAPTION_UTF16 = (
    1_024  # "0-1024 characters after entities parsing", sendPhoto; units as in core.telegram.org/api/entities
)
_TOKEN = re.compile(r"[0-9]{5,15}:[A-Za-z0-9_-]{20,80}")
_REHEARSAL = HttpAnswer(200, body=b'{"ok": true, "result": {"message_id": 1}}')

# Descriptions of refusals that no other message would change. They are not documented; these are the texts that the
# Bot API server gives, as public code looks for them, checked 2026-11-23.
_BROKEN_SET_UP = (
    "chat not found",
    "bot was kicked",
    "bot is not a member",
    "bot was blocked by the user",
    "not enough rights",
    "have no rights to send",
    "need administrator rights",
    "chat_write_forbidden",
    "group chat was deactivated",
    "group chat was upgraded to a supergroup chat",
    "user is deactivated",
)


class TelegramSettings(ChannelSettings):
    """`[channels.NAME]` with `adapter = "telegram"`."""

    token: Secret = Field(description="Token of the bot, from BotFather.")
    chat: str = Field(
        pattern=r"^(@[A-Za-z][A-Za-z0-9_]{3,31}|-?\d{1,20})$",
        description='"@name" of a public channel, or its number.',
        examples=["@fachverband"],
    )
    api_url: str = Field(
        default="https://api.telegram.org", pattern="^https?://", description="Address of a Bot API server of your own."
    )
    timeout_seconds: float = Field(default=30.0, gt=0, le=300, description="Longest wait for an answer.")

    def addresses(self, credentials: Credentials) -> tuple[str, ...]:
        """Give the address of the Bot API server."""
        return (self.api_url,)


class TelegramAdapter:
    """One channel or group."""

    kinds = frozenset({MessageKind.POST, MessageKind.NOTICE})

    def __init__(self, settings: TelegramSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings

    def account(self) -> str:
        """Name the chat."""
        return self._settings.chat

    def limits(self) -> TextLimits:
        """Give the rules of a text message; a text that fits no caption goes without one."""
        return KNOWN_LIMITS["telegram"]

    def prepare(self, message: Message) -> Mapping[str, Any]:
        """Nothing: Telegram takes no key with which it would recognise a repeated message."""
        return {}

    def open(self) -> TelegramSession:
        """Make a session; each request has its own connection."""
        return TelegramSession(self._settings, self._surroundings)


class TelegramSession(PostingSession):
    """Post one message after the other."""

    def __init__(self, settings: TelegramSettings, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._settings = settings

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Post once; a further segment answers the one before. Errors: ChannelMisconfigured."""
        out, token = outgoing(message), self._token()
        method, content_type, body = telegram_message(out, self._settings.chat, _previous(message))
        request = HttpRequest(
            method="POST",
            url=self._url(token, method),
            headers={"Content-Type": content_type},
            body=body,
            rehearsal_answer=_REHEARSAL,
            secret_url=True,
            total_seconds=self._settings.timeout_seconds,
        )
        return self._deliver(request, secrets=(token,), accept=_accept, refuse=self._refuse)

    def _introduce(self) -> str:
        """Ask who the bot is. Errors: ChannelMisconfigured, TryAgain."""
        url = self._url(self._token(), "getMe")
        request = HttpRequest("GET", url, secret_url=True, total_seconds=15.0)
        username = find_in(self._read_own(request, "Telegram", _ASK_BOTFATHER), "result", "username")
        bot = quote_reply(str(username))
        return f"logged in as @{bot}; whether it may post to {self._settings.chat}, only a post can tell"

    def _token(self) -> str:
        token = self._surroundings.credentials.read(self._settings.token)
        if self._surroundings.capture is None and not _TOKEN.fullmatch(token):
            raise self._misconfigured("the token has not the form of a bot's token", _ASK_BOTFATHER)
        return token

    def _url(self, token: str, method: str) -> str:
        base = self._settings.api_url.rstrip("/")
        if problem := problem_of_address(base):
            raise self._misconfigured(f'the value of "api_url" cannot be used: {problem}', "Leave api_url out.")
        return f"{base}/bot{token}/{method}"

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        document = json_of(answer)
        description = str(find_in(document, "description") or "")
        if answer.status in (401, 404):
            raise self._misconfigured(f"Telegram does not know this bot: {quote_reply(description)}", _ASK_BOTFATHER)
        if any(words in description.lower() for words in _BROKEN_SET_UP):
            raise self._misconfigured(f"Telegram refuses us: {quote_reply(description)}", _CHAT_HINT)
        seconds = find_in(document, "parameters", "retry_after")
        if answer.status != 429 or seconds is None:
            return None
        return deferred(answer, description, seconds)


_ASK_BOTFATHER = "Ask BotFather for the token (/token): it looks like 123456789:AAE... and put all of it in."
_CHAT_HINT = "Make the bot an administrator of the channel with the right to post, and check the key chat."


def telegram_message(out: Outgoing, chat: str, previous: int | None) -> tuple[str, str, bytes]:
    """Give the method, content type and body: a photo with its caption, or a text."""
    fields: dict[str, Any] = {"chat_id": chat}
    if previous is not None:
        fields["reply_parameters"] = {"message_id": previous, "allow_sending_without_reply": True}
    if out.image_bytes and count_utf16(out.text) <= MAX_CAPTION_UTF16:
        return "sendPhoto", *_photo_form({**fields, "caption": out.text}, out)
    body = json_bytes({**fields, "text": out.text, **_preview(out)})
    return "sendMessage", "application/json", body


def _photo_form(fields: Mapping[str, Any], out: Outgoing) -> tuple[str, bytes]:
    media_type, file_name = out.image_file
    texts = [(name, value.encode() if isinstance(value, str) else json_bytes(value)) for name, value in fields.items()]
    photo = FormPart("photo", out.image_bytes, media_type, file_name)
    return encode_form([*(FormPart(name, content) for name, content in texts), photo])


def _preview(out: Outgoing) -> dict[str, Any]:
    """Show the picture's own address large; without one Telegram shows the first link of the text as it likes."""
    if out.image_url is None:
        return {}
    return {"link_preview_options": {"url": out.image_url, "prefer_large_media": True, "show_above_text": True}}


def _previous(message: SealedMessage) -> int | None:
    receipts = [receipt for receipt in message.previous if receipt.isdigit()]
    return int(receipts[-1]) if message.segment > 1 and receipts else None


def _accept(answer: HttpAnswer) -> Outcome:
    result = find_in(json_of(answer), "result")
    number = find_in(result, "message_id")
    if not isinstance(number, int):
        return nonsense(answer, "Telegram answered without the id of a message")
    username = find_in(result, "chat", "username")  # only public channels and groups have one
    return Accepted(receipt=str(number), url=f"https://t.me/{username}/{number}" if username else None)


ADAPTER = AdapterType(
    name="telegram",
    summary="a channel or group of Telegram, by bot",
    settings=TelegramSettings,
    make=TelegramAdapter,
    kinds=TelegramAdapter.kinds,
    image_limits=ImageLimits(
        max_bytes=10_000_000,
        max_side_px=5_000,
        source="Bot API sendPhoto: 10 MB, width and height at most 10,000 together; checked 2026-11-23",
    ),
)
