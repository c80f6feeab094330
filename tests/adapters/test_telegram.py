from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred, Rejected
from publisher.domain.post import PostImage
from publisher.errors import ChannelMisconfigured, TryAgain
from tests.adapters.golden import assert_golden
from tests.adapters.posting import PNG, SPECIAL, THREAD, TOKENS, deliver_to, environ_of, sealed, settings_of
from tests.contracts.bench import make_adapter
from tests.servers.http_server import HttpServer, answer

OK = answer(200, b'{"ok": true, "result": {"message_id": 4711, "chat": {"id": -100, "username": "verband"}}}')


def refusal(code: int, description: str, parameters: str = "{}") -> bytes:
    return f'{{"ok": false, "error_code": {code}, "description": "{description}", "parameters": {parameters}}}'.encode()


def test_text(tmp_path: Path) -> None:
    """A text goes as it is; a message of a public channel has an address."""
    with HttpServer(OK) as server:
        sent = deliver_to(server, "telegram", tmp_path, sealed(replace(SPECIAL, image=None)))
    assert sent.outcome == Accepted("4711", "https://t.me/verband/4711")
    assert_golden("telegram-text", *server.requests)


def test_private_group(tmp_path: Path) -> None:
    """A chat without a name has no address for others."""
    with HttpServer(answer(200, b'{"ok": true, "result": {"message_id": 7, "chat": {"id": -100}}}')) as server:
        sent = deliver_to(server, "telegram", tmp_path, sealed(SPECIAL), chat="-1001234567890")
    assert sent.outcome == Accepted("7")
    assert json.loads(server.requests[0].body)["chat_id"] == "-1001234567890"


def test_image(tmp_path: Path) -> None:
    """A text that fits a caption goes with its picture in one message."""
    with HttpServer(OK) as server:
        deliver_to(server, "telegram", tmp_path, sealed(SPECIAL, image=PNG))
    assert_golden("telegram-image", *server.requests)


@pytest.mark.parametrize(("length", "method"), [(512, "sendPhoto"), (513, "sendMessage")])
def test_caption_is_counted_as_telegram_does(length: int, method: str, tmp_path: Path) -> None:
    """A caption has 1,024 UTF-16 units; an emoji is two of them."""
    with HttpServer(OK) as server:
        deliver_to(server, "telegram", tmp_path, sealed(replace(SPECIAL, text="🎉" * length), image=PNG))
    assert server.requests[0].target.endswith(f"/{method}")


def test_long_text_with_image(tmp_path: Path) -> None:
    """A longer text shows a large preview of the picture, if that has a public address; never two messages."""
    long = replace(SPECIAL, text="Satz. " * 400)
    with HttpServer(OK) as server:
        deliver_to(server, "telegram", tmp_path, sealed(long, image=PNG))
        deliver_to(server, "telegram", tmp_path, sealed(replace(long, image=PostImage(alt="Pumpe")), image=PNG))
    with_preview, without = (json.loads(request.body) for request in server.requests)
    assert with_preview["link_preview_options"] == {
        "url": "https://example.org/p.png",
        "prefer_large_media": True,
        "show_above_text": True,
    }
    assert set(without) == {"chat_id", "text"}
    assert with_preview["text"] == without["text"] == long.text


def test_thread(tmp_path: Path) -> None:
    """A further segment answers the one before, with a text and with a picture alike."""
    with HttpServer(OK) as server:
        deliver_to(server, "telegram", tmp_path, sealed(THREAD, image=PNG))
        deliver_to(server, "telegram", tmp_path, sealed(THREAD, segment=2, previous=("4711",)))
    assert_golden("telegram-thread", *server.requests)


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (401, "Unauthorized"),
        (404, "Not Found"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: need administrator rights in the channel chat"),
        (400, "Bad Request: not enough rights to send photos to the chat"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
        (400, "Bad Request: group chat was upgraded to a supergroup chat"),
        (403, "Forbidden: bot was kicked from the channel chat"),
        (403, "Forbidden: bot is not a member of the channel chat"),
    ],
)
def test_broken_set_up(status: int, description: str, tmp_path: Path) -> None:
    """What no other message would change stops the channel; the description is kept."""
    body = refusal(status, description)
    with HttpServer(answer(status, body)) as server, pytest.raises(ChannelMisconfigured) as caught:
        deliver_to(server, "telegram", tmp_path, sealed(SPECIAL))
    assert description in caught.value.what
    assert caught.value.hint


def test_refused_message(tmp_path: Path) -> None:
    """Another 400 is a refusal of this message."""
    with HttpServer(answer(400, refusal(400, "Bad Request: message is too long"))) as server:
        outcome = deliver_to(server, "telegram", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Rejected)
    assert "message is too long" in outcome.reason


def test_slow_down(tmp_path: Path) -> None:
    """The time stands in the body; there is no header."""
    body = refusal(429, "Too Many Requests: retry after 35", '{"retry_after": 35}')
    with HttpServer(answer(429, body)) as server:
        outcome = deliver_to(server, "telegram", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after_seconds == 35


def test_verify(tmp_path: Path) -> None:
    """The bot is asked for its name, which posts nothing."""
    settings, environ = settings_of("telegram"), environ_of("telegram")
    with HttpServer(answer(200, b'{"ok": true, "result": {"username": "verband_bot"}}')) as server:
        line = make_adapter({**settings, "api_url": server.url}, folder=tmp_path, environ=environ).open().verify()
        assert line == "logged in as @verband_bot; whether it may post to @verband, only a post can tell"
        assert server.requests[0].target == f"/bot{TOKENS['telegram']}/getMe"
    for status, error in ((401, ChannelMisconfigured), (502, TryAgain)):
        with HttpServer(answer(status)) as server, pytest.raises(error):
            make_adapter({**settings, "api_url": server.url}, folder=tmp_path, environ=environ).open().verify()


@pytest.mark.parametrize("chat", ["verband", "@v", "@a b", "t.me/verband", ""])
def test_wrong_chat(chat: str) -> None:
    """What cannot be a chat is found when the config is read."""
    with pytest.raises(ValidationError, match="chat"):
        find_adapter("telegram").settings.model_validate({"adapter": "telegram", "token": "x", "chat": chat})
