from __future__ import annotations

import pytest

from publisher.domain.delivery import DeliveryState, may_change
from publisher.domain.wire import Stage, WireMark, state_after_crash

D = DeliveryState


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        (Stage.IDLE, D.QUEUED),
        (Stage.STARTED, D.UNKNOWN),
        (Stage.ENVELOPE, D.QUEUED),
        (Stage.DOT, D.UNKNOWN),
        (Stage.OK, D.ACCEPTED),
        (Stage.NO, D.QUEUED),
    ],
)
def test_each_stage_says_what_became_of_it(stage: Stage, state: DeliveryState) -> None:
    """Only what may have been taken is in doubt, and each answer is a change that the table allows."""
    assert state_after_crash(WireMark(7, stage)) is state
    assert may_change(D.SENDING, state)


def test_what_no_connection_had_come_to_is_sent_again() -> None:
    assert state_after_crash(None) is D.QUEUED
