"""A web page's own metadata come first; its text is Markdown without anything active."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.domain.article import Image, Source, Status
from publisher.errors import SourceError
from publisher.intake.draft import queue_text
from publisher.intake.front_matter import read_article
from publisher.intake.web_page import parse_web_page

PAGE = (Path(__file__).parent / "sources" / "page-de.html").read_bytes()
URL = "https://www.example.org/x?utm_source=mail"
TEXT = "<p>" + "Der Verband hat am Freitag in Dortmund eine neue Pumpe vorgestellt. " * 5 + "</p>"


def page_of(head: str = "", body: str = TEXT, attributes: str = "") -> bytes:
    return (
        f"<!doctype html><html {attributes}><head>{head}</head><body><article>{body}</article></body></html>".encode()
    )


def test_everything_that_a_page_says_of_itself() -> None:
    draft = parse_web_page(PAGE, URL)
    assert draft.title == "Neue Pumpe spart Strom"
    assert draft.teaser == "Sie braucht nur halb so viel Strom."
    assert draft.date == date(2026, 11, 20)
    assert draft.author == "Anna Muster"
    assert draft.lang == "de"
    assert draft.url == "https://www.example.org/presse/neue-pumpe"
    assert draft.source == Source("Pumpenverband")
    assert draft.image == Image(
        "https://www.example.org/bilder/pumpe.jpg", "Eine Pumpe im Keller", "Die neue Pumpe", "Pumpenverband"
    )
    assert draft.unclear == ()


def test_the_text_is_markdown_without_headline_teaser_and_script() -> None:
    blocks = parse_web_page(PAGE, URL).body_markdown.split("\n\n")
    assert blocks[0].endswith("**Sie ist** leise und [leicht](https://www.example.org/mehr).")
    assert blocks[1] == "## Im Keller"
    assert blocks[3] == "- leise\n- sparsam"
    assert r"mit \<script>alert(1)\</script> und" in blocks[4]
    assert len(blocks) == 5


def test_without_an_address_relative_ones_are_left_out() -> None:
    draft = parse_web_page(PAGE, None)
    assert draft.url is None
    assert draft.image is not None
    assert draft.image.src == "https://www.example.org/bilder/pumpe.jpg"  # written whole in the page's JSON-LD
    assert "leise und leicht." in draft.body_markdown


def meta(**values: str) -> str:
    return "".join(f'<meta property="{name.replace("_", ":")}" content="{value}">' for name, value in values.items())


def test_plain_meta_tags_stand_in() -> None:
    head = "<title>Neue Pumpe – Verband</title>" + meta(
        description="Kurz.",
        author="A. B.",
        og_site_name="Verband",
        article_published_time="2026-11-20T08:00",
        og_url="https://www.example.org/og",
        og_locale="de-DE",
    ).replace("site:name", "site_name").replace("published:time", "published_time")
    draft = parse_web_page(page_of(head), "https://www.example.org/")
    assert (draft.title, draft.teaser, draft.author) == ("Neue Pumpe", "Kurz.", "A. B.")
    assert (draft.date, draft.lang, draft.url) == (date(2026, 11, 20), "de", "https://www.example.org/og")


def test_the_site_is_the_source_where_no_name_is_given() -> None:
    draft = parse_web_page(page_of("<title>Neue Pumpe</title>"), "https://www.example.org/a")
    assert draft.source == Source("example.org")


@pytest.mark.parametrize(
    "script",
    [
        "{",
        "[]",
        "1",
        '{"@type": ["NewsArticle"], "headline": 3}',
        "[" * 5000,
        '{"@graph": {"@graph": {"@graph": [[1]]}}}',
        '{"@type": "NewsArticle", "headline": "H", "author": [[["x"]]], "image": [], "publisher": 3}',
    ],
)
def test_odd_linked_data_does_not_stop_the_reading(script: str) -> None:
    head = f'<title>Neue Pumpe</title><script type="application/ld+json">{script}</script>'
    assert parse_web_page(page_of(head), URL).body_markdown


def test_an_address_that_is_no_web_address_is_not_taken() -> None:
    head = '<title>Neue Pumpe</title><link rel="canonical" href="javascript:alert(1)">' + meta(og_image="data:x")
    draft = parse_web_page(page_of(head), None)
    assert (draft.url, draft.image) == (None, None)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<html><head><title>Pumpe</title></head><body></body></html>", "no article text was found in the page"),
        (b"<html><body></body></html>", "no headline was found in the page"),
        (b"\x00\x01\x02", "this is not a web page"),
    ],
)
def test_a_page_without_an_article_is_said(content: bytes, what: str) -> None:
    with pytest.raises(SourceError) as raised:
        parse_web_page(content, URL)
    assert (
        str(raised.value) == f"{URL}: {what}\nhint: Give the address of one article, or save its text as a .txt file."
    )


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300), st.sampled_from([b"", b"<html><title>x</title><p>", PAGE[:900]]))
def test_random_bytes_make_a_valid_draft_or_an_error(content: bytes, start: bytes) -> None:
    try:
        draft = parse_web_page(start + content, URL)
    except SourceError:
        return
    assert read_article(queue_text(draft, Status.DRAFT), "queue/2026-11-23-x.md").title == draft.title
