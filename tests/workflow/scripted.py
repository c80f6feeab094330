"""A channel that answers as a script says: an adapter behind the port, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.ports.adapter import AdapterType, ChannelSettings, Mark
from publisher.workflow.application import Application, Channel

Answer = Callable[[SealedMessage], Outcome]


def accept(message: SealedMessage) -> Outcome:
    return Accepted("taken")


@dataclass
class ScriptedAdapter:
    """Keeps what it was handed, and answers."""

    answer: Answer = accept
    handed: list[SealedMessage] = field(default_factory=list)
    kinds: frozenset[MessageKind] = frozenset({MessageKind.EMAIL})

    def account(self) -> str:
        return "script"

    def limits(self) -> None:
        return None

    def prepare(self, message: Message) -> Mapping[str, Any]:
        return {"prepared": message.content_hash[:8]}

    def open(self) -> ScriptedAdapter:
        return self

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        self.handed.append(message)
        return self.answer(message)

    def verify(self) -> str:
        return "ready"

    def close(self) -> None:
        pass

    @property
    def recipients(self) -> list[str]:
        return sorted(message.recipient for message in self.handed)


def scripted(app: Application, adapter: ScriptedAdapter, **settings: Any) -> Application:
    """Put the script in the place of the newsletter's channel."""
    kind = AdapterType("script", "a script", ChannelSettings, lambda *_: adapter, adapter.kinds)
    channel = Channel("newsletter", ChannelSettings(adapter="script", **settings), kind, adapter)
    return replace(app, channels={**app.channels, "newsletter": channel})
