"""The wire check sees what it is there to see: each control must fail."""

from __future__ import annotations

import pytest

from publisher.rendering.wire_check import wire_problems

HEADERS = (
    b"Date: Mon, 23 Nov 2026 07:00:00 +0100\r\nFrom: a@b.example\r\nTo: c@d.example\r\nMessage-ID: <1@b.example>\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus_Dortmund?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b1"\r\nList-Id: Dienst <x.b.example>\r\n'
    b"List-Unsubscribe: <mailto:u@b.example>\r\n"
)
BODY = b"--b1\r\nContent-Type: text/plain\r\n\r\nx\r\n--b1\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b1--\r\n"


def test_a_right_message_has_no_problems() -> None:
    assert wire_problems(HEADERS, BODY) == []


@pytest.mark.parametrize(
    ("headers", "body", "problem"),
    [
        (HEADERS + b"Subject: again\r\n", BODY, "subject stands 2 times"),
        (HEADERS.replace(b"List-Id: Dienst <x.b.example>\r\n", b""), BODY, "list-id stands 0 times"),
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


def _with(name: bytes, value: bytes) -> bytes:
    """Change one field, or add it."""
    fields = [line for line in HEADERS.split(b"\r\n")[:-1] if not line.startswith(name + b":")]
    fields = [line for line in fields if not (name == b"Subject" and line.startswith(b" "))]
    return b"".join(line + b"\r\n" for line in [*fields, name + b": " + value])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"Date", b"Mon, 23 Nov 2026 07:00:00 -0000"),
        (b"From", b"Verband <a@b.example>, Zwei <c@d.example>"),
        (b"From", b"Gruppe: a@b.example;"),
        (b"Message-ID", b"1@b.example"),
        (b"MIME-Version", b"1.1"),
        (b"List-Id", b"daily"),
        (b"List-Id", b"<x.b.example>"),
        (b"List-Unsubscribe", b"<http://b.example/u>, <mailto:u@b.example>"),
        (b"List-Unsubscribe", b"<mailto:u@b.example>, <https://b.example/u>"),
        (b"List-Unsubscribe", b"<https://b.example/u>, <https://b.example/v>, <mailto:u@b.example>"),
        (b"List-Unsubscribe-Post", b"one-click"),
        (b"Feedback-ID", b"a:b:c"),
        (b"Feedback-ID", b"a:b:c:abcd"),
        (b"Feedback-ID", b"a:b:c:abcdefghijklmnop"),
        (b"Precedence", b"junk"),
        (b"Auto-Submitted", b"no"),
    ],
)
def test_each_value_that_is_not_well_formed_is_named(name: bytes, value: bytes) -> None:
    said = wire_problems(_with(name, value), BODY)
    assert any(f"the header {name.lower().decode()} is not well formed" in one for one in said), said


def test_words_that_nobody_decodes() -> None:
    said = wire_problems(_with(b"Message-ID", b"<=?utf-8?q?a?=@b.example>"), BODY)
    assert any("an encoded word in the header message-id" in one for one in said)


@pytest.mark.parametrize(
    "headers",
    [
        _with(b"List-Unsubscribe", b"<https://b.example/u>, <mailto:u@b.example>"),
        HEADERS + b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
    ],
)
def test_one_click_needs_both_of_its_headers(headers: bytes) -> None:
    assert any("go together" in one for one in wire_problems(headers, BODY))


def test_a_name_of_any_form_in_from() -> None:
    for value in (b"a@b.example", b"<a@b.example>", b"Verband <a@b.example>", b'"V, \\"W\\" @ e. V." <a@b.example>'):
        assert wire_problems(_with(b"From", value), BODY) == []
