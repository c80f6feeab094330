"""The header block: nothing given as a value can become another header, by Python's parser as a second opinion."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.header_words import is_control, mailbox, phrase
from publisher.domain.message import Context, Placeholder
from publisher.errors import TemplateError
from publisher.rendering.header_block import header_lines, refuse_unsafe

TO = Placeholder("to", Context.HEADER)


def _bytes(*fields: tuple[str, str]) -> bytes:
    pieces = header_lines([(name, (value,)) for name, value in fields])
    assert len(pieces) == 1
    assert isinstance(pieces[0], bytes)
    return pieces[0]


def test_placeholders_stand_between_bytes() -> None:
    pieces = header_lines([("Subject", ("Grüße",)), ("To", (TO,)), ("X-A", ("<", TO, ">")), ("X-B", ("b",))])
    assert pieces == (b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nTo: ", TO, b"\r\nX-A: <", TO, b">\r\nX-B: b\r\n")


def test_long_values_are_folded_between_words_only() -> None:
    name = "Fachverband für Haustechnik, Wärme und Wasser e. V. – Landesgruppe Nordrhein-Westfalen"
    block = _bytes(("From", mailbox(name, "news@verband.example", first_column=6)), ("Subject", "Grüße " * 30))
    assert all(len(line) <= 76 for line in block.split(b"\r\n"))
    read = message_from_bytes(block + b"\r\n", policy=policy.compat32)
    assert str(make_header(decode_header(read["From"]))) == f"{name} <news@verband.example>"
    assert " ".join(str(make_header(decode_header(read["Subject"]))).split()) == ("Grüße " * 30).strip()


def test_addresses_and_quotes_are_never_folded() -> None:
    long = "<mailto:unsubscribe-" + "x" * 120 + "@verband.example?subject=unsubscribe%20weekly>"
    assert _bytes(("List-Help", long)) == f"List-Help: {long}\r\n".encode()
    quoted = '"' + "Name, " * 12 + '" <a@b.example>'
    assert _bytes(("From", quoted)).replace(b"\r\n ", b" ") == f"From: {quoted}\r\n".encode()


@pytest.mark.parametrize(
    "bad", ["a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\0b", "a\x85b", "a\u2028b", "a\x0bb", "a\x1fb"]
)
@pytest.mark.parametrize("field", ["Subject", "From", "List-Id"])
def test_line_breaks_and_control_characters_are_refused(field: str, bad: str) -> None:
    with pytest.raises(TemplateError, match="control character") as caught:
        header_lines([(field, (bad,))])
    assert caught.value.where == f"header {field}"
    assert caught.value.hint


@pytest.mark.parametrize(
    "bad", ["=?utf-8?q?x=0D=0ABcc:_a@b?=", "x =?ISO-8859-1?Q?a?= y", "=?utf-8?b?////?=", "=?utf-8?b?DQpCY2M6?="]
)
def test_what_looks_encoded_is_refused(bad: str) -> None:
    for field in ("Subject", "From"):
        with pytest.raises(TemplateError, match="encoded word"):
            header_lines([(field, (bad,))])
    with pytest.raises(TemplateError, match="encoded word"):
        refuse_unsafe("From", bad)


def test_other_mistakes() -> None:
    with pytest.raises(TemplateError, match="is no header name"):
        header_lines([("Bad:", ("x",))])
    with pytest.raises(TemplateError, match="not ASCII: 'ü'"):
        header_lines([("Reply-To", ("a@müller.example",))])
    with pytest.raises(TemplateError, match="too long"):
        header_lines([("X-Long", ("<" + "x" * 1000 + ">",))])


_ANY = st.text(max_size=90) | st.lists(
    st.sampled_from([*'\r\n\0\t "<>,;:()\\@=?_.äß😀\u2028\x85aB0', "=?utf-8?q?", "?=", "\r\nBcc: "]), max_size=60
).map("".join)


@settings(max_examples=1000, deadline=None)
@given(_ANY, _ANY)
def test_any_value_gives_one_header_or_an_error(subject: str, name: str) -> None:
    try:
        refuse_unsafe("From", name)
        block = _bytes(("Subject", subject), ("From", mailbox(name, "a@b.example", first_column=6)), ("X-End", "end"))
    except TemplateError as error:
        assert error.hint
        return
    assert b"\n" not in block.replace(b"\r\n", b"")
    read = message_from_bytes(block + b"\r\nbody", policy=policy.compat32)
    assert read.keys() == ["Subject", "From", "X-End"]
    assert not read.defects
    assert _unfolded(read["Subject"]) == " ".join(subject.split(" ")).strip() or "=?" not in read["Subject"]
    assert read["X-End"] == "end"


def _unfolded(value: str) -> str:
    return str(make_header(decode_header(value))).strip()


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60).filter(lambda t: t.strip() == t))
def test_a_display_name_reads_back(name: str) -> None:
    if any(is_control(character) for character in name):
        return
    written = phrase(name)
    if written.startswith('"'):
        assert written[1:-1].replace('\\"', '"').replace("\\\\", "\\") == name
    else:
        assert _unfolded(written) == name
