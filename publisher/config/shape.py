"""Walk the JSON schema of a section: what stands at a place, and what may stand there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]


def schema_at(schema: Schema, location: Sequence[str | int]) -> Schema:
    """Give what the schema says of a place; nothing for a place that it does not know."""
    here = follow(schema, schema)
    for part in location:
        inner = here.get("items") if isinstance(part, int) else _property(here, part)
        here = follow(inner if isinstance(inner, dict) else {}, schema)
    return here


def _property(here: Schema, name: str) -> Any:
    return here.get("properties", {}).get(name) or here.get("additionalProperties")


def follow(here: Schema, schema: Schema) -> Schema:
    """Follow references, and go past an alternative to null; examples on the way are kept."""
    kept: dict[str, Any] = {}
    while True:
        kept |= {"examples": here["examples"]} if "examples" in here else {}
        options = [option for option in here.get("anyOf", ()) if option.get("type") != "null"]
        if "$ref" in here:
            here = schema["$defs"][here["$ref"].rsplit("/", 1)[1]]
        elif len(options) == 1:
            here = options[0]
        else:
            return {**here, **kept}


def options_of(here: Schema, schema: Schema) -> list[Schema]:
    """Give the alternatives of a place, or the one thing that it is."""
    return [follow(option, schema) for option in here.get("anyOf", [here])]


def is_secret(here: Schema, schema: Schema) -> bool:
    """Say whether a secret may stand here."""
    return any(option.get("title") == "Secret" for option in options_of(here, schema))


def is_text_list(here: Schema) -> bool:
    """Say whether this is a list of texts, for which one text may stand, too."""
    return here.get("type") == "array" and here.get("items", {}).get("type") == "string"


def known_keys(schema: Schema, location: Sequence[str | int]) -> list[str]:
    """Name the keys of a section."""
    return list(schema_at(schema, location).get("properties", {}))


def with_lists(value: Any, here: Schema, schema: Schema) -> Any:
    """Give the value with a list where one text stands for a list of texts: `tags = "water"`."""
    here = follow(here, schema)
    if is_text_list(here) and isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return {key: with_lists(item, schema_at_key(here, key), schema) for key, item in value.items()}
    return value


def schema_at_key(here: Schema, key: str) -> Schema:
    """Give what is said of one key of a section."""
    inner = _property(here, key)
    return inner if isinstance(inner, dict) else {}
