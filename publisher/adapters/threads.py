"""Threads: two steps, a container and its publication; pictures by their public address only.

The container's id is durable before it is published. A container is published once at most as far as is documented,
but what a second request for it does is not: so an attempt of unknown outcome is settled by asking for the state of its
container. Source: developers.facebook.com docs/threads/posts, docs/threads/reference/publishing,
docs/threads/troubleshooting, docs/threads/get-started/long-lived-tokens; checked 2026-11-23. Not tested against a live
account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, field_validator

from publisher.adapters._account import AccountSession, AccountSettings, ServerAddress, StepFailed, answered_before
from publisher.adapters._posting import Outgoing, deferred, find_in, outgoing, shortened
from publisher.adapters._tokens import Renewal, Tokens
from publisher.domain.attempt import Accepted, Outcome, Rejected, Unknown
from publisher.domain.links import X_LINKS, find_links
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.post_warnings import MAX_THREADS_LINKS
from publisher.domain.reply import quote_reply
from publisher.domain.text_limits import TextLimits
from publisher.errors import ChannelMisconfigured
from publisher.fetch import json_of, nonsense
from publisher.ports.adapter import AdapterType, Expiry, JsonValue, Mark, Surroundings
from publisher.ports.credentials import Credentials, Secret
from publisher.ports.http import HttpAnswer, HttpRequest

MAX_ALT_CHARACTERS = 1_000  # "alt_text", reference of publishing
# A long-lived token is good for 60 days and can be renewed when it is a day old.
RENEW_BEFORE = timedelta(days=30)
LISTED_COUNT = 25

# "Error codes" of the Graph API: too many calls by app or user, and the allowance of a day (docs/graph-api/guides/
# error-handling, checked 2026-11-23).
_NOT_NOW = frozenset({4, 17, 32, 341, 368, 613})
# Token not valid; a permission is missing.
_NOT_US = frozenset({10, 102, 190, *range(200, 300)})
_HINT = "Make a new access token as the page docs/reference/channels/threads.md says, and put it in."


class ThreadsSettings(AccountSettings):
    """`[channels.NAME]` with `adapter = "threads"`."""

    username: str = Field(description="The account's name on Threads, such as verband.")
    token: Secret = Field(description="Long-lived access token of the account.")
    api_url: ServerAddress = Field(
        default="https://graph.threads.net", description="Address of the interface of Threads, or of your proxy for it."
    )

    @field_validator("username")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        name = name.strip().removeprefix("@").lower()
        if not re.fullmatch(r"[a-z0-9._]{1,30}", name):
            raise ValueError(f'"{name}" is no name of an account on Threads; write it as "verband"')
        return name

    def addresses(self, credentials: Credentials) -> tuple[str, ...]:
        """Give the address of the interface."""
        return (self.api_url,)


class ThreadsAdapter:
    """One account on Threads."""

    kinds = frozenset({MessageKind.POST})

    def __init__(self, settings: ThreadsSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings

    def account(self) -> str:
        """Name the account."""
        return self._settings.username

    def limits(self) -> TextLimits:
        """Give the rules of Threads."""
        return KNOWN_LIMITS["threads"]

    def prepare(self, message: Message) -> Mapping[str, JsonValue]:
        """Nothing: the container's id is the network's own."""
        return {}

    def expiries(self) -> tuple[Expiry, ...]:
        """Say when the access token ends; a bare one does not say. It is renewed by posting in its last 30 days."""
        try:
            tokens = Tokens.read(self._surroundings.credentials.read(self._settings.token))
        except ChannelMisconfigured:
            return ()
        return (Expiry("token", f"@{self.account()}", tokens.expires_at),) if tokens.expires_at else ()

    def open(self) -> ThreadsSession:
        """Make a session; each request has its own connection."""
        return ThreadsSession(self._settings, self._surroundings)


class ThreadsSession(AccountSession):
    """Post one post after the other."""

    def __init__(self, settings: ThreadsSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._settings = settings
        self._token_text = ""

    def _post(self, message: SealedMessage, mark: Mark) -> Outcome:
        out = outgoing(message)
        links = {out.text[link.start : link.end] for link in find_links(out.text, X_LINKS)}
        if len(links) > MAX_THREADS_LINKS:
            return Rejected(f"Threads takes {MAX_THREADS_LINKS} links at most, and this post has {len(links)}")
        container, state = self._earlier_container(message)
        if not container:
            container, state = self._make_container(out, message, mark), ""
        if state == "PUBLISHED":
            return self._published(message, container)
        if state != "FINISHED":
            self._until(lambda: self._is_finished(container), "Threads is still working on the post")
        request = self._call("POST", "me/threads_publish", {"id": "18000000000000002"}, {"creation_id": container})
        self._mark_try(message, mark)
        return self._deliver(request, secrets=self._secrets, accept=self._accept, refuse=self._refuse)

    def _accept(self, answer: HttpAnswer) -> Outcome:
        post_id = find_in(json_of(answer), "id")
        if not isinstance(post_id, str | int) or not str(post_id):
            return nonsense(answer, "Threads took it and gave no id")
        return Accepted(str(post_id), self._permalink(str(post_id)))

    def _permalink(self, post_id: str) -> str | None:
        """Ask for the post's address: it is posted in any case, so a failure here loses the address and no more."""
        rehearsal = {"permalink": f"https://www.threads.net/@{self._settings.username}/post/rehearsal"}
        try:
            return self._step_text(self._call("GET", post_id, rehearsal, {"fields": "permalink"}), "permalink")
        except (StepFailed, ChannelMisconfigured):
            return None

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        """Read the code: the interface says 400 to nearly everything."""
        error = find_in(json_of(answer), "error")
        code, said = find_in(error, "code"), quote_reply(str(find_in(error, "message") or ""), self._secrets)
        if code in _NOT_US:
            raise self._misconfigured(f"Threads refuses us: {said}", _HINT)
        if code in _NOT_NOW:
            return deferred(answer, f"Threads asks us to wait: {said}", None)
        return None

    # ------------------------------------------------------------------------------------------------ container

    def _make_container(self, out: Outgoing, message: SealedMessage, mark: Mark) -> str:
        form = {"media_type": "TEXT", "text": out.text}
        if out.image and out.image_url:
            alt = {"alt_text": shortened(out.image.alt, MAX_ALT_CHARACTERS)} if out.image.alt else {}
            form = {**form, "media_type": "IMAGE", "image_url": out.image_url, **alt}
        if (answered := answered_before(message)) is not None:
            form["reply_to_id"] = answered
        request = self._call("POST", "me/threads", {"id": "18000000000000001"}, form)
        container = self._step_text(request, "id", refuse=self._refuse)
        self._mark_made(mark, "container", container)
        return container

    def _earlier_container(self, message: SealedMessage) -> tuple[str, str]:
        """Give the container of an earlier attempt and its state; empty where there is none that is still of use."""
        container = find_in(message.marks, "container", "id")
        if not container:
            return "", ""
        try:
            state, _ = self._state_of(container)
        except StepFailed as failed:
            if isinstance(failed.outcome, Rejected):
                return "", ""
            raise
        return ("", "") if state in ("EXPIRED", "ERROR") else (container, state)

    def _is_finished(self, container: str) -> bool:
        """Ask whether a container is done: it may only be published then."""
        state, said = self._state_of(container)
        if state in ("FINISHED", "IN_PROGRESS"):
            return state == "FINISHED"
        raise StepFailed(Rejected(f"Threads could not make the post: {state} {quote_reply(said)}".rstrip()))

    def _state_of(self, container: str) -> tuple[str, str]:
        request = self._call("GET", container, {"status": "FINISHED"}, {"fields": "status,error_message"})
        answer = self._step(request, self._refuse)
        return self._text_in(answer, "status"), str(find_in(json_of(answer), "error_message") or "")

    # ------------------------------------------------------------------------------------------ asking afterwards

    def _look_for(self, message: SealedMessage) -> Outcome:
        container = find_in(message.marks, "container", "id")
        state, said = self._state_of(container)
        if state == "PUBLISHED":
            return self._published(message, container)
        if state in ("FINISHED", "EXPIRED", "ERROR"):
            return self._not_there(message)
        return Unknown(f"Threads says {state} {quote_reply(said)}".rstrip())

    def _published(self, message: SealedMessage, container: str) -> Outcome:
        """Look which post came of a container; that it is there, the container's state has said."""
        query = {"fields": "id,text,permalink", "limit": str(LISTED_COUNT)}
        answer = self._step(self._call("GET", "me/threads", {"data": []}, query), self._refuse)
        text = outgoing(message).text
        for post in self._list_in(answer, "data"):
            if str(find_in(post, "text")).split() == text.split():
                return Accepted(str(find_in(post, "id")), find_in(post, "permalink"))
        return Accepted(f"container {container}")

    def _introduce(self) -> str:
        request = self._call("GET", "me", {"username": self._settings.username}, {"fields": "id,username"})
        name = self._step_text(request, "username", refuse=self._refuse)
        if name.lower() != self._settings.username:
            what = f'the token belongs to @{name}, not to "{self._settings.username}"'
            raise self._misconfigured(what, f'Write username = "{name}", or make a token of the other account.')
        return f"logged in as @{name}{self._allowance()}"

    def _allowance(self) -> str:
        rehearsal = {"data": [{"quota_usage": 0, "config": {"quota_total": 250}}]}
        request = self._call("GET", "me/threads_publishing_limit", rehearsal, {"fields": "quota_usage,config"})
        (limit, *_) = self._list_in(self._step(request, self._refuse), "data") or [None]
        used, total = find_in(limit, "quota_usage"), find_in(limit, "config", "quota_total")
        return f", {used} of {total} posts of a day used" if isinstance(used, int) and isinstance(total, int) else ""

    # ------------------------------------------------------------------------------------------ requests, tokens

    def _call(self, method: str, path: str, rehearsal: Any, fields: Mapping[str, str]) -> HttpRequest:
        return self._with_token(method, f"v1.0/{path}", rehearsal, fields, self._access_token())

    def _with_token(self, method: str, path: str, rehearsal: Any, fields: Mapping[str, str], token: str) -> HttpRequest:
        """Make a request; the interface takes the token as a field, in the body or, for questions, in the address."""
        form = urlencode({**fields, "access_token": token})
        is_question = method == "GET"
        return self._request(
            method,
            f"{self._settings.api_url}/{path}" + (f"?{form}" if is_question else ""),
            rehearsal,
            headers={} if is_question else {"Content-Type": "application/x-www-form-urlencoded"},
            body=b"" if is_question else form.encode(),
            secret_texts=frozenset({token}),
        )

    def _access_token(self) -> str:
        if not self._token_text:
            renewal = Renewal(self._surroundings.credentials, self._settings.token, RENEW_BEFORE, self._renew)
            try:
                tokens = renewal.current(self._surroundings.clock.now())
            except _TooYoung:
                tokens = renewal.stored()
            self._secrets |= tokens.texts()
            self._token_text = tokens.access or tokens.bare
        return self._token_text

    def _renew(self, tokens: Tokens) -> Tokens:
        """Trade the token for one that is good for another 60 days."""
        self._secrets |= tokens.texts()
        fields, rehearsal = {"grant_type": "th_refresh_token"}, {"access_token": "rehearsal", "expires_in": 5_184_000}
        path, token = "refresh_access_token", tokens.access or tokens.bare
        try:
            answer = self._step(self._with_token("GET", path, rehearsal, fields, token), _not_renewed)
        except StepFailed as failed:
            if isinstance(failed.outcome, Rejected):
                raise _TooYoung from None
            raise
        seconds = find_in(json_of(answer), "expires_in")
        expires_at = self._surroundings.clock.now() + timedelta(seconds=seconds if isinstance(seconds, int) else 0)
        return Tokens(access=self._text_in(answer, "access_token"), expires_at=expires_at)


class _TooYoung(Exception):
    """The network does not renew this token, perhaps because it is not a day old: it is used as it is."""


def _not_renewed(answer: HttpAnswer) -> Outcome | None:
    return Rejected("not renewed") if answer.status in (400, 401, 403) else None


ADAPTER = AdapterType(
    name="threads",
    summary="an account on Threads",
    settings=ThreadsSettings,
    make=ThreadsAdapter,
    kinds=ThreadsAdapter.kinds,
)
