"""What the adapters for networks share: reading the message, writing JSON, walking through an answer, one session."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from publisher.domain.attempt import Deferred, Evidence, Outcome
from publisher.domain.message import SealedMessage
from publisher.domain.post import Post, PostImage
from publisher.domain.reply import quote_reply
from publisher.errors import ChannelMisconfigured, TryAgain
from publisher.fetch import accepted, ask, by_the_table, deliver, json_of, take_step
from publisher.fetch.outcomes import LONGEST_RETRY_AFTER_SECONDS
from publisher.ports.adapter import NOT_ASKED, Surroundings
from publisher.ports.http import HttpAnswer, HttpRequest

_NOT_NOW = frozenset({408, 425, 429})
ReadAnswer = Callable[[HttpAnswer], Outcome]
ReadRefusal = Callable[[HttpAnswer], Outcome | None]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One segment of a post, as it is to be sent. Image and link card go with the first segment only."""

    text: str
    post: Post
    is_first: bool
    image_bytes: bytes = b""

    @property
    def image(self) -> PostImage | None:
        """Give the picture that goes along with this segment."""
        return self.post.image if self.is_first else None

    @property
    def image_url(self) -> str | None:
        """Give the public address of the picture, for networks that fetch it themselves."""
        return self.image.url if self.image else None

    @property
    def image_file(self) -> tuple[str, str]:
        """Give media type and file name of the picture's bytes."""
        media_type = (self.image and self.image.media_type) or "image/jpeg"
        return media_type, f"image.{media_type.partition('/')[2].partition('+')[0]}"


def outgoing(message: SealedMessage) -> Outgoing:
    """Read what is to be sent out of a sealed message."""
    post = Post.from_bytes(message.sections["post"])
    is_first = message.segment == 1
    image = base64.b64decode(message.sections["image"]) if is_first and "image" in message.sections else b""
    return Outgoing(post.text_of(message.segment), post, is_first, image)


def json_bytes(document: Any, *, ascii_only: bool = False) -> bytes:
    """Write JSON without blanks. `ascii_only` is for networks whose limit is counted so."""
    return json.dumps(document, ensure_ascii=ascii_only, separators=(",", ":")).encode()


def find_in(document: Any, *path: str) -> Any:
    """Walk down a JSON answer; None where it has another form."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def shortened(text: str, max_characters: int) -> str:
    """Cut what is beside the post, such as a description, to a network's limit."""
    return text if len(text) <= max_characters else text[: max_characters - 1] + "…"


def deferred(answer: HttpAnswer, reason: str, seconds: Any) -> Deferred:
    """Make the outcome of a refusal for now whose time stands in the answer's own words; None if it says none."""
    evidence = Evidence("response", quote_reply(answer.body), answer.status)
    known = isinstance(seconds, int | float) and seconds >= 0
    return Deferred(quote_reply(reason), min(float(seconds), LONGEST_RETRY_AFTER_SECONDS) if known else None, evidence)


def problem_of_address(url: str) -> str:
    """Say why a text is no web address, without quoting it: it may be a secret. Empty if it is one."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return "it must be an address that begins with https://"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "it holds blanks or other characters that an address cannot have"
    return ""


class PostingSession:
    """One request after the other over the HTTP port; nothing is held open between them."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def verify(self) -> str:
        """Ask the network who we are; nobody is asked in a rehearsal. Errors: ChannelMisconfigured, TryAgain."""
        return self._introduce() if self._surroundings.capture is None else NOT_ASKED

    def _introduce(self) -> str:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is held open."""

    def _deliver(
        self,
        request: HttpRequest,
        *,
        secrets: Iterable[str],
        accept: ReadAnswer = accepted,
        refuse: ReadRefusal = by_the_table,
    ) -> Outcome:
        around = self._surroundings
        now = around.clock.now()
        return deliver(
            around.http, request, channel=around.channel, now=now, secrets=secrets, accept=accept, refuse=refuse
        )

    def _take_step(
        self, request: HttpRequest, *, secrets: Iterable[str], refuse: ReadRefusal = by_the_table
    ) -> HttpAnswer | Outcome:
        around = self._surroundings
        now = around.clock.now()
        return take_step(around.http, request, channel=around.channel, now=now, secrets=secrets, refuse=refuse)

    def _ask(self, request: HttpRequest) -> HttpAnswer:
        return ask(self._surroundings.http, request, channel=self._surroundings.channel)

    def _read_own(self, request: HttpRequest, network: str, hint: str) -> Any:
        """Read something of our own, for `verify`: give its JSON. Errors: ChannelMisconfigured, TryAgain."""
        answer = self._ask(request)
        if 200 <= answer.status < 300:
            return json_of(answer)
        if answer.status in _NOT_NOW or answer.status >= 500:
            where = f"[channels.{self._surroundings.channel}]"
            raise TryAgain(f"{network} has trouble of its own: HTTP {answer.status}", where=where)
        raise self._misconfigured(f"{network} does not know us: HTTP {answer.status}", hint)

    def _misconfigured(self, what: str, hint: str) -> ChannelMisconfigured:
        return ChannelMisconfigured(what, where=f"[channels.{self._surroundings.channel}]", hint=hint)
