"""How long a post may be on one Mastodon server: asked of the server once a day, remembered, else Mastodon's default.

Source: docs.joinmastodon.org entities/Instance (`configuration.statuses`: `max_characters`,
`characters_reserved_per_url`) and methods/instance, which need no login; StatusLengthValidator of mastodon/mastodon for
the defaults 500 and 23; checked 2026-11-23.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from publisher.adapters._posting import find_in
from publisher.domain.networks import KNOWN_LIMITS
from publisher.fetch import json_of
from publisher.ports.adapter import JsonValue, Surroundings
from publisher.ports.http import HttpAnswer, HttpRequest, NoAnswer, NotReached

MIN_TEXT_LENGTH = 50
MAX_TEXT_LENGTH = 100_000  # our own bound: a longer post is an article
MAX_LINK_LENGTH = 2_048  # our own bound: what any browser takes
GOOD_FOR = timedelta(hours=24)
ASK_AGAIN_AFTER = timedelta(hours=1)
LONGEST_WAIT_SECONDS = 5.0  # posts are made while a person waits, and the default does
MAX_ANSWER_BYTES = 2_000_000  # the answer holds the server's rules and its description in full


@dataclass(frozen=True, slots=True)
class StatusRules:
    """What a server allows. Lengths in graphemes; `link_length` is None where links count in full.

    `told_at` is when the server said so, None for Mastodon's default.
    """

    max_characters: int
    link_length: int | None
    told_at: datetime | None = None

    def origin(self, host: str) -> str:
        """Say where the numbers come from."""
        if self.told_at is None:
            return f"Mastodon's default, for {host} does not say"
        return f"as {host} said on {self.told_at:%Y-%m-%d}"

    def is_fresh(self, now: datetime) -> bool:
        """Say whether the server need not be asked again; a time to come is a clock that was wrong."""
        return self.told_at is not None and timedelta() <= now - self.told_at <= GOOD_FOR


DEFAULT_RULES = StatusRules(KNOWN_LIMITS["mastodon"].max_length, KNOWN_LIMITS["mastodon"].link_length)


class MastodonInstance:
    """One server's rules, for one channel. In a rehearsal nothing is asked."""

    def __init__(self, server: str, surroundings: Surroundings, timeout_seconds: float) -> None:
        self.host = urlsplit(server).netloc
        self._url = f"{server}/api/v2/instance"
        self._surroundings = surroundings
        self._timeout_seconds = min(timeout_seconds, LONGEST_WAIT_SECONDS)
        self._known: StatusRules | None = None
        self._asked_at: datetime | None = None

    def rules(self) -> StatusRules:
        """Give the rules, asking the server if they are older than a day; one that is silent is left alone an hour."""
        now = self._surroundings.clock.now()
        known = self._known or self._remembered()
        if known.is_fresh(now) or not self._may_ask(now):
            self._known = known
            return known
        return self.ask()

    def ask(self) -> StatusRules:
        """Ask the server now and remember what it says; without a usable answer give what is known already."""
        if self._surroundings.capture is None:
            self._asked_at = now = self._surroundings.clock.now()
            told = self._told(now)
            if told is not None:
                self._remember(told)
        self._known = self._known or self._remembered()
        return self._known

    def _may_ask(self, now: datetime) -> bool:
        if self._surroundings.capture is not None:
            return False
        return self._asked_at is None or now - self._asked_at >= ASK_AGAIN_AFTER

    def _told(self, now: datetime) -> StatusRules | None:
        request = HttpRequest(
            method="GET",
            url=self._url,
            connect_seconds=self._timeout_seconds,
            total_seconds=self._timeout_seconds,
            max_answer_bytes=MAX_ANSWER_BYTES,
        )
        try:
            answer = self._surroundings.http.send(request)
        except (NotReached, NoAnswer):
            return None  # `verify` says so; a post that is cut to the default is right everywhere
        return _read_answer(answer, now)

    # -------------------------------------------------------------------------------------------------- memory

    def _remember(self, told: StatusRules) -> None:
        self._known = told
        self._surroundings.memory.write(self._memory_name, _as_json(told))

    def _remembered(self) -> StatusRules:
        return _from_json(self._surroundings.memory.read(self._memory_name)) or DEFAULT_RULES

    @property
    def _memory_name(self) -> str:
        return f"mastodon-{self.host}"


def _read_answer(answer: HttpAnswer, now: datetime) -> StatusRules | None:
    """Read a server's answer; None if it does not say how long a post may be."""
    if not 200 <= answer.status < 300:
        return None
    return _checked(find_in(json_of(answer), "configuration", "statuses"), now)


def _checked(numbers: Any, told_at: datetime) -> StatusRules | None:
    length = find_in(numbers, "max_characters")
    if not _is_number(length) or length < MIN_TEXT_LENGTH:
        return None
    return StatusRules(
        min(length, MAX_TEXT_LENGTH), _link_length(find_in(numbers, "characters_reserved_per_url")), told_at
    )


def _link_length(number: Any) -> int | None:
    """Read what a link weighs. Other software says 0 and counts links in full (Ktistec, Versia; checked 2026-11-23)."""
    if not _is_number(number) or not 0 <= number <= MAX_LINK_LENGTH:
        return DEFAULT_RULES.link_length
    return number or None


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _as_json(rules: StatusRules) -> JsonValue:
    return {
        "max_characters": rules.max_characters,
        "characters_reserved_per_url": rules.link_length or 0,
        "told_at": rules.told_at.isoformat() if rules.told_at else "",
    }


def _from_json(kept: JsonValue) -> StatusRules | None:
    """Read what was remembered; None if it cannot be read."""
    try:
        told_at = datetime.fromisoformat(str(find_in(kept, "told_at")))
    except ValueError:
        return None
    return _checked(kept, told_at) if told_at.tzinfo else None
