"""The key that seals the audit log, and its newest head: both outside the database, which cannot be its own witness.

The key is 32 random bytes in hex in a file that only this user may read, made at the first use; or the environment
variable PUBLISH_AUDIT_KEY. Where it is lost, the log goes on under a new one, and says so; what was sealed with the
lost one cannot be checked any more.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from publisher.domain.audit import AuditHead, head_text, key_id_of, parse_head
from publisher.errors import StoreError
from publisher.files import write_whole

VARIABLE = "PUBLISH_AUDIT_KEY"
KEY_BYTES = 32
MIN_KEY_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class AuditKeys:
    """The keys at hand: the one in the environment before the one in the file. Both are good for checking."""

    file: Path
    variable: str | None = None

    def current(self) -> bytes:
        """Give the key for new entries; make the file at its first use. Errors: StoreError."""
        return self._from_environment() or self._from_file() or self._make()

    def all(self) -> Mapping[str, bytes]:
        """Give every key at hand, by its id. Errors: StoreError."""
        found = (self._from_environment(), self._from_file())
        return {key_id_of(key): key for key in found if key}

    def _from_environment(self) -> bytes | None:
        if not self.variable:
            return None
        if len(self.variable) < MIN_KEY_CHARACTERS:
            raise StoreError(
                f"the key of the audit log has {len(self.variable)} characters; it needs at least {MIN_KEY_CHARACTERS}",
                where=VARIABLE,
                hint="""Make one: python3 -c 'import secrets; print(secrets.token_hex(32))'.""",
            )
        return self.variable.encode()

    def _from_file(self) -> bytes | None:
        try:
            content = self.file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable(getattr(error, "strerror", None) or "it is not a key") from None
        if len(content) < MIN_KEY_CHARACTERS:
            raise self._unusable("it is not a whole key")
        return content.encode()

    def _make(self) -> bytes:
        """Make the file, whole and once even if two do it at the same time."""
        temporary = self.file.with_name(f".{self.file.name}.{secrets.token_hex(4)}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(f"{secrets.token_hex(KEY_BYTES)}\n")
                stream.flush()
                os.fsync(stream.fileno())
            try:
                os.link(temporary, self.file)
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        except OSError as error:
            raise self._unusable(error.strerror or "it cannot be written") from None
        return self._from_file() or self._refuse()

    def _refuse(self) -> bytes:
        raise self._unusable("it was taken away just now")

    def _unusable(self, reason: str) -> StoreError:
        return StoreError(
            f"the key of the audit log cannot be used: {reason}",
            where=str(self.file),
            hint=f"Put the file back from where you keep a copy, or give the key in {VARIABLE}.",
        )


@dataclass(frozen=True, slots=True)
class HeadFile:
    """The newest entry as it was last seen, in a file: the database may be behind it only if entries were cut off."""

    file: Path

    def read(self) -> AuditHead | None:
        """Read it; None where there is none yet. Errors: StoreError where it is damaged."""
        try:
            return parse_head(self.file.read_bytes(), str(self.file))
        except FileNotFoundError:
            return None

    def write(self, head: AuditHead) -> None:
        """Write it. Where that cannot be done the older one stays, which is right, too."""
        with suppress(OSError):
            write_whole(self.file, head_text(head).encode())
