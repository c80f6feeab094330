from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.domain.attempt import Accepted, Deferred, Rejected, Unknown
from publisher.errors import ChannelMisconfigured, TryAgain
from tests.adapters.golden import assert_golden
from tests.adapters.posting import PNG, SPECIAL, THREAD, deliver_to, environ_of, sealed, settings_of
from tests.contracts.bench import make_adapter
from tests.servers.http_server import HttpServer, answer

OK = answer(200, b'{"id": "1234567890_4711"}')


def refusal(code: int, message: str, more: str = "") -> bytes:
    return f'{{"error": {{"message": "{message}", "type": "OAuthException", "code": {code}{more}}}}}'.encode()


def test_text_with_link(tmp_path: Path) -> None:
    """A text goes with its link card; the post's id and address come back."""
    with HttpServer(OK) as server:
        sent = deliver_to(server, "facebook", tmp_path, sealed(replace(SPECIAL, image=None)))
    assert sent.outcome == Accepted("1234567890_4711", "https://www.facebook.com/1234567890_4711")
    assert_golden("facebook-link", *server.requests)


def test_image(tmp_path: Path) -> None:
    """A picture makes it a photo with the text as its caption; the id is that of the post, not of the photo."""
    with HttpServer(answer(200, b'{"id": "99", "post_id": "1234567890_4712"}')) as server:
        sent = deliver_to(server, "facebook", tmp_path, sealed(SPECIAL, image=PNG))
    assert sent.outcome == Accepted("1234567890_4712", "https://www.facebook.com/1234567890_4712")
    assert_golden("facebook-image", *server.requests)


def test_thread(tmp_path: Path) -> None:
    """Facebook has no threads: a further segment is a post of its own, without picture and card."""
    with HttpServer(OK) as server:
        deliver_to(server, "facebook", tmp_path, sealed(THREAD, segment=2, previous=("1234567890_4711",)))
    assert_golden("facebook-thread", *server.requests)


@pytest.mark.parametrize(
    ("status", "code"), [(400, 190), (401, 190), (400, 102), (403, 10), (403, 200), (400, 283), (500, 190)]
)
def test_broken_set_up(status: int, code: int, tmp_path: Path) -> None:
    """The code says what the status does not: the token is not valid, or a permission is missing."""
    body = refusal(code, "Error validating access token")
    with (
        HttpServer(answer(status, body)) as server,
        pytest.raises(ChannelMisconfigured, match="Error validating") as caught,
    ):
        deliver_to(server, "facebook", tmp_path, sealed(SPECIAL))
    assert "page access token" in caught.value.hint


@pytest.mark.parametrize(("status", "code"), [(400, 4), (403, 32), (400, 368), (400, 613)])
def test_slow_down(status: int, code: int, tmp_path: Path) -> None:
    """Too many calls, or blocked for a while, is a refusal for now."""
    with HttpServer(answer(status, refusal(code, "Page request limit reached"))) as server:
        outcome = deliver_to(server, "facebook", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Deferred)
    assert "Page request limit reached" in outcome.reason


@pytest.mark.parametrize(
    ("status", "more", "kind"),
    [(400, "", Rejected), (400, ', "is_transient": true', Deferred), (500, ', "is_transient": true', Unknown)],
)
def test_other_refusals(status: int, more: str, kind: type, tmp_path: Path) -> None:
    """What Facebook calls transient may be tried again, unless it may have been taken."""
    with HttpServer(answer(status, refusal(2, "Please retry", more))) as server:
        outcome = deliver_to(server, "facebook", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, kind)


def test_duplicate(tmp_path: Path) -> None:
    """The same text again is rejected."""
    with HttpServer(answer(400, refusal(506, "Duplicate status message"))) as server:
        outcome = deliver_to(server, "facebook", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Rejected)


def test_verify(tmp_path: Path) -> None:
    """The token must be the page's own: a person's token would post nowhere, or elsewhere."""
    settings, environ = settings_of("facebook"), environ_of("facebook")
    with HttpServer(answer(200, b'{"id": "1234567890", "name": "Verband"}')) as server:
        line = make_adapter({**settings, "api_url": server.url}, folder=tmp_path, environ=environ).open().verify()
        assert line == 'logged in as the page "Verband"'
        assert server.requests[0].target == "/v25.0/me?fields=id,name"
    with HttpServer(answer(200, b'{"id": "77", "name": "Anna"}')) as server:
        adapter = make_adapter({**settings, "api_url": server.url}, folder=tmp_path, environ=environ)
        with pytest.raises(ChannelMisconfigured, match=r"the token is that of Anna \(77\), not of page 1234567890"):
            adapter.open().verify()
    for status, error in ((400, ChannelMisconfigured), (500, TryAgain)):
        with HttpServer(answer(status)) as server, pytest.raises(error):
            make_adapter({**settings, "api_url": server.url}, folder=tmp_path, environ=environ).open().verify()
