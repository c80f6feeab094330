"""Read a config file. What a channel may set is its adapter's business: the caller says what is installed."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.config.checks import cross_check
from publisher.config.explain import explain_all
from publisher.config.installed import Installed
from publisher.config.outside import OutsideValues
from publisher.config.places import Places
from publisher.config.sections import validate_document
from publisher.config.settings import Settings
from publisher.config.shape import as_meant, is_secret, schema_of_member
from publisher.config.toml_text import parse_toml
from publisher.errors import ConfigError, Problems

if TYPE_CHECKING:
    from publisher.ports.adapter import ChannelSettings

MAX_CONFIG_BYTES = 1_048_576


@functools.cache
def schema_of(settings: type[ChannelSettings]) -> dict[str, Any]:
    """Give the JSON schema of an adapter's settings."""
    return settings.model_json_schema()


@dataclass(frozen=True, slots=True)
class ConfigReader:
    """How a config is read: what is installed, and the environment."""

    installed: Installed
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def read(self, file: Path) -> Settings:
        """Read and validate a config. Errors: ConfigError, or Problems with all of them."""
        text = _read_text(file)
        raw = parse_toml(text, file.name)
        places = Places(text, file.name)
        folder = file.resolve().parent
        outside = OutsideValues(folder, self.environ, places, lambda path: self._is_secret(path, raw))
        values = outside.put_in(raw)
        document, malformed = validate_document(values, places)
        channels = self._validate_channels(values.get("channels"), places, malformed)
        settings = Settings(file.resolve(), folder, document, channels)
        errors = _once(outside.errors, malformed, cross_check(settings, self.installed, places))
        if errors:
            raise Problems(errors) if len(errors) > 1 else errors[0]
        return settings

    def _validate_channels(self, raw: Any, places: Places, errors: list[ConfigError]) -> dict[str, ChannelSettings]:
        channels: dict[str, ChannelSettings] = {}
        for name, section in raw.items() if isinstance(raw, dict) else ():
            if not isinstance(section, dict):
                continue
            settings = self._validate_channel(name, section, places, errors)
            if settings:
                channels[name] = settings
        return channels

    def _validate_channel(
        self, name: str, section: dict[str, Any], places: Places, errors: list[ConfigError]
    ) -> ChannelSettings | None:
        from pydantic import ValidationError

        path = ("channels", name)
        if not isinstance(section.get("adapter"), str):
            errors.append(_no_adapter(section, places.where((*path, "adapter"))))
            return None
        try:
            adapter = self.installed.find_adapter(section["adapter"])
            schema = schema_of(adapter.settings)
            return adapter.settings.model_validate(as_meant(section, schema, schema))
        except ConfigError as error:
            errors.append(ConfigError(error.what, where=places.where((*path, "adapter")), hint=error.hint))
        except ValidationError as error:
            errors += explain_all(error, path, schema, places)
        return None

    def _is_secret(self, path: tuple[str, ...], raw: Mapping[str, Any]) -> bool:
        """Say whether the adapter expects a secret at this place: then its reference stays."""
        if len(path) < 3 or path[0] != "channels":
            return False
        section = raw["channels"].get(path[1]) if isinstance(raw["channels"], dict) else None
        name = str(section.get("adapter")) if isinstance(section, dict) else ""
        if name not in self.installed.adapter_names():
            return True
        settings = self.installed.find_adapter(name).settings
        field = settings.model_fields.get(path[2])
        if field is not None and len(path) > 3 and (schema := schema_of(settings)):
            return is_secret(schema_of_member(schema, path[2:]), schema)
        return field is not None and "Secret" in str(field.annotation)


def _no_adapter(section: dict[str, Any], where: str) -> ConfigError:
    what = '"adapter" must be a text in quotation marks' if "adapter" in section else '"adapter" is missing'
    hint = 'Say which kind of channel it is, for example adapter = "folder".'
    return ConfigError(what, where=where, hint=hint)


def _once(*stages: Iterable[ConfigError]) -> list[ConfigError]:
    """Give the errors by line; of a key that failed at one stage, what later ones say is an echo."""
    return sorted(_without_echoes(stages), key=_line)


def _without_echoes(stages: Iterable[Iterable[ConfigError]]) -> Iterator[ConfigError]:
    told: set[str] = set()
    for stage in stages:
        new = [error for error in stage if error.where not in told]
        told.update(error.where for error in new)
        yield from new


def _line(error: ConfigError) -> int:
    match = re.search(r":(\d+) \[", error.where)
    return int(match.group(1)) if match else 0


def _read_text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        hint = 'Go to your project folder, or make a new one with "publish init FOLDER".'
        raise ConfigError("there is no such config", where=str(file), hint=hint) from None
    except OSError as error:
        raise ConfigError(f"cannot read the config: {error.strerror}", where=str(file)) from None
    if len(content) > MAX_CONFIG_BYTES:
        raise ConfigError("the config is larger than 1 MiB", where=str(file), hint="Is this the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        hint = "Save the file as UTF-8 in your editor."
        raise ConfigError("the config is not UTF-8 text", where=f"{file.name}:{line}", hint=hint) from None
