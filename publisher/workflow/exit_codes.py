"""Exit codes: what a run that sends says of itself to whoever called it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from publisher.domain.delivery import OPEN_STATES, DeliveryState
from publisher.errors import PublisherError
from publisher.workflow.tally import SendReport

WAITS_FOR_PERSON = 3


def exit_code_of(
    counts: Mapping[DeliveryState, int], sent: SendReport | None, halted_count: int = 0, *, is_paused: bool = False
) -> int:
    """0 all done; 1 some rejected; 2 nothing was accepted, because a channel stopped; 3 a person must decide; 4 later.

    `halted_count` are segments of threads, not in `counts`, that wait for a decision about an earlier one. `is_paused`
    says that a channel waits until a person lets it go on.
    """
    if sent and sent.stopped:
        return 2 if not counts.get(DeliveryState.ACCEPTED) else 4
    if counts.get(DeliveryState.UNKNOWN):
        return 3
    if is_paused and any(counts.get(state) for state in OPEN_STATES):
        return 3
    if any(counts.get(state) for state in OPEN_STATES) or (sent and sent.interrupted):
        return 4
    if counts.get(DeliveryState.REJECTED) or counts.get(DeliveryState.EXPIRED):
        return 1
    return 3 if halted_count else 0


def exit_code_of_once(reports: Iterable[SendReport | None], errors: Iterable[PublisherError | None]) -> int:
    """Give the worst of what was sent, or where nothing was, the first error's code; with an error after all: later."""
    made = [report for report in reports if report is not None]
    codes = [error.exit_code for error in errors if error is not None]
    if codes:
        is_sent = any(report.counts.get(DeliveryState.ACCEPTED) for report in made)
        return 4 if is_sent else codes[0]
    counts: Counter[DeliveryState] = Counter()
    for report in made:
        counts.update(report.counts)
    return max((exit_code_of(counts, report) for report in made), default=0)
