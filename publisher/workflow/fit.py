"""Fit: a text as each channel or network would post it. Preview, check and sending use the same functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from publisher.config.explain import nearest_hint
from publisher.domain.article import Article
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.utm import with_utm
from publisher.errors import PublisherError, QueueError, TemplateError, UsageError
from publisher.ports.adapter import AdapterType
from publisher.rendering.post import PostRules, RenderedPost, render_post, render_text
from publisher.rendering.templates import Templates
from publisher.workflow.application import Application, Channel
from publisher.workflow.picture import refuse_undescribed

MAX_TEXT_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FittedPost:
    """What one place makes of a text: a post, and what keeps it from being posted, if anything does."""

    rules: PostRules
    rendered: RenderedPost | None = None
    problem: PublisherError | None = None


def rules_of(channel: Channel) -> PostRules:
    """Say by what a channel's posts are made. Errors: TemplateError where it takes none."""
    limits, settings = channel.adapter.limits(), channel.settings
    if limits is None:
        raise TemplateError(f'the channel "{channel.name}" takes no posts', hint="Leave it out of the article.")
    return PostRules(
        name=channel.name,
        network=channel.network,
        limits=limits,
        template_name=settings.template,
        default_template=channel.adapter_type.default_template,
        numbering=settings.numbering if settings.split else None,
        image_limits=channel.adapter_type.image_limits,
        utm=settings.utm,
    )


def rules_of_channels(app: Application, names: Collection[str]) -> list[PostRules]:
    """Give the rules of the channels that were named, or of all that take posts. Errors: UsageError."""
    known = {channel.name: channel for channel in app.post_channels}
    for name in names:
        if name not in known:
            raise UsageError(f'no channel "{name}" takes posts', hint=nearest_hint(name, list(known)))
    if not known:
        hint = "Name a network instead, for example --network mastodon, or add a channel."
        raise UsageError("no channel takes posts", where=f"{app.settings.file.name} [channels]", hint=hint)
    return [rules_of(channel) for name, channel in known.items() if not names or name in names]


def rules_of_networks(names: Iterable[str], installed: Callable[[], Collection[AdapterType]]) -> list[PostRules]:
    """Give the rules of networks, without any channel. Errors: UsageError."""
    adapters = {adapter.name: adapter for adapter in installed()}
    return [_rules_of_network(name, adapters.get(name)) for name in dict.fromkeys(names)]


def _rules_of_network(name: str, adapter: AdapterType | None) -> PostRules:
    if name not in KNOWN_LIMITS:
        raise UsageError(f'no network "{name}" is known', hint=nearest_hint(name, list(KNOWN_LIMITS)))
    return PostRules(
        name=name,
        network=name,
        limits=KNOWN_LIMITS[name],
        default_template=adapter.default_template if adapter else "",
        image_limits=adapter.image_limits if adapter else None,
    )


def fit_article(article: Article, rules: PostRules, templates: Templates, language: str) -> RenderedPost:
    """Render an article's post for one place. Errors: PostTooLong, QueueError, TemplateError."""
    if article.url and rules.utm:
        values = rules.utm.values(slug=article.slug, channel=rules.name)
        tagged = replace(article, url=with_utm(article.url, values))
    else:
        tagged = article
    author_text = article.posts.get(rules.name)
    return render_post(tagged, rules, templates, language=article.lang or language, author_text=author_text)


def fit_everywhere(
    text: Article | str, places: Iterable[PostRules], templates: Templates, *, language: str, path: str = ""
) -> Iterator[FittedPost]:
    """Fit an article, or a plain text that `path` names, for each place; what is wrong at one stops no other.

    Errors: TemplateError.
    """
    for rules in places:
        try:
            if isinstance(text, str):
                yield FittedPost(rules, render_text(text, rules, language=language, path=path))
            else:
                yield _fit_with_picture(text, rules, templates, language)
        except TemplateError:
            raise
        except PublisherError as error:
            yield FittedPost(rules, problem=error)


def _fit_with_picture(article: Article, rules: PostRules, templates: Templates, language: str) -> FittedPost:
    """Fit an article; one whose picture is not described is shown, too, but it cannot be posted."""
    rendered = fit_article(article, rules, templates, language)
    try:
        refuse_undescribed(article, rules)
    except QueueError as error:
        return FittedPost(rules, rendered, error)
    return FittedPost(rules, rendered)


def decode_text(content: bytes, path: str) -> str:
    """Read a text that was handed in. Errors: QueueError for what is no text."""
    if len(content) > MAX_TEXT_BYTES:
        what = f"the text has {len(content) / 1024**2:.0f} MB; at most 20 are read"
        raise QueueError(what, where=path, hint="Give a part of it.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"the text is not UTF-8: byte {error.start + 1} is 0x{content[error.start]:02X}"
        raise QueueError(what, where=path, hint='Save it as "UTF-8", and try again.') from None


def is_article(text: str) -> bool:
    """Say whether a text is an article with front matter, or plain."""
    return text.partition("\n")[0].rstrip() == "---"
