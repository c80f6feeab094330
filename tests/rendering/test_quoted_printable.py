"""Bodies: read back by Python's decoder, in lines that no relay changes, with or without placeholders."""

from __future__ import annotations

import quopri

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.message import Context, Message, MessageKind, Placeholder, fill
from publisher.rendering.quoted_printable import quoted_printable

_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=300) | st.lists(
    st.sampled_from([*" .-=\tFrom\näx", "From ", "\n.", "\n--", "\n\nFrom ", " \n"]), max_size=200
).map("".join)


def _filled(parts: list[str | Placeholder], values: dict[str, str]) -> bytes:
    return fill(Message(MessageKind.EMAIL, {"body": quoted_printable(parts)}), values)["body"]


def _lines_are_safe(encoded: bytes) -> None:
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From ", b"--"))
        assert not line.endswith((b" ", b"\t"))
        assert all(0x20 <= octet <= 0x7E or octet == 0x09 for octet in line)


def _expected(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


@settings(max_examples=500, deadline=None)
@given(_TEXT)
def test_text_reads_back(text: str) -> None:
    encoded = _filled([text], {})
    _lines_are_safe(encoded)
    assert quopri.decodestring(encoded).decode() == _expected(text)


@settings(max_examples=500, deadline=None)
@given(_TEXT, _TEXT, st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=120))
def test_text_around_a_placeholder_reads_back(before: str, after: str, value: str) -> None:
    parts = [before, Placeholder("greeting", Context.TEXT), after, Placeholder("greeting", Context.TEXT), "\n"]
    encoded = _filled(parts, {"greeting": value})
    _lines_are_safe(encoded)
    assert quopri.decodestring(encoded).decode() == _expected(before) + value + _expected(after) + value + "\r\n"


def test_what_relays_change_is_encoded() -> None:
    assert _filled([".x\nFrom here\n--b"], {}) == b"=2Ex\r\n=46rom here\r\n=2D-b"
