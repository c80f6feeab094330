"""Addresses of links as a mail may carry them: absolute, in ASCII, of a kind that every reader's program opens."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from publisher.errors import InsecureAddress, QueueError

_SAFE = "%/:?#[]@!$&'()*+,;=-._~"
_PHONE = re.compile(r"[+0-9][0-9 ()/.-]{4,}")


def web_address(url: str, *, where: str, field: str) -> str:
    """Give an https or http address with its host as A-labels and no space in it. Errors: QueueError."""
    parts = _split(url.strip())
    if parts is None:
        raise QueueError(
            f'"{field}" is no web address: {url[:100]!r}',
            where=where,
            hint='Write it in full, for example "https://www.example.org/news/pump".',
            field=field,
        )
    scheme, host, path, query, fragment = parts
    return urlunsplit((scheme, host, *(quote(part, safe=_SAFE) for part in (path, query, fragment))))


def refuse_http(address: str, *, where: str, field: str) -> str:
    """Give an address that is not http. Errors: InsecureAddress."""
    if address.startswith("http://"):
        raise InsecureAddress(address, where=where, field=field)
    return address


def _split(url: str) -> tuple[str, str, str, str, str] | None:
    import idna

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        if parts.scheme not in ("https", "http") or not host or parts.username is not None:
            return None
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except (ValueError, idna.IDNAError):
        return None
    if re.search(r"[\x00-\x20\"<>\\^`{|}]", ascii_host):
        return None
    return parts.scheme, ascii_host + (f":{port}" if port else ""), parts.path, parts.query, parts.fragment


def contact_address(contact: str) -> str | None:
    """Give mailto: for an e-mail address, tel: for a telephone number, the address itself for a page, else None."""
    if re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+", contact):
        return f"mailto:{quote(contact, safe='@.+-_')}"
    if _PHONE.fullmatch(contact):
        return "tel:" + re.sub(r"[^+0-9]", "", contact.replace("(0)", ""))
    return contact if contact.startswith("https://") else None
