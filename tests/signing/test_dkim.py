"""Signatures that others accept, on the bytes that leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.message import Context, Message, MessageKind, Placeholder, escape, fill
from publisher.errors import ChannelMisconfigured
from publisher.signing.canonical import BodyHash, body_digest, joined, relaxed_body
from publisher.signing.dkim import OVERSIGNED, SIGNED, Signature, Signer
from publisher.signing.keys import SigningKey, new_private_key, parse_private_key, txt_strings, zone_line
from tests.signing.verifying import HAS_MAILAUTH, WITHOUT_MAILAUTH, dkimpy_accepts, mailauth_results

SIGNED_AT = 1_795_000_000
HEADERS = (
    b"Date: Mon, 23 Nov 2026 07:00:00 +0100\r\nFrom: Verband  <news@example.org>\r\nTo: anna@example.org\r\n"
    b"Message-ID: <7@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n aus \t Dortmund \r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nList-Id: Dienst <daily.example.org>\r\n"
    b"List-Unsubscribe: <https://example.org/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"Feedback-ID: a:b:c:exampleorg\r\nPrecedence: bulk\r\n"
)
BODY = b"Guten  Tag \t\r\n\r\n\tzwei\t\tPumpen\r\n\r\n\r\n"


@cache
def key(kind: str) -> SigningKey:
    return parse_private_key(new_private_key("rsa" if kind == "rsa" else "ed25519").decode())


@cache
def both() -> Signer:
    return Signer([Signature("example.org", "r1", key("rsa")), Signature("example.org", "e1", key("ed25519"))])


def records() -> Mapping[str, str]:
    return {
        "r1._domainkey.example.org": key("rsa").record,
        "e1._domainkey.example.org": key("ed25519").record,
    }


def signed(headers: bytes = HEADERS, body: bytes = BODY) -> bytes:
    return both().sign(headers, body_digest(body), SIGNED_AT) + headers + b"\r\n" + body


def test_dkimpy_accepts_both_signatures() -> None:
    pytest.importorskip("nacl", reason="dkimpy needs pynacl for Ed25519")
    assert dkimpy_accepts(signed(), records()) == [True, True]


@pytest.mark.skipif(not HAS_MAILAUTH, reason=WITHOUT_MAILAUTH)
def test_mailauth_accepts_both_signatures_and_refuses_what_was_changed() -> None:
    changed = [
        signed().replace(b"zwei", b"drei"),
        signed().replace(b"Dortmund", b"Dresden"),
        b"List-Unsubscribe: <https://evil.example>\r\n" + signed(),
    ]
    good, *bad = mailauth_results([signed(), *changed], records())
    assert good == ["pass", "pass"]
    assert all(result != "pass" for results in bad for result in results)
    assert all(len(results) == 2 for results in bad)


@pytest.mark.parametrize("name", sorted(OVERSIGNED))
def test_another_header_of_an_oversigned_name_breaks_the_signature(name: str) -> None:
    """Whether there is one already or none: nobody adds a second From, or an address to unsubscribe at."""
    message = signed().replace(b"\r\n\r\n", b"\r\n" + name.encode() + b": <https://evil.example>\r\n\r\n", 1)
    assert not dkim.verify(message, dnsfunc=lambda name, timeout=5: records()[name.decode().rstrip(".")].encode())
    on_top = name.encode() + b": x\r\n" + signed()
    assert not dkim.verify(on_top, dnsfunc=lambda name, timeout=5: records()[name.decode().rstrip(".")].encode())


def test_which_headers_are_signed_and_how_often() -> None:
    lines = both().sign(HEADERS, body_digest(BODY), SIGNED_AT).decode().replace("\r\n ", "")
    (first, *_) = re.findall(r"; ?h=([^;]+);", lines)
    names = first.split(":")
    present = {line.split(":")[0].lower() for line in HEADERS.decode().split("\r\n") if line[:1].strip()}
    expected = [name for name in SIGNED for _ in range((name in present) + (name in OVERSIGNED))]
    assert names == expected
    assert "precedence" not in names
    assert names.count("from") == 2
    assert names.count("feedback-id") == 1


def test_the_form_of_the_lines() -> None:
    """Every line fits, ends with CRLF, and nothing weak or forbidden is in it."""
    lines = both().sign(HEADERS, body_digest(BODY), SIGNED_AT)
    assert lines.count(b"DKIM-Signature:") == 2
    assert lines.isascii()
    assert b"\n" not in lines.replace(b"\r\n", b"")
    assert max(map(len, lines.split(b"\r\n"))) <= 78
    assert b"c=relaxed/relaxed" in lines
    assert b"l=" not in lines.replace(b"rel=", b"")
    assert b"sha1" not in lines


@given(st.text("aä \t\r\n.=", max_size=80).map(str.encode) | st.binary(max_size=120))
def test_the_body_is_hashed_as_dkimpy_hashes_it(body: bytes) -> None:
    from dkim.canonicalization import Relaxed

    crlf = re.sub(rb"\r\n|\r|\n", b"\r\n", body)
    crlf = crlf if not crlf or crlf.endswith(b"\r\n") else crlf + b"\r\n"
    theirs = Relaxed.canonicalize_body(crlf)
    assert relaxed_body(body) == (b"" if theirs == b"\r\n" else theirs)


@settings(max_examples=200)
@given(
    st.lists(st.text("ab \t\r\n=", max_size=12) | st.sampled_from(["name", "url"]), max_size=8),
    st.text(max_size=40),
)
def test_the_hash_by_pieces_is_the_hash_of_the_whole(parts: list[str], value: str) -> None:
    """Law: what stands between the values is made ready once, and no byte of the result differs."""
    from publisher.domain.message import Piece

    contexts = {"name": Context.HTML, "url": Context.URL}
    pieces: tuple[Piece, ...] = tuple(
        Placeholder(part, contexts[part]) if part in contexts else part.encode() for part in parts
    )
    message = Message(MessageKind.EMAIL, {"body": pieces})
    if any(isinstance(piece, bytes) and piece.endswith(b"\r") for piece in pieces):
        return  # a line end in two pieces: quoted-printable never makes one
    filled = fill(message, {"name": value, "url": value})
    assert BodyHash(joined(message.layout["body"])).digest(filled.escaped) == body_digest(filled["body"])


def test_values_have_no_blanks() -> None:
    """What the hash by pieces rests on."""
    for context in (Context.TEXT, Context.HTML, Context.URL):
        inserted = escape("a b\t c " * 40, context)
        assert b" " not in inserted
        assert b"\t" not in inserted
        assert inserted.startswith(b"=\r\n")
        assert inserted.endswith(b"=\r\n")


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_record_is_cut_for_the_dns(kind: str) -> None:
    record = key(kind).record
    strings = txt_strings(record)
    assert "".join(strings) == record
    assert all(0 < len(string) <= 255 for string in strings)
    assert len(strings) == (2 if kind == "rsa" else 1)
    assert zone_line("example.org", "news1", record).startswith('news1._domainkey.example.org. IN TXT ( "v=DKIM1; k=')


def weak_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    made = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    form = serialization.PrivateFormat.PKCS8
    return made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def other_key(password: bytes | None = None) -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock).decode()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("canary", "no private key in PEM form"),
        ("", "no private key in PEM form"),
        ("-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n", "no private key in PEM form"),
        (weak_key, "has 1024 bits"),
        (other_key, "neither RSA nor Ed25519"),
        (lambda: other_key(b"secret"), "locked with a password"),
    ],
    ids=["text", "empty", "broken", "weak", "another kind", "locked"],
)
def test_a_key_that_cannot_be_used(text: object, what: str) -> None:
    """Named with what to do, and never quoted."""
    pem = text() if callable(text) else str(text)
    with pytest.raises(ChannelMisconfigured) as caught:
        parse_private_key(pem, where="[channels.mail.dkim]")
    assert what in caught.value.what
    assert caught.value.where == "[channels.mail.dkim]"
    assert caught.value.hint
    assert "canary" not in str(caught.value)
