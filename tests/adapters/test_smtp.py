from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from publisher.adapters._smtp_transaction import Envelope
from publisher.adapters._smtp_wire import content_of, wire_bytes
from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected, Unknown
from publisher.domain.wire import Stage
from publisher.errors import ChannelMisconfigured, TryAgain
from publisher.ports.adapter import Session
from tests.contracts.bench import BODY, HEADERS, RECIPIENT, Marks, MemoryCapture, make_adapter, seal_email
from tests.servers import AUTHORITY
from tests.servers.listener import closed_port, drip, drop, hang, reset, say, then
from tests.servers.smtp_server import SmtpServer, Step

PASSWORD = "canary-of-the-password"
HERE = Path(__file__).parent


def session_for(port: int, **settings: Any) -> Session:
    whole = {"adapter": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "timeout_seconds": 5, **settings}
    return make_adapter(whole, folder=HERE, environ={"PASSWORD": PASSWORD}).open()


def secure_session(port: int, **settings: Any) -> Session:
    login = {"username": "news", "password": {"env": "PASSWORD"}, "ca_file": str(AUTHORITY)}
    return session_for(port, **{"security": "starttls", **login, **settings})


def send_once(script: Mapping[str, Step], **settings: Any) -> tuple[Outcome, SmtpServer]:
    with SmtpServer(script=script) as server:
        session = session_for(server.port, **settings)
        outcome = session.send(seal_email(), Marks())
        session.close()
    return outcome, server


# ------------------------------------------------------------------------------------------------------ the wire


def test_what_leaves() -> None:
    """Envelope from the message, one recipient, the frozen bytes with dots doubled, one final dot."""
    outcome, server = send_once({})
    assert isinstance(outcome, Accepted)
    assert outcome.receipt == "250 2.0.0 queued as 4711"
    assert server.commands[1:] == [
        b"MAIL FROM:<bounce+7@example.org>\r\n",
        f"RCPT TO:<{RECIPIENT}>\r\n".encode(),
        b"DATA\r\n",
        b"quit\r\n",
    ]
    body = b"Guten Tag\r\n..\r\n...zwei Punkte\r\n..quit\r\nEnde=20\r\n"
    assert server.taken[0].data == HEADERS + b"\r\n" + body + b".\r\n"


class Watching(Marks):
    """Notes how many messages the server had of each stage."""

    def __init__(self, server: SmtpServer) -> None:
        super().__init__()
        self.server = server
        self.seen: list[tuple[Stage, int, bytes]] = []

    def wire(self, stage: Stage, receipt: str = "") -> None:
        self.seen.append((stage, len(self.server.taken), (self.server.commands or [b""])[-1]))


def test_stages_on_the_wire() -> None:
    """It vouches that nothing can have been taken, until the server waits for the body and has nothing of it."""
    with SmtpServer() as server:
        session = session_for(server.port)
        marks = Watching(server)
        session.send(seal_email(), marks)
        session.close()
        assert marks.seen == [(Stage.ENVELOPE, 0, b""), (Stage.DOT, 0, b"DATA\r\n")]
        assert marks.recorded == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, RuntimeError])
def test_mark_that_fails(error: type[BaseException]) -> None:
    """If it cannot be recorded, nothing of the message leaves, and the error is not taken for the server's."""

    class Failing(Marks):
        def wire(self, stage: Stage, receipt: str = "") -> None:
            if stage is Stage.DOT:
                raise error

    with SmtpServer() as server:
        session = session_for(server.port)
        with pytest.raises(error):
            session.send(seal_email(), Failing())
        assert isinstance(session.send(seal_email(), Marks()), Accepted)
        session.close()
    assert len(server.taken) == 1
    assert server.lines[0].received.endswith(b"DATA\r\n")


@given(
    st.binary(max_size=300).map(lambda content: content.replace(b"\0", b""))
    | st.text("\r\n.ab", max_size=60).map(str.encode)
)
def test_any_body(body: bytes) -> None:
    """For any body: one end of the message, no bare CR or LF, and undoing the dots gives the message back."""
    content = content_of(seal_email(body=body))
    wire = wire_bytes(content)
    assert wire.endswith(b"\r\n.\r\n")
    assert wire.count(b"\r\n.\r\n") == 1
    assert wire.replace(b"\r\n", b"").count(b"\r") == wire.replace(b"\r\n", b"").count(b"\n") == 0
    lines = wire[:-3].split(b"\r\n")
    assert b"\r\n".join(line.removeprefix(b".") for line in lines) == content
    assert content.startswith(HEADERS + b"\r\n")


@given(st.text(max_size=30) | st.from_regex(r"[^\s<>@]{1,9}@[^\s<>@]{1,9}[\r\n <>\0]{0,2}", fullmatch=True))
def test_any_recipient(address: str) -> None:
    """An address is refused, or the command has it and nothing else in its one line."""
    try:
        envelope = Envelope("", address)
    except ValueError:
        return
    command = f"RCPT TO:<{envelope.rcpt_to}>"
    assert command.isascii() == envelope.is_ascii
    assert not any(character in command for character in "\r\n\0\t")
    assert (command.count("<"), command.count(">"), command.count(" ")) == (1, 1, 1)


@pytest.mark.parametrize(
    "recipient",
    ["", "anna", "a@b>\r\nRCPT TO:<x@y", "a b@example.org", "a\0@example.org", "a" * 250 + "@b.de"],
)
def test_recipient_that_cannot_stand_in_a_command(recipient: str) -> None:
    """Such a delivery is Rejected without a word to the server."""
    with SmtpServer() as server:
        outcome = session_for(server.port).send(seal_email(recipient), Marks())
        assert isinstance(outcome, Rejected)
        assert outcome.evidence.stage == "envelope"
        assert server.lines == []


def test_a_recipient_with_umlauts_needs_a_server_that_takes_them() -> None:
    """Rejected before anything of the envelope is said; never a mangled address."""
    with SmtpServer() as server:
        session = session_for(server.port)
        outcome = session.send(seal_email("jörg@example.org"), Marks())
        session.close()
        assert isinstance(outcome, Rejected)
        assert not outcome.recipient_gone
        assert not [line for line in server.lines if b"MAIL FROM" in line.received.upper()]


def test_against_another_implementation(tmp_path: Path) -> None:
    """aiosmtpd, written by others, reads the same message that was frozen."""

    class Keep:
        async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
            self.envelope = envelope
            return "250 kept"

    keep = Keep()
    controller = Controller(keep, hostname="127.0.0.1", port=0)
    controller.port = closed_port()
    controller.start()
    try:
        session = session_for(controller.port)
        assert isinstance(session.send(seal_email(), Marks()), Accepted)
        session.close()
    finally:
        controller.stop()
    assert keep.envelope.mail_from == "bounce+7@example.org"
    assert keep.envelope.rcpt_tos == [RECIPIENT]
    assert keep.envelope.content == HEADERS + b"\r\n" + BODY


def test_declares_the_size() -> None:
    """A server that limits the size is told it before it reads everything."""
    with SmtpServer(extensions=("SIZE 1000",)) as server:
        session = session_for(server.port)
        session.send(seal_email(), Marks())
        session.close()
        assert server.commands[1] == f"MAIL FROM:<bounce+7@example.org> SIZE={len(server.taken[0].data)}\r\n".encode()


# ------------------------------------------------------------------------------------------------------ outcomes

LATER, NEVER = say(b"451 4.3.0 later\r\n"), say(b"554 5.7.1 never\r\n")


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_temporary_refusal_at_each_step(command: str) -> None:
    """A 4xx is Deferred wherever it comes."""
    outcome, _ = send_once({command: LATER})
    assert isinstance(outcome, Deferred)
    assert (outcome.evidence.code, outcome.evidence.enhanced_code) == (451, "4.3.0")


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_final_refusal_at_each_step(command: str) -> None:
    """A 5xx is Rejected wherever it comes, and a policy says nothing of the recipient."""
    outcome, _ = send_once({command: NEVER})
    assert isinstance(outcome, Rejected)
    assert not outcome.recipient_gone
    stages = {"MAIL": "sender", "RCPT": "recipient", "DATA": "data", ".": "final dot"}
    assert outcome.evidence.stage == stages[command]


@pytest.mark.parametrize(
    ("reply", "gone"),
    [
        (b"550 5.1.1 unknown", True),
        (b"550-5.1.1 unknown\r\n550 5.1.1 really", True),
        (b"550 5.1.2 no such domain", True),
        (b"556 5.1.10 null MX", True),
        (b"550 5.2.1 disabled", True),
        (b"550 user unknown", True),
        (b"550 Benutzer unbekannt", True),
        (b"550 not taken", False),
        (b"552 5.2.2 mailbox full", False),
        (b"550 5.7.1 blocked", False),
        (b"550 5.1.8 bad sender", False),
        (b"550 5.1.15 unheard of", False),
    ],
)
def test_recipient_is_gone(reply: bytes, gone: bool) -> None:
    """Only what says so clearly: an enhanced code, or plain words without one."""
    outcome, _ = send_once({"RCPT": say(reply + b"\r\n")})
    assert isinstance(outcome, Rejected)
    assert outcome.recipient_gone is gone


def test_only_the_recipients_command_is_about_the_recipient() -> None:
    """The same code after the body is about this message: filters say anything there."""
    outcome, _ = send_once({".": say(b"550 5.1.1 unknown\r\n")})
    assert isinstance(outcome, Rejected)
    assert not outcome.recipient_gone


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
@pytest.mark.parametrize("code", [530, 535])
def test_login_wanted_later(command: str, code: int) -> None:
    """A server that wants a login only at the envelope refuses us, not the recipient."""
    refusal = say(b"%d 5.7.0 authentication required\r\n" % code)
    refused = pytest.raises(ChannelMisconfigured, match="it refuses us: 53")
    with SmtpServer(script={command: refusal}) as server, refused:
        session_for(server.port).send(seal_email(), Marks())


@pytest.mark.parametrize(
    "action", [drop, reset, hang, say(b"hello?\r\n"), say(b"99 x\r\n"), drip(b"2" * 99, every_seconds=0.02)]
)
@pytest.mark.parametrize("command", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_lost_before_the_body(command: str, action: Callable[..., None]) -> None:
    """Whatever happens before the body, the message was not taken."""
    outcome, server = send_once({command: action}, timeout_seconds=0.1)
    assert isinstance(outcome, Deferred)
    assert server.taken == []


@pytest.mark.parametrize(
    "action",
    [drop, reset, hang, say(b"hello?\r\n"), say(b"354 more\r\n"), drip(b"2" * 99, every_seconds=0.02), say(b"25")],
)
def test_lost_after_the_dot(action: Callable[..., None]) -> None:
    """After the final dot only a proper reply says what became of the message."""
    outcome, _ = send_once({".": action}, final_timeout_seconds=0.1)
    assert isinstance(outcome, Unknown)
    assert outcome.evidence.stage == "final dot"


def test_drip_renews_no_time_limit() -> None:
    """A reply that drips in is waited for as long as a silent one, and no longer."""
    began = time.monotonic()
    outcome, _ = send_once({".": drip(b"2" * 500, every_seconds=0.02)}, final_timeout_seconds=0.3)
    assert isinstance(outcome, Unknown)
    assert time.monotonic() - began < 5


def test_lost_within_the_body() -> None:
    """If the body could not be written to its end, the dot cannot have arrived."""
    huge = b"x" * 70 + b"\r\n"
    with SmtpServer(script={"DATA": then(say(b"354 go ahead\r\n"), reset)}) as server:
        outcome = session_for(server.port).send(seal_email(body=huge * 200_000), Marks())
    assert isinstance(outcome, Deferred)
    assert outcome.evidence.stage == "body"


def test_stalled_body() -> None:
    """A server that stops reading is left in time."""
    huge = b"x" * 70 + b"\r\n"
    with SmtpServer(script={"DATA": then(say(b"354 go ahead\r\n"), hang)}) as server:
        outcome = session_for(server.port, timeout_seconds=0.3).send(seal_email(body=huge * 200_000), Marks())
    assert isinstance(outcome, Deferred)


# -------------------------------------------------------------------------------------------------- connections


def send_all(session: Session, count: int = 3) -> list[type]:
    kinds = [type(session.send(seal_email(), Marks())) for _ in range(count)]
    session.close()
    return kinds


def test_keeps_the_connection() -> None:
    """Several messages go over one connection, and it ends politely."""
    with SmtpServer() as server:
        assert send_all(session_for(server.port)) == [Accepted] * 3
        assert len(server.lines) == 1
        assert server.commands.count(b"quit\r\n") == 1


def test_limited_number_of_messages() -> None:
    """After so many messages the connection is made anew."""
    with SmtpServer() as server:
        send_all(session_for(server.port, max_messages_per_connection=2), 5)
        assert len(server.lines) == 3


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_reset_after_a_refusal(command: str) -> None:
    """After a refusal in the envelope the next message finds a clean connection."""
    with SmtpServer(script={command: [NEVER, None]}) as server:
        assert send_all(session_for(server.port)) == [Rejected, Accepted, Accepted]
        assert server.commands.count(b"RSET\r\n") == 1
        assert len(server.lines) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_goodbye(command: str) -> None:
    """421 is Deferred, and the next message gets a connection of its own."""
    with SmtpServer(script={command: [then(say(b"421 4.3.2 closing\r\n"), drop), None]}) as server:
        assert send_all(session_for(server.port)) == [Deferred, Accepted, Accepted]
        assert len(server.lines) == 2


@pytest.mark.parametrize("end", [drop, say(b"421 4.4.2 idle for too long\r\n")])
def test_dropped_between_messages(end: Callable[..., None]) -> None:
    """A connection that ended while nothing was going on costs nobody a deferral."""
    with SmtpServer(script={".": [then(say(b"250 2.0.0 ok\r\n"), end), None]}) as server:
        assert send_all(session_for(server.port)) == [Accepted] * 3
        assert len(server.lines) == 2


def test_dropped_at_the_next_message() -> None:
    """The same, when it is noticed only with the next command."""
    with SmtpServer(script={"MAIL": [None, drop, None]}) as server:
        assert send_all(session_for(server.port)) == [Accepted] * 3
        assert len(server.lines) == 2


def test_doubled_reply() -> None:
    """A reply too many must not be taken for the next message's."""
    doubled = say(b"250 2.0.0 first\r\n250 2.0.0 again\r\n")
    with SmtpServer(script={".": doubled, "RCPT": [None, NEVER]}) as server:
        assert send_all(session_for(server.port), 2) == [Accepted, Rejected]
        assert len(server.lines) == 2


@pytest.mark.parametrize("extensions", [("8BITMIME",), ("8BITMIME", "PIPELINING")])
def test_a_refusal_before_the_message(extensions: tuple[str, ...]) -> None:
    """It wants nothing of what would follow, whatever that is: a refusal as any other."""
    at_once = say(b"354 go ahead\r\n550 5.7.1 not from you\r\n")
    with SmtpServer(script={"DATA": [at_once, None], ".": NEVER}, extensions=extensions) as server:
        session = session_for(server.port)
        outcome = session.send(seal_email(), Marks())
        session.close()
    assert isinstance(outcome, Rejected)
    assert (outcome.evidence.stage, outcome.evidence.code) == ("final dot", 550)


@pytest.mark.parametrize("extensions", [("8BITMIME",), ("8BITMIME", "PIPELINING")])
def test_an_answer_before_the_message(extensions: tuple[str, ...]) -> None:
    """What is said before it has the message says nothing of it: nothing of it leaves, and it is tried again."""
    too_early = say(b"354 go ahead\r\n250 2.0.0 taken\r\n")
    with SmtpServer(script={"DATA": [too_early, None]}, extensions=extensions) as server:
        session = session_for(server.port)
        outcome = session.send(seal_email(), Marks())
        assert isinstance(outcome, Deferred)
        assert "250 2.0.0 taken" in outcome.evidence.reply
        assert isinstance(session.send(seal_email(), Marks()), Accepted)
        session.close()
        assert len(server.taken) == 1
        assert len(server.lines) == 2


# ----------------------------------------------------------------------------------------------- TLS and login


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_login(security: str) -> None:
    """Login and message go through TLS, checked against the name; nothing of them is readable on the way."""
    implicit = security == "tls"
    with SmtpServer(implicit_tls=implicit, starttls=not implicit, login=("news", PASSWORD)) as server:
        session = secure_session(server.port, security=security, host="localhost")
        assert session.verify() == f"localhost:{server.port}: TLSv1.3, logged in"
        assert isinstance(session.send(seal_email(), Marks()), Accepted)
        session.close()
        assert server.taken[0].data.startswith(HEADERS)


def test_no_encryption_offered() -> None:
    """Without STARTTLS nothing goes on, least of all the password."""
    with SmtpServer(login=("news", PASSWORD)) as server:
        with pytest.raises(ChannelMisconfigured, match="the server offers no encryption here"):
            secure_session(server.port).send(seal_email(), Marks())
        assert [command[:4] for command in server.commands] == [b"ehlo"]


def test_login_where_none_is_offered() -> None:
    """A login that the server does not take is a mistake of the config."""
    refused = pytest.raises(ChannelMisconfigured, match="the server offers no login here")
    with SmtpServer(starttls=True) as server, refused:
        secure_session(server.port).verify()


def test_certificate_of_another_name() -> None:
    """A certificate that does not fit stops the channel."""
    with SmtpServer(implicit_tls=True) as server:
        with pytest.raises(ChannelMisconfigured, match="its certificate is not valid"):
            secure_session(server.port, security="tls", ca_file=None).verify()
        with pytest.raises(ChannelMisconfigured, match=r'cannot read "none.pem"'):
            secure_session(server.port, security="tls", ca_file="none.pem").verify()


def test_words_in_clear_with_the_go_ahead() -> None:
    """Replies that were slipped in before the encryption are not believed."""
    with SmtpServer(starttls=True, script={"STARTTLS": say(b"220 go\r\n235 2.7.0 welcome\r\n")}) as server:
        assert isinstance(secure_session(server.port).send(seal_email(), Marks()), Deferred)
        assert server.taken == []


def test_refused_login() -> None:
    """A wrong password stops the channel; one that cannot be checked just now does not."""
    with SmtpServer(starttls=True, login=("news", "another")) as server:
        with pytest.raises(ChannelMisconfigured, match=r"the login was refused: 535 5.7.8 wrong") as caught:
            secure_session(server.port).verify()
        assert 'Check "username" and "password"' in caught.value.hint
    later = {"AUTH": say(b"454 4.7.0 try later\r\n")}
    with SmtpServer(starttls=True, login=("news", PASSWORD), script=later) as server:
        assert isinstance(secure_session(server.port).send(seal_email(), Marks()), Deferred)
        with pytest.raises(TryAgain, match=r"login failed: 4\.7\.0 try later"):
            secure_session(server.port).verify()


@pytest.mark.parametrize("greeting", [b"554 5.3.2 no service\r\n", b"421 4.3.2 too busy\r\n"])
def test_server_that_serves_nobody(greeting: bytes) -> None:
    """A refusal at the door says nothing of message or recipient."""
    outcome, _ = send_once({"CONNECT": say(greeting)})
    assert isinstance(outcome, Deferred)
    assert outcome.evidence.stage == "connection"


def test_verify_when_it_is_away() -> None:
    """`verify` says what to try again."""
    with pytest.raises(TryAgain, match=r"\[channels.test\]: 127.0.0.1:\d+: connection failed: Connection refused"):
        session_for(closed_port()).verify()


def test_password_that_cannot_be_sent() -> None:
    """A password with umlauts is named as the reason."""
    refused = pytest.raises(ChannelMisconfigured, match="characters that cannot be sent")
    with SmtpServer(starttls=True, login=("news", "x")) as server, refused:
        secure_session(server.port, password="größe").verify()


# ------------------------------------------------------------------------------------------ settings, rehearsal


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"host": "mail.example.org", "security": "none"}, "is for this machine only"),
        ({"host": "10.0.0.1", "security": "none"}, "is for this machine only"),
        ({"host": "mail.example.org", "username": "news"}, "go together"),
        ({"host": "mail.example.org", "password": "x"}, "go together"),
        ({"host": ""}, "host"),
        ({"host": "mail.example.org", "port": 70_000}, "port"),
        ({"host": "mail.example.org", "security": "ssl"}, "security"),
        ({"host": "mail.example.org", "helo_name": "a b"}, "helo_name"),
        ({"host": "mail.example.org", "connections": 0}, "connections"),
        ({"host": "mail.example.org", "network": "x"}, "network"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """Mistakes are found when the config is read."""
    with pytest.raises(ValidationError, match=message):
        find_adapter("smtp").settings.model_validate({"adapter": "smtp", **settings})


@pytest.mark.parametrize(
    ("settings", "port"),
    [
        ({}, 587),
        ({"security": "tls"}, 465),
        ({"security": "none", "allow_plain_text": True}, 25),
        ({"port": 2525}, 2525),
    ],
)
def test_usual_ports(settings: dict[str, Any], port: int) -> None:
    """The port follows from the security."""
    whole = {"adapter": "smtp", "host": "mail.example.org", **settings}
    assert find_adapter("smtp").settings.model_validate(whole).usual_port == port  # type: ignore[attr-defined]


def test_connections(tmp_path: Path) -> None:
    """The worker asks the adapter how many sessions it may open."""
    whole = {"adapter": "smtp", "host": "mail.example.org", "connections": 7}
    assert make_adapter(whole, folder=tmp_path).connections == 7  # type: ignore[attr-defined]


def test_rehearsal(tmp_path: Path) -> None:
    """A rehearsal writes the message as it would arrive and the envelope as it would be said."""
    capture = MemoryCapture()
    whole = {"adapter": "smtp", "host": "mail.example.org", "username": "news", "password": {"env": "NOT_SET"}}
    session = make_adapter(whole, folder=tmp_path, capture=capture).open()
    assert isinstance(session.send(seal_email(), Marks()), Accepted)
    assert isinstance(session.send(seal_email("no address"), Marks()), Rejected)
    name = "anna-schmidt-example-org-0123456789abcdef"
    assert capture.files[f"{name}.eml"] == HEADERS + b"\r\n" + BODY
    assert json.loads(capture.files[f"{name}.json"]) == {
        "mail_from": "bounce+7@example.org",
        "rcpt_to": RECIPIENT,
        "host": "mail.example.org",
        "port": 587,
        "security": "starttls",
        "octets_on_the_wire": len(wire_bytes(content_of(seal_email()))),
    }
    assert session.verify() == "a rehearsal: no connection is made"


# --------------------------------------------------------------------------------------------------------- DKIM


def _signing(folder: Path) -> dict[str, Any]:
    from publisher.signing.keys import new_private_key

    (folder / "key.pem").write_bytes(new_private_key("ed25519"))
    key = {"domain": "example.org", "selector": "e1", "key": {"file": str(folder / "key.pem")}}
    return {"dkim": [key], "idempotency_header": "X-Key"}


def test_the_signature_stands_in_front_and_nothing_else_changes(tmp_path: Path) -> None:
    """Dots are doubled after signing, as the server undoes them before anybody verifies."""
    _, plain = send_once({})
    outcome, signed = send_once({}, **_signing(tmp_path))
    assert isinstance(outcome, Accepted)
    lines = signed.taken[0].data.partition(b"Message-ID:")[0]
    assert lines.startswith(b"X-Key: ")
    assert lines.count(b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=e1;") == 1
    assert signed.taken[0].data.endswith(plain.taken[0].data)


def test_a_rehearsal_signs_where_it_can_and_says_where_it_cannot(tmp_path: Path) -> None:
    capture = MemoryCapture()
    settings = {"adapter": "smtp", "host": "127.0.0.1", "security": "none", **_signing(tmp_path)}
    for text in ("", "no key"):
        if text:
            (tmp_path / "key.pem").write_text(text)
        session = make_adapter(settings, folder=HERE, capture=capture).open()
        outcome = session.send(seal_email(), Marks())
        assert isinstance(outcome, Accepted)
        (content,) = [data for name, data in capture.files.items() if name.endswith(".eml")]
        assert content.startswith(b"DKIM-Signature:") is (not text)
        assert ("not signed: the DKIM key is no private key" in outcome.receipt) is bool(text)
