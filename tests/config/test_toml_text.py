from __future__ import annotations

import pytest

from publisher.config.toml_text import parse_toml
from publisher.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "line", "meaning"),
    [
        ('a = """\nx\n\n', 1, 'a text is opened and never closed: a = """'),
        ("a = 'x\nb = 1\n", 1, "a text is opened and never closed: a = 'x"),
        ('a = ["x", "y]\nb = 1\n', 1, 'a text is opened and never closed: a = ["x", "y]'),
        ('[s]\na = [\n  "x",\nb = 1\n', 2, "a bracket is opened and never closed: a = ["),
        ("a = [1,\n", 1, "a bracket is opened and never closed: a = [1,"),
        ('a = [\n  "x",\n  water,\n]\n', 3, "this value is no text, number, true or false: water,"),
        ("a = {x = 1\nb = 2\n", 1, "a brace is opened and never closed: a = {x = 1"),
        ("[a\nb = 1\n", 1, "the name of a section is not closed: [a"),
        ("a = 1 2\n", 1, "something stands behind the value: a = 1 2"),
        ("\n\nname\n", 3, "a = is missing, or a blank or an umlaut stands in the name before it: name"),
        ("größe = 1\n", 1, "a = is missing, or a blank or an umlaut stands in the name before it: größe = 1"),
        ("a = {b = 1, b = 2}\n", 1, "this key is there twice: a = {b = 1, b = 2}"),
        ("ä = 1\n", 1, "this is not a key with its value: ä = 1"),
    ],
)
def test_a_slip_is_named_in_the_line_where_it_is(text: str, line: int, meaning: str) -> None:
    """The parser notices some slips only further down: what is told is where they were made."""
    with pytest.raises(ConfigError) as caught:
        parse_toml(text, "config.toml")
    assert (caught.value.where, caught.value.what) == (f"config.toml:{line}", f"not valid TOML: {meaning}")
    assert caught.value.hint


@pytest.mark.parametrize("key", ["password", "bot_token", "secret", "api_key", "Passwort"])
def test_a_secret_in_a_broken_line_is_not_shown(key: str) -> None:
    """Errors are sent around: a line that names a secret ends at its equals sign."""
    with pytest.raises(ConfigError) as caught:
        parse_toml(f'{key} = "sesam\n', "config.toml")
    assert "sesam" not in str(caught.value)
    assert f"{key} = ..." in caught.value.what
