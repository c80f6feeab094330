"""Render a post: an article, or its author's own words, as one network takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

from publisher.domain.article import Article, Image
from publisher.domain.hashtags import hashtags_of
from publisher.domain.image_limits import ImageLimits
from publisher.domain.post import Post, PostImage
from publisher.domain.post_warnings import post_warnings
from publisher.domain.shorten import Fitted, PostParts, fit
from publisher.domain.text_limits import Measure, TextLimits, measure
from publisher.domain.thread import make_thread, split_at_marks
from publisher.errors import PostTooLong, QueueError, TemplateError
from publisher.ports.adapter import Utm
from publisher.rendering.post_image import fit_alt
from publisher.rendering.templates import Templates
from publisher.rendering.thread_text import body_chunks

BLOCKS = ("lead", "link", "hashtags", "credit")

# Of an article no more is read for a post than this: the body up to a paragraph's end, and more of a teaser than any
# network takes, so that it is cut at a good place afterwards.
MAX_BODY_CHARACTERS = 20_000
MAX_TEASER_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class RenderedPost:
    """A post, where it was cut (as in `Fitted.cut`), and what its author should know, in plain sentences.

    `measures` are those of its segments, or the one of a single post. `left_out` is what was cut off the lead.
    """

    post: Post
    cut: str | None = None
    warnings: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    dropped_hashtags: tuple[str, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class PostRules:
    """By what an article's post is made for one place: a channel, or a network without one.

    `name` is what errors and the front matter's `posts:` call it. With `numbering` a long text becomes a thread, whose
    segments are numbered so. `image_limits` is None where posts carry no picture of their own. `utm` is added to the
    article's address before anything is rendered.
    """

    name: str
    network: str
    limits: TextLimits
    template_name: str | None = None
    default_template: str = ""
    numbering: str | None = None
    image_limits: ImageLimits | None = None
    utm: Utm | None = None


def render_post(
    article: Article, rules: PostRules, templates: Templates, *, language: str, author_text: str | None
) -> RenderedPost:
    """Render an article's post. An author's own text is taken as it is and only checked, or split into a thread.

    The template is `post/<template_name>.txt.j2`, else `post/<network>.txt.j2`, else the adapter's `default_template`,
    else `post/default.txt.j2`. Errors: TemplateError, QueueError, PostTooLong.
    """
    lang = article.lang or language
    if author_text is not None:
        return _own_words(author_text, article, rules, lang)
    parts = _parts(_blocks(article, rules, templates, lang), article)
    if rules.numbering is None:
        return _shortened(parts, article, rules, lang)
    return _thread(_chunks(article), replace(parts, lead=""), article, rules, lang)


def render_text(text: str, rules: PostRules, *, language: str, path: str) -> RenderedPost:
    """Render a plain text that is no article: shortened, or split into a thread. `path` is what errors name.

    Errors: QueueError, PostTooLong.
    """
    article = Article(slug="text", title="", path=path, lang=language)
    plain = text.replace("\r\n", "\n").strip()
    if rules.numbering is not None:
        return _own_words(plain, article, rules, language)
    _refuse_unsendable(plain, article, rules)
    parts = PostParts(lead=plain, title="")
    if not fit(parts, rules.limits, language).text:
        what = f"no place was found where the text may be cut to {rules.limits.max_length:,} {rules.limits.unit}"
        raise PostTooLong(what, where=f"{path} [posts.{rules.name}]", hint="Shorten its first word or link.")
    return _shortened(parts, article, rules, language)


def _own_words(text: str, article: Article, rules: PostRules, lang: str) -> RenderedPost:
    """Check an author's own text, or take it apart at the author's marks and where it is too long."""
    text = text.replace("\r\n", "\n").strip()
    if rules.numbering is not None:
        return _thread(split_at_marks(text) or [""], PostParts(lead="", title=""), article, rules, lang)
    _refuse_unsendable(text, article, rules)
    measured = measure(text, rules.limits)
    if not measured.fits:
        field = f"posts.{rules.name}"
        raise PostTooLong(
            f"the author's own text is too long for this post: {measured}",
            where=f"{article.path} [{field}]",
            hint=f"Shorten it by {measured.over:,}, or leave {field} out: the post is then made of title and teaser.",
        )
    return _rendered(article, rules, lang, [text], [measured])


def _shortened(parts: PostParts, article: Article, rules: PostRules, lang: str) -> RenderedPost:
    _refuse_parts(parts, article, rules)
    with _placed(article, rules):
        fitted = fit(parts, rules.limits, lang)
    _refuse_unsendable(fitted.text, article, rules)
    made = _rendered(article, rules, lang, [fitted.text], [fitted.measure], fitted.dropped_hashtags)
    return replace(made, cut=fitted.cut, left_out=_left_out(parts.lead, fitted))


def _thread(chunks: list[str], parts: PostParts, article: Article, rules: PostRules, lang: str) -> RenderedPost:
    """Make a thread of chunks, with link, hashtags and credit of `parts` in its first segment."""
    _refuse_parts(parts, article, rules)
    for chunk in chunks:
        _refuse_unsendable(chunk, article, rules)
    with _placed(article, rules):
        thread = make_thread(chunks, parts, rules.limits, lang, rules.numbering or "none")
    return _rendered(article, rules, lang, thread.texts, thread.measures, thread.dropped_hashtags)


def _chunks(article: Article) -> list[str]:
    """Give title and body, or teaser where there is no body, taken apart at the body's rules."""
    title = " ".join(article.title.split())
    first, *further = body_chunks(article.body_markdown) or [article.teaser or ""]
    return [f"{title}\n\n{first}".strip(), *further]


def _left_out(lead: str, fitted: Fitted) -> str:
    """Give what was cut off the lead; the whole lead where the title stands in its place."""
    if fitted.cut is None:
        return ""
    kept = fitted.lead.removesuffix("…").rstrip()
    return lead.removeprefix(kept).strip()


def _rendered(
    article: Article,
    rules: PostRules,
    lang: str,
    texts: Sequence[str],
    measures: Sequence[Measure],
    dropped: tuple[str, ...] = (),
) -> RenderedPost:
    """Put a post together of its texts: one, or the segments of a thread."""
    fullest = max(measures, key=lambda measured: measured.length)
    text = "\n\n".join(texts)
    post = Post(
        slug=article.slug,
        text=text,
        title=article.title,
        lang=lang,
        teaser=article.teaser,
        url=article.url,
        tags=article.tags,
        image=_image(article.image, text, rules.image_limits),
        count=fullest.length,
        limit=fullest.max_length,
        unit=str(fullest.unit),
        segments=tuple(texts) if len(texts) > 1 else (),
    )
    found = [
        warning
        for text, measured in zip(texts, measures, strict=True)
        for warning in post_warnings(text, rules.network, measured)
    ]
    about_dropped = [f"There was no room for {' '.join(dropped)}."] if dropped else []
    return RenderedPost(
        post=post,
        warnings=tuple(dict.fromkeys([*about_dropped, *found, *_about_picture(article)])),
        measures=tuple(measures),
        dropped_hashtags=dropped,
    )


def _image(image: Image | None, text: str, limits: ImageLimits | None) -> PostImage | None:
    """Give the picture that goes along; its bytes are added before the post is frozen.

    Where the network shows the picture itself, its credit goes into the description, unless the text says it.
    """
    if not image or not image.src or not image.alt:
        return None
    url = image.src if image.src.startswith("https://") else None
    if limits is None:
        return PostImage(image.alt, url, credit=image.credit)
    return PostImage(fit_alt(image.alt, image.credit, text, limits.max_alt_characters), url, credit=image.credit)


def _about_picture(article: Article) -> list[str]:
    image = article.image
    if not image or not image.src or image.alt:
        return []
    return ["The picture does not go along: it has no alt text."]


@contextmanager
def _placed(article: Article, rules: PostRules) -> Iterator[None]:
    """Name the article and the field in an error of what knows neither."""
    try:
        yield
    except PostTooLong as error:
        where = f"{article.path} [posts.{rules.name}]"
        raise PostTooLong(error.what, where=where, hint=error.hint) from error


def _refuse_parts(parts: PostParts, article: Article, rules: PostRules) -> None:
    for text in (parts.lead, parts.title, parts.link or "", " ".join(parts.hashtags), parts.credit or ""):
        _refuse_unsendable(text, article, rules, may_be_empty=True)


_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _refuse_unsendable(text: str, article: Article, rules: PostRules, *, may_be_empty: bool = False) -> None:
    """Stop at what no network takes: nothing at all, half a character, a control character."""
    field = f"posts.{rules.name}"
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


def _blocks(article: Article, rules: PostRules, templates: Templates, lang: str) -> dict[str, str]:
    values = _values(article, rules.network, lang)
    name = _template_of(rules, templates)
    if name:
        blocks = templates.render_blocks(name, values)
    else:
        name = f"default post of {rules.network}"
        blocks = templates.render_blocks_of_text(rules.default_template, name, values)
    if unknown := [block for block in blocks if block not in BLOCKS]:
        raise TemplateError(
            f'a post has no block "{unknown[0]}"',
            where=f"templates/{name}",
            hint=f"Use {', '.join(BLOCKS)}, for example {{% block lead %}}{{{{ article.title }}}}{{% endblock %}}.",
        )
    return {block: _tidy(text) for block, text in blocks.items()}


def _template_of(rules: PostRules, templates: Templates) -> str | None:
    """Name the template's file; None for the adapter's own text."""
    if rules.template_name:
        return f"post/{rules.template_name}.txt.j2"
    own = f"post/{rules.network}.txt.j2"
    if templates.exists(own):
        return own
    return None if rules.default_template else "post/default.txt.j2"


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
