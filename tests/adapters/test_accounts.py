"""Rules for every network that needs several requests for one post."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred, Rejected, Unknown
from publisher.errors import ChannelMisconfigured, TryAgain
from publisher.ports.adapter import Finder
from tests.adapters.accounts import NETWORKS, THREAD, Attempts, Network, rehearse
from tests.contracts.bench import NOW
from tests.servers.http_server import answer
from tests.servers.listener import closed_port, drop, hang, reset

EVERY = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
STEPS = pytest.mark.parametrize(
    ("network", "step"),
    [(network, step) for network in NETWORKS for step in (*network.post_steps, *network.image_steps)],
    ids=lambda value: value.name if isinstance(value, Network) else value,
)


@EVERY
@pytest.mark.parametrize("lost", [hang, drop, reset], ids=["silent", "dropped", "reset"])
def test_lost_answer(network: Network, lost: Any, tmp_path: Path) -> None:
    """Where the one request that makes the post is lost, it was sent once and the outcome is unknown."""
    attempts = Attempts(network, tmp_path)
    with network.serve(creating=lost) as server:
        outcome = attempts.attempt(server, timeout_seconds=0.5)
        assert isinstance(outcome, Unknown)
        assert len(server.sent_to(network.creating)) == 1
    assert attempts.marks["tried"]["first"] == attempts.marks["tried"]["last"] == NOW.isoformat()


@STEPS
@pytest.mark.parametrize(
    "fault", [hang, drop, answer(500), answer(503, retry_after="120"), answer(200, b"<html>nonsense")]
)
def test_fault_before_the_post(network: Network, step: str, fault: Any, tmp_path: Path) -> None:
    """A step that fails for now leaves everything to the next attempt; the post was not asked for."""
    attempts = Attempts(network, tmp_path)
    if step == "POST /2/media/metadata" and fault not in (hang, drop):
        pytest.skip("its answer is not read")
    with network.serve() as server:
        good = server.routes[step]
        server.routes[step] = fault
        timeout = 0.5 if fault is hang else 20
        assert isinstance(attempts.attempt(server, timeout_seconds=timeout), Deferred)
        assert server.sent_to(network.creating) == []
        assert "tried" not in attempts.marks
        server.routes[step] = good
        assert isinstance(attempts.attempt(server), Accepted)
        assert len(server.sent_to(network.creating)) == 1


@STEPS
def test_no_access_before_the_post(network: Network, step: str, tmp_path: Path) -> None:
    """A step that refuses our credentials stops the channel, without a word of them."""
    if step == "GET /refresh_access_token":
        pytest.skip("a token that is not renewed is used as it is")
    is_login = step in ("POST /xrpc/com.atproto.server.createSession", "POST /2/oauth2/token")
    secrets = [*network.environ.values(), *(() if is_login else network.more_secrets)]
    with network.serve() as server:
        server.routes[step] = answer(401, " ".join(secrets).encode())
        attempts = Attempts(network, tmp_path)
        with pytest.raises(ChannelMisconfigured) as caught:
            attempts.attempt(server)
        told = str(caught.value) + "".join(traceback.format_exception(caught.value))
        assert [secret for secret in secrets if secret in told] == []
        assert caught.value.where == "[channels.test]"
        assert caught.value.hint
        assert server.sent_to(network.creating) == []


@EVERY
def test_uploads_once(network: Network, tmp_path: Path) -> None:
    """What an attempt has uploaded or made before it failed, the next one uses."""
    if network.name == "bluesky":
        pytest.skip("a blob that no record uses is forgotten within the hour, and the same bytes are the same blob")
    attempts = Attempts(network, tmp_path)
    with network.serve(creating=[answer(503), network.taken]) as server:
        assert isinstance(attempts.attempt(server), Deferred)
        made = [len(server.sent_to(step)) for step in ("POST /v1.0/me/threads", *network.image_steps)]
        assert isinstance(attempts.attempt(server), Accepted)
        assert made == [len(server.sent_to(step)) for step in ("POST /v1.0/me/threads", *network.image_steps)]
        first, second = server.sent_to(network.creating)
        assert first.body == second.body


@EVERY
def test_thread(network: Network, tmp_path: Path) -> None:
    """The second segment answers the first by its receipt, and carries neither picture nor link card."""
    attempts = Attempts(network, tmp_path, post=THREAD, segment=2, previous=(network.earlier_receipt,))
    with network.serve() as server:
        assert isinstance(attempts.attempt(server), Accepted)
        assert [step for step in network.image_steps if server.sent_to(step)] == []
        sent = b"".join(request.body for request in server.requests)
    assert b"zwei" in sent
    assert b"Eins" not in sent
    assert b"gr%C3%B6%C3%9Fe" not in sent
    assert network.earlier_receipt.split()[0].encode() in sent


@EVERY
def test_finds_nothing_soon_and_later(network: Network, tmp_path: Path) -> None:
    """What the network does not have a minute after an attempt may still come; a quarter of an hour later it is not."""
    attempts = Attempts(network, tmp_path)
    with network.serve(creating=drop) as server:
        attempts.attempt(server)
        assert isinstance(attempts.find(server), Unknown)
        earlier = (NOW - timedelta(minutes=16)).isoformat()
        attempts.marks["tried"] = {"first": earlier, "last": earlier}
        assert isinstance(attempts.find(server), Rejected)
        assert len(server.sent_to(network.creating)) == 1


@EVERY
def test_finds_that_nothing_was_tried(network: Network, tmp_path: Path) -> None:
    """Without the mark that stands before the request nothing can have been posted; the network is not even asked."""
    with network.serve() as server:
        assert isinstance(Attempts(network, tmp_path).find(server), Rejected)
        assert server.requests == []


@EVERY
def test_cannot_be_asked(network: Network, tmp_path: Path) -> None:
    """A network that does not answer the question leaves the outcome unknown."""
    attempts = Attempts(network, tmp_path)
    with network.serve(creating=drop) as server:
        attempts.attempt(server)
        for route in list(server.routes):
            server.routes[route] = answer(500)
        assert isinstance(attempts.find(server), Unknown)


@EVERY
def test_sessions_can_be_asked(network: Network, tmp_path: Path) -> None:
    """The workflow recognises by the port that a network can be asked."""
    with network.serve() as server:
        assert isinstance(Attempts(network, tmp_path).open(server), Finder)


@EVERY
def test_rehearsal(network: Network, tmp_path: Path) -> None:
    """A rehearsal goes through every step, sends nothing, keeps no token and captures no secret."""
    for attempts in (
        Attempts(network, tmp_path),
        Attempts(network, tmp_path, post=THREAD, segment=2, previous=(network.earlier_receipt,)),
    ):
        outcome, files = rehearse(network, tmp_path, attempts)
        assert isinstance(outcome, Accepted)
        assert outcome.url
        captured = repr(files)
        routes = {*network.post_steps, *(network.image_steps if attempts.segment == 1 else ()), network.creating}
        expected = {route.partition(" ")[2].partition("?")[0] for route in routes}
        if network.name == "bluesky" and attempts.segment == 2:
            expected.discard("/xrpc/com.atproto.identity.resolveHandle")
        if network.name == "threads":
            expected = {path.replace("/v1.0/81", "/v1.0/18000000000000001") for path in expected}
        assert [path for path in expected if path not in captured] == []
        assert [secret for secret in network.environ.values() if secret in captured] == []
    assert list(tmp_path.iterdir()) == []


@EVERY
def test_introduces_itself(network: Network, tmp_path: Path) -> None:
    """`verify` names the account."""
    with network.serve() as server:
        line = Attempts(network, tmp_path).open(server).verify()
    assert line.startswith("logged in as @verband")


@EVERY
def test_verify_without_an_answer(network: Network, tmp_path: Path) -> None:
    """A network that is away is a reason to try again."""
    with pytest.raises(TryAgain, match=r"\[channels.test\]: "):
        network.adapter(f"http://127.0.0.1:{closed_port()}", tmp_path).open().verify()


@EVERY
def test_tells_no_secret(network: Network, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What the network echoes of our secrets, also of those that it gave us, reaches nobody."""
    caplog.set_level(logging.DEBUG)
    secrets = [*network.environ.values(), *network.more_secrets]
    echo = answer(422, " ".join(secrets).encode())
    with network.serve(creating=echo) as server:
        attempts = Attempts(network, tmp_path)
        session = attempts.open(server)
        told = repr(session.send(attempts.message(), attempts.mark)) + repr(attempts.marks)
        for route in list(server.routes):
            if route not in network.post_steps:
                server.routes[route] = echo
        told += repr(session.find(attempts.message())) + repr(session) + caplog.text
    assert [secret for secret in secrets if secret in told] == []


@EVERY
def test_needs_no_image(network: Network, tmp_path: Path) -> None:
    """A post without a picture goes without those steps."""
    attempts = Attempts(network, tmp_path, image=b"", post=replace(Attempts(network, tmp_path).post, image=None))
    with network.serve() as server:
        assert isinstance(attempts.attempt(server), Accepted)
        assert [step for step in network.image_steps if server.sent_to(step)] == []


@EVERY
def test_unusable_token(network: Network, tmp_path: Path) -> None:
    """A secret with blanks or line ends stops the channel before anything is sent, and is not quoted."""
    if network.name in ("bluesky", "threads"):
        pytest.skip("the secret stands in a body or an address, where every character can stand")
    broken = replace(network, environ=dict.fromkeys(network.environ, "canary of\r\nX-Evil: 1"))
    with network.serve() as server:
        with pytest.raises(ChannelMisconfigured) as caught:
            Attempts(broken, tmp_path).attempt(server)
        assert "canary" not in str(caught.value)
        assert server.requests == []


@pytest.mark.parametrize(
    ("name", "changed", "message"),
    [
        ("mastodon", {"server": "verein.example"}, "it must be an address that begins with https://"),
        ("mastodon", {"server": "http://verein.example"}, '"http://verein.example" must begin with https://'),
        ("mastodon", {"server": "https://verein.example/@verband"}, 'must end behind the name, as "https://verein.exa'),
        ("mastodon", {"content_warning": "x" * 200, "max_length": 240}, "leaves no room for the post"),
        ("mastodon", {"visibility": "direct"}, "'public', 'unlisted' or 'private'"),
        ("bluesky", {"handle": "verband"}, '"verband" is no whole handle; write it as "verband.bsky.social"'),
        ("bluesky", {"service": "bsky.social"}, "it must be an address"),
        ("x", {"username": "the association"}, "no name of an account on X"),
        ("x", {"client_id": ""}, "at least 1 character"),
        ("threads", {"username": "der verband"}, "no name of an account on Threads"),
        ("threads", {"timeout_seconds": 0}, "greater than 0"),
    ],
)
def test_wrong_settings(name: str, changed: dict[str, Any], message: str) -> None:
    """Mistakes are found when the config is read."""
    (network,) = (network for network in NETWORKS if network.name == name)
    good = {key: "https://network.example" if value == "{url}" else value for key, value in network.settings.items()}
    with pytest.raises(ValidationError, match=message):
        find_adapter(name).settings.model_validate({"adapter": name, **good, **changed})
