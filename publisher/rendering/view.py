"""What a template is given: the content of an edition as plain dicts, texts, lists and dates.

Every name here is documented in docs/how-to/edit-the-email-template.md; a test keeps the two the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from publisher.domain.article import Article, Image, Related, Source
from publisher.domain.edition import EditionContent
from publisher.domain.header_words import is_control
from publisher.domain.organisation import Organisation
from publisher.errors import PublisherError, QueueError
from publisher.rendering.images import EmbeddedImage, embed_image
from publisher.rendering.links import contact_address, web_address
from publisher.rendering.markdown import images_of, markdown_to_html, markdown_to_text
from publisher.rendering.texts import date_text, direction_of, same_language, texts_for

WIDTH_PX = 600
TEXT_WIDTH_PX = 536  # the container less its padding; keep equal to style.css
LOGO_WIDTH_PX = 180
CONTENTS_FROM = 6  # articles
MAX_LINK_TEXT = 50
MAX_TEASER = 320  # characters of a teaser that is taken from the body
Values = dict[str, Any]


@dataclass
class Images:
    """The images of one edition, each embedded once, and what there is to say of them."""

    read: Callable[[str], bytes]
    embedded: dict[str, EmbeddedImage] = field(default_factory=dict)

    def embed(self, src: str, where: str, shown_width_px: int) -> EmbeddedImage:
        """Embed an image by its address or path. Errors: QueueError names the article's file."""
        try:
            return self.add(self.read(src), shown_width_px)
        except (PublisherError, OSError) as error:
            what = error.what if isinstance(error, PublisherError) else f"cannot be read: {error.strerror or error}"
            hint = getattr(error, "hint", "") or "Correct image.src, or put the file there."
            raise QueueError(f'image "{src}": {what}', where=where, hint=hint, field="image.src") from error

    def add(self, content: bytes, shown_width_px: int) -> EmbeddedImage:
        """Embed an image given as bytes."""
        image = embed_image(content, shown_width_px=shown_width_px)
        return self.embedded.setdefault(image.content_id, image)


def edition_values(content: EditionContent, images: Images, logo: bytes | None) -> tuple[Values, list[str]]:
    """Make the values that templates are given, and warnings for what readers will miss."""
    language, warnings = content.language, list[str]()
    digest_title = one_line(content.digest.title)
    day = date_text(content.date, language)
    texts = texts_for(language)
    articles = [
        _article(content, article, number, images, warnings) for number, article in enumerate(content.articles, start=1)
    ]
    values: Values = {
        "edition": {
            "title": texts["edition_of"].format(title=digest_title, date=day),
            "digest_title": digest_title,
            "number": content.number,
            "issue_text": texts["issue"].format(number=content.number) if content.number else "",
            "date": content.date,
            "date_text": date_text(content.date, language, with_weekday=True),
            "language": language,
            "dir": direction_of(language),
            "has_contents": len(articles) >= CONTENTS_FROM,
            "reason": texts["reason"].format(title=digest_title),
        },
        "organisation": _organisation(content.organisation, images, logo),
        "colours": {
            "accent": content.organisation.colours.accent,
            "accent_dark": content.organisation.colours.accent_dark,
        },
        "articles": articles,
        "texts": {name: text for name, text in texts.items() if "{" not in text and not name.startswith("preview")},
    }
    return values, warnings


def _organisation(organisation: Organisation, images: Images, logo: bytes | None) -> Values:
    contact = one_line(organisation.contact)
    website = organisation.website and web_address(
        organisation.website, where="config.toml [organisation.website]", field="website"
    )
    imprint = organisation.imprint_url and web_address(
        organisation.imprint_url, where="config.toml [organisation.imprint_url]", field="imprint_url"
    )
    return {
        "name": one_line(organisation.name),
        "postal_lines": [one_line(line) for line in organisation.postal_address.splitlines() if line.strip()],
        "website": website or "",
        "website_text": (website or "").split("://")[-1].removeprefix("www.").rstrip("/"),
        "imprint_url": imprint or "",
        "contact": contact,
        "contact_url": contact_address(contact) or "",
        "logo": _picture(images.add(logo, LOGO_WIDTH_PX)) if logo else None,
    }


def _picture(image: EmbeddedImage) -> Values:
    return {"src": f"cid:{image.content_id}", "width": image.width, "height": image.height}


def _article(content: EditionContent, article: Article, number: int, images: Images, warnings: list[str]) -> Values:
    where = article.path or article.slug
    lang = article.lang or content.language
    url = web_address(article.url, where=where, field="url") if article.url else ""
    full = content.digest.content == "full" or not url
    base_url = url or content.organisation.website
    body = clean_text(article.body_markdown)
    teaser = one_line(article.teaser)
    if not teaser and not full:
        teaser = shortened(first_paragraph(body), MAX_TEASER)
    headline = one_line(article.title)
    if full and images_of(body):
        warnings.append(f"{where}: e-mails show the alternative text instead of an image inside the text")
    body_text = markdown_to_text(body, base_url=base_url) if full else ""
    repeated = bool(teaser) and one_line(body_text).startswith(teaser)
    return {
        "number": number,
        "anchor": f"a{number}",
        "is_lead": number == 1,
        "headline": headline,
        "kicker": one_line(article.kicker),
        "teaser": "" if repeated else teaser,
        "date": article.date,
        "date_text": date_text(article.date, content.language) if article.date else "",
        "author_text": texts_for(content.language)["by"].format(author=one_line(article.author))
        if article.author
        else "",
        "lang": lang,
        "dir": direction_of(lang),
        "foreign": not same_language(lang, content.language),
        "is_full": full,
        "body_html": _safe_html(markdown_to_html(body, base_url=base_url)) if full else "",
        "body_text": body_text,
        "image": _image(article.image, where, number, images, warnings) if article.image else None,
        "source": _source(article.source, where) if article.source else None,
        "url": url,
        "link_text": shortened(headline, MAX_LINK_TEXT),
        "tags": [one_line(tag) for tag in article.tags],
        "related": _related(content.related.get(article.slug, article.related), content.language, where),
    }


def _safe_html(html: str) -> str:
    """Mark HTML that nh3 has just cleaned, so that the templates do not escape it again."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704


def _image(image: Image, where: str, number: int, images: Images, warnings: list[str]) -> Values:
    """Describe an image; without a file there are still its caption and credit."""
    values: Values = {"src": "", "width": 0, "height": 0}
    if image.src:
        values = _picture(images.embed(image.src, where, WIDTH_PX if number == 1 else TEXT_WIDTH_PX))
        if image.alt is None:
            warnings.append(f"{where}: the image has no alternative text (image.alt)")
    return {
        **values,
        "alt": one_line(image.alt),
        "caption": one_line(image.caption),
        "credit": one_line(image.credit),
    }


def _source(source: Source, where: str) -> Values:
    url = web_address(source.url, where=where, field="source.url") if source.url else ""
    return {"name": one_line(source.name), "url": url}


def _related(related: tuple[Related, ...], language: str, where: str) -> list[Values]:
    return [
        {
            "title": one_line(other.title),
            "url": web_address(other.url, where=where, field="related.url") if other.url else "",
            "date": other.date,
            "date_text": date_text(other.date, language) if other.date else "",
            "teaser": one_line(other.teaser),
        }
        for other in related
        if other.title
    ]


def one_line(text: str | None) -> str:
    """Put text into one line without control characters; non-breaking spaces stay."""
    import re

    return re.sub(r"[ \t\n]+", " ", clean_text(text or "")).strip(" ")


def clean_text(text: str) -> str:
    """Take out control characters, which no reader sees and mail programs stumble over; line ends become LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(character for character in text if character in "\n\t" or not is_control(character))


def shortened(text: str, max_characters: int) -> str:
    """Cut text at a space and add an ellipsis, if it is too long."""
    import regex

    if len(text) <= max_characters:
        return text
    cut = text[: max_characters - 1]
    if " " in cut:
        return cut.rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"
    graphemes: list[str] = regex.findall(r"\X", text)
    kept = ""
    for grapheme in graphemes:
        if len(kept) + len(grapheme) > max_characters - 1:
            break
        kept += grapheme
    return kept + "…"


def first_paragraph(body_markdown: str) -> str:
    """Give the first paragraph of a body as one line of text, without links' addresses."""
    from publisher.rendering.markdown import paragraphs_of

    return next((one_line(paragraph) for paragraph in paragraphs_of(body_markdown)), "")


def without_related_teasers(values: Mapping[str, Any]) -> Values:
    """Leave out the teasers of related articles, to make a mail smaller."""
    shorter = [
        {**article, "related": [{**other, "teaser": ""} for other in article["related"]]}
        for article in values["articles"]
    ]
    return {**values, "articles": shorter}


def without_related(values: Mapping[str, Any]) -> Values:
    """Leave out related articles altogether."""
    return {**values, "articles": [{**article, "related": []} for article in values["articles"]]}
