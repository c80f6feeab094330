"""Rules W: the subject, what was left in by mistake, and what authors forgot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from publisher.domain.article import Article
from publisher.domain.edition import EditionContent
from publisher.rendering.preflight.articles import place_of
from publisher.rendering.preflight.authors import author_of, only_warned, own_texts
from publisher.rendering.preflight.page import Page
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, Severity, at_most, found

MAX_SUBJECT = 70
_MIN_SHOUTED = 10
_REPLY = re.compile(r"\s*(?:re|aw|fwd?|wg|antw)\s*(?:\[\d+\])?:(?=\s|$)", re.IGNORECASE)  # but not Re:publica
_LEFT_OVER = (
    re.compile(r"\{\{[^{}]{0,80}\}\}|\{%[^{}]{0,80}%\}|\{#[^{}]{0,80}#\}|\{\{|\}\}|\{%|%\}"),
    re.compile(r"\*\|[A-Za-z_:]+\|\*|%%[A-Za-z_]+%%|\[\[[A-Za-z_ ]+\]\]|\$\{[\w.]+\}|<%.*?%>|\[%.*?%\]"),
    re.compile(r"\{(?:name|vorname|nachname|anrede|first_?name|last_?name|e?mail|datum|date|nummer|number)\}", re.I),
    re.compile(r"ph-[0-9a-f]{20}-[a-z_]+-hp"),
)
_DUMMY = re.compile(
    r"\blorem ipsum\b|\bdolor sit amet\b|\bTODO\b|\bTBD\b|\bFIXME\b|\bXXX+\b|\bPlatzhalter(?:text|bild)?\b|"
    r"\bBlindtext\b|\bText folgt\b|\bplaceholder text\b|\[(?:Bild|Foto|Datum|Name|Zitat|image|date|quote)\]",
    re.IGNORECASE,
)
_ATTACHED = re.compile(
    r"\banbei\b|\bim Anhang\b(?! (?:der|des|zu|zur|zum)\b)|\bin der Anlage\b|\bals Anlage\b|\bangehängt\w*|"
    r"\bbeigefügt\w*|\bbeiliegend\w*|\b(?:is|are|find|see|the) (?:attached|enclosed)\b|"
    r"\battached (?:file|document|pdf)\b|\bsee attachment\b",
    re.IGNORECASE,
)


def check_words(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Look at the words."""
    yield from _subject(email)
    texts = {"subject": email.subject, "preheader": email.preheader, "html": page.visible_text, "text": email.text}
    addresses = [str(element.get(name) or "") for element in page.elements for name in ("href", "src", "alt")]
    for where, text in {**texts, "html": " ".join([page.visible_text, *addresses])}.items():
        yield from at_most(_left_over(email, where, text), 2)
    for where, text in texts.items():
        if where != "text" and (match := _DUMMY.search(text)):
            yield found("W2-dummy", where, f'"{match.group()}"', "Write the real text into the article.")
    yield from _attachments(email, page)
    for article in email.content.articles:
        yield from _article(email, article)


def _subject(email: EmailParts) -> Iterator[Finding]:
    subject = email.subject
    if not subject.strip():
        yield found("W1-empty", "subject", "it is empty", "Write subject.j2.")
    if len(subject) > MAX_SUBJECT:
        what = f"it has {len(subject)} characters; lists of mails show about {MAX_SUBJECT}"
        yield found("W1-length", "subject", what, "Shorten it in subject.j2, for example with | shortened(70).")
    letters = [character for character in subject if character.isalpha()]
    if len(letters) >= _MIN_SHOUTED and all(letter.isupper() for letter in letters):
        yield found("W1-shouting", "subject", "it is all in capitals", "Write it as usual.")
    if _REPLY.match(subject):
        finding = found("W1-reply", "subject", f"it begins like an answer: {subject[:20]!r}", "Begin otherwise.")
        yield only_warned(finding, next((one for one in email.content.articles if _REPLY.match(one.title)), None))


def _left_over(email: EmailParts, where: str, text: str) -> Iterator[Finding]:
    """Give what is left, the template's before the authors'."""
    pieces = dict.fromkeys(match.group() for pattern in _LEFT_OVER for match in pattern.finditer(text))
    hint = "Correct the template, or write it another way in the article."
    findings = [
        only_warned(found("W2-placeholder", where, f"{piece[:60]!r} is left", hint), _writer_of(email.content, piece))
        for piece in pieces
    ]
    yield from sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)


def _writer_of(content: EditionContent, piece: str) -> Article | None:
    """Give the article with this piece, or the one that opens what a sign of another one closes by chance."""
    opening, closing = piece[:2], piece[-2:]
    opens = (
        article
        for article in content.articles
        if any(text.count(opening) > text.count(closing) for text in own_texts(article))
    )
    return author_of(content, piece) or next(opens, None)


def _attachments(email: EmailParts, page: Page) -> Iterator[Finding]:
    files = [one for one in email.attachments if not one.inline and not one.media_type.startswith("image/")]
    if not files and (match := _ATTACHED.search(page.visible_text)):
        around = page.visible_text[max(0, match.start() - 30) : match.end() + 30]
        hint = "Link to the file, or write it another way."
        yield found("W3-attachment", "html", f'"… {around} …", but nothing is attached', hint)


def _article(email: EmailParts, article: Article) -> Iterator[Finding]:
    image = article.image
    if image and image.src and image.alt is None:
        hint = 'Say in image.alt what is to be seen; alt: "" if it only decorates.'
        yield found("W4-alt", place_of(article), "the picture has no alternative text", hint)
    if image and image.src and not image.credit:
        yield found("W4-credit", place_of(article), "the picture has no credit", "Write image.credit.")
    if article.source is None and _is_from_elsewhere(email, article):
        hint = "Write source.name, and source.url if there is one."
        yield found("W4-source", place_of(article), f"{article.url} is not ours, and no source is named", hint)


def _is_from_elsewhere(email: EmailParts, article: Article) -> bool:
    website = email.content.organisation.website
    return bool(article.url and website) and _domain(article.url) != _domain(website)


def _domain(url: str | None) -> str:
    try:
        return ".".join((urlsplit(url or "").hostname or "").lower().split(".")[-2:])
    except ValueError:
        return ""
