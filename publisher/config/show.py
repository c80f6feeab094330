"""The config's JSON schema, and what is in force with its secrets hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from publisher.config.settings import Document, Settings

if TYPE_CHECKING:
    from publisher.ports.adapter import AdapterType


def config_schema(adapters: Sequence[AdapterType]) -> dict[str, Any]:
    """Give the JSON schema (draft 2020-12) of config.toml with all adapters."""
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
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "config.toml", **schema}


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
