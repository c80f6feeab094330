"""Progress: how much is done, how fast, what came of it and for how long still; plain lines into a pipe."""

from __future__ import annotations

import pytest

from publisher.cli.progress import shown_progress, speed_text
from publisher.domain.delivery import DeliveryState
from publisher.workflow.tally import Progress

COUNTS = {
    DeliveryState.ACCEPTED: 40,
    DeliveryState.DEFERRED: 5,
    DeliveryState.REJECTED: 3,
    DeliveryState.UNKNOWN: 2,
}


@pytest.mark.parametrize(
    ("per_second", "seconds_left", "text"),
    [
        (4_211.4, 130.2, "4,211 a second, 0:02:10 left"),
        (0.5, 7_200.0, "30 a minute, 2:00:00 left"),
        (0.005, 200_000.0, "18 an hour, 2 days, 7:33:20 left"),
        (0.0, None, "0 an hour"),
    ],
)
def test_rate_and_time_left(per_second: float, seconds_left: float | None, text: str) -> None:
    assert speed_text(Progress("mail", COUNTS, 100, per_second, seconds_left)) == text


def test_plain_lines_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each tenth, with all that the bar has; standard output stays free for the result."""
    with shown_progress() as tell:
        for done in range(0, 101, 2):
            tell(Progress("mail", {DeliveryState.ACCEPTED: done}, 100, 2.0, (100 - done) / 2))
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 10
    assert lines[4] == "50 of 100, 2 a second, 0:00:25 left: 50 accepted"


def test_a_few_need_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as tell:
        tell(Progress("mail", {DeliveryState.ACCEPTED: 3}, 3, 2.0, 0.0))
    assert capsys.readouterr().err == ""
