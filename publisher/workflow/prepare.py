"""Prepare: the queue becomes drafts, which are computed and leave no row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from publisher.domain.article import Article
from publisher.domain.edition import EditionContent
from publisher.domain.message import Message, MessageKind
from publisher.domain.outlet import Outlet
from publisher.domain.selection import Omission, resolve_related, select
from publisher.errors import PostTooLong, PublisherError, TemplateError, UsageError
from publisher.intake.queue import QueueReading
from publisher.rendering.email import RenderedEmail, render_email
from publisher.rendering.post import RenderedPost, render_post
from publisher.workflow.application import Application, Channel


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command asked for. No names mean everything; channels narrow down what goes out."""

    digests: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Say whether no digest and no article was named."""
        return not self.digests and not self.articles

    def wants_channel(self, name: str) -> bool:
        """Say whether this channel is among those that were asked for."""
        return not self.channels or name in self.channels


@dataclass(frozen=True, slots=True)
class EditionDraft:
    """A digest's next edition, rendered but not frozen."""

    digest: str
    channel: str
    number: int
    content: EditionContent
    email: RenderedEmail
    left_out: tuple[Omission, ...]


@dataclass(frozen=True, slots=True)
class PostDraft:
    """An article's post for one channel, rendered but not frozen."""

    channel: str
    article: Article
    rendered: RenderedPost
    message: Message


@dataclass(frozen=True, slots=True)
class Drafts:
    """All that could go out now; why the rest is left out, by outlet; and what is wrong with single articles."""

    editions: tuple[EditionDraft, ...] = ()
    posts: tuple[PostDraft, ...] = ()
    left_out: Mapping[Outlet, tuple[Omission, ...]] = field(default_factory=dict)
    problems: tuple[PublisherError, ...] = ()
    reading: QueueReading | None = None


def parse_wanted(app: Application, names: Iterable[str], channels: Iterable[str], reading: QueueReading) -> Wanted:
    """Tell digests from articles. Errors: UsageError for a name that is neither."""
    known_articles = {article.slug: article.slug for article in reading.articles}
    known_articles |= {path_name(article.path): article.slug for article in reading.articles}
    digests, articles = [], []
    for name in dict.fromkeys(names):
        if name in app.settings.digests:
            digests.append(name)
        elif (slug := known_articles.get(path_name(name))) is not None:
            articles.append(slug)
        else:
            raise _unknown_name(app, name, known_articles.values(), reading)
    for channel in channels:
        if channel not in app.channels:
            hint = f"Known channels: {', '.join(sorted(app.channels)) or 'none'}."
            raise UsageError(f'there is no channel "{channel}"', hint=hint)
    return Wanted(tuple(digests), tuple(articles), tuple(channels))


def path_name(text: str) -> str:
    """Give the last part of a path without `.md`, so that an article can be named by its file."""
    return text.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".md")


def _unknown_name(app: Application, name: str, slugs: Iterable[str], reading: QueueReading) -> PublisherError:
    """Explain a name that is neither digest nor article; a named file with errors is shown with them."""
    from publisher.config.explain import nearest_hint
    from publisher.errors import Problems

    own = [error for error in reading.errors if path_name(error.where.rsplit(":", 1)[0]) == path_name(name)]
    if own:
        return Problems(own)
    skipped = [skipped for skipped in reading.skipped if path_name(skipped.path) == path_name(name)]
    if skipped:
        return UsageError(f"this article was skipped: {skipped[0].reason}", where=skipped[0].path)
    known = [*app.settings.digests, *slugs]
    return UsageError(f'"{name}" is neither a digest nor an article', hint=nearest_hint(name, known))


def prepare(app: Application, wanted: Wanted, reading: QueueReading) -> Drafts:
    """Select and render what was asked for. Errors: TemplateError; a named article's own errors."""
    digests = wanted.digests if wanted.digests or wanted.articles else tuple(app.settings.digests)
    editions, left_out, problems = [], {}, []
    for name in digests:
        if wanted.wants_channel(app.settings.digests[name].channel):
            draft, omissions = draft_edition(app, name, reading)
            left_out[Outlet("digest", name)] = omissions
            editions += [draft] if draft else []
    posts: list[PostDraft] = []
    if wanted.everything or wanted.articles:
        for channel in app.post_channels:
            if wanted.wants_channel(channel.name):
                channel_posts, omissions, channel_problems = draft_posts(app, channel, reading, wanted.articles)
                left_out[Outlet("channel", channel.name)] = omissions
                posts += channel_posts
                problems += channel_problems
    return Drafts(tuple(editions), tuple(posts), left_out, tuple(problems), reading)


def draft_edition(
    app: Application, name: str, reading: QueueReading
) -> tuple[EditionDraft | None, tuple[Omission, ...]]:
    """Compute a digest's next edition, None if no article is for it. Errors: TemplateError, QueueError."""
    outlet = Outlet("digest", name)
    selection = select(
        reading.articles, app.digest_rule(name), app.ledger.consumed(outlet, app.rehearsal), app.clock.now()
    )
    if not selection.chosen:
        return None, selection.left_out
    digest = app.settings.digests[name]
    number = app.ledger.next_number(name, app.rehearsal)
    content = edition_content(app, name, selection.chosen, reading, number)
    email = render_email(content, app.templates, app.read_image)
    return EditionDraft(name, digest.channel, number, content, email, selection.left_out), selection.left_out


def edition_content(
    app: Application, name: str, articles: tuple[Article, ...], reading: QueueReading, number: int
) -> EditionContent:
    """Gather all that an edition is rendered from."""
    digest, organisation = app.settings.digests[name], app.settings.organisation
    known = {article.slug: article for article in reading.articles}
    zone = ZoneInfo(digest.time_zone or organisation.time_zone)
    return EditionContent(
        organisation=organisation,
        digest=digest,
        digest_name=name,
        date=app.clock.now().astimezone(zone).date(),
        articles=articles,
        number=number,
        related={article.slug: resolve_related(article, known) for article in articles},
    )


def draft_posts(
    app: Application, channel: Channel, reading: QueueReading, only: Collection[str] = ()
) -> tuple[list[PostDraft], tuple[Omission, ...], list[PublisherError]]:
    """Compute the posts that a channel would get; an article that cannot be fitted is a problem, the rest goes on."""
    outlet = Outlet("channel", channel.name)
    articles = [article for article in reading.articles if not only or article.slug in only]
    consumed = app.ledger.consumed(outlet, app.rehearsal)
    selection = select(articles, app.channel_rule(channel), consumed, app.clock.now())
    drafts: list[PostDraft] = []
    problems: list[PublisherError] = []
    for article in selection.chosen:
        try:
            drafts.append(draft_post(app, channel, article))
        except PostTooLong as error:
            problems.append(error)
    return drafts, selection.left_out, problems


def draft_post(app: Application, channel: Channel, article: Article) -> PostDraft:
    """Render one article for one channel. Errors: PostTooLong, TemplateError."""
    limits = channel.adapter.limits()
    if limits is None:
        raise TemplateError(f'the channel "{channel.name}" takes no posts', hint="Leave it out of the article.")
    rendered = render_post(
        article,
        network=channel.network,
        template_name=channel.settings.template,
        default_template=channel.adapter_type.default_template,
        limits=limits,
        templates=app.templates,
        language=article.lang or app.settings.organisation.language,
        author_text=article.posts.get(channel.name),
    )
    message = Message(MessageKind.POST, {"post": (rendered.post.to_bytes(),)})
    return PostDraft(channel.name, article, rendered, message)
