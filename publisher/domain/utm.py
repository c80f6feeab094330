"""UTM parameters: how a web statistics program learns from which channel a visitor came."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote


def with_utm(url: str, values: Mapping[str, str]) -> str:
    """Add `utm_source=...` and the like to an address. What stands there already stays, byte for byte, and wins.

    Shape: `values` by name without "utm_", in the order in which they are added.
    """
    address, hash_sign, fragment = url.partition("#")
    before, _, query = address.partition("?")
    present = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    added = [f"utm_{name}={quote(value, safe='-._~')}" for name, value in values.items() if value]
    new = [text for text in added if text.partition("=")[0] not in present]
    if not new:
        return url
    joint = "" if not query or query.endswith("&") else "&"
    return f"{before}?{query}{joint}{'&'.join(new)}{hash_sign}{fragment}"
