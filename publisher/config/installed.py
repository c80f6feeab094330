"""What a config may name that other parts of the program know; the caller says how to find it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publisher.ports.adapter import AdapterType


@dataclass(frozen=True, slots=True)
class Installed:
    """Adapters, designs of e-mails, mail programs.

    `find_adapter` raises ConfigError for a name that it does not know, `choose_clients` for a pattern that names no
    mail program; its second argument is where the pattern stands. `designs` takes the team's own template folder.
    """

    find_adapter: Callable[[str], AdapterType]
    adapter_names: Callable[[], Sequence[str]]
    designs: Callable[[Path], Collection[str]]
    choose_clients: Callable[[Iterable[str], str], object]
