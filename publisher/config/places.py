"""Where a key stands in a TOML text: the parser does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_TABLE = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-]+(?:\s*\.\s*[A-Za-z0-9_\-]+)*|\"[^\"]+\")\s*=")


class Places:
    """Find the line of a key in a TOML text: tomllib does not tell."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(_without_multi_line_strings(text), start=1):
            if match := _TABLE.match(line):
                table = tuple(part.strip().strip('"') for part in match.group(1).split("."))
                self._lines.setdefault(table, number)
            elif match := _KEY.match(line):
                keys = tuple(part.strip().strip('"') for part in match.group(1).split("."))
                self._lines.setdefault((*table, *keys), number)

    def where(self, path: Sequence[str | int]) -> str:
        """Give `config.toml:12 [channels.mail.port]`; the line is that of the nearest table if the key is not there."""
        keys = tuple(str(part) for part in path)
        shown = ".".join(keys)
        for length in range(len(keys), 0, -1):
            if keys[:length] in self._lines:
                return f"{self._name}:{self._lines[keys[:length]]} [{shown}]"
        return f"{self._name} [{shown}]" if shown else self._name


def _without_multi_line_strings(text: str) -> Iterator[str]:
    """Give the lines with those inside a multi-line string emptied."""
    fence = ""
    for line in text.splitlines():
        if fence:
            fence = "" if fence in line else fence
            yield ""
            continue
        for mark in ('"""', "'''"):
            if line.count(mark) % 2:
                fence = mark
        yield line
