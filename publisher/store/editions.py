"""Editions: freezing, changing, discarding and listing them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, literal, select

from publisher.domain.delivery import FINAL_STATES, DeliveryState
from publisher.domain.edition import EditionState
from publisher.ports.ledger import ArticleUse, EditionRow, LeftOut, NewEdition
from publisher.store.changes import change_deliveries, change_editions
from publisher.store.chunks import chunked
from publisher.store.consumption import RELEASE_ARTICLES_OF_EDITION
from publisher.store.messages import forget_unused_message, store_message
from publisher.store.rows import AnyRow
from publisher.store.tables import deliveries, edition_articles, edition_omissions, editions, messages

D = DeliveryState
E = EditionState

NOT_PLANNED = (E.FROZEN, E.APPROVED, E.HELD)
UNDER_WAY = (E.PLANNED, E.SENDING)
NOT_FINAL = sorted(set(DeliveryState) - FINAL_STATES)

NEXT_NUMBER = select(func.coalesce(func.max(editions.c.number), 0) + 1).where(
    editions.c.digest == bindparam("digest"), editions.c.rehearsal == bindparam("rehearsal")
)

ADD_EDITION = insert(editions).returning(editions.c.id)
ADD_EDITION_ARTICLES = insert(edition_articles)
ADD_EDITION_OMISSIONS = insert(edition_omissions)

EDITIONS = select(editions, messages.c.content_hash).join(messages, messages.c.id == editions.c.message_id)
EDITION_BY_ID = EDITIONS.where(editions.c.id == bindparam("edition_id"))
EDITIONS_BY_ID = EDITIONS.where(editions.c.id.in_(bindparam("edition_ids", expanding=True)))
# For the one that goes on to change it: on PostgreSQL the row stays ours until the end of the transaction.
EDITION_TO_CHANGE = EDITION_BY_ID.with_for_update(of=editions)
EDITION_BY_NUMBER = (
    EDITIONS.where(
        editions.c.digest == bindparam("digest"),
        editions.c.number == bindparam("number"),
        editions.c.rehearsal == bindparam("rehearsal"),
    )
    .order_by(editions.c.revision.desc())
    .limit(1)
)
NEWEST_EDITIONS = EDITIONS.order_by(editions.c.id.desc())

ARTICLES_OF_EDITIONS = (
    select(edition_articles)
    .where(edition_articles.c.edition_id.in_(bindparam("edition_ids", expanding=True)))
    .order_by(edition_articles.c.edition_id, edition_articles.c.position)
)
OMISSIONS_OF_EDITIONS = (
    select(edition_omissions)
    .where(edition_omissions.c.edition_id.in_(bindparam("edition_ids", expanding=True)))
    .order_by(edition_omissions.c.edition_id, edition_omissions.c.position)
)

# Only what was never planned: a planned edition has deliveries, and stays for good.
DISCARD_EDITION = (
    delete(editions)
    .where(editions.c.id == bindparam("edition"), editions.c.state.in_(NOT_PLANNED))
    .returning(editions.c.message_id)
)

# Five short looks into the index (edition_id, state), not one over all deliveries.
FINISH_EDITIONS = (
    change_editions(UNDER_WAY, E.SENT)
    .where(~exists().where(deliveries.c.edition_id == editions.c.id, deliveries.c.state.in_(NOT_FINAL)))
    .values(sent_at=bindparam("now"), changed_at=bindparam("now"))
    .returning(editions.c.id)
)

ANY_ATTEMPT_OF_EDITION = select(
    exists().where(deliveries.c.edition_id == bindparam("edition"), deliveries.c.attempt_count > literal(0))
)
# What is being sent just now ends as it ends.
_CANCELLED: dict[str, Any] = {
    "changed_at": bindparam("now", type_=deliveries.c.changed_at.type),
    "claimed_by": None,
    "lease_until": None,
    "reason": "the edition was cancelled",
}
CANCEL_DELIVERIES_OF_EDITION = (
    change_deliveries((D.QUEUED, D.CLAIMED, D.DEFERRED), D.CANCELLED)
    .where(deliveries.c.edition_id == bindparam("edition"))
    .values(_CANCELLED)
)
# What was being sent when its edition was cancelled, and was deferred or given back since.
CANCEL_LEFTOVERS = (
    change_deliveries((D.QUEUED, D.DEFERRED), D.CANCELLED)
    .where(deliveries.c.edition_id.in_(select(editions.c.id).where(editions.c.state == E.CANCELLED)))
    .values(_CANCELLED)
)


def read_next_number(connection: Connection, digest: str, rehearsal: bool) -> int:
    """Give the number of the digest's next edition."""
    number: int = connection.execute(NEXT_NUMBER, {"digest": digest, "rehearsal": rehearsal}).scalar_one()
    return number


def freeze_edition(connection: Connection, edition: NewEdition, now: datetime) -> EditionRow:
    """Store message, edition, its articles and what was left out."""
    row = {
        "digest": edition.digest,
        "number": edition.number,
        "revision": edition.revision,
        "occurrence": edition.occurrence,
        "rehearsal": edition.rehearsal,
        "subject": edition.subject,
        "state": E.FROZEN,
        "message_id": store_message(connection, edition.message, now),
        "frozen_at": now,
        "changed_at": now,
        "frozen_by": edition.frozen_by,
        "source_hash": edition.source_hash,
    }
    edition_id: int = connection.execute(ADD_EDITION, row).scalar_one()
    _add_contents(connection, edition_id, edition)
    return read_edition(connection, edition_id)


def _add_contents(connection: Connection, edition_id: int, edition: NewEdition) -> None:
    articles = [
        {"edition_id": edition_id, "position": position, "slug": used.slug, "content_hash": used.content_hash}
        for position, used in enumerate(edition.articles, start=1)
    ]
    omissions = [
        {"edition_id": edition_id, "position": position, "slug": left.slug, "reason": left.reason}
        for position, left in enumerate(edition.left_out, start=1)
    ]
    if articles:
        connection.execute(ADD_EDITION_ARTICLES, articles)
    if omissions:
        connection.execute(ADD_EDITION_OMISSIONS, omissions)


def change_edition(
    connection: Connection, edition_id: int, before: EditionState, after: EditionState, now: datetime
) -> bool:
    """Change the state if it still is `before`. A cancel ends what has not started.

    Before any attempt it releases the articles.
    """
    statement = change_editions([before], after).where(editions.c.id == bindparam("edition"))
    values = {"edition": edition_id, "now": now}
    if connection.execute(statement.values(changed_at=bindparam("now")), values).rowcount == 0:
        return False
    if after is E.CANCELLED:
        connection.execute(CANCEL_DELIVERIES_OF_EDITION, {"edition": edition_id, "now": now})
        if not was_tried(connection, edition_id):
            connection.execute(RELEASE_ARTICLES_OF_EDITION, {"edition": edition_id})
    return True


def was_tried(connection: Connection, edition_id: int) -> bool:
    """Say whether any delivery of an edition was ever tried."""
    return bool(connection.execute(ANY_ATTEMPT_OF_EDITION, {"edition": edition_id}).scalar_one())


def discard_edition(connection: Connection, edition_id: int) -> None:
    """Forget an edition that was never planned, with its message."""
    message_id = connection.execute(DISCARD_EDITION, {"edition": edition_id}).scalar_one_or_none()
    if message_id is not None:
        forget_unused_message(connection, message_id)


def finish_editions(connection: Connection, now: datetime) -> Sequence[EditionRow]:
    """Mark as sent what has only final deliveries left, and end what a cancel could not reach."""
    connection.execute(CANCEL_LEFTOVERS, {"now": now})
    edition_ids = sorted(connection.execute(FINISH_EDITIONS, {"now": now}).scalars())
    return [read_edition(connection, edition_id) for edition_id in edition_ids]


def read_edition(connection: Connection, edition_id: int) -> EditionRow:
    """Read the edition with this id."""
    return _with_contents(connection, connection.execute(EDITION_BY_ID, {"edition_id": edition_id}))[0]


def read_editions(connection: Connection, edition_ids: Sequence[int]) -> Sequence[EditionRow]:
    """Read the editions with these ids, as far as they are there."""
    found = [row for ids in chunked(edition_ids) for row in connection.execute(EDITIONS_BY_ID, {"edition_ids": ids})]
    return _with_contents(connection, found)


def read_edition_to_change(connection: Connection, edition_id: int) -> EditionRow | None:
    """Read the edition with this id and keep others from changing it meanwhile."""
    found = _with_contents(connection, connection.execute(EDITION_TO_CHANGE, {"edition_id": edition_id}))
    return found[0] if found else None


def find_edition(connection: Connection, digest: str, number: int, rehearsal: bool) -> EditionRow | None:
    """Find an edition's newest revision."""
    values = {"digest": digest, "number": number, "rehearsal": rehearsal}
    found = _with_contents(connection, connection.execute(EDITION_BY_NUMBER, values))
    return found[0] if found else None


def list_editions(connection: Connection, rehearsal: bool | None, limit: int | None) -> Sequence[EditionRow]:
    """List editions, newest first."""
    statement = NEWEST_EDITIONS.limit(limit)
    if rehearsal is not None:
        statement = statement.where(editions.c.rehearsal == rehearsal)
    return _with_contents(connection, connection.execute(statement))


def _with_contents(connection: Connection, found: Iterable[AnyRow]) -> list[EditionRow]:
    rows = list(found)
    articles: dict[int, list[ArticleUse]] = defaultdict(list)
    omissions: dict[int, list[LeftOut]] = defaultdict(list)
    for ids in chunked([row.id for row in rows]):
        for used in connection.execute(ARTICLES_OF_EDITIONS, {"edition_ids": ids}):
            articles[used.edition_id].append(ArticleUse(used.slug, used.content_hash))
        for left in connection.execute(OMISSIONS_OF_EDITIONS, {"edition_ids": ids}):
            omissions[left.edition_id].append(LeftOut(left.slug, left.reason))
    return [_edition_row(row, articles[row.id], omissions[row.id]) for row in rows]


def _edition_row(row: AnyRow, articles: list[ArticleUse], omissions: list[LeftOut]) -> EditionRow:
    return EditionRow(
        id=row.id,
        digest=row.digest,
        number=row.number,
        revision=row.revision,
        occurrence=row.occurrence,
        subject=row.subject,
        state=EditionState(row.state),
        message_id=row.message_id,
        content_hash=row.content_hash,
        rehearsal=row.rehearsal,
        frozen_at=row.frozen_at,
        planned_at=row.planned_at,
        articles=tuple(articles),
        left_out=tuple(omissions),
        sent_at=row.sent_at,
        frozen_by=row.frozen_by,
        source_hash=row.source_hash,
        reason=row.reason or "",
    )
