"""Rules L: links that can be seen, understood, hit and followed; text that can be read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from publisher.rendering.preflight.authors import author_of_link, only_warned
from publisher.rendering.preflight.colours import contrast
from publisher.rendering.preflight.css import four_sides, pixels
from publisher.rendering.preflight.page import BLOCKS, Element, Look, Page, own_text, text_of, where_is
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, at_most, found

MIN_CONTRAST, MIN_LARGE_CONTRAST, MIN_LINK_CONTRAST = 4.5, 3.0, 3.0
LARGE_TEXT_PX, LARGE_BOLD_TEXT_PX = 24.0, 18.66
MIN_TARGET_PX = 24.0
_SCHEMES = ("https", "http", "mailto", "tel")  # http: has its own rule, D5-http
GENERIC = frozenset(
    {
        *("hier", "hier klicken", "klick", "klicken", "klicken sie hier", "mehr", "mehr lesen", "mehr dazu", "weiter"),
        *("weiterlesen", "mehr erfahren", "zum artikel", "zur meldung", "details", "link", "diesen link"),
        *("click here", "click", "here", "read more", "read on", "learn more", "more", "continue", "continue reading"),
        *("article", "this link"),
    }
)
SHORTENERS = frozenset(
    {
        *("bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "buff.ly", "t.ly", "rb.gy", "cutt.ly"),
        *("tiny.cc", "shorturl.at", "rebrand.ly", "lnkd.in", "fb.me", "dlvr.it", "kurzelinks.de", "kurzlink.de"),
    }
)


def check_links(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Look at the links and at the contrast of all text."""
    links = [link for link in page.all("a") if link.get("href") is not None and page.is_visible(link)]
    yield from at_most(_names(email, links))
    yield from at_most(_distinct(page, links))
    yield from at_most(_adjacent(page, links))
    yield from at_most(_targets(page, links))
    yield from at_most(_hrefs(links))
    yield from _contrasts(page)


def link_name(link: Element) -> str:
    """Give what a reader or a screen reader has of a link: its text, or its pictures' alternative text."""
    pictures = " ".join(str(image.get("alt") or "") for image in link.iter("img"))
    return " ".join(f"{text_of(link)} {pictures} {link.get('aria-label') or ''}".split())


def _names(email: EmailParts, links: list[Element]) -> Iterator[Finding]:
    for link in links:
        name = link_name(link)
        if not name:
            hint = "Write text into the link, or alternative text for the picture in it."
            yield found("L1-text", where_is(link), f"the link to {link.get('href')} has no text", hint)
        elif (said := re.sub(r"[\s.:!…>»→]+$", "", name)).lower() in GENERIC:
            hint = "Name what is behind it, for example the headline."
            finding = found("L2-generic", where_is(link), f'the link text "{name}" says nothing', hint)
            yield only_warned(finding, author_of_link(email.content, said))
        if link.get("role") == "button":
            yield found("L3-role", where_is(link), "a link that calls itself a button", "Leave out role.")


def _distinct(page: Page, links: list[Element]) -> Iterator[Finding]:
    for link in links:
        around = next((above for above in link.iterancestors() if above.tag in BLOCKS), page.body)
        stands_alone = plain_length(around) == plain_length(link)
        if stands_alone or _is_underlined(page.light, link):
            continue
        own, _ = page.light.colours(link)
        text, _ = page.light.colours(around)
        if contrast(own, text) < MIN_LINK_CONTRAST:
            what = f'the link "{link_name(link)[:40]}" looks like the text around it'
            yield found("L1-visible", where_is(link), what, "Write text-decoration: underline.")


def plain_length(element: Element) -> int:
    """Count the characters of an element's text."""
    return len(text_of(element))


def _is_underlined(look: Look, link: Element) -> bool:
    value = look.declared(link, "text-decoration") or look.declared(link, "text-decoration-line") or "underline"
    return "underline" in value


def _adjacent(page: Page, links: list[Element]) -> Iterator[Finding]:
    order = {element: index for index, element in enumerate(page.elements)}
    for one, other in pairwise(links):
        same = one.get("href") == other.get("href") and not str(one.get("href")).startswith("#")
        between = page.elements[order[one] : order[other]]
        inside = set(one.iter())
        texts = [element for element in between if element not in inside and own_text(element)]
        if same and not texts and not (one.tail or "").strip():
            what = f"two links to {one.get('href')} side by side"
            yield found("L1-adjacent", where_is(other), what, "Make them one link.")


def _targets(page: Page, links: list[Element]) -> Iterator[Finding]:
    """Look at links that stand alone or in a list; inside a sentence any size will do."""
    for link in links:
        block = next((above for above in link.iterancestors() if above.tag in BLOCKS), page.body)
        in_sentence = block.tag != "li" and plain_length(block) > plain_length(link) + 40
        if in_sentence or link.find(".//img") is not None:
            continue
        height = _room(page.light, link, block)
        if height < MIN_TARGET_PX:
            what = f'the link "{link_name(link)[:40]}" is {height:.0f} px high'
            yield found("L3-target", where_is(link), what, "Give it 24 px: line-height, or a margin of its line.")


def _room(look: Look, link: Element, block: Element) -> float:
    lines = 1 + sum(1 for _ in block.iter("br"))
    height = look.line_height(link) * lines
    for name in ("margin", "padding"):
        for holder in {link, block}:
            if value := look.declared(holder, name):
                top, _, bottom, _ = four_sides(value)
                height += (pixels(top) or 0) + (pixels(bottom) or 0)
    return height


def _hrefs(links: list[Element]) -> Iterator[Finding]:
    for link in links:
        href = str(link.get("href"))
        if problem := href_problem(href):
            yield found("L3-href", where_is(link), f"{href[:80]!r}: {problem}", "Correct the address in the article.")
        elif (host := _host(href)) in SHORTENERS:
            what = f"{href[:80]} hides where it goes"
            yield found("L3-shortener", where_is(link), what, f"Write the address that {host} leads to.")


def href_problem(href: str) -> str:
    """Say what is wrong with a link's address; empty if nothing."""
    if not href.strip() or href.strip() == "#":
        return "it leads nowhere"
    if href.startswith("#"):
        return ""
    if re.search(r"[\s\x00-\x1f<>\"\\^`{|}]", href):
        return "it has a space or another character that has to be escaped"
    if not href.isascii():
        return "it has a character that is not ASCII"
    scheme, colon, rest = href.partition(":")
    if not colon or scheme.lower() not in _SCHEMES:
        return "it is not https, mailto or tel"
    if scheme.lower() in ("mailto", "tel"):
        return "" if rest.strip("/") else "it leads nowhere"
    host = _host(href)
    if not host or ("." not in host and host != "localhost"):
        return "it has no host"
    return "its host is a number" if _is_number(host) else ""


def _host(href: str) -> str:
    try:
        return (urlsplit(href).hostname or "").lower()
    except ValueError:
        return ""


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(re.fullmatch(r"[0-9.]+|0x[0-9a-f]+", host))
    return True


def _contrasts(page: Page) -> Iterator[Finding]:
    for name, look in (("light", page.light), ("dark", page.dark)):
        yield from at_most(_contrast_in(name, look, page.texts))


def _contrast_in(name: str, look: Look, texts: list[tuple[Element, str]]) -> Iterator[Finding]:
    for element, text in texts:
        colour, background = look.colours(element)
        size = look.font_size(element)
        is_large = size >= LARGE_TEXT_PX or (size >= LARGE_BOLD_TEXT_PX and look.is_bold(element))
        ratio, wanted = contrast(colour, background), MIN_LARGE_CONTRAST if is_large else MIN_CONTRAST
        if ratio < wanted:
            what = f'in {name} mode "{text[:30]}" has a contrast of {ratio:.1f}:1, {wanted}:1 is needed'
            hint = "Choose another colour in [organisation.colours], or in style.css and dark.css."
            yield found("L4-contrast", where_is(element), what, hint)
