"""Posts: freezing, discarding and listing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from publisher.ports.ledger import AlreadyConsumed, ArticleUse, NewPost, PostRow
from publisher.store.messages import forget_unused_message, store_message
from publisher.store.rows import AnyRow
from publisher.store.tables import messages, posts

POSTS = select(posts, messages.c.content_hash).join(messages, messages.c.id == posts.c.message_id)
POST_BY_ID = POSTS.where(posts.c.id == bindparam("post_id"))
POST_TO_CHANGE = POST_BY_ID.with_for_update(of=posts)
POST_BY_OCCURRENCE = POSTS.where(
    posts.c.channel == bindparam("channel"),
    posts.c.occurrence == bindparam("occurrence"),
    posts.c.rehearsal == bindparam("rehearsal"),
).with_for_update(of=posts)
NEWEST_POSTS = POSTS.order_by(posts.c.id.desc())

ADD_POST = insert(posts).returning(posts.c.id)

DISCARD_POST = (
    delete(posts).where(posts.c.id == bindparam("post"), posts.c.planned_at.is_(None)).returning(posts.c.message_id)
)

PLAN_POST = update(posts).where(posts.c.id == bindparam("post")).values(planned_at=bindparam("now"))


def freeze_post(connection: Connection, post: NewPost, now: datetime) -> PostRow:
    """Store message and post; one of the same occurrence that was never planned makes room.

    The new one has a new id: whoever holds the old one's cannot plan this text by mistake.
    """
    key = {"channel": post.channel, "occurrence": post.occurrence, "rehearsal": post.rehearsal}
    earlier = connection.execute(POST_BY_OCCURRENCE, key).one_or_none()
    if earlier is not None:
        if earlier.planned_at is not None:
            raise AlreadyConsumed(f"{post.channel} has had {post.occurrence}")
        discard_post(connection, earlier.id)
    row = {
        **key,
        "message_id": store_message(connection, post.message, now),
        "slug": post.article.slug,
        "article_hash": post.article.content_hash,
        "edition_id": post.edition_id,
        "frozen_at": now,
    }
    post_id: int = connection.execute(ADD_POST, row).scalar_one()
    return _post_row(connection.execute(POST_BY_ID, {"post_id": post_id}).one())


def discard_post(connection: Connection, post_id: int) -> None:
    """Forget a post that was never planned, with its message."""
    message_id = connection.execute(DISCARD_POST, {"post": post_id}).scalar_one_or_none()
    if message_id is not None:
        forget_unused_message(connection, message_id)


def read_post_to_change(connection: Connection, post_id: int) -> PostRow | None:
    """Read the post with this id and keep others from changing it meanwhile."""
    row = connection.execute(POST_TO_CHANGE, {"post_id": post_id}).one_or_none()
    return None if row is None else _post_row(row)


def list_posts(
    connection: Connection,
    rehearsal: bool | None,
    limit: int | None,
    channel: str | None = None,
    planned_since: datetime | None = None,
) -> Sequence[PostRow]:
    """List posts, newest first: of one channel, or planned since a moment."""
    statement = NEWEST_POSTS.limit(limit)
    if rehearsal is not None:
        statement = statement.where(posts.c.rehearsal == rehearsal)
    if channel is not None:
        statement = statement.where(posts.c.channel == channel)
    if planned_since is not None:
        statement = statement.where(posts.c.planned_at >= planned_since)
    return [_post_row(row) for row in connection.execute(statement)]


def _post_row(row: AnyRow) -> PostRow:
    return PostRow(
        id=row.id,
        channel=row.channel,
        occurrence=row.occurrence,
        message_id=row.message_id,
        content_hash=row.content_hash,
        rehearsal=row.rehearsal,
        frozen_at=row.frozen_at,
        planned_at=row.planned_at,
        article=ArticleUse(row.slug, row.article_hash),
        edition_id=row.edition_id,
    )
