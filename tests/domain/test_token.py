"""Signed tokens: who has none cannot make one, and who has one learns nothing."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.token import TOKEN_CHARACTERS, Purpose, TokenSubject, delivery_id_of, make_token, read_token

SECRET = "5a" * 32
ANNA = TokenSubject(4711, "daily", "anna.schmidt@example.org", "daily/7")
TOKEN = make_token(SECRET, Purpose.UNSUBSCRIBE, ANNA)


def test_a_token_is_read_back() -> None:
    assert delivery_id_of(TOKEN) == 4711
    assert read_token(SECRET, Purpose.UNSUBSCRIBE, TOKEN, ANNA)


@given(
    st.builds(TokenSubject, st.integers(0, 2**48 - 1), st.text(), st.text(), st.text()),
    st.sampled_from(Purpose),
)
def test_any_token_may_stand_in_an_address(subject: TokenSubject, purpose: Purpose) -> None:
    token = make_token(SECRET, purpose, subject)
    assert len(token) == TOKEN_CHARACTERS
    assert set(token) <= set(string.ascii_lowercase + string.digits)
    assert delivery_id_of(token) == subject.delivery_id
    assert read_token(SECRET, purpose, token, subject)


def test_ten_thousand_flipped_bits_are_refused() -> None:
    """One to three bits of the token's text, anywhere."""
    chance = random.Random(7)
    seen = 0
    while seen < 10_000:
        octets = bytearray(TOKEN.encode())
        for _ in range(chance.randint(1, 3)):
            octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
        changed = octets.decode("latin-1")
        if changed == TOKEN:
            continue
        assert not read_token(SECRET, Purpose.UNSUBSCRIBE, changed, ANNA)
        seen += 1


@pytest.mark.parametrize(
    "subject",
    [
        TokenSubject(4712, "daily", "anna.schmidt@example.org", "daily/7"),
        TokenSubject(4711, "weekly", "anna.schmidt@example.org", "daily/7"),
        TokenSubject(4711, "daily", "bert@example.org", "daily/7"),
        TokenSubject(4711, "daily", "anna.schmidt@example.org", "daily/8"),
        TokenSubject(4711, "dailya", "nna.schmidt@example.org", "daily/7"),
    ],
)
def test_it_is_good_for_nothing_else(subject: TokenSubject) -> None:
    """Not for another delivery, digest, recipient or edition: a restored backup gives numbers a second time."""
    assert not read_token(SECRET, Purpose.UNSUBSCRIBE, TOKEN, subject)


def test_not_for_another_purpose_and_not_elsewhere() -> None:
    assert not read_token(SECRET, Purpose.BOUNCE, TOKEN, ANNA)
    assert not read_token("5b" * 32, Purpose.UNSUBSCRIBE, TOKEN, ANNA)


@pytest.mark.parametrize(
    "text", ["", "x", TOKEN.upper(), TOKEN + "a", TOKEN[:-1], "ä" * 36, "1" * 36, " " + TOKEN, "a" * 10_000]
)
def test_what_is_no_token_names_nothing(text: str) -> None:
    assert delivery_id_of(text) is None
    assert not read_token(SECRET, Purpose.UNSUBSCRIBE, text, ANNA)
