"""Several mail servers: by weight, and past one that is away."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from publisher.adapters._smtp_relays import AWAY_SECONDS, RelayChoice
from publisher.adapters._smtp_settings import Relay
from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred
from publisher.errors import ChannelMisconfigured
from publisher.ports.adapter import Adapter
from tests.contracts.bench import Marks, make_adapter, seal_email
from tests.servers.listener import closed_port, drop, say
from tests.servers.smtp_server import SmtpServer


class Clock:
    """Goes on when it is told to."""

    seconds = 0.0

    def monotonic_seconds(self) -> float:
        return self.seconds


def relay(name: str, weight: int) -> Relay:
    return Relay(name, 25, weight, "none", None, None)


def adapter_for(*relays: dict[str, Any], **settings: Any) -> Adapter:
    whole = {"adapter": "smtp", "security": "none", "timeout_seconds": 5, "relays": relays, **settings}
    return make_adapter(whole, folder=Path(__file__).parent)


def test_by_weight() -> None:
    """Of every ten connections three go to the one of weight 3, and not three in a row."""
    choice = RelayChoice([relay("a", 3), relay("b", 6), relay("c", 1)], Clock())  # type: ignore[arg-type]
    first = [choice.in_order()[0].host for _ in range(100)]
    assert Counter(first) == {"a": 30, "b": 60, "c": 10}
    assert "aa" not in "".join(first)


def test_one_that_is_away_comes_last_for_a_minute() -> None:
    clock, relays = Clock(), [relay("a", 9), relay("b", 1)]
    choice = RelayChoice(relays, clock)  # type: ignore[arg-type]
    choice.is_away(relays[0])
    assert [one.host for one in choice.in_order()] == ["b", "a"]
    clock.seconds = AWAY_SECONDS
    assert Counter(choice.in_order()[0].host for _ in range(10)) == {"a": 9, "b": 1}


@pytest.mark.parametrize("fault", [drop, say(b"554 5.3.2 no service\r\n"), say(b"421 4.3.2 too busy\r\n"), None])
def test_failover(fault: Any) -> None:
    """A server that cannot be reached, or serves nobody, costs no delivery anything."""
    with SmtpServer(script={"CONNECT": fault} if fault else {}) as away, SmtpServer() as here:
        first = {"host": "127.0.0.1", "port": away.port if fault else closed_port(), "weight": 1000}
        session = adapter_for(first, {"host": "127.0.0.1", "port": here.port}).open()
        outcome = session.send(seal_email(), Marks())
        session.close()
        assert isinstance(outcome, Accepted)
        assert outcome.evidence.relay == f"127.0.0.1:{here.port}"


def test_when_all_are_away_it_is_deferred() -> None:
    relays = [{"host": "127.0.0.1", "port": closed_port()} for _ in range(2)]
    outcome = adapter_for(*relays).open().send(seal_email(), Marks())
    assert isinstance(outcome, Deferred)
    assert outcome.evidence.stage == "connection"


def test_a_refused_login_is_no_failover() -> None:
    """A wrong password is to be mended, not worked around."""
    refusing = SmtpServer(script={"MAIL": say(b"530 5.7.0 authentication required\r\n")})
    with refusing, SmtpServer() as here:
        relays = [{"host": "127.0.0.1", "port": refusing.port, "weight": 9}, {"host": "127.0.0.1", "port": here.port}]
        with pytest.raises(ChannelMisconfigured, match=f"{refusing.port}: it refuses us"):
            adapter_for(*relays).open().send(seal_email(), Marks())
        assert here.lines == []


def test_verify_asks_each() -> None:
    with SmtpServer() as one, SmtpServer() as two:
        session = adapter_for(*({"host": "127.0.0.1", "port": server.port} for server in (one, two))).open()
        assert session.verify() == "; ".join(
            f"127.0.0.1:{server.port}: not encrypted, no login needed" for server in (one, two)
        )


def test_what_a_relay_leaves_out_is_the_channels() -> None:
    settings = find_adapter("smtp").settings.model_validate(
        {
            "adapter": "smtp",
            "security": "tls",
            "username": "news",
            "password": {"env": "A"},
            "relays": [{"host": "a.example"}, {"host": "b.example", "security": "starttls", "port": 2525},
                       {"host": "c.example", "username": "other", "password": {"env": "B"}}],
        }
    )  # fmt: skip
    a, b, c = settings.all_relays()  # type: ignore[attr-defined]
    assert (a.port, a.security, a.username) == (465, "tls", "news")
    assert (b.port, b.security, b.username) == (2525, "starttls", "news")
    assert (c.port, c.username, c.password.env) == (465, "other", "B")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "name one mail server"),
        ({"host": "a.example", "relays": [{"host": "b.example"}]}, "name one mail server"),
        ({"relays": [{"host": "b.example"}], "port": 25}, "each of them has its own"),
        ({"relays": [{"host": "b.example", "security": "none"}]}, "for this machine only"),
        ({"relays": [{"host": "b.example", "username": "x"}]}, "go together"),
        ({"relays": [{"host": "b.example", "weight": 0}]}, "weight"),
        ({"host": "a.example", "idempotency_header": "Subject: x"}, "idempotency_header"),
        ({"host": "a.example", "transaction_timeout_seconds": 0}, "transaction_timeout_seconds"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        find_adapter("smtp").settings.model_validate({"adapter": "smtp", **settings})
