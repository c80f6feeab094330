"""Where a key stands in a TOML text: the parser does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*\[\[?\s*({_NAME})\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(rf"\s*({_NAME})\s*=")
_PARTS = re.compile(_PART)
# Brackets, and what they may hide in: a quotation mark opens a text that ends at the next, or at the line's end.
_TOKEN = re.compile(r"""\"{3}|'{3}|"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|\#.*|[\[\]{}]""")


class Places:
    """Find the line of a key in a TOML text."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in _lines_with_keys(text):
            if match := _TABLE.fullmatch(line):
                table = _parts(match.group(1))
                for length in range(1, len(table) + 1):
                    self._lines.setdefault(table[:length], number)
            elif match := _KEY.match(line):
                self._lines.setdefault((*table, *_parts(match.group(1))), number)

    def where(self, path: Sequence[str | int]) -> str:
        """Give `config.toml:12 [channels.mail.port]`; the line is that of the nearest table if the key is not there.

        The numbers of a list's entries are left out.
        """
        keys = tuple(part for part in path if isinstance(part, str))
        shown = ".".join(keys)
        for length in range(len(keys), 0, -1):
            if keys[:length] in self._lines:
                return f"{self._name}:{self._lines[keys[:length]]} [{shown}]"
        return f"{self._name} [{shown}]" if shown else self._name


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PARTS.findall(name))


def _lines_with_keys(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines, counted from 1, that do not begin inside a list, an inline table or a text of several lines."""
    fence, depth = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not fence and not depth:
            yield number, line.rstrip("\r")
        fence, depth = _state_after(line, fence, depth)


def never_closed(lines: Sequence[str], number: int) -> tuple[int, str]:
    """Find what is open where a line begins that looks like a new key or section, or that is the last one.

    Gives the line in which it was opened, from 1, and its sign: a bracket or quotation marks; (0, "") if nothing is.
    """
    line = lines[number - 1]
    if number < len(lines) and line.strip() and not (_KEY.match(line) or _TABLE.fullmatch(line)):
        return 0, ""
    fence, depth, opened = "", 0, 0
    for current, line in enumerate(lines[: number - 1], start=1):
        was_open = bool(fence or depth)
        fence, depth = _state_after(line, fence, depth)
        opened = 0 if not (fence or depth) else opened if was_open else current
    return (opened, fence or "[") if opened else (0, "")


def _state_after(line: str, fence: str, depth: int) -> tuple[str, int]:
    """Say what is open at a line's end: the quotation marks of a text, and how many brackets."""
    position = 0
    while True:
        if fence:
            end = line.find(fence, position)
            if end < 0:
                return fence, depth
            position, fence = end + 3, ""
        token = _TOKEN.search(line, position)
        if token is None:
            return "", depth
        position = token.end()
        if token.group() in ('"""', "'''"):
            fence = token.group()
        depth = max(0, depth + (token.group() in "[{") - (token.group() in "]}"))
