"""Approval: who has to look at what before it leaves, what a yes binds to, and when it comes too late.

An answer is bound to a content hash. Whatever has another hash has not been answered, so that an edit voids an approval
without anybody having to take it back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from publisher.domain.edition import EditionState


class Verdict(StrEnum):
    """What a person answered."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said about a text. `about` is an article's slug, or an edition's name such as daily/7."""

    about: str
    content_hash: str
    verdict: Verdict
    by: str
    at: datetime
    reason: str = ""


def reason_to_wait(content_hash: str, answers: Iterable[Answer]) -> str | None:
    """Say why an article waits, None if it is approved. `answers` are those about it, oldest first."""
    newest, approved_before = None, None
    for answer in answers:
        if answer.content_hash == content_hash:
            newest = answer
        elif answer.verdict is Verdict.APPROVED:
            approved_before = answer
    if newest is not None:
        return None if newest.verdict is Verdict.APPROVED else f"rejected by {newest.by}: {newest.reason}"
    if approved_before is not None:
        return f"waits for approval again: it was changed after {approved_before.by} had approved it"
    return "waits for approval"


class Step(StrEnum):
    """What is done about an edition that needs a person's approval."""

    WAIT = "wait"
    PLAN = "plan"
    HOLD = "hold"
    END = "end"


@dataclass(frozen=True, slots=True)
class Deadline:
    """The times that count for an edition. A manual one has no due time: it is due as soon as it is approved.

    `next_due_at` is the digest's next due time after its own.
    """

    due_at: datetime | None
    next_due_at: datetime | None
    catch_up: timedelta


def next_step(state: EditionState, deadline: Deadline, approved_at: datetime | None, now: datetime) -> Step:
    """Say what is to be done now.

    An approved edition goes out at its due time, or at once if it was approved later; if nobody was there to send it
    then, it is held. One that is not approved at its due time is held, until the digest is due again.
    """
    is_over = deadline.next_due_at is not None and now >= deadline.next_due_at
    if state is EditionState.APPROVED:
        return _step_of_approved([moment for moment in (deadline.due_at, approved_at) if moment], deadline, now)
    if state is EditionState.HELD:
        return Step.END if is_over else Step.WAIT
    if deadline.due_at is not None and now >= deadline.due_at:
        return Step.HOLD
    return Step.WAIT


def _step_of_approved(moments: Sequence[datetime], deadline: Deadline, now: datetime) -> Step:
    ready_at = max(moments, default=now)
    if now < ready_at:
        return Step.WAIT
    return Step.PLAN if now - ready_at <= deadline.catch_up else Step.HOLD


def is_same_person(one: str, other: str) -> bool:
    """Say whether two names may be one person's: every word of the shorter one is in the longer one.

    "anna", "Anna Schmidt" and "anna.schmidt" are one. It errs on the side of one person too few.
    """
    words, others = _words(one), _words(other)
    return bool(words and others) and (words <= others or others <= words)


def _words(name: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return frozenset(re.findall(r"[^\W_]+", plain.partition("@")[0]))


@dataclass(frozen=True, slots=True)
class Authors:
    """Who made a text. `names` are those that are known; `is_certain` is False where it is a shared login alone."""

    names: frozenset[str]
    is_certain: bool = True


def reason_against(names: Collection[str], authors: Authors) -> str | None:
    """Say why a person, who goes by these names, is not a second person for a text; None if they are."""
    for author in sorted(authors.names):
        if any(is_same_person(name, author) for name in names):
            if authors.is_certain:
                return f"{author} made it, and a second person has to approve it"
            return f"nobody knows who made it: it names no author, and its file belongs to {author}, as you do"
    return None
