"""What an adapter is given in tests: everything from outside, in memory or on loopback."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from publisher.adapters.registry import find_adapter
from publisher.credentials import EnvironmentCredentials
from publisher.domain.message import MessageKind, SealedMessage
from publisher.domain.post import Post, PostImage
from publisher.domain.wire import Stage
from publisher.fetch import CapturingHttpClient, RequestsHttpClient, host_of
from publisher.ports.adapter import Adapter, Surroundings
from publisher.ports.credentials import Credentials, Secret
from publisher.ports.http import HttpClient
from tests.servers import AUTHORITY

NOW = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
RECIPIENT = "anna.schmidt@example.org"
KEY = "0123456789abcdef0123456789abcdef01234567"
POST = Post(
    slug="neue-pumpe",
    text="Neue Pumpe spart 30 % Strom – „leise“ dazu 🎉 https://example.org/p",
    title="Neue Pumpe",
    lang="de",
    teaser="Leise & sparsam",
    url="https://example.org/p",
    tags=("Pumpe", "Wärme"),
    image=PostImage(alt="Eine Pumpe", url="https://example.org/p.png"),
)
HEADERS = (
    b"From: Verband <news@example.org>\r\nTo: anna.schmidt@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Message-ID: <7.4711@example.org>\r\nMIME-Version: 1.0\r\n"
)
BODY = b"Guten Tag\r\n.\r\n..zwei Punkte\r\n.quit\r\nEnde=20\r\n"


@dataclass
class FixedClock:
    """The wall clock stands still; deadlines need the real one."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic_seconds(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Nobody waits for a scripted remote."""


@dataclass
class MemoryCapture:
    """A rehearsal's folder in memory."""

    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, name: str, content: bytes) -> Path:
        self.files[name] = content
        return Path("rehearsals") / name


@dataclass
class DictMemory:
    """What adapters remember, as the JSON text that a file would hold."""

    texts: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> Any:
        return json.loads(self.texts.get(name, "null"))

    def write(self, name: str, value: Any) -> None:
        self.texts[name] = json.dumps(value)


@dataclass
class Marks:
    """What an adapter had recorded, in order."""

    recorded: list[tuple[str, Any]] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)

    def __call__(self, name: str, value: Any) -> None:
        self.recorded.append((name, value))

    def wire(self, stage: Stage, receipt: str = "") -> None:
        self.stages.append(stage)


class RehearsedCredentials(EnvironmentCredentials):
    """In a rehearsal nothing is kept; unlike the program's own, a missing secret is missed."""

    def keep(self, secret: Secret, value: str) -> None:
        pass

    @contextmanager
    def renewing(self, secret: Secret) -> Iterator[None]:
        yield


def random_bytes(count: int) -> bytes:
    return bytes(itertools.islice(itertools.cycle(range(256)), count))


def make_adapter(
    settings: Mapping[str, Any],
    *,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    capture: MemoryCapture | None = None,
    memory: DictMemory | None = None,
    clock: FixedClock | None = None,
) -> Adapter:
    """Make an adapter as bootstrap does: found by name, settings validated, the operator's addresses allowed."""
    adapter_type = find_adapter(settings["adapter"])
    validated = adapter_type.settings.model_validate(dict(settings))
    credentials: Credentials = EnvironmentCredentials(folder, environ or {})
    allowed = frozenset(host_of(address) for address in validated.addresses(credentials))
    http: HttpClient = RequestsHttpClient(allowed, ca_file=AUTHORITY)
    if capture is not None:
        http, credentials = CapturingHttpClient(capture), RehearsedCredentials(folder, environ or {})
    surroundings = Surroundings(
        channel="test",
        folder=folder,
        clock=clock or FixedClock(),
        http=http,
        credentials=credentials,
        random_bytes=random_bytes,
        memory=memory or DictMemory(),
        capture=capture,
    )
    adapter: Adapter = adapter_type.make(validated, surroundings)
    return adapter


def seal_email(recipient: str = RECIPIENT, *, headers: bytes = HEADERS, body: bytes = BODY) -> SealedMessage:
    sections = {"return_path": b"bounce+7@example.org", "headers": headers, "body": body}
    return SealedMessage(KEY, MessageKind.EMAIL, recipient, sections, {}, {})


def seal_post(post: Post = POST, *, prepared: Mapping[str, Any] | None = None, key: str = KEY) -> SealedMessage:
    return SealedMessage(key, MessageKind.POST, "account", {"post": post.to_bytes()}, prepared or {}, {})
