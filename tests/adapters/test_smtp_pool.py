"""Many connections in one thread: the same outcomes as one by one, and no connection waits for another."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from publisher.adapters.smtp import SmtpAdapter
from publisher.domain.attempt import Accepted, Deferred, Rejected, Unknown
from publisher.domain.message import SealedMessage
from publisher.domain.wire import Stage
from publisher.errors import ChannelMisconfigured
from publisher.ports.adapter import Multiplexed, Sessions
from tests.contracts.bench import BODY, HEADERS, Marks, MemoryCapture, make_adapter, seal_email
from tests.servers import AUTHORITY
from tests.servers.listener import closed_port, drip, drop, hang, reset, say, then
from tests.servers.smtp_server import SmtpServer, Step

PASSWORD = "canary-of-the-password"
PIPELINING = ("PIPELINING", "8BITMIME")
Result = Any


@contextmanager
def pool_for(port: int, count: int = 4, **settings: Any) -> Iterator[Sessions]:
    whole = {"adapter": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "timeout_seconds": 5, **settings}
    adapter = make_adapter(whole, folder=Path(__file__).parent, environ={"PASSWORD": PASSWORD})
    assert isinstance(adapter, SmtpAdapter)
    sessions = adapter.open_many(count)
    assert sessions is not None
    try:
        yield sessions
    finally:
        sessions.close()


def begin(sessions: Sessions, place: int, message: SealedMessage | None = None) -> None:
    """Prepare and let go at once."""
    sessions.prepare(place, seal_email() if message is None else message, Marks())
    sessions.send(place)


def send_many(
    sessions: Sessions, count: int, places: Sequence[int] = range(4), body: bytes = BODY
) -> list[tuple[int, Result]]:
    """Keep all places busy until so many messages are done."""
    done: list[tuple[int, Result]] = []
    free, begun = list(places), 0
    until = time.monotonic() + 20
    while len(done) < count:
        assert time.monotonic() < until, done
        while free and begun < count:
            begin(sessions, free.pop(), seal_email(body=body))
            begun += 1
        for place, result in sessions.finished(1):
            free.append(place)
            done.append((place, result))
    return done


def kinds(done: list[tuple[int, Result]]) -> Mapping[type, int]:
    return Counter(type(result) for _, result in done)


@pytest.mark.parametrize("extensions", [PIPELINING, ()])
def test_all_connections_send(extensions: tuple[str, ...]) -> None:
    with SmtpServer(extensions=extensions) as server, pool_for(server.port) as sessions:
        assert kinds(send_many(sessions, 40)) == {Accepted: 40}
        assert len(server.lines) == 4
        assert len(server.taken) == 40
        assert {transaction.data[: len(HEADERS)] for transaction in server.taken} == {HEADERS}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls(security: str) -> None:
    """Bodies larger than any buffer, encrypted, on sockets that never wait."""
    body = (b"x" * 70 + b"\r\n") * 40_000
    implicit = security == "tls"
    tls = {"security": security, "username": "news", "password": {"env": "PASSWORD"}, "ca_file": str(AUTHORITY)}
    options = {"implicit_tls": implicit, "starttls": not implicit, "login": ("news", PASSWORD)}
    with SmtpServer(extensions=PIPELINING, **options) as server, pool_for(server.port, **tls) as sessions:  # type: ignore[arg-type]
        assert kinds(send_many(sessions, 8, body=body)) == {Accepted: 8}
        assert {len(transaction.data) for transaction in server.taken} == {len(HEADERS) + 2 + len(body) + 3}


NEVER = say(b"550 5.7.1 never\r\n")
FAULTS: list[tuple[str, Step, type]] = [
    ("CONNECT", say(b"554 no service\r\n"), Deferred),
    ("CONNECT", hang, Deferred),
    ("EHLO", drop, Deferred),
    ("MAIL", NEVER, Rejected),
    ("MAIL", drop, Deferred),
    ("RCPT", say(b"451 later\r\n"), Deferred),
    ("RCPT", reset, Deferred),
    ("DATA", hang, Deferred),
    ("DATA", say(b"hello?\r\n"), Deferred),
    ("DATA", then(say(b"354 go ahead\r\n"), reset), Deferred),
    (".", NEVER, Rejected),
    (".", say(b"421 4.3.2 closing\r\n"), Deferred),
    (".", drop, Unknown),
    (".", reset, Unknown),
    (".", hang, Unknown),
    (".", say(b"hello?\r\n"), Unknown),
    (".", say(b"250-half\r\n"), Unknown),
    (".", drip(b"2" * 999, every_seconds=0.02), Unknown),
]


@pytest.mark.parametrize(("command", "action", "kind"), FAULTS)
@pytest.mark.parametrize("extensions", [PIPELINING, ()])
def test_the_same_outcome_as_one_by_one(command: str, action: Step, kind: type, extensions: tuple[str, ...]) -> None:
    """The fault table holds in the pool, too; the connection after it is good for the next message."""
    # More than the kernel's buffers of both sides hold: the loss must come while it is being written.
    body = (b"x" * 70 + b"\r\n") * (160_000 if command == "DATA" else 1)
    limits = {"timeout_seconds": 0.4, "final_timeout_seconds": 0.4}
    script: dict[str, Step] = {command: [action, None]}  # type: ignore[list-item]
    with SmtpServer(script=script, extensions=extensions) as server, pool_for(server.port, **limits) as sessions:
        (first,) = send_many(sessions, 1, places=[0], body=body)
        assert type(first[1]) is kind
        assert kinds(send_many(sessions, 2, places=[0])) == {Accepted: 2}


@pytest.mark.parametrize("fault", [("CONNECT", hang), ("MAIL", drip(b"2" * 9_999, every_seconds=0.02)), (".", hang)])
def test_one_bad_connection_does_not_hold_up_the_others(fault: tuple[str, Step]) -> None:
    """A black hole or a drip on one connection: the others go on at full rate meanwhile."""
    command, action = fault
    script: dict[str, Step] = {command: [action, None]}  # type: ignore[list-item]
    limits = {"timeout_seconds": 3, "final_timeout_seconds": 3}
    with SmtpServer(script=script, extensions=PIPELINING) as server, pool_for(server.port, **limits) as sessions:
        begin(sessions, 0)
        while len(server.lines) < 1 or (command != "CONNECT" and len(server.commands) < 2):
            assert sessions.finished(0.01) == []
        began = time.monotonic()
        done: list[tuple[int, Result]] = []
        free, begun = [1, 2, 3], 0
        while len(done) < 60:
            while free and begun < 60:
                begin(sessions, free.pop())
                begun += 1
            for place, result in sessions.finished(1):
                assert place != 0
                free.append(place)
                done.append((place, result))
        assert kinds(done) == {Accepted: 60}
        assert time.monotonic() - began < 2.5
        (bad,) = sessions.finished(10)
        assert bad[0] == 0
        assert isinstance(bad[1], Unknown if command == "." else Deferred)


def test_a_refused_login_comes_out_as_what_it_is() -> None:
    script = {"MAIL": say(b"530 5.7.0 authentication required\r\n")}
    with SmtpServer(script=script, extensions=PIPELINING) as server, pool_for(server.port) as sessions:
        ((_, result),) = send_many(sessions, 1)
        assert isinstance(result, ChannelMisconfigured)


def test_unreachable() -> None:
    with pool_for(closed_port()) as sessions:
        assert kinds(send_many(sessions, 3)) == {Deferred: 3}


@pytest.mark.parametrize(("command", "kind"), [(".", Unknown), ("MAIL", Deferred)])
def test_interrupted_from_another_thread(command: str, kind: type) -> None:
    """Whoever waits for a server that is silent waits no more; a dot without a reply is in doubt."""
    limits = {"timeout_seconds": 60, "final_timeout_seconds": 60}
    with (
        SmtpServer(script={command: hang}, extensions=PIPELINING) as server,
        pool_for(server.port, **limits) as sessions,
    ):
        for place in range(4):
            begin(sessions, place)
        while len(server.commands) < (16 if command == "." else 8):
            assert sessions.finished(0.01) == []
        timer = threading.Timer(0.1, sessions.interrupt)
        timer.start()
        began, done = time.monotonic(), list[tuple[int, Result]]()
        while len(done) < 4:
            done += sessions.finished(1)
        assert time.monotonic() - began < 5
        assert kinds(done) == {kind: 4}
        timer.join()


def test_closed_while_messages_are_under_way() -> None:
    """No server sees the rest of a message that was given up."""
    with SmtpServer(script={"MAIL": hang}, extensions=()) as server:
        with pool_for(server.port) as sessions:
            begin(sessions, 0)
            while len(server.commands) < 2:
                assert sessions.finished(0.01) == []
        assert server.taken == []


def saw(server: SmtpServer, word: bytes) -> bool:
    return any(command.upper().startswith(word) for command in server.commands)


def look_until(sessions: Sessions, is_there: Callable[[], bool]) -> None:
    """Drive the connections until the server has seen something; nothing may be finished by then."""
    until = time.monotonic() + 10
    while not is_there():
        assert time.monotonic() < until
        assert sessions.finished(0.01) == []


def test_nothing_of_a_prepared_message_leaves_before_it_is_sent() -> None:
    """The envelope may be there already, and the adapter vouches for it: no dot is noted."""
    marks = Marks()
    with SmtpServer(extensions=PIPELINING) as server, pool_for(server.port) as sessions:
        sessions.prepare(0, seal_email(), marks)
        look_until(sessions, lambda: saw(server, b"DATA"))
        assert kinds(send_many(sessions, 5, places=[1, 2])) == {Accepted: 5}
        assert len(server.taken) == 5
        assert marks.stages == [Stage.ENVELOPE]
        sessions.send(0)
        ((place, result),) = sessions.finished(5)
        assert (place, type(result)) == (0, Accepted)
        assert marks.stages == [Stage.ENVELOPE, Stage.DOT]
        assert len(server.taken) == 6


def test_a_refusal_is_told_once_the_message_would_be_sent() -> None:
    script: dict[str, Step] = {"RCPT": [NEVER, None]}  # type: ignore[list-item]
    with SmtpServer(script=script, extensions=PIPELINING) as server, pool_for(server.port) as sessions:
        sessions.prepare(0, seal_email(), Marks())
        look_until(sessions, lambda: saw(server, b"DATA"))
        assert sessions.finished(0.1) == []
        sessions.send(0)
        ((_, result),) = sessions.finished(5)
        assert isinstance(result, Rejected)
        assert kinds(send_many(sessions, 1, places=[0])) == {Accepted: 1}


@pytest.mark.parametrize("extensions", [PIPELINING, ()])
def test_what_was_cancelled_never_arrives(extensions: tuple[str, ...]) -> None:
    """The server waits for a body that is never to come: the connection ends, and the next message gets a new one."""
    with SmtpServer(extensions=extensions) as server, pool_for(server.port) as sessions:
        sessions.prepare(0, seal_email(), Marks())
        look_until(sessions, lambda: saw(server, b"DATA"))
        sessions.cancel(0)
        assert sessions.finished(0.05) == []
        assert kinds(send_many(sessions, 1, places=[0])) == {Accepted: 1}
        assert (len(server.lines), len(server.taken)) == (2, 1)


@pytest.mark.parametrize("closes", [False, True])
def test_cancelled_while_the_connection_is_being_made(closes: bool) -> None:
    """What is connected too late is closed: an open one would be told of, and the server would see no end."""
    script: dict[str, Step] = {"EHLO": [drip(b"250 late\r\n", every_seconds=0.03), None]}  # type: ignore[list-item]
    with SmtpServer(script=script) as server:
        with pool_for(server.port) as sessions:
            sessions.prepare(0, seal_email(), Marks())
            look_until(sessions, lambda: saw(server, b"EHLO"))
            sessions.cancel(0)
            if not closes:
                assert kinds(send_many(sessions, 2, places=[0])) == {Accepted: 2}
                assert sessions.finished(0.4) == []
        assert len(server.taken) == (0 if closes else 2)


def test_an_octet_to_its_bell_calls_it_away() -> None:
    """Whoever waits for what is finished comes back at once, with nothing."""
    with pool_for(closed_port()) as sessions:
        timer = threading.Timer(0.05, lambda: os.write(sessions.bell, b"!"))
        timer.start()
        began = time.monotonic()
        assert sessions.finished(20) == []
        assert time.monotonic() - began < 10
        timer.join()


def test_a_rehearsal_makes_no_pool() -> None:
    settings = {"adapter": "smtp", "host": "mail.example.org"}
    adapter = make_adapter(settings, folder=Path(__file__).parent, capture=MemoryCapture())
    assert isinstance(adapter, Multiplexed)
    assert adapter.open_many(4) is None


def test_without_any_time_it_takes_a_look() -> None:
    with SmtpServer(extensions=PIPELINING) as server, pool_for(server.port) as sessions:
        begin(sessions, 0)
        until = time.monotonic() + 10
        while not (done := sessions.finished(0.0)):
            assert time.monotonic() < until
        assert kinds(list(done)) == {Accepted: 1}


@pytest.mark.parametrize("implicit_tls", [False, True])
def test_a_message_that_does_not_fit_into_one_write(implicit_tls: bool) -> None:
    """What is left is written when there is room again, not when the server says something."""
    body = b"x" * 998 + b"\r\n"
    security = {"security": "tls", "ca_file": str(AUTHORITY)} if implicit_tls else {}
    with (
        SmtpServer(implicit_tls=implicit_tls, extensions=PIPELINING) as server,
        pool_for(server.port, **security) as sessions,
    ):
        begin(sessions, 0, seal_email(body=body * 8_000))
        ((_, result),) = sessions.finished(20)
        assert isinstance(result, Accepted)
        assert server.taken[0].data == HEADERS + b"\r\n" + body * 8_000 + b".\r\n"
