"""Changes: whether anybody has written to the store, asked so often that the answer must cost next to nothing."""

from __future__ import annotations

from typing import Protocol


class Changes(Protocol):
    """Signs of writing by any process."""

    def seen(self) -> bool:
        """Say whether something was written since the last call, perhaps by ourselves; the first time, True."""
        ...
