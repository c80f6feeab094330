from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Rejected, Unknown
from publisher.domain.message import Message
from publisher.domain.post import PostImage
from publisher.errors import ChannelMisconfigured
from tests.adapters.golden import assert_golden
from tests.adapters.posting import SPECIAL, THREAD, deliver_to, sealed, settings_of
from tests.contracts.bench import Marks, make_adapter
from tests.servers.http_server import HttpServer, answer
from tests.servers.listener import drop

OK = answer(200, b'{"name": "spaces/AAAA/messages/1.2", "thread": {"name": "spaces/AAAA/threads/1"}}')


def test_text(tmp_path: Path) -> None:
    """A text calls nobody, and the message's name comes back."""
    with HttpServer(OK) as server:
        sent = deliver_to(server, "google_chat", tmp_path, sealed(replace(SPECIAL, image=None)))
    assert sent.outcome == Accepted("spaces/AAAA/messages/1.2")
    assert_golden("google_chat-text", *server.requests)


def test_image(tmp_path: Path) -> None:
    """A picture with a public address is a card beneath the text."""
    with HttpServer(OK) as server:
        deliver_to(server, "google_chat", tmp_path, sealed(SPECIAL))
    assert_golden("google_chat-image", *server.requests)


def test_thread(tmp_path: Path) -> None:
    """A further segment is a message of its own."""
    with HttpServer(OK) as server:
        deliver_to(server, "google_chat", tmp_path, sealed(THREAD, segment=2, previous=("spaces/AAAA/messages/1.2",)))
    assert_golden("google_chat-thread", *server.requests)


def test_another_attempt_has_the_same_request_id(tmp_path: Path) -> None:
    """The id is made when planning: an attempt whose outcome is unknown can be repeated without a second message."""
    message = sealed(SPECIAL)
    with HttpServer([drop, OK]) as server:
        adapter = make_adapter(settings_of("google_chat", server.url), folder=tmp_path)
        prepared = adapter.prepare(Message(message.kind, {name: (c,) for name, c in message.sections.items()}))
        first, second = (adapter.open().send(message._replace(prepared=prepared), Marks()) for _ in range(2))
    assert isinstance(first, Unknown)
    assert isinstance(second, Accepted)
    assert server.requests[0].target == server.requests[1].target
    assert prepared["request_id"] in server.requests[0].target
    assert find_adapter("google_chat").replay_seconds == 86_400


def test_too_large_with_the_picture(tmp_path: Path) -> None:
    """A picture that makes the message too large stays away; the text stays whole."""
    post = replace(SPECIAL, text="x" * 29_000, image=PostImage(alt="a", url="https://example.org/" + "x" * 4_000))
    with HttpServer(OK) as server:
        deliver_to(server, "google_chat", tmp_path, sealed(post))
    assert server.requests[0].body == b'{"text":"' + b"x" * 29_000 + b'"}'


def test_broken_set_up(tmp_path: Path) -> None:
    """A space or webhook that is gone stops the channel."""
    body = b'{"error": {"code": 404, "status": "NOT_FOUND"}}'
    with HttpServer(answer(404, body)) as server, pytest.raises(ChannelMisconfigured, match="does not exist"):
        deliver_to(server, "google_chat", tmp_path, sealed(SPECIAL))


def test_refused_message(tmp_path: Path) -> None:
    """A message that breaks a rule is rejected with Google's words."""
    body = b'{"error": {"code": 400, "message": "Message cannot be empty.", "status": "INVALID_ARGUMENT"}}'
    with HttpServer(answer(400, body)) as server:
        outcome = deliver_to(server, "google_chat", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Rejected)
    assert "cannot be empty" in outcome.reason
