"""The circuit: what is a fault, when it opens, how it probes, and that one answer closes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected, Unknown
from publisher.domain.circuit import (
    CLOSED,
    FAULTS_IN_A_ROW,
    LONGEST_PROBE_SECONDS,
    Circuit,
    CircuitState,
    is_fault,
    is_on_the_way,
)

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
C = CircuitState


def evidence(stage: str, code: int | None = None, enhanced: str = "") -> Evidence:
    return Evidence(stage, "words", code, enhanced, "mail.example.org:25")


OUTCOMES: list[tuple[Outcome, bool, bool]] = [
    (Deferred("refused", evidence=evidence("connection")), True, True),
    (Deferred("554 no", evidence=evidence("connection", 554)), True, True),
    (Deferred("no TLS", evidence=evidence("encryption")), True, True),
    (Deferred("454", evidence=evidence("login", 454)), True, True),
    (Deferred("no such host", evidence=evidence("connect")), True, True),
    (Unknown("silence", evidence("final dot")), True, False),
    (Rejected("550 blocked", evidence=evidence("recipient", 550, "5.7.1")), True, False),
    (Rejected("554 spam", evidence=evidence("final dot", 554)), False, False),
    (Rejected("550", recipient_gone=True, evidence=evidence("recipient", 550, "5.1.1")), False, False),
    (Rejected("552 too big", evidence=evidence("final dot", 552, "5.3.4")), False, False),
    (Deferred("451 greylisted", evidence=evidence("recipient", 451, "4.7.1")), False, False),
    (Deferred("lost", evidence=evidence("data")), False, False),
    (Deferred("HTTP 429", 30.0, evidence("response", 429)), False, False),
    (Accepted("250 ok"), False, False),
]


@pytest.mark.parametrize(("outcome", "fault", "on_the_way"), OUTCOMES)
def test_what_is_a_fault(outcome: Outcome, fault: bool, on_the_way: bool) -> None:
    """Only what is about the way: greylisting, a full mailbox or a message that is too large is not."""
    assert is_fault(outcome) == fault
    assert is_on_the_way(outcome) == on_the_way


def after(signs: str, circuit: Circuit = CLOSED) -> Circuit:
    for sign in signs:
        circuit = circuit.after_answer() if sign == "+" else circuit.after_fault("no way", NOW)
    return circuit


@pytest.mark.parametrize(
    ("signs", "state"),
    [
        ("-" * 4, C.CLOSED),
        ("-" * 5, C.OPEN),
        ("----+----", C.CLOSED),
        ("-+" * 10, C.CLOSED),
        ("--+-" * 3 + "--", C.OPEN),
        ("+" * 100 + "-" * 5, C.OPEN),
        ("", C.CLOSED),
    ],
)
def test_when_it_opens(signs: str, state: CircuitState) -> None:
    """After five faults in a row, or when more than half of the last twenty attempts were faults."""
    assert after(signs).state is state


@settings(max_examples=200, deadline=None)
@given(st.text("+-", max_size=60))
def test_it_is_closed_exactly_while_there_are_few_faults(signs: str) -> None:
    """The oracle looks at each stretch of the whole history since the circuit last closed."""
    circuit, history = CLOSED, ""
    for sign in signs:
        before = circuit.state
        circuit = after(sign, circuit)
        history = "" if before is C.OPEN and sign == "+" else history + sign
        if before is C.CLOSED:
            too_many = history.endswith("-" * FAULTS_IN_A_ROW) or history[-20:].count("-") > 10
            assert (circuit.state is C.OPEN) == too_many


def test_a_refused_login_opens_it_at_once() -> None:
    opened = CLOSED.after_fault("535 no", NOW, opens_at_once=True)
    assert (opened.state, opened.reason, opened.since) == (C.OPEN, "535 no", NOW)


def test_probes_come_rarer_up_to_an_hour_and_one_answer_closes_it() -> None:
    circuit, now, waits = after("-" * 5), NOW, list[float]()
    for _ in range(10):
        assert circuit.probe_at is not None
        waits.append((circuit.probe_at - now).total_seconds())
        assert not circuit.may_probe(circuit.probe_at - timedelta(seconds=1))
        now = circuit.probe_at
        assert circuit.may_probe(now)
        circuit = circuit.probe(now)
        assert not circuit.may_probe(now)
        circuit = circuit.after_fault("still no way", now)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    assert circuit.reason == "still no way"
    assert circuit.after_answer() == CLOSED


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10), st.floats(0.001, 1_000_000))
def test_a_clock_set_back_puts_no_probe_off_for_longer(probes: int, jump: float) -> None:
    circuit, now = after("-" * 5), NOW
    for _ in range(probes):
        circuit = circuit.probe(now)
    shown = now - timedelta(seconds=jump)
    in_time = shown + timedelta(seconds=LONGEST_PROBE_SECONDS)
    assert circuit.may_probe(shown) or circuit.may_probe(in_time)


def test_only_a_person_ends_what_a_person_began() -> None:
    paused = after("---").pause("anna", NOW)
    assert (paused.state, paused.by) == (C.PAUSED, "anna")
    assert paused.after_answer() is paused
    assert paused.after_fault("no way", NOW, opens_at_once=True) is paused
    assert not paused.may_probe(NOW + timedelta(days=9))


def test_an_answer_changes_nothing_where_nothing_was_wrong() -> None:
    assert CLOSED.is_clean
    assert after("+++").is_clean
    assert not after("-+").is_clean
