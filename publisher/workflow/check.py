"""Check: look for mistakes in queue, templates and channels before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from publisher.domain.article import Article
from publisher.domain.personal import domain_of
from publisher.domain.selection import select
from publisher.errors import ChannelMisconfigured, PublisherError, TryAgain
from publisher.intake.queue import QueueReading
from publisher.ports.credentials import Secret
from publisher.ports.resolver import Resolver
from publisher.rendering.preflight.rules import Finding
from publisher.workflow.application import Application, Channel
from publisher.workflow.dead_links import find_dead_links, links_in
from publisher.workflow.look import related_warnings, skipped_errors, stranger_warnings
from publisher.workflow.picture import with_memory
from publisher.workflow.preflight import errors_of, look_over, warnings_of
from publisher.workflow.prepare import (
    EditionDraft,
    add_pictures,
    draft_edition,
    fit_posts,
    has_readers,
    posts_to_look_at,
    select_posts,
)
from publisher.workflow.repeats import repeat_warnings
from publisher.workflow.sender_domain import check_sender_domain, selectors_in

LINK_CACHE = "checked-links.json"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was looked at, and what was found: errors stop a run, warnings do not."""

    checked: tuple[str, ...]
    errors: tuple[PublisherError, ...]
    warnings: tuple[str, ...]


def check(
    app: Application,
    *,
    all_articles: bool,
    online: bool,
    links: bool = False,
    resolver: Resolver | None = None,
    on_progress: Tell = lambda step: None,
) -> CheckReport:
    """Check everything. Texts are fitted for what would go out next; `all_articles` fits all queued ones.

    `links` asks where the editions' links lead; `resolver` is asked for the senders' domains.
    """
    app = with_memory(app)
    on_progress("Reading the queue")
    reading = app.read_queue()
    checked = [f"config {app.settings.file.name}", f"{reading.file_count:,} queue files"]
    errors: list[PublisherError] = [*reading.errors, *skipped_errors(reading)]
    warnings = [f"{error.where}: {error.what}" for error in related_warnings(reading.articles)]
    warnings += stranger_warnings(reading)
    next_slugs: set[str] = set()
    for name in app.settings.digests:
        on_progress(f"Rendering the next edition of {name}")
        draft = _check_digest(app, name, reading, errors, warnings)
        next_slugs |= {article.slug for article in draft.content.articles} if draft else set()
        asked = _ask_network(app, name, draft if links else None, resolver, on_progress, errors, warnings)
        checked.append(", ".join([f"digest {name}", *asked]))
    for channel in app.channels.values():
        on_progress(f"Checking the channel {channel.name}")
        _check_secrets(app, channel, errors, warnings)
        fitted = _check_posts(app, channel, reading, None if all_articles else next_slugs, errors, warnings)
        identity = _verify(channel, errors) if online and channel.settings.enabled else ""
        checked.append(": ".join(filter(None, (f"channel {channel.name}", identity, fitted))))
    return CheckReport(tuple(checked), tuple(errors), tuple(dict.fromkeys(warnings)))


def _check_digest(
    app: Application, name: str, reading: QueueReading, errors: list[PublisherError], warnings: list[str]
) -> EditionDraft | None:
    """Render the next edition and look it over."""
    if not has_readers(app, name):
        warnings.append(f'digest {name}: nobody gets it yet; add people with "publish subscribers import"')
    try:
        draft, _, problems = draft_edition(app, name, reading)
        findings = look_over(app, draft) if draft else ()
    except PublisherError as error:
        errors.append(error)
        return None
    errors += [*problems, *errors_of(name, findings)]
    warnings += [f"digest {name}: {warning}" for warning in draft.email.warnings] if draft else []
    warnings += warnings_of(name, findings)
    return draft


def _ask_network(
    app: Application,
    name: str,
    draft: EditionDraft | None,
    resolver: Resolver | None,
    on_progress: Tell,
    errors: list[PublisherError],
    warnings: list[str],
) -> list[str]:
    """Ask where the draft's links lead, and what the sender's domain says; say what was asked."""
    findings: list[Finding] = []
    asked = []
    if draft:
        links = links_in(draft.email.html)
        cache = app.settings.store_file.with_name(LINK_CACHE)
        findings += find_dead_links(app.http, links, cache_file=cache, now=app.clock.now(), on_progress=on_progress)
        asked.append(f"{len(links)} links")
    if resolver:
        digest = app.settings.digests[name]
        domain = domain_of(digest.from_address)
        on_progress(f"Asking for the domain {domain}")
        selectors = selectors_in(app.channels[digest.channel].settings.model_dump())
        try:
            findings += check_sender_domain(resolver, domain, selectors)
        except TryAgain as error:
            errors.append(error)
        asked.append(f"domain {domain}")
    errors += errors_of(name, findings)
    warnings += warnings_of(name, findings)
    return asked


def _check_secrets(app: Application, channel: Channel, errors: list[PublisherError], warnings: list[str]) -> None:
    """Look whether each secret can be read; a rehearsal does without."""
    for secret in secrets_in(channel.settings.model_dump()):
        try:
            app.credentials.read(secret)
        except ChannelMisconfigured as error:
            if app.rehearsal:
                warnings.append(f"channel {channel.name}: {error.what}; it is needed once rehearse = false")
            else:
                errors.append(error)


def secrets_in(value: Any) -> Iterator[Secret]:
    """Find secrets in dumped settings: mappings of exactly a secret's three places."""
    if isinstance(value, dict):
        if set(value) == set(Secret.model_fields):
            yield Secret(**value)
        else:
            yield from (secret for item in value.values() for secret in secrets_in(item))


def _check_posts(
    app: Application,
    channel: Channel,
    reading: QueueReading,
    next_slugs: set[str] | None,
    errors: list[PublisherError],
    warnings: list[str],
) -> str:
    """Fit the posts of the next editions' articles, or of all articles; say how many of how many."""
    if not channel.takes_posts or channel.name in app.email_channels:
        return ""
    articles = _ever_for(app, channel, reading) if next_slugs is None else _next_for(app, channel, reading)
    fitted = articles if next_slugs is None else posts_to_look_at(articles, next_slugs)
    try:
        drafts, problems = fit_posts(app, channel, fitted)
    except PublisherError as error:
        errors.append(error)
        return ""
    _, picture_problems = add_pictures(app, channel, drafts)
    errors += [*problems, *picture_problems]
    warnings += repeat_warnings(app, drafts) if channel.settings.enabled else ()
    warnings += [
        f"{draft.article.path}: on {channel.name}: {warning}" for draft in drafts for warning in draft.rendered.warnings
    ]
    if len(fitted) < len(articles):
        return f"{len(fitted):,} of {len(articles):,} posts fitted, --all fits the rest, too"
    return f"{len(fitted):,} posts fitted"


def _next_for(app: Application, channel: Channel, reading: QueueReading) -> Sequence[Article]:
    return select_posts(app, channel, reading).chosen


def _ever_for(app: Application, channel: Channel, reading: QueueReading) -> Sequence[Article]:
    """Give every article that could ever be for this channel, whatever its status and its dates."""
    selection = select(reading.articles, app.channel_rule(channel), {}, app.clock.now())
    strangers = {omission.slug for omission in selection.left_out if not omission.concerned}
    return [article for article in reading.articles if article.slug not in strangers]


def _verify(channel: Channel, errors: list[PublisherError]) -> str:
    session = channel.adapter.open()
    try:
        return session.verify()
    except (ChannelMisconfigured, TryAgain) as error:
        errors.append(error)
        return "not usable"
    finally:
        session.close()
