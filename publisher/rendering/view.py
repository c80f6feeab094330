"""What a template is given: the content of an edition as plain dicts, texts, lists and dates.

Every name here is documented in docs/how-to/edit-the-email-template.md; a test keeps the two the same.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from publisher.domain.article import Article, Image, Related, Source
from publisher.domain.contrast import mixed
from publisher.domain.edition import EditionContent
from publisher.domain.sections import Section, in_sections
from publisher.errors import PublisherError, QueueError
from publisher.rendering.images import EmbeddedImage, ShownImage, embed_image
from publisher.rendering.links import contact_address, refuse_http, web_address
from publisher.rendering.markdown import markdown_to_html, markdown_to_text, paragraphs_of
from publisher.rendering.plain_text import clean_text, one_line, shortened
from publisher.rendering.texts import Texts, date_text, direction_of, same_language, texts_for

SIDES_PX = 64  # the padding at both sides of the text; keep equal to style.css
LOGO_WIDTH_PX = 180
CONTENTS_FROM = 6  # articles
MAX_LINK_TEXT = 60
MAX_TEASER = 320  # characters of a teaser that is taken from the body
LINE_SHARE = 0.2  # of the muted colour, in lines on the background

# Fonts that Outlook for Windows knows; for a list that starts with another one it takes Times New Roman.
_OUTLOOK_FONTS = ("Arial", "Georgia", "Verdana", "Tahoma", "Times New Roman", "Trebuchet MS", "Courier New", "Calibri")
_BODIES = ("body_html", "body_html_without_images", "body_text")
_HTTP_LINK = re.compile(r'href="(http://[^"]*)"')
Values = dict[str, Any]


@dataclass
class Images:
    """The images of one edition, each made once. With `assets_url` they are hosted there, else embedded."""

    read: Callable[[str], bytes]
    assets_url: str = ""
    made: dict[str, EmbeddedImage] = field(default_factory=dict)

    def show(self, src: str, where: str, shown_width_px: int, *, key: str = "image.src") -> ShownImage:
        """Make an image of an address or a path. Errors: QueueError names the article's file and the field."""
        try:
            return self.add(self.read(src), shown_width_px)
        except (PublisherError, OSError) as error:
            what = error.what if isinstance(error, PublisherError) else f"cannot be read: {error.strerror or error}"
            hint = getattr(error, "hint", "") or f"Correct {key}, or put the file there."
            raise QueueError(f'image "{src[:200]}": {what}', where=where, hint=hint, field=key, quoted=src) from error

    def add(self, content: bytes, shown_width_px: int) -> ShownImage:
        """Make an image that is given as bytes."""
        image = embed_image(content, shown_width_px=shown_width_px)
        src = f"{self.assets_url}/{image.file_name}" if self.assets_url else f"cid:{image.content_id}"
        self.made.setdefault(src, image)
        return ShownImage(src, image.width, image.height)

    def used_in(self, html: str) -> dict[str, EmbeddedImage]:
        """Give the images that a page shows, by their address in it; a template need not show all."""
        return {src: image for src, image in self.made.items() if f'src="{src}"' in html}


@dataclass
class _Making:
    """What is needed again and again while the values of one edition are made."""

    content: EditionContent
    images: Images
    say: Texts
    warnings: list[str]
    first_heading: int

    @property
    def language(self) -> str:
        return self.content.language

    @property
    def text_width_px(self) -> int:
        return self.content.digest.theme.width - SIDES_PX

    def link(self, url: str, where: str, field: str) -> str:
        """Give an address as the mail may carry it. Errors: QueueError."""
        address = web_address(url, where=where, field=field)
        return address if self.content.digest.http_links else refuse_http(address, where=where, field=field)


def edition_values(content: EditionContent, images: Images, logo: bytes | None) -> tuple[Values, list[str]]:
    """Make the values that templates are given, and warnings for what readers will miss."""
    say = texts_for(content.language)
    sections = in_sections(content.articles, content.digest.sections)
    has_sections = any(section.heading for section in sections)
    making = _Making(content, images, say, [], first_heading=3 if has_sections else 2)
    articles = [
        _article(making, article, number)
        for number, article in enumerate((article for section in sections for article in section.articles), start=1)
    ]
    values: Values = {
        "edition": _edition(content, say, len(articles), has_sections=has_sections),
        "organisation": _organisation(content, images, logo),
        "colours": _colours(content),
        "theme": _theme(content),
        "articles": articles,
        "sections": _sections(sections, articles, say("More news") if has_sections else ""),
        "_": say,
        "ngettext": say.plural,
    }
    return values, making.warnings


def _edition(content: EditionContent, say: Texts, article_count: int, *, has_sections: bool) -> Values:
    language, digest_title = content.language, one_line(content.digest.title)
    return {
        "title": say("%(title)s, %(date)s", title=digest_title, date=date_text(content.date, language)),
        "digest_title": digest_title,
        "sender": one_line(content.digest.from_name or content.organisation.name),
        "number": content.number,
        "issue_text": say("Issue\u00a0%(number)s", number=content.number) if content.number else "",
        "date": content.date,
        "date_text": date_text(content.date, language, with_weekday=True),
        "language": language,
        "dir": direction_of(language),
        "has_contents": article_count >= CONTENTS_FROM,
        "has_sections": has_sections,
        "reason": say("You receive this e-mail because your address is subscribed to “%(title)s”.", title=digest_title),
    }


def _sections(sections: list[Section], articles: list[Values], rest_heading: str) -> list[Values]:
    """Give the made articles by section; in an edition without sections all are in one that has no heading."""
    left = iter(articles)
    return [
        {"heading": one_line(section.heading) or rest_heading, "articles": [next(left) for _ in section.articles]}
        for section in sections
    ]


def _colours(content: EditionContent) -> Values:
    colours = content.colours
    return asdict(colours) | {
        "line": mixed(colours.background, colours.muted, LINE_SHARE),
        "line_dark": mixed(colours.background_dark, colours.muted_dark, LINE_SHARE),
    }


def _theme(content: EditionContent) -> Values:
    theme = content.digest.theme
    names = theme.font_names
    serif = names[-1] == "serif"
    known = next((name for name in names if name in _OUTLOOK_FONTS), "Georgia" if serif else "Arial")
    return {
        "font": ",".join(names),
        "outlook_font": f"{known},{'serif' if serif else 'sans-serif'}",
        "width": theme.width,
        "text_width": theme.width - SIDES_PX,
    }


def _organisation(content: EditionContent, images: Images, logo: bytes | None) -> Values:
    organisation = content.organisation
    contact = one_line(organisation.contact)
    website = organisation.website and web_address(
        organisation.website, where="config.toml [organisation.website]", field="website"
    )
    imprint = organisation.imprint_url and web_address(
        organisation.imprint_url, where="config.toml [organisation.imprint_url]", field="imprint_url"
    )
    name = one_line(organisation.name)
    alt = one_line(content.digest.theme.logo_alt) or name
    return {
        "name": name.replace("e. V.", "e.\u00a0V."),
        "postal_lines": [one_line(line) for line in organisation.postal_address.splitlines() if line.strip()],
        "website": website or "",
        "website_text": (website or "").split("://")[-1].removeprefix("www.").rstrip("/"),
        "imprint_url": imprint or "",
        "contact": contact,
        "contact_url": contact_address(contact) or "",
        "logo": {**asdict(images.add(logo, LOGO_WIDTH_PX)), "alt": alt} if logo else None,
    }


def _article(making: _Making, article: Article, number: int) -> Values:
    where = article.path or article.slug
    lang = article.lang or making.language
    url = making.link(article.url, where, "url") if article.url else ""
    headline = one_line(article.title)
    level = making.first_heading
    return {
        "number": number,
        "anchor": f"a{number}",
        "is_lead": number == 1,
        "heading": f"h{level}",
        "subheading": f"h{level + 1}",
        "headline": headline,
        "kicker": one_line(article.kicker),
        **_wording(making, article, where, url),
        "date": article.date,
        "date_text": date_text(article.date, making.language) if article.date else "",
        "author_text": making.say("By %(author)s", author=one_line(article.author)) if article.author else "",
        **_tongue(lang, making.language),
        "image": _image(making, article.image, where, number) if article.image else None,
        "source": _source(making, article.source, where) if article.source else None,
        "url": url,
        "link_text": shortened(headline, MAX_LINK_TEXT),
        "tags": [one_line(tag) for tag in article.tags],
        "related": _related(making, article, lang, where),
    }


def _tongue(lang: str, language: str) -> Values:
    return {"lang": lang, "dir": direction_of(lang), "foreign": not same_language(lang, language)}


def _wording(making: _Making, article: Article, where: str, url: str) -> Values:
    """Give teaser and text: in full where the digest wants it, or where there is nowhere to read on."""
    full = making.content.digest.content == "full" or not url
    body, teaser = clean_text(article.body_markdown), one_line(article.teaser)
    if not full:
        teaser = teaser or shortened(first_paragraph(body), MAX_TEASER)
        return {"teaser": teaser, "is_full": False, **dict.fromkeys(_BODIES, "")}
    base_url = url or making.content.organisation.website
    body_text = markdown_to_text(body, base_url=base_url)
    to_html = partial(markdown_to_html, body, base_url=base_url, first_heading=making.first_heading + 1)
    body_html = to_html(show_image=partial(_body_image, making, where))
    if not making.content.digest.http_links:
        for address in _HTTP_LINK.findall(body_html):
            refuse_http(html.unescape(address), where=where, field="body")
    repeated = bool(teaser) and one_line(body_text).startswith(teaser)
    return {
        "teaser": "" if repeated else teaser,
        "is_full": True,
        "body_html": _safe_html(body_html),
        "body_html_without_images": _safe_html(to_html() if "<img" in body_html else body_html),
        "body_text": body_text,
    }


def _body_image(making: _Making, where: str, src: str, alt: str) -> ShownImage | None:
    if src.startswith("data:"):
        making.warnings.append(
            f"{where}: an image in the text is written into the text itself; only its words are shown"
        )
        return None
    if not alt.strip():
        making.warnings.append(f'{where}: the image "{src}" in the text has no alternative text')
    return making.images.show(src, where, making.text_width_px, key="body")


def _safe_html(html: str) -> str:
    """Mark HTML that nh3 has just cleaned, so that the templates do not escape it again."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704


def _image(making: _Making, image: Image, where: str, number: int) -> Values:
    """Describe an image; without a file there are still its caption and credit."""
    shown = ShownImage("", 0, 0)
    if image.src:
        width = making.content.digest.theme.width if number == 1 else making.text_width_px
        shown = making.images.show(image.src, where, width)
    return {
        **asdict(shown),
        "alt": one_line(image.alt),
        "caption": one_line(image.caption),
        "credit": one_line(image.credit),
    }


def _source(making: _Making, source: Source, where: str) -> Values:
    url = making.link(source.url, where, "source.url") if source.url else ""
    return {"name": one_line(source.name), "url": url}


def _related(making: _Making, article: Article, lang: str, where: str) -> list[Values]:
    """Describe related articles. A title that the author wrote is taken to be in the article's own language."""
    return [
        {
            "title": one_line(other.title),
            "url": making.link(other.url, where, "related.url") if other.url else "",
            "date": other.date,
            "date_text": date_text(other.date, making.language) if other.date else "",
            "teaser": one_line(other.teaser),
            **_tongue(_related_lang(other, lang, making.language), making.language),
        }
        for other in making.content.related.get(article.slug, article.related)
        if other.title and not _is_left_out(making, other, where)
    ]


def _is_left_out(making: _Making, other: Related, where: str) -> bool:
    """Say whether a related article of the queue has an address that is not sent: that is its own author's to mend."""
    is_http = bool(other.slug and other.url and other.url.startswith("http://"))
    if is_http and not making.content.digest.http_links:
        making.warnings.append(f'{where}: the related article "{other.slug}" is left out: its address is not https')
        return True
    return False


def _related_lang(other: Related, article_lang: str, language: str) -> str:
    return other.lang or (language if other.slug else article_lang)


def first_paragraph(body_markdown: str) -> str:
    """Give the first paragraph of a body as one line of text, without links' addresses."""
    return next((one_line(paragraph) for paragraph in paragraphs_of(body_markdown)), "")


def without_related_teasers(values: Mapping[str, Any]) -> Values:
    """Leave out the teasers of related articles, to make a mail smaller."""
    return _with_related(values, lambda related: [{**other, "teaser": ""} for other in related])


def without_related(values: Mapping[str, Any]) -> Values:
    """Leave out related articles altogether."""
    return _with_related(values, lambda _related: [])


def _with_related(values: Mapping[str, Any], change: Callable[[list[Values]], list[Values]]) -> Values:
    articles = [{**article, "related": change(article["related"])} for article in values["articles"]]
    left = iter(articles)
    sections = [{**section, "articles": [next(left) for _ in section["articles"]]} for section in values["sections"]]
    return {**values, "articles": articles, "sections": sections}
