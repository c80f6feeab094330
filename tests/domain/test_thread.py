"""Threads: nothing of the text is lost, each segment fits, and no break is made inside what belongs together."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.shorten import PostParts
from publisher.domain.text_limits import TextLimits, Unit, measure
from publisher.domain.thread import MAX_SEGMENTS, NUMBERINGS, Thread, make_thread, split_at_marks
from publisher.errors import PostTooLong
from tests.domain.test_shorten import LANGUAGES, LINK, SLOW, TEXTS, WHOLE

NOTHING = PostParts(lead="", title="")


def limit(length: int) -> TextLimits:
    return TextLimits(Unit.GRAPHEMES, length)


def thread(text: str, length: int, parts: PostParts = NOTHING, numbering: str = "1/4") -> Thread:
    return make_thread(split_at_marks(text), parts, limit(length), "de", numbering)


def test_what_fits_into_one_post_is_no_thread() -> None:
    """It has no number; link and hashtags stand in it as in any post."""
    made = thread("Kurz.", 100, PostParts("", "", link=LINK, hashtags=("#A",)))
    assert made.texts == (f"Kurz.\n\n{LINK}\n\n#A",)


def test_numbered_at_the_end_and_the_number_counts() -> None:
    made = thread("Die Pumpe läuft.\n\nDie Stadt spart Strom.\n\nAlle sind froh.", 30)
    assert made.texts == ("Die Pumpe läuft.\n\n1/3", "Die Stadt spart Strom.\n\n2/3", "Alle sind froh.\n\n3/3")
    assert [measured.length for measured in made.measures] == [21, 27, 20]
    assert made.fullest.length == 27


@pytest.mark.parametrize(("numbering", "number"), [("(1/4)", "\n\n(1/2)"), ("[1/4]", "\n\n[1/2]"), ("none", "")])
def test_other_ways_to_number(numbering: str, number: str) -> None:
    made = thread("Die Pumpe läuft.\n\nDie Stadt spart Strom.", 30, numbering=numbering)
    assert made.texts[0] == f"Die Pumpe läuft.{number}"


@pytest.mark.parametrize("mark", ["---", "-----", "<!-- split -->", "  <!--split-->  "])
def test_the_authors_marks_come_first(mark: str) -> None:
    """A mark begins a new post even where the text would fit into one."""
    made = thread(f"Eins.\n\nZwei.\n{mark}\nDrei.", 100)
    assert made.bodies == ("Eins.\n\nZwei.", "Drei.")


def test_a_dash_within_a_line_is_no_mark() -> None:
    assert split_at_marks("Eins --- zwei") == ["Eins --- zwei"]


def test_link_hashtags_and_credit_stand_in_the_first_post() -> None:
    """It is the one that is passed on, and the one with the picture."""
    parts = PostParts("", "", link=LINK, hashtags=("#Wasser",), credit="Foto: Weber")
    made = thread("Die Pumpe läuft. " * 10, 100, parts)
    assert made.texts[0].endswith(f"\n\n{LINK}\n\n#Wasser\n\nFoto: Weber\n\n1/{len(made.texts)}")
    assert all(LINK not in text for text in made.texts[1:])


def test_hashtags_go_where_the_first_post_has_no_room() -> None:
    parts = PostParts("", "", link=LINK, hashtags=("#Wasser", "#Wasserwirtschaftsverband"))
    made = thread("Die Pumpe läuft. " * 10, 65, parts)
    assert made.dropped_hashtags == ("#Wasserwirtschaftsverband",)
    assert "#Wasser\n" in made.texts[0]


def test_broken_at_paragraphs_before_sentences_and_sentences_before_words() -> None:
    assert thread("Die Pumpe läuft. Sie ist leise.\n\nDie Stadt spart sehr viel Strom.", 50).bodies == (
        "Die Pumpe läuft. Sie ist leise.",
        "Die Stadt spart sehr viel Strom.",
    )
    assert thread("Die Pumpe läuft. Die Stadt spart sehr viel Strom.", 45).bodies == (
        "Die Pumpe läuft.",
        "Die Stadt spart sehr viel Strom.",
    )
    assert thread("Stadtwerke Musterstadt erneuern die sämtlichen Pumpwerke", 45).bodies == (
        "Stadtwerke Musterstadt erneuern die",
        "sämtlichen Pumpwerke",
    )


def test_a_long_quotation_is_broken_at_its_sentences() -> None:
    text = "„Wir bauen hier sehr groß aus. Das freut uns alle sehr. Und dann feiern wir ein großes Fest.“"
    assert thread(text, 65).bodies == (
        "„Wir bauen hier sehr groß aus. Das freut uns alle sehr.",
        "Und dann feiern wir ein großes Fest.“",
    )


def test_more_than_nine_leave_room_for_two_digits() -> None:
    made = thread("Ja genau. " * 60, 33)
    assert len(made.texts) > 9
    assert made.texts[-1].endswith(f"\n\n{len(made.texts)}/{len(made.texts)}")
    assert all(measured.fits for measured in made.measures)


def test_an_endless_thread_is_an_error() -> None:
    with pytest.raises(PostTooLong, match=f"more than {MAX_SEGMENTS} posts"):
        thread("Die Pumpe läuft. " * 300, 30)
    with pytest.raises(PostTooLong, match="at most 100,000"):
        thread("a " * 5_000_000, 500)


def test_a_word_longer_than_a_post_is_an_error_that_shows_it() -> None:
    with pytest.raises(PostTooLong, match=r'"https://example\.org/xxx'):
        thread("Mehr dazu: https://example.org/" + "x" * 200, 100)


def test_only_emoji() -> None:
    made = thread("🎉" * 100, 40)
    assert "".join(made.bodies) == "🎉" * 100


# Laws.

LIMITS = st.one_of(
    st.sampled_from(list(KNOWN_LIMITS.values())),
    st.builds(TextLimits, unit=st.sampled_from(list(Unit)), max_length=st.integers(80, 400)),
)
MARKED = st.lists(TEXTS.filter(bool), min_size=1, max_size=4).map("\n---\n".join)
TAILS = st.builds(
    PostParts,
    lead=st.just(""),
    title=st.just(""),
    link=st.one_of(st.none(), st.just(LINK)),
    hashtags=st.lists(st.sampled_from(["#Wasser", "#Köln"]), unique=True).map(tuple),
)


def made_of(text: str, parts: PostParts, limits: TextLimits, lang: str, numbering: str) -> Thread | None:
    try:
        return make_thread(split_at_marks(text), parts, limits, lang, numbering)
    except PostTooLong:
        return None


def check_laws(text: str, parts: PostParts, limits: TextLimits, lang: str, numbering: str) -> None:
    made = made_of(text, parts, limits, lang, numbering)
    if made is None:
        return
    for segment, measured in zip(made.texts, made.measures, strict=True):
        assert measured == measure(segment, limits)
        assert measured.fits
    check_nothing_is_lost(text, made)
    check_breaks(text, made)


def check_nothing_is_lost(text: str, made: Thread) -> None:
    """But for blanks and the author's marks, the segments are the text."""
    assert "".join("".join(made.bodies).split()) == "".join("".join(split_at_marks(text)).split())
    for body, segment in zip(made.bodies, made.texts, strict=True):
        assert segment.startswith(body)


def check_breaks(text: str, made: Thread) -> None:
    """No segment begins within a character, a link, a mention, a hashtag or a number."""
    for chunk in split_at_marks(text):
        clusters = set(regex.findall(r"\X", chunk))
        position = 0
        for body in made.bodies:
            found = chunk.find(body, position)
            if found < 0:
                continue
            position = found + len(body)
            assert set(regex.findall(r"\X", body)) <= clusters
            for pattern in WHOLE:
                for match in regex.finditer(rf"(?<!\S)(?:{pattern})", chunk):
                    assert not match.start() < position < match.end(), match.group()


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(MARKED, TAILS, LIMITS, LANGUAGES, st.sampled_from(NUMBERINGS))
def test_laws(text: str, parts: PostParts, limits: TextLimits, lang: str, numbering: str) -> None:
    check_laws(text, parts, limits, lang, numbering)


@pytest.mark.long
@settings(max_examples=2_500, deadline=None, suppress_health_check=SLOW)
@given(MARKED, TAILS, LIMITS, LANGUAGES, st.sampled_from(NUMBERINGS))
def test_laws_long(text: str, parts: PostParts, limits: TextLimits, lang: str, numbering: str) -> None:
    check_laws(text, parts, limits, lang, numbering)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.integers(20, 120))
def test_any_text_at_all_loses_nothing(text: str, length: int) -> None:
    made = made_of(text, NOTHING, limit(length), "de", "1/4") if split_at_marks(text) else None
    if made:
        check_nothing_is_lost(text, made)
