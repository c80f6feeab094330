"""What became of a run, in words: "Sent" only where everything arrived, else how much, why not, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from publisher.cli.frame import local_time
from publisher.cli.status import states_text
from publisher.domain.delivery import DeliveryState

if TYPE_CHECKING:
    from publisher.workflow.fate import Fate

_LOOK = 'Look at them with "publish deliveries --state {state}"'


def fate_lines(what: str, size: str, fate: Fate, *, rehearsal: bool, time_zone: str) -> Iterator[str]:
    """Say of an edition, or of a channel's posts, that it was sent, or how much of it was; and why not the rest."""
    if fate.is_whole:
        yield f"{'Rehearsed' if rehearsal else 'Sent'} {what}{size}"
        return
    others = {state: count for state, count in fate.counts.items() if state is not DeliveryState.ACCEPTED}
    rest = f" ({states_text(others)})" if any(others.values()) else ""
    yield f"{what}: {fate.accepted_count:,} of {fate.total_count:,} accepted{rest}"
    yield from trouble_lines(fate, time_zone)


def trouble_lines(fate: Fate, time_zone: str) -> Iterator[str]:
    """Give the most frequent reason, and when the next try is due."""
    if fate.reason:
        yield f"  most often: {fate.reason}"
    if fate.next_try_at:
        yield f"  next try due: {local_time(fate.next_try_at, time_zone)}"


def advice_lines(states: Mapping[DeliveryState, int], *, another_run: bool = False) -> Iterator[str]:
    """Say what to do about what did not arrive."""
    if states.get(DeliveryState.UNKNOWN):
        yield f'{_LOOK.format(state="unknown")}, then decide: "publish settle resend|accepted|skip KEY".'
    if states.get(DeliveryState.REJECTED):
        yield f"{_LOOK.format(state='rejected')}."
    if states.get(DeliveryState.EXPIRED):
        yield f'{_LOOK.format(state="expired")}; "publish retry" tries them again.'
    if states.get(DeliveryState.CLAIMED) or states.get(DeliveryState.SENDING):
        yield 'Another run is at the rest: let it finish, and look with "publish status".'
    elif another_run:
        yield 'Another run is sending, too: look with "publish status" when it has finished.'
    if states.get(DeliveryState.DEFERRED):
        yield 'What is deferred: "publish now" tries again when it is due; a running "publish run" does by itself.'


def fates_data(fates: Mapping[str, Fate]) -> list[dict[str, Any]]:
    """Give the same for programs."""
    return [
        {
            "what": name,
            "accepted": fate.accepted_count,
            "total": fate.total_count,
            "reason": fate.reason,
            "next_try_at": fate.next_try_at,
        }
        for name, fate in fates.items()
    ]


def print_plain(console: Any, lines: Iterable[str]) -> None:
    """Print lines in which square brackets are no markup."""
    for line in lines:
        console.print(line, markup=False)
