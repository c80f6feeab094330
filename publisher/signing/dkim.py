"""DKIM signatures: which headers are signed, and the lines that go in front of the message.

*Source:* RFC 6376 sections 3.5, 3.7 and 5.4, RFC 8058 section 4, RFC 8463 (checked 2026-11-23).
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from publisher.signing.canonical import header_fields, relaxed_header
from publisher.signing.keys import SigningKey

SIGNED = (
    *("from", "to", "cc", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("content-transfer-encoding", "list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id"),
    *("in-reply-to", "references"),
)
# Named once more than they are there, so that nobody can add another one: RFC 6376 section 8.15 (checked 2026-11-23).
OVERSIGNED = frozenset(
    {
        *("from", "to", "cc", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"),
        *("list-unsubscribe", "list-unsubscribe-post"),
    }
)
_COLUMNS = 72


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs: a domain, one of its selectors, and the key whose public half stands there in the DNS."""

    domain: str
    selector: str
    key: SigningKey


class Signer:
    """Signs the messages of one channel, with each of its keys."""

    def __init__(self, signatures: Sequence[Signature]) -> None:
        self._signatures = tuple(signatures)

    def sign(self, headers: bytes, body_digest: bytes, signed_at: int) -> bytes:
        """Give the DKIM-Signature lines that go in front of `headers`, each line ended by CRLF.

        *Units:* `signed_at` in seconds since 1970. *Shape:* `headers` is the whole block, every line ended by CRLF.
        """
        names, canonical = _chosen(header_fields(headers))
        body = base64.b64encode(body_digest).decode("ascii")
        return b"".join(self._line(one, names, canonical, body, signed_at) for one in self._signatures)

    def _line(self, one: Signature, names: list[str], canonical: bytes, body: str, signed_at: int) -> bytes:
        start = f"v=1; a={one.key.algorithm}; c=relaxed/relaxed; d={one.domain}; s={one.selector};"
        value = f" {start}\r\n t={signed_at}; bh={body};\r\n h={_folded_names(names)};\r\n b="
        own = relaxed_header(b"dkim-signature", value.replace("\r\n", "").encode("ascii"))
        signature = base64.b64encode(one.key.sign(hashlib.sha256(canonical + own).digest())).decode("ascii")
        lines = [signature[at : at + _COLUMNS] for at in range(0, len(signature), _COLUMNS)]
        folded = "\r\n ".join(lines)
        return f"DKIM-Signature:{value}{folded}\r\n".encode("ascii")


def _chosen(fields: Sequence[tuple[bytes, bytes]]) -> tuple[list[str], bytes]:
    """Give the names of `h=`, and the fields that they stand for: of equal ones the lowest comes first."""
    counts = Counter(name for name, _ in fields)
    lowest_first = list(reversed(fields))
    names: list[str] = []
    lines: list[bytes] = []
    for name in SIGNED:
        wanted = name.encode("ascii")
        names += [name] * (counts[wanted] + (name in OVERSIGNED))
        if counts[wanted]:
            lines += [relaxed_header(field, value) + b"\r\n" for field, value in lowest_first if field == wanted]
    return names, b"".join(lines)


def _folded_names(names: Sequence[str]) -> str:
    """Write the list of names in lines; between names, blanks mean nothing."""
    lines, line = [], ""
    for name in names:
        if line and len(line) + 1 + len(name) > _COLUMNS:
            lines.append(line + ":")
            line = name
        else:
            line = f"{line}:{name}" if line else name
    return "\r\n ".join([*lines, line])
