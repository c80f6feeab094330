"""Tokens that run out and are renewed: what is kept of them, and when they are renewed.

One secret holds all of them, so that none can be written without the other: at first what a person put there (a bare
token, or the network's whole JSON answer), later what `Credentials.keep` keeps in its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from publisher.adapters._posting import find_in
from publisher.ports.credentials import Credentials, Secret


@dataclass(frozen=True, slots=True)
class Tokens:
    """What stands in the secret. An empty text or None is not known; `bare` is what a person wrote without JSON."""

    access: str = ""
    refresh: str = ""
    expires_at: datetime | None = None
    bare: str = ""

    @classmethod
    def read(cls, text: str) -> Tokens:
        """Read them; what is no JSON object is one bare token."""
        try:
            document: Any = json.loads(text)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            return cls(bare=text.strip())
        expires_at = find_in(document, "expires_at")
        return cls(
            access=str(find_in(document, "access_token") or ""),
            refresh=str(find_in(document, "refresh_token") or ""),
            expires_at=datetime.fromisoformat(expires_at) if isinstance(expires_at, str) else None,
        )

    def to_text(self) -> str:
        """Write them so that `read` reads them."""
        expires_at = self.expires_at.isoformat() if self.expires_at else None
        return json.dumps({"access_token": self.access, "refresh_token": self.refresh, "expires_at": expires_at})

    def last(self, at: datetime, least: timedelta) -> bool:
        """Say whether the access token is good for so long, as far as we know."""
        return bool(self.access) and self.expires_at is not None and self.expires_at - at > least

    def texts(self) -> frozenset[str]:
        """Give all that must not be quoted."""
        return frozenset(filter(None, (self.access, self.refresh, self.bare)))


@dataclass(frozen=True, slots=True)
class Renewal:
    """How tokens are renewed: `renew` asks the network, once, with nobody else at it."""

    credentials: Credentials
    place: Secret
    least: timedelta
    renew: Callable[[Tokens], Tokens]

    def current(self, now: datetime) -> Tokens:
        """Give tokens that are good for a while, renewed and kept if need be. Errors: those of `renew`."""
        tokens = self.stored()
        if tokens.last(now, self.least):
            return tokens
        with self.credentials.renewing(self.place):
            tokens = self.stored()  # another process may have been faster
            if not tokens.last(now, self.least):
                tokens = self.renew(tokens)
                self.credentials.keep(self.place, tokens.to_text())
        return tokens

    def stored(self) -> Tokens:
        """Give what is stored."""
        return Tokens.read(self.credentials.read(self.place))

    def forget_access(self, refused: str) -> None:
        """Have the next attempt renew an access token that the network does not take, unless somebody has already."""
        with self.credentials.renewing(self.place):
            tokens = self.stored()
            if tokens.access == refused:
                self.credentials.keep(self.place, Tokens(refresh=tokens.refresh).to_text())
