"""What tests of the store begin with: subscribers, frozen and planned editions, claimed deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from publisher.domain.attempt import Outcome
from publisher.domain.delivery import DeliveryState, state_after
from publisher.domain.edition import EditionState
from publisher.domain.message import Context, Message, MessageKind, Placeholder
from publisher.domain.subscriber import Subscriber, Suppression
from publisher.ports.ledger import (
    ArticleUse,
    ClaimedDelivery,
    DeliveryFilter,
    DeliveryRow,
    EditionRow,
    FinishedAttempt,
    LeftOut,
    NewEdition,
    NewPost,
    PlanEdition,
    Planned,
    PlanPost,
    PostRow,
)
from publisher.store.ledger import SqlLedger
from publisher.store.open import Store

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
LEASE = 60.0


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def email(text: str = "Neue Pumpe für 2026") -> Message:
    return Message(MessageKind.EMAIL, {"body": (text.encode(), Placeholder("name", Context.TEXT), b"\r\n")})


def post_message(text: str = "Neue Pumpe") -> Message:
    return Message(MessageKind.POST, {"post": (text.encode(),)})


def people(count: int, digest: str = "daily") -> list[Subscriber]:
    return [Subscriber(f"p{number:06}@example.org", f"Name {number}", digests=(digest,)) for number in range(count)]


def new_edition(
    ledger: SqlLedger,
    *,
    digest: str = "daily",
    slugs: Sequence[str] = ("neue-pumpe",),
    rehearsal: bool = False,
    number: int | None = None,
) -> NewEdition:
    number = ledger.next_number(digest, rehearsal) if number is None else number
    return NewEdition(
        digest=digest,
        number=number,
        occurrence=f"now {number}",
        subject="Neue Pumpe",
        message=email(f"{digest} {number} {' '.join(slugs)}"),
        articles=[ArticleUse(slug, f"hash of {slug}") for slug in slugs],
        left_out=[LeftOut("entwurf", "its status is draft")],
        rehearsal=rehearsal,
    )


def approved(ledger: SqlLedger, **fields: object) -> EditionRow:
    row = ledger.freeze_edition(new_edition(ledger, **fields), NOW)  # type: ignore[arg-type]
    assert ledger.change_edition(row.id, EditionState.FROZEN, EditionState.APPROVED, NOW)
    return row


def plan(ledger: SqlLedger, edition: EditionRow, fixed: Sequence[str] = ()) -> Planned:
    return ledger.plan_edition(PlanEdition(edition.id, "mail", "folder", fixed, {"seed": "s"}), NOW)


def planned(store: Store, count: int = 3, **fields: object) -> EditionRow:
    """An edition planned for this many subscribers."""
    store.subscribers.save(people(count), NOW)
    edition = approved(store.ledger, **fields)
    plan(store.ledger, edition)
    return edition


def new_post(slug: str = "neue-pumpe", *, text: str = "Neue Pumpe", rehearsal: bool = False) -> NewPost:
    return NewPost("mastodon", slug, post_message(text), ArticleUse(slug, f"hash of {slug}"), rehearsal)


def planned_post(ledger: SqlLedger, slug: str = "neue-pumpe", *, rehearsal: bool = False) -> PostRow:
    row = ledger.freeze_post(new_post(slug, rehearsal=rehearsal), NOW)
    ledger.plan_post(PlanPost(row.id, "mastodon", "@verband@social.example", {"key": "k"}), NOW)
    return row


def claim(
    ledger: SqlLedger, worker: str = "w1", *, limit: int = 100, at: datetime = NOW, rehearsal: bool = False
) -> Sequence[ClaimedDelivery]:
    return ledger.claim("mail", worker=worker, limit=limit, lease_seconds=LEASE, rehearsal=rehearsal, now=at)


def start(ledger: SqlLedger, ids: Sequence[int], worker: str = "w1", at: datetime = NOW) -> frozenset[int]:
    return ledger.exchange([], ids, worker=worker, lease_seconds=LEASE, now=at)


def finish(
    ledger: SqlLedger,
    delivery_id: int,
    outcome: Outcome,
    *,
    worker: str = "w1",
    at: datetime = NOW,
    not_before: datetime | None = None,
    state: DeliveryState | None = None,
) -> None:
    attempt = FinishedAttempt(delivery_id, outcome, state or state_after(outcome), at, 12, not_before)
    ledger.exchange([attempt], [], worker=worker, lease_seconds=LEASE, now=at)


def started(store: Store, count: int = 1, worker: str = "w1") -> list[int]:
    """The ids of this many deliveries that are being sent."""
    planned(store, count)
    ids = [delivery.id for delivery in claim(store.ledger, worker)]
    assert start(store.ledger, ids, worker) == frozenset(ids)
    return ids


def rows(ledger: SqlLedger, **fields: object) -> list[DeliveryRow]:
    return list(ledger.deliveries(DeliveryFilter(**fields)))  # type: ignore[arg-type]


def states(ledger: SqlLedger) -> dict[str, DeliveryState]:
    return {row.key.recipient: row.state for row in rows(ledger)}


def suppression(address: str, digest: str | None = None) -> Suppression:
    return Suppression(address, "unsubscribed", NOW, digest, "test")
