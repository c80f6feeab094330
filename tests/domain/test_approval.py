"""The law of approval: what a yes binds to, who is a second person, and which step comes next at which time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.approval import (
    Answer,
    Authors,
    Deadline,
    Step,
    Verdict,
    is_same_person,
    next_step,
    reason_against,
    reason_to_wait,
)
from publisher.domain.edition import EditionState

E = EditionState
DUE = datetime(2026, 11, 23, 6, tzinfo=UTC)
NEXT = DUE + timedelta(days=1)
HOUR = timedelta(hours=1)


def answer(content_hash: str, verdict: Verdict = Verdict.APPROVED, by: str = "anna") -> Answer:
    return Answer("neue-pumpe", content_hash, verdict, by, DUE, "zu alt")


def test_a_yes_binds_to_a_hash() -> None:
    yes, no = answer("a"), answer("a", Verdict.REJECTED, "bert")
    assert reason_to_wait("a", []) == "waits for approval"
    assert reason_to_wait("a", [yes]) is None
    assert reason_to_wait("b", [yes]) == "waits for approval again: it was changed after anna had approved it"
    assert reason_to_wait("a", [yes, no]) == "rejected by bert: zu alt"
    assert reason_to_wait("a", [no, yes]) is None
    assert reason_to_wait("b", [no]) == "waits for approval"


@given(st.lists(st.builds(answer, st.sampled_from("ab"), st.sampled_from(Verdict))), st.sampled_from("abc"))
def test_only_the_newest_answer_about_this_very_text_counts(answers: list[Answer], content_hash: str) -> None:
    about_it = [each for each in answers if each.content_hash == content_hash]
    is_approved = bool(about_it) and about_it[-1].verdict is Verdict.APPROVED
    assert (reason_to_wait(content_hash, answers) is None) == is_approved


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("anna", "Anna Schmidt", True),
        ("anna.schmidt", "Anna Schmidt", True),
        ("anna.schmidt@example.org", "Schmidt, Anna", True),
        ("MÜLLER", "Jörg Müller", True),
        ("bert", "Anna Schmidt", False),
        ("Anna Meier", "Anna Schmidt", False),
        ("ann", "Anna", False),
        ("", "Anna", False),
        ("-", "-", False),
    ],
)
def test_who_is_the_same_person(one: str, other: str, same: bool) -> None:
    assert is_same_person(one, other) is same
    assert is_same_person(other, one) is same


def test_who_is_no_second_person() -> None:
    authors = Authors(frozenset({"Anna Schmidt", "Bert"}))
    assert reason_against({"clara"}, authors) is None
    assert "Anna Schmidt made it" in (reason_against({"clara", "anna"}, authors) or "")
    shared = Authors(frozenset({"presse"}), is_certain=False)
    assert "nobody knows who made it" in (reason_against({"Clara", "presse"}, shared) or "")
    assert reason_against({"clara"}, shared) is None


SCHEDULED = Deadline(DUE, NEXT, HOUR)
MANUAL = Deadline(None, NEXT, HOUR)


@pytest.mark.parametrize(
    ("state", "deadline", "approved_at", "now", "step"),
    [
        (E.FROZEN, SCHEDULED, None, DUE - HOUR, Step.WAIT),
        (E.FROZEN, SCHEDULED, None, DUE, Step.HOLD),
        (E.FROZEN, MANUAL, None, NEXT + HOUR, Step.WAIT),
        (E.APPROVED, SCHEDULED, DUE - HOUR, DUE - timedelta(seconds=1), Step.WAIT),
        (E.APPROVED, SCHEDULED, DUE - HOUR, DUE, Step.PLAN),
        (E.APPROVED, SCHEDULED, DUE - HOUR, DUE + HOUR, Step.PLAN),
        (E.APPROVED, SCHEDULED, DUE - HOUR, DUE + HOUR + timedelta(seconds=1), Step.HOLD),
        (E.APPROVED, SCHEDULED, DUE + 5 * HOUR, DUE + 5 * HOUR, Step.PLAN),
        (E.APPROVED, SCHEDULED, DUE + 5 * HOUR, DUE + 7 * HOUR, Step.HOLD),
        (E.APPROVED, MANUAL, DUE, DUE, Step.PLAN),
        (E.APPROVED, MANUAL, None, DUE, Step.PLAN),
        (E.HELD, SCHEDULED, None, NEXT - timedelta(seconds=1), Step.WAIT),
        (E.HELD, SCHEDULED, None, NEXT, Step.END),
        (E.HELD, Deadline(DUE, None, HOUR), None, NEXT, Step.WAIT),
    ],
)
def test_each_step(
    state: EditionState, deadline: Deadline, approved_at: datetime | None, now: datetime, step: Step
) -> None:
    assert next_step(state, deadline, approved_at, now) is step


@given(
    st.sampled_from([E.FROZEN, E.HELD]),
    st.sampled_from([SCHEDULED, MANUAL]),
    st.integers(-50_000, 50_000).map(lambda minutes: DUE + timedelta(minutes=minutes)),
)
def test_what_is_not_approved_is_never_planned(state: EditionState, deadline: Deadline, now: datetime) -> None:
    assert next_step(state, deadline, None, now) is not Step.PLAN
