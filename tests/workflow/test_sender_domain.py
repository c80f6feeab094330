"""What the sender's domain says in the domain name system, asked of a resolver that knows only what a test tells it."""

from __future__ import annotations

import pytest

from publisher.errors import TryAgain
from publisher.ports.resolver import RecordKind
from publisher.workflow.sender_domain import check_sender_domain, selectors_in

DOMAIN = "news.verband.example"
GOOD = {
    f"TXT {DOMAIN}": ("v=spf1 include:spf.relay.example ~all", "another=record"),
    f"TXT s1._domainkey.{DOMAIN}": ("v=DKIM1; k=rsa; p=MIIB",),
    "TXT _dmarc.verband.example": ("v=DMARC1; p=none; rua=mailto:post@verband.example",),
    f"MX {DOMAIN}": ("mail.verband.example",),
}


class Names:
    """A resolver that answers from a table."""

    def __init__(self, records: dict[str, tuple[str, ...]]) -> None:
        self.records = records

    def lookup(self, name: str, kind: RecordKind) -> tuple[str, ...]:
        return self.records.get(f"{kind} {name}", ())


def _rules(**changes: tuple[str, ...]) -> list[str]:
    names = {"spf": f"TXT {DOMAIN}", "dkim": f"TXT s1._domainkey.{DOMAIN}", "mx": f"MX {DOMAIN}"}
    names |= {"dmarc": "TXT _dmarc.verband.example", "a": f"A {DOMAIN}", "own_dmarc": f"TXT _dmarc.{DOMAIN}"}
    records = GOOD | {names[name]: value for name, value in changes.items()}
    return [finding.rule for finding in check_sender_domain(Names(records), DOMAIN, ["s1"])]


def test_a_domain_that_says_everything() -> None:
    assert _rules() == []


@pytest.mark.parametrize(
    "spf",
    [
        (),
        ("v=spf1 -all", "v=spf1 ~all"),
        ("v=spf1 +all",),
        ("v=spf1 all",),
        ("v=spf1 include:a.example",),
        ("v=spf1 " + " ".join(f"include:{number}.example" for number in range(11)) + " -all",),
        ("v=spf10 -all",),
    ],
)
def test_spf(spf: tuple[str, ...]) -> None:
    assert _rules(spf=spf) == ["N2-spf"]


def test_spf_that_leads_on_or_lists_addresses_is_fine() -> None:
    assert _rules(spf=("v=spf1 redirect=spf.relay.example",)) == []
    assert _rules(spf=("v=spf1 a mx ip4:192.0.2.0/24 " + "ip6:2001:db8::1 " * 20 + "-all",)) == []


@pytest.mark.parametrize("dkim", [(), ("v=DKIM1; p=",), ("nothing",)])
def test_dkim(dkim: tuple[str, ...]) -> None:
    assert _rules(dkim=dkim) == ["N3-dkim"]


@pytest.mark.parametrize(
    "dmarc", [(), ("v=DMARC1; rua=mailto:a@b.example",), ("v=DMARC1; p=none", "v=DMARC1; p=reject")]
)
def test_dmarc(dmarc: tuple[str, ...]) -> None:
    assert _rules(dmarc=dmarc) == ["N4-dmarc"]


def test_dmarc_of_the_domain_itself_comes_first() -> None:
    assert _rules(dmarc=(), own_dmarc=("v=DMARC1;p=reject",)) == []


@pytest.mark.parametrize(("mx", "rules"), [((), ["N5-mx"]), (("",), ["N5-mx"]), ((".",), ["N5-mx"])])
def test_mx(mx: tuple[str, ...], rules: list[str]) -> None:
    assert _rules(mx=mx) == rules


def test_an_address_takes_mail_without_mx() -> None:
    assert _rules(mx=(), a=("192.0.2.1",)) == []


def test_silence_is_no_answer() -> None:
    class Silent:
        def lookup(self, name: str, kind: RecordKind) -> tuple[str, ...]:
            raise TryAgain("no answer")

    with pytest.raises(TryAgain):
        check_sender_domain(Silent(), DOMAIN, [])


def test_selectors_are_found_wherever_a_channel_keeps_them() -> None:
    settings = {"host": "x", "dkim": [{"selector": "s1", "key": {"file": "a"}}, {"selector": "s2"}], "selector": None}
    assert selectors_in(settings) == {"s1", "s2"}
    assert selectors_in({"host": "x"}) == frozenset()
