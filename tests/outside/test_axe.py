"""axe-core finds no serious or critical violation in Chromium: light, dark, and at 320 px.

Where the tools come from: `npm ci --ignore-scripts` in this folder, and Chromium. Two rules of axe are for pages, not
for mails, and are left out: `landmark-one-main` and `region` want a <main>, which webmail has around the mail already
(*Source:* Email Markup Consortium, guideline 2.6, checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.rendering.archive_page import ListedDigest, ListedEdition, render_archive_page
from publisher.rendering.email import render_email
from publisher.rendering.preflight.rules import Finding, Severity
from publisher.rendering.preview_page import PreviewPost, mail_source, render_preview_page
from publisher.rendering.web_page import PageLinks, make_web_page
from tests.outside.sample_edition import sample
from tests.rendering.browser import CHROMIUM, Page, open_page
from tests.rendering.editions import article, edition, read_picture, shipped_templates

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci --ignore-scripts in tests/outside"),
]
NOT_FOR_MAILS = ("landmark-one-main", "region")
RUN = """
axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}).then(results =>
  results.violations.map(v => [v.id, v.impact, v.nodes.length, v.nodes[0].html.slice(0, 120)]))
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_page(tmp_path_factory.mktemp("chromium")) as page:
        yield page


def _violations(page: Page, html: str, *, width: int = 800, dark: bool = False) -> list[Any]:
    page.show(html, width=width, dark=dark)
    page.evaluate(f"{AXE.read_text('utf-8')}; 1")
    found = page.evaluate(RUN)
    return [one for one in found if one[1] in ("serious", "critical") and one[0] not in NOT_FOR_MAILS]


@pytest.mark.parametrize(
    "view",
    [{}, {"dark": True}, {"width": 320}, {"width": 320, "dark": True}],
    ids=["light", "dark", "phone", "dark phone"],
)
def test_nothing_serious_is_found(page: Page, view: dict[str, Any]) -> None:
    assert _violations(page, sample().parts.html, **view) == []


@pytest.mark.parametrize("view", [{}, {"dark": True}, {"width": 320}], ids=["light", "dark", "phone"])
def test_nothing_serious_is_found_on_our_web_pages(page: Page, view: dict[str, Any]) -> None:
    """The list of all editions, an edition's page, and the preview; none is wider than a telephone."""
    for name, html in web_pages().items():
        assert (name, _violations(page, html, **view)) == (name, [])
        if view.get("width") == 320:
            assert (name, page.evaluate("document.documentElement.scrollWidth")) == (name, 320)


def web_pages() -> dict[str, str]:
    content = edition(article(1), article(2), article(3))
    email = render_email(content, shipped_templates(), read_picture)
    listed = [ListedEdition(f"daily/{number}.html", f"Betreff {number}", number, content.date, 3) for number in (2, 1)]
    digests = [ListedDigest("daily", "Wärme aktuell", listed), ListedDigest("weekly", "Wärme am Freitag", listed)]
    source = mail_source(b"Content-Type: text/html\r\n", email.html.encode())
    finding = Finding("L2-generic", Severity.ERROR, "article 1", "a link says nothing", "Name where it goes.")
    post = PreviewPost(
        name="mastodon", network="mastodon", title="T", text="Text", count=4, limit=500, unit="code points"
    )
    archive = render_archive_page(content.organisation, digests, shipped_templates(), canonical="")
    links = PageLinks("../index.html", "feed.xml", "feed.json")
    return {
        "list": archive.decode(),
        "edition": make_web_page(email.message, "de", links).html.decode(),
        "preview": render_preview_page(
            email, [post], shipped_templates(), title="W", sender="V", language="de", source=source, findings=[finding]
        ),
    }


def test_nothing_is_wider_than_a_telephone(page: Page) -> None:
    page.show(sample().parts.html, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize(
    ("pattern", "replacement", "rule", "view"),
    [
        (r' alt="[^"]*"', "", "image-alt", {}),
        (r"color:#1b2330", "color:#c0c0c0", "color-contrast", {}),
        (r"color: #e9edf2 !important", "color: #333333 !important", "color-contrast", {"dark": True}),
        (r"<html lang=\"de\"", "<html", "html-has-lang", {}),
        (r'(<a class="foot-link"[^>]*>)[^<]*', r"\1", "link-name", {"width": 320}),
        (r"line-height:2\dpx", "line-height:9px", "target-size", {"width": 320}),
    ],
)
def test_a_broken_mail_is_found(page: Page, pattern: str, replacement: str, rule: str, view: dict[str, Any]) -> None:
    broken = re.sub(pattern, replacement, sample().parts.html)
    assert broken != sample().parts.html
    assert rule in [violation[0] for violation in _violations(page, broken, **view)]
