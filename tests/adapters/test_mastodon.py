from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred, Rejected, Unknown
from publisher.domain.text_limits import measure
from publisher.errors import ChannelMisconfigured
from tests.adapters.accounts import ARTICLE, MASTODON, THREAD, Attempts, ok
from tests.adapters.golden import assert_golden
from tests.contracts.bench import NOW
from tests.servers.http_server import Request, answer
from tests.servers.listener import Action, drop
from tests.servers.routed_server import Asks, RoutedServer


def body_of_key(server: RoutedServer) -> list[str]:
    return [request.headers["idempotency-key"] for request in server.sent_to(MASTODON.creating)]


def test_requests_as_sent(tmp_path: Path) -> None:
    """Upload with its description, then the status; and the second segment of a thread."""
    with MASTODON.serve() as server:
        Attempts(MASTODON, tmp_path).attempt(server, content_warning="Technik", visibility="unlisted")
        assert_golden("mastodon-image", *server.requests)
    with MASTODON.serve() as server:
        Attempts(MASTODON, tmp_path, post=THREAD, segment=2, previous=("4710",)).attempt(server, language="en")
        assert_golden("mastodon-thread", *server.requests)


def test_receipt(tmp_path: Path) -> None:
    """The receipt is the status's id, which the next segment answers; the address is where people see it."""
    with MASTODON.serve() as server:
        outcome = Attempts(MASTODON, tmp_path).attempt(server)
    assert outcome == Accepted("4711", "https://verein.example/@verband/4711")


def deduplicating(made: dict[str, str]) -> Asks:
    """A server that makes a status a key and gives the first one again, but loses its first answer."""

    def reply(request: Request) -> Action:
        key = request.headers["idempotency-key"]
        is_new = key not in made
        made.setdefault(key, str(4711 + len(made)))
        return drop if is_new else ok({"id": made[key], "url": f"https://verein.example/@verband/{made[key]}"})

    return Asks(reply)


def test_replay_makes_nothing_new(tmp_path: Path) -> None:
    """Another attempt, by another session, has the same key and body: the server gives the first status again."""
    made: dict[str, str] = {}
    with MASTODON.serve(creating=deduplicating(made)) as server:
        attempts = Attempts(MASTODON, tmp_path)
        assert isinstance(attempts.attempt(server), Unknown)
        assert attempts.attempt(server) == Accepted("4711", "https://verein.example/@verband/4711")
        first, second = server.sent_to(MASTODON.creating)
    assert first.body == second.body
    assert len(made) == 1


def test_segments_have_their_own_keys(tmp_path: Path) -> None:
    """Segments of a thread, prepared together or each by itself, are never taken for each other."""
    with MASTODON.serve() as server:
        first = Attempts(MASTODON, tmp_path, post=THREAD)
        first.attempt(server)
        second = Attempts(MASTODON, tmp_path, THREAD, segment=2, previous=("4711",), prepared=first.prepared)
        second.attempt(server)
    assert len(set(body_of_key(server))) == 2


def test_key_lives_less_than_an_hour() -> None:
    """An unknown delivery is replayed only while the server surely keeps the key."""
    assert 1_800 < find_adapter("mastodon").replay_seconds < 3_600


# --------------------------------------------------------------------------------------------------------- picture


def test_waits_for_the_picture(tmp_path: Path) -> None:
    """A server that works on the picture (202, then 206) is asked until it is done; then comes the status."""
    with MASTODON.serve() as server:
        server.routes["POST /api/v2/media"] = ok({"id": "81", "url": None}, 202)
        server.routes["GET /api/v1/media/81"] = [ok({"id": "81"}, 206), ok({"id": "81"}, 206), ok({"id": "81"})]
        assert isinstance(Attempts(MASTODON, tmp_path).attempt(server), Accepted)
        targets = [f"{request.method} {request.target}" for request in server.requests]
    assert targets == ["POST /api/v2/media", *["GET /api/v1/media/81"] * 3, "POST /api/v1/statuses"]


def test_picture_takes_too_long(tmp_path: Path) -> None:
    """A picture that is not done after a few questions waits for the next attempt, which does not upload it again."""
    with MASTODON.serve() as server:
        server.routes["POST /api/v2/media"] = ok({"id": "81"}, 202)
        server.routes["GET /api/v1/media/81"] = ok({"id": "81"}, 206)
        attempts = Attempts(MASTODON, tmp_path)
        outcome = attempts.attempt(server)
        assert isinstance(outcome, Deferred)
        assert outcome.retry_after_seconds == 60
        server.routes["GET /api/v1/media/81"] = ok({"id": "81"})
        assert isinstance(attempts.attempt(server), Accepted)
        assert len(server.sent_to("POST /api/v2/media")) == 1


def test_old_upload_is_not_used(tmp_path: Path) -> None:
    """The server forgets a picture that no status uses within a day: an old one is uploaded anew."""
    attempts = Attempts(MASTODON, tmp_path)
    attempts.marks = {"media": {"id": "80", "at": (NOW - timedelta(hours=13)).isoformat(), "is_ready": True}}
    with MASTODON.serve() as server:
        assert isinstance(attempts.attempt(server), Accepted)
        assert len(server.sent_to("POST /api/v2/media")) == 1
    assert attempts.marks["media"]["id"] == "81"


def test_refused_picture(tmp_path: Path) -> None:
    """A picture that the server does not take is a refusal of the post, in the server's words."""
    with MASTODON.serve() as server:
        server.routes["POST /api/v2/media"] = ok({"error": "Validation failed: File is too large"}, 422)
        outcome = Attempts(MASTODON, tmp_path).attempt(server)
        assert isinstance(outcome, Rejected)
        assert "File is too large" in outcome.reason
        assert server.sent_to(MASTODON.creating) == []


# ---------------------------------------------------------------------------------------------------------- limits


def test_limits_of_the_server(tmp_path: Path) -> None:
    """The config's length counts, less the content warning, which the server counts, too."""
    limits = MASTODON.adapter("https://verein.example", tmp_path, max_length=1_000, content_warning="Für alle").limits()
    assert limits is not None
    assert limits.max_length == 992
    assert measure("https://example.org/" + "x" * 100, limits).length == 23
    default = MASTODON.adapter("https://verein.example", tmp_path).limits()
    assert default is not None
    assert default.max_length == 500


@pytest.mark.parametrize(
    ("allowed", "told"),
    [
        (500, "logged in as @verband on 127."),
        (5_000, "it allows 5,000 characters: you may set max_length = 5000"),
    ],
)
def test_verify_compares_the_length(allowed: int, told: str, tmp_path: Path) -> None:
    """`publish check --online` says whether the server allows more than the config."""
    with MASTODON.serve() as server:
        server.routes["GET /api/v2/instance"] = ok({"configuration": {"statuses": {"max_characters": allowed}}})
        line = Attempts(MASTODON, tmp_path).open(server).verify()
    assert told in line
    assert ("max_length" in line) == (allowed != 500)


def test_verify_finds_a_shorter_length(tmp_path: Path) -> None:
    """A server that allows less than the config would refuse posts: that is said before."""
    with MASTODON.serve() as server:
        server.routes["GET /api/v2/instance"] = ok({"configuration": {"statuses": {"max_characters": 300}}})
        with pytest.raises(ChannelMisconfigured, match=r"max_length. is 500, and .* allows 300") as caught:
            Attempts(MASTODON, tmp_path).open(server).verify()
    assert caught.value.hint == "Write max_length = 300"


def test_rate_limit(tmp_path: Path) -> None:
    """Without Retry-After the time at which the allowance comes back counts."""
    busy = answer(429, b'{"error": "Too many requests"}', X_RateLimit_Reset="2026-11-23T09:03:20.123456Z")
    with MASTODON.serve(creating=busy) as server:
        outcome = Attempts(MASTODON, tmp_path).attempt(server)
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after_seconds == pytest.approx(200.123456)


# ------------------------------------------------------------------------------------------------ asking afterwards

LINK = (
    '<a href="https://example.org/gr%C3%B6%C3%9Fe?a=1" rel="nofollow"><span class="invisible">https://</span>'
    '<span class="ellipsis">example.org/größe?a=</span><span class="invisible">1</span></a>'
)
SHOWN = (
    f"<p>„Grüße“ 👩🏽‍🚒 an alle: {LINK} "
    '<a href="https://verein.example/tags/W%C3%A4rmepumpe" class="mention hashtag">#<span>Wärmepumpe</span></a> '
    "(@verband.example)</p>"
)


def listed(*contents: str, at: str = "2026-11-23T09:00:05.000Z") -> Any:
    return ok(
        [
            {"id": str(4720 - number), "url": f"https://verein.example/{number}", "content": content, "created_at": at}
            for number, content in enumerate(contents)
        ]
    )


def ask(listing: Any, folder: Path, **changed: Any) -> Any:
    with MASTODON.serve(creating=drop) as server:
        server.routes["GET /api/v1/accounts/9/statuses"] = listing
        attempts = Attempts(MASTODON, folder, **changed)
        attempts.attempt(server)
        return attempts.find(server)


def test_finds_it_by_its_text(tmp_path: Path) -> None:
    """The server shows a status as HTML with shortened links; its text is ours all the same."""
    assert ask(listed("<p>Etwas anderes</p>", SHOWN), tmp_path) == Accepted("4719", "https://verein.example/1")


def test_finds_mentions(tmp_path: Path) -> None:
    """Mentions are shown without the host."""
    post = replace(ARTICLE, text="Danke @anna@pumpen.example &amp; Co <3")
    shown = (
        '<p>Danke <span class="h-card"><a href="https://pumpen.example/@anna" class="u-url mention">@<span>anna</span>'
        "</a></span> &amp;amp; Co &lt;3</p>"
    )
    assert isinstance(ask(listed(shown), tmp_path, post=post), Accepted)


def test_does_not_take_an_older_one(tmp_path: Path) -> None:
    """The same text of yesterday is not this delivery."""
    assert isinstance(ask(listed(SHOWN, at="2026-11-22T09:00:00.000Z"), tmp_path), Unknown)


def test_nearly_the_same_is_for_a_person(tmp_path: Path) -> None:
    """A post that differs a little may be ours, changed by the server: nobody says that it is not there."""
    outcome = ask(listed(SHOWN.replace("an alle", "an  Alle!")), tmp_path)
    assert isinstance(outcome, Unknown)
    assert "nearly the same: https://verein.example/0" in outcome.reason


def test_list_that_does_not_reach_back(tmp_path: Path) -> None:
    """Forty newer posts hide what was before them."""
    outcome = ask(listed(*["<p>Neu</p>"] * 40), tmp_path)
    assert isinstance(outcome, Unknown)
    assert "does not reach back" in outcome.reason
