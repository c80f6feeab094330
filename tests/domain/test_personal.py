"""What one recipient's message is filled with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.delivery import DeliveryKey
from publisher.domain.digest import Digest
from publisher.domain.message import Message, MessageKind, Placeholder, fill
from publisher.domain.personal import (
    MAX_BOUNCE_PREFIX,
    MESSAGE_PLACEHOLDERS,
    TEMPLATE_PLACEHOLDERS,
    SignedAddresses,
    recipient_values,
)
from publisher.domain.token import Purpose, TokenSubject, read_token
from publisher.rendering.texts import greetings_for

DIGEST = Digest(title="Wärme aktuell", channel="mail", from_address="news@Verband.example")
QUEUED_AT = datetime(2026, 7, 1, 5, 30, tzinfo=UTC)


def _values(name: str | None = "Erika Mustermann", digest: Digest = DIGEST, language: str = "de") -> dict[str, str]:
    return recipient_values(
        key=DeliveryKey("a" * 64, "mail", "erika@example.org", 1, "weekly/7", rehearsal=False),
        recipient="erika@example.org",
        name=name,
        greetings=greetings_for(language),
        digest=digest,
        digest_name="weekly news",
        queued_at=QUEUED_AT,
        time_zone="Europe/Berlin",
    )


def test_every_placeholder_has_a_value_and_no_value_is_for_nothing() -> None:
    assert _values().keys() == {**TEMPLATE_PLACEHOLDERS, **MESSAGE_PLACEHOLDERS}.keys()


def test_the_values() -> None:
    values = _values()
    assert values["to"] == "Erika Mustermann <erika@example.org>"
    assert values["date"] == "Wed, 1 Jul 2026 07:30:00 +0200"
    assert parsedate_to_datetime(values["date"]) == QUEUED_AT
    assert values["return_path"] == "news@Verband.example"
    assert values["list_unsubscribe"] == "<mailto:news@Verband.example?subject=unsubscribe%20weekly%20news>"
    assert values["list_unsubscribe"] == f"<{values['unsubscribe_url']}>"


def test_the_message_id_is_the_same_on_every_attempt_and_hides_the_address() -> None:
    first, second = _values()["message_id"], _values()["message_id"]
    assert first == second
    assert first.endswith("@verband.example>")
    assert len(first) == len("<@verband.example>") + 32
    assert "erika" not in first


@pytest.mark.parametrize(
    ("name", "language", "greeting"),
    [
        ("Erika Mustermann", "de", "Guten Tag Erika Mustermann,"),
        (None, "de", "Guten Tag,"),
        ("  \n ", "de-AT", "Guten Tag,"),
        ("Ada\r\nLovelace\0", "en", "Hello Ada Lovelace,"),
        ("{0} {name}", "en", "Hello {0} {name},"),
    ],
)
def test_the_greeting(name: str | None, language: str, greeting: str) -> None:
    assert _values(name, language=language)["greeting"] == greeting


def test_an_address_for_unsubscribing_of_its_own() -> None:
    digest = Digest(title="x", channel="mail", from_address="a@b.example", unsubscribe_address="weg+x@b.example")
    assert _values(digest=digest)["unsubscribe_url"].startswith("mailto:weg+x@b.example?")


def test_a_name_that_does_not_fit_on_the_line_is_left_out_of_to() -> None:
    assert _values("Ä" * 60)["to"] == "erika@example.org"
    assert _values("Jörg Müller")["to"] == "=?utf-8?q?J=C3=B6rg_M=C3=BCller?= <erika@example.org>"


@given(st.text(max_size=60))
def test_any_name_leaves_one_line_for_every_header(name: str) -> None:
    """Whatever a list of subscribers brings: one To header with one address, by Python's parser."""
    values = _values(name)
    pieces = [
        (f"{key}: ".encode(), Placeholder(key, context), b"\r\n") for key, context in MESSAGE_PLACEHOLDERS.items()
    ]
    message = Message(MessageKind.EMAIL, {"headers": tuple(part for line in pieces for part in line)})
    read = message_from_bytes(fill(message, values)["headers"] + b"\r\n", policy=policy.default)
    assert read.keys() == list(MESSAGE_PLACEHOLDERS)
    assert [address.addr_spec for address in read["to"].addresses] == ["erika@example.org"]


# ------------------------------------------------------------------------------------------------ signed addresses

SECRET = "c3" * 32
SUBJECT = TokenSubject(12, "weekly news", "erika@example.org", "weekly/7")


def _signed(digest: Digest = DIGEST, public_url: str = "https://news.example.org") -> dict[str, str]:
    return recipient_values(
        key=DeliveryKey("a" * 64, "mail", "erika@example.org", 1, "weekly/7", rehearsal=False),
        recipient="erika@example.org",
        name=None,
        greetings=greetings_for("de"),
        digest=digest,
        digest_name="weekly news",
        queued_at=QUEUED_AT,
        time_zone="Europe/Berlin",
        signed=SignedAddresses(SECRET, public_url, 12),
    )


def test_with_pages_unsubscribing_is_one_click_with_the_mailto_behind() -> None:
    """RFC 8058: exactly one https address, and it comes first."""
    values = _signed()
    page, mailto = values["list_unsubscribe"].split(", ")
    assert page == f"<{values['unsubscribe_url']}>"
    assert mailto == "<mailto:news@Verband.example?subject=unsubscribe%20weekly%20news>"
    address, _, token = values["unsubscribe_url"].rpartition("/")
    assert address == "https://news.example.org/unsubscribe"
    assert read_token(SECRET, Purpose.UNSUBSCRIBE, token, SUBJECT)


def test_the_web_version_is_the_page_of_the_archive_and_the_same_for_everyone() -> None:
    assert _signed()["web_version_url"] == f"https://news.example.org/{SUBJECT.edition}.html"


def test_without_pages_there_is_the_mailto_alone() -> None:
    values = _signed(public_url="")
    assert values["list_unsubscribe"] == "<mailto:news@Verband.example?subject=unsubscribe%20weekly%20news>"
    assert values["web_version_url"] == ""


def test_a_bounce_names_whom_it_is_about_without_saying_so() -> None:
    digest = replace(DIGEST, return_path="b" * MAX_BOUNCE_PREFIX + "@bounces.verband.example")
    local, _, domain = _signed(digest)["return_path"].rpartition("@")
    assert domain == "bounces.verband.example"
    assert len(local) == 64
    assert "erika" not in local
    assert read_token(SECRET, Purpose.BOUNCE, local.rpartition("+")[2], SUBJECT)
    assert _signed()["return_path"] == "news@Verband.example"


def test_no_value_has_the_address_but_to() -> None:
    values = _signed(replace(DIGEST, return_path="b@bounces.verband.example"))
    assert [name for name, value in values.items() if "erika" in value.lower()] == ["to"]


def test_the_name_has_a_fallback() -> None:
    assert _values()["name"] == "Erika Mustermann"
    assert _values(None)["name"] == "liebe Leserin, lieber Leser"
    assert _values(None, language="en")["name"] == "dear reader"
