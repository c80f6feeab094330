"""Mastodon, and servers that speak its interface: one status, with a picture and its description.

An `Idempotency-Key` made at planning goes with every attempt; within an hour the server gives the first status again
instead of making another. Source: docs.joinmastodon.org methods/statuses, methods/media; of mastodon/mastodon
app/services/post_status_service.rb (a key is kept for 3,600 s); checked 2026-11-23. Not tested against a live account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import Field, model_validator

from publisher.adapters._account import (
    AccountSession,
    AccountSettings,
    OwnPost,
    ServerAddress,
    answered_before,
    bearer,
)
from publisher.adapters._mastodon_instance import MAX_TEXT_LENGTH, MIN_TEXT_LENGTH, MastodonInstance, StatusRules
from publisher.adapters._posting import Outgoing, find_in, json_bytes, outgoing, shortened
from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.image_limits import ImageLimits
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.text_limits import TextLimits, count_graphemes
from publisher.fetch import FormPart, encode_form, json_of, nonsense
from publisher.ports.adapter import AdapterType, JsonValue, Mark, Surroundings
from publisher.ports.credentials import Credentials, Secret
from publisher.ports.http import HttpAnswer, HttpRequest

# The server keeps a key for 3,600 s; five minutes less, because its clock begins when the request arrives.
KEY_LIFE_SECONDS = 3_300.0
MAX_ALT_CHARACTERS = 1_500  # MediaAttachment::MAX_DESCRIPTION_LENGTH, checked 2026-11-23
LISTED_COUNT = 40  # the most that accounts/:id/statuses gives at once

IMAGE_LIMITS = ImageLimits(
    max_bytes=8_000_000,
    max_side_px=3_840,
    media_types=("image/jpeg", "image/png"),
    max_alt_characters=MAX_ALT_CHARACTERS,
    source="MediaAttachment of mastodon/mastodon: 16 MB and 33 megapixels now, 8 MB before 4.1, scaled to 3840x2160 by "
    "the server; checked 2026-11-23",
)


class MastodonSettings(AccountSettings):
    """`[channels.NAME]` with `adapter = "mastodon"`."""

    server: ServerAddress = Field(description="Address of your Mastodon server.", examples=["https://mastodon.social"])
    token: Secret = Field(description="Access token of the account's application.")
    visibility: Literal["public", "unlisted", "private"] = Field(
        default="public", description="Who sees the posts: everyone; everyone, but not in timelines; followers."
    )
    content_warning: str | None = Field(
        default=None, min_length=1, max_length=200, description="Text in front of which every post is folded away."
    )
    language: str | None = Field(
        default=None, pattern=r"^[a-z]{2,3}$", description="Language of the posts; the article's own if left out."
    )
    max_length: int | None = Field(
        default=None,
        ge=MIN_TEXT_LENGTH,
        le=MAX_TEXT_LENGTH,
        description="Longest post, in graphemes; what the server allows if left out.",
    )

    @model_validator(mode="after")
    def _leaves_room(self) -> MastodonSettings:
        if self.max_length is not None and self.room_in(self.max_length) < MIN_TEXT_LENGTH:
            raise ValueError('"content_warning" counts, too, and leaves no room for the post')
        return self

    def room_in(self, max_length: int) -> int:
        """Give the graphemes that are left for the text: the content warning counts, too."""
        return max_length - count_graphemes(self.content_warning or "")

    def addresses(self, credentials: Credentials) -> tuple[str, ...]:
        """Give the server's address."""
        return (self.server,)


class MastodonAdapter:
    """One account on a Mastodon server."""

    kinds = frozenset({MessageKind.POST})

    def __init__(self, settings: MastodonSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._instance = MastodonInstance(settings.server, surroundings, settings.timeout_seconds)

    def account(self) -> str:
        """Name the server: whose the token is, only the server knows."""
        return self._instance.host

    def limits(self) -> TextLimits:
        """Give Mastodon's rules with this server's numbers, for which it is asked once a day."""
        rules, own = self._instance.rules(), self._settings
        return replace(
            KNOWN_LIMITS["mastodon"],
            max_length=max(own.room_in(own.max_length or rules.max_characters), 1),
            link_length=rules.link_length,
            source=rules.origin(self._instance.host),
        )

    def prepare(self, message: Message) -> Mapping[str, JsonValue]:
        """Make the Idempotency-Key; a thread's segments add their numbers to it."""
        return {"key": self._surroundings.random_bytes(16).hex()}

    def open(self) -> MastodonSession:
        """Make a session; each request has its own connection."""
        return MastodonSession(self._settings, self._surroundings, self._instance)


class MastodonSession(AccountSession):
    """Post one status after the other."""

    def __init__(self, settings: MastodonSettings, surroundings: Surroundings, instance: MastodonInstance) -> None:
        super().__init__(settings, surroundings)
        self._settings = settings
        self._instance = instance

    def _post(self, message: SealedMessage, mark: Mark) -> Outcome:
        out = outgoing(message)
        status: dict[str, Any] = {
            "status": out.text,
            "visibility": self._settings.visibility,
            "language": self._settings.language or out.post.lang,
        }
        if self._settings.content_warning:
            status["spoiler_text"] = self._settings.content_warning
        if (answered := answered_before(message)) is not None:
            status["in_reply_to_id"] = answered
        if out.image_bytes:
            status["media_ids"] = [self._media_id(out, message, mark)]
        request = self._call(
            "POST",
            "/api/v1/statuses",
            {"id": "113530000000000000", "url": f"{self._settings.server}/@rehearsal/113530000000000000"},
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": f"{message.prepared['key']}-{message.segment}",
            },
            body=json_bytes(status),
        )
        self._mark_try(message, mark)
        return self._deliver(request, secrets=self._secrets, accept=_accept)

    # -------------------------------------------------------------------------------------------------- picture

    def _media_id(self, out: Outgoing, message: SealedMessage, mark: Mark) -> str:
        """Upload the picture, or go on with the one that an earlier attempt has uploaded."""
        made = self._made(message, "media")
        media_id, is_ready = (made["id"], made["is_ready"]) if made else self._upload(out, mark)
        if not is_ready:
            self._until(lambda: self._is_ready(media_id), "the server is still working on the picture")
            self._mark_made(mark, "media", media_id, is_ready=True)
        return str(media_id)

    def _upload(self, out: Outgoing, mark: Mark) -> tuple[str, bool]:
        media_type, file_name = out.image_file
        alt = shortened(out.image.alt, MAX_ALT_CHARACTERS) if out.image else ""
        parts = [FormPart("description", alt.encode()), FormPart("file", out.image_bytes, media_type, file_name)]
        content_type, body = encode_form(parts)
        rehearsal = {"id": "113530000000000001", "url": "rehearsal"}
        answer = self._step(
            self._call("POST", "/api/v2/media", rehearsal, headers={"Content-Type": content_type}, body=body)
        )
        # 202 says that the server still works on the picture; 200 that it is done.
        media_id, is_ready = self._text_in(answer, "id"), answer.status != 202
        self._mark_made(mark, "media", media_id, is_ready=is_ready)
        return media_id, is_ready

    def _is_ready(self, media_id: str) -> bool:
        """Ask whether the picture is done: 206 says not yet."""
        return self._step(self._call("GET", f"/api/v1/media/{media_id}", {})).status != 206

    # ------------------------------------------------------------------------------------------ asking afterwards

    def _look_for(self, message: SealedMessage) -> Outcome:
        query = urlencode({"limit": LISTED_COUNT, "exclude_reblogs": "true"})
        answer = self._step(self._call("GET", f"/api/v1/accounts/{self._own_id()}/statuses?{query}", []))
        posts = [self._own_post(answer, status) for status in self._list_in(answer)]
        text = _without_hosts(outgoing(message).text)
        return self._look_among(posts, message, text, is_all=len(posts) < LISTED_COUNT)

    def _own_post(self, answer: HttpAnswer, status: Any) -> OwnPost:
        parser = _PlainText()
        parser.feed(str(find_in(status, "content") or ""))
        parser.close()
        return OwnPost(
            text=_without_hosts(parser.text),
            created_at=self._time_in(answer, find_in(status, "created_at")),
            receipt=str(find_in(status, "id")),
            url=find_in(status, "url"),
        )

    def _own_id(self) -> str:
        return self._text_in(self._who_am_i(), "id")

    def _who_am_i(self) -> HttpAnswer:
        return self._step(self._call("GET", "/api/v1/accounts/verify_credentials", {"id": "1", "acct": "rehearsal"}))

    def _introduce(self) -> str:
        name = self._text_in(self._who_am_i(), "acct")
        return f"logged in as @{name} on {self._instance.host}; {self._length_in_force()}"

    def _length_in_force(self) -> str:
        """Say how long posts may be and who says so. Errors: ChannelMisconfigured if the server takes less."""
        rules, ours = self._instance.ask(), self._settings.max_length
        self._refuse_too_long(rules)
        allowed, origin = f"{rules.max_characters:,}", rules.origin(self._instance.host)
        if ours is None:
            return f"posts may have {allowed} characters, {origin}"
        return f'posts may have {ours:,} characters, by "max_length"; without it {allowed}, {origin}'

    def _refuse_too_long(self, rules: StatusRules) -> None:
        ours, allowed, host = self._settings.max_length, rules.max_characters, self._instance.host
        if rules.told_at and ours is not None and allowed < ours:
            what = f'"max_length" is {ours:,}, and {host} allows {allowed:,} characters'
            raise self._misconfigured(what, f"Take max_length away, or write max_length = {allowed}")
        if self._settings.room_in(allowed) < MIN_TEXT_LENGTH:
            what = f'{host} allows {allowed:,} characters, and "content_warning" leaves too few of them for the post'
            raise self._misconfigured(what, 'Shorten it, for example content_warning = "Technik"')

    def _call(
        self, method: str, path: str, rehearsal: Any, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> HttpRequest:
        login = bearer(self._read_token(self._settings.token))
        return self._request(
            method, self._settings.server + path, rehearsal, headers={**login, **(headers or {})}, body=body
        )


def _accept(answer: HttpAnswer) -> Outcome:
    status = json_of(answer)
    status_id, url = find_in(status, "id"), find_in(status, "url") or find_in(status, "uri")
    if not isinstance(status_id, str) or not status_id:
        return nonsense(answer, "the server took it and gave no id")
    return Accepted(status_id, url if isinstance(url, str) else None)


class _PlainText(HTMLParser):
    """The text of a status, which servers give as HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


_HOST_OF_MENTION = re.compile(r"(?<![\w/])(@\w+)@[\w.-]+\w")


def _without_hosts(text: str) -> str:
    """Shorten mentions as a server shows them: @user@host becomes @user."""
    return _HOST_OF_MENTION.sub(r"\1", text)


ADAPTER = AdapterType(
    name="mastodon",
    summary="an account on a Mastodon server",
    settings=MastodonSettings,
    make=MastodonAdapter,
    kinds=MastodonAdapter.kinds,
    image_limits=IMAGE_LIMITS,
    replay_seconds=KEY_LIFE_SECONDS,
)
