"""Changes of state: an UPDATE of one can be built only if the domain's table allows each change that it can make."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Update, or_, update

from publisher.domain import delivery, edition
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.store.tables import deliveries, editions


def change_deliveries(before: Collection[DeliveryState], after: DeliveryState) -> Update:
    """Build the UPDATE that moves deliveries. ValueError where the table does not allow it."""
    for state in before:
        if not delivery.may_change(state, after):
            raise ValueError(f"a delivery does not change from {state} to {after}")
    return update(deliveries).where(_is_one_of(deliveries.c.state, before)).values(state=after)


def change_editions(before: Collection[EditionState], after: EditionState) -> Update:
    """Build the UPDATE that moves editions. ValueError where the table does not allow it."""
    for state in before:
        if not edition.may_change(state, after):
            raise ValueError(f"an edition does not change from {state} to {after}")
    return update(editions).where(_is_one_of(editions.c.state, before)).values(state=after)


def _is_one_of(column: ColumnElement[str], states: Collection[str]) -> ColumnElement[bool]:
    # Not IN: its list is written out for each execution, so that many rows of values cannot share one statement.
    return or_(*(column == state for state in states))
