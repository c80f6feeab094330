"""Sending keeps Python's collector quiet, and leaves it as it was, also where two channels send at once."""

from __future__ import annotations

import gc

from publisher.workflow.send import ALLOCATIONS_BETWEEN_COLLECTIONS, unburdened


def test_two_runs_that_overlap_leave_the_collector_as_it_was() -> None:
    before = gc.get_threshold()
    first, second = unburdened(), unburdened()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    # The command line sets a higher one, and tests of it may have run in this process.
    assert gc.get_threshold()[0] == max(before[0], ALLOCATIONS_BETWEEN_COLLECTIONS)
    assert gc.get_freeze_count() > 0
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
