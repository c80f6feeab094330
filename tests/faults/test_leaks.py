"""Nobody's e-mail holds another reader's name, address or token; the standard library's parser looks at all of them."""

from __future__ import annotations

import email
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path

import pytest

from publisher.domain.subscriber import Subscriber
from tests.faults.editions import config_for, make_edition
from tests.faults.runs import Warm
from tests.journeys.project import Project
from tests.journeys.servers.accountant import Accountant, Kept

PERSONAL = """
[web]
public_url = "https://fachverband.example/rundbrief"
"""
RETURN_PATH = 'return_path = "ruecklauf@example.org"'
# What everyone's e-mail may say.
COMMON = {"newsletter@example.org", "presse@example.org"}

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAME = re.compile(r"Leserin N\d+e")
_TOKEN = re.compile(r"fachverband\.example/rundbrief/unsubscribe/([\w.~%-]+)")


def words_of(content: bytes) -> str:
    """Everything that a reader's program sees: the headers, and each part decoded."""
    message = email.message_from_bytes(content)
    return "\n".join([str(value) for value in message.values()] + [_text_of(part) for part in message.walk()])


def _text_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8") if isinstance(payload, bytes) and part.get_content_maintype() == "text" else ""


def find_leaks(messages: Iterable[Kept], names: dict[str, str]) -> Iterator[str]:
    """Compare each message with whom it went to; a token may stand in one recipient's messages only."""
    owners: dict[str, str] = {}
    for kept in messages:
        whole = words_of(kept.wire)
        message_id = email.message_from_bytes(kept.wire)["Message-ID"].strip("<>")
        if foreign := set(_ADDRESS.findall(whole)) - COMMON - {kept.recipient, message_id}:
            yield f"{kept.recipient} reads the addresses {foreign}"
        if (found := set(_NAME.findall(whole))) != {names[kept.recipient]}:
            yield f"{kept.recipient} reads the names {found}"
        tokens = set(_TOKEN.findall(whole))
        if len(tokens) != 1:
            yield f"{kept.recipient} reads the tokens {tokens}"
        for token in {*tokens, kept.sender, message_id}:
            if owners.setdefault(token, kept.recipient) != kept.recipient:
                yield f"{kept.recipient} has a token of {owners[token]}"


def make_personal(folder: Path, port: int, count: int) -> tuple[Project, dict[str, str]]:
    """Make an edition to people with names, each with addresses of their own for unsubscribing and bounces."""
    config = config_for(port, PERSONAL).replace("[channels", f"{RETURN_PATH}\n[channels", 1)
    project, _ = make_edition(folder, config, 0)
    names = {f"person{number}@example.org": f"Leserin N{number}e" for number in range(count)}
    people = [
        Subscriber(address=address, name=name, digests=("daily",), consent_source="test")
        for address, name in names.items()
    ]
    with project.store() as store:
        store.subscribers.save(people, datetime.now(UTC))
    return project, names


def look_through(folder: Path, accountant: Accountant, warm: Warm, count: int) -> None:
    project, names = make_personal(folder / "project", accountant.port, count)
    accountant.keep()
    assert warm.start(project.folder, "now", "--yes").finish().code == 0
    assert sorted(accountant.taken()) == sorted(names)
    seen = 0

    def counted() -> Iterator[Kept]:
        nonlocal seen
        for seen, kept in enumerate(accountant.kept(), 1):  # noqa: B007 - it is looked at after the loop
            yield kept

    assert list(find_leaks(counted(), names)) == []
    assert seen == count


def test_a_thousand_messages(tmp_path: Path, accountant: Accountant, warm: Warm) -> None:
    look_through(tmp_path, accountant, warm, 1_000)


@pytest.mark.long
def test_ten_thousand_messages(tmp_path: Path, accountant: Accountant, warm: Warm) -> None:
    look_through(tmp_path, accountant, warm, 10_000)


def test_a_hundred_rehearsed_messages(tmp_path: Path, accountant: Accountant, warm: Warm) -> None:
    """A rehearsal makes its messages another way."""
    project, names = make_personal(tmp_path / "project", accountant.port, 100)
    assert warm.start(project.folder, "now", "--yes", "--rehearse").finish().code == 0
    contents = [path.read_bytes() for path in project.folder.rglob("newsletter/*.eml")]
    kept = [Kept("", _ADDRESS.findall(email.message_from_bytes(content)["To"])[0], content) for content in contents]
    assert sorted(each.recipient for each in kept) == sorted(names)
    assert list(find_leaks((Kept(each.recipient, each.recipient, each.wire) for each in kept), names)) == []
    assert accountant.taken_count() == 0


def test_control_seeded_leaks_are_found(tmp_path: Path, accountant: Accountant, warm: Warm) -> None:
    """One body that belongs to another, one token, one name, one address, one sender: each is found."""
    project, names = make_personal(tmp_path / "project", accountant.port, 10)
    accountant.keep()
    assert warm.start(project.folder, "now", "--yes").finish().code == 0
    good = list(accountant.kept())
    first, second = good[0], good[1]
    (mine,), (foreign,) = (set(_TOKEN.findall(words_of(each.wire))) for each in (first, second))
    seeds = [
        Kept(first.sender, first.recipient, second.wire),
        Kept(first.sender, first.recipient, first.wire.replace(mine.encode(), foreign.encode())),
        Kept(first.sender, first.recipient, first.wire.replace(*_both(first, second, names))),
        Kept(first.sender, first.recipient, first.wire.replace(first.recipient.encode(), second.recipient.encode())),
        Kept(second.sender, first.recipient, first.wire),
    ]
    assert list(find_leaks(good, names)) == []
    for seed in seeds:
        assert list(find_leaks([*good[1:], seed], names)), seed


def _both(first: Kept, second: Kept, names: dict[str, str]) -> tuple[bytes, bytes]:
    return names[first.recipient].encode(), names[second.recipient].encode()
