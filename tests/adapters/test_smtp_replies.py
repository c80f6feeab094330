"""Replies read out of octets: the same however they come in, and by the form of RFC 5321 4.2 alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapters._smtp_nonsense import NonsenseReply
from publisher.adapters._smtp_replies import MAX_REPLY_LINE_OCTETS, MAX_REPLY_LINES, Replies

NONSENSE = "nonsense"
_FORM = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\r\n]*))?\r?\n")
Read = list[tuple[int, bytes] | str]


def oracle(octets: bytes) -> Read:
    """Line by line, by the form alone; nothing is read behind nonsense."""
    read: Read = []
    texts: list[bytes] = []
    for line in re.findall(rb"[^\n]*\n", octets):
        form = _FORM.fullmatch(line)
        if form is None:
            return [*read, NONSENSE]
        texts.append((form[3] or b"").strip())
        if form[2] != b"-":
            read.append((int(form[1]), b"\n".join(texts)))
            texts = []
    return read


def read(pieces: Sequence[bytes]) -> Read:
    """As the dialogue does: what is there is taken whenever something has come in."""
    replies, taken = Replies(), list[tuple[int, bytes] | str]()
    for piece in pieces:
        replies.add(piece)
        try:
            while (reply := replies.next()) is not None:
                taken.append((reply.code, reply.text))
        except NonsenseReply:
            return [*taken, NONSENSE]
    return taken


LINES = st.sampled_from(
    [
        *(b"250 2.1.0 Ok\r\n", b"250 Ok\n", b"354 End data with <CR><LF>.<CR><LF>\r\n", b"250-first\r\n", b"220\r\n"),
        *(b"550  two spaces \r\n", b"450-\r\n", b"999 high\r\n", b"25 short\r\n", b"250\tOk\r\n", b"250 a\rb\r\n"),
        *(b"\r\n", b"\n", b"250 \xff\x00\r\n", b"250 a\r\r\n", b"2500 Ok\r\n", b"421 bye", b"25", b"250 Ok\r"),
    ]
)
STREAMS = st.lists(LINES, max_size=6).map(b"".join) | st.binary(max_size=40)


@given(STREAMS, st.lists(st.integers(0, 200), max_size=8))
def test_it_reads_the_same_however_the_octets_come_in(octets: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(octets), *(min(cut, len(octets)) for cut in cuts)})
    pieces = [octets[start:end] for start, end in pairwise(edges)]
    assert read(pieces) == read([octets[at : at + 1] for at in range(len(octets))]) == oracle(octets)


def test_what_comes_too_early_is_not_nothing() -> None:
    """After STARTTLS, or before a message: somebody has said more than was asked for."""
    replies = Replies()
    replies.add(b"220 go ahead\r\n250 forged\r\n")
    assert replies.next() is not None
    assert not replies.is_empty
    assert replies.next() is not None
    assert replies.is_empty
    replies.add(b"25")
    assert replies.next() is None
    assert not replies.is_empty


def test_half_of_a_reply_of_several_lines_is_not_nothing() -> None:
    replies = Replies()
    replies.add(b"250-first\r\n")
    assert replies.next() is None
    assert not replies.is_empty


def test_a_line_without_end_and_a_reply_without_end_are_nonsense() -> None:
    assert read([b"250 " + b"x" * MAX_REPLY_LINE_OCTETS]) == [NONSENSE]
    assert read([b"250 " + b"x" * (MAX_REPLY_LINE_OCTETS - 4)]) == []
    assert read([b"250-x\r\n" * (MAX_REPLY_LINES + 1)]) == [NONSENSE]
    assert read([b"250-x\r\n" * (MAX_REPLY_LINES - 1) + b"250 x\r\n"]) == [(250, b"\n".join([b"x"] * MAX_REPLY_LINES))]


@pytest.mark.parametrize("code", [199, 200, 599, 600])
def test_codes_go_from_200_to_599(code: int) -> None:
    assert read([b"%d x\r\n" % code]) == ([(code, b"x")] if 200 <= code < 600 else [NONSENSE])
