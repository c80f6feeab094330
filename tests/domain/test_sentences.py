"""Where sentences end. `|` marks every end but the last; a case without it has none: precision first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.sentences import quotations, sentence_ends

GERMAN = [
    "Am 3. Oktober ist Feiertag.| Alle Werke ruhen.",
    "Das 19. Jahrhundert war das der Dampfmaschine.",
    "Im 19. Jh. Wasser zu fördern war mühsam.",
    "Im 18. und 19. Jh. v. Chr. Geburt gab es Brunnen.",
    "Nach § 7 Abs. 2 Satz 1 gilt das nicht.",
    "Gemäß Art. 5 DSGVO ist das erlaubt.| Näheres steht im Anhang.",
    "Der Sitz ist Hauptstr. 12 in Köln.",
    "Besuchen Sie uns in der Goethestr. 5, Halle 3. Der Eintritt ist frei.",
    "Am Marktpl. Nr. 4 steht der Brunnen.",
    "Der Deutsche Brunnenverein e. V. Köln lädt ein.",
    "Der Deutsche Brunnenverein e.V. Köln lädt ein.",
    "Viele Pumpen, z. B. Kreiselpumpen, sind sparsam.",
    "Viele Pumpen, z.B. Kreiselpumpen, sind sparsam.| Andere nicht.",
    "Das gilt u. a. Berlin und Hamburg.",
    "Das gilt u.a. Berlin und Hamburg.",
    "Herr Dr. Müller spricht.| Danach gibt es Kaffee.",
    "Prof. Dr. Dr. h. c. mult. Anna Schmidt leitet das Institut.",
    "Dipl.-Ing. Karl Weber baut Pumpen.",
    "Frau Dr.-Ing. Meier übernimmt den Vorsitz.",
    "Rund 3,5 Mio. Euro fließen in das Werk.| Es entstehen 40 Stellen.",
    "Der Umsatz stieg auf 1,2 Mrd. Euro.| Das ist ein Rekord.",
    "Etwa 5 Tsd. Haushalte sind betroffen.",
    "Das kostet ca. 500 Euro.",
    "Die Fa. Huber liefert.| Sie sitzt in Ulm.",
    "König Ludwig XIV. Frankreichs ließ Wasser pumpen.",
    "Kapitel IV. Brunnenbau beginnt auf Seite 12.",
    "Die Tagung ist am 27.11.2020.| Anmelden kann man sich ab sofort.",
    "Die Tagung ist am 27.11. Köln ist der Ort.",
    "Vom 3. bis 5. März tagt der Ausschuss.",
    "Am 1. 4. 2026 beginnt es.",
    "Um 9.30 Uhr geht es los.| Um 17 Uhr ist Schluss.",
    "Das Werk liefert 1.000 Pumpen am Tag.",
    "Im Jahr 2020 begann es.| 2025 war es fertig.",
    "Das begann 2020.| Seitdem läuft es.",
    "Siehe Abb. 3 und Tab. 4.",
    "Vgl. Meier 2019, S. 44 ff. Neue Daten fehlen.",
    "Bd. 2, Hrsg. Weber, 3. Aufl. Stuttgart.",
    "Der Preis inkl. MwSt. beträgt 10 Euro.",
    "Tel. 0221 12345, Fax 0221 12346.",
    "Das Treffen ist am Mo. 5. Mai.",
    "Der Vorstand (Vors. Dr. Kraft) tagte.| Er beschloss die Satzung.",
    "„Wir bauen aus. Das ist sicher“, sagte Weber.",
    "„Wir bauen jetzt aus.“| Das sagte Weber gestern.",
    "Er sagte: „Wir bauen das Werk jetzt aus.“| Danach ging er.",
    "Die Aktion „Wasser marsch!“ Berlin beginnt.",
    "»Das ist gut. Sehr gut«, lobte sie.",
    "Sie fragte: „Warum? Wieso?“ und ging.",
    "Die Anlage (s. Abb. 1. Sie ist neu.) läuft.| Alle staunen.",
    "Warum Wasser?| Weil es knapp wird.",
    "Endlich!| Die neue Pumpe ist da.",
    "Wir warten … Köln wartet auch.",
    "Und dann kam alles anders…| Die Pumpe lief.",
    "Die Pumpe läuft … und läuft.| Seit Jahren.",
    "St. Gallen und St. Pölten machen mit.",
    "J. S. Bach kannte keine Pumpen.",
    "Die Nr. 5 lebt.| Die Nr. 6 nicht.",
    "Die Leistung beträgt max. 20 kW bei min. 5 bar.",
    "Bzgl. Kosten gibt es nichts Neues.",
    "Das gilt bzw. Das gilt nicht.",
    "Geb. 1950 in Ulm, gest. 2020 in Köln.",
    "Die KSB SE & Co. KGaA wächst.| Der Umsatz auch.",
    "Die Gebr. Weber GmbH baut Pumpen.",
    "Das meldet der BDEW.| Er vertritt die Branche.",
    "Mehr auf wilo.de.| Oder rufen Sie an.",
    "Mehr unter https://example.org/a.b.c?x=1.2 im Netz.| Danke.",
    "Der Gewinn ging an Platz 2. Köln wurde Dritter.",
    "Die Rdnr. 12 ist neu.| Die Rn. 14 auch.",
    "Sie kamen aus den USA.| Andere aus Japan.",
    "Toll!| 🎉 Wir haben gewonnen.",
    "Das ist neu.| #Wasser zählt.",
    "Das ist neu.| @verband weiß mehr.",
    "Neue Pumpe für Köln\n\n|Die Stadt spart Strom.| Das freut alle.",
    "Die Pumpe ist da. sie läuft.",
    "Das Modell Vers. 2.0 Beta ist da.",
    "Der i. d. R. Montags geöffnete Brunnen läuft.",
    "Sog. Smart Urban Areas gewinnen an Bedeutung.",
    "Ltd. Direktor Weber und Stellv. Direktorin Kraft kamen.",
]
ENGLISH = [
    "Dr. Smith leads the project.| Work starts in May.",
    "Mr. and Mrs. Jones came.| They stayed.",
    "The U.S. Government agreed.",
    "He lives in the U.S.A. Now he returns.",
    "It starts at 10 a.m. Monday.",
    "It ended at 5 p.m. Everyone left.",
    "Pumps, e.g. Centrifugal ones, save power.",
    "That is, i.e. Water, is scarce.",
    "See Fig. 3 for details.| See also Table 4.",
    "See pp. 12 and vol. 2 of the report.",
    "Acme Inc. Chairman Lee spoke.| He was brief.",
    "Acme Corp. Reported a profit.",
    "J. K. Rowling wrote it.",
    "George W. Bush signed it.",
    "No. 5 is alive.| No. 6 is not.",
    "On Nov. 23 we meet.| On Dec. 1 we part.",
    "On Sept. 5, 2026, it opens.",
    "St. Louis and Mt. Everest are far apart.",
    "The price rose by 3.5 percent.| It fell later.",
    "It cost $5.20 per unit.| It was worth it.",
    "“We will build. We must,” she said.",
    "“We will build it soon.”| Then she left.",
    'He asked, "Why? How?" and left.',
    "Is it new?| Yes, it is.",
    "Great!| The pump is here.",
    "We waited … London waited too.",
    "And then…| Nothing happened.",
    "Yahoo! Japan bought it.",
    "Henry VIII. England was his.",
    "Smith et al. Found the reason.",
    "The Rev. Jones and Sen. Brown came.",
    "Gen. Lee met Col. Fox and Lt. Hill.",
    "It happened in 2020.| Since then it runs.",
    "The firm (est. 1950. Still private.) grew.| It is big now.",
    "Water vs. Oil is the question.",
    "It isn't.| We know.",
    "Visit example.org.| It is free.",
    "Meet us at 5 Main St. London.",
    "A Headline Without a Stop\n\n|The text begins.| It goes on.",
]


def marked(text: str, lang: str) -> str:
    for end in reversed(sentence_ends(text, lang)[:-1]):
        text = f"{text[:end]}|{text[end:]}"
    return text


def expected(case: str) -> str:
    """Put the mark of a case behind the sentence, before any white space."""
    return case.replace("\n\n|", "|\n\n")


@pytest.mark.parametrize("case", GERMAN)
def test_german(case: str) -> None:
    """Every end is found where it is marked, and none besides."""
    assert marked(case.replace("|", ""), "de") == expected(case)


@pytest.mark.parametrize("case", ENGLISH)
def test_english(case: str) -> None:
    """Every end is found where it is marked, and none besides."""
    assert marked(case.replace("|", ""), "en") == expected(case)


def test_there_are_enough_cases() -> None:
    assert len(GERMAN) >= 60
    assert len(ENGLISH) >= 30


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\n\n\n \n"])
def test_nothing_has_no_sentence(text: str) -> None:
    assert sentence_ends(text, "de") == []


def test_closing_quotation_mark_belongs_to_its_sentence() -> None:
    text = "Er sagte: „Das Werk wird gebaut.“ Danach ging er."
    assert text[: sentence_ends(text, "de")[0]] == "Er sagte: „Das Werk wird gebaut.“"


def test_quotations_are_the_outermost_pairs() -> None:
    text = "„Das ‚Werk‘ (neu) läuft“, sagte er (leise)."
    assert [text[start:end] for start, end in quotations(text)] == ["„Das ‚Werk‘ (neu) läuft“", "(leise)"]


def test_quotation_never_closed_goes_to_the_end_of_its_line() -> None:
    text = "Er sagte: „Das ist neu. Und gut.\nDanach ging er. Alle gingen."
    assert [text[:end].rsplit(" ", 2)[-1] for end in sentence_ends(text, "de")] == ["gut.", "er.", "gingen."]


@given(st.text(alphabet='aB .!?…„“"()\n1😀\u0308äZ', max_size=60), st.sampled_from(["de", "en"]))
def test_an_end_is_a_position_in_the_text_in_order(text: str, lang: str) -> None:
    ends = sentence_ends(text, lang)
    assert ends == sorted(set(ends))
    assert all(0 < end <= len(text) for end in ends)


@pytest.mark.parametrize("piece", ["„", "“", "(", ". A", "a.", '"', "‚", "\u2067", "«", "1. ", "A\n\n", "… "])
def test_a_long_text_of_one_kind_takes_no_time(piece: str) -> None:
    """Linear in the length: 300,000 characters would take minutes otherwise."""
    sentence_ends(piece * (300_000 // len(piece)), "de")
