"""Reload: what differs between the config that is in force and one that was read again; and whether it may be taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from publisher.config.settings import Settings
from publisher.errors import ConfigError

# A process keeps its ledger open, and whether it rehearses decides about every row that it writes.
FIXED = ("store", "rehearse")


def changed_keys(before: Settings, after: Settings) -> tuple[str, ...]:
    """Name the keys that differ, as in [digests.daily.schedule]; a section that came or went is named as a whole."""
    documents = _changes((), before.document, after.document)
    channels = _changes(("channels",), before.channels, after.channels)
    names = [".".join(path) for path in (*documents, *channels) if len(path) > 1 or path[0] != "channels"]
    return tuple(dict.fromkeys(names))


def refuse_unless_reloadable(before: Settings, after: Settings) -> None:
    """Refuse what only a new start can change. Errors: ConfigError."""
    for key in changed_keys(before, after):
        if key.split(".")[0] in FIXED:
            hint = "Stop publish run and start it again, or put the old value back."
            raise ConfigError(f'"{key}" cannot change while publish run is running', where=after.file.name, hint=hint)


def _changes(path: tuple[str, ...], before: Any, after: Any) -> Iterator[tuple[str, ...]]:
    if path == ("channels",) and isinstance(before, dict) and not _are_models(before, after):
        return  # the raw sections: what was made of them is compared
    first, second = _parts(before), _parts(after)
    if first is None or second is None:
        if before != after:
            yield path
        return
    for name in [*first, *(name for name in second if name not in first)]:
        if name not in first or name not in second:
            yield (*path, name)
        else:
            yield from _changes((*path, name), first[name], second[name])


def _are_models(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return not any(isinstance(section, dict) for section in (*before.values(), *after.values()))


def _parts(value: Any) -> Mapping[str, Any] | None:
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    if hasattr(type(value), "model_fields"):
        return {name: getattr(value, name) for name in type(value).model_fields}
    return value if isinstance(value, Mapping) else None
