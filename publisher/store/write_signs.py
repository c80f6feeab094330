"""Signs of writing: SQLite counts for each connection what others have committed, without reading the file."""

from __future__ import annotations

import threading
from typing import Any

from publisher.store.database import Database

# Source: sqlite.org/pragma.html#pragma_data_version, checked 2026-11-29.
DATA_VERSION = "PRAGMA data_version"


class WriteSigns:
    """`ports.changes.Changes` on one connection that is kept for it: another one would count from another number."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._connection: Any = None
        self._version: int | None = None

    def seen(self) -> bool:
        """Say whether something was written since the last call; the first time, True."""
        with self._lock:
            if self._connection is None:
                self._connection = self._database.keep_connection()
            before, self._version = self._version, self._read()
            return self._version != before

    def _read(self) -> int:
        cursor = self._connection.cursor()
        try:
            version: int = cursor.execute(DATA_VERSION).fetchone()[0]
        finally:
            cursor.close()
        return version

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
