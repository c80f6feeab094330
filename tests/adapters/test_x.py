from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred, Rejected, Unknown
from publisher.errors import ChannelMisconfigured
from tests.adapters.accounts import THREAD, Attempts, X, ok
from tests.adapters.golden import assert_golden
from tests.contracts.bench import NOW
from tests.servers.http_server import Request, answer
from tests.servers.listener import Action, drop
from tests.servers.routed_server import Asks, RoutedServer

TOKEN = "POST /2/oauth2/token"


def test_requests_as_sent(tmp_path: Path) -> None:
    """Token, upload, description, post; the second segment of a thread."""
    with X.serve() as server:
        Attempts(X, tmp_path).attempt(server)
        assert_golden("x-image", *server.requests)
    with X.serve() as server:
        Attempts(X, tmp_path / "other", post=THREAD, segment=2, previous=("4710",)).attempt(server)
        assert_golden("x-thread", *server.requests)


def test_receipt(tmp_path: Path) -> None:
    """The receipt is the post's id, which the next segment answers."""
    with X.serve() as server:
        assert Attempts(X, tmp_path).attempt(server) == Accepted("4711", "https://x.com/verband/status/4711")


def test_is_never_replayed_by_itself() -> None:
    """X recognises no repeated request, but for the same text, and that is no promise."""
    assert find_adapter("x").replay_seconds == 0


# ---------------------------------------------------------------------------------------------------------- refusals


def test_duplicate(tmp_path: Path) -> None:
    """X's 403 for a text that it has already is about the post, not about us."""
    duplicate = {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    with X.serve(creating=ok(duplicate, 403)) as server:
        outcome = Attempts(X, tmp_path).attempt(server)
    assert isinstance(outcome, Rejected)
    assert outcome.reason.startswith("X has a post with this very text already, so look at the account")


def test_no_credits(tmp_path: Path) -> None:
    """An account that has no credits left is for the operator: the posts stay queued."""
    poor = ok({"title": "CreditsDepleted", "detail": "no credits"}, 402)
    with (
        X.serve(creating=poor) as server,
        pytest.raises(ChannelMisconfigured, match="wants to be paid") as caught,
    ):
        Attempts(X, tmp_path).attempt(server)
    assert caught.value.hint == "Buy credits in X's developer console."


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x_rate_limit_reset": "in:900", "x_rate_limit_remaining": "0"}, 900),
        (
            {
                "x_rate_limit_reset": "in:900",
                "x_rate_limit_remaining": "97",
                "x_user_limit_24hour_reset": "in:36000",
                "x_user_limit_24hour_remaining": "0",
            },
            36_000,
        ),
        ({"retry_after": "30", "x_rate_limit_reset": "in:900"}, 30),
        ({"x_rate_limit_reset": "soon"}, None),
        ({}, None),
    ],
)
def test_rate_limit(headers: dict[str, str], seconds: float | None, tmp_path: Path) -> None:
    """The time comes from the limit that is used up: that of a quarter of an hour, or that of the day."""
    start = int(NOW.timestamp())
    filled = {
        name: str(start + int(value[3:])) if value.startswith("in:") else value for name, value in headers.items()
    }
    with X.serve(creating=answer(429, b'{"title":"Too Many Requests"}', **filled)) as server:
        outcome = Attempts(X, tmp_path).attempt(server)
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after_seconds == seconds


# ------------------------------------------------------------------------------------------------------------ tokens


class Issuer:
    """X's token endpoint: a refresh token is good once, and whoever comes with a used one gets nothing."""

    def __init__(self, first: str) -> None:
        self.good = first
        self.count = 0
        self.lock = threading.Lock()

    def reply(self, request: Request) -> Action:
        form = parse_qs(request.body.decode())
        with self.lock:
            if form["refresh_token"] != [self.good]:
                return ok({"error": "invalid_request", "error_description": "Value passed for the token ..."}, 400)
            self.count += 1
            self.good = f"refresh-{self.count}"
            tokens = {"access_token": f"access-{self.count}", "refresh_token": self.good, "expires_in": 7_200}
            return ok(tokens)


def issuing(issuer: Issuer) -> RoutedServer:
    server = X.serve()
    server.routes[TOKEN] = Asks(issuer.reply)
    return server


def test_keeps_the_rotated_token(tmp_path: Path) -> None:
    """The refresh token of the environment is used once; afterwards what X gave is, by every later session."""
    issuer = Issuer(X.environ["REFRESH"])
    with issuing(issuer) as server:
        for _ in range(3):
            assert isinstance(Attempts(X, tmp_path).attempt(server), Accepted)
    assert issuer.count == 1
    (kept,) = (tmp_path / ".publisher-tokens").glob("*.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert X.environ["REFRESH"] not in kept.read_text()


def age_tokens(folder: Path) -> None:
    """Make the kept access token run out."""
    (kept,) = (folder / ".publisher-tokens").glob("*.json")
    document = json.loads(kept.read_text())
    tokens = json.loads(document["value"])
    tokens["expires_at"] = (NOW + timedelta(minutes=1)).isoformat()
    kept.write_text(json.dumps({**document, "value": json.dumps(tokens)}))


def test_renews_before_it_runs_out(tmp_path: Path) -> None:
    """An access token that is about to run out is renewed with the refresh token that X gave last."""
    issuer = Issuer(X.environ["REFRESH"])
    with issuing(issuer) as server:
        Attempts(X, tmp_path).attempt(server)
        age_tokens(tmp_path)
        assert isinstance(Attempts(X, tmp_path).attempt(server), Accepted)
        assert server.sent_to(X.creating)[-1].headers["authorization"] == "Bearer access-2"
    assert issuer.count == 2


def test_two_at_once_lose_no_token(tmp_path: Path) -> None:
    """Two processes that find the token run out: one renews it, the other takes what it kept."""
    issuer = Issuer(X.environ["REFRESH"])
    outcomes: list[Any] = []
    with issuing(issuer) as server:
        attempts = [Attempts(X, tmp_path, image=b"") for _ in range(6)]
        threads = [
            threading.Thread(target=lambda one=one: outcomes.append(one.attempt(server)), daemon=True)  # type: ignore[misc]
            for one in attempts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 6
    assert issuer.count == 1


def test_used_up_token(tmp_path: Path) -> None:
    """A refresh token that X does not take any more: the channel stops and says how to go on."""
    with issuing(Issuer("another")) as server, pytest.raises(ChannelMisconfigured) as caught:
        Attempts(X, tmp_path).attempt(server)
    assert caught.value.what.startswith("X does not take the refresh token: ")
    assert "docs/reference/channels/x.md" in caught.value.hint


def test_whole_answer_as_secret(tmp_path: Path) -> None:
    """The secret may be X's whole JSON answer, as it came: its access token is of unknown age and so renewed."""
    given = json.dumps({"token_type": "bearer", "access_token": "old", "refresh_token": "r0", "expires_in": 7_200})
    issuer = Issuer("r0")
    with issuing(issuer) as server:
        pasted = replace(X, environ={**X.environ, "REFRESH": given})
        assert isinstance(Attempts(pasted, tmp_path).attempt(server), Accepted)
    assert issuer.count == 1


def test_new_secret_overrules_the_kept_one(tmp_path: Path) -> None:
    """Who logs in again and puts the new token in does not have to delete anything."""
    with issuing(Issuer(X.environ["REFRESH"])) as server:
        Attempts(X, tmp_path).attempt(server)
    with issuing(Issuer("brand-new")) as server:
        again = replace(X, environ={**X.environ, "REFRESH": "brand-new"})
        assert isinstance(Attempts(again, tmp_path).attempt(server), Accepted)


def test_refused_access_token(tmp_path: Path) -> None:
    """A kept access token that X does not take is renewed by the next attempt; a fresh one stops the channel."""
    issuer = Issuer(X.environ["REFRESH"])
    with issuing(issuer) as server:
        Attempts(X, tmp_path).attempt(server)
        server.routes[X.creating] = answer(401, b'{"title":"Unauthorized"}')
        assert isinstance(Attempts(X, tmp_path).attempt(server), Deferred)
        with pytest.raises(ChannelMisconfigured):
            Attempts(X, tmp_path).attempt(server)
        server.routes[X.creating] = X.taken
        assert isinstance(Attempts(X, tmp_path).attempt(server), Accepted)
    assert issuer.count == 2


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Where nothing can be kept, the refresh token is not used up."""
    (tmp_path / ".publisher-tokens").write_text("a file")
    with issuing(Issuer(X.environ["REFRESH"])) as server, pytest.raises(ChannelMisconfigured) as caught:
        Attempts(X, tmp_path).attempt(server)
    assert "cannot keep a renewed token" in caught.value.what
    assert server.requests == []


# ------------------------------------------------------------------------------------------------ asking afterwards


def listing(*texts: str, **meta: Any) -> Any:
    posts = [
        {"id": str(4720 - number), "text": text, "created_at": "2026-11-23T09:00:05.000Z"}
        for number, text in enumerate(texts)
    ]
    return ok({"data": posts, "meta": {"result_count": len(posts), **meta}})


def ask(listed: Any, folder: Path) -> Any:
    with X.serve(creating=drop) as server:
        server.routes["GET /2/users/9/tweets"] = listed
        attempts = Attempts(X, folder)
        attempts.attempt(server)
        outcome = attempts.find(server)
        (asked,) = server.sent_to("GET /2/users/9/tweets")
    assert "start_time=2026-11-23T08%3A55%3A00Z" in asked.target
    return outcome


def test_finds_it_by_its_text(tmp_path: Path) -> None:
    """X gives short links instead of ours, and one more for the picture."""
    shown = "„Grüße“ 👩🏽‍🚒 an alle: https://t.co/AbC123 #Wärmepumpe (@verband.example) https://t.co/Pic9"
    assert ask(listing("Etwas &amp; anderes", shown), tmp_path) == Accepted("4719", "https://x.com/verband/status/4719")


def test_nearly_the_same_is_for_a_person(tmp_path: Path) -> None:
    """A post that X has changed a little: nobody says that it is not there."""
    outcome = ask(listing("„Grüße“ 👩🏽‍🚒 an alle: https://t.co/AbC123 #Wärmepumpe"), tmp_path)
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize("status", [402, 403])
def test_may_not_read(status: int, tmp_path: Path) -> None:
    """Where plan or token may post but not read, the outcome stays unknown: the channel goes on."""
    outcome = ask(answer(status, b'{"title":"Client Forbidden"}'), tmp_path)
    assert isinstance(outcome, Unknown)
    assert "does not let us read" in outcome.reason


def test_verify_names_a_wrong_account(tmp_path: Path) -> None:
    """A token of another account is found before it posts there."""
    with X.serve() as server, pytest.raises(ChannelMisconfigured, match="belongs to @Verband") as caught:
        Attempts(X, tmp_path).open(server, username="presse").verify()
    assert 'username = "Verband"' in caught.value.hint
