"""`[monitor]` and `[retention]`: numbers within limits."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.config.places import Places
from publisher.config.settings import Document
from publisher.errors import ConfigError

# section -> key -> least, most, an example that works
_LIMITS = {
    "monitor": {"port": (1, 65_535, 9_123)},
    # An address is needed for as long as bounces come in, and while a person may still ask for another try.
    "retention": {"attempts_days": (1, 3_650, 90), "addresses_days": (7, 3_650, 90)},
}


def check_limits(document: Document, places: Places) -> Iterator[ConfigError]:
    """Check each number that is there."""
    for section, keys in _LIMITS.items():
        for key, (least, most, example) in keys.items():
            value = getattr(getattr(document, section), key)
            if value is not None and not least <= value <= most:
                what = f'"{key}" must be from {least} to {most}, not {value}'
                hint = f"Write for example {key} = {example}."
                yield ConfigError(what, where=places.where((section, key)), hint=hint)
