"""What of a mail its authors wrote: it may look like a mistake of the template, and must not stop an edition then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from publisher.domain.article import Article
from publisher.domain.edition import EditionContent
from publisher.rendering.preflight.articles import place_of, plain
from publisher.rendering.preflight.rules import Finding, Severity

_MARKUP = str.maketrans("", "", "*_~`\\")  # Markdown's, which readers do not see
_SHOWN_CHARACTERS = 60
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t#]*$|^(?=\S)(.+)\n {0,3}(?:=+|-+)[ \t]*$", re.MULTILINE)


def squeezed(text: str) -> str:
    """Put text into a form that wrapping, markup and capitals do not change, for comparing."""
    return "".join(plain(text).translate(_MARKUP).split()).casefold()


def own_texts(article: Article) -> Iterator[str]:
    """Give every text of an article's file that readers may see, the body with its markup."""
    image, source = article.image, article.source
    texts = [article.title, article.kicker, article.teaser, article.body_markdown, article.author]
    texts += [image.alt, image.caption, image.credit] if image else []
    texts += [source.name] if source else []
    texts += [text for related in article.related for text in (related.title, related.teaser)]
    return (text for text in texts if text)


def author_of(content: EditionContent, text: str) -> Article | None:
    """Give the first article in whose own texts this text stands; None for what the template or the config says."""
    wanted = squeezed(text)
    if not wanted:
        return None
    written = ((article, squeezed(own)) for article in content.articles for own in own_texts(article))
    return next((article for article, own in written if wanted in own), None)


def author_of_link(content: EditionContent, name: str) -> Article | None:
    """Give the article in whose text a link has this name, or one that has this name for a title of its own."""
    wanted = squeezed(name)
    for article in content.articles:
        titles = [article.title, *(related.title for related in article.related)]
        titles += [article.source.name] if article.source else []
        is_linked = f"[{wanted}]" in re.sub(r"!\[|[.:!…>»→]+(?=\])", _bracket, squeezed(article.body_markdown))
        if is_linked or wanted in [squeezed(title or "") for title in titles]:
            return article
    return None


def _bracket(match: re.Match[str]) -> str:
    """Read a picture that is a link as the words that stand for it, and leave out what ends a link's text."""
    return "[" if match.group() == "![" else ""


def is_heading_in(article: Article, text: str) -> bool:
    """Say whether the author made this text a heading inside the article."""
    headings = (match.group(1) or match.group(2) for match in _HEADING.finditer(article.body_markdown))
    return squeezed(text) in map(squeezed, headings)


def only_warned(finding: Finding, article: Article | None) -> Finding:
    """Make a warning of what an author wrote, and name the article; what nobody wrote stays as it is."""
    if article is None:
        return finding
    title = plain(article.title)
    shown = title if len(title) <= _SHOWN_CHARACTERS else f"{title[: _SHOWN_CHARACTERS - 1]}…"
    return replace(finding, severity=Severity.WARNING, where=f'"{shown}" ({place_of(article)})')
