from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from publisher.bootstrap import installed_adapters
from publisher.config.explain import nearest_hint
from publisher.config.settings import Document
from publisher.config.shape import as_meant, follow, is_text_list, options_of
from tests.config.reading import WHOLE, errors_in

WRONG = {"string": "5", "integer": '"many"', "number": '"many"', "boolean": '"perhaps"', "array": "5", "object": "5"}
NEEDED = {
    "smtp": 'host = "smtp.example.org"\n',
    "webhook": 'url = "https://example.org/hook"\n',
}


def keys_of(section: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Name every key with a value of a section and of those within it."""
    for name, node in section["properties"].items():
        inner = follow(node, schema)
        if "properties" in inner and inner.get("title") != "Secret":
            yield from keys_of(dict(inner), schema, (*path, name))
        elif "additionalProperties" not in inner or path:
            yield (*path, name)


def every_key() -> list[tuple[str, str, str]]:
    """Give section, key and kind of channel for everything that can be set."""
    document = TypeAdapter(Document).json_schema()
    digest = dict(follow(document["properties"]["digests"]["additionalProperties"], document))
    paths = [("", path) for path in keys_of(document, document, ())]
    paths += [("", path) for path in keys_of(digest, document, ("digests", "daily"))]
    for adapter in installed_adapters():
        schema = adapter.settings.model_json_schema()
        paths += [(adapter.name, path) for path in keys_of(schema, schema, ("channels", "one"))]
    return [(".".join(path[:-1]), path[-1], kind) for kind, path in paths]


def config_with(section: str, key: str, value: str, kind: str) -> str:
    """Write a config that is right but for this one key."""
    text = WHOLE
    if kind:
        others = "".join(line + "\n" for line in NEEDED.get(kind, "").splitlines() if not line.startswith(f"{key} "))
        text += f'[channels.one]\nadapter = "{kind}"\n{others}' if key != "adapter" else "[channels.one]\n"
    line = f"{key} = {value}\n"
    text = re.sub(rf"(?m)(^\[{re.escape(section)}\]\n(?:(?!\[).*\n)*?){key} = .*\n", r"\1", text) if section else text
    header = f"[{section}]\n"
    if not section:
        return line + text
    return text.replace(header, header + line, 1) if header in text else text + header + line


def wrong_value(section: str, key: str, kind: str, folder: Path) -> str:
    """Find a value of another type, which the key does not take."""
    for value in ("[[1]]", "5"):
        if any(
            f".{key}]" in e.where or f"[{key}]" in e.where
            for e in errors_in(folder, config_with(section, key, value, kind))
        ):
            return value
    raise AssertionError(f"{section}.{key} takes everything")


@pytest.mark.parametrize(("section", "key", "kind"), every_key())
def test_the_example_in_a_hint_works(tmp_path: Path, section: str, key: str, kind: str) -> None:
    """Whoever writes what the hint says is rid of that error: for every key that there is."""
    value = wrong_value(section, key, kind, tmp_path)
    wrong = errors_in(tmp_path, config_with(section, key, value, kind))
    (error, *_) = [e for e in wrong if e.where.endswith((f".{key}]", f"[{key}]"))]
    match = re.search(rf"{key} = (.+?)\.?$", error.hint)
    assert match, error.hint

    left = errors_in(tmp_path, config_with(section, key, match.group(1), kind))

    assert not [e for e in left if e.where == error.where and e.what.partition(" must be ")[1]], error.hint
    assert error.what != ""
    assert not re.search(r"pydantic|instance|dictionary|tuple|parse|validat", str(error)), str(error)


def test_errors_of_a_whole_file_come_together(tmp_path: Path) -> None:
    """Every section is looked at, whatever is wrong in the others."""
    text = WHOLE.replace('"Verband"', "5").replace('title = "Dienst"', "titel = 5").replace('"smtp.example.org"', "5")
    assert [error.where for error in errors_in(tmp_path, text)] == [
        "config.toml:2 [organisation.name]",
        "config.toml:4 [digests.daily.title]",
        "config.toml:5 [digests.daily.titel]",
        "config.toml:10 [channels.mail.host]",
    ]


@pytest.mark.parametrize(
    ("key", "value"), [("schedule", '"Mon-Fri 07:00"'), ("tags", '"Technik"'), ("recipients", '"a@example.org"')]
)
def test_one_text_stands_for_a_list_of_one(tmp_path: Path, key: str, value: str) -> None:
    """People leave the brackets out, and it is clear what they mean."""
    assert not errors_in(tmp_path, config_with("digests.daily", key, value, ""))


def test_a_list_is_made_only_where_a_list_of_texts_may_stand() -> None:
    """Texts elsewhere stay texts."""
    schema = {
        "properties": {
            "tags": {"type": "array", "items": {"type": "string"}},
            "title": {"type": "string"},
            "inner": {"additionalProperties": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/L"}]}},
        },
        "$defs": {"L": {"type": "array", "items": {"type": "string"}}},
    }
    value = {"tags": "a", "title": "b", "inner": {"x": "c"}, "unknown": "d"}
    assert as_meant(value, schema, schema) == {"tags": ["a"], "title": "b", "inner": {"x": ["c"]}, "unknown": "d"}
    assert is_text_list(options_of(schema["$defs"]["L"], schema)[0], schema)


def test_the_nearest_word_or_all_of_them() -> None:
    """One that is near is named alone; of thousands only some."""
    assert nearest_hint("mial", ["mail", "chat"]) == 'Did you mean "mail"?'
    assert nearest_hint("zzz", ["mail", "chat"]) == "Known here: chat, mail."
    assert nearest_hint("zzz", [f"name{n:04}" for n in range(1000)]).endswith("name0029, and 970 more.")
