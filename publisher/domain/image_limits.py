"""What a network takes of an image."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Largest image of a post; a larger one is scaled down before freezing. Both maxima are inclusive.

    `max_bytes` of the encoded file; `max_side_px` of the longer side; `media_types` that are taken, the preferred
    one first; `max_alt_characters` in code points, None if unlimited. `source` names the origin and the day checked.
    """

    max_bytes: int
    max_side_px: int
    media_types: tuple[str, ...] = ("image/jpeg", "image/png")
    max_alt_characters: int | None = None
    source: str = ""
