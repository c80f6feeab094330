"""X: one post by the v2 interface, with a picture and its description.

X knows no key for repeated requests, so an attempt of unknown outcome is settled by looking at the account's own posts,
or by a person. The access token lasts two hours and its refresh token is good once: what X gives is kept.
Source: docs.x.com x-api/posts/create-post, x-api/media/upload-media, x-api/media/create-media-metadata,
x-api/users/get-posts, fundamentals/authentication/oauth-2-0, fundamentals/rate-limits; checked 2026-11-23. Not tested
against a live account.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, field_validator

from publisher.adapters._account import (
    CLOCK_DIFFERENCE,
    AccountSession,
    AccountSettings,
    OwnPost,
    ServerAddress,
    answered_before,
    bearer,
    first_try_at,
)
from publisher.adapters._posting import Outgoing, find_in, json_bytes, outgoing, shortened
from publisher.adapters._tokens import Renewal, Tokens
from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected, Unknown
from publisher.domain.image_limits import ImageLimits
from publisher.domain.links import X_LINKS, find_links
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.reply import quote_reply
from publisher.domain.text_limits import TextLimits
from publisher.fetch import FormPart, encode_form, json_of, nonsense, reset_seconds
from publisher.ports.adapter import AdapterType, JsonValue, Mark, Surroundings
from publisher.ports.credentials import Credentials, Secret
from publisher.ports.http import HttpAnswer, HttpRequest

MAX_ALT_CHARACTERS = 1_000  # "alt_text: must be <= 1000 chars", media metadata, checked 2026-11-23
RENEW_BEFORE = timedelta(minutes=5)
LISTED_COUNT = 100  # the most that users/:id/tweets gives at once
_LOG_IN_AGAIN = 'Log in to X again as the page docs/reference/channels/x.md says, and put the new "refresh_token" in.'
_SHORT_LINK = re.compile(r"https://t\.co/\w+")
_DAY_LIMITS = ("x-user-limit-24hour", "x-app-limit-24hour")

IMAGE_LIMITS = ImageLimits(
    max_bytes=5_000_000,
    max_side_px=4_096,
    media_types=("image/jpeg", "image/png"),
    max_alt_characters=MAX_ALT_CHARACTERS,
    source="docs.x.com x-api/media/quickstart/best-practices: images up to 5 MB; the side is our own bound, X shows "
    "no more; checked 2026-11-23",
)


class XSettings(AccountSettings):
    """`[channels.NAME]` with `adapter = "x"`."""

    username: str = Field(description="The account's name on X, such as verband.")
    client_id: str = Field(min_length=1, description="Client ID of your app in X's developer console.")
    client_secret: Secret | None = Field(
        default=None, description='Client secret of the app, if its type is "Web App" or "Automated App".'
    )
    refresh_token: Secret = Field(description="Refresh token of the account, as X gave it when you logged in.")
    api_url: ServerAddress = Field(
        default="https://api.x.com", description="Address of X's interface, or of your proxy for it."
    )

    @field_validator("username")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        name = name.strip().removeprefix("@")
        if not re.fullmatch(r"[A-Za-z0-9_]{1,15}", name):
            raise ValueError(f'"{name}" is no name of an account on X; write it as "verband"')
        return name

    def addresses(self, credentials: Credentials) -> tuple[str, ...]:
        """Give the address of X's interface."""
        return (self.api_url,)


class XAdapter:
    """One account on X."""

    kinds = frozenset({MessageKind.POST})

    def __init__(self, settings: XSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings

    def account(self) -> str:
        """Name the account."""
        return self._settings.username

    def limits(self) -> TextLimits:
        """Give X's rules."""
        return KNOWN_LIMITS["x"]

    def prepare(self, message: Message) -> Mapping[str, JsonValue]:
        """Nothing: X takes no key with which it would recognise a repeated post."""
        return {}

    def open(self) -> XSession:
        """Make a session; the token is renewed at its first use."""
        return XSession(self._settings, self._surroundings)


class XSession(AccountSession):
    """Post one post after the other."""

    def __init__(self, settings: XSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._settings = settings
        self._tokens: Tokens | None = None
        self._was_renewed = False

    def _post(self, message: SealedMessage, mark: Mark) -> Outcome:
        out = outgoing(message)
        document: dict[str, Any] = {"text": out.text}
        if out.image_bytes:
            document["media"] = {"media_ids": [self._media_id(out, message, mark)]}
        if (answered := answered_before(message)) is not None:
            document["reply"] = {"in_reply_to_tweet_id": answered}
        request = self._call("POST", "/2/tweets", {"data": {"id": "1990000000000000000"}}, document=document)
        self._mark_try(message, mark)
        return self._deliver(request, secrets=self._secrets, accept=self._accept, refuse=self._refuse)

    def _accept(self, answer: HttpAnswer) -> Outcome:
        post_id = find_in(json_of(answer), "data", "id")
        if not isinstance(post_id, str) or not post_id:
            return nonsense(answer, "X took it and gave no id")
        return Accepted(post_id, self._url_of(post_id))

    def _url_of(self, post_id: str) -> str:
        return f"https://x.com/{self._settings.username}/status/{post_id}"

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        reply = quote_reply(answer.body, self._secrets)
        evidence = Evidence("response", reply, answer.status)
        match answer.status:
            case 401 if not self._was_renewed and self._tokens:
                self._renewal().forget_access(self._tokens.access)
                self._tokens = None
                return Deferred(
                    f"X does not take the access token; the next attempt renews it: {reply}", None, evidence
                )
            case 402:
                raise self._misconfigured(f"X wants to be paid first: {reply}", "Buy credits in X's developer console.")
            case 403 if "duplicate" in reply.lower():
                reason = "X has a post with this very text already, so look at the account: if it is there, all is well"
                return Rejected(f"{reason} ({reply})", evidence=evidence)
            case 429:
                return self._used_up(answer, evidence)
        return None

    def _used_up(self, answer: HttpAnswer, evidence: Evidence) -> Outcome | None:
        """Wait for the day's allowance where that is what is used up, not for the quarter of an hour's."""
        now = self._surroundings.clock.now()
        for limit in _DAY_LIMITS:
            if answer.headers.get(f"{limit}-remaining") == "0":
                seconds = reset_seconds(answer.headers.get(f"{limit}-reset", ""), now)
                return Deferred(f"the day's allowance on X is used up: {evidence.reply}", seconds, evidence)
        return None

    # -------------------------------------------------------------------------------------------------- picture

    def _media_id(self, out: Outgoing, message: SealedMessage, mark: Mark) -> str:
        """Upload the picture and describe it, or go on with the one that an earlier attempt has uploaded."""
        if made := self._made(message, "media"):
            return str(made["id"])
        media_type, file_name = out.image_file
        parts = [
            FormPart("media_category", b"tweet_image"),
            FormPart("media_type", media_type.encode()),
            FormPart("media", out.image_bytes, media_type, file_name),
        ]
        content_type, body = encode_form(parts)
        rehearsal = {"data": {"id": "1990000000000000001"}}
        request = self._call("POST", "/2/media/upload", rehearsal, body=body, content_type=content_type)
        media_id = self._step_text(request, "data", "id", refuse=self._refuse)
        self._describe(media_id, out)
        self._mark_made(mark, "media", media_id)
        return media_id

    def _describe(self, media_id: str, out: Outgoing) -> None:
        if out.image is None or not out.image.alt:
            return
        alt = {"alt_text": {"text": shortened(out.image.alt, MAX_ALT_CHARACTERS)}}
        document = {"id": media_id, "metadata": alt}
        self._step(self._call("POST", "/2/media/metadata", {"data": {}}, document=document), self._refuse)

    # ------------------------------------------------------------------------------------------ asking afterwards

    def _look_for(self, message: SealedMessage) -> Outcome:
        since = (first_try_at(message) - CLOCK_DIFFERENCE).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = urlencode({"max_results": LISTED_COUNT, "start_time": since, "tweet.fields": "created_at"})
        own_id = self._text_in(self._step(self._who_am_i(), self._refuse_to_show), "data", "id")
        answer = self._step(self._call("GET", f"/2/users/{own_id}/tweets?{query}", {}), self._refuse_to_show)
        document = json_of(answer)
        posts = [self._own_post(answer, post) for post in find_in(document, "data") or []]
        is_all = isinstance(document, dict) and find_in(document, "meta", "next_token") is None
        return self._look_among(posts, message, without_links(outgoing(message).text), is_all=is_all)

    def _own_post(self, answer: HttpAnswer, post: Any) -> OwnPost:
        post_id = str(find_in(post, "id"))
        text = _SHORT_LINK.sub("", unescape(str(find_in(post, "text") or "")))
        return OwnPost(text, self._time_in(answer, find_in(post, "created_at")), post_id, self._url_of(post_id))

    def _refuse_to_show(self, answer: HttpAnswer) -> Outcome | None:
        """Many plans and tokens may post but not read: that says nothing about the post."""
        if answer.status in (402, 403):
            return Unknown(f"X does not let us read the account's posts: {quote_reply(answer.body, self._secrets)}")
        return self._refuse(answer)

    def _introduce(self) -> str:
        name = self._step_text(self._who_am_i(), "data", "username", refuse=self._refuse)
        if name.lower() != self._settings.username.lower():
            what = f'the token belongs to @{name}, not to "{self._settings.username}"'
            raise self._misconfigured(what, f'Write username = "{name}", or log in as the other account.')
        return f"logged in as @{self._settings.username}"

    def _who_am_i(self) -> HttpRequest:
        return self._call("GET", "/2/users/me", {"data": {"id": "1", "username": self._settings.username}})

    # ------------------------------------------------------------------------------------------ requests, tokens

    def _call(
        self,
        method: str,
        path: str,
        rehearsal: Any,
        *,
        document: Any = None,
        body: bytes = b"",
        content_type: str = "application/json",
    ) -> HttpRequest:
        body = body or (json_bytes(document) if document is not None else b"")
        headers = {**bearer(self._access_token()), **({"Content-Type": content_type} if body else {})}
        return self._request(method, self._settings.api_url + path, rehearsal, headers=headers, body=body)

    def _access_token(self) -> str:
        now = self._surroundings.clock.now()
        if self._tokens is None or not self._tokens.last(now, RENEW_BEFORE):
            self._tokens = self._renewal().current(now)
            self._secrets |= self._tokens.texts()
        return self._tokens.access

    def _renewal(self) -> Renewal:
        return Renewal(self._surroundings.credentials, self._settings.refresh_token, RENEW_BEFORE, self._renew)

    def _renew(self, tokens: Tokens) -> Tokens:
        """Trade the refresh token for new tokens; X takes each only once."""
        refresh = tokens.refresh or tokens.bare
        self._secrets |= tokens.texts()
        answer = self._step(self._renewing_request(refresh), self._refuse_to_renew)
        document, now = json_of(answer), self._surroundings.clock.now()
        seconds = find_in(document, "expires_in")
        self._was_renewed = True
        return Tokens(
            access=self._text_in(answer, "access_token"),
            refresh=str(find_in(document, "refresh_token") or refresh),
            expires_at=now + timedelta(seconds=seconds if isinstance(seconds, int) else 0),
        )

    def _renewing_request(self, refresh: str) -> HttpRequest:
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": self._settings.client_id}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._settings.client_secret:
            secret = self._read_token(self._settings.client_secret)
            pair = base64.b64encode(f"{self._settings.client_id}:{secret}".encode()).decode("ascii")
            self._secrets.add(pair)
            headers["Authorization"] = f"Basic {pair}"
        rehearsal = {"access_token": "rehearsal-of-access", "refresh_token": "rehearsal", "expires_in": 7_200}
        return self._request(
            "POST",
            f"{self._settings.api_url}/2/oauth2/token",
            rehearsal,
            headers=headers,
            body=urlencode(form).encode(),
            secret_texts=frozenset({refresh}),
        )

    def _refuse_to_renew(self, answer: HttpAnswer) -> Outcome | None:
        if answer.status in (400, 401, 403):
            reply = quote_reply(answer.body, self._secrets)
            raise self._misconfigured(f"X does not take the refresh token: {reply}", _LOG_IN_AGAIN)
        return None


def without_links(text: str) -> str:
    """Take the links out of a text: X gives them back in another form."""
    for link in reversed(find_links(text, X_LINKS)):
        text = text[: link.start] + text[link.end :]
    return text


ADAPTER = AdapterType(
    name="x",
    summary="an account on X",
    settings=XSettings,
    make=XAdapter,
    kinds=XAdapter.kinds,
    image_limits=IMAGE_LIMITS,
)
