from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.domain.attempt import Accepted, Rejected
from publisher.domain.post import PostImage
from publisher.errors import ChannelMisconfigured
from tests.adapters.golden import assert_golden
from tests.adapters.posting import PNG, SPECIAL, THREAD, deliver_to, sealed
from tests.servers.http_server import HttpServer, answer

OK = answer(200, b"ok")


def test_text(tmp_path: Path) -> None:
    """A text goes as plain text with the link's preview; Slack gives no id, and the receipt says so."""
    with HttpServer(OK) as server:
        sent = deliver_to(server, "slack", tmp_path, sealed(replace(SPECIAL, image=None)))
    assert sent.outcome == Accepted("ok (Slack gives webhooks no id)")
    assert_golden("slack-text", *server.requests)


def test_image(tmp_path: Path) -> None:
    """A picture with a public address is an image block beneath the text; its bytes cannot be sent."""
    with HttpServer(OK) as server:
        deliver_to(server, "slack", tmp_path, sealed(SPECIAL, image=PNG))
    assert_golden("slack-image", *server.requests)


@pytest.mark.parametrize("url", [None, "https://example.org/" + "x" * 3000])
def test_image_that_slack_cannot_fetch(url: str | None, tmp_path: Path) -> None:
    """Without a public address, or with one that is too long, there is no picture."""
    post = replace(SPECIAL, image=PostImage(alt="Pumpe", url=url))
    with HttpServer(OK) as server:
        deliver_to(server, "slack", tmp_path, sealed(post))
    assert b"attachments" not in server.requests[0].body


def test_thread(tmp_path: Path) -> None:
    """A webhook cannot answer: each segment is a message of its own, the picture only with the first."""
    with HttpServer(OK) as server:
        for segment in (1, 2):
            deliver_to(server, "slack", tmp_path, sealed(THREAD, segment=segment, previous=("ok",) * (segment - 1)))
    assert_golden("slack-thread", *server.requests)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (403, b"invalid_token"),
        (403, b"action_prohibited"),
        (404, b"no_service"),
        (404, b"No service"),
        (404, b"channel_not_found"),
        (400, b"user_not_found"),
        (403, b"posting_to_general_channel_denied"),
        (404, b"no_team"),
    ],
)
def test_broken_set_up(status: int, word: bytes, tmp_path: Path) -> None:
    """What no other message would change stops the channel; the hint says what to do in Slack."""
    with (
        HttpServer(answer(status, word)) as server,
        pytest.raises(ChannelMisconfigured, match="Slack refuses us") as caught,
    ):
        deliver_to(server, "slack", tmp_path, sealed(SPECIAL))
    assert "Incoming Webhooks" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "word"), [(410, b"channel_is_archived"), (400, b"invalid_payload"), (400, b"invalid_blocks")]
)
def test_refused_message(status: int, word: bytes, tmp_path: Path) -> None:
    """What concerns this message, or a channel that can be opened again, is a rejection with Slack's word."""
    with HttpServer(answer(status, word)) as server:
        outcome = deliver_to(server, "slack", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Rejected)
    assert word.decode() in outcome.reason
