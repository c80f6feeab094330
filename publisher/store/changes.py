"""Changes of state: an UPDATE of one can be built only if the domain's table allows each change that it can make."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Update, update

from publisher.domain import delivery, edition
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.store.tables import deliveries, editions


def change_deliveries(before: Collection[DeliveryState], after: DeliveryState) -> Update:
    """Build the UPDATE that moves deliveries. ValueError where the table does not allow it."""
    for state in before:
        if not delivery.may_change(state, after):
            raise ValueError(f"a delivery does not change from {state} to {after}")
    return update(deliveries).where(deliveries.c.state.in_([*before])).values(state=after)


def change_editions(before: Collection[EditionState], after: EditionState) -> Update:
    """Build the UPDATE that moves editions. ValueError where the table does not allow it."""
    for state in before:
        if not edition.may_change(state, after):
            raise ValueError(f"an edition does not change from {state} to {after}")
    return update(editions).where(editions.c.state.in_([*before])).values(state=after)
