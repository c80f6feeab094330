"""A validation error in plain English, with its line and an example that works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from publisher.config.examples import example_of, section_hint
from publisher.config.outside import OutsideText
from publisher.config.places import Places
from publisher.config.shape import NotBoolean, is_secret, known_keys, options_of, schema_at
from publisher.domain.spelling import nearest_word
from publisher.errors import ConfigError

Schema = Mapping[str, Any]
Location = tuple[str | int, ...]
# Here each section has a name; keys right below them have been put into no section at all.
_NAMED = (("digests",), ("channels",))


def explain_all(error: Any, path: tuple[str, ...], schema: Schema, places: Places) -> list[ConfigError]:
    """Turn pydantic's errors into ours, one for each place. `path` is where the section stands in the file."""
    found: dict[Location, ConfigError] = {}
    for item in error.errors(include_url=False):
        location = _without_branches(item["loc"], schema)
        if item["type"] in ("dataclass_type", "dict_type") and location[:-1] in _NAMED:
            location = location[:-1]
        found.setdefault(location, _explain(item, location, path, schema, places))
    return list(found.values())


def _without_branches(location: Location, schema: Schema) -> Location:
    """Stop where pydantic goes on with the branch of a union that it tried."""
    for end in range(len(location)):
        if len(options_of(schema_at(schema, location[:end]), schema)) > 1:
            return location[:end]
    return location


def _explain(
    item: Mapping[str, Any], location: Location, path: tuple[str, ...], schema: Schema, places: Places
) -> ConfigError:
    full = (*path, *location)
    where, key, kind = places.where(full), _key_of(full), item["type"]
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        hint = nearest_hint(key, known_keys(schema, location[:-1]))
        return ConfigError(f'unknown key "{key}"', where=where, hint=hint)
    node = schema_at(schema, location)
    if full in _NAMED:
        what = f"the keys of [{key}] must stand in a section with a name"
        return ConfigError(what, where=where, hint=section_hint(full, node))
    if is_missing(item):
        return ConfigError(f'"{key}" is missing', where=where, hint=_hint_to_add(full, node, schema))
    if kind == "value_error":
        return _own_words(item["msg"].removeprefix("Value error, "), location, where, _hint(full, node, schema))
    written = item.get("input")
    written = written.written if isinstance(written, NotBoolean) else written
    shown = "" if is_secret(node, schema) else _shown(written)
    what = f'"{key}" must be {_expected(item, key, node, schema)}{shown}'
    is_word = item["type"].startswith("bool_") and isinstance(written, OutsideText)
    return ConfigError(what, where=where, hint=_HINT_OF_WORD if is_word else _hint(full, node, schema))


_HINT_OF_WORD = "Put the one word true or false into that variable or file."


def is_missing(item: Mapping[str, Any]) -> bool:
    """Say whether this error of pydantic's is about a key that is not there."""
    return item["type"] in ("missing", "missing_argument", "missing_keyword_only_argument")


def _key_of(location: Location) -> str:
    return next((part for part in reversed(location) if isinstance(part, str)), "")


def _hint_to_add(full: Location, node: Schema, schema: Schema) -> str:
    """Say how to add what is missing, below which line."""
    if example := example_of(_key_of(full), node, schema):
        section = ".".join(str(part) for part in full[:-1])
        return f"Add a line below [{section}], for example {_key_of(full)} = {example}."
    return section_hint(full, node)


def _hint(full: Location, node: Schema, schema: Schema) -> str:
    if example := example_of(_key_of(full), node, schema):
        return f"Write it for example as {_key_of(full)} = {example}."
    return section_hint(full, node)


def _own_words(said: str, location: Location, where: str, hint: str) -> ConfigError:
    """Take the sentence of a validator; what follows its semicolon is the hint. A sentence about a key begins so."""
    what, _, advice = said.partition("; ")
    if location and not what.startswith('"'):
        what = f'"{_key_of(location)}": {what}'
    return ConfigError(what, where=where, hint=_sentence(advice) or hint)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('?', '.')) else '.'}" if text else ""


# What pydantic calls its errors. Source: pydantic 2.11, errors/validation_errors, checked 2026-11-23.
_KINDS = {
    "string_type": "a text in quotation marks",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "string_too_short": "a text that is not empty",
    "greater_than": "greater than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
}


def _expected(item: Mapping[str, Any], key: str, node: Schema, schema: Schema) -> str:
    if is_secret(node, schema):
        text = "a text, " if len(options_of(node, schema)) > 1 else ""
        return f'{text}{{env = "NAME"}} or {{file = "PATH"}}'
    if item["type"] in ("literal_error", "enum"):
        return str(item["ctx"]["expected"]).replace("'", '"')
    if item["type"] == "string_pattern_mismatch":
        return f"of the form {example_of(key, node, schema)}"
    if item["type"] in _KINDS:
        return _KINDS[item["type"]].format_map(item.get("ctx", {}))
    if node.get("type") == "object" and "properties" in node:
        return "a section of its own"
    return "a group of keys in braces" if node.get("type") == "object" else _as_pydantic_says(item["msg"])


def _as_pydantic_says(message: str) -> str:
    return message.removeprefix("Input should be ")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return f", not {str(value).lower()}"
    if isinstance(value, str):
        return f', not "{value}"'
    return f", not {value}" if isinstance(value, int | float) else ""


def nearest_hint(word: str, known: Sequence[str]) -> str:
    """Name the nearest known word, or all of them where none is near."""
    near = nearest_word(word, known)
    return f'Did you mean "{near}"?' if near else f"Known here: {', '.join(_in_order(known))}."


MAX_NAMED = 30


def _in_order(known: Sequence[str]) -> Iterator[str]:
    """Name them in order, but not thousands of them."""
    ordered = sorted(known)
    yield from ordered[:MAX_NAMED]
    if len(ordered) > MAX_NAMED:
        yield f"and {len(ordered) - MAX_NAMED:,} more"
