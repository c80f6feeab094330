"""The config's JSON schema, and what is in force with its secrets hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from publisher.config.settings import Document, Settings
from publisher.config.shape import is_text_list

if TYPE_CHECKING:
    from publisher.ports.adapter import AdapterType


def config_schema(adapters: Sequence[AdapterType]) -> dict[str, Any]:
    """Give the JSON schema (draft 2020-12) of config.toml with all adapters, as it may be written.

    A value may be `{env = "NAME"}` or `{file = "PATH"}`, and one text may stand for a list of one.
    """
    schema, definitions = _document_schema(adapters)
    for definition in definitions.values():
        _widen(definition, {"$defs": definitions})
    schema["properties"]["rehearse"] = _widened(schema["properties"]["rehearse"], {"$defs": definitions})
    definitions["Secret"] = {"description": "A secret, best from outside.", "anyOf": [{"type": "string"}, _OUTSIDE]}
    definitions["outside"] = {"description": "An environment variable or a file.", "anyOf": [_ENV, _FILE]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "config.toml", **schema}


def _document_schema(adapters: Sequence[AdapterType]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the schema as the models have it, and its definitions, one for each kind of channel among them."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(Document).json_schema()
    definitions = schema.setdefault("$defs", {})
    options = []
    for adapter in adapters:
        own = adapter.settings.model_json_schema()
        definitions.update(own.pop("$defs", {}))
        own["properties"]["adapter"] = {"const": adapter.name, "description": adapter.summary}
        definitions[f"channel_{adapter.name}"] = own
        options.append({"$ref": f"#/$defs/channel_{adapter.name}"})
    schema["properties"]["channels"] = {
        "description": "Configured outlets, by name.",
        "type": "object",
        "additionalProperties": {"oneOf": options},
    }
    return schema, definitions


def _one_key(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "string"}},
        "required": [name],
        "additionalProperties": False,
    }


_ENV, _FILE, _OUTSIDE = _one_key("env"), _one_key("file"), {"$ref": "#/$defs/outside"}
_SIMPLE = ("string", "integer", "number", "boolean", "array")


def _widen(definition: dict[str, Any], schema: dict[str, Any]) -> None:
    for name, node in definition.get("properties", {}).items():
        if name != "adapter" and any(option.get("type") in _SIMPLE for option in node.get("anyOf", [node])):
            definition["properties"][name] = _widened(node, schema)


def _widened(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Let a value come from outside, and one text stand for a list of texts."""
    kept: dict[str, Any] = {key: node[key] for key in ("title", "description", "default") if key in node}
    options = node.get("anyOf", [{key: value for key, value in node.items() if key not in kept}])
    texts = [node["items"]] if is_text_list(node, schema) else []
    return {**kept, "anyOf": [*options, *texts, _OUTSIDE]}


def shown_settings(settings: Settings) -> dict[str, Any]:
    """Give what is in force as plain values, every secret hidden."""
    from pydantic import TypeAdapter

    shown = cast(dict[str, Any], TypeAdapter(Document).dump_python(settings.document, mode="json"))
    shown["channels"] = {name: _hidden(channel.model_dump()) for name, channel in settings.channels.items()}
    return shown


def _hidden(value: Any) -> Any:
    """Hide literal secrets: a dumped Secret is a mapping of exactly its three places."""
    if isinstance(value, dict):
        if set(value) == {"env", "file", "literal"}:
            return "(hidden)" if value["literal"] is not None else {k: v for k, v in value.items() if v is not None}
        return {key: _hidden(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    return value
