"""Circuits: which channels are paused, by themselves or by a person. A channel without a row is closed: all goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from publisher.domain.circuit import CLOSED, Circuit, CircuitState
from publisher.store.prepared import Hot, Prepared
from publisher.store.tables import circuits
from publisher.store.upsert import Insert, dialect_of, insert_into

_of_channel = circuits.c.channel == bindparam("of_channel")

# As in Circuit.
_CIRCUIT = (
    circuits.c.state,
    circuits.c.recent,
    circuits.c.probe_count,
    circuits.c.since,
    circuits.c.probe_at,
    circuits.c.reason,
    circuits.c.decided_by,
)
READ_CIRCUIT = select(*_CIRCUIT).where(_of_channel)
HOLD_CIRCUIT = READ_CIRCUIT.with_for_update()
READ_OPEN_CIRCUITS = (
    select(circuits.c.channel, *_CIRCUIT).where(circuits.c.state != CircuitState.CLOSED).order_by(circuits.c.channel)
)
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


_look_at = Prepared(lambda _: READ_CIRCUIT, _CIRCUIT)


def look_at_circuit(hot: Hot, channel: str) -> Circuit:
    """Give a channel's circuit."""
    rows = _look_at.read(hot, [{}], of_channel=channel)
    return _circuit(*rows[0]) if rows else CLOSED


def read_open_circuits(connection: Connection) -> Mapping[str, Circuit]:
    """Give those that are not closed, by channel."""
    return {row.channel: _circuit(*row[1:]) for row in connection.execute(READ_OPEN_CIRCUITS)}


def change_circuit(
    connection: Connection, channel: str, change: Callable[[Circuit], Circuit], now: datetime
) -> tuple[Circuit, Circuit]:
    """Change a channel's circuit while nobody else does; give it as it was before and is now."""
    connection.execute(
        add_circuit(dialect_of(connection)),
        {"channel": channel, "state": CLOSED.state, "recent": "", "probe_count": 0, "reason": "", "decided_by": ""}
        | {"changed_at": now},
    )
    before = _circuit(*connection.execute(HOLD_CIRCUIT, {"of_channel": channel}).one())
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


def _circuit(state: str, *rest: Any) -> Circuit:
    return Circuit(CircuitState(state), *rest)
