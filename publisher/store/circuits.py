"""Circuits: which channels are paused, by themselves or by a person. A channel without a row is closed: all goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from publisher.domain.circuit import CLOSED, Circuit, CircuitState
from publisher.store.rows import AnyRow
from publisher.store.tables import circuits
from publisher.store.upsert import Insert, dialect_of, insert_into

_of_channel = circuits.c.channel == bindparam("of_channel")

READ_CIRCUIT = select(circuits).where(_of_channel)
HOLD_CIRCUIT = READ_CIRCUIT.with_for_update()
READ_OPEN_CIRCUITS = select(circuits).where(circuits.c.state != CircuitState.CLOSED).order_by(circuits.c.channel)
WRITE_CIRCUIT = (
    update(circuits)
    .where(_of_channel)
    .values(
        state=bindparam("new_state", type_=circuits.c.state.type),
        recent=bindparam("new_recent"),
        probe_count=bindparam("new_count"),
        since=bindparam("new_since", type_=circuits.c.since.type),
        probe_at=bindparam("new_probe", type_=circuits.c.probe_at.type),
        reason=bindparam("new_reason"),
        decided_by=bindparam("new_by"),
        changed_at=bindparam("now", type_=circuits.c.changed_at.type),
    )
)


def add_circuit(dialect: str) -> Insert:
    """Make a closed one where there is none."""
    return insert_into(circuits, dialect).on_conflict_do_nothing(index_elements=["channel"])


def read_circuit(connection: Connection, channel: str) -> Circuit:
    """Give a channel's circuit."""
    row = connection.execute(READ_CIRCUIT, {"of_channel": channel}).one_or_none()
    return CLOSED if row is None else _circuit(row)


def read_open_circuits(connection: Connection) -> Mapping[str, Circuit]:
    """Give those that are not closed, by channel."""
    return {row.channel: _circuit(row) for row in connection.execute(READ_OPEN_CIRCUITS)}


def change_circuit(
    connection: Connection, channel: str, change: Callable[[Circuit], Circuit], now: datetime
) -> tuple[Circuit, Circuit]:
    """Change a channel's circuit while nobody else does; give it as it was before and is now."""
    connection.execute(
        add_circuit(dialect_of(connection)),
        {"channel": channel, "state": CLOSED.state, "recent": "", "probe_count": 0, "reason": "", "decided_by": ""}
        | {"changed_at": now},
    )
    before = _circuit(connection.execute(HOLD_CIRCUIT, {"of_channel": channel}).one())
    after = change(before)
    if after != before:
        values = {
            "of_channel": channel,
            "new_state": after.state,
            "new_recent": after.recent,
            "new_count": after.probe_count,
            "new_since": after.since,
            "new_probe": after.probe_at,
            "new_reason": after.reason,
            "new_by": after.by,
            "now": now,
        }
        connection.execute(WRITE_CIRCUIT, values)
    return before, after


def _circuit(row: AnyRow) -> Circuit:
    return Circuit(
        state=CircuitState(row.state),
        recent=row.recent,
        probe_count=row.probe_count,
        since=row.since,
        probe_at=row.probe_at,
        reason=row.reason,
        by=row.decided_by,
    )
