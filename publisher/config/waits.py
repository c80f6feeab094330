"""`[delivery]`: limits within which waits make sense."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.config.places import Places
from publisher.config.settings import DeliverySettings
from publisher.errors import ConfigError

# key -> least, most, an example that works
_LIMITS = {
    "first_wait_seconds": (60, 3_600, 300),
    "longest_wait_seconds": (60, 86_400, 4_000),
    "give_up_after_hours": (1, 240, 120),
}


def check_delivery(delivery: DeliverySettings, places: Places) -> Iterator[ConfigError]:
    """Check each number, and that the first wait is not longer than the longest."""
    for key, (least, most, example) in _LIMITS.items():
        value = getattr(delivery, key)
        if not least <= value <= most:
            what = f'"{key}" must be from {least} to {most:d}, not {value}'
            yield ConfigError(what, where=places.where(("delivery", key)), hint=f"Write for example {key} = {example}.")
    if delivery.first_wait_seconds > delivery.longest_wait_seconds:
        what = '"first_wait_seconds" is longer than "longest_wait_seconds"'
        hint = "Write for example first_wait_seconds = 300 and longest_wait_seconds = 4000."
        yield ConfigError(what, where=places.where(("delivery", "first_wait_seconds")), hint=hint)
