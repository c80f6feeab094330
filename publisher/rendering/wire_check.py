"""Check the exact bytes of a built e-mail with a small parser of its own, which shares no code with the writers.

*Source:* RFC 5322 sections 2.1.1, 2.2 and 3.6, RFC 2045 section 6.7, RFC 2047 section 2 (checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

EXACTLY_ONE = (
    b"date",
    b"from",
    b"to",
    b"message-id",
    b"subject",
    b"mime-version",
    b"content-type",
)
TO_A_LIST = (b"list-id", b"list-unsubscribe")
AT_MOST_ONE = (
    b"sender",
    b"reply-to",
    b"list-unsubscribe-post",
    b"feedback-id",
    b"precedence",
    b"auto-submitted",
    b"list-help",
    b"list-owner",
    b"list-archive",
)
NEVER = (b"bcc", b"resent-bcc", b"return-path", b"received", b"list-post", b"dkim-signature")
# What a value has to look like. *Source:* RFC 5322 sections 3.3, 3.4 and 3.6.4, RFC 2919 section 3, RFC 8058 section 3,
# RFC 3834 section 5, Google's "Feedback Loop" for senders (checked 2026-11-23).
_FORMS = {
    b"date": rb"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?!-0000)[+-]\d{4}",
    b"from": rb"(?:(?:[^<>@\"]+|\"(?:[^\"\\]|\\.)*\") )?<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+",
    b"message-id": rb"<[^<>@\s]+@[^<>@\s]+>",
    b"mime-version": rb"1\.0",
    b"list-id": rb".+ <[a-z0-9-]+(\.[a-z0-9-]+)+>",
    b"list-unsubscribe": rb"(<https://[^<>\s]+>, )?<mailto:[^<>\s]+>",
    b"list-unsubscribe-post": rb"List-Unsubscribe=One-Click",
    b"feedback-id": rb"[^:\s]+:[^:\s]+:[^:\s]+:[a-z0-9]{5,15}",
    b"precedence": rb"bulk",
    b"auto-submitted": rb"auto-generated",
}
# No reader decodes words there: RFC 2047 section 5 (checked 2026-11-23).
_WITHOUT_WORDS = (b"date", b"message-id", b"mime-version", b"content-type", b"list-unsubscribe", b"feedback-id")
_NAME = re.compile(rb"[!-9;-~]+")
_ENCODED_WORD = re.compile(rb"=\?[^?\s]*\?[^?\s]*\?[^?]*\?=")


def wire_problems(headers: bytes, body: bytes, *, is_to_a_list: bool = True) -> list[str]:
    """List what would make a mail server or a reader stumble over these bytes; empty if nothing.

    A message that is not to a list, which a notice is not, has none of its headers.
    """
    return [
        *_line_problems("headers", headers),
        *_header_problems(headers, TO_A_LIST if is_to_a_list else ()),
        *_value_problems(headers),
        *_line_problems("body", body),
        *_parts(body),
    ]


def _line_problems(what: str, content: bytes) -> Iterator[str]:
    if not content.endswith(b"\r\n"):
        yield f"the {what} do not end with a line end"
    without = content.replace(b"\r\n", b"")
    if b"\r" in without or b"\n" in without:
        yield f"a bare CR or LF in the {what}"
    if b"\x00" in content:
        yield f"a NUL in the {what}"
    if any(octet > 0x7E for octet in content):
        yield f"an octet over 126 in the {what}"
    for number, line in enumerate(content.split(b"\r\n"), start=1):
        if len(line) > 998:
            yield f"line {number} of the {what} has {len(line)} octets; 998 are allowed"


def _header_problems(headers: bytes, more: tuple[bytes, ...]) -> Iterator[str]:
    counts: Counter[bytes] = Counter()
    for line in headers.split(b"\r\n")[:-1]:
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t"):
            if not line.strip() or not counts:
                yield "a folded line of the headers has nothing in it"
        elif not colon or not _NAME.fullmatch(name):
            yield f"a line of the headers is no field: {line[:60]!r}"
        else:
            counts[name.lower()] += 1
        if any(octet < 0x20 and octet != 0x09 for octet in line):
            yield f"a control character in the header line {line[:60]!r}"
        if any(len(word) > 75 for word in _ENCODED_WORD.findall(value or line)):
            yield f"an encoded word of more than 75 characters: {line[:60]!r}"
    yield from _count_problems(counts, (*EXACTLY_ONE, *more))


def _value_problems(headers: bytes) -> Iterator[str]:
    """Look at each field's value, unfolded."""
    fields = [line.partition(b":") for line in re.sub(rb"\r\n(?=[ \t])", b"", headers).split(b"\r\n")]
    values = {name.lower(): value.strip() for name, _, value in fields}
    for name, form in _FORMS.items():
        if name in values and not re.fullmatch(form, values[name]):
            yield f"the header {name.decode()} is not well formed: {values[name][:60]!r}"
    for name in _WITHOUT_WORDS:
        if _ENCODED_WORD.search(values.get(name, b"")):
            yield f"an encoded word in the header {name.decode()}, where nobody reads it"
    has_page = values.get(b"list-unsubscribe", b"").startswith(b"<https:")
    if has_page != (b"list-unsubscribe-post" in values):
        yield "an https address in List-Unsubscribe and List-Unsubscribe-Post go together"


def _count_problems(counts: Counter[bytes], exactly_one: tuple[bytes, ...]) -> Iterator[str]:
    for name in exactly_one:
        if counts[name] != 1:
            yield f"the header {name.decode()} stands {counts[name]} times; once is right"
    for name in AT_MOST_ONE:
        if counts[name] > 1:
            yield f"the header {name.decode()} stands {counts[name]} times"
    for name in NEVER:
        if counts[name]:
            yield f"the header {name.decode()} must not be there"


def _parts(body: bytes) -> Iterator[str]:
    """Look at the body as lines: encoded parts keep to 76 columns, and the last boundary is closed."""
    lines = body.split(b"\r\n")
    for number, line in enumerate(lines, start=1):
        if len(line) > 76 and not line.lower().startswith(b"content-"):
            yield f"line {number} of the body has {len(line)} octets; 76 are right"
        if line.startswith((b".", b"From ")):
            yield f"line {number} of the body starts with {line[:5]!r}, which relays change"
    closing = [line for line in lines if line.startswith(b"--") and line.endswith(b"--")]
    opening = {line for line in lines if line.startswith(b"--") and not line.endswith(b"--")}
    if {line[:-2] for line in closing} != opening or not opening:
        yield "a part of the body is not closed"
