from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.domain.attempt import Accepted, Deferred, Rejected
from publisher.errors import ChannelMisconfigured, TryAgain
from tests.adapters.golden import assert_golden, parts_of
from tests.adapters.posting import PNG, SPECIAL, THREAD, deliver_to, sealed, settings_of
from tests.contracts.bench import make_adapter
from tests.servers.http_server import HttpServer, answer

OK = answer(200, b'{"id": "4711", "channel_id": "12345"}')


def test_text(tmp_path: Path) -> None:
    """A text mentions nobody, and the message's id comes back; its address needs the server's number."""
    with HttpServer(OK) as server:
        sent = deliver_to(server, "discord", tmp_path, sealed(replace(SPECIAL, image=None)))
        there = deliver_to(server, "discord", tmp_path, sealed(SPECIAL), server_id="98765")
    assert sent.outcome == Accepted("4711")
    assert there.outcome == Accepted("4711", "https://discord.com/channels/98765/12345/4711")
    assert_golden("discord-text", server.requests[0])


def test_image(tmp_path: Path) -> None:
    """The picture itself goes along, with its description."""
    with HttpServer(OK) as server:
        deliver_to(server, "discord", tmp_path, sealed(SPECIAL, image=PNG))
    assert_golden("discord-image", *server.requests)


def test_long_description(tmp_path: Path) -> None:
    """A description is cut to what Discord takes."""
    assert SPECIAL.image
    post = replace(SPECIAL, image=replace(SPECIAL.image, alt="ü" * 2000))
    with HttpServer(OK) as server:
        deliver_to(server, "discord", tmp_path, sealed(post, image=PNG))
    assert "ü" * 1023 + "…" in parts_of(server.requests[0])[0]["content"]


def test_thread(tmp_path: Path) -> None:
    """A webhook cannot answer: a further segment is a message of its own, without the picture."""
    with HttpServer(OK) as server:
        deliver_to(server, "discord", tmp_path, sealed(THREAD, segment=2, previous=("4711",)))
    assert_golden("discord-thread", *server.requests)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b'{"message": "Invalid Webhook Token", "code": 50027}'),
        (404, b'{"message": "Unknown Webhook", "code": 10015}'),
    ],
)
def test_broken_set_up(status: int, body: bytes, tmp_path: Path) -> None:
    """A webhook that was deleted stops the channel, when sending and when asked."""
    with HttpServer(answer(status, body)) as server:
        with pytest.raises(ChannelMisconfigured, match="the webhook was deleted"):
            deliver_to(server, "discord", tmp_path, sealed(SPECIAL))
        with pytest.raises(ChannelMisconfigured, match=f"Discord does not know us: HTTP {status}"):
            make_adapter(settings_of("discord", server.url), folder=tmp_path).open().verify()


def test_slow_down(tmp_path: Path) -> None:
    """The body's time counts: it is finer than the header's."""
    body = b'{"message": "You are being rate limited.", "retry_after": 1.337, "global": false}'
    with HttpServer(answer(429, body, retry_after="2")) as server:
        outcome = deliver_to(server, "discord", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after_seconds == 1.337


def test_refused_message(tmp_path: Path) -> None:
    """A message that breaks a rule is rejected with Discord's words."""
    body = b'{"message": "Invalid Form Body", "code": 50035, "errors": {"content": "2000 or fewer"}}'
    with HttpServer(answer(400, body)) as server:
        outcome = deliver_to(server, "discord", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Rejected)
    assert "2000 or fewer" in outcome.reason


def test_verify(tmp_path: Path) -> None:
    """The webhook is read, and the line names the server's number, which `server_id` wants."""
    with HttpServer(answer(200, b'{"id": "1", "name": "Presse", "guild_id": "98765"}')) as server:
        line = make_adapter(settings_of("discord", server.url), folder=tmp_path).open().verify()
    assert line == 'webhook "Presse" of server 98765'
    assert server.requests[0].method == "GET"


def test_verify_while_discord_is_down(tmp_path: Path) -> None:
    """Trouble of theirs is no mistake of ours."""
    with HttpServer(answer(503)) as server, pytest.raises(TryAgain, match="HTTP 503"):
        make_adapter(settings_of("discord", server.url), folder=tmp_path).open().verify()
