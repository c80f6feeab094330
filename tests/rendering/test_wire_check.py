"""The wire check sees what it is there to see: each control must fail."""

from __future__ import annotations

import pytest

from publisher.rendering.wire_check import wire_problems

HEADERS = (
    b"Date: Mon, 23 Nov 2026 07:00:00 +0100\r\nFrom: a@b.example\r\nTo: c@d.example\r\nMessage-ID: <1@b.example>\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus_Dortmund?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b1"\r\nList-Id: <x.b.example>\r\n'
    b"List-Unsubscribe: <mailto:u@b.example>\r\n"
)
BODY = b"--b1\r\nContent-Type: text/plain\r\n\r\nx\r\n--b1\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b1--\r\n"


def test_a_right_message_has_no_problems() -> None:
    assert wire_problems(HEADERS, BODY) == []


@pytest.mark.parametrize(
    ("headers", "body", "problem"),
    [
        (HEADERS + b"Subject: again\r\n", BODY, "subject stands 2 times"),
        (HEADERS.replace(b"List-Id: <x.b.example>\r\n", b""), BODY, "list-id stands 0 times"),
        (HEADERS + b"Bcc: x@y.example\r\n", BODY, "bcc must not be there"),
        (HEADERS + b"Reply-To: a\r\nReply-To: b\r\n", BODY, "reply-to stands 2 times"),
        (HEADERS + b"X: a\nBcc: b\r\n", BODY, "a bare CR or LF in the headers"),
        (HEADERS + b"X: a\rb\r\n", BODY, "a bare CR or LF in the headers"),
        (HEADERS + b"X: a\0b\r\n", BODY, "a NUL in the headers"),
        (HEADERS + "X: ä\r\n".encode(), BODY, "an octet over 126 in the headers"),
        (HEADERS + b"X: " + b"a" * 1000 + b"\r\n", BODY, "998 are allowed"),
        (HEADERS + b"X: =?utf-8?q?" + b"a" * 80 + b"?=\r\n", BODY, "an encoded word of more than 75"),
        (HEADERS + b"no field here\r\n", BODY, "is no field"),
        (HEADERS + b" \r\n", BODY, "a folded line of the headers has nothing"),
        (HEADERS + b"\r\n", BODY, "is no field"),
        (b" folded\r\n" + HEADERS, BODY, "a folded line"),
        (HEADERS[:-2], BODY, "the headers do not end"),
        (HEADERS + b"X: a\x01\r\n", BODY, "a control character in the header line"),
        (HEADERS, BODY.replace(b"\r\nx\r\n", b"\r\nx\n"), "a bare CR or LF in the body"),
        (HEADERS, BODY.replace(b"<p>", b"a" * 77), "77 octets; 76 are right"),
        (HEADERS, BODY.replace(b"<p>", b".p"), "which relays change"),
        (HEADERS, BODY.replace(b"<p>", b"From p"), "which relays change"),
        (HEADERS, BODY.replace(b"--b1--\r\n", b""), "is not closed"),
        (HEADERS, b"text\r\n", "is not closed"),
    ],
)
def test_each_fault_is_named(headers: bytes, body: bytes, problem: str) -> None:
    assert any(problem in said for said in wire_problems(headers, body)), wire_problems(headers, body)
