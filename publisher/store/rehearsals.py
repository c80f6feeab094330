"""Rehearsals: forgetting all that was only rehearsed, and nothing else."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, true

from publisher.store.messages import FORGET_UNUSED_MESSAGES
from publisher.store.tables import (
    attempts,
    consumption,
    deliveries,
    due_times,
    editions,
    notice_events,
    notice_messages,
    notices,
    post_times,
    posts,
    schedules,
)

# In this order, since each points to the next.
FORGET_REHEARSED_ATTEMPTS = delete(attempts).where(
    attempts.c.delivery_id.in_(select(deliveries.c.id).where(deliveries.c.rehearsal == true()))
)
FORGET_REHEARSED_DELIVERIES = delete(deliveries).where(deliveries.c.rehearsal == true())
FORGET_REHEARSED_CONSUMPTION = delete(consumption).where(consumption.c.rehearsal == true())
FORGET_REHEARSED_POSTS = delete(posts).where(posts.c.rehearsal == true())
FORGET_REHEARSED_DUE_TIMES = delete(due_times).where(due_times.c.rehearsal == true())
FORGET_REHEARSED_SCHEDULES = delete(schedules).where(schedules.c.rehearsal == true())
FORGET_REHEARSED_POST_TIMES = delete(post_times).where(post_times.c.rehearsal == true())
FORGET_REHEARSED_EDITIONS = delete(editions).where(editions.c.rehearsal == true())
FORGET_REHEARSED_EVENTS = delete(notice_events).where(notice_events.c.rehearsal == true())
FORGET_REHEARSED_NOTICE_MESSAGES = delete(notice_messages).where(
    notice_messages.c.notice_id.in_(select(notices.c.id).where(notices.c.rehearsal == true()))
)
FORGET_REHEARSED_NOTICES = delete(notices).where(notices.c.rehearsal == true())


def clear_rehearsals(connection: Connection) -> int:
    """Forget everything that was only rehearsed; give the number of deliveries."""
    connection.execute(FORGET_REHEARSED_ATTEMPTS)
    delivery_count = connection.execute(FORGET_REHEARSED_DELIVERIES).rowcount
    connection.execute(FORGET_REHEARSED_CONSUMPTION)
    connection.execute(FORGET_REHEARSED_POSTS)
    connection.execute(FORGET_REHEARSED_DUE_TIMES)
    connection.execute(FORGET_REHEARSED_SCHEDULES)
    connection.execute(FORGET_REHEARSED_POST_TIMES)
    connection.execute(FORGET_REHEARSED_EDITIONS)
    connection.execute(FORGET_REHEARSED_EVENTS)
    connection.execute(FORGET_REHEARSED_NOTICE_MESSAGES)
    connection.execute(FORGET_REHEARSED_NOTICES)
    connection.execute(FORGET_UNUSED_MESSAGES)
    return delivery_count
