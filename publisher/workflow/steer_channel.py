"""Steer a channel: pause it for all that goes over it, or let it go on, whoever or whatever had stopped it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from publisher.domain.circuit import CLOSED, Circuit, CircuitState
from publisher.errors import UsageError
from publisher.logs import get_logger
from publisher.workflow.application import Application
from publisher.workflow.note import note_of
from publisher.workflow.send import due_count
from publisher.workflow.waiting import Wait, waits


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """Where a channel stands now; `changed` is False if it stood there before.

    `waiting_count` may leave now, but for what `waits` still says after a resume: quiet hours, or its pace.
    """

    channel: str
    state: CircuitState
    changed: bool
    waiting_count: int
    reason: str = ""
    waits: Mapping[str, Wait] = field(default_factory=dict)


def steer_channel(app: Application, name: str, word: Literal["pause", "resume"]) -> ChannelReport:
    """Pause a channel or let it go on; each connection obeys at its next message. Errors: UsageError."""
    if name not in app.channels:
        hint = f"The channels are: {', '.join(sorted(app.channels))}. An edition is written as daily/7."
        raise UsageError(f'there is no channel "{name}"', hint=hint)
    now = app.clock.now()

    def change(circuit: Circuit) -> Circuit:
        if word == "resume":
            return CLOSED
        return circuit if circuit.state is CircuitState.PAUSED else circuit.pause(app.operator, now)

    before, after = app.pace.change_circuit(name, change, now)
    if word == "resume":
        app.pace.forget_slowdowns(name, now)
    if before.state != after.state:
        app.audit.record(note_of(app, word, f"channel {name}", before=before.state.value), now)
    get_logger().info(word, channel=name, by=app.operator)
    still = waits(app, [name]) if word == "resume" else {}
    return ChannelReport(name, after.state, before.state != after.state, due_count(app, name), before.reason, still)
