"""Notify: a step of the tick that bundles what was told into one notice, and plans it for every place.

Its deliveries go out with all others. A notice channel that fails makes no notice about itself: an event about a
channel goes to the other places only, and while an earlier notice still waits somewhere, the next one waits longer.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.delivery import OPEN_STATES
from publisher.domain.notice import NoticeKind
from publisher.errors import PublisherError
from publisher.ports.notices import EventRow, NoticePlan, NoticeRow
from publisher.rendering.notice import (
    NoticeContent,
    RenderedNotice,
    Told,
    render_notice_chat,
    render_notice_mail,
)
from publisher.workflow.application import Application, Channel
from publisher.workflow.send import send
from publisher.workflow.tell import tell_error
from publisher.workflow.watch import watch

# While a notice has not arrived everywhere, no further one is made for so long.
PATIENCE = timedelta(hours=1)
RECENT_COUNT = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where notices go: a chat, or the addresses of an e-mail channel."""

    channel: Channel
    recipients: tuple[str, ...]
    from_address: str | None = None


def notify(app: Application) -> NoticeRow | None:
    """Tell what has finished and what is about to end, and make a notice if it is time for one."""
    where = list(places(app))
    if where:
        watch(app)
    events = app.notices.open_events(rehearsal=app.rehearsal)
    wanted = [row for row in events if where and row.event.kind in app.settings.document.notify.kinds]
    unwanted = [row for row in events if not where or row.event.kind not in app.settings.document.notify.kinds]
    now = app.clock.now()
    if unwanted:
        app.notices.close(unwanted, now)
    if not wanted or not _is_time(app, now):
        return None
    plans = [plan for place in where if (plan := _plan(app, place, wanted))]
    if not plans:
        app.notices.close(wanted, now)
        return None
    return app.notices.make(wanted, plans, rehearsal=app.rehearsal, now=now)


def tell_end(app: Application, error: Exception) -> None:
    """Tell that `publish run` ends with an error, at once if it is time for a notice, else when it runs again."""
    tell_error(app, error)
    with suppress(PublisherError):
        if notify(app):
            send(app, {place.channel.name for place in places(app)}, stop=threading.Event())


def places(app: Application) -> Iterator[Place]:
    """Give the places that are set and enabled."""
    settings = app.settings.document.notify
    for name in settings.channels:
        channel = app.channels[name]
        if channel.settings.enabled:
            yield Place(channel, (channel.adapter.account(),))
    digest = app.settings.notice_digest
    name = settings.email_channel or (digest.channel if digest else "")
    if settings.recipients and app.channels[name].settings.enabled:
        sender = settings.from_address or (digest.from_address if digest else "")
        yield Place(app.channels[name], tuple(dict.fromkeys(settings.recipients)), sender)


def _is_time(app: Application, now: datetime) -> bool:
    """Say whether the interval is over. A clock that was set back makes nobody wait, nor does a test notice."""
    recent = app.notices.notices(rehearsal=app.rehearsal, limit=RECENT_COUNT)
    last = next((notice for notice in recent if notice.event_count), None)
    if last is None or last.made_at > now:
        return True
    waits = any(last.deliveries.get(state) for state in OPEN_STATES)
    interval = timedelta(minutes=app.settings.document.notify.interval_minutes)
    return now - last.made_at >= (max(interval, PATIENCE) if waits else interval)


def _plan(app: Application, place: Place, events: Sequence[EventRow]) -> NoticePlan | None:
    """Plan the message for one place, without what is about that very channel; None if nothing is left."""
    told = tuple(
        Told(row.event, row.count, row.first_at) for row in events if not _is_about_channel(row, place.channel.name)
    )
    return plan_for(app, place, told) if told else None


def _is_about_channel(row: EventRow, channel: str) -> bool:
    return row.event.kind is NoticeKind.CHANNEL_PAUSED and row.event.about == channel


def plan_for(app: Application, place: Place, told: tuple[Told, ...], *, is_test: bool = False) -> NoticePlan:
    """Render a notice for one place. Errors: TemplateError."""
    message = _render(app, place, told, is_test=is_test).message
    return NoticePlan(
        message=message,
        channel=place.channel.name,
        adapter=place.channel.adapter_type.name,
        recipients=place.recipients,
        prepared=place.channel.adapter.prepare(message),
    )


def _render(app: Application, place: Place, told: tuple[Told, ...], *, is_test: bool) -> RenderedNotice:
    content = NoticeContent(
        organisation=app.settings.organisation,
        language=app.settings.document.notify.language or app.settings.organisation.language,
        made_at=app.clock.now(),
        host=socket.gethostname(),
        events=told,
        is_test=is_test,
    )
    if place.from_address is None:
        return render_notice_chat(content, app.templates)
    return render_notice_mail(content, app.templates, place.from_address)
