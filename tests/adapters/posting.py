"""Posts for the tests of networks, and sending one as the workflow does."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from publisher.domain.attempt import Outcome
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.post import Post, PostImage
from publisher.ports.adapter import Adapter
from tests.contracts.bench import KEY, POST, Marks, MemoryCapture, make_adapter
from tests.servers.http_server import HttpServer

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SPECIAL = Post(
    slug="gruesse",
    text=(
        "„Grüße“ an Kolleg*innen & Mitarbeiter*innen <b>! @channel @here <!channel> <users/all>\n\n"
        "# 27. November: a_b ~c~ `d` [e](f) {g|h}\n"
        "> https://example.org/neue_pumpe-1?a=1&b=(2) #Wärmepumpe 🎉"
    ),
    title="„Grüße“ an Kolleg*innen",
    lang="de",
    teaser="Kurz & gut",
    url="https://example.org/neue_pumpe-1?a=1&b=(2)",
    image=PostImage(alt='Eine "Pumpe" & <mehr>', url="https://example.org/p.png", media_type="image/png"),
)
WITHOUT_IMAGE = replace(POST, image=None)
THREAD = replace(SPECIAL, text="Eins zwei", segments=("Eins (1/2)", "zwei (2/2)"))


def sealed(
    post: Post,
    *,
    image: bytes = b"",
    segment: int = 1,
    previous: tuple[str, ...] = (),
    marks: Mapping[str, Any] | None = None,
) -> SealedMessage:
    sections = {"post": post.to_bytes()} | ({"image": base64.b64encode(image)} if image else {})
    return SealedMessage(KEY, MessageKind.POST, "account", sections, {}, marks or {}, segment, previous)


@dataclass
class Sent:
    """What came of one attempt."""

    outcome: Outcome
    marks: Marks
    adapter: Adapter
    files: dict[str, bytes] = field(default_factory=dict)


def send(
    settings: Mapping[str, Any],
    folder: Path,
    message: SealedMessage,
    *,
    environ: Mapping[str, str] | None = None,
    rehearse: bool = False,
) -> Sent:
    """Prepare and send a message as the workflow does."""
    capture = MemoryCapture() if rehearse else None
    adapter = make_adapter(settings, folder=folder, environ=environ, capture=capture)
    unsealed = Message(message.kind, {name: (content,) for name, content in message.sections.items()})
    marks = Marks()
    session = adapter.open()
    outcome = session.send(message._replace(prepared=adapter.prepare(unsealed)), marks)
    session.close()
    return Sent(outcome, marks, adapter, capture.files if capture else {})


TOKENS = {
    "slack": "hooktokenCanary00000000x",
    "teams": "sigCanary-0123456789_abcdefghijklmnopqrstuv",
    "discord": "discordCanary_0123456789-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
    "mattermost": "mattermostcanary0123456789",
    "google_chat": "googleCanary0123456789-abcdefghijklmnopqrst",
    "telegram": "123456789:AAcanary0123456789_abcdefghijklmnop",
    "linkedin": "AQXcanary0123456789_abcdefghij-klmnop",
    "facebook": "EAAcanary0123456789abcdefghijklmnop",
}
PATHS = {
    "slack": "/services/T0/B0/{token}",
    "teams": "/workflows/abc/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sig={token}",
    "discord": "/api/webhooks/1234567890/{token}",
    "mattermost": "/hooks/{token}",
    "google_chat": "/v1/spaces/AAAA/messages?key=k&token={token}",
}
OWN = {
    "telegram": {"chat": "@verband"},
    "linkedin": {"author": "urn:li:organization:1234"},
    "facebook": {"page": "1234567890"},
}
NETWORKS = tuple(TOKENS)


def settings_of(name: str, url: str = "{url}", **more: Any) -> dict[str, Any]:
    """Make a channel's settings for a scripted server; the token is named `TOKEN` in the environment."""
    if name in PATHS:
        return {"adapter": name, "url": url + PATHS[name].replace("{token}", TOKENS[name]), **more}
    return {"adapter": name, "api_url": url, "token": {"env": "TOKEN"}, **OWN[name], **more}


def environ_of(name: str) -> dict[str, str]:
    return {"TOKEN": TOKENS[name]}


def deliver_to(
    server: HttpServer, name: str, folder: Path, message: SealedMessage, *, rehearse: bool = False, **more: Any
) -> Sent:
    """Send a message to a scripted server."""
    return send(settings_of(name, server.url, **more), folder, message, environ=environ_of(name), rehearse=rehearse)
