"""The adapter contract: our code for one kind of channel, one file each in `publisher/adapters/`.

The worker owns claims and commits, the adapter owns the wire. An adapter never retries, never touches the ledger, and
answers with an Outcome; it raises ChannelMisconfigured where the remote refuses our credentials.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from publisher.domain.attempt import Outcome
from publisher.domain.image_limits import ImageLimits
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.pace import NO_CHANNEL_LIMITS, Limits, PaceRules
from publisher.domain.quiet_hours import parse_quiet_hours
from publisher.domain.text_limits import TextLimits
from publisher.domain.wire import Stage
from publisher.ports.clock import Clock
from publisher.ports.credentials import Credentials
from publisher.ports.http import HttpClient
from publisher.ports.posting import PostSettings

JsonValue = Any
NOT_ASKED = "a rehearsal: no connection is made"


class Utm(BaseModel):
    """UTM parameters for the article's address: {slug} stands for the article's name, {channel} for the channel's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(default="{channel}", description="utm_source: where the visitor comes from.")
    medium: str = Field(default="social", description="utm_medium: the kind of channel.")
    campaign: str | None = Field(default=None, description='utm_campaign, for example "{slug}".')
    content: str | None = Field(default=None, description="utm_content.")
    term: str | None = Field(default=None, description="utm_term.")

    @field_validator("*")
    @classmethod
    def _known_names_only(cls, text: str | None) -> str | None:
        if text and (unknown := set(re.findall(r"\{([^{}]*)\}", text)) - {"slug", "channel"}):
            raise ValueError(f'"{{{min(unknown)}}}" is not known here; write {{slug}} or {{channel}}')
        return text

    def values(self, *, slug: str, channel: str) -> dict[str, str]:
        """Give the parameters by name, without "utm_"."""
        texts = {name: text for name, text in self.model_dump().items() if text}
        return {name: text.replace("{slug}", slug).replace("{channel}", channel) for name, text in texts.items()}


_Count = Annotated[int, Field(ge=1)]


class PaceSettings(BaseModel):
    """How many messages may begin in a stretch of time; each of them holds by itself, as does any you leave out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_second: _Count | None = Field(default=None, description="At most so many in any second.")
    per_minute: _Count | None = Field(default=None, description="At most so many in any 60 seconds.")
    per_hour: _Count | None = Field(default=None, description="At most so many in any 60 minutes.")

    @model_validator(mode="after")
    def _consistent(self) -> PaceSettings:
        counts = list(self.limits().counts().items())
        if not counts:
            raise ValueError("it names no limit; write for example {per_second = 10, per_hour = 2000}")
        for (shorter, few), (longer, many) in pairwise(counts):
            if few > many:
                raise ValueError(
                    f"{shorter} = {few} is more than {longer} = {many} ever lets through; leave {shorter} out"
                )
        return self

    def limits(self) -> Limits:
        """Give them as the limits of a bucket."""
        return Limits(self.per_second, self.per_minute, self.per_hour)


_DOMAIN_EXAMPLE = '{"t-online.de" = {per_minute = 60}}'
_DOMAIN = re.compile(r"\*|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class ChannelSettings(BaseModel):
    """The keys that every `[channels.NAME]` section has; an adapter's own settings add to them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter: str = Field(description="Kind of channel: the name of a file in publisher/adapters/.")
    articles: Literal["named", "all"] = Field(
        default="named", description='Which articles are posted: those that name this channel, or "all".'
    )
    tags: tuple[str, ...] = Field(default=(), description="Articles with one of these tags are posted, too.")
    template: str | None = Field(default=None, description="Name of the post template, without its ending.")
    enabled: bool = Field(default=True, description="Set to false to leave this channel out for a while.")
    split: bool = Field(
        default=False, description="Post a long text whole, as a thread, instead of a shortened one with a link."
    )
    numbering: Literal["1/4", "(1/4)", "[1/4]", "none"] = Field(
        default="1/4", description="How the posts of a thread are numbered."
    )
    utm: Utm | None = Field(default=None, description="UTM parameters for the article's address; none if left out.")
    on_unknown: Literal["hold", "resend"] = Field(
        default="hold",
        description='What to do if it is not known whether a message arrived: wait for a person, or "resend" it, '
        "which may bring it twice.",
    )
    pace: PaceSettings | None = Field(
        default=None, description="How fast messages may follow each other; as fast as they can if left out."
    )
    domain_pace: dict[str, PaceSettings] = Field(
        default_factory=dict,
        description='The same for the recipients of single domains, for example {"t-online.de" = {per_minute = 60}}; '
        '"*" is each domain that is not named, by itself. Only for e-mail.',
    )
    posts: PostSettings = Field(default=PostSettings(), description="When articles are posted.")
    quiet_hours: str | None = Field(
        default=None,
        description='Hours in which nothing is sent, for example "20:00-07:00" in the organisation\'s time zone. What '
        "`publish now` has just made leaves all the same.",
    )

    @field_validator("domain_pace")
    @classmethod
    def _domains_only(cls, paces: dict[str, PaceSettings]) -> dict[str, PaceSettings]:
        for name in paces:
            if not _DOMAIN.fullmatch(name):
                raise ValueError(f'"{name}" is no domain in small letters; write for example {_DOMAIN_EXAMPLE}')
        return paces

    @field_validator("quiet_hours")
    @classmethod
    def _two_times(cls, text: str | None) -> str | None:
        if text is not None:
            parse_quiet_hours(text)
        return text

    def pace_rules(self) -> PaceRules:
        """Give the limits of the channel and of the domains."""
        domains = {name: pace.limits() for name, pace in self.domain_pace.items()}
        return PaceRules(self.pace.limits() if self.pace else NO_CHANNEL_LIMITS, domains)

    def addresses(self, credentials: Credentials) -> tuple[str, ...]:
        """Name the web addresses that the operator wrote for this channel: they may be on a private network.

        Errors: ChannelMisconfigured.
        """
        return ()


class Capture(Protocol):
    """Where a rehearsal puts what would have been sent."""

    def write(self, name: str, content: bytes) -> Path:
        """Write one file under the rehearsal folder and give its path."""
        ...


class Memory(Protocol):
    """What an adapter was told by the remote and may forget: a loss costs a question more. Never secrets, nor state."""

    def read(self, name: str) -> JsonValue:
        """Give what was written last under this name, by any channel; None if there is nothing that can be read."""
        ...

    def write(self, name: str, value: JsonValue) -> None:
        """Keep a value. One that cannot be kept is forgotten, and logged; no delivery hangs on it."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an adapter is given to work with. `capture` is set in a rehearsal, and nothing may leave then.

    `folder` is the project's folder (where config.toml is): relative paths in settings start there. `random_bytes` is
    the only source of randomness.
    """

    channel: str
    folder: Path
    clock: Clock
    http: HttpClient
    credentials: Credentials
    random_bytes: Callable[[int], bytes]
    memory: Memory
    capture: Capture | None = None


class Mark(Protocol):
    """How an adapter tells, while it sends, what must not be forgotten."""

    def __call__(self, name: str, value: JsonValue) -> None:
        """Make a value durable and return: call it before what a later attempt must know (a media or container id).

        Each call is a commit of its own. Errors: PublisherError, and then the adapter must not go on.
        """
        ...

    def wire(self, stage: Stage, receipt: str = "") -> None:
        """Note in memory how far the message has come. It costs next to nothing, and survives a crash of the process.

        An adapter that never calls it is safe: after a crash its message counts as perhaps taken. One that vouches by
        ENVELOPE that nothing can have been taken yet must note DOT before it writes what completes the message.
        """
        ...


class Session(Protocol):
    """A connection, or what stands for it: used by one thread at a time."""

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Try once. `mark(name, value)` returns when the value is durable: call it before what must be remembered.

        `mark.wire(stage)` notes how far the message has come. Errors: ChannelMisconfigured.
        """
        ...

    def verify(self) -> str:
        """Log in or ask the remote who we are, without sending; give one line for `publish check --online`.

        In a rehearsal nobody is asked and nothing captured, and the line is NOT_ASKED.
        Errors: ChannelMisconfigured, TryAgain.
        """
        ...

    def close(self) -> None:
        """Leave politely."""
        ...


@runtime_checkable
class Interruptible(Protocol):
    """A session whose `send` can be ended from another thread, when the program has to leave."""

    def interrupt(self) -> None:
        """Break the connection: a `send` that waits returns at once with what it knows."""
        ...


@dataclass(frozen=True, slots=True)
class Expiry:
    """Something that the channel needs and that ends: `about` names it as the team does, such as a mail server."""

    thing: Literal["certificate", "token"]
    about: str
    expires_at: datetime


@runtime_checkable
class Expiring(Protocol):
    """An adapter that knows when what it needs will end."""

    def expiries(self) -> Sequence[Expiry]:
        """Say what is known, without asking anybody."""
        ...


@runtime_checkable
class Finder(Protocol):
    """A session that can ask the remote whether a delivery of unknown outcome has arrived after all."""

    def find(self, message: SealedMessage) -> Outcome:
        """Look for it among the account's own: Accepted if it is there, Rejected if it surely is not, else Unknown.

        Errors: ChannelMisconfigured.
        """
        ...


class Sessions(Protocol):
    """Several connections, numbered from 0. Used by one thread, but for `interrupt`."""

    @property
    def bell(self) -> int | None:
        """Give a descriptor: whoever writes an octet to it makes `finished` return at once. None if there is none."""
        ...

    def prepare(self, place: int, message: SealedMessage, mark: Mark) -> None:
        """Give this connection its next message; it must be free. Nothing of the message may leave before `send`.

        What comes before the message may: a connection, a login, an envelope.
        """
        ...

    def send(self, place: int) -> None:
        """Send what was prepared."""
        ...

    def cancel(self, place: int) -> None:
        """Forget what was prepared: the connection is free again, and nothing will be heard of the message."""
        ...

    def finished(self, seconds: float) -> Sequence[tuple[int, Outcome | BaseException]]:
        """Wait until a connection is done with what was sent, for so long at most; give which, and what came of it."""
        ...

    def interrupt(self) -> None:
        """Break all connections: what is under way is finished at once with what is known."""
        ...

    def close(self) -> None:
        """Leave politely."""
        ...


@runtime_checkable
class Multiplexed(Protocol):
    """An adapter that drives many connections from one thread: for remotes that take thousands of messages a second."""

    def open_many(self, count: int) -> Sessions | None:
        """Make so many sessions; None where single ones will do."""
        ...


class Adapter(Protocol):
    """One kind of channel, made for one channel out of its settings and its surroundings."""

    kinds: frozenset[MessageKind]

    def account(self) -> str:
        """Name the recipient of a post on this channel: the channel's own account, without secrets."""
        ...

    def limits(self) -> TextLimits | None:
        """Say how long a post may be and how the network counts; None where posts are not taken."""
        ...

    def prepare(self, message: Message) -> Mapping[str, JsonValue]:
        """Make what must be the same on every attempt (idempotency key, record id); stored when planning."""
        ...

    def open(self) -> Session:
        """Make a session. It connects at its first use, not here."""
        ...


@dataclass(frozen=True, slots=True)
class AdapterType:
    """What an adapter's file declares as `ADAPTER`: all that the rest of the program knows of it.

    `kinds` are the kinds of message that it takes. `default_template` is the Jinja2 text of a post where the team has
    none of its own for this network. `image_limits` is None where posts carry no image of their own. `replay_seconds`
    is how long after the first attempt that it may have taken the remote recognises a repeated one and makes nothing
    new: 0 is never, infinity is always; an unknown delivery is tried again by itself only within it.
    """

    name: str
    summary: str
    settings: type[ChannelSettings]
    make: Callable[[Any, Surroundings], Adapter]
    kinds: frozenset[MessageKind] = frozenset()
    image_limits: ImageLimits | None = None
    replay_seconds: float = 0.0
    default_template: str = ""
