"""YAML as texts with their lines: no guessed types, no aliases, no tags, no key twice.

Values stay the text that was written: `lang: no` is "no", `12:30` is "12:30". What a field means is decided by its
reader in `field_values.py`, not by YAML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

# The front matter's own fields nest three deep; the rest is an attack on the stack.
MAX_DEPTH = 8


@dataclass(slots=True)
class Scalar:
    """A text; `plain` if it stood there without quotes."""

    text: str
    line: int
    plain: bool


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: list[Node]
    line: int


@dataclass(slots=True)
class Mapping:
    """Fields; `lines` says where each key stands."""

    entries: dict[str, Node]
    lines: dict[str, int]
    line: int


Node = Scalar | Sequence | Mapping


@dataclass(slots=True)
class YamlProblem(Exception):
    """The text is not the YAML that we take. `line` counts from 1 in the text given."""

    line: int
    what: str
    hint: str
    key: str = field(default="")


def parse_yaml(text: str, first_line: int = 1) -> Node | None:
    """Read one YAML document; None if there is nothing in it. Errors: YamlProblem.

    `first_line` is the number that the text's first line has in its file.
    """
    loader = yaml.CBaseLoader(text)
    try:
        return _Composer(loader.get_event, first_line).document()
    except yaml.YAMLError as error:
        raise _problem_of(error, text, first_line) from error
    finally:
        loader.dispose()


class _Composer:
    """Builds nodes out of the parser's events. PyYAML's own composer resolves aliases and lets keys stand twice."""

    def __init__(self, next_event: Callable[[], Any], first_line: int) -> None:
        self.next_event = next_event
        self.first_line = first_line

    def document(self) -> Node | None:
        self.next_event()  # the stream's start
        if isinstance(self.next_event(), yaml.StreamEndEvent):
            return None
        node = self.node(self.next_event(), 0)
        self.next_event()  # the document's end
        event = self.next_event()
        if not isinstance(event, yaml.StreamEndEvent):
            line = self.first_line + event.start_mark.line
            raise YamlProblem(line, "something follows the end of the front matter", _INDENT_HINT)
        return node

    def node(self, event: Any, depth: int) -> Node:
        kind = type(event)
        line: int = self.first_line + event.start_mark.line
        if event.anchor is not None:
            raise _reference_problem(event, line)
        if event.tag is not None:
            raise YamlProblem(line, f"the YAML tag {event.tag} is not allowed", "Put quotes around the value.")
        if kind is yaml.ScalarEvent:
            return Scalar(event.value, line, not event.style)
        if depth == MAX_DEPTH:
            raise YamlProblem(line, f"the front matter is nested more than {MAX_DEPTH} deep", "Write it flatter.")
        if kind is yaml.MappingStartEvent:
            return self.mapping(line, depth + 1)
        return self.sequence(line, depth + 1)

    def sequence(self, line: int, depth: int) -> Sequence:
        items = []
        while type(event := self.next_event()) is not yaml.SequenceEndEvent:
            items.append(self.node(event, depth))
        return Sequence(items, line)

    def mapping(self, line: int, depth: int) -> Mapping:
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while type(event := self.next_event()) is not yaml.MappingEndEvent:
            key = self.node(event, depth)
            if not isinstance(key, Scalar):
                raise YamlProblem(key.line, "a field has a list or a mapping as its name", "Write a name: title: ...")
            if key.text in entries:
                raise _twice(key, lines[key.text])
            entries[key.text] = self.node(self.next_event(), depth)
            lines[key.text] = key.line
        return Mapping(entries, lines, line)


def _twice(key: Scalar, first: int) -> YamlProblem:
    what = f'"{key.text}" is given twice, first in line {first}'
    return YamlProblem(key.line, what, "Keep one of the two.", key.text)


def _reference_problem(event: Any, line: int) -> YamlProblem:
    shown = f"{'*' if isinstance(event, yaml.AliasEvent) else '&'}{event.anchor}"
    what = f'"{shown}" is a YAML anchor or alias; they are not allowed'
    return YamlProblem(line, what, f'Put quotes around the value if it is a text: "{shown}".')


_COLON_HINT = 'Put quotes around a text with a colon in it, for example title: "Pumps: what is new".'
_SIGN_HINT = "Put quotes around the value, and indent with spaces, never with a tab."

_NEIGHBOUR_HINT = 'Indent with the same spaces, and write a quotation mark inside quotes as "the \\"new\\" pump".'

# What libyaml says (0.2.5, read 2026-11-23), and what it means to a person.
_IN_PLAIN_WORDS = (
    ("mapping values are not allowed", "a second colon in one line", _COLON_HINT),
    ("could not find expected ':'", "a line without a field name and colon", 'Write it as a field: teaser: "A text".'),
    ("cannot start any token", "a value begins with a sign that YAML keeps for itself, or with a tab", _SIGN_HINT),
    ("found unexpected end of stream", "a quotation mark is opened and never closed", 'Close it: title: "A text"'),
    (
        "did not find expected key",
        "a line is not indented like its neighbours, or a quotation mark is wrong",
        _NEIGHBOUR_HINT,
    ),
    ("did not find expected ',' or", "a bracket [ or { is opened and never closed", "Close it: tags: [pumps, water]"),
    ("did not find expected '-' indicator", "a list is not indented evenly", "Begin each of its lines alike, with -"),
    ("block sequence entries are not allowed", "a list begins in the line of its field", "Begin it in the next line."),
    ("did not find expected <document start>", "a line consists of ... only, and more follows", "Delete that line."),
    ("did not find expected alphabetic", "a value begins with * or &, which YAML keeps for itself", _SIGN_HINT),
    ("unknown escape character", "a backslash in double quotes", "Use single quotes: 'C:\\pictures'"),
)
_INDENT_HINT = "Begin every field at the very start of its line, and put quotes around texts with special signs."
_OPEN_QUOTE = re.compile(r"""^[^#\n"']*[:\-\[,] *(["'])(?!.*\1[ \t]*$)""", re.MULTILINE)


def _problem_of(error: yaml.YAMLError, text: str, first_line: int) -> YamlProblem:
    if not isinstance(error, yaml.MarkedYAMLError):
        return _unprintable_problem(text, first_line)
    said = error.problem or "unknown problem"
    line = first_line + _line_of(error, said, text)
    for sign, what, hint in _IN_PLAIN_WORDS:
        if sign in said:
            return YamlProblem(line, f"the front matter is not valid YAML: {what}", hint)
    return YamlProblem(line, f"the front matter is not valid YAML: {said}", _INDENT_HINT)


def _line_of(error: yaml.MarkedYAMLError, said: str, text: str) -> int:
    """Find the line that a person must change, from 0; the parser notices some mistakes only further down."""
    if "unexpected end of stream" in said and (opened := _OPEN_QUOTE.search(text)):
        return text.count("\n", 0, opened.start())
    begun = "could not find expected ':'" in said or "did not find expected ','" in said
    mark = (error.context_mark if begun else None) or error.problem_mark
    return mark.line if mark else 0


# YAML 1.1, 5.1: the characters that may stand in a stream; https://yaml.org/spec/1.1/ read 2026-11-23.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _unprintable_problem(text: str, first_line: int) -> YamlProblem:
    found = _UNPRINTABLE.search(text)
    line = first_line + (text.count("\n", 0, found.start()) if found else 0)
    shown = f": U+{ord(found.group()):04X}" if found else ""
    return YamlProblem(line, f"the front matter has a control character{shown}", "Delete it; it may be invisible.")
