"""Facebook: posts of a page, by the Graph API.

A post with a picture is a photo of the page with the text as its caption; without one it is a post with a link card.
The token goes in the Authorization header, not as the parameter of the documents: a header is never in a log.
Source: developers.facebook.com docs/pages-api/posts, docs/graph-api/reference/page/photos (caption, alt_text_custom),
docs/graph-api/guides/error-handling; checked 2026-11-23. Not tested against a live account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import Field

from publisher.adapters._access import AccessSession, AccessSettings
from publisher.adapters._posting import Outgoing, deferred, find_in, outgoing
from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.image_limits import ImageLimits
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.reply import quote_reply
from publisher.domain.text_limits import TextLimits
from publisher.fetch import FormPart, encode_form, json_of, nonsense
from publisher.ports.adapter import AdapterType, Mark, Surroundings
from publisher.ports.http import HttpAnswer, HttpRequest

# "Error codes" of the guide on error handling: too many calls by app, user or page, and blocked for a while.
_NOT_NOW = frozenset({4, 17, 32, 341, 368, 613})
# Session or token not valid; a permission is missing.
_NOT_US = frozenset({10, 102, 190, *range(200, 300)})
_HINT = "Make a new page access token with pages_manage_posts and pages_read_engagement, and put it in."


class FacebookSettings(AccessSettings):
    """`[channels.NAME]` with `adapter = "facebook"`."""

    page: str = Field(pattern=r"^\d{5,20}$", description="Number of the page.", examples=["123456789012345"])
    api_version: str = Field(
        default="v25.0", pattern=r"^v\d{2}\.\d$", description="Version of the interface; lasts two years."
    )
    api_url: str = Field(
        default="https://graph.facebook.com",
        pattern="^https?://",
        description="Address of the network's interface, or of your proxy.",
    )


class FacebookAdapter:
    """One page."""

    kinds = frozenset({MessageKind.POST})

    def __init__(self, settings: FacebookSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings

    def account(self) -> str:
        """Name the page."""
        return self._settings.page

    def limits(self) -> TextLimits:
        """Give Facebook's rules."""
        return KNOWN_LIMITS["facebook"]

    def prepare(self, message: Message) -> Mapping[str, Any]:
        """Nothing: Facebook takes no key with which it would recognise a repeated post."""
        return {}

    def open(self) -> FacebookSession:
        """Make a session; each request has its own connection."""
        return FacebookSession(self._settings, self._surroundings)


class FacebookSession(AccessSession):
    """Post one message after the other."""

    def __init__(self, settings: FacebookSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._settings = settings

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Post once. Errors: ChannelMisconfigured."""
        token = self._token()
        edge, content_type, body = facebook_post(outgoing(message))
        request = HttpRequest(
            method="POST",
            url=self._api(f"{self._settings.api_version}/{self._settings.page}/{edge}"),
            headers={**self._login(token), "Content-Type": content_type},
            body=body,
            rehearsal_answer=HttpAnswer(200, body=b'{"id": "1_1", "post_id": "1_1"}'),
            total_seconds=self._settings.timeout_seconds,
        )
        return self._deliver(request, secrets=(token,), accept=_accept, refuse=self._refuse)

    def _introduce(self) -> str:
        """Ask whose token it is: it must be the page's own. Errors: ChannelMisconfigured, TryAgain."""
        page = self._settings.page
        request = HttpRequest(
            method="GET",
            url=self._api(f"{self._settings.api_version}/me?fields=id,name"),
            headers=self._login(self._token()),
            total_seconds=15.0,
        )
        me = self._read_own(request, "Facebook", _HINT)
        name, number = (quote_reply(str(find_in(me, key))) for key in ("name", "id"))
        if number != page:
            raise self._misconfigured(f"the token is that of {name} ({number}), not of page {page}", _HINT)
        return f'logged in as the page "{name}"'

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        """Read the code: Facebook says 400 to nearly everything."""
        error = find_in(json_of(answer), "error")
        code, said = find_in(error, "code"), quote_reply(str(find_in(error, "message") or ""))
        if code in _NOT_US:
            raise self._misconfigured(f"Facebook refuses us: {said}", _HINT)
        if code in _NOT_NOW or (answer.status < 500 and find_in(error, "is_transient") is True):
            return deferred(answer, f"Facebook asks us to wait: {said}", None)
        return None


def facebook_post(out: Outgoing) -> tuple[str, str, bytes]:
    """Give the page's edge, content type and body: a photo with its caption, or a text with its link."""
    if out.image and out.image_bytes:
        return "photos", *_photo_form(out)
    fields = {"message": out.text}
    if out.is_first and out.post.url:
        fields["link"] = out.post.url
    return "feed", "application/x-www-form-urlencoded", urlencode(fields).encode("ascii")


def _photo_form(out: Outgoing) -> tuple[str, bytes]:
    media_type, file_name = out.image_file
    alt = out.image.alt if out.image else ""
    return encode_form(
        [
            FormPart("caption", out.text.encode()),
            FormPart("alt_text_custom", alt.encode()),
            FormPart("source", out.image_bytes, media_type, file_name),
        ]
    )


def _accept(answer: HttpAnswer) -> Outcome:
    document = json_of(answer)
    number = find_in(document, "post_id") or find_in(document, "id")
    if not isinstance(number, str) or not number.replace("_", "").isdigit():
        return nonsense(answer, "Facebook answered without the id of a post")
    return Accepted(receipt=number, url=f"https://www.facebook.com/{number}")


ADAPTER = AdapterType(
    name="facebook",
    summary="a page on Facebook",
    settings=FacebookSettings,
    make=FacebookAdapter,
    kinds=FacebookAdapter.kinds,
    image_limits=ImageLimits(
        max_bytes=4_000_000,
        max_side_px=4_096,
        source="Graph API, page photos: JPEG and PNG, recommended under 4 MB; the side is our own bound; "
        "checked 2026-11-23",
    ),
)
