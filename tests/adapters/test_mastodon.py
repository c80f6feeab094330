from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred, Rejected, Unknown
from publisher.domain.text_limits import measure
from publisher.errors import ChannelMisconfigured
from publisher.ports.adapter import Adapter
from tests.adapters.accounts import ARTICLE, MASTODON, THREAD, Attempts, ok
from tests.adapters.golden import assert_golden
from tests.contracts.bench import NOW, DictMemory, FixedClock, MemoryCapture
from tests.servers.http_server import Request, answer
from tests.servers.listener import Action, closed_port, drop
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


INSTANCE = "GET /api/v2/instance"


def says(**numbers: Any) -> Action:
    """A server that says these numbers of its statuses."""
    instance: Action = ok({"configuration": {"statuses": numbers}})
    return instance


@dataclass
class Asked:
    """A server that is asked how long a post may be, again and again, by one program run after the other."""

    folder: Path
    memory: DictMemory = field(default_factory=DictMemory)
    clock: FixedClock = field(default_factory=FixedClock)

    def adapter(self, server: RoutedServer, **settings: Any) -> Adapter:
        return MASTODON.adapter(server.url, self.folder, memory=self.memory, clock=self.clock, **settings)

    def limits(self, server: RoutedServer, **settings: Any) -> tuple[int, int | None]:
        """Give length and weight of a link, as a new run of the program has them."""
        return numbers_of(self.adapter(server, **settings))


def numbers_of(adapter: Adapter) -> tuple[int, int | None]:
    limits = adapter.limits()
    assert limits is not None
    return limits.max_length, limits.link_length


def test_server_says_how_long(tmp_path: Path) -> None:
    """A server is asked once, without our token; the next run of the program, or another channel, knows."""
    asked = Asked(tmp_path)
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = says(max_characters=5_000, characters_reserved_per_url=30)
        adapter = asked.adapter(server)
        assert server.lines == []
        assert numbers_of(adapter) == numbers_of(adapter) == asked.limits(server, visibility="unlisted") == (5_000, 30)
        (request,) = server.requests
    assert request.target == "/api/v2/instance"
    assert MASTODON.environ["TOKEN"] not in request.raw.decode()
    (kept,) = asked.memory.texts.values()
    assert json.loads(kept) == {
        "max_characters": 5_000,
        "characters_reserved_per_url": 30,
        "told_at": "2026-11-23T09:00:00+00:00",
    }


def test_link_weighs_what_the_server_says(tmp_path: Path) -> None:
    """The server's weight of a link counts; other software says 0 and counts links in full."""
    for reserved, counted in ((30, 30), (0, 120)):
        with MASTODON.serve() as server:
            server.routes[INSTANCE] = says(max_characters=500, characters_reserved_per_url=reserved)
            limits = Asked(tmp_path).adapter(server).limits()
        assert limits is not None
        assert measure("https://example.org/" + "x" * 100, limits).length == counted


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"max_length": 1_000}, 1_000),
        ({"content_warning": "Für alle"}, 4_992),
        ({"max_length": 1_000, "content_warning": "Für alle"}, 992),
    ],
)
def test_settings_overrule(settings: dict[str, Any], expected: int, tmp_path: Path) -> None:
    """The config's length overrules the server's; the content warning counts, too."""
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = says(max_characters=5_000, characters_reserved_per_url=30)
        assert Asked(tmp_path).limits(server, **settings) == (expected, 30)


def test_server_is_asked_again_after_a_day(tmp_path: Path) -> None:
    """What a server said is good for 24 hours, also in a program that runs for days."""
    asked = Asked(tmp_path)
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = [says(max_characters=number) for number in (600, 700, 800)]
        running = asked.adapter(server)
        assert numbers_of(running) == (600, 23)
        asked.clock.at = NOW + timedelta(hours=24)
        assert numbers_of(running) == asked.limits(server) == (600, 23)
        asked.clock.at = NOW + timedelta(hours=24, seconds=1)
        assert numbers_of(running) == asked.limits(server) == (700, 23)
        assert len(server.requests) == 2
        asked.clock.at = NOW
        assert asked.limits(server) == (800, 23)


@pytest.mark.parametrize(
    "silent",
    [
        pytest.param(drop, id="no answer"),
        pytest.param(answer(404, b"{}"), id="another interface"),
        pytest.param(answer(503), id="in trouble"),
        pytest.param(answer(302, b"", Location="https://example.org/"), id="elsewhere"),
        pytest.param(answer(200, b"<html>"), id="a page"),
        pytest.param(answer(200, b"[" * 100_000), id="nested"),
        pytest.param(ok([]), id="a list"),
        pytest.param(ok({"configuration": {"statuses": 500}}), id="another form"),
        *[pytest.param(says(max_characters=value), id=repr(value)) for value in (0, -1, 49, True, "500", 5e3, None)],
    ],
)
def test_server_that_does_not_say(silent: Action, tmp_path: Path) -> None:
    """What was said last counts, however old, else the default; a server is not asked again for every post."""
    asked = Asked(tmp_path)
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = silent
        adapter = asked.adapter(server)
        assert [numbers_of(adapter) for _ in range(3)] == [(500, 23)] * 3
        assert len(server.requests) == 1
        assert asked.memory.texts == {}
        asked.clock.at = NOW + timedelta(hours=1)
        server.routes[INSTANCE] = says(max_characters=5_000)
        assert numbers_of(adapter) == (5_000, 23)
        asked.clock.at = NOW + timedelta(days=90)
        server.routes[INSTANCE] = silent
        assert asked.limits(server) == (5_000, 23)


@pytest.mark.parametrize("reserved", [-1, True, "23", 1e9, 10**9, None])
def test_weight_that_is_nonsense(reserved: Any, tmp_path: Path) -> None:
    """Length and weight are checked each for itself."""
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = says(max_characters=10**30, characters_reserved_per_url=reserved)
        assert Asked(tmp_path).limits(server) == (100_000, 23)


def test_server_that_cannot_be_reached(tmp_path: Path) -> None:
    """Nobody there: the default."""
    adapter = MASTODON.adapter(f"http://127.0.0.1:{closed_port()}", tmp_path)
    assert numbers_of(adapter) == (500, 23)


@pytest.mark.parametrize(
    "kept",
    [
        "[]",
        "7",
        '{"max_characters": 900}',
        '{"max_characters": 900, "told_at": "gestern"}',
        '{"max_characters": 900, "told_at": "2026-11-23T08:00:00"}',
        '{"told_at": "2026-11-23T08:00:00Z"}',
    ],
)
def test_damaged_memory(kept: str, tmp_path: Path) -> None:
    """What cannot be read was never said."""
    asked = Asked(tmp_path)
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = says(max_characters=600)
        asked.limits(server)
        asked.memory.texts = dict.fromkeys(asked.memory.texts, kept)
        assert asked.limits(server) == (600, 23)
        assert len(server.requests) == 2


def test_rehearsal_asks_nobody(tmp_path: Path) -> None:
    """A rehearsal has what was said last, or the default, and captures no question."""
    asked, capture = Asked(tmp_path), MemoryCapture()
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = says(max_characters=5_000)
        assert asked.limits(server, capture=capture) == (500, 23)
        assert server.lines == []
        asked.limits(server)
        asked.clock.at = NOW + timedelta(days=9)
        assert asked.limits(server, capture=capture) == (5_000, 23)
        assert len(server.requests) == 1
    assert capture.files == {}


@pytest.mark.parametrize(
    ("instance", "settings", "told"),
    [
        (says(max_characters=5_000), {}, r"posts may have 5,000 characters, as \S+ said on 2026-11-23$"),
        (answer(404), {}, r"posts may have 500 characters, Mastodon's default, for \S+ does not say$"),
        (
            says(max_characters=5_000),
            {"max_length": 600},
            r'posts may have 600 characters, by "max_length"; without it 5,000, as \S+ said on 2026-11-23$',
        ),
        (answer(404), {"max_length": 600}, r"600 characters, by .max_length.; without it 500, Mastodon's default"),
    ],
)
def test_verify_says_how_long(instance: Action, settings: dict[str, Any], told: str, tmp_path: Path) -> None:
    """`publish check --online` says which length is in force, and where it comes from."""
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = instance
        line = Attempts(MASTODON, tmp_path).open(server, **settings).verify()
    assert line.startswith("logged in as @verband on 127.0.0.1:")
    assert re.search(told, line)


def test_verify_asks_anew(tmp_path: Path) -> None:
    """`publish check --online` does not wait for a day to be over, and names an old answer as old."""
    asked = Asked(tmp_path)
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = [says(max_characters=600), says(max_characters=700), answer(503)]
        asked.limits(server)
        asked.clock.at = NOW + timedelta(hours=9)
        assert "have 700 characters" in asked.adapter(server).open().verify()
        asked.clock.at = NOW + timedelta(days=9)
        adapter = asked.adapter(server)
        assert adapter.open().verify().endswith("said on 2026-11-23")
        assert numbers_of(adapter) == (700, 23)


@pytest.mark.parametrize(
    ("allowed", "settings", "what", "hint"),
    [
        (300, {"max_length": 500}, "allows 300 characters", "Take max_length away, or write max_length = 300"),
        (120, {"content_warning": "x" * 90}, "too few of them", 'Shorten it, for example content_warning = "Technik"'),
    ],
)
def test_verify_finds_a_shorter_length(
    allowed: int, settings: dict[str, Any], what: str, hint: str, tmp_path: Path
) -> None:
    """A server that allows less than the config would refuse posts: that is said before."""
    with MASTODON.serve() as server:
        server.routes[INSTANCE] = says(max_characters=allowed)
        with pytest.raises(ChannelMisconfigured, match=what) as caught:
            Attempts(MASTODON, tmp_path).open(server, **settings).verify()
    assert caught.value.hint == hint


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
