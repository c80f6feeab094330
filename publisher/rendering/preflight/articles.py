"""Where each article of an edition stands in the page, found by its headline and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from publisher.domain.article import Article
from publisher.rendering.preflight.page import HEADINGS, Element, Page, text_of
from publisher.rendering.preflight.parts import EmailParts


@dataclass(frozen=True, slots=True)
class ArticleBlock:
    """An article with its headline and the largest element that holds this article alone."""

    article: Article
    heading: Element
    block: Element

    @property
    def byte_count(self) -> int:
        """Say how many bytes of HTML it takes."""
        from lxml import etree

        return len(etree.tostring(self.block, encoding="utf-8", method="html", with_tail=False))


def article_blocks(email: EmailParts, page: Page) -> list[ArticleBlock]:
    """Find the articles whose headline is a heading; the same headline twice is taken in order."""
    headings = list(_headlines(email, page))
    return [ArticleBlock(article, heading, _alone(heading, headings, page.all("h1"))) for article, heading in headings]


def _headlines(email: EmailParts, page: Page) -> list[tuple[Article, Element]]:
    free = _likeliest_first(email, page)
    pairs = []
    for article in email.content.articles:
        wanted = plain(article.title)
        heading = next((one for one in free if plain(text_of(one)) == wanted), None)
        if heading is not None:
            free.remove(heading)
            pairs.append((article, heading))
    return pairs


def _likeliest_first(email: EmailParts, page: Page) -> list[Element]:
    """Order the headings by level: first that of most headlines, because a subheading may say what a headline says."""
    titles = {plain(article.title) for article in email.content.articles}
    there = Counter(tag for tag in HEADINGS for one in page.all(tag) if plain(text_of(one)) in titles)
    usual = ("h3", "h2") if email.content.digest.sections else ("h2", "h3")
    levels = sorted((*usual, "h4", "h5", "h6", "h1"), key=lambda tag: -min(there[tag], len(email.content.articles)))
    return [one for tag in levels for one in page.all(tag)]


def _alone(heading: Element, headings: list[tuple[Article, Element]], titles: list[Element]) -> Element:
    """Climb as far as nothing of another article and not the digest's title comes into it."""
    others = {one for _, one in headings if one is not heading} | {one for one in titles if one is not heading}
    crowded = {above for other in others for above in other.iterancestors()}
    block = heading
    for above in heading.iterancestors():
        if above in crowded or above.tag in ("body", "html"):
            break
        block = above
    return block


def missing_articles(email: EmailParts, blocks: list[ArticleBlock]) -> Iterator[Article]:
    """Give the articles without a heading of their own."""
    there = {block.article.slug for block in blocks}
    return (article for article in email.content.articles if article.slug not in there)


def plain(text: str) -> str:
    """Put text into one line for comparing, every kind of blank alike, nothing invisible in it."""
    visible = "".join(character for character in text if character.isprintable() or character.isspace())
    return " ".join(visible.replace("\u00ad", "").split())


def place_of(article: Article) -> str:
    """Name an article by its file."""
    return article.path or article.slug
