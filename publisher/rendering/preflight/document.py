"""Rules D: the document as a whole, its head, its languages, and what may not be in it at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.rendering.preflight.articles import article_blocks, place_of
from publisher.rendering.preflight.page import Element, Page, language_at, primary, where_is
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, at_most, found

DOCTYPE = "<!DOCTYPE html>"
_ACTIVE = frozenset(
    {
        *("script", "iframe", "frame", "object", "embed", "applet", "link", "base", "video", "audio", "svg", "math"),
        *("form", "input", "button", "select", "textarea", "canvas", "dialog"),
    }
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff]")
# UTF-8 that was read as Latin-1 or Windows-1252: a lead byte's character, then a continuation byte's.
_MOJIBAKE = re.compile(r"[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[\u0080-\u00bf„œžš™˜¦“”‚]")
_GENERIC_TITLES = frozenset(
    {"", "newsletter", "e-mail", "email", "mail", "untitled", "ohne titel", "document", "digest"}
)
_LINKING = ("href", "src", "background", "action", "poster", "srcset", "data", "cite", "longdesc", "xlink:href")
_BAD_SCHEMES = ("data:", "javascript:", "vbscript:", "file:", "blob:", "about:", "//")
_HEAD_METAS = {"color-scheme": "light dark", "supported-color-schemes": "light dark"}


def check_document(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Look at the document."""
    yield from _characters(email.html)
    yield from _language(email, page)
    yield from _foreign(email, page)
    yield from _title(page)
    yield from _wrapper(page)
    yield from _viewport(page)
    yield from _head(page)
    yield from at_most(_active(page))
    yield from at_most(_addresses(email, page))
    yield from _fonts(page)


def _characters(html: str) -> Iterator[Finding]:
    if not html.startswith(DOCTYPE):
        yield found("D1-doctype", "html:1", f"it begins with {html[:30]!r}", f"Begin html.j2 with {DOCTYPE}.")
    start = html.encode("utf-8", "replace")[:1024].lower()
    if not re.search(rb"<meta\s+charset=[\"']?utf-8", start):
        yield found("D1-charset", "html:1", "there is no charset", 'Put <meta charset="utf-8"> first into <head>.')
    if match := _CONTROL.search(html):
        what = f"the character U+{ord(match.group()):04X} {_around(html, match)}"
        yield found("D1-characters", _line(html, match), what, "Take it out of the article.")
    if match := _MOJIBAKE.search(html):
        hint = "Save the article's file as UTF-8 and write the word anew."
        yield found("D1-mojibake", _line(html, match), f"text decoded wrongly {_around(html, match)}", hint)


def _line(html: str, match: re.Match[str]) -> str:
    return f"html:{html.count(chr(10), 0, match.start()) + 1}"


def _around(html: str, match: re.Match[str]) -> str:
    return f"in {html[max(0, match.start() - 20) : match.end() + 20]!r}"


def _language(email: EmailParts, page: Page) -> Iterator[Finding]:
    hint = 'Write <html lang="de" dir="ltr">, and the same on body and on each of its children.'
    root = page.tree
    if not root.get("lang") or not root.get("dir"):
        yield found("D2-language", "html <html>", "it has no lang or no dir", hint)
    elif primary(root.get("lang")) != primary(email.content.language):
        what = f'lang is "{root.get("lang")}", the digest is in "{email.content.language}"'
        yield found("D2-language", "html <html>", what, hint)
    if page.body.get("lang") != page.body.get("xml:lang"):
        yield found("D2-language", where_is(page.body), "lang and xml:lang differ", hint)
    for child in page.body:
        speaks = child.get("lang") and child.get("dir")
        if (
            isinstance(child.tag, str)
            and child.tag not in ("style", "script")
            and page.is_visible(child)
            and not speaks
        ):
            yield found("D2-language", where_is(child), "a child of body has no lang or no dir", hint)


def _foreign(email: EmailParts, page: Page) -> Iterator[Finding]:
    for block in article_blocks(email, page):
        wanted = block.article.lang or email.content.language
        there = language_at(block.heading)
        if primary(wanted) != primary(there):
            what = f'the article is in "{wanted}", its headline is marked "{there}"'
            hint = f'Put lang="{wanted}" on the headline of this article in the template.'
            yield found("D2-foreign", place_of(block.article), what, hint)


def _title(page: Page) -> Iterator[Finding]:
    titles = page.tree.xpath("//head/title")
    title = " ".join((titles[0].text or "").split()) if titles else ""
    if title.lower() in _GENERIC_TITLES:
        what = f'the title is "{title}"' if title else "there is no title"
        yield found("D3-title", "html <title>", what, "Write the digest and the date: {{ edition.title }}.")


def _wrapper(page: Page) -> Iterator[Finding]:
    articles = [element for element in page.elements if element.get("role") == "article"]
    hint = 'Put the content into <div role="article" aria-label="{{ edition.title }}">.'
    if len(articles) != 1:
        yield found("D3-article", "html <body>", f'there are {len(articles)} elements with role="article"', hint)
    for element in articles:
        if not (element.get("aria-label") or "").strip() or element.get("aria-roledescription", "x").strip() == "":
            yield found("D3-article", where_is(element), "it has no name", hint)
    for element in page.elements:
        if element.tag == "main" or element.get("role") == "main":
            yield found("D3-main", where_is(element), "a main landmark", "Use <div> instead.")


def _metas(page: Page) -> dict[str, str]:
    return {str(meta.get("name", "")).lower(): str(meta.get("content", "")) for meta in page.tree.xpath("//meta")}


def _viewport(page: Page) -> Iterator[Finding]:
    viewport = _metas(page).get("viewport", "")
    settings = dict(part.replace(" ", "").lower().partition("=")[::2] for part in viewport.split(","))
    if settings.get("width") != "device-width":
        what = "there is no viewport for telephones"
    elif settings.get("user-scalable") in ("no", "0") or "maximum-scale" in settings:
        what = "readers may not enlarge it"
    else:
        return
    hint = 'Write <meta name="viewport" content="width=device-width, initial-scale=1">.'
    yield found("D4-viewport", "html <meta>", what, hint)


def _head(page: Page) -> Iterator[Finding]:
    metas = _metas(page)
    for name, content in _HEAD_METAS.items():
        if metas.get(name) != content:
            hint = f'Write <meta name="{name}" content="{content}">.'
            yield found("D4-head", "html <head>", f"{name} is missing", hint)
    for name in ("x-apple-disable-message-reformatting", "format-detection"):
        if name not in metas:
            yield found("D4-head", "html <head>", f"{name} is missing", f'Write <meta name="{name}" ...>.')
    rules = [rule for sheet in page.sheets for rule in sheet.rules if ":root" in rule.selectors]
    if not any(declaration.name == "color-scheme" for rule in rules for declaration in rule.declarations):
        hint = "Write :root { color-scheme: light dark; supported-color-schemes: light dark; }."
        yield found("D4-head", "html <style>", "the rule for :root is missing", hint)


def _active(page: Page) -> Iterator[Finding]:
    for element in page.everything:
        if element.tag in _ACTIVE:
            yield found("D5-active", where_is(element), f"<{element.tag}> is not for e-mails", "Take it out.")
        if element.tag == "meta" and element.get("http-equiv", "").lower() == "refresh":
            yield found("D5-active", where_is(element), "it leads elsewhere by itself", "Take it out.")
        for name in element.keys():  # noqa: SIM118 - an lxml element is not a dict
            if str(name).lower().startswith("on"):
                yield found("D5-active", where_is(element), f"{name} runs a script", "Take it out.")
    for sheet in page.sheets:
        if re.search(r"@import\b", sheet.text, re.IGNORECASE):
            yield found("D5-active", f"html:{sheet.line} <style>", "@import loads a style sheet", "Take it out.")


def _addresses(email: EmailParts, page: Page) -> Iterator[Finding]:
    may_link_to_http = email.content.digest.http_links
    for element, address in _all_addresses(page):
        start = re.sub(r"[\x00-\x20]+", "", address).lower()
        if start.startswith(_BAD_SCHEMES):
            what = f"the address {address[:60]!r} does not work in mails"
            yield found("D5-address", where_is(element), what, "Write the whole address, with https://.")
        elif start.startswith("http:") and not (may_link_to_http and element.tag == "a"):
            yield found("D5-http", where_is(element), f"{address[:100]} is not https", "Use the https address.")


def _all_addresses(page: Page) -> Iterator[tuple[Element, str]]:
    for element in page.everything:
        for name in _LINKING:
            if address := element.get(name):
                yield element, str(address)
        for declaration in page.inline(element).values():
            for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", declaration.value, re.IGNORECASE):
                yield element, address
    for sheet, style in zip(page.sheets, page.tree.xpath("//style"), strict=True):
        for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", sheet.text, re.IGNORECASE):
            yield style, address


def _fonts(page: Page) -> Iterator[Finding]:
    for sheet in page.sheets:
        if any("@font-face" in rule.selectors for rule in sheet.rules):
            hint = "Use fonts that readers have: Arial, Helvetica, sans-serif."
            yield found("D5-font", f"html:{sheet.line} <style>", "a font is loaded from elsewhere", hint)
