"""Render a post: an article, or its author's own words, as one network takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from publisher.domain.article import Article, Image
from publisher.domain.hashtags import hashtags_of
from publisher.domain.post import Post, PostImage
from publisher.domain.post_warnings import post_warnings
from publisher.domain.shorten import Fitted, PostParts, fit
from publisher.domain.text_limits import TextLimits, measure
from publisher.errors import PostTooLong, QueueError, TemplateError
from publisher.rendering.templates import Templates

BLOCKS = ("lead", "link", "hashtags", "credit")

# Of an article no more is read for a post than this: the body up to a paragraph's end, and more of a teaser than any
# network takes, so that it is cut at a good place afterwards.
MAX_BODY_CHARACTERS = 20_000
MAX_TEASER_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class RenderedPost:
    """A post, where it was cut (as in `Fitted.cut`), and what its author should know, in plain sentences."""

    post: Post
    cut: str | None = None
    warnings: tuple[str, ...] = ()


def render_post(  # noqa: PLR0913 - one article, one network: these are what a post depends on
    article: Article,
    *,
    network: str,
    template_name: str | None,
    default_template: str,
    limits: TextLimits,
    templates: Templates,
    language: str,
    author_text: str | None,
    channel: str = "",
) -> RenderedPost:
    """Render an article's post. An author's own text is taken as it is and only checked.

    The template is `post/<template_name>.txt.j2`, else `post/<network>.txt.j2`, else the adapter's `default_template`,
    else `post/default.txt.j2`. `channel` is what errors name. Errors: TemplateError, QueueError, PostTooLong.
    """
    lang = article.lang or language
    field = f"posts.{channel or network}"
    if author_text is not None:
        fitted = _checked(author_text, article, field, limits)
    else:
        blocks = _blocks(article, network, template_name, default_template, templates, lang)
        fitted = _fitted(_parts(blocks, article), article, field, limits, lang)
    return RenderedPost(
        post=_post(article, fitted, lang),
        cut=fitted.cut,
        warnings=(*_about_dropped(fitted), *post_warnings(fitted.text, network, fitted.measure)),
    )


def _checked(author_text: str, article: Article, field: str, limits: TextLimits) -> Fitted:
    text = author_text.replace("\r\n", "\n").strip()
    _refuse_unsendable(text, article, field)
    measured = measure(text, limits)
    if not measured.fits:
        raise PostTooLong(
            f"the author's own text is too long for this post: {measured}",
            where=f"{article.path} [{field}]",
            hint=f"Shorten it by {measured.over:,}, or leave {field} out: the post is then made of title and teaser.",
        )
    return Fitted(text, measured, text)


def _fitted(parts: PostParts, article: Article, field: str, limits: TextLimits, lang: str) -> Fitted:
    for text in (parts.lead, parts.title, parts.link or "", " ".join(parts.hashtags), parts.credit or ""):
        _refuse_unsendable(text, article, field, may_be_empty=True)
    try:
        fitted = fit(parts, limits, lang)
    except PostTooLong as error:
        raise PostTooLong(error.what, where=f"{article.path} [{field}]", hint=error.hint) from error
    _refuse_unsendable(fitted.text, article, field)
    return fitted


_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _refuse_unsendable(text: str, article: Article, field: str, *, may_be_empty: bool = False) -> None:
    """Stop at what no network takes: nothing at all, half a character, a control character."""
    where = f"{article.path} [{field}]"
    if not text and not may_be_empty:
        raise QueueError("the post is empty", where=where, hint="Give the article a title or a teaser.", field=field)
    if match := _UNSENDABLE.search(text):
        raise QueueError(
            f"the post contains a character that cannot be sent: U+{ord(match.group()):04X}",
            where=where,
            hint="Delete it, for example by typing that place of the article anew.",
            field=field,
        )


def _blocks(
    article: Article,
    network: str,
    template_name: str | None,
    default_template: str,
    templates: Templates,
    lang: str,
) -> dict[str, str]:
    values = _values(article, network, lang)
    name = _template_of(network, template_name, default_template, templates)
    if name:
        blocks = templates.render_blocks(name, values)
    else:
        name = f"default post of {network}"
        blocks = templates.render_blocks_of_text(default_template, name, values)
    if unknown := [block for block in blocks if block not in BLOCKS]:
        raise TemplateError(
            f'a post has no block "{unknown[0]}"',
            where=f"templates/{name}",
            hint=f"Use {', '.join(BLOCKS)}, for example {{% block lead %}}{{{{ article.title }}}}{{% endblock %}}.",
        )
    return {block: _tidy(text) for block, text in blocks.items()}


def _template_of(network: str, template_name: str | None, default_template: str, templates: Templates) -> str | None:
    """Name the template's file; None for the adapter's own text."""
    if template_name:
        return f"post/{template_name}.txt.j2"
    own = f"post/{network}.txt.j2"
    if templates.exists(own):
        return own
    return None if default_template else "post/default.txt.j2"


def _values(article: Article, network: str, lang: str) -> dict[str, object]:
    return {
        "article": _bounded(article),
        "text": plain_paragraphs(article.body_markdown),
        "hashtags": hashtags_of(article.tags),
        "language": lang,
        "network": network,
    }


def _bounded(article: Article) -> Article:
    if max(len(article.title), len(article.teaser or "")) <= MAX_TEASER_CHARACTERS:
        return article
    teaser = article.teaser and article.teaser[:MAX_TEASER_CHARACTERS]
    return replace(article, title=article.title[:MAX_TEASER_CHARACTERS], teaser=teaser)


def _beginning(body_markdown: str) -> str:
    """Give a body, or as many whole paragraphs of it as a post may need."""
    if len(body_markdown) <= MAX_BODY_CHARACTERS:
        return body_markdown
    beginning = body_markdown[:MAX_BODY_CHARACTERS]
    return beginning.rpartition("\n\n")[0] or beginning.rpartition(" ")[0] or beginning


def plain_paragraphs(body_markdown: str) -> str:
    """Give the running text of an article: its paragraphs without headings, lists, tables, pictures and markup."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": False}).parse(_beginning(body_markdown))
    pairs = pairwise(tokens)
    inlines = [inline for opening, inline in pairs if opening.type == "paragraph_open" and opening.level == 0]
    paragraphs = (
        "".join(
            " " if child.type in ("softbreak", "hardbreak") else child.content
            for child in inline.children or ()
            if child.type != "image"
        ).strip()
        for inline in inlines
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


_BLANKS_AT_LINE_END = re.compile(r"[ \t]+(?=\n)")
_BLANK_LINES = re.compile(r"\n{3,}")


def _tidy(block: str) -> str:
    """Take away what a template's own line breaks leave behind."""
    if len(block) > MAX_BODY_CHARACTERS:
        return block.strip()
    return _BLANK_LINES.sub("\n\n", _BLANKS_AT_LINE_END.sub("", block)).strip()


def _parts(blocks: dict[str, str], article: Article) -> PostParts:
    return PostParts(
        lead=blocks.get("lead", ""),
        title=" ".join(article.title.split()),
        link=blocks.get("link") or None,
        hashtags=tuple(blocks.get("hashtags", "").split()),
        credit=blocks.get("credit") or None,
    )


def _post(article: Article, fitted: Fitted, lang: str) -> Post:
    return Post(
        slug=article.slug,
        text=fitted.text,
        title=article.title,
        lang=lang,
        teaser=article.teaser,
        url=article.url,
        tags=article.tags,
        image=_image(article.image),
        count=fitted.measure.length,
        limit=fitted.measure.max_length,
        unit=str(fitted.measure.unit),
    )


def _image(image: Image | None) -> PostImage | None:
    """Give the picture that goes along; a local file is stored, and then named, by whoever freezes the post."""
    if not image or not image.src or not image.alt:
        return None
    return PostImage(alt=image.alt, url=image.src if image.src.startswith("https://") else None, credit=image.credit)


def _about_dropped(fitted: Fitted) -> tuple[str, ...]:
    if not fitted.dropped_hashtags:
        return ()
    return (f"There was no room for {' '.join(fitted.dropped_hashtags)}.",)
