"""Parse TOML; what is wrong is said in plain words, with its line and without a secret that stands there."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from publisher.config.places import never_closed
from publisher.errors import ConfigError

# What tomllib says (Python 3.11 to 3.14, checked 2026-11-23), what it means to a person, and what to do.
_CLOSE_TEXT = ("a text is opened and never closed", 'Close it: title = "Daily news"')
_BACKSLASH = ("a backslash stands in double quotes", "Use single quotes: logo = 'images\\logo.png'")
_OPEN_LIST = ("a bracket is opened and never closed", 'Close it: tags = ["water", "heat"]')
_NO_VALUE = ("this value is no text, number, true or false", 'Put quotation marks around a text: title = "Daily news"')
_NO_KEY = ("this is not a key with its value", 'Write a name, = and a value: title = "Daily news"')
_TWICE = ("this key is there twice", "Keep one of the two, for example the second.")
_IN_PLAIN_WORDS = (
    ("Unescaped '\\'", _BACKSLASH),
    ("Invalid hex value", _BACKSLASH),
    ("Illegal character '\\n'", _CLOSE_TEXT),
    ("Unterminated string", _CLOSE_TEXT),
    ('Expected "\'"', _CLOSE_TEXT),
    ("Invalid value", _NO_VALUE),
    ("Invalid initial character for a key", _NO_KEY),
    ("Invalid statement", _NO_KEY),
    ("Expected '='", ("a = is missing, or a blank or an umlaut stands in the name before it", _NO_KEY[1])),
    ("Expected newline", ("something stands behind the value", 'A comment begins with #: title = "News"  # ours')),
    ("Unclosed array", _OPEN_LIST),
    ("Unclosed inline table", ("a brace is opened and never closed", 'Close it: password = {env = "SMTP_PASSWORD"}')),
    ("at the end of a table declaration", ("the name of a section is not closed", "Close it: [digests.daily]")),
    ("Cannot overwrite", _TWICE),
    ("Duplicate inline table key", _TWICE),
    ("Cannot declare", ("this section is there twice", "Keep one of the two, or give the second another name.")),
)
_HINT = 'Put quotation marks around texts, for example title = "Daily news"; a section begins with a line [name].'
_SECRET = re.compile(r"(\S*(?:password|secret|token|key|passwort)\S*\s*=).*", re.IGNORECASE)


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Parse the text of the file of this name. Errors: ConfigError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, _, place = str(error).partition(" (at ")
    lines = text.split("\n")
    match = re.search(r"line (\d+)", place)
    line = min(int(match.group(1)), len(lines)) if match else _last_line(lines)
    meaning, hint = _plain_words(said)
    opened, sign = never_closed(lines, line if match else len(lines))
    if opened:
        line, (meaning, hint) = opened, _OPEN_LIST if sign == "[" else _CLOSE_TEXT
    shown = _SECRET.sub(r"\1 ...", lines[line - 1].strip())
    raise ConfigError(f"not valid TOML: {meaning}: {shown}".removesuffix(": "), where=f"{name}:{line}", hint=hint)


_OPEN_SINGLE_QUOTE = re.compile(r"[=\[,]\s*'[^']*$")


def _last_line(lines: list[str]) -> int:
    """The parser met the end: the culprit has a single quotation mark, or is the last line with something on it."""
    opened = (number for number, line in enumerate(lines, start=1) if _OPEN_SINGLE_QUOTE.search(line))
    written = (number for number, line in enumerate(lines, start=1) if line.strip())
    return next(opened, max(written, default=1))


def _plain_words(said: str) -> tuple[str, str]:
    return next((words for sign, words in _IN_PLAIN_WORDS if sign in said), (said, _HINT))
