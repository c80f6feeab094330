"""Validate the sections that are not channels. What is wrong is taken out, so that the rest can be checked, too."""

from __future__ import annotations

import functools
import threading
import tomllib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from publisher.config.examples import example_of
from publisher.config.explain import explain_all, is_missing
from publisher.config.places import Places
from publisher.config.settings import Document
from publisher.config.shape import as_meant, follow, schema_at
from publisher.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

Schema = Mapping[str, Any]
# While one is wrong, what a digest says under the key cannot be judged: theme colours stand on the organisation's.
_RESTS_ON = ((("templates",), "template"), (("organisation", "colours"), "theme"))


# Python 3.11's parser, which reads the attribute docstrings here, fails where two threads use it deep in other calls.
_making = threading.Lock()


def document_type() -> tuple[TypeAdapter[Document], dict[str, Any]]:
    """Give what validates a whole config, and its JSON schema."""
    with _making:
        return _make_document_type()


@functools.cache
def _make_document_type() -> tuple[TypeAdapter[Document], dict[str, Any]]:
    from pydantic import TypeAdapter

    adapter = TypeAdapter(Document)
    return adapter, adapter.json_schema()


def validate_document(raw: dict[str, Any], places: Places) -> tuple[Document, list[ConfigError]]:
    """Give the document and what is wrong with it.

    In place of what is wrong or missing, the document has what holds if it is left out, or an example.
    """
    from pydantic import ValidationError

    adapter, schema = document_type()
    values, errors = as_meant(raw, schema, schema), list[ConfigError]()
    while True:
        try:
            return adapter.validate_python(values), errors
        except ValidationError as error:
            errors = errors or explain_all(error, (), schema, places)
            _repair(values, error, schema)


def _repair(values: dict[str, Any], error: ValidationError, schema: Schema) -> None:
    """Take each wrong key out whole, and put an example where one is missing: so it is done at the third time."""
    for item in error.errors(include_url=False):
        location = item["loc"][: 3 if item["loc"][0] == "digests" else 2]
        section: dict[Any, Any] = functools.reduce(lambda inner, key: inner[key], location[:-1], values)
        if is_missing(item):
            section[location[-1]] = _example(str(location[-1]), schema_at(schema, location), schema)
        else:
            section.pop(location[-1], None)
        for broken, key in _RESTS_ON:
            if location[: len(broken)] == broken:
                _take_out_of_digests(key, values)


def _example(key: str, node: Schema, schema: Schema) -> Any:
    if "properties" in node:
        return {name: _example(name, follow(node["properties"][name], schema), schema) for name in node["required"]}
    return tomllib.loads(f"key = {example_of(key, node, schema)}")["key"]


def _take_out_of_digests(key: str, values: Mapping[str, Any]) -> None:
    for digest in _sections(values.get("digests")):
        digest.pop(key, None)


def _sections(value: Any) -> Iterator[dict[str, Any]]:
    return (section for section in value.values() if isinstance(section, dict)) if isinstance(value, dict) else iter(())
