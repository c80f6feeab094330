"""A mail server's refusal: whose fault it is, and so whether the address is to blame.

Only a recipient who does not exist, or whose mailbox is full again and again, is never written to any more. A server
that does not want our mail says nothing of the recipient: suppressing those would empty the list for a fault of ours.

Source: RFC 3463, RFC 5321 4.2.3, RFC 7505, the IANA registry of enhanced status codes; checked 2026-11-23.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum

from publisher.domain.attempt import Evidence


class Fault(Enum):
    """Whose fault a refusal is; the value says it to people."""

    GONE = "the address does not exist"
    FULL = "the mailbox is full"
    POLICY = "the server does not want our mail"
    OURS = "our message or our program is at fault"
    SYSTEM = "trouble on the way or at the server"
    TEMPORARY = "not now"
    UNCLEAR = "the server does not say why"


# Whoever had a full mailbox for so many messages within so long is not written to any more.
FULL_MESSAGES = 5
FULL_WITHIN = timedelta(days=30)
FULL_ENHANCED_CODES = ("4.2.2", "5.2.2")
# "Exceeded storage allocation", where no enhanced code says that it is the size of the message.
FULL_CODE = 552

# "No such mailbox", "bad destination", "moved without a forward", "null MX", "mailbox disabled".
_GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_BY_SUBJECT = {"3": Fault.SYSTEM, "4": Fault.SYSTEM, "5": Fault.OURS, "6": Fault.OURS, "7": Fault.POLICY}
_RECIPIENT_STAGE = "recipient"
_STAGES = frozenset({"sender", _RECIPIENT_STAGE, "data", "body", "final dot"})

_POLICY_WORDS = re.compile(
    r"spam|polic|block|blacklist|reputation|reject(?:ed)? for|not allowed|denied|relay|gesperrt|abgelehnt|unerwünscht",
    re.IGNORECASE,
)
_FULL_WORDS = re.compile(
    r"mailbox (?:is )?full|over ?quota|quota exceeded|(?:postfach|mailbox) (?:ist )?voll", re.IGNORECASE
)
_GONE_WORDS = re.compile(
    r"(?:user|recipient|mailbox|address|account)(?: address)? (?:is )?(?:unknown|not found|does(?: not|n't) exist)"
    r"|unknown (?:user|recipient|mailbox|address)|no such (?:user|recipient|mailbox|address)"
    r"|(?:benutzer|empfänger|empfaenger|adresse|postfach) (?:ist )?(?:unbekannt|nicht bekannt|existiert nicht)"
    r"|(?:unbekannter|kein solcher) (?:benutzer|empfänger|empfaenger)",
    re.IGNORECASE,
)


def fault_of(refusal: Evidence) -> Fault | None:
    """Say whose fault a refusal is; None if a mail server refused nothing."""
    if refusal.code is None or refusal.code < 400 or refusal.stage not in _STAGES:
        return None
    if is_mailbox_full(refusal):
        return Fault.FULL
    if refusal.code < 500:
        return Fault.TEMPORARY
    return _by_code(refusal) if refusal.enhanced_code else _by_words(refusal)


def is_mailbox_full(refusal: Evidence) -> bool:
    """Say whether the recipient's mailbox is full, for now or for good."""
    if refusal.enhanced_code:
        return refusal.enhanced_code in FULL_ENHANCED_CODES
    return refusal.code == FULL_CODE and refusal.stage == _RECIPIENT_STAGE


def is_gone(refusal: Evidence) -> bool:
    """Say whether the recipient surely does not exist: only that is a reason never to write again."""
    return refusal.stage == _RECIPIENT_STAGE and fault_of(refusal) is Fault.GONE


def _by_code(refusal: Evidence) -> Fault:
    if refusal.enhanced_code in _GONE:
        return Fault.GONE
    return _BY_SUBJECT.get(refusal.enhanced_code.split(".")[1], Fault.UNCLEAR)


def _by_words(refusal: Evidence) -> Fault:
    """Read the words of a server that gives no enhanced code; what is not clear is never the recipient's fault."""
    if _POLICY_WORDS.search(refusal.reply):
        return Fault.POLICY
    if _FULL_WORDS.search(refusal.reply):
        return Fault.FULL
    if refusal.stage == _RECIPIENT_STAGE and _GONE_WORDS.search(refusal.reply):
        return Fault.GONE
    return Fault.OURS if 500 <= (refusal.code or 0) <= 504 else Fault.UNCLEAR
