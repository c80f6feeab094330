"""What a network will do to a post that its author may not expect; none of it stops the post."""

from __future__ import annotations

import re

from publisher.domain.links import X_LINKS, Link, find_links
from publisher.domain.text_limits import MAX_EXACT_CHARACTERS, Measure

# Threads refuses a post with more: THREADS_API__LINK_LIMIT_EXCEEDED, since 2025-12-22, checked 2026-11-23.
MAX_THREADS_LINKS = 5
_NEAR_THE_LIMIT = 0.9

_FILE_ENDINGS = frozenset({"md", "py", "sh", "rs", "pl", "zip", "mov"})
_CALLS_TO_ALL = {
    "slack": re.compile(r"@(?:channel|here|everyone)\b|<!(?:channel|here|everyone)>"),
    "mattermost": re.compile(r"@(?:channel|here|all)\b"),
    "discord": re.compile(r"@(?:everyone|here)\b"),
    "google_chat": re.compile(r"<users/all>"),
}


def post_warnings(text: str, network: str, measured: Measure) -> tuple[str, ...]:
    """Say in plain sentences what will surprise the author of this text on this network."""
    if len(text) > MAX_EXACT_CHARACTERS:
        return ()
    found = {
        "x": lambda: [*_accidental_links(text), *_unsure_emoji(text, measured)],
        "threads": lambda: _many_links(text),
        "mastodon": lambda: _missing_links(text),
    }.get(network, list)()
    return (*found, *_calls_to_all(text, network))


def _accidental_links(text: str) -> list[str]:
    return [
        f'X makes a link of "{shown}", which counts 23: put a space after the full stop, or write it in another way.'
        for link in find_links(text, X_LINKS)
        if not link.has_scheme and _is_accidental(shown := text[link.start : link.end])
    ]


def _is_accidental(shown: str) -> bool:
    """Take "heute.In" and "README.md" for accidents, "wilo.de" for a link that is meant."""
    ending = re.split(r"[/:?]", shown)[0].rsplit(".", 1)[-1]
    return ending != ending.lower() or ending in _FILE_ENDINGS


def _unsure_emoji(text: str, measured: Measure) -> list[str]:
    from publisher.domain.x_weights import emoji_of_unsure_weight

    emoji = emoji_of_unsure_weight(text)
    if not emoji or measured.length < measured.max_length * _NEAR_THE_LIMIT:
        return []
    shown = ", ".join(dict.fromkeys(emoji))
    return [f"X may count {shown} as more than 2, and this post is near the limit; it is counted at the larger value."]


def _many_links(text: str) -> list[str]:
    links = {text[link.start : link.end] for link in find_links(text, X_LINKS)}
    if len(links) <= MAX_THREADS_LINKS:
        return []
    return [f"Threads refuses a post with more than {MAX_THREADS_LINKS} links, and this one has {len(links)}."]


def _missing_links(text: str) -> list[str]:
    domains = [text[link.start : link.end] for link in find_links(text, X_LINKS) if _is_bare(text, link)]
    return [
        f'Mastodon makes no link of "{name}": write "https://{name}" if it is to be one.'
        for name in dict.fromkeys(domains)
    ]


def _is_bare(text: str, link: Link) -> bool:
    return not link.has_scheme and not _is_accidental(text[link.start : link.end])


def _calls_to_all(text: str, network: str) -> list[str]:
    calls = _CALLS_TO_ALL.get(network)
    found = dict.fromkeys(calls.findall(text)) if calls else {}
    return [f'"{call}" would notify everybody; it is sent so that it notifies nobody.' for call in found]
