"""An edition as a web page: out of the same frozen message that is sent, without what belongs to one recipient."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from publisher.domain.message import Context, Message, fill
from publisher.domain.personal import nobody_values
from publisher.rendering.texts import greetings_for, texts_for

# Stands for a recipient's own address while the page is made. No such domain can exist: RFC 2606 section 2 (2026-11-23)
_NOBODYS = "https://placeholder.invalid/"
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page with its images, by the path beside the page under which it names them; `headlines` in their order."""

    html: bytes
    images: Mapping[str, bytes]
    description: str
    headlines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Where a page leads: the list of all editions, its digest's feeds, and its own address where it is known."""

    archive: str
    atom: str
    json: str
    canonical: str = ""


def make_web_page(message: Message, language: str, links: PageLinks) -> WebPage:
    """Take the HTML part out of a frozen e-mail and make it a page that may stand on the web as it is."""
    from lxml import html as lxml_html

    mail = _parsed(message, language)
    images = dict(_images(mail))
    part = mail.get_body(("html",))
    page = lxml_html.document_fromstring(part.get_content() if part else "<p></p>")
    _name_images(page, images)
    _leave_out_personal_links(page, links.archive, texts_for(language)("All issues"))
    _drop_what_is_for_mail(page)
    description = " ".join(page.xpath("string(//meta[@name='description']/@content)").split())
    _complete_head(page, links)
    markup = lxml_html.tostring(page, doctype="<!DOCTYPE html>", encoding="utf-8")
    return WebPage(markup + b"\n", dict(images.values()), description, tuple(_headlines(page)))


def _parsed(message: Message, language: str) -> EmailMessage:
    """Fill in nobody's values, and read the e-mail as any mail program does."""
    from email import message_from_bytes, policy

    values = {field.name: "" for field in message.fields}
    values |= {field.name: _NOBODYS + field.name for field in message.fields if field.context is Context.URL}
    sections = fill(message, values | nobody_values(greetings_for(language)))
    mail = message_from_bytes(sections["headers"] + b"\r\n" + sections["body"], policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _images(mail: EmailMessage) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Give each embedded image by its Content-ID, which begins with the hash of its bytes: path and content."""
    for part in mail.walk():
        if content_id := str(part["Content-ID"] or "").strip("<> "):
            name = re.sub(r"[^a-z0-9]", "", content_id.partition("@")[0])
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            yield content_id, (f"images/{name}.{_ENDINGS[part.get_content_type()]}", content)


def _name_images(page: Any, images: Mapping[str, tuple[str, bytes]]) -> None:
    for element in page.xpath("//img[starts-with(@src, 'cid:')]"):
        path, _ = images[element.get("src").removeprefix("cid:")]
        element.set("src", path)


def _leave_out_personal_links(page: Any, archive: str, all_issues: str) -> None:
    """Drop the links that only a recipient has; where the first of them stood, lead to all editions."""
    links = page.xpath("//a[starts-with(@href, $start)]", start=_NOBODYS)
    for link in links[1:]:
        around = link.getparent()
        link.drop_tree()
        if not around.text_content().strip() and not around.xpath(".//img"):
            around.drop_tree()
    for link in links[:1]:
        link.set("href", archive)
        for child in list(link):
            link.remove(child)
        link.text = all_issues


def _drop_what_is_for_mail(page: Any) -> None:
    """Drop what only mail programs read, and whatever could run or send something, should a template have it."""
    for comment in page.xpath("//comment()"):
        comment.drop_tag() if comment.getparent() is None else _drop_comment(comment)
    for element in page.xpath("//script | //iframe | //object | //embed | //form | //base | //meta[@http-equiv]"):
        element.drop_tree()
    for element in page.xpath("//meta[starts-with(@name, 'x-apple')] | //meta[@name='supported-color-schemes']"):
        element.drop_tree()
    for element in page.xpath("//*[@aria-roledescription]"):
        del element.attrib["aria-roledescription"]


def _drop_comment(comment: Any) -> None:
    """Drop a comment and keep the text that follows it."""
    parent, previous, after = comment.getparent(), comment.getprevious(), comment.tail or ""
    if previous is not None:
        previous.tail = (previous.tail or "") + after
    else:
        parent.text = (parent.text or "") + after
    parent.remove(comment)


def _complete_head(page: Any, links: PageLinks) -> None:
    from lxml.html import builder

    head = page.find("head")
    if head is None:
        head = builder.HEAD()
        page.insert(0, head)
    policy = {"http-equiv": "Content-Security-Policy", "content": content_security_policy(_image_hosts(page))}
    head.insert(1, builder.META(policy))
    head.append(builder.META(name="referrer", content="no-referrer"))
    feeds = ((links.atom, "application/atom+xml"), (links.json, "application/feed+json"))
    for address, media_type in feeds:
        head.append(builder.LINK(rel="alternate", type=media_type, href=address))
    if links.canonical:
        head.append(builder.LINK(rel="canonical", href=links.canonical))


def _image_hosts(page: Any) -> list[str]:
    addresses = (urlsplit(src) for src in page.xpath("//img/@src"))
    return sorted({f"https://{address.netloc}" for address in addresses if address.scheme == "https"})


def content_security_policy(image_hosts: list[str]) -> str:
    """Allow pictures and style sheets of the page itself, and nothing that runs, loads or is filled in.

    *Source:* Content Security Policy Level 3 (checked 2026-11-23).
    """
    pictures = " ".join(["'self'", *image_hosts])
    return f"default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _headlines(page: Any) -> Iterator[str]:
    for element in page.xpath("//*[contains(concat(' ', @class, ' '), ' headline ')]"):
        yield " ".join(element.text_content().split())
