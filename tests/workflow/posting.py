"""A network that answers as a script says, behind the adapter's port: it can be asked afterwards, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from publisher.domain.attempt import Accepted, Outcome, Unknown
from publisher.domain.image_limits import ImageLimits
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.post import Post
from publisher.domain.text_limits import TextLimits, Unit
from publisher.ports.adapter import AdapterType, ChannelSettings, Mark
from publisher.workflow.application import Application, Channel

Answer = Callable[[SealedMessage], Outcome]


def take(message: SealedMessage) -> Outcome:
    return Accepted(f"id-{message.segment}")


@dataclass
class Network:
    """Keeps what it was handed and what it was asked, and answers."""

    answer: Answer = take
    handed: list[SealedMessage] = field(default_factory=list)
    limits_: TextLimits = field(default_factory=lambda: TextLimits(Unit.GRAPHEMES, 100))

    kinds = frozenset({MessageKind.POST})

    def account(self) -> str:
        return "@verband"

    def limits(self) -> TextLimits:
        return self.limits_

    def prepare(self, message: Message) -> Mapping[str, Any]:
        return {"key": message.content_hash[:8]}

    def open(self) -> Network:
        return self

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        self.handed.append(message)
        mark("tried", message.segment)
        return self.answer(message)

    def verify(self) -> str:
        return "ready"

    def close(self) -> None:
        pass

    @property
    def texts(self) -> list[str]:
        """What was handed over, segment by segment."""
        return [Post.from_bytes(sealed.sections["post"]).text_of(sealed.segment) for sealed in self.handed]


@dataclass
class AskableNetwork(Network):
    """One that can be asked for a post afterwards."""

    found: Answer = lambda message: Unknown("not sure")
    asked: list[SealedMessage] = field(default_factory=list)

    def find(self, message: SealedMessage) -> Outcome:
        self.asked.append(message)
        return self.found(message)


def on_network(
    app: Application,
    network: Network,
    *,
    replay_seconds: float = 0.0,
    image_limits: ImageLimits | None = None,
    **settings: Any,
) -> Application:
    """Put the network in the place of the channel "mastodon", and leave no other one for posts."""
    kind = AdapterType(
        "network",
        "a network",
        ChannelSettings,
        lambda *_: network,
        network.kinds,
        image_limits=image_limits,
        replay_seconds=replay_seconds,
    )
    channel = Channel("mastodon", ChannelSettings(adapter="network", **settings), kind, network)
    return replace(app, channels={**app.channels, "mastodon": channel})
