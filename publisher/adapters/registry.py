"""Find an adapter by its name in the config: a file of this package, or an entry point of another one.

A file whose name begins with an underscore is no adapter but shared by some. Nothing but what is asked for is imported.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import EntryPoint, entry_points

from publisher import adapters
from publisher.domain.spelling import nearest_word
from publisher.errors import ConfigError
from publisher.ports.adapter import AdapterType

ENTRY_POINT_GROUP = "publisher.adapters"
_OWN_NAME = "registry"


def adapter_names() -> tuple[str, ...]:
    """Name every adapter there is, ours and those of other packages, without importing one."""
    return tuple(sorted({*_built_in_names(), *(point.name for point in _outside_points())}))


def find_adapter(name: str) -> AdapterType:
    """Give the adapter of this name; one of ours wins over another package's. Errors: ConfigError."""
    if name in _built_in_names():
        module = importlib.import_module(f"{adapters.__name__}.{name}")
        built_in: AdapterType = module.ADAPTER
        return built_in
    points = [point for point in _outside_points() if point.name == name]
    if not points:
        raise _no_such_adapter(name)
    if len({point.value for point in points}) > 1:
        packages = ", ".join(sorted(_package_of(point) for point in points))
        raise ConfigError(
            f'several packages bring an adapter "{name}": {packages}', hint="Uninstall all of them but one."
        )
    return _load(points[0])


def _built_in_names() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules(adapters.__path__))
    return [name for name in found if name != _OWN_NAME and not name.startswith("_")]


def _outside_points() -> list[EntryPoint]:
    return list(entry_points(group=ENTRY_POINT_GROUP))


def _no_such_adapter(name: str) -> ConfigError:
    names = adapter_names()
    close = nearest_word(name, names)
    hint = f'Did you mean "{close}"?' if close else f"There are: {', '.join(names)}."
    return ConfigError(f'there is no adapter "{name}"', hint=hint)


def _load(point: EntryPoint) -> AdapterType:
    package = _package_of(point)
    try:
        found = point.load()
    except Exception as error:  # whatever another package's code may raise
        what = f'the adapter "{point.name}" of {package} cannot be loaded: {type(error).__name__}: {error}'
        raise ConfigError(what, hint=f"Install {package} again, or ask its makers.") from error
    if not isinstance(found, AdapterType) or found.name != point.name:
        what = f'the entry point "{point.name}" of {package} is not an AdapterType of that name'
        raise ConfigError(what, hint="See docs/adding-an-adapter.md.")
    return found


def _package_of(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value
