"""Signed tokens: they stand in addresses, name one delivery, hide the recipient, and cannot be made by others.

A token is the delivery's number and a code (HMAC-SHA256) over all that the number stands for. Whoever reads one looks
the delivery up by its number and then asks whether the token was made for it. So a token holds no address, and one from
before a restored backup is not taken for another person's.

*Source:* RFC 2104 section 5 on shortened codes, RFC 4648 section 6 on the alphabet (checked 2026-11-23).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from enum import StrEnum
from typing import NamedTuple

CODE_OCTETS = 16
NUMBER_OCTETS = 6
TOKEN_CHARACTERS = 36  # small letters and digits; what reads a bounce's address makes its letters small first
_TOKEN = re.compile(r"[a-z2-7]{36}")


class Purpose(StrEnum):
    """What a token is good for; one for this is refused for that."""

    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"


class TokenSubject(NamedTuple):
    """What a token stands for. `edition` is the delivery's occurrence, for example "daily/7"."""

    delivery_id: int
    digest: str
    recipient: str
    edition: str


def make_token(secret: str, purpose: Purpose, subject: TokenSubject) -> str:
    """Make a token: 36 small letters and digits. `secret` is this installation's own."""
    number = subject.delivery_id.to_bytes(NUMBER_OCTETS, "big")
    return _written(number + _code(secret, purpose, subject))


def delivery_id_of(token: str) -> int | None:
    """Give the number of the delivery that a token names, genuine or not; None if it cannot be a token."""
    octets = _octets(token)
    return None if octets is None else int.from_bytes(octets[:NUMBER_OCTETS], "big")


def read_token(secret: str, purpose: Purpose, token: str, subject: TokenSubject) -> bool:
    """Say whether a token was made for this. It takes the same time wherever a wrong one differs."""
    octets = _octets(token)
    expected = subject.delivery_id.to_bytes(NUMBER_OCTETS, "big") + _code(secret, purpose, subject)
    return hmac.compare_digest(octets or bytes(len(expected)), expected)


def _octets(token: str) -> bytes | None:
    """Read the octets; None if it is not written exactly as we write them."""
    if not _TOKEN.fullmatch(token):
        return None
    octets = base64.b32decode(token.upper() + "====")
    return octets if _written(octets) == token else None


def _written(octets: bytes) -> str:
    return base64.b32encode(octets).decode("ascii").rstrip("=").lower()


def _code(secret: str, purpose: Purpose, subject: TokenSubject) -> bytes:
    parts = [purpose.value, subject.delivery_id, subject.digest, subject.recipient, subject.edition]
    return hmac.digest(secret.encode(), json.dumps(parts).encode(), hashlib.sha256)[:CODE_OCTETS]
