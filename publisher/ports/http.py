"""The one HTTP client, as the workflow, the adapters and the importers see it.

A status is an answer, not an exception. What was not answered raises one of two errors, because they differ in what
may have happened: `NotReached` (nothing of the request left) and `NoAnswer` (it may have been taken).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back. Header names are lower case; `body` is cut at the request's `max_answer_bytes`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request, body and all. `rehearsal_answer` is what a rehearsal is given for it instead of the remote's.

    `secret_headers` are never logged nor captured; `secret_url` says that the address itself is a secret (a webhook);
    `secret_texts` are secrets that stand in address or body, as they are before any quoting for a form or an address.
    `follow_redirects` is for reading pages only.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    rehearsal_answer: HttpAnswer = field(default_factory=lambda: HttpAnswer(200))
    secret_headers: frozenset[str] = frozenset({"authorization"})
    secret_url: bool = False
    secret_texts: frozenset[str] = frozenset()
    follow_redirects: bool = False
    connect_seconds: float = 5.0
    total_seconds: float = 30.0
    max_answer_bytes: int = 65_536


class NotReached(Exception):
    """Nothing of the request left this machine: no name, no connection, no TLS."""


class NoAnswer(Exception):
    """The request or part of it left, and no whole answer came back in time."""


class AddressRefused(NotReached):
    """The address is not one we talk to: another scheme, a private or reserved network, a port that is not allowed."""


class HttpClient(Protocol):
    """Send one request once; never retry by itself."""

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Send it. Errors: NotReached, NoAnswer."""
        ...
