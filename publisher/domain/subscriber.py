"""A subscriber: a person who asked for a digest, known by a normalised address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One person. `address` is normalised (`domain/address.py`); `digests` are the names of what was asked for.

    `consent_source` and `consent_at` say where and when the person agreed; an empty source was not recorded.
    """

    address: str
    name: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    consent_source: str | None = None
    consent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """A standing reason not to write to an address; `digest` is None where it holds for all."""

    address: str
    reason: str
    suppressed_at: datetime
    digest: str | None = None
    source: str = ""
