"""Walk the JSON schema of a section: what stands at a place, and what may stand there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from publisher.config.outside import OutsideText

Schema = Mapping[str, Any]


def schema_at(schema: Schema, location: Sequence[str | int]) -> Schema:
    """Give what the schema says of a place; nothing for a place that it does not know."""
    here = follow(schema, schema)
    for part in location:
        inner = here.get("items") if isinstance(part, int) else _property(here, part)
        here = follow(inner if isinstance(inner, dict) else {}, schema)
    return here


def schema_of_member(schema: Schema, names: Sequence[str]) -> Schema:
    """Give what the schema says of a place named without the positions in lists on the way."""
    here = follow(schema, schema)
    for name in names:
        while here.get("type") == "array":
            here = follow(here.get("items", {}), schema)
        inner = _property(here, name)
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


def is_text_list(here: Schema, schema: Schema) -> bool:
    """Say whether this is a list of texts, of any or of a few, for which one text may stand, too."""
    return here.get("type") == "array" and follow(here.get("items", {}), schema).get("type") == "string"


def known_keys(schema: Schema, location: Sequence[str | int]) -> list[str]:
    """Name the keys of a section."""
    return list(schema_at(schema, location).get("properties", {}))


@dataclass(frozen=True, slots=True)
class NotBoolean:
    """What is written where true or false belongs: pydantic would take "no" and 1, and refuses this."""

    written: Any


def as_meant(value: Any, here: Schema, schema: Schema) -> Any:
    """Give the value as its place means it.

    One text stands for a list of texts: `tags = "water"`. True or false is written without quotation marks; only out
    of the environment or a file it comes as a word.
    """
    here = follow(here, schema)
    if isinstance(value, dict):
        return {key: as_meant(item, schema_at_key(here, key), schema) for key, item in value.items()}
    if isinstance(value, list):
        return [as_meant(item, here.get("items", {}), schema) for item in value]
    if here.get("type") == "boolean" and not isinstance(value, bool):
        return _WORDS.get(value, NotBoolean(value)) if isinstance(value, OutsideText) else NotBoolean(value)
    text = str(value) if isinstance(value, OutsideText) else value
    return [text] if is_text_list(here, schema) and isinstance(text, str) else text


_WORDS = {"true": True, "false": False}


def schema_at_key(here: Schema, key: str) -> Schema:
    """Give what is said of one key of a section."""
    inner = _property(here, key)
    return inner if isinstance(inner, dict) else {}
