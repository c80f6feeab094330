"""A press text's parts are found, its text stays text, and what is not understood is said."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.article import Image, Related, Source, Status
from publisher.errors import SourceError
from publisher.intake.draft import queue_text
from publisher.intake.front_matter import read_article
from publisher.intake.press_text import parse_press_text
from publisher.intake.written_date import find_date, parse_date

SOURCES = Path(__file__).parent / "sources"
NO_ADDRESS = "No web address was found: the digest will carry the full text, and posts will have no link."
NO_PICTURE = "There is a picture's caption or credit, but no picture; add it as image.src."
NO_DATE = "No date was found; add one, such as date: 2026-11-23."


def test_a_german_press_text() -> None:
    draft = parse_press_text((SOURCES / "press-de.txt").read_text("utf-8"))
    assert draft.title == "Neue Prüfhalle für Pumpen in Musterstadt"
    assert draft.date == date(2026, 3, 12)
    assert draft.teaser == "Der Verband der Pumpenbauer misst ab sofort größer, genauer und sparsamer."
    assert draft.image == Image(
        caption="Erika Beispiel, Leiterin der neuen Prüfhalle, erwartet im ersten Jahr über 200 Messungen.",
        credit="Pumpenverband e.V.",
    )
    assert draft.source == Source("Pumpenverband e.V.")
    assert draft.lang == "de"
    assert draft.related == (
        Related(
            title="Strom sparen mit alten Pumpen",
            date=date(2026, 2, 2),
            teaser="Wer die Drehzahl senkt, spart nach einer Messreihe des Verbandes ein Drittel des Stroms.",
        ),
        Related(
            title="Ein Tag in der Gießerei",
            date=date(2026, 1, 15),
            teaser="Zwölf Schülerinnen haben ein Gehäuse gegossen, vom Modell bis zum Entgraten.",
        ),
    )
    assert draft.body_markdown.split("\n\n") == [
        "Der Verband der Pumpenbauer hat am Donnerstag in Musterstadt seine neue Prüfhalle eröffnet. „Wir messen jetzt "
        "doppelt so genau“, sagte Erika Beispiel.",
        r"\# Das ist kein Kommentar, und \*das\* ist kein Betonen: 3 \< 4 \[siehe unten\].",
        r"1\. April 2026 ist der erste Tag für Messungen von außen.",
    ]
    assert draft.unclear == (NO_PICTURE, NO_ADDRESS)
    assert draft.understood[:3] == (
        ("title", "Neue Prüfhalle für Pumpen in Musterstadt"),
        ("teaser", "Der Verband der Pumpenbauer misst ab sofort größer, genauer und sparsamer."),
        ("date", "2026-03-12"),
    )
    assert draft.understood[-2:] == (
        ("related", "Ein Tag in der Gießerei, 2026-01-15, Zwölf Schülerinnen haben ein Gehäuse geg …"),
        ("text", "3 paragraphs, 291 characters"),
    )


def test_an_english_press_text() -> None:
    draft = parse_press_text((SOURCES / "press-en.txt").read_text("utf-8"))
    assert draft.kicker == "PRESS RELEASE"
    assert draft.title == "New test hall for pumps opens in Sampletown"
    assert draft.date == date(2026, 3, 12)
    assert draft.author == "Erica Sample"
    assert draft.lang == "en"
    assert draft.image == Image(
        caption="Erica Sample in front of the new test hall", credit="Association of Pump Makers"
    )
    assert draft.source == Source("Association of Pump Makers", "https://www.example.org")
    assert draft.url == "https://www.example.org/en/test-hall"
    assert draft.tags == ("pumps", "testing", "energy")
    assert draft.related == (
        Related(title="Saving power with old pumps", date=date(2026, 2, 2), teaser="Turning slower saves a third."),
        Related(title="A day at the foundry", date=date(2026, 1, 15), teaser="Twelve pupils have cast a housing."),
    )
    assert draft.body_markdown == (
        "The association of pump makers has opened its new test hall. The hall measures twice as precisely as the one "
        "before, and it needs only half of the power.\n\n"
        "Visitors are welcome on every first Friday:\n\n- the measuring room\n- the foundry\n- the archive"
    )
    assert draft.unclear == (NO_PICTURE,)


REAL = Path(os.environ.get("PRESS_TEXT", Path(__file__).parents[3] / "shared" / "inputs" / "000_f12e567d7b132c7c.txt"))


@pytest.mark.skipif(not REAL.is_file(), reason="the real press text is not part of the project; PRESS_TEXT names it")
def test_a_real_press_text_finds_every_field() -> None:
    text = REAL.read_text("utf-8")
    lines = [line for line in text.splitlines() if line.strip()]
    draft = parse_press_text(text)
    assert (draft.title, draft.teaser) == (lines[0], lines[2])
    assert draft.date == date(2020, 11, 27)
    assert draft.image is not None
    assert draft.image.credit == "Wilo SE"
    assert draft.image.caption is not None
    assert draft.image.caption.startswith("Jens Dallendoerfer, ")
    assert draft.source == Source("WILO SE")
    assert [(entry.date, bool(entry.title), bool(entry.teaser)) for entry in draft.related] == [
        (date(2021, 11, 26), True, True),
        (date(2021, 11, 22), True, True),
        (date(2021, 10, 19), True, True),
    ]
    assert len(draft.body_markdown.split("\n\n")) == 4
    assert draft.title not in draft.body_markdown
    assert "Mehr lesen" not in queue_text(draft, Status.DRAFT)
    written = read_article(queue_text(draft, Status.DRAFT), "queue/2026-11-23-x.md")
    assert written.related == draft.related


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("27.11.2020", date(2020, 11, 27)),
        ("7. 3. 2020", date(2020, 3, 7)),
        ("27. November 2020", date(2020, 11, 27)),
        ("1. März 2024", date(2024, 3, 1)),
        ("3. Jänner 2024", date(2024, 1, 3)),
        ("2020-11-27", date(2020, 11, 27)),
        ("November 27, 2020", date(2020, 11, 27)),
        ("Nov. 27th, 2020", date(2020, 11, 27)),
        ("27th of November 2020", date(2020, 11, 27)),
        ("27 Nov 2020", date(2020, 11, 27)),
        ("30.02.2020", None),
        ("1.2.3.2020", None),
        ("heute", None),
        ("27.11.2020 war ein Freitag", None),
    ],
)
def test_dates_as_people_write_them(text: str, day: date | None) -> None:
    assert parse_date(text) == day


def test_a_date_is_found_in_its_place() -> None:
    assert find_date("Am 3.4.2025 und am 2024-01-01") == (date(2025, 4, 3), 3, 11)


@pytest.mark.parametrize(
    "line",
    [
        "Dortmund, 27.11.2020",
        "Dortmund, den 27. November 2020",
        "27.11.2020, 14:30 Uhr",
        "Stand: 27.11.2020",
        "Datum: 27.11.2020",
        "Published: November 27, 2020",
        "2020-11-27 |",
    ],
)
def test_a_date_line_below_the_headline(line: str) -> None:
    draft = parse_press_text(f"Headline\n{line}\n\nText.")
    assert (draft.date, draft.body_markdown) == (date(2020, 11, 27), "Text.")


def test_the_date_of_a_dateline_is_taken_and_its_words_stay() -> None:
    draft = parse_press_text("Headline\n\nDortmund, 27. November 2020 – Der Verband hat gemessen.")
    assert draft.date == date(2020, 11, 27)
    assert draft.body_markdown == "Dortmund, 27. November 2020 – Der Verband hat gemessen."


@pytest.mark.parametrize(
    ("block", "image"),
    [
        ("Ein Bild. (Foto: dpa)", Image(caption="Ein Bild.", credit="dpa")),
        ("Ein Bild (Bild: A. Muster / Verband).", Image(caption="Ein Bild", credit="A. Muster / Verband")),
        ("A picture [Image credit: NASA]", Image(caption="A picture", credit="NASA")),
        ("A picture (© NASA)", Image(caption="A picture", credit="NASA")),
        ("Foto: Anna Muster", Image(credit="Anna Muster")),
        ("Bildunterschrift: Das Werk im Winter", Image(caption="Das Werk im Winter")),
        ("Bild: Das Werk im Winter, von Süden gesehen.", Image(caption="Das Werk im Winter, von Süden gesehen.")),
    ],
)
def test_captions_and_credits(block: str, image: Image) -> None:
    assert parse_press_text(f"Headline\n\nText.\n\n{block}").image == image


def test_what_is_not_understood_stays_in_the_text_and_is_said() -> None:
    draft = parse_press_text(
        "Headline\n\nText.\n\nEins (Foto: A)\n\nZwei (Foto: B)\n\nLink: siehe unten\n\nQuelle: A\n\nQuelle: B"
    )
    assert draft.body_markdown == "Zwei (Foto: B)\n\nLink: siehe unten\n\nQuelle: B"
    assert draft.unclear == (
        'A second picture was mentioned and stays in the text: "Zwei (Foto: B)"',
        'This line was not understood and stays in the text: "Link: siehe unten"',
        'This line was not understood and stays in the text: "Quelle: B"',
        NO_DATE,
        NO_PICTURE,
        NO_ADDRESS,
    )


def test_a_text_without_empty_lines_has_a_paragraph_a_line() -> None:
    assert parse_press_text("Headline\nEins.\nZwei.\n").body_markdown == "Eins.\n\nZwei."


def test_lines_of_an_address_stay_lines() -> None:
    assert parse_press_text("Headline\n\nVerband\nWeg 1\n12345 Ort").body_markdown == "Verband\\\nWeg 1\\\n12345 Ort"


@pytest.mark.parametrize("text", ["", "\n \n", "\x00\x07", "Mehr lesen"])
def test_nothing_to_read_is_said(text: str) -> None:
    with pytest.raises(SourceError) as raised:
        parse_press_text(text)
    assert str(raised.value) == "there is no text in it\nhint: Give a file with a headline and a text."


WORDS = st.sampled_from(
    [
        "27.11.2020",
        "Quelle:",
        "Weitere Artikel zum Thema",
        "Mehr lesen",
        "(Foto: X)",
        "von",
        "Anna",
        "-",
        "#",
        "1.",
        "\n",
        "\n\n",
        "*",
        "`",
        "Bild:",
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(WORDS | st.text(max_size=5), max_size=40).map(" ".join)))
def test_every_text_makes_a_valid_queue_file_or_an_error(text: str) -> None:
    try:
        draft = parse_press_text(text)
    except SourceError:
        return
    article = read_article(queue_text(draft, Status.DRAFT), "queue/2026-11-23-x.md")
    assert (article.title, article.body_markdown) == (draft.title, draft.body_markdown.rstrip())


@pytest.mark.parametrize(
    "piece", ["von a", "(Foto: ", "27.11.2020 - ", "a: ", "- ", "# ", "\n\n", "((((", "    ", "Quelle:"]
)
def test_long_nonsense_is_read_in_time(piece: str) -> None:
    """No pattern runs away: 60,000 characters of each take well under the time that this test may run."""
    parse_press_text("Headline\n" + piece * (60_000 // len(piece)) + "\n27.11.2020")
