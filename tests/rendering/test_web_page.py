"""A web page says what the e-mail says, and nothing that belongs to one recipient."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

import html5lib
import pytest

from publisher.domain.message import Message, MessageKind
from publisher.rendering.email import render_email
from publisher.rendering.web_page import PageLinks, WebPage, make_web_page
from tests.rendering.editions import article, edition, read_picture, shipped_templates, visible

LINKS = PageLinks("../index.html", "feed.xml", "feed.json", "https://www.example.org/news/weekly/12.html")


def _page(design: str = "digest", **options: Any) -> WebPage:
    content = edition(*(article(number) for number in range(1, 8)), digest={"template": design})
    message = render_email(content, shipped_templates(), read_picture, **options).message
    return make_web_page(message, content.language, LINKS)


@pytest.mark.parametrize("design", ["digest", "letter"])
def test_it_says_what_the_e_mail_says_but_greets_nobody(design: str) -> None:
    content = edition(article(1), article(2), digest={"template": design})
    email = render_email(content, shipped_templates(), read_picture)
    page = make_web_page(email.message, "de", LINKS)
    expected = visible(email.html).replace("Guten Tag Erika Mustermann,", "Guten Tag,")
    assert visible(page.html.decode()) == expected.replace("Newsletter abbestellen", "Alle Ausgaben")


def test_no_address_of_a_recipient_is_left() -> None:
    page = _page(public_url="https://www.example.org/news").html.decode()
    assert "placeholder.invalid" not in page
    assert "subject=unsubscribe" not in page
    assert 'href="../index.html"' in page


def test_images_are_files_named_by_their_content() -> None:
    """Their names stay as long as their bytes do."""
    from PIL import Image

    page = _page()
    assert page.images
    for path, content in page.images.items():
        assert path == f"images/{hashlib.sha256(content).hexdigest()[:32]}.jpg"
        assert f'src="{path}"' in page.html.decode()
        assert Image.open(BytesIO(content)).width > 100
    assert "cid:" not in page.html.decode()


def test_hosted_images_stay_where_they_are() -> None:
    page = _page(assets_url="https://assets.example.org/a")
    assert page.images == {}
    assert 'src="https://assets.example.org/a/' in page.html.decode()
    assert "img-src 'self' https://assets.example.org;" in page.html.decode()


def test_nothing_runs_and_nothing_is_for_mail_programs_only() -> None:
    """By html5lib, which shares no code with what wrote the page."""
    page = html5lib.parse(
        _page().html.replace(b" xml:lang=", b" data-lang="), treebuilder="lxml", namespaceHTMLElements=False
    )
    assert not page.xpath(
        "//script | //iframe | //form | //base | //object | //embed | //@*[starts-with(name(), 'on')]"
    )
    assert not page.xpath("//comment()")
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; img-src 'self'; style-src 'unsafe-inline';")
    assert page.xpath("//meta[@charset='utf-8']")
    assert page.xpath("//link[@rel='canonical']/@href") == [LINKS.canonical]
    assert page.xpath("//link[@rel='alternate']/@href") == ["feed.xml", "feed.json"]
    assert not page.xpath("//meta[@name='robots']")


def test_a_script_in_a_template_of_ones_own_is_dropped() -> None:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from publisher.rendering.templates import Templates
    from tests.rendering.editions import SHIPPED

    with TemporaryDirectory() as folder:
        own = Path(folder) / "email" / "digest" / "header.html.j2"
        own.parent.mkdir(parents=True)
        own.write_text("<tr><td><h1>x</h1><script>alert(1)</script></td></tr>")
        content = edition(article(1))
        email = render_email(content, Templates([Path(folder), SHIPPED]), read_picture)
    assert b"<script" not in make_web_page(email.message, "de", LINKS).html


def test_a_template_of_ones_own_without_a_head_gets_one() -> None:
    boundary = b'Content-Type: multipart/alternative; boundary="b"\r\n'
    body = b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hallo</p>\r\n--b--\r\n"
    page = make_web_page(Message(MessageKind.EMAIL, {"headers": (boundary,), "body": (body,)}), "de", LINKS)
    assert visible(page.html.decode()) == "Hallo"
    assert b"Content-Security-Policy" in page.html
    assert (page.description, page.headlines) == ("", ())


def test_headlines_and_description() -> None:
    page = _page()
    assert len(page.headlines) == 7
    assert page.headlines[1] == "Wärmetag 2026: Anmeldung bis Freitag offen"
    assert len(page.description) > 40
