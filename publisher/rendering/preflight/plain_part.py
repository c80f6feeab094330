"""Rules T: the text part says the same as the HTML part, plainly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from publisher.rendering.preflight.articles import place_of, plain
from publisher.rendering.preflight.page import HEADINGS, Page, text_of
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, found

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_AFTER = r"(?=$|[\s)\]>.,;:!?\"'“”])"
# A line that begins with "From " is not among these: quoted-printable writes it as =46rom.
_NOT_PLAIN = (
    (re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,6});", re.IGNORECASE), "an HTML entity"),
    (re.compile(r"\t"), "a tab"),
    (re.compile(r"[ \u00a0]+$", re.MULTILINE), "blanks at the end of a line"),
    (re.compile(r"^>", re.MULTILINE), 'a line that begins with ">", as quoted mail does'),
    (re.compile(r"</?(?:p|br|a|td|div|span|strong|em)\b[^>]*>", re.IGNORECASE), "HTML"),
)


def check_plain_part(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Compare the text part with the HTML part."""
    yield from _links(email, page)
    yield from _articles(email, page)
    for pattern, what in _NOT_PLAIN:
        if match := pattern.search(email.text):
            where = f"text:{email.text.count(chr(10), 0, match.start()) + 1}"
            yield found("T2-plain", where, what, "Correct text.j2, or the article that it comes from.")
    if not email.text.strip():
        yield found("T2-plain", "text", "there is no text part", "Write text.j2.")


def _links(email: EmailParts, page: Page) -> Iterator[Finding]:
    hrefs = dict.fromkeys(str(link.get("href")) for link in page.all("a") if link.get("href"))
    web = [href for href in hrefs if href.startswith(("https://", "http://"))]
    places = {href: _place(href, email.text) for href in web}
    missing = [href for href in web if places[href] is None]
    missing += [href for href in hrefs if href.startswith("mailto:") and not _has_mailbox(href, email.text)]
    for href in missing[:3]:
        yield found("T1-links", "text", f"the link {href} is only in the HTML part", "Write it into text.j2, too.")
    for address in _ADDRESS.findall(email.text):
        known = any(address.startswith(href) for href in web)
        if not known and address.rstrip(").,;") not in page.visible_text:
            yield found(
                "T1-links", "text", f"the link {address} is only in the text part", "Write it into html.j2, too."
            )
            break
    order = [place for href in web if (place := places[href]) is not None]
    if order != sorted(order):
        first = next(index for index in range(1, len(order)) if order[index] < order[index - 1])
        hint = "Give both parts the same order."
        yield found("T1-order", "text", f"{web[first]} comes earlier than in the HTML part", hint)


def _place(href: str, text: str) -> int | None:
    match = re.search(re.escape(href) + _AFTER, text, re.MULTILINE)
    return match.start() if match else None


def _has_mailbox(href: str, text: str) -> bool:
    return unquote(href.removeprefix("mailto:").split("?")[0]) in unquote(text)


def _articles(email: EmailParts, page: Page) -> Iterator[Finding]:
    titles = {article.slug: plain(article.title) for article in email.content.articles}
    headings = (plain(text_of(heading)) for heading in page.all(*HEADINGS))
    shown = dict.fromkeys(heading for heading in headings if heading in titles.values())
    order = _titles_in_order(email.text, set(titles.values()))
    missing = [article for article in email.content.articles if titles[article.slug] not in order]
    for article in missing[:3]:
        yield found("T1-order", "text", f"the article {place_of(article)} is missing", "Show every article in text.j2.")
    if not missing and [title for title in order if title in shown] != list(shown):
        yield found("T1-order", "text", "the articles are in another order", "Go through sections as html.j2 does.")


def _titles_in_order(text: str, titles: set[str]) -> list[str]:
    """Give the headlines in the order of their articles: not as in the table of contents, nor in related lists."""
    last: dict[str, int] = {}
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text)):
        line = plain(paragraph)
        there = [title for title in titles if title in line]
        there = [title for title in there if not any(title in other and title != other for other in there)]
        if len(there) == 1 and not line.startswith(("- ", "* ", "• ")):
            last[there[0]] = number
    return sorted(last, key=lambda title: last[title])
