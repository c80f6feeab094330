"""Secrets out of environment variables and files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from publisher.errors import ChannelMisconfigured
from publisher.ports.credentials import Secret


class EnvironmentCredentials:
    """Read each secret at the moment of use, so that a changed one counts from the next connection on.

    `folder` is where relative paths of files start; `environ` is the environment as the program was started in.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ

    def read(self, secret: Secret) -> str:
        """Give the secret's value. Errors: ChannelMisconfigured names the variable or file, never a value."""
        if secret.env is not None:
            return self._read_variable(secret.env)
        if secret.file is not None:
            return self._read_file(secret.file)
        if not secret.literal:
            raise ChannelMisconfigured("a secret in the config is empty", hint='Use {env = "NAME"} instead.')
        return secret.literal

    def _read_variable(self, name: str) -> str:
        value = self._environ.get(name, "")
        if not value:
            problem = "is empty" if name in self._environ else "is not set"
            raise ChannelMisconfigured(
                f'the environment variable "{name}" {problem}',
                hint=f"Set it before you start the program, for example: export {name}='the secret'",
            )
        return value

    def _read_file(self, file: str) -> str:
        path = self._folder / file
        try:
            value = path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise _unreadable(path, (error.strerror or "it cannot be opened").lower()) from None
        except UnicodeDecodeError:
            raise _unreadable(path, "it is not UTF-8 text") from None
        if not value:
            raise _unreadable(path, "it is empty")
        return value


def _unreadable(path: Path, reason: str) -> ChannelMisconfigured:
    return ChannelMisconfigured(
        f"cannot read a secret: {reason}",
        where=str(path),
        hint='Put the secret alone into this file, or use {env = "NAME"}.',
    )
