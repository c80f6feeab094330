"""Words of headers: read back by Python's own decoder, never too long, never with a line break."""

from __future__ import annotations

from email.header import decode_header, make_header

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.header_words import MAX_WORD, encoded_words, is_control, mailbox, phrase, subject_words

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=120)


@settings(max_examples=400, deadline=None)
@given(_TEXT, st.integers(0, 30))
def test_encoded_words_are_short_and_decode_to_the_text(text: str, first_column: int) -> None:
    words = encoded_words(text, first_column=first_column)
    assert all(len(word) <= MAX_WORD and word.isascii() and " " not in word for word in words)
    assert len(words[0]) + first_column <= 76
    assert str(make_header(decode_header(" ".join(words)))) == text


@settings(max_examples=300, deadline=None)
@given(_TEXT.map(lambda text: " ".join(text.split()) or "x"))
def test_a_subject_decodes_to_the_text(text: str) -> None:
    words = subject_words(text, first_column=9)
    assert str(make_header(decode_header(" ".join(words)))) == text


def test_plain_subjects_stay_plain_and_odd_ones_are_encoded() -> None:
    assert subject_words("A new pump") == ["A", "new", "pump"]
    assert subject_words("Two  spaces")[0].startswith("=?utf-8?")
    assert subject_words("half =? a word")[0].startswith("=?utf-8?")
    assert subject_words("x" * 200)[0].startswith("=?utf-8?")


def test_phrases() -> None:
    assert phrase("Erika Mustermann") == "Erika Mustermann"
    assert phrase("Haus, Wärme") == "=?utf-8?q?Haus=2C_W=C3=A4rme?="
    assert phrase('Say "hi", Dr. X') == '"Say \\"hi\\", Dr. X"'
    assert phrase("=?utf-8?q?x=0D=0ABcc:_a@b?=").startswith("=?utf-8?q?=3D=3Futf")
    assert mailbox(None, "a@b.example") == "a@b.example"
    assert mailbox("Änne", "a@b.example") == "=?utf-8?q?=C3=84nne?= <a@b.example>"


def test_the_readable_encoding_is_taken_unless_it_is_long() -> None:
    assert encoded_words("Größe")[0].startswith("=?utf-8?q?")
    assert encoded_words("Привет")[0].startswith("=?utf-8?b?")


def test_what_counts_as_a_control_character() -> None:
    assert all(is_control(character) for character in "\0\r\n\t\x7f\x85\x9f\u2028\u2029\ud800")
    assert not any(is_control(character) for character in " ä\u00a0\u00ad😀")
