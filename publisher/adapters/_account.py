"""What the social networks share: an account with a token, several requests for one post, and asking for it afterwards.

Everything before the one creating request may fail without harm: it ends the attempt as Deferred or Rejected. What an
earlier attempt has made already (a picture, a container) is found in the marks.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from publisher.adapters._posting import PostingSession, ReadRefusal, find_in, json_bytes, problem_of_address
from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected, Unknown
from publisher.domain.message import SealedMessage
from publisher.domain.reply import quote_reply
from publisher.errors import TryAgain
from publisher.fetch import by_the_table, json_of
from publisher.ports.adapter import ChannelSettings, JsonValue, Mark, Surroundings
from publisher.ports.credentials import Secret
from publisher.ports.http import HttpAnswer, HttpRequest

# No request that a network still works on is older than this; our own choice, far above the time limits of web servers.
LONGEST_PROCESSING = timedelta(minutes=15)
# Networks forget uploads that no post uses, X and Mastodon after a day: an older one is uploaded anew.
UPLOAD_LIFE = timedelta(hours=12)
CLOCK_DIFFERENCE = timedelta(minutes=5)
TOO_LIKE = 0.8  # our own choice: what is less alike was not made out of this text
LONG_ANSWER_BYTES = 2_000_000
# Networks that work on an upload or a post are asked so often, so far apart and so long, and then at the next attempt.
MAX_POLLS = 12
POLL_SECONDS = 3.0
LONGEST_WAIT_SECONDS = 60.0
ASK_AGAIN_SECONDS = 60.0


def _as_server(url: str) -> str:
    """Check the address of a server: https, because a token goes there, or this machine."""
    if problem := problem_of_address(url):
        raise ValueError(f'"{url}" is no address of a server: {problem}')
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_this_machine(parts.hostname or ""):
        raise ValueError(f'"{url}" must begin with https://')
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f'"{url}" must end behind the name, as "{parts.scheme}://{parts.netloc}"')
    return f"{parts.scheme}://{parts.netloc}"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


ServerAddress = Annotated[str, AfterValidator(_as_server)]


class AccountSettings(ChannelSettings):
    """What every account on a network has."""

    timeout_seconds: float = Field(default=30.0, gt=0, le=60, description="Longest wait for one answer.")


class StepFailed(Exception):
    """A request before the creating one did not succeed, so nothing was posted. `AccountSession` turns it into that."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome

    @property
    def reason(self) -> str:
        """Say why, in the outcome's words."""
        return self.outcome.receipt if isinstance(self.outcome, Accepted) else self.outcome.reason


@dataclass(frozen=True, slots=True)
class OwnPost:
    """One of the account's own posts, as the network lists it."""

    text: str
    created_at: datetime
    receipt: str
    url: str | None


class AccountSession(PostingSession):
    """Post for one account. A subclass says how: `_post`, `_look_for` and `_introduce`."""

    def __init__(self, settings: AccountSettings, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._timeout_seconds = settings.timeout_seconds
        self._secrets: set[str] = set()

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Post once. Errors: ChannelMisconfigured."""
        try:
            return self._post(message, mark)
        except StepFailed as failed:
            return failed.outcome

    def find(self, message: SealedMessage) -> Outcome:
        """Look for the post on the network. Errors: ChannelMisconfigured."""
        if "tried" not in message.marks:
            return Rejected("no attempt came as far as the request that makes the post")
        try:
            return self._look_for(message)
        except StepFailed as failed:
            return Unknown(f"the network could not be asked: {failed.reason}", failed.outcome.evidence)

    def verify(self) -> str:
        """Ask the network who we are. Errors: ChannelMisconfigured, TryAgain."""
        try:
            return super().verify()
        except StepFailed as failed:
            where = f"[channels.{self._surroundings.channel}]"
            if isinstance(failed.outcome, Deferred):
                raise TryAgain(failed.reason, where=where, hint="Try it again in a few minutes.") from None
            raise self._misconfigured(failed.reason, "Correct this channel's settings.") from None

    def _post(self, message: SealedMessage, mark: Mark) -> Outcome:
        raise NotImplementedError

    def _look_for(self, message: SealedMessage) -> Outcome:
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------------ requests

    def _read_token(self, place: Secret) -> str:
        """Read a secret that goes into a header, and remember it, so that nothing quotes it."""
        token = self._surroundings.credentials.read(place)
        self._secrets.add(token)
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise self._misconfigured("a token holds blanks or other characters that no token has", "Copy it anew.")
        return token

    def _request(
        self,
        method: str,
        url: str,
        rehearsal: Any,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        secret_texts: frozenset[str] = frozenset(),
    ) -> HttpRequest:
        return HttpRequest(
            method=method,
            url=url,
            headers=headers or {},
            body=body,
            rehearsal_answer=HttpAnswer(200, body=json_bytes(rehearsal)),
            secret_texts=secret_texts,
            total_seconds=self._timeout_seconds,
            max_answer_bytes=LONG_ANSWER_BYTES,
        )

    def _step(self, request: HttpRequest, refuse: ReadRefusal = by_the_table) -> HttpAnswer:
        """Take a step before the creating request. Errors: StepFailed, ChannelMisconfigured."""
        taken = self._take_step(request, secrets=self._secrets, refuse=refuse)
        if isinstance(taken, HttpAnswer):
            return taken
        raise StepFailed(taken)

    def _step_text(self, request: HttpRequest, *path: str, refuse: ReadRefusal = by_the_table) -> str:
        """Take a step and give one text or number of its JSON answer. Errors: StepFailed, ChannelMisconfigured."""
        answer = self._step(request, refuse)
        return self._text_in(answer, *path)

    def _text_in(self, answer: HttpAnswer, *path: str) -> str:
        found = find_in(json_of(answer), *path)
        if isinstance(found, str | int) and str(found):
            return str(found)
        raise StepFailed(self._unreadable(answer, f'no "{".".join(path)}"'))

    def _list_in(self, answer: HttpAnswer, *path: str) -> list[Any]:
        found = find_in(json_of(answer), *path) if path else json_of(answer)
        if isinstance(found, list):
            return found
        raise StepFailed(self._unreadable(answer, "no list"))

    def _until(self, is_done: Callable[[], bool], waiting: str) -> None:
        """Ask until it is done, for as long as a delivery's claim surely holds. Errors: StepFailed."""
        clock = self._surroundings.clock
        deadline = clock.monotonic_seconds() + LONGEST_WAIT_SECONDS
        for _ in range(MAX_POLLS):
            if is_done():
                return
            if clock.monotonic_seconds() > deadline:
                break
            clock.wait(POLL_SECONDS)
        raise StepFailed(Deferred(waiting, ASK_AGAIN_SECONDS))

    def _unreadable(self, answer: HttpAnswer, what: str) -> Deferred:
        relay, reply = urlsplit(answer.url).hostname or "", quote_reply(answer.body, self._secrets)
        evidence = Evidence("response", reply, answer.status, relay=relay)
        return Deferred(f"{relay} answered nonsense: {what} in: {reply}", evidence=evidence)

    def _time_in(self, answer: HttpAnswer, text: object) -> datetime:
        """Read a time of a JSON answer. Errors: StepFailed."""
        try:
            at = datetime.fromisoformat(str(text))
        except ValueError:
            raise StepFailed(self._unreadable(answer, "no time")) from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    # --------------------------------------------------------------------------------------------------- marks

    def _mark_try(self, message: SealedMessage, mark: Mark) -> None:
        """Record durably that the creating request is about to leave: the first time and this time."""
        now = self._surroundings.clock.now().isoformat()
        mark("tried", {"first": find_in(message.marks, "tried", "first") or now, "last": now})

    def _mark_made(self, mark: Mark, name: str, made_id: str, **more: JsonValue) -> None:
        """Record durably what a step has made, and when."""
        mark(name, {"id": made_id, "at": self._surroundings.clock.now().isoformat(), **more})

    def _made(self, message: SealedMessage, name: str) -> Mapping[str, JsonValue] | None:
        """Give what an earlier attempt's step has made, unless the network will have forgotten it."""
        made: Mapping[str, JsonValue] | None = message.marks.get(name)
        if made is None or self._surroundings.clock.now() - datetime.fromisoformat(made["at"]) > UPLOAD_LIFE:
            return None
        return made

    # ---------------------------------------------------------------------------------------------------- find

    def _look_among(self, posts: Sequence[OwnPost], message: SealedMessage, text: str, *, is_all: bool) -> Outcome:
        """Look for a text among own posts, newest first; `is_all` says that the list reaches back to the beginning."""
        since = first_try_at(message) - CLOCK_DIFFERENCE
        for post in posts:
            likeness = likeness_of(post.text, text) if post.created_at >= since else 0.0
            if likeness == 1:
                return Accepted(post.receipt, post.url)
            if likeness >= TOO_LIKE:
                return Unknown(f"the network has a post that is nearly the same: {post.url or post.receipt}")
        if not is_all and (not posts or posts[-1].created_at > since):
            return Unknown("the network's list of our posts does not reach back to the attempt")
        return self._not_there(message)

    def _not_there(self, message: SealedMessage) -> Outcome:
        """Say what it means that the network does not have it: soon after an attempt it may still come."""
        if self._surroundings.clock.now() - last_try_at(message) < LONGEST_PROCESSING:
            minutes = int(LONGEST_PROCESSING.total_seconds() // 60)
            return Unknown(f"the network does not have it yet; {minutes} minutes after the attempt that is certain")
        return Rejected("the network does not have it")


def first_try_at(message: SealedMessage) -> datetime:
    """Say when the creating request was first about to leave."""
    return datetime.fromisoformat(message.marks["tried"]["first"])


def last_try_at(message: SealedMessage) -> datetime:
    """Say when the creating request was last about to leave."""
    return datetime.fromisoformat(message.marks["tried"]["last"])


def likeness_of(theirs: str, ours: str) -> float:
    """Say from 0 to 1 how much alike two texts are, without blanks and line breaks, which networks set anew."""
    theirs, ours = (unicodedata.normalize("NFC", "".join(text.split())) for text in (theirs, ours))
    return 1.0 if theirs == ours else min(SequenceMatcher(None, theirs, ours, autojunk=False).ratio(), 0.999)


def answered_before(message: SealedMessage) -> str | None:
    """Give the receipt of the segment before this one, which this one answers."""
    return message.previous[-1] if message.segment > 1 else None


def bearer(token: str) -> dict[str, str]:
    """Make the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}
