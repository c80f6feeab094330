"""A validation error in plain English, with its line and an example that works."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from publisher.config.places import Places
from publisher.errors import ConfigError


def explain_all(error: Any, path: tuple[str, ...], schema: Mapping[str, Any], places: Places) -> list[ConfigError]:
    """Turn pydantic's errors into ours. `path` is where the validated section stands in the file."""
    return [_explain(item, path, schema, places) for item in error.errors(include_url=False)]


def _explain(item: Mapping[str, Any], path: tuple[str, ...], schema: Mapping[str, Any], places: Places) -> ConfigError:
    location = tuple(part for part in item["loc"] if not str(part).startswith(("function-", "constrained-")))
    where = places.where((*path, *location))
    key, kind = str(location[-1]) if location else "", item["type"]
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return _unknown_key(key, _known_keys(schema, location[:-1]), where)
    if kind in ("missing", "missing_argument", "missing_keyword_only_argument"):
        example = _example(schema, location)
        return ConfigError(f'"{key}" is missing', where=where, hint=f"Add a line, for example {key} = {example}.")
    value = item.get("input")
    shown = f", not {_shown(value)}" if isinstance(value, str | int | float | bool) else ""
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    expected = message if message != item["msg"] or kind == "value_error" else item["msg"]
    prefix = "" if expected.startswith("expected") else "expected "
    hint = f"Write it for example as {key} = {_example(schema, location)}."
    return ConfigError(f'"{key}": {prefix}{expected}{shown}', where=where, hint=hint)


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _unknown_key(key: str, known: Sequence[str], where: str) -> ConfigError:
    return ConfigError(f'unknown key "{key}"', where=where, hint=nearest_hint(key, known))


def nearest_hint(word: str, known: Sequence[str]) -> str:
    """Name the nearest known word, or all of them where none is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f'Did you mean "{near[0]}"?' if near else f"Known here: {', '.join(sorted(known))}."


def _schema_at(schema: Mapping[str, Any], location: Sequence[Any]) -> Mapping[str, Any]:
    """Walk a JSON schema down a path of keys."""
    here: Any = _follow(schema, schema)
    for part in location:
        if isinstance(part, int):
            here = here.get("items", {})
        else:
            here = here.get("properties", {}).get(part) or here.get("additionalProperties") or {}
        here = _follow(here if isinstance(here, dict) else {}, schema)
    return cast(Mapping[str, Any], here)


def _follow(here: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and take the one alternative that is not null."""
    for _ in range(5):
        if "$ref" in here:
            here = schema.get("$defs", {})[here["$ref"].rsplit("/", 1)[1]]
        elif "allOf" in here and len(here["allOf"]) == 1:
            here = here["allOf"][0]
        elif "anyOf" in here:
            here = next((option for option in here["anyOf"] if option.get("type") != "null"), {})
        else:
            break
    return here


def _known_keys(schema: Mapping[str, Any], location: Sequence[Any]) -> list[str]:
    return list(_schema_at(schema, location).get("properties", {}))


_EXAMPLES = {"integer": "1", "number": "1.5", "boolean": "true", "array": '["..."]', "object": "{...}"}
_EXAMPLES_BY_KEY = {
    "from_address": '"news@example.org"',
    "postal_address": '"Musterstraße 1, 44135 Dortmund"',
    "channel": '"newsletter"',
    "url": '"https://example.org/hook"',
    "host": '"mail.example.org"',
    "port": "587",
}


def _example(schema: Mapping[str, Any], location: Sequence[Any]) -> str:
    key = str(location[-1]) if location else ""
    if key in _EXAMPLES_BY_KEY:
        return _EXAMPLES_BY_KEY[key]
    here = _schema_at(schema, location)
    if "enum" in here:
        return f'"{here["enum"][0]}"'
    return _EXAMPLES.get(str(here.get("type")), '"..."')
