"""Full mailboxes: whoever had one for too many messages is not written to any more; each message counts once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Text, and_, bindparam, cast, distinct, func, literal, or_, select

from publisher.domain.refusal import FULL_CODE, FULL_ENHANCED_CODES, FULL_MESSAGES, FULL_WITHIN
from publisher.store.prepared import Hot, Prepared, Values
from publisher.store.tables import ALL_DIGESTS, attempts, deliveries, suppressions
from publisher.store.upsert import Insert, insert_into

_tried = deliveries.alias("tried")
_says_full = or_(
    *(attempts.c.enhanced_code == code for code in FULL_ENHANCED_CODES),
    and_(attempts.c.enhanced_code == "", attempts.c.code == FULL_CODE, attempts.c.stage == "recipient"),
)
_full_count = (
    select(func.count(distinct(_tried.c.id)))
    .join(attempts, attempts.c.delivery_id == _tried.c.id)
    .where(
        _tried.c.recipient == deliveries.c.recipient,
        _tried.c.rehearsal.is_(False),
        attempts.c.started_at > bindparam("since", type_=attempts.c.started_at.type),
        _says_full,
    )
    .correlate(deliveries)
    .scalar_subquery()
)


def suppress_full(dialect: str) -> Insert:
    """Suppress the recipients of these deliveries whose mailbox was full too often; the first reason stays."""
    rows = select(
        deliveries.c.recipient,
        literal(ALL_DIGESTS),
        literal("mailbox full"),
        literal("delivery ") + cast(deliveries.c.id, Text),
        bindparam("now", type_=suppressions.c.suppressed_at.type),
    ).where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.digest.is_not(None),
        deliveries.c.rehearsal.is_(False),
        deliveries.c.recipient.contains("@"),
        _full_count >= FULL_MESSAGES,
    )
    return (
        insert_into(suppressions, dialect)
        .from_select(["address", "digest", "reason", "source", "suppressed_at"], rows)
        .on_conflict_do_nothing(index_elements=["address", "digest"])
    )


_suppress_full = Prepared(suppress_full)


def suppress_full_mailboxes(hot: Hot, rows: Sequence[Values], now: datetime) -> None:
    """Look at deliveries whose mailbox was full just now, after their attempts are recorded."""
    _suppress_full.change(hot, rows, now=now, since=now - FULL_WITHIN)
