"""A Word document is read as a press text, after its archive was judged."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.article import Image, Source
from publisher.errors import SourceError
from publisher.intake.docx import parse_docx
from tests.intake.word_files import paragraph, word_file

HINT = "hint: Open it in Word and save it anew as .docx, or save it as plain text (.txt)."
PRESS = word_file(
    paragraph("Pressemitteilung"),
    paragraph("Neue Prüfhalle", "Heading1"),
    paragraph("Musterstadt, 12. März 2026"),
    paragraph("Der Verband misst jetzt &lt;genauer&gt; als *alle* anderen.", bold=True),
    paragraph("Erste Messung", "Heading2"),
    paragraph("Die erste Messung ist für den Sommer geplant, die zweite für den Herbst."),
    paragraph("Die neue Halle. (Foto: Verband)"),
    paragraph("Quelle: Pumpenverband"),
)


def test_a_word_document_is_a_press_text() -> None:
    draft = parse_docx(PRESS, "news.docx")
    assert (draft.kicker, draft.title, draft.date) == ("Pressemitteilung", "Neue Prüfhalle", date(2026, 3, 12))
    assert draft.image == Image(caption="Die neue Halle.", credit="Verband")
    assert draft.source == Source("Pumpenverband")
    assert draft.body_markdown == (
        r"**Der Verband misst jetzt \<genauer> als \*alle\* anderen.**" + "\n\n## Erste Messung\n\n"
        "Die erste Messung ist für den Sommer geplant, die zweite für den Herbst."
    )


def test_without_a_heading_the_first_paragraph_is_the_headline() -> None:
    draft = parse_docx(word_file(paragraph("Neue Pumpe"), paragraph(""), paragraph("Ein Absatz.")), "news.docx")
    assert (draft.title, draft.body_markdown) == ("Neue Pumpe", "Ein Absatz.")


def bomb(parts: int) -> bytes:
    return word_file(paragraph("x"), more={f"word/media/{n}.bin": b"\0" * 30_000_000 for n in range(parts)})


def odd_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "x")
    return packed.getvalue()


BAD = {
    "this is not a Word document (.docx), or it is damaged": b"Kein Word",
    "this is not a Word document (.docx)": odd_zip(),
    "the document is packed like a zip bomb": bomb(1),
    "the document is too large when unpacked": bomb(4),
    "the document declares XML entities, which is not read": word_file(
        paragraph("&a;"), before='<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]>'
    ),
    "the document is damaged and cannot be read": word_file("<w:p>"),
    "there is no text in the document": word_file(),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_good_document_is_said(what: str) -> None:
    with pytest.raises(SourceError) as raised:
        parse_docx(BAD[what], "news.docx")
    assert str(raised.value) == f"news.docx: {what}\n{HINT}"


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(PRESS) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_document_is_read_or_refused(at: int, damage: bytes) -> None:
    try:
        parse_docx(PRESS[:at] + damage + PRESS[at + len(damage) :], "news.docx")
    except SourceError as error:
        assert error.hint
