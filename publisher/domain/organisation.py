"""Who publishes: the `[organisation]` section of the config. It stands in every footer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

STRICT: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Colours of e-mails as six-digit hex, for light and for dark mode."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    accent: str = "#0b5cad"
    """Links, kickers and lines."""
    accent_dark: str = "#8cc4ff"
    """The same in dark mode."""
    text: str = "#1b2330"
    """Headlines and text."""
    text_dark: str = "#e9edf2"
    """The same in dark mode."""
    muted: str = "#5a6573"
    """What is less important: dates, captions, sources, the imprint."""
    muted_dark: str = "#adb8c4"
    """The same in dark mode."""
    background: str = "#ffffff"
    """Behind the articles."""
    background_dark: str = "#1a2028"
    """The same in dark mode."""
    panel: str = "#f1f4f8"
    """Behind what is set off: lists of related articles."""
    panel_dark: str = "#232b35"
    """The same in dark mode."""
    surround: str = "#edf0f4"
    """Around the sheet, and behind the imprint."""
    surround_dark: str = "#0f1419"
    """The same in dark mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The organisation that publishes."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    name: str
    """Name as readers know it."""
    postal_address: str
    """Postal address for the imprint of every e-mail, several lines if you like."""
    website: str | None = None
    """Address of the website, https."""
    imprint_url: str | None = None
    """Address of the legal imprint, https."""
    contact: str | None = None
    """E-mail address or telephone number for the imprint."""
    logo: str | None = None
    """Logo: a PNG, JPEG or GIF file in the project folder."""
    colours: Colours = field(default_factory=Colours)
    """Colours of e-mails."""
    language: str = "de"
    """Language of everything without one of its own: de or en."""
    time_zone: str = "Europe/Berlin"
    """Time zone of every date shown and of every schedule without one of its own."""
