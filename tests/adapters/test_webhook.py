from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pydantic import ValidationError
from standardwebhooks import Webhook

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted
from publisher.domain.post import Post
from publisher.errors import ChannelMisconfigured, TryAgain
from tests.contracts.bench import KEY, NOW, Marks, MemoryCapture, make_adapter, seal_post
from tests.servers.http_server import HttpServer, answer
from tests.servers.listener import closed_port, drop

NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 24).decode().rstrip("=")
ENVIRON = {"NEW": NEW, "OLD": OLD, "TOKEN": "t0ken"}


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer(answer(200, b"stored")) as running:
        yield running


def send(server: HttpServer, folder: Path, post: Post | None = None, **settings: Any) -> Any:
    """Send one post as the workflow would, and give the JSON that arrived."""
    adapter = make_adapter(
        {"adapter": "webhook", "url": server.url + "/hook", **settings}, folder=folder, environ=ENVIRON
    )
    message = seal_post(post) if post else seal_post()
    message = seal_post(post or Post.from_bytes(message.sections["post"]), prepared=adapter.prepare(message))  # type: ignore[arg-type]
    assert isinstance(adapter.open().send(message, Marks()), Accepted)
    return json.loads(server.requests[-1].body)


def test_default_body(server: HttpServer, tmp_path: Path) -> None:
    """Without a form of the team's own the post goes out in the documented shape."""
    assert send(server, tmp_path) == {
        "type": "post",
        "id": KEY,
        "text": "Neue Pumpe spart 30 % Strom – „leise“ dazu 🎉 https://example.org/p",
        "title": "Neue Pumpe",
        "teaser": "Leise & sparsam",
        "url": "https://example.org/p",
        "lang": "de",
        "slug": "neue-pumpe",
        "tags": ["Pumpe", "Wärme"],
        "image": {"url": "https://example.org/p.png", "alt": "Eine Pumpe", "credit": None},
    }
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/hook")
    assert request.headers["content-type"] == "application/json"


def test_own_body(server: HttpServer, tmp_path: Path) -> None:
    """Placeholders are replaced as text; one that stands alone keeps its type; the rest is as it was."""
    form = {
        "msg": "{title}: {text} ({{x}}, {tags})",
        "link": "{url}",
        "tags": "{tags}",
        "nested": {"list": ["{lang}", 7, True, None], "picture": "{image_url}"},
        "css": "a { color: red }",
    }
    assert send(server, tmp_path, body=form) == {
        "msg": "Neue Pumpe: Neue Pumpe spart 30 % Strom – „leise“ dazu 🎉 https://example.org/p ({x}, Pumpe Wärme)",
        "link": "https://example.org/p",
        "tags": ["Pumpe", "Wärme"],
        "nested": {"list": ["de", 7, True, None], "picture": "https://example.org/p.png"},
        "css": "a { color: red }",
    }


def test_own_body_without_an_address(server: HttpServer, tmp_path: Path) -> None:
    """What an article does not have is null alone and nothing within a text."""
    bare = Post(slug="kurz", text='"Kurz" {url}', title="Kurz", lang="de")
    form = {"link": "{url}", "more": "mehr: {url}", "text": "{text}"}
    assert send(server, tmp_path, bare, body=form) == {"link": None, "more": "mehr: ", "text": '"Kurz" {url}'}


def test_signature_by_the_oracle(server: HttpServer, tmp_path: Path) -> None:
    """The reference library accepts both signatures while a secret changes, and no other."""
    send(server, tmp_path, secret={"env": "NEW"}, previous_secret={"env": "OLD"})
    (request,) = server.requests
    assert request.headers["webhook-id"] == KEY
    with time_machine.travel(NOW, tick=False):
        for secret in (NEW, OLD):
            assert Webhook(secret).verify(request.body, request.headers)
        with pytest.raises(Exception, match="No matching signature"):
            Webhook("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(request.body, request.headers)


def test_unsigned_without_a_secret(server: HttpServer, tmp_path: Path) -> None:
    """Without a secret the id is still there, for receivers that want each delivery once."""
    send(server, tmp_path)
    assert server.requests[0].headers["webhook-id"] == KEY
    assert "webhook-signature" not in server.requests[0].headers


def test_another_attempt_sends_the_same_bytes(server: HttpServer, tmp_path: Path) -> None:
    """The body's form is kept at planning; a change of the config in between changes nothing."""
    before = make_adapter({"adapter": "webhook", "url": server.url, "body": {"a": "{text}"}}, folder=tmp_path)
    message = seal_post(prepared=before.prepare(seal_post()))  # type: ignore[arg-type]
    after = make_adapter({"adapter": "webhook", "url": server.url, "body": {"b": "{title}"}}, folder=tmp_path)
    before.open().send(message, Marks())
    after.open().send(message, Marks())
    first, second = server.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_secret_address(server: HttpServer, tmp_path: Path) -> None:
    """An address from the environment works, is hidden in a rehearsal, and does not name the account."""
    environ = {"HOOK_URL": server.url + "/canary"}
    settings = {"adapter": "webhook", "url": {"env": "HOOK_URL"}}
    adapter = make_adapter(settings, folder=tmp_path, environ=environ)
    assert isinstance(adapter.open().send(seal_post(), Marks()), Accepted)
    assert adapter.account() == "test"
    capture = MemoryCapture()
    make_adapter(settings, folder=tmp_path, environ=environ, capture=capture).open().send(seal_post(), Marks())
    assert "canary" not in repr(capture.files)


def test_rehearsal_shows_the_request(tmp_path: Path) -> None:
    """The captured request has what would have left, with its secrets hidden."""
    capture = MemoryCapture()
    settings = {
        "adapter": "webhook",
        "url": "https://example.org/hook",
        "headers": {"X-Team": "press", "X-Token": {"env": "TOKEN"}},
        "secret": {"env": "NEW"},
    }
    make_adapter(settings, folder=tmp_path, environ=ENVIRON, capture=capture).open().send(seal_post(), Marks())
    (content,) = capture.files.values()
    document = json.loads(content)
    assert document["url"] == "https://example.org/hook"
    assert document["headers"]["X-Team"] == "press"
    assert document["headers"]["X-Token"] == document["headers"]["webhook-signature"] == "(hidden)"
    assert json.loads(document["body"])["title"] == "Neue Pumpe"


def test_verify_leaves_the_address_alone(server: HttpServer, tmp_path: Path) -> None:
    """Only the host's front page is asked for, without secrets."""
    settings = {"adapter": "webhook", "url": server.url + "/hook", "headers": {"X-Token": {"env": "TOKEN"}}}
    line = make_adapter(settings, folder=tmp_path, environ=ENVIRON).open().verify()
    assert line == "127.0.0.1 answers; whether the whole address is right, only a delivery can tell"
    (request,) = server.requests
    assert (request.method, request.target, request.body) == ("HEAD", "/", b"")
    assert "x-token" not in request.headers


def test_verify_without_an_answer(tmp_path: Path) -> None:
    """A host that is away is a reason to try again."""
    with HttpServer(drop) as server:
        for url in (server.url, f"http://127.0.0.1:{closed_port()}"):
            with pytest.raises(TryAgain, match=r"\[channels.test\]: 127.0.0.1: "):
                make_adapter({"adapter": "webhook", "url": url}, folder=tmp_path).open().verify()


@pytest.mark.parametrize(
    ("settings", "environ", "message"),
    [
        ({"secret": {"env": "NONE"}}, {}, '"NONE" is not set'),
        ({"secret": "whsec_short"}, {}, "not base64 of 24 to 64 bytes"),
        ({"secret": "whsec_" + "!" * 60}, {}, "not base64 of 24 to 64 bytes"),
        ({"headers": {"X-Token": {"env": "TOKEN"}}}, {"TOKEN": "a\r\nb"}, "has characters that cannot be sent"),
        ({"url": {"env": "HOOK"}}, {"HOOK": "example.org/canary"}, 'the value of "url" cannot be used'),
    ],
)
def test_unusable_secret(settings: dict[str, Any], environ: dict[str, str], message: str, tmp_path: Path) -> None:
    """A secret that cannot be used stops the channel, and is not quoted."""
    whole = {"adapter": "webhook", "url": "https://example.org/hook", **settings}
    session = make_adapter(whole, folder=tmp_path, environ=environ, capture=MemoryCapture()).open()
    with pytest.raises(ChannelMisconfigured, match=message) as caught:
        session.send(seal_post(), Marks())
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "url"),
        ({"url": "example.org/hook"}, "it must be an address such as"),
        ({"url": "ftp://example.org/"}, "it must be an address such as"),
        ({"url": "https://exa mple.org/"}, "it must be an address such as"),
        ({"url": "https://ex.org/\r\nX: y"}, "it must be an address such as"),
        ({"url": "https://anna:secret@example.org/"}, "it must hold no password"),
        ({"body": {"a": ["{txet}"]}}, r"{txet} is not known; did you mean {text}\?"),
        ({"body": {"a": {"b": "{Q}"}}}, "{Q} is not known; there are id, type"),
        ({"headers": {"X Y": "z"}}, '"X Y" cannot be set'),
        ({"headers": {"Content-Length": "1"}}, '"Content-Length" cannot be set'),
        ({"headers": {"webhook-id": "1"}}, '"webhook-id" cannot be set'),
        ({"headers": {"X-Name": "Grüße"}}, "visible ASCII"),
        ({"previous_secret": "whsec_x"}, '"previous_secret" needs the new one'),
        ({"timeout_seconds": 0}, "greater than 0"),
        ({"sectret": "x"}, "Extra inputs"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """Mistakes are found when the config is read."""
    whole = {"adapter": "webhook", **({"url": "https://example.org/"} if settings else {}), **settings}
    with pytest.raises(ValidationError, match=message):
        find_adapter("webhook").settings.model_validate(whole)
