"""The preview page shows everything and needs nothing from elsewhere."""

from __future__ import annotations

import re

from publisher.domain.message import fill
from publisher.rendering.email import render_email
from publisher.rendering.preflight.rules import Finding, Severity
from publisher.rendering.preview_page import PreviewPost, looks_of, mail_source, render_preview_page
from tests.rendering.editions import article, edition, read_picture, shipped_templates, visible


def _post(name: str, text: str, limit: int = 500) -> PreviewPost:
    return {
        "name": name,
        "network": "Mastodon",
        "title": "Pumpe",
        "text": text,
        "count": 1234,
        "limit": limit,
        "unit": "graphemes",
    }


def _page(language: str = "de") -> str:
    email = render_email(edition(article(1), article(2)), shipped_templates(), read_picture)
    posts = [_post("mastodon-a", "Erster <b>"), _post("slack", "Zweiter", limit=0), _post("mastodon-a", "Dritter")]
    return render_preview_page(
        email, posts, shipped_templates(), title="Wärme", sender="Verband & Co.", language=language
    )


def test_all_parts_are_shown() -> None:
    page = _page()
    text = visible(page)
    assert page.count("<iframe") == page.count('sandbox="allow-same-origin" srcdoc="') == 4
    assert page.count("(prefers-color-scheme: dark)") == 3
    assert page.count("data:image/") > 0
    for shown in (
        "Wärme aktuell: Neue Hoch",
        "Außerdem:",
        "Erster <b>",
        "1.234 / 500 Zeichen",
        "1.234 Zeichen",
        "Textteil",
    ):
        assert shown in text
    assert text.index("Erster") < text.index("Dritter") < text.index("Zweiter")
    assert "Guten Tag Erika Mustermann," in text


def test_it_is_self_contained_and_runs_nothing() -> None:
    page = _page()
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!data:|https://|mailto:|#)', page)
    assert not re.search(r'src="https?:', page)
    assert "cid:" not in page


def test_it_speaks_english() -> None:
    text = visible(_page("en"))
    assert "Text part" in text
    assert "1,234 / 500 characters" in text
    assert "Textteil" not in text


def test_no_posts() -> None:
    email = render_email(edition(article(2)), shipped_templates(), read_picture)
    page = render_preview_page(email, [], shipped_templates(), title="W", sender="V", language="de")
    assert "Für diese Ausgabe gibt es keine Beiträge." in page


def test_posts_alone() -> None:
    page = render_preview_page(
        None, [_post("slack", "Nur ein Beitrag")], shipped_templates(), title="W", sender="V", language="de"
    )
    assert "Nur ein Beitrag" in page
    assert "<iframe" not in page


def test_source_and_headers_are_those_of_the_message() -> None:
    email = render_email(edition(article(1)), shipped_templates(), read_picture)
    sections = fill(email.message, {field.name: "Erika" for field in email.message.fields})
    source = mail_source(sections["headers"], sections["body"])
    assert source.headers.startswith("Date: Erika\n")
    assert source.html.startswith("<!DOCTYPE html>")
    page = render_preview_page(
        email, [], shipped_templates(), title="W", sender="V", language="de", source=source, findings=[]
    )
    shown = visible(page)
    assert "Kopfzeilen Date: Erika From: " in shown
    assert '<img class="picture" src="cid:' in shown
    assert 'src="cid:' not in page
    assert "Nichts zu beanstanden." in shown


def test_findings_of_the_preflight_say_what_to_do() -> None:
    email = render_email(edition(article(1)), shipped_templates(), read_picture)
    finding = Finding("L2-generic", Severity.ERROR, "article 1", 'the link says "<hier>"', "Name where it goes.")
    page = render_preview_page(email, [], shipped_templates(), title="W", sender="V", language="en", findings=[finding])
    assert 'Error the link says "<hier>" article 1 · L2-generic · Name where it goes.' in visible(page)
    assert "Checks (1)" in visible(page)


def test_every_jump_has_a_target_and_every_box_that_scrolls_can_be_reached_by_keyboard() -> None:
    email = render_email(edition(article(1)), shipped_templates(), read_picture)
    source = mail_source(b"Content-Type: text/html\r\n", b"x")
    page = render_preview_page(
        email, [], shipped_templates(), title="W", sender="V", language="de", source=source, findings=[]
    )
    own = re.sub(r'srcdoc="[^"]*"', "", page)
    assert set(re.findall(r'href="#([a-z]+)"', own)) == set(re.findall(r'<h2 id="([a-z]+)"', own))
    assert own.count('role="region"') == own.count('tabindex="0"') == 3


def test_looks() -> None:
    email = render_email(edition(article(1)), shipped_templates(), read_picture)
    looks = looks_of(email.html)
    assert looks["light"] == email.html
    assert "prefers-color-scheme: dark" not in looks["dark"]
    assert "data:image" not in looks["images_off"]
