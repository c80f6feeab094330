"""Incoming webhooks of chat networks: one address to post to. Whoever knows it can post, so all of it is a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import Field, field_validator

from publisher.adapters._posting import PostingSession, ReadAnswer, ReadRefusal, problem_of_address
from publisher.domain.attempt import Outcome
from publisher.domain.message import Message, MessageKind
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.text_limits import TextLimits
from publisher.fetch import accepted, by_the_table
from publisher.ports.adapter import ChannelSettings, Session, Surroundings
from publisher.ports.credentials import Credentials, Secret
from publisher.ports.http import HttpAnswer, HttpRequest

JSON = "application/json"
MIN_SECRET_CHARACTERS = 16  # a part of an address that is as long as this is taken for a secret
_STAND_IN = "https://webhook.invalid/rehearsal"


class HookSettings(ChannelSettings):
    """What every incoming webhook needs."""

    url: str | Secret = Field(description="Address of the webhook. Whoever knows it can post: keep it outside.")
    timeout_seconds: float = Field(default=30.0, gt=0, le=300, description="Longest wait for an answer.")

    @field_validator("url")
    @classmethod
    def _web_address(cls, url: str | Secret) -> str | Secret:
        if isinstance(url, str) and (problem := problem_of_address(url)):
            raise ValueError(problem)
        return url

    def addresses(self, credentials: Credentials) -> tuple[str, ...]:
        """Give the one address."""
        return (self.url if isinstance(self.url, str) else credentials.read(self.url),)


class HookAdapter:
    """Post messages to one address; a subclass names the network and its session."""

    kinds = frozenset({MessageKind.POST, MessageKind.NOTICE})
    network: ClassVar[str]
    make_session: ClassVar[Callable[..., Session]]

    def __init__(self, settings: HookSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings

    def account(self) -> str:
        """Name the channel: the address is a secret and says nothing to a person."""
        return self._surroundings.channel

    def limits(self) -> TextLimits:
        """Give the network's rules."""
        return KNOWN_LIMITS[self.network]

    def prepare(self, message: Message) -> Mapping[str, Any]:
        """Nothing: the network takes no key with which it would recognise a repeated message."""
        return {}

    def open(self) -> Session:
        """Make a session; each request has its own connection."""
        return type(self).make_session(self._settings, self._surroundings)


class HookSession(PostingSession):
    """Post one message after the other."""

    def __init__(self, settings: HookSettings, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._settings = settings

    def _introduce(self) -> str:
        """Ask the host for its front page, without the secret path: a request to the address would be a message.

        So name, connection and certificate are proved, not that the address is right.
        Errors: ChannelMisconfigured, TryAgain.
        """
        parts = urlsplit(self._url())
        self._ask(HttpRequest(method="HEAD", url=f"{parts.scheme}://{parts.netloc}/", total_seconds=15.0))
        return f"{parts.hostname} answers; whether the whole address is right, only a post can tell"

    def _post(
        self,
        body: bytes,
        rehearsal_answer: HttpAnswer,
        *,
        content_type: str = JSON,
        query: Mapping[str, str] | None = None,
        accept: ReadAnswer = accepted,
        refuse: ReadRefusal = by_the_table,
    ) -> Outcome:
        url = self._url()
        request = HttpRequest(
            method="POST",
            url=with_query(url, query or {}),
            headers={"Content-Type": content_type},
            body=body,
            rehearsal_answer=rehearsal_answer,
            secret_url=True,
            total_seconds=self._settings.timeout_seconds,
        )
        return self._deliver(request, secrets=tuple(secrets_in(url)), accept=accept, refuse=refuse)

    def _url(self) -> str:
        (url,) = self._settings.addresses(self._surroundings.credentials)
        if not (problem := problem_of_address(url)):
            return url
        if self._surroundings.capture is not None:
            return _STAND_IN  # a rehearsal needs no secrets: what stands in for them is no address
        hint = "Copy the whole address anew from the network's settings."
        raise self._misconfigured(f'the value of "url" cannot be used: {problem}', hint)


def with_query(url: str, query: Mapping[str, str]) -> str:
    """Add parameters to an address; ours win over those that stand there already."""
    if not query:
        return url
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in query]
    return urlunsplit(parts._replace(query=urlencode([*kept, *query.items()]), fragment=""))


def secrets_in(url: str) -> Iterator[str]:
    """Give the address and those parts of it that must not be quoted back."""
    parts = urlsplit(url)
    values = [value for _, value in parse_qsl(parts.query)]
    pieces = [parts.query, *values, *parts.query.replace("&", "=").split("="), *parts.path.split("/")]
    yield url
    yield from (piece for piece in pieces if len(piece) >= MIN_SECRET_CHARACTERS)
