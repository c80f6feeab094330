"""Any web address that takes JSON by POST, signed by Standard Webhooks.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md 1.0.0, checked 2026-11-23.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator, model_validator

from publisher.adapters._network import NetworkSettings
from publisher.adapters._posting import PostingSession
from publisher.domain.attempt import Outcome
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.post import Post
from publisher.domain.spelling import nearest_word
from publisher.domain.text_limits import TextLimits
from publisher.errors import ChannelMisconfigured
from publisher.ports.adapter import AdapterType, Mark, Surroundings
from publisher.ports.credentials import Credentials, Secret
from publisher.ports.http import HttpAnswer, HttpRequest

FIELDS = ("id", "type", "text", "title", "teaser", "url", "lang", "slug", "tags", "image_url", "image_alt")
MIN_SECRET_BYTES = 24  # "at least 24 bytes (192 bits, 512 maximum)": the specification, signature scheme
MAX_SECRET_BYTES = 64
# "webhook-id": unique, the same on every attempt, to be used by the receiver as an idempotency key; no duration is
# named, a day is our own caution. Source: the specification, checked 2026-11-23.
REPLAY_SECONDS = 86_400.0
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z_]+)\}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OUR_HEADERS = frozenset({"host", "content-type", "content-length", "transfer-encoding", "connection"})


class WebhookSettings(NetworkSettings):
    """`[channels.NAME]` with `adapter = "webhook"`."""

    url: str | Secret = Field(description="Where to post to: https, or http inside your own network.")
    secret: Secret | None = Field(default=None, description="Signing secret, whsec_ and base64.")
    previous_secret: Secret | None = Field(default=None, description="The one before, while you change it.")
    headers: dict[str, str | Secret] = Field(default_factory=dict, description="More headers.")
    body: dict[str, JsonValue] | None = Field(default=None, description="JSON body with {text}, {title}, {url} ...")
    timeout_seconds: float = Field(default=30.0, gt=0, le=300, description="Longest wait for an answer.")
    deduplicates: bool | None = Field(
        default=None, description="The receiver takes a repeated webhook-id only once; true if a secret is set."
    )

    @field_validator("url")
    @classmethod
    def _web_address(cls, url: str | Secret) -> str | Secret:
        if isinstance(url, str) and (problem := problem_of(url)):
            raise ValueError(problem)
        return url

    @field_validator("headers")
    @classmethod
    def _usable_headers(cls, headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _OUR_HEADERS or name.lower().startswith("webhook-"):
                raise ValueError(f'"{name}" cannot be set; take another header, for example X-Token')
            if isinstance(value, str) and not _is_header_value(value):
                raise ValueError(f'the header "{name}" may only hold visible ASCII characters')
        return headers

    @field_validator("body")
    @classmethod
    def _known_placeholders(cls, body: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        for name in _placeholders_in(body):
            if name not in FIELDS:
                close = nearest_word(name, FIELDS)
                advice = f"did you mean {{{close}}}?" if close else f"there are {', '.join(FIELDS)}"
                raise ValueError(f"{{{name}}} is not known; {advice}")
        return body

    @model_validator(mode="after")
    def _previous_needs_new(self) -> WebhookSettings:
        if self.previous_secret and not self.secret:
            raise ValueError('"previous_secret" needs the new one in "secret"')
        return self

    @property
    def recognises_repeats(self) -> bool:
        """Say whether a delivery in doubt may be repeated: a receiver that checks signatures knows webhook-id, too."""
        return self.secret is not None if self.deduplicates is None else self.deduplicates

    def addresses(self, credentials: Credentials) -> tuple[str, ...]:
        """Give the one address."""
        return (self.url if isinstance(self.url, str) else credentials.read(self.url),)


class WebhookAdapter:
    """Post each message as JSON to one address."""

    kinds = frozenset({MessageKind.POST, MessageKind.NOTICE})

    def __init__(self, settings: WebhookSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings

    def account(self) -> str:
        """Name the host, or the channel where the whole address is a secret."""
        url = self._settings.url
        return (urlsplit(url).hostname or "") if isinstance(url, str) else self._surroundings.channel

    def limits(self) -> TextLimits:
        """Give the rules of the network behind the address."""
        return self._settings.text_limits()

    def prepare(self, message: Message) -> Mapping[str, Any]:
        """Keep the body's form of today: another attempt must send the same bytes, whatever the config says then."""
        return {"body": self._settings.body}

    def open(self) -> WebhookSession:
        """Make a session; each request has its own connection."""
        return WebhookSession(self._settings, self._surroundings)


class WebhookSession(PostingSession):
    """Post one message after the other."""

    def __init__(self, settings: WebhookSettings, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._settings = settings

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Post once. Errors: ChannelMisconfigured."""
        now = self._surroundings.clock.now()
        url, headers, secrets = self._url(), self._own_headers(), self._secrets()
        body = body_of(message)
        signed = signature_headers(message.key, int(now.timestamp()), body, self._keys())
        request = HttpRequest(
            method="POST",
            url=url,
            headers={"Content-Type": "application/json", **headers, **signed},
            body=body,
            rehearsal_answer=HttpAnswer(200, body=b"rehearsal"),
            secret_headers=self._secret_headers(),
            secret_url=self._has_secret_url,
            total_seconds=self._settings.timeout_seconds,
        )
        return self._deliver(request, secrets=secrets)

    def _introduce(self) -> str:
        """Ask the host for its front page, without a body or a secret.

        The address itself is left alone: many receivers take any request at all for a delivery. So name, connection
        and certificate are proved, and that the secrets can be read; not that the address is right.

        Errors: ChannelMisconfigured, TryAgain.
        """
        self._own_headers()
        self._keys()
        parts = urlsplit(self._url())
        request = HttpRequest(method="HEAD", url=f"{parts.scheme}://{parts.netloc}/", total_seconds=15.0)
        self._ask(request)
        return f"{parts.hostname} answers; whether the whole address is right, only a delivery can tell"

    @property
    def _has_secret_url(self) -> bool:
        return isinstance(self._settings.url, Secret)

    def _url(self) -> str:
        (url,) = self._settings.addresses(self._surroundings.credentials)
        if problem := problem_of(url):
            raise self._misconfigured(f'the value of "url" cannot be used: {problem}')
        return url

    def _own_headers(self) -> dict[str, str]:
        headers = {}
        for name, setting in self._settings.headers.items():
            headers[name] = setting if isinstance(setting, str) else self._surroundings.credentials.read(setting)
            if not _is_header_value(headers[name]):
                raise self._misconfigured(f'the value of the header "{name}" has characters that cannot be sent')
        return headers

    def _secret_headers(self) -> frozenset[str]:
        hidden = {name for name, setting in self._settings.headers.items() if isinstance(setting, Secret)}
        return frozenset({"authorization", "webhook-signature", *hidden})

    def _keys(self) -> list[bytes]:
        """Give the signing keys, the new one first."""
        secrets = (self._settings.secret, self._settings.previous_secret)
        return [self._key(self._surroundings.credentials.read(secret)) for secret in secrets if secret]

    def _key(self, text: str) -> bytes:
        try:
            encoded = text.removeprefix("whsec_").rstrip("=")
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except binascii.Error:
            key = b""
        if MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
            return key
        raise self._misconfigured("a signing secret is not base64 of 24 to 64 bytes", _KEY_HINT)

    def _secrets(self) -> list[str]:
        """Give every secret in use, to be hidden where the remote echoes it."""
        settings, read = self._settings, self._surroundings.credentials.read
        places = [settings.url, settings.secret, settings.previous_secret, *settings.headers.values()]
        return [read(place) for place in places if isinstance(place, Secret)]

    def _misconfigured(
        self, what: str, hint: str = "Correct it, for example https://example.org/hook"
    ) -> ChannelMisconfigured:
        return super()._misconfigured(what, hint)


_KEY_HINT = (
    "Make one with: python3 -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""
)


def signature_headers(key: str, timestamp: int, body: bytes, keys: list[bytes]) -> dict[str, str]:
    """Make the headers of Standard Webhooks: one signature per signing key, so that a receiver can change its own.

    Units: `timestamp` in seconds since 1970.
    """
    content = f"{key}.{timestamp}.".encode() + body
    digests = (hmac.new(signing_key, content, hashlib.sha256).digest() for signing_key in keys)
    signatures = " ".join("v1," + base64.b64encode(digest).decode("ascii") for digest in digests)
    headers = {"webhook-id": key, "webhook-timestamp": str(timestamp)}
    return {**headers, "webhook-signature": signatures} if signatures else headers


def body_of(message: SealedMessage) -> bytes:
    """Make the JSON body: the default one, or the team's own with its placeholders replaced."""
    post = Post.from_bytes(message.sections["post"])
    form = message.prepared.get("body")
    document = _default_body(message, post) if form is None else _replace(form, _values(message, post))
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _default_body(message: SealedMessage, post: Post) -> dict[str, Any]:
    image = post.image
    return {
        "type": message.kind.value,
        "id": message.key,
        "text": post.text_of(message.segment),
        "title": post.title,
        "teaser": post.teaser,
        "url": post.url,
        "lang": post.lang,
        "slug": post.slug,
        "tags": list(post.tags),
        "image": {"url": image.url, "alt": image.alt, "credit": image.credit} if image else None,
    }


def _values(message: SealedMessage, post: Post) -> dict[str, Any]:
    image = {"image_url": post.image.url, "image_alt": post.image.alt} if post.image else {}
    document = _default_body(message, post)
    return {name: document.get(name) for name in FIELDS} | image


def _replace(form: Any, values: Mapping[str, Any]) -> Any:
    """Replace the placeholders in every text; one that stands alone keeps its type (a list, or null)."""
    match form:
        case dict():
            return {name: _replace(value, values) for name, value in form.items()}
        case list():
            return [_replace(value, values) for value in form]
        case str():
            alone = _PLACEHOLDER.fullmatch(form)
            if alone and alone.group(1):
                return values[alone.group(1)]
            return _PLACEHOLDER.sub(lambda found: _as_text(found, values), form)
    return form


def _as_text(found: re.Match[str], values: Mapping[str, Any]) -> str:
    if not found.group(1):
        return found.group()[0]  # {{ and }} stand for one brace
    value = values[found.group(1)]
    return " ".join(value) if isinstance(value, list) else str(value or "")


def _placeholders_in(form: Any) -> Iterator[str]:
    match form:
        case dict():
            for value in form.values():
                yield from _placeholders_in(value)
        case list():
            for value in form:
                yield from _placeholders_in(value)
        case str():
            yield from filter(None, _PLACEHOLDER.findall(form))


def problem_of(url: str) -> str:
    """Say why a text is no address to post to, without quoting it: it may be a secret. Empty if it is one."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_host = False
    if (
        not has_host
        or parts.scheme not in ("http", "https")
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        return 'it must be an address such as "https://example.org/hook"'
    if "@" in parts.netloc:
        return 'it must hold no password; use headers = {Authorization = {env = "NAME"}}'
    return ""


def _is_header_value(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip()


ADAPTER = AdapterType(
    name="webhook",
    summary="any web address that takes JSON, signed",
    settings=WebhookSettings,
    make=WebhookAdapter,
    kinds=WebhookAdapter.kinds,
    replay_seconds=REPLAY_SECONDS,
)
