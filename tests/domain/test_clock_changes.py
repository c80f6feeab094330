"""Once per local calendar time, held against an oracle that walks through each clock change minute by minute."""

from __future__ import annotations

import zoneinfo

import pytest

from tests.domain.clock_changes import Tally, apscheduler_runs, changes, compare, our_runs

# Half an hour (Lord Howe), two hours (Troll), four a year (Casablanca), a zone that moved (Pyongyang), one whose
# changes lie in the tables only (Gaza), and the one of most readers.
SOME_ZONES = (
    "Africa/Casablanca", "America/Caracas", "Antarctica/Troll", "Asia/Gaza", "Asia/Pyongyang", "Australia/Lord_Howe",
    "Europe/Berlin",
)  # fmt: skip


def test_every_local_time_around_a_clock_change_runs_once_and_at_the_right_instant() -> None:
    tally = compare(changes(SOME_ZONES), our_runs)
    assert tally.cases > 6_000
    assert tally.wrong == 0


def test_the_same_cases_show_what_is_wrong_with_another() -> None:
    """The control: in Berlin APScheduler's own trigger runs four times of each autumn twice, and in spring late."""
    tally = compare(changes(["Europe/Berlin"]), apscheduler_runs)
    # 24 years, four quarters of an hour. 02:00 in spring is at the same instant by both rules.
    assert tally == Tally(changes=48, cases=48 * 32, never=0, twice=24 * 4, elsewhen=24 * 3)


@pytest.mark.long
def test_every_zone_and_every_clock_change() -> None:
    tally = compare(changes(sorted(zoneinfo.available_timezones())), our_runs)
    assert tally.cases > 300_000
    assert tally.wrong == 0
