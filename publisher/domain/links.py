"""Which stretches of a text a network takes for a link.

X and Mastodon find links by one law (twitter-text) with different ideas of a path. A domain is dotted labels that end
in a known top-level domain; X takes one without `https://`, too, so "heute.In" is a link there.

Source: the README and conformance data of github.com/twitter/twitter-text (2021-10-21); config/initializers/
twitter_regex.rb of github.com/mastodon/mastodon; both checked 2026-11-23.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from publisher.domain.top_level_domains import TOP_LEVEL_DOMAINS

MAX_LINK_CHARACTERS = 4096
MAX_LABEL_CHARACTERS = 63  # RFC 1035 2.3.4, of the label as it is sent: "xn--..." where it has umlauts

_SPACES = r"\s\u180e"
_INVISIBLE = "\u200e\u200f\u202a-\u202e\u2061-\u2069\ufffe\ufeff\uffff\u061c"
_STOPS = r"!'#%&()*+,\\/:;<=>?@\[\]^{|}~$" + _SPACES + _INVISIBLE
_LATIN = (
    "a-zA-Z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0300-\u036f\u1e00-\u1eff"
)

_DOTTED = re.compile(rf"[^{_STOPS}._-]\.[^{_STOPS}._-]")
_RUN = re.compile(rf"[^{_STOPS}._-][^{_STOPS}]*+")
_SCHEME = re.compile(r"https?://\Z", re.IGNORECASE)
_GLUED = re.compile(r"[A-Za-z0-9@＠$#＃\ufffe\ufeff\uffff]\Z")
_PLAIN_DOMAIN = re.compile(rf"[-{_LATIN}]+(?:\.[-{_LATIN}]+)+")
_LABEL = re.compile(r"[^_-](?:.*[^_-])?\Z", re.DOTALL)
_ASCII_WORD = re.compile(r"[A-Za-z]+(?![0-9A-Za-z-])")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_GOES_ON = re.compile(r"[0-9A-Za-z@+-]")
_PUNYCODE = re.compile(r"xn--[-0-9a-z]+", re.IGNORECASE)
_PORT = re.compile(r":[0-9]+")
_T_CO = re.compile(r"https?://t\.co/([a-z0-9]+)(?:\?[^\s]*)?", re.IGNORECASE)
_MAX_T_CO_CHARACTERS = 40
_LONGEST_TOP_LEVEL = max(map(len, TOP_LEVEL_DOMAINS))


@dataclass(frozen=True, slots=True)
class LinkLaw:
    """How far a link goes behind its domain, and whether it needs a scheme."""

    path: re.Pattern[str]
    path_end: re.Pattern[str]
    query: re.Pattern[str]
    query_end: re.Pattern[str]
    needs_scheme: bool


def _law(path: str, path_end: str, query: str, query_end: str, *, needs_scheme: bool) -> LinkLaw:
    nested = rf"\((?:{path}|\({path}+\))+\)"
    return LinkLaw(
        path=re.compile(rf"/(?:{path}|{nested})*+"),
        path_end=re.compile(rf".*(?:{path_end}|\)|/)", re.DOTALL),
        query=re.compile(rf"\?{query}*+"),
        query_end=re.compile(rf".*{query_end}", re.DOTALL),
        needs_scheme=needs_scheme,
    )


_CYRILLIC = "\u0400-\u04ff"
X_LINKS = _law(
    path=rf"[{_LATIN}{_CYRILLIC}!*';:=+,.$/%#\[\]\u2013_~@|&-]",
    path_end=rf"[+{_LATIN}{_CYRILLIC}=_#/-]",
    query=r"[A-Za-z0-9!?*'@();:&=+$/%#\[\]_.,~|-]",
    query_end=r"[A-Za-z0-9_&=#/-]",
    needs_scheme=False,
)
MASTODON_LINKS = _law(
    path=r"[^\s<>()?]",
    path_end=r"""[^\s()?!*"'「」<>;:=,.$%\[\]~&|@]""",
    query=r"[A-Za-z0-9!?*'();:&=+$/%#\[\]_.,~|@^\u00a0-\U0010fffd-]",
    query_end=r"[A-Za-z0-9_&=#/\u00a0-\U0010fffd-]",
    needs_scheme=True,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a text; `sure` is False where its top-level domain is newer than the networks' known list."""

    start: int
    end: int
    has_scheme: bool
    sure: bool = True


def find_links(text: str, law: LinkLaw) -> list[Link]:
    """Find what the network takes for links, in order; none overlaps another."""
    if not _DOTTED.search(text) or (law.needs_scheme and "://" not in text):
        return []
    links: list[Link] = []
    position = 0
    while run := _RUN.search(text, position):
        found = _links_of_run(text, run, law, may_start=run.start() > position or position == 0)
        links += found
        position = max(run.end(), found[-1].end if found else 0)
    return links


def _links_of_run(text: str, run: re.Match[str], law: LinkLaw, *, may_start: bool) -> list[Link]:
    if "." not in run.group():
        return []
    scheme = _SCHEME.search(text, max(run.start() - 8, 0), run.start())
    if scheme:
        return _link_with_scheme(text, scheme.start(), run, law)
    if law.needs_scheme:
        return []
    for start in _possible_starts(text, run, may_start=may_start):
        if found := _links_without_scheme(text, start, run.end(), law):
            return found
    return []


def _possible_starts(text: str, run: re.Match[str], *, may_start: bool) -> list[int]:
    """Say where in a run a domain without a scheme may start: where a network sees a character that may stand before.

    Behind a letter that is not ASCII one may start, too; at the beginning of a text that is tried first.
    """
    behind_letter = [match.end() for match in [_NOT_ASCII.search(text, run.start(), run.end())] if match]
    if not may_start or text[run.start() - 1 : run.start()] in tuple("-_./@＠$#＃"):
        return behind_letter
    return [*behind_letter, run.start()] if behind_letter == [1] else [run.start()]


def _link_with_scheme(text: str, start: int, run: re.Match[str], law: LinkLaw) -> list[Link]:
    if _GLUED.search(text, max(start - 1, 0), start):
        return []
    domain_length = _domain_length(run.group(), text[run.end() : run.end() + 1])
    length = domain_length or _unknown_domain_length(run.group())
    end = _link_end(text, run.start() + length, law)
    if not length or not _is_sendable(text[start:end], run.group()[:length], run.start() - start):
        return []
    if not law.needs_scheme and (short := _T_CO.match(text, start, end)):
        return [] if len(short.group(1)) > _MAX_T_CO_CHARACTERS else [Link(start, short.end(), True)]
    return [Link(start, end, True, sure=bool(domain_length))]


def _links_without_scheme(text: str, start: int, run_end: int, law: LinkLaw) -> list[Link]:
    domain = text[start : start + _domain_length(text[start:run_end], text[run_end : run_end + 1])]
    end = _link_end(text, start + len(domain), law)
    if not domain or not _is_sendable(text[start:end], domain, len("https://")):
        return []
    links = []
    for plain in _PLAIN_DOMAIN.finditer(domain):
        name = plain.group().lstrip("-")
        if length := _domain_length(name, domain[plain.end() : plain.end() + 1]):
            links.append(Link(start + plain.start(), start + plain.end() - len(name) + length, False))
    if links and "/" in text[start + len(domain) : end]:
        links[-1] = Link(links[-1].start, end, False)
    return links


def _domain_length(run: str, following: str) -> int:
    """Say how much of a run of letters and dots is a domain: as long as possible, up to a known top-level domain."""
    length = position = 0
    before = "_"
    for label in run.split("."):
        after = following if position + len(label) == len(run) else "."
        if "_" not in before and (top_level := _top_level_length(label, after)):
            length = position + top_level
        if not _LABEL.match(label):
            break
        before = label
        position += len(label) + 1
    return length


def _top_level_length(label: str, following: str) -> int:
    if punycode := _PUNYCODE.match(label):
        return punycode.end()
    if word := _ASCII_WORD.match(label):
        goes_on = word.end() == len(label) and following in ("@", "+")
        return word.end() if word.group().lower() in TOP_LEVEL_DOMAINS and not goes_on else 0
    if label.isascii():
        return 0
    label_and_next = label + following
    sizes = range(min(len(label), _LONGEST_TOP_LEVEL), 0, -1)
    ends = (size for size in sizes if not _GOES_ON.match(label_and_next, size))
    return next((size for size in ends if label[:size] in TOP_LEVEL_DOMAINS), 0)


def _unknown_domain_length(run: str) -> int:
    """Take a run for a domain whose top-level domain is not in the list, if it looks like one."""
    match = re.match(rf"[-{_LATIN}]++(?:\.[-{_LATIN}]++)*\.[A-Za-z]{{2,}}\Z", run.rstrip("."))
    return match.end() if match else 0


def _link_end(text: str, position: int, law: LinkLaw) -> int:
    if port := _PORT.match(text, position):
        position = port.end()
    if (path := law.path.match(text, position)) and (whole := law.path_end.match(path.group())):
        position += whole.end()
    if (query := law.query.match(text, position)) and (whole := law.query_end.match(query.group(), 1)):
        position += whole.end()
    return position


def _is_sendable(link: str, domain: str, scheme_length: int) -> bool:
    """Say whether names and length are such that the network makes a link of it."""
    labels = [_sent_length(label) for label in domain.split(".")]
    if max(labels) > MAX_LABEL_CHARACTERS:
        return False
    return len(link) + sum(labels) - len(domain) + len(labels) - 1 + scheme_length <= MAX_LINK_CHARACTERS


def _sent_length(label: str) -> int:
    if label.isascii() or len(label) > MAX_LABEL_CHARACTERS:
        return len(label)
    return len("xn--") + len(label.encode("punycode"))
