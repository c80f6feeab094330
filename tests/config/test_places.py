from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.config.places import Places

TEXT = '''\
title = "top"
[a]
b.c = 1
"d e" = 2
list = [
  "x = 1",
  "[not.a.section]", # ] "
  ["nested"],
]
text = """
[neither]
b = 2"""
after = 3
inline = { x = 1,
  y = 2 }
[ a . "f" ]   # a comment
g = 'it''s'
[[tables]]
h = 1
'''


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("title",), "config.toml:1 [title]"),
        (("a",), "config.toml:2 [a]"),
        (("a", "b", "c"), "config.toml:3 [a.b.c]"),
        (("a", "d e"), "config.toml:4 [a.d e]"),
        (("a", "list", 1), "config.toml:5 [a.list]"),
        (("a", "text"), "config.toml:10 [a.text]"),
        (("a", "after"), "config.toml:13 [a.after]"),
        (("a", "inline", "y"), "config.toml:14 [a.inline.y]"),
        (("a", "f", "g"), "config.toml:17 [a.f.g]"),
        (("tables", 0, "h"), "config.toml:19 [tables.h]"),
        (("a", "missing"), "config.toml:2 [a.missing]"),
        (("nowhere",), "config.toml [nowhere]"),
        ((), "config.toml"),
    ],
)
def test_the_line_of_a_key(path: tuple[str | int, ...], expected: str) -> None:
    """Of a key that is not there, the line of its section; what stands inside a list or a text is no key."""
    assert Places(TEXT, "config.toml").where(path) == expected


def test_a_section_within_another_makes_that_one_known() -> None:
    """`[a.b]` says where `a` is, too."""
    assert Places("\n[a.b]\nc = 1\n", "c.toml").where(("a",)) == "c.toml:2 [a]"


NAMES = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.integers(-9, 9), st.booleans(), st.text("ab ='\"[]{}#\\.\n", max_size=12), st.lists(st.text('x"]#', max_size=4))
)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=5), max_size=5))
def test_every_key_of_any_file_is_found_in_its_line(document: dict[str, dict[str, Any]]) -> None:
    """The law: whatever the values hold, the line that is named begins with the key."""
    lines = []
    for table, keys in document.items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {_toml(value)}" for key, value in keys.items()]
    text = "\n".join(lines)
    assert tomllib.loads(text) == document
    places = Places(text, "c.toml")
    for table, keys in document.items():
        for key in keys:
            line = int(places.where((table, key)).split(":")[1].split(" ")[0])
            assert text.split("\n")[line - 1].startswith(f"{key} =")
            assert f"[{table}]" in text.split("\n")[:line]


def _toml(value: Any) -> str:
    """Write a value as TOML; a list over several lines, as people do."""
    if isinstance(value, list):
        return "[\n" + "".join(f"  {_toml(item)},\n" for item in value) + "]"
    return json.dumps(value)
