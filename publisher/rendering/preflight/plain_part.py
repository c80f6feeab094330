"""Rules T: the text part says the same as the HTML part, plainly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from publisher.domain.article import Article
from publisher.rendering.preflight.articles import article_blocks, place_of, plain
from publisher.rendering.preflight.authors import author_of, only_warned, squeezed
from publisher.rendering.preflight.page import Page
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, Severity, at_most, found

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_AFTER = r"(?![\w/%=&#~+@-])"  # what would still belong to the address
_NUMBER = re.compile(r"\[\d+\] ")
# A line that begins with "From " is not among these: quoted-printable writes it as =46rom.
_NOT_PLAIN = (
    (re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,6});", re.IGNORECASE), "an HTML entity"),
    (re.compile(r"\t"), "a tab"),
    (re.compile(r"[ \u00a0]+$", re.MULTILINE), "blanks at the end of a line"),
    (re.compile(r"^>.*", re.MULTILINE), 'a line that begins with ">", as quoted mail does'),
    (re.compile(r"</?(?:p|br|a|td|div|span|strong|em)\b[^>]*>", re.IGNORECASE), "HTML"),
)


def check_plain_part(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Compare the text part with the HTML part."""
    yield from _links(email, page)
    yield from _articles(email, page)
    for pattern, what in _NOT_PLAIN:
        yield from at_most(_not_plain(email, pattern, what), 2)
    if not email.text.strip():
        yield found("T2-plain", "text", "there is no text part", "Write text.j2.")


def _not_plain(email: EmailParts, pattern: re.Pattern[str], what: str) -> Iterator[Finding]:
    """Give what is not plain, the template's before the authors': of the same words only the first."""
    first = {match.group(): match.start() for match in reversed(list(pattern.finditer(email.text)))}
    hint = "Correct text.j2, or the article that it comes from."
    findings = []
    for piece, start in sorted(first.items(), key=lambda item: item[1]):
        finding = found("T2-plain", f"text:{email.text.count(chr(10), 0, start) + 1}", what, hint)
        findings.append(only_warned(finding, author_of(email.content, piece)))
    yield from sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)


def _links(email: EmailParts, page: Page) -> Iterator[Finding]:
    hrefs = dict.fromkeys(str(link.get("href")) for link in page.all("a") if link.get("href"))
    web = [href for href in hrefs if href.startswith(("https://", "http://"))]
    places = {href: _places(href, email.text) for href in web}
    missing = [href for href in web if not places[href]]
    missing += [href for href in hrefs if href.startswith("mailto:") and not _has_mailbox(href, email.text)]
    for href in missing[:3]:
        yield found("T1-links", "text", f"the link {href} is only in the HTML part", "Write it into text.j2, too.")
    for address in _ADDRESS.findall(email.text):
        known = any(address.startswith(href) for href in web) or address.rstrip(").,;") in page.visible_text
        if not known and author_of(email.content, address.rstrip(").,;")) is None:
            yield found(
                "T1-links", "text", f"the link {address} is only in the text part", "Write it into html.j2, too."
            )
            break
    shown = [href for href in web if places[href]]
    late = _first_out_of_order([places[href] for href in shown])
    if late is not None:
        hint = "Give both parts the same order."
        yield found("T1-order", "text", f"{shown[late]} comes earlier than in the HTML part", hint)


def _places(href: str, text: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(href) + _AFTER, text)]


def _first_out_of_order(places: Sequence[Sequence[int]]) -> int | None:
    """Say which one stands nowhere behind those before it; None if they can be read in this order.

    What stands there several times, as in a text that mentions it, may be meant anywhere.
    """
    reached = -1
    for index, own in enumerate(places):
        behind = [place for place in own if place >= reached]
        if not behind:
            return index
        reached = min(behind)
    return None


def _has_mailbox(href: str, text: str) -> bool:
    return unquote(href.removeprefix("mailto:").split("?")[0]) in unquote(text)


def _articles(email: EmailParts, page: Page) -> Iterator[Finding]:
    paragraphs = [_without_number(paragraph) for paragraph in re.split(r"\n\s*\n", email.text)]
    whole = squeezed(email.text)
    missing = [article for article in email.content.articles if squeezed(article.title) not in whole]
    for article in missing[:3]:
        yield found("T1-order", "text", f"the article {place_of(article)} is missing", "Show every article in text.j2.")
    order = {element: index for index, element in enumerate(page.elements)}
    blocks = sorted(article_blocks(email, page), key=lambda block: order[block.heading])
    places = [_headline_places(block.article, paragraphs) for block in blocks]
    if not missing and all(places) and _first_out_of_order(places) is not None:
        yield found("T1-order", "text", "the articles are in another order", "Go through sections as html.j2 does.")


def _without_number(paragraph: str) -> list[str]:
    """Give the lines of a paragraph without its "[n]"; none of a table of contents, which has several."""
    lines = [plain(line) for line in paragraph.splitlines()]
    if sum(1 for line in lines if _NUMBER.match(line)) > 1:
        return []
    return [_NUMBER.sub("", line, count=1) for line in lines if line]


def _headline_places(article: Article, paragraphs: Sequence[Sequence[str]]) -> list[int]:
    """Say which paragraphs begin with the headline, wrapped or not, and on a line of its own."""
    title = squeezed(article.title)
    wanted = {title, squeezed(f"{article.kicker}: {article.title}")}
    return [number for number, lines in enumerate(paragraphs) if _begins_with(lines, wanted)]


def _begins_with(lines: Sequence[str], wanted: set[str]) -> bool:
    return any(squeezed(" ".join(lines[:count])) in wanted for count in range(1, len(lines) + 1))
