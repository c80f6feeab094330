"""The resolver port on dnspython."""

from __future__ import annotations

from typing import Any

from publisher.errors import TryAgain
from publisher.ports.resolver import RecordKind

LOOKUP_SECONDS = 8.0


class DnsResolver:
    """Ask the machine's own name servers. `resolver` stands for dnspython's, made with its defaults if left out."""

    def __init__(self, resolver: Any = None) -> None:
        self._resolver = resolver

    def lookup(self, name: str, kind: RecordKind) -> tuple[str, ...]:
        """Give the records of a name; empty if there are none. Errors: TryAgain."""
        import dns.exception
        import dns.resolver

        resolver = self._resolver or dns.resolver.Resolver()
        try:
            answer = resolver.resolve(name, kind, lifetime=LOOKUP_SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError) as error:
            hint = "Check the network and the name servers of this machine, then try again."
            raise TryAgain(
                f"no answer to the question for {kind} of {name}", where=_reason(error), hint=hint
            ) from error
        return tuple(_text(record, kind) for record in answer)


def _reason(error: Exception) -> str:
    return type(error).__name__


def _text(record: Any, kind: RecordKind) -> str:
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")
    return str(record.exchange if kind == "MX" else record).rstrip(".")
