"""Bluesky: a record in the account's repository, under a key of our own.

Record key and time are made at planning, and `putRecord` writes the same record under the same key on every attempt:
a second one changes nothing. The text goes as it was approved, with its links in full; the app shows them shortened.
Source: lexicons of bluesky-social/atproto (com.atproto.repo.putRecord, com.atproto.server.createSession,
app.bsky.feed.post, app.bsky.embed), atproto.com specs/tid, src/components/RichText.tsx of bluesky-social/social-app;
checked 2026-11-23. Not tested against a live account.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, field_validator

from publisher.adapters._account import AccountSession, AccountSettings, ServerAddress, StepFailed, bearer
from publisher.adapters._bluesky_facets import as_ascii, facets_of
from publisher.adapters._posting import Outgoing, find_in, json_bytes, outgoing
from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected
from publisher.domain.image_limits import ImageLimits
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.post import Post
from publisher.domain.reply import quote_reply
from publisher.domain.text_limits import TextLimits
from publisher.fetch import json_of, nonsense
from publisher.ports.adapter import AdapterType, JsonValue, Mark, Surroundings
from publisher.ports.credentials import Credentials, Secret
from publisher.ports.http import HttpAnswer, HttpRequest

COLLECTION = "app.bsky.feed.post"
# An access token lives two hours in the PDS code of bluesky-social/atproto, checked 2026-11-23.
RENEW_AFTER_SECONDS = 3_600.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TID_CHARACTERS = "234567abcdefghijklmnopqrstuvwxyz"

IMAGE_LIMITS = ImageLimits(
    max_bytes=1_000_000,
    max_side_px=2_000,
    media_types=("image/jpeg", "image/png"),
    source="lexicons/app/bsky/embed/images.json and external.json of bluesky-social/atproto: maxSize 1000000, "
    "maxWidth 2000; checked 2026-11-23",
)


class BlueskySettings(AccountSettings):
    """`[channels.NAME]` with `adapter = "bluesky"`."""

    handle: str = Field(description="The account's handle, such as verband.bsky.social.")
    password: Secret = Field(description="An app password of the account, not the one that you log in with.")
    service: ServerAddress = Field(
        default="https://bsky.social", description="Address of the account's server, if you run one of your own."
    )

    @field_validator("handle")
    @classmethod
    def _whole_handle(cls, handle: str) -> str:
        handle = handle.strip().removeprefix("@").lower()
        if "." not in handle or not handle.replace("-", "").replace(".", "").isalnum():
            raise ValueError(f'"{handle}" is no whole handle; write it as "verband.bsky.social"')
        return handle

    def addresses(self, credentials: Credentials) -> tuple[str, ...]:
        """Give the server's address."""
        return (self.service,)


class BlueskyAdapter:
    """One account on Bluesky."""

    kinds = frozenset({MessageKind.POST})

    def __init__(self, settings: BlueskySettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings

    def account(self) -> str:
        """Name the handle."""
        return self._settings.handle

    def limits(self) -> TextLimits:
        """Give Bluesky's rules: graphemes and bytes."""
        return KNOWN_LIMITS["bluesky"]

    def prepare(self, message: Message) -> Mapping[str, JsonValue]:
        """Make record key and time of each segment, a millisecond apart: a thread is shown in that order."""
        post = Post.from_bytes(b"".join(piece for piece in message.sections["post"] if isinstance(piece, bytes)))
        clock_id = int.from_bytes(self._surroundings.random_bytes(2), "big") % 1_024
        now = self._surroundings.clock.now()
        times = [now + timedelta(milliseconds=number) for number in range(max(1, len(post.segments)))]
        records = [{"rkey": tid_of(at, clock_id), "created_at": _as_time(at)} for at in times]
        return {"records": records}

    def open(self) -> BlueskySession:
        """Make a session; it logs in at its first use."""
        return BlueskySession(self._settings, self._surroundings)


@dataclass(frozen=True, slots=True)
class Login:
    """A session on the network's side. `at_seconds` is on the monotonic clock."""

    did: str
    handle: str
    access: str
    refresh: str
    at_seconds: float


class BlueskySession(AccountSession):
    """Post one record after the other, logged in once."""

    def __init__(self, settings: BlueskySettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._settings = settings
        self._login: Login | None = None

    def _post(self, message: SealedMessage, mark: Mark) -> Outcome:
        login = self._logged_in()
        planned = _planned_record(message)
        record = self._record(message, planned["created_at"])
        body = {"repo": login.did, "collection": COLLECTION, "rkey": planned["rkey"], "record": record}
        rehearsal = {"uri": f"at://{login.did}/{COLLECTION}/{planned['rkey']}", "cid": "bafyreirehearsal"}
        request = self._call("com.atproto.repo.putRecord", rehearsal, token=login.access, body=json_bytes(body))
        self._mark_try(message, mark)
        return self._deliver(
            request,
            secrets=self._secrets,
            accept=lambda answer: self._accept(answer, planned["rkey"]),
            refuse=self._refuse,
        )

    def _record(self, message: SealedMessage, created_at: str) -> dict[str, Any]:
        out = outgoing(message)
        record: dict[str, Any] = {
            "$type": COLLECTION,
            "text": out.text,
            "langs": [out.post.lang],
            "createdAt": created_at,
        }
        if facets := facets_of(out.text, self._did_of):
            record["facets"] = facets
        if embed := self._embed(out):
            record["embed"] = embed
        if message.segment > 1:
            record["reply"] = {"root": _reference(message.previous[0]), "parent": _reference(message.previous[-1])}
        return record

    def _embed(self, out: Outgoing) -> dict[str, Any] | None:
        """Make a link card of the article's address, with the picture on it; without one show the picture alone."""
        blob = self._upload(out) if out.image_bytes else None
        if out.is_first and out.post.url:
            card = {"uri": as_ascii(out.post.url), "title": out.post.title, "description": out.post.teaser or ""}
            return {"$type": "app.bsky.embed.external", "external": {**card, "thumb": blob} if blob else card}
        if blob is None:
            return None
        image = {"alt": out.image.alt if out.image else "", "image": blob, "aspectRatio": _size_of(out.image_bytes)}
        return {"$type": "app.bsky.embed.images", "images": [image]}

    def _upload(self, out: Outgoing) -> dict[str, Any]:
        media_type, _ = out.image_file
        link = {"$link": "bafkreirehearsal"}
        rehearsal = {"blob": {"$type": "blob", "ref": link, "mimeType": media_type, "size": len(out.image_bytes)}}
        token = self._logged_in().access
        request = self._call(
            "com.atproto.repo.uploadBlob", rehearsal, token=token, body=out.image_bytes, content_type=media_type
        )
        answer = self._step(request, self._refuse)
        blob = find_in(json_of(answer), "blob")
        if not isinstance(blob, dict):
            raise StepFailed(self._unreadable(answer, 'no "blob"'))
        return blob

    def _did_of(self, handle: str) -> str | None:
        """Ask who has a handle; None if nobody has."""
        query = urlencode({"handle": handle})
        request = self._call(f"com.atproto.identity.resolveHandle?{query}", {"did": "did:plc:rehearsal"})
        try:
            return self._step_text(request, "did")
        except StepFailed as failed:
            if isinstance(failed.outcome, Rejected):
                return None
            raise

    def _accept(self, answer: HttpAnswer, rkey: str) -> Outcome:
        document = json_of(answer)
        uri, cid = find_in(document, "uri"), find_in(document, "cid")
        if not (isinstance(uri, str) and isinstance(cid, str) and uri.startswith("at://") and cid):
            return nonsense(answer, "Bluesky took it and gave no address of the record")
        return Accepted(f"{uri} {cid}", f"https://bsky.app/profile/{self._settings.handle}/post/{rkey}")

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        """A token that has run out refuses the request as a whole: the next attempt logs in anew."""
        if answer.status == 400 and find_in(json_of(answer), "error") == "ExpiredToken":
            self._login = None
            return Deferred(f"the login has run out: {quote_reply(answer.body, self._secrets)}")
        return None

    # --------------------------------------------------------------------------------------------------- login

    def _logged_in(self) -> Login:
        """Log in once, and renew the login before it runs out."""
        now, rehearsal = self._surroundings.clock.monotonic_seconds(), self._rehearsed_login()
        if self._login and now - self._login.at_seconds > RENEW_AFTER_SECONDS:
            refresh, self._login = self._login.refresh, None
            request = self._call("com.atproto.server.refreshSession", rehearsal, token=refresh)
            self._login = self._read_login(self._step(request, self._refuse), now)
        elif self._login is None:
            password = self._surroundings.credentials.read(self._settings.password)
            self._secrets.add(password)
            body = json_bytes({"identifier": self._settings.handle, "password": password})
            secret = frozenset({password})
            request = self._call("com.atproto.server.createSession", rehearsal, body=body, secret_texts=secret)
            self._login = self._read_login(self._step(request), now)
        return self._login

    def _rehearsed_login(self) -> dict[str, str]:
        names = {"did": "did:plc:rehearsal", "handle": self._settings.handle}
        return {**names, "accessJwt": "rehearsal-of-access", "refreshJwt": "rehearsal-of-refresh"}

    def _read_login(self, answer: HttpAnswer, now: float) -> Login:
        names = ("did", "handle", "accessJwt", "refreshJwt")
        did, handle, access, refresh = (self._text_in(answer, name) for name in names)
        self._secrets |= {access, refresh}
        return Login(did, handle, access, refresh, now)

    # ------------------------------------------------------------------------------------------ asking afterwards

    def _look_for(self, message: SealedMessage) -> Outcome:
        login, rkey = self._logged_in(), _planned_record(message)["rkey"]
        query = urlencode({"repo": login.did, "collection": COLLECTION, "rkey": rkey})
        request = self._call(f"com.atproto.repo.getRecord?{query}", {}, token=login.access)
        try:
            found = self._accept(self._step(request, self._refuse), rkey)
        except StepFailed as failed:
            if "RecordNotFound" in failed.outcome.evidence.reply:
                return self._not_there(message)
            raise
        return found

    def _introduce(self) -> str:
        login = self._logged_in()
        if login.handle != self._settings.handle:
            raise self._misconfigured(
                f'the app password belongs to {login.handle}, not to "{self._settings.handle}"',
                f'Write handle = "{login.handle}"',
            )
        return f"logged in as @{self._settings.handle}"

    def _call(
        self,
        method: str,
        rehearsal: Any,
        *,
        token: str = "",
        body: bytes = b"",
        content_type: str = "application/json",
        secret_texts: frozenset[str] = frozenset(),
    ) -> HttpRequest:
        """Make a request: what changes something is a POST, what asks has its question in the address."""
        is_question = "?" in method
        headers = {**(bearer(token) if token else {}), **({"Content-Type": content_type} if body else {})}
        return self._request(
            "GET" if is_question else "POST",
            f"{self._settings.service}/xrpc/{method}",
            rehearsal,
            headers=headers,
            body=body,
            secret_texts=secret_texts,
        )


def _planned_record(message: SealedMessage) -> Mapping[str, str]:
    record: Mapping[str, str] = message.prepared["records"][message.segment - 1]
    return record


def _reference(receipt: str) -> dict[str, str]:
    uri, _, cid = receipt.partition(" ")
    return {"uri": uri, "cid": cid}


def _as_time(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def tid_of(at: datetime, clock_id: int) -> str:
    """Make a record key out of a time and a number from 0 to 1023 that keeps two writers apart.

    Source: atproto.com specs/tid: 53 bits of microseconds since 1970, 10 bits of clock identifier, 13 characters;
    checked 2026-11-23.
    """
    number = ((at - _EPOCH) // timedelta(microseconds=1)) << 10 | clock_id
    return "".join(_TID_CHARACTERS[(number >> shift) & 31] for shift in range(60, -1, -5))


def _size_of(image: bytes) -> dict[str, int]:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(image)) as opened:
        return {"width": opened.width, "height": opened.height}


ADAPTER = AdapterType(
    name="bluesky",
    summary="an account on Bluesky",
    settings=BlueskySettings,
    make=BlueskyAdapter,
    kinds=BlueskyAdapter.kinds,
    image_limits=IMAGE_LIMITS,
    replay_seconds=math.inf,
)
