"""A remote's own words, made fit to be kept and shown: one line, short, without secrets or full addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable

from publisher.domain.attempt import MAX_REPLY_CHARACTERS

_ADDRESS = re.compile(r"[^\s<>()\[\]\\,;:@\"']{1,64}@(?=[^\s<>()@]{1,253})")
# Longer answers are cut before they are looked through, so that a hostile one costs no time.
_LOOKED_AT_CHARACTERS = 4 * MAX_REPLY_CHARACTERS


def quote_reply(reply: str | bytes, secrets: Iterable[str] = ()) -> str:
    """Quote at most 200 characters of a reply: secrets and the local parts of addresses hidden, on one line."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    text = _hide(text, secrets)[:_LOOKED_AT_CHARACTERS]
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    if "@" in text:
        text = _ADDRESS.sub(lambda match: f"{match.group()[0]}…@", text)
    return " ".join(text.split())[:MAX_REPLY_CHARACTERS]


def _hide(text: str, secrets: Iterable[str]) -> str:
    if not secrets:
        return text
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "(hidden)")
    return text
