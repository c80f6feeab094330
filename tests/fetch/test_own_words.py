"""What adapters add to the table of statuses: the network's own words, and steps before the delivery itself."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected, Unknown
from publisher.errors import ChannelMisconfigured
from publisher.fetch import deliver, json_of, nonsense, take_step
from publisher.ports.http import AddressRefused, HttpAnswer, NoAnswer, NotReached
from tests.contracts.bench import NOW
from tests.fetch.test_outcomes import REQUEST, ScriptedHttp


def step(reply: HttpAnswer | Exception, **more: Any) -> HttpAnswer | Outcome:
    return take_step(ScriptedHttp(reply), REQUEST, channel="press", now=NOW, secrets=["canary"], **more)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (HttpAnswer(200, body=b"{}"), HttpAnswer),
        (HttpAnswer(201), HttpAnswer),
        (HttpAnswer(400), Rejected),
        (HttpAnswer(429), Deferred),
        (HttpAnswer(500), Deferred),
        (NotReached("no such host"), Deferred),
        (NoAnswer("silence after canary"), Deferred),
    ],
)
def test_step(reply: HttpAnswer | Exception, kind: type) -> None:
    """A step is not the delivery: whatever became of it, it may be taken again."""
    taken = step(reply)
    assert isinstance(taken, kind)
    assert "canary" not in repr(taken)


@pytest.mark.parametrize("reply", [HttpAnswer(401), HttpAnswer(403), AddressRefused("a private network")])
def test_step_that_is_misconfigured(reply: HttpAnswer | Exception) -> None:
    """Refused credentials and addresses stop the channel at a step, too."""
    with pytest.raises(ChannelMisconfigured):
        step(reply)


def test_own_words_come_before_the_table() -> None:
    """A network that says more than its status is heard first; None leaves it to the table."""

    def refuse(answer: HttpAnswer) -> Outcome | None:
        return Deferred("come back") if answer.body == b"slow down" else None

    for reply, kind in ((b"slow down", Deferred), (b"no", Rejected)):
        http = ScriptedHttp(HttpAnswer(400, body=reply))
        assert isinstance(deliver(http, REQUEST, channel="press", now=NOW, refuse=refuse), kind)
        assert isinstance(step(HttpAnswer(400, body=reply), refuse=refuse), kind)


def test_own_words_hold_no_secret() -> None:
    """Both readers get the answer with its secrets hidden."""
    heard: list[bytes] = []

    def read(answer: HttpAnswer) -> Outcome:
        heard.append(answer.body)
        return Accepted("x")

    for status in (200, 400):
        http = ScriptedHttp(HttpAnswer(status, body=b"your canary"))
        deliver(http, REQUEST, channel="press", now=NOW, secrets=["canary"], accept=read, refuse=read)
    assert heard == [b"your (hidden)"] * 2


@pytest.mark.parametrize("body", [b"", b"\xff", b"<html>", b"[" * 100_000])
def test_no_json(body: bytes) -> None:
    """What is not JSON is nothing, however deep."""
    assert json_of(HttpAnswer(200, body=body)) is None


def test_nonsense_is_quoted() -> None:
    """The beginning of it is kept, without control characters."""
    outcome = nonsense(HttpAnswer(200, {}, b"<html>\x1b[31m" + b"x" * 1000, "https://example.org/x"), "not an id")
    assert isinstance(outcome, Unknown)
    assert outcome.reason.startswith("not an id: <html> [31mxxx")
    assert len(outcome.evidence.reply) == 200
    assert outcome.evidence.relay == "example.org"
