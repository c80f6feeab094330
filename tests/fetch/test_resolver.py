"""What dnspython finds, as the port gives it; a stand-in for its resolver, nothing is asked."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.resolver
import dns.rrset
import pytest

from publisher.errors import TryAgain
from publisher.fetch.resolver import DnsResolver


class Answers:
    """Stands for dnspython's resolver: gives records written as in a zone file, or raises."""

    def __init__(self, records: list[str] | Exception) -> None:
        self.records = records

    def resolve(self, name: str, kind: str, lifetime: float) -> Any:
        if isinstance(self.records, Exception):
            raise self.records
        return dns.rrset.from_text(f"{name}.", 60, "IN", kind, *self.records)


def test_texts_come_whole() -> None:
    assert DnsResolver(Answers(['"v=spf1 " "-all"'])).lookup("example.org", "TXT") == ("v=spf1 -all",)


def test_hosts_come_without_the_dot_at_the_end() -> None:
    assert DnsResolver(Answers(["10 mail.example.org."])).lookup("example.org", "MX") == ("mail.example.org",)
    assert DnsResolver(Answers(["0 ."])).lookup("example.org", "MX") == ("",)
    assert DnsResolver(Answers(["192.0.2.1"])).lookup("example.org", "A") == ("192.0.2.1",)


def test_no_record_is_an_answer() -> None:
    assert DnsResolver(Answers(dns.resolver.NXDOMAIN())).lookup("example.org", "A") == ()
    assert DnsResolver(Answers(dns.resolver.NoAnswer(response=_Response()))).lookup("example.org", "A") == ()


class _Response:
    question = ()


@pytest.mark.parametrize("error", [dns.exception.Timeout(), dns.resolver.NoNameservers(), OSError("no network")])
def test_silence_is_none(error: Exception) -> None:
    with pytest.raises(TryAgain, match="no answer to the question for MX"):
        DnsResolver(Answers(error)).lookup("example.org", "MX")
