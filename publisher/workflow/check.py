"""Check: look for mistakes in queue, templates and channels before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from publisher.domain.article import Article
from publisher.domain.selection import select
from publisher.errors import ChannelMisconfigured, PublisherError, TryAgain
from publisher.intake.queue import QueueReading
from publisher.ports.credentials import Secret
from publisher.workflow.application import Application, Channel
from publisher.workflow.look import related_warnings, skipped_errors
from publisher.workflow.prepare import draft_edition, fit_posts, has_readers, posts_to_look_at, select_posts


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
    on_progress: Callable[[str], None] = lambda step: None,
) -> CheckReport:
    """Check everything. Texts are fitted for what would go out next; `all_articles` fits all queued ones."""
    on_progress("Reading the queue")
    reading = app.read_queue()
    checked = [f"config {app.settings.file.name}", f"{reading.file_count:,} queue files"]
    errors: list[PublisherError] = [*reading.errors, *skipped_errors(reading)]
    warnings = [f"{error.where}: {error.what}" for error in related_warnings(reading.articles)]
    next_slugs: set[str] = set()
    for name in app.settings.digests:
        on_progress(f"Rendering the next edition of {name}")
        next_slugs |= _check_digest(app, name, reading, errors, warnings)
        checked.append(f"digest {name}")
    for channel in app.channels.values():
        on_progress(f"Checking the channel {channel.name}")
        _check_secrets(app, channel, errors, warnings)
        fitted = _check_posts(app, channel, reading, None if all_articles else next_slugs, errors, warnings)
        identity = _verify(channel, errors) if online and channel.settings.enabled else ""
        checked.append(": ".join(filter(None, (f"channel {channel.name}", identity, fitted))))
    return CheckReport(tuple(checked), tuple(errors), tuple(dict.fromkeys(warnings)))


def _check_digest(
    app: Application, name: str, reading: QueueReading, errors: list[PublisherError], warnings: list[str]
) -> set[str]:
    """Render the next edition and give the slugs of its articles."""
    if not has_readers(app, name):
        warnings.append(f'digest {name}: nobody gets it yet; add people with "publish subscribers import"')
    try:
        draft, _, problems = draft_edition(app, name, reading)
    except PublisherError as error:
        errors.append(error)
        return set()
    errors += problems
    if draft is None:
        return set()
    warnings += [f"digest {name}: {warning}" for warning in draft.email.warnings]
    return {article.slug for article in draft.content.articles}


def _check_secrets(app: Application, channel: Channel, errors: list[PublisherError], warnings: list[str]) -> None:
    """Look whether each secret can be read; a rehearsal does without."""
    for secret in _secrets_in(channel.settings.model_dump()):
        try:
            app.credentials.read(secret)
        except ChannelMisconfigured as error:
            if app.rehearsal:
                warnings.append(f"channel {channel.name}: {error.what}; it is needed once rehearse = false")
            else:
                errors.append(error)


def _secrets_in(value: Any) -> Iterator[Secret]:
    """Find secrets in dumped settings: mappings of exactly a secret's three places."""
    if isinstance(value, dict):
        if set(value) == set(Secret.model_fields):
            yield Secret(**value)
        else:
            yield from (secret for item in value.values() for secret in _secrets_in(item))


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
    errors += problems
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
