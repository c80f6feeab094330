"""Whatever stands in a field: refused, or one header that reads the same; never another header, never a bare CR or LF.

The long form (`-m long`) tries 200,000, the short one 5,000.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from random import Random

import pytest

from publisher.adapters._smtp_transaction import Envelope
from publisher.domain.header_words import mailbox, phrase
from publisher.domain.message import Context, escape
from publisher.errors import TemplateError
from publisher.rendering.header_block import header_lines, refuse_unsafe
from tests.fuzz.nasty import nasty_text

counts = pytest.mark.parametrize("count", [5_000, pytest.param(200_000, marks=pytest.mark.long)])
NAMES = ["From", "Subject", "List-Id", "X-End"]
Writer = Callable[[str, str], bytes]


def write(subject: str, name: str) -> bytes:
    """As `rendering/email.py` does."""
    for field in ("From", "List-Id"):
        refuse_unsafe(field, name)
    pieces = header_lines(
        [
            ("From", (mailbox(name, "news@example.org", first_column=6),)),
            ("Subject", (subject,)),
            ("List-Id", (f"{phrase(name, first_column=9)} <daily.example.org>",)),
            ("X-End", ("1",)),
        ]
    )
    (block,) = pieces
    assert isinstance(block, bytes)
    return block


def write_carelessly(subject: str, name: str) -> bytes:
    """The control: what many programs do."""
    text = (
        f"From: {name} <news@example.org>\r\nSubject: {subject}\r\nList-Id: {name} <daily.example.org>\r\nX-End: 1\r\n"
    )
    return text.encode("utf-8", "replace")


def faults_of(block: bytes, subject: str) -> list[str]:
    """Look at the bytes, and read them back with Python's parser."""
    faults = []
    if re.search(rb"\r(?!\n)|(?<!\r)\n", block):
        faults.append("a bare CR or LF")
    names = [line.partition(b":")[0].decode("latin-1") for line in block.split(b"\r\n")[:-1] if line[:1] not in b" \t"]
    if names != NAMES:
        faults.append("extra headers")
    if not block.isascii() or b"\0" in block:
        faults.append("an octet that no header has")
    if max(map(len, block.split(b"\r\n"))) > 998:
        faults.append("a line that is too long")
    if faults:
        return faults
    try:
        return _reading_faults(block, subject)
    except ValueError:
        return ["what Python's parser refuses"]


def _reading_faults(block: bytes, subject: str) -> list[str]:
    faults = []
    read = message_from_bytes(block + b"\r\n", policy=policy.default)
    if read.keys() != NAMES:
        faults.append("extra headers")
    if " ".join(str(read["subject"]).split()) != " ".join(subject.split()):
        faults.append("another subject")
    if [one.addr_spec for one in read["from"].addresses] != ["news@example.org"]:
        faults.append("another sender")
    return faults


def run(writer: Writer, count: int) -> tuple[list[tuple[str, str, list[str]]], int]:
    """Give what went wrong, and how many were refused."""
    chance = Random(20261123)
    found, refused = [], 0
    for _ in range(count):
        subject, name = nasty_text(chance), nasty_text(chance)
        if chance.random() < 0.5:
            name = "Verband"
        try:
            block = writer(subject, name)
        except TemplateError:
            refused += 1
            continue
        if faults := faults_of(block, subject):
            found.append((subject, name, faults))
    return found, refused


@counts
def test_no_header_brings_another_one(count: int) -> None:
    found, refused = run(write, count)
    assert found == []
    assert 0.1 * count < refused < 0.9 * count


def test_careless_headers_are_found() -> None:
    found, _ = run(write_carelessly, 1_000)
    kinds = {fault for _, _, faults in found for fault in faults}
    assert {"a bare CR or LF", "extra headers", "an octet that no header has"} <= kinds


def _commands(mail_from: str, rcpt_to: str) -> list[str]:
    return [f"MAIL FROM:<{mail_from}>", f"RCPT TO:<{rcpt_to}>"]


def _is_one_command_with_one_address(line: str) -> bool:
    return re.fullmatch(r"(MAIL FROM|RCPT TO):<[^<>\s\x00-\x20\x7f]*>", line) is not None


@counts
def test_no_address_brings_another_command(count: int) -> None:
    chance = Random(7)
    taken = 0
    for _ in range(count):
        address = nasty_text(chance) + chance.choice(["@example.org", "", "@exam" + nasty_text(chance)])
        for pair in (("news@example.org", address), (address, "anna@example.org")):
            try:
                envelope = Envelope(*pair)
            except ValueError:
                continue
            taken += 1
            lines = _commands(envelope.mail_from, envelope.rcpt_to)
            assert all(map(_is_one_command_with_one_address, lines)), lines
        for context in (Context.HEADER, Context.ENVELOPE):
            try:
                assert not re.search(rb"[\x00-\x1f\x7f]", escape(address, context))
            except ValueError:
                continue
    assert taken > count / 50


def test_careless_commands_are_found() -> None:
    chance = Random(7)
    lines = [line for _ in range(500) for line in _commands("a@b", nasty_text(chance))]
    assert not all(map(_is_one_command_with_one_address, lines))
