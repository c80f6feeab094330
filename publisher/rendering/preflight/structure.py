"""Rules S: tables, headings, lists, ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from publisher.rendering.preflight.articles import ArticleBlock, article_blocks, missing_articles, place_of, plain
from publisher.rendering.preflight.authors import is_heading_in
from publisher.rendering.preflight.page import HEADINGS, Element, Page, is_inside, text_of, where_is
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, at_most, found

MAX_NESTED_TABLES = 4
_LAYOUT_ROLES = ("presentation", "none")
_TABLE_PARTS = ("th", "thead", "caption")
_UNKNOWN_TO_OUTLOOK = ("section", "article", "figure", "figcaption", "header", "footer", "nav", "aside", "details")


def check_structure(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Look at the structure."""
    blocks = article_blocks(email, page)
    yield from at_most(_tables(page))
    yield from _nesting(page)
    yield from _headings(email, page, blocks)
    yield from at_most(_not_headings(blocks))
    yield from at_most(_related(email, page, blocks))
    for element in page.all(*_UNKNOWN_TO_OUTLOOK):
        yield found(
            "S2-elements", where_is(element), f"Outlook does not know <{element.tag}>", "Use <div>, <p> or <td>."
        )
    yield from _ids(email, page)


def is_layout(table: Element) -> bool:
    """Say whether a table says that it is for layout."""
    return table.get("role") in _LAYOUT_ROLES


def _tables(page: Page) -> Iterator[Finding]:
    for table in page.all("table"):
        own = [part for part in table.iter(*_TABLE_PARTS) if is_inside(part, "table") is table]
        if not is_layout(table):
            if not any(part.tag == "th" for part in own):
                hint = 'Write role="presentation"; a table with data has a row of <th>.'
                yield found(
                    "S1-tables", where_is(table), "it says neither that it is layout nor what its columns are", hint
                )
            continue
        if own or table.get("summary"):
            yield found(
                "S1-tables", where_is(table), "a layout table with table headings", "Use <td>, or leave out role."
            )
        missing = [name for name in ("cellpadding", "cellspacing", "border") if table.get(name) != "0"]
        if missing:
            hint = 'Write cellpadding="0" cellspacing="0" border="0".'
            yield found("S1-tables", where_is(table), f"{', '.join(missing)} is not 0", hint)


def _nesting(page: Page) -> Iterator[Finding]:
    for table in page.all("table"):
        depth = 1 + sum(1 for above in table.iterancestors("table"))
        if depth > MAX_NESTED_TABLES:
            what = f"{depth} tables in each other"
            yield found("S1-nesting", where_is(table), what, "Use rows of one table instead.")
            return


def _headings(email: EmailParts, page: Page, blocks: list[ArticleBlock]) -> Iterator[Finding]:
    headings = [heading for heading in page.all(*HEADINGS) if page.is_visible(heading)]
    first = [heading for heading in headings if heading.tag == "h1"]
    if len(first) != 1:
        yield found("S2-headings", "html <h1>", f"there are {len(first)} h1", "Write one h1: the digest's title.")
    level = 0
    for heading in headings:
        own = int(heading.tag[1])
        if own > level + 1:
            what = f"h{own} follows h{level}" if level else f"it begins with h{own}"
            yield found("S2-headings", where_is(heading), what, f"Use h{level + 1}, or the headings between.")
        if not text_of(heading):
            yield found("S2-headings", where_is(heading), "an empty heading", "Take it out.")
        level = own
    allowed = ("h2", "h3") if email.content.digest.sections else ("h2",)  # a section's heading is h2 itself
    for block in blocks:
        if block.heading.tag not in allowed:
            what = f"its headline is {block.heading.tag}"
            yield found("S2-headings", place_of(block.article), what, f"Make it {allowed[-1]}.")
    for article in missing_articles(email, blocks):
        yield found("S2-headings", place_of(article), "its headline is no heading", "Put it whole into an h2.")


def _not_headings(blocks: list[ArticleBlock]) -> Iterator[Finding]:
    for block in blocks:
        source = block.article.source.name if block.article.source else ""
        texts = {plain(text) for text in (block.article.kicker, source) if text}
        for heading in block.block.iter(*HEADINGS):
            text = plain(text_of(heading))
            if heading is not block.heading and text in texts and not is_heading_in(block.article, text):
                what = f'"{text}" is a heading'
                yield found("S2-kicker", where_is(heading), what, 'Make it <p class="kicker">.')


def _related(email: EmailParts, page: Page, blocks: list[ArticleBlock]) -> Iterator[Finding]:
    for block in blocks:
        for related in email.content.related.get(block.article.slug, block.article.related):
            items = _items(block, plain(related.title or ""))
            heading = f"h{int(block.heading.tag[1]) + 1}"
            if items and not any(_is_listed(item, heading) for item in items):
                what = f'the related article "{related.title}" is in no list under an {heading}'
                hint = f"Write <{heading}> and <ul><li> in related.html.j2."
                yield found("S2-related", place_of(block.article), what, hint)


def _items(block: ArticleBlock, title: str) -> list[Element]:
    """Give every element that says this title and nothing else: the text may have one, too."""
    if not title:
        return []
    elements = (element for element in block.block.iter() if isinstance(element.tag, str))
    return [element for element in elements if plain(text_of(element)) == title]


def _is_listed(item: Element, heading: str) -> bool:
    entry = item if item.tag == "li" else is_inside(item, "li")
    if entry is None or entry.getparent().tag != "ul":
        return False
    before = entry.getparent().xpath("preceding::*[self::h1 or self::h2 or self::h3 or self::h4][1]")
    return bool(before) and before[0].tag == heading


def _ids(email: EmailParts, page: Page) -> Iterator[Finding]:
    counts = Counter(str(element.get("id")) for element in page.everything if element.get("id") is not None)
    for name, count in counts.items():
        if count > 1 or not name:
            yield found("S3-ids", f"html #{name}", f'the id "{name}" is there {count} times', "Give each its own.")
    embedded = {attachment.content_id for attachment in email.attachments}
    for element in page.elements:
        target, image = str(element.get("href") or ""), str(element.get("src") or "")
        if target.startswith("#") and target[1:] not in counts:
            yield found("S3-targets", where_is(element), f"nothing has the id {target!r}", f'Write id="{target[1:]}".')
        if image.startswith("cid:") and image[4:] not in embedded:
            yield found("S3-targets", where_is(element), f"no image is embedded as {image!r}", "Report this, please.")
