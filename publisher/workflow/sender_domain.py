"""What the sender's domain says in the domain name system: SPF, DKIM, DMARC, MX. Asked only on request.

*Source:* RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC), RFC 7505 (null MX), and the rules for senders of Google,
Yahoo and Microsoft, all checked 2026-11-23.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from publisher.ports.resolver import Resolver
from publisher.rendering.preflight.rules import Finding, found

MAX_SPF_LOOKUPS = 10
_LOOKING_UP = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})  # RFC 7208 section 4.6.4


def check_sender_domain(resolver: Resolver, domain: str, selectors: Collection[str]) -> tuple[Finding, ...]:
    """Look at a domain that mails come from. `selectors` name the keys that its channel signs with.

    Errors: TryAgain if no name server answers.
    """
    return (
        *_spf(resolver, domain),
        *(finding for selector in selectors for finding in _dkim(resolver, domain, selector)),
        *_dmarc(resolver, domain),
        *_mx(resolver, domain),
    )


def _spf(resolver: Resolver, domain: str) -> Iterator[Finding]:
    records = [text for text in resolver.lookup(domain, "TXT") if text.lower().split(" ")[0] == "v=spf1"]
    where = f"TXT {domain}"
    if not records:
        hint = 'Publish for example "v=spf1 include:spf.your-provider.example ~all"; your provider names the right one.'
        yield found("N2-spf", where, "there is no SPF record", hint)
    elif len(records) > 1:
        yield found("N2-spf", where, f"there are {len(records)} SPF records, so none counts", "Make one of them.")
    else:
        yield from _spf_record(where, records[0].lower().split()[1:])


def _spf_record(where: str, terms: list[str]) -> Iterator[Finding]:
    ends = [term for term in terms if term.lstrip("+-~?") == "all"]
    if ends and ends[-1] in ("all", "+all"):
        yield found("N2-spf", where, "it lets everyone send for this domain (+all)", 'End it with "~all" or "-all".')
    if not ends and not any(term.startswith("redirect=") for term in terms):
        yield found("N2-spf", where, "it does not say what about all others", 'End it with "~all" or "-all".')
    count = sum(1 for term in terms if re.split("[:/=]", term.lstrip("+-~?"))[0] in _LOOKING_UP)
    if count > MAX_SPF_LOOKUPS:
        what = f"it needs {count} further questions; at most {MAX_SPF_LOOKUPS} are asked"
        yield found("N2-spf", where, what, "Leave out what no longer sends for you.")


def _dkim(resolver: Resolver, domain: str, selector: str) -> Iterator[Finding]:
    name = f"{selector}._domainkey.{domain}"
    records = [text for text in resolver.lookup(name, "TXT") if "p=" in text]
    if not records:
        yield found(
            "N3-dkim", f"TXT {name}", "there is no key", "Publish the record that belongs to the channel's key."
        )
    elif not _tags(records[0]).get("p"):
        yield found("N3-dkim", f"TXT {name}", "the key is withdrawn (p= is empty)", "Publish the new key.")


def _dmarc(resolver: Resolver, domain: str) -> Iterator[Finding]:
    for name in _domains_above(domain):
        records = [text for text in resolver.lookup(f"_dmarc.{name}", "TXT") if text.startswith("v=DMARC1")]
        if len(records) > 1:
            yield found("N4-dmarc", f"TXT _dmarc.{name}", "there are several records, so none counts", "Keep one.")
        if records:
            if _tags(records[0]).get("p") not in ("none", "quarantine", "reject"):
                yield found("N4-dmarc", f"TXT _dmarc.{name}", f"it has no policy: {records[0]}", "Write p=none.")
            return
    hint = 'Publish "v=DMARC1; p=none; rua=mailto:postmaster@your-domain.example".'
    yield found("N4-dmarc", f"TXT _dmarc.{domain}", "there is no DMARC record", hint)


def _domains_above(domain: str) -> Iterator[str]:
    """Give the domain and those above it that could be the organisation's own, never a top-level domain."""
    labels = domain.split(".")
    yield from (".".join(labels[index:]) for index in range(max(1, len(labels) - 1)))


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _mx(resolver: Resolver, domain: str) -> Iterator[Finding]:
    hosts = resolver.lookup(domain, "MX")
    if hosts in (("",), (".",)):
        yield found("N5-mx", f"MX {domain}", "the domain takes no mail (null MX)", "Send from a domain that does.")
    elif not hosts and not resolver.lookup(domain, "A") and not resolver.lookup(domain, "AAAA"):
        yield found("N5-mx", f"MX {domain}", "nothing takes mail for this domain", "Publish an MX record.")


def selectors_in(settings: Any) -> frozenset[str]:
    """Find the DKIM selectors in a channel's dumped settings, wherever its adapter keeps them."""
    if isinstance(settings, dict):
        own = {str(value) for key, value in settings.items() if key == "selector" and value}
        return frozenset(own.union(*(selectors_in(value) for value in settings.values())))
    if isinstance(settings, list | tuple):
        return frozenset().union(*(selectors_in(value) for value in settings))
    return frozenset()
