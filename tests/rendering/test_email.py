"""The e-mail of an edition: what leaves, read by Python's parser and by html5lib, never by our own code alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.article import Article, Image, Related, Source
from publisher.domain.digest import Theme, ThemeColours
from publisher.domain.message import Context, Placeholder, decode_message, fill
from publisher.domain.organisation import Organisation
from publisher.domain.personal import MESSAGE_PLACEHOLDERS, TEMPLATE_PLACEHOLDERS
from publisher.errors import ConfigError, InsecureAddress, PublisherError, QueueError, TemplateError, UsageError
from publisher.rendering.email import MAX_HTML_BYTES, RenderedEmail, render_email
from publisher.rendering.templates import Templates
from publisher.rendering.view import Images, edition_values
from tests.rendering.editions import (
    HEADLINES,
    RELATED,
    SHIPPED,
    article,
    edition,
    no_pictures,
    picture,
    plain_article,
    read_picture,
    shipped_templates,
    visible,
)

VALUES = {
    "to": "Erika Mustermann <erika@example.org>",
    "message_id": "<0123456789abcdef@verband.example>",
    "date": "Mon, 23 Nov 2026 07:00:00 +0100",
    "return_path": "news@verband.example",
    "list_unsubscribe": "<mailto:news@verband.example?subject=unsubscribe%20weekly>",
    "unsubscribe_url": "mailto:news@verband.example?subject=unsubscribe%20weekly",
    "greeting": 'Guten Tag Erika "O\'Hara" <b>&Söhne</b>,',
}


def _render(*articles: Article, **changes: Any) -> RenderedEmail:
    return render_email(edition(*articles, **changes), shipped_templates(), read_picture)


def _read(email: RenderedEmail, values: dict[str, str] = VALUES) -> EmailMessage:
    sections = fill(email.message, values)
    message = message_from_bytes(sections["headers"] + b"\r\n" + sections["body"], policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _part(message: EmailMessage, kind: str) -> str:
    part = next(part for part in message.walk() if part.get_content_type() == kind)
    return str(part.get_content())


def _tree(html: str) -> ElementTree.Element:
    return html5lib.parse(html, namespaceHTMLElements=False)  # type: ignore[no-any-return]


# --- the message ------------------------------------------------------------------------------------------------------


def test_headers() -> None:
    message = _read(_render(article(1), article(2), digest={"reply_to": "redaktion@verband.example"}))
    assert message["subject"].startswith("Wärme aktuell: Neue Hocheffizienzpumpe")
    assert message["from"].addresses[0].display_name == "Verband für Wärme & Pumpen e. V."
    assert message["from"].addresses[0].addr_spec == "news@verband.example"
    assert message["reply-to"] == "redaktion@verband.example"
    assert message["to"].addresses[0].addr_spec == "erika@example.org"
    assert message["message-id"] == VALUES["message_id"]
    assert message["list-id"].endswith("<weekly.verband.example>")
    assert message["list-unsubscribe"] == VALUES["list_unsubscribe"]
    assert message["precedence"] == "bulk"
    assert message["x-auto-response-suppress"] == "OOF, AutoReply"
    assert message["feedback-id"] == "issue-12:list-weekly:kind-digest:verbandexample"
    assert "list-unsubscribe-post" not in message
    assert not message.defects


def test_one_click_is_a_header_of_its_own() -> None:
    email = render_email(edition(article(2)), shipped_templates(), read_picture, public_url="https://news.example.org")
    assert _read(email)["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"


def test_parts_text_first_images_with_the_html() -> None:
    kinds = [part.get_content_type() for part in _read(_render(article(1), article(5))).walk()]
    assert kinds[:-1] == ["multipart/alternative", "text/plain", "multipart/related", "text/html"]
    assert kinds[-1] in ("image/png", "image/jpeg")
    kinds = [part.get_content_type() for part in _read(_render(plain_article(1))).walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


def test_every_embedded_image_is_there_once_and_is_the_one_in_the_html() -> None:
    content = edition(article(1), article(2), article(4))
    message = _read(render_email(content, shipped_templates(), lambda _src: picture(1400, 900)))
    ids = [part["content-id"].strip("<>") for part in message.walk() if part.get_content_maintype() == "image"]
    used = set(re.findall(r'src="cid:([^"]+)"', _part(message, "text/html")))
    assert sorted(ids) == sorted(used)
    assert len(ids) == 2  # the same picture, as the lead and as a smaller one


def test_the_same_content_gives_the_same_message_and_another_content_another() -> None:
    first, second = _render(article(1), article(2)), _render(article(1), article(2))
    assert first.message.encoded == second.message.encoded
    assert first.message.content_hash != _render(article(2), article(1)).message.content_hash
    assert decode_message(first.message.encoded) == first.message


def test_two_recipients_differ_only_where_placeholders_are() -> None:
    email = _render(article(1), plain_article(2))
    names = Counter(placeholder.name for placeholder in email.message.placeholders())
    assert names.keys() == {"greeting", "unsubscribe_url", *MESSAGE_PLACEHOLDERS}
    contexts = set(email.message.placeholders())
    assert Placeholder("unsubscribe_url", Context.URL) in contexts
    assert Placeholder("unsubscribe_url", Context.TEXT) in contexts
    assert Placeholder("greeting", Context.HTML) in contexts


def test_values_are_escaped_for_where_they_stand() -> None:
    message = _read(_render(article(2)))
    assert VALUES["greeting"] in _part(message, "text/plain")
    assert "&lt;b&gt;&amp;Söhne&lt;/b&gt;," in _part(message, "text/html")
    assert f'href="{VALUES["unsubscribe_url"]}"' in _part(message, "text/html")
    assert "-hp" not in _part(message, "text/html") + _part(message, "text/plain")


def test_the_preview_is_filled_and_self_contained() -> None:
    email = _render(article(1), article(2))
    assert "Guten Tag Erika Mustermann," in email.html
    assert "Guten Tag Erika Mustermann," in email.text
    assert 'src="data:image/' in email.html
    assert "cid:" not in email.html
    assert "mailto:news@verband.example?subject=unsubscribe%20weekly" in email.text


# --- what readers see -------------------------------------------------------------------------------------------------


def test_everything_of_an_article_is_in_both_parts() -> None:
    email = _render(article(1))
    for part in (visible(email.html), " ".join(email.text.split())):
        for shown in (
            "Technik",
            "Neue Hocheffizienzpumpe senkt den Stromverbrauch in Altbauten um ein Drittel",
            "23. November 2026",
            "ohne Tausch der Heizkörper.",
            "Im Feldversuch liefen zwölf Anlagen ein ganzes Jahr lang.",
            "Verband/Lea Brandt",
            "WILO SE",
            "Weitere Artikel zum Thema",
            "Nachhaltige Bewässerung in Usbekistan gefördert",
            "26. November 2021",
            "Im Rahmen eines Förderprogramms arbeiten zwei Partner daran",
            "Verband für Wärme & Pumpen e. V.",
            "44135 Dortmund",
            "weil Ihre Adresse für „Wärme aktuell“ angemeldet ist.",
            "Newsletter abbestellen",
            "Impressum",
        ):
            assert shown in part, shown


def test_both_parts_have_the_same_links_in_the_same_order() -> None:
    email = _render(*(article(number) for number in range(1, 9)))
    in_html = re.findall(r'href="([^"#]+)"', email.html.replace("&amp;", "&"))
    in_text = re.findall(r"(?:https?://|mailto:)[^\s)]+", email.text)
    assert [link for link in in_text if "verband.example" not in link] == [
        link for link in in_html if "verband.example" not in link
    ]
    assert "redaktion@verband.example" in email.text


def test_the_article_without_an_address_is_shown_in_full_and_has_no_link() -> None:
    email = _render(article(5))
    assert "digitaler Form durchgeführt." in visible(email.html)
    assert "Weiterlesen" not in email.html
    assert "Was die Fachleute sagen" in email.text
    assert "    „Gerade in diesen herausfordernden Zeiten" in email.text


def test_full_content_keeps_the_link() -> None:
    email = _render(article(1), digest={"content": "full"})
    assert "digitaler Form durchgeführt." in visible(email.html)
    assert "Im Web lesen: Neue Hocheffizienzpumpe" in visible(email.html)


def test_a_page_without_address_or_image_file_keeps_caption_credit_and_related() -> None:
    """As `publish add` reads a press text: caption and credit are known, the file is not."""
    email = _render(article(1, url=None, image=Image(caption="Jens Dallendörfer", credit="Wilo SE"), teaser="Kurz."))
    assert "Jens Dallendörfer Bild: Wilo SE" in visible(email.html)
    assert "<img" not in email.html
    assert "Bild: Jens Dallendörfer (Wilo SE)" in email.text


def test_english() -> None:
    email = _render(article(3), digest={"language": "en", "title": "Heat news"})
    text = visible(email.html)
    for shown in ("23 November 2026", "Read on:", "Source:", "Unsubscribe from this newsletter", "Hello Erika"):
        assert shown in text
    assert '<html lang="en"' in email.html
    with pytest.raises(ConfigError, match='in the language "fr"'):
        _render(article(1), digest={"language": "fr"})


def test_an_article_in_another_language_is_marked() -> None:
    email = _render(article(2), article(3))
    marked = [element for element in _tree(email.html).iter() if element.attrib.get("lang") == "en"]
    assert {element.tag for element in marked} >= {"h2", "p", "img", "span"}
    assert all(element.attrib.get("dir", "ltr") == "ltr" for element in marked)


def test_right_to_left_articles_are_marked() -> None:
    email = _render(plain_article(1, title="مضخة جديدة", lang="ar"))
    heading = next(element for element in _tree(email.html).iter("h2"))
    assert heading.attrib["dir"] == "rtl"


def test_contents_from_six_articles_on() -> None:
    assert "In dieser Ausgabe" not in _render(*(plain_article(n) for n in range(1, 6))).html
    email = _render(*(plain_article(n) for n in range(1, 7)))
    tree = _tree(email.html)
    ids = [element.attrib["id"] for element in tree.iter() if "id" in element.attrib]
    targets = [a.attrib["href"][1:] for a in tree.iter("a") if a.attrib["href"].startswith("#")]
    assert len(ids) == len(set(ids))
    assert targets == ids == ["a1", "a2", "a3", "a4", "a5", "a6"]
    assert "In dieser Ausgabe" in email.text


def test_the_logo_is_embedded_with_the_name_as_its_text() -> None:
    email = render_email(edition(article(2)), shipped_templates(), read_picture, logo=picture(432, 120, "PNG"))
    logo = next(element for element in _tree(email.html).iter("img"))
    assert (logo.attrib["width"], logo.attrib["height"]) == ("180", "50")
    assert logo.attrib["alt"] == "Verband für Wärme & Pumpen e. V."


def test_the_preheader_and_the_subject() -> None:
    email = _render(article(1), article(2), article(3))
    assert email.preheader.startswith("Außerdem: Wärmetag 2026")
    assert len(email.preheader) <= 130
    assert len(email.subject) <= 70
    body = _tree(email.html).find("body")
    assert body is not None
    assert next(iter(body)).text == email.preheader


# --- the rules of the reference, on a full edition --------------------------------------------------------------------


@pytest.fixture(scope="module")
def full() -> RenderedEmail:
    return _render(*(article(number) for number in range(1, 21)))


def test_document_rules(full: RenderedEmail) -> None:
    html = full.html
    assert html.startswith("<!DOCTYPE html>")
    assert html.index('<meta charset="utf-8">') < 1024
    tree = _tree(html)
    body = tree.find("body")
    assert body is not None
    assert body.attrib["lang"] == body.attrib["xml:lang"] == tree.attrib["lang"] == "de"
    assert all(
        child.attrib["lang"] == "de" and child.attrib["dir"] == "ltr" for child in body if isinstance(child.tag, str)
    )
    assert not {element.tag for element in tree.iter()} & {
        "main", "script", "iframe", "form", "object", "embed", "link", "base", "video", "svg", "button"
    }  # fmt: skip
    assert "user-scalable" not in html
    assert not re.search(r"[\ufffd\x80-\x9f]", html)
    assert "Wärme aktuell vom 23. November 2026" in html[: html.index("</title>")]


def test_structure_rules(full: RenderedEmail) -> None:
    tree = _tree(full.html)
    levels = [int(element.tag[1]) for element in tree.iter() if re.fullmatch(r"h[1-6]", str(element.tag))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for table in tree.iter("table"):
        if table.attrib.get("class") != "facts":
            assert table.attrib["role"] == "presentation"
            assert [table.attrib[name] for name in ("cellpadding", "cellspacing", "border")] == ["0", "0", "0"]


def test_the_tables_that_only_outlook_sees_are_layout_too(full: RenderedEmail) -> None:
    hidden = re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", full.html, re.DOTALL)
    together = "".join(hidden)
    for tag in ("table", "tr", "td", "style", "noscript"):
        assert together.count(f"<{tag}") == together.count(f"</{tag}>")
    assert all('role="presentation"' in table for table in re.findall(r"<table[^>]*>", together))
    assert "<![if" not in full.html


def test_link_rules(full: RenderedEmail) -> None:
    links = [("".join(a.itertext()).strip(), a.attrib["href"]) for a in _tree(full.html).iter("a")]
    assert all(text and href for text, href in links)
    assert not {text.lower().rstrip(":") for text, _ in links} & {"hier", "mehr", "weiterlesen", "mehr lesen", "link"}
    named: dict[str, set[str]] = {}
    for text, href in links:
        if text.startswith("Weiterlesen: "):
            named.setdefault(href, set()).add(text)
    assert len(named) == 19
    assert all(re.match(r"(https://|mailto:|tel:|#a\d+$)", href) for _, href in links)


def test_image_rules(full: RenderedEmail) -> None:
    images = list(_tree(full.html).iter("img"))
    assert images
    for image in images:
        assert image.attrib["alt"]
        assert image.attrib["width"].isdigit()
        assert image.attrib["height"].isdigit()
        assert "max-width" in image.attrib["style"]


def test_css_rules(full: RenderedEmail) -> None:
    styles = re.findall(r"<style[^>]*>(.*?)</style>", full.html, re.DOTALL)
    inlined = " ".join(re.findall(r"style=\"([^\"]*)\"|style='([^']*)'", full.html)[0])
    assert sum(len(style) for style in styles) <= 16 * 1024
    assert all(len(style) <= 8192 for style in styles)
    for words in (inlined, *styles):
        assert not re.search(r"rgba|hsl|\bflex\b|\bgrid\b|position:|float:|@import|url\(|var\(|calc\(|\brem\b", words)
        assert all(len(colour) == 7 for colour in re.findall(r"#[0-9a-fA-F]{3,8}\b", words))
    dark = next(style for style in styles if "prefers-color-scheme" in style)
    declarations = re.findall(r"(?:color|background-color|border-color): #\w+( !important)?", dark)
    assert declarations
    assert all(declarations)
    assert not re.search(r"@media[^{]*\{[^@]*@", dark.replace("}\n[data", "}}\n[data"))


def test_twenty_articles_stay_under_what_gmail_shows(full: RenderedEmail) -> None:
    html = _part(_read(full), "text/html")
    assert len(html.encode()) < 90 * 1024
    assert full.warnings == ()


def test_the_text_part_is_plain(full: RenderedEmail) -> None:
    assert not re.search(r"[\t\u00a0\u00ad]|&\w+;| +$", full.text, re.MULTILINE)
    assert not re.search(r"^(>|From )", full.text, re.MULTILINE)
    assert all(len(line) <= 72 or "://" in line or "mailto:" in line for line in full.text.split("\n"))


# --- bad input --------------------------------------------------------------------------------------------------------


def test_a_headline_of_600_characters() -> None:
    title = "Donaudampfschifffahrtsgesellschaft " * 17
    email = _render(plain_article(1, title=title))
    assert _read(email)["subject"].startswith("Wärme aktuell: Donau")
    assert len(email.subject) <= 70
    assert " ".join(title.split()) in visible(email.html)
    assert _render(plain_article(1, title="x" * 600)).subject == "Wärme aktuell: " + "x" * 54 + "…"


@pytest.mark.parametrize("field", ["title", "kicker", "teaser", "author", "body_markdown"])
@pytest.mark.parametrize(
    "evil", ["a\r\nBcc: x@y.example\r\n\r\nbody", "a\0b\x85c\u2028d", "<script>alert(1)</script>", "😀 👩‍👩‍👧"]
)
def test_evil_text_in_any_field_gives_a_right_message(field: str, evil: str) -> None:
    email = _render(plain_article(1, **{field: evil, "url": None}), plain_article(2, **{field: evil}))
    message = _read(email)
    assert "bcc" not in message
    assert not message.defects
    tree = _tree(_part(message, "text/html"))
    assert not list(tree.iter("script"))
    assert "\0" not in email.html
    assert "\x85" not in email.html


def test_an_encoded_word_in_the_lead_headline_is_an_error_elsewhere_it_is_text() -> None:
    evil = "=?utf-8?q?x=0D=0ABcc:_a@b?="
    with pytest.raises(TemplateError, match="encoded word"):
        _render(plain_article(1, title=evil))
    assert evil in visible(_render(plain_article(1), plain_article(2, title=evil)).html)


@pytest.mark.parametrize("evil", ["Verband\r\nBcc: x@y.example", "=?utf-8?q?x?=", "Verband\0"])
def test_evil_names_in_the_config_are_refused(evil: str) -> None:
    for digest in ({"from_name": evil}, {"title": evil}):
        with pytest.raises(PublisherError) as caught:
            _render(plain_article(1), digest=digest)
        assert caught.value.hint


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "javascript:alert(1)"},
        {"url": "https://"},
        {"url": "https://user:pw@x.example"},
        {"source": Source("x", "ftp://x.example")},
        {"related": (Related(title="x", url="data:text/html,x"),)},
    ],
)
def test_addresses_that_are_none_are_errors_with_file_and_field(changes: dict[str, Any]) -> None:
    with pytest.raises(QueueError) as caught:
        _render(plain_article(1, **changes))
    assert caught.value.where == "queue/artikel-1.md"
    assert caught.value.field
    assert "https://" in caught.value.hint


def test_addresses_are_written_in_ascii() -> None:
    email = _render(plain_article(1, url="https://wärme.example/straße nr 1?a=b c&d=%20"))
    assert 'href="https://xn--wrme-loa.example/stra%C3%9Fe%20nr%201?a=b%20c&amp;d=%20"' in email.html


def test_bad_images_are_errors_with_file_and_hint() -> None:
    for read in (no_pictures, lambda _src: b"not an image"):
        with pytest.raises(QueueError) as caught:
            render_email(edition(article(1)), shipped_templates(), read)
        assert caught.value.where == "queue/artikel-1.md"
        assert 'image "images/1.jpg": ' in caught.value.what
        assert caught.value.hint


def test_no_teaser() -> None:
    email = _render(plain_article(1, teaser=None))
    assert "Auf Einladung des Verbands kamen hochrangige Vertreter" in visible(email.html)
    assert "Was die Fachleute sagen" not in email.html
    assert _render(plain_article(1, teaser=None, body_markdown="", url=None)).message


def test_no_article() -> None:
    with pytest.raises(UsageError, match='"weekly" has no article'):
        _render()


def test_sixty_articles_lose_what_is_least_needed_and_say_so() -> None:
    many = tuple(Related(title=f"Titel {n}", teaser="Text " * 60, date=date(2026, 1, 1)) for n in range(3))
    thirty = _render(*(plain_article(n, related=many) for n in range(1, 31)))
    assert len(_part(_read(thirty), "text/html").encode()) <= MAX_HTML_BYTES
    assert any("related articles are left out" in warning for warning in thirty.warnings)
    sixty = _render(*(plain_article(n, related=many) for n in range(1, 61)))
    assert "Weitere Artikel" not in sixty.html
    assert "Weitere Artikel" not in sixty.text
    assert len(list(_tree(sixty.html).iter("h2"))) == 61


def test_it_warns_only_of_what_the_preflight_cannot_know() -> None:
    email = _render(article(1, image=Image(src="a.jpg"), body_markdown="![](y.png)", url=None, teaser="Kurz."))
    assert email.warnings == ('queue/artikel-1.md: the image "y.png" in the text has no alternative text',)


def test_unknown_placeholders_and_variables_are_errors(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    folder = own / "email" / "digest"
    folder.mkdir(parents=True)
    for text, name, near in (
        ("{{ placeholders.greetings }}", "greetings", "greeting"),
        ("\n{{ edition.titel }}", "titel", "title"),
    ):
        (folder / "text.j2").write_text(text)
        with pytest.raises(TemplateError) as caught:
            render_email(edition(plain_article(1)), Templates([own, SHIPPED]), read_picture)
        assert caught.value.where.startswith("templates/email/digest/text.j2:")
        assert f'"{name}" is not known here' in caught.value.what
        assert near in caught.value.hint


def test_a_subject_of_two_lines_or_with_a_placeholder(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "email" / "digest"
    folder.mkdir(parents=True)
    (folder / "subject.j2").write_text("Eins\n zwei\n")
    templates = Templates([tmp_path / "templates", SHIPPED])
    assert render_email(edition(plain_article(1)), templates, read_picture).subject == "Eins zwei"
    (folder / "subject.j2").write_text("{{ placeholders.greeting }}")
    with pytest.raises(TemplateError, match='"placeholders" is not known here'):
        render_email(edition(plain_article(1)), templates, read_picture)


# --- looks ------------------------------------------------------------------------------------------------------------

RELATED_IN_ENGLISH = Related(title="A book", slug="book", lang="en", teaser="On heat.", date=date(2026, 1, 2))


@pytest.mark.parametrize("content", ["teaser", "full"])
@pytest.mark.parametrize("count", [5, 6])
@pytest.mark.parametrize("sections", [(), ("Technik", "Recht")])
@pytest.mark.parametrize("template", ["digest", "letter"])
def test_every_combination_has_right_headings_contents_and_links(
    content: str, count: int, sections: tuple[str, ...], template: str
) -> None:
    tags = (("technik",), (), ("Recht", "Technik"), ("Sport",), ("Recht",), ())
    articles = [article(number, tags=tags[number - 1]) for number in range(1, count + 1)]
    email = _render(*articles, digest={"content": content, "sections": sections, "template": template})
    tree = _tree(email.html)
    levels = [int(element.tag[1]) for element in tree.iter() if re.fullmatch(r"h[1-6]", str(element.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    headlines = [a.title for a in articles]
    shown = [text for heading in tree.iter("h3" if sections else "h2") if (text := heading.text) in headlines]
    order = [0, 2, 4, 1, 3, 5] if sections else range(6)
    assert shown == [headlines[index] for index in order if index < count]
    targets = [a.attrib["href"][1:] for a in tree.iter("a") if a.attrib["href"].startswith("#")]
    anchors = [element.attrib["id"] for element in tree.iter() if "id" in element.attrib]
    assert anchors == [f"a{number}" for number in range(1, count + 1)]
    assert targets == (anchors if count >= 6 and template == "digest" else [])
    headings = [heading.text for heading in tree.iter("h2")] if sections else []
    assert [text for text in headings if text != "In dieser Ausgabe"] == (
        ["Technik", "Recht", "Weitere Meldungen"] if sections else []
    )
    assert ("durchgeführt." in visible(email.html)) is (content == "full" or count >= 5)
    assert _links(email.html) == _links_in_text(email.text)


def _links(html: str) -> list[str]:
    found = re.findall(r'href="([^"#]+)"', html.replace("&amp;", "&"))
    return [link for link in found if "verband.example" not in link]


def _links_in_text(text: str) -> list[str]:
    return [link for link in re.findall(r"(?:https?://|mailto:)[^\s)]+", text) if "verband.example" not in link]


def test_sections_that_no_article_is_in_leave_no_heading() -> None:
    email = _render(plain_article(1, tags=("Technik",)), digest={"sections": ("Sport",)})
    assert [heading.text for heading in _tree(email.html).iter("h2")] == [HEADLINES[0]]
    assert "Weitere Meldungen" not in email.html + email.text
    english = _render(
        plain_article(1, tags=("Sport",)), plain_article(2), digest={"sections": ("Sport",), "language": "en"}
    )
    assert [heading.text for heading in _tree(english.html).iter("h2")] == ["Sport", "More news"]


def test_a_letter_has_no_images_and_is_signed() -> None:
    body = 'Ein Satz.\n\n![Zwei Pumpen](images/zwei.jpg "Im Keller")'
    email = _render(
        article(1, body_markdown=body),
        digest={"template": "letter", "content": "full", "from_name": "Erika Mustermann"},
    )
    assert [part.get_content_type() for part in _read(email).walk()][1:] == ["text/plain", "text/html"]
    assert "<img" not in email.html
    assert "Zwei Pumpen Im Keller" in visible(email.html)
    assert "Mit freundlichen Grüßen Erika Mustermann" in visible(email.html)
    assert "Mit freundlichen Grüßen\nErika Mustermann" in email.text
    assert email.subject == "Neue Hocheffizienzpumpe senkt den Stromverbrauch in Altbauten um ein…"
    assert not email.warnings


def test_images_in_the_text_are_sized_and_embedded_like_the_others() -> None:
    body = 'Ein Satz.\n\n![Zwei Pumpen](images/zwei.jpg "Im Keller")'
    email = _render(article(2, image=None, body_markdown=body), digest={"content": "full"})
    (image,) = _tree(_part(_read(email), "text/html")).iter("img")
    assert (image.attrib["width"], image.attrib["height"]) == ("536", "345")
    assert image.attrib["alt"] == "Zwei Pumpen"
    assert image.attrib["src"].startswith("cid:")
    assert "max-width:536px" in image.attrib["style"]
    assert "Im Keller" in visible(email.html)
    with pytest.raises(QueueError, match=r'image "images/zwei.jpg": cannot be read') as caught:
        render_email(
            edition(article(2, image=None, body_markdown=body), digest={"content": "full"}),
            shipped_templates(),
            no_pictures,
        )
    assert caught.value.field == "body"


@pytest.mark.parametrize("template", ["letters", "../digest", "", "digest/html.j2"])
def test_a_template_that_there_is_not(template: str) -> None:
    with pytest.raises(TemplateError, match="there is no e-mail template") as caught:
        _render(plain_article(1), digest={"template": template})
    assert caught.value.where == "config.toml [digests.weekly.template]"
    assert "Use one of: digest, letter;" in caught.value.hint


def test_a_theme_shows_in_the_page() -> None:
    theme = Theme(
        font="Source Sans, Verdana, sans-serif",
        width=520,
        logo="logo.png",
        logo_alt="Ein Haus",
        colours=ThemeColours(accent="#8a1c1c", panel_dark="#101010"),
    )
    content = edition(article(1), article(2), digest={"theme": theme})
    email = render_email(content, shipped_templates(), read_picture, logo=picture(432, 120, "PNG"))
    assert re.search("font-family:Source Sans, ?Verdana, ?sans-serif", email.html)
    assert "font-family:Verdana,sans-serif!important" in email.html
    assert "#8a1c1c" in email.html
    assert "#0b5cad" not in email.html
    assert "background-color: #101010 !important" in email.html
    assert 'width="520"' in email.html
    assert "(max-width: 520px)" in email.html
    images = [(image.attrib["alt"], image.attrib["width"]) for image in _tree(email.html).iter("img")]
    assert images[0] == ("Ein Haus", "180")
    assert [width for _, width in images[1:]] == ["520", "456"]


@pytest.mark.parametrize("template", ["digest", "letter"])
def test_everything_in_another_language_is_marked(template: str) -> None:
    """Headline, kicker, teaser, text, image, caption, its place in the contents, and related articles."""
    articles = [plain_article(number) for number in range(1, 6)]
    foreign = article(
        6, title="Title one", kicker="Kicker one", teaser="Teaser one", lang="en", related=(RELATED_IN_ENGLISH,)
    )
    email = _render(*articles, foreign, digest={"template": template, "content": "full"})
    tree = _tree(email.html)
    parents = {child: parent for parent in tree.iter() for child in parent}
    english = ("Title one", "Kicker one", "Teaser one", "A book", "On heat.")
    seen = []
    for element in tree.iter():
        if any(word in (element.text or "") for word in english) and element.tag not in ("title", "style"):
            seen.append(element.text)
            marked = _nearest_with_lang(element, parents)
            assert (marked.attrib["lang"], marked.attrib["dir"]) == ("en", "ltr"), seen[-1]
    assert all(any(word in str(text) for text in seen) for word in english)
    german = next(element for element in tree.iter() if "2. Januar 2026" in (element.text or ""))
    assert _nearest_with_lang(german, parents).attrib["lang"] == "de"


def _nearest_with_lang(
    element: ElementTree.Element, parents: dict[ElementTree.Element, ElementTree.Element]
) -> ElementTree.Element:
    return element if "lang" in element.attrib else _nearest_with_lang(parents[element], parents)


def test_hosted_images_are_named_by_their_content_and_not_embedded() -> None:
    content = edition(article(1), article(2, image=None))
    hosted = render_email(content, shipped_templates(), read_picture, assets_url="https://verband.example/assets/")
    (name,) = hosted.assets
    assert re.fullmatch(r"[0-9a-f]{32}\.(jpg|png)", name)
    message = _read(hosted)
    assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]
    html = _part(message, "text/html")
    assert f'src="https://verband.example/assets/{name}"' in html
    assert "cid:" not in html
    assert 'src="data:image/' in hosted.html
    embedded = render_email(content, shipped_templates(), read_picture)
    assert embedded.assets == {}
    (part,) = (part for part in _read(embedded).walk() if part.get_content_maintype() == "image")
    assert part.get_payload(decode=True) == hosted.assets[name]
    assert str(part["content-id"]).strip("<>").partition("@")[0] == name.partition(".")[0]


def test_large_images_are_not_part_of_the_mail_where_they_are_hosted() -> None:
    content = edition(article(1))
    embedded = render_email(content, shipped_templates(), _read_noise)
    hosted = render_email(content, shipped_templates(), _read_noise, assets_url="https://verband.example")
    assert len(_read(embedded).as_bytes()) > 300 * 1024 > len(_read(hosted).as_bytes())
    assert sum(map(len, hosted.assets.values())) > 300 * 1024


def _read_noise(_src: str) -> bytes:
    from PIL import Image as Pillow

    output = BytesIO()
    Pillow.effect_noise((900, 700), 120).convert("RGB").save(output, "JPEG")
    return output.getvalue()


@settings(max_examples=15, deadline=None)
@given(
    st.fixed_dictionaries(
        {name: st.text(max_size=80) for name in ("kicker", "teaser", "author", "body_markdown", "lang")}
    ),
    st.text(max_size=60),
)
def test_any_text_gives_one_right_message(fields: dict[str, str], name: str) -> None:
    email = _render(
        plain_article(1), plain_article(2, **{**fields, "lang": "de"}), plain_article(3, title=name or "x", url=None)
    )
    message = _read(email)
    assert len(message.keys()) == len(set(message.keys())) == 12
    assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]


# --- documentation ---------------------------------------------------------------------------------------------------


def test_the_how_to_names_every_variable_and_no_other() -> None:
    organisation = Organisation(
        name="V", postal_address="Straße 1", contact="+49 231 123456", website="https://v.example"
    )
    content = edition(article(1), organisation=organisation)
    values, _ = edition_values(content, Images(read_picture), picture(100, 50))
    values |= {"subject": "", "preheader": "", "placeholders": dict.fromkeys(TEMPLATE_PLACEHOLDERS, "")}
    values["has_web_version"] = False
    how_to = (Path(__file__).parents[2] / "docs/how-to/edit-the-email-template.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `([^`(]+)(?:\([^`]*\))?` \|", how_to, re.MULTILINE))
    assert documented == set(_names({**values, "sections": [{"heading": "", "articles": ""}]}))


def _names(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [name for key, inner in value.items() for name in _names(inner, f"{path}.{key}".lstrip("."))]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return _names(value[0], f"{path}[]")
    return [path]


def test_telephone_numbers_become_links() -> None:
    organisation = replace(edition(article(1)).organisation, contact="+49 (0)231 12345")
    assert 'href="tel:+4923112345"' in _render(plain_article(1), organisation=organisation).html


HTTP = "http://www.example.org/alt?a=1&b=2"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("url", {"url": HTTP}),
        ("source.url", {"source": Source("Werk", HTTP)}),
        ("related.url", {"related": (Related(title="Anderes", url=HTTP),)}),
        ("body", {"url": None, "body_markdown": f"Ein [Verweis]({HTTP})."}),
        ("body", {"url": None, "body_markdown": f"Ein Verweis auf <{HTTP}>."}),
    ],
)
def test_a_link_that_is_not_https_is_the_authors_to_correct(field: str, changes: dict[str, Any]) -> None:
    """Never silently changed; the digest may allow it."""
    articles = (plain_article(1), replace(plain_article(2), **changes))
    with pytest.raises(InsecureAddress) as caught:
        _render(*articles)
    assert (caught.value.field, caught.value.quoted) == (field, HTTP)
    assert caught.value.where == plain_article(2).path
    assert "https://www.example.org/alt" in caught.value.hint
    allowed = _render(*articles, digest={"http_links": True})
    assert "http://www.example.org/alt" in allowed.html
    assert "http://www.example.org/alt" in allowed.text


def test_anothers_address_that_is_not_https_costs_only_the_related_line() -> None:
    other = Related(slug="alt", title="Aus der Reihe", url=HTTP)
    email = _render(replace(plain_article(1), related=(other, *RELATED)))
    assert "Aus der Reihe" not in email.html
    assert RELATED[0].title in email.html
    assert any('"alt" is left out' in warning for warning in email.warnings)
