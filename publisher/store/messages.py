"""Messages: one row per content hash, never changed."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, select

from publisher.domain.message import Message, decode_message
from publisher.errors import MessageGone, StoreError
from publisher.store.tables import deliveries, editions, messages, notice_messages, posts
from publisher.store.upsert import Insert, dialect_of, insert_into

FIND_MESSAGE_ID = select(messages.c.id).where(messages.c.content_hash == bindparam("content_hash"))

READ_MESSAGE = select(messages.c.encoded, messages.c.content_hash).where(messages.c.id == bindparam("message_id"))

# A message goes when nothing points to it any more.
FORGET_UNUSED_MESSAGES = delete(messages).where(
    ~exists().where(editions.c.message_id == messages.c.id),
    ~exists().where(posts.c.message_id == messages.c.id),
    ~exists().where(deliveries.c.message_id == messages.c.id),
    ~exists().where(notice_messages.c.message_id == messages.c.id),
)
FORGET_UNUSED_MESSAGE = FORGET_UNUSED_MESSAGES.where(messages.c.id == bindparam("message_id"))


def add_message(dialect: str) -> Insert:
    """Store a message unless one with this hash is there."""
    return insert_into(messages, dialect).on_conflict_do_nothing(index_elements=["content_hash"])


def store_message(connection: Connection, message: Message, now: datetime) -> int:
    """Store a message, or find it, and give its id."""
    content_hash = message.content_hash
    row = {"content_hash": content_hash, "kind": message.kind.value, "encoded": message.encoded, "frozen_at": now}
    connection.execute(add_message(dialect_of(connection)), row)
    message_id: int = connection.execute(FIND_MESSAGE_ID, {"content_hash": content_hash}).scalar_one()
    return message_id


def forget_unused_message(connection: Connection, message_id: int) -> None:
    """Delete a message if nothing points to it."""
    connection.execute(FORGET_UNUSED_MESSAGE, {"message_id": message_id})


def read_message(connection: Connection, message_id: int, where: str) -> Message:
    """Read a message and check that it is what was frozen. Errors: MessageGone, StoreError."""
    row = connection.execute(READ_MESSAGE, {"message_id": message_id}).one_or_none()
    if row is None:
        raise MessageGone(f"there is no message {message_id}", where=where)
    # SQLite would also hold text there.
    if not isinstance(row.encoded, bytes) or hashlib.sha256(row.encoded).hexdigest() != row.content_hash:
        raise StoreError(
            f"message {message_id} is not what was frozen: its content hash differs",
            where=where,
            hint="Restore the newest backup of the ledger; nothing of this message is sent.",
        )
    return decode_message(row.encoded)
