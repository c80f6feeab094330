"""Scripted social networks: what their interfaces answer, and an account on each."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from publisher.domain.attempt import Outcome
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.post import Post
from publisher.ports.adapter import Adapter
from tests.adapters.posting import PNG, SPECIAL
from tests.contracts.bench import KEY, DictMemory, FixedClock, Marks, MemoryCapture, make_adapter
from tests.servers.http_server import answer
from tests.servers.routed_server import Route, RoutedServer

ARTICLE = replace(
    SPECIAL,
    text="„Grüße“ 👩🏽‍🚒 an alle: https://example.org/größe?a=1 #Wärmepumpe (@verband.example)",
    url="https://example.org/größe?a=1",
)
WITHOUT_LINK = replace(ARTICLE, url=None)
THREAD = replace(ARTICLE, text="Eins zwei", segments=("Eins (1/2)", "zwei (2/2)"))


def ok(document: Any, status: int = 200, **headers: str) -> Any:
    return answer(status, json.dumps(document).encode(), **headers)


@dataclass(frozen=True)
class Network:
    """One network. `steps` are the routes before and beside the one that makes a post, which is `creating`.

    `image_steps` are those of them that a picture needs.
    """

    name: str
    environ: Mapping[str, str]
    settings: Mapping[str, Any]
    creating: str
    taken: Any
    steps: Mapping[str, Route]
    image_steps: tuple[str, ...]
    post_steps: tuple[str, ...] = ()
    earlier_receipt: str = "4710"
    more_secrets: tuple[str, ...] = ()

    def serve(self, *, creating: Route | None = None, **_: Any) -> RoutedServer:
        return RoutedServer({**self.steps, self.creating: creating or self.taken})

    def adapter(
        self,
        url: str,
        folder: Path,
        *,
        capture: MemoryCapture | None = None,
        memory: DictMemory | None = None,
        clock: FixedClock | None = None,
        **settings: Any,
    ) -> Adapter:
        filled = {name: url if value == "{url}" else value for name, value in self.settings.items()}
        return make_adapter(
            {"adapter": self.name, "timeout_seconds": 20, **filled, **settings},
            folder=folder,
            environ=self.environ,
            capture=capture,
            memory=memory,
            clock=clock,
        )


MASTODON = Network(
    name="mastodon",
    environ={"TOKEN": "mastodonCanary0123456789"},
    settings={"server": "{url}", "token": {"env": "TOKEN"}},
    creating="POST /api/v1/statuses",
    taken=ok({"id": "4711", "url": "https://verein.example/@verband/4711"}),
    steps={
        "POST /api/v2/media": ok({"id": "81", "url": "https://verein.example/81.png"}),
        "GET /api/v1/media/81": ok({"id": "81"}),
        "GET /api/v1/accounts/verify_credentials": ok({"id": "9", "acct": "verband"}),
        "GET /api/v1/accounts/9/statuses": ok([]),
        "GET /api/v2/instance": ok({"configuration": {"statuses": {"max_characters": 500}}}),
    },
    image_steps=("POST /api/v2/media",),
)
BLUESKY = Network(
    name="bluesky",
    environ={"PASSWORD": "abcd-canary-efgh"},
    settings={"service": "{url}", "handle": "verband.example", "password": {"env": "PASSWORD"}},
    creating="POST /xrpc/com.atproto.repo.putRecord",
    taken=ok({"uri": "at://did:plc:verband/app.bsky.feed.post/3m6bskqeh6s22", "cid": "bafyreitaken"}),
    steps={
        "POST /xrpc/com.atproto.server.createSession": ok(
            {
                "did": "did:plc:verband",
                "handle": "verband.example",
                "accessJwt": "access.canary.1",
                "refreshJwt": "refresh.canary.1",
            }
        ),
        "POST /xrpc/com.atproto.server.refreshSession": ok(
            {
                "did": "did:plc:verband",
                "handle": "verband.example",
                "accessJwt": "access.canary.2",
                "refreshJwt": "refresh.canary.2",
            }
        ),
        "POST /xrpc/com.atproto.repo.uploadBlob": ok(
            {"blob": {"$type": "blob", "ref": {"$link": "bafkreipicture"}, "mimeType": "image/png", "size": 70}}
        ),
        "GET /xrpc/com.atproto.identity.resolveHandle": ok({"did": "did:plc:verband"}),
        "GET /xrpc/com.atproto.repo.getRecord": ok({"error": "RecordNotFound", "message": "no such record"}, 400),
    },
    image_steps=("POST /xrpc/com.atproto.repo.uploadBlob",),
    post_steps=(
        "POST /xrpc/com.atproto.server.createSession",
        "GET /xrpc/com.atproto.identity.resolveHandle",
    ),
    earlier_receipt="at://did:plc:verband/app.bsky.feed.post/3m6bskqeh6s22 bafyreifirst",
    more_secrets=("access.canary.1", "refresh.canary.1"),
)
X = Network(
    name="x",
    environ={"SECRET": "clientCanary01234", "REFRESH": "refreshCanary+/0123456789"},
    settings={
        "api_url": "{url}",
        "username": "verband",
        "client_id": "app-1",
        "client_secret": {"env": "SECRET"},
        "refresh_token": {"env": "REFRESH"},
    },
    creating="POST /2/tweets",
    taken=ok({"data": {"id": "4711", "text": "..."}}, 201),
    steps={
        "POST /2/oauth2/token": ok(
            {"access_token": "accessCanary1", "refresh_token": "refreshCanary1", "expires_in": 7200}
        ),
        "POST /2/media/upload": ok({"data": {"id": "81"}}),
        "POST /2/media/metadata": ok({"data": {"id": "81"}}),
        "GET /2/users/me": ok({"data": {"id": "9", "username": "Verband"}}),
        "GET /2/users/9/tweets": ok({"data": [], "meta": {"result_count": 0}}),
    },
    image_steps=("POST /2/media/upload", "POST /2/media/metadata"),
    post_steps=("POST /2/oauth2/token",),
    more_secrets=("accessCanary1", "refreshCanary1"),
)
THREADS = Network(
    name="threads",
    environ={"TOKEN": "THcanary+/0123456789"},
    settings={"api_url": "{url}", "username": "verband", "token": {"env": "TOKEN"}},
    creating="POST /v1.0/me/threads_publish",
    taken=ok({"id": "4711"}),
    steps={
        "GET /refresh_access_token": ok({"access_token": "THcanary2", "expires_in": 5_184_000}),
        "POST /v1.0/me/threads": ok({"id": "81"}),
        "GET /v1.0/81": ok({"id": "81", "status": "FINISHED"}),
        "GET /v1.0/4711": ok({"permalink": "https://www.threads.net/@verband/post/D1"}),
        "GET /v1.0/me?": ok({"id": "9", "username": "verband"}),
        "GET /v1.0/me/threads": ok({"data": []}),
        "GET /v1.0/me/threads_publishing_limit": ok(
            {"data": [{"quota_usage": 4, "config": {"quota_total": 250, "quota_duration": 86_400}}]}
        ),
    },
    image_steps=(),
    post_steps=("GET /refresh_access_token", "POST /v1.0/me/threads", "GET /v1.0/81"),
    more_secrets=("THcanary2",),
)
NETWORKS = (MASTODON, BLUESKY, X, THREADS)


@dataclass
class Attempts:
    """A delivery and its attempts: what was prepared and what was marked stays, as in the ledger."""

    network: Network
    folder: Path
    post: Post = ARTICLE
    image: bytes = PNG
    segment: int = 1
    previous: tuple[str, ...] = ()
    prepared: Mapping[str, Any] | None = None
    marks: dict[str, Any] = field(default_factory=dict)

    def message(self) -> SealedMessage:
        sections = {"post": self.post.to_bytes()}
        if self.image and self.segment == 1:
            sections["image"] = base64.b64encode(self.image)
        return SealedMessage(
            KEY, MessageKind.POST, "account", sections, self.prepared or {}, self.marks, self.segment, self.previous
        )

    def attempt(self, server: RoutedServer, **settings: Any) -> Outcome:
        """Try once with a session of its own, and remember the marks, even those of a try that failed."""
        session = self.open(server, **settings)
        try:
            return session.send(self.message(), self.mark)
        finally:
            session.close()

    def find(self, server: RoutedServer, **settings: Any) -> Outcome:
        outcome: Outcome = self.open(server, **settings).find(self.message())
        return outcome

    def open(self, server: RoutedServer, **settings: Any) -> Any:
        adapter = self.network.adapter(server.url, self.folder, **settings)
        if self.prepared is None:
            message = self.message()
            self.prepared = adapter.prepare(
                Message(message.kind, {name: (content,) for name, content in message.sections.items()})
            )
        return adapter.open()

    def mark(self, name: str, value: Any) -> None:
        assert json.loads(json.dumps(value)) == value
        self.marks = {**self.marks, name: value}


def rehearse(network: Network, folder: Path, attempts: Attempts) -> tuple[Outcome, Mapping[str, bytes]]:
    capture = MemoryCapture()
    adapter = network.adapter("https://network.example", folder, capture=capture)
    message = attempts.message()
    unsealed = Message(message.kind, {name: (content,) for name, content in message.sections.items()})
    return adapter.open().send(message._replace(prepared=adapter.prepare(unsealed)), Marks()), capture.files
