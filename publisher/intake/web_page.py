"""Read an article out of a web page: its own metadata first, then what trafilatura finds.

Metadata in the order of trust: JSON-LD (schema.org NewsArticle and its kin), OpenGraph (ogp.me), plain meta tags; names
as documented there, checked 2026-11-23.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit

from publisher.domain.article import Image, Source
from publisher.errors import SourceError
from publisher.intake.draft import Draft, line_of, with_missing
from publisher.intake.field_values import is_web_address
from publisher.intake.language import guess_language
from publisher.intake.markdown_text import html_to_markdown
from publisher.intake.written_date import find_date

_ARTICLE_TYPES = {"Article", "NewsArticle", "BlogPosting", "PressRelease", "Report", "TechArticle", "WebPage"}
_NOT_A_PAGE = "Give the address of one article, or save its text as a .txt file."


@dataclass(slots=True)
class _Page:
    """A page's tree with what it says of itself."""

    tree: Any
    url: str | None
    meta: dict[str, str] = field(default_factory=dict)
    linked_data: dict[str, Any] = field(default_factory=dict)

    def first(self, *values: Any) -> str | None:
        """Give the first value that is a text with something in it."""
        return next((line for value in values if isinstance(value, str) and (line := line_of(value))), None)

    def address(self, *values: Any) -> str | None:
        """Give the first value that makes a whole web address, from the page's own on."""
        for value in values:
            if isinstance(value, str) and value.strip() and is_web_address(whole := _joined(self.url, value.strip())):
                return whole
        return None


def parse_web_page(html: bytes, url: str | None) -> Draft:
    """Understand a page. `url` is the address that it came from. Errors: SourceError if there is no article in it."""
    page = _page_of(html, url)
    page.url = page.address(
        *page.tree.xpath("//link[@rel='canonical']/@href"), page.meta.get("og:url")
    ) or page.address(url)
    said = _said_by_trafilatura(page)
    site = page.first(page.meta.get("og:site_name"), _name_of(page.linked_data.get("publisher")))
    title = _title_of(page, said, site)
    if title is None:
        raise SourceError("no headline was found in the page", where=url or "", hint=_NOT_A_PAGE)
    teaser = page.first(page.linked_data.get("description"), *_metas(page, "og:description", "description"))
    body = _body_of(page, {title, teaser})
    if not body and not teaser:
        raise SourceError("no article text was found in the page", where=url or "", hint=_NOT_A_PAGE)
    host = urlsplit(page.url or "").hostname
    name = site or (host.removeprefix("www.") if host else None)
    return with_missing(
        Draft(
            title=title,
            body_markdown=body,
            teaser=teaser,
            date=_date_of(page, said),
            lang=_language_of(page) or guess_language(body),
            author=page.first(_name_of(page.linked_data.get("author")), *_metas(page, "author"), said.author),
            image=_image_of(page),
            source=Source(name) if name else None,
            url=page.url,
        )
    )


def _page_of(html: bytes, url: str | None) -> _Page:
    import logging

    import trafilatura

    # What it cannot read is said by our own errors.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    tree = trafilatura.load_html(html)
    if tree is None:
        raise SourceError("this is not a web page", where=url or "", hint=_NOT_A_PAGE)
    page = _Page(tree, url if url and is_web_address(url) else None)
    for tag in tree.iter("meta"):
        name = (tag.get("property") or tag.get("name") or "").lower()
        if name and (content := line_of(tag.get("content"))):
            page.meta.setdefault(name, content)
    page.linked_data = _linked_data_of(tree)
    return page


def _metas(page: _Page, *names: str) -> list[str | None]:
    return [page.meta.get(name) for name in names]


def _linked_data_of(tree: Any) -> dict[str, Any]:
    """Find the JSON-LD of an article; what is not JSON is passed over, as browsers do."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        try:
            things = list(_things(json.loads(script, strict=False), 0))
        except (ValueError, RecursionError):
            continue
        for thing in things:
            if _ARTICLE_TYPES & set(_as_list(thing.get("@type"))) and isinstance(thing.get("headline"), str):
                return thing
    return {}


def _things(data: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 4:
        return
    if isinstance(data, dict):
        yield data
        yield from _things(data.get("@graph"), depth + 1)
        yield from _things(data.get("mainEntity"), depth + 1)
    elif isinstance(data, list):
        for entry in data:
            yield from _things(entry, depth + 1)


def _as_list(value: Any) -> list[Any]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else [str(value)]


def _name_of(value: Any) -> str | None:
    """Give the name of a person or an organisation, or the names of several."""
    if isinstance(value, list):
        return (
            ", ".join(name for entry in value[:5] if not isinstance(entry, list) and (name := _name_of(entry))) or None
        )
    if isinstance(value, dict):
        value = value.get("name")
    return line_of(value) if isinstance(value, str) and not value.startswith("http") else None


def _said_by_trafilatura(page: _Page) -> Any:
    import trafilatura

    return trafilatura.extract_metadata(page.tree, default_url=page.url)


def _title_of(page: _Page, said: Any, site: str | None) -> str | None:
    headings = page.tree.xpath("//h1")
    heading = line_of(headings[0].text_content()) if len(headings) == 1 else None
    title = page.first(page.linked_data.get("headline"), page.meta.get("og:title"), said.title, heading)
    if title and site:
        return re.sub(rf"\s+[|–—·-]\s+{re.escape(site)}$", "", title, flags=re.IGNORECASE) or title
    return title


def _date_of(page: _Page, said: Any) -> date | None:
    """Give the day of publication as the page's own clock has it."""
    candidates = (
        page.linked_data.get("datePublished"),
        *_metas(page, "article:published_time", "og:article:published_time", "date", "dc.date", "dcterms.created"),
        *page.tree.xpath("//time/@datetime")[:1],
        said.date,
    )
    found = (find_date(text[:40]) for text in candidates if isinstance(text, str))
    return next((day[0] for day in found if day), None)


def _language_of(page: _Page) -> str | None:
    values = (*page.tree.xpath("/html/@lang")[:1], page.linked_data.get("inLanguage"), page.meta.get("og:locale"))
    for value in values:
        code = str(value or "").strip().replace("_", "-").partition("-")[0].lower()
        if re.fullmatch("[a-z]{2,3}", code):
            return code
    return None


def _image_of(page: _Page) -> Image | None:
    data = page.linked_data.get("image")
    data = data[0] if isinstance(data, list) and data else data
    details = data if isinstance(data, dict) else {"url": data}
    src = page.address(page.meta.get("og:image"), page.meta.get("og:image:url"), details.get("url"))
    if src is None:
        return None
    shown = _picture_in(page, src)
    caption = shown.xpath("ancestor::figure[1]//figcaption") if shown is not None else []
    return Image(
        src=src,
        alt=page.first(page.meta.get("og:image:alt"), shown.get("alt") if shown is not None else None),
        caption=page.first(details.get("caption"), caption[0].text_content() if caption else None),
        credit=page.first(details.get("creditText"), _name_of(details.get("copyrightHolder"))),
    )


def _picture_in(page: _Page, src: str) -> Any:
    return next((tag for tag in page.tree.iter("img") if page.address(tag.get("src")) == src), None)


def _joined(base: str | None, address: str) -> str:
    try:
        return urljoin(base or "", address)
    except ValueError:
        return ""


def _body_of(page: _Page, shown_above: set[str | None]) -> str:
    """Give the text as Markdown, without the headline and the teaser that stand above it anyway."""
    import trafilatura
    from lxml import etree
    from lxml import html as lxml_html

    extracted = trafilatura.extract(
        page.tree,
        url=page.url,
        output_format="html",
        include_comments=False,
        include_links=True,
        include_formatting=True,
    )
    if not extracted:
        return ""
    body = lxml_html.document_fromstring(extracted).find("body")
    parts = [] if body is None else [part for part in body if isinstance(part.tag, str)]
    while parts and line_of(parts[0].text_content()) in shown_above:
        del parts[0]
    return html_to_markdown("".join(etree.tostring(part, encoding="unicode", method="html") for part in parts))
