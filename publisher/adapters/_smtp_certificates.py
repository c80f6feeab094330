"""Until when the certificates of mail servers are valid, as they were seen at the last connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from publisher.adapters._smtp_settings import Relay
from publisher.ports.adapter import Expiry, Memory


def remember_certificate(memory: Memory, relay: Relay, end: datetime | None) -> None:
    """Keep the end of a server's certificate; written only where it is another one than before."""
    if end is not None and memory.read(_name(relay)) != end.isoformat():
        memory.write(_name(relay), end.isoformat())


def known_certificates(memory: Memory, relays: Iterable[Relay]) -> Iterator[Expiry]:
    """Give what was seen; a server that is not encrypted any more, or was never asked, has none."""
    for relay in relays:
        seen = memory.read(_name(relay)) if relay.security != "none" else None
        try:
            end = datetime.fromisoformat(seen) if isinstance(seen, str) else None
        except ValueError:
            end = None
        if end is not None and end.tzinfo is not None:
            yield Expiry("certificate", relay.name, end)


def _name(relay: Relay) -> str:
    return f"certificate {relay.name}"
