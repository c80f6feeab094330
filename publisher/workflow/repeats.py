"""Repeats: the same text on the same channel within a day looks like a mistake, and some networks refuse it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from publisher.domain.post import Post
from publisher.ports.ledger import PostRow
from publisher.workflow.application import Application
from publisher.workflow.prepare import PostDraft

WINDOW = timedelta(hours=24)
MAX_POSTS_LOOKED_AT = 100  # of one channel in a day


def repeat_warnings(app: Application, drafts: Iterable[PostDraft]) -> tuple[str, ...]:
    """Warn of each draft whose text its channel has had within a day, or is to get twice now."""
    by_channel: dict[str, list[PostDraft]] = {}
    for draft in drafts:
        by_channel.setdefault(draft.channel, []).append(draft)
    return tuple(warning for name, found in by_channel.items() for warning in _of_channel(app, name, found))


def _of_channel(app: Application, channel: str, drafts: Iterable[PostDraft]) -> Iterator[str]:
    had = {_text(app, row): row.article.slug for row in _recent(app, channel)}
    planned: dict[str, str] = {}
    for draft in drafts:
        text, slug = draft.rendered.post.text, draft.article.slug
        if had.get(text, slug) != slug:
            yield f'{slug} on {channel}: the channel has had the same text within 24 hours, from "{had[text]}"'
        elif text in planned:
            yield f'{slug} on {channel}: the same text as "{planned[text]}", at the same time'
        planned[text] = slug


def _recent(app: Application, channel: str) -> Iterable[PostRow]:
    since = app.clock.now() - WINDOW
    return app.ledger.posts(rehearsal=app.rehearsal, channel=channel, planned_since=since, limit=MAX_POSTS_LOOKED_AT)


def _text(app: Application, row: PostRow) -> str:
    pieces = app.ledger.message(row.message_id).sections["post"]
    return Post.from_bytes(b"".join(piece for piece in pieces if isinstance(piece, bytes))).text
