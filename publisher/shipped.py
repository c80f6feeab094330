"""What the program brings along: default templates, sample articles, the example config.

In a wheel they are inside the package; in a checkout they stand beside it, where a team edits them.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """Give the path of a shipped file or folder, for example "templates"."""
    inside = _PACKAGE / "_shipped" / name
    return inside if inside.exists() else _PACKAGE.parent / name
