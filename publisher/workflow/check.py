"""Check: look for mistakes in queue, templates and channels before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from publisher.domain.message import MessageKind
from publisher.domain.selection import select
from publisher.errors import ChannelMisconfigured, PostTooLong, PublisherError, TryAgain
from publisher.intake.queue import QueueReading
from publisher.ports.credentials import Secret
from publisher.workflow.application import Application, Channel
from publisher.workflow.look import related_warnings
from publisher.workflow.prepare import draft_edition, draft_post, draft_posts


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
    checked: list[str] = [f"config {app.settings.file.name}"]
    on_progress("Reading the queue")
    reading = app.read_queue()
    checked.append(f"{reading.file_count:,} queue files")
    errors: list[PublisherError] = list(reading.errors)
    warnings = [f"{skipped.path}: skipped: {skipped.reason}" for skipped in reading.skipped]
    warnings += [f"{error.where}: {error.what}" for error in related_warnings(reading.articles)]
    for name in app.settings.digests:
        on_progress(f"Rendering the next edition of {name}")
        _check_digest(app, name, reading, errors, warnings)
        checked.append(f"digest {name}")
    for channel in app.channels.values():
        on_progress(f"Checking the channel {channel.name}")
        _check_secrets(app, channel, errors, warnings)
        _check_channel(app, channel, reading, errors, warnings, all_articles)
        if online and channel.settings.enabled:
            checked.append(_verify(channel, errors))
        else:
            checked.append(f"channel {channel.name}")
    return CheckReport(tuple(checked), tuple(errors), tuple(dict.fromkeys(warnings)))


def _check_digest(
    app: Application, name: str, reading: QueueReading, errors: list[PublisherError], warnings: list[str]
) -> None:
    try:
        draft, _ = draft_edition(app, name, reading)
    except PublisherError as error:
        errors.append(error)
        return
    if draft is not None:
        warnings += [f"digest {name}: {warning}" for warning in draft.email.warnings]
    if not app.settings.digests[name].recipients and not app.subscribers.count(digest=name):
        warnings.append(f'digest {name}: nobody gets it yet; add people with "publish subscribers import"')


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


def _check_channel(
    app: Application,
    channel: Channel,
    reading: QueueReading,
    errors: list[PublisherError],
    warnings: list[str],
    all_articles: bool,
) -> None:
    if MessageKind.POST not in channel.adapter_type.kinds or channel.name in app.email_channels:
        return
    try:
        if all_articles:
            _fit_all(app, channel, reading, errors, warnings)
        else:
            drafts, _, problems = draft_posts(app, channel, reading)
            errors += problems
            warnings += [
                f"{draft.article.path}: on {channel.name}: {warning}"
                for draft in drafts
                for warning in draft.rendered.warnings
            ]
    except PublisherError as error:
        errors.append(error)


def _fit_all(
    app: Application,
    channel: Channel,
    reading: QueueReading,
    errors: list[PublisherError],
    warnings: list[str],
) -> None:
    """Fit every article that could ever be for this channel, whatever its status and its dates."""
    selection = select(reading.articles, app.channel_rule(channel), {}, app.clock.now())
    strangers = {omission.slug for omission in selection.left_out if not omission.concerned}
    for article in reading.articles:
        if article.slug in strangers:
            continue
        try:
            draft = draft_post(app, channel, article)
            warnings += [f"{article.path}: on {channel.name}: {warning}" for warning in draft.rendered.warnings]
        except PostTooLong as error:
            errors.append(error)


def _verify(channel: Channel, errors: list[PublisherError]) -> str:
    session = channel.adapter.open()
    try:
        return f"channel {channel.name}: {session.verify()}"
    except (ChannelMisconfigured, TryAgain) as error:
        errors.append(error)
        return f"channel {channel.name}: not usable"
    finally:
        session.close()
