"""Claim deliveries out of 1,000 and out of 100,000 queued ones, in one run: the time per delivery must not grow.

    python benchmarks/claims.py [SMALL] [LARGE]

Each round is what a worker does: claim 200, then per message one exchange that records the last result and journals
the next, each a durable commit.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from publisher.domain.attempt import Accepted
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.message import Message, MessageKind
from publisher.domain.subscriber import Subscriber
from publisher.ports.ledger import FinishedAttempt, NewEdition, PlanEdition
from publisher.store.open import Store, open_store

SMALL, LARGE = 1_000, 100_000
CLAIMED = 200
ROUNDS = 5
MAX_RATIO = 3.0
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def main() -> int:
    sizes = [int(size.replace(",", "")) for size in sys.argv[1:]] or [SMALL, LARGE]
    claims = [measure(size) for size in sizes]
    ratio = claims[-1] / claims[0]
    print(f"claiming one of {sizes[-1]:,} takes {ratio:.2f} times as long as one of {sizes[0]:,} (at most {MAX_RATIO})")
    return 0 if ratio <= MAX_RATIO else 1


def measure(size: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "publisher.db")
        plan_seconds = plan(store, size)
        # The first round warms up what is compiled and cached once.
        send_round(store)
        rounds = [send_round(store) for _ in range(min(ROUNDS, size // CLAIMED - 1))]
        store.close()
    claim_us = min(claim for claim, _ in rounds) / CLAIMED * 1e6
    exchange_us = min(exchange for _, exchange in rounds) / CLAIMED * 1e6
    print(
        f"{size:>10,} queued: planned in {plan_seconds:.2f} s, "
        f"claim {claim_us:.1f} us, exchange {exchange_us:.1f} us per delivery"
    )
    return claim_us


def plan(store: Store, size: int) -> float:
    store.subscribers.save((Subscriber(f"p{n}@example.org", digests=("daily",)) for n in range(size)), NOW)
    message = Message(MessageKind.EMAIL, {"body": (b"text",)})
    edition = store.ledger.freeze_edition(NewEdition("daily", 1, "now 1", "Subject", message, [], [], False), NOW)
    store.ledger.change_edition(edition.id, EditionState.FROZEN, EditionState.APPROVED, NOW)
    started = time.perf_counter()
    store.ledger.plan_edition(PlanEdition(edition.id, "mail", "folder", [], {}), NOW)
    return time.perf_counter() - started


def send_round(store: Store) -> tuple[float, float]:
    started = time.perf_counter()
    claimed = store.ledger.claim("mail", worker="w", limit=CLAIMED, lease_seconds=600, rehearsal=False, now=NOW)
    between = time.perf_counter()
    finished: list[FinishedAttempt] = []
    for delivery in claimed:
        store.ledger.exchange(finished, [delivery.id], worker="w", lease_seconds=600, now=NOW)
        finished = [FinishedAttempt(delivery.id, Accepted("250 ok"), DeliveryState.ACCEPTED, NOW, 1)]
    store.ledger.exchange(finished, [], worker="w", lease_seconds=600, now=NOW)
    return between - started, time.perf_counter() - between


if __name__ == "__main__":
    raise SystemExit(main())
