"""Secrets out of environment variables and files, and what a remote gave instead of them.

Some remotes change a token with every use. What they give is kept in a folder of our own beside the ledger, one file a
secret, and never written where a person put the first one: that may be an environment variable or a read-only file.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from publisher.errors import ChannelMisconfigured
from publisher.files import replace_file
from publisher.ports.credentials import Secret

RENEWED_FOLDER = ".publisher-tokens"


class EnvironmentCredentials:
    """Read each secret at the moment of use, so that a changed one counts from the next connection on.

    `folder` is where relative paths of files start; `environ` is the environment as the program was started in;
    `renewed_folder` is where renewed ones are kept, `.publisher-tokens` in `folder` if left out. `on_read` is told
    every value, so that no log shows it.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        renewed_folder: Path | None = None,
        on_read: Callable[[str], None] = lambda value: None,
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._renewed_folder = renewed_folder or folder / RENEWED_FOLDER
        self._on_read = on_read

    def read(self, secret: Secret) -> str:
        """Give the secret's value. Errors: ChannelMisconfigured names the variable or file, never a value."""
        given = self._read_given(secret)
        kept = self._read_kept(secret)
        value = kept["value"] if kept.get("instead_of") == _fingerprint(given) else given
        self._on_read(given)
        self._on_read(value)
        return value

    def keep(self, secret: Secret, value: str) -> None:
        """Keep a renewed value, whole or not at all, readable by this user only. Errors: ChannelMisconfigured."""
        self._on_read(value)
        content = {"instead_of": _fingerprint(self._read_given(secret)), "value": value}
        path = self._path_of(secret, ".json")
        with _explained(path):
            os.close(_open_private(path))
            replace_file(path, json.dumps(content).encode())

    @contextmanager
    def renewing(self, secret: Secret) -> Iterator[None]:
        """Hold a lock that ends with the process at the latest. Errors: ChannelMisconfigured."""
        path = self._path_of(secret, ".lock")
        with _explained(path):
            self._renewed_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = _open_private(path)
        try:
            _wait_for_lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _path_of(self, secret: Secret, ending: str) -> Path:
        place = secret.env or secret.file or ""
        name = "".join(character if character.isalnum() else "-" for character in place)[-40:]
        digest = hashlib.sha256(secret.model_dump_json().encode()).hexdigest()[:8]
        return self._renewed_folder / f"{name or 'config'}-{digest}{ending}"

    def _read_kept(self, secret: Secret) -> dict[str, str]:
        path = self._path_of(secret, ".json")
        with _explained(path):
            content = path.read_bytes() if path.exists() else b""
        try:
            kept: dict[str, str] = json.loads(content or b"{}")
        except ValueError:
            raise _unreadable(path, "it is damaged") from None
        return kept

    def _read_given(self, secret: Secret) -> str:
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


def _fingerprint(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _open_private(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _wait_for_lock(descriptor: int) -> None:
    """Wait for our turn: whoever holds the lock does so for one request, and the system frees it at the latest."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ChannelMisconfigured(
            f"cannot keep a renewed token: {(error.strerror or 'the file cannot be used').lower()}",
            where=str(path),
            hint="Let this program's user write into that folder, and nobody else.",
        ) from None


def _unreadable(path: Path, reason: str) -> ChannelMisconfigured:
    return ChannelMisconfigured(
        f"cannot read a secret: {reason}",
        where=str(path),
        hint='Put the secret alone into this file, or use {env = "NAME"}.',
    )
