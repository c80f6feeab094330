"""How a test and a server process talk: one JSON document a line, both ways. The process ends with its input."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 60.0


class ServerProcess:
    """A server as the test sees it. It keeps what it was sent in `folder`."""

    def __init__(self, module: str, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.journeys.servers.{module}", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port: int = self.wait_for("listening")["port"]

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._events.put(json.loads(line))

    def wait_for(self, name: str) -> dict[str, Any]:
        """Wait until the server reports this; what it reports before is passed over."""
        while True:
            event = self._events.get(timeout=PATIENCE_SECONDS)
            if event["event"] == name:
                return event

    def tell(self, **settings: Any) -> dict[str, Any]:
        """Change how the server behaves, and return when it does; gives its counts."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(settings) + "\n")
        self._process.stdin.flush()
        return self.wait_for("told")

    def connection_count(self) -> int:
        return int(self.tell()["connections"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        self._process.stdout.close()


def report(event: str, **values: Any) -> None:
    """Say something to the test: used in the server's process."""
    sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
    sys.stdout.flush()


def listen_to_test(on_settings: Callable[[dict[str, Any]], object]) -> None:
    """Hand each line to the server; used in the server's process. Returns when the test is over."""
    for line in sys.stdin:
        on_settings(json.loads(line))
