from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.domain.attempt import Accepted, Rejected
from publisher.errors import ChannelMisconfigured
from tests.adapters.golden import assert_golden
from tests.adapters.posting import SPECIAL, THREAD, deliver_to, sealed
from tests.servers.http_server import HttpServer, answer

OK = answer(200, b"ok")


def test_text(tmp_path: Path) -> None:
    """A text goes with its Markdown escaped and without calling anyone; Mattermost gives no id."""
    with HttpServer(OK) as server:
        sent = deliver_to(server, "mattermost", tmp_path, sealed(replace(SPECIAL, image=None)))
    assert sent.outcome == Accepted("ok (Mattermost gives webhooks no id)")
    assert_golden("mattermost-text", *server.requests)


def test_image(tmp_path: Path) -> None:
    """A picture with a public address is an attachment."""
    with HttpServer(OK) as server:
        deliver_to(server, "mattermost", tmp_path, sealed(SPECIAL))
    assert_golden("mattermost-image", *server.requests)


def test_thread(tmp_path: Path) -> None:
    """A webhook cannot answer: each segment is a message of its own."""
    with HttpServer(OK) as server:
        deliver_to(server, "mattermost", tmp_path, sealed(THREAD, segment=2, previous=("ok",)))
    assert_golden("mattermost-thread", *server.requests)


@pytest.mark.parametrize(
    ("status", "word"),
    [(400, "invalid"), (501, "disabled"), (404, "channel"), (403, "channel_locked"), (403, "permissions")],
)
def test_broken_set_up(status: int, word: str, tmp_path: Path) -> None:
    """Mattermost's own ids say what is broken, whatever the status: a 501 is no unknown outcome then."""
    body = f'{{"id": "web.incoming_webhook.{word}.app_error", "message": "No.", "status_code": {status}}}'
    with HttpServer(answer(status, body.encode())) as server, pytest.raises(ChannelMisconfigured) as caught:
        deliver_to(server, "mattermost", tmp_path, sealed(SPECIAL))
    assert "Incoming Webhooks" in caught.value.hint


def test_refused_message(tmp_path: Path) -> None:
    """Another id is a refusal of this message."""
    body = b'{"id": "web.incoming_webhook.text.app_error", "message": "No text specified."}'
    with HttpServer(answer(400, body)) as server:
        outcome = deliver_to(server, "mattermost", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Rejected)
    assert "No text specified" in outcome.reason
