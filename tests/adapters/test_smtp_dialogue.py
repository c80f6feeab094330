"""What is said on the wire: pipelining, extensions, deadlines; and a message made ready once for many recipients."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapters._smtp_wire import FINAL_DOT, WireForm, content_of, wire_bytes
from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected, Unknown
from publisher.domain.filled import Filled
from publisher.domain.message import Context, Message, MessageKind, Piece, Placeholder, SealedMessage, fill
from publisher.ports.adapter import Session
from tests.contracts.bench import BODY, HEADERS, KEY, RECIPIENT, Marks, make_adapter, seal_email
from tests.servers.listener import Line, drip, drop, hang, say, then
from tests.servers.smtp_server import SmtpServer, Step

PIPELINING = ("PIPELINING", "8BITMIME", "SIZE 1000000")
NEVER = say(b"550 5.7.1 never\r\n")
LATER = say(b"451 4.3.0 later\r\n")


def session_for(port: int, **settings: Any) -> Session:
    whole = {"adapter": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "timeout_seconds": 5, **settings}
    return make_adapter(whole, folder=Path(__file__).parent).open()


def send_all(session: Session, count: int = 3) -> list[type]:
    kinds = [type(session.send(seal_email(), Marks())) for _ in range(count)]
    session.close()
    return kinds


def server(script: dict[str, Step] | None = None, **options: Any) -> SmtpServer:
    return SmtpServer(script=script or {}, **{"extensions": PIPELINING} | options)


# ---------------------------------------------------------------------------------------------------- pipelining


def test_the_envelope_leaves_in_one_write() -> None:
    """All three commands are there before the server has answered one."""
    seen: list[bytes] = []

    def look(line: Line) -> None:
        seen.append(bytes(line.received))
        line.write(b"250 2.1.0 ok\r\n")

    with server({"MAIL": look}) as mail:
        assert send_all(session_for(mail.port), 1) == [Accepted]
    envelope = seen[0].partition(b"MAIL")
    assert envelope[1] + envelope[2] == (
        b"MAIL FROM:<bounce+7@example.org> SIZE=%d\r\nRCPT TO:<%s>\r\nDATA\r\n"
        % (len(mail.taken[0].data), RECIPIENT.encode())
    )


def test_without_pipelining_each_command_waits() -> None:
    with server({"MAIL": [NEVER, None]}, extensions=()) as mail:
        assert send_all(session_for(mail.port), 2) == [Rejected, Accepted]
        assert [command[:4] for command in mail.commands[1:4]] == [b"MAIL", b"RSET", b"MAIL"]


@pytest.mark.parametrize(
    ("script", "stage", "kind"),
    [
        ({"MAIL": NEVER, "RCPT": say(b"503 5.5.1 no\r\n"), "DATA": say(b"503 5.5.1 no\r\n")}, "sender", Rejected),
        ({"MAIL": LATER, "RCPT": say(b"503 5.5.1 no\r\n"), "DATA": say(b"503 5.5.1 no\r\n")}, "sender", Deferred),
        ({"RCPT": NEVER, "DATA": say(b"554 5.5.1 no valid recipients\r\n")}, "recipient", Rejected),
        ({"RCPT": LATER, "DATA": say(b"554 5.5.1 no valid recipients\r\n")}, "recipient", Deferred),
        ({"DATA": LATER}, "data", Deferred),
        ({"DATA": NEVER}, "data", Rejected),
    ],
)
def test_the_first_refusal_counts(script: dict[str, Step], stage: str, kind: type[Outcome]) -> None:
    """What follows from it is read and means nothing; the connection goes on with the next message."""
    once = {name: [step, None] for name, step in script.items()}
    with server(once) as mail:
        session = session_for(mail.port)
        outcome = session.send(seal_email(), Marks())
        assert isinstance(outcome, kind)
        assert outcome.evidence.stage == stage
        assert send_all(session, 2) == [Accepted, Accepted]
        assert len(mail.lines) == 1
        assert mail.commands.count(b"RSET\r\n") == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_body_that_is_asked_for_in_spite_of_a_refusal_is_not_written(command: str) -> None:
    """Whatever was written now would be a message, or a part of one: the connection is left."""
    with server({command: [NEVER, None]}) as mail:
        assert send_all(session_for(mail.port)) == [Rejected, Accepted, Accepted]
        assert len(mail.lines) == 2
        assert mail.lines[0].received.endswith(b"DATA\r\n")
        # The server has read an end of its input where it waited for a body.
        assert [transaction.data[:5] for transaction in mail.taken] == [HEADERS[:5]] * 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("end", [then(say(b"421 4.3.2 closing\r\n"), drop), drop])
def test_goodbye_within_the_pipeline(command: str, end: Step) -> None:
    """On the first message of a connection it is a deferral, and nothing was taken."""
    with server({command: [end, None]}) as mail:
        assert send_all(session_for(mail.port)) == [Deferred, Accepted, Accepted]
        assert len(mail.taken) == 2


def test_a_kept_connection_that_is_gone_costs_nobody_a_deferral() -> None:
    with server({"MAIL": [None, drop, None]}) as mail:
        assert send_all(session_for(mail.port)) == [Accepted] * 3
        assert len(mail.lines) == 2


def test_a_reply_too_many_is_never_taken_for_the_next_message() -> None:
    doubled = say(b"250 2.0.0 first\r\n250 2.0.0 again\r\n")
    with server({".": doubled, "RCPT": [None, NEVER], "DATA": [None, say(b"503 no\r\n")]}) as mail:
        assert send_all(session_for(mail.port), 2) == [Accepted, Rejected]
        assert len(mail.lines) == 2


# ---------------------------------------------------------------------------------------------------- extensions


def test_an_address_with_umlauts_needs_smtputf8() -> None:
    """Where it is offered it is asked for; where not, the delivery is refused by us, and the connection goes on."""
    message = seal_email("jörg@example.org")
    with server(extensions=(*PIPELINING, "SMTPUTF8")) as mail:
        session = session_for(mail.port)
        assert isinstance(session.send(message, Marks()), Accepted)
        session.close()
        assert mail.commands[1].endswith(b" SMTPUTF8\r\n")
        assert mail.commands[2] == "RCPT TO:<jörg@example.org>\r\n".encode()
    with server() as mail:
        session = session_for(mail.port)
        outcome = session.send(message, Marks())
        assert isinstance(outcome, Rejected)
        assert "SMTPUTF8" in outcome.reason
        assert not outcome.recipient_gone
        assert send_all(session) == [Accepted] * 3
        assert len(mail.lines) == 1


def test_eight_bit_text_needs_8bitmime() -> None:
    message = seal_email(body="Grüße\r\n".encode())
    with server() as mail:
        session = session_for(mail.port)
        assert isinstance(session.send(message, Marks()), Accepted)
        session.close()
        assert mail.commands[1].endswith(b" BODY=8BITMIME\r\n")
    with server(extensions=("PIPELINING",)) as mail:
        session = session_for(mail.port)
        outcome = session.send(message, Marks())
        session.close()
    assert isinstance(outcome, Rejected)
    assert "8BITMIME" in outcome.reason


def test_a_header_by_which_the_relay_knows_a_repeat() -> None:
    """The delivery's key, the same on every attempt; the rest is as it was frozen."""
    with server() as mail:
        session = session_for(mail.port, idempotency_header="X-Idempotency-Key")
        session.send(seal_email(), Marks())
        session.send(seal_email(), Marks())
        session.close()
    first, second = (transaction.data for transaction in mail.taken)
    assert first == second == f"X-Idempotency-Key: {KEY}\r\n".encode() + wire_bytes(HEADERS + b"\r\n" + BODY)


# ----------------------------------------------------------------------------------------------------- deadlines


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ({"MAIL": drip(b"250-" + b"x" * 500, every_seconds=0.02)}, Deferred),
        ({"MAIL": drip(b"250-a\r\n" * 50, every_seconds=0.02)}, Deferred),
        ({".": drip(b"250-" + b"x" * 500, every_seconds=0.02)}, Unknown),
        ({".": hang}, Unknown),
        ({"DATA": then(say(b"354 go ahead\r\n"), hang)}, Deferred),
    ],
)
def test_the_whole_message_has_a_deadline(script: dict[str, Step], kind: type[Outcome]) -> None:
    """However each single wait is within its own limit, the message as a whole ends in time."""
    huge = b"x" * 70 + b"\r\n"
    with server(script, extensions=("PIPELINING",)) as mail:
        session = session_for(mail.port, transaction_timeout_seconds=0.5)
        began = time.monotonic()
        outcome = session.send(seal_email(body=huge * (200_000 if "DATA" in script else 1)), Marks())
        assert time.monotonic() - began < 20  # the server is silent for ever
        session.close()
    assert isinstance(outcome, kind)


def test_a_deadline_of_one_message_is_not_the_next_ones() -> None:
    with server() as mail:
        session = session_for(mail.port, transaction_timeout_seconds=0.3)
        for _ in range(3):
            assert isinstance(session.send(seal_email(), Marks()), Accepted)
            time.sleep(0.2)
        session.close()


# -------------------------------------------------------------------------------------------- made ready only once

VALUES = {"header": "Anna <anna@example.org>", "text": ".Anna\r\n.", "html": "<.b>", "url": "mailto:a@b.de"}
PLACEHOLDERS = [
    Placeholder("header", Context.HEADER),
    Placeholder("text", Context.TEXT),
    Placeholder("html", Context.HTML),
    Placeholder("url", Context.URL),
]
constant = st.text("ab.\r\n", max_size=8).map(str.encode) | st.sampled_from([b".\r\n", b"\r", b"\n.", b"x\r\n"])
pieces = st.lists(constant | st.sampled_from(PLACEHOLDERS), max_size=8)


def sealed(message: Message, values: dict[str, str]) -> SealedMessage:
    return SealedMessage(KEY, MessageKind.EMAIL, RECIPIENT, fill(message, values), {}, {})


@given(pieces, pieces)
def test_made_ready_once_it_is_the_same(headers: list[Piece], body: list[Piece]) -> None:
    """Byte for byte what looking at every byte gives, wherever values stand; or it says that it must be looked at."""
    message = Message(MessageKind.EMAIL, {"headers": tuple(headers), "body": tuple(body)})
    one = sealed(message, VALUES)
    assert isinstance(one.sections, Filled)
    wire = WireForm(message).fill(one.sections, b"")
    assert wire is None or b"".join(wire) == wire_bytes(content_of(one))


def test_an_ordinary_message_need_not_be_looked_at() -> None:
    headers = (b"To: ", PLACEHOLDERS[0], b"\r\nSubject: x\r\n")
    body = (b"Hello =\r\n", PLACEHOLDERS[1], b".dot\r\n", PLACEHOLDERS[3], b"end\r\n")
    message = Message(MessageKind.EMAIL, {"headers": headers, "body": body})
    form = WireForm(message)
    filled = fill(message, VALUES)
    wire = b"".join(form.fill(filled, b"") or ())
    assert wire.endswith(b"end\r\n" + FINAL_DOT)
    assert b"\r\n..dot" in wire
    assert form.is_ascii


def test_no_message_holds_what_belongs_to_another() -> None:
    """Ten thousand recipients over one form: each message has its own address and token, and no other's."""
    headers = (b"To: ", Placeholder("to", Context.HEADER), b"\r\n")
    body = (b"Hello =\r\n", Placeholder("name", Context.TEXT), b"!\r\n", Placeholder("token", Context.URL), b"\r\n")
    message = Message(MessageKind.EMAIL, {"headers": headers, "body": body})
    form = WireForm(message)
    for number in range(10_000):
        values = {"to": f"r{number}@example.org", "name": f"N{number}N", "token": f"https://x.example/T{number}T"}
        filled = fill(message, values)
        wire = form.fill(filled, b"")
        assert wire is not None
        plain = b"".join(wire).replace(b"=\r\n", b"")
        assert (
            plain
            == (
                f"To: r{number}@example.org\r\n\r\nHello N{number}N!\r\nhttps=3A=2F=2Fx=2Eexample=2FT{number}T\r\n.\r\n"
            ).encode()
        )
