"""Values that come from outside the config: `{env = "NAME"}` and `{file = "PATH"}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from publisher.config.places import Places
from publisher.errors import ConfigError

KeyPath = tuple[str, ...]


class OutsideText(str):
    """A text that came from outside, where everything is a text."""


@dataclass
class OutsideValues:
    """Put values in, except where a secret belongs: its reference is kept and read at the moment of use."""

    folder: Path
    environ: Mapping[str, str]
    places: Places
    is_secret: Callable[[KeyPath], bool]
    errors: list[ConfigError] = field(default_factory=list)

    def put_in(self, value: Any, path: KeyPath = ()) -> Any:
        """Give the value with every reference replaced; what cannot be read is in `errors`."""
        if isinstance(value, list):
            return [self.put_in(item, path) for item in value]
        if not isinstance(value, dict):
            return value
        if _is_reference(value, path) and not self.is_secret(path):
            return self._read_env(str(value["env"]), path) if "env" in value else self._read_file(value["file"], path)
        return {key: self.put_in(item, (*path, key)) for key, item in value.items()}

    def _read_env(self, name: str, path: KeyPath) -> OutsideText:
        if name not in self.environ:
            hint = f"Set it before you start the program, for example: export {name}=..."
            self._complain(f'the environment variable "{name}" is not set', path, hint)
        return OutsideText(self.environ.get(name, ""))

    def _read_file(self, file: Any, path: KeyPath) -> OutsideText:
        try:
            return OutsideText((self.folder / str(file)).read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            hint = f'Make the file, or name another: {path[-1]} = {{file = "secrets/{path[-1]}.txt"}}'
            self._complain(f'cannot read the file "{file}": {_reason(error)}', path, hint)
        return OutsideText()

    def _complain(self, what: str, path: KeyPath, hint: str) -> None:
        self.errors.append(ConfigError(what, where=self.places.where(path), hint=hint))


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there"
    return str(error.strerror) if isinstance(error, OSError) else "it is not UTF-8 text"


def _is_reference(value: Mapping[str, Any], path: KeyPath) -> bool:
    """Tell a reference from a section: `[store]` may well have the one key `file`."""
    is_section = (len(path) < 2 and path != ("rehearse",)) or (len(path) == 2 and path[0] in ("digests", "channels"))
    return not is_section and len(value) == 1 and set(value) <= {"env", "file"}
