"""An attempt's outcome: a value with four cases, never a boolean.

An unknown outcome is never retried blindly: it is named to a person, or settled by asking the remote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Evidence(NamedTuple):
    """What the remote said and where in the dialogue; free of secrets and full addresses.

    `stage` is the adapter's word for the step (connect, auth, envelope, data, request, response ...); `reply` at most
    200 characters; `enhanced_code` as in RFC 3463, for example "5.1.1"; `relay` the host that answered.
    """

    stage: str = ""
    reply: str = ""
    code: int | None = None
    enhanced_code: str = ""
    relay: str = ""


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The remote took it. `receipt` is its id or its reply, `url` where people see it."""

    receipt: str
    url: str | None = None
    evidence: Evidence = field(default=NO_EVIDENCE)


@dataclass(frozen=True, slots=True)
class Deferred:
    """Refused for now, or not reached before anything was sent. `retry_after_seconds` is the remote's own wish."""

    reason: str
    retry_after_seconds: float | None = None
    evidence: Evidence = field(default=NO_EVIDENCE)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused for good. `recipient_gone` only if the remote says that this recipient does not exist."""

    reason: str
    recipient_gone: bool = False
    evidence: Evidence = field(default=NO_EVIDENCE)


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken: silence, a reset or nonsense after the message was on its way."""

    reason: str
    evidence: Evidence = field(default=NO_EVIDENCE)


Outcome = Accepted | Deferred | Rejected | Unknown

MAX_REPLY_CHARACTERS = 200
