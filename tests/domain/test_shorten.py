"""Shortening: what goes first, where the cut is made, and laws that hold for any post."""

from __future__ import annotations

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.sentences import quotations
from publisher.domain.shorten import Fitted, PostParts, compose, cuts_of, fit
from publisher.domain.text_limits import TextLimits, Unit, count_graphemes
from publisher.errors import PostTooLong

TITLE = "Neue Pumpe spart Strom"
LINK = "https://example.org/neue-pumpe"


def limit(length: int) -> TextLimits:
    return TextLimits(Unit.GRAPHEMES, length)


def parts(lead: str, title: str = TITLE, link: str | None = None, tags: tuple[str, ...] = (), **more: str) -> PostParts:
    return PostParts(lead=lead, title=title, link=link, hashtags=tags, **more)


def lead_of(text: str, length: int, lang: str = "de", title: str = "T") -> tuple[str, str | None]:
    fitted = fit(parts(text, title=title), limit(length), lang)
    return fitted.text, fitted.cut


def test_what_fits_is_left_alone() -> None:
    post = parts("Kurz.", link=LINK, tags=("#A", "#B"), credit="Foto: Weber")
    fitted = fit(post, limit(100))
    assert fitted.text == f"Kurz.\n\n{LINK}\n\n#A #B\n\nFoto: Weber"
    assert (fitted.cut, fitted.dropped_hashtags, fitted.measure.length) == (None, (), len(fitted.text))


def test_cut_at_a_paragraph() -> None:
    text = "Erster Absatz mit Text.\n\nZweiter Absatz mit einigen Worten mehr."
    assert lead_of(text, 40) == ("Erster Absatz mit Text.", "paragraph")


def test_cut_at_a_sentence() -> None:
    assert lead_of("Die Pumpe läuft. Die Stadt spart sehr viel Strom.", 40) == ("Die Pumpe läuft.", "sentence")


def test_cut_at_a_clause() -> None:
    text = "Die Pumpe läuft seit Montag, wie die Stadtwerke mitteilten"
    assert lead_of(text, 40) == ("Die Pumpe läuft seit Montag …", "clause")


def test_a_prefix_of_a_verb_may_end_a_clause() -> None:
    text = "Die Neufassung bringt ein Formular mit, das alles enthält"
    assert lead_of(text, 50)[0] == "Die Neufassung bringt ein Formular mit …"


def test_cut_at_a_word() -> None:
    text = "Stadtwerke Musterstadt erneuern sämtliche Pumpwerke"
    assert lead_of(text, 43) == ("Stadtwerke Musterstadt erneuern sämtliche …", "word")
    assert lead_of(text, 42) == ("Stadtwerke Musterstadt erneuern …", "word")


def test_english_ellipsis_stands_at_the_word() -> None:
    assert lead_of("The city renews every single station", 30, "en") == ("The city renews every single…", "word")


def test_a_short_sentence_is_not_all_that_is_left() -> None:
    """A sentence end that would leave almost nothing is passed over."""
    text = "Endlich! Stadtwerke Musterstadt erneuern sämtliche Pumpwerke"
    assert lead_of(text, 55) == ("Endlich! Stadtwerke Musterstadt erneuern sämtliche …", "word")


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("Die Firma investiert nun 3,5 Mio. € in Pumpen", 36, "Die Firma investiert nun …"),
        ("Die Firma investiert nun 3,5 Mio. € in Pumpen", 33, "Die Firma investiert nun …"),
        ("Die Firma investiert nun 3,5\u00a0Mio.\u00a0€ heute noch", 31, "Die Firma investiert nun …"),
        ("Das Werk fördert 500 Liter je Sekunde", 23, "Das Werk fördert …"),
        ("Das Werk öffnet am 27. November 2020 wieder", 34, "Das Werk öffnet …"),
        ("Das Werk öffnet 27. 11. 2020 wieder ganz", 26, "Das Werk öffnet …"),
        ("Nachzulesen alles im Paragrafen Abs. 2 des Gesetzes", 40, "Nachzulesen alles im Paragrafen …"),
        ("Besuchen Sie jetzt Hauptstr. 12 im schönen Köln", 31, "Besuchen Sie jetzt …"),
        ("Wir treffen uns in Halle 3 der Messe", 25, "Wir treffen uns …"),
        ("Es gab rund 500 neue Anlagen im Land", 13, "Es gab …"),
        ("Beginn heute 14 Uhr im Saal der Stadthalle", 18, "Beginn heute …"),
        ("Firmenchef sagte: „Wir bauen hier jetzt sehr groß aus“ und ging", 45, "Firmenchef sagte …"),
        ("Die Firma (mit Sitz in der schönen Stadt Köln) baut aus", 40, "Die Firma …"),
        ("Mehr dazu https://example.org/ein/sehr/langer/pfad hier", 30, "Mehr dazu …"),
        ("Mehr dazu sagt @verband@social.example.org heute", 30, "Mehr dazu sagt …"),
        ("Mehr dazu sagt #SehrLangesSchlagwort heute noch", 30, "Mehr dazu sagt …"),
        ("Es geht um Wasser und die Pumpen in Köln", 28, "Es geht um Wasser …"),
        ("Wasser – ein kostbares Gut für alle", 12, "Wasser …"),
        ("Frau Dr. Müller leitet den Verband", 10, "Frau …"),
        ("🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉", 6, "🎉🎉🎉🎉 …"),
        ("👩🏽‍🚒👩🏽‍🚒👩🏽‍🚒👩🏽‍🚒👩🏽‍🚒", 4, "👩🏽‍🚒👩🏽‍🚒 …"),
    ],
)
def test_never_cut_inside(text: str, length: int, cut: str) -> None:
    """Numbers keep their units, dates their years; quotations, brackets, links, mentions and hashtags stay whole."""
    assert lead_of(text, length)[0] == cut


def test_what_is_tidied_away_leaves_a_quotation_whole() -> None:
    """Going back over "&" and a line break, the cut would come to lie within a quotation that is never closed."""
    text = "„offen &\n\n&, Die"
    assert [end - start for start, end in quotations(text)] == [8]
    for cut in cuts_of(text):
        check_boundary(text, cut.position)


def test_paragraph_that_announces_something_is_no_end() -> None:
    text = "Themen sind:\n\nWasser sparen, Strom sparen, Geld sparen"
    assert lead_of(text, 32) == ("Themen sind:\n\nWasser sparen …", "clause")


def test_the_lead_goes_before_the_hashtags() -> None:
    post = parts(
        f"{TITLE}\n\nDie neue Pumpe spart sehr viel Strom und auch Geld.", link=LINK, tags=("#Wasser", "#Köln")
    )
    fitted = fit(post, limit(80))
    assert fitted.text == f"{TITLE}\n\n{LINK}\n\n#Wasser #Köln"
    assert (fitted.cut, fitted.dropped_hashtags) == ("paragraph", ())


def test_hashtags_go_before_the_title_and_the_last_first() -> None:
    post = parts(f"{TITLE}\n\nDie neue Pumpe spart sehr viel Strom.", link=LINK, tags=("#Wasser", "#Köln", "#Strom"))
    fitted = fit(post, limit(66))
    assert fitted.text == f"{TITLE}\n\n{LINK}\n\n#Wasser"
    assert fitted.dropped_hashtags == ("#Köln", "#Strom")


def test_the_title_takes_the_place_of_a_lead_that_cannot_be_cut() -> None:
    post = parts("„Eine sehr lange Aussage ohne jedes Ende, die niemand kürzen darf“", link=LINK)
    fitted = fit(post, limit(60))
    assert (fitted.text, fitted.cut) == (f"{TITLE}\n\n{LINK}", "title")


def test_the_title_is_cut_last() -> None:
    fitted = fit(parts(TITLE, link=LINK, tags=("#Wasser",)), limit(46))
    assert (fitted.text, fitted.cut) == (f"Neue Pumpe …\n\n{LINK}", "title word")
    assert fitted.dropped_hashtags == ("#Wasser",)


def test_no_room_even_for_a_word_is_an_error() -> None:
    with pytest.raises(PostTooLong) as error:
        fit(parts(TITLE, link=LINK), limit(30))
    assert str(error.value) == (
        "not even one word of the title fits into a post beside its link and its credit: those alone take 30 of at "
        "most 30 graphemes\n"
        "hint: Take a shorter link or a shorter credit, or write the post yourself, for example posts: {x: Short text}."
    )


@pytest.mark.parametrize("network", ["x", "mastodon", "bluesky", "threads"])
def test_a_link_of_5000_characters(network: str) -> None:
    """Too long to be a link on any of them."""
    with pytest.raises(PostTooLong):
        fit(parts("Text", link="https://example.org/" + "x" * 5000), KNOWN_LIMITS[network])


def test_a_link_counts_as_the_network_counts_it() -> None:
    post = parts("Text", link="https://example.org/" + "x" * 3000)
    assert fit(post, KNOWN_LIMITS["x"]).measure.length == 4 + 2 + 23


HUGE = {
    "letters": "a" * 10_000_000,
    "words": "Wort " * 2_000_000,
    "sentences": "Das ist neu. " * 800_000,
    "emoji": "🎉" * 2_500_000,
    "links": "https://example.org/a " * 450_000,
    "quotes": "„" * 3_300_000,
    "brackets": "(" * 10_000_000,
    "commas": "," * 10_000_000,
    "gaps": "a, " * 3_300_000,
    "dashes": "a- - - - - - - - - - - - " * 400_000,
    "accents": "\u0300\u0316" * 2_500_000,
    "long dashes": "–\u2009" * 5_000_000,
    "blank": "a" + " " * 9_999_999 + "b",
}


@pytest.mark.parametrize("kind", HUGE)
@pytest.mark.parametrize(
    "network", ["x", *(pytest.param(name, marks=pytest.mark.long) for name in ("mastodon", "linkedin", "mattermost"))]
)
def test_ten_megabytes_are_shortened(kind: str, network: str) -> None:
    """A law that took quadratic time would not end within CI's time."""
    fitted = fit(parts(HUGE[kind], link=LINK, tags=("#Wasser",)), KNOWN_LIMITS[network])
    assert fitted.measure.fits
    assert LINK in fitted.text


def test_ten_thousand_hashtags_are_dropped_at_once() -> None:
    fitted = fit(parts("Text", tags=tuple(f"#Tag{number}" for number in range(10_000))), KNOWN_LIMITS["x"])
    assert fitted.measure.fits
    assert len(fitted.dropped_hashtags) > 9_000


# Laws. The texts are of what makes trouble: abbreviations, numbers, quotations, emoji, links, marks of direction.

WORDS = st.sampled_from(
    [
        *["Die", "Pumpe", "läuft", "seit", "und", "in", "Köln", "Wasserwirtschaftsverband"],
        *["3,5 Mio. €", "27. November 2020", "z. B.", "Dr. Müller", "Abs. 2", "5 %", "am 3. Oktober", "14 Uhr"],
        *["„Wir bauen aus.“", "„Ja“", "(siehe oben)", "»Gut«", "“so”", "„offen"],
        *["https://example.org/a_b?x=1", "heute.In", "wilo.de", "@verband", "@a@b.social", "#Wasser", "a@b.de"],
        *[
            "🎉",
            "👩🏽‍🚒",
            "❤️‍🔥",
            "🇩🇪🇪🇺",
            "e\u0301",
            "\u05d0\u05d1",
            "\u2067\u05d0 x\u2069",
            "\u200f",
            "…",
            "&",
            "<b>",
            "*x*",
            "_",
        ],
    ]
)
JOINTS = st.sampled_from([" ", " ", " ", ". ", "! ", ", ", ": ", " – ", "\n\n", "\n", "", "\u00a0"])
TEXTS = st.lists(st.tuples(WORDS, JOINTS), min_size=1, max_size=60).map(
    lambda pairs: "".join(f"{word}{joint}" for word, joint in pairs).strip()
)
ANY_TEXTS = st.one_of(TEXTS, st.text(max_size=120).map(str.strip))
POSTS = st.builds(
    PostParts,
    lead=ANY_TEXTS,
    title=st.one_of(TEXTS.map(lambda text: text[:80].strip()), st.just(TITLE)),
    link=st.one_of(st.none(), st.just(LINK), st.just("https://example.org/" + "x" * 100)),
    hashtags=st.lists(st.sampled_from(["#Wasser", "#Köln", "#ErneuerbareEnergien"]), unique=True).map(tuple),
    credit=st.one_of(st.none(), st.just("Foto: Jörg Weber")),
)
LIMITS = st.one_of(
    st.sampled_from(list(KNOWN_LIMITS.values())),
    st.builds(TextLimits, unit=st.sampled_from(list(Unit)), max_length=st.integers(60, 400)),
)
LANGUAGES = st.sampled_from(["de", "en"])
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def shortened(post: PostParts, limits: TextLimits, lang: str) -> Fitted | None:
    try:
        return fit(post, limits, lang)
    except PostTooLong:
        return None


def check_laws(post: PostParts, limits: TextLimits, lang: str) -> None:
    fitted = shortened(post, limits, lang)
    if fitted is None:
        return
    assert fitted.measure.fits
    check_intact(post, fitted)
    check_lead(post, fitted, lang)
    check_idempotent(post, fitted, limits, lang)


def check_intact(post: PostParts, fitted: Fitted) -> None:
    """Link and credit stand in the post as they were, and so do the hashtags that were kept: the first ones."""
    kept = post.hashtags[: len(post.hashtags) - len(fitted.dropped_hashtags)]
    assert kept + fitted.dropped_hashtags == post.hashtags
    tail = [text for text in (post.link, " ".join(kept), post.credit) if text]
    assert fitted.text == "\n\n".join([text for text in (fitted.lead, *tail) if text])


def check_lead(post: PostParts, fitted: Fitted, lang: str) -> None:
    """What is left of the lead is its beginning, and ends where a text may end."""
    if fitted.cut is None:
        assert fitted.lead == post.lead
        return
    whole = post.title if fitted.cut.startswith("title") else post.lead
    if fitted.cut == "title":
        assert fitted.lead in (whole, post.lead)
        return
    ellipsis = "" if fitted.cut in ("paragraph", "sentence") else {"de": " …", "en": "…"}[lang]
    assert fitted.lead.endswith(ellipsis)
    beginning = fitted.lead.removesuffix(ellipsis)
    assert whole.startswith(beginning)
    check_boundary(whole, len(beginning))


def check_boundary(text: str, position: int) -> None:
    """No grapheme, link, mention, number, date, emoji or quotation is cut in two."""
    clusters = regex.findall(r"\X", text[:position])
    assert clusters == regex.findall(r"\X", text)[: len(clusters)]
    for start, end in quotations(text):
        assert not start < position < end
    for pattern in WHOLE:
        for match in regex.finditer(rf"(?<!\S)(?:{pattern})", text):
            assert not match.start() < position < match.end(), match.group()


WHOLE = [
    r"https?://[\w./?=]*\w",
    r"[@#][\w@.]*\w",
    r"\d+,\d+\sMio\.\s€",
    r"27\. November 2020",
    r"Abs\. 2(?!\d)",
    r"am 3\. Oktober",
    r"Dr\. Müller",
    r"14 Uhr|5 %|z\. B\.",
]


def check_idempotent(post: PostParts, fitted: Fitted, limits: TextLimits, lang: str) -> None:
    kept = post.hashtags[: len(post.hashtags) - len(fitted.dropped_hashtags)]
    again = PostParts(fitted.lead, post.title, post.link, kept, post.credit)
    assert fit(again, limits, lang) == Fitted(fitted.text, fitted.measure, fitted.lead)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(POSTS, LIMITS, LANGUAGES)
def test_laws(post: PostParts, limits: TextLimits, lang: str) -> None:
    """It never exceeds; link, hashtags, credit are intact; the lead is a prefix at a boundary; twice is once."""
    check_laws(post, limits, lang)


@pytest.mark.long
@settings(max_examples=2_500, deadline=None, suppress_health_check=SLOW)
@given(POSTS, LIMITS, LANGUAGES)
def test_result_never_exceeds_long(post: PostParts, limits: TextLimits, lang: str) -> None:
    fitted = shortened(post, limits, lang)
    assert fitted is None or fitted.measure.fits


@pytest.mark.long
@settings(max_examples=2_500, deadline=None, suppress_health_check=SLOW)
@given(POSTS, LIMITS, LANGUAGES)
def test_link_hashtags_and_credit_are_intact_long(post: PostParts, limits: TextLimits, lang: str) -> None:
    if fitted := shortened(post, limits, lang):
        check_intact(post, fitted)


@pytest.mark.long
@settings(max_examples=2_500, deadline=None, suppress_health_check=SLOW)
@given(POSTS, LIMITS, LANGUAGES)
def test_lead_is_a_prefix_at_a_boundary_long(post: PostParts, limits: TextLimits, lang: str) -> None:
    if fitted := shortened(post, limits, lang):
        check_lead(post, fitted, lang)


@pytest.mark.long
@settings(max_examples=2_500, deadline=None, suppress_health_check=SLOW)
@given(POSTS, LIMITS, LANGUAGES)
def test_shortening_twice_is_shortening_once_long(post: PostParts, limits: TextLimits, lang: str) -> None:
    if fitted := shortened(post, limits, lang):
        check_idempotent(post, fitted, limits, lang)


@pytest.mark.long
@settings(max_examples=2_500, deadline=None)
@given(ANY_TEXTS, LANGUAGES)
def test_every_cut_is_at_a_boundary_long(text: str, lang: str) -> None:
    """Not only the cut that is chosen: each that could be."""
    for cut in cuts_of(text, lang):
        check_boundary(text, cut.position)


@settings(max_examples=200, deadline=None)
@given(ANY_TEXTS, LANGUAGES)
def test_every_cut_is_at_a_boundary(text: str, lang: str) -> None:
    for cut in cuts_of(text, lang):
        check_boundary(text, cut.position)


def test_a_post_without_a_lead_is_its_link() -> None:
    assert fit(parts("", link=LINK), limit(60)).text == LINK
    assert compose(parts("", title="")) == ""


def test_graphemes_not_characters_are_counted() -> None:
    fitted = fit(parts("👩🏽‍🚒 " * 30), KNOWN_LIMITS["bluesky"])
    assert count_graphemes(fitted.text) == fitted.measure.length


@pytest.mark.long
@pytest.mark.parametrize("network", KNOWN_LIMITS)
@settings(max_examples=2_000, deadline=None, suppress_health_check=SLOW)
@given(POSTS, LANGUAGES)
def test_every_law_on_every_network_long(network: str, post: PostParts, lang: str) -> None:
    check_laws(post, KNOWN_LIMITS[network], lang)
