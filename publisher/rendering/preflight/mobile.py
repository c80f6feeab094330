"""Rules M: telephones, size, preheader, direction, and what every edition has to say of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.domain.article import Article
from publisher.rendering.preflight.articles import ArticleBlock, article_blocks, place_of, plain
from publisher.rendering.preflight.authors import only_warned, own_texts, squeezed
from publisher.rendering.preflight.css import pixels
from publisher.rendering.preflight.links import link_name
from publisher.rendering.preflight.page import Element, Page, language_at, primary, text_of, where_is
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, at_most, found

MIN_BODY_TEXT_PX, MIN_TEXT_PX = 14, 12
PHONE_PX, PHONE_TEXT_PX = 320, 270  # a telephone's width, and what is left for text
MAX_HTML_BYTES, LARGE_HTML_BYTES = 102 * 1024, 90 * 1024
MIN_PREHEADER, MAX_PREHEADER = 40, 130
_CHARACTER_EM = 0.5
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_FILLER = re.compile(r"[\u00ad\u034f\u061c\u115f\u17b4\u180e\u200b-\u200f\u2007\u2060-\u2064\ufeff\u00a0]")
_MAX_FILLER = 5
_UNSUBSCRIBE = re.compile(r"abmeld|abbestell|austrag|unsubscribe|opt[- ]?out", re.IGNORECASE)
_REASON = re.compile(
    r"\b(?:erhalten|erhältst|bekommen|bekommst)\b.{0,80}\b(?:weil|da|als)\b|\b(?:receive|receiving|get|getting)\b.{0,80}"
    r"\b(?:because|as)\b|angemeldet|abonniert|\bsubscribed\b|signed up",
    re.IGNORECASE | re.DOTALL,
)


def check_mobile(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Look at size and preheader, and at the mail on a telephone."""
    yield from _text_sizes(email, page)
    yield from at_most(_widths(page))
    yield from _weight(email, page)
    yield from _preheader(email, page)
    yield from _direction(page)
    yield from _about(email, page)


def _text_sizes(email: EmailParts, page: Page) -> Iterator[Finding]:
    bodies = [body for block in article_blocks(email, page) if (body := _body_text(page, block)) is not None]
    for name, look in (("", page.light), (" on a telephone", page.phone)):
        sizes = [(element, look.font_size(element), MIN_TEXT_PX) for element, _ in page.texts]
        sizes += [(element, look.font_size(element), MIN_BODY_TEXT_PX) for element in bodies]
        small = [(element, size, least) for element, size, least in sizes if size < least]
        for element, size, least in small[:1]:
            what = f'"{text_of(element)[:30]}" has {size:g} px{name}'
            yield found("M1-text", where_is(element), what, f"Write at least {least} px.")


def _body_text(page: Page, block: ArticleBlock) -> Element | None:
    """Give the element with an article's teaser, or with its longest text."""
    inside = set(block.block.iter())
    texts = [(element, text) for element, text in page.texts if element in inside]
    teaser = plain(block.article.teaser or "")
    named = [element for element, text in texts if teaser and plain(text) == teaser]
    longest = max(texts, key=lambda pair: len(pair[1]), default=(None, ""))
    return named[0] if named else longest[0]


def _widths(page: Page) -> Iterator[Finding]:
    look = page.phone
    for element in page.elements:
        own, least = look.declared(element, "width"), look.declared(element, "min-width")
        fixed = own or (f"{element.get('width')}px" if (element.get("width") or "").isdigit() else "")
        if any((pixels(width or "") or 0) > PHONE_PX for width in (fixed, least)):
            hint = "Write width:100% and max-width instead."
            yield found("M1-width", where_is(element), f"it is {fixed or least} wide on a telephone, too", hint)
    for element, text in page.texts:
        if problem := _too_long(page, element, text):
            yield found("M1-width", where_is(element), problem, "Write word-break:break-word.")


def _too_long(page: Page, element: Element, text: str) -> str:
    look = page.phone
    breaks = (look.inherited(element, name) for name in ("word-break", "overflow-wrap", "word-wrap"))
    if any(value in ("break-word", "break-all", "anywhere") for value in breaks):
        return ""
    whole = look.inherited(element, "white-space") in ("nowrap", "pre")
    pieces = [text] if whole else re.split(r"[\s\u00ad\u200b-]+", text)
    longest = max(pieces, key=len)
    width = len(longest) * look.font_size(element) * _CHARACTER_EM
    return f"{longest[:40]!r} takes about {width:.0f} px and does not break" if width > PHONE_TEXT_PX else ""


def _weight(email: EmailParts, page: Page) -> Iterator[Finding]:
    size = len(email.html.encode("utf-8", "replace"))
    if size < LARGE_HTML_BYTES:
        return
    blocks = sorted(article_blocks(email, page), key=lambda block: -block.byte_count)
    largest = "; ".join(f"{place_of(block.article)} {block.byte_count:,} bytes" for block in blocks[:5])
    what = f"the HTML has {size / 1024:.1f} KB; Gmail cuts off what is over 102 KB"
    hint = f"Use fewer articles, or teasers instead of full texts. The largest: {largest or 'none'}."
    yield found("M2-size" if size > MAX_HTML_BYTES else "M2-near", "html", what, hint)


def _preheader(email: EmailParts, page: Page) -> Iterator[Finding]:
    preheader = plain(email.preheader)
    if not MIN_PREHEADER <= len(email.preheader) <= MAX_PREHEADER:
        what = f"it has {len(email.preheader)} characters"
        hint = f"Write {MIN_PREHEADER} to {MAX_PREHEADER} into preheader.j2: they fill the line in the list of mails."
        yield found("M3-length", "preheader", what, hint)
    first = page.body.xpath(".//text()[normalize-space() and not(ancestor::style)]")[:1]
    if not preheader or not first or not plain(str(first[0])).startswith(preheader):
        hint = 'Put <div class="preheader">{{ preheader }}</div> first into <body>.'
        yield found("M3-place", where_is(page.body), "the body does not begin with the preheader", hint)
    visible = [plain(text) for _, text in page.texts[:1]]
    for what, other in (("the subject", plain(email.subject)), ("the first line", visible[0] if visible else "")):
        if preheader and other and preheader.casefold() == other.casefold():
            hint = "Say in preheader.j2 what else is in there."
            yield only_warned(found("M3-differs", "preheader", f"it repeats {what}", hint), _repeater(email, preheader))
    filler = sum(len(_FILLER.findall(str(text))) for text in first)
    if filler > _MAX_FILLER and not (visible and first and plain(str(first[0])) == visible[0]):
        yield found("M3-filler", "preheader", f"{filler} invisible characters", "Take them out.")
    description = page.tree.xpath("string(//meta[@name='description']/@content)")
    if plain(str(description)) != preheader:
        hint = 'Write <meta name="description" content="{{ preheader }}">.'
        yield found("M3-description", "html <head>", "the description is not the preheader", hint)


def _repeater(email: EmailParts, preheader: str) -> Article | None:
    """Give an article whose author wrote twice what the preheader says: the template cannot know."""
    wanted = squeezed(preheader.rstrip("…"))
    written = [(article, squeezed(text)) for article in email.content.articles for text in own_texts(article)]
    writers = [article for article, text in written if text.startswith(wanted)]
    is_title = squeezed(email.content.digest.title).startswith(wanted)
    return writers[0] if len(writers) + is_title > 1 and writers else None


def _direction(page: Page) -> Iterator[Finding]:
    for element, text in page.texts:
        if primary(language_at(element)) not in _RIGHT_TO_LEFT:
            continue
        chain = (element, *element.iterancestors())
        direction = next((one.get("dir") for one in chain if one.get("dir")), "ltr")
        pushed = page.light.inherited(element, "text-align") == "left" or element.get("align") == "left"
        if direction != "rtl" or pushed:
            what = f'"{text[:30]}" is written from right to left'
            yield found("M4-direction", where_is(element), what, 'Write dir="rtl", and no align.')
            return


def _about(email: EmailParts, page: Page) -> Iterator[Finding]:
    links = [link for link in page.all("a") if link.get("href") and page.is_visible(link)]
    if not any(_UNSUBSCRIBE.search(f"{link_name(link)} {link.get('href')}") for link in links):
        hint = "Put a link to {{ placeholders.unsubscribe_url }} into footer.html.j2."
        yield found("M5-unsubscribe", "html <body>", "no link to unsubscribe", hint)
    text, organisation = plain(page.visible_text), email.content.organisation
    lines = (organisation.name, *organisation.postal_address.splitlines())
    missing = [plain(line) for line in lines if plain(line) and plain(line) not in text]
    if missing or not organisation.postal_address.strip():
        what = f"missing: {', '.join(missing) or 'the postal address'}"
        hint = "Write it into [organisation.postal_address], and show it in footer.html.j2."
        yield found("M5-imprint", "html <body>", what, hint)
    if not _REASON.search(page.visible_text):
        hint = "Put {{ edition.reason }} into footer.html.j2."
        yield found("M5-reason", "html <body>", "it does not say why readers get it", hint)
    if email.web_version_url and email.web_version_url not in [link.get("href") for link in links]:
        hint = "Put a link to it into header.html.j2."
        yield found("M5-web-version", "html <body>", f"no link to {email.web_version_url}", hint)
