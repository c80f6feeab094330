"""Refusals: each code of the table has its fault, and only a clear word makes an address a dead one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.attempt import Evidence
from publisher.domain.refusal import Fault, fault_of, is_gone, is_mailbox_full

BY_ENHANCED_CODE = {
    Fault.GONE: ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"],
    Fault.FULL: ["5.2.2"],
    Fault.SYSTEM: ["5.3.0", "5.3.4", "5.4.1", "5.4.4"],
    Fault.OURS: ["5.5.1", "5.5.4", "5.6.0", "5.6.7"],
    Fault.POLICY: ["5.7.0", "5.7.1", "5.7.23", "5.7.26", "5.7.515"],
    Fault.UNCLEAR: ["5.0.0", "5.1.0", "5.1.8", "5.2.0"],
}
BY_WORDS = {
    Fault.GONE: [
        "User unknown",
        "no such user here",
        "Recipient address not found",
        "mailbox does not exist",
        "unknown recipient",
        "Benutzer unbekannt",
        "Empfänger existiert nicht",
        "kein solcher Benutzer",
    ],
    Fault.FULL: ["mailbox full", "user is over quota", "Postfach ist voll"],
    Fault.POLICY: [
        "message looks like spam",
        "blocked using a blacklist",
        "relay access denied",
        "user unknown, or rejected for policy reasons",
        "Nachricht abgelehnt",
    ],
    Fault.UNCLEAR: ["requested action not taken", "", "nein"],
}


@pytest.mark.parametrize(
    ("fault", "code"), [(fault, code) for fault, codes in BY_ENHANCED_CODE.items() for code in codes]
)
def test_the_enhanced_code_decides(fault: Fault, code: str) -> None:
    """Whatever the words are: they may quote the sender."""
    assert fault_of(Evidence("recipient", "user unknown, spam, mailbox full", 550, code)) is fault


@pytest.mark.parametrize(("fault", "words"), [(fault, words) for fault, all_ in BY_WORDS.items() for words in all_])
def test_without_an_enhanced_code_the_words_decide(fault: Fault, words: str) -> None:
    assert fault_of(Evidence("recipient", words, 550)) is fault


@pytest.mark.parametrize(
    ("refusal", "fault"),
    [
        (Evidence("recipient", "later", 451, "4.7.1"), Fault.TEMPORARY),
        (Evidence("recipient", "full", 452, "4.2.2"), Fault.FULL),
        (Evidence("recipient", "storage", 552), Fault.FULL),
        (Evidence("final dot", "too large", 552), Fault.UNCLEAR),
        (Evidence("data", "bad sequence", 503), Fault.OURS),
        (Evidence("response", "no such user", 404), None),
        (Evidence("connection", "no answer in time"), None),
        (Evidence("final dot", "ok", 250, "2.0.0"), None),
    ],
)
def test_what_has_no_enhanced_code_of_its_own(refusal: Evidence, fault: Fault | None) -> None:
    assert fault_of(refusal) is fault


@given(
    st.sampled_from(["sender", "recipient", "data", "body", "final dot", "response", "connection"]),
    st.integers(200, 599),
    st.one_of(st.just(""), st.from_regex(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True)),
    st.text(),
)
def test_only_a_refused_recipient_is_ever_gone(stage: str, code: int, enhanced_code: str, reply: str) -> None:
    refusal = Evidence(stage, reply, code, enhanced_code)
    if is_gone(refusal):
        assert stage == "recipient"
        assert code >= 500
        assert not enhanced_code.startswith("5.7")
        assert not is_mailbox_full(refusal)


@given(st.from_regex(r"5\.7\.[0-9]{1,3}", fullmatch=True), st.text())
def test_a_policy_rejection_never_blames_the_recipient(enhanced_code: str, reply: str) -> None:
    refusal = Evidence("recipient", reply, 550, enhanced_code)
    assert fault_of(refusal) is Fault.POLICY
    assert not is_gone(refusal)
