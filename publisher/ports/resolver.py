"""The domain name system, as the check of the sender's domain sees it."""

from __future__ import annotations

from typing import Literal, Protocol

RecordKind = Literal["TXT", "MX", "A", "AAAA"]


class Resolver(Protocol):
    """Look records up; never guess."""

    def lookup(self, name: str, kind: RecordKind) -> tuple[str, ...]:
        """Give the records of a name as text, empty if there are none: TXT whole, of MX the host alone.

        Errors: TryAgain if no server answers.
        """
        ...
