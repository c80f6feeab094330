from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected, Unknown
from publisher.domain.reply import quote_reply
from publisher.errors import ChannelMisconfigured
from publisher.fetch import deliver, take_step
from publisher.fetch.outcomes import retry_after_seconds, wait_seconds
from publisher.ports.http import AddressRefused, HttpAnswer, HttpRequest, NoAnswer, NotReached
from tests.contracts.bench import NOW

REQUEST = HttpRequest("POST", "https://example.org/hook")


@dataclass
class ScriptedHttp:
    """An HTTP port that answers, or fails, as it was told."""

    reply: HttpAnswer | Exception

    def send(self, request: HttpRequest) -> HttpAnswer:
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


def outcome_of(reply: HttpAnswer | Exception) -> Outcome:
    return deliver(ScriptedHttp(reply), REQUEST, channel="press", now=NOW, secrets=["canary"])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, Accepted) for status in (200, 201, 202, 204)],
        *[(status, Rejected) for status in (301, 302, 307, 400, 404, 405, 409, 410, 413, 415, 422)],
        *[(status, Deferred) for status in (408, 425, 429, 503)],
        *[(status, Unknown) for status in (500, 501, 502, 504, 507, 600, 999)],
    ],
)
def test_status(status: int, kind: type[Outcome]) -> None:
    """Each status has one meaning, and the evidence keeps it."""
    outcome = outcome_of(HttpAnswer(status, {}, b"because of anna.schmidt@example.org and canary"))
    assert isinstance(outcome, kind)
    assert "canary" not in repr(outcome)
    assert "anna.schmidt" not in repr(outcome)
    if kind is not Accepted:
        assert outcome.evidence.code == status
        assert outcome.evidence.relay == "example.org"


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials(status: int) -> None:
    """A refusal of us is not one of the message: the channel stops."""
    with pytest.raises(ChannelMisconfigured, match=rf"\[channels.press\].*HTTP {status}: bad token"):
        outcome_of(HttpAnswer(status, {}, b"bad token"))


def test_refused_address() -> None:
    """An address that we do not talk to is a mistake of the config, not of the article."""
    with pytest.raises(ChannelMisconfigured, match="not on the public internet"):
        outcome_of(AddressRefused("it is at 10.0.0.1, which is not on the public internet"))


def test_failures() -> None:
    """Nothing left: Deferred. Something left: Unknown."""
    assert isinstance(outcome_of(NotReached("refused")), Deferred)
    assert isinstance(outcome_of(NoAnswer("reset")), Unknown)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("99999999", 86_400.0),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300.0),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), 86_400.0),
        ("Mon, 23 Nov 2026 10:05:00 +0100", 300.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("Mon, 99 Foo 2026 10:05:00 GMT", None),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    """Seconds and dates are read, the past is now, and nobody makes us wait for more than a day."""
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text())
def test_any_retry_after(header: str) -> None:
    """Whatever a remote writes there, it is a sensible time or none."""
    seconds = retry_after_seconds(header, NOW)
    assert seconds is None or 0 <= seconds <= 86_400


@given(st.text() | st.binary(), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_any_reply(reply: str | bytes, secrets: list[str]) -> None:
    """A quoted reply is one short printable line."""
    quoted = quote_reply(reply, secrets)
    assert len(quoted) <= 200
    assert quoted == "" or (quoted.isprintable() and quoted == quoted.strip())


@given(st.from_regex(r"[a-z0-9.+_-]{2,30}", fullmatch=True), st.text(alphabet=" <>:,()\n", min_size=1, max_size=3))
def test_address_in_a_reply(local: str, around: str) -> None:
    """Of an address the domain and one letter remain."""
    quoted = quote_reply(f"550{around}{local}@example.org{around}unknown")
    assert f"{local}@" not in quoted
    assert f"{local[0]}…@example.org" in quoted


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"x-rate-limit-reset": str(int(NOW.timestamp()) + 90)}, 90),
        (429, {"ratelimit-reset": "45"}, 45),
        (429, {"x-ratelimit-reset": (NOW + timedelta(seconds=30)).isoformat()}, 30),
        (429, {"x-ratelimit-reset": "2026-11-20T00:00:00Z"}, 0),
        (429, {"ratelimit-reset": "9" * 12}, 86_400),
        (429, {"retry-after": "5", "x-rate-limit-reset": "99999999999"}, 5),
        (429, {"x-rate-limit-reset": "tomorrow"}, None),
        (503, {"x-ratelimit-reset": "45"}, None),
    ],
)
def test_reset_of_an_allowance(status: int, headers: dict[str, str], seconds: float | None) -> None:
    """Networks say in several ways when an allowance comes back; it counts only where one is used up."""
    assert wait_seconds(HttpAnswer(status, headers), NOW) == seconds


def test_answer_of_a_step_as_it_came() -> None:
    """A step's good answer may hold the old token as the new one: it is given as it came, and only quoted without."""
    answer = HttpAnswer(200, body=b'{"refresh_token": "canary"}')
    assert take_step(ScriptedHttp(answer), REQUEST, channel="press", now=NOW, secrets=["canary"]) == answer
    refused = take_step(
        ScriptedHttp(HttpAnswer(422, body=b"canary")), REQUEST, channel="p", now=NOW, secrets=["canary"]
    )
    assert "canary" not in repr(refused)
