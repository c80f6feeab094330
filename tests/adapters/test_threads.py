from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred, Rejected, Unknown
from publisher.errors import ChannelMisconfigured
from tests.adapters.accounts import ARTICLE, THREAD, THREADS, Attempts, ok
from tests.adapters.golden import assert_golden
from tests.contracts.bench import NOW
from tests.servers.http_server import Request, answer
from tests.servers.listener import Action, drop
from tests.servers.routed_server import Asks, RoutedServer

CONTAINER = "POST /v1.0/me/threads"
STATE = "GET /v1.0/81"
RENEWAL = "GET /refresh_access_token"


def error(code: int, status: int = 400, message: str = "why") -> Any:
    return ok({"error": {"message": message, "type": "OAuthException", "code": code}}, status)


def test_requests_as_sent(tmp_path: Path) -> None:
    """Token, container, its state, publication, address; the second segment of a thread."""
    with THREADS.serve() as server:
        Attempts(THREADS, tmp_path).attempt(server)
        assert_golden("threads-image", *server.requests)
    with THREADS.serve() as server:
        Attempts(THREADS, tmp_path / "other", post=THREAD, segment=2, previous=("4710",)).attempt(server)
        assert_golden("threads-thread", *server.requests)


def test_receipt(tmp_path: Path) -> None:
    """The receipt is the post's id, and its address is asked for."""
    with THREADS.serve() as server:
        outcome = Attempts(THREADS, tmp_path).attempt(server)
    assert outcome == Accepted("4711", "https://www.threads.net/@verband/post/D1")


def test_address_that_is_not_told(tmp_path: Path) -> None:
    """A post that is there is accepted, whether or not the network tells its address."""
    for trouble in (answer(500), drop, answer(403)):
        with THREADS.serve() as server:
            server.routes["GET /v1.0/4711"] = trouble
            assert Attempts(THREADS, tmp_path).attempt(server) == Accepted("4711", None)


def test_image_needs_a_public_address(tmp_path: Path) -> None:
    """A picture without an address of its own stays behind: Threads fetches pictures and takes none."""
    assert ARTICLE.image is not None
    local = replace(ARTICLE, image=replace(ARTICLE.image, url=None))
    with THREADS.serve() as server:
        Attempts(THREADS, tmp_path, post=local).attempt(server)
        form = parse_qs(server.sent_to(CONTAINER)[0].body.decode())
    assert form["media_type"] == ["TEXT"]
    assert "image_url" not in form
    assert find_adapter("threads").image_limits is None


def test_too_many_links(tmp_path: Path) -> None:
    """Six different links are refused before anything is asked for; the same one twice counts once."""
    links = " ".join(f"https://example.org/{number}" for number in range(6))
    with THREADS.serve() as server:
        outcome = Attempts(THREADS, tmp_path, post=replace(ARTICLE, text=links)).attempt(server)
        assert outcome == Rejected("Threads takes 5 links at most, and this post has 6")
        assert server.requests == []
        five = " ".join(["https://example.org/0"] * 9)
        assert isinstance(Attempts(THREADS, tmp_path, post=replace(ARTICLE, text=five)).attempt(server), Accepted)


# ------------------------------------------------------------------------------------------------------ never twice


class Publisher:
    """The network's side: containers with states; it publishes and loses the first answer."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.posts: list[str] = []

    def make(self, request: Request) -> Action:
        container = str(81 + len(self.states))
        self.states[container] = "FINISHED"
        return ok({"id": container})

    def state(self, request: Request) -> Action:
        return ok({"status": self.states[urlsplit(request.target).path.rpartition("/")[2]]})

    def publish(self, request: Request) -> Action:
        (container,) = parse_qs(request.body.decode())["creation_id"]
        self.states[container] = "PUBLISHED"
        self.posts.append(container)
        return drop

    def posted(self, request: Request) -> Action:
        return ok({"data": [{"id": "4711", "text": ARTICLE.text, "permalink": "https://www.threads.net/x"}]})


def publishing(publisher: Publisher) -> RoutedServer:
    server = THREADS.serve(creating=Asks(publisher.publish))
    server.routes |= {
        CONTAINER: Asks(publisher.make),
        "GET /v1.0/8": Asks(publisher.state),
        "GET /v1.0/me/threads?": Asks(publisher.posted),
    }
    del server.routes[STATE]
    return server


def test_replay_makes_nothing_new(tmp_path: Path) -> None:
    """Another attempt asks for the state of the same container: it is published, so nothing is made or published."""
    publisher = Publisher()
    with publishing(publisher) as server:
        attempts = Attempts(THREADS, tmp_path)
        assert isinstance(attempts.attempt(server), Unknown)
        assert attempts.attempt(server) == Accepted("4711", "https://www.threads.net/x")
    assert publisher.posts == ["81"]
    assert list(publisher.states) == ["81"]


def test_find_asks_for_the_container(tmp_path: Path) -> None:
    """What became of an unknown attempt, the state of its container says."""
    publisher = Publisher()
    with publishing(publisher) as server:
        attempts = Attempts(THREADS, tmp_path)
        attempts.attempt(server)
        assert attempts.find(server) == Accepted("4711", "https://www.threads.net/x")
        publisher.states["81"] = "IN_PROGRESS"
        assert isinstance(attempts.find(server), Unknown)
    assert find_adapter("threads").replay_seconds == 0


def test_goes_on_with_a_container(tmp_path: Path) -> None:
    """A container that was not published yet is, without making another."""
    with THREADS.serve(creating=[answer(503), THREADS.taken]) as server:
        attempts = Attempts(THREADS, tmp_path)
        assert isinstance(attempts.attempt(server), Deferred)
        assert isinstance(attempts.attempt(server), Accepted)
        assert len(server.sent_to(CONTAINER)) == 1


@pytest.mark.parametrize("state", ["EXPIRED", "ERROR", None])
def test_container_that_is_of_no_use(state: str | None, tmp_path: Path) -> None:
    """A container of an earlier attempt that has run out, failed or vanished is made anew."""
    attempts = Attempts(THREADS, tmp_path, marks={"container": {"id": "80", "at": NOW.isoformat()}})
    with THREADS.serve() as server:
        server.routes["GET /v1.0/80"] = ok({"status": state}) if state else error(100)
        assert isinstance(attempts.attempt(server), Accepted)
        assert len(server.sent_to(CONTAINER)) == 1
    assert attempts.marks["container"]["id"] == "81"


def test_waits_for_the_container(tmp_path: Path) -> None:
    """A container with a picture is published when it is finished, not before."""
    with THREADS.serve() as server:
        server.routes[STATE] = [
            ok({"status": "IN_PROGRESS"}),
            ok({"status": "IN_PROGRESS"}),
            ok({"status": "FINISHED"}),
        ]
        assert isinstance(Attempts(THREADS, tmp_path).attempt(server), Accepted)
        assert len(server.sent_to(STATE)) == 3


def test_container_takes_too_long(tmp_path: Path) -> None:
    """One that is not finished waits for the next attempt."""
    with THREADS.serve() as server:
        server.routes[STATE] = ok({"status": "IN_PROGRESS"})
        attempts = Attempts(THREADS, tmp_path)
        outcome = attempts.attempt(server)
        assert isinstance(outcome, Deferred)
        assert outcome.retry_after_seconds == 60
        assert server.sent_to(THREADS.creating) == []


def test_picture_that_cannot_be_fetched(tmp_path: Path) -> None:
    """What the network says of a picture is the reason."""
    with THREADS.serve() as server:
        server.routes[STATE] = ok({"status": "ERROR", "error_message": "FAILED_DOWNLOADING_IMAGE"})
        outcome = Attempts(THREADS, tmp_path).attempt(server)
    assert outcome == Rejected("Threads could not make the post: ERROR FAILED_DOWNLOADING_IMAGE")


# ---------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("code", [190, 10, 200])
def test_refuses_us(code: int, tmp_path: Path) -> None:
    """Tokens and permissions are told by a code, with the status 400."""
    with THREADS.serve(creating=error(code)) as server, pytest.raises(ChannelMisconfigured) as caught:
        Attempts(THREADS, tmp_path).attempt(server)
    assert caught.value.what == "Threads refuses us: why"
    assert "docs/reference/channels/threads.md" in caught.value.hint


@pytest.mark.parametrize("code", [4, 17, 613])
def test_too_many(code: int, tmp_path: Path) -> None:
    """So is an allowance that is used up."""
    with THREADS.serve(creating=error(code)) as server:
        assert isinstance(Attempts(THREADS, tmp_path).attempt(server), Deferred)


def test_refuses_the_post(tmp_path: Path) -> None:
    """Any other code is about the post."""
    with THREADS.serve() as server:
        server.routes[CONTAINER] = error(100, message="Param text must be at most 500 characters long.")
        outcome = Attempts(THREADS, tmp_path).attempt(server)
    assert isinstance(outcome, Rejected)
    assert "at most 500 characters" in outcome.reason


# ------------------------------------------------------------------------------------------------------------ tokens


def test_renews_the_token_rarely(tmp_path: Path) -> None:
    """A token is renewed at its first use, and again when 30 of its 60 days are over."""
    with THREADS.serve() as server:
        for _ in range(3):
            Attempts(THREADS, tmp_path).attempt(server)
        assert len(server.sent_to(RENEWAL)) == 1
        assert b"access_token=THcanary2" in server.sent_to(CONTAINER)[-1].body
        (kept,) = (tmp_path / ".publisher-tokens").glob("*.json")
        document = json.loads(kept.read_text())
        tokens = json.loads(document["value"])
        tokens["expires_at"] = (NOW + timedelta(days=29)).isoformat()
        kept.write_text(json.dumps({**document, "value": json.dumps(tokens)}))
        Attempts(THREADS, tmp_path).attempt(server)
        assert len(server.sent_to(RENEWAL)) == 2


def test_young_token_is_used_as_it_is(tmp_path: Path) -> None:
    """A token that is not a day old cannot be renewed yet, and need not."""
    with THREADS.serve() as server:
        server.routes[RENEWAL] = error(190)
        assert isinstance(Attempts(THREADS, tmp_path).attempt(server), Accepted)
        form = parse_qs(server.sent_to(CONTAINER)[0].body.decode())
    assert form["access_token"] == [THREADS.environ["TOKEN"]]
    assert list((tmp_path / ".publisher-tokens").glob("*.json")) == []


def test_verify_tells_the_allowance(tmp_path: Path) -> None:
    """`publish check --online` says how many posts of the day are left, and whose token it is."""
    with THREADS.serve() as server:
        assert (
            Attempts(THREADS, tmp_path).open(server).verify() == "logged in as @verband, 4 of 250 posts of a day used"
        )
        with pytest.raises(ChannelMisconfigured, match="belongs to @verband"):
            Attempts(THREADS, tmp_path).open(server, username="presse").verify()
