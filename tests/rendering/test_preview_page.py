"""The preview page shows everything and needs nothing from elsewhere."""

from __future__ import annotations

import re

from publisher.rendering.email import render_email
from publisher.rendering.preview_page import PreviewPost, render_preview_page
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
    assert not re.search(r'(?:src|href)="(?!data:|https://|mailto:)', page)
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
