"""Tell: keep for the team what has happened. A later step of the tick bundles it into notices.

What `publish run` decides about an edition or a due time is told in the transaction that decides it (`event_of`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from publisher.domain.notice import Event, Fact, NoticeKind
from publisher.errors import PublisherError, StoreError
from publisher.workflow.application import Application

RUN = "publish run"


def tell(app: Application, kind: NoticeKind, about: str, facts: Mapping[str, Fact]) -> None:
    """Keep one event. ValueError where a fact is missing that the kind comes with (`domain/notice.py`)."""
    app.notices.append(event_of(app, kind, about, facts), once=False)


def tell_once(app: Application, kind: NoticeKind, about: str, facts: Mapping[str, Fact]) -> bool:
    """Keep one event unless this kind was ever told about this; False if it was. ValueError as in `tell`."""
    return app.notices.append(event_of(app, kind, about, facts), once=True)


def event_of(app: Application, kind: NoticeKind, about: str, facts: Mapping[str, Fact]) -> Event:
    """Make an event of now, to be kept in the transaction of what it tells of. ValueError as in `tell`."""
    return Event(kind, about, dict(facts), app.clock.now(), app.rehearsal)


def tell_error(app: Application, error: Exception) -> None:
    """Keep for the team that `publish run` met an error. A ledger that cannot be written to is no further error."""
    what = str(error.what if isinstance(error, PublisherError) else f"{type(error).__name__}: {error}")
    where, hint = getattr(error, "where", ""), getattr(error, "hint", "")
    with suppress(StoreError):
        tell(app, NoticeKind.STOPPED, RUN, {"error": f"{where}: {what}" if where else what, "hint": hint})
