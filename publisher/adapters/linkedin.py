"""LinkedIn: posts of a company page or a person, by the Posts API.

A picture is uploaded first; its name is remembered, so that another attempt uploads nothing anew. Without one the
article goes along as a link card.
Source: learn.microsoft.com/linkedin/marketing/community-management/shares: posts-api, images-api, little-text-format;
.../linkedin/marketing/versioning; checked 2026-11-23. Not tested against a live account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import Field

from publisher.adapters._access import AccessSession, AccessSettings
from publisher.adapters._posting import Outgoing, find_in, json_bytes, outgoing, shortened
from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome
from publisher.domain.image_limits import ImageLimits
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.networks import KNOWN_LIMITS, escape_linkedin
from publisher.domain.reply import quote_reply
from publisher.domain.text_limits import TextLimits
from publisher.fetch import json_of, nonsense
from publisher.ports.adapter import AdapterType, Mark, Surroundings
from publisher.ports.http import HttpAnswer, HttpRequest

MAX_ALT_CHARACTERS = 4_086  # "altText", Posts API
MAX_CARD_TITLE_CHARACTERS = 400  # "title" of an article, Posts API
MAX_CARD_DESCRIPTION_CHARACTERS = 4_086  # "description" of an article, Posts API
IMAGE_MARK = "image_urn"
_REHEARSAL_UPLOAD = HttpAnswer(
    200,
    body=b'{"value": {"uploadUrl": "https://www.linkedin.com/dms-uploads/1", "image": "urn:li:image:rehearsal"}}',
)
_TOKEN_HINT = "Make a new access token for your app at linkedin.com/developers and put it in; they last 60 days."  # noqa: S105
_VERSION_HINT = 'Set a version of the last months, for example api_version = "202610".'


class LinkedInSettings(AccessSettings):
    """`[channels.NAME]` with `adapter = "linkedin"`."""

    author: str = Field(
        pattern=r"^urn:li:(organization:\d+|person:[A-Za-z0-9_-]+)$",
        description="Whose post it is: urn:li:organization:NUMBER or urn:li:person:ID.",
        examples=["urn:li:organization:12345678"],
    )
    api_version: str = Field(
        default="202606", pattern=r"^20\d{4}$", description="Version of the interface, year and month; lasts a year."
    )
    api_url: str = Field(
        default="https://api.linkedin.com",
        pattern="^https?://",
        description="Address of the network's interface, or of your proxy.",
    )


class LinkedInAdapter:
    """One company page or person."""

    kinds = frozenset({MessageKind.POST})

    def __init__(self, settings: LinkedInSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings

    def account(self) -> str:
        """Name the author."""
        return self._settings.author

    def limits(self) -> TextLimits:
        """Give LinkedIn's rules."""
        return KNOWN_LIMITS["linkedin"]

    def prepare(self, message: Message) -> Mapping[str, Any]:
        """Nothing: LinkedIn takes no key with which it would recognise a repeated post."""
        return {}

    def open(self) -> LinkedInSession:
        """Make a session; each request has its own connection."""
        return LinkedInSession(self._settings, self._surroundings)


class LinkedInSession(AccessSession):
    """Post one message after the other."""

    def __init__(self, settings: LinkedInSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._settings = settings

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Upload the picture if it is not there yet, then post once. Errors: ChannelMisconfigured."""
        out, token = outgoing(message), self._token()
        image = ""
        if out.image_bytes:
            uploaded = message.marks.get(IMAGE_MARK) or self._upload(out, token, mark)
            if not isinstance(uploaded, str):
                return uploaded
            image = uploaded
        request = HttpRequest(
            method="POST",
            url=self._api("rest/posts"),
            headers=self._headers(token),
            body=json_bytes(linkedin_post(out, self._settings.author, image)),
            rehearsal_answer=HttpAnswer(201, {"x-restli-id": "urn:li:share:1"}),
            total_seconds=self._settings.timeout_seconds,
        )
        return self._deliver(request, secrets=(token,), accept=_accept, refuse=self._refuse)

    def _introduce(self) -> str:
        """Ask whose token it is. Errors: ChannelMisconfigured, TryAgain."""
        request = HttpRequest(
            method="GET",
            url=self._api("v2/userinfo"),
            headers=self._login(self._token()),
            total_seconds=15.0,
        )
        name = quote_reply(str(find_in(self._read_own(request, "LinkedIn", _USERINFO_HINT), "name")))
        return f"logged in as {name}; whether it may post for {self._settings.author}, only a post can tell"

    def _upload(self, out: Outgoing, token: str, mark: Mark) -> str | Outcome:
        """Ask where to put the picture, put it there, and give its name."""
        asked = self._take_step(self._initialize_request(token), secrets=(token,), refuse=self._refuse)
        if not isinstance(asked, HttpAnswer):
            return asked
        value = find_in(json_of(asked), "value")
        where, image = find_in(value, "uploadUrl"), find_in(value, "image")
        if not isinstance(where, str) or not isinstance(image, str):
            reply = quote_reply(asked.body, (token,))
            return Deferred("LinkedIn did not say where the picture goes", evidence=Evidence("upload", reply))
        put = self._take_step(self._put_request(out, token, where), secrets=(token, where), refuse=self._refuse)
        if not isinstance(put, HttpAnswer):
            return put
        mark(IMAGE_MARK, image)
        return image

    def _initialize_request(self, token: str) -> HttpRequest:
        return HttpRequest(
            method="POST",
            url=self._api("rest/images?action=initializeUpload"),
            headers=self._headers(token),
            body=json_bytes({"initializeUploadRequest": {"owner": self._settings.author}}),
            rehearsal_answer=_REHEARSAL_UPLOAD,
            total_seconds=self._settings.timeout_seconds,
        )

    def _put_request(self, out: Outgoing, token: str, where: str) -> HttpRequest:
        media_type, _ = out.image_file
        login = self._login(token) if self._may_have_token(where) else {}
        return HttpRequest(
            method="PUT",
            url=where,
            headers={**login, "Content-Type": media_type},
            body=out.image_bytes,
            rehearsal_answer=HttpAnswer(201),
            secret_url=True,
            total_seconds=self._settings.timeout_seconds,
        )

    def _may_have_token(self, url: str) -> bool:
        """Give the token to nobody else, whatever address the answer names."""
        host, own = urlsplit(url).hostname or "", urlsplit(self._settings.api_url).hostname
        return host in (own, "linkedin.com") or host.endswith(".linkedin.com")

    def _headers(self, token: str) -> dict[str, str]:
        return {
            **self._login(token),
            "Content-Type": "application/json",
            "LinkedIn-Version": self._settings.api_version,
            "X-Restli-Protocol-Version": "2.0.0",
        }

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        said = quote_reply(str(find_in(json_of(answer), "message") or ""))
        if answer.status == 426 or find_in(json_of(answer), "code") == "NONEXISTENT_VERSION":
            raise self._misconfigured(f"LinkedIn does not know this api_version any more: {said}", _VERSION_HINT)
        if answer.status == 401:
            raise self._misconfigured(f"LinkedIn refuses the token: {said}", _TOKEN_HINT)
        return None


_USERINFO_HINT = f"Give the token the products that docs/reference/channels/linkedin.md names. {_TOKEN_HINT}"


def linkedin_post(out: Outgoing, author: str, image: str) -> dict[str, Any]:
    """Make the JSON of a post; `image` is the name of the uploaded picture, or empty."""
    document: dict[str, Any] = {
        "author": author,
        "commentary": escape_linkedin(out.text),
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    content = _content(out, image)
    return {**document, "content": content} if content else document


def _content(out: Outgoing, image: str) -> dict[str, Any]:
    if image:
        alt = shortened(out.image.alt if out.image else "", MAX_ALT_CHARACTERS)
        return {"media": {"id": image, "altText": alt}}
    if not out.is_first or not out.post.url:
        return {}
    card = {"source": out.post.url, "title": shortened(out.post.title, MAX_CARD_TITLE_CHARACTERS)}
    if out.post.teaser:
        card["description"] = shortened(out.post.teaser, MAX_CARD_DESCRIPTION_CHARACTERS)
    return {"article": card}


def _accept(answer: HttpAnswer) -> Outcome:
    name = answer.headers.get("x-restli-id", "")
    if not name.startswith("urn:li:"):
        return nonsense(answer, "LinkedIn answered without the id of a post")
    return Accepted(receipt=name, url=f"https://www.linkedin.com/feed/update/{quote(name, safe=':')}/")


ADAPTER = AdapterType(
    name="linkedin",
    summary="a company page or a person on LinkedIn",
    settings=LinkedInSettings,
    make=LinkedInAdapter,
    kinds=LinkedInAdapter.kinds,
    image_limits=ImageLimits(
        max_bytes=5_000_000,
        max_side_px=4_096,
        media_types=("image/jpeg", "image/png", "image/gif"),
        max_alt_characters=MAX_ALT_CHARACTERS,
        source="LinkedIn Images API: JPG, PNG, GIF, under 36,152,320 pixels; the bytes are our own bound; "
        "checked 2026-11-23",
    ),
)
