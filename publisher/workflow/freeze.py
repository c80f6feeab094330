"""Freeze: drafts become immutable messages with a content hash. From here on nothing is rendered again."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.domain.due_time import is_late
from publisher.errors import TryAgain
from publisher.ports.due_times import AlreadyDecided, DueTime
from publisher.ports.ledger import (
    AlreadyConsumed,
    ArticleUse,
    EditionRow,
    LeftOut,
    NewEdition,
    NewPost,
    NumberTaken,
    PostRow,
)
from publisher.workflow.application import Application
from publisher.workflow.prepare import Drafts, EditionDraft, PostDraft, draft_edition
from publisher.workflow.ready import ready_event
from publisher.workflow.sources import source_hash_of
from publisher.workflow.withhold import needs_person

MAX_TRIES = 10
MANUAL = "now "


@dataclass(frozen=True, slots=True)
class FrozenEdition:
    """A frozen edition with the draft that it was made of."""

    row: EditionRow
    draft: EditionDraft


@dataclass(frozen=True, slots=True)
class FrozenPost:
    """A frozen post with the draft that it was made of."""

    row: PostRow
    draft: PostDraft


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is ready to be approved and planned."""

    editions: tuple[FrozenEdition, ...]
    posts: tuple[FrozenPost, ...]


def freeze(app: Application, drafts: Drafts) -> Frozen:
    """Store every draft's message. What another process has planned meanwhile is left out."""
    editions = [freeze_edition(app, draft, drafts) for draft in drafts.editions]
    posts = [freeze_post(app, draft) for draft in drafts.posts]
    return Frozen(
        tuple(edition for edition in editions if edition is not None),
        tuple(post for post in posts if post is not None),
    )


def freeze_edition(
    app: Application, draft: EditionDraft, drafts: Drafts, due: DueTime | None = None
) -> FrozenEdition | None:
    """Freeze one edition; render it again with the next number as long as another process was faster.

    Without a due time the edition is a manual one. None if nothing is left for it, or the due time is decided.
    """
    current: EditionDraft | None = draft
    for _ in range(MAX_TRIES):
        if current is None or drafts.reading is None:
            return None
        for file_name, content in current.email.assets.items():
            app.write_asset(file_name, content)
        try:
            row = _store_edition(app, current, due)
        except AlreadyDecided:
            return None
        except NumberTaken:
            current, _, _ = draft_edition(app, current.digest, drafts.reading)
        else:
            return FrozenEdition(row, current)
    raise TryAgain(f'other processes keep making editions of "{draft.digest}"', hint="Try again in a minute.")


def _store_edition(app: Application, draft: EditionDraft, due: DueTime | None) -> EditionRow:
    now = app.clock.now()
    if due is None:
        return app.ledger.freeze_edition(_new_edition(app, draft, f"{MANUAL}{draft.number}"), now)
    edition = _new_edition(app, draft, due.occurrence)
    # What is made only at its due time is held in this same tick, and that is told.
    is_ahead = due.due_at > now and needs_person(app, draft.digest)
    told = [ready_event(app, edition)] if is_ahead else []
    return app.due_times.freeze(due, edition, now, is_late=is_late(due.due_at, now), told=told)


def _new_edition(app: Application, draft: EditionDraft, occurrence: str) -> NewEdition:
    return NewEdition(
        digest=draft.digest,
        number=draft.number,
        occurrence=occurrence,
        subject=draft.email.subject,
        message=draft.email.message,
        articles=[ArticleUse(article.slug, article.content_hash) for article in draft.content.articles],
        left_out=[LeftOut(omission.slug, omission.reason) for omission in draft.left_out],
        rehearsal=app.rehearsal,
        frozen_by=app.operator if occurrence.startswith(MANUAL) else None,
        source_hash=_source_hash(app, draft),
    )


def _source_hash(app: Application, draft: EditionDraft) -> str | None:
    """Note what it was rendered from, where it may wait for so long that it changes."""
    if not needs_person(app, draft.digest):
        return None
    return source_hash_of(app, draft.digest, draft.content.articles)


def freeze_post(app: Application, draft: PostDraft, number: int = 1) -> FrozenPost | None:
    """Freeze one post, the first of its article or a repeat; None if another process has planned it meanwhile."""
    article = draft.article
    post = NewPost(
        channel=draft.channel,
        occurrence=f"{article.slug}/{number}",
        message=draft.message,
        article=ArticleUse(article.slug, article.content_hash),
        rehearsal=app.rehearsal,
    )
    try:
        return FrozenPost(app.ledger.freeze_post(post, app.clock.now()), draft)
    except AlreadyConsumed:
        return None


def discard(app: Application, frozen: Frozen) -> None:
    """Forget what was frozen and never planned."""
    for edition in frozen.editions:
        app.ledger.discard_edition(edition.row.id)
    for post in frozen.posts:
        app.ledger.discard_post(post.row.id)
