"""Tell: keep for the team what has happened. A later step of the tick bundles it into notices."""

from __future__ import annotations

from collections.abc import Mapping

from publisher.domain.notice import Event, Fact, NoticeKind
from publisher.workflow.application import Application


def tell(app: Application, kind: NoticeKind, about: str, facts: Mapping[str, Fact]) -> None:
    """Keep one event. ValueError where a fact is missing that the kind comes with (`domain/notice.py`)."""
    app.notices.append(_event(app, kind, about, facts), once=False)


def tell_once(app: Application, kind: NoticeKind, about: str, facts: Mapping[str, Fact]) -> bool:
    """Keep one event unless this kind was ever told about this; False if it was. ValueError as in `tell`."""
    return app.notices.append(_event(app, kind, about, facts), once=True)


def _event(app: Application, kind: NoticeKind, about: str, facts: Mapping[str, Fact]) -> Event:
    return Event(kind, about, dict(facts), app.clock.now(), app.rehearsal)
