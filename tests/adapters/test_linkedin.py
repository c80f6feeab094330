from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from publisher.adapters.registry import find_adapter
from publisher.credentials import EnvironmentCredentials
from publisher.domain.attempt import Accepted, Deferred, Rejected
from publisher.errors import ChannelMisconfigured, TryAgain
from publisher.ports.adapter import Surroundings
from publisher.ports.http import HttpAnswer, HttpRequest
from tests.adapters.golden import assert_golden
from tests.adapters.posting import PNG, SPECIAL, THREAD, deliver_to, environ_of, sealed, settings_of
from tests.contracts.bench import DictMemory, FixedClock, Marks, make_adapter, random_bytes
from tests.servers.http_server import HttpServer, answer
from tests.servers.listener import Line, drop, hang

POSTED = answer(201, x_restli_id="urn:li:share:4711")
IMAGE = "urn:li:image:C4E10AQ"


class Uploading:
    """LinkedIn's three answers: where to put the picture, that it is there, and the post."""

    def __init__(self) -> None:
        self.server = HttpServer([self.say_where, answer(201), POSTED])

    def say_where(self, line: Line) -> None:
        where = f"{self.server.url}/dms-uploads/4711"
        body = json.dumps({"value": {"uploadUrl": where, "image": IMAGE, "uploadUrlExpiresAt": 1}})
        answer(200, body.encode())(line)


def test_link_card(tmp_path: Path) -> None:
    """Without a picture the article goes along as a card; the post's id and address come back."""
    with HttpServer(POSTED) as server:
        sent = deliver_to(server, "linkedin", tmp_path, sealed(replace(SPECIAL, image=None)))
    assert sent.outcome == Accepted("urn:li:share:4711", "https://www.linkedin.com/feed/update/urn:li:share:4711/")
    assert_golden("linkedin-card", *server.requests)


def test_only_text(tmp_path: Path) -> None:
    """Without an address there is no card."""
    with HttpServer(POSTED) as server:
        deliver_to(server, "linkedin", tmp_path, sealed(replace(SPECIAL, image=None, url=None)), api_version="202610")
    assert "content" not in json.loads(server.requests[0].body)
    assert server.requests[0].headers["linkedin-version"] == "202610"


def test_long_card(tmp_path: Path) -> None:
    """Title and description of the card are cut to what LinkedIn takes."""
    post = replace(SPECIAL, image=None, title="T" * 500, teaser="t" * 5000)
    with HttpServer(POSTED) as server:
        deliver_to(server, "linkedin", tmp_path, sealed(post))
    card = json.loads(server.requests[0].body)["content"]["article"]
    assert (len(card["title"]), len(card["description"])) == (400, 4086)


def test_image(tmp_path: Path) -> None:
    """The picture is uploaded first, and its name is durable before the post is tried."""
    uploading = Uploading()
    with uploading.server as server:
        sent = deliver_to(server, "linkedin", tmp_path, sealed(SPECIAL, image=PNG))
    assert sent.outcome == Accepted("urn:li:share:4711", "https://www.linkedin.com/feed/update/urn:li:share:4711/")
    assert sent.marks.recorded == [("image_urn", IMAGE)]
    assert_golden("linkedin-image", *server.requests)


def test_uploads_once(tmp_path: Path) -> None:
    """Another attempt uses the picture that is there already."""
    with HttpServer(POSTED) as server:
        sent = deliver_to(server, "linkedin", tmp_path, sealed(SPECIAL, image=PNG, marks={"image_urn": IMAGE}))
    assert isinstance(sent.outcome, Accepted)
    (request,) = server.requests
    assert json.loads(request.body)["content"]["media"]["id"] == IMAGE


@pytest.mark.parametrize("action", [hang, drop, answer(500), answer(503), answer(200, b"nonsense")])
def test_lost_while_uploading(action: object, tmp_path: Path) -> None:
    """Before the post itself nothing is public: what happened to an upload is not unknown but to be tried again."""
    with HttpServer(action) as server:  # type: ignore[arg-type]
        sent = deliver_to(server, "linkedin", tmp_path, sealed(SPECIAL, image=PNG), timeout_seconds=0.4)
    assert isinstance(sent.outcome, Deferred)
    assert sent.marks.recorded == []
    assert len(server.requests) == 1


@dataclass
class ScriptedHttp:
    """An HTTP port that keeps requests and gives answers in their order."""

    answers: list[HttpAnswer]
    requests: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        return self.answers[len(self.requests) - 1]


@pytest.mark.parametrize(
    ("host", "trusted"),
    [("www.linkedin.com", True), ("linkedin.com", True), ("evil.example", False), ("linkedin.com.evil.example", False)],
)
def test_token_goes_to_nobody_else(host: str, trusted: bool, tmp_path: Path) -> None:
    """Whatever host the answer names for the upload, only LinkedIn's own gets the token."""
    value = {"uploadUrl": f"https://{host}/upload", "image": IMAGE}
    posted = HttpAnswer(201, {"x-restli-id": "urn:li:share:1"})
    http = ScriptedHttp([HttpAnswer(200, body=json.dumps({"value": value}).encode()), HttpAnswer(201), posted])
    declared = find_adapter("linkedin")
    settings = declared.settings.model_validate(settings_of("linkedin", "https://api.linkedin.com"))
    credentials = EnvironmentCredentials(tmp_path, environ_of("linkedin"))
    around = Surroundings("test", tmp_path, FixedClock(), http, credentials, random_bytes, DictMemory())
    adapter = declared.make(settings, around)
    assert isinstance(adapter.open().send(sealed(SPECIAL, image=PNG), Marks()), Accepted)
    assert ["Authorization" in request.headers for request in http.requests] == [True, trusted, True]


def test_thread(tmp_path: Path) -> None:
    """LinkedIn has no threads: a further segment is a post of its own, without picture and card."""
    with HttpServer(POSTED) as server:
        deliver_to(server, "linkedin", tmp_path, sealed(THREAD, segment=2, previous=("urn:li:share:1",)))
    assert_golden("linkedin-thread", *server.requests)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"code": "EXPIRED_ACCESS_TOKEN", "message": "The token has expired"}', "The token has expired"),
        (403, b'{"code": "ACCESS_DENIED", "message": "Not enough permissions"}', "Not enough permissions"),
        (426, b'{"code": "NONEXISTENT_VERSION", "message": "Version 202301 is not active"}', "202301 is not active"),
    ],
)
@pytest.mark.parametrize("image", [b"", PNG])
def test_broken_set_up(status: int, body: bytes, words: str, image: bytes, tmp_path: Path) -> None:
    """A token or version that is not valid any more stops the channel, at the upload as at the post."""
    with HttpServer(answer(status, body)) as server, pytest.raises(ChannelMisconfigured, match=words) as caught:
        deliver_to(server, "linkedin", tmp_path, sealed(SPECIAL, image=image))
    assert caught.value.hint


def test_duplicate(tmp_path: Path) -> None:
    """LinkedIn refuses the same text again and names the post that has it."""
    body = b'{"message": "Content is a duplicate of urn:li:share:4710", "status": 422}'
    with HttpServer(answer(422, body)) as server:
        outcome = deliver_to(server, "linkedin", tmp_path, sealed(replace(SPECIAL, image=None))).outcome
    assert isinstance(outcome, Rejected)
    assert "urn:li:share:4710" in outcome.reason


def test_verify(tmp_path: Path) -> None:
    """The token is asked for its person, which posts nothing."""
    settings, environ = settings_of("linkedin"), environ_of("linkedin")
    with HttpServer(answer(200, b'{"sub": "abc", "name": "Anna Schmidt"}')) as server:
        line = make_adapter({**settings, "api_url": server.url}, folder=tmp_path, environ=environ).open().verify()
    assert line.startswith("logged in as Anna Schmidt; whether it may post for urn:li:organization:1234")
    for status, error in ((401, ChannelMisconfigured), (403, ChannelMisconfigured), (429, TryAgain)):
        with HttpServer(answer(status)) as server, pytest.raises(error):
            make_adapter({**settings, "api_url": server.url}, folder=tmp_path, environ=environ).open().verify()


@pytest.mark.parametrize("settings", [{"author": "1234"}, {"author": "urn:li:group:1"}, {"api_version": "2026-11"}])
def test_wrong_settings(settings: dict[str, str]) -> None:
    """What cannot be right is found when the config is read."""
    whole = {"adapter": "linkedin", "token": "x", "author": "urn:li:person:a-B_1", **settings}
    with pytest.raises(ValidationError, match=next(iter(settings))):
        find_adapter("linkedin").settings.model_validate(whole)
