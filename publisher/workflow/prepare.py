"""Prepare: the queue becomes drafts, which are computed and leave no row."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from publisher.domain.article import Article, split_file_stem
from publisher.domain.edition import EditionContent
from publisher.domain.message import Message, MessageKind
from publisher.domain.outlet import Outlet
from publisher.domain.related import related_lists
from publisher.domain.sections import in_sections
from publisher.domain.selection import Omission, OutletRule, Selection, select, too_few
from publisher.errors import PostTooLong, PublisherError, QueueError, UsageError
from publisher.intake.article_file import line_of
from publisher.intake.queue import QueueReading
from publisher.ports.ledger import EditionRow
from publisher.rendering.email import RenderedEmail, render_email
from publisher.rendering.post import RenderedPost
from publisher.workflow.application import Application, Channel
from publisher.workflow.fit import fit_article, rules_of
from publisher.workflow.look import skipped_errors
from publisher.workflow.picture import read_picture, refuse_undescribed, with_memory
from publisher.workflow.withhold import with_waits

POSTS_TO_LOOK_AT = 20


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
    """A digest's next edition, rendered but not frozen. `skip` says why it is not made at a due time, if it is not."""

    digest: str
    channel: str
    number: int
    content: EditionContent
    email: RenderedEmail
    left_out: tuple[Omission, ...]
    skip: str | None = None


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

    own = errors_of_file(name, reading)
    if own:
        return Problems(own) if len(own) > 1 else own[0]
    known = [*app.settings.digests, *dict.fromkeys(slugs)]
    return UsageError(f'"{name}" is neither a digest nor an article', hint=nearest_hint(name, known))


def errors_of_file(name: str, reading: QueueReading) -> list[QueueError]:
    """Give what is wrong with the file that is meant by a name: its mistakes, or why it was skipped."""
    own = [error for error in reading.errors if is_named(error.where.partition(":")[0].partition(" [")[0], name)]
    return own or [error for error in skipped_errors(reading) if is_named(error.where, name)][:1]


def is_named(path: str, name: str) -> bool:
    """Say whether a file is meant by this name: by its own, or by that without the date."""
    stem = path_name(path)
    return path_name(name) in (stem, split_file_stem(stem)[1])


def prepare(app: Application, wanted: Wanted, reading: QueueReading) -> Drafts:
    """Select and render what was asked for. Errors: TemplateError; a named article's own errors."""
    app = with_memory(app)
    digests = wanted.digests if wanted.digests or wanted.articles else tuple(app.settings.digests)
    editions, left_out, problems = [], {}, list[PublisherError]()
    for name in digests:
        if not wanted.wants_channel(app.settings.digests[name].channel):
            continue
        if has_readers(app, name):
            draft, omissions, edition_problems = draft_edition(app, name, reading)
            left_out[Outlet("digest", name)] = omissions
            editions += [draft] if draft else []
            problems += edition_problems
        else:
            problems.append(no_readers(name))
    posts: list[PostDraft] = []
    if wanted.everything or wanted.articles:
        for channel in app.post_channels:
            if wanted.wants_channel(channel.name):
                channel_posts, omissions, channel_problems = draft_posts(app, channel, reading, wanted.articles)
                left_out[Outlet("channel", channel.name)] = omissions
                posts += channel_posts
                problems += channel_problems
    return Drafts(tuple(editions), tuple(posts), left_out, tuple(problems), reading)


def has_readers(app: Application, digest: str) -> bool:
    """Say whether anybody gets this digest. An edition for nobody would use up its articles."""
    return bool(app.settings.digests[digest].recipients) or app.subscribers.count(digest=digest) > 0


def no_readers(digest: str) -> UsageError:
    """Say that nobody gets a digest, and what to do."""
    hint = 'Add people with "publish subscribers import FILE.csv", or write recipients = ["name@example.org"] there.'
    return UsageError(f'the digest "{digest}" has no readers yet', where=f"config.toml [digests.{digest}]", hint=hint)


def draft_edition(
    app: Application, name: str, reading: QueueReading, ready: EditionDraft | None = None
) -> tuple[EditionDraft | None, tuple[Omission, ...], list[PublisherError]]:
    """Compute a digest's next edition, None if no article is for it. Errors: TemplateError.

    An article that cannot be shown (its picture is not there) is left out as a problem, and the rest goes on.
    A draft that is `ready` from a moment ago is taken as it was rendered, if its contents are still the same.
    """
    rule = with_waits(app, app.digest_rule(name), reading.articles)
    number = app.ledger.next_number(name, app.rehearsal)
    return _draft(app, name, rule, reading.articles, reading, number, ready)


def draft_again(
    app: Application, row: EditionRow, slugs: Collection[str], reading: QueueReading
) -> tuple[EditionDraft | None, tuple[Omission, ...], list[PublisherError]]:
    """Compute an edition again, under its number, from those of its articles that can still go into it."""
    rule = replace(app.digest_rule(row.digest), max_articles=None)
    own = [article for article in reading.articles if article.slug in slugs]
    return _draft(app, row.digest, rule, own, reading, row.number)


def chosen_again(
    app: Application, row: EditionRow, slugs: Collection[str], reading: QueueReading
) -> tuple[Article, ...]:
    """Choose those of an edition's articles that can still go into it."""
    rule = replace(app.digest_rule(row.digest), max_articles=None)
    consumed = app.ledger.consumed(rule.outlet, app.rehearsal)
    return select(
        [article for article in reading.articles if article.slug in slugs], rule, consumed, app.clock.now()
    ).chosen


def _draft(
    app: Application,
    name: str,
    rule: OutletRule,
    articles: Sequence[Article],
    reading: QueueReading,
    number: int,
    ready: EditionDraft | None = None,
) -> tuple[EditionDraft | None, tuple[Omission, ...], list[PublisherError]]:
    consumed = app.ledger.consumed(Outlet("digest", name), app.rehearsal)
    selection = select(articles, rule, consumed, app.clock.now())
    chosen, left_out, problems = selection.chosen, selection.left_out, list[PublisherError]()
    while chosen:
        try:
            return _render_edition(app, name, chosen, left_out, reading, number, ready), left_out, problems
        except QueueError as error:
            culprit = _article_of(error, chosen)
            problems.append(_at_its_line(app, error, culprit))
            chosen = tuple(article for article in chosen if article is not culprit)
            left_out = (*left_out, Omission(culprit.slug, f"cannot be shown: {error.what}", waiting=True))
    return None, left_out, problems


def draft_alone(
    app: Application, name: str, article: Article, reading: QueueReading
) -> tuple[EditionDraft | None, QueueError | None]:
    """Compute an edition of one article alone, to look at it; or say why it cannot be shown. Errors: TemplateError."""
    try:
        number = app.ledger.next_number(name, app.rehearsal)
        return _render_edition(app, name, (article,), (), reading, number), None
    except QueueError as error:
        return None, error


def _at_its_line(app: Application, error: QueueError, culprit: Article) -> QueueError:
    """Say in which line of its file stands what an error quotes."""
    if error.where == culprit.path and (line := line_of(app.settings.queue_folder, culprit.path, error.quoted)):
        error.where = f"{error.where}:{line}"
    return error


def _article_of(error: QueueError, articles: Sequence[Article]) -> Article:
    """Find the article that an error is about; one about none of them goes on its way."""
    for article in articles:
        if error.where.startswith(article.path):
            return article
    raise error


def _render_edition(
    app: Application,
    name: str,
    articles: tuple[Article, ...],
    left_out: tuple[Omission, ...],
    reading: QueueReading,
    number: int,
    ready: EditionDraft | None = None,
) -> EditionDraft:
    content = edition_content(app, name, articles, reading, number)
    email = ready.email if ready is not None and ready.content == content else render_content(app, content)
    digest = app.settings.digests[name]
    skip = too_few(len(articles), digest.min_articles)
    return EditionDraft(name, digest.channel, number, content, email, left_out, skip)


def render_content(app: Application, content: EditionContent, *, is_test: bool = False) -> RenderedEmail:
    """Render an edition as its digest is set up. Errors: TemplateError, QueueError, ConfigError."""
    return render_email(
        content,
        app.templates,
        app.read_image,
        logo=app.read_logo(content.digest_name),
        public_url=app.settings.document.web.public_url or "",
        is_archived=app.is_archived(content.digest),
        assets_url=app.settings.document.web.assets_url or "",
        is_test=is_test,
    )


def edition_content(
    app: Application, name: str, articles: tuple[Article, ...], reading: QueueReading, number: int
) -> EditionContent:
    """Gather all that an edition is rendered from."""
    digest, organisation = app.settings.digests[name], app.settings.organisation
    now = app.clock.now()
    had = app.ledger.consumed(Outlet("digest", name), app.rehearsal)
    zone = ZoneInfo(digest.time_zone or organisation.time_zone)
    return EditionContent(
        organisation=organisation,
        digest=digest,
        digest_name=name,
        date=now.astimezone(zone).date(),
        articles=tuple(article for part in in_sections(articles, digest.sections) for article in part.articles),
        number=number,
        related=related_lists(articles, reading.articles, had, now, rule=digest.related),
    )


def draft_posts(
    app: Application, channel: Channel, reading: QueueReading, only: Collection[str] = ()
) -> tuple[list[PostDraft], tuple[Omission, ...], list[PublisherError]]:
    """Compute the posts that a channel would get, with their pictures.

    An article that cannot be fitted, or whose picture cannot be read, is a problem, and the rest goes on.
    """
    selection = select_posts(app, channel, reading, only)
    drafts, problems = fit_posts(app, channel, selection.chosen)
    whole, picture_problems = add_pictures(app, channel, drafts)
    return whole, selection.left_out, [*problems, *picture_problems]


def add_pictures(
    app: Application, channel: Channel, drafts: Iterable[PostDraft]
) -> tuple[list[PostDraft], list[PublisherError]]:
    """Add each post's picture; a post whose picture cannot be taken is a problem."""
    whole: list[PostDraft] = []
    problems: list[PublisherError] = []
    for draft in drafts:
        try:
            whole.append(add_picture(app, channel, draft))
        except QueueError as error:
            problems.append(error)
    return whole, problems


def select_posts(app: Application, channel: Channel, reading: QueueReading, only: Collection[str] = ()) -> Selection:
    """Choose the articles that a channel would get."""
    articles = [article for article in reading.articles if not only or article.slug in only]
    consumed = app.ledger.consumed(Outlet("channel", channel.name), app.rehearsal)
    rule = with_waits(app, app.channel_rule(channel), articles)
    return select(articles, rule, consumed, app.clock.now())


def fit_posts(
    app: Application, channel: Channel, articles: Iterable[Article]
) -> tuple[list[PostDraft], list[PublisherError]]:
    """Render each article for a channel; one that cannot be fitted is a problem. Errors: TemplateError."""
    drafts: list[PostDraft] = []
    problems: list[PublisherError] = []
    for article in articles:
        try:
            drafts.append(draft_post(app, channel, article))
        except (PostTooLong, QueueError) as error:
            problems.append(error)
    return drafts, problems


def posts_to_look_at(chosen: Sequence[Article], edition_slugs: Collection[str]) -> list[Article]:
    """Choose those whose posts a person looks at: the articles of the next edition, and the next others up to twenty.

    Nobody looks through ten thousand posts, and to fit them all takes a minute.
    """
    in_edition = [article for article in chosen if article.slug in edition_slugs]
    others = [article for article in chosen if article.slug not in edition_slugs]
    return [*in_edition, *others[: max(0, POSTS_TO_LOOK_AT - len(in_edition))]]


def draft_post(app: Application, channel: Channel, article: Article) -> PostDraft:
    """Render one article for one channel, without its picture. Errors: PostTooLong, QueueError, TemplateError."""
    rules = rules_of(channel)
    refuse_undescribed(article, rules)
    rendered = fit_article(article, rules, app.templates, app.settings.organisation.language)
    message = Message(MessageKind.POST, {"post": (rendered.post.to_bytes(),)})
    return PostDraft(channel.name, article, rendered, message)


def add_picture(app: Application, channel: Channel, draft: PostDraft) -> PostDraft:
    """Put the article's picture into the post, scaled for the network, if that shows it itself. Errors: QueueError."""
    limits, image = channel.adapter_type.image_limits, draft.rendered.post.image
    if limits is None or image is None:
        return draft
    fitted = read_picture(app, draft.article, limits)
    post = replace(draft.rendered.post, image=replace(image, media_type=fitted.media_type))
    sections = {"post": (post.to_bytes(),), "image": (b64encode(fitted.content),)}
    return replace(draft, rendered=replace(draft.rendered, post=post), message=Message(MessageKind.POST, sections))
